"""The simulated facility keeps what it promises."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.displacement.simulate import Motion, Noise
from pipeline.displacement.simulate_facility import (
    HALF_WAVE_MM,
    HARMLESS,
    Scenario,
    Zone,
    scenario_of_any_kind,
    simulate_facility,
)

QUIET = Noise(0.01, 0.0, 20.0)


def draw(scenario, seed=1, **options):
    return simulate_facility(np.random.default_rng(seed), scenario, **options)


@pytest.mark.parametrize("scenario", list(Scenario))
def test_every_scenario_has_zones_truth_and_values(scenario):
    facility = draw(scenario)
    n, m = facility.displacement_mm.shape
    assert n == len(facility.xy_m) == len(facility.zone) == len(facility.motion)
    assert m == len(facility.epoch)
    assert set(facility.zone) == {str(zone) for zone in Zone}
    assert facility.failing.any() == (
        scenario in (Scenario.FAILURE, Scenario.RATE_CHANGE)
    )
    assert (facility.failure_d is None) == (scenario is not Scenario.FAILURE)


def test_equal_seeds_give_equal_facilities():
    one, two = draw(Scenario.FAILURE, 4), draw(Scenario.FAILURE, 4)
    np.testing.assert_array_equal(one.displacement_mm, two.displacement_mm)


def test_points_of_the_failing_section_share_the_day_of_failure():
    facility = draw(Scenario.FAILURE, noise=QUIET)
    days = {one.failure_d for one in facility.motion if one.failure_d is not None}
    assert days == {facility.failure_d}
    assert (facility.zone[facility.failing] == str(Zone.DAM)).all()
    assert facility.time_d[-1] < facility.failure_d
    before = facility.time_d < facility.onset_d
    moved = [one.tertiary_mm(facility.time_d) for one in facility.motion]
    assert np.abs(np.array(moved)[:, before]).max() == 0.0


def test_strength_is_the_displacement_before_the_failure_over_the_noise():
    facility = draw(Scenario.FAILURE, 2)
    lasts = facility.failure_d - facility.onset_d
    rates = [o.failure_rate_per_mm for o in facility.motion if o.failure_d is not None]
    expected = np.log(lasts / 14.0) / min(rates) / facility.noise_mm
    assert facility.strength(14.0) == pytest.approx(expected)
    assert facility.strength(14.0) > facility.strength(30.0) > 0.0
    assert draw(Scenario.QUIET).strength() == 0.0


def test_what_was_known_on_a_day_has_no_later_epochs():
    facility = draw(Scenario.CREEP)
    known = facility.until(500.0)
    assert known.time_d[-1] <= 500.0 < facility.time_d[-1]
    np.testing.assert_array_equal(
        known.displacement_mm, facility.displacement_mm[:, : len(known.epoch)]
    )


def test_neighbours_share_their_atmosphere():
    shared, n = [], 12
    for seed in range(n):
        facility = draw(Scenario.QUIET, seed, noise=Noise(3.0, 0.0, 20.0), years=4)
        steps = np.diff(facility.displacement_mm, axis=1)
        steps = np.nan_to_num(steps)
        together = np.corrcoef(steps)
        mean = together[np.triu_indices(len(together), 1)].mean()
        shared.append(mean / facility.shared_fraction)
    assert np.mean(shared) == pytest.approx(0.8, abs=0.15)


def test_unwrapping_jumps_are_whole_half_waves_of_part_of_one_zone():
    facility = draw(Scenario.UNWRAPPING_JUMP, noise=QUIET)
    truth = np.array([one.at(facility.time_d) for one in facility.motion])
    off = (facility.displacement_mm - truth)[:, -1]
    hit = np.abs(off) > 1.0
    assert 0 < hit.sum() < len(hit)
    assert len(set(facility.zone[hit])) == 1
    assert np.nanmax(np.abs(np.abs(off[hit]) - HALF_WAVE_MM)) < 0.1


def test_a_step_beyond_a_quarter_wave_is_lost_or_wrapped():
    for seed in range(40):
        facility = draw(Scenario.FAILURE, seed, noise=QUIET)
        steps = np.diff(facility.displacement_mm, axis=1)
        assert np.nanmax(np.abs(steps)) < 0.5 * HALF_WAVE_MM + 0.1


def test_the_mix_without_danger_has_its_shares():
    rng = np.random.default_rng(0)
    drawn = [scenario_of_any_kind(rng) for _ in range(2000)]
    for scenario, share in HARMLESS.items():
        assert drawn.count(scenario) / 2000 == pytest.approx(share, abs=0.04)
    assert Scenario.FAILURE not in drawn


def test_tertiary_creep_may_start_late():
    time_d = np.array([0.0, 300.0, 360.0, 390.0])
    motion = Motion(failure_d=400.0, failure_onset_d=300.0, failure_rate_per_mm=0.1)
    np.testing.assert_allclose(
        motion.at(time_d), [0.0, 0.0, -10 * np.log(100 / 40), -10 * np.log(10.0)]
    )


def test_a_change_of_rate_starts_on_its_day():
    motion = Motion(break_d=365.25, break_mm_per_yr=12.0)
    assert motion.at(np.array([0.0, 365.25, 730.5])).tolist() == [0.0, 0.0, 12.0]
