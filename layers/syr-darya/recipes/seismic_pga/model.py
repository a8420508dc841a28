"""The chain from catalogue to hazard curves, with its choices in one record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from . import parameters as p
from .catalogue import Catalogue, in_box, is_complete, is_mainshock, join
from .geometry import Grid
from .hazard import LEVELS_G, exceedance_by_distance, hazard_curves, kernel_by_distance
from .rates import (
    bandwidths_km,
    event_weights,
    fault_share,
    floors_km,
    mix,
    smoothed_share,
    uniform_share,
)
from .recurrence import (
    Recurrence,
    bin_fractions,
    magnitude_edges,
    observed_years,
    weichert,
)

FloatArray = NDArray[np.float64]
N_DISTANCES = 60


@dataclass(frozen=True, slots=True)
class Choices:
    """Choices that the sensitivity runs vary; the defaults make the shipped grid.

    ``b_value`` overrides the estimated slope; the fitted rate stays.
    """

    weights_small: Mapping[str, float] = field(default_factory=lambda: p.WEIGHTS_SMALL)
    weights_large: Mapping[str, float] = field(default_factory=lambda: p.WEIGHTS_LARGE)
    gmm_weights: Mapping[str, float] = field(default_factory=lambda: p.GMM_WEIGHTS)
    neighbours: tuple[int, ...] = p.NEIGHBOURS
    b_value: float | None = None


@dataclass(frozen=True, slots=True)
class Activity:
    """Events of ``MW_MIN`` and above per year and cell of the source grid.

    ``small`` places the magnitudes below ``FAULT_MW_MIN``, ``large`` the others; each
    holds the rate of all magnitudes, of which ``fractions`` gives the share per bin.
    """

    recurrence: Recurrence
    edges: FloatArray
    fractions: FloatArray
    shares: Mapping[str, FloatArray]
    small: FloatArray
    large: FloatArray


def complete_mainshocks(isc_gem: Catalogue, noaa: Catalogue) -> Catalogue:
    """Join the catalogues, keep shallow mainshocks of complete classes."""
    events = join([noaa, isc_gem])
    events = events.where(in_box(events, p.SOURCE_BOX, p.MAX_DEPTH_KM))
    events = events.where(events.mw >= p.MW_MIN)
    # Windows act on all events, so that a listed but incomplete shock still counts.
    main = events.where(is_mainshock(events))
    return main.where(is_complete(main, p.COMPLETENESS))


def estimate_recurrence(events: Catalogue) -> Recurrence:
    """Estimate the law of the whole source box from complete mainshocks."""
    # One bin more, so that an event of just the largest magnitude has its place.
    edges = magnitude_edges(p.FIT_MW_MIN, p.MW_MAX + p.MW_BIN, p.MW_BIN)
    centre = 0.5 * (edges[:-1] + edges[1:])
    counts, _ = np.histogram(events.mw, bins=edges - 1e-6)
    years = observed_years(centre, p.COMPLETENESS)
    return weichert(counts.astype(np.int64), centre, years, p.MW_BIN)


def kernel_share(
    grid: Grid, events: Catalogue, b_value: float, neighbours: tuple[int, ...]
) -> FloatArray:
    """Spatial share from adaptive kernels, mean over ``neighbours``."""
    weight = event_weights(events, p.COMPLETENESS, b_value, p.MW_MIN)
    floor_km = floors_km(events.mw, p.BANDWIDTH_FLOOR_KM)
    place = events.lon_deg, events.lat_deg
    widths_km = np.stack(
        [bandwidths_km(*place, k, floor_km, p.BANDWIDTH_CAP_KM) for k in neighbours]
    )
    return smoothed_share(grid, *place, weight, widths_km)


def activity(
    events: Catalogue, fault_lines: list[FloatArray], grid: Grid, choices: Choices
) -> Activity:
    """Estimate rates of both classes of magnitude on the source grid."""
    recurrence = estimate_recurrence(events)
    b_value = recurrence.b_value if choices.b_value is None else choices.b_value
    recent = events.where(events.time_yr >= p.INSTRUMENTAL_FIRST_YEAR)
    shares = {
        "instrumental": kernel_share(grid, recent, b_value, choices.neighbours),
        "long_term": kernel_share(grid, events, b_value, choices.neighbours),
        "faults": fault_share(grid, fault_lines, p.FAULT_BANDWIDTH_KM),
        "uniform": uniform_share(grid),
    }
    edges = magnitude_edges(p.MW_MIN, p.MW_MAX, p.MW_BIN)
    fractions = bin_fractions(b_value, edges)
    fitted = edges[:-1] > recurrence.mw_min - 0.5 * p.MW_BIN
    rate_per_yr = recurrence.rate_per_yr / float(fractions[fitted].sum())
    return Activity(
        recurrence=recurrence,
        edges=edges,
        fractions=fractions,
        shares=shares,
        small=rate_per_yr * mix(shares, choices.weights_small),
        large=rate_per_yr * mix(shares, choices.weights_large),
    )


def curves_of(
    rates: Activity, sites: Grid, sources: Grid, choices: Choices
) -> FloatArray:
    """Hazard curves at the sites, shape (rows, columns, levels), events per year."""
    table_km = np.geomspace(2.0, p.MAX_DISTANCE_KM, N_DISTANCES)
    centre = 0.5 * (rates.edges[:-1] + rates.edges[1:])
    by_magnitude = np.stack(
        [
            exceedance_by_distance(
                mw,
                table_km,
                LEVELS_G,
                p.MECHANISMS,
                choices.gmm_weights,
                p.TRUNCATION_SIGMA,
            )
            for mw in centre
        ]
    )
    is_large = centre >= p.FAULT_MW_MIN
    kernels = [
        kernel_by_distance(centre, np.where(part, rates.fractions, 0.0), by_magnitude)
        for part in (~is_large, is_large)
    ]
    return hazard_curves(sites, sources, [rates.small, rates.large], kernels, table_km)
