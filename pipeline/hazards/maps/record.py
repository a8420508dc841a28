"""What the maps say about themselves: bands, tags, and the record beside them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.core.hazard_maps import (
    INDEX_FILE,
    MAP_NOTES,
    GridRecord,
    IndexPart,
    IndexRecord,
    LayerMap,
    LevelMap,
)
from pipeline.core.layers import Band, Layer
from pipeline.core.methods.hazards import HazardMethods
from pipeline.core.model import weakest
from pipeline.core.reasons import joined
from pipeline.hazards.maps.cog import BandText
from pipeline.hazards.maps.harmonise import Source
from pipeline.hazards.maps.recipe import Mapped, rule_of
from pipeline.hazards.maps.region_grid import RegionGrid


def file_of(layer: Layer) -> str:
    """Name of a layer's map."""
    return f"{layer.id}.tif"


def grid_record(grid: RegionGrid) -> GridRecord:
    """The grid as the record states it."""
    epsg = grid.crs.to_epsg()
    return GridRecord(
        crs=f"EPSG:{epsg}" if epsg else grid.crs.to_wkt(),
        cell=grid.cell,
        unit="deg" if grid.crs.is_geographic else "m",
        width=grid.width,
        height=grid.height,
        left=grid.left,
        top=grid.top,
    )


def layer_bands(layer: Layer, source: Source | None) -> list[BandText]:
    """Bands of a layer's map: measure, level, scenario and horizon."""
    levels = () if source is None else source.levels
    return [
        BandText(band_name(layer, band), layer.unit, _band_tags(band))
        for band in levels
    ]


def band_name(layer: Layer, band: Band) -> str:
    """Measure and level of a band, and its climate case unless it is the present."""
    level = (
        band.level if band.return_period_yr is None else f"{band.return_period_yr:g} yr"
    )
    words = [layer.intensity_measure or layer.id, level]
    if band.horizon != "present":
        words += [str(band.scenario), band.horizon, f"p{band.percentile:g}"]
    return " ".join(words)


def _band_tags(band: Band) -> dict[str, str]:
    tags = {
        "level": band.level,
        "scenario": str(band.scenario),
        "horizon": band.horizon,
        "percentile": f"{band.percentile:g}",
    }
    if band.return_period_yr is not None:
        tags["return_period_yr"] = f"{band.return_period_yr:g}"
    return tags


def layer_tags(layer: Layer, source: Source | None) -> dict[str, str]:
    """Tags of a layer's map."""
    return {
        "layer_id": layer.id,
        "title": layer.title.en,
        "hazard": str(layer.hazard),
        "process": layer.process or "",
        "intensity_measure": layer.intensity_measure or "",
        "unit": layer.unit,
        "rule": "" if source is None else rule_of(source),
        "zero_is": layer.zero_is,
        "no_data_is": "not covered by the layer",
        "licence": layer.licence.name,
        "citation": layer.citation,
        "confidence": str(layer.confidence),
        "demonstration": "yes" if layer.demonstration else "no",
    }


def index_bands(parts: Sequence[IndexPart]) -> list[BandText]:
    """Bands of the index."""
    bits = ", ".join(f"{2**part.bit} {part.layer_id}" for part in parts)
    return [
        BandText("index", "1", {"meaning": "weighted mean of scores, 0 to 1"}),
        BandText(
            "layers_speaking",
            "1",
            {"meaning": f"layers with a value here, of {len(parts)}"},
        ),
        BandText(
            "layers_missing",
            "1",
            {"meaning": f"sum of the codes of those without: {bits}"},
        ),
    ]


def index_tags(mapped: Sequence[Mapped], choices: HazardMethods) -> dict[str, str]:
    """Tags of the index: what it is, and what it is not."""
    record = index_record(mapped, choices)
    parts = "; ".join(
        f"{part.layer_id} ({part.measure} {part.level}, weight {part.weight:g})"
        for part in record.parts
    )
    return {
        "title": "Multi-hazard index (provisional, screening)",
        "parts": parts,
        "minimum_weight_fraction": f"{record.minimum_weight_fraction:g}",
        "no_data_is": "too few layers speak; never a low hazard",
        "confidence": str(record.confidence),
        "provisional": "yes" if record.confidence.is_provisional else "no",
        "demonstration": "yes" if record.demonstration else "no",
    }


def index_record(mapped: Sequence[Mapped], choices: HazardMethods) -> IndexRecord:
    """Record of the index; its label is the weakest of layers and scales."""
    used = [one for one in mapped if one.part is not None]
    labels = {scale.measure: scale.confidence for scale in choices.maps.scales}
    parts = tuple(one.part for one in used if one.part is not None)
    return IndexRecord(
        file=INDEX_FILE,
        parts=parts,
        minimum_weight_fraction=choices.maps.minimum_weight_fraction,
        confidence=weakest(
            *(one.item.layer.confidence for one in used),
            *(labels[part.measure] for part in parts),
        ),
        demonstration=any(one.item.layer.demonstration for one in used),
    )


def layer_maps(
    mapped: Sequence[Mapped], extremes: NDArray[np.float64], grid: RegionGrid
) -> tuple[LayerMap, ...]:
    """Record of every hazard layer, in the order of the region."""
    rows, plane = [], 0
    for one in mapped:
        layer, source = one.item.layer, one.source
        levels = () if source is None else source.levels
        found = extremes[plane : plane + len(levels)]
        plane += len(levels)
        is_empty = source is not None and not found[:, 2].any()
        empty = MAP_NOTES.reason("no_data_on_grid") if is_empty else None
        rows.append(
            LayerMap(
                layer_id=layer.id,
                title=layer.title,
                file=None if source is None else file_of(layer),
                rule=None if source is None else rule_of(source),
                unit=layer.unit,
                levels=tuple(
                    _level_map(band, row, grid)
                    for band, row in zip(levels, found, strict=True)
                ),
                in_index=one.part is not None,
                note=joined(one.note, empty),
                demonstration=layer.demonstration,
                confidence=layer.confidence,
            )
        )
    return tuple(rows)


def _level_map(band: Band, row: NDArray[np.float64], grid: RegionGrid) -> LevelMap:
    low, high, n_cells = (float(v) for v in row)
    return LevelMap(
        band=band,
        minimum=low if n_cells else None,
        maximum=high if n_cells else None,
        covered_fraction=n_cells / (grid.height * grid.width),
    )
