"""Parts of a row of the layer registry: words, licence, levels, changes, source."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from pipeline.core.model import Scenario
from pipeline.core.records import Record

Identifier = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Words(Record):
    """A text in the languages of the pages."""

    en: str = Field(description="English text.")
    ru: str = Field(description="Russian text.")


class Licence(Record):
    """Terms under which a layer may be used."""

    name: str = Field(description="SPDX identifier or the name of the terms.")
    address: str | None = Field(None, description="Where the terms stand.")


class Band(Record):
    """One level of a hazard layer: a raster band or a table column."""

    level: str = Field(description="Name in tables: return period or own name.")
    band: int = Field(1, ge=1, description="Band of the raster, from 1.")
    return_period_yr: float | None = Field(None, ge=1, description="Years.")
    scenario: Scenario = Field(Scenario.HISTORICAL, description="Climate scenario.")
    horizon: str = Field("present", description="'present' or such as 2041-2060.")
    percentile: float = Field(50, ge=0, le=100, description="Of the ensemble.")


class Derivation(Record):
    """How a layer without a file of its own is computed from other layers."""

    method: str = Field(
        pattern=r"^[a-z][a-z0-9_]*$",
        description="Name of a file in pipeline/hazards/derived.",
    )
    inputs: dict[str, str] = Field(
        min_length=1, description="Id of a layer for every role that the method has."
    )
    options: dict[str, float | str | tuple[float, ...]] = Field(
        default_factory=dict, description="Options that the method documents."
    )


class Points(Record):
    """How points, such as past events, become one number at a facility."""

    statistic: Literal["count", "largest", "nearest_km"] = Field(
        description="How many points, the largest value among them (0 without any), "
        "both within radius_m, or the distance of the nearest point in km."
    )
    radius_m: float | None = Field(
        None, gt=0, description="Distance up to which points count, metres."
    )
    date_column: str | None = Field(
        None, description="Column of dates, such as 2020-07-19 or the year alone."
    )
    first_year: int | None = Field(None, description="Earlier points do not count.")
    last_year: int | None = Field(None, description="Later points do not count.")
    listed_in: str | None = Field(
        None,
        description="Outline (WKT polygon, degrees) in which the list would hold a "
        "point if there were one; the layer's extent if empty.",
    )
    lon_column: str | None = Field(
        None, description="Column of longitudes in a CSV file, degrees (WGS 84)."
    )
    lat_column: str | None = Field(
        None, description="Column of latitudes in a CSV file, degrees (WGS 84)."
    )

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        if (self.lon_column is None) != (self.lat_column is None):
            raise ValueError("lon_column and lat_column need each other")
        if (self.statistic == "nearest_km") == (self.radius_m is not None):
            raise ValueError("count and largest need radius_m, nearest_km has none")
        years = (self.first_year, self.last_year)
        if any(year is not None for year in years) and self.date_column is None:
            raise ValueError("first_year and last_year need date_column")
        return self


class Change(Record):
    """What the values of a layer of climate change factors are.

    The values are factors as they stand, or, with a ``baseline``, values of the future
    that are compared with that layer's values of the present.
    """

    factor_kind: Literal["ratio", "difference"] = Field(
        "ratio",
        description="ratio: future over present, multiplies; difference: future less "
        "present, is added (temperatures).",
    )
    baseline: Identifier | None = Field(
        None,
        description="Layer of the present that the values of the future are compared "
        "with, level by level; the region names it under climate_baselines or hazards.",
    )
    base_period: str | None = Field(
        None, description="First and last year of the present, such as 1995-2014."
    )
    n_models: int | None = Field(
        None, ge=1, description="Number of climate models behind the values."
    )


class Source(Record):
    """Where a file that does not ship with the project comes from.

    A layer that its publisher cuts into tiles, or keeps in one file for each level,
    has an address with ``{tile}`` or ``{level}``; the level is that of the layer's
    bands. Such a layer has no checksum of its own here.
    """

    address: str = Field(description="Primary address of the file.")
    archive_address: str | None = Field(None, description="Second address.")
    sha256: Sha256 | None = Field(None, description="Checksum of what is downloaded.")
    size_bytes: int | None = Field(None, ge=1, description="Size of the download.")
    member: str | None = Field(None, description="File inside a downloaded zip.")
    tiles: tuple[str, ...] = Field((), description="What stands for {tile}.")
    columns: dict[str, str] = Field(
        default_factory=dict,
        description="Name of a column in the layer: its name in the downloaded vector. "
        "The file in the cache is a GeoPackage with these columns alone.",
    )
    only_region: bool = Field(
        False,
        description="Whether only the region's box is fetched, by range requests, of "
        "large cloud-optimised GeoTIFFs; each region then has a file of its own.",
    )
    margin_deg: float = Field(
        0.25,
        ge=0,
        le=5,
        description="What is fetched around the region's box, degrees.",
    )

    @property
    def is_many(self) -> bool:
        """Whether the layer is made of several files."""
        return "{tile}" in self.address or "{level}" in self.address

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        for address in filter(None, (self.address, self.archive_address)):
            if not address.startswith(("https://", "http://")):
                raise ValueError(
                    f"address {address!r} must start with https:// or http://"
                )
        if ("{tile}" in self.address) != bool(self.tiles):
            raise ValueError("'tiles' and an address with {tile} need each other")
        if self.is_many and (self.sha256 or self.size_bytes or self.member):
            raise ValueError(
                "a source of several files has no single sha256, size_bytes or member"
            )
        if self.only_region and (self.sha256 or self.size_bytes or self.member):
            raise ValueError(
                "a source with only_region has no sha256, size_bytes or member: what "
                "is fetched differs from region to region"
            )
        return self
