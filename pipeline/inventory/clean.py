"""Clean inventories: rows in = facilities out + ledger.

Rules, in their order: broken cells stop the run; rows of another river basin or of an
excluded type go to the ledger; positions must lie in the region's box; parts point at
their group and count in no sum; figures that no longer hold are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from shapely.geometry import Point

from pipeline.core.config import Box, RegionConfig
from pipeline.core.methods.inventory import InventoryMethods
from pipeline.core.model import Status
from pipeline.core.schemas.inventory import FACILITIES, LEDGER_REASONS
from pipeline.inventory.cells import cell_error, parse_cells
from pipeline.inventory.raw import RawInventory, RawRow
from pipeline.inventory.values import sourced_values

Record = dict[str, Any]
MEASURED: Final = FACILITIES.measured
PAST_QUALITY: Final = "before_relocation"
"""Quality of a figure that described the deposit before its material was moved."""


@dataclass(frozen=True, slots=True)
class Cleaned:
    """Rows of the tables ``facilities``, ``facility_values`` and ``ledger``."""

    facilities: list[Record]
    values: list[Record]
    ledger: list[Record]


def clean(
    inventories: Sequence[RawInventory],
    region: RegionConfig,
    methods: InventoryMethods,
) -> Cleaned:
    """Clean all inventories of a region together.

    Raises
    ------
    InputError
        If a cell is broken, an id repeats, a part's group does not exist, or a position
        lies outside the region's box.
    """
    rows = [row for inventory in inventories for row in inventory.rows]
    parsed = [(row, parse_cells(row)) for row in rows]
    _require_unique_ids(parsed)
    _require_groups(parsed)
    ledger = _unused_columns(inventories)
    values = sourced_values(inventories, parsed, ledger)
    past = {(v["tmf_id"], v["field"]) for v in values if v["quality"] == PAST_QUALITY}
    facilities: list[Record] = []
    for row, cells in parsed:
        reason = _reason_to_exclude(cells, region, methods)
        if reason:
            field, expected, text = reason
            ledger.append(_entry(row, field, cells[field], expected, "excluded", text))
            continue
        facilities.append(_facility(row, cells, region, methods, past, ledger))
    _orphaned_parts(facilities, ledger)
    _shared_positions(facilities, ledger)
    return Cleaned(facilities, values, ledger)


def _require_unique_ids(parsed: Sequence[tuple[RawRow, Record]]) -> None:
    first: dict[str, RawRow] = {}
    for row, cells in parsed:
        other = first.setdefault(cells["tmf_id"], row)
        if other is not row:
            raise cell_error(
                row,
                "tmf_id",
                found=f"{cells['tmf_id']!r}, also in {other.file}, row {other.row}",
                expected="an id that no other row has",
                fix="rename one of them, or remove the repeated row",
            )


def _require_groups(parsed: Sequence[tuple[RawRow, Record]]) -> None:
    roles = {cells["tmf_id"]: cells["role"] for _, cells in parsed}
    for row, cells in parsed:
        group = cells["part_of"]
        if (cells["role"] == "part") != (group is not None):
            raise cell_error(
                row,
                "part_of",
                found=f"role {cells['role']!r} with part_of {group or 'blank'!r}",
                expected="a group for every part, and none for a facility",
                fix="set role to 'part' and name the group, or clear both",
            )
        if group is not None and roles.get(group) != "facility":
            raise cell_error(
                row,
                "part_of",
                found=group,
                expected="the tmf_id of a row with role 'facility'",
                fix="correct the id or add the group's row",
            )


def _reason_to_exclude(
    cells: Record, region: RegionConfig, methods: InventoryMethods
) -> tuple[str, str, str] | None:
    basin = cells["river_basin"]
    if region.river_basins and basin and basin not in region.river_basins:
        wanted = ", ".join(region.river_basins)
        reason = LEDGER_REASONS.reason("other_basin", basin=basin)
        return ("river_basin", wanted, reason)
    if cells["facility_type"] in methods.excluded_types:
        kinds = ", ".join(methods.excluded_types)
        reason = LEDGER_REASONS.reason("no_deposit")
        return ("facility_type", f"not one of {kinds}", reason)
    return None


def _facility(
    row: RawRow,
    cells: Record,
    region: RegionConfig,
    methods: InventoryMethods,
    past: set[tuple[str, str]],
    ledger: list[Record],
) -> Record:
    record = dict(cells)
    for field in (*MEASURED, "volume_m3", "volume_m3_low", "volume_m3_high"):
        if record[field] is not None and (record["tmf_id"], field) in past:
            text = LEDGER_REASONS.reason("past_figure")
            ledger.append(
                _entry(row, field, record[field], "a present figure", "changed", text)
            )
            record[field] = None
    _place(row, record, region.bbox, methods)
    _bound_volume(row, record)
    for field in MEASURED:
        record[f"{field}_status"] = _given(record[field])
    record["volume_m3_status"] = _given(record["volume_m3"])
    record["counts_in_totals"] = record["role"] == "facility"
    record["source_file"], record["source_row"] = row.file, row.row
    if cells["country"] not in region.countries:
        listed = ", ".join(region.countries)
        text = LEDGER_REASONS.reason("country_not_listed")
        ledger.append(_entry(row, "country", cells["country"], listed, "flagged", text))
    return record


def _given(value: object) -> str:
    return Status.NOT_PROVIDED if value is None else Status.MEASURED


def _place(row: RawRow, record: Record, box: Box, methods: InventoryMethods) -> None:
    lon, lat, quality = (
        record["lon_deg"],
        record["lat_deg"],
        record["position_quality"],
    )
    if (lon is None) != (lat is None) or (lon is None) != (quality == "none"):
        raise cell_error(
            row,
            "position_quality",
            found=f"lat_deg {lat}, lon_deg {lon}, position_quality {quality!r}",
            expected="both coordinates and their quality, or blanks and 'none'",
            fix="fill both coordinates, or clear both and write 'none'",
        )
    record["geometry"] = None if lon is None else Point(lon, lat)
    if lon is None:
        record["position_radius_m"] = None
        return
    if not box.contains(lon, lat):
        swapped = box.contains(lat, lon)
        raise cell_error(
            row,
            "lat_deg",
            found=f"lat_deg {lat}, lon_deg {lon} for {record['tmf_id']}"
            + (", which look swapped" if swapped else ""),
            expected=f"a position in the region's box (lat {box.south_deg} to "
            f"{box.north_deg}, lon {box.west_deg} to {box.east_deg})",
            fix="swap the two numbers"
            if swapped
            else "correct the position, name its river_basin, or widen bbox",
        )
    if record["position_radius_m"] is None:
        record["position_radius_m"] = methods.position_radius_m[quality]


def _bound_volume(row: RawRow, record: Record) -> None:
    low, high = record["volume_m3_low"], record["volume_m3_high"]
    value = record["volume_m3"]
    known = [x for x in (low, value, high) if x is not None]
    if known != sorted(known):
        raise cell_error(
            row,
            "volume_m3",
            found=f"low {low}, central {value}, high {high}",
            expected="low <= central <= high",
            fix="correct the three volumes",
        )


def _unused_columns(inventories: Sequence[RawInventory]) -> list[Record]:
    return [
        {
            "file": file,
            "row": 0,
            "tmf_id": None,
            "field": column,
            "found": column,
            "expected": "a column of docs/inventory-format.md",
            "action": "flagged",
            "reason": LEDGER_REASONS.reason("unknown_column"),
        }
        for inventory in inventories
        for file, column in inventory.unused_columns
    ]


def _orphaned_parts(facilities: list[Record], ledger: list[Record]) -> None:
    kept = {record["tmf_id"] for record in facilities}
    for record in facilities:
        group = record["part_of"]
        if group is not None and group not in kept:
            text = LEDGER_REASONS.reason("group_left_out")
            ledger.append(_flag(record, "part_of", group, "a group in the table", text))


def _shared_positions(facilities: list[Record], ledger: list[Record]) -> None:
    first: dict[tuple[float, float], str] = {}
    for record in facilities:
        if record["lon_deg"] is None:
            continue
        point = (record["lon_deg"], record["lat_deg"])
        other = first.setdefault(point, record["tmf_id"])
        if other != record["tmf_id"]:
            text = LEDGER_REASONS.reason("shared_position", other=other)
            shown = f"{point[1]}, {point[0]}"
            ledger.append(
                _flag(record, "lat_deg", shown, "a position of its own", text)
            )


def _flag(
    record: Record, field: str, found: object, expected: str, reason: str
) -> Record:
    row = RawRow(record["source_file"], record["source_row"], {})
    return _entry(row, field, found, expected, "flagged", reason) | {
        "tmf_id": record["tmf_id"]
    }


def _entry(
    row: RawRow, field: str, found: object, expected: str, action: str, reason: str
) -> Record:
    return {
        "file": row.file,
        "row": row.row,
        "tmf_id": row.cells.get("tmf_id"),
        "field": field,
        "found": None if found is None else str(found),
        "expected": expected,
        "action": action,
        "reason": reason,
    }
