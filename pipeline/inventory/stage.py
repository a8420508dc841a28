"""Clean the inventories of a region into one table of facilities and a ledger."""

from __future__ import annotations

import argparse
import logging
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from pipeline.core.command import add_methods_option, add_region_option
from pipeline.core.config import Region, read_methods, read_region
from pipeline.core.errors import input_error
from pipeline.core.files import write_provenance
from pipeline.core.methods.inventory import InventoryMethods
from pipeline.core.tables import table_of, write_table
from pipeline.inventory.clean import Cleaned, Record, clean
from pipeline.inventory.composition import clean_components, read_composition
from pipeline.inventory.raw import RawInventory
from pipeline.inventory.readers import ReaderInput, reader
from pipeline.inventory.zone_file import read_zones
from pipeline.inventory.zones import clean_zones

log = logging.getLogger("natech.inventory")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this stage."""
    add_region_option(parser)
    add_methods_option(parser)
    for name, table in (
        ("facilities", "facilities"),
        ("values", "facility_values"),
        ("ledger", "ledger"),
        ("zones", "zones"),
        ("components", "components"),
    ):
        parser.add_argument(
            f"--out-{name}",
            type=Path,
            required=True,
            help=f"where to write the table '{table}'",
        )


def run(arguments: argparse.Namespace) -> None:
    """Read, clean and write; nothing is written before everything is checked."""
    region = read_region(arguments.region)
    methods = read_methods(arguments.methods).inventory
    inventories = read_inventories(region)
    cleaned = clean(inventories, region.config, methods)
    if not cleaned.facilities:
        raise input_error(
            region.path,
            field="inventory",
            found="no usable row",
            expected="at least one facility in the region",
            fix="check river_basins and the inventory; see the reasons above",
        )
    zones, zone_ledger = _zones(region, inventories, cleaned, methods)
    components, component_ledger = _components(region, inventories, cleaned)
    ledger = [*cleaned.ledger, *zone_ledger, *component_ledger]
    tables: dict[str, tuple[Path, pd.DataFrame]] = {
        "facilities": (
            arguments.out_facilities,
            table_of("facilities", cleaned.facilities),
        ),
        "facility_values": (
            arguments.out_values,
            table_of("facility_values", cleaned.values),
        ),
        "ledger": (arguments.out_ledger, table_of("ledger", ledger)),
        "zones": (arguments.out_zones, table_of("zones", zones)),
        "components": (
            arguments.out_components,
            table_of("components", components),
        ),
    }
    files = [path for inventory in inventories for path in inventory.files]
    files += [region.resolve(source.path) for source in region.config.zones]
    files += [region.resolve(source.path) for source in region.config.compositions]
    for name, (path, frame) in tables.items():
        write_table(frame, name, path)
        write_provenance(
            path,
            stage="inventory",
            inputs=[*files, region.path],
            parameters=methods.model_dump(mode="json"),
        )
    rows = sum(len(inventory.rows) for inventory in inventories)
    excluded = sum(entry["action"] == "excluded" for entry in ledger)
    log.info(
        "%d of %d rows are facilities of %s, with %d zones; %d left out, "
        "%d remarks in the ledger",
        len(cleaned.facilities),
        rows,
        region.config.region,
        len(zones),
        excluded,
        len(ledger) - excluded,
    )


def _zones(
    region: Region,
    inventories: Sequence[RawInventory],
    cleaned: Cleaned,
    methods: InventoryMethods,
) -> tuple[list[Record], list[Record]]:
    """Rows of the table of zones, and what went to the ledger."""
    raw = [
        zone
        for source in region.config.zones
        for zone in read_zones(region.resolve(source.path), source.table, source.source)
    ]
    return clean_zones(
        raw, cleaned.facilities, _left_out(inventories, cleaned), methods
    )


def _components(
    region: Region, inventories: Sequence[RawInventory], cleaned: Cleaned
) -> tuple[list[Record], list[Record]]:
    """Rows of the table of components, and what went to the ledger."""
    raw = [
        component
        for source in region.config.compositions
        for component in read_composition(region.resolve(source.path), source.source)
    ]
    return clean_components(raw, cleaned.facilities, _left_out(inventories, cleaned))


def _left_out(inventories: Sequence[RawInventory], cleaned: Cleaned) -> set[str]:
    """Ids of rows of the inventory that went to the ledger."""
    kept = {str(record["tmf_id"]) for record in cleaned.facilities}
    known = {row.cells["tmf_id"] for each in inventories for row in each.rows}
    return known - kept


def read_inventories(region: Region) -> list[RawInventory]:
    """Read every inventory that the region names."""
    return [
        reader(source.reader, region.path)(
            ReaderInput(
                path=region.resolve(source.path),
                values=region.resolve(source.values) if source.values else None,
                source=source.source,
                columns=region.resolve(source.columns) if source.columns else None,
            )
        )
        for source in region.config.inventory
    ]
