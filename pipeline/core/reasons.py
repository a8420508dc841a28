"""Reasons that stages state and pages say: a code with values, not a sentence.

A cell holds one reason or several in their order, such as
``too_few_points|radius_m=500|n_points=3;no_signal_is_no_proof``. The words stand in
the catalogues of the pages, in every language. The name of a value ends in its unit
(``radius_m``, ``share_fraction``), starts with ``n_`` for a count, or says what a text
is, so that a page can write it as its language does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final
from urllib.parse import unquote

BETWEEN_REASONS: Final = ";"
_BETWEEN_PARTS: Final = "|"
_ESCAPED: Final = {"%": "%25", ";": "%3B", "|": "%7C", "\n": "%0A", "\r": "%0D"}
_DIGITS: Final = 8


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """Reasons that a column may hold: for each code the names of its values.

    ``name`` is the group under which the catalogues keep the words.
    """

    name: str
    values: Mapping[str, tuple[str, ...]]

    def reason(self, code: str, **values: object) -> str:
        """Write one reason for a cell.

        Raises
        ------
        ValueError
            If the code is not in the vocabulary, or its values are not those named.
        """
        if code not in self.values:
            raise ValueError(f"{self.name}: no reason {code!r}")
        if set(values) != set(self.values[code]):
            raise ValueError(
                f"{self.name}.{code}: values {sorted(values)}, expected "
                f"{sorted(self.values[code])}"
            )
        parts = [f"{name}={_text(values[name])}" for name in self.values[code]]
        return _BETWEEN_PARTS.join([code, *parts])

    def problem(self, cell: str) -> str | None:
        """What is wrong with a cell; None if every reason in it can be said."""
        for one in read_reasons(cell):
            if one.code not in self.values:
                return f"{one.code!r} is no reason of {self.name!r}"
            if tuple(one.values) != self.values[one.code]:
                return f"{one.code!r} has values {list(one.values)}"
        return None


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason of a cell, with its values as texts in their order."""

    code: str
    values: Mapping[str, str]


def joined(*reasons: str | None) -> str | None:
    """Cell with several reasons in their order; None without any."""
    return BETWEEN_REASONS.join(item for item in reasons if item) or None


def read_reasons(cell: str | None) -> tuple[Reason, ...]:
    """Reasons of a cell; none where it is empty."""
    if not cell:
        return ()
    found = []
    for item in cell.split(BETWEEN_REASONS):
        code, *parts = item.split(_BETWEEN_PARTS)
        pairs = (part.partition("=") for part in parts)
        found.append(Reason(code, {name: unquote(text) for name, _, text in pairs}))
    return tuple(found)


def _text(value: object) -> str:
    """Value as it stands in a cell: numbers plain, dates ISO, texts escaped."""
    if isinstance(value, bool):
        raise ValueError("a reason's value is a number, a date or a text")
    if isinstance(value, float):
        return f"{value:.{_DIGITS}g}"
    if isinstance(value, date):
        return value.isoformat()
    return "".join(_ESCAPED.get(c, c) for c in str(value))
