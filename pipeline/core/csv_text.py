"""Read CSV files as text, with errors that name file, row and column."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from pipeline.core.errors import input_error


def read_csv_rows(path: Path) -> tuple[list[str], list[tuple[int, dict[str, str]]]]:
    """Read a comma separated file with a header.

    Parameters
    ----------
    path
        UTF-8 file, with or without a byte order mark.

    Returns
    -------
    tuple
        Header, and rows as (row number as a person counts it, cells by column).
        Cells are stripped; blank lines are passed over.

    Raises
    ------
    InputError
        If the file is missing, is not UTF-8, has no header, repeats a column, is
        separated by something else than commas, or a row has another number of cells.
    """
    reader = csv.reader(io.StringIO(_text(path), newline=""), strict=True)
    try:
        lines = [(reader.line_num, line) for line in reader]
    except csv.Error as error:
        raise input_error(
            path,
            row=reader.line_num,
            found=f"broken quoting ({error})",
            expected="comma separated cells, quoted where they hold commas",
            fix="close the quotation marks in that row",
        ) from None
    if not lines:
        raise input_error(
            path,
            found="an empty file",
            expected="a header and at least one row",
            fix="fill the file",
        )
    header = [cell.strip() for cell in lines[0][1]]
    _check_header(path, header)
    rows = []
    for number, line in lines[1:]:
        if not any(cell.strip() for cell in line):
            continue
        if len(line) != len(header):
            raise input_error(
                path,
                row=number,
                found=f"{len(line)} cells",
                expected=f"{len(header)} cells, as in the header",
                fix="quote cells that hold commas, or add the missing commas",
            )
        cells = dict(zip(header, (cell.strip() for cell in line), strict=True))
        rows.append((number, cells))
    return header, rows


def _text(path: Path) -> str:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise input_error(
            path,
            found=f"no readable file ({error.strerror})",
            expected="a CSV file",
            fix="check the path in the region's file",
        ) from None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = content[: error.start].count(b"\n") + 1
        raise input_error(
            path,
            row=row,
            found=f"byte 0x{content[error.start]:02x}, which is not UTF-8",
            expected="UTF-8 text",
            fix="save the file as 'CSV UTF-8' (it may be Windows-1251 or -1252 now)",
        ) from None


def _check_header(path: Path, header: list[str]) -> None:
    if len(header) == 1 and (";" in header[0] or "\t" in header[0]):
        raise input_error(
            path,
            row=1,
            found="a header separated by semicolons or tabs",
            expected="commas",
            fix="save the file as comma separated",
        )
    repeated = sorted({name for name in header if header.count(name) > 1})
    if repeated:
        raise input_error(
            path,
            row=1,
            field=repeated[0],
            found="the column twice",
            expected="every column once",
            fix="rename or remove one of them",
        )


def require_columns(path: Path, header: list[str], required: tuple[str, ...]) -> None:
    """Stop when columns are missing from a header.

    Raises
    ------
    InputError
        Names the missing columns and the columns found.
    """
    missing = [name for name in required if name not in header]
    if missing:
        raise input_error(
            path,
            row=1,
            field=missing[0],
            found=f"no column {', '.join(repr(m) for m in missing)} among {header}",
            expected=f"the columns {', '.join(required)}",
            fix="add the missing columns; cells may stay blank",
        )
