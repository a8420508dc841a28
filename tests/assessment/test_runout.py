import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.assessment.runout import (
    concha_larrauri_lall_runout_m,
    inundation_area_m2,
    inundation_bounds_m2,
    predictor_hf,
    rico_runout_m,
    runout,
)


@pytest.mark.parametrize(
    ("stored_mm3", "height_m", "rico_mm3", "cll_mm3", "d_rico", "hf", "d_cll", "area"),
    [
        (1, 20, 0.354, 0.332, 5.8593, 2.2045, 4.6771, 0.3836),
        (10, 30, 3.622457192, 2.958953115, 35.5360, 26.2662, 18.0487, 1.6489),
        (50, 50, 18.40615040, 13.65084665, 145.5532, 186.3456, 52.5046, 4.5694),
    ],
)
def test_the_printed_distances_and_areas_are_reproduced(
    stored_mm3, height_m, rico_mm3, cll_mm3, d_rico, hf, d_cll, area
):
    stored, cll = stored_mm3 * 1e6, cll_mm3 * 1e6
    assert rico_runout_m(height_m, rico_mm3 * 1e6) / 1e3 == pytest.approx(
        d_rico, abs=5e-5
    )
    assert predictor_hf(height_m, cll, stored) == pytest.approx(hf, abs=5e-5)
    distance = concha_larrauri_lall_runout_m(height_m, cll, stored)
    assert distance / 1e3 == pytest.approx(d_cll, abs=5e-5)
    assert inundation_area_m2(cll) / 1e6 == pytest.approx(area, abs=5e-5)


@pytest.mark.parametrize(
    ("released_mm3", "area_km2"), [(0.1, 0.172355), (1, 0.8), (10, 3.713271)]
)
def test_the_printed_areas_for_c_80_are_reproduced(released_mm3, area_km2):
    assert inundation_area_m2(released_mm3 * 1e6) / 1e6 == pytest.approx(
        area_km2, abs=5e-7
    )


def test_the_distance_is_capped_by_the_path_and_the_uncapped_one_is_kept():
    result = runout(
        height_m=20,
        released_m3=(3e5, 3.4e5, 4e5),
        stored_m3=(1e6, 1e6, 1e6),
        path_length_m=2000,
    )
    assert result.capped.central == result.capped.high == 2000
    assert result.uncapped.central == pytest.approx(5300, rel=0.1)
    assert result.uncapped.high == pytest.approx(10 * result.uncapped.central)


def test_an_unknown_height_gives_bounds_and_no_central_value():
    result = runout(
        height_m=None,
        released_m3=(1e5, 3.4e5, 1e6),
        stored_m3=(1e6, 1e6, 1e6),
        path_length_m=None,
    )
    assert result.uncapped.central is None
    known = runout(
        height_m=20,
        released_m3=(1e5, 3.4e5, 1e6),
        stored_m3=(1e6, 1e6, 1e6),
        path_length_m=None,
    )
    assert result.uncapped.low < known.uncapped.low
    assert known.uncapped.high < result.uncapped.high


def test_bounds_without_a_central_release_have_no_central_distance():
    result = runout(
        height_m=20,
        released_m3=(1e4, None, 1e6),
        stored_m3=(1e5, None, 1e6),
        path_length_m=None,
    )
    assert result.uncapped.central is None
    assert result.uncapped.low < result.uncapped.high


def test_more_released_than_stored_is_refused():
    with pytest.raises(ValueError, match="stored"):
        predictor_hf(10, 2e6, 1e6)


@given(st.floats(1, 200), st.floats(1e3, 1e8), st.floats(1, 50))
def test_distance_and_area_grow_with_volume_and_height(height, released, factor):
    assert rico_runout_m(height, released) <= rico_runout_m(height, released * factor)
    assert rico_runout_m(height, released) <= rico_runout_m(height * factor, released)
    assert inundation_area_m2(released) <= inundation_area_m2(released * factor)


@given(
    st.floats(2, 200), st.floats(1e4, 1e9), st.floats(0.01, 1), st.floats(0.01, 0.99)
)
def test_the_interval_encloses_the_central_distance(height, stored, share, narrow):
    high = stored * share
    low = high * narrow
    central = (low + high) / 2
    result = runout(
        height_m=height,
        released_m3=(low, central, high),
        stored_m3=(stored, stored, stored),
        path_length_m=None,
    )
    assert result.uncapped.low <= result.uncapped.central <= result.uncapped.high


def test_the_interval_around_a_central_distance_is_a_factor_of_ten():
    # H 40 m, all of the uncertainty in the formulas: 41.5 km from 4.15 to 415 km
    result = runout(
        height_m=40,
        released_m3=(5.7e6, 5.7e6, 5.7e6),
        stored_m3=(2e7, 2e7, 2e7),
        path_length_m=None,
    ).uncapped
    assert result.low == pytest.approx(result.central / 10)
    assert result.high == pytest.approx(result.central * 10)


def test_a_wide_release_widens_the_interval_only_where_it_reaches_farther():
    result = runout(
        height_m=40,
        released_m3=(629_019, 5_716_321, 3e7),
        stored_m3=(1.333e7, 2e7, 3e7),
        path_length_m=None,
    ).uncapped
    # H_f = 40 * (0.629019 / 30) * 0.629019 = 0.527560, D = 3.04 * H_f^0.545 = 2.145 km
    assert result.low == pytest.approx(2145, abs=1)
    assert result.central == pytest.approx(41_499, abs=1)
    assert result.high == pytest.approx(414_990, abs=10)


def test_an_unknown_path_cuts_nothing_off():
    result = runout(
        height_m=20,
        released_m3=(3e5, 3.4e5, 4e5),
        stored_m3=(1e6, 1e6, 1e6),
        path_length_m=None,
    )
    assert result.capped == result.uncapped


def test_the_area_interval_is_a_factor_of_three():
    low, high = inundation_bounds_m2(1e6, 1e6)
    assert (low, high) == pytest.approx((800_000 / 3, 2_400_000))


@given(st.floats(0, 1), st.floats(0, 1), st.floats(5, 66))
def test_the_bounds_hold_for_every_volume_between_the_bounds(a, b, height):
    stored_low, stored_high = 1e5, 1e7
    released_low, released_high = 2e4, 6e6
    stored = stored_low * (stored_high / stored_low) ** a
    most = min(released_high, stored)
    released = released_low * (most / released_low) ** b
    result = runout(
        height_m=None,
        released_m3=(released_low, None, released_high),
        stored_m3=(stored_low, None, stored_high),
        path_length_m=None,
    )
    for member in (
        rico_runout_m(height, released),
        concha_larrauri_lall_runout_m(height, released, stored),
    ):
        assert result.uncapped.low * 10 <= member * (1 + 1e-9)
        assert member * 10 <= result.uncapped.high * (1 + 1e-9)


def test_the_upper_bound_takes_the_least_volume_that_the_release_fits_in():
    # all of 1e6 m3 let go, not 1e6 of the 1e7 m3 that may be stored at most:
    # H_f = 20 * 1 * 1, D = 3.04 * 20^0.545 = 15.5573 km, times ten
    result = runout(
        height_m=20,
        released_m3=(2e5, None, 1e6),
        stored_m3=(5e5, None, 1e7),
        path_length_m=None,
    )
    assert result.uncapped.high == pytest.approx(155_573, abs=1)
