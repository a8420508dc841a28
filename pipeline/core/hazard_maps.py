"""Record of the regional hazard maps: what was made from what, and what was left out.

The stage of hazards writes it beside the maps; the pages read it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final, Literal, Self

from pydantic import Field, model_validator

from pipeline.core.errors import input_error
from pipeline.core.layer_parts import Band, Words
from pipeline.core.model import Confidence, Scenario
from pipeline.core.reasons import Vocabulary
from pipeline.core.records import Record, load_record

INDEX_FILE: Final = "multi-hazard-index.tif"
RECORD_FILE: Final = "maps.json"
MAP_NOTES: Final = Vocabulary(
    "map_note",
    {
        "no_grid_stated": (),
        "values_of_sites": (),
        "derived_at_sites": (),
        "layer_not_available": ("layer", "state"),
        "no_scale_for_measure": (),
        "other_unit": ("unit", "expected_unit"),
        "no_such_level": ("return_period_yr",),
        "no_single_level": (),
        "measure_is_taken": ("layer",),
        "too_many_layers": (),
        "no_data_on_grid": (),
        "unchanged_by_climate": (),
        "no_factor_known": (),
        "no_factor_for_case": ("layer",),
        "factors_not_available": ("layer", "state"),
        "no_level_in_case": (),
        "no_layer_changes": (),
        "climate_maps_off": (),
    },
)
"""Why a layer has no map, is not in the index, or stays as it is in a climate case."""


class RegionMaps(Record):
    """Grid of a region's hazard maps; one of the two sizes."""

    cell_m: float | None = Field(
        None, gt=0, description="Cell size in metres, in the region's metric_crs."
    )
    cell_deg: float | None = Field(
        None, gt=0, description="Cell size in degrees, in EPSG:4326."
    )
    climate: bool = Field(
        True,
        description="Whether changed layers and an index are mapped for every climate "
        "case that changes a layer of the index.",
    )

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if (self.cell_m is None) == (self.cell_deg is None):
            raise ValueError("state either cell_m or cell_deg")
        return self


class GridRecord(Record):
    """The grid that all maps share."""

    crs: str = Field(description="CRS (EPSG code or WKT).")
    cell: float = Field(description="Side of a cell.")
    unit: str = Field(description="Unit of the cell: m or deg.")
    width: int = Field(description="Columns.")
    height: int = Field(description="Rows.")
    left: float = Field(description="Western edge in the CRS.")
    top: float = Field(description="Northern edge in the CRS.")


class LevelMap(Record):
    """One band of a layer's map."""

    band: Band = Field(description="Level of the layer.")
    minimum: float | None = Field(description="Least value; null without data.")
    maximum: float | None = Field(description="Largest value; null without data.")
    covered_fraction: float = Field(description="Share of the grid's cells with data.")


class LayerMap(Record):
    """What became of one hazard layer."""

    layer_id: str = Field(description="Layer in the registry.")
    title: Words = Field(description="Title of the layer.")
    file: str | None = Field(description="Map, or null where none was made.")
    rule: str | None = Field(description="How the values came to the grid.")
    unit: str = Field(description="Unit of the values.")
    levels: tuple[LevelMap, ...] = Field(description="Bands of the map.")
    in_index: bool = Field(description="Whether the index rests on the layer.")
    note: str | None = Field(
        description="Why there is no map, or no part in the index."
    )
    demonstration: bool = Field(description="Computed by the project as a stand-in.")
    confidence: Confidence = Field(description="Label of the layer's method.")


class IndexPart(Record):
    """How one layer enters the index."""

    layer_id: str = Field(description="Layer in the registry.")
    measure: str = Field(description="Intensity measure.")
    unit: str = Field(description="Unit of the values.")
    level: str = Field(description="Level that counts.")
    weight: float = Field(description="Weight.")
    values: tuple[float, ...] = Field(description="Values of the scale.")
    scores: tuple[float, ...] = Field(description="Scores of the scale.")
    bit: int = Field(description="Bit of the layer in the band of missing layers.")


class IndexRecord(Record):
    """The multi-hazard index."""

    file: str = Field(description="Map of the index.")
    parts: tuple[IndexPart, ...] = Field(description="Layers that make it.")
    minimum_weight_fraction: float = Field(description="Share that must speak.")
    confidence: Confidence = Field(description="Weakest label of all that went in.")
    demonstration: bool = Field(description="Whether a stand-in went in.")


class ChangedMap(Record):
    """One layer of the index that a climate case changes."""

    layer_id: str = Field(description="Layer in the registry.")
    file: str = Field(description="Map: changed levels, then each less the present.")
    kind: Literal["ratio", "difference", "own"] = Field(
        description="How it changes: times a factor, plus a difference, or by levels "
        "that the layer itself has for the case."
    )
    factors: str | None = Field(description="Layer of the factors; null for its own.")
    value: float | None = Field(
        description="Factor of the whole region; null where it differs from cell to "
        "cell."
    )
    demonstration: bool = Field(description="Whether layer or factors are a stand-in.")
    confidence: Confidence = Field(description="Weakest label of layer and factors.")


class KeptLayer(Record):
    """One layer of the index that a climate case leaves as it is."""

    layer_id: str = Field(description="Layer in the registry.")
    note: str = Field(description="Why it does not change.")


class CaseMaps(Record):
    """Maps of one climate case."""

    scenario: Scenario = Field(description="Climate scenario.")
    horizon: str = Field(description="First and last year.")
    file: str | None = Field(
        description="Map of the index and its change; null where none was made."
    )
    note: str | None = Field(description="Why there is no map.")
    changed: tuple[ChangedMap, ...] = Field(description="Layers that change.")
    kept: tuple[KeptLayer, ...] = Field(description="Layers that stay as they are.")
    least_change: float | None = Field(
        description="Least change of the index in any cell; null without a map."
    )
    largest_change: float | None = Field(description="Largest change of the index.")
    confidence: Confidence | None = Field(description="Weakest label of all.")
    demonstration: bool = Field(description="Whether a stand-in went in.")


class HazardMaps(Record):
    """All maps of a region."""

    region: str = Field(description="Key of the region.")
    grid: GridRecord | None = Field(description="Grid; null where none is stated.")
    layers: tuple[LayerMap, ...] = Field(description="Every hazard layer, in order.")
    index: IndexRecord | None = Field(description="Index; null where none was made.")
    note: str | None = Field(description="Why there are no maps at all.")
    cases: tuple[CaseMaps, ...] = Field(
        (), description="Climate cases of the region; none without an index."
    )


def read_hazard_maps(folder: Path) -> HazardMaps:
    """Read the record in the folder of the maps.

    Raises
    ------
    InputError
        If the record is missing or broken, or a map that it names has gone.
    """
    path = folder / RECORD_FILE
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise input_error(
            path,
            found=f"no readable record ({error})",
            expected="the record of the regional hazard maps",
            fix="run 'natech hazard-maps' or 'make run' again",
        ) from None
    maps = load_record(HazardMaps, content, path)
    files = [layer.file for layer in maps.layers]
    files += [maps.index.file] if maps.index else []
    for case in maps.cases:
        files += [case.file, *(item.file for item in case.changed)]
    for name in filter(None, files):
        if not (folder / name).exists():
            raise input_error(
                folder / name,
                found="no file",
                expected="a map that the record names",
                fix="run 'natech hazard-maps' or 'make run' again",
            )
    return maps
