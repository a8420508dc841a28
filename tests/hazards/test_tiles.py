"""Blocks decoded here are the blocks that GDAL decodes, bit by bit, or left to it."""

from __future__ import annotations

import numpy as np
import pytest
import rasterio
from affine import Affine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from rasterio.shutil import copy

from pipeline.core.errors import InputError
from pipeline.hazards.sampling.blocks import BlockReader
from pipeline.hazards.sampling.grid import open_raster
from pipeline.hazards.sampling.lzw import unpack_lzw
from pipeline.hazards.sampling.tiff import tiff_layout
from pipeline.hazards.sampling.tiles import tile_decoder

TYPES = ["uint8", "int8", "int16", "uint16", "int32", "uint32", "float32", "float64"]
ROWS, COLUMNS = 70, 90


def cells(dtype, bands=1, seed=1):
    steps = np.random.default_rng(seed).normal(0, 30, (bands, ROWS, COLUMNS))
    field = np.cumsum(np.where(np.abs(steps) > 40, steps, 0), axis=2)
    return np.nan_to_num(field).astype("int64").astype(dtype)


def write(path, data, **options):
    profile = {
        "driver": "GTiff",
        "dtype": data.dtype,
        "count": len(data),
        "height": data.shape[1],
        "width": data.shape[2],
        "crs": "EPSG:4326",
        "transform": Affine(0.1, 0, 70, 0, -0.1, 45),
        "tiled": True,
        "blockxsize": 32,
        "blockysize": 16,
    }
    with rasterio.open(path, "w", **(profile | options)) as out:
        out.write(data)
    return path


