"""Check the shipped inventory of the Syr Darya basin and print its sums.

Reads ``facilities.csv`` and ``values.csv`` beside this recipe and stops with a list of
every broken promise of ``layers/syr-darya/inventory/README.md``. Standard library only.

Run: ``python layers/syr-darya/recipes/inventory/check_inventory.py``
"""

from __future__ import annotations

import csv
import sys
from collections import Counter, defaultdict
from pathlib import Path

Row = dict[str, str]

INVENTORY = Path(__file__).resolve().parents[2] / "inventory"
WITHOUT_VALUE_ROW = {"tmf_id", "role", "part_of", "position_radius_m", "notes"}
CODES = {
    "role": {"facility", "part"},
    "country": {"KG", "TJ", "UZ", "KZ"},
    "facility_type": {
        "tailings",
        "tailings_group",
        "tailings_ponds",
        "waste_rock",
        "ore_dump",
        "slag_dump",
        "phosphogypsum_stack",
        "mine_waste",
        "in_situ_leach",
        "planned",
    },
    "status": {"active", "closed", "abandoned", "unknown"},
    "remediation": {"none", "in_progress", "done", "unknown"},
    "river_basin": {"Syr Darya", "Issyk-Kul", "Chu", "Zarafshan"},
    "position_quality": {"surveyed", "published", "settlement", "approximate", "none"},
}
QUALITIES = {
    "sourced",
    "second_hand",
    "lower_bound",
    "before_relocation",
    "unreferenced",
    "recalled",
    "inferred",
    "derived",
    "inherited",
    "translated",
    "not_stated",
}
RADIUS_M = {
    "surveyed": "200",
    "published": "3000",
    "settlement": "8000",
    "approximate": "15000",
    "none": "",
}
# Rough national boxes: west, south, east, north in degrees (WGS 84).
COUNTRY_BOX_DEG = {
    "KG": (69.2, 39.1, 80.3, 43.3),
    "TJ": (67.3, 36.6, 75.2, 41.1),
    "UZ": (55.9, 37.1, 73.2, 45.6),
    "KZ": (46.4, 40.5, 87.4, 55.5),
}
UNITS = {
    "lat_deg": "deg",
    "lon_deg": "deg",
    "volume_m3": "m3",
    "volume_m3_low": "m3",
    "volume_m3_high": "m3",
    "mass_t": "t",
    "area_m2": "m2",
    "dam_height_m": "m",
    "dam_length_m": "m",
    "n_tailings": "count",
    "n_waste_dumps": "count",
}


def read_rows(path: Path) -> list[Row]:
    """Read a UTF-8 CSV file into one dictionary per row."""
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def check_codes(facilities: list[Row]) -> list[str]:
    """List duplicate ids, unknown codes and parts whose group is missing."""
    faults = []
    role = {row["tmf_id"]: row["role"] for row in facilities}
    if len(role) != len(facilities):
        faults.append("a tmf_id occurs twice")
    for row in facilities:
        for field, codes in CODES.items():
            if row[field] not in codes:
                faults.append(f"{row['tmf_id']}: {field} is {row[field]!r}")
        is_part = row["role"] == "part"
        if is_part != bool(row["part_of"]):
            faults.append(f"{row['tmf_id']}: role and part_of disagree")
        if is_part and role.get(row["part_of"]) != "facility":
            faults.append(f"{row['tmf_id']}: part_of names no facility")
    return faults


def check_positions(facilities: list[Row]) -> list[str]:
    """List positions outside the country's box or at odds with their quality."""
    faults = []
    for row in facilities:
        tmf_id, quality = row["tmf_id"], row["position_quality"]
        if row["position_radius_m"] != RADIUS_M[quality]:
            faults.append(f"{tmf_id}: position_radius_m does not suit {quality}")
        has_position = bool(row["lat_deg"]) and bool(row["lon_deg"])
        if bool(row["lat_deg"]) != bool(row["lon_deg"]):
            faults.append(f"{tmf_id}: only one of lat_deg and lon_deg is given")
        if has_position != (quality != "none"):
            faults.append(f"{tmf_id}: position and its quality {quality} disagree")
        if not has_position:
            continue
        west, south, east, north = COUNTRY_BOX_DEG[row["country"]]
        lon_deg, lat_deg = float(row["lon_deg"]), float(row["lat_deg"])
        if not (west <= lon_deg <= east and south <= lat_deg <= north):
            faults.append(f"{tmf_id}: position outside {row['country']}")
    return faults


