"""A tiny region made by hand: tables, base layers and configuration for the pages.

Six facilities cover the edges: full data, hostile text, no position, two on one point,
a part of a group, and one outside every layer.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio
import yaml
from affine import Affine
from shapely.geometry import LineString, MultiPolygon, Point, Polygon, box

from pipeline.core.files import write_json
from pipeline.core.schemas.inventory import LEDGER_REASONS
from pipeline.core.tables import all_tables, table_of, table_schema, write_table
from pipeline.hazards.changes import change_rows

EVIL = "<img src=x onerror=alert(1)>\"' </script><b>&amp;"
CYRILLIC = "Хвостохранилище «Тест» № 1"
CRS = "EPSG:4326"


@dataclass(frozen=True)
class SmallRegion:
    """Files of the region, ready for the stage."""

    region: Path
    methods: Path
    tables: Path
    manifest: Path

    def arguments(self, out: Path, **changed: Path) -> argparse.Namespace:
        """Options of the stage's command."""
        given = {
            "region": self.region,
            "methods": self.methods,
            "tables": self.tables,
            "layers": self.manifest,
            "hazard_maps": None,
            "out": out,
        }
        return argparse.Namespace(**{**given, **changed})


def row(table: str, **given: Any) -> dict[str, Any]:
    """Row of a table: what is given, and the plainest allowed value elsewhere."""
    schema = table_schema(table)
    made: dict[str, Any] = {}
    for column in schema.columns:
        if column.name in given:
            made[column.name] = given[column.name]
        elif column.nullable:
            made[column.name] = None
        elif column.codes:
            known = "not_provided" in column.codes
            made[column.name] = "not_provided" if known else column.codes[0]
        else:
            plain = {"text": "-", "integer": 0, "number": 0.0, "boolean": False}
            made[column.name] = plain[column.kind]
    for name in (*schema.measured, *schema.estimates):
        status = f"{name}_status"
        if made.get(name) is not None and status in made and status not in given:
            made[status] = "measured"
    if schema.geometry:
        made["geometry"] = given.get("geometry")
    return made


def facility(tmf_id: str, lon: float | None, lat: float | None, **given: Any) -> Any:
    """Row of the facilities table."""
    placed = lon is not None
    return row(
        "facilities",
        **{
            "tmf_id": tmf_id,
            "name": f"Facility {tmf_id}",
            "role": "facility",
            "counts_in_totals": True,
            "country": "KG",
            "facility_type": "tailings",
            "status": "active",
            "remediation": "unknown",
            "dam_type": "unknown",
            "lon_deg": lon,
            "lat_deg": lat,
            "position_quality": "settlement" if placed else "none",
            "position_radius_m": 8000.0 if placed else None,
            "geometry": Point(lon, lat) if placed else None,
            **given,
        },
    )


FACILITIES = (
    facility(
        "aa-01", 71.0, 41.0, name="Group one", name_ru=CYRILLIC, volume_m3=1_960_000.0,
        volume_m3_low=1_500_000.0, volume_m3_high=2_400_000.0, commodity="uranium",
        substances="U; radon", dam_height_m=13.397940001,
    ),
    facility("aa-01-1", 71.02, 41.01, role="part", part_of="aa-01"),
    facility("aa-02", 71.0, 41.0, name=EVIL, name_ru=EVIL, notes=EVIL, operator=EVIL),
    facility("aa-03", None, None, status="abandoned"),
    facility("aa-04", 70.5, 40.6, country="UZ", status="unknown"),
    facility("aa-05", 71.9, 41.9, country="XX"),
)  # fmt: skip
PLACED = tuple(r["tmf_id"] for r in FACILITIES if r["lon_deg"] is not None)


