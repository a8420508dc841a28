"""The river network as arrays, sorted from upstream to downstream."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from pipeline.core.geo import distance_m
from pipeline.rivers.discharge import Discharge
from pipeline.rivers.ledger import Entry

Numbers = NDArray[np.float64]
Texts = NDArray[np.object_]
Indices = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Lines:
    """Course of all reaches, vertices one after another (EPSG:4326).

    Reach ``i`` has the vertices ``offset[i]`` to ``offset[i + 1]``; ``along_m`` is the
    geodesic distance of a vertex from the reach's upstream end.
    """

    lon_deg: Numbers
    lat_deg: Numbers
    along_m: Numbers
    offset: Indices

    def length_m(self) -> Numbers:
        """Geodesic length of every line."""
        return self.along_m[self.offset[1:] - 1]

    def point_at(self, reach: Indices, fraction: Numbers) -> tuple[Numbers, Numbers]:
        """Longitude and latitude at shares (0 to 1) of the length of reaches."""
        lon, lat = np.empty(len(reach)), np.empty(len(reach))
        for place, (index, share) in enumerate(zip(reach, fraction, strict=True)):
            part = slice(self.offset[index], self.offset[index + 1])
            along = self.along_m[part]
            wanted = share * along[-1]
            lon[place] = np.interp(wanted, along, self.lon_deg[part])
            lat[place] = np.interp(wanted, along, self.lat_deg[part])
        return lon, lat


@dataclass(frozen=True, slots=True)
class Network:
    """Reaches sorted upstream to downstream; all arrays have shape (n,).

    Missing numbers are NaN, missing texts None, a missing next reach -1. The reaches
    upstream of ``i`` are ``i - n_upstream[i]`` to ``i - 1``. ``length_m`` follows the
    river (see `mending`). ``lake`` is the key of standing water, ``position_m`` the
    typical distance of the line from the true river. ``ledger`` lists all that was
    found in the layer and what was done.
    """

    source_id: Texts
    next_index: Indices
    n_upstream: Indices
    terminal: Texts
    name: Texts
    name_ru: Texts
    lake: Texts
    lake_name: Texts
    strahler: Numbers
    length_m: Numbers
    slope: Numbers
    area_km2: Numbers
    discharge: Discharge
    position_m: Numbers
    observed_m_per_s: Numbers
    hydraulic_radius_m: Numbers
    roughness: Numbers
    country_left: Texts
    country_right: Texts
    note: Texts
    lines: Lines
    ledger: tuple[Entry, ...] = ()

    def __len__(self) -> int:
        """Return the number of reaches."""
        return len(self.next_index)

    @property
    def in_lake(self) -> NDArray[np.bool_]:
        """Reaches in standing water."""
        return np.array([lake is not None for lake in self.lake], dtype=bool)


def lines_from_geometry(geometry: Sequence[Any] | NDArray[Any]) -> Lines:
    """Flatten LineStrings (EPSG:4326, drawn downstream) and measure them."""
    import shapely

    points, owner = shapely.get_coordinates(geometry, return_index=True)
    count = np.bincount(owner, minlength=len(geometry))
    offset = np.zeros(len(geometry) + 1, dtype=np.int64)
    np.cumsum(count, out=offset[1:])
    return measured_lines(
        np.ascontiguousarray(points[:, 0]), np.ascontiguousarray(points[:, 1]), offset
    )


def measured_lines(lon_deg: Numbers, lat_deg: Numbers, offset: Indices) -> Lines:
    """Measure lines whose vertices lie one after another (see `Lines`)."""
    step = np.zeros(len(lon_deg))
    inside = np.ones(len(lon_deg), dtype=bool)
    inside[offset[:-1]] = False
    after = np.flatnonzero(inside)
    step[after] = distance_m(
        lon_deg[after - 1], lat_deg[after - 1], lon_deg[after], lat_deg[after]
    )
    return Lines(lon_deg, lat_deg, _along(step, offset), offset)


@njit(cache=True)
def _along(step_m: Numbers, offset: Indices) -> Numbers:
    """Sum steps within every line by itself, so that no line depends on another."""
    along = np.zeros(len(step_m))
    for k in range(len(offset) - 1):
        for v in range(offset[k] + 1, offset[k + 1]):
            along[v] = along[v - 1] + step_m[v]
    return along
