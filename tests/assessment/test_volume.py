import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.assessment.interval import Interval
from pipeline.assessment.volume import StatedAmounts, stored_volume
from pipeline.core.schemas.assessment import VolumeBasis

DENSITY = (1.2, 1.4, 1.7)


def found(**stated):
    return stored_volume(StatedAmounts(**stated), DENSITY)


def test_a_stated_volume_without_bounds_gets_a_factor_to_both_sides():
    result = found(volume_m3=3e6)
    assert result.interval == Interval(2e6, 3e6, 4.5e6)
    assert result.basis is VolumeBasis.STATED


def test_stated_bounds_are_kept():
    result = found(volume_m3=3e6, volume_low_m3=2.9e6, volume_high_m3=3.2e6)
    assert result.interval == Interval(2.9e6, 3e6, 3.2e6)


@pytest.mark.parametrize(
    "stated",
    [
        {"volume_quality": frozenset({"lower_bound"})},
        {"volume_low_m3": 5e7},
    ],
)
def test_a_lower_bound_is_open_to_ten_times_its_value(stated):
    result = found(volume_m3=5e7, **stated)
    assert result.interval == Interval(5e7, 5e7, 5e8)
    assert result.basis is VolumeBasis.LOWER_BOUND


def test_mass_alone_is_converted_with_the_bulk_density():
    result = found(mass_t=1.4e6)
    assert result.interval.central == pytest.approx(1e6)
    assert result.interval.low == pytest.approx(1.4e6 / 1.7)
    assert result.interval.high == pytest.approx(1.4e6 / 1.2)
    assert result.basis is VolumeBasis.FROM_MASS


def test_mass_that_disagrees_with_the_volume_widens_the_bounds():
    result = found(volume_m3=20e6, mass_t=48e6)
    assert result.interval.central == 20e6
    assert result.interval.high == pytest.approx(40e6)


def test_a_range_without_a_central_value_stays_without_one():
    result = found(volume_low_m3=1e5, volume_high_m3=1.5e5)
    assert result.interval == Interval(1e5, None, 1.5e5)
    assert result.basis is VolumeBasis.RANGE_ONLY


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ({"volume_low_m3": 1e5}, Interval(1e5, None, 1e6)),
        ({"volume_high_m3": 1e6}, Interval(1e5, None, 1e6)),
    ],
)
def test_one_stated_end_gives_a_range(stated, expected):
    assert found(**stated).interval == expected


def test_a_volume_from_before_a_relocation_is_not_used():
    result = found(volume_m3=4.5e5, volume_quality=frozenset({"before_relocation"}))
    assert result.interval is None
    assert result.basis is VolumeBasis.BEFORE_RELOCATION


def test_nothing_stated_is_unknown_and_not_zero():
    assert found().interval is None
    assert found().basis is VolumeBasis.UNKNOWN


def test_a_stated_zero_is_zero():
    assert found(volume_m3=0.0).interval == Interval(0, 0, 0)


def test_a_mass_that_is_a_lower_bound_is_open_above():
    result = found(mass_t=1.2e6, mass_quality=frozenset({"lower_bound"}))
    assert result.interval.high == pytest.approx(1e7)


@given(st.floats(1e2, 1e10), st.none() | st.floats(1e2, 1e10))
def test_bounds_always_enclose_the_volume(volume, mass):
    interval = found(volume_m3=volume, mass_t=mass).interval
    assert interval.low <= interval.central <= interval.high
