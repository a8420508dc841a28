"""The source of every value: one row per filled cell, checked against the cells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from pipeline.core.schemas.inventory import LEDGER_REASONS
from pipeline.inventory.cells import cell_error
from pipeline.inventory.raw import FIELD_KINDS, UNITS, RawInventory, RawRow, RawValue

Record = dict[str, Any]
_NO_SOURCE_NEEDED: Final = frozenset(
    {"tmf_id", "role", "part_of", "position_radius_m", "notes"}
)


def sourced_values(
    inventories: Sequence[RawInventory],
    parsed: Sequence[tuple[RawRow, Record]],
    ledger: list[Record],
) -> list[Record]:
    """Rows of ``facility_values``; disagreements are added to ``ledger``.

    A cell without a row of its own is listed with the citation of its inventory, or
    with its file where the region states none. A row whose value differs from its
    cell, or that has no cell, is kept and flagged.

    Raises
    ------
    InputError
        If a row names a facility or a column that does not exist.
    """
    cells = {row.cells["tmf_id"]: row for row, _ in parsed}
    stated = [value for inventory in inventories for value in inventory.values]
    seen: set[tuple[str, str]] = set()
    records: list[Record] = []
    for value in stated:
        _require_known(value, cells)
        cell = cells[value.tmf_id].cells.get(value.field)
        seen.add((value.tmf_id, value.field))
        records.append(_record(value))
        if cell is None or not _same(cell, value.value):
            ledger.append(_difference(value, cell))
    cited = {
        id(row): inventory.citation
        for inventory in inventories
        for row in inventory.rows
    }
    for row, _ in parsed:
        for field, cell in row.cells.items():
            key = (row.cells["tmf_id"], field)
            if field not in _NO_SOURCE_NEEDED and key not in seen:
                records.append(_without_row(row, field, cell, cited.get(id(row))))
    return records


def _require_known(value: RawValue, cells: dict[str, RawRow]) -> None:
    row = RawRow(value.file, value.row, {})
    if value.tmf_id not in cells:
        raise cell_error(
            row,
            "tmf_id",
            found=value.tmf_id or "a blank",
            expected="a tmf_id of the inventory",
            fix="correct the id or remove the row",
        )
    if value.field not in FIELD_KINDS:
        raise cell_error(
            row,
            "field",
            found=value.field or "a blank",
            expected="a column of the inventory",
            fix="correct the name of the column",
        )
    if not value.source:
        raise cell_error(
            row,
            "source",
            found="a blank",
            expected="where the value comes from",
            fix="cite the source",
        )
    if value.year and not value.year.isdigit():
        raise cell_error(
            row,
            "year",
            found=value.year,
            expected="a year or a blank",
            fix="write four digits",
        )


def _same(cell: str, value: str) -> bool:
    try:
        return float(cell) == float(value)
    except ValueError:
        return cell == value


def _record(value: RawValue) -> Record:
    return {
        "tmf_id": value.tmf_id,
        "field": value.field,
        "value": value.value,
        "unit": value.unit or UNITS.get(value.field, "-"),
        "year": int(value.year) if value.year else None,
        "source": value.source,
        "quality": value.quality or "sourced",
        "note": value.note or None,
    }


def _without_row(row: RawRow, field: str, cell: str, citation: str | None) -> Record:
    place = f"{row.file}, row {row.row}"
    return {
        "tmf_id": row.cells["tmf_id"],
        "field": field,
        "value": cell,
        "unit": UNITS.get(field, "-"),
        "year": None,
        "source": f"{citation} ({place})" if citation else place,
        "quality": "sourced" if citation else "unreferenced",
        "note": None,
    }


def _difference(value: RawValue, cell: str | None) -> Record:
    return {
        "file": value.file,
        "row": value.row,
        "tmf_id": value.tmf_id,
        "field": value.field,
        "found": value.value,
        "expected": cell or "a filled cell in the inventory",
        "action": "flagged",
        "reason": LEDGER_REASONS.reason("sourced_value_differs"),
    }
