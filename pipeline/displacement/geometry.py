"""Viewing directions: from angles and layers of files, or declared for a source."""

from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from pipeline.core.records import Record
from pipeline.displacement.series import los_from_angles


class GeometryOptions(Record):
    """Viewing direction and wavelength of a product whose files do not hold them."""

    los: tuple[float, float, float] | None = Field(
        None, description="Unit vector ground to satellite (east, north, up), for all."
    )
    incidence_deg: float | None = Field(
        None, gt=0, lt=90, description="Incidence angle from the vertical, for all."
    )
    heading_deg: float | None = Field(
        None, ge=-360, le=360, description="Flight direction clockwise from north."
    )
    wavelength_m: float | None = Field(
        None,
        gt=0.005,
        lt=1,
        description="Wavelength of the radar, metres, where the files do not tell; "
        "without it no step is recognised as an error of unwrapping.",
    )

    @model_validator(mode="after")
    def _has_one_direction(self) -> Self:
        if self.incidence_deg is not None and self.heading_deg is None:
            raise ValueError("incidence_deg needs heading_deg")
        if self.los is not None and self.incidence_deg is not None:
            raise ValueError("give los, or the two angles")
        return self


def declared_los(options: GeometryOptions, n_points: int) -> NDArray[np.float64] | None:
    """Shape (n, 3), from the options; None where they tell none."""
    if options.los is not None:
        return np.tile(options.los, (n_points, 1))
    if options.incidence_deg is not None and options.heading_deg is not None:
        return los_from_angles(
            np.full(n_points, options.incidence_deg),
            np.full(n_points, options.heading_deg),
        )
    return None


def track_angle_deg(options: GeometryOptions) -> float:
    """Flight direction in the options; NaN where they tell none."""
    return np.nan if options.heading_deg is None else options.heading_deg


def wavelength_mm(options: GeometryOptions) -> float | None:
    """Wavelength in the options; None where they tell none."""
    return None if options.wavelength_m is None else 1000.0 * options.wavelength_m


def los_from_azimuth(
    incidence_deg: NDArray[np.float64], azimuth_deg: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Unit vectors of the convention of ISCE and MintPy, shape (n, 3).

    Parameters
    ----------
    incidence_deg
        Shape (n,). From the vertical; 0 is no data.
    azimuth_deg
        Shape (n,). Of the direction ground to satellite, from north, anticlockwise.
    """
    known = np.where(incidence_deg > 0.0, incidence_deg, np.nan)
    incidence, azimuth = np.deg2rad(known), np.deg2rad(azimuth_deg)
    return np.column_stack(
        [
            -np.sin(incidence) * np.sin(azimuth),
            np.sin(incidence) * np.cos(azimuth),
            np.cos(incidence),
        ]
    )


def los_from_parts(
    east: NDArray[np.float64],
    north: NDArray[np.float64],
    up: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """Unit vectors from their parts, shape (n, 3); all parts 0 are no data.

    Without ``up`` it follows from the length 1, above the horizon.
    """
    if up is None:
        rest = 1.0 - east**2 - north**2
        up = np.sqrt(np.where(rest > 0.0, rest, np.nan))
        nothing = (east == 0.0) & (north == 0.0)
    else:
        nothing = (east == 0.0) & (north == 0.0) & (up == 0.0)
    vectors = np.column_stack([east, north, up])
    vectors[nothing] = np.nan
    return vectors
