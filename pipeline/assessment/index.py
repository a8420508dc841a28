"""Hazard, exposure and risk index of one facility (methodology 1.1 to 1.3).

Every term comes with its low and high over what is unknown. An unknown class takes the
scheme's precautionary score as its central value; an unknown volume and an unknown
number of people have no central value at all, because the index would stand and fall
with a number that nobody knows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from pipeline.assessment.interval import Interval, exactly
from pipeline.assessment.scheme import Scheme
from pipeline.core.model import FacilityStatus


@dataclass(frozen=True, slots=True)
class IndexFacts:
    """What the index needs to know about a facility; None where it is unknown.

    ``volume_m3`` and ``people`` may be intervals without a central value. ``pga_g``
    encloses the value by the spread within the uncertainty of the position.
    """

    volume_m3: Interval | None
    water_hazard_class: float | None
    status: FacilityStatus
    pga_g: Interval | None
    inside_flood: bool | None
    factor_of_safety: float | None
    people: Interval | None


@dataclass(frozen=True, slots=True)
class Index:
    """Terms and sums of the index, with the names of the unknown fields."""

    capacity: Interval
    toxicity: Interval
    management: Interval
    site: Interval
    dam: Interval
    exposure: Interval
    missing: tuple[str, ...]

    @property
    def hazard(self) -> Interval:
        """THI, the sum of its five terms."""
        return self.capacity + self.toxicity + self.management + self.site + self.dam

    @property
    def risk(self) -> Interval:
        """TRI = THI + TEI."""
        return self.hazard + self.exposure


def index_of(facts: IndexFacts, scheme: Scheme) -> Index:
    """Index of one facility.

    Parameters
    ----------
    facts
        What is known about the facility.
    scheme
        Tables of scores.
    """
    status_known = facts.status is not FacilityStatus.UNKNOWN
    people_known = facts.people is not None and facts.people.central is not None
    volume_known = facts.volume_m3 is not None and facts.volume_m3.central is not None
    gaps = {
        "volume_m3": volume_known,
        scheme.toxicity.by: facts.water_hazard_class is not None,
        "status": status_known,
        scheme.seismic.field: facts.pga_g is not None,
        scheme.flood.field: facts.inside_flood is not None,
        "fos_static": facts.factor_of_safety is not None,
        "people_at_risk": people_known,
        "tei_env": False,
    }
    return Index(
        capacity=capacity_term(facts.volume_m3, scheme),
        toxicity=toxicity_term(facts.water_hazard_class, scheme),
        management=management_term(facts.status, scheme),
        site=seismic_part(facts.pga_g, scheme) + flood_part(facts.inside_flood, scheme),
        dam=dam_term(facts.factor_of_safety, scheme),
        exposure=people_part(facts.people, scheme) + environment_part(scheme),
        missing=tuple(name for name, is_known in gaps.items() if not is_known),
    )


def capacity_term(volume_m3: Interval | None, scheme: Scheme) -> Interval:
    """THI_Cap = log10(V); no central value without a volume."""
    table = scheme.capacity
    volume = volume_m3 or Interval(table.unknown_m3[0], None, table.unknown_m3[2])
    return volume.map(lambda v: math.log10(max(v, table.floor)))


def toxicity_term(water_hazard_class: float | None, scheme: Scheme) -> Interval:
    """THI_Tox by water hazard class; a class between two takes the higher."""
    table = scheme.toxicity
    if water_hazard_class is None:
        return _unknown(tuple(table.scores.values()), table.unknown)
    return exactly(table.scores[math.ceil(water_hazard_class)])


def management_term(status: FacilityStatus, scheme: Scheme) -> Interval:
    """THI_Manag by life-cycle status."""
    table = scheme.management
    if status is FacilityStatus.UNKNOWN:
        return _unknown(table.known_scores, table.unknown)
    return exactly(table.score(status))


def seismic_part(pga_g: Interval | None, scheme: Scheme) -> Interval:
    """Seismic part of THI_Site; bounds differ where the spread straddles an edge."""
    table = scheme.seismic
    if pga_g is None:
        return _unknown(table.scores, table.unknown)
    if pga_g.central is None:
        scores = (table.score(pga_g.low), table.score(pga_g.high))
        unknown = min(max(table.unknown, scores[0]), scores[1])
        return Interval(scores[0], unknown, scores[1])
    return pga_g.map(table.score)


def flood_part(inside: bool | None, scheme: Scheme) -> Interval:
    """Flood part of THI_Site."""
    table = scheme.flood
    if inside is None:
        return _unknown((table.outside, table.inside), table.unknown)
    return exactly(table.inside if inside else table.outside)


def dam_term(factor_of_safety: float | None, scheme: Scheme) -> Interval:
    """THI_Dam by the factor of safety."""
    table = scheme.dam
    if factor_of_safety is None:
        return _unknown(table.scores, table.unknown)
    return exactly(table.score(factor_of_safety))


def people_part(people: Interval | None, scheme: Scheme) -> Interval:
    """TEI_PAR = log10(people at risk); no central value while they are unknown."""
    table = scheme.exposure.par
    number = people or Interval(table.unknown[0], None, table.unknown[2])
    return number.map(lambda n: math.log10(max(n, table.floor)))


def environment_part(scheme: Scheme) -> Interval:
    """TEI_Env: left out of the central value, with its whole range in the bounds."""
    table = scheme.exposure.env
    return Interval(min(table.low, 0.0), 0.0, max(table.high, 0.0))


def _unknown(scores: tuple[float, ...], precautionary: float) -> Interval:
    return Interval(min(scores), precautionary, max(scores))
