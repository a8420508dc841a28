"""What is in a file: the right reader for it, and lines that tell people."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from rasterio.errors import RasterioError

from pipeline.core.cf_raster import is_cf_file
from pipeline.core.errors import input_error
from pipeline.retrieve.inspect_raster import inspect_raster
from pipeline.retrieve.inspect_vector import inspect_csv, inspect_vector
from pipeline.retrieve.layer_facts import (
    BandFacts,
    Box,
    Facts,
    FieldFacts,
    RasterFacts,
    VectorFacts,
)

_VECTOR_SUFFIXES: Final = frozenset(
    {".shp", ".geojson", ".json", ".fgb", ".kml", ".parquet", ".gml", ".gdb"}
)
_RASTER_SUFFIXES: Final = frozenset(
    {".tif", ".tiff", ".vrt", ".img", ".asc", ".bil", ".flt", ".grd", ".jp2", ".grib"}
)


def inspect(
    path: Path,
    *,
    table: str | None = None,
    lon_column: str | None = None,
    lat_column: str | None = None,
    region_deg: Box | None = None,
) -> Facts:
    """Look at a raster, vector file or table.

    Parameters
    ----------
    path
        The file, or the folder of a Zarr store.
    table
        Layer of a GeoPackage, or variable of a NetCDF file or Zarr store.
    lon_column, lat_column
        Columns with the coordinates of a CSV file, degrees.
    region_deg
        West, south, east, north of the region, for the preview of large rasters.

    Raises
    ------
    InputError
        If there is no file, or it cannot be read to its end.
    """
    if not path.exists():
        raise input_error(
            path, found="nothing", expected="a file with a layer", fix="check the path"
        )
    suffix = path.suffix.lower()
    if suffix == ".csv":
        return inspect_csv(path, lon_column, lat_column)
    if suffix in _VECTOR_SUFFIXES:
        return inspect_vector(path, table)
    try:
        return inspect_raster(path, table, region_deg)
    except RasterioError as error:
        if suffix in _RASTER_SUFFIXES or is_cf_file(path):
            raise input_error(
                path,
                found=f"a raster that cannot be opened ({error})",
                expected="a complete raster",
                fix="copy or download the file again",
            ) from None
    return inspect_vector(path, table)


def describe(facts: Facts) -> list[str]:
    """Lines for people: everything that the file states, and nothing more."""
    return [f"file:        {facts.path.name}", *_lines(facts)]


def _lines(facts: Facts) -> Iterator[str]:
    if isinstance(facts, RasterFacts):
        yield from _raster_lines(facts)
    elif isinstance(facts, VectorFacts):
        yield from _vector_lines(facts)
    else:
        yield f"kind:        table of text, {facts.n_rows} rows, keyed by tmf_id"
        yield from (_field_line(field) for field in facts.fields)


def _raster_lines(facts: RasterFacts) -> Iterator[str]:
    yield f"kind:        raster ({facts.driver}), {len(facts.bands)} band(s)"
    yield f"CRS:         {_crs(facts.crs)}"
    yield (
        f"cells:       {facts.width} x {facts.height} of {facts.cell_x:g} x "
        f"{facts.cell_y:g} {facts.cell_unit}"
    )
    yield f"extent:      {_box(facts.box_deg)}"
    turns = [
        ("AREA_OR_POINT says Point: GDAL moved the corners by half a cell")
        if facts.is_point
        else "values belong to areas (corners are taken as given)",
        "south-up" if facts.is_south_up else "",
        "rotated" if facts.is_rotated else "",
    ]
    yield f"grid:        {'; '.join(turn for turn in turns if turn)}"
    if not facts.is_counted_whole:
        yield "statistics:  of a large raster, from a part of its cells (preview)"
    for band in facts.bands:
        yield f"band {band.number}:      {_band(band)}"


def _band(band: BandFacts) -> str:
    name = repr(band.description) if band.description else "no description"
    nodata = "no nodata value" if band.nodata is None else f"nodata {band.nodata:g}"
    parts = [name, band.dtype, nodata]
    if band.unit:
        parts.append(f"the file says the unit is {band.unit!r}")
    if (band.scale, band.offset) != (1.0, 0.0):
        parts.append(f"scale {band.scale:g} and offset {band.offset:g} (applied here)")
    if band.low is None or band.mean is None or band.high is None:
        parts.append("no cell with a value")
    else:
        parts.append(f"{band.low:g} to {band.high:g}, mean {band.mean:g}")
    empty = 1 - band.n_valid / max(1, band.n_cells)
    parts.append(f"{empty:.1%} without data")
    if band.n_zero:
        parts.append(f"{band.n_zero / max(1, band.n_cells):.1%} zero")
    return "; ".join(parts)


def _vector_lines(facts: VectorFacts) -> Iterator[str]:
    kinds = ", ".join(facts.kinds) or "no geometry"
    yield f"kind:        vector ({facts.driver}), {facts.n_features} x {kinds}"
    if facts.table:
        yield f"table:       {facts.table} (of {', '.join(facts.tables)})"
    if facts.lon_column and facts.lat_column:
        yield (
            f"coordinates: columns {facts.lon_column!r} and {facts.lat_column!r}, "
            "taken as degrees, WGS 84"
        )
    yield f"CRS:         {_crs(facts.crs)}"
    yield f"extent:      {_box(facts.box_deg)}"
    if facts.n_empty or facts.n_crossing:
        yield (
            f"geometry:    {facts.n_empty} empty, {facts.n_crossing} invalid"
            + (f" (first: {facts.first_crossing})" if facts.n_crossing else "")
        )
    yield from (_field_line(field) for field in facts.fields)


def _field_line(field: FieldFacts) -> str:
    words = field.dtype + (", could be dates" if field.is_date else "")
    span = f"{field.low} to {field.high}" if field.low != field.high else field.low
    blank = f"; {field.n_blank} blank" if field.n_blank else ""
    classes = ""
    if field.classes and not field.is_number:
        classes = f"; {len(field.classes)} different: {', '.join(field.classes[:12])}"
    return f"column:      {field.name} ({words}): {span or 'nothing'}{blank}{classes}"


def _crs(crs: str | None) -> str:
    if crs is None:
        return "none stored in the file"
    return crs if len(crs) < 60 else crs.splitlines()[0][:57] + "..."


def _box(box: Box | None) -> str:
    if box is None:
        return "unknown without CRS and position"
    west, south, east, north = box
    return f"longitude {west:.4f} to {east:.4f}, latitude {south:.4f} to {north:.4f}"
