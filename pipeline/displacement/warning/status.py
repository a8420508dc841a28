"""What can be said of a facility before any series is looked at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from pipeline.core.methods.displacement import DisplacementMethods
from pipeline.core.model import DisplacementStatus, WatchLevel
from pipeline.core.reasons import joined
from pipeline.core.schemas.displacement import STATUS_REASONS, WATCH_REASONS
from pipeline.displacement.search import SearchArea
from pipeline.displacement.zones import Outlines, middle_and_reach

CAVEAT: Final = WATCH_REASONS.reason("no_signal_is_no_proof")


def empty_row(tmf_id: str, status: DisplacementStatus, code: str) -> dict[str, Any]:
    """Row of a facility without displacement values; ``code`` says why."""
    return {
        "tmf_id": tmf_id,
        "status": str(status),
        "reason": STATUS_REASONS.reason(code),
        "watch_level": str(WatchLevel.NOT_ASSESSED),
        "watch_reason": joined(WATCH_REASONS.reason("no_series"), CAVEAT),
        "needs_confirmation": False,
        "n_points": 0,
        "n_sources": 0,
        "own_thresholds": False,
        "provisional": True,
    }


def search_area(
    facility: Mapping[str, Any], methods: DisplacementMethods, outlines: Outlines = ()
) -> SearchArea | None:
    """Circle in which points count for a facility; None without a place.

    The circle is as wide as the position is uncertain, so that the facility lies in
    it, and at least the search radius. Outlines of zones tell the place better than a
    position: the circle then lies around them.
    """
    tmf_id = str(facility["tmf_id"])
    if outlines:
        lon, lat, reach = middle_and_reach(outlines)
        return SearchArea(
            tmf_id=tmf_id,
            lon_deg=lon,
            lat_deg=lat,
            radius_m=max(methods.search_radius_m, reach),
            facility_radius_m=methods.facility_radius_m,
            outlines=outlines,
        )
    lon, lat = facility["lon_deg"], facility["lat_deg"]
    radius = facility["position_radius_m"]
    if not (np.isfinite(lon) and np.isfinite(lat)):
        return None
    uncertain = float(radius) if np.isfinite(radius) else 0.0
    return SearchArea(
        tmf_id=tmf_id,
        lon_deg=float(lon),
        lat_deg=float(lat),
        radius_m=max(methods.search_radius_m, uncertain),
        facility_radius_m=max(methods.facility_radius_m, uncertain),
        is_coarse=uncertain > methods.maximum_position_radius_m,
        position_radius_m=uncertain,
    )
