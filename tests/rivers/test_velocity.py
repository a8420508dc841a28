from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.schemas.rivers import VelocityMethod
from pipeline.rivers.velocity import (
    FlowFactors,
    allen_depth_m,
    allen_velocity,
    allen_width_m,
    manning_velocity,
    reach_velocities,
    two_day_length_m,
)

NAN = float("nan")


def velocities(
    *,
    area=NAN,
    discharge=NAN,
    slope=NAN,
    observed=NAN,
    radius=NAN,
    roughness=NAN,
    lake=False,
    flows=FlowFactors(0.3, 3.0),  # noqa: B008 (frozen)
    bounds=None,
):
    parts = (area, discharge, slope, observed, radius, roughness)
    arrays = [np.array([part], dtype=float) for part in parts]
    return reach_velocities(
        area_m2=arrays[0],
        discharge_m3s=arrays[1],
        slope=arrays[2],
        observed_m_per_s=arrays[3],
        hydraulic_radius_m=arrays[4],
        roughness=arrays[5],
        in_lake=np.array([lake]),
        flows=flows,
        discharge_bounds_m3s=None
        if bounds is None
        else (np.array([bounds[0]]), np.array([bounds[1]])),
    )


def test_manning_equals_the_printed_value():
    assert manning_velocity(1.5, 0.002, 0.035) == pytest.approx(1.674330, rel=1e-6)


def test_allen_equals_the_printed_values():
    assert allen_width_m(80.0) == pytest.approx(31.1165, rel=1e-5)
    assert allen_depth_m(80.0) == pytest.approx(1.55517, rel=1e-5)
    assert allen_velocity(80.0) == pytest.approx(1.653181, rel=1e-6)


def test_two_days_at_one_point_two_metres_per_second_are_207_kilometres():
    assert two_day_length_m(1.2) == pytest.approx(207_360.0)


@pytest.mark.parametrize(
    ("given_values", "method"),
    [
        ({"observed": 0.7, "radius": 1.5, "roughness": 0.035}, "observed"),
        ({"radius": 1.5, "roughness": 0.035}, "manning"),
        ({}, "jobson_slope"),
        ({"slope": NAN}, "jobson_no_slope"),
        ({"slope": NAN, "area": NAN}, "allen"),
        ({"discharge": NAN}, "unknown"),
        ({"discharge": 0.0}, "unknown"),
        ({"lake": True}, "standing_water"),
    ],
)
def test_the_best_method_that_has_data_is_used(given_values, method):
    basis = {"area": 5e9, "discharge": 80.0, "slope": 0.002}
    result = velocities(**(basis | given_values))
    assert result.method[0] == VelocityMethod(method)


def test_standing_and_unknown_water_has_no_velocity():
    assert np.isnan(velocities(area=5e9, discharge=80.0, lake=True).central[0])
    assert np.isnan(velocities(area=5e9).central[0])


@given(st.floats(1e6, 1e12), st.floats(1e-3, 1e4), st.floats(1e-5, 0.5))
def test_the_three_velocities_are_in_order_and_within_limits(area, discharge, slope):
    result = velocities(area=area, discharge=discharge, slope=slope)
    three = [result.slowest[0], result.central[0], result.fastest[0]]
    assert three == sorted(three)
    assert three[0] >= 0.1
    assert three[2] <= 4.0


def test_a_velocity_outside_the_limits_is_marked_as_clipped():
    assert velocities(observed=9.0).clipped[0]
    assert velocities(observed=9.0).central[0] == 4.0
    assert not velocities(observed=0.9).clipped[0]


@pytest.mark.parametrize("slope", [0.002, NAN])
def test_bounds_of_the_discharge_widen_those_of_the_velocity(slope):
    known = velocities(area=5e9, discharge=100.0, slope=slope)
    rough = velocities(area=5e9, discharge=100.0, slope=slope, bounds=(50.0, 200.0))
    assert rough.central == known.central
    assert rough.fastest > known.fastest
    assert rough.slowest < known.slowest


def test_the_slowest_velocity_is_that_at_low_flow_of_the_lower_discharge():
    rough = velocities(area=5e9, discharge=100.0, slope=0.002, bounds=(50.0, 200.0))
    low = velocities(area=5e9, discharge=50.0, slope=0.002)
    high = velocities(area=5e9, discharge=200.0, slope=0.002)
    assert rough.slowest == pytest.approx(low.slowest)
    assert rough.fastest == pytest.approx(high.fastest)


def test_hydraulic_geometry_follows_the_bounds_of_the_discharge():
    rough = velocities(discharge=100.0, bounds=(50.0, 200.0))
    assert rough.slowest == pytest.approx(velocities(discharge=50.0).slowest)
    assert rough.fastest == pytest.approx(velocities(discharge=200.0).fastest)


def test_an_observed_velocity_does_not_depend_on_the_discharge():
    rough = velocities(area=5e9, discharge=9.0, observed=0.7, bounds=(1.0, 99.0))
    assert rough.slowest == velocities(observed=0.7).slowest
