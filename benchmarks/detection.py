"""What the watch detects: simulated facilities, judged epoch by epoch.

Run from the project's folder: ``python benchmarks/detection.py --facilities 100``
(about two seconds of processor time a facility).

Failures (random generators ``[seed, k]``): share at amber or above at least 14 days
ahead among those whose way to failure stands out of the noise by more than three
(`SimulatedFacility.strength`), lead times, and what the dates of red forecasts are
worth. False alarms (``[seed + 1, k]``): rises to yellow, amber and red of facilities of
the default mix without danger, per facility and year. Shares have binomial 95 %
intervals (Clopper and Pearson), rates Poisson ones. The rules are those of
configs/methods.yaml; both figures are also given for other thresholds of the rule
"speeds up now". Everything is simulated by `pipeline.displacement.simulate_facility`:
the figures hold for its mix and not for the world.

``--alone`` judges by the rule "speeds up now" alone, without fits and courses, in a
fifth of the time: for thresholds, where hundreds of facilities are needed.
"""

from __future__ import annotations

import argparse
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import beta, chi2

from pipeline.core.config import read_methods
from pipeline.core.methods.displacement import DisplacementMethods
from pipeline.core.model import WatchLevel
from pipeline.displacement.places import Place
from pipeline.displacement.search import local_xy_m, points_within
from pipeline.displacement.simulate_facility import (
    Scenario,
    SimulatedFacility,
    scenario_of_any_kind,
    simulate_facility,
)
from pipeline.displacement.simulated_series import area_of, series_of
from pipeline.displacement.warning.neighbourhoods import Grouping, find_speed_up
from pipeline.displacement.warning.replay import Judged, judge_days
from pipeline.displacement.zones import (
    SETTLING,
    STABLE,
    reach_level,
    zones_of_points,
)

AHEAD_D = 14.0
STRONG = 3.0
FIRST_D = 560.0  # shorter series have no season, and no speeding up is looked for
WATCHED_D = 400.0
LOWEST = 3.0
THRESHOLDS = (4.8, 5.0, 5.2, 5.4, 5.6, 5.8, 6.0, 6.2, 6.4, 6.8)
STRENGTHS = (STRONG, 5.0, 8.0, 15.0, np.inf)
TO_FAILURE_D = (0.0, 14.0, 28.0, 42.0, 60.0, np.inf)
ORDER = [str(level) for level in WatchLevel]
AMBER, RED = ORDER.index("amber"), ORDER.index("red")


@dataclass(frozen=True)
class Epoch:
    """A facility at an epoch.

    ``level`` by the rules as they are, ``rule`` the first that is stated, ``score`` of
    the rule "speeds up now" (0 below `LOWEST`), ``forecast_d`` the date, its lower and
    its upper bound, on the axis of ``day``; NaN without.
    """

    day: float
    level: int
    rule: str
    score: float
    forecast_d: tuple[float, float, float]


@dataclass(frozen=True)
class Watched:
    """A facility and its judged epochs."""

    kind: str
    strength: float
    failure_d: float
    epochs: tuple[Epoch, ...]

    def lead_d(self, threshold: float | None = None) -> float:
        """Days from the first epoch at amber to the failure; -1 if there is none.

        By all rules, or by the rule "speeds up now" alone at a threshold.
        """
        for epoch in self.epochs:
            if is_amber(epoch, threshold):
                return self.failure_d - epoch.day
        return -1.0

    def rises(self, threshold: float | None = None) -> int:
        """How often the level rose to amber or above (parameter as for `lead_d`)."""
        at = [False] + [is_amber(epoch, threshold) for epoch in self.epochs]
        return sum(b and not a for a, b in pairwise(at))

    @property
    def years(self) -> float:
        """Years watched."""
        return (self.epochs[-1].day - self.epochs[0].day) / 365.25


