"""Earthquake catalogues: reading, joining, completeness and declustering."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.core.errors import InputError

from .geometry import distance_km
from .parameters import Box, CompletenessWindow

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
DAYS_PER_YEAR = 365.25


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Events in parallel arrays of shape (n,), EPSG:4326.

    ``time_yr`` is a decimal year (UTC), ``mw`` the moment magnitude or the magnitude
    the source offers instead, ``depth_km`` NaN where the source gives none.
    """

    time_yr: FloatArray
    lon_deg: FloatArray
    lat_deg: FloatArray
    depth_km: FloatArray
    mw: FloatArray

    def __len__(self) -> int:
        """Give the number of events."""
        return len(self.mw)

    def where(self, keep: BoolArray) -> Catalogue:
        """Events for which ``keep``, shape (n,), is true."""
        return Catalogue(
            self.time_yr[keep],
            self.lon_deg[keep],
            self.lat_deg[keep],
            self.depth_km[keep],
            self.mw[keep],
        )


def _read_columns(path: Path, columns: Sequence[str]) -> pd.DataFrame:
    """Read a CSV and stop when a column is missing."""
    frame = pd.read_csv(path)
    missing = [name for name in columns if name not in frame.columns]
    if missing:
        raise InputError(
            f"{path}: columns {missing} are missing, found {list(frame.columns)}; "
            "give the file named in the README of the recipe"
        )
    return frame


def _decimal_year(text: pd.Series) -> FloatArray:
    """Convert ISO times to decimal years, to the day."""
    time = pd.to_datetime(text.str.slice(0, 10), format="%Y-%m-%d")
    day = time.dt.day_of_year.to_numpy(np.float64) - 1.0
    return time.dt.year.to_numpy(np.float64) + day / DAYS_PER_YEAR


def read_isc_gem(path: Path) -> Catalogue:
    """Read the ISC-GEM main catalogue (columns of the file in the data root)."""
    columns = ("origin_time_utc", "latitude", "longitude", "depth_km", "mw")
    frame = _read_columns(path, columns)
    return Catalogue(
        _decimal_year(frame["origin_time_utc"]),
        frame["longitude"].to_numpy(np.float64),
        frame["latitude"].to_numpy(np.float64),
        frame["depth_km"].to_numpy(np.float64),
        frame["mw"].to_numpy(np.float64),
    )


def read_noaa(path: Path, last_year: int) -> Catalogue:
    """Read NOAA/NCEI significant earthquakes up to and including ``last_year``.

    ``EQ_PRIMARY`` is taken as it stands (Mw, else Ms, else unspecified). Rows without
    magnitude or position cannot be used and are left out.
    """
    columns = ("YEAR", "MONTH", "DAY", "FOCAL_DEPTH", "EQ_PRIMARY")
    frame = _read_columns(path, (*columns, "LATITUDE", "LONGITUDE"))
    number = {
        name: pd.to_numeric(frame[name], errors="coerce").to_numpy(np.float64)
        for name in (*columns, "LATITUDE", "LONGITUDE")
    }
    month = np.nan_to_num(number["MONTH"], nan=7.0)
    day = np.nan_to_num(number["DAY"], nan=1.0)
    time_yr = number["YEAR"] + ((month - 1.0) * 30.44 + day - 1.0) / DAYS_PER_YEAR
    events = Catalogue(
        time_yr,
        number["LONGITUDE"],
        number["LATITUDE"],
        number["FOCAL_DEPTH"],
        number["EQ_PRIMARY"],
    )
    known = np.isfinite(events.mw) & np.isfinite(events.lon_deg + events.lat_deg)
    return events.where(known & (number["YEAR"] <= last_year))


def read_usgs(path: Path) -> Catalogue:
    """Read the USGS events kept apart to test the rates; the file has no depths."""
    columns = ("origin_time_utc", "latitude", "longitude", "magnitude")
    frame = _read_columns(path, columns)
    return Catalogue(
        _decimal_year(frame["origin_time_utc"]),
        frame["longitude"].to_numpy(np.float64),
        frame["latitude"].to_numpy(np.float64),
        np.full(len(frame), np.nan),
        frame["magnitude"].to_numpy(np.float64),
    )


