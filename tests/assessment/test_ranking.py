import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.assessment.index import IndexFacts, index_of
from pipeline.assessment.interval import Interval, exactly
from pipeline.assessment.ranking import (
    draw_risk,
    facility_rng,
    ordering_risk,
    places,
)
from pipeline.core.model import FacilityStatus

KNOWN = IndexFacts(
    exactly(1e6),
    2,
    FacilityStatus.ACTIVE,
    exactly(0.3),
    True,
    1.2,
    exactly(1000),
)
UNKNOWN = IndexFacts(None, None, FacilityStatus.UNKNOWN, None, None, None, None)


def test_draws_do_not_depend_on_run_order():
    first = facility_rng(7, "kg-001").normal(size=3)
    facility_rng(7, "tj-004").normal(size=99)
    assert np.array_equal(first, facility_rng(7, "kg-001").normal(size=3))


@pytest.mark.parametrize("facts", [KNOWN, UNKNOWN])
def test_draws_stay_within_the_bounds_of_the_index(scheme, facts):
    drawn = draw_risk(facts, scheme, facility_rng(1, "a"), 500)
    risk = index_of(facts, scheme).risk
    assert drawn.min() >= risk.low - 1e-9
    assert drawn.max() <= risk.high + 1e-9


def test_draws_of_what_is_known_differ_by_the_environment_alone(scheme):
    drawn = draw_risk(KNOWN, scheme, facility_rng(1, "a"), 2000)
    central = index_of(KNOWN, scheme).risk.central
    assert drawn.min() == pytest.approx(central, abs=0.02)
    assert drawn.max() == pytest.approx(central + 3, abs=0.02)


def test_unknowns_spread_the_draws(scheme):
    known = draw_risk(KNOWN, scheme, facility_rng(1, "a"), 500)
    unknown = draw_risk(UNKNOWN, scheme, facility_rng(1, "a"), 500)
    assert unknown.std() > 1.5 * known.std()


def test_a_triangular_volume_has_the_mean_of_its_three_numbers(scheme):
    facts = IndexFacts(
        Interval(1e4, 1e5, 1e9),
        0,
        FacilityStatus.ACTIVE,
        exactly(0),
        False,
        2,
        exactly(1),
    )
    drawn = draw_risk(facts, scheme, facility_rng(3, "a"), 40_000)
    # (4 + 5 + 9) / 3 for the volume, 1.5 for the environment
    assert drawn.mean() == pytest.approx(7.5, abs=0.03)


def test_a_known_index_orders_by_itself(scheme):
    value, is_assumed = ordering_risk(KNOWN, scheme)
    assert value == index_of(KNOWN, scheme).risk.central
    assert not is_assumed


def test_an_unknown_index_orders_by_assumed_values_and_says_so(scheme):
    value, is_assumed = ordering_risk(UNKNOWN, scheme)
    # log10 5e6 + 2 + 1 + 2 + 1 + log10 1e4
    assert value == pytest.approx(16.69897, abs=1e-5)
    assert is_assumed


def test_a_range_without_central_value_orders_by_its_middle(scheme):
    facts = IndexFacts(
        Interval(1e4, None, 1e6),
        0,
        FacilityStatus.ACTIVE,
        exactly(0),
        False,
        2,
        exactly(1),
    )
    value, is_assumed = ordering_risk(facts, scheme)
    assert value == pytest.approx(5)
    assert is_assumed


def test_an_unknown_facility_is_not_placed_last(scheme):
    values = [ordering_risk(one, scheme)[0] for one in (UNKNOWN, KNOWN)]
    draws = [
        draw_risk(one, scheme, facility_rng(1, name), 500)
        for name, one in (("a", UNKNOWN), ("b", KNOWN))
    ]
    unknown, _ = places(values, draws)
    assert (unknown.low, unknown.high) == (1, 2)
    assert unknown.rank == 1


def test_places_are_the_hand_counted_ones_and_ties_share():
    draws = [np.array([v]) for v in (3.0, 5.0, 3.0, 1.0)]
    found = places([3.0, 5.0, 3.0, 1.0], draws)
    assert [p.rank for p in found] == [2, 1, 2, 4]


def test_equal_values_up_to_rounding_share_a_place():
    draws = [np.array([1.0])] * 2
    assert [p.rank for p in places([0.1 + 0.2, 0.3], draws)] == [1, 1]


def test_the_spread_encloses_the_place():
    draws = [np.full(100, 0.0), np.full(100, 9.0)]
    assert [(p.rank, p.low, p.high) for p in places([5.0, 1.0], draws)] == [
        (1, 1, 2),
        (2, 1, 2),
    ]


def test_the_spread_leaves_out_one_draw_in_twenty_at_each_end():
    draws = [np.arange(100.0), np.full(100, 95.5)]
    first, _ = places([1.0, 0.0], draws)
    # the first facility beats 95.5 in 4 of 100 draws only
    assert (first.rank, first.low, first.high) == (1, 1, 2)
    second = places([0.0, 1.0], draws)[0]
    assert (second.low, second.high) == (2, 2)


def test_no_facility_has_no_place():
    assert places([], []) == []


@given(st.permutations(range(6)))
def test_permuting_facilities_does_not_change_places(order):
    names = [f"f-{i}" for i in range(6)]
    values = [3.0, 1.0, 4.0, 1.0, 5.0, 9.0]
    draws = [
        v + facility_rng(1, n).normal(size=50)
        for n, v in zip(names, values, strict=True)
    ]
    straight = dict(zip(names, places(values, draws), strict=True))
    mixed = places([values[i] for i in order], [draws[i] for i in order])
    assert {names[i]: p for i, p in zip(order, mixed, strict=True)} == straight