def is_amber(epoch: Epoch, threshold: float | None) -> bool:
    """Whether an epoch is at amber or above (parameter as for `Watched.lead_d`)."""
    return epoch.level >= AMBER if threshold is None else epoch.score > threshold


def watched(
    facility: SimulatedFacility, methods: DisplacementMethods, outlined: bool
) -> Watched | None:
    """Judge a facility from the onset on, or in its last 400 days.

    None for failures that are too weak, and where nothing happens and there are no two
    epochs to judge. A failure without epochs to judge stays, as one that is missed.
    """
    days = _days(facility)
    if days is None:
        return None
    speed_up = methods.speed_up.model_copy(update={"sigma": LOWEST})
    lower = methods.model_copy(update={"speed_up": speed_up})
    most = _judged(facility, lower, days, outlined)
    scores = [_score(one) for one in most]
    again = [
        day
        for day, one, score in zip(days, most, scores, strict=True)
        if score > 0.0 or one.columns["watch_level"] == "red"
    ]
    as_is = dict(
        zip(again, _judged(facility, methods, again, outlined), strict=True)
        if again
        else ()
    )
    epochs = [
        _epoch(facility, day, as_is.get(day, one), score)
        for day, one, score in zip(days, most, scores, strict=True)
    ]
    return _watched(facility, epochs)


def _days(facility: SimulatedFacility) -> list[np.datetime64] | None:
    """Days to judge; None as for `watched`."""
    time_d, failure_d = facility.time_d, facility.failure_d
    if failure_d is not None and facility.strength(AHEAD_D) <= STRONG:
        return None
    from_d = time_d[-1] - WATCHED_D
    if failure_d is not None and facility.onset_d is not None:
        from_d = facility.onset_d
    days = list(facility.epoch[time_d >= max(from_d, FIRST_D)])
    return None if failure_d is None and len(days) < 2 else days


def watched_alone(
    facility: SimulatedFacility, methods: DisplacementMethods, outlined: bool
) -> Watched | None:
    """As `watched`, by the rule "speeds up now" alone.

    Points with unwrapping jumps keep them but for those that come out of rest, and no
    point on tailings is judged.
    """
    days = _days(facility)
    if days is None:
        return None
    series, area = series_of(facility), area_of(facility, outlined=outlined)
    rows, distance = points_within(area, series.lon_deg, series.lat_deg)
    place = series.lon_deg[rows], series.lat_deg[rows]
    zone = zones_of_points(area.outlines, *place, distance, area.facility_radius_m)
    able = reach_level(zone, methods.zone_levels, WatchLevel.AMBER)
    able &= ~np.isin(zone, SETTLING)
    choices = methods.speed_up.model_copy(update={"sigma": LOWEST})
    grouping = Grouping(
        methods.neighbour_cell_m,
        methods.neighbour_distance_m,
        methods.minimum_neighbours,
    )
    epochs = []
    for day in days:
        known = series.epoch <= day
        values = series.displacement_mm[np.ix_(rows, np.flatnonzero(known))]
        usable = (~np.isnan(values)).sum(axis=1) >= methods.minimum_epochs
        time_d = series.time_d[known]
        score = find_speed_up(
            values,
            time_d,
            local_xy_m(area, *place),
            able & usable,
            np.isin(zone, STABLE) & usable,
            series.half_wave_mm or 0.0,
            grouping,
            choices,
        ).score
        level = AMBER if score > methods.speed_up.sigma else ORDER.index("green")
        nothing = (np.nan, np.nan, np.nan)
        epochs.append(Epoch(float(time_d[-1]), level, "speed_up", score, nothing))
    return _watched(facility, epochs)


def _watched(facility: SimulatedFacility, epochs: Sequence[Epoch]) -> Watched:
    ends = np.nan if facility.failure_d is None else facility.failure_d
    kind, strength = str(facility.scenario), facility.strength(AHEAD_D)
    return Watched(kind, strength, ends, tuple(epochs))


