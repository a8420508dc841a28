"""Lists of facilities above a place or a border."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import LineString

from pipeline.rivers.ranking import (
    HAZARD,
    TIMES,
    facilities_above_border,
    facilities_upstream,
    in_order,
)

# Reaches 1 and 2 flow into 3. Facility a lies on 1, b on 2; c is joined to a river
# elsewhere (4), but a fifth of its positions drains to 2.


@pytest.fixture
def tables():
    reaches = gpd.GeoDataFrame(
        {
            "reach_id": [1, 2, 3, 4],
            "n_upstream": [0, 0, 2, 0],
            "lake": [None] * 4,
        },
        geometry=[LineString([(k, 0), (k + 1, 0)]) for k in range(4)],
    )
    down = pd.DataFrame(
        {
            "tmf_id": ["a", "a", "b", "b", "c"],
            "step": [0, 1, 0, 1, 0],
            "reach_id": [1, 3, 2, 3, 4],
            "distance_start_m": [0.0, 10e3, 0.0, 4e3, 0.0],
            "distance_end_m": [10e3, 20e3, 4e3, 14e3, 9e3],
            "beyond_standing_water": False,
        }
    )
    for name in TIMES:
        down[name] = [10.0, 20.0, 4.0, 14.0, 9.0]
    crossings = pd.DataFrame(
        {
            "tmf_id": ["a", "b"],
            "crossing": 1,
            "from_country": "KG",
            "to_country": "UZ",
            "kind": "successive",
            "river": "Suu",
            "lon_deg": 3.0,
            "lat_deg": 0.0,
            "distance_m": [15e3, 9e3],
            **{key: [15.0, np.nan] for key in TIMES},
            "within_two_days": True,
            "beyond_standing_water": False,
            "disputed": False,
        }
    )
    return {
        "reaches": reaches,
        "downstream": down,
        "crossings": crossings,
        "snaps": pd.DataFrame(
            {
                "tmf_id": ["a", "b", "c"],
                "reach_id": [1, 2, 4],
                "reach_fraction": [0.0, 0.0, 0.0],
                "snap_confidence": ["high", "medium", "low"],
            }
        ),
        "candidates": pd.DataFrame(
            {
                "tmf_id": ["a", "b", "c", "c"],
                "reach_id": [1, 2, 4, 2],
                "share": [1.0, 1.0, 0.8, 0.2],
                "reach_fraction": 0.0,
                "border_from": ["KG", "KG", None, "KG"],
                "border_to": ["UZ", "UZ", None, "UZ"],
            }
        ),
        "possible_countries": pd.DataFrame(
            {"tmf_id": ["a", "b", "c"], "country": "UZ", "share": [1.0, 1.0, 0.2]}
        ),
        "facilities": pd.DataFrame(
            {"tmf_id": ["a", "b", "c"], "name": ["A", "B", "C"], "country": "KG"}
        ),
        "assessment": pd.DataFrame(
            {"tmf_id": ["a", "b", "c"], **{key: [2.0, 3.0, 1.0] for key in HAZARD}}
        ),
    }


def test_by_arrival_the_first_water_comes_first(tables):
    found = in_order(facilities_upstream(tables, 3, 0.5), "arrival")
    assert list(found["tmf_id"]) == ["b", "a", "c"]
    assert found["arrival_lead_h"].tolist()[:2] == [9.0, 15.0]
    assert found["distance_m"].tolist()[:2] == [9e3, 15e3]


def test_by_hazard_the_highest_rank_comes_first(tables):
    found = in_order(facilities_upstream(tables, 3, 0.5), "hazard")
    assert list(found["tmf_id"]) == ["c", "a", "b"]


def test_a_facility_that_may_drain_here_is_listed_with_its_share(tables):
    found = facilities_upstream(tables, 3, 0.5).set_index("tmf_id")
    assert found["share"].to_dict() == {"a": 1.0, "b": 1.0, "c": 0.2}
    assert found.loc["c", [*TIMES, "distance_m"]].isna().all()


def test_elsewhere_it_is_not(tables):
    assert list(facilities_upstream(tables, 1, 0.5)["tmf_id"]) == ["a"]


def test_without_an_assessment_ranks_are_empty(tables):
    del tables["assessment"]
    found = facilities_upstream(tables, 3, 0.5)
    assert found[list(HAZARD)].isna().all().all()


def test_above_a_border_every_crossing_is_listed(tables):
    found = in_order(facilities_above_border(tables, "KG", "UZ"), "arrival")
    assert list(found["tmf_id"]) == ["a", "b", "c"]  # unknown arrivals by distance
    assert found["share"].tolist() == [1.0, 1.0, 0.2]
    assert pd.isna(found["crossing"].iloc[2])


def test_above_another_border_nothing_is(tables):
    assert facilities_above_border(tables, "UZ", "KG").empty
