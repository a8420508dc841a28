"""Distances on the sphere, the cell grid, and distances to virtual ruptures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .parameters import Box

FloatArray = NDArray[np.float64]
EARTH_RADIUS_KM = 6371.0088  # mean radius, IUGG


def distance_km(
    lon_a_deg: ArrayLike,
    lat_a_deg: ArrayLike,
    lon_b_deg: ArrayLike,
    lat_b_deg: ArrayLike,
) -> FloatArray:
    """Great-circle distance, km (haversine); arguments broadcast, degrees."""
    lon_a, lat_a = np.radians(lon_a_deg), np.radians(lat_a_deg)
    lon_b, lat_b = np.radians(lon_b_deg), np.radians(lat_b_deg)
    half = np.sin((lat_b - lat_a) / 2.0) ** 2
    half = half + np.cos(lat_a) * np.cos(lat_b) * np.sin((lon_b - lon_a) / 2.0) ** 2
    return np.asarray(
        2.0 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(half)), dtype=np.float64
    )


@dataclass(frozen=True, slots=True)
class Grid:
    """Regular grid of square cells in degrees, EPSG:4326, row 0 in the north."""

    box: Box
    cell_deg: float

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return round((self.box.north_deg - self.box.south_deg) / self.cell_deg)

    @property
    def n_cols(self) -> int:
        """Number of columns."""
        return round((self.box.east_deg - self.box.west_deg) / self.cell_deg)

    @property
    def lon_deg(self) -> FloatArray:
        """Longitudes of the cell centres, shape (n_cols,), increasing."""
        step = np.arange(self.n_cols, dtype=np.float64) + 0.5
        return self.box.west_deg + step * self.cell_deg

    @property
    def lat_deg(self) -> FloatArray:
        """Latitudes of the cell centres, shape (n_rows,), decreasing."""
        step = np.arange(self.n_rows, dtype=np.float64) + 0.5
        return self.box.north_deg - step * self.cell_deg

    @property
    def area_km2(self) -> FloatArray:
        """Area of the cells of each row, shape (n_rows,)."""
        side_km = np.radians(self.cell_deg) * EARTH_RADIUS_KM
        area_km2 = side_km**2 * np.cos(np.radians(self.lat_deg))
        return np.asarray(area_km2, dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Rupture:
    """Rectangular rupture plane; its upper edge is level and runs along the strike.

    The epicentre is the surface projection of the middle of the plane. Depths are km
    below the surface, ``rake_deg`` follows Aki and Richards.
    """

    mw: float
    rake_deg: float
    dip_deg: float
    length_km: float
    width_km: float
    top_km: float
    hypocentre_km: float


@dataclass(frozen=True, slots=True)
class SiteDistances:
    """Distances from sites to one rupture, km, arrays of one shape.

    ``rx_km`` is measured from the surface projection of the top edge, positive on the
    side to which the plane dips.
    """

    rjb_km: FloatArray
    rrup_km: FloatArray
    rx_km: FloatArray


def expected_top_km(mw: float, rake_deg: float) -> float:
    """Depth to the top of rupture expected by Chiou and Youngs 2014, km (V3)."""
    if 30.0 <= rake_deg <= 150.0:
        root = 2.704 - 1.226 * max(mw - 5.849, 0.0)
    else:
        root = 2.673 - 1.136 * max(mw - 4.970, 0.0)
    return max(root, 0.0) ** 2


def rupture_length_km(mw: ArrayLike) -> FloatArray:
    """Subsurface rupture length, km: Wells and Coppersmith 1994, all slips (V3)."""
    return np.asarray(10.0 ** (-2.44 + 0.59 * np.asarray(mw)), dtype=np.float64)


def virtual_rupture(
    mw: float,
    rake_deg: float,
    dip_deg: float,
    bottom_km: float,
    down_dip_fraction: float,
) -> Rupture:
    """Make the rupture that stands for an event of magnitude ``mw``.

    Length and width follow Wells and Coppersmith 1994 for all slip types (V3), the
    width log10 W = -1.01 + 0.32 M. It is cut at ``bottom_km``, the depth of the
    seismogenic layer.
    """
    top_km = min(expected_top_km(mw, rake_deg), bottom_km - 1.0)
    sin_dip = np.sin(np.radians(dip_deg))
    width_km = min(10.0 ** (-1.01 + 0.32 * mw), (bottom_km - top_km) / sin_dip)
    return Rupture(
        mw=mw,
        rake_deg=rake_deg,
        dip_deg=dip_deg,
        length_km=float(rupture_length_km(mw)),
        width_km=float(width_km),
        top_km=top_km,
        hypocentre_km=float(top_km + down_dip_fraction * width_km * sin_dip),
    )


def site_distances(
    rupture: Rupture, epicentral_km: FloatArray, azimuth_deg: FloatArray
) -> SiteDistances:
    """Distances to a rupture for sites around its epicentre, on a flat earth.

    Parameters
    ----------
    rupture
        The plane; its middle lies below the epicentre.
    epicentral_km
        Horizontal distance from the epicentre, any shape.
    azimuth_deg
        Direction of the site seen from the epicentre, measured from the strike
        towards the dip side; broadcasts with ``epicentral_km``.

    Returns
    -------
    SiteDistances
        Exact distances from a point to a rectangle.
    """
    angle = np.radians(azimuth_deg)
    along_km = epicentral_km * np.cos(angle)
    dip = np.radians(rupture.dip_deg)
    half_width_flat_km = 0.5 * rupture.width_km * np.cos(dip)
    rx_km = epicentral_km * np.sin(angle) + half_width_flat_km
    out_along_km = np.maximum(np.abs(along_km) - 0.5 * rupture.length_km, 0.0)
    out_across_km = np.maximum(
        np.abs(rx_km - half_width_flat_km) - half_width_flat_km, 0.0
    )
    # Coordinates of the site in the plane (down dip) and normal to it.
    down_km = rx_km * np.cos(dip) - rupture.top_km * np.sin(dip)
    normal_km = rx_km * np.sin(dip) + rupture.top_km * np.cos(dip)
    out_down_km = down_km - np.clip(down_km, 0.0, rupture.width_km)
    rrup_km = np.sqrt(out_along_km**2 + out_down_km**2 + normal_km**2)
    rjb_km = np.hypot(out_along_km, out_across_km)
    return SiteDistances(rjb_km=rjb_km, rrup_km=rrup_km, rx_km=rx_km)
