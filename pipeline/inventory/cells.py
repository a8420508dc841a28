"""Turn the text of inventory cells into numbers, codes and ids, or say why not."""

from __future__ import annotations

import math
import re
from enum import StrEnum
from typing import Any, Final

from pipeline.core.errors import InputError, input_error
from pipeline.core.model import (
    DamType,
    FacilityRole,
    FacilityStatus,
    FacilityType,
    PositionQuality,
    Remediation,
)
from pipeline.inventory.raw import FIELD_KINDS, RawRow

ID_PATTERN: Final = re.compile(r"^[a-z0-9]+(-[a-z0-9]+)*$")
_COUNTRY_PATTERN: Final = re.compile(r"^[A-Z]{2}$")
_NUMBER_PATTERN: Final = re.compile(r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$")

_CODES: Final[dict[str, type[StrEnum]]] = {
    "role": FacilityRole,
    "facility_type": FacilityType,
    "status": FacilityStatus,
    "remediation": Remediation,
    "dam_type": DamType,
    "position_quality": PositionQuality,
}
_BLANK_CODES: Final = {
    "role": "facility",
    "status": "unknown",
    "remediation": "unknown",
    "dam_type": "unknown",
}
_LIMITS: Final[dict[str, tuple[float, float, str]]] = {
    "lat_deg": (-90, 90, "degrees north, -90 to 90"),
    "lon_deg": (-180, 180, "degrees east, -180 to 180"),
    "position_radius_m": (0, 1e6, "metres, 0 to 1,000,000"),
    "volume_m3": (0, 1e11, "cubic metres, 0 to 1e11"),
    "volume_m3_low": (0, 1e11, "cubic metres, 0 to 1e11"),
    "volume_m3_high": (0, 1e11, "cubic metres, 0 to 1e11"),
    "mass_t": (0, 2e11, "tonnes, 0 to 2e11"),
    "area_m2": (0, 1e10, "square metres, 0 to 1e10"),
    "dam_height_m": (0, 500, "metres, 0 to 500"),
    "dam_length_m": (0, 1e5, "metres, 0 to 100,000"),
    "slope_deg": (0, 90, "degrees, 0 to 90"),
    "fos_static": (0, 20, "a ratio, 0 to 20"),
    "yield_acceleration_g": (0, 2, "an acceleration in g, 0 to 2"),
    "freeboard_m": (0, 100, "metres, 0 to 100"),
    "pond_volume_m3": (0, 1e10, "cubic metres, 0 to 1e10"),
    "ph": (-2, 16, "a pH, -2 to 16"),
    "cyanide_wad_mg_per_l": (0, 1e5, "milligrams per litre, 0 to 100,000"),
    "whc": (0, 3, "a water hazard class, 0 to 3"),
    "start_year": (1500, 2100, "a year, 1500 to 2100"),
    "end_year": (1500, 2100, "a year, 1500 to 2100"),
    "n_tailings": (0, 1e4, "a count"),
    "n_waste_dumps": (0, 1e4, "a count"),
}


def parse_cells(row: RawRow) -> dict[str, Any]:
    """Return the row's values in their types; blank cells are None.

    Raises
    ------
    InputError
        If an id, code or number is not what its column holds.
    """
    parsed: dict[str, Any] = {}
    for field, kind in FIELD_KINDS.items():
        cell = row.cells.get(field, "")
        if field in _CODES:
            parsed[field] = _code(row, field, cell)
        elif not cell:
            parsed[field] = None
        elif kind == "text":
            parsed[field] = cell
        else:
            parsed[field] = _number(row, field, cell, whole=kind == "integer")
    _check_identity(row, parsed)
    return parsed


def cell_error(
    row: RawRow, field: str, *, found: str, expected: str, fix: str
) -> InputError:
    """Error about one cell of an inventory."""
    return input_error(
        row.file, row=row.row, field=field, found=found, expected=expected, fix=fix
    )


def _code(row: RawRow, field: str, cell: str) -> str:
    codes = [str(code) for code in _CODES[field]]
    if not cell and field in _BLANK_CODES:
        return _BLANK_CODES[field]
    if cell not in codes:
        raise cell_error(
            row,
            field,
            found=cell or "a blank",
            expected=f"one of {', '.join(codes)}",
            fix="use one of these codes",
        )
    return cell


def _number(row: RawRow, field: str, cell: str, *, whole: bool) -> float | int:
    low, high, meaning = _LIMITS[field]
    if not _NUMBER_PATTERN.match(cell):
        raise cell_error(
            row,
            field,
            found=repr(cell),
            expected=f"{meaning}, with a decimal point and without thousands marks",
            fix="write a plain number, or leave the cell blank if it is unknown",
        )
    value = float(cell)
    if not low <= value <= high or not math.isfinite(value):
        raise cell_error(
            row, field, found=cell, expected=meaning, fix="check the value and its unit"
        )
    if whole and value != int(value):
        raise cell_error(
            row,
            field,
            found=cell,
            expected=f"a whole number ({meaning})",
            fix="round it",
        )
    return int(value) if whole else value


def _check_identity(row: RawRow, parsed: dict[str, Any]) -> None:
    tmf_id = parsed["tmf_id"] or ""
    if not ID_PATTERN.match(tmf_id):
        raise cell_error(
            row,
            "tmf_id",
            found=tmf_id or "a blank",
            expected="lower case ASCII letters and digits, joined by hyphens",
            fix="give the facility an id such as kg-001",
        )
    if not parsed["name"]:
        raise cell_error(
            row,
            "name",
            found="a blank",
            expected="a name",
            fix="name the facility; a working name will do",
        )
    country = parsed["country"] or ""
    if not _COUNTRY_PATTERN.match(country):
        raise cell_error(
            row,
            "country",
            found=country or "a blank",
            expected="the ISO 3166-1 alpha-2 code, such as KG",
            fix="write the two-letter code of the country",
        )
