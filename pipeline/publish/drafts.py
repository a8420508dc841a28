"""Draft notification of one facility: the fields of methodology 6.2 in their order.

A draft is an exercise. What no table knows is None and listed under ``to_be_filled``;
nothing is guessed, and nothing is ever sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from pipeline.publish.dossiers import Row
from pipeline.publish.sheet import (
    FLOWS,
    Sheet,
    arrival_state,
    at_flow,
    comes_by_water,
    is_joined,
)

FIELDS: Final = (
    "report_type", "exercise_flag", "point_of_contact", "country_iso", "datetime_utc",
    "location", "facility", "accident_type", "cause", "substances", "release_path",
    "affected_water_body", "discharge_m3s", "flow_velocity_ms", "weather",
    "possible_transboundary_effects", "countries_concerned", "predicted_arrival",
    "casualties", "measures_taken", "measures_planned", "assistance_requested",
    "next_update",
)  # fmt: skip
REPORT_TYPES: Final = ("early_warning", "information", "assistance")
# Reports in which a field is used: a choice of this project (P).
_EARLY: Final = frozenset(FIELDS[:11]) | {
    "affected_water_body", "countries_concerned", "predicted_arrival", "next_update",
}  # fmt: skip
_ASSISTANCE: Final = _EARLY | {"casualties", "measures_taken", "assistance_requested"}
STATEMENT: Final = (
    "Draft for exercises made by natech-tmf. Nothing is ever sent. This is not the "
    "official form: the field names of the official form were not seen."
)
_KM_PER_M: Final = 1e-3
_NO_STATEMENT: Final = "not_stated"


def used_in(field: str) -> tuple[str, ...]:
    """Report types in which a field is used."""
    uses = (field in _EARLY, True, field in _ASSISTANCE)
    return tuple(name for name, use in zip(REPORT_TYPES, uses, strict=True) if use)


def draft(sheet: Sheet, key: str, values: Sequence[Row]) -> dict[str, Any]:
    """Draft of one facility, ready for JSON; keys of ``fields`` are in their order.

    Parameters
    ----------
    sheet
        Contingency sheet of the region.
    key
        Facility.
    values
        Rows of ``facility_values`` on it.
    """
    facility, entry = sheet.facilities[key], sheet.entries[key]
    joined = is_joined(entry)
    known: dict[str, Any] = {
        "report_type": REPORT_TYPES[0],
        "exercise_flag": True,
        "country_iso": facility["country"],
        "location": _location(facility, entry),
        "facility": _facility(facility),
        "substances": _substances(facility, values),
        "release_path": "water" if joined else None,
        "affected_water_body": _water_body(entry) if joined else None,
        "discharge_m3s": entry["discharge_m3s"],
        "flow_velocity_ms": entry["velocity_peak_m_per_s"],
        "countries_concerned": [_country(row) for row in sheet.told.get(key, ())],
        "predicted_arrival": [_arrival(row) for row in sheet.upstream.get(key, ())],
    }
    for name in ("countries_concerned", "predicted_arrival"):
        if not joined and not known[name]:  # none found is known for a known path only
            known[name] = None
    fields = {name: known.get(name) for name in FIELDS}
    return {
        "statement": STATEMENT,
        "tmf_id": key,
        "exercise": True,
        "official_form": False,
        "report_types": list(REPORT_TYPES),
        "path_known": joined,
        "snap_confidence": entry["snap_confidence"],
        "fields": fields,
        "to_be_filled": [name for name in FIELDS if fields[name] is None],
        "used_in": {name: list(used_in(name)) for name in FIELDS},
    }


def _location(facility: Row, entry: Row) -> dict[str, Any]:
    to_end = entry["to_end_m"]
    return {
        "name": facility["nearest_settlement"] or facility["name"],
        "lat": facility["lat_deg"],
        "lon": facility["lon_deg"],
        "position_quality": facility["position_quality"],
        "position_radius_m": facility["position_radius_m"],
        "river": entry["river"],
        "river_ru": entry["river_ru"],
        "river_km": None if to_end is None else round(to_end * _KM_PER_M, 1),
        "river_km_from": "end of the river path",
        "entry_lat": entry["entry_lat_deg"],
        "entry_lon": entry["entry_lon_deg"],
    }


def _facility(facility: Row) -> dict[str, Any]:
    names = (
        "tmf_id", "name", "name_ru", "part_of", "facility_type", "operator", "status",
        "volume_m3", "volume_m3_low", "volume_m3_high",
    )  # fmt: skip
    return {name: facility[name] for name in names}


def _substances(facility: Row, values: Sequence[Row]) -> list[dict[str, Any]] | None:
    """Substances of concern with what backs them; amounts are never known."""
    said = [
        row
        for row in values
        if row["field"] == "substances" and row["quality"] != _NO_STATEMENT
    ]
    backing = said[0] if said else {}
    names = [name.strip() for name in str(facility["substances"] or "").split(";")]
    found = [
        {
            "name": name,
            "cas": None,
            "un_no": None,
            "quantity_t": None,
            "state": None,
            "quality": backing.get("quality"),
            "source": backing.get("source"),
            "note": backing.get("note"),
        }
        for name in names
        if name
    ]
    return found or None


def _water_body(entry: Row) -> dict[str, Any]:
    names = (
        "river", "river_ru", "lake", "reach_id", "discharge_source", "velocity_method",
    )  # fmt: skip
    return {name: entry[name] for name in names}


def _country(row: Row) -> dict[str, Any]:
    names = (
        "country", "tell_reason", "by_river", "by_bank", "by_canal", "canal", "by_air",
        "share_positions", "place_id", "distance_m", "distance_air_m",
        "within_two_days",
    )  # fmt: skip
    return {name: row[name] for name in names} | {
        "t_lead_h": times(row, "arrival_lead_h"),
        "arrival_state": arrival_state(row) if comes_by_water(row) else None,
    }


def _arrival(row: Row) -> dict[str, Any]:
    names = (
        "place_id", "place_kind", "distance_m", "within_two_days", "provisional",
        "confidence",
    )  # fmt: skip
    border = row["place_kind"] == "border"
    return {name: row[name] for name in names} | {
        "place": row["name"],
        "place_ru": row["name_ru"],
        "country": row["to_country"] if border else row["country"],
        "from_country": row["from_country"],
        "t_lead_h": times(row, "arrival_lead_h"),
        "t_peak_h": times(row, "arrival_peak_h"),
        "c_peak_mg_per_l_per_t": row["unit_peak_mg_per_l_per_t"],
        "arrival_state": arrival_state(row),
    }


def times(row: Row, name: str) -> dict[str, float | None] | None:
    """Arrival in hours at the three flows; None where it is unknown."""
    if row[name] is None:
        return None
    return {flow: at_flow(row, name, flow) for flow in FLOWS}
