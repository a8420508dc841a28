from __future__ import annotations

import numpy as np
import pytest
from shapely.geometry import LineString, box

from pipeline.core.geo import distance_m
from pipeline.rivers.borders import (
    BoundaryLines,
    Countries,
    border_distance,
    country_at,
    near_disputed,
    stretches_of,
)
from pipeline.rivers.crossings import Stay, drop_slivers, find_crossings
from pipeline.rivers.paths import trace


def river(kit, *banks, step=0.1):
    """One river, a reach of about 8.5 km (or as long as ``step`` says) per pair."""
    return kit.network(
        [
            {
                "id": i + 1,
                "next": i + 2 if i + 1 < len(banks) else None,
                "line": [(70 + step * i, 40.0), (70 + step * (i + 1), 40.0)],
                "area": 100.0 * (i + 1),
                "q": 5.0,
                "left": left,
                "right": right,
            }
            for i, (left, right) in enumerate(banks)
        ]
    )


def crossings(kit, network, country="KG", minimum_m=2000.0, entry=0.0, countries=None):
    paths = trace(
        network, kit.timed(network), np.array([0]), np.array([entry], dtype=float)
    )
    found = find_crossings(
        network, stretches_of(network, countries), paths, [country], minimum_m
    )
    rows = [(c.from_country, c.to_country, c.kind) for c in found.crossings]
    metres = [
        paths.start_m[c.element]
        + (c.fraction - paths.start_fraction[c.element])
        * network.length_m[paths.reach[c.element]]
        for c in found.crossings
    ]
    return rows, metres, found


KG, UZ, TJ, KZ = (("KG", "KG"), ("UZ", "UZ"), ("TJ", "TJ"), ("KZ", "KZ"))
BORDER = ("KG", "UZ")


@pytest.mark.parametrize(("lon", "far"), [(179.995, -180.0), (-179.995, 180.0)])
def test_a_country_beyond_the_antimeridian_is_as_near_as_it_is(lon, far):
    beyond = box(min(far, far * 0.9), 60.0, max(far, far * 0.9), 77.0)
    own = box(min(lon, -far * 0.9), 60.0, max(lon, -far * 0.9), 77.0)
    countries = Countries(np.array(["RU", "US"]), np.array([own, beyond]))
    found = border_distance(lon, 68.5, "RU", countries, None)
    assert found.country == "US"
    assert found.distance_m == pytest.approx(
        float(distance_m(lon, 68.5, far, 68.5)), rel=1e-3
    )


def test_a_river_that_stays_at_home_crosses_nothing(kit):
    assert crossings(kit, river(kit, KG, KG, KG))[0] == []


def test_a_river_that_leaves_a_country_crosses_once(kit):
    rows, metres, _ = crossings(kit, river(kit, KG, KG, UZ, UZ))
    assert rows == [("KG", "UZ", "successive")]
    assert metres[0] == pytest.approx(2 * 8539.4, abs=1)


def test_countries_follow_in_the_order_of_the_river(kit):
    rows, _, _ = crossings(kit, river(kit, KG, UZ, TJ, UZ, KZ))
    assert [row[:2] for row in rows] == [
        ("KG", "UZ"),
        ("UZ", "TJ"),
        ("TJ", "UZ"),
        ("UZ", "KZ"),
    ]


def test_a_border_river_is_reported_where_it_begins_and_where_it_is_left(kit):
    rows, _, _ = crossings(kit, river(kit, KG, BORDER, BORDER, UZ))
    assert rows == [("KG", "UZ", "contiguous"), ("KG", "UZ", "successive")]


def test_a_border_river_that_turns_back_home_is_one_contiguous_stretch(kit):
    rows, _, found = crossings(kit, river(kit, KG, BORDER, KG))
    assert rows == [("KG", "UZ", "contiguous")]
    assert found.crossings[0].stretch_m == pytest.approx(8539.4, abs=1)


def test_the_banks_may_be_named_in_either_order(kit):
    rows, _, _ = crossings(kit, river(kit, KG, ("KG", "UZ"), ("UZ", "KG"), UZ))
    assert len(rows) == 2


