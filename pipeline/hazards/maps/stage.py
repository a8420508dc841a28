"""Make the regional hazard maps: every layer on one grid, and a multi-hazard index.

Reads the manifest of layers; writes a folder with a cloud-optimised GeoTIFF, a style
for QGIS and a provenance record for every layer and for the index, and the record
``maps.json`` of what was made from what, and what was left out and why.
"""

from __future__ import annotations

import argparse
import logging
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pipeline.core.command import add_methods_option, add_region_option
from pipeline.core.config import ClimateCase, Region, read_methods, read_region
from pipeline.core.errors import input_error
from pipeline.core.files import whole_folder, write_json, write_provenance
from pipeline.core.hazard_maps import (
    INDEX_FILE,
    MAP_NOTES,
    RECORD_FILE,
    CaseMaps,
    HazardMaps,
)
from pipeline.core.layers import Layer, LocalLayer, Manifest, read_manifest
from pipeline.core.methods.hazards import HazardMethods
from pipeline.core.possible import is_undeclared_nodata, limits_of, measure_key
from pipeline.hazards.checks import likely_mistake
from pipeline.hazards.maps.case_maps import CaseFiles, unmapped_cases
from pipeline.hazards.maps.cases import (
    FactorPlanes,
    index_layers,
    planned_cases,
    with_factors,
)
from pipeline.hazards.maps.cog import MapFile, band_names, write_style
from pipeline.hazards.maps.harmonise import Source
from pipeline.hazards.maps.index_map import (
    DEFAULT_BUDGET_BYTES,
    make_maps,
    store_bytes,
)
from pipeline.hazards.maps.recipe import (
    Mapped,
    mapped_layers,
    opened_source,
    recipe_of,
)
from pipeline.hazards.maps.record import (
    file_of,
    grid_record,
    index_bands,
    index_record,
    index_tags,
    layer_bands,
    layer_maps,
    layer_tags,
)
from pipeline.hazards.maps.region_grid import Block, RegionGrid, region_grid
from pipeline.hazards.maps.shared_lattice import SharedLattices
from pipeline.hazards.maps.stac import COLLECTION_FILE, stac_collection
from pipeline.hazards.sampling.block_store import BlockStore

