"""Unwrapping jumps need a wavelength, and are taken out of what is fitted."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.displacement.fit.source_fit import fit_source
from pipeline.displacement.reading.mintpy_grid import wavelength_mm
from pipeline.displacement.series import SENTINEL_1_WAVELENGTH_MM, Component
from pipeline.displacement.simulate import Motion, Noise, sentinel1_dates, series

DATES = sentinel1_dates("2021-01-03", "2024-06-25", repeat_d=12)


def jumping(make_series, **changes):
    """Six points that creep at 5 mm/yr, one of which jumps by a half wavelength."""
    rng = np.random.default_rng(1)
    motions = [Motion(velocity_mm_per_yr=-5.0)] * 6
    values = series(motions, DATES, Noise(1.0, 0.5, 30.0), rng)
    values[2, 60:] += SENTINEL_1_WAVELENGTH_MM / 2.0
    return make_series(values, DATES, **changes)


def test_a_jump_is_named_and_leaves_the_rate_alone(make_series, methods):
    read = jumping(make_series)
    fitted = fit_source(read, methods)
    assert fitted.course.n_jumps.tolist() == [0, 0, 1, 0, 0, 0]
    assert fitted.course.jump_mm[2, 0] == pytest.approx(27.73, abs=0.01)
    assert fitted.fit.velocity_mm_per_yr == pytest.approx([-5.0] * 6, abs=1.0)
    np.testing.assert_array_equal(fitted.series.displacement_mm, read.displacement_mm)
    step = np.diff(fitted.without_steps()[2])[59]
    assert abs(step) < 8.0


def test_points_without_a_jump_are_fitted_as_before(make_series, methods):
    read = jumping(make_series)
    other = jumping(make_series, wavelength_mm=None)
    with_it, without = fit_source(read, methods), fit_source(other, methods)
    rows = [0, 1, 3, 4, 5]
    np.testing.assert_array_equal(
        with_it.fit.velocity_mm_per_yr[rows], without.fit.velocity_mm_per_yr[rows]
    )
    assert without.course.n_jumps.sum() == 0
    assert without.course.kind[2] == "steps"
    assert without.fit.velocity_mm_per_yr[2] > 0.0


def test_decomposed_series_have_no_wavelength_of_their_own(make_series):
    up = jumping(make_series, component=Component.UP)
    assert up.half_wave_mm is None
    assert jumping(make_series).half_wave_mm == pytest.approx(27.73288)


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({"WAVELENGTH": "0.0554657"}, 55.4657),
        ({"wavelength": "0.2360571"}, 236.0571),
        ({"WAVELENGTH": "none"}, None),
        ({"WAVELENGTH": "55.4"}, None),
        ({}, None),
    ],
)
def test_the_wavelength_comes_from_the_attributes_of_the_file(attributes, expected):
    assert wavelength_mm(attributes) == pytest.approx(expected)
