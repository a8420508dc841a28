"""Typed configuration of a region, and of the methods common to all regions.

A region is one file, read on its own: nothing of one region can reach another.
Paths inside a region's file are relative to that file.
"""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, Field, model_validator

from pipeline.core.errors import input_error
from pipeline.core.hazard_maps import RegionMaps
from pipeline.core.layers import Identifier, Words
from pipeline.core.methods import MethodsConfig
from pipeline.core.methods.displacement import DisplacementThresholds
from pipeline.core.model import Scenario
from pipeline.core.records import Record, load_record, load_yaml

CountryCode = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
Horizon = Annotated[str, Field(pattern=r"^(present|\d{4}-\d{4})$")]


class Box(Record):
    """Box in degrees, WGS 84. It must not span the antimeridian."""

    west_deg: float = Field(ge=-180, le=180, description="Western limit, degrees.")
    south_deg: float = Field(ge=-90, le=90, description="Southern limit, degrees.")
    east_deg: float = Field(ge=-180, le=180, description="Eastern limit, degrees.")
    north_deg: float = Field(ge=-90, le=90, description="Northern limit, degrees.")

    @model_validator(mode="after")
    def _is_ordered(self) -> Self:
        if self.west_deg >= self.east_deg or self.south_deg >= self.north_deg:
            raise ValueError(
                "west_deg must be below east_deg and south_deg below north_deg; a "
                "region cannot span the antimeridian, so describe each side by itself"
            )
        return self

    def contains(self, lon_deg: float, lat_deg: float) -> bool:
        """Whether a point lies in the box, its edges included."""
        return (
            self.west_deg <= lon_deg <= self.east_deg
            and self.south_deg <= lat_deg <= self.north_deg
        )

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north in degrees."""
        return (self.west_deg, self.south_deg, self.east_deg, self.north_deg)


class InventorySource(Record):
    """One inventory file of the region."""

    path: Path = Field(description="File, relative to the region's file.")
    reader: str = Field("natech-csv", description="Name of the inventory reader.")
    values: Path | None = Field(
        None, description="Table with the source of every value (natech-csv)."
    )
    source: str | None = Field(
        None, description="Citation for values that have no source of their own."
    )
    columns: Path | None = Field(
        None,
        description="Description of a table whose columns have names of their own "
        "(reader 'table').",
    )


class ZoneSource(Record):
    """One file with polygons of facilities: dam, pond, slope above and others."""

    path: Path = Field(description="Vector file, relative to the region's file.")
    table: str | None = Field(None, description="Layer inside a GeoPackage.")
    source: str | None = Field(
        None, description="Citation for polygons that have no source of their own."
    )


class CompositionSource(Record):
    """One file with the components of tailings: shares and hazard classes."""

    path: Path = Field(description="CSV file, relative to the region's file.")
    source: str | None = Field(
        None, description="Citation for rows that have no source of their own."
    )


class DisplacementSource(Record):
    """One InSAR product of the region."""

    id: Identifier = Field(description="Key of the source in the tables.")
    path: Path = Field(description="File, relative to the region's file.")
    reader: str = Field(description="Name of the displacement reader.")
    options: dict[str, Any] = Field(
        default_factory=dict, description="Options that the reader documents."
    )


class DisplacementStep(Record):
    """A day on which the ground may have jumped, for a known cause."""

    first_day: date = Field(description="First day behind the step, ISO.")
    cause: str = Field(
        min_length=1, description="What happened: an earthquake, a remediation."
    )
    facilities: tuple[Identifier, ...] = Field(
        (), description="Facilities that it concerns, by tmf_id; all if empty."
    )


class RegionLayers(Record):
    """Layers of the registry that the region uses, by what they are used for."""

    borders: Identifier | None = Field(None, description="Country polygons.")
    boundary_lines: Identifier | None = Field(None, description="Boundary lines.")
    rivers: Identifier | None = Field(None, description="River network.")
    lakes: Identifier | None = Field(None, description="Lakes and reservoirs.")
    flow_direction: Identifier | None = Field(
        None, description="Flow directions (D8 raster) that lead to the rivers."
    )
    reach_of_cell: Identifier | None = Field(
        None, description="Reach that every cell of flow_direction drains to first."
    )
    canals: Identifier | None = Field(
        None, description="Canals that begin at reaches of the river network."
    )
    places: Identifier | None = Field(None, description="Settlements with people.")
    receptors: tuple[Identifier, ...] = Field(
        (), description="More receptors: intakes, protected areas, gauges and others."
    )
    population: Identifier | None = Field(None, description="Population raster.")
    relief: Identifier | None = Field(None, description="Terrain height.")
    basin: Identifier | None = Field(None, description="Basin polygons.")
    hazards: tuple[Identifier, ...] = Field((), description="Hazard layers.")
    climate_factors: tuple[Identifier, ...] = Field(
        (), description="Tables or grids of climate change factors."
    )
    optional_hazards: tuple[Identifier, ...] = Field(
        (),
        description="Hazard layers that are used where a data root or the cache holds "
        "them, and passed over elsewhere.",
    )
    optional_climate_factors: tuple[Identifier, ...] = Field(
        (), description="Change factors that are used where they are at hand."
    )
    climate_baselines: tuple[Identifier, ...] = Field(
        (),
        description="Layers of the present that grids of the future are compared with.",
    )

    def uses(self) -> dict[str, tuple[str, ...]]:
        """Layer ids by the key that names them, in the order of the keys."""
        named: dict[str, tuple[str, ...]] = {}
        for key in type(self).model_fields:
            value = getattr(self, key)
            if value is not None and value != ():
                named[key] = (value,) if isinstance(value, str) else value
        return named


class ClimateCase(Record):
    """One scenario and horizon that hazards are computed for."""

    scenario: Scenario = Field(description="Climate scenario.")
    horizon: Horizon = Field(description="First and last year, such as 2041-2060.")
    optional: bool = Field(
        False, description="Passed over where no layer at hand is for the case."
    )


class RegionConfig(Record):
    """Complete description of one region."""

    region: Identifier = Field(description="Key of the region, as in its file name.")
    title: Words = Field(description="Title of the region.")
    bbox: Box = Field(description="Box that holds all facilities.")
    metric_crs: str = Field(
        description="Projected CRS in metres for areas and buffers (EPSG or PROJ)."
    )
    countries: tuple[CountryCode, ...] = Field(
        min_length=1, description="Countries of the region, ISO 3166-1 alpha-2."
    )
    river_basins: tuple[str, ...] = Field(
        (),
        description="River basins, as the inventory names them; rows that state "
        "another basin are left out and listed. Empty: all rows stay.",
    )
    registries: tuple[Path, ...] = Field(
        (), description="Layer registries beside the project's own."
    )
    layers_folder: Path | None = Field(
        None, description="Folder of the region's own layers; layers/<region> if empty."
    )
    inventory: tuple[InventorySource, ...] = Field(
        min_length=1, description="Inventory files."
    )
    zones: tuple[ZoneSource, ...] = Field(
        (), description="Polygons of facilities (docs/inventory-format.md)."
    )
    compositions: tuple[CompositionSource, ...] = Field(
        (), description="Components of tailings (docs/inventory-format.md)."
    )
    layers: RegionLayers = Field(description="Layers by use.")
    displacement: tuple[DisplacementSource, ...] = Field(
        (), description="InSAR products that cover a part of the region."
    )
    displacement_steps: tuple[DisplacementStep, ...] = Field(
        (),
        description="Stated steps; their size is fitted and is no part of the rate.",
    )
    displacement_date: date | None = Field(
        None,
        description="Day from which the ages of displacement series are counted; that "
        "of the methods if empty.",
    )
    displacement_thresholds: dict[str, DisplacementThresholds] = Field(
        default_factory=dict,
        description="Thresholds of single facilities by tmf_id, in place of those of "
        "the methods.",
    )
    maps: RegionMaps | None = Field(
        None,
        description="Grid of the regional hazard maps; without it none are made.",
    )
    climate: tuple[ClimateCase, ...] = Field(
        (), description="Climate cases besides the present."
    )
    languages: tuple[str, ...] = Field(
        ("en", "ru"), min_length=1, description="Languages of the pages, first is main."
    )

    @model_validator(mode="after")
    def _has_metric_crs(self) -> Self:
        from pyproj import CRS
        from pyproj.exceptions import CRSError

        try:
            crs = CRS.from_user_input(self.metric_crs)
        except CRSError:
            raise ValueError(
                f"metric_crs {self.metric_crs!r} is not a known CRS"
            ) from None
        if not crs.is_projected or crs.axis_info[0].unit_name != "metre":
            raise ValueError(
                f"metric_crs {self.metric_crs!r} must be projected, with unit metre"
            )
        return self


class Region(Record):
    """A region's configuration together with the file that it came from."""

    config: RegionConfig
    path: Path

    def resolve(self, path: Path) -> Path:
        """Path as the region's file means it: relative to that file."""
        return path if path.is_absolute() else self.path.parent / path

    def layers_folder(self, project: Path) -> Path:
        """Folder of the layers that ship with the region."""
        if self.config.layers_folder is not None:
            return self.resolve(self.config.layers_folder)
        return project / "layers" / self.config.region


def read_region(path: Path) -> Region:
    """Read and check a region's file.

    Raises
    ------
    InputError
        Names the key that is unknown, missing or wrong.
    """
    config = load_record(RegionConfig, load_yaml(path), path)
    if path.stem != config.region:
        raise input_error(
            path,
            field="region",
            found=config.region,
            expected=f"{path.stem!r}, the name of the file",
            fix="rename the file or change the key",
        )
    return Region(config=config, path=path)


def read_methods(path: Path) -> MethodsConfig:
    """Read and check the choices that all regions share."""
    return load_record(MethodsConfig, load_yaml(path), path)


def json_schemas() -> dict[str, str]:
    """Text of the JSON schema files in ``configs/schema``, by file name."""
    from pipeline.core.layers import Registry

    kinds: dict[str, type[BaseModel]] = {
        "region.schema.json": RegionConfig,
        "methods.schema.json": MethodsConfig,
        "registry.schema.json": Registry,
    }
    return {
        name: json.dumps(kind.model_json_schema(), indent=2, ensure_ascii=False) + "\n"
        for name, kind in kinds.items()
    }
