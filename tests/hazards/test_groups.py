"""Windows read in groups: all of them, whole, each block once, in bounded memory."""

from __future__ import annotations

import time

import numpy as np
import pytest
from affine import Affine
from numpy.testing import assert_array_equal

from pipeline.core.errors import InputError
from pipeline.hazards.sampling import groups
from pipeline.hazards.sampling.blocks import BlockReader
from pipeline.hazards.sampling.groups import read_groups

HIGH, WIDE = 120, 150
CELLS = np.arange(HIGH * WIDE, dtype=float).reshape(HIGH, WIDE)
TENTH = Affine(0.1, 0.0, 70.0, 0.0, -0.1, 45.0)


@pytest.fixture
def field(write_raster):
    blocks = {"tiled": True, "blockxsize": 16, "blockysize": 16}
    return write_raster(CELLS, -CELLS, transform=TENTH, **blocks)


def windows_of(count, largest, seed=1):
    rng = np.random.default_rng(seed)
    top, left = rng.integers(0, HIGH, count), rng.integers(0, WIDE, count)
    size = rng.integers(0, largest, (2, count))
    bottom, right = np.minimum(top + size[0], HIGH), np.minimum(left + size[1], WIDE)
    return np.column_stack([top, left, bottom, right])


def read(layer, path, windows, **options):
    """Windows as they were handed over, by their index."""
    found = {}

    def work(values, top, left, members):
        for k in members.tolist():
            y0, x0, y1, x1 = windows[k]
            assert k not in found
            found[k] = values[:, y0 - top : y1 - top, x0 - left : x1 - left].copy()

    read_groups(layer, path, (2, 1), windows, work, **options)
    return found


@pytest.mark.parametrize("tile_cells", [1, 500, 3000, 1 << 21])
@pytest.mark.parametrize("threads", [1, 3])
def test_every_window_is_handed_over_once_and_whole(
    make_layer, field, tile_cells, threads
):
    windows = windows_of(300, 40)
    found = read(make_layer(), field, windows, tile_cells=tile_cells, threads=threads)
    is_empty = (windows[:, 0] == windows[:, 2]) | (windows[:, 1] == windows[:, 3])
    assert set(found) == set(np.flatnonzero(~is_empty).tolist())
    for k, values in found.items():
        y0, x0, y1, x1 = windows[k]
        assert_array_equal(values, [-CELLS[y0:y1, x0:x1], CELLS[y0:y1, x0:x1]])


@pytest.mark.parametrize("tile_cells", [1, 500, 3000])
@pytest.mark.parametrize("threads", [1, 3])
def test_every_touched_block_is_decoded_once(
    make_layer, field, monkeypatch, tile_cells, threads
):
    decoded = []
    plain = BlockReader.decode

    def counted(self, bi, bj):
        decoded.append((bi, bj))
        return plain(self, bi, bj)

    monkeypatch.setattr(BlockReader, "decode", counted)
    windows = windows_of(40, 20)
    read(make_layer(), field, windows, tile_cells=tile_cells, threads=threads)
    touched = {
        (i, j)
        for y0, x0, y1, x1 in windows.tolist()
        for i in range(y0 // 16, -(-y1 // 16))
        for j in range(x0 // 16, -(-x1 // 16))
        if y0 < y1 and x0 < x1
    }
    assert sorted(decoded) == sorted(touched)


def test_a_small_store_costs_time_and_no_numbers(make_layer, field, monkeypatch):
    monkeypatch.setattr(groups, "_STORE_BYTES", 5000)
    windows = windows_of(300, 40)
    found = read(make_layer(), field, windows, tile_cells=2000)
    for k, values in found.items():
        y0, x0, y1, x1 = windows[k]
        assert_array_equal(values[1], CELLS[y0:y1, x0:x1])


def test_an_array_is_no_larger_than_a_tile_and_its_largest_window(make_layer, field):
    windows = np.vstack([windows_of(200, 10), [[0, 0, 100, 140], [3, 3, 110, 120]]])
    shapes = []

    def work(values, top, left, members):
        shapes.append((values.shape[1], values.shape[2], len(members)))

    read_groups(make_layer(), field, (1,), windows, work, tile_cells=1024)
    alone = [shape for shape in shapes if shape[0] > 42 or shape[1] > 42]
    assert sorted(alone) == [(100, 140, 1), (107, 117, 1)]


def test_large_groups_are_served_one_at_a_time(make_layer, field, monkeypatch):
    monkeypatch.setattr(groups, "_LARGE_CELLS", 2000)
    windows = np.array([[k, k, k + 60, k + 60] for k in range(0, 60, 3)])
    busy, most = [], []

    def work(values, top, left, members):
        busy.append(members)
        most.append(len(busy))
        time.sleep(0.002)
        assert_array_equal(values[0], CELLS[top : top + 60, left : left + 60])
        busy.pop()

    read_groups(make_layer(), field, (1,), windows, work, tile_cells=256, threads=4)
    assert len(most) == len(windows)
    assert max(most) == 1


def test_no_windows_are_no_work(make_layer, field):
    assert read(make_layer(), field, np.empty((0, 4), np.int64)) == {}
    assert read(make_layer(), field, np.zeros((3, 4), np.int64)) == {}


def test_too_many_cells_of_all_bands_are_refused(make_layer, field, monkeypatch):
    monkeypatch.setattr(groups, "_MOST_CELLS", 199)
    with pytest.raises(InputError, match="200 cells at one place"):
        read(make_layer(), field, np.array([[0, 0, 10, 10]]))


def test_an_error_in_one_thread_reaches_the_caller(make_layer, field):
    def work(values, top, left, members):
        raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        read_groups(make_layer(), field, (1,), windows_of(50, 9), work, tile_cells=1)
