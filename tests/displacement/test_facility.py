"""Status of a facility: every reason for having, or lacking, an answer."""

from __future__ import annotations

import datetime
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from shapely.geometry import box

from pipeline.core.tables import table_of
from pipeline.displacement import simulate
from pipeline.displacement.analysis import analyse, fit_source
from pipeline.displacement.places import Place
from pipeline.displacement.simulate import Motion, Noise
from pipeline.displacement.warning.status import search_area

DAY = datetime.date(2024, 12, 31)


@pytest.fixture
def quiet(make_series) -> Any:
    """A source with 16 quiet points."""
    dates = simulate.sentinel1_dates("2022-01-03", "2024-12-25")
    rng = np.random.default_rng(1)
    values = simulate.series([Motion()] * 16, dates, Noise(), rng)
    return make_series(values, dates)


def judge(sources, area, methods, day=DAY):
    fitted = [fit_source(source, methods) for source in sources]
    found = analyse(fitted, (Place(area, methods),), day)
    rows, points = found.facilities, found.points
    table_of("displacement_zones", found.zones)
    table_of("displacement_curves", found.curves)
    table_of("displacement", rows)
    return rows[0], table_of("displacement_points", points)


def facility(**changes):
    row = {"tmf_id": "a", "lon_deg": 70.1, "lat_deg": 40.2, "position_radius_m": 200.0}
    return row | changes


def test_enough_recent_points_are_measured(quiet, area, methods):
    row, points = judge([quiet], area, methods)
    assert row["status"] == "measured"
    assert row["n_points"] == len(points) == 16
    assert row["reason"].startswith("measured|n_points=16|radius_m=1000|")
    assert row["age_d"] == 13.0  # 2024-12-18 to 2024-12-31


