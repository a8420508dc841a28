"""Read a river line layer, whatever its columns are called, into raw arrays."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from numpy.typing import NDArray

from pipeline.core.errors import input_error
from pipeline.core.geo import require_crs
from pipeline.core.layers import LocalLayer
from pipeline.core.tables import STORAGE_CRS
from pipeline.rivers.ledger import Entry
from pipeline.rivers.networks import (
    NUMBER_FIELDS,
    TEXT_FIELDS,
    NetworkFormat,
    recognise,
)


@dataclass(frozen=True, slots=True)
class RawReaches:
    """Reaches as the file has them, in the file's order, units already ours.

    ``next_id`` holds None at an end. ``texts`` and ``numbers`` have every field of
    `networks.TEXT_FIELDS` and `networks.NUMBER_FIELDS`, None and NaN where missing.
    ``source`` names the file in messages, ``entries`` what was found already,
    ``remarks`` says it reach by reach, None where there is nothing to say.
    """

    source_id: NDArray[Any]
    next_id: NDArray[np.object_]
    texts: dict[str, NDArray[np.object_]]
    numbers: dict[str, NDArray[np.float64]]
    geometry: NDArray[Any]
    source: str
    format_name: str
    entries: tuple[Entry, ...] = ()
    remarks: NDArray[np.object_] | None = None

    def __len__(self) -> int:
        """Return the number of reaches."""
        return len(self.source_id)


def read_lines(local: LocalLayer) -> gpd.GeoDataFrame:
    """Read a vector layer of the manifest, check its CRS, give it in EPSG:4326.

    Raises
    ------
    InputError
        If the file cannot be read, has no CRS, or another one than the registry says.
    """
    path = local.path
    if path is None:
        raise ValueError(f"{local.layer.id} has no file")
    try:
        frame = gpd.read_file(path, layer=local.layer.table)
    except (OSError, ValueError, pyogrio.errors.DataSourceError) as error:
        raise input_error(
            path,
            field=local.layer.table,
            found=f"a file or table that cannot be read ({error})",
            expected="a vector layer",
            fix="fetch the file again, or correct 'file' and 'table' in the registry",
        ) from None
    require_crs(frame, local.layer.crs or STORAGE_CRS, f"{path} ({local.layer.id})")
    return frame.to_crs(STORAGE_CRS)


def raw_reaches(frame: gpd.GeoDataFrame, path: Path) -> RawReaches:
    """Bring a river layer in EPSG:4326 into our fields and units.

    Raises
    ------
    InputError
        If the layer is empty, its columns are of no known format, a reach has no key or
        no line, or a number is text.
    """
    known = recognise([str(c) for c in frame.columns], path)
    if frame.empty:
        raise input_error(
            path, found="no reaches", expected="river lines", fix="check the layer"
        )
    names = {str(column).lower(): str(column) for column in frame.columns}
    texts, numbers = attributes(frame, known, path)
    source_id, next_id = _keys(frame, known, names, path)
    return RawReaches(
        source_id=source_id,
        next_id=next_id,
        texts=texts,
        numbers=numbers,
        geometry=_line_strings(frame, source_id, path),
        source=str(path),
        format_name=known.name,
    )


def attributes(
    frame: gpd.GeoDataFrame, known: NetworkFormat, path: Path
) -> tuple[dict[str, NDArray[np.object_]], dict[str, NDArray[np.float64]]]:
    """Texts and numbers of a layer by our names for them, in our units."""
    names = {str(column).lower(): str(column) for column in frame.columns}
    return (
        {field: _texts(frame, known, field, names) for field in TEXT_FIELDS},
        {field: _numbers(frame, known, field, names, path) for field in NUMBER_FIELDS},
    )


def _keys(
    frame: gpd.GeoDataFrame, known: NetworkFormat, names: dict[str, str], path: Path
) -> tuple[NDArray[Any], NDArray[Any]]:
    id_name, next_name = (known.column(f, names) for f in ("source_id", "next_id"))
    ids = frame[id_name]
    if ids.isna().any():
        raise input_error(
            path,
            row=int(np.flatnonzero(ids.isna())[0]) + 1,
            field=id_name,
            found="no key",
            expected="a key for every reach",
            fix="number the reaches",
        )
    keys = ids.to_numpy()
    if pd.api.types.is_float_dtype(keys.dtype) or pd.api.types.is_integer_dtype(
        keys.dtype
    ):
        keys = keys.astype(np.int64)
    following = frame[next_name]
    end = following.isna() | following.isin([e for e in known.ends if e is not None])
    whole = np.issubdtype(keys.dtype, np.integer)
    values = np.full(len(keys), None, dtype=object)
    for row in np.flatnonzero(~end.to_numpy(dtype=bool)).tolist():
        value = following.iloc[row]
        values[row] = int(value) if whole else value
    return keys, values


def _numbers(
    frame: gpd.GeoDataFrame,
    known: NetworkFormat,
    field: str,
    names: dict[str, str],
    path: Path,
) -> NDArray[np.float64]:
    name = known.column(field, names)
    if name is None:
        if field in known.required:
            raise input_error(
                path,
                field=known.columns[field],
                found="no such column",
                expected=f"a column of {known.title}",
                fix="use the complete layer",
            )
        return np.full(len(frame), np.nan)
    try:
        values = pd.to_numeric(frame[name]).to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise input_error(
            path,
            field=name,
            found=str(error),
            expected="numbers",
            fix="correct the column",
        ) from None
    values = np.where(np.isin(values, known.missing.get(field, ())), np.nan, values)
    return np.asarray(values * known.factors.get(field, 1.0), dtype=np.float64)


def _texts(
    frame: gpd.GeoDataFrame, known: NetworkFormat, field: str, names: dict[str, str]
) -> NDArray[np.object_]:
    name = known.column(field, names)
    if name is None:
        return np.full(len(frame), None, dtype=object)
    column = frame[name]
    empty = column.isna() | (column.astype("string").fillna("").str.strip() == "")
    texts = np.array(column.astype("string").to_numpy(dtype=object))
    texts[empty.to_numpy(dtype=bool)] = None
    return texts


def _line_strings(
    frame: gpd.GeoDataFrame, source_id: NDArray[Any], path: Path
) -> NDArray[Any]:
    geometry = shapely.force_2d(frame.geometry.to_numpy())
    multi = shapely.get_type_id(geometry) == shapely.GeometryType.MULTILINESTRING
    if multi.any():
        geometry = geometry.copy()
        geometry[multi] = shapely.line_merge(geometry[multi])
    wrong = shapely.is_missing(geometry) | shapely.is_empty(geometry)
    wrong |= shapely.get_type_id(geometry) != shapely.GeometryType.LINESTRING
    if wrong.any():
        first = int(np.flatnonzero(wrong)[0])
        raise input_error(
            path,
            row=first + 1,
            field="geometry",
            found=f"{shapely.get_type_id(geometry[first])} (reach {source_id[first]})",
            expected="one connected line for each reach",
            fix="split or repair the line",
        )
    return geometry
