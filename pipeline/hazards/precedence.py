"""A study's value for a site goes before a map's for the same hazard and level.

The map's row stays, without a value: its note names the study and keeps what the map
says, so that nothing is lost and nothing counts twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from pipeline.core.layers import Band, Layer
from pipeline.core.model import Status
from pipeline.core.possible import measure_key
from pipeline.core.reasons import joined
from pipeline.core.schemas.hazards import NOTES
from pipeline.hazards.samples import Sample

Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class LayerSamples:
    """Samples of one layer at all facilities."""

    layer: Layer
    samples: tuple[Sample, ...]


def with_precedence(sampled: Sequence[LayerSamples]) -> tuple[LayerSamples, ...]:
    """Take the values of maps out where a study of the site has one.

    One facility, hazard, process, intensity measure, unit, level, scenario, horizon
    and percentile make one quantity; levels are equal by return period, or where they
    have none, by name. Studies do not go before each other.
    """
    studies: dict[Key, str] = {}
    for item in sampled:
        if item.layer.kind == "table":
            for one in item.samples:
                if one.status.has_value:
                    studies.setdefault(_key(item.layer, one), item.layer.id)
    beaten: dict[Key, list[str]] = {}
    maps: list[LayerSamples] = []
    for item in sampled:
        if item.layer.kind != "table":
            item = _without_studied(item, studies, beaten)
        maps.append(item)
    return tuple(_with_remarks(item, studies, beaten) for item in maps)


def _without_studied(
    item: LayerSamples, studies: dict[Key, str], beaten: dict[Key, list[str]]
) -> LayerSamples:
    samples = []
    for one in item.samples:
        key = _key(item.layer, one)
        if key in studies and one.status.has_value:
            beaten.setdefault(key, []).append(item.layer.id)
            note = NOTES.reason(
                "study_prevails",
                study=studies[key],
                intensity=one.value,
                unit=item.layer.unit,
            )
            one = one.without_value(Status.NOT_PROVIDED, note)
        samples.append(one)
    return replace(item, samples=tuple(samples))


def _with_remarks(
    item: LayerSamples, studies: dict[Key, str], beaten: dict[Key, list[str]]
) -> LayerSamples:
    if item.layer.kind != "table":
        return item
    samples = []
    for one in item.samples:
        key = _key(item.layer, one)
        if studies.get(key) == item.layer.id and key in beaten:
            layers = ", ".join(beaten[key])
            said = NOTES.reason("prevails_over", layers=layers)
            one = replace(one, note=joined(one.note, said))
        samples.append(one)
    return replace(item, samples=tuple(samples))


def _key(layer: Layer, one: Sample) -> Key:
    return (
        one.tmf_id,
        layer.hazard,
        layer.process,
        measure_key(layer.intensity_measure),
        layer.unit.lower(),
        *_level(one.band),
    )


def _level(band: Band) -> Key:
    level = band.level if band.return_period_yr is None else band.return_period_yr
    return (level, band.scenario, band.horizon, band.percentile)
