"""CSV with the column names of the ICOLD Global TSF Registry.

The registry's header: ``ID, TSF Name, Mine Name, Current Owner, Country, Longitude,
Latitude, TSF Status, Number of Embankments, Dam Raise Method, Consequence
Classification, Classification System, Current Max Dam Height (m), Current Storage
Volume (m3), Primary Ore Commodity, Year of Commencement, Reference, Additional
Remarks``. Coordinates are those of the facility, with a published position.
"""

from __future__ import annotations

import re
from typing import Final

from pipeline.core.countries import country_code
from pipeline.core.csv_text import read_csv_rows, require_columns
from pipeline.core.errors import input_error
from pipeline.inventory.raw import RawInventory, RawRow, RawValue
from pipeline.inventory.readers import ReaderInput

NAME = "icold-csv"
DESCRIPTION = "CSV with the header of the ICOLD Global TSF Registry"

_COLUMNS: Final = {
    "ID": "tmf_id",
    "TSF Name": "name",
    "Current Owner": "operator",
    "Country": "country",
    "Longitude": "lon_deg",
    "Latitude": "lat_deg",
    "TSF Status": "status",
    "Dam Raise Method": "dam_type",
    "Current Max Dam Height (m)": "dam_height_m",
    "Current Storage Volume (m3)": "volume_m3",
    "Primary Ore Commodity": "commodity",
    "Year of Commencement": "start_year",
    "Additional Remarks": "notes",
}
_ALIASES: Final = {
    "ICOLD ID": "ID",
    "Name": "TSF Name",
    "Owner": "Current Owner",
    "Status": "TSF Status",
    "Height (m)": "Current Max Dam Height (m)",
    "Capacity (m3)": "Current Storage Volume (m3)",
    "Year Constructed": "Year of Commencement",
}
_STATUS: Final = {
    "active": "active",
    "operational": "active",
    "closed": "closed",
    "inactive": "closed",
    "abandoned": "abandoned",
    "orphaned": "abandoned",
}
_DAM_TYPE: Final = {
    "upstream": "upstream",
    "downstream": "downstream",
    "centerline": "centreline",
    "centreline": "centreline",
    "single raise": "single",
}
_THOUSANDS = re.compile(r"(?<=\d)[,\u00a0 ](?=\d{3}(\D|$))")


def read(source: ReaderInput) -> RawInventory:
    """Read the registry's rows; texts outside the code lists become ``unknown``."""
    header, lines = read_csv_rows(source.path)
    names = [_ALIASES.get(column, column) for column in header]
    require_columns(source.path, names, ("ID", "TSF Name", "Country", "Longitude"))
    require_columns(source.path, names, ("Latitude", "TSF Status"))
    rows: list[RawRow] = []
    values: list[RawValue] = []
    for number, raw in lines:
        named = dict(zip(names, raw.values(), strict=True))
        cells = _cells(named, source, number)
        rows.append(RawRow(source.path.name, number, cells))
        values += [
            _value(source, number, cells["tmf_id"], field, value, named)
            for field, value in cells.items()
            if field != "tmf_id"
        ]
    unused = tuple(
        (source.path.name, name)
        for name in names
        if name not in _COLUMNS and name != "Reference"
    )
    return RawInventory(tuple(rows), tuple(values), unused, (source.path,))


def _cells(named: dict[str, str], source: ReaderInput, number: int) -> dict[str, str]:
    cells = {
        field: named[column]
        for column, field in _COLUMNS.items()
        if named.get(column, "")
    }
    if "tmf_id" not in cells:
        raise input_error(
            source.path,
            row=number,
            field="ID",
            found="a blank",
            expected="the registry's identifier",
            fix="fill the cell",
        )
    cells["tmf_id"] = "icold-" + re.sub(r"[^a-z0-9]+", "-", cells["tmf_id"].lower())
    for field in ("volume_m3", "dam_height_m"):
        if field in cells:
            cells[field] = _THOUSANDS.sub("", cells[field])
    country = cells.get("country", "")
    cells["country"] = country_code(country) or country
    note = cells.get("status", "")
    cells["status"] = _STATUS.get(note.lower(), "unknown")
    if note:
        cells["status_note"] = note
    if "dam_type" in cells:
        cells["dam_type"] = _DAM_TYPE.get(cells["dam_type"].lower(), "other")
    cells["facility_type"] = "tailings"
    has_position = "lon_deg" in cells and "lat_deg" in cells
    cells["position_quality"] = "published" if has_position else "none"
    return cells


def _value(
    source: ReaderInput,
    number: int,
    tmf_id: str,
    field: str,
    value: str,
    named: dict[str, str],
) -> RawValue:
    reference = named.get("Reference", "")
    cited = "; ".join(part for part in (source.source, reference) if part)
    return RawValue(
        source.path.name,
        number,
        tmf_id,
        field,
        value,
        "",
        "",
        cited or f"{source.path.name}, row {number}",
        "sourced",
        "",
    )
