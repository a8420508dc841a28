"""Tables that cross a stage boundary: one schema each, checked on write and read.

The schemas stand in ``pipeline/core/schemas``, one file for each stage; a file there
is found by being there. Tables are Parquet (GeoParquet where there is a geometry),
sorted by key, with a fixed column order, so equal content gives equal files.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import pandera.pandas as pa
from numpy.typing import NDArray

from pipeline.core import schemas
from pipeline.core.errors import InputError, input_error
from pipeline.core.files import whole_file
from pipeline.core.model import Status
from pipeline.core.schema import Column, Table

STORAGE_CRS: Final = "EPSG:4326"
_DTYPES: Final[dict[str, Any]] = {
    "text": pd.StringDtype("pyarrow"),
    "integer": pd.Int64Dtype(),
    "number": np.dtype("float64"),
    "boolean": pd.BooleanDtype(),
}
_SHOWN_FAILURES: Final = 3
_LONGEST_CHECK: Final = 200
_DIGITS: Final = 12


@cache
def all_tables() -> dict[str, Table]:
    """Every table schema by name, from the files in ``pipeline/core/schemas``."""
    found: dict[str, Table] = {}
    for info in sorted(pkgutil.iter_modules(schemas.__path__), key=lambda i: i.name):
        module = importlib.import_module(f"{schemas.__name__}.{info.name}")
        for table in module.TABLES:
            if table.name in found:
                raise ValueError(f"table {table.name!r} is described twice")
            found[table.name] = table
    return found


def table_schema(name: str) -> Table:
    """Schema of one table; KeyError if there is none of that name."""
    return all_tables()[name]


def empty_table(name: str) -> pd.DataFrame:
    """Table without rows, with all columns in their types."""
    return table_of(name, [])


def table_of(name: str, rows: Iterable[dict[str, Any]]) -> pd.DataFrame:
    """Build a checked table from records; columns left out of all rows are empty.

    Returns
    -------
    pandas.DataFrame or geopandas.GeoDataFrame
        GeoDataFrame in EPSG:4326 where the table has a geometry.
    """
    table = table_schema(name)
    records = list(rows)
    frame = pd.DataFrame.from_records(records)
    return check_table(frame.reindex(columns=_with_extra(table, frame)), name)


def _with_extra(table: Table, frame: pd.DataFrame) -> list[str]:
    extra = [c for c in frame.columns if c not in table.column_names]
    return [*table.column_names, *extra]


def check_table(
    frame: pd.DataFrame, name: str, source: str | Path | None = None
) -> pd.DataFrame:
    """Return ``frame`` in the table's column order, types and row order, or stop.

    Parameters
    ----------
    frame
        Rows; columns in any order. A geometry column must be in EPSG:4326.
    name
        Name of the table.
    source
        File named in error messages; the table's name where there is none.

    Raises
    ------
    InputError
        If a column is missing, unknown, of another type, outside its limits or codes,
        if keys repeat, or a value disagrees with its status or its bounds.
    """
    table = table_schema(name)
    where = source or f"table {name}"
    typed = _typed(frame, table, where)
    try:
        _pandera_schema(name).validate(pd.DataFrame(typed[_plain(table)]), lazy=True)
    except pa.errors.SchemaErrors as error:
        raise _first_failures(error, where) from None
    _check_statuses(typed, table, where)
    _check_reasons(typed, table, where)
    _check_bounds(typed, table, where)
    if table.geometry:
        _check_geometry(typed, table, where)
    ordered = typed.sort_values(list(table.key), kind="stable")
    return ordered.reset_index(drop=True)


def write_table(frame: pd.DataFrame, name: str, path: Path) -> pd.DataFrame:
    """Check a table and write it, whole or not at all; return what was written.

    Numbers are kept to 12 significant digits: far beyond what any of them can mean, and
    coarse enough that the last bits, which depend on the order in which threads sum, do
    not make equal runs differ.
    """
    checked = _rounded(check_table(frame, name), table_schema(name))
    with whole_file(path) as part:
        checked.to_parquet(part, index=False, compression="zstd")
    return checked


def read_table(name: str, path: Path) -> Any:
    """Read and check a table.

    Returns
    -------
    pandas.DataFrame or geopandas.GeoDataFrame
        As `check_table` returns it.

    Raises
    ------
    InputError
        If the file is missing, unreadable or breaks its schema.
    """
    table = table_schema(name)
    if not path.exists():
        raise input_error(
            path,
            found="no file",
            expected=f"the table {name!r}",
            fix="run the stage that writes it, or 'make run'",
        )
    try:
        frame = gpd.read_parquet(path) if table.geometry else pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise input_error(
            path,
            found=f"a file that cannot be read ({error})",
            expected=f"Parquet with the table {name!r}",
            fix="delete it and run again",
        ) from error
    return check_table(frame, name, path)


def _rounded(frame: pd.DataFrame, table: Table) -> pd.DataFrame:
    rounded = frame.copy(deep=False)
    for column in table.columns:
        if column.kind == "number":
            values = frame[column.name].to_numpy(dtype=np.float64)
            rounded[column.name] = significant(values, _DIGITS)
    return rounded


def significant(values: NDArray[np.float64], digits: int) -> NDArray[np.float64]:
    """Round to a number of significant digits; zero, NaN and infinity stay."""
    result = np.array(values, dtype=np.float64)
    usable = np.isfinite(result) & (result != 0)
    some = result[usable]
    with np.errstate(over="ignore", invalid="ignore"):
        scale = 10.0 ** (digits - 1 - np.floor(np.log10(np.abs(some))))
        fine = np.round(some * scale) / scale
    result[usable] = np.where(np.isfinite(fine), fine, some)
    return result


def _plain(table: Table) -> list[str]:
    return [column.name for column in table.columns]


def _typed(frame: pd.DataFrame, table: Table, where: str | Path) -> pd.DataFrame:
    missing = [c for c in table.column_names if c not in frame.columns]
    unknown = [str(c) for c in frame.columns if c not in table.column_names]
    if missing or unknown:
        raise input_error(
            where,
            found=f"missing columns {missing}, unknown columns {unknown}",
            expected=f"exactly the columns of {table.name!r}",
            fix="run the region again, if another version wrote the table; else write "
            "the columns of docs/data-model.md",
        )
    columns: dict[str, Any] = {}
    for column in table.columns:
        try:
            columns[column.name] = frame[column.name].astype(_DTYPES[column.kind])
        except (TypeError, ValueError) as error:
            raise input_error(
                where,
                field=column.name,
                found=str(error),
                expected=f"values of kind {column.kind}",
                fix="correct the values",
            ) from None
    typed = pd.DataFrame(columns, columns=_plain(table))
    if not table.geometry:
        return typed
    crs = getattr(frame["geometry"], "crs", None)
    if crs is not None and not crs.equals(STORAGE_CRS):
        raise input_error(
            where,
            field="geometry",
            found=f"CRS {crs.to_string()}",
            expected=STORAGE_CRS,
            fix="reproject the geometry before writing",
        )
    geometry = gpd.GeoSeries(frame["geometry"].to_numpy(), crs=STORAGE_CRS)
    return gpd.GeoDataFrame(typed.reset_index(drop=True), geometry=geometry)


@cache
def _pandera_schema(name: str) -> pa.DataFrameSchema:
    table = table_schema(name)
    return pa.DataFrameSchema(
        {column.name: _pandera_column(column) for column in table.columns},
        strict=True,
        ordered=True,
        unique=list(table.key) or None,
        name=name,
    )


def _pandera_column(column: Column) -> pa.Column:
    checks: list[pa.Check] = []
    if column.codes:
        checks.append(pa.Check.isin(list(column.codes)))
    if column.minimum is not None:
        checks.append(pa.Check.ge(column.minimum))
    if column.maximum is not None:
        checks.append(pa.Check.le(column.maximum))
    if column.kind == "number":
        checks.append(pa.Check(lambda s: ~np.isinf(s), error="finite"))
    dtype = _DTYPES[column.kind]
    return pa.Column(dtype, checks, nullable=column.nullable, required=True)


def _first_failures(error: pa.errors.SchemaErrors, where: str | Path) -> InputError:
    cases = error.failure_cases
    shown = [
        f"column {row.column!r} breaks {_short(row.check)} with {row.failure_case!r}"
        + ("" if pd.isna(row.index) else f" at row {int(row.index)}")
        for row in cases.head(_SHOWN_FAILURES).itertuples()
    ]
    more = len(cases) - len(shown)
    listed = "; ".join(shown) + (f"; and {more} more" if more > 0 else "")
    return input_error(
        where,
        found=listed,
        expected="values as described in docs/data-model.md",
        fix="correct these values",
    )


def _short(check: object) -> str:
    words = str(check)
    return words if len(words) <= _LONGEST_CHECK else words[:_LONGEST_CHECK] + " ..."


def _check_statuses(frame: pd.DataFrame, table: Table, where: str | Path) -> None:
    valued = [str(s) for s in Status if s.has_value]
    for name in table.measured:
        has_value = frame[name].notna()
        says_value = frame[f"{name}_status"].isin(valued)
        wrong = frame.index[has_value != says_value]
        if len(wrong):
            row = frame.loc[wrong[0]]
            raise input_error(
                where,
                row=", ".join(str(row[k]) for k in table.key),
                field=name,
                found=f"value {row[name]} with status {row[f'{name}_status']}",
                expected="a value exactly where the status says that there is one",
                fix="set the value or the status",
            )


def _check_reasons(frame: pd.DataFrame, table: Table, where: str | Path) -> None:
    for column in table.columns:
        if column.reasons is None:
            continue
        for cell in frame[column.name].dropna().unique():
            problem = column.reasons.problem(str(cell))
            if problem is not None:
                raise input_error(
                    where,
                    field=column.name,
                    found=f"{problem} ({cell!r})",
                    expected=f"reasons of {column.reasons.name!r} with their values",
                    fix="write the reason with the vocabulary of the table's schema",
                )


def _check_bounds(frame: pd.DataFrame, table: Table, where: str | Path) -> None:
    for name in table.estimates:
        low, high = frame[f"{name}_low"], frame[f"{name}_high"]
        value = frame[name]
        slack = 1e-9 * (1 + value.abs())
        wrong = frame.index[(low > value + slack) | (high < value - slack)]
        if len(wrong):
            row = frame.loc[wrong[0]]
            raise input_error(
                where,
                row=", ".join(str(row[k]) for k in table.key),
                field=name,
                found=f"{row[f'{name}_low']} <= {row[name]} <= {row[f'{name}_high']}",
                expected="bounds that enclose the value",
                fix="correct the bounds",
            )


def _check_geometry(frame: pd.DataFrame, table: Table, where: str | Path) -> None:
    geometry = gpd.GeoSeries(frame["geometry"])
    absent = geometry.isna() | geometry.is_empty
    wrong_kind = ~absent & ~geometry.geom_type.isin([table.geometry or ""])
    wrong = absent & (not table.geometry_nullable) | wrong_kind
    if wrong.any():
        row = frame.loc[wrong.idxmax()]
        raise input_error(
            where,
            row=", ".join(str(row[k]) for k in table.key),
            field="geometry",
            found=str(row["geometry"]),
            expected=f"a geometry of type {table.geometry}",
            fix="correct the geometry",
        )
