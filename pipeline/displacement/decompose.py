"""Up and east rates from two or more viewing directions.

A line-of-sight rate is d = e E + n N + u U with the unit vector (e, n, u) from ground
to satellite. Satellites that fly nearly north and south see little of N, which is set
to zero, as in the EGMS level 3 product: northward motion of 1 mm/yr then falsifies up
and east by up to about 0.1 to 0.2 mm/yr.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.core.schemas.displacement import UP_EAST_REASONS
from pipeline.displacement.series import UNKNOWN

_LEAST_OVERLAP: Final = 0.5  # P: share of the shorter time span


@dataclass(frozen=True, slots=True)
class TrackRates:
    """Rates of the points of one source near one place.

    ``xy_m`` (n, 2) metres in one frame for all tracks; ``los`` (n, 3);
    ``first_d`` and ``last_d`` are days since any common day.
    """

    source_id: str
    xy_m: NDArray[np.float64]
    velocity_mm_per_yr: NDArray[np.float64]
    velocity_std_mm_per_yr: NDArray[np.float64]
    los: NDArray[np.float64]
    reference_point: str
    is_interpolated: bool
    first_d: float
    last_d: float


@dataclass(frozen=True, slots=True)
class UpEast:
    """Median up and east rate over cells; None with the reason where refused."""

    up_mm_per_yr: float | None
    up_std_mm_per_yr: float | None
    east_mm_per_yr: float | None
    east_std_mm_per_yr: float | None
    n_cells: int
    reason: str


def condition_number(los: NDArray[np.float64]) -> float:
    """Condition of the east and up parts of k unit vectors, shape (k, 3).

    1 for perpendicular views; infinite where all views are the same.
    """
    values = np.linalg.svd(los[:, [0, 2]], compute_uv=False)
    return float(values[0] / values[-1]) if values[-1] > 0 else float("inf")


def solve_up_east(
    velocity: NDArray[np.float64], std: NDArray[np.float64], los: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Least squares east and up rate of many cells, north set to zero.

    Parameters
    ----------
    velocity, std
        Shape (n, k). Rate and its standard error of n cells in k directions, mm/yr.
    los
        Shape (n, k, 3). Unit vectors ground to satellite.

    Returns
    -------
    tuple of ndarray
        Rates and standard errors, each of shape (n, 2): east, up.
    """
    view = los[:, :, [0, 2]]
    inverse = np.linalg.inv(np.einsum("nka,nkb->nab", view, view))
    weights = np.einsum("nab,nkb->nak", inverse, view)
    rates = np.einsum("nak,nk->na", weights, velocity)
    errors = np.sqrt(np.einsum("nak,nk->na", weights**2, std**2))
    return rates, errors


def cell_means(
    track: TrackRates, cell_m: float
) -> dict[tuple[int, int], tuple[float, float, NDArray[np.float64]]]:
    """Mean rate, standard error and vector of a track in each square cell.

    The error of the mean is the mean error of the points, not less: neighbours share
    most of their noise.
    """
    cells = np.floor(track.xy_m / cell_m).astype(np.int64)
    found: dict[tuple[int, int], tuple[float, float, NDArray[np.float64]]] = {}
    unique, member = np.unique(cells, axis=0, return_inverse=True)
    for number, cell in enumerate(unique):
        rows = member.ravel() == number
        found[(int(cell[0]), int(cell[1]))] = (
            float(track.velocity_mm_per_yr[rows].mean()),
            float(track.velocity_std_mm_per_yr[rows].mean()),
            track.los[rows].mean(axis=0),
        )
    return found


def combine(
    tracks: list[TrackRates], cell_m: float, maximum_condition: float
) -> UpEast:
    """Up and east rate near a place, or why there are none.

    Parameters
    ----------
    tracks
        Sources with at least one point and a known geometry.
    cell_m
        Cells in which all directions must have points.
    maximum_condition
        Directions with a higher condition number are refused.
    """
    observed = [track for track in tracks if not track.is_interpolated]
    chosen = observed if len(observed) > 1 else tracks
    refusal = _refusal(chosen, maximum_condition)
    if refusal:
        return _refused(refusal)
    means = [cell_means(track, cell_m) for track in chosen]
    shared = sorted(set.intersection(*(set(mean) for mean in means)))
    if not shared:
        return _refused(UP_EAST_REASONS.reason("no_shared_cell", cell_m=cell_m))
    velocity = np.array([[mean[cell][0] for mean in means] for cell in shared])
    std = np.array([[mean[cell][1] for mean in means] for cell in shared])
    los = np.array([[mean[cell][2] for mean in means] for cell in shared])
    rates, errors = solve_up_east(velocity, std, los)
    names = ", ".join(track.source_id for track in chosen)
    (east, up), (east_std, up_std) = np.median(rates, axis=0), np.median(errors, axis=0)
    return UpEast(
        up_mm_per_yr=float(up),
        up_std_mm_per_yr=float(up_std),
        east_mm_per_yr=float(east),
        east_std_mm_per_yr=float(east_std),
        n_cells=len(shared),
        reason=UP_EAST_REASONS.reason(
            "median", n_cells=len(shared), cell_m=cell_m, sources=names
        ),
    )


def _refusal(tracks: list[TrackRates], maximum_condition: float) -> str:
    if len(tracks) < 2:
        return UP_EAST_REASONS.reason("one_direction")
    references = {track.reference_point for track in tracks}
    if len(references) > 1 or UNKNOWN in references:
        return UP_EAST_REASONS.reason("references_differ")
    condition = condition_number(np.array([t.los.mean(axis=0) for t in tracks]))
    if condition > maximum_condition:
        return UP_EAST_REASONS.reason(
            "too_alike", condition=condition, limit=maximum_condition
        )
    shortest = min(track.last_d - track.first_d for track in tracks)
    overlap = min(t.last_d for t in tracks) - max(t.first_d for t in tracks)
    if overlap < _LEAST_OVERLAP * shortest:
        return UP_EAST_REASONS.reason("no_overlap")
    return ""


def _refused(reason: str) -> UpEast:
    return UpEast(None, None, None, None, 0, reason)
