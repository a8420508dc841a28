"""Whom to tell of an accident at a facility, and where a spill would enter a river.

The Convention asks to tell a country if the water reaches it, if the river on the way becomes its border,
or if its border lies within the limit of the location criterion by air. How late the
water comes does not matter: arrival only gives the order.
"""

from __future__ import annotations

from typing import Final

import pandas as pd

from pipeline.assessment.places import named_reaches
from pipeline.core.model import Status
from pipeline.core.schemas.assessment import AirBasis
from pipeline.core.schemas.contingency import PlaceKind, TellReason
from pipeline.core.tables import check_table, empty_table, table_schema

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
    snaps: pd.DataFrame,
    assessment: pd.DataFrame,
) -> pd.DataFrame:
    """Table ``notifications``.

    Parameters
    ----------
    facilities, snaps, assessment
        Tables of those names.
    borders
        As `places.border_points` gives them.
    """
    water = _by_water(facilities, borders)
    air = _by_air(facilities, snaps, assessment)
    rows = water.merge(air, on=["tmf_id", "country"], how="outer")
    if rows.empty:
        return empty_table("notifications")
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
    rows = rows.sort_values(
        ["tmf_id", "_lead", "distance_m", "country"],
        na_position="last",
        kind="stable",
    )
    rows["order_by_arrival"] = rows.groupby("tmf_id").cumcount() + 1
    columns = table_schema("notifications").column_names
    return check_table(rows.reindex(columns=columns), "notifications")


def _by_water(facilities: pd.DataFrame, borders: pd.DataFrame) -> pd.DataFrame:
    """First arrival in each other country on the path, and how it is reached."""
    own = facilities[["tmf_id", "country"]].rename(columns={"country": "own"})
    rows = borders.merge(own, on="tmf_id", how="left")
    reached = [
        rows.assign(country=rows["to_country"], side=0),
        rows.assign(country=rows["from_country"], side=1, kind="successive"),
    ]
    both = pd.concat(reached, ignore_index=True)
    both = both[both["country"] != both["own"]]
    both = both.sort_values(["tmf_id", "country", "crossing", "side"])
    both["by_bank"] = both["kind"] == "contiguous"
    both["by_river"] = ~both["by_bank"]
    key = ["tmf_id", "country"]
    first = both.drop_duplicates(key)[[*key, "kind", *_CARRIED]]
    how = both.groupby(key, as_index=False)[["by_river", "by_bank"]].any()
    found = first.merge(how, on=key, how="left")
    reason = {
        "successive": TellReason.RIVER_ENTERS.value,
        "contiguous": TellReason.OTHER_BANK.value,
    }
    found["tell_reason"] = found["kind"].astype(object).map(reason)
    return found.drop(columns="kind")


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
