"""Assessment of all facilities: facts in, rows of the table ``assessment`` out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from pipeline.assessment.annex1 import quantity_answer
from pipeline.assessment.classify import classify
from pipeline.assessment.facts import Facts
from pipeline.assessment.failure import Failure, seismic_failure
from pipeline.assessment.index import Index, IndexFacts, index_of
from pipeline.assessment.interval import columns_of
from pipeline.assessment.labels import Label, field_labels, label_cells, rank_label
from pipeline.assessment.location import (
    air_criterion,
    catchment_criterion,
    countries_downstream,
    two_day_criterion,
)
from pipeline.assessment.outflow import Outflow, outflow
from pipeline.assessment.overtopping import Overtopping, overtopping
from pipeline.assessment.people import (
    ConsequenceRange,
    PeopleAtRisk,
    consequence_range,
    people_at_risk,
)
from pipeline.assessment.ranking import (
    Place,
    draw_risk,
    facility_rng,
    ordering_risk,
    places,
)
from pipeline.assessment.scheme import Scheme
from pipeline.assessment.shaking import pga_at
from pipeline.assessment.tailings import Item
from pipeline.assessment.volume import StoredVolume, dry_mass_t, stored_volume
from pipeline.core.errors import InputError, input_error
from pipeline.core.methods.assessment import AssessmentMethods
from pipeline.core.model import DamType, Status
from pipeline.core.schemas.assessment import (
    ConsequenceBasis,
    RankBasis,
    TwoDayBasis,
)

M_PER_KM: Final = 1000.0
JOINT: Final = "; "


@dataclass(frozen=True, slots=True)
class Assessed:
    """Everything that was found out about one facility, before ranking."""

    facts: Facts
    stored: StoredVolume
    index_facts: IndexFacts
    index: Index
    people: PeopleAtRisk
    classes: ConsequenceRange
    outflow: Outflow
    failure: Failure
    overtopping: Overtopping
    mixture: tuple[Item, ...]
    missing: tuple[str, ...]


def assess(facts: Facts, scheme: Scheme, methods: AssessmentMethods) -> Assessed:
    """Assess one facility on its own."""
    density = (
        methods.bulk_density_t_per_m3
        if facts.is_tailings
        else methods.dump_density_t_per_m3
    )
    stored = stored_volume(facts.amounts, density)
    people = _people(facts, methods.par_distance_m)
    exposed = _people(facts, scheme.exposure.par.distance_km * M_PER_KM)
    index_facts = IndexFacts(
        volume_m3=stored.interval,
        water_hazard_class=facts.water_hazard_class,
        status=facts.status,
        pga_g=pga_at(facts.shaking.levels, scheme.seismic.return_period_yr),
        inside_flood=facts.flood.inside,
        factor_of_safety=facts.factor_of_safety,
        people=exposed.interval,
    )
    index = index_of(index_facts, scheme)
    failure = _failure(facts)
    mass_t = dry_mass_t(facts.amounts, stored, density)
    mixture = tuple(
        classify(
            facts.tailings,
            mass_t,
            is_group=facts.is_group,
            is_stated=facts.amounts.has_mass,
        )
    )
    return Assessed(
        facts=facts,
        stored=stored,
        index_facts=index_facts,
        index=index,
        people=people,
        classes=consequence_range(people.interval),
        outflow=outflow(facts, stored),
        failure=failure,
        overtopping=_overtopping(facts),
        mixture=mixture,
        missing=_missing(facts, index, mixture),
    )


def reassess(one: Assessed, facts: Facts, scheme: Scheme) -> Assessed:
    """Assess a facility again where only flood, inflow or liquefaction differ.

    Everything else is taken over, so that a climate case costs little.
    """
    index_facts = replace(one.index_facts, inside_flood=facts.flood.inside)
    index = index_of(index_facts, scheme)
    return replace(
        one,
        facts=facts,
        index_facts=index_facts,
        index=index,
        failure=one.failure
        if facts.liquefaction == one.facts.liquefaction
        else _failure(facts),
        overtopping=_overtopping(facts),
        missing=_missing(facts, index, one.mixture),
    )


def _people(facts: Facts, reach_m: float) -> PeopleAtRisk:
    return people_at_risk(
        facts.settlements,
        is_joined=facts.path.is_joined,
        reach_m=reach_m,
        radius_m=facts.radius_m,
    )


def _failure(facts: Facts) -> Failure:
    try:
        return seismic_failure(
            facts.ground_shaking.levels,
            facts.dam_type,
            has_dam=facts.has_dam,
            liquefaction=facts.liquefaction,
        )
    except ValueError as error:
        if isinstance(error, InputError):
            raise
        raise input_error(
            "hazards table",
            row=facts.tmf_id,
            field="intensity",
            found=str(error),
            expected="ground accelerations and probabilities of liquefaction that do "
            "not decrease with return period",
            fix="correct the seismic hazard layer or that of liquefaction",
        ) from None


def _overtopping(facts: Facts) -> Overtopping:
    try:
        return overtopping(facts.inflow, facts.basin, has_dam=facts.has_dam)
    except ValueError as error:
        raise input_error(
            "hazards table",
            row=facts.tmf_id,
            field="intensity",
            found=str(error),
            expected="inflow that does not decrease with return period",
            fix="correct the inflow layer",
        ) from None


def _missing(facts: Facts, index: Index, mixture: Sequence[Item]) -> tuple[str, ...]:
    """Fields without a value: those of the index, then those of the other methods."""
    _, two_day_basis = two_day_criterion(facts.path)
    no_time = (TwoDayBasis.STANDING_WATER, TwoDayBasis.NO_TIME)
    gaps = {
        "position": facts.radius_m is None,
        "dam_height_m": facts.has_dam and facts.dam_height_m is None,
        "dam_type": facts.has_dam and facts.dam_type is DamType.UNKNOWN,
        "liquefaction": facts.has_dam and not facts.liquefaction.is_study,
        "substance_quantities": quantity_answer(mixture) is None,
        "river_path": not facts.path.is_joined,
        "border_travel_time": two_day_basis in no_time,
    }
    return (*index.missing, *(name for name, is_missing in gaps.items() if is_missing))


def rank(
    assessed: Sequence[Assessed], scheme: Scheme, methods: AssessmentMethods
) -> dict[str, tuple[Place, RankBasis]]:
    """Places of the facilities that are ranked, by key.

    Parts of another record and rows that sums leave out are not ranked.
    """
    ranked = [one for one in assessed if one.facts.is_ranked]
    ordering = [ordering_risk(one.index_facts, scheme) for one in ranked]
    draws = [
        draw_risk(
            one.index_facts,
            scheme,
            facility_rng(methods.seed, one.facts.tmf_id),
            methods.rank_draws,
        )
        for one in ranked
    ]
    found = places([value for value, _ in ordering], draws)
    return {
        one.facts.tmf_id: (
            place,
            RankBasis.ASSUMED if is_assumed else RankBasis.INDEX,
        )
        for one, place, (_, is_assumed) in zip(ranked, found, ordering, strict=True)
    }


def assessment_rows(
    assessed: Sequence[Assessed], scheme: Scheme, methods: AssessmentMethods
) -> list[dict[str, Any]]:
    """Rows of the table ``assessment``."""
    ranked = rank(assessed, scheme, methods)
    among = [one for one in assessed if one.facts.is_ranked]
    by_rank = rank_label(among, scheme)
    return [
        {"tmf_id": one.facts.tmf_id}
        | _location_cells(one.facts, methods.air_limit_m)
        | _substance_cells(one.mixture)
        | _index_cells(one, scheme)
        | _consequence_cells(one)
        | _rank_cells(ranked.get(one.facts.tmf_id), len(ranked))
        | label_cells(_labels(one, scheme, by_rank))
        for one in assessed
    ]


def _labels(one: Assessed, scheme: Scheme, by_rank: Label | None) -> dict[str, Label]:
    """Labels of all values of one facility, its place among the others included."""
    found = field_labels(one, scheme)
    if by_rank is not None and one.facts.is_ranked:
        found["rank"] = by_rank
    return found


def _location_cells(facts: Facts, air_limit_m: float) -> dict[str, Any]:
    air, air_basis = air_criterion(
        facts.distance_border_air_m, facts.radius_m, air_limit_m
    )
    catchment, catchment_basis = catchment_criterion(facts.path)
    two_days, two_days_basis = two_day_criterion(facts.path)
    lead_h = facts.path.crossings[0].lead_h if facts.path.crossings else None
    reached = countries_downstream(facts.path, facts.country)
    shares = facts.path.shares
    return {
        "air_15km": air,
        "air_15km_basis": air_basis,
        "water_catchment": catchment,
        "water_catchment_basis": catchment_basis,
        "water_two_days": two_days,
        "water_two_days_basis": two_days_basis,
        "first_border_lead_h": lead_h,
        "first_border_lead_h_status": _status(lead_h is not None),
        "countries_downstream": JOINT.join(reached) or None,
        "possible_countries": shares.countries if shares else None,
    }


def _substance_cells(mixture: Sequence[Item]) -> dict[str, Any]:
    """Whether the quantities of Annex I are reached; empty where that is unknown."""
    answer = quantity_answer(mixture)
    return {
        "substances_status": _status(answer is not None),
        "annex1_quantity": answer,
    }


def _index_cells(one: Assessed, scheme: Scheme) -> dict[str, Any]:
    terms = {
        "thi_capacity": one.index.capacity,
        "thi_toxicity": one.index.toxicity,
        "thi_management": one.index.management,
        "thi_site": one.index.site,
        "thi_dam": one.index.dam,
        "thi": one.index.hazard,
        "tei": one.index.exposure,
        "tri": one.index.risk,
    }
    cells: dict[str, Any] = {"scheme": scheme.scheme, "scheme_status": scheme.status}
    cells |= columns_of(one.stored.interval, "volume_used_m3")
    cells["volume_basis"] = one.stored.basis
    for name, interval in terms.items():
        cells |= columns_of(interval, name)
    return cells | {"missing": JOINT.join(one.missing) or None}


def _consequence_cells(one: Assessed) -> dict[str, Any]:
    has_class = one.classes.central is not None
    return (
        columns_of(one.failure.interval, "failure_per_yr")
        | columns_of(one.overtopping.interval, "overtopping_per_yr")
        | columns_of(one.overtopping.breach, "overtopping_failure_per_yr")
        | columns_of(one.outflow.release_m3, "release_volume_m3")
        | columns_of(one.outflow.runout_m, "runout_m")
        | columns_of(one.outflow.uncapped_m, "runout_uncapped_m")
        | columns_of(one.outflow.area_m2, "inundation_area_m2")
        | columns_of(one.people.interval, "people_at_risk")
        | {
            "failure_per_yr_status": one.failure.status,
            "failure_basis": one.failure.basis,
            "overtopping_per_yr_status": one.overtopping.status,
            "overtopping_basis": one.overtopping.basis,
            "release_volume_m3_status": one.outflow.status,
            "release_basis": one.outflow.release_basis,
            "runout_cap_m": one.outflow.cap_m,
            "runout_basis": one.outflow.runout_basis,
            "people_at_risk_status": one.people.status,
            "people_basis": one.people.basis,
            "consequence_class": one.classes.central,
            "consequence_class_low": one.classes.low,
            "consequence_class_high": one.classes.high,
            "consequence_basis": ConsequenceBasis.PEOPLE_AT_RISK
            if has_class
            else ConsequenceBasis.NONE,
        }
    )


def _rank_cells(found: tuple[Place, RankBasis] | None, n_ranked: int) -> dict[str, Any]:
    if found is None:
        cells: dict[str, Any] = {"rank_basis": RankBasis.NOT_RANKED}
        return (
            cells
            | {"rank": None, "rank_low": None, "rank_high": None}
            | {"n_ranked": n_ranked}
        )
    place, basis = found
    return {
        "rank": place.rank,
        "rank_low": place.low,
        "rank_high": place.high,
        "rank_basis": basis,
        "n_ranked": n_ranked,
    }


def _status(has_value: bool) -> Status:
    return Status.MEASURED if has_value else Status.NOT_PROVIDED
