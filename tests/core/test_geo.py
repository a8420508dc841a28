"""Distances, areas and boxes on the ellipsoid."""

from __future__ import annotations

import math

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import LineString, Point, Polygon, box

from pipeline.core.errors import InputError
from pipeline.core.geo import (
    area_m2,
    distance_m,
    from_local_plane,
    geodesic_circle,
    line_length_m,
    on_local_plane,
    require_crs,
    same_grid,
)


def test_a_degree_of_the_equator_has_its_published_length():
    # a * pi / 180 with a = 6,378,137 m (WGS 84)
    assert distance_m(0.0, 0.0, 1.0, 0.0) == pytest.approx(111_319.4908, abs=1e-3)


def test_a_degree_of_the_meridian_has_its_published_length():
    # meridian arc from 0 to 1 degree on WGS 84
    assert distance_m(0.0, 0.0, 0.0, 1.0) == pytest.approx(110_574.3886, abs=1e-3)


def test_the_length_of_a_line_is_the_sum_of_its_parts():
    line = LineString([(70, 40), (71, 41), (72, 40.5)])
    lon, lat = np.array(line.coords).T
    parts = distance_m(lon[:-1], lat[:-1], lon[1:], lat[1:])
    assert line_length_m(line) == pytest.approx(parts.sum())


def test_the_area_does_not_depend_on_the_direction_of_the_ring():
    square = box(70, 40, 71, 41)
    assert area_m2(square) == pytest.approx(area_m2(square.reverse()))
    assert area_m2(square) > 0


@given(
    lon=st.floats(-170, 170), lat=st.floats(-80, 80), radius=st.floats(10.0, 50_000.0)
)
def test_every_corner_of_a_circle_lies_at_its_radius(lon, lat, radius):
    ring = np.array(geodesic_circle(lon, lat, radius).exterior.coords)
    away = distance_m(lon, lat, ring[:, 0], ring[:, 1])
    assert np.allclose(away, radius, rtol=1e-6)


def test_the_circle_has_the_stated_share_of_the_true_area():
    share = area_m2(geodesic_circle(70, 40, 1000)) / (math.pi * 1000**2)
    assert share == pytest.approx(1 - 0.0016, abs=1e-4)


def test_grids_in_degrees_and_metres_are_compared_in_cells():
    degrees = (0.1, 0.0, 70.0, 0.0, -0.1, 41.0)
    assert same_grid(degrees, (0.1, 0.0, 70.00001, 0.0, -0.1, 41.0))
    assert not same_grid(degrees, (0.1, 0.0, 70.05, 0.0, -0.1, 41.0))
    metres = tuple(1000 * x for x in degrees)
    assert not same_grid(metres, (100.0, 0.0, 70_050.0, 0.0, -100.0, 41_000.0))


def test_a_layer_without_crs_is_refused():
    frame = gpd.GeoDataFrame(geometry=[Point(0, 0)])
    with pytest.raises(InputError, match=r"rivers.*no CRS"):
        require_crs(frame, "EPSG:4326", "rivers")


def test_a_layer_in_another_crs_is_refused():
    frame = gpd.GeoDataFrame(geometry=[Point(0, 0)], crs="EPSG:32642")
    with pytest.raises(InputError, match="EPSG:32642"):
        require_crs(frame, "EPSG:4326", "rivers")


def test_the_local_plane_keeps_distances_from_its_centre_and_can_be_left_again():
    corners = np.array([[70.1, 40.2], [70.0, 40.3], [69.9, 40.1], [70.1, 40.2]])
    flat = on_local_plane(Polygon(corners), 70.0, 40.0)
    x, y = np.array(flat.exterior.coords).T
    away = distance_m(70.0, 40.0, corners[:, 0], corners[:, 1])
    assert np.hypot(x, y) == pytest.approx(away)
    assert x[0] > 0 > x[2]
    assert y[1] == pytest.approx(away[1])
    back = np.column_stack(from_local_plane(x, y, 70.0, 40.0))
    assert back == pytest.approx(corners, abs=1e-9)


def test_areas_on_the_local_plane_are_those_of_the_globe():
    square = box(70.0, 40.0, 70.1, 40.1)
    flat = on_local_plane(square, 70.05, 40.05)
    assert flat.area == pytest.approx(area_m2(square), rel=3e-5)
