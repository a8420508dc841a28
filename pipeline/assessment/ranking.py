"""Places of facilities by risk index, with their spread over what is unknown.

Every facility draws its unknowns from its own random stream, so a result does not
depend on the order of facilities or on the number of workers.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from pipeline.assessment.index import IndexFacts, index_of, toxicity_term
from pipeline.assessment.interval import Interval
from pipeline.assessment.scheme import Scheme
from pipeline.core.model import FacilityStatus

FloatArray = NDArray[np.float64]
LOW_PERCENT: Final = 5.0
HIGH_PERCENT: Final = 95.0
_DIGITS: Final = 9


def facility_rng(seed: int, tmf_id: str) -> np.random.Generator:
    """Random generator of one facility, independent of run order and worker count."""
    return np.random.default_rng([seed, zlib.crc32(tmf_id.encode("utf-8"))])


def draw_risk(
    facts: IndexFacts, scheme: Scheme, rng: np.random.Generator, count: int
) -> FloatArray:
    """Draws of the risk index over what is unknown about a facility.

    Classes that are unknown take each score of their table with equal chance; volume
    and people are triangular in their logarithm, or even where they have no central
    value; accelerations are triangular (all project choices).

    Returns
    -------
    ndarray
        Shape (count,).
    """
    u = rng.random((8, count))
    management = scheme.management
    return (
        _log_draw(_volume(facts, scheme), scheme.capacity.floor, u[0])
        + _toxicity_draw(facts, scheme, u[1])
        + (
            _choice(management.known_scores, u[2])
            if facts.status is FacilityStatus.UNKNOWN
            else management.score(facts.status)
        )
        + _seismic_draw(facts, scheme, u[3])
        + _two_way(facts.inside_flood, scheme.flood.inside, scheme.flood.outside, u[4])
        + (
            _choice(scheme.dam.scores, u[5])
            if facts.factor_of_safety is None
            else scheme.dam.score(facts.factor_of_safety)
        )
        + _log_draw(_people(facts, scheme), scheme.exposure.par.floor, u[6])
        + scheme.exposure.env.low
        + u[7] * (scheme.exposure.env.high - scheme.exposure.env.low)
    )


def ordering_risk(facts: IndexFacts, scheme: Scheme) -> tuple[float, bool]:
    """Risk index that sets the place, and whether it rests on assumed values.

    Where the index has a central value it is that value. Otherwise the unknown volume
    and people take the assumed value of the scheme, or the middle of their bounds on
    the logarithmic scale.
    """
    index = index_of(facts, scheme)
    if index.risk.central is not None:
        return index.risk.central, False
    volume, people = _volume(facts, scheme), _people(facts, scheme)
    filled = IndexFacts(
        volume_m3=_with_middle(volume, scheme.capacity.floor),
        water_hazard_class=facts.water_hazard_class,
        status=facts.status,
        pga_g=facts.pga_g,
        inside_flood=facts.inside_flood,
        factor_of_safety=facts.factor_of_safety,
        people=_with_middle(people, scheme.exposure.par.floor),
    )
    central = index_of(filled, scheme).risk.central
    if central is None:
        raise ValueError("the filled index has no central value")
    return central, True


@dataclass(frozen=True, slots=True)
class Place:
    """Place of a facility, 1 first, with the bounds of its spread."""

    rank: int
    low: int
    high: int


def places(ordering: Sequence[float], draws: Sequence[FloatArray]) -> list[Place]:
    """Places by ordering value, highest first; ties share the better place.

    Parameters
    ----------
    ordering
        Ordering value of n facilities.
    draws
        Draws of the risk index of the same facilities, all of one length.

    Returns
    -------
    list of Place
        ``low`` and ``high`` are the 5 % and 95 % quantiles of the place over the
        draws, widened where needed so that they enclose the place.
    """
    if len(ordering) == 0:
        return []
    central = _descending(np.array(ordering)[:, None])[:, 0]
    ranked = _descending(np.stack(list(draws)))
    low, high = np.percentile(
        ranked, [LOW_PERCENT, HIGH_PERCENT], axis=1, method="inverted_cdf"
    )
    return [
        Place(int(c), int(min(a, c)), int(max(b, c)))
        for c, a, b in zip(central, low, high, strict=True)
    ]


def _descending(values: FloatArray) -> FloatArray:
    return np.asarray(rankdata(-np.round(values, _DIGITS), method="min", axis=0))


def _volume(facts: IndexFacts, scheme: Scheme) -> Interval:
    return facts.volume_m3 or Interval(*scheme.capacity.unknown_m3)


def _people(facts: IndexFacts, scheme: Scheme) -> Interval:
    return facts.people or Interval(*scheme.exposure.par.unknown)


def _with_middle(interval: Interval, floor: float) -> Interval:
    if interval.central is not None:
        return interval
    logs = _logarithm(floor)
    middle = float(10 ** ((logs(interval.low) + logs(interval.high)) / 2))
    return Interval(
        interval.low, min(max(middle, interval.low), interval.high), interval.high
    )


def _logarithm(floor: float) -> Callable[[float], float]:
    return lambda number: float(np.log10(max(number, floor)))


def _log_draw(interval: Interval, floor: float, u: FloatArray) -> FloatArray:
    """Draws of the logarithm: triangular, or even without a central value."""
    logs = interval.map(_logarithm(floor))
    if logs.central is None:
        return logs.low + u * (logs.high - logs.low)
    return _triangular(logs.low, logs.central, logs.high, u)


def _triangular(low: float, mode: float, high: float, u: FloatArray) -> FloatArray:
    """Inverse of the triangular distribution function."""
    width = high - low
    if width <= 0:
        return np.full_like(u, mode)
    split = (mode - low) / width
    rising = low + np.sqrt(u * width * (mode - low))
    falling = high - np.sqrt((1 - u) * width * (high - mode))
    return np.where(u < split, rising, falling)


def _choice(scores: Sequence[float], u: FloatArray) -> FloatArray:
    """Each score with equal chance."""
    table = np.asarray(scores, dtype=np.float64)
    return table[np.minimum((u * len(table)).astype(int), len(table) - 1)]


def _toxicity_draw(
    facts: IndexFacts, scheme: Scheme, u: FloatArray
) -> FloatArray | float:
    if facts.water_hazard_class is None:
        return _choice(tuple(scheme.toxicity.scores.values()), u)
    return toxicity_term(facts.water_hazard_class, scheme).high


def _seismic_draw(facts: IndexFacts, scheme: Scheme, u: FloatArray) -> FloatArray:
    table = scheme.seismic
    if facts.pga_g is None:
        return _choice(table.scores, u)
    pga = facts.pga_g
    mode = (pga.low + pga.high) / 2 if pga.central is None else pga.central
    drawn = _triangular(pga.low, mode, pga.high, u)
    return np.asarray(table.scores)[np.searchsorted(table.edges, drawn, side="right")]


def _two_way(
    state: bool | None, if_true: float, if_false: float, u: FloatArray
) -> FloatArray | float:
    if state is None:
        return _choice((if_false, if_true), u)
    return if_true if state else if_false
