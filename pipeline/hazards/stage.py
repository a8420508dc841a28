"""Sample every hazard layer of a region at every facility, now and in future climates.

Reads the table of facilities and the manifest of layers; writes the table ``hazards``
with one row for each facility, layer, level, scenario, horizon and percentile, and the
table ``hazard_changes`` with the difference of every future value from the present. A
value that is missing has its row too, with the reason.
"""

from __future__ import annotations

import argparse
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.core.command import add_methods_option, add_region_option
from pipeline.core.config import Region, read_methods, read_region
from pipeline.core.errors import input_error
from pipeline.core.files import write_provenance
from pipeline.core.layers import Layer, LayerState, LocalLayer, Manifest, read_manifest
from pipeline.core.methods.hazards import HazardMethods
from pipeline.core.model import Zone
from pipeline.core.tables import empty_table, read_table, table_of, write_table
from pipeline.hazards.changes import change_rows
from pipeline.hazards.checks import check_nodata, check_possible
from pipeline.hazards.climate import (
    FactorLayer,
    check_shift_unit,
    table_factors,
    told_cases,
    unavailable_factors,
)
from pipeline.hazards.factor_grids import compared_factors, sampled_factors
from pipeline.hazards.grounds import Grounds
from pipeline.hazards.layers_at import LayersAt
from pipeline.hazards.places import Place
from pipeline.hazards.precedence import LayerSamples, with_precedence
from pipeline.hazards.rows import (
    Row,
    Setting,
    factor_rows,
    layer_rows,
    scenario_rows,
)
from pipeline.hazards.samplers import sampler_for

log = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the inputs and the output of the stage."""
    add_region_option(parser)
    add_methods_option(parser)
    parser.add_argument("--facilities", type=Path, required=True, help="their table")
    parser.add_argument("--zones", type=Path, help="their polygons, if there are any")
    parser.add_argument("--layers", type=Path, required=True, help="the manifest")
    parser.add_argument("--out", type=Path, required=True, help="table to write")
    parser.add_argument(
        "--out-changes", type=Path, required=True, help="table of differences to write"
    )


def run(arguments: argparse.Namespace) -> None:
    """Run the stage from files to files."""
    region = read_region(arguments.region)
    choices = read_methods(arguments.methods).hazards
    manifest = read_manifest(arguments.layers)
    facilities = read_table("facilities", arguments.facilities)
    zones = None
    if arguments.zones is not None:
        zones = read_table("zones", arguments.zones)
    table = hazards_table(region, choices, manifest, facilities, zones)
    changes = table_of("hazard_changes", change_rows(table.to_dict("records")))
    for name, written, path in (
        ("hazards", table, arguments.out),
        ("hazard_changes", changes, arguments.out_changes),
    ):
        write_table(written, name, path)
        write_provenance(
            path,
            stage="hazards",
            inputs=[
                arguments.region,
                arguments.methods,
                arguments.facilities,
                arguments.layers,
                *([] if arguments.zones is None else [arguments.zones]),
            ],
            parameters=choices.model_dump(mode="json"),
            notes={"layers": _layer_checksums(manifest)},
        )
    log.info("%d rows for %d facilities", len(table), len(facilities))


def hazards_table(
    region: Region,
    choices: HazardMethods,
    manifest: Manifest,
    facilities: pd.DataFrame,
    zones: pd.DataFrame | None = None,
) -> Any:
    """Checked table ``hazards`` of one region; without ``zones`` there are none.

    Raises
    ------
    InputError
        If a layer is broken or holds values that cannot be.
    """
    tmf_ids = tuple(str(tmf_id) for tmf_id in facilities["tmf_id"])
    outlined = empty_table("zones") if zones is None else zones
    grounds = Grounds(manifest, choices, facilities, outlined)
    usual = grounds.spots((Zone.FACILITY,))
    layers = region.config.layers
    hazard_items = _in_order(manifest.used_as("hazards"), layers.hazards)
    factor_items = _in_order(
        manifest.used_as("climate_factors"), layers.climate_factors
    )
    known = manifest.by_id()
    factors = [_factors(item, known, usual.places, choices) for item in factor_items]
    cases = told_cases(region.config.climate, factors)
    layers_at = LayersAt(manifest, grounds, choices, factors, cases)
    found = [layers_at.sampled_layer(item) for item in hazard_items]
    ranked = with_precedence([LayerSamples(s.layer, samples) for s, samples in found])
    rows: list[Row] = []
    for (setting, _), item in zip(found, ranked, strict=True):
        rows += layer_rows(setting, item.samples)
        for change in factors:
            if change.serves(item.layer):
                check_shift_unit(change.layer, item.layer)
        rows += scenario_rows(setting, item.samples, cases, factors)
    for change in factors:
        setting = Setting(change.layer, tmf_ids, usual.by_id())
        like = _hazard_layer(change, hazard_items)
        rows += factor_rows(change, setting, cases, like)
    return table_of("hazards", rows)


def _hazard_layer(change: FactorLayer, items: Sequence[LocalLayer]) -> Layer:
    """Layer that names the hazard of a change: its own row, or one that it serves."""
    candidates = [change.layer, *(i.layer for i in items if change.serves(i.layer))]
    for layer in candidates:
        if layer.hazard is not None:
            return layer
    raise input_error(
        "layers/registry.yaml",
        field=f"{change.layer.id}.hazard",
        found="no hazard, and no hazard layer of the region that it applies to",
        expected="the hazard whose change the factors describe",
        fix="give the row its 'hazard', or a hazard layer in 'applies_to'",
    )


def _factors(
    item: LocalLayer,
    known: Mapping[str, LocalLayer],
    places: Sequence[Place],
    choices: HazardMethods,
) -> FactorLayer:
    """Change factors of one layer: a table, a grid, or a grid beside its baseline."""
    layer = item.layer
    if item.state is not LayerState.AVAILABLE or item.path is None:
        log.warning("%s: not available (%s)", layer.id, item.reason)
        return unavailable_factors(item)
    if layer.kind == "table":
        return table_factors(layer, item.path)
    sampled = sampler_for(layer.kind, layer.id)(layer, item.path, places, choices)
    if layer.change.baseline is None:
        check_nodata(layer, sampled)
        return sampled_factors(layer, sampled)
    check_possible(layer, sampled)
    baseline = _baseline(layer, known)
    if baseline.state is not LayerState.AVAILABLE or baseline.path is None:
        log.warning("%s: not available (%s)", baseline.layer.id, baseline.reason)
        return unavailable_factors(item, baseline)
    now = baseline.layer
    sampler = sampler_for(now.kind, now.id)
    present = sampler(now, baseline.path, places, choices)
    check_possible(now, present)
    return compared_factors(layer, sampled, now, present)


def _baseline(layer: Layer, known: Mapping[str, LocalLayer]) -> LocalLayer:
    name = str(layer.change.baseline)
    if name in known:
        return known[name]
    raise input_error(
        "layers/registry.yaml",
        field=f"{layer.id}.change.baseline",
        found=f"{name!r}, which the region does not use",
        expected="a layer that the region names",
        fix="add it to layers.climate_baselines in the region's file",
    )


def _layer_checksums(manifest: Manifest) -> dict[str, str | None]:
    uses = ("hazards", "climate_factors", "inputs", "flow_direction")
    used = (item for use in uses for item in manifest.used_as(use))
    return {item.layer.id: item.sha256 for item in used}


def _in_order(
    items: Sequence[LocalLayer], ids: Sequence[str]
) -> tuple[LocalLayer, ...]:
    """Layers in the order in which the region's configuration names them."""
    place = {name: index for index, name in enumerate(ids)}
    return tuple(sorted(items, key=lambda i: place.get(i.layer.id, len(place))))
