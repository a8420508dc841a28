"""Whether an inventory names a river that the network knows."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_VAGUE: Final = re.compile(
    r"tributar|basin|unverified|divide|piedmont|catchment", re.IGNORECASE
)


def plain_name(name: str) -> str:
    """Name without case, accents, blanks and hyphens, for comparison only."""
    decomposed = unicodedata.normalize("NFKD", name.casefold())
    letters = (c for c in decomposed if c.isalnum())
    return "".join(letters)


def name_forms(name: str) -> frozenset[str]:
    """Forms of a name: "Kogart (Kugart)" is known by both."""
    parts = re.split(r"[()]", name)
    return frozenset(form for part in parts if (form := plain_name(part)))


def stated_rivers(text: str | None) -> frozenset[str]:
    """Rivers that an inventory says a facility drains to first.

    "Akhangaran (to Syr Darya)" states Akhangaran; "A / B (to C)" states A and B. A text
    that speaks of tributaries, basins or doubts states nothing.
    """
    if not text or _VAGUE.search(text):
        return frozenset()
    first = text.split("(", maxsplit=1)[0]
    names = (plain_name(part) for part in first.split("/"))
    return frozenset(name for name in names if name)
