"""Records of the layer registry and of the manifest of checked local files.

The registry (`layers/registry.yaml`) says what each layer is and where it comes from.
The retrieval stage turns it into a manifest: which file on this machine serves each
layer of a region, or why none does. All other stages read the manifest alone.
"""

from __future__ import annotations

import json
from enum import StrEnum
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import Annotated, Final, Literal, Self

from pydantic import Field, field_validator, model_validator

from pipeline.core.command import project_root
from pipeline.core.errors import input_error
from pipeline.core.layer_parts import Band as Band
from pipeline.core.layer_parts import Change as Change
from pipeline.core.layer_parts import Derivation as Derivation
from pipeline.core.layer_parts import Identifier as Identifier
from pipeline.core.layer_parts import Licence as Licence
from pipeline.core.layer_parts import Points as Points
from pipeline.core.layer_parts import Sha256
from pipeline.core.layer_parts import Source as Source
from pipeline.core.layer_parts import Words as Words
from pipeline.core.model import PROCESSES, Confidence, Hazard, Zone
from pipeline.core.records import Record, load_record, load_yaml

LocalFile = Annotated[str, Field(pattern=r"^([^/\\:]+(/[^/\\:]+)*)?$")]


_NO_VALUES: Final = frozenset({"tmf_id", "geometry", "source", "note"})


class LayerRole(StrEnum):
    """What a layer is used for."""

    HAZARD = "hazard"
    CLIMATE_FACTORS = "climate_factors"
    BORDERS = "borders"
    BOUNDARY_LINES = "boundary_lines"
    RIVERS = "rivers"
    LAKES = "lakes"
    PLACES = "places"
    POPULATION = "population"
    RELIEF = "relief"
    BASIN = "basin"
    OTHER = "other"


