"""Box of the region and whole-or-absent, repeatable writing of layers.

Everything is EPSG:4326, longitude first. Writers set the one date that GeoPackage
stores, so that the same inputs give the same content.
"""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyogrio
import rasterio
from rasterio.io import MemoryFile
from rasterio.shutil import copy as raster_copy

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd
    from affine import Affine
    from numpy.typing import NDArray

CRS = "EPSG:4326"
WEST_DEG, SOUTH_DEG, EAST_DEG, NORTH_DEG = 60.0, 37.0, 80.0, 48.5
MARGIN_DEG = 1.0
FIXED_DATE = "2026-01-01T00:00:00.000Z"


@dataclass(frozen=True, slots=True)
class Raster:
    """A grid with its place: ``values`` has shape (bands, rows, columns)."""

    values: NDArray[np.generic]
    transform: Affine
    nodata: float
    band_names: tuple[str, ...]
    tags: Mapping[str, str]


def region_box(margin_deg: float = 0.0) -> tuple[float, float, float, float]:
    """West, south, east, north of the region in degrees, widened by a margin."""
    return (
        WEST_DEG - margin_deg,
        SOUTH_DEG - margin_deg,
        EAST_DEG + margin_deg,
        NORTH_DEG + margin_deg,
    )


def write_layers(path: Path, layers: Mapping[str, gpd.GeoDataFrame]) -> None:
    """Write named vector layers to one GeoPackage, whole or not at all.

    Parameters
    ----------
    path
        File to make; an older one is replaced.
    layers
        Layer name to table, each in EPSG:4326.

    Raises
    ------
    ValueError
        If a layer has another CRS.
    """
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": FIXED_DATE})
    part = path.with_name(f"{path.stem}.part.gpkg")
    part.unlink(missing_ok=True)
    for name, table in layers.items():
        if table.crs is None or table.crs.to_epsg() != 4326:
            raise ValueError(f"{path.name}, layer {name}: CRS must be {CRS}")
        table.to_file(
            part, layer=name, driver="GPKG", mode="a" if part.exists() else "w"
        )
    part.replace(path)


def write_cog(path: Path, raster: Raster) -> None:
    """Write a grid as cloud-optimised GeoTIFF (deflate), whole or not at all."""
    bands, rows, columns = raster.values.shape
    part = path.with_name(f"{path.stem}.part.tif")
    with MemoryFile() as memory:
        with memory.open(
            driver="GTiff",
            width=columns,
            height=rows,
            count=bands,
            dtype=raster.values.dtype,
            crs=CRS,
            transform=raster.transform,
            nodata=raster.nodata,
        ) as plain:
            plain.write(raster.values)
            plain.descriptions = raster.band_names
            plain.update_tags(**raster.tags)
        floating = np.issubdtype(raster.values.dtype, np.floating)
        with memory.open() as plain:
            raster_copy(
                plain,
                os.fspath(part),
                driver="COG",
                compress="DEFLATE",
                level=9,
                predictor="FLOATING_POINT" if floating else "STANDARD",
                overviews="NONE",
                blocksize=256,
            )
    part.replace(path)


def read_band(path: Path) -> tuple[NDArray[np.float64], Affine]:
    """First band as float64 with NaN for nodata, and its transform."""
    with rasterio.open(path) as source:
        band = source.read(1).astype(np.float64)
        if source.nodata is not None:
            band[band == source.nodata] = np.nan
        return band, source.transform


def arguments(
    text: str | None, inputs: Sequence[tuple[str, str]]
) -> argparse.Namespace:
    """Command line with one required path per input, and ``--out``."""
    parser = argparse.ArgumentParser(description=text)
    for name, meaning in inputs:
        parser.add_argument(f"--{name}", type=Path, required=True, help=meaning)
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    return parser.parse_args()
