"""Small CSV tables of numbers, read with complaints that name row and column."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from pipeline.core.csv_text import read_csv_rows, require_columns
from pipeline.core.errors import input_error


def read_csv(path: Path, columns: Sequence[str]) -> pd.DataFrame:
    """Read a UTF-8 CSV file as text, blanks as empty texts, and check its columns.

    The index is the row in the file as a person counts it.

    Raises
    ------
    InputError
        If the file is missing, is not UTF-8 or CSV, or lacks a column (see
        `pipeline.core.csv_text`).
    """
    header, rows = read_csv_rows(path)
    require_columns(path, header, tuple(columns))
    frame = pd.DataFrame([cells for _, cells in rows], columns=header)
    frame.index = pd.Index([number for number, _ in rows])
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
            row=int(str(row.name)),
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
            row=int(str(row.name)),
            field=column,
            found="a blank cell",
            expected="a number",
            fix="fill in that cell or remove the row",
        )
    return value
