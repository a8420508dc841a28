"""Scores of the rates on events that they have not seen."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from . import parameters as p
from .catalogue import Catalogue, in_box, is_mainshock
from .geometry import Grid
from .model import Activity, kernel_share
from .rates import fault_share, information_gain, mix, uniform_share

FloatArray = NDArray[np.float64]
# The USGS table has no depths: events south of 38.5 N may be the deep ones under the
# Hindu Kush and the Pamir, so they are left out.
SCORE_BOX = p.Box(p.SITE_BOX.west_deg, 38.5, p.SITE_BOX.east_deg, p.SITE_BOX.north_deg)


def new_events(rates: Activity, grid: Grid, usgs: Catalogue) -> dict[str, float]:
    """Compare the rates with the events after the catalogue.

    Expected and observed numbers are of mainshocks of magnitude 5 and more; gains are
    means over all mainshocks of the table (4.5 and more), bits per event over equal
    activity per area.
    """
    new = usgs.where(in_box(usgs, SCORE_BOX, p.MAX_DEPTH_KM))
    new = new.where(is_mainshock(new))
    years = float(usgs.time_yr.max() - usgs.time_yr.min())
    lon, lat = np.meshgrid(grid.lon_deg, grid.lat_deg)
    inside = (lon > SCORE_BOX.west_deg) & (lon < SCORE_BOX.east_deg)
    inside &= (lat > SCORE_BOX.south_deg) & (lat < SCORE_BOX.north_deg)
    score = {
        "years": years,
        "expected_mw5_mainshocks": float(rates.small[inside].sum() * years),
        "observed_m5_mainshocks": float(np.sum(new.mw >= p.MW_MIN)),
        "scored_m45_mainshocks": float(len(new)),
    }
    mixed = mix(rates.shares, p.WEIGHTS_SMALL)
    for name, share in (*rates.shares.items(), ("mixed", mixed)):
        gain = information_gain(grid, share, new.lon_deg, new.lat_deg)
        score[f"gain_bits_{name}"] = gain
    return {name: round(value, 2) for name, value in score.items()}


def large_events(
    grid: Grid,
    events: Catalogue,
    fault_lines: list[FloatArray],
    b_value: float,
    neighbours: tuple[int, ...],
) -> dict[str, float]:
    """Score large events of one epoch by kernels around the events of the other.

    The epochs meet at ``INSTRUMENTAL_FIRST_YEAR``. "mixed" holds kernels and faults
    two to one, as the weights of large events do. Every share holds 5 % of equal
    activity. Gains are bits per event over equal activity per area.
    """
    recent = events.time_yr >= p.INSTRUMENTAL_FIRST_YEAR
    large = events.mw >= p.FAULT_MW_MIN
    uniform = uniform_share(grid)
    faults = fault_share(grid, fault_lines, p.FAULT_BANDWIDTH_KM)
    total = dict.fromkeys(("kernels", "faults", "mixed"), 0.0)
    for target in (recent, ~recent):
        scored = events.where(target & large)
        kernels = kernel_share(grid, events.where(~target), b_value, neighbours)
        shares = {
            "kernels": kernels,
            "faults": faults,
            "mixed": (2.0 * kernels + faults) / 3.0,
        }
        for name, share in shares.items():
            blended = 0.95 * share + 0.05 * uniform
            gain = information_gain(grid, blended, scored.lon_deg, scored.lat_deg)
            total[name] += gain * len(scored)
    score = {f"gain_bits_{k}": v / float(large.sum()) for k, v in total.items()}
    score["scored_events"] = float(large.sum())
    return {name: round(value, 2) for name, value in score.items()}
