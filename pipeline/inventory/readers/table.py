"""Any table (XLSX, delimited text) with a description of its columns.

The description is a YAML file named by ``columns`` in the region's file; its keys are
those of `pipeline.inventory.column_map.ColumnMap`. ``natech inventory columns`` writes
a first one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from pipeline.core.errors import input_error
from pipeline.core.model import PositionQuality
from pipeline.inventory.column_map import (
    Column,
    ColumnMap,
    Place,
    read_column_map,
    translate,
)
from pipeline.inventory.raw import RawInventory, RawRow
from pipeline.inventory.readers import ReaderInput
from pipeline.inventory.sheet_file import (
    BLANK,
    Cell,
    Sheet,
    is_workbook,
    read_text_table,
    read_workbook,
)

NAME = "table"
DESCRIPTION = "any XLSX or delimited text table, with a description of its columns"


def read(source: ReaderInput) -> RawInventory:
    """Read the table as its description says.

    Raises
    ------
    InputError
        If there is no description, a column is not there, or a cell does not fit.
    """
    if source.columns is None:
        raise input_error(
            source.path,
            field="inventory.columns",
            found="no description of the table's columns",
            expected="a YAML file, named by 'columns' in the region's file",
            fix="write one with 'natech inventory columns <table> --out columns.yaml'",
        )
    if source.values is not None:
        raise input_error(
            source.values,
            field="inventory.values",
            found="a table of values for the reader 'table'",
            expected="none: it goes with natech-csv",
            fix="leave out 'values', or convert the inventory to natech-csv",
        )
    how = read_column_map(source.columns)
    sheet = open_table(source.path, how)
    header = header_of(sheet, how, source.path)
    wanted = {field: how.column(field) for field in how.columns}
    places = _columns_of(wanted, header, source)
    _refuse_merged(sheet, how.header_row, set(places.values()), source.path)
    rows = []
    for number, cells in sheet.rows:
        if number > how.header_row:
            row = _row(number, cells, wanted, places, how, source.path)
            if row is not None:
                rows.append(row)
    used = {column.source for column in wanted.values()}
    unused = tuple(
        (source.path.name, text) for text in header if text and text not in used
    )
    return RawInventory(
        tuple(rows), (), unused, (source.path, source.columns), source.source
    )


def open_table(path: Path, how: ColumnMap) -> Sheet:
    """Read the table that a description is for."""
    if is_workbook(path):
        return read_workbook(path, how.sheet)
    return read_text_table(path, separator=how.separator, encoding=how.encoding)


def header_of(sheet: Sheet, how: ColumnMap, path: Path) -> list[str]:
    """Names of the columns, blank where a column has none.

    Raises
    ------
    InputError
        If the table has no such row.
    """
    for number, cells in sheet.rows:
        if number == how.header_row and any(cell.text for cell in cells):
            return [" ".join(cell.text.split()) for cell in cells]
    raise input_error(
        path,
        row=how.header_row,
        found="no names of columns",
        expected="the row that names the columns",
        fix="correct 'header_row' in the description of the columns",
    )


def _columns_of(
    wanted: Mapping[str, Column], header: Sequence[str], source: ReaderInput
) -> dict[str, int]:
    """Number of the column that each of our columns is read from."""
    places = {}
    for field, column in wanted.items():
        if column.source is None:
            continue
        name = " ".join(column.source.split())
        if header.count(name) != 1:
            raise input_error(
                source.path,
                field=column.source,
                found=f"{'no' if name not in header else 'more than one'} such column "
                f"among {', '.join(repr(text) for text in header if text)}",
                expected=f"one column for {field!r}, as {source.columns} says",
                fix="correct the name there, its header_row or sheet, or the table",
            )
        places[field] = header.index(name)
    return places


def _refuse_merged(
    sheet: Sheet, header_row: int, columns: Collection[int], path: Path
) -> None:
    """Stop at merged cells among the data: all but the first would be blank."""
    for first_row, first, last_row, last, name in sheet.merged:
        inside = any(first <= column <= last for column in columns)
        if last_row > header_row and inside:
            raise input_error(
                path,
                row=first_row,
                found=f"the merged cells {name}, of which only the first has a value",
                expected="one cell for each row and column",
                fix="undo the merging and fill every cell",
            )


def _row(
    number: int,
    cells: Sequence[Cell],
    wanted: Mapping[str, Column],
    places: Mapping[str, int],
    how: ColumnMap,
    path: Path,
) -> RawRow | None:
    """One row in our columns; None where all cells that are read are blank.

    A quality of positions that is stated for all rows holds for those with a position.
    """
    read_cells = {
        field: cells[at] if at < len(cells) else BLANK for field, at in places.items()
    }
    if not any(cell.text for cell in read_cells.values()):
        return None
    texts = {}
    for field, column in wanted.items():
        if field in read_cells:
            place = Place(path, number, str(column.source))
            texts[field] = translate(read_cells[field], field, column, how, place)
        else:
            texts[field] = str(column.value)
    if "position_quality" not in places and not (texts["lat_deg"] or texts["lon_deg"]):
        texts["position_quality"] = PositionQuality.NONE
    return RawRow(path.name, number, {k: v for k, v in texts.items() if v})
