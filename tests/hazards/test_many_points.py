"""Many points at once equal one written down plainly; each block is decoded once."""

from __future__ import annotations

import numpy as np
import pytest
import rasterio
from affine import Affine

from pipeline.core.errors import InputError
from pipeline.hazards.sampling.blocks import BlockReader
from pipeline.hazards.sampling.many_points import values_at_points

TENTH = Affine(0.1, 0.0, 70.0, 0.0, -0.1, 45.0)
NINE = np.arange(1.0, 10.0).reshape(3, 3)


@pytest.fixture
def field(write_raster):
    cells = np.random.default_rng(5).uniform(0, 9, (50, 60)).astype("float32")
    cells[10:14, 20:25] = -1
    blocks = {"tiled": True, "blockxsize": 16, "blockysize": 16}
    return write_raster(cells, transform=TENTH, nodata=-1, **blocks)


def scattered(count):
    rng = np.random.default_rng(count)
    return rng.uniform(69.8, 76.2, count), rng.uniform(39.8, 45.2, count)


@pytest.mark.parametrize("sampling", ["nearest", "bilinear"])
@pytest.mark.parametrize("threads", [1, 3])
def test_many_points_equal_one_at_a_time(make_layer, field, sampling, threads):
    layer = make_layer(nodata=-1, sampling=sampling)
    x, y = scattered(400)
    found = values_at_points(layer, field, x, y, threads=threads).value[:, 0]
    with rasterio.open(field) as raster:
        cells, transform = raster.read(1, masked=True).astype(float), raster.transform
    places = zip(*(~transform @ (x, y)), strict=True)
    expected = [plain_way(cells, *place, sampling) for place in places]
    assert found == pytest.approx(np.array(expected), nan_ok=True, rel=1e-12)


def plain_way(cells, column, row, sampling):
    """One value, by the definition of the bilinear surface."""
    height, width = cells.shape
    if not (0 <= column <= width and 0 <= row <= height):
        return np.nan
    home = min(int(row), height - 1), min(int(column), width - 1)
    if cells.mask[home]:
        return np.nan
    if sampling == "nearest":
        return cells[home]
    total = weight = 0.0
    v, u = np.clip(row - 0.5, 0, height - 1), np.clip(column - 0.5, 0, width - 1)
    for r in range(max(home[0] - 1, 0), min(home[0] + 2, height)):
        for c in range(max(home[1] - 1, 0), min(home[1] + 2, width)):
            share = max(0, 1 - abs(v - r)) * max(0, 1 - abs(u - c))
            if share > 0 and not cells.mask[r, c]:
                total, weight = total + share * cells[r, c], weight + share
    return total / weight


def test_points_over_nine_cells_by_hand(make_layer, write_raster):
    path = write_raster(NINE)
    x, y = np.array([70.5, 71.0, 71.5, 73.0, 75.0]), np.full(5, 41.5)
    nearest = values_at_points(make_layer(), path, x, y).value[:, 0]
    assert nearest.tolist()[:4] == [4, 5, 5, 6]
    assert np.isnan(nearest[4])
    smooth = values_at_points(make_layer(sampling="bilinear"), path, x, y)
    assert smooth.value[:4, 0].tolist() == [4, 4.5, 5, 6]
    assert smooth.cell[:4, 0].tolist() == [4, 5, 5, 6]


def test_all_bands_are_read_in_the_order_asked_for(make_layer, write_raster):
    path = write_raster(NINE, NINE * 10, NINE * 100)
    x, y = np.array([70.5, 72.5]), np.array([42.5, 40.5])
    found = values_at_points(make_layer(), path, x, y, bands=(3, 1))
    assert found.value.tolist() == [[100, 1], [900, 9]]


@pytest.mark.parametrize("sampling", ["nearest", "bilinear"])
def test_every_touched_block_is_decoded_once(make_layer, field, monkeypatch, sampling):
    decoded = []
    plain = BlockReader.decode

    def counted(self, bi, bj):
        decoded.append((bi, bj))
        return plain(self, bi, bj)

    monkeypatch.setattr(BlockReader, "decode", counted)
    x, y = scattered(2000)
    layer = make_layer(nodata=-1, sampling=sampling)
    values_at_points(layer, field, x, y, threads=1)
    assert len(decoded) == len(set(decoded)) == 16


def test_no_points_have_no_values(make_layer, field):
    nothing = np.empty(0)
    found = values_at_points(make_layer(nodata=-1), field, nothing, nothing)
    assert found.value.shape == found.cell.shape == (0, 1)


def test_a_damaged_block_stops_all_threads(make_layer, field):
    field.write_bytes(field.read_bytes()[:-3000])
    with pytest.raises(InputError, match="cannot be read"):
        values_at_points(make_layer(nodata=-1), field, *scattered(500))
