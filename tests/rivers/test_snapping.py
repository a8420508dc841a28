from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.core.geo import distance_m
from pipeline.rivers.names import name_forms, stated_rivers
from pipeline.rivers.nearest import ReachIndex
from pipeline.rivers.snapping import Site, snap_sites

LIMIT_M = 15_000.0
NAN = float("nan")


def site(lon=70.15, lat=40.01, radius=200.0, river=None, tmf_id="t-1"):
    return Site(tmf_id, lon, lat, radius, river)


def snap(network, *sites, limit=LIMIT_M):
    return snap_sites(network, ReachIndex(network.lines), list(sites), limit)


def named(kit, **values):
    """Two rivers side by side: Ak-Suu along 40.0, Kara-Suu along 40.1."""
    rows = [
        {"id": 1, "line": [(70.0, 40.0), (70.2, 40.0)], "name": "Ak-Suu"},
        {"id": 2, "line": [(70.0, 40.1), (70.2, 40.1)], "name": "Kara-Suu (Black)"},
    ]
    return kit.network(
        [{"next": None, "area": 500.0, "q": 5.0} | r | values for r in rows]
    )


def test_the_nearest_reach_and_its_geodesic_distance_are_found(kit, confluence):
    (result,) = snap(confluence, site(70.15, 40.01))
    assert result.reach == kit.index(confluence, 3)
    assert result.distance_m == pytest.approx(
        float(distance_m(70.15, 40.01, 70.15, 40.0)), rel=1e-4
    )
    assert result.fraction == pytest.approx(0.5, abs=1e-3)
    assert (result.lon_deg, result.lat_deg) == pytest.approx((70.15, 40.0), abs=1e-5)
    assert result.rule == "nearest"


@settings(deadline=None, max_examples=60)
@given(st.floats(70.0, 70.6), st.floats(39.95, 40.25))
def test_no_vertex_or_middle_of_a_line_is_nearer_than_the_snap(kit, lon, lat):
    network = kit.network(kit.confluence)
    (result,) = snap(network, site(lon, lat), limit=60_000.0)
    lines = network.lines
    others = distance_m(lon, lat, lines.lon_deg, lines.lat_deg)
    assert result.distance_m <= others.min() * (1 + 1e-3)
    assert result.distance_m == pytest.approx(
        float(distance_m(lon, lat, result.lon_deg, result.lat_deg))
    )


def test_a_reach_at_the_corner_of_the_search_box_is_not_within_the_radius(kit):
    away = [{"id": 1, "next": None, "area": 5.0, "q": 1.0}]
    away[0]["line"] = [(70.1, 40.1), (70.2, 40.2)]
    index = ReachIndex(kit.network(away).lines)
    lon, lat = np.array([70.0]), np.array([40.0])
    far = float(distance_m(70.0, 40.0, 70.1, 40.1))
    assert len(index.within(lon, lat, np.array([0.9 * far])).reach) == 0
    assert len(index.within(lon, lat, np.array([1.01 * far])).reach) == 1


def test_a_facility_without_a_position_says_so(confluence):
    (result,) = snap(confluence, site(NAN, NAN))
    assert (result.status, result.reach) == ("not_provided", None)
    assert result.reason == "no_position"
    assert result.confidence == "none"


def test_a_facility_far_from_any_river_says_how_far(confluence):
    (result,) = snap(confluence, site(70.15, 39.8, radius=8000))
    assert (result.status, result.reach) == ("not_covered", None)
    assert result.reason.startswith("none_within|limit_m=15000|nearest_m=222")


def test_a_facility_in_the_sea_says_that_none_is_near(confluence):
    (result,) = snap(confluence, site(10.0, 55.0))
    assert result.status == "not_covered"
    assert result.reason == "none_near|limit_m=15000"


