"""Where events occur: adaptive kernels, mapped faults, and their mixture on a grid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from .catalogue import Catalogue, completeness_mw
from .geometry import Grid, distance_km, rupture_length_km
from .parameters import CompletenessWindow

FloatArray = NDArray[np.float64]


def bandwidths_km(
    lon_deg: FloatArray,
    lat_deg: FloatArray,
    neighbour: int,
    floor_km: FloatArray,
    cap_km: float,
) -> FloatArray:
    """Kernel bandwidth of each event: distance to its k-th neighbour.

    Helmstetter, Kagan and Jackson 2007, Seism. Res. Lett. 78, 78-86 (M-high). The
    value is kept between ``floor_km``, shape (n,), and ``cap_km``. With ``neighbour``
    or fewer events the farthest neighbour counts; a lone event gets the cap.
    """
    if len(lon_deg) < 2:
        return np.full(lon_deg.shape, cap_km)
    apart_km = distance_km(
        lon_deg[:, None], lat_deg[:, None], lon_deg[None, :], lat_deg[None, :]
    )
    rank = min(neighbour, len(lon_deg) - 1)
    # Rank 0 is the event itself.
    kth_km = np.partition(apart_km, rank, axis=1)[:, rank]
    return np.minimum(np.maximum(kth_km, floor_km), cap_km)


def floors_km(mw: FloatArray, location_km: float) -> FloatArray:
    """Least bandwidth: the location error, or half the length of the rupture."""
    return np.maximum(location_km, 0.5 * rupture_length_km(mw))


def event_weights(
    events: Catalogue,
    windows: Sequence[CompletenessWindow],
    b_value: float,
    mw_min: float,
) -> FloatArray:
    """How many events of magnitude ``mw_min`` and above each listed event stands for.

    When only events above mc were listed, each of them stands for 10^(b (mc - m_min))
    events, by the Gutenberg-Richter law (Hiemer et al. 2014, Geophys. J. Int. 198,
    1159-1172; M-high). Years of early and of late observation so count alike.
    """
    complete_mw = completeness_mw(events.time_yr, windows)
    if np.any(np.isnan(complete_mw)):
        raise ValueError("an event lies outside every completeness window")
    return np.asarray(np.power(10.0, b_value * (complete_mw - mw_min)))


def smoothed_share(
    grid: Grid,
    lon_deg: FloatArray,
    lat_deg: FloatArray,
    weight: FloatArray,
    bandwidth_km: FloatArray,
) -> FloatArray:
    """Share of the activity in each cell, from kernels around events.

    The kernel is d / (2 pi (r^2 + d^2)^1.5) with bandwidth d (Helmstetter et al. 2007,
    power law), scaled so that each event brings its whole weight to the grid.

    Parameters
    ----------
    grid
        Cells to share the activity among.
    lon_deg, lat_deg, weight
        Shape (n,): places of the events and how much each counts.
    bandwidth_km
        Shape (n,), or (n_kernels, n) for the mean over several kernels per event.

    Returns
    -------
    numpy.ndarray
        Shape (n_rows, n_cols), sums to one.
    """
    lon_grid, lat_grid = grid.lon_deg[None, :], grid.lat_deg[:, None]
    area_km2 = grid.area_km2[:, None]
    total = np.zeros((grid.n_rows, grid.n_cols))
    widths_km = np.atleast_2d(bandwidth_km).T
    for event_lon, event_lat, event_weight, event_widths_km in zip(
        lon_deg, lat_deg, weight, widths_km, strict=True
    ):
        square_km2 = distance_km(event_lon, event_lat, lon_grid, lat_grid) ** 2
        for width_km in event_widths_km:
            reach_km2 = square_km2 + width_km**2
            mass = area_km2 * width_km / (reach_km2 * np.sqrt(reach_km2))
            total += event_weight / mass.sum() * mass
    return np.asarray(total / total.sum(), dtype=np.float64)


def uniform_share(grid: Grid) -> FloatArray:
    """Equal activity per area; shape (n_rows, n_cols), sums to one."""
    area = np.repeat(grid.area_km2[:, None], grid.n_cols, axis=1)
    return np.asarray(area / area.sum(), dtype=np.float64)


def points_along(lines: Sequence[FloatArray], step_km: float) -> FloatArray:
    """Put points at equal steps along lines.

    Parameters
    ----------
    lines
        Vertices of each line, shape (n_vertices, 2), longitude and latitude.
    step_km
        Largest distance between points.

    Returns
    -------
    numpy.ndarray
        Shape (n_points, 3): longitude, latitude and the length the point stands for,
        in km. The lengths sum to the length of the lines.
    """
    rows: list[FloatArray] = []
    for line in lines:
        start, end = line[:-1], line[1:]
        length_km = distance_km(start[:, 0], start[:, 1], end[:, 0], end[:, 1])
        for a, b, piece_km in zip(start, end, length_km, strict=True):
            count = max(1, int(np.ceil(piece_km / step_km)))
            position = (np.arange(count)[:, None] + 0.5) / count
            places = a[None, :2] + position * (b - a)[None, :2]
            share = np.full((count, 1), piece_km / count)
            rows.append(np.hstack([places, share]))
    return np.vstack(rows) if rows else np.empty((0, 3))


def fault_share(
    grid: Grid, lines: Sequence[FloatArray], bandwidth_km: float
) -> FloatArray:
    """Share of the activity in each cell, equal per km of mapped fault.

    Slip rates are unknown here (empty in the source), so each km counts alike.
    Points outside the grid are left out.
    """
    points = points_along(lines, step_km=5.0)
    box = grid.box
    inside = (points[:, 0] >= box.west_deg) & (points[:, 0] < box.east_deg)
    inside &= (points[:, 1] >= box.south_deg) & (points[:, 1] < box.north_deg)
    points = points[inside]
    if len(points) == 0:
        raise ValueError("no mapped fault lies in the grid")
    width = np.full(len(points), bandwidth_km)
    return smoothed_share(grid, points[:, 0], points[:, 1], points[:, 2], width)


def mix(shares: Mapping[str, FloatArray], weights: Mapping[str, float]) -> FloatArray:
    """Weighted mean of spatial shares; sums to one as they do.

    Raises
    ------
    ValueError
        If the weights do not sum to one.
    """
    if not np.isclose(sum(weights.values()), 1.0):
        raise ValueError(f"weights sum to {sum(weights.values())}, not 1")
    first = next(iter(shares.values()))
    total = np.zeros_like(first)
    for name, weight in weights.items():
        total += weight * shares[name]
    return total


def information_gain(
    grid: Grid, share: FloatArray, lon_deg: FloatArray, lat_deg: FloatArray
) -> float:
    """Mean log2 gain per event of ``share`` over equal activity per area, in bits.

    Events must lie inside the grid; they should be unknown to ``share``.
    """
    col = np.floor((lon_deg - grid.box.west_deg) / grid.cell_deg).astype(np.int64)
    row = np.floor((grid.box.north_deg - lat_deg) / grid.cell_deg).astype(np.int64)
    ratio = share[row, col] / uniform_share(grid)[row, col]
    return float(np.mean(np.log2(ratio)))
