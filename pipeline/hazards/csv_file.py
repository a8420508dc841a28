"""Small CSV tables of numbers, read with complaints that name row and column."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from pipeline.core.errors import input_error


def read_csv(path: Path, layer_id: str, columns: Sequence[str]) -> pd.DataFrame:
    """Read a UTF-8 CSV file as text, blanks as empty texts, and check its columns.

    The index counts data rows from 0.

    Raises
    ------
    InputError
        If the file is missing, is not UTF-8 or CSV, or lacks a column.
    """
    try:
        frame = pd.read_csv(
            path, dtype=str, keep_default_na=False, encoding="utf-8-sig"
        )
    except (OSError, ValueError) as error:
        raise input_error(
            path,
            field=layer_id,
            found=f"a file that cannot be read ({error})",
            expected="CSV in UTF-8 with one header row",
            fix="save the table as CSV in UTF-8",
        ) from None
    frame.columns = [str(name).strip() for name in frame.columns]
    missing = [name for name in columns if name not in frame.columns]
    if missing:
        raise input_error(
            path,
            field=layer_id,
            found=f"columns {list(frame.columns)}",
            expected=f"also {missing}",
            fix="add these columns",
        )
    return frame


def number_in(row: pd.Series, column: str, path: Path) -> float | None:
    """Finite number in a cell; None for a blank cell.

    Raises
    ------
    InputError
        If the cell holds anything else.
    """
    text = str(row[column]).strip()
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise input_error(
            path,
            row=int(str(row.name)) + 2,
            field=column,
            found=text,
            expected="a number with a point, or nothing",
            fix="correct that cell",
        )
    return value


def required_number(row: pd.Series, column: str, path: Path) -> float:
    """Finite number in a cell that must not be blank."""
    value = number_in(row, column, path)
    if value is None:
        raise input_error(
            path,
            row=int(str(row.name)) + 2,
            field=column,
            found="a blank cell",
            expected="a number",
            fix="fill in that cell or remove the row",
        )
    return value
