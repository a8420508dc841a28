from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.rivers import jobson
from pipeline.rivers.coefficients import formulas

AREA, FLOW, MEAN, SLOPE = 5e9, 80.0, 100.0, 0.002
POSITIVE = st.floats(1e-3, 1e3)


def test_velocity_with_slope_equals_the_printed_value():
    velocity = jobson.peak_velocity(AREA, FLOW, MEAN, SLOPE)
    assert velocity == pytest.approx(0.637333, rel=1e-6)


def test_highest_velocity_with_slope_equals_the_printed_value():
    velocity = jobson.highest_velocity(AREA, FLOW, MEAN, SLOPE)
    assert velocity == pytest.approx(1.009906, rel=1e-6)


def test_fifty_kilometres_take_the_printed_times():
    peak = jobson.travel_time_h(50_000, jobson.peak_velocity(AREA, FLOW, MEAN, SLOPE))
    assert peak == pytest.approx(21.79220, rel=1e-6)
    assert jobson.leading_edge_h(peak) == pytest.approx(19.39506, rel=1e-6)


def test_unit_peak_and_passage_equal_the_printed_values():
    cup = jobson.unit_peak(21.792199143470754, FLOW / MEAN)
    assert cup == pytest.approx(79.02838, rel=1e-6)
    assert jobson.passage_h(cup) == pytest.approx(7.029823, rel=1e-6)


def test_peak_concentration_equals_the_printed_value():
    cup = jobson.unit_peak(21.792199143470754, FLOW / MEAN)
    concentration = jobson.peak_concentration_mg_per_l(cup, 10_000, FLOW)
    assert concentration == pytest.approx(9.878548, rel=1e-6)


def test_worst_case_equals_the_printed_values():
    fastest = jobson.highest_velocity(AREA, FLOW, MEAN, SLOPE)
    peak = jobson.travel_time_h(50_000, fastest)
    cup = jobson.unit_peak(peak, FLOW / MEAN)
    assert peak == pytest.approx(13.75265, rel=1e-6)
    assert jobson.peak_concentration_mg_per_l(cup, 10_000, FLOW) == pytest.approx(
        14.10361, rel=1e-6
    )


def test_two_reaches_equal_the_printed_values():
    speeds = jobson.peak_velocity(
        np.array([1e9, 5e9]),
        np.array([20.0, 80.0]),
        np.array([25.0, 100.0]),
        np.array([0.005, 0.002]),
    )
    times = jobson.travel_time_h(np.array([30e3, 50e3]), speeds)
    cup = jobson.unit_peak(times.sum(), 0.8)
    assert speeds == pytest.approx([0.536181, 0.637333], rel=1e-6)
    assert times[0] == pytest.approx(15.54202, rel=1e-6)
    assert times.sum() == pytest.approx(37.33422, rel=1e-6)
    assert jobson.leading_edge_h(times.sum()) == pytest.approx(33.22745, rel=1e-6)
    assert cup == pytest.approx(52.11111, rel=1e-6)
    assert jobson.passage_h(cup) == pytest.approx(10.66098, rel=1e-6)
    assert jobson.peak_concentration_mg_per_l(cup, 50_000, 80) == pytest.approx(
        32.56945, rel=1e-6
    )


def test_equations_without_slope_or_mean_flow_equal_a_calculation_by_hand():
    shape = AREA**1.25 * 9.80665**0.5 / MEAN
    product = shape**0.821 * 0.8**-0.465 * FLOW / AREA
    assert jobson.peak_velocity_without_slope(AREA, FLOW, MEAN) == pytest.approx(
        0.020 + 0.051 * product
    )
    assert jobson.highest_velocity_without_slope(AREA, FLOW, MEAN) == pytest.approx(
        0.2 + 0.093 * product
    )
    local = (AREA**1.25 * 9.80665**0.5 / FLOW) ** 0.595 * FLOW / AREA
    assert jobson.peak_velocity_without_mean_flow(AREA, FLOW) == pytest.approx(
        0.152 + 8.1 * local
    )
    assert jobson.peak_velocity_without_mean_flow(
        AREA, FLOW, highest=True
    ) == pytest.approx(0.2 + 40 * local)
    assert jobson.unit_peak_without_mean_flow(10.0) == pytest.approx(1025 * 10**-0.887)


@given(POSITIVE, POSITIVE, st.floats(1e-5, 0.1))
def test_more_water_is_never_slower(low, more, slope):
    slow = jobson.peak_velocity(AREA, low, MEAN, slope)
    fast = jobson.peak_velocity(AREA, low + more, MEAN, slope)
    assert fast >= slow


@pytest.mark.parametrize("missing", [0.0, -1.0, np.nan])
def test_a_missing_input_gives_no_velocity(missing):
    assert np.isnan(jobson.peak_velocity(missing, FLOW, MEAN, SLOPE))
    assert np.isnan(jobson.peak_velocity(AREA, missing, MEAN, SLOPE))
    assert np.isnan(jobson.peak_velocity(AREA, FLOW, missing, SLOPE))
    assert np.isnan(jobson.peak_velocity(AREA, FLOW, MEAN, missing))


def test_unit_response_has_an_area_of_a_million():
    hours = np.linspace(0, 60, 60_001)
    response = jobson.unit_response(hours, 33.22745, 37.33422, 10.66098)
    assert np.trapezoid(response, hours * 3600) == pytest.approx(1e6, rel=1e-6)
    assert response.max() == pytest.approx(52.11111, rel=1e-4)


def test_a_longer_release_keeps_the_area_and_lowers_the_peak():
    hours = np.arange(0, 60, 0.1)
    single = jobson.unit_response(hours, 33.0, 37.0, 10.0)
    longer = jobson.superpose(single, np.full(50, 0.02))
    assert longer.sum() == pytest.approx(single.sum())
    assert longer.max() < single.max()


def test_shares_that_do_not_sum_to_one_are_refused():
    with pytest.raises(ValueError, match="sum to 1"):
        jobson.superpose(np.ones(3), np.array([0.5, 0.4]))


def test_times_out_of_order_are_refused():
    with pytest.raises(ValueError, match="do not follow"):
        jobson.unit_response(np.array([1.0]), 5.0, 4.0, 3.0)


def test_every_formula_names_its_source_unit_and_confidence():
    for key, formula in formulas().items():
        assert formula.source, key
        assert formula.unit, key
        assert formula.valid_range, key
        assert formula.confidence, key
