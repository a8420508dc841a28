"""Derived layers under climate cases: the inputs change, and the method runs again.

A factor is for what it was made of (rain, temperature), not for what follows from it:
overtopping does not grow in step with rain, and months of frost do not shift by
kelvins. Inputs that no factor serves stay as they are. Method: docs/methods.md,
"Hazards", Climate.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.core.config import ClimateCase
from pipeline.core.layers import Band, Layer
from pipeline.core.model import Scenario, Status
from pipeline.core.reasons import joined
from pipeline.core.schemas.hazards import NOTES
from pipeline.hazards.climate import (
    Factor,
    FactorLayer,
    check_shift_unit,
    is_unaffected,
    period_note,
    serving,
)
from pipeline.hazards.samples import Sample

Samples = Mapping[str, Mapping[Band, Sample]]
"""Samples of one input by facility and level."""


@dataclass(frozen=True, slots=True)
class Change:
    """Inputs of a derived layer in one climate case and percentile of the ensemble.

    ``used`` are the factor layers that changed at least one input.
    """

    case: ClimateCase
    percentile: float
    given: Mapping[str, Samples]
    used: tuple[FactorLayer, ...]

    def band(self, band: Band) -> Band:
        """Level of the layer in this case."""
        return _band_in(band, self.case, self.percentile)


def changes(
    given: Mapping[str, Samples],
    layers: Mapping[str, Layer],
    factors: Sequence[FactorLayer],
    cases: Sequence[ClimateCase],
) -> list[Change]:
    """Every climate case and percentile in which an input changes.

    Parameters
    ----------
    given, layers
        Present samples and registry rows of the inputs, by role.

    Returns
    -------
    list
        Empty for cases that no factor is for. Where inputs have factors of different
        percentiles, only those that all of them have.
    """
    found = []
    for case in cases:
        served = {
            role: factor
            for role, layer in layers.items()
            if (factor := _usable(layer, factors, case)) is not None
        }
        for percentile in _percentiles(served, given, case):
            changed = {
                role: _changed(
                    samples, layers[role], served.get(role), case, percentile
                )
                for role, samples in given.items()
            }
            used = tuple({f.layer.id: f for f in served.values()}.values())
            found.append(Change(case, percentile, changed, used))
    return found


def _usable(
    layer: Layer, factors: Sequence[FactorLayer], case: ClimateCase
) -> FactorLayer | None:
    if is_unaffected(layer):
        return None
    factor = serving(layer, factors, case)
    if factor is None or factor.missing is not None or not factor.has_case(case):
        return None
    check_shift_unit(factor.layer, layer)
    return factor


def _percentiles(
    served: Mapping[str, FactorLayer], given: Mapping[str, Samples], case: ClimateCase
) -> list[float]:
    """Percentiles that every factor layer has for a case."""
    common: set[float] | None = None
    for role, factor in served.items():
        own = {
            one.percentile
            for tmf_id in given[role]
            for one in factor.at(tmf_id)
            if one.is_case(case)
        }
        common = own if common is None else common & own
    return sorted(common or ())


def _changed(
    samples: Samples,
    layer: Layer,
    factors: FactorLayer | None,
    case: ClimateCase,
    percentile: float,
) -> Samples:
    """Samples of an input with the levels of a case, changed where a factor is."""
    result: dict[str, dict[Band, Sample]] = {}
    between = None if factors is None else period_note(factors.layer, layer)
    for tmf_id, by_band in samples.items():
        factor = None if factors is None else _factor(factors, tmf_id, case, percentile)
        result[tmf_id] = {}
        for band, one in by_band.items():
            if band.scenario is not Scenario.HISTORICAL:
                continue
            moved = _band_in(band, case, percentile)
            result[tmf_id][moved] = (
                replace(one, band=moved)
                if factors is None
                else _multiplied(replace(one, band=moved), factor, between)
            )
    return result


def _multiplied(one: Sample, factor: Factor | None, between: str | None) -> Sample:
    if one.value is None:
        return one
    if factor is None or factor.value is None:
        status = Status.NOT_PROVIDED if factor is None else factor.status
        lost = NOTES.reason("no_factor_here")
        note = joined(lost, None if factor is None else factor.note) or lost
        return one.without_value(status, note)
    value, low, high = (factor.changed(x) for x in (one.value, one.low, one.high))
    said = joined(one.note, factor.note, between)
    return replace(one, value=value, low=low, high=high, note=said)


def _factor(
    factors: FactorLayer, tmf_id: str, case: ClimateCase, percentile: float
) -> Factor | None:
    for one in factors.at(tmf_id):
        if one.is_case(case) and one.percentile == percentile:
            return one
    return None


def _band_in(band: Band, case: ClimateCase, percentile: float) -> Band:
    return band.model_copy(
        update={
            "scenario": case.scenario,
            "horizon": case.horizon,
            "percentile": percentile,
        }
    )
