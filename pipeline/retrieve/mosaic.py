"""One virtual raster (GDAL VRT) from tiles and from files of one level each.

Nothing is resampled: tiles must share one cell size and one grid, as the tiles of one
publication do.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import rasterio
from rasterio.errors import RasterioIOError

from pipeline.core.errors import InputError, input_error
from pipeline.core.files import sha256, write_text

_CELL_TOLERANCE: Final = 1e-3
_GDAL_TYPES: Final = {
    "uint8": "Byte",
    "int8": "Int8",
    "uint16": "UInt16",
    "int16": "Int16",
    "uint32": "UInt32",
    "int32": "Int32",
    "float32": "Float32",
    "float64": "Float64",
}


@dataclass(frozen=True, slots=True)
class Part:
    """One raster file and the band of the mosaic that it belongs to."""

    path: Path
    band: int


@dataclass(frozen=True, slots=True)
class _Tile:
    part: Part
    crs: str
    west: float
    north: float
    cell_x: float
    cell_y: float
    width: int
    height: int
    dtype: str
    nodata: float | None

    @property
    def east(self) -> float:
        return self.west + self.width * self.cell_x

    @property
    def south(self) -> float:
        return self.north - self.height * self.cell_y


def write_mosaic(target: Path, parts: Sequence[Part], layer_id: str) -> None:
    """Write a VRT that shows all parts as one raster.

    Cells that no part covers hold the parts' nodata value. The checksums of the parts
    stand in the file, so that its own checksum vouches for them.

    Raises
    ------
    InputError
        If a part cannot be read, or does not lie on the grid of the first.
    """
    tiles = [_tile(part, layer_id) for part in parts]
    first = tiles[0]
    for tile in tiles[1:]:
        _check_same_grid(first, tile, layer_id)
    west = min(tile.west for tile in tiles)
    north = max(tile.north for tile in tiles)
    root = ET.Element(
        "VRTDataset",
        rasterXSize=str(_cells(max(t.east for t in tiles) - west, first.cell_x)),
        rasterYSize=str(_cells(north - min(t.south for t in tiles), first.cell_y)),
    )
    ET.SubElement(root, "SRS").text = first.crs
    transform = (west, first.cell_x, 0.0, north, 0.0, -first.cell_y)
    ET.SubElement(root, "GeoTransform").text = ", ".join(map(repr, transform))
    meta = ET.SubElement(root, "Metadata")
    for tile in tiles:
        ET.SubElement(meta, "MDI", key=f"sha256:{tile.part.path.name}").text = sha256(
            tile.part.path
        )
    for band in range(1, max(part.band for part in parts) + 1):
        _add_band(root, target, band, tiles, west, north)
    ET.indent(root)
    write_text(target, ET.tostring(root, encoding="unicode") + "\n")


def _add_band(
    root: ET.Element,
    target: Path,
    band: int,
    tiles: Sequence[_Tile],
    west: float,
    north: float,
) -> None:
    first = tiles[0]
    node = ET.SubElement(
        root, "VRTRasterBand", dataType=_GDAL_TYPES[first.dtype], band=str(band)
    )
    if first.nodata is not None:
        ET.SubElement(node, "NoDataValue").text = repr(first.nodata)
    for tile in tiles:
        if tile.part.band != band:
            continue
        source = ET.SubElement(node, "SimpleSource")
        name = tile.part.path.relative_to(target.parent).as_posix()
        ET.SubElement(source, "SourceFilename", relativeToVRT="1").text = name
        ET.SubElement(source, "SourceBand").text = "1"
        size = {"xSize": str(tile.width), "ySize": str(tile.height)}
        ET.SubElement(source, "SrcRect", {"xOff": "0", "yOff": "0", **size})
        offset = {
            "xOff": str(_cells(tile.west - west, first.cell_x)),
            "yOff": str(_cells(north - tile.north, first.cell_y)),
        }
        ET.SubElement(source, "DstRect", {**offset, **size})


def _tile(part: Part, layer_id: str) -> _Tile:
    try:
        with rasterio.open(part.path) as raster:
            grid = raster.transform
            return _Tile(
                part,
                raster.crs.to_wkt() if raster.crs else "",
                grid.c,
                grid.f,
                grid.a,
                -grid.e,
                raster.width,
                raster.height,
                raster.dtypes[0],
                raster.nodata,
            )
    except RasterioIOError as error:
        raise _bad_part(
            part.path, layer_id, f"no readable raster ({error})", "a tile of the layer"
        ) from None


def _check_same_grid(first: _Tile, tile: _Tile, layer_id: str) -> None:
    cell = min(abs(first.cell_x), abs(first.cell_y))
    off_x = (tile.west - first.west) / first.cell_x
    off_y = (tile.north - first.north) / first.cell_y
    is_same = (
        abs(tile.cell_x - first.cell_x) * tile.width < _CELL_TOLERANCE * cell
        and abs(tile.cell_y - first.cell_y) * tile.height < _CELL_TOLERANCE * cell
        and abs(off_x - round(off_x)) < _CELL_TOLERANCE
        and abs(off_y - round(off_y)) < _CELL_TOLERANCE
        and (tile.crs, tile.dtype) == (first.crs, first.dtype)
        and repr(tile.nodata) == repr(first.nodata)
    )
    if not is_same:
        raise _bad_part(
            tile.part.path,
            layer_id,
            f"another grid, CRS, type or nodata than {first.part.path.name}",
            "tiles on one grid",
        )


def _bad_part(path: Path, layer_id: str, found: str, expected: str) -> InputError:
    return input_error(
        path,
        field=layer_id,
        found=found,
        expected=expected,
        fix="delete the file, so that it is fetched again, or make one raster of the "
        "tiles yourself and put it into a data root",
    )


def _cells(length: float, cell: float) -> int:
    return round(length / cell)