def _hazards() -> list[dict[str, Any]]:
    rows = []
    for item in FACILITIES:
        covered = item["lon_deg"] is not None and item["tmf_id"] != "aa-05"
        status = "measured" if covered else "not_covered"
        for years, factor in ((475, 1.0), (2475, 2.0)):
            value = factor * (0.1 + 0.02 * len(rows)) if covered else None
            rows.append(
                _hazard(item, "test-pga", "PGA", "g", value, status)
                | {
                    "level": str(years),
                    "return_period_yr": float(years),
                    "demonstration": True,
                    "provisional": True,
                }
            )
        for scenario, horizon, value in (
            ("historical", "present", 20.0),
            ("ssp245", "2041-2060", 22.0),
        ):
            made = _hazard(
                item, "test-rain", "rain_rate_001pct", "mm/h",
                value if covered else None, status,
            )  # fmt: skip
            rows.append(made | {"scenario": scenario, "horizon": horizon})
    return rows


def _changes() -> list[dict[str, Any]]:
    """Comparisons of facility aa-01 under one case, one of every effect."""
    case = {"tmf_id": "aa-01", "scenario": "ssp245", "horizon": "2041-2060"}
    told = {"unit": "1/yr", "percentile": 50.0, "confidence": "P", "provisional": True}
    return [
        row("assessment_changes", **case, **told, quantity="overtopping_per_yr",
            effect="changed", present=0.01, future=0.02, difference=0.01),
        row("assessment_changes", **case, **(told | {"percentile": 95.0}),
            quantity="overtopping_per_yr", effect="changed", present=0.01,
            future=0.03, difference=0.02),
        row("assessment_changes", **case, quantity="thi_site", unit="-",
            percentile=50.0, effect="no_climate_input", present=2.0,
            reason="no_flood_map", confidence="P"),
        row("assessment_changes", **case, quantity="failure_per_yr", unit="1/yr",
            percentile=50.0, effect="unchanged_by_rule", present_low=1e-5,
            present_high=1e-3, future_low=1e-5, future_high=1e-3,
            reason="seismic_unchanged", confidence="P"),
        row("assessment_changes", **case, quantity="uncovered_processes", unit="-",
            percentile=50.0, effect="not_covered", confidence="M-high",
            reason="glacier_melt;lake_outbursts"),
    ]  # fmt: skip


def _checks() -> list[dict[str, Any]]:
    """Checks of the dam of aa-01, with and without numbers; aa-02 has no dam."""
    rows = [
        row("dam_checks", tmf_id="aa-01", mechanism="earthquake", unit="1/yr",
            check="failure_per_yr", level="-", value_low=1e-5, value_high=1e-3,
            reason="liquefaction_unknown;tails_left_out", layers="test-pga",
            source="Swaisgood 2003", demonstration=True, provisional=True),
        row("dam_checks", tmf_id="aa-01", mechanism="earthquake", unit="m",
            check="newmark_displacement_m", level="475", return_period_yr=475.0,
            value=0.0718, value_low=0.02, value_high=0.3, layers="test-pga",
            reason="yield_from_fos|fos=1.2|slope_deg=30", source=EVIL),
        row("dam_checks", tmf_id="aa-01", mechanism="frost", unit="1/yr",
            check="frost_failure_per_yr", level="-", reason="no_method"),
    ]  # fmt: skip
    for check in ("breach_peak_m3s", "breach_formation_h", "breach_width_m"):
        for key, reason in (("aa-01", "no_pond_volume"), ("aa-02", "no_dam")):
            rows.append(
                row("dam_checks", tmf_id=key, mechanism="pond", check=check, level="-",
                    unit="m", reason=reason)
            )  # fmt: skip
    return rows


def _mixtures() -> list[dict[str, Any]]:
    """Answers of aa-01 with a class, a number and neither; aa-02 states nothing."""
    told = {"tmf_id": "aa-01", "provisional": True, "confidence": "P"}
    rows = [
        row("mixtures", **told, item="acute_toxicity", unit="mg/kg", value=232.558,
            value_low=232.558, value_high=232.558, source=EVIL,
            reason="rest_unstated|rest_percent=95", **{"class": "acute_toxic_3"}),
        row("mixtures", **told, item="annex1_health", unit="-", value=1.05,
            value_low=0.9, value_high=1.5, reason="components_classified"),
        row("mixtures", **told, item="annex1", unit="-", reason="unknown_adds",
            **{"class": "perhaps"}),
    ]  # fmt: skip
    for key, reason in (("aa-01", "no_ph"), ("aa-02", "no_composition")):
        rows.append(row("mixtures", tmf_id=key, item="ph", unit="-", reason=reason))
    return rows


