"""Records that inventory readers produce, and the columns that they may fill."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

FieldKind = Literal["text", "number", "integer"]

FIELD_KINDS: Final[dict[str, FieldKind]] = {
    "tmf_id": "text",
    "name": "text",
    "name_ru": "text",
    "alt_names": "text",
    "role": "text",
    "part_of": "text",
    "country": "text",
    "nearest_settlement": "text",
    "facility_type": "text",
    "commodity": "text",
    "substances": "text",
    "operator": "text",
    "status": "text",
    "status_note": "text",
    "remediation": "text",
    "start_year": "integer",
    "end_year": "integer",
    "river": "text",
    "river_basin": "text",
    "lat_deg": "number",
    "lon_deg": "number",
    "position_quality": "text",
    "position_radius_m": "number",
    "volume_m3": "number",
    "volume_m3_low": "number",
    "volume_m3_high": "number",
    "mass_t": "number",
    "area_m2": "number",
    "dam_height_m": "number",
    "dam_length_m": "number",
    "dam_type": "text",
    "slope_deg": "number",
    "fos_static": "number",
    "yield_acceleration_g": "number",
    "freeboard_m": "number",
    "pond_volume_m3": "number",
    "ph": "number",
    "cyanide_wad_mg_per_l": "number",
    "whc": "number",
    "n_tailings": "integer",
    "n_waste_dumps": "integer",
    "notes": "text",
}
"""Columns of an inventory and what their cells hold, in the order of the tables."""

REQUIRED_FIELDS: Final = (
    "tmf_id",
    "name",
    "country",
    "facility_type",
    "status",
    "lat_deg",
    "lon_deg",
    "position_quality",
)
"""Columns that an inventory must have; single cells may still be blank."""

UNITS: Final[dict[str, str]] = {
    "lat_deg": "deg",
    "lon_deg": "deg",
    "position_radius_m": "m",
    "volume_m3": "m3",
    "volume_m3_low": "m3",
    "volume_m3_high": "m3",
    "mass_t": "t",
    "area_m2": "m2",
    "dam_height_m": "m",
    "dam_length_m": "m",
    "slope_deg": "deg",
    "yield_acceleration_g": "g",
    "freeboard_m": "m",
    "pond_volume_m3": "m3",
    "cyanide_wad_mg_per_l": "mg/L",
}
"""Units of the measured columns."""


@dataclass(frozen=True, slots=True)
class RawRow:
    """One row of an inventory file; every cell is text, blank cells are absent."""

    file: str
    row: int
    cells: dict[str, str]


@dataclass(frozen=True, slots=True)
class RawValue:
    """One sourced value, as a table of values states it."""

    file: str
    row: int
    tmf_id: str
    field: str
    value: str
    unit: str
    year: str
    source: str
    quality: str
    note: str


@dataclass(frozen=True, slots=True)
class RawInventory:
    """All that one inventory source holds.

    ``unused_columns`` are columns of the file that the project does not know;
    ``files`` are the files that were read; ``citation`` is the source of all cells
    that have no row among ``values``.
    """

    rows: tuple[RawRow, ...]
    values: tuple[RawValue, ...] = ()
    unused_columns: tuple[tuple[str, str], ...] = ()
    files: tuple[Path, ...] = field(default=())
    citation: str | None = None
