"""Fits of a whole source: stated steps, outliers, and what the rules then see."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from pipeline.core.config import DisplacementStep
from pipeline.core.errors import InputError
from pipeline.core.records import load_record
from pipeline.displacement import simulate
from pipeline.displacement.analysis import near_facility
from pipeline.displacement.fit.source_fit import fit_source, fit_terms, steps_of
from pipeline.displacement.search import SearchArea

DATES = simulate.sentinel1_dates("2021-01-03", "2024-12-25", repeat_d=12)
TIME_D = simulate.days_since_first(DATES)
STEP = date(2023, 2, 6)
BEHIND = np.datetime64(STEP) <= DATES
ELSEWHERE = SearchArea("tmf-2", 70.2, 40.3, 1000.0, 500.0, position_radius_m=200.0)


def shaken(n: int = 30, size_mm: float = 20.0) -> np.ndarray:
    rng = np.random.default_rng(9)
    motions = [simulate.Motion(velocity_mm_per_yr=-3.0)] * n
    quiet = simulate.series(motions, DATES, simulate.Noise(1.0, 0.5, 30.0), rng)
    return quiet + np.where(BEHIND, size_mm, 0.0)


def stated(**changes) -> DisplacementStep:
    content = {"first_day": str(STEP), "cause": "earthquake"} | changes
    return load_record(DisplacementStep, content, "test")


def test_a_stated_step_is_sized_and_not_seen_by_the_rules(make_series, methods, area):
    series = make_series(shaken(), DATES)
    steps = steps_of(series, (stated(),), (area,))
    source = fit_source(series, methods, steps)
    assert source.fit.velocity_mm_per_yr == pytest.approx(-3.0, abs=1.5)
    assert np.median(source.fit.step_mm) == pytest.approx(20.0, abs=0.5)
    near = near_facility(source, area)
    before, after = near.series.displacement_mm[:, ~BEHIND], source.without_steps()
    assert np.ptp(np.median(after, axis=0)) < 20.0
    assert np.array_equal(before, series.displacement_mm[:, ~BEHIND])
    plain = fit_source(series, methods)
    assert np.median(plain.fit.velocity_mm_per_yr) > 2.0


def test_a_step_of_one_facility_leaves_other_points_alone(make_series, methods, area):
    near, far = shaken(12), shaken(12, size_mm=0.0)
    xy_m = np.zeros((24, 2))
    xy_m[12:, 0] = 5000.0 + 40.0 * np.arange(12)
    xy_m[:12, 0] = 40.0 * np.arange(12)
    series = make_series(np.vstack([near, far]), DATES, xy_m=xy_m)
    one = (stated(facilities=["tmf-1"]),)
    source = fit_terms(series, methods, steps_of(series, one, (area, ELSEWHERE)))
    known = np.isfinite(source.fit.step_mm[:, 0])
    assert known.tolist() == [True] * 12 + [False] * 12
    assert source.fit.velocity_mm_per_yr == pytest.approx(-3.0, abs=1.5)
    alone = fit_terms(make_series(far, DATES), methods)
    np.testing.assert_allclose(
        source.fit.velocity_mm_per_yr[12:], alone.fit.velocity_mm_per_yr
    )


def test_an_outlier_is_counted_and_widens_the_error(make_series, methods):
    values = shaken(10, size_mm=0.0)
    spoilt = values.copy()
    spoilt[:, 40] += 60.0
    clean, robust = (
        fit_terms(make_series(v, DATES), methods) for v in (values, spoilt)
    )
    raw = fit_terms(
        make_series(spoilt, DATES),
        methods.model_copy(update={"outlier_sigma": None}),
    )
    assert (robust.n_outliers >= 1).all()
    assert raw.n_outliers.sum() == 0
    off = np.abs(robust.fit.velocity_mm_per_yr - clean.fit.velocity_mm_per_yr)
    worse = np.abs(raw.fit.velocity_mm_per_yr - clean.fit.velocity_mm_per_yr)
    assert off.max() < 0.3 * worse.max()
    assert (
        robust.errors.velocity_std_mm_per_yr < raw.errors.velocity_std_mm_per_yr
    ).all()


@pytest.mark.parametrize(
    ("changes", "said"),
    [({"first_day": "soon"}, "first_day"), ({"cause": ""}, "cause")],
)
def test_a_step_without_day_or_cause_is_refused(changes, said):
    with pytest.raises(InputError, match=said):
        stated(**changes)
