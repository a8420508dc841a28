"""Exact shares of cells: by hand, against shapely, and as laws."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import MultiPolygon, Point, Polygon, box

from pipeline.core.coverage import cell_shares
from pipeline.core.rings import rings_of


def shares_of(polygon, height, width):
    rings = rings_of([polygon], Affine.identity())
    return cell_shares(*rings.of(0), height, width)


def shares_by_shapely(polygon, height, width):
    cells = shapely.box(
        *np.meshgrid(range(width), range(height)),
        *np.meshgrid(range(1, width + 1), range(1, height + 1)),
    )
    return shapely.area(shapely.intersection(cells, polygon))


@st.composite
def stars(draw, hole=True):
    """Polygons with 3 to 16 corners around a centre, some with a hole."""
    corners = draw(st.integers(3, 16))
    reach = np.array(
        draw(st.lists(st.floats(0.3, 4.0), min_size=corners, max_size=corners))
    )
    x, y = draw(st.floats(-1, 9)), draw(st.floats(-1, 8))
    angle = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    shell = np.column_stack([x + reach * np.cos(angle), y + reach * np.sin(angle)])
    inner = shell * 0.4 + np.array([x, y]) * 0.6
    return Polygon(shell, [inner] if hole and draw(st.booleans()) else [])


def test_a_square_over_the_middle_of_nine_cells_by_hand():
    # the square 0.5..2.5 covers a quarter of the corners, half of the edges
    expected = [[0.25, 0.5, 0.25], [0.5, 1.0, 0.5], [0.25, 0.5, 0.25]]
    assert shares_of(box(0.5, 0.5, 2.5, 2.5), 3, 3) == pytest.approx(
        np.array(expected), abs=1e-15
    )


def test_a_triangle_over_nine_cells_by_hand():
    # the diagonal halves the cells that it crosses
    triangle = Polygon([(0, 0), (3, 0), (0, 3)])
    expected = [[1, 1, 0.5], [1, 0.5, 0], [0.5, 0, 0]]
    assert shares_of(triangle, 3, 3) == pytest.approx(np.array(expected), abs=1e-15)


@pytest.mark.parametrize("cut", [1e-4, 1e-5, 1e-7])
def test_a_cell_whose_corner_is_cut_is_touched_however_little(cut):
    # the slanting edge runs through the corner of cell (1, 1), the last of four
    corner = Polygon([(0, 0), (2 + cut, 0), (0, 2 + cut)])
    shares = shares_of(corner, 2, 2)
    assert 0 < shares[1, 1] == pytest.approx(cut**2 / 2, rel=1e-2, abs=1e-16)
    assert shares[1, 1] == pytest.approx(
        shares_by_shapely(corner, 2, 2)[1, 1], abs=1e-16
    )


def test_edges_along_the_lines_of_the_grid_touch_nothing_beyond():
    tenths = Affine(0.1, 0, 70, 0, -0.1, 45)
    rings = rings_of([box(70.3, 44.5, 70.7, 44.8)], tenths)  # rounding of 1e-12 cells
    shares = cell_shares(*rings.of(0), 8, 9)
    inside = np.zeros((8, 9))
    inside[2:5, 3:7] = 1
    assert np.array_equal(shares > 0, inside > 0)
    assert shares == pytest.approx(inside)


def test_a_hole_is_taken_away_whatever_way_its_ring_turns():
    shell, hole = box(0, 0, 3, 3), box(1, 1, 2, 2)
    for ring in (hole.exterior.coords, hole.exterior.coords[::-1]):
        shares = shares_of(Polygon(shell.exterior.coords, [list(ring)]), 3, 3)
        assert shares[1, 1] == 0
        assert shares.sum() == pytest.approx(8)


def test_parts_of_a_multipolygon_add_up_in_one_cell():
    parts = MultiPolygon([box(0.1, 0.1, 0.4, 0.9), box(0.6, 0.1, 0.9, 0.9)])
    assert shares_of(parts, 1, 1)[0, 0] == pytest.approx(0.48)


def test_only_the_part_inside_of_the_window_counts():
    shares = shares_of(box(-5, -5, 1.5, 8), 2, 3)
    assert shares == pytest.approx(np.array([[1, 0.5, 0], [1, 0.5, 0]]))


@settings(max_examples=150, deadline=None)
@given(stars())
def test_shares_equal_the_exact_overlay_of_shapely(polygon):
    found = shares_of(polygon, 7, 8)
    assert found == pytest.approx(shares_by_shapely(polygon, 7, 8), abs=1e-9)


@settings(max_examples=50, deadline=None)
@given(st.floats(1.5, 6.5), st.floats(1.5, 5.5), st.floats(0.01, 1.4))
def test_shares_of_a_circle_add_up_to_its_area(x, y, radius):
    circle = Point(x, y).buffer(radius)
    assert shares_of(circle, 7, 8).sum() == pytest.approx(circle.area, abs=1e-9)


@settings(max_examples=50, deadline=None)
@given(stars(), st.integers(0, 50), st.integers(0, 50))
def test_moving_polygon_and_window_by_whole_cells_changes_nothing(polygon, dx, dy):
    moved = shapely.affinity.translate(polygon, dx, dy)
    far = shares_of(moved, dy + 7, dx + 8)[dy:, dx:]
    assert far == pytest.approx(shares_of(polygon, 7, 8), abs=1e-9)


@settings(max_examples=50, deadline=None)
@given(stars(hole=False), st.floats(1.0, 2.0))
def test_a_polygon_that_contains_another_covers_at_least_as_much(polygon, factor):
    wider = polygon.union(shapely.affinity.scale(polygon, factor, factor))
    assert np.all(shares_of(wider, 7, 8) >= shares_of(polygon, 7, 8) - 1e-9)


def test_a_polygon_that_crosses_itself_is_refused():
    bow_tie = Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
    with pytest.raises(ValueError, match="Self-intersection"):
        rings_of([bow_tie], Affine.identity())


@pytest.mark.parametrize("shape", [Point(0, 0), Polygon()])
def test_shapes_without_area_are_refused(shape):
    with pytest.raises(ValueError, match="polygons"):
        rings_of([shape], Affine.identity())


def test_area_in_cells_follows_the_transform():
    rings = rings_of([box(70, 40, 71, 42)], Affine(0.5, 0, 70, 0, -0.25, 43))
    assert rings.area_cells[0] == pytest.approx(16)
    assert rings.windows(12, 6).tolist() == [[4, 0, 12, 2]]
