"""Is a layer believable: possible values, ordered return periods, any signal at all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from statistics import median
from typing import Final

from pipeline.core.errors import InputError, input_error
from pipeline.core.layers import Layer
from pipeline.core.model import Status
from pipeline.core.possible import (
    is_sentinel,
    is_undeclared_nodata,
    limits_of,
    measure_key,
)
from pipeline.core.reasons import joined
from pipeline.core.schemas.hazards import NOTES
from pipeline.hazards.samples import Sample, Sampled

_RELATIVE_SLACK: Final = 1e-5
_COVER_SLACK: Final = 1e-9
_STRONG_G: Final = 1.0
"""Acceleration at the shortest period that half of all sites reach nowhere (P)."""
_ALIKE: Final = 3
"""Facilities from which on one value for all of them is worth a warning (P)."""
DECREASES: Final = NOTES.reason("falls_with_period")
BOUNDS_ORDERED: Final = NOTES.reason("bounds_ordered")


def check_possible(layer: Layer, sampled: Sampled) -> None:
    """Stop when a sampled cell holds a value that cannot be.

    Raises
    ------
    InputError
        Names layer, level, facility, value, limits and the likely mistake.
    """
    minimum, maximum = limits_of(layer)
    for one in sampled.samples:
        for value in (one.least, one.largest):
            if value is None:
                continue
            too_low = minimum is not None and value < minimum
            too_high = maximum is not None and value > maximum
            if too_low or too_high or is_undeclared_nodata(value, layer):
                raise _impossible(layer, one, value, minimum, maximum)


def check_nodata(layer: Layer, sampled: Sampled) -> None:
    """Stop at a value that stands for missing data and is not declared as such.

    Raises
    ------
    InputError
        Names layer, level, facility and value.
    """
    for one in sampled.samples:
        for value in (one.least, one.largest):
            if value is not None and is_undeclared_nodata(value, layer):
                raise _impossible(layer, one, value, layer.minimum, layer.maximum)


def _impossible(
    layer: Layer, one: Sample, value: float, low: float | None, high: float | None
) -> InputError:
    return input_error(
        f"layer {layer.id!r}",
        field=one.band.level,
        found=f"{value:g} {layer.unit} at facility {one.tmf_id!r}",
        expected=f"values from {'-' if low is None else f'{low:g}'} to "
        f"{'-' if high is None else f'{high:g}'} {layer.unit}",
        fix=likely_mistake(layer, value, high),
    )


def likely_mistake(layer: Layer, value: float, maximum: float | None) -> str:
    """What to do about a value that cannot be."""
    if is_sentinel(value):
        what = f"declare {value:g} as 'nodata' in the registry"
        if layer.kind != "raster":
            what = "leave the cell blank in the file where no value is known"
        return (
            f"{what}; it looks like missing data (if it is a value, give 'minimum' and "
            "'maximum')"
        )
    measure = measure_key(layer.intensity_measure)
    if measure == "pga" and maximum is not None and value > maximum:
        if value <= 9.80665 * maximum:
            unit = "per cent of g, or m/s2 (9.80665 make 1 g)"
        elif value <= 100 * maximum:
            unit = "per cent of g"
        else:
            unit = "cm/s2 (980.665 make 1 g)"
        return f"convert the layer to g; its values look like {unit}"
    if maximum is not None and 0 < value <= 1000 * maximum:
        return (
            f"check the unit: the registry says {layer.unit!r}, the values look like "
            "a smaller unit (mm or cm instead of m), or a missing scale factor"
        )
    return "check unit, sign, scale factor and 'nodata' of the layer"


def check_periods(layer: Layer, sampled: Sampled) -> Sampled:
    """Stop when a value falls as the return period grows, at equal coverage.

    Where the levels have data in different cells, nothing says that they are swapped:
    the values of that facility become invalid, with the reason.

    Raises
    ------
    InputError
        Names layer, facility, and the two levels.
    """
    bad: set[tuple[str, str, str, float]] = set()
    for curve in _curves(sampled.samples):
        for first, second in pairwise(curve):
            if not _falls(first, second):
                continue
            gap = abs(first.covered_fraction - second.covered_fraction)
            if gap <= _COVER_SLACK:
                raise input_error(
                    f"layer {layer.id!r}",
                    field=f"{first.band.level}, {second.band.level}",
                    found=f"{first.value:g} {layer.unit} at "
                    f"{first.band.return_period_yr:g} years and {second.value:g} at "
                    f"{second.band.return_period_yr:g} years, facility "
                    f"{first.tmf_id!r}",
                    expected="values that do not fall as the return period grows",
                    fix="check whether two bands of the layer are swapped",
                )
            bad.add(_curve_key(first))
    if bad:
        samples = tuple(
            one.without_value(Status.INVALID, DECREASES)
            if one.status.has_value and _curve_key(one) in bad
            else one
            for one in sampled.samples
        )
        sampled = Sampled(samples, sampled.remarks)
    return _ordered(sampled)


def _ordered(sampled: Sampled) -> Sampled:
    """Curves that do not fall: values within rounding, and bounds, put in order.

    A mean may grow while a quantile falls, where levels cross within a place. A high
    bound is then held at that of more frequent levels, a low bound at that of rarer
    ones, so bounds only widen.
    """
    changed: dict[tuple[str, str, str, float, str], Sample] = {}
    for curve in _curves(sampled.samples):
        for one in _never_falling(curve):
            changed[(*_curve_key(one), one.band.level)] = one
    if not changed:
        return sampled
    samples = (
        changed.get((*_curve_key(one), one.band.level), one) for one in sampled.samples
    )
    return Sampled(tuple(samples), sampled.remarks)


def _never_falling(curve: Sequence[Sample]) -> Iterator[Sample]:
    """Samples of one curve that had to be changed, by increasing return period."""
    values = [float(one.value or 0.0) for one in curve]
    highs = [
        v if one.high is None else one.high
        for v, one in zip(values, curve, strict=True)
    ]
    lows = [
        v if one.low is None else one.low for v, one in zip(values, curve, strict=True)
    ]
    for k, one in enumerate(curve):
        value, high, low = max(values[: k + 1]), max(highs[: k + 1]), min(lows[k:])
        moved = replace(
            one,
            value=value,
            low=None if one.low is None and low == values[k] else min(low, value),
            high=None if one.high is None and high == values[k] else max(high, value),
        )
        if moved == one:
            continue
        slack = _RELATIVE_SLACK * abs(value)
        is_told = lows[k] - low > slack or high - highs[k] > slack
        yield replace(moved, note=joined(one.note, BOUNDS_ORDERED if is_told else None))


def _curve_key(one: Sample) -> tuple[str, str, str, float]:
    band = one.band
    return (one.tmf_id, str(band.scenario), band.horizon, band.percentile)


def _curves(samples: Sequence[Sample]) -> list[list[Sample]]:
    curves: dict[tuple[str, str, str, float], list[Sample]] = {}
    for one in samples:
        if one.band.return_period_yr is not None and one.status.has_value:
            curves.setdefault(_curve_key(one), []).append(one)
    return [
        sorted(curve, key=lambda one: one.band.return_period_yr or 0.0)
        for curve in curves.values()
    ]


def _falls(first: Sample, second: Sample) -> bool:
    if first.value is None or second.value is None:
        return False
    return second.value < first.value - _RELATIVE_SLACK * abs(first.value)


def suspicions(layer: Layer, sampled: Sampled, n_facilities: int) -> tuple[str, ...]:
    """Remarks on a layer that says nothing, or the same, about all facilities."""
    values = [one for one in sampled.samples if one.status.has_value]
    if not sampled.samples or n_facilities == 0:
        return ()
    if not values:
        touched = any(one.covered_fraction > 0 for one in sampled.samples)
        if touched:
            return (NOTES.reason("covers_none_well", layer=layer.id),)
        return (NOTES.reason("no_data_anywhere", layer=layer.id),)
    if all(one.value == 0 for one in values):
        covered = len({one.tmf_id for one in values})
        return (NOTES.reason("zero_everywhere", layer=layer.id, n_facilities=covered),)
    return (*_same_everywhere(layer, values), *_too_strong(layer, values))


def _same_everywhere(layer: Layer, values: Sequence[Sample]) -> Iterator[str]:
    """Warning of a raster that tells the facilities apart at no level."""
    if layer.kind != "raster":
        return
    by_level: dict[object, set[float | None]] = {}
    for one in values:
        by_level.setdefault(one.band, set()).add(one.value)
    covered = len({one.tmf_id for one in values})
    if covered >= _ALIKE and all(len(found) == 1 for found in by_level.values()):
        yield NOTES.reason("same_everywhere", layer=layer.id, n_facilities=covered)


def _too_strong(layer: Layer, values: Sequence[Sample]) -> Iterator[str]:
    """Warning of accelerations that look like m/s2 where the row says g."""
    is_pga = measure_key(layer.intensity_measure) == "pga" and layer.unit == "g"
    periods = [one.band.return_period_yr or 0.0 for one in values]
    if not is_pga or not periods:
        return
    typical = median(
        one.value
        for one, period in zip(values, periods, strict=True)
        if one.value is not None and period == min(periods)
    )
    if typical > _STRONG_G:
        yield NOTES.reason("looks_like_m_per_s2", layer=layer.id, intensity=typical)