def join(parts: Sequence[Catalogue]) -> Catalogue:
    """Put catalogues together in order of time; their periods must not overlap."""
    joined = Catalogue(
        np.concatenate([part.time_yr for part in parts]),
        np.concatenate([part.lon_deg for part in parts]),
        np.concatenate([part.lat_deg for part in parts]),
        np.concatenate([part.depth_km for part in parts]),
        np.concatenate([part.mw for part in parts]),
    )
    return joined.where(np.argsort(joined.time_yr, kind="stable"))  # type: ignore[arg-type]


def in_box(events: Catalogue, box: Box, max_depth_km: float) -> BoolArray:
    """Flag events inside ``box`` that are shallow or of unknown depth."""
    inside = (events.lon_deg >= box.west_deg) & (events.lon_deg < box.east_deg)
    inside &= (events.lat_deg >= box.south_deg) & (events.lat_deg < box.north_deg)
    return inside & ~(events.depth_km > max_depth_km)


def is_complete(events: Catalogue, windows: Sequence[CompletenessWindow]) -> BoolArray:
    """Flag events that lie in a completeness window of their magnitude class."""
    complete = np.zeros(len(events), dtype=np.bool_)
    for window in windows:
        complete |= (
            (events.mw >= window.mw_min)
            & (events.mw < window.mw_max)
            & (events.time_yr >= window.first_year)
            & (events.time_yr < window.last_year + 1)
        )
    return complete


def completeness_mw(
    time_yr: FloatArray, windows: Sequence[CompletenessWindow]
) -> FloatArray:
    """Smallest magnitude that is complete at each time; NaN where none is.

    All classes above the smallest must be complete at the same time, which the
    windows of the recipe fulfil.
    """
    smallest = np.full(time_yr.shape, np.inf)
    for window in windows:
        inside = (time_yr >= window.first_year) & (time_yr < window.last_year + 1)
        smallest[inside] = np.minimum(smallest[inside], window.mw_min)
    return np.where(np.isfinite(smallest), smallest, np.nan)


def window_km(mw: FloatArray) -> FloatArray:
    """Distance window of Gardner and Knopoff 1974, km (V3, fit to their table)."""
    return np.power(10.0, 0.1238 * mw + 0.983)


def window_days(mw: FloatArray) -> FloatArray:
    """Time window of Gardner and Knopoff 1974, days (V3, fit to their table)."""
    small = np.power(10.0, 0.5409 * mw - 0.547)
    large = np.power(10.0, 0.032 * mw + 2.7389)
    return np.where(mw < 6.5, small, large)


def is_mainshock(events: Catalogue) -> BoolArray:
    """Flag mainshocks by the windows of Gardner and Knopoff 1974.

    Events are visited from the largest to the smallest. Each one that still stands
    removes the smaller events inside its windows, before it (foreshocks) and after it
    (aftershocks) alike. Equal magnitudes: the earlier event stands.

    Returns
    -------
    numpy.ndarray
        Shape (n,), in the order of ``events``.
    """
    stands = np.ones(len(events), dtype=np.bool_)
    reach_km, reach_days = window_km(events.mw), window_days(events.mw)
    order = np.lexsort((events.time_yr, -events.mw))
    rank = np.empty(len(events), dtype=np.int64)
    rank[order] = np.arange(len(events))
    for index in order:
        if not stands[index]:
            continue
        apart_days = np.abs(events.time_yr - events.time_yr[index]) * DAYS_PER_YEAR
        near = (apart_days <= reach_days[index]) & (rank > rank[index]) & stands
        candidates = np.flatnonzero(near)
        apart_km = distance_km(
            events.lon_deg[index],
            events.lat_deg[index],
            events.lon_deg[candidates],
            events.lat_deg[candidates],
        )
        stands[candidates[apart_km <= reach_km[index]]] = False
    return stands
