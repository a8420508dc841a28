"""List every missing layer of a region and what its absence costs the result.

The inventory is read and cleaned as a run would do it. Nothing is downloaded and
nothing is written. The exit code is 0 where the region can run, also with gaps, and 2
where something must be mended first.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pipeline.core.command import project_root
from pipeline.core.config import Region, read_methods, read_region
from pipeline.core.errors import InputError
from pipeline.inventory.clean import Record, clean
from pipeline.inventory.stage import read_inventories
from pipeline.retrieve.lookup import add_place_options
from pipeline.retrieve.region_check import Finding, Weight, check_region

_SUBJECT = "inventory"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    parser.add_argument("region", type=Path, help="the region's file (YAML)")
    add_place_options(parser)


def run(arguments: argparse.Namespace) -> None:
    """Print the report.

    Raises
    ------
    InputError
        If the region cannot run as it is.
    """
    report = check_region(arguments.region, tuple(arguments.data_root), arguments.cache)
    if not report.has_errors:
        read = rows_told(read_region(arguments.region))
        report = replace(report, findings=(read, *report.findings))
    sys.stdout.write(report.text())
    if report.has_errors:
        raise InputError(f"{arguments.region}: mend the errors listed above")


def rows_told(region: Region) -> Finding:
    """What the rows of a region's inventories become, or why they cannot be read."""
    methods = read_methods(project_root() / "configs" / "methods.yaml").inventory
    try:
        inventories = read_inventories(region)
        cleaned = clean(inventories, region.config, methods)
    except InputError as error:
        return Finding(Weight.ERROR, _SUBJECT, str(error))
    n_rows = sum(len(one.rows) for one in inventories)
    text = (
        f"{n_rows} row(s), {len(cleaned.facilities)} of them facilities of the region"
    )
    if not cleaned.facilities:
        return Finding(Weight.ERROR, _SUBJECT, f"{text}.{_why(cleaned.ledger)}")
    unplaced = sum(one["position_quality"] == "none" for one in cleaned.facilities)
    if unplaced:
        text += f", {unplaced} without a position"
    return Finding(Weight.FINE, _SUBJECT, f"{text}.{_why(cleaned.ledger)}")


def _why(ledger: Sequence[Record]) -> str:
    """Reasons for which rows are left out, each with their number."""
    reasons = Counter(
        str(one["reason"]).split("|")[0]
        for one in ledger
        if one["action"] == "excluded"
    )
    if not reasons:
        return ""
    said = ", ".join(f"{name} {count}" for name, count in sorted(reasons.items()))
    return f" Left out: {said}."
