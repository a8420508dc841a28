"""Read the cells of tables as people keep them: XLSX workbooks and delimited text.

An XLSX file is a ZIP archive of XML (ECMA-376, SpreadsheetML). Only what a table of
values needs is read: texts, numbers and stored results of formulas, under the row
numbers that a person sees. Whatever would make a value disappear stops the reading: a
formula without a stored result, an error such as #N/A, merged cells.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final
from xml.etree import ElementTree

from pipeline.core.errors import InputError, input_error

_MAIN: Final = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_LINKS: Final = "{http://schemas.openxmlformats.org/package/2006/relationships}"
_ID: Final = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_STRICT: Final = "http://purl.oclc.org/ooxml/"
_REFERENCE: Final = re.compile(r"([A-Z]+)(\d+)")


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell: its text, and whether the file holds it as a number.

    The text of a number has a decimal point and no thousands marks.
    """

    text: str = ""
    is_number: bool = False


BLANK: Final = Cell()


@dataclass(frozen=True, slots=True)
class Sheet:
    """Rows of a table with their numbers as a person counts them (first is 1).

    ``merged`` lists merged areas as (first row, first column, last row, last column,
    name); columns count from 0.
    """

    rows: tuple[tuple[int, tuple[Cell, ...]], ...]
    merged: tuple[tuple[int, int, int, int, str], ...] = ()


def is_workbook(path: Path) -> bool:
    """Whether a file's name says that it is an XLSX workbook."""
    return path.suffix.lower() in {".xlsx", ".xlsm"}


def read_text_table(path: Path, *, separator: str, encoding: str) -> Sheet:
    """Read delimited text.

    Raises
    ------
    InputError
        If the file is missing, has another encoding, or its quoting is broken.
    """
    try:
        text = path.read_bytes().decode(
            "utf-8-sig" if encoding.lower().replace("-", "") == "utf8" else encoding
        )
    except OSError as error:
        raise _unreadable(path, error) from None
    except (UnicodeDecodeError, LookupError) as error:
        raise input_error(
            path,
            found=f"text that is not {encoding} ({error})",
            expected="the encoding that the description of the columns states",
            fix="set 'encoding' there (utf-8, cp1251, cp1252), or save as 'CSV UTF-8'",
        ) from None
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        rows = tuple(
            (reader.line_num, tuple(Cell(cell.strip()) for cell in line))
            for line in reader
        )
    except csv.Error as error:
        raise input_error(
            path,
            row=reader.line_num,
            found=f"broken quoting ({error})",
            expected="cells that are quoted where they hold the separator",
            fix="close the quotation marks in that row",
        ) from None
    return Sheet(rows)


