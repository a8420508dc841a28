"""Which layers are mapped, by which rule, and which of them make the index."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Final

import numpy as np

from pipeline.core.hazard_maps import MAP_NOTES, IndexPart
from pipeline.core.layers import Layer, LayerState, LocalLayer
from pipeline.core.methods.hazard_maps import MapScale
from pipeline.core.methods.hazards import HazardMethods
from pipeline.core.model import Scenario
from pipeline.hazards.maps.drawn import vector_source
from pipeline.hazards.maps.harmonise import RasterSource, Source
from pipeline.hazards.maps.index_map import Recipe, Scored
from pipeline.hazards.maps.shared_lattice import SharedLattices
from pipeline.hazards.sampling.block_store import BlockStore

_MOST_PARTS: Final = 24
"""Bits that a float32 holds exactly."""


@dataclass(frozen=True, slots=True)
class Mapped:
    """One hazard layer of the region: its source, or why there is none.

    ``part`` says how the layer enters the index, ``scored`` the same for the kernel;
    ``note`` why it has no map or is not in the index.
    """

    item: LocalLayer
    source: Source | None = None
    part: IndexPart | None = None
    scored: Scored | None = None
    note: str | None = None


def mapped_layers(
    items: Sequence[LocalLayer],
    choices: HazardMethods,
    open_source: Callable[[LocalLayer], Source],
) -> tuple[Mapped, ...]:
    """Open every hazard layer of a region, in the region's order.

    The first layer of a measure makes the index; others of the same measure are mapped
    and left out of it, so that nothing counts twice.

    Raises
    ------
    InputError
        If a file is not what the registry says.
    """
    scales = {scale.measure: scale for scale in choices.maps.scales}
    taken: dict[str, str] = {}
    found = []
    for item in items:
        layer = item.layer
        note = _why_unmapped(item)
        if note is not None or item.path is None:
            found.append(Mapped(item, note=note))
            continue
        source = open_source(item)
        measure = str(layer.intensity_measure)
        scale = scales.get(measure)
        note, level = _level_in_index(source, scale, taken.get(measure))
        if level is not None and len(taken) >= _MOST_PARTS:
            note, level = MAP_NOTES.reason("too_many_layers"), None
        if scale is None or level is None:
            found.append(Mapped(item, source, note=note))
            continue
        part = _part(layer, source, scale, level, bit=len(taken))
        taken[measure] = layer.id
        found.append(Mapped(item, source, part, _scored(part, level)))
    return tuple(found)


def opened_source(
    item: LocalLayer,
    lattices: SharedLattices,
    store: BlockStore,
    opened: ExitStack,
    threads: int,
) -> Source:
    """Raster or vector layer on the region's grid.

    Raises
    ------
    InputError
        If the file is not what the registry says.
    """
    if item.path is None:
        raise ValueError(f"layer {item.layer.id} has no file")
    if item.layer.kind == "raster":
        return RasterSource(item.layer, item.path, lattices, store, opened, threads)
    return vector_source(item.layer, item.path, lattices.target)


def recipe_of(mapped: Sequence[Mapped], choices: HazardMethods) -> Recipe:
    """What the maps are made from, of the layers that have a source."""
    drawn = [one for one in mapped if one.source is not None]
    return Recipe(
        sources=tuple(one.source for one in drawn if one.source is not None),
        scored=tuple(one.scored for one in drawn),
        least_covered=choices.minimum_covered_fraction,
        least_weight=choices.maps.minimum_weight_fraction,
    )


def rule_of(source: Source) -> str:
    """How the values of a source come to the cells, as a code."""
    if source.layer.points is not None:
        return "points_at_centre"
    if source.layer.kind == "vector":
        return "polygon_at_centre"
    kind = "bilinear" if source.is_smooth else "nearest"
    return kind if source.subcells == 1 else f"mean_of_{kind}"


def _why_unmapped(item: LocalLayer) -> str | None:
    if item.layer.kind == "table":
        return MAP_NOTES.reason("values_of_sites")
    if item.layer.kind not in ("raster", "vector"):
        return MAP_NOTES.reason("derived_at_sites")
    if item.state is not LayerState.AVAILABLE or item.path is None:
        return MAP_NOTES.reason(
            "layer_not_available", layer=item.layer.id, state=str(item.state)
        )
    return None


def _level_in_index(
    source: Source, scale: MapScale | None, taken_by: str | None
) -> tuple[str | None, int | None]:
    """Note, or the number of the level that counts (from 0)."""
    layer = source.layer
    if scale is None:
        return MAP_NOTES.reason("no_scale_for_measure"), None
    if taken_by is not None:
        return MAP_NOTES.reason("measure_is_taken", layer=taken_by), None
    if scale.unit != layer.unit:
        return (
            MAP_NOTES.reason("other_unit", unit=layer.unit, expected_unit=scale.unit),
            None,
        )
    for number, band in enumerate(source.levels):
        is_present = band.scenario is Scenario.HISTORICAL
        if is_present and band.return_period_yr == scale.return_period_yr:
            return None, number
    if scale.return_period_yr is None:
        return MAP_NOTES.reason("no_single_level"), None
    period = f"{scale.return_period_yr:g}"
    return MAP_NOTES.reason("no_such_level", return_period_yr=period), None


def _part(
    layer: Layer, source: Source, scale: MapScale, level: int, *, bit: int
) -> IndexPart:
    return IndexPart(
        layer_id=layer.id,
        measure=scale.measure,
        unit=layer.unit,
        level=source.levels[level].level,
        weight=scale.weight,
        values=scale.values,
        scores=scale.scores,
        bit=bit,
    )


def _scored(part: IndexPart, level: int) -> Scored:
    knots = np.array([part.values, part.scores], dtype=np.float64)
    return Scored(level=level, knots=knots, weight=part.weight, bit=part.bit)
