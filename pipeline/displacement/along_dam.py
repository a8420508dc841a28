"""Motion along the axis of a dam: differences between sections, and its coverage.

A dam that sinks as a whole loses freeboard; one whose neighbouring parts move
differently is sheared or bent. Sections of equal length along the long axis of the
dam's outline are compared with their neighbours. The error of a difference is that of
the differenced series, so that noise which both sections share does not count.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from pipeline.core.geo import on_local_plane
from pipeline.displacement.fit.noise import standard_errors
from pipeline.displacement.fit.trend import fit_trends
from pipeline.displacement.stacks import mean_of

_LEAST_POINTS: Final = 2
_LEAST_EPOCHS: Final = 20


@dataclass(frozen=True, slots=True)
class Axis:
    """Long axis of a dam, metres east and north of the facility's position.

    ``start`` and ``along`` (unit vector) have shape (2,).
    """

    start: NDArray[np.float64]
    along: NDArray[np.float64]
    length_m: float

    def place_m(self, xy_m: NDArray[np.float64]) -> NDArray[np.float64]:
        """Distance along the axis of positions (n, 2); shape (n,)."""
        return np.asarray((xy_m - self.start) @ self.along)


@dataclass(frozen=True, slots=True)
class Differential:
    """Largest difference of rates between neighbouring sections.

    ``at_m`` is the place of their border along the axis. ``n_pairs`` pairs were
    compared; with many of them, two standard errors are reached by chance.
    """

    velocity_mm_per_yr: float
    std_mm_per_yr: float
    at_m: float
    n_pairs: int


@dataclass(frozen=True, slots=True)
class DamCoverage:
    """Share of a dam's sections with points, and the longest stretch without any."""

    covered_fraction: float
    gap_m: float


def axis_of(dam: BaseGeometry, lon_deg: float, lat_deg: float) -> Axis:
    """Long axis of the smallest rectangle around a dam, from its western end.

    A dam that bends by more than a right angle (a ring) has no single axis; the
    sections are then cuts across the ring, which mix its two sides.
    """
    flat = on_local_plane(dam, lon_deg, lat_deg)
    corners = shapely.get_coordinates(shapely.minimum_rotated_rectangle(flat))
    sides = np.diff(corners[:3], axis=0)
    lengths = np.hypot(*sides.T)
    long = int(np.argmax(lengths))
    ends = [0.5 * (corners[0] + corners[3 if long == 0 else 1])]
    ends.append(ends[0] + sides[long])
    ends.sort(key=lambda end: (round(end[0], 3), end[1]))
    along = (ends[1] - ends[0]) / lengths[long]
    return Axis(ends[0], along, float(lengths[long]))


def coverage(axis: Axis, xy_m: NDArray[np.float64], section_m: float) -> DamCoverage:
    """How well points (n, 2) cover a dam; its ends count for the gap."""
    place = np.sort(np.clip(axis.place_m(xy_m), 0.0, axis.length_m))
    n_sections = max(int(np.ceil(axis.length_m / section_m)), 1)
    filled = np.unique(np.minimum(place // section_m, n_sections - 1)).size
    stops = np.concatenate([[0.0], place, [axis.length_m]])
    return DamCoverage(filled / n_sections, float(np.diff(stops).max()))


def differential(
    axis: Axis,
    xy_m: NDArray[np.float64],
    displacement_mm: NDArray[np.float32],
    time_d: NDArray[np.float64],
    section_m: float,
) -> Differential | None:
    """Largest difference between neighbouring sections, in units of its error.

    Parameters
    ----------
    axis
        Axis of the dam.
    xy_m, displacement_mm
        Shapes (n, 2) and (n, m). Usable points of the dam.
    time_d
        Shape (m,). Days.
    section_m
        Length of a section.

    Returns
    -------
    Differential or None
        None with fewer than two neighbouring sections of at least two points.
    """
    number = np.floor(axis.place_m(xy_m) / section_m).astype(np.int64)
    known, counts = np.unique(number, return_counts=True)
    known = known[counts >= _LEAST_POINTS]
    pairs = [(a, a + 1) for a in known.tolist() if a + 1 in known]
    if not pairs:
        return None
    stack = {int(k): mean_of(displacement_mm[number == k]) for k in known}
    difference = np.array([stack[b] - stack[a] for a, b in pairs], dtype=np.float32)
    enough = np.isfinite(difference).sum(axis=1) >= _LEAST_EPOCHS
    if not enough.any():
        return None
    rate = fit_trends(difference, time_d).velocity_mm_per_yr
    error = standard_errors(difference, time_d).velocity_std_mm_per_yr
    with np.errstate(invalid="ignore"):
        score = np.where(enough & (error > 0), np.abs(rate) / error, -1.0)
    k = int(np.argmax(score))
    if score[k] < 0:
        return None
    return Differential(
        float(rate[k]), float(error[k]), pairs[k][1] * section_m, int(enough.sum())
    )
