"""The one record that every displacement reader produces, and its geometry.

Inside the pipeline displacement is in millimetres, positive towards the satellite for
the line of sight, up for vertical and east for eastward series. The viewing direction
is the unit vector from the ground to the satellite (east, north, up). What a file says
otherwise is turned into this by its reader.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

UNKNOWN: Final = "unknown"
SENTINEL_1_WAVELENGTH_MM: Final = 55.46576
"""C band of Sentinel-1, 5.405 GHz (ESA; V)."""
NO_EPOCHS: Final = np.empty(0, dtype="datetime64[D]")
"""Time axis of a product of rates alone."""


class Component(StrEnum):
    """What a series measures."""

    LINE_OF_SIGHT = "los"
    UP = "up"
    EAST = "east"


COMPONENT_VECTOR: Final = {
    Component.UP: (0.0, 0.0, 1.0),
    Component.EAST: (1.0, 0.0, 0.0),
}


@dataclass(frozen=True, slots=True)
class PointSeries:
    """Displacement series of the points of one source (n points, m epochs).

    Attributes
    ----------
    source_id
        Key of the source in the region's configuration.
    reader, product
        Name of the reader; what the file says that it is.
    component
        What the series measures.
    point_id
        Shape (n,). Identifiers as text, unique.
    lon_deg, lat_deg
        Shape (n,). WGS 84.
    epoch
        Shape (m,). Days as ``datetime64[D]``, strictly increasing, as in the file.
        None in a product of rates alone.
    displacement_mm
        Shape (n, m), float32. NaN where there is no value.
    los
        Shape (n, 3). East, north and up part of the unit vector from ground to
        satellite (or of the component); NaN where the file does not tell.
    track_angle_deg
        Shape (n,). Flight direction, clockwise from north; NaN where unknown.
    coherence, height_m
        Shape (n,). NaN where unknown.
    provider_velocity_mm_per_yr
        Shape (n,). Rate in the file, in the pipeline's sign; NaN where unknown.
    is_interpolated
        Whether epochs were interpolated by the provider, so that they are no
        independent observations.
    reference_point, reference_epoch
        What displacements are relative to, or "unknown". Series with the same
        ``reference_point`` can be combined.
    footprint
        Convex hull of all points of the file (EPSG:4326), also of those not kept.
    unit_in_file, sign_in_file
        What the file holds, for the record.
    files
        All files that were read, where they are more than the product's own.
    wavelength_mm
        Wavelength of the radar; None where the product does not tell.
    """

    source_id: str
    reader: str
    product: str
    component: Component
    point_id: NDArray[np.str_]
    lon_deg: NDArray[np.float64]
    lat_deg: NDArray[np.float64]
    epoch: NDArray[np.datetime64]
    displacement_mm: NDArray[np.float32]
    los: NDArray[np.float64]
    track_angle_deg: NDArray[np.float64]
    coherence: NDArray[np.float64]
    height_m: NDArray[np.float64]
    provider_velocity_mm_per_yr: NDArray[np.float64]
    is_interpolated: bool
    reference_point: str
    reference_epoch: str
    footprint: BaseGeometry
    unit_in_file: str
    sign_in_file: str
    files: tuple[Path, ...] = ()
    wavelength_mm: float | None = None

    @property
    def half_wave_mm(self) -> float | None:
        """Step that an unwrapping error makes; None where it is not known.

        Only along the line of sight: decomposed series have no step of their own.
        """
        if self.wavelength_mm is None or self.component is not Component.LINE_OF_SIGHT:
            return None
        return 0.5 * self.wavelength_mm

    @property
    def n_points(self) -> int:
        """Number of points kept."""
        return len(self.point_id)

    @property
    def time_d(self) -> NDArray[np.float64]:
        """Shape (m,). Days since the first epoch."""
        since = self.epoch - self.epoch[:1]
        return since.astype("timedelta64[D]").astype(np.float64)

    @property
    def has_geometry(self) -> bool:
        """Whether the viewing direction of every point is known."""
        return bool(np.isfinite(self.los).all())


def los_from_angles(
    incidence_deg: NDArray[np.float64], heading_deg: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Unit vectors from ground to satellite of a right-looking radar.

    Parameters
    ----------
    incidence_deg
        Shape (n,). Angle at the ground between the vertical and the line of sight.
    heading_deg
        Shape (n,). Flight direction, clockwise from north.

    Returns
    -------
    ndarray
        Shape (n, 3): east, north, up. NaN where an angle is NaN.

    Notes
    -----
    The satellite is to the left of the flight direction as seen from the ground, at
    the azimuth ``heading - 90`` degrees. Docs/methods.md, "Viewing direction".
    """
    incidence, azimuth = np.deg2rad(incidence_deg), np.deg2rad(heading_deg - 90.0)
    return np.column_stack(
        [
            np.sin(incidence) * np.sin(azimuth),
            np.sin(incidence) * np.cos(azimuth),
            np.cos(incidence),
        ]
    )
