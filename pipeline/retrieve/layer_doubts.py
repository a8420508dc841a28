"""What looks wrong about a layer before it goes into the registry.

An error would stop the stages or make silent nonsense: the row is not written. A
warning is said, and kept in the row's ``not_verified``.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from pipeline.core.layers import Layer
from pipeline.core.possible import limits_of
from pipeline.retrieve.layer_facts import (
    BandFacts,
    Box,
    Facts,
    RasterFacts,
    VectorFacts,
)

_SENTINELS: Final = (-9999.0, -32768.0, -999.0, 255.0, 65535.0, 1e20, -3.4028235e38)
_MOST_FALLING: Final = 0.5
_SLACK: Final = 1e-5


@dataclass(frozen=True, slots=True)
class Doubt:
    """One sentence on what looks wrong."""

    is_error: bool
    text: str


def doubts(facts: Facts, layer: Layer, region_deg: Box | None) -> list[Doubt]:
    """Everything that looks wrong about a file and its row.

    Parameters
    ----------
    region_deg
        West, south, east, north of the region; None where none was named.
    """
    found: list[Doubt] = []
    box = getattr(facts, "box_deg", None)
    if region_deg is not None and box is not None and not _meet(box, region_deg):
        found.append(
            Doubt(True, f"the layer lies outside of the region: {_words(box)}")
        )
    if isinstance(facts, RasterFacts):
        found += _raster_doubts(facts, layer)
    elif isinstance(facts, VectorFacts):
        found += _vector_doubts(facts)
    elif len(set(facts.tmf_ids)) < len(facts.tmf_ids):
        found.append(Doubt(True, "a tmf_id stands in more than one row"))
    if layer.unit == "-" and layer.bands[0].return_period_yr is not None:
        found.append(Doubt(False, "levels have return periods, but the unit is '-'"))
    return found


def _raster_doubts(facts: RasterFacts, layer: Layer) -> Iterator[Doubt]:
    used = [facts.bands[band.band - 1] for band in layer.bands]
    if facts.width * facts.height == 1:
        yield Doubt(False, "the raster has one cell: every facility gets one value")
    if facts.has_side_file:
        yield Doubt(False, "the file beside it (.aux.xml) is not read by the stages")
    nodata = {_nodata_key(band.nodata) for band in used}
    if len(nodata) > 1:
        yield Doubt(True, "its bands have different nodata values")
    for band in used:
        yield from _band_doubts(band, layer)
    yield from _falling(facts, layer)


def _nodata_key(nodata: float | None) -> str:
    return "none" if nodata is None else f"{nodata:.7g}"


def _band_doubts(band: BandFacts, layer: Layer) -> Iterator[Doubt]:
    name = f"band {band.number}"
    if band.low is None or band.high is None:
        yield Doubt(True, f"{name} has no cell with a value (all nodata)")
        return
    low, high = limits_of(layer)
    wrong = [
        value
        for value, is_wrong in (
            (band.low, low is not None and band.low < low),
            (band.high, high is not None and band.high > high),
        )
        if is_wrong
    ]
    if wrong:
        span = f"{_text(low)} to {_text(high)} {layer.unit}"
        yield Doubt(
            True,
            f"{name} holds {wrong[0]:g} {layer.unit}, possible is {span}"
            + _likely(wrong[0], band, high),
        )
    elif band.nodata is None:
        odd = [v for v in (band.low, band.high) if v in _SENTINELS]
        if odd:
            yield Doubt(
                False, f"{name} holds {odd[0]:g} and states no nodata value; is it one?"
            )
    if band.n_zero == band.n_valid:
        yield Doubt(False, f"{name} is zero everywhere")
    elif band.low == band.high:
        yield Doubt(False, f"{name} has the value {band.low:g} everywhere")
    if band.n_infinite:
        yield Doubt(False, f"{name} has {band.n_infinite} infinite cells (no data)")
    if band.unit and band.unit != layer.unit:
        yield Doubt(
            False,
            f"{name}: the file says the unit is {band.unit!r}, the row {layer.unit!r}",
        )


def _likely(value: float, band: BandFacts, high: float | None) -> str:
    if any(math.isclose(value, s, rel_tol=1e-6) for s in _SENTINELS):
        return (
            f"; it looks like a nodata value that the file does not state: store it "
            f"with gdal_edit.py -a_nodata {value:g}"
        )
    if (band.scale, band.offset) == (1.0, 0.0) and high is not None and value > high:
        return "; check the unit (per cent, cm, mm?) and whether a scale is missing"
    return "; check unit and sign"


def _falling(facts: RasterFacts, layer: Layer) -> Iterator[Doubt]:
    """Cells whose value falls from one return period to the next."""
    rare = [band for band in layer.bands if band.return_period_yr is not None]
    for first, second in pairwise(rare):
        a = facts.preview.values[first.band - 1]
        b = facts.preview.values[second.band - 1]
        known = np.isfinite(a) & np.isfinite(b)
        falls = known & (b < a - _SLACK * np.abs(a))
        rises = known & (b > a)
        n_falls, n_rises = int(falls.sum()), int(rises.sum())
        if not n_falls:
            continue
        share = n_falls / int(known.sum())
        text = (
            f"values fall from {first.level} to {second.level} years in {share:.1%} of "
            "the cells"
        )
        if n_falls > _MOST_FALLING * (n_falls + n_rises):
            yield Doubt(True, f"{text}: are the bands swapped? See --bands")
        else:
            yield Doubt(False, f"{text}: facilities there stop the run")


def _vector_doubts(facts: VectorFacts) -> Iterator[Doubt]:
    if not facts.n_features:
        yield Doubt(True, "the file has no features")
    if facts.n_empty:
        yield Doubt(True, f"{facts.n_empty} feature(s) have no geometry")
    if facts.n_crossing:
        yield Doubt(
            False,
            f"{facts.n_crossing} polygon(s) cross themselves or are invalid otherwise "
            f"({facts.first_crossing}); they are mended when sampled, look at them",
        )
    polygons = {"Polygon", "MultiPolygon"}
    if not facts.is_points and not set(facts.kinds) <= polygons:
        kinds = ", ".join(facts.kinds)
        yield Doubt(True, f"shapes are {kinds}; a hazard needs polygons or points")
    box = facts.box_deg
    is_possible = box is None or (
        box[0] >= -360 and box[2] <= 360 and box[1] >= -90 and box[3] <= 90
    )
    if not is_possible:
        yield Doubt(True, "coordinates are no degrees; is the stored CRS right?")


def _meet(a: Box, b: Box) -> bool:
    turns = (-360.0, 0.0, 360.0)
    return any(
        a[0] + t < b[2] and b[0] < a[2] + t and a[1] < b[3] and b[1] < a[3]
        for t in turns
    ) or (a[0] <= b[2] and b[0] <= a[2] and a[1] <= b[3] and b[1] <= a[3])


def _words(box: Sequence[float]) -> str:
    west, south, east, north = box
    return f"longitude {west:.3f} to {east:.3f}, latitude {south:.3f} to {north:.3f}"


def _text(value: float | None) -> str:
    return "-" if value is None else f"{value:g}"
