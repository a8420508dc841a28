import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.assessment.failure import Level, seismic_failure
from pipeline.assessment.interval import Interval, exactly
from pipeline.core.model import DamType, Status
from pipeline.core.schemas.assessment import FailureBasis

CURVE = (
    Level(475.0, Interval(0.25, 0.3, 0.35)),
    Level(2475.0, Interval(0.5, 0.6, 0.7)),
)


def test_unknown_liquefaction_gives_bounds_and_no_central_value():
    found = seismic_failure(CURVE, DamType.UNKNOWN, has_dam=True)
    assert found.interval.central is None
    assert found.status is Status.NOT_PROVIDED
    assert found.basis is FailureBasis.BOUNDS_ONLY
    assert 0 < found.interval.low < found.interval.high


def test_a_dam_that_surely_liquefies_sets_the_upper_bound():
    # P(flow | liquefied) 0.5 for all events at least as rare as 475 years
    found = seismic_failure(CURVE, DamType.UPSTREAM, has_dam=True)
    assert found.interval.high == pytest.approx(0.5 / 475)


def test_a_single_level_gives_the_hand_computed_lower_bound():
    # RS = exp(6.07 * 0.4 + 0.57 * 6.5 - 8) = 0.154597 %, Swaisgood 2014 0.152772 %
    # lower one: Phi(ln(0.152772 / 1.5) / 0.8) / 475
    found = seismic_failure(
        [Level(475.0, exactly(0.4))], DamType.DOWNSTREAM, has_dam=True
    )
    settled = min(
        math.exp(6.07 * 0.4 + 0.57 * 6.5 - 8), math.exp(5.7 * 0.4 + 0.471 * 6.5 - 7.22)
    )
    probability = 0.5 * math.erfc(-math.log(settled / 1.5) / 0.8 / math.sqrt(2))
    assert found.interval.low == pytest.approx(probability / 475)


@pytest.mark.parametrize(
    ("levels", "has_dam", "basis"),
    [
        (CURVE, False, FailureBasis.NO_DAM),
        ((), True, FailureBasis.NO_CURVE),
    ],
)
def test_without_a_dam_or_a_curve_there_is_no_number(levels, has_dam, basis):
    found = seismic_failure(levels, DamType.UNKNOWN, has_dam=has_dam)
    assert found.interval is None
    assert found.basis is basis


def test_a_place_that_never_shakes_does_not_fail_by_earthquake():
    still = [Level(475.0, exactly(0.0)), Level(2475.0, exactly(0.0))]
    found = seismic_failure(still, DamType.UNKNOWN, has_dam=True)
    assert (found.interval.low, found.interval.high) == (0, 0)


def test_accelerations_that_decrease_with_return_period_are_refused():
    upside_down = [Level(475.0, exactly(0.4)), Level(2475.0, exactly(0.3))]
    with pytest.raises(ValueError, match="decrease"):
        seismic_failure(upside_down, DamType.UNKNOWN, has_dam=True)


@given(st.floats(0.01, 1.5), st.floats(1, 2), st.sampled_from(DamType))
def test_an_unknown_construction_never_narrows_the_bounds(pga, growth, dam_type):
    levels = [Level(475.0, exactly(pga)), Level(2475.0, exactly(pga * growth))]
    known = seismic_failure(levels, dam_type, has_dam=True).interval
    unknown = seismic_failure(levels, DamType.UNKNOWN, has_dam=True).interval
    assert unknown.low <= known.low
    assert known.high <= unknown.high
