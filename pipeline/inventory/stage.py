"""Clean the inventories of a region into one table of facilities and a ledger."""

from __future__ import annotations

import argparse
import logging
from pathlib import Path

import pandas as pd

from pipeline.core.command import add_methods_option, add_region_option
from pipeline.core.config import Region, read_methods, read_region
from pipeline.core.errors import input_error
from pipeline.core.files import write_provenance
from pipeline.core.tables import table_of, write_table
from pipeline.inventory.clean import clean
from pipeline.inventory.raw import RawInventory
from pipeline.inventory.readers import ReaderInput, reader

log = logging.getLogger("natech.inventory")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this stage."""
    add_region_option(parser)
    add_methods_option(parser)
    for name, table in (
        ("facilities", "facilities"),
        ("values", "facility_values"),
        ("ledger", "ledger"),
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
    tables: dict[str, tuple[Path, pd.DataFrame]] = {
        "facilities": (
            arguments.out_facilities,
            table_of("facilities", cleaned.facilities),
        ),
        "facility_values": (
            arguments.out_values,
            table_of("facility_values", cleaned.values),
        ),
        "ledger": (arguments.out_ledger, table_of("ledger", cleaned.ledger)),
    }
    files = [path for inventory in inventories for path in inventory.files]
    for name, (path, frame) in tables.items():
        write_table(frame, name, path)
        write_provenance(
            path,
            stage="inventory",
            inputs=[*files, region.path],
            parameters=methods.model_dump(mode="json"),
        )
    rows = sum(len(inventory.rows) for inventory in inventories)
    excluded = sum(entry["action"] == "excluded" for entry in cleaned.ledger)
    log.info(
        "%d of %d rows are facilities of %s; %d went to the ledger",
        len(cleaned.facilities),
        rows,
        region.config.region,
        excluded,
    )


def read_inventories(region: Region) -> list[RawInventory]:
    """Read every inventory that the region names."""
    return [
        reader(source.reader, region.path)(
            ReaderInput(
                path=region.resolve(source.path),
                values=region.resolve(source.values) if source.values else None,
                source=source.source,
            )
        )
        for source in region.config.inventory
    ]
