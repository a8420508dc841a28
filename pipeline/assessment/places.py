"""Border points and main places that a contingency sheet is made for.

Border crossings of several facilities that lie near each other, on one river and
between the same countries, are one point: the same place on the ground. Main places
are settlements of a size, the largest listed settlement of each country along each
named river, lakes and reservoirs, and intakes.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.core.geo import distance_m
from pipeline.core.schemas.contingency import PlaceKind

KIND_ORDER: Final = tuple(PlaceKind)
_UNNAMED: Final = "unnamed"
_GROUP: Final = ["from_country", "to_country", "river_key"]


def slug(text: str | None) -> str:
    """ASCII key of a name: lower case and hyphens; empty where nothing is left."""
    plain = unicodedata.normalize("NFKD", text or "")
    for apostrophe in "'‘’ʻʼ`":
        plain = plain.replace(apostrophe, "")
    ascii_only = plain.encode("ascii", "ignore").decode("ascii").lower()
    return re.sub(r"[^a-z0-9]+", "-", ascii_only).strip("-")


def numbered(keys: pd.Series) -> pd.Series:
    """Make equal keys different: the second gets ``-2``, in the order given.

    A number that another key already has is passed over.
    """
    taken = set(keys)
    seen: set[str] = set()
    made = []
    for key in keys:
        name, number = key, 1
        while name in seen or (number > 1 and name in taken):
            number += 1
            name = f"{key}-{number}"
        seen.add(name)
        made.append(name)
    return pd.Series(made, index=keys.index, dtype=object)


def clusters(
    lon_deg: NDArray[np.float64], lat_deg: NDArray[np.float64], limit_m: float
) -> NDArray[np.int64]:
    """Number the groups of points that chains of steps up to ``limit_m`` join.

    Parameters
    ----------
    lon_deg, lat_deg
        Shape (n,). Degrees.
    limit_m
        Longest step of a chain, geodesic.

    Returns
    -------
    numpy.ndarray
        Shape (n,). Group of each point, counted in the order of first appearance.
    """
    label = np.full(len(lon_deg), -1, dtype=np.int64)
    number = 0
    for start in range(len(lon_deg)):
        if label[start] >= 0:
            continue
        front = [start]
        label[start] = number
        while front:
            at = front.pop()
            away = distance_m(lon_deg[at], lat_deg[at], lon_deg, lat_deg)
            near = np.flatnonzero((label < 0) & (away <= limit_m))
            label[near] = number
            front += near.tolist()
        number += 1
    return label


def named_reaches(reaches: pd.DataFrame) -> pd.DataFrame:
    """Reaches with their river's names and the way to the river's end, by key."""
    columns = reaches[["reach_id", "name", "name_ru", "to_end_m"]]
    return pd.DataFrame(columns).rename(
        columns={"name": "river", "name_ru": "river_ru"}
    )


def border_points(
    crossings: pd.DataFrame, reaches: pd.DataFrame, limit_m: float
) -> pd.DataFrame:
    """Crossings with the border point that each belongs to.

    Parameters
    ----------
    crossings
        Table ``crossings``.
    reaches
        As `named_reaches` gives them.
    limit_m
        Crossings on one river between the same countries are one point if chains of
        steps up to this length join them. Reaches without a name are kept apart.

    Returns
    -------
    pandas.DataFrame
        The rows of ``crossings`` in their order, with the columns of a place added;
        ``lon_deg`` and ``lat_deg`` are those of the point.
    """
    rows = crossings.drop(columns="river").merge(reaches, on="reach_id", how="left")
    unnamed = rows["river"].isna()
    reach = rows["reach_id"].astype(str)
    rows["river_key"] = rows["river"].astype(object).mask(unnamed, "#" + reach)
    rows["slug"] = [
        slug(None if absent else str(name)) or f"{_UNNAMED}-{key}"
        for name, absent, key in zip(rows["river"], unnamed, reach, strict=True)
    ]
    rows["part"] = 0
    for _, group in rows.groupby(_GROUP, sort=True):
        lon, lat = (group[c].to_numpy(np.float64) for c in ("lon_deg", "lat_deg"))
        rows.loc[group.index, "part"] = clusters(lon, lat, limit_m)
    points = _points(rows)
    place = points.columns.difference([*_GROUP, "part"])
    kept = rows.drop(columns=[c for c in place if c in rows.columns])
    return kept.merge(points, on=[*_GROUP, "part"], how="left")


def _points(rows: pd.DataFrame) -> pd.DataFrame:
    """One row per border point, with its key."""
    found: list[dict[str, Any]] = []
    for key, group in rows.groupby([*_GROUP, "part"], sort=True):
        counts = group.groupby(["reach_id", "lon_deg", "lat_deg"]).size()
        at = counts.sort_values(ascending=False, kind="stable").index[0]
        main = group[
            (group["reach_id"] == at[0])
            & (group["lon_deg"] == at[1])
            & (group["lat_deg"] == at[2])
        ].iloc[0]
        lon, lat = (group[c].to_numpy(np.float64) for c in ("lon_deg", "lat_deg"))
        unique = np.unique(np.column_stack([lon, lat]), axis=0)
        apart = distance_m(
            unique[:, :1], unique[:, 1:], unique[:, :1].T, unique[:, 1:].T
        )
        known = group["disputed"].dropna()
        found.append(
            dict(zip([*_GROUP, "part"], key, strict=True))
            | {
                "river": main["river"],
                "river_ru": main["river_ru"],
                "name": main["river"],
                "name_ru": main["river_ru"],
                "lon_deg": main["lon_deg"],
                "lat_deg": main["lat_deg"],
                "to_end_m": float(main["to_end_m"]),
                "spread_m": float(apart.max()),
                "disputed": bool(known.any()) if len(known) else None,
                "slug": main["slug"],
            }
        )
    columns = [
        *_GROUP, "part", "river", "river_ru", "name", "name_ru", "lon_deg", "lat_deg",
        "to_end_m", "spread_m", "disputed", "slug",
    ]  # fmt: skip
    points = pd.DataFrame.from_records(found, columns=columns)
    order = ["from_country", "to_country", "slug", "to_end_m"]
    points = points.sort_values(order, ascending=[True, True, True, False])
    keys = (
        "border-"
        + points["from_country"].str.lower()
        + "-"
        + points["to_country"].str.lower()
        + "-"
        + points["slug"]
    )
    points["place_id"] = numbered(keys)
    points["place_kind"] = PlaceKind.BORDER.value
    return points.drop(columns="slug")


def main_places(
    receptors: pd.DataFrame, reaches: pd.DataFrame, least_people: float
) -> pd.DataFrame:
    """Receptors that are main places, with the columns of a place added.

    Settlements count with at least ``least_people`` people, and the largest listed one
    of each country along each named river counts whatever its size. A settlement
    whose people are unknown is no main place by itself.
    """
    kinds = [kind.value for kind in KIND_ORDER if kind is not PlaceKind.BORDER]
    rows = receptors[receptors["kind"].isin(kinds)]
    rows = rows.merge(reaches, on="reach_id", how="left")
    rows = rows[
        (rows["kind"] != PlaceKind.SETTLEMENT.value)
        | (rows["people"] >= least_people)
        | rows["receptor_id"].isin(_largest(rows))
    ].reset_index(drop=True)
    found = rows.drop_duplicates(["kind", "receptor_id"])
    at = _usual_reach(rows)
    found = found[["kind", "receptor_id", "name"]].merge(
        at, on=["kind", "receptor_id"], how="left"
    )
    found = found.sort_values(["kind", "receptor_id"], kind="stable")
    found["place_id"] = numbered(
        found["kind"].astype(object)
        + "-"
        + [
            slug(str(name)) or slug(str(key))
            for name, key in zip(found["name"], found["receptor_id"], strict=True)
        ]
    )
    kept = rows.drop(columns=["river", "river_ru", "to_end_m"])
    joined = kept.merge(
        found.drop(columns="name"), on=["kind", "receptor_id"], how="left"
    )
    joined["place_kind"] = joined["kind"]
    joined["spread_m"] = 0.0
    return joined


def _largest(rows: pd.DataFrame) -> set[str]:
    """Keys of the largest known settlement of each country along each named river."""
    known = rows[
        (rows["kind"] == PlaceKind.SETTLEMENT.value)
        & rows["people"].notna()
        & rows["river"].notna()
    ].sort_values(["people", "receptor_id"], ascending=[False, True])
    first = known.drop_duplicates(["river", "country"])
    return set(first["receptor_id"])


def _usual_reach(rows: pd.DataFrame) -> pd.DataFrame:
    """River and way to the end at the reach that most paths have at a place."""
    key = ["kind", "receptor_id"]
    columns = [*key, "reach_id", "river", "river_ru", "to_end_m"]
    counted = rows.groupby(columns, dropna=False).size().reset_index(name="n")
    ordered = counted.sort_values(
        ["n", "reach_id"], ascending=[False, True], kind="stable"
    )
    return ordered.drop_duplicates(key)[[*key, "river", "river_ru", "to_end_m"]]
