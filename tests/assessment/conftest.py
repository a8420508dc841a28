"""Hand-made tables of a few facilities, and the shipped scheme."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from shapely.geometry import LineString, MultiPolygon, Point, box

from pipeline.assessment.scheme import Scheme, read_scheme
from pipeline.core.config import read_methods
from pipeline.core.methods.assessment import AssessmentMethods
from pipeline.core.tables import table_of

Rows = list[dict[str, Any]]


@pytest.fixture(scope="session")
def scheme(project) -> Scheme:
    """The shipped provisional scheme."""
    return read_scheme("uba-icpdr-provisional", project / "configs" / "schemes")


@pytest.fixture(scope="session")
def methods(project) -> AssessmentMethods:
    """The shipped choices, with fewer draws."""
    shipped = read_methods(project / "configs" / "methods.yaml").assessment
    return shipped.model_copy(update={"rank_draws": 200})


def facility(tmf_id: str, **changes: Any) -> dict[str, Any]:
    """One row of the table ``facilities``; measured columns by value alone."""
    row: dict[str, Any] = {
        "tmf_id": tmf_id,
        "name": tmf_id,
        "role": "facility",
        "counts_in_totals": True,
        "country": "KG",
        "facility_type": "tailings",
        "status": "unknown",
        "remediation": "unknown",
        "lon_deg": 70.5,
        "lat_deg": 40.5,
        "position_quality": "surveyed",
        "position_radius_m": 200.0,
        "dam_type": "unknown",
        "source_file": "hand.csv",
        "source_row": 2,
    }
    row |= changes
    for name in (
        "volume_m3",
        "mass_t",
        "area_m2",
        "dam_height_m",
        "dam_length_m",
        "slope_deg",
        "fos_static",
        "yield_acceleration_g",
        "freeboard_m",
        "pond_volume_m3",
        "ph",
        "cyanide_wad_mg_per_l",
        "whc",
    ):
        has_value = row.get(name) is not None
        row[f"{name}_status"] = "measured" if has_value else "not_provided"
    lon = row["lon_deg"]
    row["geometry"] = None if lon is None else Point(lon, row["lat_deg"])
    return row


def pga_rows(tmf_id: str, values: dict[float, float], **changes: Any) -> Rows:
    """Rows of the table ``hazards`` of one seismic layer."""
    return [
        {
            "tmf_id": tmf_id,
            "hazard": "earthquake",
            "process": "ground_motion",
            "intensity_measure": "PGA",
            "unit": "g",
            "layer_id": "pga",
            "level": str(int(period)),
            "return_period_yr": period,
            "scenario": "historical",
            "horizon": "present",
            "percentile": 50.0,
            "intensity": value,
            "intensity_low": value * 0.9,
            "intensity_high": value * 1.1,
            "intensity_status": "measured",
            "covered_fraction": 1.0,
            "place": "circle",
            "radius_m": 200.0,
            "demonstration": True,
            "provisional": True,
            "confidence": "P",
        }
        | changes
        for period, value in values.items()
    ]


def water_rows(tmf_id: str, values: dict[float, float | None], **changes: Any) -> Rows:
    """Rows of the table ``hazards`` of a flood layer (depth, m) without spread."""
    return [
        {
            "tmf_id": tmf_id,
            "hazard": "flood",
            "process": "fluvial_flood",
            "intensity_measure": "depth",
            "unit": "m",
            "layer_id": "flood",
            "level": str(int(period)),
            "return_period_yr": period,
            "scenario": "historical",
            "horizon": "present",
            "percentile": 50.0,
            "intensity": value,
            "intensity_low": value,
            "intensity_high": value,
            "intensity_status": "not_provided" if value is None else "measured",
            "covered_fraction": 1.0,
            "place": "circle",
            "radius_m": 200.0,
            "demonstration": False,
            "provisional": False,
            "confidence": "V",
        }
        | changes
        for period, value in values.items()
    ]


def zone(tmf_id: str, name: str, area_m2: float) -> dict[str, Any]:
    """One row of the table ``zones``: a square somewhere."""
    return {
        "tmf_id": tmf_id,
        "zone": name,
        "area_m2": area_m2,
        "distance_m": 0.0,
        "n_polygons": 1,
        "source_file": "hand.geojson",
        "geometry": MultiPolygon([box(70.5, 40.5, 70.51, 40.51)]),
    }


def snap(tmf_id: str, **changes: Any) -> dict[str, Any]:
    """One row of the table ``snaps``, joined with high confidence."""
    return {
        "tmf_id": tmf_id,
        "snap_status": "measured",
        "reason": "nearest|distance_m=100",
        "reach_id": 1,
        "snap_distance_m": 100.0,
        "snap_rule": "nearest",
        "reach_fraction": 0.5,
        "snap_confidence": "high",
        "n_candidate_reaches": 1,
        "path_length_m": 500_000.0,
        "terminal": "sea",
        "distance_border_air_m": 20_000.0,
        "nearest_border_country": "UZ",
        "share_chosen": 1.0,
        "share_border": 1.0,
        "share_two_days": 1.0,
        "share_two_days_unknown": 0.0,
        "share_no_reach": 0.0,
        "possible_countries": "UZ 1.00",
    } | changes


def crossing(tmf_id: str, number: int = 1, **changes: Any) -> dict[str, Any]:
    """One row of the table ``crossings``."""
    return {
        "tmf_id": tmf_id,
        "crossing": number,
        "from_country": "KG",
        "to_country": "UZ",
        "kind": "successive",
        "reach_id": 2,
        "lon_deg": 70.0,
        "lat_deg": 40.4,
        "distance_m": 40_000.0,
        "stretch_m": 10_000.0,
        "arrival_lead_h": 10.0,
        "arrival_peak_h": 11.2,
        "within_two_days": True,
        "beyond_standing_water": False,
    } | changes


def settlement(tmf_id: str, name: str, **changes: Any) -> dict[str, Any]:
    """One row of the table ``receptors``: a village of 600 by the river."""
    row = {
        "tmf_id": tmf_id,
        "kind": "settlement",
        "receptor_id": name,
        "name": name,
        "country": "KG",
        "lon_deg": 70.4,
        "lat_deg": 40.5,
        "reach_id": 1,
        "distance_m": 4000.0,
        "distance_to_river_m": 300.0,
        "people": 600.0,
        "beyond_standing_water": False,
    } | changes
    row["people_status"] = "not_provided" if row["people"] is None else "measured"
    return row


def reach(reach_id: int, **changes: Any) -> dict[str, Any]:
    """One row of the table ``reaches``: 30 km with 5 m3/s."""
    west = 70.0 + 0.3 * reach_id
    return {
        "reach_id": reach_id,
        "next_reach_id": None,
        "source_id": str(reach_id),
        "n_upstream": 0,
        "length_m": 30_000.0,
        "discharge_m3s": 5.0,
        "discharge_m3s_status": "measured",
        "discharge_source": "given",
        "velocity_peak_m_per_s": 0.8,
        "velocity_method": "jobson_slope",
        "to_end_m": 30_000.0,
        "geometry": LineString([(west, 40.5), (west + 0.3, 40.5)]),
    } | changes


def displacement(tmf_id: str, **changes: Any) -> dict[str, Any]:
    """One row of the table ``displacement``: no series."""
    return {
        "tmf_id": tmf_id,
        "status": "not_covered",
        "reason": "not_covered",
        "watch_level": "not_assessed",
        "needs_confirmation": False,
        "n_points": 0,
        "n_sources": 0,
        "own_thresholds": False,
        "provisional": True,
    } | changes


@pytest.fixture(scope="session")
def make_tables() -> Callable[..., dict[str, Any]]:
    """Build checked input tables from rows; tables that are left out are empty."""

    def make(**rows: Rows) -> dict[str, Any]:
        names = (
            "facilities",
            "facility_values",
            "hazards",
            "displacement",
            "snaps",
            "crossings",
            "receptors",
            "reaches",
            "branches",
            "possible_countries",
            "zones",
            "components",
        )
        return {name: table_of(name, rows.get(name, [])) for name in names}

    return make


@pytest.fixture(scope="session")
def rows() -> SimpleNamespace:
    """Builders of rows, by table."""
    return SimpleNamespace(
        facility=facility,
        pga=pga_rows,
        water=water_rows,
        zone=zone,
        snap=snap,
        crossing=crossing,
        settlement=settlement,
        reach=reach,
        displacement=displacement,
    )
