"""Small products and sources that the displacement tests share."""

from __future__ import annotations

import datetime
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from shapely.geometry import box

from pipeline.core.config import read_methods
from pipeline.displacement.readers import Request
from pipeline.displacement.search import SearchArea
from pipeline.displacement.series import (
    SENTINEL_1_WAVELENGTH_MM,
    Component,
    PointSeries,
)

LON, LAT = 70.1, 40.2
M_PER_DEG_LON, M_PER_DEG_LAT = 85_160.0, 111_040.0
ASCENDING = (-0.62, -0.10, 0.778)
DESCENDING = (0.59, -0.12, 0.798)
REFERENCE = datetime.date(2025, 1, 1)


@pytest.fixture(scope="session")
def methods(project: Path) -> Any:
    """Displacement methods as shipped."""
    return read_methods(project / "configs" / "methods.yaml").displacement


@pytest.fixture
def area() -> SearchArea:
    """Circle of a facility whose place is well known."""
    return SearchArea("tmf-1", LON, LAT, 1000.0, 500.0, position_radius_m=200.0)


def keep_all(lon: Any, lat: Any) -> Any:
    """Keep every point."""
    return np.ones(len(lon), dtype=bool)


def request_for(path: Path) -> Request:
    """Request of all points of a file."""
    return Request("src", path, keep_all)


def point_series(
    values: Any,
    dates: Any,
    *,
    xy_m: Any = None,
    los: Any = ASCENDING,
    **changes: Any,
) -> PointSeries:
    """Series around the facility, on a grid of 60 m unless positions are given."""
    n = len(values)
    if xy_m is None:
        side = int(np.ceil(np.sqrt(n)))
        k = np.arange(n)
        xy_m = 60.0 * np.column_stack([k % side, k // side]) - 30.0 * side
    unknown = np.full(n, np.nan)
    series = PointSeries(
        source_id="src",
        reader="egms",
        product="simulated",
        component=Component.LINE_OF_SIGHT,
        point_id=np.array([f"p{k:04d}" for k in range(n)]),
        lon_deg=LON + np.asarray(xy_m)[:, 0] / M_PER_DEG_LON,
        lat_deg=LAT + np.asarray(xy_m)[:, 1] / M_PER_DEG_LAT,
        epoch=dates,
        displacement_mm=np.asarray(values, dtype=np.float32),
        los=np.tile(np.asarray(los, dtype=float), (n, 1)),
        track_angle_deg=unknown,
        coherence=unknown,
        height_m=unknown,
        provider_velocity_mm_per_yr=unknown,
        is_interpolated=False,
        reference_point="frame",
        reference_epoch="unknown",
        footprint=box(LON - 0.05, LAT - 0.05, LON + 0.05, LAT + 0.05),
        unit_in_file="mm",
        sign_in_file="towards the satellite",
        wavelength_mm=SENTINEL_1_WAVELENGTH_MM,
    )
    return replace(series, **changes)


@pytest.fixture(scope="session")
def make_series() -> Any:
    """Build a source from values and dates (`point_series`)."""
    return point_series


@pytest.fixture(scope="session")
def ask() -> Any:
    """Build the request of all points of a file (`request_for`)."""
    return request_for
