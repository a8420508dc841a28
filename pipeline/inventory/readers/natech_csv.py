"""The project's own inventory format: a wide CSV file and a table of sourced values.

Columns are those of `pipeline.inventory.raw.FIELD_KINDS`; the format is described in
``docs/inventory-format.md``.
"""

from __future__ import annotations

from pathlib import Path

from pipeline.core.csv_text import read_csv_rows, require_columns
from pipeline.core.errors import InputError, input_error
from pipeline.inventory.raw import (
    FIELD_KINDS,
    REQUIRED_FIELDS,
    RawInventory,
    RawRow,
    RawValue,
)
from pipeline.inventory.readers import ReaderInput
from pipeline.inventory.sheet_file import is_workbook

NAME = "natech-csv"
DESCRIPTION = "CSV with the project's column names, and a CSV with a source per value"

_VALUE_COLUMNS = (
    "tmf_id",
    "field",
    "value",
    "unit",
    "year",
    "source",
    "quality",
    "note",
)


def read(source: ReaderInput) -> RawInventory:
    """Read the wide file and, where there is one, the table of values.

    Raises
    ------
    InputError
        If the file is a workbook, no CSV, or has columns of its own.
    """
    if is_workbook(source.path):
        raise _other_format(source.path, "an Excel workbook")
    header, lines = read_csv_rows(source.path)
    if "tmf_id" not in header:
        listed = ", ".join(repr(text) for text in header)
        raise _other_format(source.path, f"no column 'tmf_id' among {listed}")
    require_columns(source.path, header, REQUIRED_FIELDS)
    name = source.path.name
    rows = tuple(
        RawRow(
            file=name,
            row=number,
            cells={k: v for k, v in cells.items() if v and k in FIELD_KINDS},
        )
        for number, cells in lines
    )
    unused = tuple((name, column) for column in header if column not in FIELD_KINDS)
    values = _read_values(source.values) if source.values else ()
    files = (source.path, source.values) if source.values else (source.path,)
    return RawInventory(rows, values, unused, files, source.source)


def _read_values(path: Path) -> tuple[RawValue, ...]:
    header, lines = read_csv_rows(path)
    require_columns(path, header, _VALUE_COLUMNS)
    return tuple(
        RawValue(path.name, number, *(cells[column] for column in _VALUE_COLUMNS))
        for number, cells in lines
    )


def _other_format(path: Path, found: str) -> InputError:
    return input_error(
        path,
        found=found,
        expected="a CSV file with the columns of docs/inventory-format.md",
        fix="rename the columns, or describe them: 'natech inventory columns <table> "
        "--out columns.yaml', then set reader: table and columns: columns.yaml",
    )