class Layer(Record):
    """One row of the registry."""

    id: Identifier = Field(description="Key of the layer.")
    title: Words = Field(description="Title for people.")
    role: LayerRole = Field(description="What the layer is used for.")
    kind: Literal["raster", "vector", "table", "derived"] = Field(
        description="Kind of file; derived: computed from other layers."
    )
    file: LocalFile = Field(
        "",
        description="Path with forward slashes below a layers folder, root or cache; "
        "none for a derived layer.",
    )
    derivation: Derivation | None = Field(
        None, description="How a derived layer is computed."
    )
    table: str | None = Field(None, description="Layer inside a GeoPackage.")
    columns: tuple[str, ...] = Field(
        (), description="Columns that a vector or a table must have."
    )
    extent: tuple[float, float, float, float] | None = Field(
        None,
        description="West, south, east, north of the data in degrees; null: worldwide.",
    )
    basins: tuple[str, ...] = Field(
        (),
        description="River basins that the layer is limited to, as river_basins of a "
        "region names them; empty: whatever lies in the extent.",
    )
    hazard: Hazard | None = Field(None, description="Risk Data Library hazard.")
    process: str | None = Field(None, description="Risk Data Library process.")
    intensity_measure: str | None = Field(None, description="Such as PGA.")
    applies_to: tuple[str, ...] = Field(
        (), description="Intensity measures that a table of change factors is for."
    )
    change: Change = Field(
        default_factory=Change, description="What the values of change factors are."
    )
    unit: str = Field(description="Unit of the values; '-' where there is none.")
    crs: str | None = Field(description="CRS that the file must have.")
    nodata: float | Literal["nan"] | None = Field(
        description="Value of cells without data; null where there is none."
    )
    resolution: str = Field(description="Cell size or map scale, with unit.")
    period: str | None = Field(
        None,
        pattern=r"^\d{4}-\d{4}$",
        description="Years that the values describe, where they are known; a change "
        "from another base period is marked.",
    )
    bands: tuple[Band, ...] = Field((), description="Levels of a hazard layer.")
    classes: dict[str, float | None] = Field(
        default_factory=dict,
        description="Number of every class that a vector's column holds; null: the "
        "class says nothing. The class with the largest share stands for a place.",
    )
    points: Points | None = Field(
        None, description="How a vector of points becomes a number at a facility."
    )
    sample_at: tuple[Zone, ...] = Field(
        (Zone.FACILITY,),
        min_length=1,
        description="Zones of a facility to sample, the best one first; the first that "
        "is known counts, and the table says which.",
    )
    sampling: Literal["bilinear", "nearest"] = Field(
        "nearest", description="How points are read from a raster."
    )
    zero_is: Literal["measured", "no_hazard"] = Field(
        "measured", description="What a value of zero says."
    )
    nodata_is: Literal["not_covered", "no_hazard"] = Field(
        "not_covered",
        description="What a raster cell without data says: nothing is known, or (dry "
        "cells of a flood map) nothing is there.",
    )
    minimum: float | None = Field(None, description="Lowest possible value.")
    maximum: float | None = Field(None, description="Highest possible value.")
    licence: Licence = Field(description="Terms of use.")
    citation: str = Field(description="How to cite the layer.")
    version: str = Field(description="Version or date of the data.")
    sha256: Sha256 | None = Field(None, description="Checksum of the local file.")
    source: Source | None = Field(None, description="Where to download it.")
    receptor_kind: (
        Literal["settlement", "intake", "protected_area", "gauge", "other"] | None
    ) = Field(
        None,
        description="What the places of a layer under 'receptors' are, where the layer "
        "has no column 'kind'.",
    )
    demonstration: bool = Field(
        False, description="Computed by the project as a stand-in."
    )
    confidence: Confidence = Field(
        Confidence.VERIFIED, description="Label of the method behind the values."
    )
    not_verified: str | None = Field(
        None, description="What about this row could not be checked."
    )
    caveat: Words | None = Field(None, description="What a reader must know.")

    def value_column(self, band: Band) -> str:
        """Column of a vector or table that holds a level.

        It is the level's own name, or where the row lists ``columns``, the one at the
        level's number among them; keys and geometry do not count.
        """
        named = [name for name in self.columns if name not in _NO_VALUES]
        if band.level in named or band.band > len(named):
            return band.level
        return named[band.band - 1]

    @field_validator("file")
    @classmethod
    def _stays_below(cls, value: str) -> str:
        if ".." in PurePosixPath(value).parts:
            raise ValueError("must not lead out of its folder with '..'")
        return value

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        if self.role is LayerRole.HAZARD and (
            self.hazard is None or self.intensity_measure is None or not self.bands
        ):
            raise ValueError("a hazard layer needs hazard, intensity_measure and bands")
        if self.process is not None and (
            self.hazard is None or self.process not in PROCESSES[self.hazard]
        ):
            known = (
                ", ".join(PROCESSES[self.hazard]) if self.hazard else "a hazard first"
            )
            raise ValueError(f"process {self.process!r} is unknown; expected {known}")
        if self.role is LayerRole.CLIMATE_FACTORS and not self.applies_to:
            raise ValueError("a layer of climate factors needs applies_to")
        if self.change != Change() and self.role is not LayerRole.CLIMATE_FACTORS:
            raise ValueError("'change' is for layers of climate factors")
        if self.change.baseline is not None and self.kind == "table":
            raise ValueError("change.baseline is for rasters and vectors")
        if self.source is not None and self.source.columns:
            if self.kind != "vector" or not self.file.endswith(".gpkg"):
                raise ValueError("source.columns needs a vector layer in a .gpkg file")
            if not self.source.member:
                raise ValueError("source.columns needs source.member")
        is_part = self.source is not None and self.source.only_region
        if is_part and (self.kind != "raster" or self.sha256 is not None):
            raise ValueError("source.only_region is for rasters without a sha256")
        if (self.classes or self.points) and self.kind != "vector":
            raise ValueError("'classes' and 'points' are for vector layers")
        if self.kind == "vector" and self.file.endswith(".csv"):
            has_columns = self.points is not None and self.points.lon_column
            if not has_columns or self.crs != "EPSG:4326":
                raise ValueError(
                    "points in a .csv file need points.lon_column, points.lat_column "
                    "and crs EPSG:4326"
                )
        if self.nodata_is == "no_hazard" and (
            self.kind != "raster" or self.zero_is != "no_hazard"
        ):
            raise ValueError(
                "nodata_is: no_hazard is for rasters, and needs zero_is: no_hazard"
            )
        if self.kind in ("raster", "vector") and self.crs is None:
            raise ValueError("a raster or vector layer needs a crs")
        is_derived = self.kind == "derived"
        if is_derived != (self.derivation is not None) or is_derived == bool(self.file):
            raise ValueError(
                "a derived layer has 'derivation' and no 'file', any other layer "
                "'file' and no 'derivation'"
            )
        return self


class Registry(Record):
    """All known layers."""

    layers: tuple[Layer, ...] = Field(description="Rows of the registry.")

    def by_id(self) -> dict[str, Layer]:
        """Layers by their key."""
        return {layer.id: layer for layer in self.layers}


class LayerState(StrEnum):
    """Whether a layer of the region has a usable file on this machine."""

    AVAILABLE = "available"
    MISSING = "missing"
    INVALID = "invalid"


