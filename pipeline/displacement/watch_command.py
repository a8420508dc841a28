"""Look at new radar epochs only, and write what changed since the last run.

Keeps the checksums of all products and the state of every facility in a folder. If no
product, method or facility changed, nothing is computed. Otherwise the stage runs, and
the folder gets ``changes.csv``, ``changes.json``, ``changes.atom`` and, for levels
raised to amber or red, drafts of CAP 1.2 messages. Nothing is ever sent.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import logging
import shutil
from pathlib import Path
from typing import Any

from pipeline.core.command import add_methods_option, add_region_option
from pipeline.core.config import Region, read_methods, read_region
from pipeline.core.errors import input_error
from pipeline.core.files import sha256, write_json, write_text
from pipeline.core.tables import read_table
from pipeline.displacement import stage
from pipeline.displacement.changes import Change, changes, state_of
from pipeline.displacement.feeds import atom, drafts, headline

log = logging.getLogger("natech.displacement")
_NO_DAY = "1970-01-01"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    add_region_option(parser)
    add_methods_option(parser)
    parser.add_argument(
        "--facilities",
        type=Path,
        required=True,
        help="the table 'facilities' of the inventory stage",
    )
    parser.add_argument(
        "--state", type=Path, required=True, help="folder kept between runs"
    )


def run(arguments: argparse.Namespace) -> None:
    """Compute if something is new, and write what changed."""
    region = read_region(arguments.region)
    folder: Path = arguments.state
    before = _read_state(folder / "state.json")
    inputs = _checksums(region, arguments)
    if before["inputs"] == inputs:
        log.info("nothing new since the last run")
        return
    tables = folder / "tables"
    out = tables / "displacement.parquet"
    stage.run(
        argparse.Namespace(
            region=arguments.region,
            methods=arguments.methods,
            facilities=arguments.facilities,
            out=out,
            out_points=tables / "displacement_points.parquet",
            out_series=tables / "displacement_series.zarr",
        )
    )
    after = state_of(read_table("displacement", out).to_dict("records"))
    found = changes(before["facilities"], after)
    _write(folder, region, found, arguments)
    state = {"inputs": inputs, "facilities": after}
    write_json(folder / "state.json", state)
    for one in found:
        log.info("%s", headline(one))


def _read_state(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {"inputs": {}, "facilities": {}}
    try:
        state = json.loads(path.read_text(encoding="utf-8"))
        return {"inputs": state["inputs"], "facilities": state["facilities"]}
    except (ValueError, KeyError, TypeError):
        raise input_error(
            path,
            found="no state of this command",
            expected="the file that the last run wrote",
            fix="remove it; the next run then lists every facility as first seen",
        ) from None


def _checksums(region: Region, arguments: argparse.Namespace) -> dict[str, str]:
    """Checksum of everything that the result depends on, by its role."""
    sums = {
        "region": sha256(region.path),
        "methods": sha256(arguments.methods),
        "facilities": sha256(arguments.facilities),
    }
    for source in region.config.displacement:
        path = region.resolve(source.path)
        sums[f"source {source.id}"] = sha256(path) if path.exists() else "absent"
    return sums


def _write(
    folder: Path, region: Region, found: list[Change], arguments: argparse.Namespace
) -> None:
    name = region.config.region
    days = [one.last_epoch for one in found if one.last_epoch]
    rows = [one.row() for one in found]
    write_json(folder / "changes.json", {"region": name, "changes": rows})
    write_text(folder / "changes.csv", _csv(rows))
    write_text(folder / "changes.atom", atom(name, found, max(days, default=_NO_DAY)))
    shutil.rmtree(folder / "drafts", ignore_errors=True)
    places = _places(arguments)
    for file, text in drafts(name, found, places).items():
        write_text(folder / "drafts" / file, text)


def _csv(rows: list[dict[str, Any]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(Change.__slots__), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _places(arguments: argparse.Namespace) -> dict[str, dict[str, Any]]:
    radius = read_methods(arguments.methods).displacement.search_radius_m
    facilities = read_table("facilities", arguments.facilities)
    names = ["tmf_id", "name", "lon_deg", "lat_deg"]
    return {
        str(row["tmf_id"]): row | {"radius_m": radius}
        for row in facilities[names].to_dict("records")
    }
