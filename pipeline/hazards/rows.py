"""Rows of the table ``hazards``: present samples, scenarios, and the change itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from pipeline.core.config import ClimateCase
from pipeline.core.layers import Band, Layer
from pipeline.core.model import Confidence, Scenario, Status, Zone, weakest
from pipeline.core.reasons import joined
from pipeline.core.schemas.hazards import NOTES
from pipeline.hazards.climate import (
    CENTRAL_PERCENTILE,
    UNCHANGED,
    UNCHANGED_CONFIDENCE,
    Factor,
    FactorLayer,
    factor_unit,
    is_unaffected,
    period_note,
    serving,
    unavailable_reason,
)
from pipeline.hazards.places import Place
from pipeline.hazards.samples import Sample

FACTOR_LEVEL: Final = "factor"
FACTOR_MEASURE: Final = "change_factor"
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Setting:
    """What the rows of one layer have in common.

    ``places`` holds the facilities that have a position; ``tmf_ids`` are all.
    """

    layer: Layer
    tmf_ids: tuple[str, ...]
    places: dict[str, Place]
    remarks: tuple[str, ...] = ()


def absent_samples(
    levels: Sequence[Band], tmf_ids: Sequence[str], reason: str
) -> tuple[Sample, ...]:
    """Samples that say why there is no value, for every facility and level."""
    return tuple(
        Sample(tmf_id, band, Status.NOT_PROVIDED, None, None, None, 0.0, note=reason)
        for tmf_id in tmf_ids
        for band in levels
    )


def layer_rows(setting: Setting, samples: Sequence[Sample]) -> Iterator[Row]:
    """Rows of one layer's own levels (present, or scenarios the layer has itself)."""
    for one in samples:
        yield _row(setting, one)


def scenario_rows(
    setting: Setting,
    samples: Sequence[Sample],
    cases: Sequence[ClimateCase],
    factors: Sequence[FactorLayer],
) -> Iterator[Row]:
    """Rows of the present levels of a layer under each climate case.

    A case that the layer has bands for itself is left to them; the others take the
    first of ``factors`` that serves the layer and the case.
    """
    present = [one for one in samples if one.band.scenario is Scenario.HISTORICAL]
    own = {(one.band.scenario, one.band.horizon) for one in samples}
    for case in cases:
        if (case.scenario, case.horizon) in own:
            continue
        served = serving(setting.layer, factors, case)
        for one in present:
            yield from _changed(setting, one, case, served)


def _changed(
    setting: Setting, one: Sample, case: ClimateCase, factors: FactorLayer | None
) -> Iterator[Row]:
    if is_unaffected(setting.layer):
        note = joined(one.note, UNCHANGED if one.status.has_value else None)
        row = _row(setting, replace(one, note=note))
        yield _in_case(row, case, CENTRAL_PERCENTILE, UNCHANGED_CONFIDENCE)
        return
    reason = _no_factor(factors)
    fitting: list[Factor] = []
    if factors is not None and reason is None:
        fitting = [f for f in factors.at(one.tmf_id) if f.is_case(case)]
        reason = NOTES.reason("no_factor_for_case", layer=factors.layer.id)
    if not fitting:
        status = Status.NOT_PROVIDED if one.status.has_value else one.status
        note = joined(one.note, reason) or ""
        row = _row(setting, one.without_value(status, note))
        yield _in_case(row, case, CENTRAL_PERCENTILE, None)
    for factor in fitting:
        yield _multiplied(setting, one, case, factor, factors)


def _no_factor(factors: FactorLayer | None) -> str | None:
    if factors is None:
        return NOTES.reason("no_factor_known")
    return unavailable_reason(factors)


def _multiplied(
    setting: Setting,
    one: Sample,
    case: ClimateCase,
    factor: Factor,
    factors: FactorLayer | None,
) -> Row:
    if factor.value is None:
        status = factor.status if one.status.has_value else one.status
        note = joined(one.note, NOTES.reason("no_factor_here"), factor.note)
        row = _row(setting, one.without_value(status, note or ""))
    else:
        between = None if factors is None else period_note(factors.layer, setting.layer)
        said = joined(factor.note, between)
        note = joined(one.note, said if one.status.has_value else None)
        changed = replace(
            one,
            value=factor.changed(one.value),
            low=factor.changed(one.low),
            high=factor.changed(one.high),
            peak=factor.changed(_peak(one)),
            note=note,
        )
        row = _row(setting, changed)
    row = _in_case(row, case, factor.percentile, None)
    return row if factors is None else _weakened(row, factors.layer)