class LocalLayer(Record):
    """One layer of a region as the retrieval stage found it."""

    layer: Layer = Field(description="Row of the registry.")
    state: LayerState = Field(description="Whether there is a usable file.")
    path: Path | None = Field(None, description="File on this machine.")
    origin: Literal["shipped", "data_root", "cache"] | None = Field(
        None, description="Where the file was found."
    )
    sha256: Sha256 | None = Field(None, description="Checksum of the file.")
    verified: bool = Field(
        False, description="Whether the checksum agrees with one in the registry."
    )
    reason: str = Field(description="Why it is or is not available, one sentence.")
    uses: tuple[str, ...] = Field(
        (), description="Keys of the region's configuration that name the layer."
    )


class Manifest(Record):
    """All layers of a region on this machine."""

    region: Identifier = Field(description="Region of the manifest.")
    layers: tuple[LocalLayer, ...] = Field(description="Layers in order of their id.")

    def by_id(self) -> dict[str, LocalLayer]:
        """Layers by their key."""
        return {item.layer.id: item for item in self.layers}

    def used_as(self, use: str) -> tuple[LocalLayer, ...]:
        """Layers that the region's configuration names under ``layers.<use>``."""
        return tuple(item for item in self.layers if use in item.uses)

    def available(self, use: str) -> tuple[LocalLayer, ...]:
        """Those of them that have a usable file."""
        return tuple(
            item for item in self.used_as(use) if item.state is LayerState.AVAILABLE
        )


def read_registry(path: Path) -> Registry:
    """Read and check the layer registry.

    Raises
    ------
    InputError
        If the file is missing or broken, a key is unknown, missing or wrong, an id
        repeats, or the return periods of a layer do not increase.
    """
    registry = load_record(Registry, load_yaml(path), path)
    seen: set[str] = set()
    for layer in registry.layers:
        if layer.id in seen:
            raise input_error(
                path,
                field=layer.id,
                found="the id twice",
                expected="one row per layer",
                fix="rename or remove one of the rows",
            )
        seen.add(layer.id)
        _check_bands(layer, path)
    return registry


def _check_bands(layer: Layer, path: Path) -> None:
    _check_sources(layer, path)
    periods: dict[tuple[str, str, float], list[float]] = {}
    for band in layer.bands:
        if band.return_period_yr is not None:
            key = (band.scenario, band.horizon, band.percentile)
            periods.setdefault(key, []).append(band.return_period_yr)
    for values in periods.values():
        if any(b <= a for a, b in pairwise(values)):
            raise input_error(
                path,
                field=f"{layer.id}.bands",
                found=f"return periods {values}",
                expected="return periods in years that increase",
                fix="list the bands from frequent to rare",
            )


def _check_sources(layer: Layer, path: Path) -> None:
    """Stop where two levels of a layer would read one band or one column."""
    if layer.kind == "derived" or layer.points is not None:
        return
    read = [
        f"band {band.band}" if layer.kind == "raster" else layer.value_column(band)
        for band in layer.bands
    ]
    twice = next((name for k, name in enumerate(read) if name in read[:k]), None)
    if twice is not None:
        raise input_error(
            path,
            field=f"{layer.id}.bands",
            found=f"two levels that read {twice}",
            expected="a band or column of its own for every level",
            fix="give 'band' for every level (1 is meant where it is left out)",
        )


def portable_path(path: Path) -> Path:
    """Path as the manifest stores it: relative to the checkout where it lies in it."""
    absolute = path.resolve()
    root = project_root()
    return absolute.relative_to(root) if absolute.is_relative_to(root) else absolute


def read_manifest(path: Path) -> Manifest:
    """Read the manifest that the retrieval stage wrote.

    Files inside the checkout are stored relative to it and come back absolute.

    Raises
    ------
    InputError
        If the manifest is missing or broken, or a file that it names has gone.
    """
    if not path.exists():
        raise input_error(
            path,
            found="no file",
            expected="the manifest of the region's layers",
            fix="run 'natech retrieve' or 'make run' first",
        )
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise input_error(
            path,
            found=f"no valid JSON ({error})",
            expected="the manifest of the region's layers",
            fix="delete the file and run 'natech retrieve' again",
        ) from None
    manifest = load_record(Manifest, content, path)
    layers = tuple(_with_file(item, path) for item in manifest.layers)
    return manifest.model_copy(update={"layers": layers})


def _with_file(item: LocalLayer, manifest: Path) -> LocalLayer:
    if item.path is None:
        return item
    file = project_root() / item.path
    if not file.exists():
        raise input_error(
            manifest,
            field=item.layer.id,
            found=f"the path {file}, where there is no file",
            expected="the file that the retrieval stage found",
            fix="run 'natech retrieve' again",
        )
    return item.model_copy(update={"path": file})
