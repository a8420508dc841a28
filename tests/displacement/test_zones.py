"""Zones of points, motion along a dam, and clusters: by hand and by law."""

from __future__ import annotations

import numpy as np
import pytest
from shapely.geometry import Polygon, box

from pipeline.core.config import DisplacementStep
from pipeline.core.methods.displacement import SpeedUpMethods
from pipeline.core.model import WatchLevel
from pipeline.displacement import simulate, stacks
from pipeline.displacement.along_dam import axis_of, coverage, differential
from pipeline.displacement.places import Place
from pipeline.displacement.simulate import Motion, Noise
from pipeline.displacement.together import largest_cluster
from pipeline.displacement.warning.neighbourhoods import Grouping, find_speed_up
from pipeline.displacement.warning.replay import judge_days
from pipeline.displacement.warning.speedup import are_rather_steps, find_kinks
from pipeline.displacement.warning.status import search_area
from pipeline.displacement.zones import (
    middle_and_reach,
    outlines_by_facility,
    reach_level,
    zones_of_points,
)
from tests.displacement.conftest import LAT, LON, M_PER_DEG_LAT, M_PER_DEG_LON

DATES = simulate.sentinel1_dates("2021-01-03", "2024-12-25", repeat_d=12)
TIME = simulate.days_since_first(DATES)
CHOICES = SpeedUpMethods(
    sigma=6.0,
    sigma_before=1.64,
    sigma_cell=1.0,
    persistence_epochs=2,
    minimum_excess_mm=0.5,
)
GROUPING = Grouping(40.0, 200.0, 3)


def rectangle(west_m: float, south_m: float, east_m: float, north_m: float) -> Polygon:
    """Box in metres around the place of the tests, in degrees."""
    return box(
        LON + west_m / M_PER_DEG_LON,
        LAT + south_m / M_PER_DEG_LAT,
        LON + east_m / M_PER_DEG_LON,
        LAT + north_m / M_PER_DEG_LAT,
    )


DAM = rectangle(-300, -30, 300, 30)
BEACH = rectangle(-300, 20, 300, 200)
OUTLINES = (("dam", DAM), ("beach", BEACH))


def test_a_point_in_two_zones_is_in_the_first_and_one_in_none_is_beside():
    lat = LAT + np.array([0.0, 25.0, 100.0, 500.0]) / M_PER_DEG_LAT
    zone = zones_of_points(OUTLINES, np.full(4, LON), lat, np.zeros(4), 500.0)
    assert zone.tolist() == ["dam", "dam", "beach", "surroundings"]


def test_without_outlines_the_distance_decides():
    lon = np.full(2, LON)
    zone = zones_of_points((), lon, lon, np.array([499.0, 501.0]), 500.0)
    assert zone.tolist() == ["facility", "surroundings"]


def test_outlines_come_in_the_order_of_precedence_without_the_catchment():
    rows = [
        {"tmf_id": "a", "zone": zone, "geometry": DAM}
        for zone in ("catchment", "foundation", "beach", "dam")
    ]
    found = outlines_by_facility(rows)
    assert [zone for zone, _ in found["a"]] == ["dam", "beach", "foundation"]


def test_all_corners_lie_within_the_reach_of_the_middle(methods):
    lon, lat, reach_m = middle_and_reach(OUTLINES)
    assert reach_m == pytest.approx(np.hypot(300, 115), rel=2e-3)
    facility = {"tmf_id": "a", "lon_deg": np.nan, "lat_deg": np.nan}
    area = search_area(facility | {"position_radius_m": np.nan}, methods, OUTLINES)
    assert (area.lon_deg, area.lat_deg) == (lon, lat)
    assert not area.is_coarse


def test_a_zone_raises_no_level_above_its_own():
    zone = np.array(["dam", "beach", "pond"])
    levels = {"dam": WatchLevel.RED, "beach": WatchLevel.YELLOW}
    found = {
        name: reach_level(zone, levels, WatchLevel(name)).tolist()
        for name in ("yellow", "amber", "red")
    }
    assert found["yellow"] == [True, True, False]
    assert found["amber"] == found["red"] == [True, False, False]


def test_the_axis_runs_along_the_dam_from_its_western_end():
    axis = axis_of(DAM, LON, LAT)
    assert axis.length_m == pytest.approx(600.0, rel=2e-3)
    assert axis.along == pytest.approx([1.0, 0.0], abs=1e-2)
    assert axis.start == pytest.approx([-300.0, 0.0], abs=2.0)


def test_coverage_counts_sections_and_the_longest_gap_with_the_ends():
    axis = axis_of(DAM, LON, LAT)
    xy = np.array([[-290.0, 0.0], [-250.0, 5.0], [-60.0, 0.0]])
    found = coverage(axis, xy, 100.0)
    assert found.covered_fraction == pytest.approx(2 / 7, abs=0.05)
    assert found.gap_m == pytest.approx(360.0, abs=2.0)


