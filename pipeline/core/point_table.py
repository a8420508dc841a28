"""Points in a table of text: a CSV file with a column of longitudes and of latitudes.

Lists of past events are published like this. Coordinates are degrees, WGS 84.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Final

import geopandas as gpd
import pandas as pd

from pipeline.core.csv_text import read_csv_rows, require_columns
from pipeline.core.errors import input_error

POINT_TABLE_CRS: Final = "EPSG:4326"
_LIMITS_DEG: Final = (180.0, 90.0)


def is_point_table(path: Path) -> bool:
    """Whether a vector layer lies in a table of text, by its name."""
    return path.suffix.lower() == ".csv"


def read_point_table(
    path: Path, lon_column: str, lat_column: str, columns: tuple[str, ...] = ()
) -> gpd.GeoDataFrame:
    """Read a CSV file as points.

    Columns in which every cell is a number or blank become numbers; all others stay
    text, blank cells become None.

    Parameters
    ----------
    path
        UTF-8 file with a header.
    lon_column, lat_column
        Columns of longitude and latitude, degrees (WGS 84).
    columns
        Further columns that must be there.

    Raises
    ------
    InputError
        If the file cannot be read, a column is missing, or a coordinate is blank, no
        number, or impossible; names the row.
    """
    header, rows = read_csv_rows(path)
    require_columns(path, header, (lon_column, lat_column, *columns))
    frame = pd.DataFrame([cells for _, cells in rows], columns=header)
    numbers = [number for number, _ in rows]
    ends = []
    for name, limit in zip((lon_column, lat_column), _LIMITS_DEG, strict=True):
        texts = [str(text) for text in frame[name]]
        ends.append(
            [
                _degrees(text, limit, path, number, name)
                for text, number in zip(texts, numbers, strict=True)
            ]
        )
    typed = pd.DataFrame({name: _typed(frame[name]) for name in header})
    points = gpd.points_from_xy(*ends)
    return gpd.GeoDataFrame(typed, geometry=points, crs=POINT_TABLE_CRS)


def _degrees(text: str, limit: float, path: Path, row: int, column: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not abs(value) <= limit:
        raise input_error(
            path,
            row=row,
            field=column,
            found=text.strip() or "a blank cell",
            expected=f"degrees from {-limit:g} to {limit:g}, with a point",
            fix="correct the coordinate, exchange the columns if they are swapped, or "
            "remove the row",
        )
    return value


def _typed(column: pd.Series) -> pd.Series:
    """Column as numbers where all of it are, else as text with None for blanks."""
    texts = column.astype(object).map(lambda text: str(text).strip())
    blank = texts == ""
    numbers = pd.to_numeric(texts.where(~blank), errors="coerce")
    if not numbers[~blank].isna().any() and not blank.all():
        return numbers
    return texts.where(~blank, None)
