"""Recommended measures of a facility, from what was found and what is missing.

Every measure has one reason, the first that applies. Words for measures and reasons
stand in the catalogues of the pages; here are their keys and the values that belong to
them. Horizons, order and thresholds are project choices.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pipeline.assessment.assess import M_PER_KM, Assessed
from pipeline.assessment.location import (
    air_criterion,
    countries_downstream,
    two_day_criterion,
)
from pipeline.assessment.scheme import Scheme
from pipeline.core.methods.assessment import AssessmentMethods
from pipeline.core.model import (
    DisplacementStatus,
    FacilityStatus,
    Remediation,
    WatchLevel,
)
from pipeline.core.schemas.assessment import (
    Measure,
    Reason,
    TwoDayBasis,
    VolumeBasis,
)

SURVEY_ABOVE_M: Final = 500.0
MANY_UNKNOWNS: Final = 10

# order of the measures within a facility, with their horizon
HORIZONS: Final[Mapping[Measure, str]] = {
    Measure.CHECK_DISPLACEMENT: "short",
    Measure.FIND_POSITION: "short",
    Measure.SURVEY_POSITION: "short",
    Measure.AGREE_CONTACT_POINTS: "short",
    Measure.FIND_VOLUME: "short",
    Measure.FIND_DAM_DATA: "short",
    Measure.ORDER_INSAR: "short",
    Measure.CONFIRM_DRAINAGE: "short",
    Measure.COUNT_PEOPLE: "short",
    Measure.VISIT_SITE: "short",
    Measure.NAME_RESPONSIBLE_BODY: "short",
    Measure.ADD_SEISMIC_MAP: "short",
    Measure.ADD_FLOOD_MAP: "short",
    Measure.CLASSIFY_TAILINGS: "medium",
    Measure.DESCRIBE_SINGLE_DEPOSITS: "medium",
    Measure.STUDY_SEISMIC_STABILITY: "medium",
    Measure.CHECK_FLOOD_PROTECTION: "medium",
    Measure.AGREE_WARNING: "medium",
    Measure.PREPARE_EMERGENCY_PLAN: "medium",
    Measure.COMPLETE_REMEDIATION: "medium",
    Measure.START_REMEDIATION: "long",
    Measure.KEEP_MONITORING: "long",
}
_VOLUME_REASONS: Final = {
    VolumeBasis.UNKNOWN: Reason.NO_VOLUME,
    VolumeBasis.FROM_MASS: Reason.VOLUME_FROM_MASS,
    VolumeBasis.LOWER_BOUND: Reason.VOLUME_IS_LOWER_BOUND,
    VolumeBasis.BEFORE_RELOCATION: Reason.VOLUME_BEFORE_RELOCATION,
}
_MOTION_REASONS: Final = {
    DisplacementStatus.NOT_COVERED: Reason.DISPLACEMENT_NOT_COVERED,
    DisplacementStatus.TOO_FEW_POINTS: Reason.DISPLACEMENT_INSUFFICIENT,
    DisplacementStatus.STALE: Reason.DISPLACEMENT_INSUFFICIENT,
    DisplacementStatus.NO_GEOMETRY: Reason.DISPLACEMENT_INSUFFICIENT,
}
_ALERTS: Final = (WatchLevel.YELLOW, WatchLevel.AMBER, WatchLevel.RED)


@dataclass(frozen=True, slots=True)
class Advice:
    """One measure with its reason and the values that belong to the reason."""

    measure: Measure
    reason: Reason
    values: tuple[tuple[str, str], ...] = ()

    @property
    def detail(self) -> str | None:
        """Values as 'name=value; name=value'; None without any."""
        return "; ".join(f"{name}={value}" for name, value in self.values) or None


@dataclass(frozen=True, slots=True)
class Case:
    """One facility with the choices that the measures depend on."""

    found: Assessed
    scheme: Scheme
    methods: AssessmentMethods


def measure_rows(
    found: Assessed, scheme: Scheme, methods: AssessmentMethods
) -> list[dict[str, Any]]:
    """Rows of the table ``measures`` of one facility, most urgent first."""
    case = Case(found, scheme, methods)
    order = list(HORIZONS)
    advice = sorted(
        (item for source in _SOURCES for item in source(case)),
        key=lambda item: order.index(item.measure),
    )
    return [
        {
            "tmf_id": found.facts.tmf_id,
            "measure_id": item.measure,
            "horizon": HORIZONS[item.measure],
            "priority": number,
            "reason": item.reason,
            "detail": item.detail,
            "demonstration": _is_demonstration(item.reason, found),
        }
        for number, item in enumerate(advice, start=1)
    ]


def _is_demonstration(reason: Reason, found: Assessed) -> bool:
    """Whether the reason rests on a stand-in layer."""
    if reason is Reason.PGA_HIGH:
        return found.facts.shaking.demonstration
    return reason is Reason.FLOOD_POSSIBLE and found.facts.flood.demonstration


def _digits(number: float, significant: int = 2) -> str:
    """Plain decimal text of a number with some significant digits."""
    text = f"{float(f'{number:.{significant - 1}e}'):.6f}"
    return text.rstrip("0").rstrip(".")


def _position(case: Case) -> Iterator[Advice]:
    radius_m = case.found.facts.radius_m
    if radius_m is None:
        yield Advice(Measure.FIND_POSITION, Reason.NO_POSITION)
    elif radius_m > SURVEY_ABOVE_M:
        radius_km = _digits(radius_m / M_PER_KM)
        yield Advice(
            Measure.SURVEY_POSITION,
            Reason.POSITION_UNCERTAIN,
            (("radius_km", radius_km),),
        )


def _amounts(case: Case) -> Iterator[Advice]:
    facts = case.found.facts
    reason = _VOLUME_REASONS.get(case.found.stored.basis)
    if reason is not None:
        yield Advice(Measure.FIND_VOLUME, reason)
    untested = "substance_quantities" in case.found.missing
    if facts.water_hazard_class is None and untested:
        yield Advice(Measure.CLASSIFY_TAILINGS, Reason.TOXICITY_UNKNOWN)
    if not (facts.is_group and facts.has_dam):
        return
    if facts.n_deposits is None:
        yield Advice(Measure.DESCRIBE_SINGLE_DEPOSITS, Reason.GROUP_OF_UNKNOWN_NUMBER)
    else:
        yield Advice(
            Measure.DESCRIBE_SINGLE_DEPOSITS,
            Reason.GROUP_TOTAL_ONLY,
            (("n_deposits", str(facts.n_deposits)),),
        )


def _dam(case: Case) -> Iterator[Advice]:
    if not case.found.facts.has_dam:
        return
    fields = ("dam_height_m", "dam_type", "fos_static")
    unknown = [name for name in fields if name in case.found.missing]
    if unknown:
        yield Advice(
            Measure.FIND_DAM_DATA,
            Reason.DAM_DATA_MISSING,
            (("fields", ", ".join(unknown)),),
        )


def _natural_hazards(case: Case) -> Iterator[Advice]:
    facts, pga = case.found.facts, case.found.index_facts.pga_g
    threshold = case.scheme.seismic.edges[0]
    if facts.radius_m is not None and pga is None:
        yield Advice(Measure.ADD_SEISMIC_MAP, Reason.PGA_UNKNOWN)
    if pga is not None and pga.high >= threshold and facts.has_dam:
        central = pga.low if pga.central is None else pga.central
        yield Advice(
            Measure.STUDY_SEISMIC_STABILITY,
            Reason.PGA_HIGH,
            (
                ("pga_g", _digits(central)),
                ("pga_high_g", _digits(pga.high)),
                ("threshold_g", _digits(threshold)),
            ),
        )
    if facts.flood.inside is None:
        yield Advice(Measure.ADD_FLOOD_MAP, Reason.FLOOD_UNKNOWN)
    elif facts.flood.inside:
        yield Advice(Measure.CHECK_FLOOD_PROTECTION, Reason.FLOOD_POSSIBLE)


def _motion(case: Case) -> Iterator[Advice]:
    facts = case.found.facts
    if facts.watch_level in _ALERTS:
        yield Advice(
            Measure.CHECK_DISPLACEMENT,
            Reason.DISPLACEMENT_ALERT,
            (("level", str(facts.watch_level)),),
        )
    status = facts.displacement or DisplacementStatus.NOT_COVERED
    reason = _MOTION_REASONS.get(status)
    if reason is not None:
        yield Advice(Measure.ORDER_INSAR, reason)


def _river(case: Case) -> Iterator[Advice]:
    facts = case.found.facts
    if facts.radius_m is None:
        return
    if not facts.path.is_joined:
        yield Advice(Measure.CONFIRM_DRAINAGE, Reason.DRAINAGE_UNKNOWN)
    elif not facts.path.is_sure:
        yield Advice(Measure.CONFIRM_DRAINAGE, Reason.DRAINAGE_UNCERTAIN)


def _people(case: Case) -> Iterator[Advice]:
    people, facts = case.found.people, case.found.facts
    distance_km = _digits(case.methods.par_distance_m / M_PER_KM)
    central = None if people.interval is None else people.interval.central
    if central is not None:
        yield Advice(
            Measure.PREPARE_EMERGENCY_PLAN,
            Reason.PEOPLE_DOWNSTREAM,
            (("people", _digits(central)), ("distance_km", distance_km)),
        )
    elif facts.path.is_joined:
        yield Advice(
            Measure.COUNT_PEOPLE,
            Reason.PEOPLE_UNKNOWN,
            (("distance_km", distance_km),),
        )


def _borders(case: Case) -> Iterator[Advice]:
    facts = case.found.facts
    air, _ = air_criterion(
        facts.distance_border_air_m, facts.radius_m, case.methods.air_limit_m
    )
    reached = countries_downstream(facts.path, facts.country)
    if reached:
        countries = (("countries", ", ".join(reached)),)
        yield Advice(Measure.AGREE_CONTACT_POINTS, Reason.BORDER_DOWNSTREAM, countries)
    elif air and facts.distance_border_air_m is not None:
        distance_km = _digits(facts.distance_border_air_m / M_PER_KM)
        yield Advice(
            Measure.AGREE_CONTACT_POINTS,
            Reason.BORDER_NEAR_AIR,
            (("distance_km", distance_km),),
        )
    if not facts.path.crossings:
        return
    within, why = two_day_criterion(facts.path)
    lead_h = facts.path.crossings[0].lead_h
    if within and lead_h is not None:
        yield Advice(
            Measure.AGREE_WARNING,
            Reason.BORDER_WITHIN_TWO_DAYS,
            (("lead_h", _digits(lead_h)),),
        )
    elif within is None and why is TwoDayBasis.SOME_POSITIONS:
        yield Advice(Measure.AGREE_WARNING, Reason.BORDER_PERHAPS_WITHIN_TWO_DAYS)
    elif within is None:
        yield Advice(Measure.AGREE_WARNING, Reason.BORDER_TIME_UNKNOWN)


def _management(case: Case) -> Iterator[Advice]:
    facts, n_missing = case.found.facts, len(case.found.missing)
    if facts.status is FacilityStatus.UNKNOWN:
        yield Advice(Measure.VISIT_SITE, Reason.STATUS_UNKNOWN)
    elif n_missing >= MANY_UNKNOWNS:
        yield Advice(
            Measure.VISIT_SITE,
            Reason.MANY_UNKNOWNS,
            (("n_missing", str(n_missing)),),
        )
    if facts.operator is None:
        yield Advice(Measure.NAME_RESPONSIBLE_BODY, Reason.NO_OPERATOR)
    if facts.remediation is Remediation.DONE:
        yield Advice(Measure.KEEP_MONITORING, Reason.REMEDIATION_DONE)
    elif facts.remediation is Remediation.IN_PROGRESS:
        yield Advice(Measure.COMPLETE_REMEDIATION, Reason.REMEDIATION_IN_PROGRESS)
    elif facts.status is FacilityStatus.ABANDONED:
        yield Advice(Measure.START_REMEDIATION, Reason.ABANDONED_NOT_REMEDIATED)


_SOURCES: Final[tuple[Callable[[Case], Iterator[Advice]], ...]] = (
    _position,
    _amounts,
    _dam,
    _natural_hazards,
    _motion,
    _river,
    _people,
    _borders,
    _management,
)