def read_workbook(path: Path, sheet: str | None = None) -> Sheet:
    """Read one sheet of an XLSX workbook; the first where none is named.

    Raises
    ------
    InputError
        If the file is no whole XLSX workbook, has no sheet of that name, or a cell
        holds an error or a formula without a stored result.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            name = _part_of_sheet(archive, path, sheet)
            texts = _shared_texts(archive)
            with archive.open(name) as part:
                return _read_sheet(part, texts, path)
    except OSError as error:
        raise _unreadable(path, error) from None
    except InputError:
        raise
    except (zipfile.BadZipFile, ElementTree.ParseError, KeyError, ValueError) as error:
        raise input_error(
            path,
            found=f"no whole XLSX workbook ({error})",
            expected="a workbook as Excel or LibreOffice save it, without a password",
            fix="open it and save it as .xlsx again, or as 'CSV UTF-8'",
        ) from None


def _unreadable(path: Path, error: OSError) -> InputError:
    return input_error(
        path,
        found=f"no readable file ({error.strerror})",
        expected="a table (.xlsx, .csv)",
        fix="check the path in the region's file",
    )


def _tree(archive: zipfile.ZipFile, name: str) -> ElementTree.Element:
    content = archive.read(name)
    if _STRICT.encode() in content[:2000]:
        raise ValueError("saved as 'Strict Open XML'; save as plain 'Excel workbook'")
    return ElementTree.fromstring(content)  # noqa: S314 (expat bounds entities)


def _part_of_sheet(archive: zipfile.ZipFile, path: Path, wanted: str | None) -> str:
    """Name of the part of the archive that holds a sheet."""
    book = _tree(archive, "xl/workbook.xml")
    links = {
        str(link.get("Id")): str(link.get("Target"))
        for link in _tree(archive, "xl/_rels/workbook.xml.rels").iter(
            f"{_LINKS}Relationship"
        )
    }
    sheets = {
        str(sheet.get("name")): links[str(sheet.get(_ID))]
        for sheet in book.iter(f"{_MAIN}sheet")
    }
    if wanted is None:
        wanted = next(iter(sheets))
    if wanted not in sheets:
        raise input_error(
            path,
            field="sheet",
            found=f"the sheets {', '.join(map(repr, sheets))}",
            expected=f"a sheet {wanted!r}",
            fix="correct 'sheet' in the description of the columns",
        )
    target = sheets[wanted]
    return target.lstrip("/") if target.startswith("/") else f"xl/{target}"


def _shared_texts(archive: zipfile.ZipFile) -> list[str]:
    name = "xl/sharedStrings.xml"
    if name not in archive.namelist():
        return []
    return [_text_of(item) for item in _tree(archive, name).iter(f"{_MAIN}si")]


def _text_of(item: ElementTree.Element) -> str:
    """Text of a string, its runs joined; phonetic guides left out."""
    parts = item.findall(f"{_MAIN}t") + item.findall(f"{_MAIN}r/{_MAIN}t")
    return "".join(part.text or "" for part in parts)


def _read_sheet(part: IO[bytes], texts: list[str], path: Path) -> Sheet:
    rows: list[tuple[int, tuple[Cell, ...]]] = []
    merged: list[tuple[int, int, int, int, str]] = []
    number = 0
    for _, element in ElementTree.iterparse(part):  # noqa: S314 (as in _tree)
        if element.tag == f"{_MAIN}row":
            number = int(element.get("r") or number + 1)
            rows.append((number, tuple(_cells(element, number, texts, path))))
            element.clear()
        elif element.tag == f"{_MAIN}mergeCell":
            merged.append(_area(str(element.get("ref"))))
    return Sheet(tuple(rows), tuple(merged))


def _cells(
    row: ElementTree.Element, number: int, texts: list[str], path: Path
) -> Iterator[Cell]:
    at = 0
    for element in row.iter(f"{_MAIN}c"):
        reference = element.get("r")
        column = _place(reference)[1] if reference else at
        for _ in range(at, column):
            yield BLANK
        yield _cell(element, number, texts, path)
        at = column + 1


def _cell(
    element: ElementTree.Element, number: int, texts: list[str], path: Path
) -> Cell:
    kind = element.get("t", "n")
    value = element.findtext(f"{_MAIN}v")
    if kind == "inlineStr":
        item = element.find(f"{_MAIN}is")
        return Cell("" if item is None else _text_of(item).strip())
    if value is None:
        if element.find(f"{_MAIN}f") is not None:
            raise _broken(path, number, element, "a formula without a stored result")
        return BLANK
    if kind == "e":
        raise _broken(path, number, element, f"the error {value}")
    if kind == "s":
        return Cell(texts[int(value)].strip())
    if kind == "n":
        return Cell(_number(value), is_number=True)
    return Cell(value.strip())


def _number(value: str) -> str:
    """Shortest text of a stored number, whole numbers without a decimal point."""
    number = float(value)
    return str(int(number)) if number.is_integer() else repr(number)


def _broken(
    path: Path, number: int, element: ElementTree.Element, found: str
) -> InputError:
    return input_error(
        path,
        row=number,
        field=element.get("r"),
        found=found,
        expected="a value, or a blank",
        fix="open the workbook, correct the cell, let it calculate, and save it",
    )


def _place(reference: str) -> tuple[int, int]:
    """Row (from 1) and column (from 0) of a reference such as B7."""
    match = _REFERENCE.fullmatch(reference)
    if match is None:
        raise ValueError(f"cell reference {reference!r}")
    column = 0
    for letter in match[1]:
        column = column * 26 + ord(letter) - ord("A") + 1
    return int(match[2]), column - 1


def _area(reference: str) -> tuple[int, int, int, int, str]:
    first, _, last = reference.partition(":")
    return (*_place(first), *_place(last or first), reference)
