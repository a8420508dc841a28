"""Description of a table whose columns have names of their own."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, Self

from pydantic import Field, model_validator

from pipeline.core.errors import input_error
from pipeline.core.records import Record, load_record, load_yaml
from pipeline.inventory.raw import FIELD_KINDS, REQUIRED_FIELDS
from pipeline.inventory.sheet_file import Cell

_BLANKS: Final = " \u00a0\u202f\u2009"
_NOT_IN_IDS: Final = re.compile(r"[^a-z0-9]+")


class Column(Record):
    """Where one of our columns comes from."""

    source: str | None = Field(
        None, alias="from", description="Name of the column in the table."
    )
    value: str | None = Field(
        None, description="One value for all rows, where the table has no such column."
    )
    words: dict[str, str] = Field(
        default_factory=dict,
        description="Our code for every word of the table; other words stop the run.",
    )
    times: float | None = Field(
        None, gt=0, description="Factor to our unit, such as 1000000 for million m3."
    )

    @model_validator(mode="after")
    def _has_one_origin(self) -> Self:
        if (self.source is None) == (self.value is None):
            raise ValueError("give either 'from' (a column) or 'value' (for all rows)")
        if self.value is not None and (self.words or self.times):
            raise ValueError("'words' and 'times' go with 'from'")
        return self


class ColumnMap(Record):
    """Description of a table: how it is written, and which column is which."""

    sheet: str | None = Field(None, description="Sheet of a workbook; first if empty.")
    header_row: int = Field(1, ge=1, description="Row with the names of the columns.")
    separator: Literal[",", ";", "\t", "|"] = Field(
        ",", description="Between the cells of a text file."
    )
    encoding: str = Field("utf-8", description="Encoding of a text file.")
    decimal: Literal[".", ","] = Field(
        ".", description="Decimal mark of numbers that are written as text."
    )
    thousands: Literal["", ".", ",", "'"] = Field(
        "", description="Mark between thousands, besides blanks; none if empty."
    )
    blank: tuple[str, ...] = Field(
        (), description="Cells that say that nothing is known, such as '-' or 's/d'."
    )
    columns: dict[str, str | Column] = Field(
        description="For each of our columns the name of the table's column, or more."
    )

    @model_validator(mode="after")
    def _knows_its_columns(self) -> Self:
        unknown = sorted(set(self.columns) - set(FIELD_KINDS))
        if unknown:
            raise ValueError(
                f"columns {', '.join(unknown)} are none of docs/inventory-format.md"
            )
        if self.decimal == self.thousands:
            raise ValueError("'decimal' and 'thousands' must differ")
        return self

    def column(self, field: str) -> Column:
        """Where a column comes from, in its long form."""
        given = self.columns[field]
        return Column(**{"from": given}) if isinstance(given, str) else given


@dataclass(frozen=True, slots=True)
class Place:
    """Cell that is read, for messages."""

    path: Path
    row: int
    header: str


def read_column_map(path: Path) -> ColumnMap:
    """Read a description of columns.

    Raises
    ------
    InputError
        If a key is unknown or wrong, or a column that an inventory needs is missing.
    """
    found = load_record(ColumnMap, load_yaml(path), path)
    missing = [name for name in REQUIRED_FIELDS if name not in found.columns]
    if missing:
        raise input_error(
            path,
            field="columns",
            found=f"no {', '.join(missing)}",
            expected=f"the columns {', '.join(REQUIRED_FIELDS)}",
            fix="name the table's column, or give one value for all rows "
            "({value: tailings})",
        )
    return found


def translate(
    cell: Cell, field: str, column: Column, how: ColumnMap, place: Place
) -> str:
    """Text of a cell as the project's own format writes it; blank where unknown.

    Raises
    ------
    InputError
        If a word has no code, or a number is not written as described.
    """
    if not cell.text or cell.text in how.blank:
        return ""
    if column.words:
        return _code(cell.text, column, place)
    if field == "tmf_id":
        return _identifier(cell.text)
    if FIELD_KINDS[field] == "text":
        return cell.text
    text = cell.text if cell.is_number else _number(cell.text, how, place)
    return text if column.times is None else _scaled(text, column.times, place)


def _identifier(text: str) -> str:
    """Text in the form of an id; other letters stay, and the check names them."""
    if not text.isascii():
        return text
    return _NOT_IN_IDS.sub("-", text.lower()).strip("-") or text


def _code(word: str, column: Column, place: Place) -> str:
    same = {key.casefold(): code for key, code in column.words.items()}
    if word.casefold() not in same:
        raise input_error(
            place.path,
            row=place.row,
            field=place.header,
            found=repr(word),
            expected=f"one of {', '.join(column.words)}",
            fix="add the word under 'words' in the description of the columns",
        )
    return same[word.casefold()]


def _number(text: str, how: ColumnMap, place: Place) -> str:
    """Number with a decimal point and without marks between thousands."""
    bare = text.translate({ord(mark): None for mark in _BLANKS}).replace("\u2212", "-")
    mark = re.escape(how.decimal)
    whole = r"\d+"
    if how.thousands:
        whole = rf"(\d{{1,3}}({re.escape(how.thousands)}\d{{3}})+|\d+)"
    if not re.fullmatch(rf"[+-]?({whole}({mark}\d*)?|{mark}\d+)([eE][+-]?\d+)?", bare):
        raise input_error(
            place.path,
            row=place.row,
            field=place.header,
            found=repr(text),
            expected=f"a number with the decimal mark {how.decimal!r}"
            + (f" and {how.thousands!r} between thousands" if how.thousands else ""),
            fix="correct the cell, or 'decimal', 'thousands' or 'blank' in the "
            "description of the columns",
        )
    if how.thousands:
        bare = bare.replace(how.thousands, "")
    return bare.replace(how.decimal, ".")


def _scaled(text: str, factor: float, place: Place) -> str:
    try:
        value = float(text) * factor
    except ValueError:
        raise input_error(
            place.path,
            row=place.row,
            field=place.header,
            found=repr(text),
            expected="a number, because 'times' is given",
            fix="correct the cell",
        ) from None
    rounded = float(f"{value:.15g}")
    return str(int(rounded)) if rounded.is_integer() else repr(rounded)
