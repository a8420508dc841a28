"""Facilities upstream of a place or of a border, ranked by arrival or by hazard."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd

TIMES: Final = (
    "arrival_lead_h_low",
    "arrival_lead_h",
    "arrival_lead_h_high",
    "arrival_peak_h_low",
    "arrival_peak_h",
    "arrival_peak_h_high",
)
HAZARD: Final = (
    "rank",
    "rank_low",
    "rank_high",
    "consequence_class_low",
    "consequence_class",
    "consequence_class_high",
)
COLUMNS: Final = (
    "tmf_id",
    "name",
    "country",
    "distance_m",
    *TIMES,
    "beyond_standing_water",
    "share",
    "snap_confidence",
    *HAZARD,
)
BORDER_COLUMNS: Final = (
    "tmf_id",
    "name",
    "country",
    "crossing",
    "kind",
    "river",
    "lon_deg",
    "lat_deg",
    "distance_m",
    *TIMES,
    "within_two_days",
    "beyond_standing_water",
    "disputed",
    "share",
    "snap_confidence",
    *HAZARD,
)
ORDERS: Final = {
    "arrival": ["arrival_lead_h", "distance_m", "tmf_id"],
    "hazard": ["rank", "arrival_lead_h", "distance_m", "tmf_id"],
}
"""Columns that put the rows in order; what is unknown comes last."""


def facilities_upstream(
    tables: dict[str, Any], reach: int, fraction: float
) -> pd.DataFrame:
    """Facilities whose water passes a place, one row each.

    ``share`` is the share of the places at which the facility may lie that drain there.
    Facilities that are joined to another river, but some of whose positions drain
    there, have a row without distance and arrival.

    Parameters
    ----------
    tables
        ``reaches``, ``snaps``, ``candidates``, ``downstream``, ``facilities``, and
        ``assessment`` where there is one.
    reach, fraction
        Reach of the place and the share of it upstream of the place.
    """
    reaches = tables["reaches"].set_index("reach_id")
    snaps = tables["snaps"].dropna(subset=["reach_id"])
    first = reach - int(reaches.loc[reach, "n_upstream"])
    above = snaps[
        snaps["reach_id"].between(first, reach)
        & ~((snaps["reach_id"] == reach) & (snaps["reach_fraction"] > fraction))
    ]
    paths = tables["downstream"]
    paths = paths[paths["tmf_id"].isin(above["tmf_id"])].sort_values(["tmf_id", "step"])
    before = paths.groupby("tmf_id")[[*TIMES]].shift()
    here = paths[paths["reach_id"] == reach].set_index("tmf_id")
    starts = before.loc[paths["reach_id"] == reach].set_axis(here.index)
    starts[here["step"] == 0] = 0.0
    entry = above.set_index("tmf_id")["reach_fraction"].where(here["step"] == 0, 0.0)
    share = ((fraction - entry) / (1 - entry)).reindex(here.index)
    standing = pd.notna(reaches.loc[reach, "lake"]) and fraction > 0
    result = here[["beyond_standing_water"]].copy()
    length = here["distance_end_m"] - here["distance_start_m"]
    result["distance_m"] = here["distance_start_m"] + share.fillna(0.0) * length
    for name in TIMES:
        step = share.fillna(0.0) * (here[name] - starts[name])
        result[name] = np.nan if standing else starts[name] + step
    share_there = _shares_upstream(tables["candidates"], first, reach, fraction)
    every = result.index.union(share_there.index[share_there > 0])
    result = result.reindex(every).join(share_there)
    result["beyond_standing_water"] = result["beyond_standing_water"].astype("boolean")
    return _described(result, tables)[list(COLUMNS)]


def _shares_upstream(
    candidates: pd.DataFrame, first: int, reach: int, fraction: float
) -> pd.Series:
    """Share of each facility's positions that drain through a place."""
    above = candidates["reach_id"].between(first, reach) & ~(
        (candidates["reach_id"] == reach) & (candidates["reach_fraction"] > fraction)
    )
    shares = candidates[above].groupby("tmf_id")["share"].sum()
    return shares.clip(upper=1.0).rename("share")


def facilities_above_border(
    tables: dict[str, Any], from_country: str, to_country: str
) -> pd.DataFrame:
    """Crossings from one country into another, one row per facility and crossing.

    ``share`` is the share of the places at which the facility may lie from which the
    water reaches the country at all. Facilities that reach it from some positions
    only, and not from the reach that they are joined to, have a row without crossing.

    Parameters
    ----------
    tables
        ``crossings``, ``possible_countries``, ``candidates``, ``snaps``,
        ``facilities``, and ``assessment`` where there is one.
    """
    crossings = tables["crossings"]
    here = crossings[
        (crossings["from_country"] == from_country)
        & (crossings["to_country"] == to_country)
    ].set_index("tmf_id")
    wanted = [c for c in BORDER_COLUMNS if c in here.columns]
    possible = tables["possible_countries"]
    share = possible[possible["country"] == to_country].set_index("tmf_id")["share"]
    others = tables["candidates"]
    others = others[
        (others["border_from"] == from_country) & (others["border_to"] == to_country)
    ]
    only_possible = pd.Index(others["tmf_id"].unique()).difference(here.index)
    rows = pd.concat([here[wanted], pd.DataFrame(index=only_possible)])
    rows.index.name = "tmf_id"
    return _described(rows.join(share), tables)[list(BORDER_COLUMNS)]


def _described(rows: pd.DataFrame, tables: dict[str, Any]) -> pd.DataFrame:
    """Add what facilities are called, how sure the join is, and their ranks."""
    known = tables["facilities"].set_index("tmf_id")[["name", "country"]]
    snaps = tables["snaps"].set_index("tmf_id")[["snap_confidence"]]
    result = rows.join(known).join(snaps)
    if (assessed := tables.get("assessment")) is not None:
        result = result.join(assessed.set_index("tmf_id")[list(HAZARD)])
    else:
        result = result.reindex(columns=[*result.columns, *HAZARD])
    return result.rename_axis("tmf_id").reset_index()


def in_order(rows: pd.DataFrame, order: str) -> pd.DataFrame:
    """Rows by ``arrival`` or by ``hazard`` (rank of the risk index)."""
    ordered = rows.sort_values(ORDERS[order], na_position="last", kind="stable")
    return ordered.reset_index(drop=True)
