"""Who is upstream of every border point and main place, by arrival and by hazard.

The rows join what the earlier stages found: nothing is timed or ranked anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pandas as pd

from pipeline.assessment.places import KIND_ORDER
from pipeline.core.model import Status
from pipeline.core.tables import check_table, empty_table, table_schema

Tables = Mapping[str, pd.DataFrame]

_FROM_ASSESSMENT: Final = (
    "rank",
    "rank_low",
    "rank_high",
    "consequence_class",
    "consequence_class_low",
    "consequence_class_high",
)


def contingency_table(
    borders: pd.DataFrame,
    places: pd.DataFrame,
    snaps: pd.DataFrame,
    assessment: pd.DataFrame,
    two_day_limit_h: float,
) -> pd.DataFrame:
    """Table ``contingency``.

    Parameters
    ----------
    borders
        As `places.border_points` gives them. Of several crossings of one facility at
        one point, the first counts.
    places
        As `places.main_places` gives them.
    two_day_limit_h
        Hours that count as two days for places; borders bring their own answer.
    """
    first = borders.sort_values(["tmf_id", "crossing"])
    first = first.drop_duplicates(["place_id", "tmf_id"])
    parts = [
        first.rename(columns={"kind": "border_kind"}),
        places.assign(within_two_days=_within(places, two_day_limit_h)),
    ]
    filled = [part.astype(object) for part in parts if len(part)]
    if not filled:
        return empty_table("contingency")
    rows = pd.concat(filled, ignore_index=True)
    rows["people_status"] = [
        Status.NOT_PROVIDED.value if pd.isna(status) else status
        for status in rows.get("people_status", pd.Series(index=rows.index))
    ]
    rows["place_order"] = _place_order(rows)
    rows = rows.merge(snaps[["tmf_id", "snap_confidence"]], on="tmf_id", how="left")
    rows = rows.merge(_ranked(assessment), on="tmf_id", how="left")
    return check_table(_ordered(_in_types(rows)), "contingency")


def _within(places: pd.DataFrame, limit_h: float) -> pd.Series:
    """Whether the peak arrives within the limit; empty where it is unknown."""
    peak = places["arrival_peak_h"]
    return (peak <= limit_h).astype("boolean").mask(peak.isna())


def _place_order(rows: pd.DataFrame) -> pd.Series:
    """Number of each row's place: by kind, then downstream."""
    places = rows.drop_duplicates("place_id")[["place_id", "place_kind", "to_end_m"]]
    kind = [str(k) for k in KIND_ORDER]
    places = places.assign(
        by_kind=[kind.index(str(k)) for k in places["place_kind"]],
        by_way=-places["to_end_m"].astype(float),
    ).sort_values(["by_kind", "by_way", "place_id"])
    number = {key: i for i, key in enumerate(places["place_id"], start=1)}
    return rows["place_id"].map(number)


def _ranked(assessment: pd.DataFrame) -> pd.DataFrame:
    """Rank and class of facilities, with the marks that they carry."""
    found = assessment[["tmf_id", *_FROM_ASSESSMENT]].copy()
    for short, name in (("rank", "rank"), ("class", "consequence_class")):
        for mark in ("provisional", "demonstration"):
            marked = [
                name in (item.strip() for item in str(listed).split(";"))
                for listed in assessment[f"{mark}_fields"]
            ]
            flags = pd.Series(marked, index=found.index, dtype="boolean")
            found[f"{short}_{mark}"] = flags.where(found[name].notna())
    return found


def _in_types(rows: pd.DataFrame) -> pd.DataFrame:
    """Columns of the table alone, numbers as numbers."""
    table = table_schema("contingency")
    frame = rows.reindex(columns=table.column_names)
    for column in table.columns:
        if column.kind == "number":
            frame[column.name] = pd.to_numeric(frame[column.name]).astype("float64")
    return frame


def _ordered(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows with their two orders within each place.

    Unknown arrivals stand after known ones, by distance; unranked facilities after
    ranked ones, by arrival.
    """
    lead = pd.to_numeric(rows["arrival_lead_h"])
    by_arrival = (
        rows.assign(_lead=lead)
        .sort_values(
            ["place_id", "_lead", "distance_m", "tmf_id"],
            na_position="last",
            kind="stable",
        )
        .groupby("place_id")
        .cumcount()
        + 1
    )
    rows = rows.assign(order_by_arrival=by_arrival)
    by_hazard = (
        rows.assign(_rank=pd.to_numeric(rows["rank"]))
        .sort_values(
            ["place_id", "_rank", "order_by_arrival"],
            na_position="last",
            kind="stable",
        )
        .groupby("place_id")
        .cumcount()
        + 1
    )
    return rows.assign(order_by_hazard=by_hazard)
