"""Find, fetch and check the layers of a region, and write the manifest of them.

A layer is looked for among the region's own layers, then in every data root, then in
the download cache; only then is it downloaded. No other stage uses a network.
"""

from __future__ import annotations

import argparse
import logging
from pathlib import Path

from pipeline.core.command import add_region_option
from pipeline.core.config import read_region
from pipeline.core.files import write_json, write_provenance
from pipeline.core.layers import LayerState, LocalLayer, Manifest
from pipeline.retrieve.find import locate
from pipeline.retrieve.lookup import (
    add_place_options,
    places_of,
    read_registries,
    registry_paths,
    wanted_layers,
)
from pipeline.retrieve.optional import needed_ids, settled

log = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the stage."""
    add_region_option(parser)
    add_place_options(parser)
    parser.add_argument("--offline", action="store_true", help="never use the network")
    parser.add_argument(
        "--accept-unverified",
        action="store_true",
        help="use downloads for which the registry has no checksum; the manifest says "
        "so and keeps the checksum seen",
    )
    parser.add_argument(
        "--out", type=Path, required=True, help="manifest to write (JSON)"
    )


def run(arguments: argparse.Namespace) -> None:
    """Run the stage.

    Raises
    ------
    InputError
        If the region or a registry is wrong, or a layer's file is not what the
        registry says; nothing is written then.
    """
    region = read_region(arguments.region)
    registries = registry_paths(region)
    wanted = wanted_layers(region, read_registries(registries))
    places = places_of(region, arguments.data_root, arguments.cache)
    needed = needed_ids(wanted)
    found = [
        locate(
            layer,
            uses,
            places,
            region.config.bbox.bounds,
            may_download=not arguments.offline and layer.id in needed,
            accept_unverified=arguments.accept_unverified,
        )
        for layer, uses in wanted.values()
    ]
    found, passed = settled(found)
    manifest = Manifest(region=region.config.region, layers=tuple(found))
    write_json(arguments.out, manifest.model_dump(mode="json"))
    write_provenance(
        arguments.out,
        stage="retrieve",
        inputs=[arguments.region, *registries],
        parameters={
            "offline": arguments.offline,
            "accept_unverified": arguments.accept_unverified,
        },
        notes={
            "layers": {item.layer.id: item.sha256 for item in found},
            "passed_over": [item.layer.id for item in passed],
        },
    )
    _say(found)
    if passed:
        names = ", ".join(item.layer.id for item in passed)
        log.info("%d optional layers are not here: %s", len(passed), names)


def _say(found: list[LocalLayer]) -> None:
    available = [item for item in found if item.state is LayerState.AVAILABLE]
    for item in found:
        if item.state is LayerState.MISSING:
            log.warning("%s is missing: %s", item.layer.id, item.reason)
    for item in available:
        if not item.verified:
            log.warning("%s: %s", item.layer.id, item.reason)
    log.info("%d of %d layers available", len(available), len(found))
