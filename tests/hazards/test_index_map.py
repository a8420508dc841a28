"""The index by hand, its laws, and memory that does not grow with the map."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.hazards.maps.fused import INDEX, MISSING, N_FIELDS, SPEAKING, fused_block
from pipeline.hazards.maps.index_map import Recipe, block_edge, visiting_order
from pipeline.hazards.maps.region_grid import Block
from pipeline.hazards.sampling.block_store import BlockStore
from tests.hazards.map_tools import grid_of, maps_of, scored

NAN = np.nan


def combined(layers, scores, least_weight=0.0):
    """Index (3, h, w) of layers that lie on the cells themselves."""
    stack = np.array(layers, dtype=np.float32)
    n, height, width = stack.shape
    fields = np.zeros((n, N_FIELDS), np.int64)
    step = max(height, width)
    for k, one in enumerate(scores):
        fields[k] = (k * height * width, 1, height, width, 0, 2, step, 1, 0, 0, 0, 0, 0,
                     k, one.level, one.bit)  # fmt: skip
    frames = np.tile([0.0, width, 0.0, height, 0.0, 0.0], (n, 1))
    corner = np.array([0.0, step])
    x, y = (a.ravel() for a in np.meshgrid(corner, corner))
    most = max(one.knots.shape[1] for one in scores)
    knots = np.full((n, 2, most), np.inf)
    for k, one in enumerate(scores):
        knots[k, :, : one.knots.shape[1]] = one.knots
    weights = np.array([one.weight for one in scores])
    index = np.empty((3, height, width), np.float32)
    planes = np.empty((n, 0, 0), np.float32)
    extremes = np.zeros((n, 3))
    fused_block(
        stack.ravel(), fields, frames, x, y, knots, weights, 0.5, least_weight,
        planes, index, extremes,
    )  # fmt: skip
    index[INDEX][index[INDEX] == -9999] = np.nan
    return index


def test_the_index_is_the_weighted_mean_of_scores_by_hand():
    shaking = [[0.0, 0.2, 0.4], [0.8, 2.0, NAN], [NAN, 0.1, 0.3]]
    rain = [[10, 20, 40], [NAN, 0, 40], [NAN, NAN, 10]]
    scores = [
        scored([0, 0.2, 0.4, 0.8], [0, 0.5, 0.75, 1], weight=2, bit=0),
        scored([0, 40], [0, 1], weight=1, bit=1),
    ]
    index = combined([shaking, rain], scores)
    expected = [
        [(0 + 0.25) / 3, (2 * 0.5 + 0.5) / 3, (2 * 0.75 + 1) / 3],
        [1.0, 2 / 3, 1.0],
        [NAN, 0.25, (2 * 0.625 + 0.25) / 3],
    ]
    np.testing.assert_allclose(index[INDEX], expected, rtol=1e-6)
    np.testing.assert_array_equal(index[SPEAKING], [[2, 2, 2], [1, 2, 1], [0, 1, 2]])
    np.testing.assert_array_equal(index[MISSING], [[0, 0, 0], [2, 0, 1], [3, 2, 0]])


def test_where_too_little_weight_speaks_there_is_no_index_and_no_zero():
    layers = [[[1.0, NAN]], [[NAN, 1.0]]]
    scores = [
        scored([0, 1], [0, 1], weight=3, bit=0),
        scored([0, 1], [0, 1], weight=1, bit=1),
    ]
    index = combined(layers, scores, least_weight=0.5)
    np.testing.assert_array_equal(index[INDEX], [[1.0, NAN]])
    np.testing.assert_array_equal(index[SPEAKING], [[1, 1]])


def test_exactly_the_least_weight_is_enough():
    scores = [scored([0, 1], [0, 1], weight=0.1, bit=k) for k in range(10)]
    layers = [[[0.5 if k < 3 else NAN]] for k in range(10)]
    assert combined(layers, scores, least_weight=0.3)[INDEX][0, 0] == 0.5


@pytest.mark.parametrize(
    ("value", "score"), [(-5, 0.2), (0, 0.2), (1.999, 0.2), (2, 0.7), (3, 0.7), (9, 1)]
)
def test_a_value_that_stands_twice_makes_a_step(value, score):
    scale = scored([0, 2, 2, 3, 3], [0.2, 0.2, 0.7, 0.7, 1])
    expected = 1.0 if value >= 3 else score
    found = combined([[[float(value)]]], [scale])[INDEX][0, 0]
    assert found == pytest.approx(expected)


def test_scores_may_fall_as_the_value_grows():
    cold = scored([-8, -2, 0, 5], [1, 0.75, 0.5, 0])
    found = combined([[[-20.0, -2.0, -1.0, 2.5, 30.0]]], [cold])[INDEX][0]
    np.testing.assert_allclose(found, [1, 0.75, 0.625, 0.25, 0], atol=1e-7)


values = st.one_of(st.none(), st.floats(-2, 3, width=32))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(values, st.floats(0.1, 5)), min_size=1, max_size=6))
def test_the_index_lies_between_its_scores_in_any_order(pairs):
    layers = [[[NAN if v is None else v]] for v, _ in pairs]
    scores = [scored([0, 1], [0, 1], weight=w, bit=k) for k, (_, w) in enumerate(pairs)]
    index = combined(layers, scores)
    known = [min(max(v, 0.0), 1.0) for v, _ in pairs if v is not None]
    assert index[SPEAKING][0, 0] == len(known)
    if not known:
        assert np.isnan(index[INDEX][0, 0])
        return
    assert min(known) - 1e-6 <= index[INDEX][0, 0] <= max(known) + 1e-6
    backwards = combined(layers[::-1], scores[::-1])
    assert backwards[INDEX][0, 0] == pytest.approx(index[INDEX][0, 0], abs=1e-6)
    assert backwards[MISSING][0, 0] == index[MISSING][0, 0]


@pytest.fixture
def two_rasters(make_layer, write_raster):
    """Rasters of 300 x 300 cells in blocks of 64, one with holes."""
    rng = np.random.default_rng(4)
    tiles = {"tiled": True, "blockxsize": 64, "blockysize": 64}
    layers = []
    for k, crs in enumerate(("EPSG:4326", "EPSG:32642")):
        field = rng.random((300, 300))
        field[rng.random(field.shape) < 0.05 * k] = -99
        transform = (
            Affine(0.01, 0, 69, 0, -0.01, 43.5)
            if k == 0
            else Affine(900.0, 0, 420e3, 0, -900.0, 4.82e6)
        )
        layer = make_layer(id=f"layer-{k}", sampling="bilinear", nodata=-99, crs=crs)
        path = write_raster(
            field, name=f"{k}.tif", nodata=-99, crs=crs, transform=transform, **tiles
        )
        layers.append((layer, path))
    return layers


LAEA = "+proj=laea +lat_0=43 +lon_0=70 +datum=WGS84 +units=m"
SCALES = [scored([0, 1], [0, 1], weight=k + 1, bit=k) for k in range(2)]


@pytest.mark.parametrize(
    ("budget", "threads"), [(64 << 20, 4), (1 << 20, 1), (1 << 20, 3), (100_000, 2)]
)
def test_maps_do_not_depend_on_memory_or_threads(two_rasters, budget, threads):
    grid = grid_of(290, 310, 800.0, -100e3, 60e3, LAEA)
    whole = maps_of(two_rasters, grid, SCALES, budget=64 << 20, threads=1)
    other = maps_of(two_rasters, grid, SCALES, budget=budget, threads=threads)
    for first, second in zip(whole, other, strict=True):
        np.testing.assert_array_equal(first, second)


def test_a_map_across_the_seam_of_its_raster_is_whole(make_layer, write_raster):
    globe = np.cos(np.radians(np.arange(0.5, 360)))[None, :].repeat(180, axis=0)
    path = write_raster(globe, transform=Affine(1, 0, -180, 0, -1, 90))
    layer = make_layer(sampling="bilinear")
    pacific = grid_of(40, 60, 100e3, 3.0e6, 2.0e6, "EPSG:3832")
    planes, _, _ = maps_of([(layer, path)], pacific, budget=200_000)
    assert np.isfinite(planes[0]).all()
    # 180 degrees lie at x = 3.34e6; to both sides the field falls alike
    lon = np.degrees((3.0e6 + (np.arange(60) + 0.5) * 100e3) / 6378137.0) + 150
    np.testing.assert_allclose(planes[0][20], np.cos(np.radians(lon + 180)), atol=0.01)


class Needy:
    """A source that needs ``ratio`` cells along the side of a target cell."""

    levels = (None,)
    block_rows = 256
    spans_width = False

    def __init__(self, ratio):
        self.cells_per_cell = ratio


@pytest.mark.parametrize("ratio", [1.0, 3.0, 40.0])
def test_blocks_shrink_until_their_work_fits_the_budget(ratio):
    recipe = Recipe((Needy(ratio),) * 8, (None,) * 8, 0.5, 0.5)
    edges = [block_edge(recipe, budget << 20, 2) for budget in (8, 64, 512)]
    assert edges == sorted(edges)
    for edge, budget in zip(edges, (8, 64, 512), strict=True):
        needed = 8 * 4 * (edge * ratio) ** 2
        assert edge == 1 or needed <= (budget << 20) / 2 / 2


def test_blocks_cover_the_grid_once_strip_by_strip():
    order = visiting_order(grid_of(100, 170), 32, 64)
    seen = np.zeros((100, 170), int)
    for block in order:
        seen[
            block.top : block.top + block.height, block.left : block.left + block.width
        ] += 1
    assert (seen == 1).all()
    assert [(b.top, b.left) for b in order[:4]] == [(0, 0), (0, 32), (32, 0), (32, 32)]
    assert max(b.left for b in order[: 4 * 2]) < 64


def test_quarters_make_up_the_block():
    for block in (Block(3, 5, 7, 1), Block(0, 0, 2, 9), Block(1, 1, 4, 4)):
        assert sum(part.n_cells for part in block.quarters()) == block.n_cells


def test_a_store_keeps_what_was_used_last_and_never_more_than_its_limit():
    store = BlockStore(3 * 800)
    made = []

    def decode(key):
        made.append(key)
        return np.full(100, key, dtype=float)

    for key in (1, 2, 3, 1, 4, 1, 2):
        assert store.get(key, lambda key=key: decode(key))[0] == key
        assert store._bytes <= 3 * 800
    assert made == [1, 2, 3, 4, 2]
    big = store.get("big", lambda: np.zeros(1000))
    assert big.size == 1000
    assert store._bytes <= 3 * 800


def test_threads_that_ask_for_one_block_decode_it_once():
    store, made = BlockStore(1 << 20), []

    def decode():
        made.append(1)
        time.sleep(0.02)
        return np.zeros(10)

    threads = [threading.Thread(target=store.get, args=("a", decode)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1


def test_an_error_while_decoding_reaches_the_caller_and_may_be_tried_again():
    store = BlockStore(1 << 20)
    with pytest.raises(OSError, match="broken"):
        store.get("a", lambda: (_ for _ in ()).throw(OSError("broken")))
    assert store.get("a", lambda: np.zeros(3)).size == 3
