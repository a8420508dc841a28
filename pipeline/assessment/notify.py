"""Whom to tell of an accident at a facility, and where a spill would enter a river.

The Convention asks to tell a country if the water reaches it, if the river on the way
becomes its border, or if its border lies within the limit of the location criterion by
air. Water may also come by a canal, or by another river where the position of the
facility is uncertain. How late it comes does not matter: arrival gives the order alone.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from pipeline.assessment.places import named_reaches
from pipeline.core.model import Confidence, Status
from pipeline.core.schemas.assessment import AirBasis
from pipeline.core.schemas.contingency import PlaceKind, TellReason
from pipeline.core.tables import check_table, empty_table, table_schema

_KEY: Final = ["tmf_id", "country"]
_CARRIED: Final = (
    "place_id",
    "distance_m",
    "arrival_lead_h",
    "arrival_lead_h_low",
    "arrival_lead_h_high",
    "arrival_peak_h",
    "arrival_peak_h_low",
    "arrival_peak_h_high",
    "unit_peak_mg_per_l_per_t",
    "within_two_days",
    "beyond_standing_water",
    "provisional",
    "confidence",
)


def notifications_table(
    facilities: pd.DataFrame,
    borders: pd.DataFrame,
    branches: pd.DataFrame,
    possible: pd.DataFrame,
    snaps: pd.DataFrame,
    assessment: pd.DataFrame,
    two_day_limit_h: float,
) -> pd.DataFrame:
    """Table ``notifications``.

    Parameters
    ----------
    facilities, branches, snaps, assessment
        Tables of those names; ``possible`` is the table ``possible_countries``.
    borders
        As `places.border_points` gives them.
    two_day_limit_h
        Hours that count as two days for canals; borders bring their own answer.
    """
    ways = [
        _by_river(facilities, borders),
        _by_canal(facilities, branches, two_day_limit_h),
        _from_elsewhere(facilities, possible),
    ]
    air = _by_air(facilities, snaps, assessment)
    water = _soonest_way(ways)
    rows = water.merge(air, on=_KEY, how="outer")
    if rows.empty:
        return empty_table("notifications")
    share = possible[[*_KEY, "share"]].rename(columns={"share": "share_positions"})
    rows = rows.merge(share, on=_KEY, how="left")
    canals = ways[1][[*_KEY, "canal", "canal_ru"]]
    rows = rows.merge(canals.assign(by_canal=True), on=_KEY, how="left")
    rows["by_canal"] = rows["by_canal"].astype("boolean").fillna(False)
    alone = rows["tell_reason"].isna()
    rows["tell_reason"] = rows["tell_reason"].where(~alone, rows["air_reason"])
    for name in ("by_river", "by_bank"):
        rows[name] = rows[name].astype("boolean").fillna(False)
    no_air = rows["air_reason"].isna()
    uncertain = rows["air_reason"] == TellReason.AIR_UNCERTAIN.value
    rows["by_air"] = (~no_air).astype("boolean").mask(uncertain.fillna(False))
    rows = rows.merge(snaps[["tmf_id", "snap_confidence"]], on="tmf_id", how="left")
    rows["snap_confidence"] = rows["snap_confidence"].fillna("none")
    rows["_lead"] = pd.to_numeric(rows["arrival_lead_h"])
    rows["_way"] = rows["tell_reason"].map(list(TellReason).index)
    rows = rows.sort_values(
        ["tmf_id", "_lead", "distance_m", "_way", "country"],
        na_position="last",
        kind="stable",
    )
    rows["order_by_arrival"] = rows.groupby("tmf_id").cumcount() + 1
    columns = table_schema("notifications").column_names
    return check_table(rows.reindex(columns=columns), "notifications")


def _soonest_way(ways: list[pd.DataFrame]) -> pd.DataFrame:
    """For each facility and country the way that is there first.

    Another possible position counts where neither river nor canal leads there. Low
    bounds are the earliest over river and canals.
    """
    columns = [*_KEY, *_CARRIED, "tell_reason"]
    parts = [
        way[columns].astype(object).assign(order=order)
        for order, way in enumerate(ways)
    ]
    rows = pd.concat(parts, ignore_index=True)
    for name in _CARRIED:
        if name.startswith(("arrival", "distance", "unit")):
            rows[name] = pd.to_numeric(rows[name]).astype("float64")
    rows["later"] = rows["tell_reason"] == TellReason.POSSIBLE.value
    rows = rows.sort_values(
        [*_KEY, "later", "arrival_lead_h", "order"], na_position="last", kind="stable"
    )
    direct = rows[~rows["later"]].groupby(_KEY)
    rows = rows.drop_duplicates(_KEY).drop(columns=["order", "later"])
    for name in ("arrival_lead_h_low", "arrival_peak_h_low"):
        soonest = direct[name].min().rename("soonest").reset_index()
        found = rows.merge(soonest, on=_KEY, how="left")["soonest"].to_numpy()
        timed = rows[name].notna()
        rows[name] = rows[name].where(~timed, np.fmin(rows[name], found))
    return rows.merge(ways[0][[*_KEY, "by_river", "by_bank"]], on=_KEY, how="left")


def _abroad(facilities: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Rows whose country is not that of the facility."""
    own = facilities[["tmf_id", "country"]].rename(columns={"country": "own"})
    joined = rows.merge(own, on="tmf_id", how="left")
    return joined[joined["country"].notna() & (joined["country"] != joined["own"])]


