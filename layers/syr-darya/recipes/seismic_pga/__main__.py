"""Command line of the recipe: catalogues and faults in, one GeoTIFF out."""

from __future__ import annotations

import argparse
import json
import logging
from pathlib import Path

from .make_pga import Inputs, make

LOG = logging.getLogger("seismic_pga")


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the options."""
    parser = argparse.ArgumentParser(prog="seismic_pga", description=__doc__)
    for name, text in (
        ("--isc-gem", "ISC-GEM main catalogue, CSV"),
        ("--noaa", "NOAA/NCEI significant earthquakes, CSV"),
        ("--usgs", "USGS events after the catalogue, CSV; only tests the rates"),
        ("--faults", "GEM Global Active Faults, GeoPackage"),
        ("--out", "GeoTIFF to write"),
    ):
        parser.add_argument(name, type=Path, required=True, help=text)
    parser.add_argument("--report", type=Path, help="JSON with the figures of the run")
    parser.add_argument(
        "--sensitivity", action="store_true", help="also report other choices"
    )
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> None:
    """Run the recipe."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    options = parse(arguments)
    inputs = Inputs(options.isc_gem, options.noaa, options.usgs, options.faults)
    report = make(inputs, options.out, sensitivity=options.sensitivity)
    text = json.dumps(report, indent=2, ensure_ascii=False)
    if options.report:
        options.report.write_text(text + "\n", encoding="utf-8")
    LOG.info("%s", text)


if __name__ == "__main__":
    main()
