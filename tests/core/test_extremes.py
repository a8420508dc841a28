"""Extreme values: exact solutions, published vectors, and another implementation."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.extremes import (
    ExtremeValues,
    bootstrap_levels,
    gev_from_l_moments,
    gev_from_maxima,
    gev_skewness,
    gumbel_from_maxima,
    sample_l_moments,
    shifted_return_period_yr,
)

MAXIMA = [
    *(148.0, 87.0, 252.0, 310.0, 119.0, 95.0, 201.0, 176.0, 133.0, 408.0),
    *(220.0, 164.0, 142.0, 98.0, 275.0, 189.0, 233.0, 151.0, 127.0, 344.0),
]


def test_sample_l_moments_and_fits_agree_with_lmoments3():
    # lmoments3 1.0.8: lmom_ratios, distr.gev.lmom_fit (c = -xi), distr.gum.lmom_fit
    assert sample_l_moments(MAXIMA) == pytest.approx(
        (193.6, 49.34736842105263, 0.24150312855517636), rel=1e-12
    )
    fitted = gev_from_maxima(MAXIMA)
    assert fitted.shape == pytest.approx(0.10838758677184916, abs=1e-6)
    assert fitted.location == pytest.approx(149.20593081409783, rel=1e-6)
    assert fitted.scale == pytest.approx(63.74059974890516, rel=1e-6)
    gumbel = gumbel_from_maxima(MAXIMA)
    assert gumbel.location == pytest.approx(152.50616758869523, rel=1e-12)
    assert gumbel.scale == pytest.approx(71.19320370197326, rel=1e-12)


@pytest.mark.parametrize("shape", [-0.4, -0.1, 0.0, 0.1, 0.35])
def test_levels_and_periods_agree_with_scipy(shape):
    ours = ExtremeValues(150.0, 60.0, shape)
    theirs = scipy.stats.genextreme(-shape, loc=150.0, scale=60.0)
    for period in (2.0, 10.0, 100.0, 500.0):
        assert ours.level(period) == pytest.approx(theirs.isf(1 / period))
    for value in (120.0, 200.0, 260.0):
        assert ours.return_period_yr(value) == pytest.approx(1 / theirs.sf(value))


@given(st.floats(-0.6, 0.6), st.floats(1.0, 100.0), st.floats(-50.0, 500.0))
def test_the_fit_to_exact_l_moments_is_the_distribution(shape, scale, location):
    # Hosking 1990: l1, l2 and t3 of the GEV distribution, xi = shape
    if abs(shape) < 1e-6:
        shape = 0.0
        l1, l2 = location + scale * np.euler_gamma, scale * math.log(2)
    else:
        gamma = math.gamma(1 - shape)
        l1 = location + scale * (gamma - 1) / shape
        l2 = scale * gamma * math.expm1(shape * math.log(2)) / shape
    fitted = gev_from_l_moments(l1, l2, gev_skewness(shape))
    assert fitted.shape == pytest.approx(shape, abs=1e-6)
    assert fitted.scale == pytest.approx(scale, rel=1e-5)
    assert fitted.location == pytest.approx(location, rel=1e-5, abs=1e-3)


def test_the_skewness_of_a_gumbel_is_the_published_one():
    assert gev_skewness(0.0) == pytest.approx(0.169925, abs=1e-6)
    assert gev_skewness(1e-8) == pytest.approx(gev_skewness(0.0), abs=1e-6)


def test_a_large_sample_gives_its_distribution_back():
    truth = ExtremeValues(40.0, 10.0, 0.15)
    share = (np.arange(1, 20_001) - 0.35) / 20_000
    fitted = gev_from_maxima([truth.level(1 / (1 - p)) for p in share])
    assert fitted.shape == pytest.approx(0.15, abs=0.01)
    assert fitted.level(100) == pytest.approx(truth.level(100), rel=0.01)


def test_a_skewness_that_no_gev_has_is_refused():
    with pytest.raises(ValueError, match="L-skewness"):
        gev_from_l_moments(10.0, 1.0, 0.995)


def test_bootstrap_bounds_enclose_the_level_and_are_the_same_again():
    def draw():
        return bootstrap_levels(
            MAXIMA, [10.0, 100.0], draws=300, rng=np.random.default_rng(1)
        )

    low, high = np.quantile(draw(), [0.05, 0.95], axis=0)
    levels = [gev_from_maxima(MAXIMA).level(t) for t in (10.0, 100.0)]
    assert np.all(low < levels)
    assert np.all(levels < high)
    assert high[1] - low[1] > high[0] - low[0]
    assert np.array_equal(draw(), draw())


def test_a_record_that_cannot_be_resampled_says_so():
    with pytest.raises(ValueError, match="too short"):
        bootstrap_levels(
            [1.0, 2.0, 2.0], [10.0], draws=50, rng=np.random.default_rng(1)
        )


def test_gumbel_level_of_100_years_is_the_published_multiple():
    assert ExtremeValues(10.0, 2.0).level(100) == pytest.approx(10 + 4.60015 * 2)


def test_scaling_a_gumbel_by_the_climate_shortens_the_return_period():
    # x100 = 10 + 4.600149 x 2 = 19.200298; z = (19.200298 / 1.1158 - 10) / 2
    # = 3.603827; 1 / (1 - exp(-exp(-z))) = 37.24
    found = shifted_return_period_yr(ExtremeValues(10.0, 2.0), 1.1158)
    assert found == pytest.approx(37.24, abs=0.01)


@given(st.floats(-0.4, 0.4), st.floats(1.5, 5000.0))
def test_level_and_return_period_are_inverse(shape, period):
    values = ExtremeValues(30.0, 8.0, shape)
    assert values.return_period_yr(values.level(period)) == pytest.approx(
        period, rel=1e-6
    )


@given(st.floats(-0.3, 0.3), st.floats(1.01, 2.0))
def test_more_extreme_climate_shortens_and_no_change_keeps(shape, factor):
    present = ExtremeValues(30.0, 8.0, shape)
    assert shifted_return_period_yr(present, 1.0) == pytest.approx(100, rel=1e-9)
    assert shifted_return_period_yr(present, factor) < 100


def test_a_bounded_distribution_never_exceeds_its_limit():
    # shape -0.5: the limit is location + scale / 0.5 = 14
    assert math.isinf(ExtremeValues(10.0, 2.0, -0.5).return_period_yr(14.1))


def test_fit_finds_the_gumbel_that_made_the_sample():
    position = (np.arange(1, 2001) - 0.5) / 2000
    sample = 50 - 12 * np.log(-np.log(position))
    fitted = gumbel_from_maxima(sample)
    assert fitted.location == pytest.approx(50, rel=2e-3)
    assert fitted.scale == pytest.approx(12, rel=5e-3)


@pytest.mark.parametrize("sample", [[1.0, 2.0], [3.0, 3.0, 3.0], [1.0, math.nan, 2.0]])
def test_samples_without_information_are_refused(sample):
    with pytest.raises(ValueError, match="annual maxima"):
        gumbel_from_maxima(sample)