def check_numbers(facilities: list[Row]) -> list[str]:
    """List negative numbers and volume ranges that are out of order."""
    faults = []
    for row in facilities:
        faults += [
            f"{row['tmf_id']}: {field} is negative"
            for field in sorted(UNITS.keys() - {"lat_deg", "lon_deg"})
            if row[field] and float(row[field]) < 0
        ]
        bounds = ("volume_m3_low", "volume_m3", "volume_m3_high")
        known = [float(row[field]) for field in bounds if row[field]]
        if known != sorted(known):
            faults.append(f"{row['tmf_id']}: volumes are not low <= central <= high")
    return faults


def check_values(facilities: list[Row], values: list[Row]) -> list[str]:
    """List cells without exactly one equal value row, and rows without a cell."""
    faults = []
    by_key = Counter((row["tmf_id"], row["field"]) for row in values)
    faults += [
        f"{key}: {count} value rows" for key, count in by_key.items() if count > 1
    ]
    cells = {
        (row["tmf_id"], field): cell
        for row in facilities
        for field, cell in row.items()
        if cell and field not in WITHOUT_VALUE_ROW
    }
    told = {(row["tmf_id"], row["field"]): row for row in values}
    faults += [f"{key}: cell without a value row" for key in cells.keys() - told.keys()]
    faults += [f"{key}: value row without a cell" for key in told.keys() - cells.keys()]
    for key in cells.keys() & told.keys():
        row = told[key]
        if row["value"] != cells[key]:
            faults.append(f"{key}: {row['value']!r} is not the cell {cells[key]!r}")
        if not row["source"] or row["quality"] not in QUALITIES:
            faults.append(f"{key}: no source, or unknown quality {row['quality']!r}")
        if row["unit"] != UNITS.get(row["field"], ""):
            faults.append(f"{key}: unit {row['unit']!r}")
    return faults


def sums_by_country(facilities: list[Row], field: str) -> dict[str, tuple[float, int]]:
    """Sum a column over basin facilities without parts; count rows that have it."""
    sums: dict[str, tuple[float, int]] = defaultdict(lambda: (0.0, 0))
    for row in facilities:
        counted = row["role"] == "facility" and row["river_basin"] == "Syr Darya"
        if counted and row[field]:
            total, count = sums[row["country"]]
            sums[row["country"]] = (total + float(row[field]), count + 1)
    return dict(sums)


def main() -> int:
    """Print faults or sums; return 1 when a promise is broken."""
    facilities = read_rows(INVENTORY / "facilities.csv")
    values = read_rows(INVENTORY / "values.csv")
    faults = check_codes(facilities)
    if not faults:
        faults = check_positions(facilities) + check_numbers(facilities)
    faults += check_values(facilities, values)
    for fault in sorted(faults):
        print(fault, file=sys.stderr)
    if faults:
        return 1
    in_basin = [r for r in facilities if r["river_basin"] == "Syr Darya"]
    print(f"{len(facilities)} rows, {len(in_basin)} in the basin, {len(values)} values")
    print("roles", dict(Counter(r["role"] for r in in_basin)))
    print("positions", dict(Counter(r["position_quality"] for r in in_basin)))
    print("qualities", dict(Counter(r["quality"] for r in values)))
    for field in ("volume_m3", "mass_t"):
        for country, (total, count) in sorted(sums_by_country(in_basin, field).items()):
            print(f"{field} {country}: {total:,.0f} from {count} facilities")
    return 0


if __name__ == "__main__":
    sys.exit(main())