def test_from_one_border_river_into_another(kit):
    rows, _, _ = crossings(kit, river(kit, KG, BORDER, ("UZ", "TJ"), TJ))
    assert rows == [
        ("KG", "UZ", "contiguous"),
        ("KG", "TJ", "contiguous"),
        ("UZ", "TJ", "successive"),
    ]


def test_a_facility_whose_river_lies_abroad_crosses_at_once(kit):
    rows, metres, _ = crossings(kit, river(kit, UZ, UZ), country="KG")
    assert rows == [("KG", "UZ", "successive")]
    assert metres == [0.0]


def test_a_facility_on_a_border_river_shares_it_at_once(kit):
    rows, metres, _ = crossings(kit, river(kit, BORDER, BORDER))
    assert rows == [("KG", "UZ", "contiguous")]
    assert metres == [0.0]


def test_a_short_stay_abroad_is_a_sliver_and_counted(kit):
    network = river(kit, KG, UZ, KG, UZ, step=0.02)  # 1.7 km each
    rows, _, found = crossings(kit, network, minimum_m=2000.0)
    assert found.n_slivers > 0
    assert rows in ([], [("KG", "UZ", "successive")])


def test_a_sliver_between_two_stays_leaves_one_crossing(kit):
    banks = [KG] * 3 + [UZ] + [KG] * 3 + [UZ] * 3
    rows, metres, found = crossings(kit, river(kit, *banks, step=0.02))
    assert rows == [("KG", "UZ", "successive")]
    assert metres[0] == pytest.approx(7 * 1707.9, abs=1)
    assert found.n_slivers == 1


def test_a_short_way_out_of_the_own_country_is_no_sliver(kit):
    rows, metres, _ = crossings(kit, river(kit, KG, UZ, UZ, UZ, UZ, step=0.01))
    assert rows == [("KG", "UZ", "successive")]
    assert metres[0] == pytest.approx(853.9, abs=1)


def test_a_short_beginning_abroad_is_a_sliver(kit):
    banks = [UZ] + [KG] * 3 + [UZ] * 3
    rows, metres, _ = crossings(kit, river(kit, *banks, step=0.02))
    assert rows == [("KG", "UZ", "successive")]
    assert metres[0] == pytest.approx(4 * 1707.9, abs=1)


def test_unknown_banks_are_passed_over(kit):
    rows, _, _ = crossings(kit, river(kit, KG, (None, None), UZ))
    assert rows == [("KG", "UZ", "successive")]


def test_no_minimum_keeps_every_stay(kit):
    network = river(kit, KG, UZ, KG, UZ, step=0.002)
    rows, _, found = crossings(kit, network, minimum_m=0.0)
    assert [row[:2] for row in rows] == [("KG", "UZ"), ("UZ", "KG"), ("KG", "UZ")]
    assert found.n_slivers == 0


def test_stays_keep_their_whole_length_when_slivers_go():
    stays = [
        Stay(frozenset({code}), k, 0.0, 0.0, length)
        for k, (code, length) in enumerate(
            [("KG", 9e3), ("UZ", 1e3), ("KG", 5e3), ("TJ", 500.0), ("UZ", 7e3)]
        )
    ]
    rest, dropped = drop_slivers(stays, frozenset({"KG"}), 2000.0)
    assert [next(iter(stay.countries)) for stay in rest] == ["KG", "UZ"]
    assert [stay.length_m for stay in rest] == [15_500.0, 7_000.0]
    assert dropped == 2


def test_banks_are_looked_up_where_the_layer_does_not_know_them(kit):
    network = river(kit, (None, None), (None, None), (None, None))
    countries = Countries(
        np.array(["KG", "UZ"], dtype=object),
        np.array([box(69, 39, 70.15, 41), box(70.15, 39, 72, 41)], dtype=object),
    )
    rows, metres, _ = crossings(kit, network, countries=countries)
    assert rows == [("KG", "UZ", "successive")]
    assert metres[0] == pytest.approx(1.5 * 8539.4, abs=1000)


def test_a_river_along_a_border_is_found_from_polygons(kit):
    network = river(kit, (None, None), (None, None))
    countries = Countries(
        np.array(["KG", "UZ"], dtype=object),
        np.array([box(69, 40.0, 72, 41), box(69, 39, 72, 40.0)], dtype=object),
    )
    banks = stretches_of(network, countries)
    assert {*banks.left} == {"KG"}
    assert {*banks.right} == {"UZ"}


