"""Differences from the present, and shifts of return periods, by hand and as laws."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.curves import gumbel_return_period_yr
from pipeline.core.extremes import ExtremeValues, shifted_return_period_yr
from pipeline.hazards.changes import change_rows

GUMBEL = ExtremeValues(40.0, 10.0)
PERIODS = (2.0, 10.0, 100.0, 500.0)


def row(period, value, scenario="historical", **changes):
    return {
        "tmf_id": "kg-1",
        "hazard": "flood",
        "process": "pluvial_flood",
        "intensity_measure": "rain",
        "unit": "mm",
        "layer_id": "rain",
        "level": f"{period}",
        "return_period_yr": period,
        "scenario": scenario,
        "horizon": "present" if scenario == "historical" else "2041-2060",
        "percentile": 50.0,
        "intensity": value,
        "intensity_status": "not_covered" if value is None else "measured",
        "demonstration": False,
        "provisional": False,
        "confidence": "V",
        "note": None,
    } | changes


def changed(factor, periods=PERIODS, curve=GUMBEL.level, **more):
    present = [row(t, curve(t), **more) for t in periods]
    future = [row(t, curve(t) * factor, "ssp245", **more) for t in periods]
    return {r["return_period_yr"]: r for r in change_rows([*present, *future])}


def test_a_scaled_gumbel_curve_shifts_as_the_scaled_distribution():
    found = changed(1.1)
    for period in (100.0, 500.0):
        expected = shifted_return_period_yr(GUMBEL, 1.1, period)
        assert found[period]["shifted_period"] == pytest.approx(expected)
        assert found[period]["shifted_period"] < period


def test_two_levels_by_hand():
    # y(10) = 2.250367, y(100) = 4.600149; half-way between them T is 31.23
    value = gumbel_return_period_yr([10, 100], [20.0, 40.0], 30.0)
    assert value == pytest.approx(31.233, abs=1e-3)


def test_differences_are_future_less_present():
    found = changed(1.25)[100.0]
    assert found["difference"] == pytest.approx(0.25 * GUMBEL.level(100))
    assert found["difference_status"] == "measured"


@pytest.mark.parametrize(
    ("factor", "period", "reason"),
    [
        (1.5, 2.0, "more_often_than|period=2"),
        (0.7, 500.0, "more_rarely_than|period=500"),
    ],
)
def test_nothing_is_extrapolated_beyond_the_levels(factor, period, reason):
    found = changed(factor)[period]
    assert found["shifted_period"] is None
    assert found["shifted_period_status"] == "not_provided"
    assert found["shift_reason"] == reason


def test_no_change_keeps_every_return_period():
    assert all(r["shifted_period"] == t for t, r in changed(1.0).items())


def test_one_level_cannot_shift():
    assert changed(1.1, periods=(100.0,))[100.0]["shift_reason"] == "no_curve"


def test_a_place_without_hazard_has_no_period_to_shift():
    found = changed(1.1, curve=lambda t: 0.0 if t < 50 else 2.0)
    assert found[10.0]["shift_reason"] == "nothing_at_present"


def test_equal_levels_take_the_shorter_period():
    assert gumbel_return_period_yr([10, 50, 100], [1.0, 2.0, 2.0], 2.0) == 50


def test_a_missing_value_leaves_difference_and_shift_without_one():
    rows = [row(100.0, 5.0), row(100.0, None, "ssp245", note="no_factor_known")]
    (found,) = change_rows(rows)
    assert (found["difference"], found["shifted_period"]) == (None, None)
    assert found["difference_status"] == "not_covered"
    assert found["shift_reason"] == "no_both_values"
    assert found["note"] == "no_factor_known"


def test_what_the_change_leaves_out_is_said():
    river = changed(1.1, process="fluvial_flood")[100.0]
    mud = changed(1.1, hazard="landslide", process="landslide_mudflow")[100.0]
    assert river["shift_reason"] == "melt_not_covered"
    assert mud["shift_reason"] == "regime_not_covered"


@pytest.mark.parametrize(
    ("periods", "values", "value"),
    [
        ([10], [1.0], 1.0),
        ([1, 10], [1.0, 2.0], 1.5),
        ([10, 5], [1.0, 2.0], 1.5),
        ([10, 50], [2.0, 1.0], 1.5),
        ([10, 50], [1.0, 2.0], 2.5),
    ],
)
def test_levels_that_are_no_curve_are_refused(periods, values, value):
    with pytest.raises(ValueError, match="level"):
        gumbel_return_period_yr(periods, values, value)


@given(st.floats(1.0, 1.4), st.floats(1.0, 1.4))
def test_a_larger_factor_never_makes_a_level_rarer(first, second):
    small, large = sorted((first, second))
    for period in PERIODS:
        a, b = (changed(k)[period]["shifted_period"] for k in (small, large))
        assert b is None or (a is not None and b <= a * (1 + 1e-9))
