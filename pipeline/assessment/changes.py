"""Rows of ``assessment_changes``: the assessment under each climate case, beside now.

A facility is assessed again with flood, inflow and liquefaction of the case and with
everything else as it is. What no climate-dependent layer enters has no future number,
with the reason; what rests on earthquakes alone keeps its number (k = 1); what no layer
here can tell is a row of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import pandas as pd

from pipeline.assessment.assess import Assessed, rank, reassess
from pipeline.assessment.changing import (
    Compared,
    flood_change,
    index_changes,
    overtopping_changes,
    rank_change,
    seismic_change,
    toe_change,
    uncovered,
)
from pipeline.assessment.dam_hazards import inundation, liquefaction
from pipeline.assessment.facts import Facts, Row
from pipeline.assessment.failure import FAILURE_CONFIDENCE
from pipeline.assessment.labels import (
    TOE_LABEL,
    Label,
    field_labels,
    layer_label,
    rank_label,
)
from pipeline.assessment.scheme import Scheme
from pipeline.assessment.shaking import When, flood_state, inflow
from pipeline.core.config import ClimateCase
from pipeline.core.methods.assessment import AssessmentMethods
from pipeline.core.model import Confidence

HazardRows = Mapping[str, Sequence[Row]]
MEDIAN: Final = 50.0
_STATEMENT: Final = Label(Confidence.MEMORY_HIGH)
_SEISMIC: Final = Label(FAILURE_CONFIDENCE)


@dataclass(frozen=True)
class Future:
    """All facilities under one climate case.

    ``assessed`` holds those of which some layer may tell the future; ``held`` counts
    the ranked ones with a flood now whose future the case does not tell.
    """

    when: When
    assessed: Mapping[str, Assessed]
    n_held: int


def change_rows(
    present: Sequence[Assessed],
    hazards: HazardRows,
    cases: Sequence[ClimateCase],
    scheme: Scheme,
    methods: AssessmentMethods,
) -> Iterator[dict[str, Any]]:
    """Rows of the table ``assessment_changes``.

    Parameters
    ----------
    present
        All facilities as assessed for the present.
    hazards
        Rows of the table ``hazards`` by facility, all climate cases.
    cases
        Scenarios and horizons of the region.
    """
    now = rank(present, scheme, methods)
    for case in cases:
        for percentile in percentiles(present, hazards, case):
            when = When(case.scenario, case.horizon, percentile)
            future = _future(present, hazards, when, scheme)
            yield from _case_rows(present, hazards, future, now, scheme, methods)


def told_cases(
    cases: Sequence[ClimateCase], hazards: pd.DataFrame
) -> tuple[ClimateCase, ...]:
    """Cases of a region; an optional one only where the hazards have rows of it."""
    there = set(zip(hazards["scenario"], hazards["horizon"], strict=True))
    return tuple(
        case
        for case in cases
        if not case.optional or (str(case.scenario), case.horizon) in there
    )


def percentiles(
    present: Sequence[Assessed], hazards: HazardRows, case: ClimateCase
) -> tuple[float, ...]:
    """Percentiles of the layers whose future the assessment uses, in a case.

    The median alone where no such layer has a row.
    """
    used = {name for one in present for name in _layers(one.facts)}
    found = {
        float(row["percentile"])
        for rows in hazards.values()
        for row in rows
        if row["layer_id"] in used
        and (row["scenario"], row["horizon"]) == (case.scenario, case.horizon)
    }
    return tuple(sorted(found)) or (MEDIAN,)


def _layers(facts: Facts) -> list[str]:
    """Layers of a facility that the climate may change."""
    sources = (facts.flood, facts.inflow, facts.inundation, facts.liquefaction)
    return [one.layer_id for one in sources if one.layer_id is not None]


def _future(
    present: Sequence[Assessed],
    hazards: HazardRows,
    when: When,
    scheme: Scheme,
) -> Future:
    found: dict[str, Assessed] = {}
    n_held = 0
    for one in present:
        facts = one.facts
        rows = hazards.get(facts.tmf_id, ())
        if not _layers(facts):
            continue
        then = facts_under(facts, rows, when, scheme.flood.return_period_yr)
        found[facts.tmf_id] = reassess(one, then, scheme)
        if facts.flood.layer_id is not None and then.flood.layer_id is None:
            n_held += facts.is_ranked
    return Future(when, found, n_held)


def facts_under(
    facts: Facts, rows: Sequence[Row], when: When, flood_return_period_yr: float
) -> Facts:
    """Facts of a facility with flood, inflow and liquefaction of a climate case.

    The layers that count at present count then; without a value in the case there is
    no state and there are no levels.
    """
    flood, wet = facts.flood, facts.inflow
    if flood.layer_id is not None:
        flood = flood_state(rows, flood_return_period_yr, when, flood.layer_id)
    if wet.layer_id is not None:
        wet = inflow(rows, when, wet.layer_id)
    toe, ground = facts.inundation, facts.liquefaction
    if toe.layer_id is not None:
        toe = inundation(rows, when, toe.layer_id)
    if ground.layer_id is not None:
        ground = liquefaction(rows, when, ground.layer_id)
    return replace(facts, flood=flood, inflow=wet, inundation=toe, liquefaction=ground)


def _case_rows(
    present: Sequence[Assessed],
    hazards: HazardRows,
    future: Future,
    now: Mapping[str, Any],
    scheme: Scheme,
    methods: AssessmentMethods,
) -> Iterator[dict[str, Any]]:
    told = {
        key: one
        for key, one in future.assessed.items()
        if one.facts.flood.layer_id is not None
    }
    then = None
    if told:
        swapped = [told.get(one.facts.tmf_id, one) for one in present]
        then = rank(swapped, scheme, methods)
    ranked = [one for one in present if one.facts.is_ranked]
    by_rank = rank_label(ranked, scheme) or _STATEMENT
    for one in present:
        key = one.facts.tmf_id
        other = future.assessed.get(key)
        rows = hazards.get(key, ())
        place = rank_change(
            now.get(key),
            None if then is None else then.get(key),
            n_held=future.n_held,
            is_told=one.facts.flood.layer_id is None or key in told,
            layer=one.facts.flood.layer_id,
        )
        compared = [
            flood_change(one, other, rows, future.when),
            *index_changes(one, other),
            place,
            seismic_change(one, other, rows, future.when),
            *overtopping_changes(one, other, rows, future.when),
            toe_change(one, other, rows, future.when),
            uncovered(rows, future.when),
        ]
        labels = _labels(one, other, scheme) | {"rank": by_rank}
        yield from (_row(key, future.when, item, labels) for item in compared)


def _labels(one: Assessed, other: Assessed | None, scheme: Scheme) -> dict[str, Label]:
    """Labels of the numbers now and then; the weaker one counts."""
    found = field_labels(one, scheme)
    if other is not None:
        for name, label in field_labels(other, scheme).items():
            found[name] = label.with_(found.get(name))
    floods = [x.facts.flood for x in (one, other) if x is not None]
    water = [
        Label(flood.confidence, flood.demonstration)
        for flood in floods
        if flood.confidence is not None
    ]
    inside = {"inside_flood": water[0].with_(*water)} if water else {}
    toes = [x.facts.inundation for x in (one, other) if x is not None]
    flooded = [
        layer_label(toe.confidence, toe.demonstration)
        for toe in toes
        if toe.layer_id is not None
    ]
    return (
        found
        | inside
        | {"failure_per_yr": found.get("failure_per_yr", _SEISMIC)}
        | {"toe_flooded_per_yr": TOE_LABEL.with_(*flooded)}
    )


def _row(
    tmf_id: str, when: When, item: Compared, labels: Mapping[str, Label]
) -> dict[str, Any]:
    known = labels.get(str(item.quantity), _STATEMENT)
    label = known if item.has_number else _STATEMENT
    return {
        "tmf_id": tmf_id,
        "quantity": item.quantity,
        "unit": item.unit,
        "scenario": when.scenario,
        "horizon": when.horizon,
        "percentile": when.percentile,
        **item.cells(),
        "demonstration": label.demonstration,
        "provisional": label.provisional,
        "confidence": label.confidence,
    }
