"""Reading of small products, shared by the tests of formats."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipeline.displacement.checks import check_series
from pipeline.displacement.readers import load_options, readers
from pipeline.displacement.series import PointSeries
from tests.displacement import small_products as small


def read(ask: Any, reader: str, path: Path, **options: Any) -> PointSeries:
    """Read and check a product as the stage does."""
    module = readers()[reader]
    checked = load_options(module, options, "test")
    return check_series(module.read(ask(path), checked), path)


def geotiff_stack(path: Path, **changes: Any) -> Path:
    """Stack of the small values, one band for each date."""
    return small.geotiff(path, small.VALUES_MM, small.DATES, **changes)
