"""Where a spill goes: rivers below every facility, borders, places, arrival times.

Every facility is joined to the river network of the region. Its path downstream is
followed to the end of the river, with distances, arrival times at low, mean and high
flow, border crossings, lakes, and settlements near the river. Times are screening
values: they hold for a soluble substance in a natural river and end at standing water
whose volume is unknown.
"""

from __future__ import annotations

import argparse
import logging
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pipeline.core.command import add_methods_option, add_region_option
from pipeline.core.config import read_methods, read_region
from pipeline.core.files import write_provenance
from pipeline.core.layers import Manifest, read_manifest
from pipeline.core.methods.network import NetworkMethods
from pipeline.core.methods.rivers import RiverMethods
from pipeline.core.tables import read_table, write_table
from pipeline.rivers import layers
from pipeline.rivers.canals import Canal, canals_on_network
from pipeline.rivers.compute import compute
from pipeline.rivers.following import Surroundings
from pipeline.rivers.grids import read_flow_grid
from pipeline.rivers.lakes import Lake, lakes_from_polygons
from pipeline.rivers.ledger import ledger_frame
from pipeline.rivers.network import Network
from pipeline.rivers.sources import network_from
from pipeline.rivers.unknown import tables_without_rivers

log = logging.getLogger(__name__)
STAGE = "rivers"
USES = (
    "rivers",
    "relief",
    "lakes",
    "borders",
    "boundary_lines",
    "places",
    "flow_direction",
    "reach_of_cell",
    "canals",
    "receptors",
    "population",
)
TABLES = (
    "reaches",
    "snaps",
    "candidates",
    "possible_countries",
    "downstream",
    "crossings",
    "branches",
    "receptors",
    "exposure",
    "network_ledger",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the stage's options."""
    add_region_option(parser)
    add_methods_option(parser)
    parser.add_argument(
        "--facilities", type=Path, required=True, help="table of the inventory stage"
    )
    parser.add_argument(
        "--layers", type=Path, required=True, help="manifest of the retrieve stage"
    )
    parser.add_argument(
        "--out-dir", type=Path, required=True, help="folder for the tables"
    )


def run(arguments: argparse.Namespace) -> None:
    """Read the layers and facilities, compute, and write the tables."""
    region = read_region(arguments.region)
    methods = read_methods(arguments.methods).rivers
    manifest = read_manifest(arguments.layers)
    facilities = read_table("facilities", arguments.facilities)
    around = read_surroundings(manifest)
    notes: dict[str, Any] = {}
    if layers.first_available(manifest, "rivers") is None:
        log.warning("the region has no river layer: every way downstream is unknown")
        tables = tables_without_rivers(facilities, around, TABLES)
    else:
        network = read_network(manifest, around, methods.network)
        around = join_to_network(
            manifest, around, network, methods, region.config.metric_crs
        )
        tables, notes = compute(network, around, facilities, methods)
        tables["network_ledger"] = _ledger(manifest, network)
    used = (item for use in USES for item in manifest.available(use))
    inputs = [arguments.region, arguments.methods, arguments.facilities]
    inputs += sorted({item.path for item in used if item.path})
    for name in TABLES:
        path = arguments.out_dir / f"{name}.parquet"
        write_table(tables[name], name, path)
        write_provenance(
            path,
            stage=STAGE,
            inputs=inputs,
            parameters={"region": region.config.region, **methods.model_dump()},
            notes=notes,
        )


def read_surroundings(manifest: Manifest) -> Surroundings:
    """Read lakes, borders and places; say what a missing one costs."""
    found = {use: layers.first_available(manifest, use) for use in USES}
    costs = {
        "lakes": "arrivals below lakes that the river layer marks are unknown, "
        "below others too early",
        "borders": "distances to borders through the air need boundary lines",
        "boundary_lines": "whether a border is disputed stays unknown",
        "places": "no settlement is named downstream",
    }
    for use, cost in costs.items():
        if found[use] is None:
            log.warning("no layer for '%s': %s", use, cost)
    lakes: dict[str, Lake] = {}
    polygons = None
    if (local := found["lakes"]) is not None:
        lakes, polygons = layers.read_lakes(local)
    borders, lines, places = (found[u] for u in ("borders", "boundary_lines", "places"))
    return Surroundings(
        lakes=lakes,
        lake_polygons=polygons,
        countries=layers.read_countries(borders) if borders else None,
        lines=layers.read_boundary_lines(lines) if lines else None,
        places=layers.read_places(places) if places else None,
        receptors=tuple(
            part
            for local in manifest.available("receptors")
            for part in layers.read_receptors(local)
        ),
        population=found["population"],
    )


def join_to_network(
    manifest: Manifest,
    around: Surroundings,
    network: Network,
    methods: RiverMethods,
    metric_crs: str,
) -> Surroundings:
    """Add the layers that name reaches of the network: flow grids and canals."""
    direction, reach, canals = (
        layers.first_available(manifest, use)
        for use in ("flow_direction", "reach_of_cell", "canals")
    )
    flow = None
    if direction is not None and reach is not None:
        flow = read_flow_grid(direction, reach, network)
    else:
        log.warning("no flow grid: facilities are joined to the nearest reach")
    joined: tuple[Canal, ...] | None = None
    if canals is not None and methods.follow_canals:
        joined = canals_on_network(
            layers.read_canals(canals),
            network,
            around.countries,
            methods.minimum_crossing_m,
            canals.path,
        )
    return replace(around, flow=flow, canals=joined, metric_crs=metric_crs)


def _ledger(manifest: Manifest, network: Network) -> pd.DataFrame:
    local = layers.first_available(manifest, "rivers")
    return ledger_frame(local.layer.file if local else "", network.ledger)


def read_network(
    manifest: Manifest, around: Surroundings, methods: NetworkMethods
) -> Network:
    """Read the river layer, mark its lakes, and say what was found.

    Raises
    ------
    InputError
        If the layer cannot be used.
    """
    (local, *_) = manifest.available("rivers")
    relief = layers.first_available(manifest, "relief")
    network = network_from(local, relief, methods)
    knows_lakes = bool(network.in_lake.any())
    if not knows_lakes and around.lake_polygons is not None:
        keys = np.array(list(around.lakes), dtype=object)
        network = lakes_from_polygons(network, around.lake_polygons, keys)
    _report_network(network)
    return network


def _report_network(network: Network) -> None:
    ends = Counter(name for name in network.terminal if name is not None)
    log.info(
        "%d reaches, %.0f km, %d in lakes, ends: %s",
        len(network),
        network.length_m.sum() / 1000,
        int(network.in_lake.sum()),
        ", ".join(f"{name} ({n})" for name, n in sorted(ends.items())[:8]),
    )
    log.info("discharge: %s", dict(sorted(Counter(network.discharge.source).items())))
    mended = [k for k, note in enumerate(network.note) if note is not None]
    for index in mended[:10]:
        log.warning("reach %s: %s", network.source_id[index], network.note[index])
    if len(mended) > 10:
        log.warning("%d more reaches have a note (column 'note')", len(mended) - 10)
