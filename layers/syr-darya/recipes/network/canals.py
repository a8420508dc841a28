"""Large canals and spillways as optional branches of the network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from network.lines import GEOD, parse_path, through

if TYPE_CHECKING:
    from pathlib import Path

CANAL_NOTE = (
    "Drawn through a few known points; flows recalled, share = canal flow over canal "
    "plus river flow at the head"
)


def reach_at(
    reaches: gpd.GeoDataFrame, river: str, place: shapely.Point
) -> tuple[int, float]:
    """Reach of a named river next to a point, and its mean discharge.

    Raises
    ------
    ValueError
        If the network has no such river.
    """
    own = reaches[reaches["river_id"] == river]
    if own.empty:
        raise ValueError(f"canals.csv: no river {river} in the network")
    nearest = own.iloc[int(np.argmin(shapely.distance(own.geometry.array, place)))]
    return int(nearest["reach_id"]), float(nearest["discharge_mean_m3s"])


def canal_table(table: Path, reaches: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Canals with the reaches they leave and, where they do, come back to.

    Parameters
    ----------
    table
        ``canals.csv``.
    reaches
        The finished table of reaches.
    """
    rows = []
    for row in pd.read_csv(table).itertuples(index=False):
        points = through(np.array([point for _, point in parse_path(row.path)]))
        line = shapely.LineString(points)
        start, river_m3s = reach_at(reaches, row.from_river, shapely.Point(points[0]))
        back = None
        if row.to_river in set(reaches["river_id"].dropna()):
            back, _ = reach_at(reaches, row.to_river, shapely.Point(points[-1]))
        rows.append(
            {
                "canal_id": row.canal_id,
                "name_en": row.name_en,
                "name_ru": row.name_ru,
                "kind": row.kind,
                "from_reach_id": start,
                "to_reach_id": back,
                "ends_in": "river"
                if back
                else ("lake" if row.to_river == "aydar" else "fields"),
                "mean_flow_m3s": float(row.mean_flow_m3s),
                "capacity_m3s": float(row.capacity_m3s),
                "share": round(row.mean_flow_m3s / (row.mean_flow_m3s + river_m3s), 3),
                "length_m": round(GEOD.geometry_length(line), 1),
                "confidence": row.confidence,
                "source": row.source,
                "note_en": CANAL_NOTE,
                "geometry": line,
            }
        )
    out = gpd.GeoDataFrame(pd.DataFrame(rows), geometry="geometry", crs="EPSG:4326")
    out["to_reach_id"] = out["to_reach_id"].astype("Int64")
    return out.sort_values("canal_id").reset_index(drop=True)
