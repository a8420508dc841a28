"""Receptors with an outline: reached where the path first comes near."""

from __future__ import annotations

import numpy as np
import pytest
from shapely.geometry import LineString, box

from pipeline.rivers.areas import areas_on_paths, near_areas
from pipeline.rivers.paths import trace
from pipeline.rivers.receptors import Places

LIMIT_M = 1000.0


def areas(*shapes):
    count = len(shapes)
    shape = np.empty(count, dtype=object)
    shape[:] = shapes
    names = np.array([f"area {k}" for k in range(count)], dtype=object)
    nothing = np.full(count, None, dtype=object)
    return Places(
        np.full(count, "protected_area", dtype=object),
        names,
        names,
        nothing,
        nothing,
        np.array([s.centroid.x for s in shapes]),
        np.array([s.centroid.y for s in shapes]),
        np.full(count, np.nan),
        shape,
    )


def exposed(kit, network, places, *entries):
    start = np.array([kit.index(network, i) for i, _ in entries], dtype=np.int64)
    share = np.array([s for _, s in entries], dtype=float)
    paths = trace(network, kit.timed(network), start, share)
    return paths, areas_on_paths(network, paths, near_areas(network, places, LIMIT_M))


def test_an_area_across_the_river_is_reached_where_the_river_comes_near(
    kit, confluence
):
    park = areas(box(70.15, 39.9, 70.35, 40.1))
    paths, found = exposed(kit, confluence, park, (1, 0.0))
    assert list(found.place) == [0]
    assert paths.reach[found.element[0]] == kit.index(confluence, 3)
    metres = (0.15 - 0.1) * 85_394 - LIMIT_M  # 1 km before its edge
    assert found.fraction[0] == pytest.approx(metres / 8539.4, abs=2e-3)
    assert found.distance_to_river_m[0] == 0.0
    assert not found.beside[0]


def test_an_area_too_far_from_the_river_is_left_out(kit, confluence):
    _, found = exposed(kit, confluence, areas(box(70.2, 40.02, 70.3, 40.05)), (1, 0.0))
    assert len(found.place) == 0


def test_an_area_near_the_river_has_its_distance(kit, confluence):
    near = areas(box(70.22, 40.005, 70.28, 40.05))
    _, found = exposed(kit, confluence, near, (1, 0.0))
    assert found.distance_to_river_m[0] == pytest.approx(555.2, rel=1e-2)


def test_a_facility_inside_an_area_reaches_it_at_once(kit, confluence):
    park = areas(box(70.05, 39.9, 70.35, 40.1))
    _, found = exposed(kit, confluence, park, (3, 0.5))
    assert found.fraction[0] == 0.5
    assert found.beside[0]


def test_an_area_upstream_of_the_entry_is_left_out(kit, confluence):
    up = areas(box(70.11, 39.99, 70.12, 40.01))
    _, found = exposed(kit, confluence, up, (3, 0.9))
    assert len(found.place) == 0


def test_an_area_on_another_river_is_left_out(kit, confluence):
    other = areas(box(70.09, 40.1, 70.11, 40.15))
    _, found = exposed(kit, confluence, other, (1, 0.0), (2, 0.0))
    assert list(found.path) == [1]


def test_lines_are_reached_like_areas(kit, confluence):
    pipe = areas(LineString([(70.25, 39.9), (70.25, 40.1)]))
    _, found = exposed(kit, confluence, pipe, (1, 0.0))
    assert found.distance_to_river_m[0] == 0.0