log = logging.getLogger(__name__)
_BYTES_PER_MB: Final = 1 << 20
_RAMP: Final = ("#fdf3d8", "#f4c97b", "#e08a4f", "#b5473c", "#6b1d3a")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the inputs and the output of the command."""
    add_region_option(parser)
    add_methods_option(parser)
    parser.add_argument("--layers", type=Path, required=True, help="the manifest")
    parser.add_argument("--out", type=Path, required=True, help="folder, made anew")
    parser.add_argument(
        "--memory-mb",
        type=int,
        default=DEFAULT_BUDGET_BYTES // _BYTES_PER_MB,
        help="memory for blocks, whatever the size of the maps (default: %(default)s)",
    )
    parser.add_argument(
        "--threads", type=int, default=1, help="blocks at a time (default: %(default)s)"
    )


def run(arguments: argparse.Namespace) -> None:
    """Make the maps from files to files; the folder is whole or absent."""
    region = read_region(arguments.region)
    choices = read_methods(arguments.methods).hazards
    manifest = read_manifest(arguments.layers)
    order = {name: k for k, name in enumerate(region.config.layers.hazards)}
    items = sorted(
        manifest.used_as("hazards"), key=lambda i: order.get(i.layer.id, len(order))
    )
    grid = region_grid(region)
    with whole_folder(arguments.out) as folder:
        if grid is None:
            note = MAP_NOTES.reason("no_grid_stated")
            record = HazardMaps(
                region=region.config.region, grid=None, layers=(), index=None, note=note
            )
            log.warning("%s states no grid ('maps'); no maps are made", region.path)
        else:
            record = _maps(region, grid, items, manifest, choices, folder, arguments)
            _write_provenance(record, manifest, choices, folder, arguments)
        write_json(folder / RECORD_FILE, record.model_dump(mode="json"))
        if record.grid is not None:
            rows = {item.layer.id: item.layer for item in items}
            bands = {path.name: band_names(path) for path in folder.glob("*.tif")}
            collection = stac_collection(record, record.grid, rows, bands)
            write_json(folder / COLLECTION_FILE, collection)


def _maps(
    region: Region,
    grid: RegionGrid,
    items: Sequence[LocalLayer],
    manifest: Manifest,
    choices: HazardMethods,
    folder: Path,
    arguments: argparse.Namespace,
) -> HazardMaps:
    """Write all maps of a region and return their record."""
    budget = max(1, arguments.memory_mb) * _BYTES_PER_MB
    threads = max(1, arguments.threads)
    store = BlockStore(store_bytes(budget))
    with ExitStack() as opened:
        lattices = SharedLattices(grid)

        def open_source(item: LocalLayer) -> Source:
            return opened_source(item, lattices, store, opened, threads)

        mapped = mapped_layers(items, choices, open_source)
        recipe, parts = recipe_of(mapped, choices), index_layers(mapped)
        factors = FactorPlanes(
            _factor_items(region, manifest) if parts else (),
            manifest.by_id(),
            open_source,
            recipe.n_planes,
        )
        plans = planned_cases(_wanted_cases(region), parts, factors) if parts else ()
        files = _layer_files(mapped, grid, folder, opened)
        index_file = None
        if parts:
            index_file = MapFile(
                folder / INDEX_FILE,
                grid,
                index_bands([one.part for one in mapped if one.part is not None]),
                index_tags(mapped, choices),
                opened,
            )
        cases = [
            CaseFiles(plan, parts, choices, grid, folder, opened) for plan in plans
        ]

        def sink(
            block: Block, planes: NDArray[np.float32], index: NDArray[np.float32]
        ) -> None:
            first = 0
            for file, source in zip(files, recipe.sources, strict=True):
                file.write(block, planes[first : first + len(source.levels)])
                first += len(source.levels)
            if index_file is not None:
                index_file.write(block, index)
            for case in cases:
                case.write(block, planes, index)

        extremes = np.zeros((0, 3))
        if recipe.sources:
            extremes = make_maps(
                with_factors(recipe, factors, plans, parts),
                grid, sink, budget_bytes=budget, threads=threads,
            )  # fmt: skip
        _check_values(mapped, extremes)
        for file in files:
            file.finish(averaged=True, threads=threads)
        if index_file is not None:
            index_file.finish(averaged=False, threads=threads)
        for case in cases:
            case.finish(threads)
    record = HazardMaps(
        region=region.config.region,
        grid=grid_record(grid),
        layers=layer_maps(mapped, extremes, grid),
        index=index_record(mapped, choices) if parts else None,
        note=None,
        cases=tuple(case.record() for case in cases)
        if _wanted_cases(region) or not parts
        else unmapped_cases(region.config.climate),
    )
    _write_styles(record, folder, _worse_when_less(items, choices))
    n_maps = sum(layer.file is not None for layer in record.layers)
    log.info(
        "%d x %d cells: %d of %d layers mapped, %d in the index",
        grid.width, grid.height, n_maps, len(items), len(parts),
    )  # fmt: skip
    return record


def _factor_items(region: Region, manifest: Manifest) -> tuple[LocalLayer, ...]:
    """Factor layers in the order in which the region names them."""
    if not _wanted_cases(region):
        return ()
    names = region.config.layers.climate_factors
    order = {name: k for k, name in enumerate(names)}
    items = manifest.used_as("climate_factors")
    return tuple(sorted(items, key=lambda i: order.get(i.layer.id, len(order))))


def _wanted_cases(region: Region) -> tuple[ClimateCase, ...]:
    """Climate cases that the region wants maps of."""
    maps = region.config.maps
    return () if maps is None or not maps.climate else region.config.climate


def _layer_files(
    mapped: Sequence[Mapped], grid: RegionGrid, folder: Path, opened: ExitStack
) -> list[MapFile]:
    return [
        MapFile(
            folder / file_of(one.item.layer),
            grid,
            layer_bands(one.item.layer, one.source),
            layer_tags(one.item.layer, one.source),
            opened,
        )
        for one in mapped
        if one.source is not None
    ]


def _check_values(mapped: Sequence[Mapped], extremes: NDArray[np.float64]) -> None:
    """Stop when a map holds a value that cannot be, as at the facilities.

    Raises
    ------
    InputError
        Names layer, level, value, limits and the likely mistake.
    """
    plane = 0
    for one in mapped:
        if one.source is None:
            continue
        for band in one.source.levels:
            low, high, n_cells = extremes[plane]
            plane += 1
            if n_cells:
                _check_level(one.item.layer, band.level, float(low), float(high))


def _check_level(layer: Layer, level: str, low: float, high: float) -> None:
    minimum, maximum = limits_of(layer)
    for value in (low, high):
        too_low = minimum is not None and value < minimum
        too_high = maximum is not None and value > maximum
        if too_low or too_high or is_undeclared_nodata(value, layer):
            raise input_error(
                f"layer {layer.id!r}",
                field=level,
                found=f"{value:g} {layer.unit} on the map of the region",
                expected=f"values from {'-' if minimum is None else f'{minimum:g}'} to "
                f"{'-' if maximum is None else f'{maximum:g}'} {layer.unit}",
                fix=likely_mistake(layer, value, maximum),
            )


def _worse_when_less(
    items: Sequence[LocalLayer], choices: HazardMethods
) -> frozenset[str]:
    """Layers whose small values are the bad ones: distances, and falling scores."""
    falling = {
        measure_key(scale.measure)
        for scale in choices.maps.scales
        if scale.scores[-1] < scale.scores[0]
    }
    return frozenset(
        item.layer.id
        for item in items
        if measure_key(item.layer.intensity_measure) in falling
        or (item.layer.points and item.layer.points.statistic == "nearest_km")
    )


def _write_styles(
    record: HazardMaps, folder: Path, worse_when_less: frozenset[str]
) -> None:
    """A style of five colours beside every map that has data; dark is bad."""
    spans: list[tuple[str, float, float, str]] = []
    turned: set[str] = set()
    for layer in record.layers:
        known = [v for v in layer.levels if v.minimum is not None]
        if layer.file is not None and known:
            low = min(v.minimum for v in known if v.minimum is not None)
            high = max(v.maximum for v in known if v.maximum is not None)
            unit = "" if layer.unit == "-" else layer.unit
            spans.append((layer.file, low, high, unit))
            if layer.layer_id in worse_when_less:
                turned.add(layer.file)
    if record.index is not None:
        spans.append((record.index.file, 0.0, 1.0, ""))
    by_file = {name: (low, high, unit) for name, low, high, unit in spans}
    for case in record.cases:
        if case.file is not None:
            spans.append((case.file, 0.0, 1.0, ""))
        for one in case.changed:  # the colours of the present, so that both compare
            like = by_file.get(f"{one.layer_id}.tif")
            if like is not None:
                spans.append((one.file, *like))
                if one.layer_id in worse_when_less:
                    turned.add(one.file)
    for name, low, high, unit in spans:
        values = np.linspace(low, high if high > low else low + 1.0, len(_RAMP))
        stops = [
            (float(value), colour, f"{float(f'{value:.3g}'):g} {unit}".strip())
            for value, colour in zip(
                values, _RAMP[::-1] if name in turned else _RAMP, strict=True
            )
        ]
        write_style(folder / name, stops)


def _write_provenance(
    record: HazardMaps,
    manifest: Manifest,
    choices: HazardMethods,
    folder: Path,
    arguments: argparse.Namespace,
) -> None:
    checksums = {item.layer.id: item.sha256 for item in manifest.layers}
    inputs = [arguments.region, arguments.methods, arguments.layers]
    grid = record.grid.model_dump(mode="json") if record.grid else None
    products: list[tuple[str, dict[str, Any], list[str]]] = [
        (layer.file, {"rule": layer.rule}, [layer.layer_id])
        for layer in record.layers
        if layer.file is not None
    ]
    if record.index is not None:
        used = [part.layer_id for part in record.index.parts]
        own = record.index.model_dump(mode="json")
        products.append((record.index.file, {"index": own}, used))
        for case in record.cases:
            products += _case_products(case, used)
    for name, parameters, layers in products:
        write_provenance(
            folder / name,
            stage="hazards",
            inputs=inputs,
            parameters={
                "grid": grid,
                "minimum_covered_fraction": choices.minimum_covered_fraction,
                **parameters,
            },
            notes={"layers": {key: checksums[key] for key in layers}},
        )


def _case_products(
    case: CaseMaps, used: Sequence[str]
) -> list[tuple[str, dict[str, Any], list[str]]]:
    """Files of a climate case, with their parameters and the layers behind them."""
    told = {"case": case.model_dump(mode="json")}
    factors = [one.factors for one in case.changed if one.factors is not None]
    products = [
        (one.file, told, [one.layer_id, *([one.factors] if one.factors else [])])
        for one in case.changed
    ]
    if case.file is not None:
        products.append((case.file, told, [*used, *dict.fromkeys(factors)]))
    return products