def _judged(
    facility: SimulatedFacility,
    methods: DisplacementMethods,
    days: Sequence[np.datetime64],
    outlined: bool,
) -> list[Judged]:
    place = Place(area_of(facility, outlined=outlined), methods)
    newest = date.fromisoformat(str(facility.epoch[-1]))
    return judge_days(place, [series_of(facility)], days, newest)[0]


def _score(judged: Judged) -> float:
    found = re.search(r"score_sigma=([0-9.]+)", str(judged.columns["watch_reason"]))
    return float(found.group(1)) if found else 0.0


def _epoch(
    facility: SimulatedFacility, day: np.datetime64, judged: Judged, score: float
) -> Epoch:
    columns, first = judged.columns, facility.epoch[0]
    dates = [columns.get(f"forecast{k}_date") for k in ("", "_low", "_high")]
    middle, low, high = (
        np.nan if one is None else float((np.datetime64(str(one)) - first).astype(int))
        for one in dates
    )
    return Epoch(
        day=float((day - first).astype(int)),
        level=ORDER.index(str(columns["watch_level"])),
        rule=str(columns["watch_reason"]).split("|")[0],
        score=score,
        forecast_d=(middle, low, high),
    )


def share(hits: int, n: int) -> str:
    """A share with its binomial interval."""
    low = beta.ppf(0.025, hits, n - hits + 1) if hits else 0.0
    high = beta.ppf(0.975, hits + 1, n - hits) if hits < n else 1.0
    return f"{hits} of {n} = {hits / n:.3f} [{low:.3f}, {high:.3f}]"


def rate(count: int, years: float) -> str:
    """A rate per facility and year with its Poisson interval."""
    low = 0.5 * chi2.ppf(0.025, 2 * count) if count else 0.0
    high = 0.5 * chi2.ppf(0.975, 2 * (count + 1))
    each = [value / years for value in (count, low, high)]
    return (
        f"{count} in {years:.0f} years = {each[0]:.3f} [{each[1]:.3f}, {each[2]:.3f}]"
    )


def report_failures(failures: Sequence[Watched]) -> None:
    """Print what is seen of failures, and when."""
    lead = np.array([one.lead_d() for one in failures])
    in_time = lead >= AHEAD_D
    print(f"failures stronger than {STRONG:g} times the noise")
    print(f"  amber or above at least {AHEAD_D:g} d ahead: {_hits(in_time)}")
    strength = np.array([one.strength for one in failures])
    for low, high in pairwise(STRENGTHS):
        part = in_time[(strength > low) & (strength <= high)]
        if part.size:
            print(f"    strength {low:g} to {high:g}: {_hits(part)}")
    quantiles = np.quantile(lead, (0.1, 0.25, 0.5, 0.75)).round()
    print(f"  lead of amber, d, at 10, 25, 50, 75 % (-1: never): {quantiles}")


def _hits(values: Any) -> str:
    return share(int(np.sum(values)), len(values))


def report_forecasts(failures: Sequence[Watched]) -> None:
    """Print what dates of red forecasts are worth, by days to the failure."""
    rows = [
        (one.failure_d - epoch.day, *(at - one.failure_d for at in epoch.forecast_d))
        for one in failures
        for epoch in one.epochs
        if np.isfinite(epoch.forecast_d[0])
    ]
    first = [next((e for e in one.epochs if e.level >= RED), None) for one in failures]
    print(f"red at some epoch: {_hits([epoch is not None for epoch in first])}")
    early = [
        (one.failure_d - epoch.day, *(at - one.failure_d for at in epoch.forecast_d))
        for one, epoch in zip(failures, first, strict=True)
        if epoch is not None and np.isfinite(epoch.forecast_d[0])
    ]
    _forecasts("first red of a facility", np.array(early))
    table = np.array(rows)
    for low, high in pairwise(TO_FAILURE_D):
        if len(table):
            part = table[(table[:, 0] > low) & (table[:, 0] <= high)]
            _forecasts(f"{low:g} to {high:g} d before the failure", part)


