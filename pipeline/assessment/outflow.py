"""Release, runout and covered area of one facility, or why there is none."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from pipeline.assessment.coefficients import formula
from pipeline.assessment.facts import Facts
from pipeline.assessment.interval import Interval, exactly
from pipeline.assessment.release import (
    release_bounds,
    release_confidence,
    release_ensemble,
)
from pipeline.assessment.runout import (
    Runout,
    deposit_length_m,
    inundation_area_m2,
    inundation_bounds_m2,
    is_carried,
    runout,
    runout_confidence,
)
from pipeline.assessment.volume import StoredVolume
from pipeline.core.model import Confidence, Status, weakest
from pipeline.core.schemas.assessment import ReleaseBasis, RunoutBasis

GROUP: Final = formula("release", "group")


@dataclass(frozen=True, slots=True)
class Outflow:
    """Release (m3), runout (m) and covered area (m2) with what they rest on.

    ``uncapped_m`` is the runout before the cap by the length of the path, ``cap_m``.
    """

    release_m3: Interval | None
    release_basis: ReleaseBasis
    runout_m: Interval | None
    runout_basis: RunoutBasis
    uncapped_m: Interval | None
    cap_m: float | None
    area_m2: Interval | None
    confidence: Confidence | None

    @property
    def status(self) -> Status:
        """Measured where there is a central release, else not provided."""
        has_value = self.release_m3 is not None and self.release_m3.central is not None
        return Status.MEASURED if has_value else Status.NOT_PROVIDED


def outflow(facts: Facts, stored: StoredVolume) -> Outflow:
    """Outflow of a breach of the facility's dam.

    The formulas are for one tailings dam. Other deposits get no number. Of a group only
    the total is known: its largest deposit holds between total / n and the total, so
    there are bounds and no central value.
    """
    if not facts.has_dam:
        return _none(ReleaseBasis.NO_DAM, RunoutBasis.NO_DAM)
    if stored.interval is None:
        return _none(ReleaseBasis.NO_VOLUME, RunoutBasis.NO_VOLUME)
    if stored.interval.high <= 0:
        nothing = exactly(0.0)
        return Outflow(
            nothing,
            ReleaseBasis.ENSEMBLE,
            nothing,
            RunoutBasis.REGRESSIONS,
            nothing,
            facts.path_length_m,
            nothing,
            None,
        )
    single, basis = _single_deposit(facts, stored.interval)
    released = _released(single, facts.dam_height_m)
    distance, distance_basis = _distance(facts, single, released, basis)
    return Outflow(
        release_m3=released,
        release_basis=basis,
        runout_m=None if distance is None else distance.capped,
        runout_basis=distance_basis,
        uncapped_m=None if distance is None else distance.uncapped,
        cap_m=None if distance is None else distance.cap_m,
        area_m2=_area(released),
        confidence=weakest(
            release_confidence(with_height=facts.dam_height_m is not None),
            runout_confidence(with_height=facts.dam_height_m is not None),
        ),
    )


def _none(release: ReleaseBasis, distance: RunoutBasis) -> Outflow:
    return Outflow(None, release, None, distance, None, None, None, None)


def _single_deposit(facts: Facts, total: Interval) -> tuple[Interval, ReleaseBasis]:
    """Volume behind one dam, and what its release will rest on."""
    if facts.is_group:
        deposits = facts.n_deposits or GROUP["deposits"]
        return Interval(total.low / deposits, None, total.high), (
            ReleaseBasis.GROUP_TOTAL
        )
    if total.central is None:
        return total, ReleaseBasis.RANGE_ONLY
    return total, ReleaseBasis.ENSEMBLE


def _released(single: Interval, height_m: float | None) -> Interval:
    low, high = release_bounds(single.low, single.high, height_m)
    if single.central is None:
        return Interval(low, None, high)
    return Interval(low, release_ensemble(single.central, height_m).central, high)


def _distance(
    facts: Facts, single: Interval, released: Interval, release: ReleaseBasis
) -> tuple[Runout | None, RunoutBasis]:
    """Runout with its basis.

    The total of a group is not one dam, and bounds wider than the formulas can carry
    are no answer: then there is no distance, and the basis says why.
    """
    height_m = facts.dam_height_m
    if release is ReleaseBasis.GROUP_TOTAL:
        return None, RunoutBasis.GROUP_TOTAL
    found = runout(
        height_m=height_m,
        released_m3=(released.low, released.central, released.high),
        stored_m3=(single.low, single.central, single.high),
        path_length_m=facts.path_length_m,
    )
    if not is_carried(found):
        return None, RunoutBasis.TOO_WIDE
    around = found.uncapped
    if around.central is not None and height_m is not None:
        own_m = deposit_length_m(single.low, height_m)
        low_m = max(around.low, min(own_m, around.central))
        found = replace(found, uncapped=replace(around, low=low_m))
    return found, _runout_basis(release, height_m)


def _area(released: Interval) -> Interval:
    low, high = inundation_bounds_m2(released.low, released.high)
    central = released.central
    return Interval(low, None if central is None else inundation_area_m2(central), high)


def _runout_basis(release: ReleaseBasis, height_m: float | None) -> RunoutBasis:
    if release is ReleaseBasis.RANGE_ONLY:
        return RunoutBasis.RANGE_ONLY
    if height_m is None:
        return RunoutBasis.ASSUMED_HEIGHT
    return RunoutBasis.REGRESSIONS
