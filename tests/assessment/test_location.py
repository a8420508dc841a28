import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.assessment.location import (
    Crossing,
    Path,
    Shares,
    air_criterion,
    catchment_criterion,
    countries_downstream,
    two_day_criterion,
    two_day_distance_km,
)
from pipeline.core.schemas.assessment import AirBasis, CatchmentBasis, TwoDayBasis

LIMIT_M = 15_000
NEAR = Crossing("KG", "UZ", 10.0, True, False)
FAR = Crossing("KG", "UZ", 60.0, False, False)
BEHIND_LAKE = Crossing("KG", "UZ", None, None, True)
NO_TIME = Crossing("KG", "UZ", None, None, False)


@pytest.mark.parametrize(
    ("distance_m", "radius_m", "expected", "basis"),
    [
        (14_000, 1000, True, AirBasis.WITHIN),
        (14_000, 1001, None, AirBasis.UNCERTAIN_POSITION),
        (16_000, 1000, None, AirBasis.UNCERTAIN_POSITION),
        (16_001, 1000, False, AirBasis.OUTSIDE),
        (0, 15_000, True, AirBasis.WITHIN),
        (1000, None, None, AirBasis.NO_POSITION),
        (None, 1000, None, AirBasis.NO_DISTANCE),
    ],
)
def test_the_air_criterion_has_three_values(distance_m, radius_m, expected, basis):
    assert air_criterion(distance_m, radius_m, LIMIT_M) == (expected, basis)


@given(st.floats(0, 1e5), st.floats(0, 3e4), st.floats(0, 3e4))
def test_a_worse_position_never_turns_unknown_into_known(distance, radius, more):
    better, _ = air_criterion(distance, radius, LIMIT_M)
    worse, _ = air_criterion(distance, radius + more, LIMIT_M)
    assert worse is None or worse == better


def joined(*crossings, **shares):
    found = {"border": 0, "two_days": 0, "two_days_unknown": 0, "no_reach": 0} | shares
    return Path(True, True, crossings, Shares(**found))


APART = Path(False, False)
APART_LOOKED_AT = Path(False, False, shares=Shares(0, 0, 0, 1))
UNWEIGHED = Path(True, True, (NEAR,))


@pytest.mark.parametrize(
    ("path", "expected", "basis"),
    [
        (APART, None, CatchmentBasis.NOT_JOINED),
        (APART_LOOKED_AT, None, CatchmentBasis.NOT_JOINED),
        (UNWEIGHED, None, CatchmentBasis.NO_SHARES),
        (joined(FAR, border=1), True, CatchmentBasis.CROSSES),
        (joined(FAR, border=0.999), True, CatchmentBasis.CROSSES),
        (joined(FAR, border=0.998), None, CatchmentBasis.SOME_POSITIONS),
        (joined(border=0.005), None, CatchmentBasis.SOME_POSITIONS),
        (joined(no_reach=0.01), None, CatchmentBasis.RIVER_NOT_FOUND),
        (joined(), False, CatchmentBasis.NO_CROSSING),
    ],
)
def test_the_catchment_criterion_is_known_only_if_all_positions_agree(
    path, expected, basis
):
    assert catchment_criterion(path) == (expected, basis)


@pytest.mark.parametrize(
    ("path", "expected", "basis"),
    [
        (APART, None, TwoDayBasis.NOT_JOINED),
        (APART_LOOKED_AT, None, TwoDayBasis.NOT_JOINED),
        (UNWEIGHED, None, TwoDayBasis.NO_SHARES),
        (joined(NEAR, border=1, two_days=1), True, TwoDayBasis.WITHIN),
        (joined(NEAR, border=1, two_days=0.43), None, TwoDayBasis.SOME_POSITIONS),
        (joined(FAR, border=1), False, TwoDayBasis.LATER),
        (
            joined(BEHIND_LAKE, border=1, two_days_unknown=1),
            None,
            TwoDayBasis.STANDING_WATER,
        ),
        (joined(NO_TIME, border=1, two_days_unknown=1), None, TwoDayBasis.NO_TIME),
        (
            joined(FAR, border=1, two_days_unknown=0.1),
            None,
            TwoDayBasis.SOME_POSITIONS,
        ),
        (joined(border=0.5, two_days_unknown=0.5), None, TwoDayBasis.SOME_POSITIONS),
        (joined(no_reach=0.5), None, TwoDayBasis.RIVER_NOT_FOUND),
        (joined(), False, TwoDayBasis.NO_CROSSING),
    ],
)
def test_the_two_day_criterion_is_known_only_if_all_positions_agree(
    path, expected, basis
):
    assert two_day_criterion(path) == (expected, basis)


@given(st.floats(0, 1), st.floats(0, 1))
def test_two_days_are_never_true_where_the_catchment_is_not(border, part):
    path = joined(NEAR, border=border, two_days=border * part)
    two_days, _ = two_day_criterion(path)
    catchment, _ = catchment_criterion(path)
    assert not two_days or catchment


def test_the_printed_two_day_distance_is_reproduced():
    assert two_day_distance_km(1.2) == pytest.approx(207.36)


def test_countries_are_listed_once_in_order_without_the_own_one():
    path = Path(
        True,
        True,
        (
            Crossing("KG", "UZ", 1, True, False),
            Crossing("UZ", "KG", 2, True, False),
            Crossing("UZ", "TJ", 3, True, False),
            Crossing("TJ", "UZ", 4, True, False),
        ),
    )
    assert countries_downstream(path, "KG") == ("UZ", "TJ")
    assert countries_downstream(Path(True, True), "KG") == ()
