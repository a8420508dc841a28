"""Read the inputs, run the model, write the grid and report the figures of the run."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from . import parameters as p
from . import scores
from .catalogue import read_isc_gem, read_noaa, read_usgs
from .geometry import Grid
from .hazard import LEVELS_G, ground_motion_at
from .model import Activity, Choices, activity, complete_mainshocks, curves_of
from .output import write_grid

LOG = logging.getLogger("seismic_pga")
FloatArray = NDArray[np.float64]

# Town centres, degrees (longitude, latitude), to report values; they steer nothing.
TOWNS = {
    "Tashkent": (69.24, 41.31),
    "Bishkek": (74.59, 42.87),
    "Almaty": (76.93, 43.25),
    "Osh": (72.80, 40.53),
    "Kyzylorda": (65.51, 44.85),
    "Khujand": (69.62, 40.28),
    "Naryn": (75.99, 41.43),
    "Mailuu-Suu": (72.45, 41.27),
    "Andijan": (72.34, 40.78),
    "Almalyk": (69.60, 40.84),
    "Shymkent": (69.60, 42.32),
}


@dataclass(frozen=True, slots=True)
class Inputs:
    """Input files."""

    isc_gem: Path
    noaa: Path
    usgs: Path
    faults: Path


def read_fault_lines(path: Path) -> list[FloatArray]:
    """Vertices of mapped faults without folds, longitude and latitude."""
    frame = gpd.read_file(path)
    frame = frame[~frame["slip_type"].isin(p.FOLD_TYPES)]
    parts = frame.geometry.explode(index_parts=False)
    return [np.asarray(line.coords, dtype=np.float64)[:, :2] for line in parts]


def town_values(sites: Grid, pga_g: FloatArray) -> dict[str, list[float]]:
    """Values of the cells in which the towns lie, one per return period."""
    values = {}
    for name, (lon, lat) in TOWNS.items():
        # A point on an edge belongs to the cell east and south of it, as in GDAL.
        col = int((lon - sites.box.west_deg) / sites.cell_deg + 1e-9)
        row = int((sites.box.north_deg - lat) / sites.cell_deg + 1e-9)
        values[name] = [round(float(band[row, col]), 3) for band in pga_g]
    return values


def pga_bands(
    rates: Activity, sites: Grid, sources: Grid, choices: Choices
) -> FloatArray:
    """PGA in g, shape (return periods, rows, columns)."""
    curves = curves_of(rates, sites, sources, choices)
    return np.stack(
        [ground_motion_at(curves, LEVELS_G, t) for t in p.RETURN_PERIODS_YR]
    )


def alternatives(b_value: float, b_sigma: float) -> Iterator[tuple[str, Choices]]:
    """Other defensible choices, one change at a time."""
    for name in ("instrumental", "long_term"):
        part = {name: 0.95, "uniform": 0.05}
        yield f"only {name}", Choices(weights_small=part, weights_large=part)
    yield (
        "large events on faults only",
        Choices(weights_large={"faults": 0.95, "uniform": 0.05}),
    )
    for k in p.NEIGHBOURS:
        yield f"k = {k}", Choices(neighbours=(k,))
    for name in p.GMM_WEIGHTS:
        yield f"only {name}", Choices(gmm_weights={name: 1.0})
    for sign in (-1, 1):
        yield f"b {sign:+d} sigma", Choices(b_value=b_value + sign * b_sigma)


def make(inputs: Inputs, out: Path, *, sensitivity: bool) -> dict[str, object]:
    """Make the grid and return the figures of the run.

    With ``sensitivity`` the towns are also computed for other choices (475 years).
    """
    sites, sources = Grid(p.SITE_BOX, p.CELL_DEG), Grid(p.SOURCE_BOX, p.CELL_DEG)
    noaa = read_noaa(inputs.noaa, p.NOAA_LAST_YEAR)
    events = complete_mainshocks(read_isc_gem(inputs.isc_gem), noaa)
    lines = read_fault_lines(inputs.faults)
    LOG.info("%d complete shallow mainshocks, %d fault lines", len(events), len(lines))
    rates = activity(events, lines, sources, Choices())
    pga_g = pga_bands(rates, sites, sources, Choices())
    write_grid(out, sites, pga_g)
    law = rates.recurrence
    usgs = read_usgs(inputs.usgs)
    report: dict[str, object] = {
        "mainshocks": len(events),
        "fitted_mainshocks": law.n_events,
        "b_value": round(law.b_value, 3),
        "b_sigma": round(law.b_sigma, 3),
        "rate_mw5p5_per_yr": round(law.rate_per_yr, 3),
        "rate_mw5_per_yr": round(float(rates.small.sum()), 2),
        "score_new": scores.new_events(rates, sources, usgs),
        "score_large": scores.large_events(
            sources, events, lines, law.b_value, p.NEIGHBOURS
        ),
        "towns_pga_g": town_values(sites, pga_g),
        "min_g": [round(float(band.min()), 4) for band in pga_g],
        "max_g": [round(float(band.max()), 4) for band in pga_g],
    }
    if not sensitivity:
        return report
    towns = {}
    for name, choices in alternatives(law.b_value, law.b_sigma):
        LOG.info("sensitivity: %s", name)
        other = activity(events, lines, sources, choices)
        bands = pga_bands(other, sites, sources, choices)
        towns[name] = {t: v[0] for t, v in town_values(sites, bands).items()}
    report["sensitivity_475_g"] = towns
    report["score_by_k"] = {
        k: {
            "new": scores.new_events(
                activity(events, lines, sources, Choices(neighbours=(k,))),
                sources,
                usgs,
            )["gain_bits_mixed"],
            "large": scores.large_events(sources, events, lines, law.b_value, (k,)),
        }
        for k in p.NEIGHBOURS
    }
    return report