def _hazard(
    item: Any, layer: str, measure: str, unit: str, value: float | None, status: str
) -> dict[str, Any]:
    kind = "earthquake" if measure == "PGA" else "flood"
    return row(
        "hazards",
        tmf_id=item["tmf_id"],
        hazard=kind,
        process="ground_motion" if measure == "PGA" else "pluvial_flood",
        intensity_measure=measure,
        unit=unit,
        layer_id=layer,
        level="p0.01",
        scenario="historical",
        horizon="present",
        percentile=50.0,
        intensity=value,
        intensity_low=None if value is None else 0.9 * value,
        intensity_high=None if value is None else 1.1 * value,
        intensity_status=status,
        covered_fraction=1.0 if value is not None else 0.0,
        place="circle",
        radius_m=8000.0,
        confidence="P",
    )


REACHES = tuple(
    row(
        "reaches",
        reach_id=i,
        next_reach_id=i + 1 if i < 4 else None,
        source_id=str(i),
        name=f"River {i}",
        name_ru=f"Река {i}",
        terminal="Test Lake" if i == 4 else None,
        length_m=40_000.0,
        upstream_area_km2=500.0 * i,
        discharge_m3s=5.0,
        discharge_source="given",
        velocity_method="allen",
        geometry=LineString([(71.0 - 0.25 * (i - 1), 41.0 - 0.1 * (i - 1)),
                             (71.0 - 0.25 * i, 41.0 - 0.1 * i)]),
    )
    for i in range(1, 5)
)  # fmt: skip


def _arrival(hours: float) -> dict[str, float]:
    return {
        "arrival_lead_h": 0.89 * hours,
        "arrival_lead_h_low": 0.5 * hours,
        "arrival_lead_h_high": 1.6 * hours,
        "arrival_peak_h": hours,
        "arrival_peak_h_low": 0.6 * hours,
        "arrival_peak_h_high": 1.8 * hours,
    }


def _rivers() -> dict[str, list[dict[str, Any]]]:
    snaps, downstream, crossings, receptors = [], [], [], []
    for item in FACILITIES:
        key = item["tmf_id"]
        joined = key in ("aa-01", "aa-02", "aa-01-1")
        snaps.append(
            row(
                "snaps",
                tmf_id=key,
                snap_status="measured" if joined else "not_covered",
                reason="nearest|distance_m=400"
                if joined
                else "none_near|limit_m=15000",
                reach_id=1 if joined else None,
                snap_distance_m=400.0 if joined else None,
                entry_lon_deg=71.0 if joined else None,
                entry_lat_deg=40.999 if joined else None,
                snap_rule="nearest" if joined else "none",
                snap_confidence="high" if joined else "none",
                path_length_m=160_000.0 if joined else None,
                terminal="Test Lake" if joined else None,
                **(_POSITIONS if key == "aa-01" else {}),
            )
        )
        if not joined:
            continue
        for step in range(4):
            downstream.append(
                row(
                    "downstream",
                    tmf_id=key,
                    step=step,
                    reach_id=step + 1,
                    distance_start_m=40_000.0 * step,
                    distance_end_m=40_000.0 * (step + 1),
                    beyond_standing_water=step == 3,
                    **(_arrival(12.0 * (step + 1)) if step < 3 else {}),
                )
            )
        crossings.append(
            row(
                "crossings", tmf_id=key, crossing=1, from_country="KG",
                to_country="UZ", kind="successive", reach_id=2, lon_deg=70.7,
                lat_deg=40.9, distance_m=57_123.4, within_two_days=True,
                disputed=True, **_arrival(17.3),
            )
        )  # fmt: skip
        receptors.append(
            row(
                "receptors", tmf_id=key, kind="settlement", receptor_id="place:1",
                name="Testtown", name_ru="Тестгород", country="UZ", lon_deg=70.6,
                lat_deg=40.85, reach_id=2, distance_m=70_000.0, people=12_345.0,
                distance_to_river_m=900.0, **_arrival(20.0),
            )
        )  # fmt: skip
    return {
        "snaps": snaps,
        **_drainage(),
        "downstream": downstream,
        "crossings": crossings,
        "receptors": receptors,
    }


