"""A simulated facility: points in zones that share atmosphere and fate.

A dam with its beach behind it, foundation ground below and natural slope around, seen
by one Sentinel-1 track. Points of a failing section share onset and day of failure;
their amplitude falls off along the crest. Noise has a part that all points share
(residual atmosphere, correlated over kilometres) and one of their own. Fast motion
between two epochs loses points or half wavelengths. Used to measure what the stage
detects and to test it; nothing here is used when a region is processed.

Sizes are project choices (P) unless stated; docs/methods.md, "Simulated series".
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.displacement.simulate import (
    Motion,
    Noise,
    days_since_first,
    noise_of_any_kind,
    sentinel1_dates,
)

HALF_WAVE_MM: Final = 27.73288  # Sentinel-1, 5.405 GHz
ATMOSPHERE_RANGE_M: Final = 2000.0
FIRST_DAY: Final = "2020-01-06"


class Scenario(StrEnum):
    """What happens to a facility."""

    QUIET = "quiet"
    CREEP = "creep"
    CONSOLIDATION = "consolidation"
    RATE_CHANGE = "rate_change"
    UNWRAPPING_JUMP = "unwrapping_jump"
    FAILURE = "failure"


HARMLESS: Final = {
    Scenario.QUIET: 0.4,
    Scenario.CREEP: 0.2,
    Scenario.CONSOLIDATION: 0.3,
    Scenario.UNWRAPPING_JUMP: 0.1,
}
"""Shares of the default mix without danger, for rates of false alarms."""


class Zone(StrEnum):
    """Where a simulated point lies."""

    DAM = "dam"
    BEACH = "beach"
    FOUNDATION = "foundation"
    SLOPE = "slope"


@dataclass(frozen=True, slots=True)
class SimulatedFacility:
    """Series of one facility and what is true of them (n points, m epochs).

    Attributes
    ----------
    scenario
        What happens.
    epoch
        Shape (m,). Days.
    displacement_mm
        Shape (n, m), float32, towards the satellite; NaN where decorrelated.
    xy_m
        Shape (n, 2). East and north of the middle of the crest.
    zone
        Shape (n,). Values of `Zone`.
    motion
        Truth of each point.
    noise
        Noise of a point, its shared part included: its variance is
        ``white_mm**2 + red_mm**2``.
    shared_fraction
        Share of that variance that all points have in common.
    failing
        Shape (n,). Points that take part in the failure or change of rate with at
        least half of the largest amplitude.
    onset_d, failure_d
        Days after the first epoch; None without them.
    """

    scenario: Scenario
    epoch: NDArray[np.datetime64]
    displacement_mm: NDArray[np.float32]
    xy_m: NDArray[np.float64]
    zone: NDArray[np.str_]
    motion: tuple[Motion, ...]
    noise: Noise
    shared_fraction: float
    failing: NDArray[np.bool_]
    onset_d: float | None
    failure_d: float | None

    @property
    def time_d(self) -> NDArray[np.float64]:
        """Shape (m,). Days after the first epoch."""
        return days_since_first(self.epoch)

    @property
    def noise_mm(self) -> float:
        """Standard deviation of one epoch of one point."""
        return float(np.hypot(self.noise.white_mm, self.noise.red_mm))

    def until(self, day_d: float) -> SimulatedFacility:
        """What was known on a day: the epochs up to ``day_d`` days after the first."""
        known = self.time_d <= day_d
        return replace(
            self,
            epoch=self.epoch[known],
            displacement_mm=self.displacement_mm[:, known],
        )

    def strength(self, ahead_d: float = 14.0) -> float:
        """How far the way to failure stands out of the noise.

        The displacement from the onset to ``ahead_d`` days before the failure, of the
        fastest point, over the noise of one epoch of one point; 0 without a failure.
        """
        if self.failure_d is None:
            return 0.0
        day = np.array([self.failure_d - ahead_d])
        moved = max(abs(float(one.tertiary_mm(day)[0])) for one in self.motion)
        return moved / self.noise_mm


def scenario_of_any_kind(rng: np.random.Generator) -> Scenario:
    """Draw a scenario without danger from the default mix."""
    kinds = list(HARMLESS)
    return kinds[int(rng.choice(len(kinds), p=list(HARMLESS.values())))]


def simulate_facility(
    rng: np.random.Generator,
    scenario: Scenario,
    *,
    years: float | None = None,
    repeat_d: int = 12,
    noise: Noise | None = None,
) -> SimulatedFacility:
    """Draw a facility from the default mix.

    Parameters
    ----------
    rng
        Source of everything that is drawn.
    scenario
        What happens.
    years
        Length of the series; by default 2.5 to 5 years. With a failure the last epoch
        is the last one before it.
    repeat_d
        Repeat cycle. 5 % of the acquisitions are missing.
    noise
        Noise of a point; by default of the default mix.
    """
    span_d = 365.25 * (rng.uniform(2.5, 5.0) if years is None else years)
    noise = noise_of_any_kind(rng) if noise is None else noise
    last = np.datetime64(FIRST_DAY, "D") + np.timedelta64(int(span_d), "D")
    epoch = sentinel1_dates(
        FIRST_DAY, str(last), rng, missing_fraction=0.05, repeat_d=repeat_d
    )
    xy_m, zone = _layout(rng)
    time_d = days_since_first(epoch)
    event = _event(rng, scenario, time_d)
    weight = _section(rng, xy_m, zone)
    motion = _motions(rng, scenario, zone, weight, event)
    truth = np.array([one.at(time_d) for one in motion])
    shared = rng.uniform(0.2, 0.7)
    seen = _as_seen(rng, truth, zone, scenario, time_d)
    values = seen + _noise(rng, noise, shared, time_d, xy_m)
    values[rng.random(values.shape) < rng.uniform(0.0, 0.05)] = np.nan
    took_part = scenario in (Scenario.FAILURE, Scenario.RATE_CHANGE)
    return SimulatedFacility(
        scenario=scenario,
        epoch=epoch,
        displacement_mm=values.astype(np.float32),
        xy_m=xy_m,
        zone=zone,
        motion=motion,
        noise=noise,
        shared_fraction=float(shared),
        failing=(weight >= 0.5) & took_part,
        onset_d=event.onset_d if took_part else None,
        failure_d=event.failure_d if scenario is Scenario.FAILURE else None,
    )


@dataclass(frozen=True, slots=True)
class _Event:
    """Day on which something starts, day of failure, and its size at full weight."""

    onset_d: float
    failure_d: float
    rate_per_mm: float
    change_mm_per_yr: float


def _event(
    rng: np.random.Generator, scenario: Scenario, time_d: NDArray[np.float64]
) -> _Event:
    """Draw what happens and when.

    A failure follows the last epoch within one repeat cycle; its tertiary creep lasts
    60 to 365 days with A of 0.02 to 0.3 per mm, log-uniform, so that the line of sight
    moves by some 5 to 160 mm until 14 days ahead.
    """
    failure_d = time_d[-1] + rng.uniform(0.5, 12.0)
    lasts = np.exp(rng.uniform(np.log(60.0), np.log(365.0)))
    rate = np.exp(rng.uniform(np.log(0.02), np.log(0.3)))
    change = rng.choice([-1.0, 1.0]) * rng.uniform(15.0, 80.0)
    onset = failure_d - lasts
    if scenario is Scenario.RATE_CHANGE:
        onset = time_d[-1] * rng.uniform(0.3, 0.85)
    return _Event(float(onset), float(failure_d), float(rate), float(change))


def _layout(
    rng: np.random.Generator,
) -> tuple[NDArray[np.float64], NDArray[np.str_]]:
    """Positions and zones: a straight dam, beach behind, ground below and around."""
    length = rng.uniform(300.0, 1200.0)
    n_dam = int(length / rng.uniform(12.0, 40.0))
    n_beach, n_foundation = rng.integers(8, 40), rng.integers(8, 30)
    n_slope = rng.integers(10, 60)
    half = 0.5 * length
    along = np.concatenate(
        [
            np.sort(rng.uniform(-half, half, n_dam)),
            rng.uniform(-half, half, n_beach + n_foundation),
            rng.uniform(-half - 500.0, half + 500.0, n_slope),
        ]
    )
    across = np.concatenate(
        [
            rng.uniform(-50.0, 0.0, n_dam),
            rng.uniform(10.0, 300.0, n_beach),
            rng.uniform(-250.0, -60.0, n_foundation),
            rng.uniform(350.0, 700.0, n_slope),
        ]
    )
    names = np.array([str(one) for one in Zone])
    zone = np.repeat(names, np.array([n_dam, n_beach, n_foundation, n_slope]))
    turn = rng.uniform(0.0, 2.0 * np.pi)
    east = along * np.cos(turn) - across * np.sin(turn)
    north = along * np.sin(turn) + across * np.cos(turn)
    return np.column_stack([east, north]), zone


def _section(
    rng: np.random.Generator, xy_m: NDArray[np.float64], zone: NDArray[np.str_]
) -> NDArray[np.float64]:
    """Weight of each point in a failing section of the dam, a bell along the crest."""
    dam = np.flatnonzero(zone == str(Zone.DAM))
    centre = xy_m[rng.choice(dam)]
    width = rng.uniform(60.0, 200.0)
    distance = np.hypot(*(xy_m - centre).T)
    weight = np.exp(-0.5 * (distance / width) ** 2)
    return np.where((zone == str(Zone.DAM)) & (weight > 0.05), weight, 0.0)


def _motions(
    rng: np.random.Generator,
    scenario: Scenario,
    zone: NDArray[np.str_],
    weight: NDArray[np.float64],
    event: _Event,
) -> tuple[Motion, ...]:
    """Truth of every point."""
    phase, season = rng.uniform(), rng.uniform(0.0, 5.0)
    creep = rng.uniform(-8.0, 0.0) if scenario is Scenario.CREEP else 0.0
    settles = scenario is Scenario.CONSOLIDATION
    amount, decay = rng.uniform(20.0, 120.0), rng.uniform(0.4, 2.0)
    motions = []
    for place, share in zip(zone, weight, strict=True):
        on_fill = place in (Zone.DAM, Zone.BEACH)
        part = {Zone.BEACH: 1.0, Zone.DAM: 0.3}.get(Zone(place), 0.0) * settles
        motion = Motion(
            velocity_mm_per_yr=rng.normal(0.0, 0.5) + creep * on_fill,
            seasonal_mm=season * rng.uniform(0.5, 1.5),
            seasonal_phase_yr=phase,
            consolidation_mm=amount * part * rng.uniform(0.7, 1.3),
            consolidation_yr=decay,
        )
        if share > 0.0 and scenario is Scenario.FAILURE:
            motion = replace(
                motion,
                failure_d=event.failure_d,
                failure_onset_d=event.onset_d,
                failure_rate_per_mm=event.rate_per_mm / share,
            )
        if share > 0.0 and scenario is Scenario.RATE_CHANGE:
            motion = replace(
                motion,
                break_d=event.onset_d,
                break_mm_per_yr=event.change_mm_per_yr * share,
            )
        motions.append(motion)
    return tuple(motions)


def _noise(
    rng: np.random.Generator,
    noise: Noise,
    shared_fraction: float,
    time_d: NDArray[np.float64],
    xy_m: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Noise with a part of each point's own and one correlated in space."""
    apart = np.hypot(*(xy_m[:, None, :] - xy_m[None, :, :]).transpose(2, 0, 1))
    covariance = np.exp(-apart / ATMOSPHERE_RANGE_M)
    root = np.linalg.cholesky(covariance + 1e-9 * np.eye(len(xy_m)))
    own = noise.draw(time_d, len(xy_m), rng)
    shared = root @ noise.draw(time_d, len(xy_m), rng)
    return np.sqrt(1.0 - shared_fraction) * own + np.sqrt(shared_fraction) * shared


