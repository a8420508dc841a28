"""MERIT-Basins rivers (Lin et al. 2019), which have slopes but no discharge.

Discharge must be joined to the layer as a column ``dis_mean_m3s`` for velocities.
"""

from __future__ import annotations

from pipeline.rivers.networks import NetworkFormat

FORMAT = NetworkFormat(
    name="merit",
    title="MERIT-Basins",
    recognised_by=("COMID", "NextDownID", "lengthkm", "uparea"),
    columns={
        "source_id": "COMID",
        "next_id": "NextDownID",
        "length_m": "lengthkm",
        "area_km2": "uparea",
        "slope": "slope",
        "strahler": "order",
        "discharge_m3s": "dis_mean_m3s",
    },
    required=frozenset({"length_m", "area_km2"}),
    factors={"length_m": 1000.0},
    ends=(None, 0),
)
