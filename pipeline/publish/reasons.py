"""Reasons that stages state, as sentences in a page's language."""

from __future__ import annotations

from typing import Final

from pipeline.core.reasons import Reason, read_reasons
from pipeline.publish.cells import column_of
from pipeline.publish.words import LAYER_TITLE, Words

# Ending of a value's name and the unit that the catalogues know.
_UNITS: Final = (
    ("_mm_per_yr2", "mm/yr2"),
    ("_mm_per_yr", "mm/yr"),
    ("_mm_per_d", "mm/d"),
    ("_mm", "mm"),
    ("_k", "K"),
    ("_d", "d"),
    ("_deg", "deg"),
)
_GROUPS: Final = {
    "state": "layer_state",
    "basin": "river_basin",
    "unit": "unit",
    "zone": "code.zone",
    "other_zone": "code.zone",
}
_RATIOS: Final = (
    "factor",
    "intensity",
    "condition",
    "limit",
    "limit_sigma",
    "score_sigma",
    "fos",
    "rest_percent",
    "limit_mg_per_l",
    "return_period_yr",
)
_COUNT: Final = "n_"
_LAYERS: Final = ("layer", "layers")


def stated(table: str, column: str, cell: str | None, words: Words) -> str:
    """Sentences of the reasons in a cell; empty where there are none.

    Raises
    ------
    ValueError
        If the column holds no reasons.
    KeyError
        If the catalogue lacks the words of a reason.
    """
    vocabulary = column_of(table, column).reasons
    if vocabulary is None:
        raise ValueError(f"{table}.{column} holds no reasons")
    found = (sentence(vocabulary.name, one, words) for one in read_reasons(cell))
    return " ".join(found)


def sentence(group: str, reason: Reason, words: Words) -> str:
    """One reason as a sentence, its values written as the language does."""
    values = {
        name: value_text(name, text, words) for name, text in reason.values.items()
    }
    return words(f"reason.{group}.{reason.code}", **values)


def value_text(name: str, text: str, words: Words) -> str:
    """Value of a reason in words; its name, or the end of it, tells unit and kind."""
    numbers = words.numbers
    if name in _LAYERS:
        return ", ".join(_layer(key.strip(), words) for key in text.split(","))
    if name in _GROUPS:
        return words.known(_GROUPS[name], text)
    if name.endswith("_date"):
        return numbers.iso_date(text)
    if name.startswith(_COUNT):
        return numbers.whole(float(text))
    if name.endswith("_fraction"):
        return numbers.percent(float(text))
    for ending, unit in _UNITS:
        if name.endswith(ending):
            return numbers.quantity(float(text), words.unit(unit))
    if name.endswith("_m"):
        return numbers.distance(float(text))
    return numbers.number(float(text)) if name in _RATIOS else text


def _layer(key: str, words: Words) -> str:
    """Title of a layer in quotation marks; its id where the title is not at hand."""
    title = words.known(LAYER_TITLE, key)
    return key if title == key else words("value.quoted", text=title)