def decoded(layer, path):
    """All cells by our decoder (None where it leaves the file alone), and by GDAL's."""
    with open_raster(layer, path) as (dataset, grid):
        decoder = tile_decoder(dataset, grid)
        bands = tuple(range(1, dataset.count + 1))
        theirs = dataset.read()
        if decoder is None:
            return None, theirs
        ours = np.zeros_like(theirs)
        for bi in range(-(-grid.height // grid.block_height)):
            for bj in range(-(-grid.width // grid.block_width)):
                y, x = bi * grid.block_height, bj * grid.block_width
                block = decoder.block(bi, bj, bands)
                place = ours[:, y : y + block.shape[1], x : x + block.shape[2]]
                place[:] = block[:, : place.shape[1], : place.shape[2]]
        return ours, theirs


def packings():
    for dtype in TYPES:
        yield dtype, "none", 1
        for compress in ("deflate", "lzw", "zstd"):
            for predictor in (1, 2, 3) if dtype.startswith("float") else (1, 2):
                yield dtype, compress, predictor


@pytest.mark.parametrize(("dtype", "compress", "predictor"), list(packings()))
@pytest.mark.parametrize("layout", ["one band", "by band", "by cell"])
def test_blocks_are_those_of_gdal(
    make_layer, tmp_path, dtype, compress, predictor, layout
):
    packing = {"compress": compress, "predictor": predictor}
    options = {} if compress == "none" else packing
    if layout != "one band":
        options["interleave"] = "pixel" if layout == "by cell" else "band"
    data = cells(dtype, 1 if layout == "one band" else 3)
    for strips in (False, True):
        shape = {"tiled": False, "blockysize": 11, "blockxsize": COLUMNS}
        path = write(tmp_path / "a.tif", data, **options, **(shape if strips else {}))
        ours, theirs = decoded(make_layer(), path)
        assert_array_equal(ours, theirs)
        assert_array_equal(ours, data)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    seed=st.integers(0, 999),
    compress=st.sampled_from(["deflate", "lzw", "zstd"]),
    predictor=st.sampled_from([1, 2, 3]),
    wild=st.booleans(),
    side=st.sampled_from([16, 48]),
)
def test_any_bits_of_decimal_numbers_come_back(
    make_layer, tmp_path, seed, compress, predictor, wild, side
):
    rng = np.random.default_rng(seed)
    shape = (1, int(rng.integers(1, 60)), int(rng.integers(1, 60)))
    if wild:  # every pattern of bits: NaN of all kinds, infinities, the tiniest numbers
        data = rng.integers(0, 1 << 32, shape, dtype=np.uint32).view(np.float32)
    else:
        data = np.repeat(rng.normal(0, 1e3, shape[:2])[..., None], shape[2], axis=2)
        data = data.astype(np.float32)
    tile = {"blockxsize": side, "blockysize": side}
    options = tile | {"compress": compress, "predictor": predictor}
    ours, theirs = decoded(make_layer(), write(tmp_path / "a.tif", data, **options))
    assert_array_equal(ours.view(np.uint32), theirs.view(np.uint32))


def test_files_over_four_gigabytes_have_the_same_blocks(make_layer, tmp_path):
    path = write(tmp_path / "a.tif", cells("float32"), BIGTIFF="YES", compress="lzw")
    assert path.read_bytes()[:4] == b"II+\0"
    assert_array_equal(*decoded(make_layer(), path))


@pytest.mark.parametrize("bands", [1, 3])
def test_cloud_optimised_files_have_the_same_blocks(make_layer, tmp_path, bands):
    data = np.pad(cells("float32", bands), ((0, 0), (0, 700), (0, 650)), mode="edge")
    with rasterio.open(write(tmp_path / "plain.tif", data, nodata=-9)) as plain:
        options = {"compress": "deflate", "predictor": "yes", "blocksize": 256}
        copy(plain, tmp_path / "a.tif", driver="COG", **options)
    with rasterio.open(tmp_path / "a.tif") as cog:
        assert cog.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert cog.overviews(1)
    assert_array_equal(*decoded(make_layer(nodata=-9), tmp_path / "a.tif"))


def test_the_lesser_images_of_a_file_are_left_alone(make_layer, tmp_path):
    data = cells("float32")
    path = write(tmp_path / "a.tif", data, compress="deflate")
    with rasterio.open(path, "r+") as raster:
        raster.build_overviews([2, 4])
    assert_array_equal(decoded(make_layer(), path)[0], data)


@pytest.mark.parametrize(
    "options",
    [
        {"ENDIANNESS": "BIG"},
        {"compress": "packbits"},
        {"compress": "lzma"},
        {"compress": "lerc"},
        {"nbits": 12, "compress": "deflate"},
    ],
)
def test_unusual_files_are_left_to_gdal(make_layer, tmp_path, options):
    path = write(tmp_path / "a.tif", cells("uint16"), **options)
    assert decoded(make_layer(), path)[0] is None


def test_other_formats_are_left_to_gdal(make_layer, tmp_path):
    path = write(tmp_path / "a.tif", cells("float32"))
    with rasterio.open(path) as tiff:
        profile = tiff.profile | {"driver": "ENVI"}
        for key in ("tiled", "blockxsize", "blockysize", "interleave", "compress"):
            profile.pop(key, None)
        with rasterio.open(tmp_path / "a.img", "w", **profile) as out:
            out.write(tiff.read())
    assert decoded(make_layer(), tmp_path / "a.img")[0] is None


@pytest.mark.parametrize("wrong", ["tags", "count", "offsets"])
def test_a_broken_directory_has_no_layout(make_layer, tmp_path, wrong):
    path = write(tmp_path / "a.tif", cells("float32"), compress="deflate")
    with open_raster(make_layer(), path) as (dataset, grid):
        content = bytearray(path.read_bytes())
        at = int.from_bytes(content[4:8], "little")
        if wrong == "count":
            content[at : at + 2] = b"\xff\xff"
        elif wrong == "tags":
            content = content[: at + 20]
        else:
            offsets = content.index(b"\x44\x01\x04\x00")  # tag 324, numbers of 4 bytes
            content[offsets + 8 : offsets + 12] = b"\xff\xff\xff\x7f"
        broken = tmp_path / "b.tif"
        broken.write_bytes(content)
        assert tiff_layout(dataset, grid) is not None
        object.__setattr__(grid, "path", broken)
        assert tiff_layout(dataset, grid) is None


def reader_of(layer, path):
    with open_raster(layer, path) as (dataset, grid):
        reader = BlockReader(dataset, grid, (1,))
        return reader.window(0, 0, grid.height, grid.width)[0]


def test_blocks_that_are_not_stored_are_empty(make_layer, tmp_path):
    data = cells("float32")
    data[:, :16, :32] = -9
    path = write(tmp_path / "a.tif", data, nodata=-9, SPARSE_OK="YES", compress="lzw")
    found = reader_of(make_layer(nodata=-9), path)
    assert np.isnan(found[:16, :32]).all()
    assert_array_equal(found[16:], np.where(data[0, 16:] == -9, np.nan, data[0, 16:]))


def test_scale_offset_and_no_data_hold_as_with_gdal(make_layer, tmp_path, monkeypatch):
    data = cells("int16", bands=2)
    path = write(tmp_path / "a.tif", data, compress="deflate", predictor=2, nodata=0)
    with rasterio.open(path, "r+") as raster:
        raster.scales, raster.offsets = (0.5, 2.0), (10.0, 0.0)
    ours = reader_of(make_layer(nodata=0), path)
    monkeypatch.setattr(
        "pipeline.hazards.sampling.blocks.tile_decoder", lambda *_: None
    )
    theirs = reader_of(make_layer(nodata=0), path)
    assert_array_equal(ours, theirs)
    assert_array_equal(ours, np.where(data[0] == 0, np.nan, data[0] * 0.5 + 10))


def test_masks_hold_as_with_gdal(make_layer, tmp_path):
    data = cells("float32")
    path = write(tmp_path / "a.tif", data, compress="deflate", predictor=3)
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True), rasterio.open(path, "r+") as out:
        mask = np.ones((ROWS, COLUMNS), dtype=bool)
        mask[20:30, 40:60] = False
        out.write_mask(mask)
    assert_array_equal(reader_of(make_layer(), path), np.where(mask, data[0], np.nan))


@pytest.mark.parametrize("compress", ["deflate", "lzw", "zstd"])
@pytest.mark.parametrize("seed", range(8))
def test_damage_is_an_error_or_gdals_own_numbers(
    make_layer, tmp_path, monkeypatch, compress, seed
):
    data = cells("float32", seed=seed)
    path = write(tmp_path / "a.tif", data, compress=compress)
    content = bytearray(path.read_bytes())
    rng = np.random.default_rng(seed)
    for at in rng.integers(1200, len(content), 3):
        content[at] ^= int(rng.integers(1, 256))
    path.write_bytes(content)

    def outcome():
        try:
            return reader_of(make_layer(), path)
        except InputError as error:
            return str(error)

    ours = outcome()
    if not isinstance(ours, str):
        monkeypatch.setattr(
            "pipeline.hazards.sampling.blocks.tile_decoder", lambda *_: None
        )
        assert_array_equal(ours, outcome())


def test_a_wrong_checksum_is_an_error(make_layer, tmp_path):
    path = write(tmp_path / "a.tif", cells("float32"), compress="deflate")
    with open_raster(make_layer(), path) as (dataset, grid):
        layout = tiff_layout(dataset, grid)
    content = bytearray(path.read_bytes())
    content[layout.offsets[7] + layout.sizes[7] - 1] ^= 1
    path.write_bytes(content)
    with pytest.raises(InputError, match="row 32, column 32 that cannot be read"):
        reader_of(make_layer(), path)


@pytest.mark.parametrize(
    "packed", [b"", b"\0\1", b"\x80", b"\x80\x3f\xff\xff", b"\x80\x00\x00\xff\xff\xff"]
)
def test_damaged_lzw_never_fills_a_block(packed):
    out = np.zeros(64, np.uint8)
    assert unpack_lzw(np.frombuffer(packed, np.uint8), out) < 64
