"""List the facilities upstream of a place or of a border, by arrival or by hazard.

A place is joined to the nearest reach of the region's network. Every facility whose
path passes there is listed with the distance along the river and the arrival of the
leading edge and of the peak: central, and from earliest to latest, with the share of
its possible positions that drain there, and with its rank and consequence class where
the assessment has been made. Facilities whose arrival is unknown (standing water on
the way) come last, by distance.
"""

from __future__ import annotations

import argparse
import json
import logging
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pipeline.core.command import add_methods_option, add_region_option
from pipeline.core.config import Region, read_methods, read_region
from pipeline.core.errors import input_error
from pipeline.core.files import write_text
from pipeline.core.tables import read_table
from pipeline.rivers.nearest import ReachIndex
from pipeline.rivers.network import lines_from_geometry
from pipeline.rivers.ranking import (
    ORDERS,
    facilities_above_border,
    facilities_upstream,
    in_order,
)

log = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    add_region_option(parser)
    add_methods_option(parser)
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument(
        "--at",
        metavar="LON,LAT",
        help="place in degrees, longitude first (write --at=-1.5,52 where negative)",
    )
    where.add_argument(
        "--border",
        metavar="FROM-TO",
        help="border that the water crosses, such as KG-UZ",
    )
    parser.add_argument(
        "--tables",
        type=Path,
        required=True,
        help="folder with the tables of the region's run",
    )
    parser.add_argument(
        "--by",
        choices=sorted(ORDERS),
        default="arrival",
        help="what comes first: the earliest arrival, or the highest rank",
    )
    parser.add_argument(
        "--out", type=Path, help="write the list to this file, .csv or .json"
    )


def run(arguments: argparse.Namespace) -> None:
    """List the facilities above the place or border, print and write the list."""
    region = read_region(arguments.region)
    if arguments.out is not None and arguments.out.suffix not in (".csv", ".json"):
        raise input_error(
            "--out",
            found=arguments.out.name,
            expected="a file that ends in .csv or .json",
            fix="change the ending",
        )
    names = ["reaches", "snaps", "candidates", "possible_countries", "downstream"]
    names += ["crossings", "facilities"]
    folder: Path = arguments.tables
    tables = {n: read_table(n, folder / f"{n}.parquet") for n in names}
    if (folder / "assessment.parquet").exists():
        tables["assessment"] = read_table("assessment", folder / "assessment.parquet")
    else:
        log.warning("no assessment among the tables: ranks stay empty")
    if arguments.border is not None:
        about, found = _above_border(tables, arguments.border)
    else:
        limit_m = read_methods(arguments.methods).rivers.snap_limit_m
        about, found = _above_place(region, tables, arguments.at, limit_m)
    found = in_order(found, arguments.by)
    log.info("%d facilities lie upstream", found["tmf_id"].nunique())
    if arguments.out is not None:
        _write(arguments.out, found, {**about, "ordered_by": arguments.by})
    sys.stdout.write(as_text(found))


def _above_place(
    region: Region, tables: dict[str, Any], text: str, limit_m: float
) -> tuple[dict[str, Any], pd.DataFrame]:
    lon, lat = parse_place(text)
    if not region.config.bbox.contains(lon, lat):
        log.warning("the place lies outside the box of %s", region.config.region)
    reach, fraction, metres = locate(tables["reaches"], lon, lat, limit_m)
    row = tables["reaches"].set_index("reach_id").loc[reach]
    river = None if pd.isna(row["name"]) else str(row["name"])
    log.info(
        "reach %d (%s), %.1f km from the place",
        reach,
        river or "no name",
        metres / 1000,
    )
    about = {
        "lon_deg": lon,
        "lat_deg": lat,
        "reach_id": reach,
        "river": river,
        "distance_to_river_m": round(metres, 1),
    }
    return about, facilities_upstream(tables, reach, fraction)


