"""Tiles written by the project, read by GDAL."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import rasterio
from affine import Affine
from rasterio.windows import Window

from pipeline.hazards.maps.region_grid import Block
from pipeline.hazards.maps.tile_file import SPARSE_OPTIONS, TileFile

NODATA = -9999.0


def head(path, shape, side, **more):
    """A file of absent tiles, with a name and a tag."""
    options = SPARSE_OPTIONS | more
    with rasterio.open(
        path, "w", dtype="float32", count=shape[0], height=shape[1], width=shape[2],
        crs="EPSG:32642", transform=Affine(30, 0, 5e5, 0, -30, 4.8e6), nodata=NODATA,
        blockxsize=side, blockysize=side, **options,
    ) as file:  # fmt: skip
        file.set_band_description(1, "depth")
        file.update_tags(rule="bilinear")
    return TileFile(path, shape, side, NODATA)


def blocks_of(shape, edge):
    return [
        Block(y, x, min(edge, shape[1] - y), min(edge, shape[2] - x))
        for y in range(0, shape[1], edge)
        for x in range(0, shape[2], edge)
    ]


def cut(values, block):
    rows = slice(block.top, block.top + block.height)
    return values[:, rows, block.left : block.left + block.width]


@pytest.mark.parametrize("edge", [16, 24, 32, 64, 100])
@pytest.mark.parametrize("threads", [1, 4])
@pytest.mark.parametrize("big", ["NO", "YES"])
def test_gdal_reads_what_was_written_in_blocks_of_any_size(
    tmp_path, edge, threads, big
):
    shape = (3, 70, 101)
    values = np.random.default_rng(2).random(shape).astype("f4")
    values[1, :40] = NODATA
    blocks = blocks_of(shape, edge)
    np.random.default_rng(1).shuffle(blocks)
    with (
        head(tmp_path / "map.tif", shape, 32, BIGTIFF=big) as file,
        ThreadPoolExecutor(threads) as pool,
    ):
        list(pool.map(lambda b: file.write(b, cut(values, b)), blocks))
        file.finish()
    with rasterio.open(tmp_path / "map.tif") as found:
        np.testing.assert_array_equal(found.read(), values)
        assert found.block_shapes == [(32, 32)] * 3
        assert found.compression.value == "DEFLATE"
        assert found.nodata == NODATA
        assert found.crs.to_epsg() == 32642
        assert found.transform == Affine(30, 0, 5e5, 0, -30, 4.8e6)
        assert found.descriptions[0] == "depth"
        assert found.tags()["rule"] == "bilinear"


def test_an_image_of_one_tile_is_written_too(tmp_path):
    values = np.arange(100, dtype="f4").reshape(1, 10, 10)
    with head(tmp_path / "map.tif", (1, 10, 10), 16) as file:
        file.write(Block(0, 0, 10, 10), values)
        file.finish()
    with rasterio.open(tmp_path / "map.tif") as found:
        np.testing.assert_array_equal(found.read(), values)


def test_tiles_that_nobody_wrote_are_without_data(tmp_path):
    shape = (1, 64, 64)
    with head(tmp_path / "map.tif", shape, 32) as file:
        file.write(Block(32, 0, 32, 32), np.ones((1, 32, 32), "f4"))
        file.finish()
    with rasterio.open(tmp_path / "map.tif") as found:
        assert (found.read(1, window=Window(0, 32, 32, 32)) == 1).all()
        assert (found.read(1, window=Window(0, 0, 64, 32)) == NODATA).all()


def test_a_tile_that_is_not_whole_is_not_written_as_if_it_were(tmp_path):
    with head(tmp_path / "map.tif", (1, 64, 64), 32) as file:
        file.write(Block(0, 0, 32, 16), np.ones((1, 32, 16), "f4"))
        with pytest.raises(ValueError, match="not whole"):
            file.finish()


def test_a_head_of_another_size_is_refused(tmp_path):
    with head(tmp_path / "map.tif", (1, 64, 64), 32) as file:
        file.finish()
    with pytest.raises(ValueError, match="4 tiles instead of 9"):
        TileFile(tmp_path / "map.tif", (1, 96, 96), 32, NODATA)


def test_what_is_no_tiff_is_refused(tmp_path):
    (tmp_path / "map.tif").write_bytes(b"MM\0*" + bytes(40))
    with pytest.raises(ValueError, match="otherwise than it was told"):
        TileFile(tmp_path / "map.tif", (1, 96, 96), 32, NODATA)
