"""Places that GeoNames lacks, and people where it has none, from ``added_places.csv``.

A row with a negative ``geonameid`` is a place of its own; the number is given by this
project, and GeoNames has none. A row with a positive one gives a GeoNames place the
number of people. A blank population means that the place is known and its people are
not. Every row names its source; nothing is estimated.
"""

from __future__ import annotations

from difflib import SequenceMatcher
from enum import StrEnum
from pathlib import Path

import numpy as np
import pandas as pd
from pyproj import Geod

from base.russian_names import NameStatus
from base.shared import region_box

FACTS = Path(__file__).with_name("added_places.csv")
GEOD = Geod(ellps="WGS84")
SOURCE_PREFIX = "Facts compiled by this project, CC BY 4.0"
SAME_PLACE_M = 3_000.0
SAME_NAME_RATIO = 0.6


class PeopleQuality(StrEnum):
    """Where the number of people comes from."""

    GAZETTEER = "gazetteer"
    SOURCED = "sourced"
    SECOND_HAND = "second_hand"
    NOT_PROVIDED = "not_provided"


def read_added(path: Path = FACTS) -> pd.DataFrame:
    """Rows of the file with nullable integers, checked.

    Raises
    ------
    ValueError
        If an id comes twice, a new place lacks name, country or position or lies
        outside the region box, a source is missing, or people and quality disagree.
    """
    integers = dict.fromkeys(("geonameid", "population", "population_year"), "Int64")
    facts = pd.read_csv(path, dtype=integers)
    new = facts["geonameid"] < 0
    needed = facts.loc[new, ["name", "name_ru", "country", "lon_deg", "lat_deg"]]
    west, south, east, north = region_box()
    inside = needed["lon_deg"].between(west, east) & needed["lat_deg"].between(
        south, north
    )
    known = facts["population_quality"] != PeopleQuality.NOT_PROVIDED
    quality = set(facts["population_quality"]) - set(PeopleQuality)
    faults = {
        "the same geonameid twice": facts["geonameid"].duplicated().any(),
        "a new place without name, country or position": needed.isna().any(axis=None),
        "a place outside the region box": not inside.all(),
        "a row without source": facts["source"].isna().any(),
        f"unknown quality {sorted(map(str, quality))}": bool(quality),
        "people without quality, or the reverse": (
            facts["population"].notna() != known
        ).any(),
        "people that are not above zero": (facts["population"] <= 0).any(),
    }
    found = [text for text, is_so in faults.items() if is_so]
    if found:
        raise ValueError(f"{path.name}: {'; '.join(found)}")
    return facts


def with_people(table: pd.DataFrame, facts: pd.DataFrame) -> pd.DataFrame:
    """Table of places with the people and Russian names that the facts give.

    Parameters
    ----------
    table
        Places by GeoNames id, columns as in :func:`base.places.places`.
    facts
        Result of :func:`read_added`; only rows with a positive id are used.

    Raises
    ------
    ValueError
        If a fact names a place that the table lacks, or one that has people already.
    """
    out = table.copy()
    for fact in facts[facts["geonameid"] > 0].itertuples(index=False):
        at = out.index[out["geonameid"] == fact.geonameid]
        if len(at) != 1 or out.loc[at, "population"].notna().any():
            raise ValueError(
                f"{FACTS.name}: {fact.geonameid} is not a place without people"
            )
        out.loc[at, "population"] = fact.population
        out.loc[at, "population_year"] = fact.population_year
        out.loc[at, "population_quality"] = fact.population_quality
        out.loc[at, "source"] = out.loc[at, "source"] + f". {fact.source}"
        if isinstance(fact.name_ru, str):
            out.loc[at, "name_ru"] = fact.name_ru
            out.loc[at, "name_ru_status"] = NameStatus.BY_HAND.value
    return out


def new_places(facts: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """Places of the facts that GeoNames lacks, in the columns of the table.

    Raises
    ------
    ValueError
        If the table has a place of a like name within 3 km.
    """
    rows = facts[facts["geonameid"] < 0].reset_index(drop=True)
    for fact in rows.itertuples(index=False):
        twin = same_place(fact.name, fact.lon_deg, fact.lat_deg, table)
        if twin is not None:
            raise ValueError(f"{FACTS.name}: {fact.name} is {twin} of GeoNames")
    out = rows.drop(columns="note")
    out["source"] = SOURCE_PREFIX + ". " + out["source"]
    out["name_ru_status"] = NameStatus.BY_HAND.value
    return out


def same_place(
    name: str, lon_deg: float, lat_deg: float, table: pd.DataFrame
) -> str | None:
    """Name of the place of a like name within 3 km, None where there is none."""
    count = len(table)
    _, _, metres = GEOD.inv(
        np.full(count, lon_deg),
        np.full(count, lat_deg),
        table["lon_deg"].to_numpy(),
        table["lat_deg"].to_numpy(),
    )
    for other in table.loc[metres < SAME_PLACE_M, "name"]:
        likeness = SequenceMatcher(None, name.lower(), str(other).lower()).ratio()
        if likeness >= SAME_NAME_RATIO:
            return str(other)
    return None
