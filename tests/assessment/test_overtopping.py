"""Rain that overtops a dam, by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.assessment.interval import Interval, exactly
from pipeline.assessment.overtopping import Basin, Inflow, InflowLevel, overtopping
from pipeline.core.model import Status
from pipeline.core.schemas.assessment import OvertoppingBasis

BASIN = Basin(freeboard_m=1.0, pond_area_m2=1e5)  # holds 100,000 m3


def inflow(*levels):
    return Inflow(
        tuple(
            InflowLevel(t, x if isinstance(x, Interval) else exactly(x))
            for t, x in levels
        ),
        "inflow",
    )


LEVELS = inflow((10.0, 5e4), (100.0, 2e5), (1000.0, 4e5))


def test_the_frequency_is_that_of_the_inflow_that_fills_the_freeboard():
    # 1e5 lies half-way between 5e4 and 2e5 on the logarithm: 10 ** -1.5 a year
    found = overtopping(LEVELS, BASIN, has_dam=True)
    assert found.interval.central == pytest.approx(10**-1.5)
    assert (found.status, found.basis) == (Status.MEASURED, OvertoppingBasis.CURVE)
    # half of the overtoppings breach; a fifth to all in the bounds
    assert found.breach.central == pytest.approx(0.5 * 10**-1.5)
    assert found.breach.low == pytest.approx(0.2 * 10**-1.5)
    assert found.breach.high == pytest.approx(10**-1.5)


def test_the_bounds_are_those_of_the_inflow():
    spread = inflow((10.0, Interval(2.5e4, 5e4, 1e5)), (100.0, Interval(1e5, 2e5, 4e5)))
    found = overtopping(spread, BASIN, has_dam=True).interval
    assert found.low == pytest.approx(0.01)
    assert found.central == pytest.approx(10**-1.5)
    assert found.high == pytest.approx(0.1)


def test_beyond_the_levels_there_are_bounds_alone():
    rare = overtopping(inflow((10.0, 5e3), (100.0, 9e3)), BASIN, has_dam=True)
    assert rare.interval == Interval(0.0, None, 0.01)
    often = overtopping(inflow((10.0, 9e5), (100.0, 9.9e5)), BASIN, has_dam=True)
    assert often.interval == Interval(0.1, None, 1.0)
    assert often.basis is OvertoppingBasis.BEYOND_LEVELS
    assert often.status is Status.NOT_PROVIDED


def test_no_inflow_at_all_leaves_what_is_rarer_than_the_levels():
    found = overtopping(inflow((10.0, 0.0), (100.0, 0.0)), BASIN, has_dam=True)
    assert found.interval == Interval(0.0, None, 0.01)


@pytest.mark.parametrize(
    ("levels", "basin", "has_dam", "basis"),
    [
        (LEVELS, BASIN, False, "no_dam"),
        (Inflow(), BASIN, True, "no_inflow"),
        (LEVELS, Basin(None, 1e5), True, "no_freeboard"),
        (LEVELS, Basin(1.0, None), True, "no_pond_area"),
    ],
)
def test_a_missing_input_is_named_and_gives_no_number(levels, basin, has_dam, basis):
    found = overtopping(levels, basin, has_dam=has_dam)
    assert (found.interval, found.breach, found.basis) == (None, None, basis)


@pytest.mark.parametrize("pond_area_m2", [1e5, None])
def test_a_pond_full_to_the_crest_is_overtopped_by_the_most_frequent_rain(pond_area_m2):
    found = overtopping(LEVELS, Basin(0.0, pond_area_m2), has_dam=True)
    assert found.interval == Interval(0.1, None, 1.0)  # first level to once a year
    assert found.basis == OvertoppingBasis.BEYOND_LEVELS


@given(st.floats(1.0, 2.0))
def test_more_rain_never_overtops_less_often(factor):
    wetter = inflow(
        *((x.return_period_yr, x.volume_m3.low * factor) for x in LEVELS.levels)
    )
    now = overtopping(LEVELS, BASIN, has_dam=True).interval
    then = overtopping(wetter, BASIN, has_dam=True).interval
    assert then.low >= now.low * (1 - 1e-9)
    assert then.high >= now.high * (1 - 1e-9)


def test_a_layer_that_tells_the_frequency_counts_where_there_are_no_levels():
    told = Inflow((), "map", stated_per_yr=Interval(0.01, 0.02, 0.05))
    found = overtopping(told, Basin(), has_dam=True)
    assert found.interval == Interval(0.01, 0.02, 0.05)
    assert (found.basis, found.status) == (OvertoppingBasis.LAYER, Status.MEASURED)
    assert found.breach == Interval(0.002, 0.01, 0.05)
    both = Inflow(LEVELS.levels, "inflow", stated_per_yr=exactly(0.5))
    assert overtopping(both, BASIN, has_dam=True).basis is OvertoppingBasis.CURVE
    assert overtopping(told, Basin(), has_dam=False).basis is OvertoppingBasis.NO_DAM


def test_a_told_zero_below_a_bound_is_no_central_value():
    told = Inflow((), "map", stated_per_yr=Interval(0.0, 0.0, 0.001))
    found = overtopping(told, Basin(), has_dam=True)
    assert found.interval == Interval(0.0, None, 0.001)
    assert found.status is Status.NOT_PROVIDED
