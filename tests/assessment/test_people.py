import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.assessment.interval import Interval
from pipeline.assessment.people import (
    Settlement,
    consequence_range,
    people_at_risk,
)
from pipeline.core.model import ConsequenceClass, Status
from pipeline.core.schemas.assessment import PeopleBasis

REACH_M = 10_000


def found(*settlements, radius_m=200, is_joined=True):
    return people_at_risk(
        settlements, is_joined=is_joined, reach_m=REACH_M, radius_m=radius_m
    )


def test_settlements_by_the_river_are_added_up():
    result = found(Settlement(3000, 200, 600), Settlement(9000, 1500, 400))
    assert result.interval.central == 1000
    assert result.status is Status.MEASURED
    # one tenth of those surely within 500 m; 30,000 for what no list shows
    assert result.interval.low == pytest.approx(60)
    assert result.interval.high == 31_000


def test_settlements_out_of_reach_or_off_the_river_are_left_out():
    result = found(
        Settlement(3000, 200, 600),
        Settlement(11_000, 0, 500),
        Settlement(3000, 9000, 7),
    )
    assert result.interval.central == 600


def test_no_settlement_listed_is_unknown_and_not_zero():
    result = found()
    assert result.interval is None
    assert result.status is Status.NOT_COVERED
    assert result.basis is PeopleBasis.NONE_LISTED


def test_a_settlement_without_a_number_leaves_a_least_number_of_the_others():
    result = found(Settlement(3000, 200, 600), Settlement(4000, 200, None))
    assert result.interval.central == 600
    assert result.basis is PeopleBasis.AT_LEAST


def test_a_lone_settlement_without_a_number_gives_no_number():
    result = found(Settlement(4000, 200, None))
    assert result.interval is None
    assert result.basis is PeopleBasis.PEOPLE_MISSING


def test_a_settlement_of_nobody_is_a_gap_in_the_list():
    assert found(Settlement(3000, 200, 0.0)).interval is None


@pytest.mark.parametrize("changes", [{"is_joined": False}, {"radius_m": None}])
def test_without_a_river_path_nothing_is_said(changes):
    result = found(Settlement(3000, 200, 600), **changes)
    assert result.interval is None
    assert result.status is Status.NOT_PROVIDED


def test_a_large_city_begins_before_its_middle():
    # 191,000 people at 3,000 per km2 fill a circle of 4.50 km
    city = Settlement(0, 4914, 191_000)
    assert city.nearest_to_river_m == pytest.approx(412, abs=2)
    assert found(city).interval.central == 191_000


@given(st.floats(0, 9000), st.floats(0, 20_000), st.floats(0, 20_000))
def test_a_worse_position_only_widens_the_bounds(distance, radius, more):
    settlements = (Settlement(distance, 100, 500), Settlement(12_000, 100, 800))
    better = found(*settlements, radius_m=radius).interval
    worse = found(*settlements, radius_m=radius + more).interval
    assert worse.low <= better.low
    assert better.high <= worse.high


@given(st.none() | st.tuples(st.floats(0, 1e6), st.floats(0, 1e6)))
def test_missing_data_never_reads_as_low(bounds):
    people = None if bounds is None else Interval(min(bounds), None, max(bounds))
    classes = consequence_range(people)
    assert classes.central is None
    assert ConsequenceClass.LOW not in (classes.low, classes.high)


def test_without_a_sure_settlement_there_is_no_lower_class():
    classes = consequence_range(Interval(0, 600, 31_000))
    assert (classes.low, classes.central) == (None, ConsequenceClass.VERY_HIGH)


def test_classes_of_the_bounds_enclose_the_class():
    classes = consequence_range(Interval(0.6, 600, 31_000))
    assert (classes.low, classes.central, classes.high) == (
        ConsequenceClass.SIGNIFICANT,
        ConsequenceClass.VERY_HIGH,
        ConsequenceClass.EXTREME,
    )
