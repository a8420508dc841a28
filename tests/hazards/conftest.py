"""Layers, tiny rasters and choices for the tests of the hazards stage."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from affine import Affine

from pipeline.core.layers import Layer
from pipeline.core.methods.hazard_maps import MapMethods
from pipeline.core.methods.hazards import HazardMethods

DEGREE = Affine(1.0, 0.0, 70.0, 0.0, -1.0, 43.0)
"""Cells of one degree; the corner of a 3 x 3 grid over 70..73 E, 40..43 N."""


@pytest.fixture
def choices() -> HazardMethods:
    """Choices as the project ships them."""
    return HazardMethods(
        low_quantile=0.05,
        high_quantile=0.95,
        minimum_covered_fraction=0.5,
        flow_cell_m=100,
        slope_distance_m=1000,
        maps=MapMethods(minimum_weight_fraction=0.5),
    )


@pytest.fixture
def make_layer() -> Callable[..., Layer]:
    """Build a registry row; keys given replace the usual ones."""

    def build(**changes: Any) -> Layer:
        row: dict[str, Any] = {
            "id": "some-layer",
            "title": {"en": "Some layer", "ru": "Слой"},
            "role": "hazard",
            "kind": "raster",
            "file": "layer.tif",
            "hazard": "earthquake",
            "process": "ground_motion",
            "intensity_measure": "PGA",
            "unit": "g",
            "crs": "EPSG:4326",
            "nodata": None,
            "resolution": "1 deg",
            "bands": [{"level": "475", "return_period_yr": 475}],
            "licence": {"name": "CC0-1.0"},
            "citation": "Invented for a test.",
            "version": "1",
        }
        return Layer.model_validate(row | changes)

    return build


@pytest.fixture
def write_raster(tmp_path: Path) -> Callable[..., Path]:
    """Write a small GeoTIFF; one array per band."""

    def write(*bands: Any, name: str = "layer.tif", **profile: Any) -> Path:
        arrays = [np.asarray(band) for band in bands]
        tags = {k: profile.pop(k) for k in ("scales", "offsets") if k in profile}
        descriptions = profile.pop("descriptions", None)
        point = profile.pop("pixel_is_point", False)
        options: dict[str, Any] = {
            "driver": "GTiff",
            "dtype": "float32",
            "count": len(arrays),
            "height": arrays[0].shape[0],
            "width": arrays[0].shape[1],
            "crs": "EPSG:4326",
            "transform": DEGREE,
        }
        path = tmp_path / name
        with rasterio.open(path, "w", **(options | profile)) as out:
            for number, array in enumerate(arrays, start=1):
                out.write(array.astype(out.dtypes[0]), number)
            for key, value in tags.items():
                setattr(out, key, value)
            if descriptions:
                out.descriptions = descriptions
            if point:
                out.update_tags(AREA_OR_POINT="Point")
        return path

    return write
