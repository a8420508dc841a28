"""Whether an inventory names a river that the network knows."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_VAGUE: Final = re.compile(
    r"tributar|basin|unverified|divide|piedmont|catchment", re.IGNORECASE
)


_ENDINGS: Final = (("suu", "su"), ("sai", "say"), ("soy", "say"))
_WATER_WORDS: Final = ("say", "su")
_SHORTEST_STEM: Final = 5


def plain_name(name: str) -> str:
    """Name without case, accents, blanks and hyphens, for comparison only."""
    decomposed = unicodedata.normalize("NFKD", name.casefold())
    plain = "".join(c for c in decomposed if c.isalnum())
    for ending, usual in _ENDINGS:
        if plain.endswith(ending):
            plain = plain.removesuffix(ending) + usual
    return plain


def name_forms(name: str) -> frozenset[str]:
    """Forms of a name: "Kogart (Kugart)" is known by both.

    Words for water at the end may be missing: "Dukent-Sai" is known as "Dukent" too.
    Stems below five letters are too common to stand alone.
    """
    forms = {form for part in re.split(r"[()]", name) if (form := plain_name(part))}
    for form in tuple(forms):
        for word in _WATER_WORDS:
            stem = form.removesuffix(word)
            if stem != form and len(stem) >= _SHORTEST_STEM:
                forms.add(stem)
    return frozenset(forms)


def stated_rivers(text: str | None) -> frozenset[str]:
    """Rivers that an inventory says a facility drains to first, in all their forms.

    "Akhangaran (to Syr Darya)" states Akhangaran; "A / B (to C)" states A and B. A text
    that speaks of tributaries, basins or doubts states nothing.
    """
    if not text or _VAGUE.search(text):
        return frozenset()
    first = text.split("(", maxsplit=1)[0]
    return frozenset[str]().union(*(name_forms(part) for part in first.split("/")))
