"""Rows of the table ``assessment`` from what was found out about each facility."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pipeline.assessment.annex1 import quantity_answer
from pipeline.assessment.assess import Assessed, rank
from pipeline.assessment.facts import Facts
from pipeline.assessment.interval import columns_of
from pipeline.assessment.labels import (
    JOINT,
    Label,
    field_labels,
    label_cells,
    rank_label,
)
from pipeline.assessment.location import (
    air_criterion,
    catchment_criterion,
    countries_downstream,
    two_day_criterion,
)
from pipeline.assessment.ranking import (
    Place,
)
from pipeline.assessment.scheme import Scheme
from pipeline.assessment.tailings import Item
from pipeline.core.methods.assessment import AssessmentMethods
from pipeline.core.model import Status
from pipeline.core.schemas.assessment import (
    ConsequenceBasis,
    RankBasis,
)


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
