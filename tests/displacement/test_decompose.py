"""Up and east from two viewing directions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.displacement.decompose import (
    TrackRates,
    cell_means,
    combine,
    condition_number,
    solve_up_east,
)

ASCENDING = np.array([-0.6, 0.0, 0.8])
DESCENDING = np.array([0.6, 0.0, 0.8])


def track(name, los, rates, xy=((10.0, 10.0),)):
    n = len(rates)
    return TrackRates(
        source_id=name,
        xy_m=np.array(xy, dtype=float),
        velocity_mm_per_yr=np.array(rates, dtype=float),
        velocity_std_mm_per_yr=np.ones(n),
        los=np.tile(los, (n, 1)),
        reference_point="frame",
        is_interpolated=False,
        first_d=0.0,
        last_d=1000.0,
    )


def test_settlement_and_eastward_motion_by_hand():
    # up -10, east 5: ascending -0.6 * 5 - 0.8 * 10 = -11, descending 3 - 8 = -5
    found = combine(
        [track("a", ASCENDING, [-11]), track("d", DESCENDING, [-5])], 100, 5
    )
    assert found.up_mm_per_yr == pytest.approx(-10.0)
    assert found.east_mm_per_yr == pytest.approx(5.0)
    assert found.up_std_mm_per_yr == pytest.approx(np.sqrt(2) / 1.6)
    assert found.east_std_mm_per_yr == pytest.approx(np.sqrt(2) / 1.2)


@given(
    up=st.floats(-100, 100),
    east=st.floats(-100, 100),
    incidence=st.floats(25, 45),
)
def test_projecting_and_solving_returns_the_motion(up, east, incidence):
    e, u = np.sin(np.deg2rad(incidence)), np.cos(np.deg2rad(incidence))
    los = np.array([[[-e, 0, u], [e, 0, u]]])
    seen = los[0, :, 0] * east + los[0, :, 2] * up
    rates, _ = solve_up_east(seen[None], np.ones((1, 2)), los)
    assert rates[0] == pytest.approx([east, up], abs=1e-9)


def test_two_tracks_of_one_flight_direction_are_refused():
    near, far = np.array([-0.53, 0, 0.85]), np.array([-0.67, 0, 0.74])
    found = combine([track("a", near, [-11]), track("b", far, [-5])], 100, 5)
    assert found.up_mm_per_yr is None
    assert "too_alike" in found.reason


def test_the_same_view_twice_has_no_finite_condition():
    assert condition_number(np.array([ASCENDING, ASCENDING])) > 1e12
    assert condition_number(np.array([[1, 0, 0], [0, 0, 1.0]])) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"reference_point": "other"}, "references_differ"),
        ({"reference_point": "unknown"}, "references_differ"),
        ({"first_d": 900.0, "last_d": 1900.0}, "no_overlap"),
        ({"xy_m": np.array([[500.0, 500.0]])}, "no_shared_cell"),
    ],
)
def test_what_cannot_be_combined_is_refused_with_the_reason(change, words):
    second = replace(track("d", DESCENDING, [-5]), **change)
    found = combine([track("a", ASCENDING, [-11]), second], 100, 5)
    assert found.up_mm_per_yr is None
    assert words in found.reason


def test_one_direction_alone_is_not_split():
    assert "one_direction" in combine([track("a", ASCENDING, [1])], 100, 5).reason


def test_observed_tracks_are_preferred_to_interpolated_ones():
    level3 = replace(track("up", np.array([0, 0, 1.0]), [99]), is_interpolated=True)
    tracks = [track("a", ASCENDING, [-11]), track("d", DESCENDING, [-5]), level3]
    assert combine(tracks, 100, 5).up_mm_per_yr == pytest.approx(-10.0)


def test_the_error_of_a_cell_does_not_shrink_with_its_points():
    points = track("a", ASCENDING, [1, 2, 6], [(1, 1), (2, 2), (99, 99)])
    mean, std, _ = cell_means(points, 100.0)[(0, 0)]
    assert (mean, std) == (3.0, 1.0)
