"""Samples of a derived layer, from the samples of its inputs. No files here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pipeline.core.errors import InputError, input_error
from pipeline.core.layers import Band, Derivation, Layer
from pipeline.core.model import Status
from pipeline.core.reasons import joined
from pipeline.core.records import load_record
from pipeline.core.schemas.hazards import NOTES
from pipeline.hazards.derivation import (
    Ingredient,
    Method,
    Outcome,
    Site,
    Taken,
    Work,
    level_of,
    notes_of,
)
from pipeline.hazards.derived import method_for
from pipeline.hazards.levels import declared_levels
from pipeline.hazards.samples import Sample, Sampled

BY_LEVEL: Final = (Taken.SAME_LEVEL, Taken.ONE_LEVEL, Taken.ALL_LEVELS)
_REGISTRY: Final = "layers/registry.yaml"
InputSamples = Mapping[str, Mapping[str, Mapping[Band, Sample]]]
"""Samples by role, facility and level."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A derived layer with its method, its checked options and what it needs."""

    layer: Layer
    derivation: Derivation
    method: Method
    options: Any
    needs: Mapping[str, Ingredient]


def plan_of(layer: Layer) -> Plan:
    """Method and needs of a derived layer.

    Raises
    ------
    InputError
        If the row names an unknown method, wrong options, or other inputs than the
        method has.
    """
    derivation = layer.derivation
    if derivation is None:
        raise ValueError(f"layer {layer.id} is not derived")
    method = method_for(derivation.method, layer.id)
    where = f"{_REGISTRY}, {layer.id}.derivation.options"
    options = load_record(method.Options, derivation.options, where)
    needs = method.ingredients(options)
    if set(needs) != set(derivation.inputs):
        raise _row_error(
            layer,
            "derivation.inputs",
            found=", ".join(sorted(derivation.inputs)) or "none",
            expected=f"layers for {', '.join(sorted(needs))}",
            fix="name one layer for each",
        )
    return Plan(layer, derivation, method, options, needs)


def check_input(plan: Plan, role: str, source: Layer) -> None:
    """Stop when a layer cannot be what a method takes it for.

    Raises
    ------
    InputError
        Names unit or number of levels.
    """
    need = plan.needs[role]
    if need.units and source.unit not in need.units:
        raise _row_error(
            plan.layer,
            f"derivation.inputs.{role}",
            found=f"{source.id!r} in {source.unit}",
            expected=f"a layer in {' or '.join(need.units)}",
            fix="name another layer, or convert it",
        )
    count = len(declared_levels(source))
    wanted = (1,) if need.taken is Taken.ONE_LEVEL else need.n_levels
    if wanted and count not in wanted:
        raise _row_error(
            plan.layer,
            f"derivation.inputs.{role}",
            found=f"{source.id!r} with {count} levels",
            expected=f"{' or '.join(map(str, wanted))} under 'bands'",
            fix="name another layer, or list its bands",
        )


def _row_error(
    layer: Layer, field: str, *, found: str, expected: str, fix: str
) -> InputError:
    return input_error(
        _REGISTRY, field=f"{layer.id}.{field}", found=found, expected=expected, fix=fix
    )


def derived_samples(
    plan: Plan, sites: Sequence[Site], given: InputSamples, work: Work
) -> Sampled:
    """Samples of every level of a derived layer at every site.

    Where an input has no value at a site, neither has the layer: it takes the status
    of that input, and the note says which it was.

    Raises
    ------
    InputError
        If an input lacks a level of the layer.
    """
    samples = []
    for site in sites:
        for band in declared_levels(plan.layer):
            taken = {
                role: tuple(_taken(plan, role, band, given[role].get(site.tmf_id, {})))
                for role in given
            }
            samples.append(_sample(plan, site, band, taken, work))
    return Sampled(tuple(samples))


def _taken(
    plan: Plan, role: str, band: Band, samples: Mapping[Band, Sample]
) -> Iterator[Sample]:
    """Samples of the levels of an input that a level of the layer needs."""
    how = plan.needs[role].taken
    if how is Taken.SAME_LEVEL:
        one = level_of(samples, band)
        if one is None and samples:
            raise _row_error(
                plan.layer,
                "bands",
                found=f"level {band.level!r}",
                expected=f"levels of {plan.derivation.inputs[role]!r}: "
                f"{', '.join(other.level for other in samples)}",
                fix="declare the levels that the input has",
            )
        if one is not None:
            yield one
    elif how is Taken.ONE_LEVEL:
        yield from samples.values()
    else:
        case = (band.scenario, band.horizon, band.percentile)
        for other, one in samples.items():
            if (other.scenario, other.horizon, other.percentile) == case:
                yield one


def _sample(
    plan: Plan,
    site: Site,
    band: Band,
    taken: Mapping[str, tuple[Sample, ...]],
    work: Work,
) -> Sample:
    every = [one for samples in taken.values() for one in samples]
    for role, samples in taken.items():
        lost = next((one for one in samples if one.value is None), None)
        if lost is None and samples:
            continue
        status = Status.NOT_PROVIDED if lost is None else lost.status
        said = NOTES.reason("input_without_value", layer=plan.derivation.inputs[role])
        note = joined(said, None if lost is None else lost.note)
        covered = 0.0 if lost is None else lost.covered_fraction
        return Sample(site.tmf_id, band, status, None, None, None, covered, note=note)
    filled = Site(
        site.tmf_id,
        site.place,
        site.measured,
        site.zone_area_m2,
        taken,
        site.heights,
    )
    outcome = plan.method.derive(filled, band, work)
    covered = min((one.covered_fraction for one in every), default=1.0)
    return _of_outcome(plan.layer, site, band, outcome, covered, notes_of(*every))


def _of_outcome(
    layer: Layer,
    site: Site,
    band: Band,
    outcome: Outcome,
    covered: float,
    note: str | None,
) -> Sample:
    said = joined(outcome.note, note)
    bounds, share = outcome.bounds, outcome.covered_fraction
    if bounds is None:
        return Sample(
            site.tmf_id, band, outcome.status, None, None, None, share or 0.0, note=said
        )
    nothing = layer.zero_is == "no_hazard" and bounds.high == 0 and bounds.low == 0
    return Sample(
        site.tmf_id,
        band,
        Status.NO_HAZARD if nothing else Status.MEASURED,
        bounds.central,
        bounds.low,
        bounds.high,
        covered if share is None else share,
        bounds.low,
        bounds.high,
        said,
    )
