"""Lines without topology: any line layer that does not say which reach follows which.

Confluences and directions are found (see `linework` and `orient`); the columns help
where the layer has them.
"""

from __future__ import annotations

from pipeline.rivers.networks import NetworkFormat

FORMAT = NetworkFormat(
    name="lines",
    title="lines without topology",
    recognised_by=(),
    columns={
        "source_id": "river_id",
        "name": "name_en",
        "name_ru": "name_ru",
        "terminal": "terminal_name",
        "area_km2": "upstream_area_km2",
        "discharge_m3s": "discharge_mean_m3s",
        "discharge_factor": "discharge_uncertainty_factor",
        "discharge_status": "discharge_status",
        "discharge_how": "discharge_how",
        "position_m": "position_uncertainty_m",
        "country_left": "country_left",
        "country_right": "country_right",
        "lake": "lake_id",
        "lake_name": "lake_name_en",
        "velocity_m_per_s": "velocity_m_per_s",
        "hydraulic_radius_m": "hydraulic_radius_m",
        "roughness": "manning_n",
    },
    aliases={
        "source_id": ("line_id", "rivernum", "osm_id", "ogc_fid", "objectid", "fid"),
        "name": ("name",),
        "terminal": ("terminal", "outlet"),
        "area_km2": ("area_km2", "catch_skm", "uparea", "upland_skm"),
        "discharge_m3s": ("discharge_m3s", "dis_av_cms", "dis_mean_m3s", "qmean_m3s"),
    },
)