_POSITIONS = {
    "overland_status": "measured", "overland_distance_m": 2_300.0,
    "overland_reach_id": 3, "overland_agrees": False, "share_chosen": 0.555,
    "share_border": 0.555, "share_two_days": 0.555, "share_two_days_unknown": 0.0,
    "share_no_reach": 0.045, "possible_countries": "UZ 0.56",
}  # fmt: skip


def _drainage() -> dict[str, list[dict[str, Any]]]:
    """Two reaches, one canal over a border and people by bands, for one facility."""
    key = {"tmf_id": "aa-01"}
    border = {
        "border_from": "KG", "border_to": "UZ", "border_kind": "successive",
        "countries": "UZ; KZ", "distance_m": 57_123.4, "within_two_days": True,
    }  # fmt: skip
    canal = {
        **key, "canal_id": "big", "canal": EVIL, "canal_ru": EVIL, "from_reach_id": 2,
        "share": 0.2, "share_of_release": 0.15, "by_canal": True, "provisional": True,
        "distance_m": 60_000.0,
    }  # fmt: skip
    return {
        "candidates": [
            row("candidates", **key, reach_id=1, share=0.555, chosen=True,
                river="River 1", **border, **_arrival(17.3)),
            row("candidates", **key, reach_id=3, share=0.4, river=EVIL),
        ],
        "possible_countries": [
            row("possible_countries", **key, country="UZ", share=0.555,
                share_two_days=0.555),
        ],
        "branches": [
            row("branches", **canal, place=0, stop="head", **_arrival(18.0)),
            row("branches", **canal, place=1, stop="border", from_country="UZ",
                to_country="TJ"),
            row("branches", **canal, place=2, stop="end", to_country="TJ",
                ends_in="fields"),
        ],
        "exposure": [
            row("exposure", **key, country="KG", basis="settlements", by="distance",
                band=1, upper_m=10_000.0, people=14_700.0, n_places=3,
                n_without_people=1, provisional=True),
            row("exposure", **key, country="KG", basis="settlements", by="arrival",
                band=8, arrival_unknown=True, people=0.0, people_status="no_hazard",
                n_places=0, n_without_people=0),
            row("exposure", **key, country="UZ", basis="settlements", by="distance",
                band=2, people=None, n_places=1, n_without_people=1),
            row("exposure", **key, country="KG", basis="raster", by="distance",
                band=1, upper_m=10_000.0, people=21_000.0, covered_fraction=0.9),
        ],
        "network_ledger": [
            row("network_ledger", entry=1, file="rivers.gpkg", kind="gap",
                found=EVIL, done="Left as it is."),
        ],
    }  # fmt: skip


def _assessment() -> list[dict[str, Any]]:
    rows = []
    for i, item in enumerate(FACILITIES):
        full = item["tmf_id"] == "aa-01"
        rows.append(
            row(
                "assessment",
                tmf_id=item["tmf_id"],
                air_15km=False if full else None,
                water_catchment=True if full else None,
                scheme="test-scheme",
                scheme_status="provisional",
                thi=13.397940001 if full else None,
                thi_low=11.4 if full else None,
                thi_high=14.4 if full else None,
                release_volume_m3=354_000.0 if full else None,
                release_volume_m3_low=100_000.0 if full else None,
                release_volume_m3_high=1_200_000.0 if full else None,
                people_at_risk=120.0 if full else None,
                people_at_risk_low=80.0 if full else None,
                people_at_risk_high=900.0 if full else None,
                consequence_class="very_high" if full else None,
                rank=i + 1 if item["role"] == "facility" else None,
                rank_low=1 if item["role"] == "facility" else None,
                rank_high=6 if item["role"] == "facility" else None,
                n_ranked=5,
                consequence_class_high="extreme" if full else None,
                demonstration=full,
                demonstration_fields="thi; rank" if full else None,
                provisional_fields=(
                    "thi; release_volume_m3; people_at_risk; consequence_class; rank"
                    if full
                    else "rank"
                ),
                provisional=True,
                confidence="M-part",
                missing="whc; fos_static",
            )
        )
    return rows