def _above_border(
    tables: dict[str, Any], text: str
) -> tuple[dict[str, Any], pd.DataFrame]:
    known = tables["crossings"][["from_country", "to_country"]].drop_duplicates()
    pairs = sorted(f"{a}-{b}" for a, b in known.itertuples(index=False))
    if not re.fullmatch(r"[A-Z]{2}-[A-Z]{2}", text):
        raise input_error(
            "--border",
            found=text,
            expected="two country codes, such as KG-UZ",
            fix=f"give one of {', '.join(pairs) or 'no border: none is crossed'}",
        )
    if text not in pairs:
        log.warning(
            "no path crosses %s; crossed are: %s", text, ", ".join(pairs) or "none"
        )
    left, entered = text.split("-")
    return {"border": text}, facilities_above_border(tables, left, entered)


def _write(path: Path, found: pd.DataFrame, about: dict[str, Any]) -> None:
    """Write the list: CSV has the rows alone, JSON says what they are too."""
    if path.suffix == ".csv":
        write_text(path, found.to_csv(index=False, lineterminator="\n"))
        return
    plain = found.astype(object).where(found.notna(), None)
    content = {**about, "facilities": plain.to_dict("records")}
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)
    write_text(path, text + "\n")


def parse_place(text: str) -> tuple[float, float]:
    """Longitude and latitude in degrees from ``lon,lat``.

    Raises
    ------
    InputError
        If the text is not two numbers, or not on Earth.
    """
    try:
        lon, lat = (float(part) for part in text.split(","))
    except ValueError:
        lon, lat = np.nan, np.nan
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        raise input_error(
            "--at",
            found=text,
            expected="longitude and latitude in degrees, such as 69.62,40.28",
            fix="give longitude first, a comma, then latitude",
        )
    return lon, lat


def locate(
    reaches: Any, lon_deg: float, lat_deg: float, limit_m: float
) -> tuple[int, float, float]:
    """Nearest reach of a place: its id, the share upstream of it, the distance in m.

    Raises
    ------
    InputError
        If no reach lies within the limit.
    """
    index = ReachIndex(lines_from_geometry(reaches.geometry.to_numpy()))
    near = index.within(
        np.array([lon_deg]), np.array([lat_deg]), np.array([limit_m], dtype=np.float64)
    )
    if not len(near.reach):
        raise input_error(
            "--at",
            found=f"{lon_deg:g},{lat_deg:g}",
            expected=f"a place within {limit_m / 1000:g} km of a river of the region",
            fix="give a place nearer to the river",
        )
    reach = int(reaches["reach_id"].iloc[int(near.reach[0])])
    return reach, float(near.fraction[0]), float(near.distance_m[0])


def as_text(found: pd.DataFrame) -> str:
    """Table for people: one line per facility, or per crossing of a border."""
    if found.empty:
        return "No facility lies upstream.\n"
    lines = [
        f"{'facility':<10} {'country':<7} {'km':>7}  {'edge h (range)':<24} "
        f"{'peak h (range)':<24} {'share':<5} {'position':<8} {'rank':<4} name"
    ]
    for row in found.to_dict("records"):
        lake = (
            " (beyond standing water)" if row["beyond_standing_water"] is True else ""
        )
        far = row["distance_m"]
        km = "?" if pd.isna(far) else f"{far / 1000:.1f}"
        rank = "-" if pd.isna(row["rank"]) else f"{row['rank']:.0f}"
        share = "?" if pd.isna(row["share"]) else f"{row['share']:.2f}"
        lines.append(
            f"{row['tmf_id']:<10} {row['country']:<7} {km:>7}  "
            f"{_range(row, 'lead'):<24} {_range(row, 'peak'):<24} {share:<5} "
            f"{row['snap_confidence']:<8} {rank:<4} {row['name']}{lake}"
        )
    return "\n".join(lines) + "\n"


def _range(row: dict[Any, Any], kind: str) -> str:
    value = row[f"arrival_{kind}_h"]
    if pd.isna(value):
        return "unknown"
    low, high = (row[f"arrival_{kind}_h_{end}"] for end in ("low", "high"))
    return f"{value:.0f} ({_hours(low)} to {_hours(high)})"


def _hours(value: float) -> str:
    return "?" if pd.isna(value) else f"{value:.0f}"