def factor_rows(
    factors: FactorLayer,
    setting: Setting,
    cases: Sequence[ClimateCase],
    like: Layer,
) -> Iterator[Row]:
    """Rows of the change itself: one for each facility, case and percentile.

    Parameters
    ----------
    like
        Layer whose hazard stands in where the factor layer declares none.
    """
    layer = factors.layer
    common = {
        "hazard": layer.hazard or like.hazard,
        "process": layer.process or like.process,
        "intensity_measure": layer.intensity_measure or FACTOR_MEASURE,
        "unit": factor_unit(layer),
    }
    for tmf_id in setting.tmf_ids:
        for case in cases:
            fitting = [f for f in factors.at(tmf_id) if f.is_case(case)]
            for factor in fitting or [_absent_factor(case, factors)]:
                band = Band(
                    level=FACTOR_LEVEL,
                    scenario=case.scenario,
                    horizon=case.horizon,
                    percentile=factor.percentile,
                )
                one = Sample(
                    tmf_id,
                    band,
                    factor.status,
                    factor.value,
                    None,
                    None,
                    factor.covered_fraction,
                    note=factor.note,
                )
                row = _row(setting, one)
                if factor.place == "region":
                    row |= {"place": "region", "radius_m": None}
                yield row | common


def _absent_factor(case: ClimateCase, factors: FactorLayer) -> Factor:
    reason = _no_factor(factors) or NOTES.reason(
        "no_factor_for_case", layer=factors.layer.id
    )
    return Factor(
        case.scenario,
        case.horizon,
        CENTRAL_PERCENTILE,
        None,
        Status.NOT_PROVIDED,
        "region",
        0.0,
        reason,
    )


def _peak(one: Sample) -> float | None:
    """Largest value of a place, its high bound where only bounds are known."""
    if not one.status.has_value:
        return None
    known = [x for x in (one.peak, one.high, one.value) if x is not None]
    return max(known) if one.peak is not None else known[0]


def _row(setting: Setting, one: Sample) -> Row:
    layer, band = setting.layer, one.band
    place = setting.places.get(one.tmf_id)
    return {
        "tmf_id": one.tmf_id,
        "hazard": layer.hazard,
        "process": layer.process,
        "intensity_measure": layer.intensity_measure,
        "unit": layer.unit,
        "layer_id": layer.id,
        "level": band.level,
        "return_period_yr": band.return_period_yr,
        "scenario": band.scenario,
        "horizon": band.horizon,
        "percentile": band.percentile,
        "intensity": one.value,
        "intensity_low": one.low,
        "intensity_high": one.high,
        "intensity_status": one.status,
        "largest": _peak(one),
        "covered_fraction": one.covered_fraction,
        **_sampled_place(layer, place),
        "demonstration": layer.demonstration,
        "provisional": layer.confidence.is_provisional,
        "confidence": layer.confidence,
        "note": joined(
            one.note, None if place is None else place.note, *setting.remarks
        ),
    }


def _sampled_place(layer: Layer, place: Place | None) -> Row:
    if layer.kind == "table":
        return {"place": "site", "radius_m": None}
    if place is None:
        wanted = layer.sample_at[0]
        return {
            "place": "point" if wanted is Zone.FACILITY else wanted,
            "radius_m": None,
        }
    has_radius = place.outline is not None and place.zone is None
    return {"place": place.kind, "radius_m": place.radius_m if has_radius else None}


def _in_case(
    row: Row, case: ClimateCase, percentile: float, method: Confidence | None
) -> Row:
    changed = row | {
        "scenario": case.scenario,
        "horizon": case.horizon,
        "percentile": percentile,
    }
    return changed if method is None else _with_confidence(changed, method)


def _weakened(row: Row, layer: Layer) -> Row:
    row = _with_confidence(row, layer.confidence)
    return row | {"demonstration": row["demonstration"] or layer.demonstration}


def _with_confidence(row: Row, label: Confidence) -> Row:
    joint = weakest(row["confidence"], label)
    provisional = row["provisional"] or label.is_provisional
    return row | {"confidence": joint, "provisional": provisional}
