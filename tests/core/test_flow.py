"""Walks on flow directions: hand-drawn grids of nine cells, and laws."""

from __future__ import annotations

import numpy as np
import pytest
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.flow import outline_of, path_down, touches_frame, upstream_cells

# A valley that runs south in the middle column; the outer columns drain into it.
VALLEY = np.array([[1, 4, 16], [1, 4, 16], [2, 4, 8]], dtype=np.uint8)


def up(code, *cells):
    rows, columns = zip(*cells, strict=True)
    return upstream_cells(code, np.array(rows), np.array(columns))


def test_everything_above_drains_through_the_middle_of_the_valley():
    assert sorted(up(VALLEY, (1, 1))) == [0, 1, 2, 3, 4, 5]
    assert list(up(VALLEY, (0, 0))) == [0]


def test_the_last_cell_takes_the_whole_valley_but_not_what_leaves_the_grid():
    assert sorted(up(VALLEY, (2, 1))) == [0, 1, 2, 3, 4, 5, 7]


def test_starts_that_lie_above_each_other_count_once():
    assert sorted(up(VALLEY, (1, 1), (0, 1), (1, 1))) == [0, 1, 2, 3, 4, 5]


def test_a_circle_of_directions_ends():
    circle = np.array([[1, 4], [64, 16]], dtype=np.uint8)
    assert sorted(up(circle, (0, 0))) == [0, 1, 2, 3]
    assert list(path_down(circle, 0, 0)) == [0, 1, 3, 2]


def test_the_way_down_ends_at_the_frame_and_at_cells_without_direction():
    assert list(path_down(VALLEY, 0, 0)) == [0, 1, 4, 7]
    sink = np.array([[1, 255, 16]], dtype=np.uint8)
    assert list(path_down(sink, 0, 0)) == [0, 1]


def test_long_ways_and_large_catchments_outgrow_the_first_store():
    line = np.full((1, 5000), 1, dtype=np.uint8)
    assert len(path_down(line, 0, 0)) == 5000
    assert len(up(line, (0, 4999))) == 5000


@given(
    st.lists(
        st.sampled_from([0, 1, 2, 4, 8, 16, 32, 64, 128]), min_size=30, max_size=30
    )
)
def test_a_cell_is_upstream_of_every_cell_on_its_way_down(codes):
    code = np.array(codes, dtype=np.uint8).reshape(5, 6)
    for cell in path_down(code, 2, 3):
        assert 2 * 6 + 3 in up(code, (cell // 6, cell % 6))


def test_the_frame_is_seen():
    assert touches_frame(np.array([0]), (3, 3))
    assert not touches_frame(np.array([4]), (3, 3))


def test_the_outline_has_the_area_of_its_cells_and_keeps_holes():
    ring = np.array([0, 1, 2, 3, 5, 6, 7, 8])
    outline = outline_of(ring, (3, 3), Affine(10, 0, 500, 0, -10, 900))
    assert outline.is_valid
    assert outline.area == pytest.approx(800)
    assert outline.bounds == (500, 870, 530, 900)


def test_cells_that_meet_at_a_corner_make_a_valid_outline():
    outline = outline_of(np.array([0, 4]), (3, 3), Affine(1, 0, 0, 0, -1, 3))
    assert outline.is_valid
    assert outline.area == pytest.approx(2)
