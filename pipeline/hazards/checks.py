"""Is a layer believable: possible values, ordered return periods, any signal at all."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from pipeline.core.errors import InputError, input_error
from pipeline.core.layers import Layer
from pipeline.core.model import Status
from pipeline.core.schemas.hazards import NOTES
from pipeline.hazards.samples import Sample, Sampled

POSSIBLE: Final[dict[tuple[str, str], tuple[float, float]]] = {
    ("pga", "g"): (0.0, 5.0),
    ("pgv", "cm/s"): (0.0, 1000.0),
    ("wd", "m"): (0.0, 200.0),
    ("depth", "m"): (0.0, 200.0),
}
"""Limits by measure and unit where the registry gives none (project choice, P).

They are wide: only what no earthquake or river does lies outside.
"""
_SENTINELS: Final = (-9999.0, -999.0, -99.0, -1e20, -3.4e38, 1e20, 3.4e38)
_RELATIVE_SLACK: Final = 1e-5
_COVER_SLACK: Final = 1e-9
DECREASES: Final = NOTES.reason("falls_with_period")


def measure_key(intensity_measure: str | None) -> str:
    """Intensity measure without unit and case: ``PGA:g`` becomes ``pga``."""
    return (intensity_measure or "").split(":")[0].strip().lower()


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
            if too_low or too_high:
                raise _impossible(layer, one, value, minimum, maximum)


def limits_of(layer: Layer) -> tuple[float | None, float | None]:
    """Least and largest value that a layer can have; None where there is no limit."""
    usual = POSSIBLE.get((measure_key(layer.intensity_measure), layer.unit.lower()))
    minimum = layer.minimum if layer.minimum is not None else usual and usual[0]
    maximum = layer.maximum if layer.maximum is not None else usual and usual[1]
    return minimum, maximum


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
    if any(abs(value - s) <= 1e-3 * abs(s) for s in _SENTINELS):
        return f"declare {value:g} as 'nodata' in the registry; it looks like one"
    measure = measure_key(layer.intensity_measure)
    if measure == "pga" and maximum is not None and value > maximum:
        is_per_cent = value <= 100 * maximum
        unit = "per cent of g" if is_per_cent else "cm/s2 (980.665 make 1 g)"
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
    if not bad:
        return sampled
    samples = tuple(
        one.without_value(Status.INVALID, DECREASES)
        if one.status.has_value and _curve_key(one) in bad
        else one
        for one in sampled.samples
    )
    return Sampled(samples, sampled.remarks)


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
    return ()