def _motion() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    rows, points = [], []
    for item in FACILITIES:
        key, placed = item["tmf_id"], item["lon_deg"] is not None
        measured = key == "aa-01"
        status = "measured" if measured else "not_covered" if placed else "no_position"
        rows.append(
            row(
                "displacement",
                tmf_id=key,
                status=status,
                reason=(
                    "measured|n_points=3|radius_m=1000|first_date=2019-01-06|"
                    "last_date=2024-12-30"
                )
                if measured
                else "not_covered"
                if placed
                else "no_position",
                watch_level="yellow" if measured else "not_assessed",
                n_points=3 if measured else 0,
                velocity_median_mm_per_yr=-12.34567 if measured else None,
                velocity_std_mm_per_yr=1.2 if measured else None,
                last_epoch="2024-12-30" if measured else None,
                provisional=measured,
            )
        )
    for i, rate in enumerate((-20.0, 0.0, 15.0)):
        points.append(
            row(
                "displacement_points",
                tmf_id="aa-01",
                source_id="test",
                point_id=f"p{i}",
                zone="facility",
                component="los",
                distance_m=300.0 * (i + 1),
                velocity_mm_per_yr=rate,
                n_epochs=10,
                geometry=Point(71.0 + 0.002 * i, 41.0),
            )
        )
    return rows, points


def _zones() -> dict[str, list[dict[str, Any]]]:
    """Outline of a dam, its stack over time with a break, and its row."""
    where = {"tmf_id": "aa-01", "zone": "dam"}
    stack = {**where, "source_id": "test"}
    days = [f"2024-{month:02d}-15" for month in range(1, 13)]
    return {
        "zones": [
            row("zones", **where, n_polygons=1, source_file="zones.geojson",
                geometry=MultiPolygon([box(71.0, 40.999, 71.004, 41.001)]))
        ],
        "displacement_zones": [
            row("displacement_zones", **stack, component="los", n_points=3, n_usable=2,
                velocity_mm_per_yr=-12.3, velocity_mm_per_yr_low=-13.5,
                velocity_mm_per_yr_high=-11.1, course="breaks",
                break_dates="2024-06-15", highest_level="red")
        ],
        "displacement_curves": [
            row("displacement_curves", **stack, date=day, stack_mm=-float(k),
                model_mm=-1.1 * k, model_mm_low=-1.1 * k - 2.0,
                model_mm_high=-1.1 * k + 2.0, is_break=day == "2024-06-15")
            for k, day in enumerate(days)
        ],
    }  # fmt: skip


