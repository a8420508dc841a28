import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.assessment.location import (
    Crossing,
    Path,
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


@pytest.mark.parametrize(
    ("path", "expected", "basis"),
    [
        (Path(False, False), None, CatchmentBasis.NOT_JOINED),
        (Path(True, True, (FAR,)), True, CatchmentBasis.CROSSES),
        (Path(True, False, (FAR,)), True, CatchmentBasis.CROSSES),
        (Path(True, True), False, CatchmentBasis.NO_CROSSING),
        (Path(True, False), None, CatchmentBasis.UNCERTAIN_JOIN),
    ],
)
def test_the_catchment_criterion_is_false_only_on_a_sure_path(path, expected, basis):
    assert catchment_criterion(path) == (expected, basis)


@pytest.mark.parametrize(
    ("path", "expected", "basis"),
    [
        (Path(True, True, (NEAR, FAR)), True, TwoDayBasis.WITHIN),
        (Path(True, True, (FAR,)), False, TwoDayBasis.LATER),
        (Path(True, True, (BEHIND_LAKE,)), None, TwoDayBasis.STANDING_WATER),
        (Path(True, True, (NO_TIME,)), None, TwoDayBasis.NO_TIME),
        (Path(True, True), False, TwoDayBasis.NO_CROSSING),
        (Path(True, False), None, TwoDayBasis.UNCERTAIN_JOIN),
        (Path(False, False), None, TwoDayBasis.NOT_JOINED),
    ],
)
def test_the_two_day_criterion_is_unknown_behind_standing_water(path, expected, basis):
    assert two_day_criterion(path) == (expected, basis)


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