def test_the_difference_between_sections_is_found_with_its_error_and_place():
    axis = axis_of(DAM, LON, LAT)
    x = np.repeat([-250.0, -150.0, -50.0, 50.0, 150.0, 250.0], 4)
    motions = [Motion(velocity_mm_per_yr=-10.0 if one > 0 else -2.0) for one in x]
    values = simulate.series(
        motions,
        DATES,
        Noise(1.0, 0.3, 20.0),
        np.random.default_rng(1),
        common=Noise(3.0, 3.0, 60.0),
    )
    xy = np.column_stack([x, np.zeros_like(x)])
    found = differential(axis, xy, values, TIME, 100.0)
    assert found.velocity_mm_per_yr == pytest.approx(-8.0, abs=0.5)
    assert found.std_mm_per_yr < 0.4  # noise that all share does not count
    assert (found.at_m, found.n_pairs) == (300.0, 5)


def test_a_cluster_that_moves_is_no_chance_and_noise_alone_is():
    x, y = (axis.ravel() for axis in np.meshgrid(np.arange(8), np.arange(5)))
    xy = 50.0 * np.column_stack([x, y]).astype(float)
    rng = np.random.default_rng(3)
    rate = rng.normal(0, 1, 40)
    still = largest_cluster(rate, np.ones(40), xy, 40.0, 80.0, rng)
    rate[(x < 3) & (y < 3)] -= 6.0
    moving = largest_cluster(rate, np.ones(40), xy, 40.0, 80.0, rng)
    assert moving.n_in_cluster >= 9
    assert moving.p < 0.01 < still.p


def test_cells_hold_every_point_once():
    xy = np.random.default_rng(5).uniform(-200, 200, (90, 2))
    cells = stacks.cells_of(xy, 40.0)
    assert sorted(cells[cells >= 0].tolist()) == list(range(90))
    for row in cells:
        inside = np.floor(xy[row[row >= 0]] / 40.0)
        assert (inside == inside[0]).all()


def test_a_stack_follows_the_many_and_pulls_in_the_odd_one():
    rows = np.zeros((5, 40))
    rows[4, 20:] = 100.0
    rows += np.random.default_rng(2).normal(0, 0.1, rows.shape)
    stack = stacks.stacked(rows, np.arange(5)[None])
    assert np.abs(stack).max() < 1.0


def test_a_half_wave_out_of_rest_is_taken_out_and_one_in_motion_stays():
    values = np.random.default_rng(4).normal(0, 1.0, (2, 60))
    values[0, 50:] += 27.7
    values[1, 45:50] -= np.array([9.0, 18.0, 27.0, 36.0, 45.0])
    values[1, 50:] -= 45.0 + 27.7
    mended = stacks.without_jumps_from_rest(values, 27.73288)
    assert abs(mended[0, 50:].mean()) < 1.5
    assert mended[1] == pytest.approx(values[1])
    assert stacks.without_jumps_from_rest(values, 0.0) == pytest.approx(values)


def mended_by_a_turn(slip_mm: float, noise: Noise) -> float:
    """Share of 300 series with a slip that lose or gain a half wave."""
    rng = np.random.default_rng(17)
    values = noise.draw(12.0 * np.arange(120), 300, rng)
    values[:, 80:] -= slip_mm
    mended = stacks.without_jumps_from_rest(values, 27.73288)
    return float((np.abs(mended - values).max(axis=1) > 1.0).mean())


def test_noise_is_no_jump_and_a_slip_of_another_size_stays():
    quiet, loud = Noise(2.0, 1.0, 40.0), Noise(4.0, 1.5, 40.0)
    assert mended_by_a_turn(0.0, loud) <= 0.01
    assert mended_by_a_turn(14.0, loud) <= 0.02
    assert mended_by_a_turn(18.0, quiet) <= 0.05
    assert mended_by_a_turn(20.0, quiet) <= 0.15
    assert mended_by_a_turn(27.73, quiet) >= 0.97
    assert mended_by_a_turn(27.73, Noise(3.0, 1.5, 40.0)) >= 0.75


def test_motion_that_starts_with_a_leap_is_no_jump():
    values = np.random.default_rng(18).normal(0, 1.0, (1, 60))
    values[0, 57:] -= np.array([26.0, 60.0, 110.0])
    assert stacks.without_jumps_from_rest(values, 27.73288) == pytest.approx(values)


def kinked(change_mm_per_yr: float, before_mm_per_yr: float = 0.0) -> np.ndarray:
    rng = np.random.default_rng(6)
    ramp = np.maximum(TIME - TIME[-9], 0.0) / 365.25 * change_mm_per_yr
    line = TIME / 365.25 * before_mm_per_yr
    return (rng.normal(0, 0.5, len(TIME)) + ramp + line)[None]


def test_a_kink_is_found_with_its_size_and_only_where_motion_gets_faster():
    faster = find_kinks(kinked(-40.0, -5.0), TIME, 2)
    assert faster.window[0] in (5, 8, 12)
    assert faster.score[0, 0] > faster.score[0, 1] > 6.0
    assert faster.change_mm_per_yr[0] == pytest.approx(-40.0, rel=0.35)
    slower = find_kinks(kinked(40.0, -60.0), TIME, 2)
    assert slower.score.max() < 4.0


