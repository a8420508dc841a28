"""Hazard curves on a grid: exceedance by distance, then a sum over all sources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from .geometry import Grid, distance_km, site_distances, virtual_rupture
from .ground_motion import mean_exceedance
from .parameters import (
    HYPOCENTRE_DOWN_DIP_FRACTION,
    N_AZIMUTHS,
    SEISMOGENIC_BOTTOM_KM,
    Mechanism,
)

FloatArray = NDArray[np.float64]

LEVELS_G = np.geomspace(1e-4, 4.0, 70)
# The mean distance from the centre of a square of side 1 to its points (V3): the
# sources of the site's own cell are not at the site itself.
MEAN_DISTANCE_IN_SQUARE = 0.3826


def exceedance_by_distance(
    mw: float,
    epicentral_km: FloatArray,
    level_g: FloatArray,
    mechanisms: Sequence[Mechanism],
    model_weights: Mapping[str, float],
    truncation_sigma: float,
) -> FloatArray:
    """Probability that an event exceeds levels, by epicentral distance.

    Strike is random: the mean over ``N_AZIMUTHS`` directions covers ruptures that
    pass the site, point at it, and dip towards or away from it.

    Returns
    -------
    numpy.ndarray
        Shape (n_distances, n_levels), mean over strikes, mechanisms and models.
    """
    azimuth_deg = (np.arange(N_AZIMUTHS) + 0.5) * 360.0 / N_AZIMUTHS
    total = np.zeros((len(epicentral_km), len(level_g)))
    for style in mechanisms:
        rupture = virtual_rupture(
            mw,
            style.rake_deg,
            style.dip_deg,
            SEISMOGENIC_BOTTOM_KM,
            HYPOCENTRE_DOWN_DIP_FRACTION,
        )
        site = site_distances(rupture, epicentral_km[:, None], azimuth_deg[None, :])
        one = mean_exceedance(level_g, rupture, site, model_weights, truncation_sigma)
        total += style.weight * one.mean(axis=1)
    return total


def kernel_by_distance(
    centre_mw: FloatArray, fraction: FloatArray, by_magnitude: FloatArray
) -> FloatArray:
    """Sum exceedance over magnitudes: per event of a source, by distance.

    Parameters
    ----------
    centre_mw, fraction
        Shape (n_mw,): magnitudes and the share of events in each.
    by_magnitude
        Shape (n_mw, n_distances, n_levels).
    """
    if not len(centre_mw) == len(fraction) == len(by_magnitude):
        raise ValueError("magnitudes, fractions and tables differ in number")
    return np.asarray(np.tensordot(fraction, by_magnitude, axes=1), dtype=np.float64)


def _kernel_at(
    apart_km: FloatArray, table_km: FloatArray, kernel: FloatArray
) -> FloatArray:
    """Interpolate ``kernel`` linearly in log distance; zero beyond the table."""
    position = np.interp(
        np.log(np.maximum(apart_km, table_km[0])),
        np.log(table_km),
        np.arange(len(table_km), dtype=np.float64),
    )
    lower = np.minimum(position.astype(np.int64), len(table_km) - 2)
    share = (position - lower)[:, None]
    value = (1.0 - share) * kernel[lower] + share * kernel[lower + 1]
    return np.where((apart_km > table_km[-1])[:, None], 0.0, value)


def hazard_curves(
    sites: Grid,
    sources: Grid,
    rates_per_yr: Sequence[FloatArray],
    kernels: Sequence[FloatArray],
    table_km: FloatArray,
) -> FloatArray:
    """Annual rate of exceedance at each site and level.

    Both grids have one cell size and aligned cells. For each pair of rows the
    distance depends on the difference of columns alone, so the sum over a row of
    sources is a sliding product.

    Parameters
    ----------
    sites, sources
        Grids; ``sources`` should reach beyond ``sites`` by the last ``table_km``.
    rates_per_yr
        For each kind of source the events per year and cell, shape of ``sources``.
    kernels
        For each kind, shape (n_distances, n_levels); see `kernel_by_distance`.
    table_km
        Shape (n_distances,), increasing, positive.

    Returns
    -------
    numpy.ndarray
        Shape (site rows, site columns, n_levels), events per year.
    """
    n_levels = kernels[0].shape[1]
    offset = round((sites.box.west_deg - sources.box.west_deg) / sites.cell_deg)
    curves = np.zeros((sites.n_rows, sites.n_cols, n_levels))
    nearest_km = MEAN_DISTANCE_IN_SQUARE * np.sqrt(sites.area_km2)
    for row, lat in enumerate(sites.lat_deg):
        for source_row, source_lat in enumerate(sources.lat_deg):
            reach = _column_reach(lat, source_lat, table_km[-1], sites.cell_deg)
            if reach < 0:
                continue
            columns = np.arange(-reach, reach + 1)
            apart_km = distance_km(0.0, lat, columns * sites.cell_deg, source_lat)
            apart_km = np.maximum(apart_km, nearest_km[row])
            for rate, kernel in zip(rates_per_yr, kernels, strict=True):
                padded = np.pad(rate[source_row], reach)
                near = sliding_window_view(padded, 2 * reach + 1)
                near = near[offset : offset + sites.n_cols]
                curves[row] += near @ _kernel_at(apart_km, table_km, kernel)
    return curves


def _column_reach(
    lat_deg: float, source_lat_deg: float, max_km: float, cell_deg: float
) -> int:
    """Columns to either side that can lie within ``max_km``; -1 if none can."""
    across_km = float(distance_km(0.0, lat_deg, 0.0, source_lat_deg))
    if across_km > max_km:
        return -1
    cell_km = float(
        distance_km(
            0.0,
            max(lat_deg, source_lat_deg, key=abs),
            cell_deg,
            max(lat_deg, source_lat_deg, key=abs),
        )
    )
    return int(np.ceil(np.sqrt(max_km**2 - across_km**2) / cell_km)) + 1


def ground_motion_at(
    curves: FloatArray, level_g: FloatArray, return_period_yr: float
) -> FloatArray:
    """PGA whose annual rate of exceedance is one over ``return_period_yr``.

    Interpolated linearly in log rate over log PGA.

    Parameters
    ----------
    curves
        Shape (..., n_levels), annual rates, not increasing along the last axis.
    level_g
        Shape (n_levels,), increasing.

    Raises
    ------
    ValueError
        If a curve lies wholly below or above the wanted rate.
    """
    wanted = 1.0 / return_period_yr
    if np.any(curves[..., 0] < wanted) or np.any(curves[..., -1] >= wanted):
        raise ValueError(f"levels do not reach the rate of {return_period_yr} years")
    upper = np.argmax(curves < wanted, axis=-1)
    log_rate = np.log(np.maximum(curves, 1e-30))
    above = np.take_along_axis(log_rate, upper[..., None] - 1, axis=-1)[..., 0]
    below = np.take_along_axis(log_rate, upper[..., None], axis=-1)[..., 0]
    share = (above - np.log(wanted)) / (above - below)
    log_level = np.log(level_g)
    low, high = log_level[upper - 1], log_level[upper]
    return np.asarray(np.exp(low + share * (high - low)), dtype=np.float64)
