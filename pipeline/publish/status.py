"""How a record looks: class, colour, symbol, word and sentence from one function.

"Not covered", "nothing there" and "measured" stay apart from the table to the page
because every page asks `appearance` and nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pipeline.publish.words import Words

# Light to dark, one family of hues: classes differ in lightness first.
ORDINAL_COLOURS: Final = (
    "#fdeecf",
    "#f7cf94",
    "#ec9f5d",
    "#cf6a49",
    "#a03a44",
    "#5f1737",
)
ORDINAL_SHAPES: Final = ("circle", "square", "diamond", "triangle", "hexagon", "star")
HATCHED: Final = "hatched"


@dataclass(frozen=True, slots=True)
class Look:
    """Shape and fill of a class; ``fill`` is a colour or ``hatched`` (no data)."""

    css: str
    fill: str
    shape: str


@dataclass(frozen=True, slots=True)
class Appearance:
    """Everything a page shows about one record."""

    look: Look
    word: str
    sentence: str


_NO_DATA: Final = Look("no-data", HATCHED, "circle")
_PLAIN: Final = Look("measured", "#ffffff", "circle")
_NOTHING: Final = Look("no-hazard", "#e8f0e4", "circle")
_INVALID: Final = Look("invalid", HATCHED, "diamond")


def ordinal_look(position: int, count: int) -> Look:
    """Look of class ``position`` (0 for the least) among ``count`` ordered classes.

    Raises
    ------
    ValueError
        If there are more classes than shapes, or the position is outside.
    """
    if not 0 <= position < count <= len(ORDINAL_COLOURS):
        raise ValueError(f"no look for class {position} of {count}")
    last = len(ORDINAL_COLOURS) - 1
    step = 0 if count == 1 else round(position * last / (count - 1))
    return Look(f"class-{step}", ORDINAL_COLOURS[step], ORDINAL_SHAPES[position])


def _ordered(codes: Sequence[str]) -> dict[str, Look]:
    return {code: ordinal_look(i, len(codes)) for i, code in enumerate(codes)}


_LOOKS: Final[dict[str, dict[str, Look]]] = {
    "status": {
        "measured": _PLAIN,
        "no_hazard": _NOTHING,
        "not_covered": _NO_DATA,
        "not_provided": _NO_DATA,
        "invalid": _INVALID,
    },
    "displacement": {
        "measured": _PLAIN,
        "not_covered": _NO_DATA,
        "too_few_points": Look("too-few", HATCHED, "square"),
        "stale": Look("stale", HATCHED, "triangle"),
        "no_geometry": Look("no-geometry", HATCHED, "diamond"),
        "no_position": Look("no-position", HATCHED, "hexagon"),
    },
    "watch": {
        "not_assessed": _NO_DATA,
        "green": Look("watch-green", "#cfe8d2", "circle"),
        "yellow": Look("watch-yellow", "#efd15f", "square"),
        "amber": Look("watch-amber", "#d9822b", "diamond"),
        "red": Look("watch-red", "#8f1420", "triangle"),
    },
    "consequence": {
        **_ordered(("low", "significant", "high", "very_high", "extreme")),
        "unknown": _NO_DATA,
    },
    "facility_status": {
        "active": Look("active", "#35618f", "circle"),
        "closed": Look("closed", "#9db8d1", "square"),
        "abandoned": Look("abandoned", "#5f1737", "triangle"),
        "unknown": _NO_DATA,
    },
}


def record_kinds() -> dict[str, tuple[str, ...]]:
    """Every kind of record with its codes."""
    return {kind: tuple(looks) for kind, looks in _LOOKS.items()}


def appearance(
    kind: str, code: str | None, words: Words, *, value: str | None = None
) -> Appearance:
    """Turn a status record into class, colour, symbol, word and sentence.

    Parameters
    ----------
    kind
        Kind of record: status, displacement, watch, consequence, facility_status.
    code
        Code in the record; None counts as "unknown" where the kind has that code and
        as "not_provided" in plain statuses.
    words
        Catalogue of the page's language.
    value
        The value as text, for a status that has one.

    Raises
    ------
    KeyError
        If the kind or code is not known: a new code needs a look and words.
    """
    looks = _LOOKS[kind]
    known = code if code is not None else _missing_code(kind)
    look = looks[known]
    word = words(f"{kind}.{known}.word")
    sentence = words(f"{kind}.{known}.sentence")
    return Appearance(look, value if value is not None else word, sentence)


def _missing_code(kind: str) -> str:
    return {"status": "not_provided", "watch": "not_assessed"}.get(kind, "unknown")