def _sheet() -> dict[str, list[dict[str, Any]]]:
    """Tables of the contingency sheet: a border, a town and a reservoir."""
    contingency, notifications, entries = [], [], []
    border = {
        "place_id": "border-kg-uz-river-2", "place_kind": "border", "place_order": 1,
        "name": "River 2", "name_ru": "Река 2", "river": "River 2",
        "river_ru": "Река 2", "from_country": "KG", "to_country": "UZ",
        "border_kind": "successive", "lon_deg": 70.7, "lat_deg": 40.9,
        "distance_m": 57_123.4, "within_two_days": True, "disputed": True,
    }  # fmt: skip
    town = {
        "place_id": "settlement-testtown", "place_kind": "settlement", "place_order": 2,
        "name": EVIL, "name_ru": EVIL, "country": "UZ", "people": 12_345.0,
        "river": "River 2", "lon_deg": 70.6, "lat_deg": 40.85, "distance_m": 70_000.0,
    }  # fmt: skip
    lake = {
        "place_id": "reservoir-test-lake", "place_kind": "reservoir", "place_order": 3,
        "name": "Test Lake", "country": "UZ", "lon_deg": 70.0, "lat_deg": 40.6,
        "distance_m": 150_000.0, "beyond_standing_water": True,
    }  # fmt: skip
    for i, item in enumerate(FACILITIES):
        key = item["tmf_id"]
        joined = key in ("aa-01", "aa-02", "aa-01-1")
        entries.append(
            row(
                "spill_entries", tmf_id=key, river="River 1" if joined else None,
                path_status="measured" if joined else "not_covered",
                snap_confidence="high" if joined else "none",
                reach_id=1 if joined else None, to_end_m=150_000.0 if joined else None,
                discharge_m3s=5.0 if joined else None,
                discharge_source="given" if joined else None,
                velocity_peak_m_per_s=0.9 if joined else None,
                velocity_method="allen" if joined else None,
            )
        )  # fmt: skip
        if not joined:
            continue
        order = {"order_by_arrival": i + 1, "order_by_hazard": 6 - i}
        ranked = {"rank": 6 - i, "rank_provisional": True}
        told = {"by_canal": False, "snap_confidence": "high", "share_positions": 1.0}
        for place in (border, town, lake):
            times = _arrival(17.3 + i) if place is not lake else {}
            contingency.append(
                row("contingency", tmf_id=key, snap_confidence="high", **place,
                    **order, **ranked, **times)
            )  # fmt: skip
        notifications += [
            row("notifications", tmf_id=key, country="UZ", tell_reason="river_enters",
                by_river=True, by_air=None, place_id=border["place_id"],
                distance_m=57_123.4, within_two_days=True, order_by_arrival=1,
                **told, **_arrival(17.3 + i)),
            row("notifications", tmf_id=key, country="KZ", tell_reason="canal",
                canal=EVIL, by_air=False, distance_m=90_000.0,
                beyond_standing_water=True, provisional=True, order_by_arrival=2,
                **{**told, "by_canal": True}, **_arrival(200.0)),
        ]  # fmt: skip
    notifications.append(
        row("notifications", tmf_id="aa-04", country="KG", tell_reason="air",
            by_air=True, distance_air_m=4_000.0, order_by_arrival=1,
            snap_confidence="none")
    )  # fmt: skip
    return {
        "contingency": contingency,
        "notifications": notifications,
        "spill_entries": entries,
    }


def make_tables() -> dict[str, pd.DataFrame]:
    """All tables that the pages read."""
    motion, points = _motion()
    value = {"tmf_id": "aa-02", "field": "operator", "value": EVIL, "unit": "-"}
    rows: dict[str, list[dict[str, Any]]] = {
        "facilities": list(FACILITIES),
        "facility_values": [
            row("facility_values", **value, source=EVIL, quality="recalled", note=EVIL),
            row("facility_values", tmf_id="aa-01", field="volume_m3", value="1960000",
                unit="m3", year=2011, source="A report", quality="sourced"),
        ],
        "ledger": [
            row("ledger", file="test.csv", row=3, tmf_id="aa-02", field="name",
                found=EVIL, action="flagged",
                reason=LEDGER_REASONS.reason("other_basin", basin=EVIL)),
        ],
        "hazards": _hazards(),
        "hazard_changes": list(change_rows(_hazards())),
        "assessment_changes": _changes(),
        "dam_checks": _checks(),
        "mixtures": _mixtures(),
        "components": [],
        "displacement": motion,
        "displacement_points": points,
        **_zones(),
        "reaches": list(REACHES),
        **_rivers(),
        "assessment": _assessment(),
        **_sheet(),
        "measures": [
            row("measures", tmf_id="aa-01", measure_id="survey_position",
                horizon="short", priority=1, reason="position_uncertain",
                detail="radius_km=8"),
            row("measures", tmf_id="aa-01", measure_id="agree_contact_points",
                horizon="medium", priority=2, reason="border_downstream",
                detail="countries=UZ, KZ"),
        ],
    }  # fmt: skip
    return {name: table_of(name, made) for name, made in rows.items()}


