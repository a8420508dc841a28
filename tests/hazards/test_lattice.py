"""The lattice against exact transformations, everywhere in a block."""

from __future__ import annotations

import numpy as np
import pytest
import rasterio
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.hazards.maps.lattice import TOLERANCE_CELLS, identity_lattice, lattice_of
from pipeline.hazards.maps.region_grid import Block, RegionGrid
from pipeline.hazards.maps.shared_lattice import exact_places
from pipeline.hazards.sampling.grid import Grid

LAEA = "+proj=laea +lat_0=43 +lon_0=70 +datum=WGS84 +units=m"
# Target CRS, its cell and first corner; source CRS and its cell.
PAIRS = {
    "laea to degrees": (LAEA, 2500.0, (-800e3, 600e3), "EPSG:4326", 0.1),
    "laea to fine degrees": (LAEA, 2500.0, (-800e3, 600e3), "EPSG:4326", 0.005),
    "laea to UTM": (LAEA, 30.0, (-60e3, 60e3), "EPSG:32642", 30.0),
    "UTM to its neighbour": ("EPSG:32642", 100.0, (600e3, 4.7e6), "EPSG:32643", 90.0),
    "degrees to Mercator": ("EPSG:4326", 0.02, (60.0, 55.0), "EPSG:3857", 2000.0),
    "degrees to polar": ("EPSG:4326", 0.05, (20.0, 86.0), "EPSG:3413", 5000.0),
    "degrees to sinusoidal": ("EPSG:4326", 0.05, (40.0, 60.0), "ESRI:54008", 5000.0),
}


def target_of(crs, cell, corner, height=700, width=700):
    return RegionGrid(
        rasterio.CRS.from_user_input(crs), corner[0], corner[1], cell, height, width
    )


def source_of(crs, cell, corner=(0.0, 0.0), height=1000, width=1000):
    return Grid(
        path=None,
        layer_id="source",
        crs=rasterio.CRS.from_user_input(crs),
        transform=Affine(cell, 0, corner[0], 0, -cell, corner[1]),
        height=height,
        width=width,
        block_height=256,
        block_width=256,
        descriptions=("",),
        dtype=np.dtype("float32"),
        nodata=None,
        scales=(1.0,),
        offsets=(0.0,),
    )


def exact_of(pair):
    crs, cell, corner, source_crs, source_cell = PAIRS[pair]
    return exact_places(
        target_of(crs, cell, corner), source_of(source_crs, source_cell)
    )


def exact_centres(exact, block, subcells=1):
    rows = block.top + (np.arange(block.height * subcells) + 0.5) / subcells
    columns = block.left + (np.arange(block.width * subcells) + 0.5) / subcells
    c, r = np.meshgrid(columns, rows)
    x, y = exact(c.ravel(), r.ravel())
    return x.reshape(c.shape), y.reshape(c.shape)


def largest_error(exact, block, subcells=1):
    lattice = lattice_of(exact, block, subcells=subcells)
    x, y = lattice.places(block.height, block.width)
    x_exact, y_exact = exact_centres(exact, block, subcells)
    return max(np.abs(x - x_exact).max(), np.abs(y - y_exact).max())


@pytest.mark.parametrize("pair", PAIRS)
def test_every_cell_of_a_block_lies_within_a_hundredth_of_a_cell(pair):
    assert largest_error(exact_of(pair), Block(0, 0, 256, 256)) <= TOLERANCE_CELLS
    assert TOLERANCE_CELLS <= 0.01


@pytest.mark.parametrize("pair", PAIRS)
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_the_bound_holds_for_any_block_and_number_of_samples(pair, data):
    top, left = (data.draw(st.integers(0, 600)) for _ in range(2))
    height, width = (data.draw(st.integers(1, 97)) for _ in range(2))
    subcells = data.draw(st.sampled_from([1, 2, 5]))
    block = Block(top, left, height, width)
    assert largest_error(exact_of(pair), block, subcells) <= TOLERANCE_CELLS