def test_scores_of_pure_noise_are_those_of_a_normal_number():
    rng = np.random.default_rng(8)
    noise = Noise(1.5, 1.0, 40.0).draw(TIME, 400, rng)
    scores = find_kinks(noise, TIME, 1).score[:, 0]
    assert np.mean(scores > 3.5) < 0.02


def test_a_step_is_no_kink():
    step, kink = kinked(0.0), kinked(-40.0)
    step[0, -4:] -= 9.0
    assert are_rather_steps(np.vstack([step, kink]), TIME).tolist() == [True, False]


def scene(motion_of_dam: Motion, seed: int = 1) -> tuple[np.ndarray, ...]:
    """Values and positions of 15 points on the dam and 20 on still ground."""
    x = np.concatenate([np.linspace(-280, 280, 15), np.linspace(-900, 900, 20)])
    y = np.concatenate([np.zeros(15), np.full(20, 500.0)])
    values = simulate.series(
        [motion_of_dam] * 15 + [Motion()] * 20,
        DATES,
        Noise(1.5, 0.5, 30.0),
        np.random.default_rng(seed),
        common=Noise(2.0, 1.5, 40.0),
    )
    return values, np.column_stack([x, y]), np.arange(35) < 15


def speeding(motion: Motion, stable: bool = True):
    values, xy, on_dam = scene(motion)
    ground = ~on_dam & stable
    return find_speed_up(values, TIME, xy, on_dam, ground, 27.73288, GROUPING, CHOICES)


def test_a_dam_that_speeds_up_against_the_ground_is_flagged():
    motion = Motion(failure_d=TIME[-1] + 20.0, failure_onset_d=TIME[-1] - 90.0,
                    failure_rate_per_mm=0.12)  # fmt: skip
    found = speeding(motion)
    assert found.flagged.sum() >= 10
    assert found.change_mm_per_yr < 0
    assert found.excess_mm < -4.0
    assert found.score > speeding(motion, stable=False).score


def test_still_ground_and_settlement_that_decays_are_not_flagged():
    assert not speeding(Motion()).flagged.any()
    settling = Motion(consolidation_mm=80.0, consolidation_yr=1.0)
    assert not speeding(settling).flagged.any()


def test_a_bend_below_half_a_millimetre_is_no_speeding_up_however_quiet_the_series():
    """Series of whole numbers and of models have hardly any noise."""
    _, xy, on_dam = scene(Motion())
    after_d = np.maximum(TIME - (TIME[-1] - 96.0), 0.0)
    for end_mm, is_flagged in ((-0.4, False), (-0.6, True)):
        values = np.random.default_rng(3).normal(0, 1e-3, (len(xy), len(TIME)))
        values[on_dam] += end_mm * after_d / 96.0
        found = find_speed_up(
            values, TIME, xy, on_dam, ~on_dam, 27.73288, GROUPING, CHOICES
        )
        assert found.flagged.any() == is_flagged


OFFSET_AT = -4


@pytest.fixture
def dam_and_beach(make_series, methods):
    """Judge a facility with a dam and a beach, each with its motion."""

    def judged(dam: Motion, beach: Motion, offset_mm=0.0, stated=()):
        x = np.tile(np.linspace(-270, 270, 14), 2)
        y = np.repeat([0.0, 110.0], 14)
        values = simulate.series(
            [dam] * 14 + [beach] * 14,
            DATES,
            Noise(1.0, 0.5, 30.0),
            np.random.default_rng(1),
        )
        values[:, OFFSET_AT:] += offset_mm
        series = make_series(values, DATES, xy_m=np.column_stack([x, y]))
        facility = {"tmf_id": "a", "lon_deg": LON, "lat_deg": LAT}
        area = search_area(facility | {"position_radius_m": 0.0}, methods, OUTLINES)
        place = Place(area, methods)
        return judge_days(place, [series], [DATES[-1]], None, stated)[0][0]

    return judged


def test_settlement_of_the_beach_raises_no_level_and_is_told(dam_and_beach):
    beach = Motion(consolidation_mm=250.0, consolidation_yr=1.5)
    columns = dam_and_beach(Motion(), beach).columns
    assert columns["watch_level"] == "green"
    assert "settlement|source=src|n_points=14" in columns["watch_reason"]


def test_a_step_of_stated_cause_raises_no_level_on_the_watch(dam_and_beach):
    day = DATES[OFFSET_AT].astype(object)
    stated = (DisplacementStep(first_day=day, cause="earthquake"),)
    told = dam_and_beach(Motion(), Motion(), -15.0, stated).columns
    untold = dam_and_beach(Motion(), Motion(), -15.0).columns
    assert untold["watch_level"] != "green"
    assert told["watch_level"] == "green"


def test_the_same_motion_of_the_dam_does(dam_and_beach):
    dam = Motion(velocity_mm_per_yr=-60.0)
    assert dam_and_beach(dam, Motion()).columns["watch_level"] == "amber"