def _layers(folder: Path) -> list[dict[str, Any]]:
    folder.mkdir(parents=True)
    west, east = box(69, 39, 70.7, 43), box(70.7, 39, 73, 43)
    frames = {
        "borders": gpd.GeoDataFrame(
            {"iso_a2": ["UZ", "KG"]}, geometry=[west, east], crs=CRS
        ),
        "boundary_lines": gpd.GeoDataFrame(
            {"status": ["recognised", "disputed"]},
            geometry=[
                LineString([(70.7, 39), (70.7, 41)]),
                LineString([(70.7, 41), (70.7, 43)]),
            ],
            crs=CRS,
        ),
        "lakes": gpd.GeoDataFrame(
            {"name": ["Test Lake"]},
            geometry=[Polygon([(69.9, 40.5), (70.1, 40.5), (70.0, 40.7)])],
            crs=CRS,
        ),
        "places": gpd.GeoDataFrame(
            {
                "name": ["Testtown", EVIL, "Hamlet"],
                "name_ru": ["Тестгород", None, None],
                "population": [400_000.0, 350_000.0, None],
            },
            geometry=[Point(70.6, 40.85), Point(71.5, 41.5), Point(70.2, 41.6)],
            crs=CRS,
        ),
    }
    for name, frame in frames.items():
        frame.to_file(folder / f"{name}.gpkg", layer=name, driver="GPKG")
    profile = {
        "driver": "GTiff", "height": 20, "width": 20, "count": 1, "dtype": "int16",
        "crs": CRS, "transform": Affine(0.2, 0, 69, 0, -0.2, 43), "nodata": -999,
    }  # fmt: skip
    heights = np.add.outer(np.arange(20), np.arange(20)).astype("int16") * 100
    with rasterio.open(folder / "relief.tif", "w", **profile) as target:
        target.write(heights, 1)
    made = [_layer(folder, name, f"{name}.gpkg", name) for name in frames]
    made.append(_layer(folder, "relief", "relief.tif", None))
    made += [_hazard_layer(folder, "test-pga"), _hazard_layer(folder, "test-rain")]
    return made


def _layer(folder: Path, use: str, file: str, table: str | None) -> dict[str, Any]:
    return {
        "layer": {
            "id": f"test-{use.replace('_', '-')}",
            "title": {"en": f"Layer {use}", "ru": f"Слой {use}"},
            "role": use,
            "kind": "raster" if file.endswith(".tif") else "vector",
            "file": file,
            "table": table,
            "unit": "m" if use == "relief" else "-",
            "crs": CRS,
            "nodata": -999 if use == "relief" else None,
            "resolution": "test",
            "licence": {"name": "CC0-1.0"},
            "citation": "Made for a test",
            "version": "1",
        },
        "state": "available",
        "path": str(folder / file),
        "origin": "shipped",
        "reason": "Found.",
        "uses": [use],
    }


def _hazard_layer(folder: Path, layer_id: str) -> dict[str, Any]:
    made = _layer(folder, "hazards", "relief.tif", None)
    pga = layer_id == "test-pga"
    made["layer"] |= {
        "id": layer_id,
        "role": "hazard",
        "hazard": "earthquake" if pga else "flood",
        "intensity_measure": "PGA" if pga else "rain_rate_001pct",
        "bands": [{"level": "475" if pga else "p0.01"}],
        "demonstration": pga,
        "caveat": {"en": "A stand-in.", "ru": "Заменитель."},
    }
    return made


def make_region(folder: Path, methods: Path) -> SmallRegion:
    """Write the region's files below a folder."""
    tables = folder / "tables"
    made = make_tables()
    missing = set(made) - set(all_tables())
    if missing:
        raise AssertionError(f"unknown tables {missing}")
    for name, frame in made.items():
        write_table(frame, name, tables / f"{name}.parquet")
    manifest = folder / "layers" / "manifest.json"
    layers = sorted(_layers(folder / "base"), key=lambda item: item["layer"]["id"])
    write_json(manifest, {"region": "small", "layers": layers})
    region = folder / "small.yaml"
    content = {
        "region": "small",
        "title": {"en": "Small region <&>", "ru": "Малый регион <&>"},
        "bbox": {
            "west_deg": 70.0, "south_deg": 40.0, "east_deg": 72.0, "north_deg": 42.0,
        },
        "metric_crs": "EPSG:32642",
        "countries": ["KG", "UZ"],
        "inventory": [{"path": "inventory.csv"}],
        "layers": {"hazards": ["test-pga", "test-rain"]},
        "languages": ["en", "ru"],
    }  # fmt: skip
    region.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return SmallRegion(region, methods, tables, manifest)
