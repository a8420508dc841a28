"""The project's own river layers (see ``layers/<region>/recipes``)."""

from __future__ import annotations

from pipeline.rivers.networks import NetworkFormat

FORMAT = NetworkFormat(
    name="natech",
    title="river layer of this project",
    recognised_by=("reach_id", "next_reach_id", "upstream_area_km2"),
    columns={
        "source_id": "reach_id",
        "next_id": "next_reach_id",
        "terminal": "terminal_name",
        "length_m": "flow_length_m",
        "slope": "slope",
        "area_km2": "upstream_area_km2",
        "discharge_m3s": "discharge_mean_m3s",
        "discharge_factor": "discharge_uncertainty_factor",
        "discharge_status": "discharge_status",
        "discharge_how": "discharge_how",
        "position_m": "position_uncertainty_m",
        "name": "name_en",
        "name_ru": "name_ru",
        "country_left": "country_left",
        "country_right": "country_right",
        "lake": "lake_id",
        "lake_name": "lake_name_en",
        "strahler": "strahler_order",
        "velocity_m_per_s": "velocity_m_per_s",
        "hydraulic_radius_m": "hydraulic_radius_m",
        "roughness": "manning_n",
        "remark": "remark",
    },
    required=frozenset({"area_km2", "discharge_m3s"}),
    ends=(None, 0, -1),
)
