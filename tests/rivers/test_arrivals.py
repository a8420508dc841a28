"""Paths, travel times and lakes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.rivers import jobson
from pipeline.rivers.arrivals import arrivals_at, two_day_distance_m
from pipeline.rivers.build import build_network
from pipeline.rivers.lakes import Lake, lakes_from_polygons
from pipeline.rivers.paths import trace
from pipeline.rivers.reading import raw_reaches

BLUE = {"blue": Lake("blue", "Blue Lake", None, 36e6)}


def start(network, kit, *places):
    index = np.array([kit.index(network, i) for i, _ in places], dtype=np.int64)
    return index, np.array([share for _, share in places], dtype=np.float64)


def ends(network, timing, paths):
    element = np.arange(len(paths.reach))
    return arrivals_at(
        network, timing, paths, element, np.ones(len(element)), at_exit=True
    )


def chain(*, reaches=6, lake=None, **values):
    return [
        {
            "id": i + 1,
            "next": i + 2 if i + 1 < reaches else None,
            "line": [(70 + 0.1 * i, 40.0), (70.1 + 0.1 * i, 40.0)],
            "area": 1000.0 + 100 * i,
            "q": 10.0 + i,
            "lake": "blue" if lake == i + 1 else None,
        }
        | {key: value[i] for key, value in values.items()}
        for i in range(reaches)
    ]


def test_the_two_printed_reaches_come_out_of_a_network(kit):
    # Jobson's example: 30 km and 50 km, at 0.8 of the mean discharge
    line = [(70.0, 40.0), (70.2, 40.0), (70.5, 40.0)]
    network = kit.network(
        [
            {"id": 1, "next": 2, "line": line[:2], "area": 1e3, "q": 25.0}
            | {"length": 30e3, "slope": 0.005},
            {"id": 2, "next": None, "line": line[1:], "area": 5e3, "q": 100.0}
            | {"length": 50e3, "slope": 0.002},
        ]
    )
    timing = kit.timed(network)
    at_mean = jobson.peak_velocity(
        np.array([1e9, 5e9]), np.array([25.0, 100.0]), np.array([25.0, 100.0]),
        np.array([0.005, 0.002]),
    )  # fmt: skip
    paths = trace(network, timing, *start(network, kit, (1, 0.0)))
    reached = ends(network, timing, paths)
    hours = (30e3 / at_mean[0] + 50e3 / at_mean[1]) / 3600
    assert reached.peak_h[-1] == pytest.approx(hours)
    assert reached.lead_h[-1] == pytest.approx(0.89 * hours)
    assert reached.unit_peak[-1] == pytest.approx(857 * hours**-0.76 / 100)
    cup = 857 * hours**-0.76
    assert reached.tail_h[-1] == pytest.approx(0.89 * hours + 2e6 / cup / 3600)


def test_reach_times_add_up(kit, confluence):
    timing = kit.timed(confluence, BLUE)
    paths = trace(confluence, timing, *start(confluence, kit, (1, 0.25)))
    river = timing.river_h[0]
    reached = ends(confluence, timing, paths)
    one, three, four = (river[kit.index(confluence, i)] for i in (1, 3, 4))
    assert reached.peak_h[2] == pytest.approx(0.75 * one + three + four)
    assert reached.distance_m[2] == pytest.approx((0.75 + 1 + 1) * 8539.4, abs=1)


def test_a_half_reach_takes_half_the_time(kit, confluence):
    timing = kit.timed(confluence)
    paths = trace(confluence, timing, *start(confluence, kit, (3, 0.2)))
    half = arrivals_at(
        confluence, timing, paths, np.array([0, 0]), np.array([0.6, 1.0])
    )
    assert half.peak_h[0] == pytest.approx(half.peak_h[1] / 2)
    assert half.distance_m[0] == pytest.approx(half.distance_m[1] / 2)


def test_a_place_above_the_entry_point_counts_as_the_entry_point(kit, confluence):
    timing = kit.timed(confluence)
    paths = trace(confluence, timing, *start(confluence, kit, (3, 0.5)))
    here = arrivals_at(confluence, timing, paths, np.array([0]), np.array([0.1]))
    assert (here.distance_m[0], here.peak_h[0]) == (0.0, 0.0)


def test_a_lake_adds_its_residence_time_below_and_nothing_is_known_inside(
    kit, confluence
):
    timing = kit.timed(confluence, BLUE)
    paths = trace(confluence, timing, *start(confluence, kit, (4, 0.0)))
    reached = ends(confluence, timing, paths)
    # V / Q = 36e6 m3 / 10 m3/s = 1000 h; low flow 0.3, high flow 3, share 0.1
    assert reached.peak_h[1] - reached.peak_h[0] == pytest.approx(1000.0)
    assert reached.peak_high_h[1] - reached.peak_high_h[0] == pytest.approx(1000 / 0.3)
    assert reached.peak_low_h[1] - reached.peak_low_h[0] == pytest.approx(100 / 3)
    inside = arrivals_at(
        confluence, timing, paths, np.array([1, 1]), np.array([0.0, 0.5])
    )
    assert inside.peak_h[0] == pytest.approx(reached.peak_h[0])
    assert np.isnan(inside.peak_h[1])
    assert list(inside.beyond) == [False, True]


def test_the_leading_edge_is_no_share_of_the_residence_time(kit, confluence):
    timing = kit.timed(confluence, BLUE)
    paths = trace(confluence, timing, *start(confluence, kit, (4, 0.0)))
    reached = ends(confluence, timing, paths)
    river = reached.peak_h[1] - 1000
    assert reached.lead_h[1] == pytest.approx(0.89 * river + 1000)


def test_beyond_a_lake_of_unknown_volume_all_arrivals_are_unknown(kit, confluence):
    timing = kit.timed(confluence, {})
    paths = trace(confluence, timing, *start(confluence, kit, (4, 0.0)))
    reached = ends(confluence, timing, paths)
    assert np.isfinite(reached.peak_h[0])
    for values in (reached.lead_h, reached.peak_low_h, reached.peak_high_h):
        assert np.all(np.isnan(values[1:]))
    assert list(reached.beyond) == [False, True, True]


def test_no_concentration_or_tail_is_given_beyond_a_lake(kit, confluence):
    timing = kit.timed(confluence, BLUE)
    paths = trace(confluence, timing, *start(confluence, kit, (4, 0.0)))
    reached = ends(confluence, timing, paths)
    assert np.isfinite(reached.unit_peak[0])
    assert np.all(np.isnan(reached.unit_peak[1:]))
    assert np.all(np.isnan(reached.tail_h[1:]))


def test_a_lake_of_two_reaches_is_left_once(kit):
    reaches = [r | {"lake": "blue"} if r["id"] in (4, 5) else r for r in kit.confluence]
    network = kit.network(reaches)
    timing = kit.timed(network, BLUE)
    paths = trace(network, timing, *start(network, kit, (3, 0.0)))
    reached = ends(network, timing, paths)
    assert np.isnan(reached.peak_h[1])
    assert reached.peak_h[2] - reached.peak_h[0] == pytest.approx(1000.0)


def test_no_concentration_is_given_before_the_water_is_mixed(kit, confluence):
    timing = kit.timed(confluence)
    paths = trace(confluence, timing, *start(confluence, kit, (3, 0.0)))
    near = arrivals_at(confluence, timing, paths, np.array([0, 1]), np.array([0.1, 1]))
    assert near.peak_h[0] < 1 < near.peak_h[1]
    assert np.isnan(near.unit_peak[0])
    assert near.unit_peak[1] > 0


def test_water_taken_out_of_a_river_does_not_concentrate_the_load(kit):
    network = kit.network(chain(q=[10.0, 40.0, 40.0, 5.0, 5.0, 5.0]))
    timing = kit.timed(network)
    paths = trace(network, timing, *start(network, kit, (1, 0.0)))
    assert list(paths.dilution_m3s) == [10.0, 40.0, 40.0, 40.0, 40.0, 40.0]
    concentration = ends(network, timing, paths).unit_peak
    assert np.all(np.diff(concentration) < 0)


def test_unknown_velocity_makes_arrivals_below_unknown(kit):
    network = kit.network(chain(q=[10.0, 10.0, np.nan, 10.0, 10.0, 10.0]))
    timing = kit.timed(network)
    paths = trace(network, timing, *start(network, kit, (1, 0.0)))
    reached = ends(network, timing, paths)
    assert list(np.isnan(reached.peak_h)) == [False, False, True, True, True, True]
    assert np.all(np.isfinite(reached.distance_m))


def test_arrivals_carry_the_weakest_label_on_the_way(kit, confluence):
    bare = [r | {"area": np.nan} if r["id"] == 4 else r for r in kit.confluence]
    network = kit.network(bare)  # reach 4 without area: Allen's formula, M-high
    timing = kit.timed(network, BLUE)
    paths = trace(network, timing, *start(network, kit, (3, 0.0)))
    columns = ends(network, timing, paths).columns()
    assert list(columns["confidence"]) == ["V3", "M-high", "P", "P"]
    assert list(columns["provisional"]) == [False, False, True, True]


def test_an_unknown_arrival_has_no_label(kit, confluence):
    timing = kit.timed(confluence, {})
    paths = trace(confluence, timing, *start(confluence, kit, (4, 0.0)))
    columns = ends(confluence, timing, paths).columns()
    assert list(columns["confidence"]) == ["V3", None, None]
    assert list(columns["provisional"].isna()) == [False, True, True]


def test_an_entry_at_the_very_end_of_a_reach_without_velocity_loses_nothing(kit):
    network = kit.network(chain(q=[np.nan, 10.0, 10.0, 10.0, 10.0, 10.0]))
    timing = kit.timed(network)
    paths = trace(network, timing, *start(network, kit, (1, 1.0)))
    assert np.all(np.isfinite(ends(network, timing, paths).peak_h))


def test_two_days_end_where_the_peak_is_after_48_hours(kit):
    network = kit.network(chain(reaches=30, area=[1e3] * 30, q=[10.0] * 30))
    timing = kit.timed(network)
    paths = trace(network, timing, *start(network, kit, (1, 0.5)))
    speed = kit.velocities(network).central[0]
    reached = two_day_distance_m(network, timing, paths, 48.0)
    assert reached[0] == pytest.approx(48 * 3600 * speed)


def test_two_days_end_at_the_first_lake(kit, confluence):
    timing = kit.timed(confluence, BLUE)
    paths = trace(confluence, timing, *start(confluence, kit, (4, 0.5)))
    reached = two_day_distance_m(confluence, timing, paths, 48.0)
    assert reached[0] == pytest.approx(8539.4 / 2, abs=1)


def test_two_days_end_with_the_river(kit):
    network = kit.network(chain(reaches=1))
    timing = kit.timed(network)
    paths = trace(network, timing, *start(network, kit, (1, 0.0)))
    assert two_day_distance_m(network, timing, paths, 48.0)[0] == pytest.approx(
        network.length_m[0]
    )


def test_without_facilities_there_are_no_paths(kit, confluence):
    timing = kit.timed(confluence)
    none = np.array([], dtype=np.int64)
    paths = trace(confluence, timing, none, np.array([], dtype=np.float64))
    assert len(paths) == 0
    assert len(ends(confluence, timing, paths).peak_h) == 0


@settings(deadline=None, max_examples=60)
@given(
    q=st.lists(st.floats(0.01, 500), min_size=6, max_size=6),
    slope=st.lists(st.floats(1e-5, 0.05), min_size=6, max_size=6),
    lake=st.sampled_from([None, 1, 3, 6]),
    first=st.floats(0, 5.999),
    second=st.floats(0, 5.999),
)
def test_moving_a_facility_down_its_path_never_lengthens_an_arrival(
    kit, q, slope, lake, first, second
):
    network = kit.network(chain(q=q, slope=slope, lake=lake))
    timing = kit.timed(network, BLUE)
    upper, lower = sorted((first, second))
    reached = []
    for place in (upper, lower):
        number = int(place)
        entry = start(network, kit, (number + 1, place - number))
        paths = trace(network, timing, *entry)
        reached.append(ends(network, timing, paths))
    shared = len(reached[1].peak_h)
    for name in ("distance_m", "lead_h", "peak_h", "peak_low_h", "peak_high_h"):
        above, below = (getattr(r, name)[-shared:] for r in reached)
        known = np.isfinite(above)
        assert np.all(below[known] <= above[known] + 1e-9 * (1 + above[known]))
        assert np.all(np.isfinite(below[known]))


@settings(deadline=None, max_examples=60)
@given(
    q=st.lists(st.floats(0.01, 500), min_size=6, max_size=6),
    lake=st.sampled_from([None, 2, 6]),
    entry=st.floats(0, 1),
)
def test_earliest_central_and_latest_arrivals_are_in_order(kit, q, lake, entry):
    network = kit.network(chain(q=q, lake=lake))
    timing = kit.timed(network, BLUE)
    paths = trace(network, timing, *start(network, kit, (1, entry)))
    reached = ends(network, timing, paths)
    for low, mid, high in (
        (reached.lead_low_h, reached.lead_h, reached.lead_high_h),
        (reached.peak_low_h, reached.peak_h, reached.peak_high_h),
    ):
        assert np.all(low <= mid + 1e-9)
        assert np.all(mid <= high + 1e-9)
    assert np.all(reached.lead_h <= reached.peak_h + 1e-9)
    assert np.all(np.diff(reached.peak_h) >= -1e-9)


def test_lakes_are_found_by_their_polygons_where_the_layer_knows_none(kit):
    from shapely.geometry import box

    dry = [{k: v for k, v in r.items() if k != "lake"} for r in kit.confluence]
    network = kit.network(dry)
    polygons = np.array([box(70.3, 39.9, 70.45, 40.1), box(70.09, 40.15, 70.11, 40.16)])
    wet = lakes_from_polygons(
        network, polygons, np.array(["blue", "pond"], dtype=object)
    )
    lake = {i: wet.lake[kit.index(wet, i)] for i in range(1, 7)}
    # reach 6 lies in it for 4 km, reach 2 touches the pond for 1.1 km
    assert lake == {1: None, 2: "pond", 3: None, 4: None, 5: "blue", 6: "blue"}


def test_bounds_of_the_discharge_widen_the_residence_time(kit, blue_lake):
    rows = [row | {} for row in kit.confluence]
    frame = kit.layer(rows)
    frame["discharge_uncertainty_factor"] = 2.0
    network = build_network(raw_reaches(frame, Path("test.gpkg")))
    plain = kit.residence(kit.network(rows), blue_lake, 0.1)
    rough = kit.residence(network, blue_lake, 0.1)
    lake = kit.index(network, 5)
    assert rough.central_h[lake] == pytest.approx(1000.0)
    assert rough.latest_h[lake] == pytest.approx(2 * plain.latest_h[lake])
    assert rough.earliest_h[lake] == pytest.approx(plain.earliest_h[lake] / 2)
