"""Small products and sources that the displacement tests share."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.core.config import read_methods
from pipeline.displacement.readers import Request
from pipeline.displacement.search import SearchArea
from pipeline.displacement.simulated_series import (
    ASCENDING,
    LAT,
    LON,
    M_PER_DEG_LAT,
    M_PER_DEG_LON,
    point_series,
)

__all__ = ["ASCENDING", "LAT", "LON", "M_PER_DEG_LAT", "M_PER_DEG_LON", "point_series"]
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


@pytest.fixture(scope="session")
def make_series() -> Any:
    """Build a source from values and dates (`point_series`)."""
    return point_series


@pytest.fixture(scope="session")
def ask() -> Any:
    """Build the request of all points of a file (`request_for`)."""
    return request_for
