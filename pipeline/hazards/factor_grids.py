"""Change factors from grids: as they stand, or the future beside its baseline.

Both grids are sampled over the same place and the means are compared, so the factor is
the ratio (or the difference) of what the place has then and now; a mean of the ratios
of single cells would give dry cells the same weight as wet ones.
"""

from __future__ import annotations

from collections.abc import Iterable

from pipeline.core.errors import input_error
from pipeline.core.layers import Layer
from pipeline.core.model import Status
from pipeline.core.reasons import joined
from pipeline.core.schemas.hazards import NOTES
from pipeline.hazards.climate import (
    Factor,
    FactorLayer,
    check_factor,
    is_believable,
    provenance_note,
    unusual_note,
)
from pipeline.hazards.samples import Sample, Sampled

Now = dict[tuple[str, str], Sample]
"""Samples of the baseline by facility and level."""


def sampled_factors(layer: Layer, sampled: Sampled) -> FactorLayer:
    """Factors of a raster or polygon layer that was sampled at the facilities.

    Raises
    ------
    InputError
        If a value cannot be a factor.
    """
    for one in sampled.samples:
        if one.value is not None:
            check_factor(one.value, layer, f"layer {layer.id!r}", one.tmf_id)
    code = "shift_sampled" if _is_shift(layer) else "factor_sampled"
    return _by_facility(
        layer,
        (
            (
                one.tmf_id,
                _factor(
                    layer, one, one.value, one.status, one.note or NOTES.reason(code)
                ),
            )
            for one in sampled.samples
        ),
    )


def compared_factors(
    layer: Layer, future: Sampled, baseline: Layer, present: Sampled
) -> FactorLayer:
    """Factors of values of the future against values of the present.

    Parameters
    ----------
    layer, future
        Layer with the values of the future, and its samples.
    baseline, present
        Layer with the values of the present, and its samples at the same places. Its
        level of the same name counts, or its only one.

    Returns
    -------
    FactorLayer
        A facility has no factor, with the reason, where one of the two has no value,
        the present is zero under a ratio, or the factor cannot be believed.

    Raises
    ------
    InputError
        If the units differ, or the baseline lacks the level.
    """
    _check_pair(layer, baseline)
    now: Now = {(one.tmf_id, one.band.level): one for one in present.samples}
    levels = {one.band.level for one in present.samples}
    only = next(iter(levels)) if len(levels) == 1 else None
    found = []
    for one in future.samples:
        level = one.band.level if one.band.level in levels else only
        if level is None:
            raise input_error(
                "layers/registry.yaml",
                field=f"{baseline.id}.bands",
                found=f"no level {one.band.level!r}, which {layer.id!r} has",
                expected="a level of that name, or a single one",
                fix="name the levels of both layers alike",
            )
        beside = now.get((one.tmf_id, level))
        found.append((one.tmf_id, _compared(layer, one, baseline, beside)))
    return _by_facility(layer, found)


def _check_pair(layer: Layer, baseline: Layer) -> None:
    if layer.unit != baseline.unit:
        raise input_error(
            "layers/registry.yaml",
            field=f"{layer.id}.unit",
            found=f"{layer.unit!r}, but {baseline.unit!r} in the baseline",
            expected="one unit for the future and its baseline",
            fix="convert one of the layers, or name another baseline",
        )


def _compared(
    layer: Layer, then: Sample, baseline: Layer, now: Sample | None
) -> Factor:
    if now is None or now.value is None:
        status = Status.NOT_PROVIDED if now is None else now.status
        reason = NOTES.reason("baseline_without_value", layer=baseline.id)
        return _factor(layer, then, None, status, reason)
    if then.value is None:
        return _factor(layer, then, None, then.status, then.note)
    if not _is_shift(layer) and now.value == 0:
        reason = NOTES.reason("baseline_is_zero", layer=baseline.id)
        return _factor(layer, then, None, Status.NOT_PROVIDED, reason)
    value = then.value - now.value if _is_shift(layer) else then.value / now.value
    if not is_believable(value, layer):
        reason = NOTES.reason("factor_out_of_range", factor=value)
        return _factor(layer, then, None, Status.INVALID, reason)
    code = "shift_sampled" if _is_shift(layer) else "factor_sampled"
    note = joined(
        NOTES.reason(code), NOTES.reason("against_baseline", layer=baseline.id)
    )
    return _factor(layer, then, value, Status.MEASURED, note)


def _factor(
    layer: Layer, one: Sample, value: float | None, status: Status, note: str | None
) -> Factor:
    band = one.band
    if status.has_value:
        status = Status.MEASURED
        unusual = None if value is None else unusual_note(value, layer)
        note = joined(note, unusual, provenance_note(layer))
    return Factor(
        band.scenario,
        band.horizon,
        band.percentile,
        value,
        status,
        "facility",
        one.covered_fraction,
        note or NOTES.reason("no_factor_here"),
        _is_shift(layer),
    )


def _is_shift(layer: Layer) -> bool:
    return layer.change.factor_kind == "difference"


def _by_facility(layer: Layer, factors: Iterable[tuple[str, Factor]]) -> FactorLayer:
    found: dict[str, list[Factor]] = {}
    for tmf_id, factor in factors:
        found.setdefault(tmf_id, []).append(factor)
    return FactorLayer(
        layer, by_facility={tmf_id: tuple(items) for tmf_id, items in found.items()}
    )