def test_smooth_transformations_need_few_exact_places():
    lattice = lattice_of(exact_of("laea to UTM"), Block(0, 0, 512, 512))
    assert lattice.x.size <= 512 * 512 / 1000


@pytest.mark.parametrize("bend", [1e-6, 1e-4, 1e-2, 0.5])
def test_squares_are_halved_as_far_as_the_bend_asks_for(bend):
    def exact(c, r):
        return c + bend * c**2, r - bend * c * r

    block = Block(0, 0, 64, 64)
    assert largest_error(exact, block) <= TOLERANCE_CELLS
    step = lattice_of(exact, block).step
    assert step == 0 or 2 * bend * (2 * step) ** 2 / 8 <= 2 * TOLERANCE_CELLS


def test_a_seam_is_transformed_place_by_place():
    target = target_of("EPSG:3832", 20_000.0, (3.0e6, 2.0e6), 64, 64)  # Pacific
    source = source_of("EPSG:4326", 0.25, (-180.0, 90.0), 720, 1440)
    exact = exact_places(target, source)
    block = Block(0, 0, 64, 64)
    lattice = lattice_of(exact, block)
    x, y = lattice.places(64, 64)
    x_exact, y_exact = exact_centres(exact, block)
    assert lattice.step == 0
    assert x_exact.min() < 200 < 1200 < x_exact.max()
    np.testing.assert_array_equal(x, x_exact)
    np.testing.assert_array_equal(y, y_exact)


def test_longitudes_from_0_to_360_are_met_by_whole_turns():
    target = target_of("EPSG:4326", 1.0, (-110.0, 10.0), 4, 4)
    exact = exact_places(target, source_of("EPSG:4326", 1.0, (0.0, 90.0), 180, 360))
    x, y = exact(np.array([0.5]), np.array([0.5]))
    assert (x[0], y[0]) == pytest.approx((250.5, 80.5))


def test_the_left_edge_of_a_regional_raster_is_no_seam():
    target = target_of("EPSG:4326", 0.1, (69.0, 41.0), 64, 64)
    exact = exact_places(target, source_of("EPSG:4326", 0.1, (70.0, 42.0), 90, 90))
    lattice = lattice_of(exact, Block(0, 0, 64, 64))
    assert lattice.step > 0
    assert lattice.box() == pytest.approx((-10.0, 10.0, 54.0, 74.0))


def test_places_that_a_projection_cannot_reach_are_infinite():
    globe = "+proj=ortho +lat_0=0 +lon_0=70 +datum=WGS84"
    target = target_of(globe, 200_000.0, (-7.0e6, 7.0e6), 70, 70)
    exact = exact_places(target, source_of("EPSG:4326", 1.0, (-180, 90), 180, 360))
    x, y = lattice_of(exact, Block(0, 0, 70, 70)).places(70, 70)
    assert np.isinf(x[0, 0])
    assert np.isinf(y[0, 0])
    assert np.isfinite(x[35, 35])


def test_the_identity_lattice_is_the_identity():
    x, y = identity_lattice(Block(7, 9, 3, 5)).places(3, 5)
    np.testing.assert_allclose(x[0], [0.5, 1.5, 2.5, 3.5, 4.5])
    np.testing.assert_allclose(y[:, 0], [0.5, 1.5, 2.5])


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_a_part_of_a_lattice_has_the_same_places(data):
    exact = exact_of("laea to degrees")
    lattice = lattice_of(exact, Block(64, 128, 200, 180), subcells=2)
    top, left = data.draw(st.integers(0, 199)), data.draw(st.integers(0, 179))
    height = data.draw(st.integers(1, 200 - top))
    width = data.draw(st.integers(1, 180 - left))
    x, y = lattice.places(200, 180)
    part = lattice.part(top, left, height, width)
    mine = slice(2 * top, 2 * (top + height)), slice(2 * left, 2 * (left + width))
    np.testing.assert_allclose(part.places(height, width)[0], x[mine], atol=1e-9)
    np.testing.assert_allclose(part.places(height, width)[1], y[mine], atol=1e-9)
