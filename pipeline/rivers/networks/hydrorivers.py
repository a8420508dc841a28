"""HydroRIVERS 1.0 (Lehner and Grill 2013); columns as in its technical documentation.

The layer has no slope, no lakes and no countries: velocities come from the equation
without slope, lakes and countries from the region's other layers.
"""

from __future__ import annotations

from pipeline.rivers.networks import NetworkFormat

FORMAT = NetworkFormat(
    name="hydrorivers",
    title="HydroRIVERS",
    recognised_by=("HYRIV_ID", "NEXT_DOWN", "LENGTH_KM", "UPLAND_SKM", "DIS_AV_CMS"),
    columns={
        "source_id": "HYRIV_ID",
        "next_id": "NEXT_DOWN",
        "length_m": "LENGTH_KM",
        "area_km2": "UPLAND_SKM",
        "discharge_m3s": "DIS_AV_CMS",
        "strahler": "ORD_STRA",
    },
    required=frozenset({"length_m", "area_km2", "discharge_m3s"}),
    factors={"length_m": 1000.0},
    ends=(None, 0),
)
