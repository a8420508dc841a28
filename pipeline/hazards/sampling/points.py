"""Points near a facility: how many, the largest value, or how far the nearest is.

The facility may lie anywhere in its circle. A point counts for the low bound where it
is near enough from every spot of the circle, for the high bound where it is from some
spot; the central value is that of the circle's centre.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from shapely.geometry.base import BaseGeometry

from pipeline.core.errors import input_error
from pipeline.core.geo import distance_m, geodesic_circle
from pipeline.core.layers import Band, Layer, Points
from pipeline.core.methods.hazards import HazardMethods
from pipeline.core.reasons import joined
from pipeline.core.schemas.hazards import NOTES
from pipeline.hazards.columns import numbers_of
from pipeline.hazards.levels import declared_levels, value_column
from pipeline.hazards.places import Place
from pipeline.hazards.samples import Sample, Sampled, sample_of

_EARTH_M: Final = 6_356_752.0
_SLACK: Final = 1.01
_NEAREST: Final = 8
_DATE: Final = re.compile(
    r"(?P<year>-?\d{1,4})(\.0*)?"  # a year, perhaps as a number
    r"|(?P<of_date>-?\d{4})-\d{1,2}(-\d{1,2}([T ].*)?)?"
)
_FloatArray = NDArray[np.float64]


def sample_points(
    layer: Layer,
    how: Points,
    frame: gpd.GeoDataFrame,
    path: Path,
    places: Sequence[Place],
    choices: HazardMethods,
) -> Sampled:
    """Sample a layer of points at all places.

    Parameters
    ----------
    frame
        Points in EPSG:4326.

    Raises
    ------
    InputError
        If the layer holds other shapes than points, a date cannot be read, or the
        column of values is missing.
    """
    undated = points_without_date(frame, how, layer, path)
    frame = counted_points(frame, how, layer, path)
    lon, lat = frame.geometry.x.to_numpy(), frame.geometry.y.to_numpy()
    tree = cKDTree(_on_sphere(lon, lat))
    samples: list[Sample] = []
    for band in declared_levels(layer):
        values = np.ones(len(frame))
        if how.statistic == "largest":
            values = numbers_of(frame, value_column(layer, band), layer, path)
        known = ~np.isnan(values)
        for place in places:
            near = _near(tree, place, how)
            near = near[known[near]]
            away_m = distance_m(place.lon_deg, place.lat_deg, lon[near], lat[near])
            bounds = _bounds(how, away_m, values[near], place.radius_m)
            samples.append(_sample(place, band, bounds, layer, how, choices))
    said = NOTES.reason("points_without_date", n_points=undated)
    return Sampled(tuple(samples), (said,) if undated else ())


def counted_points(
    frame: gpd.GeoDataFrame, how: Points, layer: Layer, path: Path
) -> gpd.GeoDataFrame:
    """Points of a layer in the years in which its list counts."""
    return _in_period(_only_points(frame, layer, path), how, layer, path)


def points_without_date(
    frame: gpd.GeoDataFrame, how: Points, layer: Layer, path: Path
) -> int:
    """Number of points that are left out because nobody knows their year.

    Raises
    ------
    InputError
        If that would leave out all of them.
    """
    frame = _only_points(frame, layer, path)
    if not _has_period(how):
        return 0
    undated = int(np.isnan(_years(frame, how, layer, path)).sum())
    if undated and undated == len(frame):
        raise input_error(
            path,
            field=str(how.date_column),
            found=f"no date at any of the {undated} points",
            expected=f"dates, because layer {layer.id!r} counts some years only",
            fix="fill in the dates, or take the years from 'points' in the registry",
        )
    return undated


def _only_points(frame: gpd.GeoDataFrame, layer: Layer, path: Path) -> gpd.GeoDataFrame:
    kinds = set(frame.geom_type.dropna().unique())
    if not kinds <= {"Point"}:
        raise input_error(
            path,
            field=layer.id,
            found=f"shapes of type {sorted(kinds)}",
            expected="points",
            fix="use points, or remove 'points' from the layer in the registry",
        )
    return frame[frame.geometry.notna()]


def _in_period(
    frame: gpd.GeoDataFrame, how: Points, layer: Layer, path: Path
) -> gpd.GeoDataFrame:
    """Points of the years in which the list counts; points without a date do not."""
    if not _has_period(how):
        return frame
    years = _years(frame, how, layer, path)
    first = -np.inf if how.first_year is None else how.first_year
    last = np.inf if how.last_year is None else how.last_year
    return frame[(years >= first) & (years <= last)]


def _has_period(how: Points) -> bool:
    limits = (how.first_year, how.last_year)
    return how.date_column is not None and limits != (None, None)


def _years(
    frame: gpd.GeoDataFrame, how: Points, layer: Layer, path: Path
) -> _FloatArray:
    """Year of every point, NaN where a date is blank."""
    if how.date_column not in frame.columns:
        raise input_error(
            path,
            field=str(how.date_column),
            found="no such column",
            expected=f"the dates of layer {layer.id!r}",
            fix="correct 'points.date_column' in the registry",
        )
    years = [_year(value, path, how) for value in frame[how.date_column]]
    return np.array(years, dtype=np.float64)


def _year(value: object, path: Path, how: Points) -> float:
    if value is None or pd.isna(value):  # type: ignore[call-overload]
        return np.nan
    text = str(value).strip()
    if not text:
        return np.nan
    found = _DATE.fullmatch(text)
    if found is None:
        raise input_error(
            path,
            field=str(how.date_column),
            found=text,
            expected="a date such as 2020-07-19, or a year",
            fix="correct the date, or leave it blank",
        )
    return float(found["year"] or found["of_date"])


def _on_sphere(lon_deg: _FloatArray, lat_deg: _FloatArray) -> _FloatArray:
    """Directions as points on the unit sphere, shape (n, 3)."""
    lon, lat = np.radians(lon_deg), np.radians(lat_deg)
    return np.column_stack(
        [np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)]
    )


def _near(tree: cKDTree, place: Place, how: Points) -> NDArray[np.int64]:
    """Indices of all points that may matter, in their order."""
    centre = _on_sphere(np.array([place.lon_deg]), np.array([place.lat_deg]))[0]
    if how.radius_m is None:
        count = min(_NEAREST, tree.n)
        near = np.atleast_1d(tree.query(centre, count)[1]) if count else np.empty(0)
    else:
        reach = (how.radius_m + place.radius_m) / _EARTH_M * _SLACK
        near = np.array(tree.query_ball_point(centre, reach))
    return np.sort(near.astype(np.int64))


def _bounds(
    how: Points, away_m: _FloatArray, values: _FloatArray, radius_m: float
) -> tuple[float, float, float] | None:
    """Low, central and high; None where there is no point at all to be near to."""
    if how.radius_m is None:
        if not away_m.size:
            return None
        nearest = float(away_m.min())
        ends = (max(nearest - radius_m, 0.0), nearest, nearest + radius_m)
        return ends[0] / 1000, ends[1] / 1000, ends[2] / 1000
    found = []
    for reach in (how.radius_m - radius_m, how.radius_m, how.radius_m + radius_m):
        inside = values[away_m <= reach]
        is_count = how.statistic == "count"
        found.append(float(inside.size if is_count else inside.max(initial=0.0)))
    return found[0], found[1], found[2]


def _sample(
    place: Place,
    band: Band,
    bounds: tuple[float, float, float] | None,
    layer: Layer,
    how: Points,
    choices: HazardMethods,
) -> Sample:
    share = _listed_share(place, layer, how.radius_m or 0.0)
    extremes = None if bounds is None else (bounds[0], bounds[2])
    one = sample_of(place, band, bounds, extremes, share, layer, choices)
    if one.status.has_value and share < 1:
        note = NOTES.reason("list_ends_near", share_fraction=share)
        return replace(one, note=joined(note))
    return one


def _listed_share(place: Place, layer: Layer, radius_m: float) -> float:
    """Share of the area searched in which the layer lists points at all."""
    area = listed_area(layer)
    if area is None:
        return 1.0
    if radius_m == 0:
        return float(area.covers(shapely.Point(place.lon_deg, place.lat_deg)))
    circle = geodesic_circle(place.lon_deg, place.lat_deg, radius_m)
    return float(circle.intersection(area).area / circle.area)


def listed_area(layer: Layer) -> BaseGeometry | None:
    """Area in degrees in which a layer lists points at all; None: everywhere.

    Raises
    ------
    InputError
        If the outline in the registry is no polygon.
    """
    text = None if layer.points is None else layer.points.listed_in
    if text is not None:
        return _outline(text, layer.id)
    return None if layer.extent is None else shapely.box(*layer.extent)


@lru_cache(maxsize=32)
def _outline(text: str, layer_id: str) -> BaseGeometry:
    try:
        area = shapely.from_wkt(text)
    except shapely.errors.GEOSException:
        area = None
    if area is None or area.geom_type not in ("Polygon", "MultiPolygon"):
        raise input_error(
            "layers/registry.yaml",
            field=f"{layer_id}.points.listed_in",
            found=text if len(text) < 60 else text[:57] + "...",
            expected="a polygon as WKT, such as POLYGON((70 40, 73 40, 73 42, 70 40))",
            fix="correct the outline",
        )
    return area if area.is_valid else shapely.make_valid(area)