def around(make_series, n_on, n_away, rate_on=0.0):
    """Some points on a facility without outlines, and some 750 m away from it."""
    dates = simulate.sentinel1_dates("2022-01-03", "2024-12-25")
    rng = np.random.default_rng(5)
    angle = rng.uniform(0.0, 2.0 * np.pi, n_away)
    away = 750.0 * np.column_stack([np.cos(angle), np.sin(angle)])
    motions = [Motion(velocity_mm_per_yr=rate_on)] * n_on + [Motion()] * n_away
    values = simulate.series(motions, dates, Noise(1.0, 0.5, 30.0), rng)
    on = 60.0 * np.column_stack([np.arange(n_on) % 4, np.arange(n_on) // 4])
    return make_series(values, dates, xy_m=np.vstack([on, away]))


@pytest.mark.parametrize(("n_on", "level"), [(0, "not_assessed"), (5, "green")])
def test_still_ground_around_a_facility_makes_it_not_green(
    make_series, area, methods, n_on, level
):
    row, _ = judge([around(make_series, n_on, 30)], area, methods)
    assert (row["status"], row["watch_level"]) == ("measured", level)
    code = "too_few_on_facility_for_green|n_points=0|n_needed=5"
    assert (code in row["watch_reason"]) == (n_on == 0)


def test_the_rate_of_a_facility_is_not_that_of_the_ground_around(
    make_series, area, methods
):
    row, _ = judge([around(make_series, 12, 60, -40.0)], area, methods)
    assert row["velocity_median_mm_per_yr"] == pytest.approx(-40.0, abs=1.0)
    ground, _ = judge([around(make_series, 0, 60)], area, methods)
    assert abs(ground["velocity_median_mm_per_yr"]) < 1.0


def test_a_place_that_no_source_reaches_is_not_covered(quiet, area, methods):
    row, points = judge([quiet], replace(area, lon_deg=72.0), methods)
    assert row["status"] == "not_covered"
    assert row["reason"] == "not_covered"
    assert (row["n_points"], row["n_sources"], len(points)) == (0, 0, 0)


def test_a_covered_place_without_points_has_too_few(quiet, area, methods):
    row, _ = judge([quiet], replace(area, lat_deg=40.23), methods)
    assert row["status"] == "too_few_points"
    assert row["n_sources"] == 1
    assert row["watch_level"] == "not_assessed"


def test_points_with_few_epochs_do_not_count(quiet, area, methods):
    values = quiet.displacement_mm.copy()
    values[3:, 15:] = np.nan
    row, points = judge([replace(quiet, displacement_mm=values)], area, methods)
    assert row["status"] == "too_few_points"
    assert points["velocity_mm_per_yr"].notna().sum() == 3
    assert points["n_epochs"].min() == 15


def test_old_series_are_stale_and_say_their_age(quiet, area, methods):
    row, _ = judge([quiet], area, methods, datetime.date(2025, 12, 21))
    assert (row["status"], row["watch_level"]) == ("stale", "not_assessed")
    assert "|age_d=368|reference_date=2025-12-21|" in row["reason"]
    assert row["velocity_median_mm_per_yr"] is not None


def test_a_stale_but_fast_place_keeps_its_level(quiet, area, methods):
    sink = -30.0 * quiet.time_d / 365.25
    fast = replace(quiet, displacement_mm=quiet.displacement_mm + np.float32(sink))
    row, _ = judge([fast], area, methods, datetime.date(2025, 12, 21))
    assert (row["status"], row["watch_level"]) == ("stale", "yellow")


def test_no_position_gives_no_circle(methods):
    assert search_area(facility(lon_deg=np.nan), methods) is None


def test_the_circle_is_as_wide_as_the_place_is_uncertain(methods):
    assert search_area(facility(), methods).radius_m == 1000.0
    assert search_area(facility(position_radius_m=2500.0), methods).radius_m == 2500.0


def test_a_coarse_position_chooses_no_points(quiet, methods):
    coarse = search_area(facility(position_radius_m=8000.0), methods)
    row, points = judge([quiet], coarse, methods)
    assert row["status"] == "no_position"
    assert row["reason"].startswith("position_too_coarse|position_radius_m=8000|")
    assert len(points) == 0


def test_an_uncertain_place_is_never_green(quiet, methods):
    row, _ = judge(
        [quiet], search_area(facility(position_radius_m=3000.0), methods), methods
    )
    assert (row["status"], row["watch_level"]) == ("measured", "not_assessed")
    assert "too_uncertain_for_green" in row["watch_reason"]


def test_two_directions_give_up_and_east(make_series, area, methods):
    dates = simulate.sentinel1_dates("2022-01-03", "2024-12-25")
    sources = []
    for k, los in enumerate([(-0.62, -0.10, 0.778), (0.59, -0.12, 0.798)]):
        rate = los[0] * 6.0 + los[2] * -30.0
        values = simulate.series(
            [Motion(velocity_mm_per_yr=rate)] * 16,
            dates,
            Noise(),
            np.random.default_rng(k),
        )
        source = make_series(values, dates, los=los, source_id=f"track-{k}")
        sources.append(source)
    row, _ = judge(sources, area, methods)
    assert row["velocity_up_mm_per_yr"] == pytest.approx(-30.0, abs=0.5)
    assert row["velocity_east_mm_per_yr"] == pytest.approx(6.0, abs=0.7)
    assert row["source_ids"] == "track-0; track-1"


def test_bounds_enclose_the_rate_and_zones_follow_the_distance(quiet, area, methods):
    near = replace(area, facility_radius_m=60.0)
    _, points = judge([quiet], near, methods)
    assert set(points["zone"]) == {"facility", "surroundings"}
    assert (points.loc[points["zone"] == "facility", "distance_m"] <= 60.0).all()
    width = points["velocity_mm_per_yr_high"] - points["velocity_mm_per_yr_low"]
    assert width.to_numpy() == pytest.approx(
        2 * 1.96 * points["velocity_std_mm_per_yr"].to_numpy(), rel=1e-4
    )


def test_a_source_whose_hull_only_touches_the_circle_covers_it(quiet, area, methods):
    edge = replace(quiet, footprint=box(70.105, 40.2, 70.2, 40.3))
    far = replace(area, lat_deg=40.1999)
    row, _ = judge([edge], far, methods)
    assert row["n_sources"] == 1
