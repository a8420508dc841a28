"""Assessment of all facilities: facts in, rows of the table ``assessment`` out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from pipeline.assessment.annex1 import quantity_answer
from pipeline.assessment.classify import classify
from pipeline.assessment.facts import Facts
from pipeline.assessment.failure import Failure, seismic_failure
from pipeline.assessment.index import Index, IndexFacts, index_of
from pipeline.assessment.location import (
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
from pipeline.core.model import DamType
from pipeline.core.schemas.assessment import (
    RankBasis,
    TwoDayBasis,
)

M_PER_KM: Final = 1000.0


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
