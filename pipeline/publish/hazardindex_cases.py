"""Change of the multi-hazard index in the climate cases: pictures and words.

What is shown is the change alone: the indices of two cases look alike, and where other
layers speak than in the present no change is given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from pipeline.core.hazard_maps import CaseMaps, HazardMaps
from pipeline.core.reasons import read_reasons
from pipeline.publish.drawing import symbol
from pipeline.publish.reasons import sentence
from pipeline.publish.status import HATCHED, Look
from pipeline.publish.words import LAYER_TITLE, Words

CHANGE_EDGES: Final = (-0.1, -0.05, -0.01, 0.01, 0.05, 0.1)
"""Between the middle ones the index stays, as far as its scores are meant to tell."""
CHANGE_COLOURS: Final = (
    "#2166ac", "#67a9cf", "#d1e5f0", "#f7f7f7", "#fddbc7", "#ef8a62", "#b2182b",
)  # fmt: skip
"""ColorBrewer RdBu, reversed: blue falls, red rises."""
CHANGE_BAND: Final = 4
_OPACITY: Final = 200
_NOTHING: Final = (138, 146, 156)
_HATCH_PIXELS: Final = 8
_SWATCH: Final = 18.0
_DEGREES: Final = ("degC", "°C", "K")
"""Temperatures, whose differences are in kelvin."""


@dataclass(frozen=True, slots=True)
class CasePicture:
    """Picture of the change in one case, as a data address, and its record.

    ``has_gaps`` tells whether it has cells with an index and without a change.
    """

    key: str
    address: str
    record: CaseMaps
    has_gaps: bool


def case_key(case: CaseMaps) -> str:
    """Name of a case in the page."""
    return f"{case.scenario}-{case.horizon}"


def change_colours(
    change: NDArray[np.float64], inside: NDArray[np.bool_]
) -> NDArray[np.uint8]:
    """Colours of the change; hatched where the map reaches and no change is given.

    Parameters
    ----------
    change
        Shape (rows, columns), change of the index; NaN where none is given.
    inside
        Whether the map reaches there; beyond it the picture is transparent.

    Returns
    -------
    ndarray
        Shape (4, rows, columns): red, green, blue, opacity.
    """
    colours = np.zeros((4, *change.shape), np.uint8)
    known = ~np.isnan(change)
    place = np.digitize(np.nan_to_num(change), CHANGE_EDGES)
    for number, shade in enumerate(CHANGE_COLOURS):
        rgb = [int(shade[k : k + 2], 16) for k in (1, 3, 5)]
        colours[:, known & (place == number)] = np.array([[*rgb, _OPACITY]]).T
    stripes = np.add(*np.indices(change.shape)) % _HATCH_PIXELS < 2
    colours[:, inside & ~known & stripes] = np.array([[*_NOTHING, _OPACITY]]).T
    return colours


def case_legend(
    maps: HazardMaps, pictures: Sequence[CasePicture], words: Words
) -> dict[str, Any]:
    """What the page says about the climate cases of the index, in one language."""
    return {
        "cases": [_case_text(one, maps, pictures, words) for one in maps.cases],
        "change_classes": _classes(any(one.has_gaps for one in pictures), words)
        if pictures
        else [],
        "case_files": [
            name
            for one in maps.cases
            if one.file is not None
            for name in (one.file, *(item.file for item in one.changed))
        ],
    }


def _case_text(
    case: CaseMaps, maps: HazardMaps, pictures: Sequence[CasePicture], words: Words
) -> dict[str, Any]:
    said = []
    units = {layer.layer_id: layer.unit for layer in maps.layers}
    if case.note is not None:
        said += [sentence("map_note", one, words) for one in read_reasons(case.note)]
    if case.least_change is not None and case.largest_change is not None:
        said.append(
            words(
                "hazard_index.change_span",
                low=_signed(round(case.least_change, 3), words),
                high=_signed(round(case.largest_change, 3), words),
            )
        )
    for item in case.changed:
        layer = words("value.quoted", text=words.known(LAYER_TITLE, item.layer_id))
        if item.value is None:
            said.append(words(f"hazard_index.changed_{item.kind}", layer=layer))
        else:
            key = f"hazard_index.changed_{item.kind}_of_region"
            value = words.numbers.number(item.value)
            if item.kind == "difference":
                unit = units.get(item.layer_id, "")
                unit = words.unit("K" if unit in _DEGREES else unit)
                value = words.numbers.quantity(item.value, unit)
            said.append(words(key, layer=layer, value=value))
    for kept in case.kept:
        layer = words("value.quoted", text=words.known(LAYER_TITLE, kept.layer_id))
        why = " ".join(
            sentence("map_note", one, words) for one in read_reasons(kept.note)
        )
        said.append(words("hazard_index.kept", layer=layer, why=why))
    marks = []
    if case.demonstration:
        marks.append("demonstration")
    if case.confidence is not None and case.confidence.is_provisional:
        marks.append("provisional")
    key = case_key(case)
    return {
        "key": key,
        "title": words(
            "hazard_index.case",
            scenario=words(f"scenario.{case.scenario}"),
            horizon=case.horizon,
        ),
        "has_picture": key in {one.key for one in pictures},
        "marks": tuple(marks),
        "text": " ".join(said),
    }


def _classes(has_gaps: bool, words: Words) -> list[tuple[Markup, str]]:
    texts = [
        words("hazard_index.change_below", edge=_signed(CHANGE_EDGES[0], words)),
        *(
            words(
                "hazard_index.class",
                low=_signed(low, words),
                high=_signed(high, words),
            )
            for low, high in pairwise(CHANGE_EDGES)
        ),
        words("hazard_index.change_above", edge=_signed(CHANGE_EDGES[-1], words)),
    ]
    rows = [
        (_square(shade), text)
        for shade, text in zip(CHANGE_COLOURS, texts, strict=True)
    ]
    if has_gaps:
        rows.append((_square(HATCHED), words("hazard_index.no_change_given")))
    return rows


def _signed(value: float, words: Words) -> str:
    return ("+" if value > 0 else "") + words.numbers.number(value)


def _square(fill: str) -> Markup:
    return symbol(Look("index", fill, "square"), _SWATCH)
