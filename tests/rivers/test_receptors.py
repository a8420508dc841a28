from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.core.geo import distance_m
from pipeline.rivers.nearest import ReachIndex
from pipeline.rivers.paths import trace
from pipeline.rivers.receptors import (
    Places,
    lakes_on_paths,
    near_reaches,
    places_on_paths,
)

LIMIT_M = 5000.0


def places(*points):
    count = len(points)
    names = np.array([f"place {k}" for k in range(count)], dtype=object)
    nothing = np.full(count, None, dtype=object)
    lon, lat = np.array(points, dtype=float).T
    return Places(
        np.full(count, "settlement"),
        names,
        names,
        nothing,
        nothing,
        lon,
        lat,
        np.full(count, np.nan),
    )


def exposed(kit, network, settlements, *entries, radius=None):
    start = np.array([kit.index(network, i) for i, _ in entries], dtype=np.int64)
    share = np.array([s for _, s in entries], dtype=float)
    paths = trace(network, kit.timed(network), start, share)
    near = near_reaches(ReachIndex(network.lines), settlements, LIMIT_M)
    radii = None if radius is None else np.full(len(entries), radius)
    return paths, places_on_paths(network, paths, settlements, near, LIMIT_M, radii)


def test_a_place_by_the_river_is_found_with_its_distance(kit, confluence):
    _, found = exposed(kit, confluence, places((70.25, 40.02)), (1, 0.0))
    assert list(found.place) == [0]
    assert found.distance_to_river_m[0] == pytest.approx(
        float(distance_m(70.25, 40.02, 70.25, 40.0)), rel=1e-4
    )
    assert found.fraction[0] == pytest.approx(0.5, abs=1e-3)


def test_a_place_beyond_the_limit_is_left_out(kit, confluence):
    _, found = exposed(kit, confluence, places((70.25, 40.06)), (1, 0.0))
    assert len(found.place) == 0


def test_a_place_on_another_river_is_left_out(kit, confluence):
    _, found = exposed(kit, confluence, places((70.1, 40.15)), (1, 0.0))
    assert len(found.place) == 0


def test_a_place_nearer_to_a_tributary_still_counts_for_the_main_river(kit, confluence):
    # 2.2 km from the confluence on the tributary, so the tributary is nearest
    _, found = exposed(kit, confluence, places((70.1, 40.02)), (1, 0.0), (2, 0.0))
    assert list(found.path) == [0, 1]
    assert found.distance_to_river_m[0] == pytest.approx(2220.7, abs=2)
    assert found.distance_to_river_m[1] == pytest.approx(0.0, abs=1)


def test_each_place_stands_once_on_each_path(kit, confluence):
    paths, found = exposed(kit, confluence, places((70.2, 40.001)), (1, 0.0), (4, 0.0))
    assert list(found.path) == [0, 1]
    assert len(paths) == 2


def test_a_place_upstream_of_the_entry_is_measured_to_the_entry(kit, confluence):
    settlement = places((70.12, 40.0))
    _, near = exposed(kit, confluence, settlement, (3, 0.5))
    assert near.distance_to_river_m[0] == pytest.approx(
        float(distance_m(70.12, 40.0, 70.15, 40.0)), rel=1e-3
    )
    assert near.fraction[0] == 0.5
    _, far = exposed(kit, confluence, settlement, (3, 0.95))
    assert len(far.place) == 0


def test_a_place_within_the_radius_of_the_entry_lies_beside_the_facility(
    kit, confluence
):
    # 7.6 km upstream of the entry: too far for the river, inside of the radius
    settlement = places((70.11, 40.0))
    _, found = exposed(kit, confluence, settlement, (3, 0.995), radius=8000.0)
    assert list(found.place) == [0]
    assert found.beside[0]
    assert found.fraction[0] == pytest.approx(0.995)
    _, none = exposed(kit, confluence, settlement, (3, 0.995), radius=3000.0)
    assert len(none.place) == 0


def test_a_place_on_a_side_stream_within_the_radius_counts_too(kit, confluence):
    settlement = places((70.12, 40.06))  # 6.7 km off the river
    _, found = exposed(kit, confluence, settlement, (3, 0.2), radius=8000.0)
    assert found.beside[0]
    _, none = exposed(kit, confluence, settlement, (3, 0.2))
    assert len(none.place) == 0


def test_a_place_downstream_within_the_radius_keeps_its_latest_arrival(kit, confluence):
    settlement = places((70.25, 40.0))  # 8.5 km below the entry
    paths, found = exposed(kit, confluence, settlement, (3, 0.5), radius=9000.0)
    assert found.beside[0]
    assert found.fraction[0] == 0.5
    assert paths.reach[found.late_element[0]] == kit.index(confluence, 4)
    assert found.late_fraction[0] == pytest.approx(0.5, abs=1e-3)


def test_a_place_downstream_outside_of_the_radius_is_not_beside(kit, confluence):
    _, found = exposed(kit, confluence, places((70.25, 40.0)), (3, 0.5), radius=200.0)
    assert not found.beside[0]
    assert found.late_element[0] == found.element[0]


def test_a_place_upstream_near_the_entry_lies_beside_the_facility(kit, confluence):
    _, found = exposed(kit, confluence, places((70.14, 40.0)), (3, 0.5), radius=200.0)
    assert found.beside[0]


def test_a_lake_is_reported_where_the_path_enters_it(kit, confluence):
    start = np.array([kit.index(confluence, i) for i in (1, 4, 6)])
    timing = kit.timed(confluence)
    paths = trace(confluence, timing, start, np.zeros(3))
    found, keys = lakes_on_paths(confluence, paths, timing)
    assert list(found.path) == [0, 1]
    assert list(keys) == ["blue", "blue"]
    assert list(found.fraction) == [0.0, 0.0]


def test_a_facility_on_a_lake_enters_it_at_once(kit, confluence):
    timing = kit.timed(confluence)
    start = np.array([kit.index(confluence, 5)])
    paths = trace(confluence, timing, start, np.array([0.4]))
    found, _ = lakes_on_paths(confluence, paths, timing)
    assert list(found.fraction) == [0.4]


@settings(deadline=None, max_examples=40)
@given(
    st.lists(
        st.tuples(st.floats(69.9, 70.7), st.floats(39.9, 40.3)), min_size=1, max_size=6
    ),
    st.lists(st.tuples(st.integers(1, 6), st.floats(0, 0.99)), min_size=1, max_size=4),
)
def test_the_join_equals_a_search_path_by_path(kit, points, entries):
    network = kit.network(kit.confluence)
    settlements = places(*points)
    paths, found = exposed(kit, network, settlements, *entries)
    near = near_reaches(ReachIndex(network.lines), settlements, LIMIT_M)
    expected = set()
    for k in range(len(paths)):
        on_path = set(paths.reach[paths.offset[k] : paths.offset[k + 1]])
        for reach, point, share in zip(
            near.reach, near.point, near.fraction, strict=True
        ):
            entry = paths.start_fraction[paths.offset[k]]
            first = paths.reach[paths.offset[k]]
            if reach in on_path and not (reach == first and share < entry):
                expected.add((k, int(point)))
    pairs = set(zip(found.path.tolist(), found.place.tolist(), strict=True))
    assert expected <= pairs
    assert len(pairs) == len(found.path)
    assert np.all(found.distance_to_river_m <= LIMIT_M)