def test_slivers_and_gaps_of_a_border_layer_make_no_crossing(kit):
    # a gap of 0.9 km, then a strip of a third country 0.9 km wide along the border
    network = river(kit, (None, None), (None, None), (None, None))
    countries = Countries(
        np.array(["KG", "TJ", "UZ"], dtype=object),
        np.array(
            [
                box(69, 39, 70.15, 41),
                box(70.16, 39, 70.17, 41),
                box(70.17, 39, 72, 41),
            ],
            dtype=object,
        ),
    )
    rows, metres, found = crossings(kit, network, countries=countries)
    assert rows == [("KG", "UZ", "successive")]
    assert metres[0] == pytest.approx(1.5 * 8539.4, abs=2500)
    assert found.n_slivers >= 1


def test_overlapping_polygons_give_one_country_to_a_place():
    countries = Countries(
        np.array(["KG", "UZ"], dtype=object),
        np.array([box(69, 39, 70.2, 41), box(70.1, 39, 72, 41)], dtype=object),
    )
    place = np.array([70.15]), np.array([40.0])
    assert country_at(countries, *place)[0] in {"KG", "UZ"}
    again = Countries(countries.code[::-1], countries.polygon[::-1])
    assert country_at(again, *place)[0] == country_at(countries, *place)[0]


BOX = Countries(
    np.array(["KG", "UZ"], dtype=object),
    np.array([box(69, 39, 70.5, 41), box(70.5, 39, 72, 41)], dtype=object),
)
# 0.5 degrees along the 40th parallel; the shortest way on the ellipsoid is as long
HALF_DEGREE_M = 42_696.9


def lines(*rows):
    line, status, left, right = zip(*rows, strict=True)
    parts = (line, status, left, right)
    arrays = []
    for part in parts:
        array = np.empty(len(part), dtype=object)
        array[:] = part
        arrays.append(array)
    return BoundaryLines(*arrays)


EAST = LineString([(70.5, 39), (70.5, 41)])
NEAR = LineString([(70.1, 39), (70.1, 41)])


def test_the_border_is_as_far_as_the_other_country():
    found = border_distance(70.0, 40.0, "KG", BOX, None)
    assert found is not None
    assert found.country == "UZ"
    assert found.distance_m == pytest.approx(HALF_DEGREE_M, rel=2e-4)


def test_boundary_lines_are_preferred_to_polygons():
    mapped = lines((EAST.buffer(0).union(EAST), "recognised", "KG", "UZ"))
    found = border_distance(70.0, 40.0, "KG", None, mapped)
    assert found is not None
    assert found.distance_m == pytest.approx(HALF_DEGREE_M, rel=2e-4)


@pytest.mark.parametrize(
    "row",
    [
        (NEAR, "lease", "KG", "UZ"),
        (NEAR, "recognised", "TJ", "UZ"),
        (NEAR, "lease", "KG", None),
    ],
)
def test_leases_and_borders_of_others_do_not_count(row):
    found = border_distance(
        70.0, 40.0, "KG", None, lines(row, (EAST, "recognised", "UZ", "KG"))
    )
    assert found is not None
    assert found.distance_m == pytest.approx(HALF_DEGREE_M, rel=2e-4)
    assert found.country == "UZ"


def test_without_borders_there_is_no_distance():
    assert border_distance(70.0, 40.0, "KG", None, None) is None


def test_a_point_in_another_country_is_at_the_border():
    found = border_distance(71.0, 40.0, "KG", BOX, None)
    assert found is not None
    assert found.distance_m == 0.0


def test_countries_of_points_are_found_and_missing_outside():
    found = country_at(BOX, np.array([70.0, 71.0, 90.0]), np.array([40.0, 40.0, 40.0]))
    assert list(found) == ["KG", "UZ", None]


def test_only_disputed_lines_nearby_make_a_crossing_disputed():
    mapped = lines((EAST, "disputed", "KG", "UZ"), (NEAR, "recognised", "KG", "UZ"))
    lon, lat = np.array([70.1, 70.49, 70.3]), np.array([40.0, 40.0, 40.0])
    assert list(near_disputed(lon, lat, mapped, 5000.0)) == [False, True, False]
