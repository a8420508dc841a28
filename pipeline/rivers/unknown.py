"""Tables of a region that has no river layer: every way downstream is unknown."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from pipeline.core.model import Status
from pipeline.core.schemas.snaps import SNAP_REASONS
from pipeline.core.tables import empty_table, table_of
from pipeline.rivers.compute import air_distance
from pipeline.rivers.following import Surroundings, sites_of
from pipeline.rivers.snapping import Snap


def tables_without_rivers(
    facilities: pd.DataFrame, around: Surroundings, names: Sequence[str]
) -> dict[str, pd.DataFrame]:
    """Tables named in ``names``: all empty, but for the facilities and their reason.

    Distances to borders through the air are still measured.
    """
    ordered = facilities.sort_values("tmf_id", kind="stable")
    country = dict(zip(ordered["tmf_id"], ordered["country"], strict=True))
    rows = []
    for site in sites_of(ordered):
        reason = SNAP_REASONS.reason("no_river_layer")
        border = air_distance(Snap(site, Status.NOT_PROVIDED, reason), country, around)
        rows.append(
            {
                "tmf_id": site.tmf_id,
                "snap_status": Status.NOT_PROVIDED,
                "reason": reason,
                "snap_rule": "none",
                "snap_confidence": "none",
                "n_candidate_reaches": 0,
                "distance_border_air_m": border.distance_m if border else None,
                "nearest_border_country": border.country if border else None,
            }
        )
    tables = {name: empty_table(name) for name in names}
    return tables | {"snaps": table_of("snaps", rows)}
