"""Points of a facility, and neighbours that agree."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipeline.displacement.search import (
    SearchArea,
    in_company,
    local_xy_m,
    points_in_any,
    points_within,
)

AREA = SearchArea("a", 70.0, 40.0, 1000.0, 500.0)
RULE = {"cell_m": 40.0, "reach_m": 200.0, "minimum": 3}


def test_points_are_taken_by_distance_on_the_ellipsoid():
    # one minute of latitude at 40 degrees is 1850.6 m
    lat = np.array([40.0, 40.0 + 0.54 / 60, 40.0 + 0.55 / 60])
    rows, metres = points_within(AREA, np.full(3, 70.0), lat)
    assert rows.tolist() == [0, 1]
    assert metres == pytest.approx([0.0, 999.3], abs=1.0)


def test_a_circle_across_the_antimeridian_sees_both_sides():
    area = replace(AREA, lon_deg=180.0)
    rows, _ = points_within(area, np.array([179.999, -179.999]), np.array([40.0, 40.0]))
    assert rows.tolist() == [0, 1]


def test_coarse_positions_take_no_points():
    lon, lat = np.array([70.0]), np.array([40.0])
    assert points_in_any((AREA,), lon, lat).all()
    assert not points_in_any((replace(AREA, is_coarse=True),), lon, lat).any()


def test_local_metres_keep_distances():
    xy = local_xy_m(AREA, np.array([70.0, 70.01]), np.array([40.009, 40.0]))
    assert xy[0] == pytest.approx([0.0, 999.3], abs=0.2)
    assert xy[1] == pytest.approx([853.9, 0.0], abs=0.2)


def row_of_points(n, spacing):
    return np.column_stack([np.arange(n) * spacing + 5.0, np.full(n, 5.0)])


def test_three_neighbours_that_agree_are_kept():
    flagged = np.array([True, True, True, False, False, False])
    kept = in_company(flagged, np.ones(6, bool), row_of_points(6, 60.0), **RULE)
    assert kept.tolist() == [True, True, True, False, False, False]


def test_points_of_one_resolution_cell_have_one_vote():
    xy = np.tile([[5.0, 5.0]], (6, 1)) + np.arange(6)[:, None]
    kept = in_company(np.ones(6, bool), np.ones(6, bool), xy, **RULE)
    assert not kept.any()


def test_odd_points_among_many_quiet_ones_are_no_signal():
    x, y = np.meshgrid(np.arange(12) * 45.0, np.arange(12) * 45.0)
    xy = np.column_stack([x.ravel(), y.ravel()])
    flagged = np.zeros(144, bool)
    flagged[[13, 40, 70, 100]] = True
    assert not in_company(flagged, np.ones(144, bool), xy, **RULE).any()


def test_far_points_are_no_neighbours():
    kept = in_company(np.ones(4, bool), np.ones(4, bool), row_of_points(4, 900), **RULE)
    assert not kept.any()


def test_points_that_cannot_be_judged_have_no_vote():
    flagged, able = np.ones(5, bool), np.array([True, True, False, True, True])
    kept = in_company(flagged, able, row_of_points(5, 60.0), **RULE)
    assert kept.tolist() == able.tolist()


def test_a_cell_is_flagged_by_the_majority_of_its_points():
    xy = np.repeat(row_of_points(3, 60.0), 3, axis=0) + np.tile(
        [[0.0, 0], [1, 1], [2, 2]], (3, 1)
    )
    one_of_three = np.tile([True, False, False], 3)
    assert not in_company(one_of_three, np.ones(9, bool), xy, **RULE).any()
    assert in_company(~one_of_three, np.ones(9, bool), xy, **RULE).sum() == 6
