"""Sampler of vector layers: polygons whose value or class stands in a column, points.

The circle of a place is cut with the polygons; parts count by their area. Where
polygons lie on top of each other the largest value counts, so nothing counts twice.
A polygon without a value covers nothing. Classes become numbers by the layer's own
list; the class with the largest share stands for the place, because a mean of classes
is none. Points are handled by `pipeline.hazards.sampling.points`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyogrio
import shapely
from numpy.typing import NDArray
from pyogrio.errors import DataLayerError, DataSourceError
from shapely.geometry import Point

from pipeline.core.errors import input_error
from pipeline.core.geo import require_crs
from pipeline.core.layers import Band, Layer
from pipeline.core.methods.hazards import HazardMethods
from pipeline.core.point_table import is_point_table, read_point_table
from pipeline.core.schemas.hazards import NOTES
from pipeline.hazards.columns import numbers_of
from pipeline.hazards.levels import declared_levels, value_column
from pipeline.hazards.places import Place
from pipeline.hazards.samples import Sample, Sampled, sample_of, summarise
from pipeline.hazards.sampling.points import sample_points


def sample(
    layer: Layer, path: Path, places: Sequence[Place], choices: HazardMethods
) -> Sampled:
    """Sample all levels of a vector layer at all places.

    Raises
    ------
    InputError
        If the file cannot be read, has another CRS than the registry declares, holds
        other shapes than polygons, or lacks a column of numbers for a level.
    """
    levels = declared_levels(layer)
    frame = read_shapes(layer, path)
    if layer.points is not None:
        return sample_points(layer, layer.points, frame, path, places, choices)
    shapes, remarks = whole_polygons(frame, layer, path)
    columns = [
        numbers_of(frame, value_column(layer, band), layer, path) for band in levels
    ]
    tree = shapely.STRtree(shapes)
    samples: list[Sample] = []
    for place in places:
        target = place.outline or Point(place.lon_deg, place.lat_deg)
        near = np.sort(tree.query(target, predicate="intersects"))
        for band, numbers in zip(levels, columns, strict=True):
            values, weights = _overlay(target, shapes[near], numbers[near])
            samples.append(_sample(place, band, values, weights, layer, choices))
    return Sampled(tuple(samples), remarks)


def read_shapes(layer: Layer, path: Path) -> gpd.GeoDataFrame:
    """Shapes of a vector layer in EPSG:4326."""
    how = layer.points
    if how is not None and how.lon_column and how.lat_column and is_point_table(path):
        return read_point_table(path, how.lon_column, how.lat_column)
    try:
        frame = pyogrio.read_dataframe(path, layer=layer.table)
    except (DataSourceError, DataLayerError, OSError) as error:
        raise input_error(
            path,
            field=layer.id,
            found=f"a file that cannot be read ({error})",
            expected=f"polygons of layer {layer.table or layer.id!r}",
            fix="fetch the file again, or correct 'file' and 'table' in the registry",
        ) from None
    if layer.crs is not None:
        require_crs(frame, layer.crs, f"{path} ({layer.id})")
    return frame.to_crs("EPSG:4326")


def whole_polygons(
    frame: gpd.GeoDataFrame, layer: Layer, path: Path
) -> tuple[NDArray[Any], tuple[str, ...]]:
    """Polygons of a layer, those that cross themselves mended, with a remark."""
    shapes = np.asarray(frame.geometry.array)
    kinds = set(frame.geom_type.dropna().unique())
    if not kinds <= {"Polygon", "MultiPolygon"}:
        raise input_error(
            path,
            field=layer.id,
            found=f"shapes of type {sorted(kinds)}",
            expected="polygons",
            fix="use polygons, or say under 'points' in the registry how points count",
        )
    broken = ~shapely.is_valid(shapes) & ~shapely.is_missing(shapes)
    if not broken.any():
        return shapes, ()
    mended = shapes.copy()
    mended[broken] = shapely.make_valid(shapes[broken])
    remark = NOTES.reason("polygons_mended", n_polygons=int(broken.sum()))
    return mended, (remark,)


def _overlay(
    target: Any, shapes: NDArray[Any], numbers: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Values and shares of a target's area, largest value first."""
    known = ~np.isnan(numbers)
    order = np.argsort(-numbers[known], kind="stable")
    shapes, numbers = shapes[known][order], numbers[known][order]
    if target.geom_type == "Point":
        return numbers[:1], np.ones(min(len(numbers), 1))
    values, weights = [], []
    rest = target
    for shape, value in zip(shapes, numbers, strict=True):
        part = rest.intersection(shape).area / target.area
        if part > 0:
            values.append(value)
            weights.append(part)
            rest = rest.difference(shape)
    return np.array(values), np.array(weights)


def _sample(
    place: Place,
    band: Band,
    values: NDArray[np.float64],
    weights: NDArray[np.float64],
    layer: Layer,
    choices: HazardMethods,
) -> Sample:
    bounds = extremes = peak = None
    if values.size:
        peak = float(values.max())
        bounds = summarise(values, weights, choices)
        if layer.classes:
            main = float(values[np.argmax(weights)])
            bounds = (min(bounds[0], main), main, max(bounds[2], main))
        extremes = (float(values.min()), float(values.max()))
    covered = float(weights.sum())
    return sample_of(place, band, bounds, extremes, covered, layer, choices, peak)
