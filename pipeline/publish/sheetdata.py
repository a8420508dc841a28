"""Contingency sheet as one JSON document; its structure is in a JSON schema."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pipeline.core.methods import MethodsConfig
from pipeline.publish.dossiers import Row
from pipeline.publish.sheet import (
    FLOWS,
    Place,
    Sheet,
    arrival_state,
    at_flow,
    comes_by_water,
    is_joined,
)

_PLACE: Final = (
    "place_kind", "name", "name_ru", "river", "river_ru", "country", "from_country",
    "to_country", "lon_deg", "lat_deg", "spread_m", "disputed", "people",
    "people_status",
)  # fmt: skip
_PAIR: Final = (
    "tmf_id", "border_kind", "distance_m", "unit_peak_mg_per_l_per_t",
    "within_two_days", "beyond_standing_water", "provisional", "confidence",
    "snap_confidence", "rank", "rank_low", "rank_high", "consequence_class",
    "consequence_class_low", "consequence_class_high", "rank_provisional",
    "rank_demonstration", "class_provisional", "class_demonstration",
    "order_by_arrival", "order_by_hazard",
)  # fmt: skip
_FACILITY: Final = ("name", "name_ru", "country", "part_of", "facility_type", "status")
_ENTRY: Final = (
    "path_status", "snap_confidence", "river", "river_ru", "to_end_m", "discharge_m3s",
    "velocity_peak_m_per_s",
)  # fmt: skip
_TOLD: Final = (
    "tell_reason", "by_river", "by_bank", "by_canal", "canal", "canal_ru", "by_air",
    "share_positions", "place_id", "distance_m", "distance_air_m", "within_two_days",
    "snap_confidence",
)  # fmt: skip


def sheet_document(
    sheet: Sheet, region: str, methods: MethodsConfig, notes: Sequence[str]
) -> dict[str, Any]:
    """Everything the sheet says, with units and flow conditions; None is unknown."""
    return {
        "region": region,
        "about": {
            "notes": list(notes),
            "flow_conditions": {
                "high_flow": "high flow and highest probable velocity: earliest",
                "mean_flow": "mean discharge",
                "low_flow": "low flow: latest",
                "high_flow_factor": methods.rivers.high_flow_factor,
                "low_flow_factor": methods.rivers.low_flow_factor,
            },
            "units": {
                "distance_m": "m along the river",
                "lead_h": "h after entry into the river, leading edge",
                "peak_h": "h after entry into the river, peak",
                "unit_peak_mg_per_l_per_t": "mg/L per tonne released, mean flow",
            },
            "missing": "null is unknown, never zero",
        },
        "places": [_place(place) for place in sheet.places],
        "facilities": {
            key: {name: row[name] for name in _FACILITY}
            | {name: sheet.entries[key][name] for name in _ENTRY}
            | {
                "path_known": is_joined(sheet.entries[key]),
                "to_be_told": [str(r["country"]) for r in sheet.told.get(key, ())],
            }
            for key, row in sheet.facilities.items()
            if key in sheet.entries
        },
        "countries": {
            code: [_told(row) for row in rows]
            for code, rows in sheet.by_country.items()
        },
    }


def times(row: Row) -> dict[str, Mapping[str, float | None]]:
    """Leading edge and peak in hours at the three flows."""
    return {
        short: {flow: at_flow(row, name, flow) for flow in FLOWS}
        for short, name in (("lead_h", "arrival_lead_h"), ("peak_h", "arrival_peak_h"))
    }


def _place(place: Place) -> dict[str, Any]:
    return {
        "place_id": place.id,
        **{name: place.first[name] for name in _PLACE},
        "facilities": [
            {name: row[name] for name in _PAIR}
            | times(row)
            | {"arrival_state": arrival_state(row)}
            for row in place.rows
        ],
    }


def _told(row: Row) -> dict[str, Any]:
    by_water = comes_by_water(row)
    return {
        "tmf_id": row["tmf_id"],
        **{name: row[name] for name in _TOLD},
        "arrival_state": arrival_state(row) if by_water else None,
        "lead_h": times(row)["lead_h"] if by_water else None,
    }
