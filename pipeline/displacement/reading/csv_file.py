"""CSV files of points: how they are opened, their header, and what is wrong in them.

A zip archive is read without unpacking it to disk.
"""

from __future__ import annotations

import csv
import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from pipeline.core.errors import InputError, input_error

_HEADER_BYTES: Final = 4 << 20
_FEWEST_DELIMITERS: Final = 3
_DAMAGED: Final = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError)


@contextmanager
def open_csv(path: Path) -> Iterator[IO[bytes]]:
    """Open a CSV file, or the only CSV file in a zip archive, as bytes.

    Raises
    ------
    InputError
        If the file is missing, no zip archive, damaged, or holds no or several CSV.
    """
    try:
        if path.suffix.lower() != ".zip":
            with path.open("rb") as handle:
                yield handle
            return
        with zipfile.ZipFile(path) as archive:
            names = [n for n in archive.namelist() if _is_table(n)]
            if len(names) != 1:
                raise input_error(
                    path,
                    found=f"{len(names)} CSV files in the archive",
                    expected="exactly one",
                    fix="give the archive as it was downloaded",
                )
            with archive.open(names[0]) as handle:
                yield handle
    except RuntimeError as error:
        if "encrypted" not in str(error):
            raise
        raise input_error(
            path,
            found="an archive with a password",
            expected="an archive that opens without one",
            fix="unpack it and give the CSV file",
        ) from None
    except OSError as error:
        raise input_error(
            path,
            found=f"no readable file ({error.strerror or error})",
            expected="a displacement product",
            fix="check the path",
        ) from None
    except _DAMAGED as error:
        raise input_error(
            path,
            found=f"a damaged or truncated archive ({error})",
            expected="a complete zip archive",
            fix="download the file again",
        ) from None


def _is_table(name: str) -> bool:
    """Whether a member of an archive is a table, and not one that a system added."""
    own = name.startswith("__MACOSX/") or name.rpartition("/")[2].startswith("._")
    return name.lower().endswith(".csv") and not own


def read_header(path: Path, delimiter: str = ",") -> list[str]:
    """Names of the columns, in the order of the file.

    Raises
    ------
    InputError
        If the file is empty, not UTF-8, or a name stands twice.
    """
    with open_csv(path) as handle:
        raw = handle.readline(_HEADER_BYTES)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _no_text(path) from None
    try:
        names = next(csv.reader([text.strip("\r\n")], delimiter=delimiter), [])
    except csv.Error:
        raise input_error(
            path,
            found="a first row that is no row of a table (or lines that end with a "
            "carriage return alone)",
            expected="a CSV file with lines that end with LF or CR LF",
            fix="save it again as CSV",
        ) from None
    names = [name.strip() for name in names]
    if len(names) == 1:
        _check_delimiter(path, names[0], delimiter)
    if not any(names):
        raise input_error(
            path,
            found="no header",
            expected="names of columns in the first row",
            fix="give the file as its producer wrote it",
        )
    twice = [name for k, name in enumerate(names) if name and name in names[:k]]
    if twice:
        raise input_error(
            path,
            field=twice[0],
            found="the column more than once",
            expected="each column once",
            fix="keep one of them",
        )
    return names


def _check_delimiter(path: Path, header: str, delimiter: str) -> None:
    """Stop where a header of one column is one of another delimiter."""
    used = max(";\t|,", key=header.count)
    if header.count(used) >= _FEWEST_DELIMITERS:
        name = {"\t": "tabs"}.get(used, f"'{used}'")
        raise input_error(
            path,
            field="delimiter",
            found=f"a header separated by {name}",
            expected=f"columns separated by '{delimiter}'",
            fix="export it so, with decimal points, or set 'delimiter' in the options "
            "of readers that have it",
        )


def find_fault(
    path: Path, header: list[str], numeric: set[str], delimiter: str, otherwise: str
) -> InputError:
    """Error that names the first row and field that cannot be read.

    Parameters
    ----------
    path, header, delimiter
        File, its columns in order, and what separates them.
    numeric
        Columns that must hold numbers or empty cells.
    otherwise
        What was found, where every row looks right here.
    """
    wanted = [(k, name) for k, name in enumerate(header) if name in numeric]
    with open_csv(path) as handle:
        text = io.TextIOWrapper(handle, encoding="utf-8-sig", errors="surrogateescape")
        rows = csv.reader(text, delimiter=delimiter)
        next(rows, None)
        for row in rows:
            odd = next((n for n, v in zip(header, row, strict=False) if _odd(v)), None)
            if odd is not None:
                return input_error(
                    path,
                    row=rows.line_num,
                    field=odd,
                    found="bytes that are no UTF-8 text",
                    expected="a CSV file in UTF-8",
                    fix="save it again in UTF-8",
                )
            if row and len(row) != len(header):
                return input_error(
                    path,
                    row=rows.line_num,
                    found=f"{len(row)} fields",
                    expected=f"{len(header)} fields, as in the header",
                    fix="correct the row, or download the file again",
                )
            bad = next((n for k, n in wanted if row and not _is_number(row[k])), None)
            if bad is not None:
                return input_error(
                    path,
                    row=rows.line_num,
                    field=bad,
                    found=row[header.index(bad)],
                    expected="a number, or an empty cell where there is none",
                    fix="correct the cell",
                )
    return input_error(
        path,
        found=otherwise,
        expected="a CSV file in UTF-8",
        fix="give the file as its producer wrote it",
    )


def _odd(cell: str) -> bool:
    """Whether bytes of a cell are no UTF-8."""
    return any("\udc80" <= letter <= "\udcff" for letter in cell)


_EMPTY_CELLS: Final = {"", "NA", "N/A", "NULL", "null", "#N/A", "NaN", "nan", "-NaN"}


def _is_number(text: str) -> bool:
    if text.strip() in _EMPTY_CELLS:
        return True
    try:
        float(text)
    except ValueError:
        return False
    return True


def _no_text(path: Path) -> InputError:
    return input_error(
        path,
        found="bytes that are no UTF-8 text in the first row",
        expected="a CSV file in UTF-8",
        fix="give the CSV file, or the zip archive with the suffix .zip",
    )
