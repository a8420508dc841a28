from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pytest
from hypothesis import given

from pipeline.assessment.contingency import contingency_table
from pipeline.assessment.notify import entries_table, notifications_table
from pipeline.assessment.places import (
    border_points,
    clusters,
    main_places,
    named_reaches,
    numbered,
    slug,
)
from pipeline.core.tables import table_of
from pipeline.core.tables import table_schema as schema_of

NEAR_M = 5000.0
TWO_DAYS_H = 48.0


@pytest.fixture
def reaches(rows):
    """Two named reaches of one river and one without a name, downstream 1, 2, 3."""
    return table_of(
        "reaches",
        [
            rows.reach(1, name="Black River", name_ru="Чёрная", to_end_m=90_000.0),
            rows.reach(2, name="Black River", name_ru="Чёрная", to_end_m=60_000.0),
            rows.reach(3, name=None, to_end_m=30_000.0),
        ],
    )


def ranks(*given_ranks: tuple[str, int | None]) -> pd.DataFrame:
    """Table ``assessment`` reduced to what the sheet takes from it."""
    columns = [column.name for column in schema_of("assessment").columns]
    frame = pd.DataFrame(
        [
            {
                "tmf_id": key,
                "rank": rank,
                "rank_low": rank,
                "rank_high": rank,
                "air_15km": False,
                "air_15km_basis": "outside",
                "provisional_fields": "thi; rank",
                "demonstration_fields": "thi",
            }
            for key, rank in given_ranks
        ]
    )
    return frame.reindex(columns=columns).convert_dtypes()


def sheet(tables, reaches, assessment):
    rivers = named_reaches(reaches)
    borders = border_points(tables["crossings"], rivers, NEAR_M)
    places = main_places(tables["receptors"], rivers, 20_000.0)
    return contingency_table(borders, places, tables["snaps"], assessment, TWO_DAYS_H)


def told(tables, reaches, assessment):
    borders = border_points(tables["crossings"], named_reaches(reaches), NEAR_M)
    frame = notifications_table(
        tables["facilities"],
        borders,
        tables["branches"],
        tables["possible_countries"],
        tables["snaps"],
        assessment,
        TWO_DAYS_H,
    )
    return frame.set_index(["tmf_id", "country"])


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Mailuu-Suu", "mailuu-suu"),
        ("To‘rqao‘rg‘on", "torqaorgon"),
        ("Bŭston  (Чкаловск)", "buston"),
        ("Сырдарья", ""),
        (None, ""),
    ],
)
def test_keys_of_names_are_ascii(name, key):
    assert slug(name) == key


def test_equal_keys_are_numbered_and_never_meet_another_key():
    keys = pd.Series(["a", "a", "a-2", "b"])
    assert list(numbered(keys)) == ["a", "a-3", "a-2", "b"]


@given(st.lists(st.sampled_from(["a", "a-2", "a-3", "b"]), max_size=8))
def test_numbered_keys_are_unique(keys):
    found = numbered(pd.Series(keys, dtype=object))
    assert len(set(found)) == len(keys)


def test_points_are_joined_by_chains_of_short_steps():
    lat = np.array([40.0, 40.03, 40.06, 41.0])  # steps of 3.3 km, then 104 km
    assert list(clusters(np.full(4, 70.0), lat, NEAR_M)) == [0, 0, 0, 1]


def test_crossings_near_each_other_are_one_border_point(make_tables, rows, reaches):
    tables = make_tables(
        snaps=[rows.snap("a"), rows.snap("b"), rows.snap("c")],
        crossings=[
            rows.crossing("a", reach_id=1, lat_deg=40.40),
            rows.crossing("b", reach_id=2, lat_deg=40.43),
            rows.crossing("c", reach_id=2, lat_deg=40.80),
        ],
    )
    found = sheet(tables, reaches, ranks(("a", 1), ("b", 2), ("c", 3)))
    by_key = found.set_index("tmf_id")["place_id"]
    assert by_key["a"] == by_key["b"] == "border-kg-uz-black-river"
    assert by_key["c"] == "border-kg-uz-black-river-2"
    near = found[found["tmf_id"] == "a"].iloc[0]
    assert near["spread_m"] == pytest.approx(3331, rel=1e-3)  # 0.03 degrees


def test_streams_without_a_name_are_kept_apart(make_tables, rows, reaches):
    tables = make_tables(
        snaps=[rows.snap("a"), rows.snap("b")],
        crossings=[
            rows.crossing("a", reach_id=3),
            rows.crossing("b", reach_id=3, lat_deg=40.8),
        ],
    )
    found = sheet(tables, reaches, ranks(("a", 1), ("b", 2)))
    assert list(found["place_id"]) == [
        "border-kg-uz-unnamed-3",
        "border-kg-uz-unnamed-3-2",
    ]


