"""List the facilities upstream of a place, by arrival time.

The place is joined to the nearest reach of the region's network. Every facility whose
path passes there is listed with the distance along the river and the arrival of the
leading edge and of the peak: central, and from earliest to latest. Facilities whose
arrival is unknown (standing water on the way) come last, by distance.
"""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from pipeline.core.command import add_methods_option, add_region_option
from pipeline.core.config import read_methods, read_region
from pipeline.core.errors import input_error
from pipeline.core.files import write_text
from pipeline.core.tables import read_table
from pipeline.rivers.nearest import ReachIndex
from pipeline.rivers.network import lines_from_geometry

log = logging.getLogger(__name__)

_TIMES: Final = (
    "arrival_lead_h_low",
    "arrival_lead_h",
    "arrival_lead_h_high",
    "arrival_peak_h_low",
    "arrival_peak_h",
    "arrival_peak_h_high",
)
COLUMNS: Final = (
    "tmf_id",
    "name",
    "country",
    "distance_m",
    *_TIMES,
    "beyond_standing_water",
    "snap_confidence",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    add_region_option(parser)
    add_methods_option(parser)
    parser.add_argument(
        "--at",
        required=True,
        metavar="LON,LAT",
        help="place in degrees, longitude first (write --at=-1.5,52 where negative)",
    )
    parser.add_argument(
        "--tables",
        type=Path,
        required=True,
        help="folder with the tables of the region's run",
    )
    parser.add_argument("--out", type=Path, help="write the list as CSV to this file")


def run(arguments: argparse.Namespace) -> None:
    """Find the reach at the place, list the facilities above it, print or write."""
    region = read_region(arguments.region)
    limit_m = read_methods(arguments.methods).rivers.snap_limit_m
    lon, lat = parse_place(arguments.at)
    if not region.config.bbox.contains(lon, lat):
        log.warning("the place lies outside the box of %s", region.config.region)
    names = ("reaches", "snaps", "downstream", "facilities")
    tables = {n: read_table(n, arguments.tables / f"{n}.parquet") for n in names}
    reach, fraction, metres = locate(tables["reaches"], lon, lat, limit_m)
    row = tables["reaches"].set_index("reach_id").loc[reach]
    log.info(
        "reach %d (%s), %.1f km from the place",
        reach,
        "no name" if pd.isna(row["name"]) else row["name"],
        metres / 1000,
    )
    found = facilities_upstream(tables, reach, fraction)
    log.info("%d facilities lie upstream", len(found))
    if arguments.out is not None:
        write_text(arguments.out, found.to_csv(index=False, lineterminator="\n"))
    sys.stdout.write(as_text(found))


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


def facilities_upstream(
    tables: dict[str, Any], reach: int, fraction: float
) -> pd.DataFrame:
    """Facilities whose path passes a place, by arrival of the leading edge.

    Parameters
    ----------
    tables
        ``reaches``, ``snaps``, ``downstream`` and ``facilities``.
    reach, fraction
        Reach of the place and the share of it upstream of the place.
    """
    reaches = tables["reaches"].set_index("reach_id")
    snaps = tables["snaps"].dropna(subset=["reach_id"])
    first = reach - int(reaches.loc[reach, "n_upstream"])
    above = snaps[
        snaps["reach_id"].between(first, reach)
        & ~((snaps["reach_id"] == reach) & (snaps["reach_fraction"] > fraction))
    ]
    paths = tables["downstream"]
    paths = paths[paths["tmf_id"].isin(above["tmf_id"])].sort_values(["tmf_id", "step"])
    before = paths.groupby("tmf_id")[[*_TIMES]].shift()
    here = paths[paths["reach_id"] == reach].set_index("tmf_id")
    starts = before.loc[paths["reach_id"] == reach].set_axis(here.index)
    starts[here["step"] == 0] = 0.0
    entry = above.set_index("tmf_id")["reach_fraction"].where(here["step"] == 0, 0.0)
    share = ((fraction - entry) / (1 - entry)).reindex(here.index)
    standing = pd.notna(reaches.loc[reach, "lake"]) and fraction > 0
    result = here[["beyond_standing_water"]].copy()
    length = here["distance_end_m"] - here["distance_start_m"]
    result["distance_m"] = here["distance_start_m"] + share.fillna(0.0) * length
    for name in _TIMES:
        step = share.fillna(0.0) * (here[name] - starts[name])
        result[name] = np.nan if standing else starts[name] + step
    known = tables["facilities"].set_index("tmf_id")[["name", "country"]]
    result = result.join(known).join(above.set_index("tmf_id")[["snap_confidence"]])
    result = result.sort_values(["arrival_lead_h", "distance_m"], na_position="last")
    return pd.DataFrame(result.reset_index()[list(COLUMNS)])


def as_text(found: pd.DataFrame) -> str:
    """Table for people: one line per facility."""
    if found.empty:
        return "No facility lies upstream.\n"
    lines = [
        f"{'facility':<10} {'country':<7} {'km':>7}  {'edge h (range)':<24} "
        f"{'peak h (range)':<24} {'position':<8} name"
    ]
    for row in found.to_dict("records"):
        lake = " (beyond standing water)" if row["beyond_standing_water"] else ""
        lines.append(
            f"{row['tmf_id']:<10} {row['country']:<7} "
            f"{row['distance_m'] / 1000:>7.1f}  "
            f"{_range(row, 'lead'):<24} {_range(row, 'peak'):<24} "
            f"{row['snap_confidence']:<8} {row['name']}{lake}"
        )
    return "\n".join(lines) + "\n"


def _range(row: dict[Any, Any], kind: str) -> str:
    value = row[f"arrival_{kind}_h"]
    if pd.isna(value):
        return "unknown"
    low, high = (row[f"arrival_{kind}_h_{end}"] for end in ("low", "high"))
    return f"{value:.0f} ({low:.0f} to {high:.0f})"
