"""List every missing layer of a region and what its absence costs the result.

Nothing is downloaded and nothing is written. The exit code is 0 where the region can
run, also with gaps, and 2 where something must be mended first.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from pipeline.core.errors import InputError
from pipeline.retrieve.lookup import add_place_options
from pipeline.retrieve.region_check import check_region


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
    sys.stdout.write(report.text())
    if report.has_errors:
        raise InputError(f"{arguments.region}: mend the errors listed above")