def test_every_facility_has_one_result_in_its_order(confluence):
    sites = [
        site(NAN, NAN, tmf_id="a"),
        site(tmf_id="b"),
        site(10.0, 55.0, tmf_id="c"),
        site(70.35, 40.0, tmf_id="d"),
    ]
    results = snap(confluence, *sites)
    assert [r.site.tmf_id for r in results] == ["a", "b", "c", "d"]
    assert [r.reach is not None for r in results] == [False, True, False, True]


def test_the_river_that_the_inventory_names_is_preferred_within_the_radius(kit):
    network = named(kit)
    (result,) = snap(network, site(70.1, 40.04, 8000, "Kara-Suu (to Ak-Suu)"))
    assert result.reach == kit.index(network, 2)
    assert result.rule == "named_river"
    assert ";another_is_nearer|nearest_m=44" in result.reason


def test_a_name_does_not_carry_a_surveyed_position_to_a_far_river(kit):
    network = named(kit)
    (result,) = snap(network, site(70.1, 40.04, 200, "Kara-Suu"))
    assert result.reach == kit.index(network, 1)
    assert result.rule == "nearest"


def test_the_radius_decides_how_many_reaches_are_candidates(confluence):
    counts = [
        snap(confluence, site(70.1, 40.01, radius))[0].n_candidates
        for radius in (200.0, 3000.0, 12_000.0)
    ]
    assert counts == [1, 3, 4]


def test_a_surveyed_position_beside_its_river_is_sure(kit):
    (result,) = snap(named(kit), site(70.1, 40.01, 200))
    assert result.confidence == "high"


def test_a_rough_position_between_two_rivers_is_unsure(kit):
    (result,) = snap(named(kit), site(70.1, 40.04, 8000))
    assert result.confidence == "low"
    assert "another_may_be_nearer" in result.reason


def test_a_name_makes_a_rough_position_less_unsure(kit):
    (result,) = snap(named(kit), site(70.1, 40.04, 8000, "Ak-Suu"))
    assert result.confidence == "medium"


def test_reaches_of_one_path_are_no_rivals(kit, confluence):
    # between reach 3 and 4 of one river: whichever is nearer, the path is the same
    (result,) = snap(confluence, site(70.2, 40.001, 3000))
    assert result.confidence == "high"


def test_a_roughly_drawn_river_is_never_sure(kit):
    network = named(kit)
    network.position_m[:] = 8000.0
    (result,) = snap(network, site(70.1, 40.01, 200))
    assert result.confidence == "medium"


@pytest.mark.parametrize(
    ("text", "rivers"),
    [
        ("Akhangaran (to Syr Darya)", {"akhangaran"}),
        ("Utken-Su / Sarym (to Syr Darya)", {"utkensu", "utken", "sarym"}),
        ("Dukent-Sai (to Akhangaran)", {"dukentsay", "dukent"}),
        ("Syr Darya (plain)", {"syrdarya"}),
        ("Naryn (left-bank tributary)", set()),
        ("Terek-Sai (to Chatkal, unverified)", set()),
        ("Kassansay basin", set()),
        ("", set()),
        (None, set()),
    ],
)
def test_only_plainly_stated_rivers_count(text, rivers):
    assert stated_rivers(text) == rivers


def test_a_river_is_known_by_all_forms_of_its_name():
    assert name_forms("Kogart (Kugart)") == {"kogart", "kugart"}
    assert name_forms("Сырдарья") == {"сырдарья"}
    assert name_forms("Ağsu") == name_forms("Agsu")
    assert name_forms("Chorkesar-Sai") == name_forms("Chorkesarsay")


def test_short_stems_do_not_stand_for_a_river():
    assert name_forms("Kara-Suu") == {"karasu"}
    assert name_forms("Sumsar-Sai") & name_forms("Sumsar")


def test_sites_do_not_change_each_other(confluence):
    rng = np.random.default_rng(1)
    places = rng.uniform((70.0, 39.95), (70.6, 40.2), (20, 2))
    sites = [site(x, y, 3000, tmf_id=f"t-{k}") for k, (x, y) in enumerate(places)]
    together = snap(confluence, *sites)
    alone = [snap(confluence, one)[0] for one in sites]
    assert together == alone