def test_facilities_are_ordered_by_arrival_with_unknown_ones_last(
    make_tables, rows, reaches
):
    unknown = {"arrival_lead_h": None, "arrival_peak_h": None, "within_two_days": None}
    tables = make_tables(
        snaps=[rows.snap(key) for key in "abcd"],
        crossings=[
            rows.crossing("a", distance_m=9e4, beyond_standing_water=True, **unknown),
            rows.crossing("b", distance_m=5e4, arrival_lead_h=30.0),
            rows.crossing("c", distance_m=6e4, arrival_lead_h=20.0),
            rows.crossing("d", distance_m=8e4, beyond_standing_water=True, **unknown),
        ],
    )
    assessment = ranks(("a", 1), ("b", 3), ("c", None), ("d", 2))
    found = sheet(tables, reaches, assessment).set_index("tmf_id")
    assert found["order_by_arrival"].to_dict() == {"a": 4, "b": 2, "c": 1, "d": 3}
    assert found["order_by_hazard"].to_dict() == {"a": 1, "b": 3, "c": 4, "d": 2}
    assert pd.isna(found.loc["c", "rank_provisional"])
    assert found.loc["a", "rank_provisional"]
    assert not found.loc["a", "rank_demonstration"]
    assert pd.isna(found.loc["a", "class_provisional"])


def test_of_two_crossings_of_a_facility_at_one_point_the_first_counts(
    make_tables, rows, reaches
):
    tables = make_tables(
        snaps=[rows.snap("a")],
        crossings=[
            rows.crossing("a", 1, kind="contiguous"),
            rows.crossing("a", 2, lat_deg=40.41, distance_m=42_000.0),
        ],
    )
    found = sheet(tables, reaches, ranks(("a", 1)))
    assert list(found["border_kind"]) == ["contiguous"]
    assert list(found["distance_m"]) == [40_000.0]


def test_main_places_are_large_or_the_largest_of_their_river(
    make_tables, rows, reaches
):
    def town(key, people, **more):
        return rows.settlement("a", key, people=people, arrival_peak_h=50.0, **more)

    tables = make_tables(
        snaps=[rows.snap("a")],
        receptors=[
            town("big", 30_000.0),
            town("edge", 20_000.0),
            town("small", 19_999.0),
            town("uzbek", 300.0, country="UZ"),
            town("hamlet", 100.0, country="UZ"),
            town("unknown", None),
            town("far", 700.0, reach_id=3),
            rows.settlement("a", "lake", kind="reservoir", people=None),
            rows.settlement("a", "park", kind="protected_area", people=None),
        ],
    )
    found = sheet(tables, reaches, ranks(("a", 1)))
    assert set(found["place_id"]) == {
        "settlement-big", "settlement-edge", "settlement-uzbek", "reservoir-lake",
    }  # fmt: skip
    assert not found["within_two_days"].fillna(True).all()
    lake = found[found["place_kind"] == "reservoir"].iloc[0]
    assert pd.isna(lake["within_two_days"])
    assert pd.isna(lake["people"])


def test_region_without_borders_and_places_gives_an_empty_sheet(make_tables, reaches):
    assert len(sheet(make_tables(), reaches, ranks())) == 0


def test_every_country_on_the_way_is_told_but_the_own_one(make_tables, rows, reaches):
    tables = make_tables(
        facilities=[rows.facility("a", country="KG")],
        snaps=[rows.snap("a")],
        crossings=[
            rows.crossing("a", 1, kind="contiguous"),
            rows.crossing("a", 2, distance_m=5e4, arrival_lead_h=14.0, lat_deg=40.6),
            rows.crossing(
                "a", 3, from_country="UZ", to_country="KG", distance_m=6e4, reach_id=3
            ),
            rows.crossing(
                "a", 4, from_country="KG", to_country="KZ", distance_m=9e4, reach_id=3,
                arrival_lead_h=None, arrival_peak_h=None, within_two_days=None,
                beyond_standing_water=True,
            ),
        ],
    )  # fmt: skip
    found = told(tables, reaches, ranks(("a", 1)))
    assert sorted(found.index) == [("a", "KZ"), ("a", "UZ")]
    bank = found.loc[("a", "UZ")]
    assert bank["tell_reason"] == "other_bank"
    assert bank["by_river"]
    assert bank["arrival_lead_h"] == 10.0
    assert bank["order_by_arrival"] == 1
    late = found.loc[("a", "KZ")]
    assert late["tell_reason"] == "river_enters"
    assert pd.isna(late["arrival_lead_h"])
    assert not late["by_air"]