def _forecasts(name: str, rows: Any) -> None:
    """One line: error of the date in days (negative: too early), share in the range."""
    if not len(rows):
        return
    middle = np.quantile(rows[:, 1], (0.1, 0.5, 0.9)).round()
    held = (rows[:, 2] <= 1.0) & (rows[:, 3] >= -1.0)  # dates are whole days
    print(
        f"  forecasts, {name}: error {middle[1]:+.0f} d (10 to 90 %: {middle[0]:+.0f} "
        f"to {middle[2]:+.0f}), range holds it {_hits(held)}, failure after the range "
        f"{np.mean(rows[:, 3] < -1.0):.2f}"
    )


def report_harmless(harmless: Sequence[Watched]) -> None:
    """Print false alarms."""
    years = sum(one.years for one in harmless)
    print("facilities without danger, rises a facility and year")
    for name in ("yellow", "amber", "red"):
        limit, rises = ORDER.index(name), Counter[tuple[str, str]]()
        for one in harmless:
            before = 0
            for epoch in one.epochs:
                if epoch.level >= limit > before:
                    rises[one.kind, epoch.rule] += 1
                before = epoch.level
        print(f"  to {name} or above: {rate(sum(rises.values()), years)}")
        for (kind, rule), count in sorted(rises.items()):
            print(f"    {kind}, first rule stated {rule}: {count}")
    for kind in sorted({one.kind for one in harmless}):
        some = [one for one in harmless if one.kind == kind]
        text = rate(sum(one.rises() for one in some), sum(one.years for one in some))
        print(f"  amber or above, {kind}: {text}")


def report_thresholds(failures: Sequence[Watched], harmless: Sequence[Watched]) -> None:
    """Print both figures of the rule "speeds up now" for other thresholds."""
    years = sum(one.years for one in harmless)
    print('rule "speeds up now" alone: threshold, seen in time, false alarms')
    for threshold in THRESHOLDS:
        seen = [one.lead_d(threshold) >= AHEAD_D for one in failures]
        rises = sum(one.rises(threshold) for one in harmless)
        alarms = rate(rises, years) if harmless else "none judged"
        print(f"  {threshold:g}: {_hits(seen) if seen else 'none judged'}; {alarms}")


def main() -> None:
    """Simulate, judge and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--facilities", type=int, default=6, help="of each kind")
    parser.add_argument("--harmless", type=int, help="facilities without danger")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--distance", action="store_true", help="no outlines, zones by distance"
    )
    parser.add_argument("--alone", action="store_true", help='"speeds up now" alone')
    parser.add_argument("--methods", type=Path, default=Path("configs/methods.yaml"))
    chosen = parser.parse_args()
    methods = read_methods(chosen.methods).displacement
    print(f"seeds {chosen.seed} and {chosen.seed + 1}; {methods.speed_up!r}")
    n_harmless = chosen.facilities if chosen.harmless is None else chosen.harmless
    look = watched_alone if chosen.alone else watched
    failures, harmless = [], []
    for k in range(max(chosen.facilities, n_harmless)):
        if k < chosen.facilities:
            rng = np.random.default_rng([chosen.seed, k])
            failing = simulate_facility(rng, Scenario.FAILURE)
            failures.append(look(failing, methods, not chosen.distance))
        if k < n_harmless:
            rng = np.random.default_rng([chosen.seed + 1, k])
            calm = simulate_facility(rng, scenario_of_any_kind(rng))
            harmless.append(look(calm, methods, not chosen.distance))
    strong = [one for one in failures if one is not None]
    quiet = [one for one in harmless if one is not None]
    if strong:
        report_failures(strong)
        if not chosen.alone:
            report_forecasts(strong)
    if quiet:
        report_harmless(quiet)
    report_thresholds(strong, quiet)


if __name__ == "__main__":
    main()