def _by_river(facilities: pd.DataFrame, borders: pd.DataFrame) -> pd.DataFrame:
    """First arrival in each other country on the path, and how it is reached."""
    reached = [
        borders.assign(country=borders["to_country"], side=0),
        borders.assign(country=borders["from_country"], side=1, kind="successive"),
    ]
    both = _abroad(facilities, pd.concat(reached, ignore_index=True))
    both = both.sort_values([*_KEY, "crossing", "side"])
    both["by_bank"] = both["kind"] == "contiguous"
    both["by_river"] = ~both["by_bank"]
    first = both.drop_duplicates(_KEY)[[*_KEY, "kind", *_CARRIED]]
    how = both.groupby(_KEY, as_index=False)[["by_river", "by_bank"]].any()
    found = first.merge(how, on=_KEY, how="left")
    reason = {
        "successive": TellReason.RIVER_ENTERS.value,
        "contiguous": TellReason.OTHER_BANK.value,
    }
    found["tell_reason"] = found["kind"].astype(object).map(reason)
    return found.drop(columns="kind")


def _by_canal(
    facilities: pd.DataFrame, branches: pd.DataFrame, limit_h: float
) -> pd.DataFrame:
    """First arrival in each other country that a canal leads to.

    Countries below the end of a canal that joins another river are reached no earlier
    than its end; that arrival stands for them.
    """
    entered = branches.assign(country=branches["to_country"])
    below = branches.assign(country=branches["countries_below"].str.split(";"))
    below = below.explode("country", ignore_index=True)
    below["country"] = below["country"].str.strip()
    rows = _abroad(facilities, pd.concat([entered, below], ignore_index=True))
    rows = rows.sort_values(
        [*_KEY, "arrival_lead_h", "distance_m", "canal_id", "place"],
        na_position="last",
        kind="stable",
    ).drop_duplicates(_KEY)
    peak = rows["arrival_peak_h"]
    return rows.assign(
        tell_reason=TellReason.CANAL.value,
        place_id=None,
        unit_peak_mg_per_l_per_t=None,
        within_two_days=(peak <= limit_h).astype("boolean").mask(peak.isna()),
    )[[*_KEY, *_CARRIED, "tell_reason", "canal", "canal_ru"]]


def _from_elsewhere(facilities: pd.DataFrame, possible: pd.DataFrame) -> pd.DataFrame:
    """Other countries that the water reaches from a possible position."""
    rows = _abroad(facilities, possible)
    surely_later = (rows["share_two_days"] == 0) & (rows["share_two_days_unknown"] == 0)
    timed = rows["arrival_lead_h"].notna()
    answer = pd.Series(pd.NA, index=rows.index, dtype="boolean")
    return rows.assign(
        tell_reason=TellReason.POSSIBLE.value,
        place_id=None,
        distance_m=None,
        unit_peak_mg_per_l_per_t=None,
        within_two_days=answer.mask(surely_later, False),
        beyond_standing_water=None,
        provisional=answer.mask(timed, True),
        confidence=timed.map({True: Confidence.PROJECT.value, False: None}),
    )[[*_KEY, *_CARRIED, "tell_reason"]]


def _by_air(
    facilities: pd.DataFrame, snaps: pd.DataFrame, assessment: pd.DataFrame
) -> pd.DataFrame:
    """Nearest country within the limit by air, or perhaps within it.

    Only the country of the nearest border is known; a second one as near is not found.
    """
    rows = snaps[["tmf_id", "distance_border_air_m", "nearest_border_country"]].merge(
        assessment[["tmf_id", "air_15km", "air_15km_basis"]], on="tmf_id"
    )
    rows = rows.merge(facilities[["tmf_id", "country"]], on="tmf_id")
    within = rows["air_15km"].fillna(False).astype(bool)
    perhaps = rows["air_15km_basis"] == AirBasis.UNCERTAIN_POSITION.value
    other = (rows["nearest_border_country"] != rows["country"]).fillna(False)
    told = rows[(within | perhaps) & other]
    reason = [
        TellReason.AIR.value if sure else TellReason.AIR_UNCERTAIN.value
        for sure in within[told.index]
    ]
    return pd.DataFrame(
        {
            "tmf_id": told["tmf_id"],
            "country": told["nearest_border_country"],
            "distance_air_m": told["distance_border_air_m"],
            "air_reason": pd.Series(reason, index=told.index, dtype=object),
        }
    )


def entries_table(
    snaps: pd.DataFrame, reaches: pd.DataFrame, contingency: pd.DataFrame
) -> pd.DataFrame:
    """Table ``spill_entries``: one row per row of ``snaps``."""
    wanted = [
        "reach_id", "lake", "length_m", "discharge_m3s", "discharge_m3s_status",
        "discharge_source", "velocity_peak_m_per_s", "velocity_method",
    ]  # fmt: skip
    plain = pd.DataFrame(reaches[wanted])
    rows = snaps.drop(columns="river").merge(plain, on="reach_id", how="left")
    rows = rows.merge(named_reaches(reaches), on="reach_id", how="left")
    passed = rows["reach_fraction"] * rows["length_m"]
    rows["to_end_m"] = (rows["to_end_m"] - passed).clip(lower=0.0)
    rows["path_status"] = rows["snap_status"]
    rows["discharge_m3s_status"] = rows["discharge_m3s_status"].fillna(
        Status.NOT_PROVIDED.value
    )
    is_border = contingency["place_kind"] == PlaceKind.BORDER.value
    for name, part in (("n_borders", is_border), ("n_places", ~is_border)):
        count = contingency[part].groupby("tmf_id").size()
        rows[name] = rows["tmf_id"].map(count).fillna(0).astype("int64")
    columns = table_schema("spill_entries").column_names
    return check_table(rows.reindex(columns=columns), "spill_entries")