def _as_seen(
    rng: np.random.Generator,
    truth: NDArray[np.float64],
    zone: NDArray[np.str_],
    scenario: Scenario,
    time_d: NDArray[np.float64],
) -> NDArray[np.float64]:
    """What the radar makes of fast motion, and unwrapping jumps of quiet points.

    A point that moves by more than a quarter wavelength between two epochs is lost from
    then on, or its step is seen too small by whole half wavelengths, each in half of
    the cases.
    """
    seen = truth.copy()
    step = np.diff(truth, axis=1)
    for k, i in zip(*np.nonzero(np.abs(step) > 0.5 * HALF_WAVE_MM), strict=True):
        if rng.random() < 0.5:
            seen[k, i + 1 :] = np.nan
        else:
            seen[k, i + 1 :] -= HALF_WAVE_MM * np.round(step[k, i] / HALF_WAVE_MM)
    if scenario is Scenario.UNWRAPPING_JUMP:
        place = rng.choice([str(Zone.DAM), str(Zone.BEACH), str(Zone.SLOPE)])
        first = rng.integers(len(time_d) // 4, len(time_d) - 6)
        turns = HALF_WAVE_MM * rng.choice([-1.0, 1.0])
        hit = (zone == place) & (rng.random(len(zone)) < 0.6)
        seen[hit, first:] += turns
    return seen
