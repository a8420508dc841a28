import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.assessment.failure import Level, seismic_failure
from pipeline.assessment.interval import Interval, exactly
from pipeline.assessment.triggering import Liquefaction, TriggeringLevel
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
    # P(flow | liquefied) 0.5 for all events at least as rare as 475 years, while a dam
    # that settles stays below: RS = exp(6.07 * 0.6 + 0.57 * 7.5 - 8) = 0.92 % of 1.5 %
    weak = (
        Level(475.0, Interval(0.25, 0.3, 0.35)),
        Level(2475.0, Interval(0.4, 0.5, 0.6)),
    )
    found = seismic_failure(weak, DamType.UPSTREAM, has_dam=True)
    assert found.interval.high == pytest.approx(0.5 / 475)


def test_liquefaction_never_makes_a_dam_safer():
    # at 1 g a downstream dam settles by 4 % and fails far more often than it flows
    strong = [Level(475.0, exactly(1.0))]
    found = seismic_failure(strong, DamType.DOWNSTREAM, has_dam=True).interval
    settled = math.exp(6.07 * 1.0 + 0.57 * 7.5 - 8)
    probability = 0.5 * math.erfc(-math.log(settled / 1.5) / 0.8 / math.sqrt(2))
    assert found.high == pytest.approx(probability / 475)
    assert probability > 0.05


def levels_of(*values: tuple[float, float | Interval]) -> tuple[TriggeringLevel, ...]:
    return tuple(
        TriggeringLevel(t, x if isinstance(x, Interval) else exactly(x))
        for t, x in values
    )


def test_ground_that_liquefies_raises_the_lower_bound_alone():
    ground = Liquefaction(levels_of((475.0, 0.4), (2475.0, 0.4)), "map")
    dry = seismic_failure(CURVE, DamType.UPSTREAM, has_dam=True).interval
    found = seismic_failure(CURVE, DamType.UPSTREAM, has_dam=True, liquefaction=ground)
    # 0.4 of the dams flow with 0.5; of the others the settlement's share stays
    assert found.interval.low == pytest.approx(0.4 * 0.5 / 475 + 0.6 * dry.low)
    assert found.interval.high == dry.high
    assert found.interval.central is None
    assert found.basis is FailureBasis.GROUND_LIQUEFACTION


def test_ground_that_does_not_liquefy_leaves_the_tailings_unknown():
    ground = Liquefaction(levels_of((475.0, 0.0), (2475.0, 0.0)), "map")
    dry = seismic_failure(CURVE, DamType.UPSTREAM, has_dam=True).interval
    found = seismic_failure(CURVE, DamType.UPSTREAM, has_dam=True, liquefaction=ground)
    assert found.interval == dry


def test_a_study_narrows_both_bounds_and_gives_a_central_value():
    studied = Liquefaction(
        levels_of((475.0, Interval(0.1, 0.2, 0.3)), (2475.0, Interval(0.1, 0.2, 0.3))),
        "study",
        is_study=True,
    )
    single = [Level(475.0, exactly(0.1)), Level(2475.0, exactly(0.1))]
    found = seismic_failure(
        single, DamType.UPSTREAM, has_dam=True, liquefaction=studied
    )
    # at 0.1 g hardly anything settles (class 4 below 1e-6): liquefaction is all
    assert found.interval.low == pytest.approx(0.1 * 0.5 / 475, rel=1e-3)
    assert found.interval.central == pytest.approx(0.2 * 0.5 / 475, rel=1e-3)
    assert found.interval.high == pytest.approx(0.3 * 0.5 / 475, rel=1e-3)
    assert (found.status, found.basis) == (Status.MEASURED, FailureBasis.CURVE)


def test_a_study_of_some_levels_gives_no_central_value():
    studied = Liquefaction(levels_of((2475.0, 0.2)), "study", is_study=True)
    found = seismic_failure(CURVE, DamType.UPSTREAM, has_dam=True, liquefaction=studied)
    assert found.interval.central is None
    assert found.basis is FailureBasis.STUDY_BOUNDS


def test_a_studys_upper_bound_holds_no_farther_than_its_levels():
    # studied at 475 years alone: rarer events may liquefy the dam surely
    studied = Liquefaction(levels_of((475.0, 0.0)), "study", is_study=True)
    found = seismic_failure(
        CURVE, DamType.UPSTREAM, has_dam=True, liquefaction=studied
    ).interval
    assert found.high > 0.5 / 2475


def test_liquefaction_that_grows_rarer_with_shaking_is_refused():
    upside_down = Liquefaction(levels_of((475.0, 0.4), (2475.0, 0.3)), "map")
    with pytest.raises(ValueError, match="liquefaction decreases"):
        seismic_failure(CURVE, DamType.UPSTREAM, has_dam=True, liquefaction=upside_down)


@pytest.mark.parametrize("value", [-0.1, 1.1])
def test_what_is_no_probability_is_refused(value):
    with pytest.raises(ValueError, match="probability"):
        TriggeringLevel(475.0, exactly(value))


@given(st.floats(0, 1), st.floats(0, 1), st.sampled_from(DamType))
def test_more_liquefaction_never_lowers_the_bound(a, b, dam_type):
    weak, strong = sorted((a, b))
    low = [
        seismic_failure(
            CURVE,
            dam_type,
            has_dam=True,
            liquefaction=Liquefaction(levels_of((475.0, p), (2475.0, p)), "map"),
        ).interval.low
        for p in (weak, strong)
    ]
    assert low[0] <= low[1] * (1 + 1e-12)


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