def branch(place, **changes):
    """One row of the table ``branches``: a canal from reach 2."""
    return {
        "tmf_id": "a",
        "canal_id": "great",
        "place": place,
        "canal": "Great Canal",
        "stop": "border",
        "from_country": "UZ",
        "to_country": "KZ",
        "from_reach_id": 2,
        "lon_deg": 70.0,
        "lat_deg": 40.0,
        "distance_m": 55_000.0,
        "canal_m": 5000.0,
        "share": 0.2,
        "share_of_release": 0.2,
        "by_canal": True,
        "beyond_standing_water": False,
        "arrival_lead_h": 15.0,
        "arrival_lead_h_low": 9.0,
        "arrival_lead_h_high": 20.0,
        "arrival_peak_h": 16.0,
        "provisional": True,
        "confidence": "M-part",
    } | changes


def test_country_is_told_of_the_way_that_is_there_first(make_tables, rows, reaches):
    later = {"to_country": "KZ", "distance_m": 7e4, "arrival_lead_h": 30.0}
    tables = make_tables(
        facilities=[rows.facility("a")],
        snaps=[rows.snap("a")],
        crossings=[
            rows.crossing("a", arrival_lead_h_low=6.0),
            rows.crossing("a", 2, from_country="UZ", arrival_lead_h_low=8.0, **later),
        ],
        branches=[branch(0, stop="head", from_country=None, to_country=None), branch(1),
                  branch(2, stop="end", to_country="TJ", countries_below="TJ; UZ")],
    )  # fmt: skip
    found = told(tables, reaches, ranks(("a", 1)))
    first = found.loc[("a", "KZ")]
    assert first["tell_reason"] == "canal"
    assert first["canal"] == "Great Canal"
    assert first["by_river"]
    assert first["arrival_lead_h"] == 15.0
    assert first["arrival_lead_h_low"] == 8.0  # the river's earliest is earlier still
    assert pd.isna(first["place_id"])
    assert found.loc[("a", "TJ"), "tell_reason"] == "canal"
    assert found.loc[("a", "UZ"), "tell_reason"] == "river_enters"
    assert found.loc[("a", "UZ"), "by_canal"]


def test_country_reached_from_another_possible_position_is_told(
    make_tables, rows, reaches
):
    possible = {
        "tmf_id": "a", "country": "UZ", "share": 0.1, "share_two_days": 0.0,
        "share_two_days_unknown": 0.1, "arrival_lead_h": 20.0, "arrival_peak_h": 22.0,
    }  # fmt: skip
    tables = make_tables(
        facilities=[rows.facility("a")],
        snaps=[rows.snap("a")],
        possible_countries=[possible],
    )
    row = told(tables, reaches, ranks(("a", 1))).loc[("a", "UZ")]
    assert row["tell_reason"] == "possible"
    assert row["share_positions"] == 0.1
    assert row["provisional"]
    assert pd.isna(row["within_two_days"])


def test_border_near_by_air_tells_its_country_and_says_how_sure(
    make_tables, rows, reaches
):
    tables = make_tables(
        facilities=[rows.facility(key) for key in "abc"],
        snaps=[
            rows.snap("a", distance_border_air_m=9000.0),
            rows.snap("b", distance_border_air_m=14_900.0),
            rows.snap("c", distance_border_air_m=90_000.0),
        ],
    )
    assessment = ranks(("a", 1), ("b", 2), ("c", 3))
    assessment["air_15km"] = pd.array([True, None, False], dtype="boolean")
    assessment["air_15km_basis"] = ["within", "uncertain_position", "outside"]
    found = told(tables, reaches, assessment)
    assert list(found["tell_reason"]) == ["air", "air_uncertain"]
    assert found.loc[("a", "UZ"), "by_air"]
    assert pd.isna(found.loc[("b", "UZ"), "by_air"])
    assert found["distance_m"].isna().all()


def test_entry_says_where_on_the_river_a_spill_begins(make_tables, rows, reaches):
    tables = make_tables(
        snaps=[
            rows.snap("a", reach_id=1, reach_fraction=0.25),
            rows.snap("b", snap_status="not_provided", reach_id=None,
                      reach_fraction=None, snap_confidence="none"),
        ],
        crossings=[rows.crossing("a")],
    )  # fmt: skip
    contingency = sheet(tables, reaches, ranks(("a", 1)))
    found = entries_table(tables["snaps"], reaches, contingency).set_index("tmf_id")
    assert found.loc["a", "to_end_m"] == 90_000.0 - 0.25 * 30_000.0
    assert found.loc["a", "n_borders"] == 1
    assert found.loc["a", "river_ru"] == "Чёрная"
    assert pd.isna(found.loc["b", "to_end_m"])
    assert found.loc["b", "discharge_m3s_status"] == "not_provided"
