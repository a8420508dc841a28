"""Layers at the facilities of a region: sampled from files, or derived from others."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import pandas as pd

from pipeline.core.config import ClimateCase
from pipeline.core.flow import FlowDirections
from pipeline.core.layers import Band, Layer, LayerState, LocalLayer, Manifest
from pipeline.core.methods.hazards import HazardMethods
from pipeline.core.model import Zone, weakest
from pipeline.core.schemas.hazards import NOTES
from pipeline.core.schemas.inventory import FACILITIES
from pipeline.hazards.checks import check_periods, check_possible, suspicions
from pipeline.hazards.climate import FactorLayer
from pipeline.hazards.derivation import Features, Heights, Site, Taken, Work
from pipeline.hazards.derive import (
    BY_LEVEL,
    Plan,
    check_input,
    derived_samples,
    plan_of,
)
from pipeline.hazards.derived_climate import Change, changes
from pipeline.hazards.derived_inputs import read_features, read_heights
from pipeline.hazards.flow_file import read_flow
from pipeline.hazards.grounds import Grounds
from pipeline.hazards.levels import declared_levels
from pipeline.hazards.places import sites_of
from pipeline.hazards.rows import Setting, absent_samples
from pipeline.hazards.samplers import sampler_for
from pipeline.hazards.samples import Sample, Sampled

log = logging.getLogger(__name__)

DERIVED: Final = "derived"
TABLE: Final = "table"
BySite = dict[str, dict[Band, Sample]]


class LayersAt:
    """Samples of the layers of one region at all its facilities."""

    def __init__(
        self,
        manifest: Manifest,
        grounds: Grounds,
        choices: HazardMethods,
        factors: Sequence[FactorLayer] = (),
        cases: Sequence[ClimateCase] = (),
    ) -> None:
        self._factors, self._cases = tuple(factors), tuple(cases)
        self._items = manifest.by_id()
        self._grounds = grounds
        self._choices = choices
        self._tmf_ids = tuple(str(key) for key in grounds.facilities["tmf_id"])
        self._measured = _measured(grounds.facilities)

    def sampled_layer(self, item: LocalLayer) -> tuple[Setting, tuple[Sample, ...]]:
        """Checked samples of one hazard layer at all facilities, in their order."""
        if item.layer.kind == DERIVED:
            return self._derived_layer(item)
        layer = item.layer
        if not _is_here(item):
            log.warning("%s: not available (%s)", layer.id, item.reason)
            return self._nowhere(layer, "layer_not_available", item)
        return self._checked(layer, self._from_file(item, layer.sample_at))

    def _from_file(self, item: LocalLayer, wanted: tuple[Zone, ...]) -> Sampled:
        if item.path is None:
            raise ValueError(f"layer {item.layer.id} has no file")
        places = self._grounds.spots(wanted).places
        if item.layer.kind == TABLE:
            places = sites_of(self._tmf_ids)
        sample = sampler_for(item.layer.kind, item.layer.id)
        return sample(item.layer, item.path, places, self._choices)

    def _checked(
        self, layer: Layer, sampled: Sampled
    ) -> tuple[Setting, tuple[Sample, ...]]:
        """Setting and samples, those of facilities without a place included."""
        spots = self._grounds.spots(layer.sample_at)
        places = spots.by_id()
        check_possible(layer, sampled)
        sampled = check_periods(layer, sampled)
        remarks = sampled.remarks
        if layer.kind != DERIVED:  # its samples give their own reasons
            remarks = (*remarks, *suspicions(layer, sampled, len(places)))
        for remark in remarks:
            log.warning("%s: %s", layer.id, remark)
        bands = list(dict.fromkeys(one.band for one in sampled.samples))
        levels = bands or declared_levels(layer)
        absent = {} if layer.kind == TABLE else spots.absent
        unplaced = [
            one
            for tmf_id, reason in absent.items()
            for one in absent_samples(levels, [tmf_id], reason)
        ]
        covered = {one.tmf_id for one in sampled.samples if one.status.has_value}
        log.info(
            "%s: %d of %d facilities covered",
            layer.id,
            len(covered),
            len(self._tmf_ids),
        )
        setting = Setting(layer, self._tmf_ids, places, remarks)
        return setting, (*sampled.samples, *unplaced)

    def _nowhere(
        self, layer: Layer, code: str, item: LocalLayer
    ) -> tuple[Setting, tuple[Sample, ...]]:
        """Samples that say for every facility that a file is not there."""
        reason = NOTES.reason(code, layer=item.layer.id, state=str(item.state))
        places = self._grounds.spots(layer.sample_at).by_id()
        samples = absent_samples(declared_levels(layer), self._tmf_ids, reason)
        return Setting(layer, self._tmf_ids, places), samples

    def _derived_layer(self, item: LocalLayer) -> tuple[Setting, tuple[Sample, ...]]:
        plan = plan_of(item.layer)
        sources = {
            role: self._items[key] for role, key in plan.derivation.inputs.items()
        }
        for role, source in sources.items():
            check_input(plan, role, source.layer)
        for source in sources.values():
            if source.layer.kind != DERIVED and not _is_here(source):
                log.warning("%s: %s is not available", item.layer.id, source.layer.id)
                return self._nowhere(item.layer, "input_not_available", source)
        rows = {role: source.layer for role, source in sources.items()}
        given: dict[str, BySite] = {}
        for role, source in sources.items():
            if plan.needs[role].taken in BY_LEVEL:
                rows[role], given[role] = self._input(source, item.layer.sample_at)
        changed = self._changes(sources, given)
        sampled = self._derived_samples(plan, sources, given, changed)
        used = [*rows.values(), *(one.layer for each in changed for one in each.used)]
        labels = plan.method.labels(plan.options)
        layer = item.layer.model_copy(
            update={
                "confidence": weakest(
                    item.layer.confidence, *labels, *(row.confidence for row in used)
                ),
                "demonstration": item.layer.demonstration
                or any(row.demonstration for row in used),
            }
        )
        return self._checked(layer, sampled)

    def _derived_samples(
        self,
        plan: Plan,
        sources: Mapping[str, LocalLayer],
        given: Mapping[str, BySite],
        changed: Sequence[Change],
    ) -> Sampled:
        """Samples of the present, and of every climate case that changes an input."""
        work, sites = self._work(plan, sources), self._sites(plan, sources)
        samples = list(derived_samples(plan, sites, given, work).samples)
        levels = declared_levels(plan.layer)
        for change in changed:
            bands = tuple(change.band(band) for band in levels)
            layer = plan.layer.model_copy(update={"bands": bands})
            there = replace(plan, layer=layer)
            samples += derived_samples(there, sites, change.given, work).samples
        return Sampled(tuple(samples))

    def _changes(
        self, sources: Mapping[str, LocalLayer], given: Mapping[str, BySite]
    ) -> list[Change]:
        """Inputs under the region's climate cases; those derived have their own."""
        if any(sources[role].layer.kind == DERIVED for role in given):
            return []
        layers = {role: sources[role].layer for role in given}
        return changes(given, layers, self._factors, self._cases)

    def _input(
        self, source: LocalLayer, wanted: tuple[Zone, ...]
    ) -> tuple[Layer, BySite]:
        """Samples of an input at the places of the layer that is derived from it."""
        if source.layer.kind == DERIVED:
            setting, samples = self._derived_layer(source)
            return setting.layer, _by_site(samples)
        sampled = self._from_file(source, wanted)
        check_possible(source.layer, sampled)
        return source.layer, _by_site(check_periods(source.layer, sampled).samples)

    def _sites(self, plan: Plan, sources: Mapping[str, LocalLayer]) -> list[Site]:
        places = self._grounds.spots(plan.layer.sample_at).places
        terrain: dict[str, dict[str, Heights]] = {}
        for role, need in plan.needs.items():
            path = sources[role].path
            if need.taken is Taken.HEIGHTS and path is not None:
                reach_m = float(plan.options.distance_m)
                terrain[role] = read_heights(sources[role].layer, path, places, reach_m)
        return [
            Site(
                place.tmf_id,
                place,
                self._measured.get(place.tmf_id, {}),
                self._grounds.areas_m2(place.tmf_id),
                heights={role: found[place.tmf_id] for role, found in terrain.items()},
            )
            for place in places
        ]

    def _work(self, plan: Plan, sources: Mapping[str, LocalLayer]) -> Work:
        flow: dict[str, FlowDirections] = {}
        features: dict[str, Features] = {}
        for role, need in plan.needs.items():
            source = sources[role]
            if need.taken is Taken.FLOW:
                read = read_flow(source)
                if read is not None:
                    flow[role] = read
            elif need.taken is Taken.FEATURES and source.path is not None:
                features[role] = read_features(source.layer, source.path)
        share = self._choices.minimum_covered_fraction
        return Work(plan.options, flow, features, share)


def _is_here(item: LocalLayer) -> bool:
    return item.state is LayerState.AVAILABLE and item.path is not None


def _by_site(samples: tuple[Sample, ...]) -> BySite:
    found: BySite = {}
    for one in samples:
        found.setdefault(one.tmf_id, {})[one.band] = one
    return found


def _measured(facilities: pd.DataFrame) -> dict[str, dict[str, float]]:
    """Measured columns of every facility, as far as they have a value."""
    names = [name for name in FACILITIES.measured if name in facilities.columns]
    return {
        str(row["tmf_id"]): {
            name: float(row[name]) for name in names if pd.notna(row[name])
        }
        for row in facilities[["tmf_id", *names]].to_dict("records")
    }
