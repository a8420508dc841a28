"""What the watch detects: simulated facilities, judged epoch by epoch.

Run from the project's folder: ``python benchmarks/detection.py --facilities 100``.

Failures: share at amber or above at least 14 days ahead among those whose way to
failure stands out of the noise by more than three (`SimulatedFacility.strength`), lead
times, and what red forecasts are worth. False alarms: facilities of the default mix
without danger, by rises to yellow, amber and red per facility and year. The rules are
those of configs/methods.yaml, whose thresholds were tuned on other seeds (1 and 2).
Everything is simulated by `pipeline.displacement.simulate_facility`: the figures hold
for its mix and not for the world.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import box

from pipeline.core.config import read_methods
from pipeline.core.methods.displacement import DisplacementMethods
from pipeline.core.model import WatchLevel
from pipeline.displacement.places import Place
from pipeline.displacement.search import SearchArea
from pipeline.displacement.series import Component, PointSeries
from pipeline.displacement.simulate_facility import (
    HALF_WAVE_MM,
    Scenario,
    SimulatedFacility,
    scenario_of_any_kind,
    simulate_facility,
)
from pipeline.displacement.warning.replay import Judged, judge_days

LON, LAT = 70.1, 40.2
M_PER_DEG_LON, M_PER_DEG_LAT = 85_160.0, 111_040.0
LOS = (-0.62, -0.10, 0.778)
AHEAD_D = 14.0
STRONG = 3.0
FIRST_D = 560.0  # shorter series have no season, and no speeding up is looked for
WATCHED_D = 400.0
ORDER = [str(level) for level in WatchLevel]
ZONES = {"dam": "dam", "beach": "beach", "foundation": "foundation"} | {
    "slope": "slope_above"
}


@dataclass
class Tally:
    """What was counted."""

    lead_d: list[float] = field(default_factory=list)
    n_strong: int = 0
    n_in_time: int = 0
    by_strength: list[tuple[float, bool]] = field(default_factory=list)
    first_red: list[tuple[float, float, bool]] = field(default_factory=list)
    rises: Counter[tuple[str, str]] = field(default_factory=Counter)
    rules: Counter[tuple[str, str]] = field(default_factory=Counter)
    years: dict[str, float] = field(default_factory=dict)


def point_series(facility: SimulatedFacility) -> PointSeries:
    """Turn a simulated facility into the record that readers make."""
    n = len(facility.xy_m)
    unknown = np.full(n, np.nan)
    return PointSeries(
        source_id="simulated",
        reader="none",
        product="simulated",
        component=Component.LINE_OF_SIGHT,
        point_id=np.array([f"p{k:04d}" for k in range(n)]),
        lon_deg=LON + facility.xy_m[:, 0] / M_PER_DEG_LON,
        lat_deg=LAT + facility.xy_m[:, 1] / M_PER_DEG_LAT,
        epoch=facility.epoch,
        displacement_mm=facility.displacement_mm,
        los=np.tile(np.asarray(LOS), (n, 1)),
        track_angle_deg=unknown,
        coherence=unknown,
        height_m=unknown,
        provider_velocity_mm_per_yr=unknown,
        is_interpolated=False,
        reference_point="frame",
        reference_epoch="unknown",
        footprint=box(LON - 0.05, LAT - 0.05, LON + 0.05, LAT + 0.05),
        unit_in_file="mm",
        sign_in_file="towards the satellite",
        wavelength_mm=2.0 * HALF_WAVE_MM,
    )


def place_of(
    facility: SimulatedFacility, methods: DisplacementMethods, *, outlines: bool
) -> Place:
    """Place of a facility: with the outlines of its zones, or its position alone."""
    found = []
    series = point_series(facility)
    for name, zone in ZONES.items() if outlines else ():
        here = facility.zone == name
        points = shapely.multipoints(
            np.column_stack([series.lon_deg[here], series.lat_deg[here]])
        )
        found.append((zone, points.convex_hull.buffer(1e-5)))
    area = SearchArea("sim", LON, LAT, 1500.0, 500.0, outlines=tuple(found))
    return Place(area, methods)


def judged_days(
    facility: SimulatedFacility, place: Place, from_d: float
) -> Iterator[tuple[float, Judged]]:
    """Judge every epoch from a day on, as a run on that day would have."""
    time_d: NDArray[np.float64] = facility.time_d
    chosen = np.flatnonzero(time_d >= from_d)
    days = [facility.epoch[k] for k in chosen]
    newest = date.fromisoformat(str(facility.epoch[-1]))
    found, _ = judge_days(place, [point_series(facility)], days, newest)
    yield from zip(time_d[chosen].tolist(), found, strict=True)


def count_failure(facility: SimulatedFacility, place: Place, tally: Tally) -> None:
    """Judge a failure from its onset on."""
    onset_d, failure_d = facility.onset_d, facility.failure_d
    if onset_d is None or failure_d is None or facility.strength(AHEAD_D) <= STRONG:
        return
    seen = seen_red = None
    for day, judged in judged_days(facility, place, max(onset_d, FIRST_D)):
        level = ORDER.index(str(judged.columns["watch_level"]))
        if seen is None and level >= ORDER.index("amber"):
            seen = failure_d - day
        if seen_red is None and level >= ORDER.index("red"):
            seen_red = failure_d - day
            tally.first_red.append(_red(facility, judged, failure_d, seen_red))
    tally.n_strong += 1
    in_time = seen is not None and seen >= AHEAD_D
    tally.n_in_time += in_time
    tally.by_strength.append((facility.strength(AHEAD_D), in_time))
    tally.lead_d.append(-1.0 if seen is None else seen)


def _red(
    facility: SimulatedFacility, judged: Judged, failure_d: float, lead_d: float
) -> tuple[float, float, bool]:
    """Lead of the first red, error of its date in days, and whether the range held."""
    dates = [judged.columns.get(f"forecast{k}_date") for k in ("", "_low", "_high")]
    if any(day is None for day in dates):
        return lead_d, np.nan, False
    first = facility.epoch[0]
    middle, low, high = (
        float((np.datetime64(str(d)) - first).astype(int)) for d in dates
    )
    return lead_d, middle - failure_d, low - 1.0 <= failure_d <= high + 1.0


def count_harmless(facility: SimulatedFacility, place: Place, tally: Tally) -> None:
    """Judge the last 400 days of a facility without danger; count rises of level."""
    from_d = max(facility.time_d[-1] - WATCHED_D, FIRST_D)
    before = ORDER.index("green")
    days = []
    for day, judged in judged_days(facility, place, from_d):
        level = ORDER.index(str(judged.columns["watch_level"]))
        days.append(day)
        for name in ("yellow", "amber", "red"):
            limit = ORDER.index(name)
            if level >= limit > before:
                tally.rises[(str(facility.scenario), name)] += 1
                rule = str(judged.columns["watch_reason"]).split("|")[0]
                tally.rules[(name, rule)] += 1
        before = level
    if days:
        kind = str(facility.scenario)
        passed = (days[-1] - days[0]) / 365.25
        tally.years[kind] = tally.years.get(kind, 0.0) + passed


def report(tally: Tally) -> None:
    """Print all figures."""
    lead = np.array(tally.lead_d)
    share = tally.n_in_time / max(tally.n_strong, 1)
    print(f"failures stronger than {STRONG:g} times the noise: {tally.n_strong}")
    print(f"amber or above at least {AHEAD_D:g} d ahead: {100 * share:.1f} %")
    if lead.size:
        print(
            f"lead of amber, d: 10 % {np.quantile(lead, 0.1):.0f}, "
            f"25 % {np.quantile(lead, 0.25):.0f}, median {np.median(lead):.0f}, "
            f"75 % {np.quantile(lead, 0.75):.0f} (-1: never)"
        )
    for low, high in ((3, 5), (5, 8), (8, 15), (15, 30), (30, 1000)):
        some = [hit for strength, hit in tally.by_strength if low < strength <= high]
        if some:
            print(f"  strength {low} to {high}: {np.mean(some):.2f} of {len(some)}")
    red = np.array(tally.first_red)
    if red.size:
        dated = red[np.isfinite(red[:, 1])]
        print(
            f"red at some epoch: {len(red)} ({len(red) / tally.n_strong:.2f}), median "
            f"lead {np.median(red[:, 0]):.0f} d; dates given {len(dated)}: median "
            f"error {np.median(dated[:, 1]):.0f} d, range holds "
            f"{dated[:, 2].mean():.2f}"
        )
    years = sum(tally.years.values())
    print(f"facilities without danger: {years:.0f} facility-years")
    for name in ("yellow", "amber", "red"):
        rises = {k: n for (k, level), n in tally.rises.items() if level == name}
        text = ", ".join(
            f"{k} {n / max(tally.years.get(k, 0.0), 1e-9):.3f}"
            for k, n in sorted(rises.items())
        )
        rate = sum(rises.values()) / max(years, 1e-9)
        print(f"rises to {name} or above: {rate:.3f} a facility and year ({text})")
        first = {rule: n for (level, rule), n in tally.rules.items() if level == name}
        print(f"  first rule stated: {first}")


def main() -> None:
    """Simulate, judge and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--facilities", type=int, default=6, help="of each kind")
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument(
        "--distance", action="store_true", help="no outlines, zones by distance"
    )
    parser.add_argument("--methods", type=Path, default=Path("configs/methods.yaml"))
    chosen = parser.parse_args()
    methods = read_methods(chosen.methods).displacement
    tally = Tally()
    for k in range(chosen.facilities):
        rng = np.random.default_rng([chosen.seed, k])
        failing = simulate_facility(rng, Scenario.FAILURE)
        rng = np.random.default_rng([chosen.seed + 1, k])
        calm = simulate_facility(rng, scenario_of_any_kind(rng))
        for facility, count in ((failing, count_failure), (calm, count_harmless)):
            place = place_of(facility, methods, outlines=not chosen.distance)
            count(facility, place, tally)
    report(tally)


if __name__ == "__main__":
    main()
