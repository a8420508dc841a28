"""Statistics of many polygons at once: by hand, against the plain way, and as laws."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
import shapely
from affine import Affine
from numpy.testing import assert_array_equal

from pipeline.core.coverage import cell_shares
from pipeline.core.errors import InputError
from pipeline.core.rings import rings_of
from pipeline.hazards.samples import weighted_quantile
from pipeline.hazards.sampling import zonal
from pipeline.hazards.sampling.zonal import statistics_of_layers, zone_statistics

TENTH = Affine(0.1, 0.0, 70.0, 0.0, -0.1, 45.0)
FIFTH = Affine(0.2, 0.0, 70.0, 0.0, -0.2, 45.0)


@pytest.fixture
def field(make_layer, write_raster):
    """Layer and file of 50 x 60 cells in blocks of 16, with holes in the data."""
    cells = np.random.default_rng(5).uniform(0, 9, (50, 60)).astype("float32")
    cells[10:14, 20:25] = -1
    path = write_raster(
        cells,
        transform=TENTH,
        nodata=-1,
        tiled=True,
        blockxsize=16,
        blockysize=16,
        compress="deflate",
    )
    return make_layer(nodata=-1), path, np.where(cells == -1, np.nan, cells)


def footprints(count):
    rng = np.random.default_rng(count)
    centres = shapely.points(
        rng.uniform(69.5, 76.5, count), rng.uniform(39.5, 45.5, count)
    )
    discs = shapely.buffer(centres, 10 ** rng.uniform(-2, 0.3, count))
    return [d.difference(c.buffer(0.004)) for d, c in zip(discs, centres, strict=True)]


def plain_way(polygon, cells):
    rings = rings_of([polygon], TENTH)
    shares = cell_shares(*rings.of(0), *cells.shape)
    known = (shares > 0) & ~np.isnan(cells)
    if not known.any():
        return [np.nan, np.nan, np.nan, 0.0]
    values, weights = cells[known], shares[known]
    mean = np.average(values, weights=weights)
    return [mean, values.min(), values.max(), weights.sum()]


def as_rows(found):
    columns = (found.mean, found.minimum, found.maximum, found.covered_cells)
    return np.column_stack([column[:, 0] for column in columns])


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("tile_cells", [100, 2000, 1 << 22])
def test_many_polygons_equal_one_at_a_time(field, monkeypatch, threads, tile_cells):
    layer, path, cells = field
    plain = zonal.read_groups
    monkeypatch.setattr(zonal, "read_groups", partial(plain, tile_cells=tile_cells))
    shapes = footprints(60)
    found = as_rows(zone_statistics(layer, path, shapes, threads=threads))
    expected = np.array([plain_way(shape, cells) for shape in shapes])
    assert found == pytest.approx(expected, nan_ok=True, rel=1e-9, abs=1e-12)


def test_results_do_not_depend_on_the_number_of_threads(field):
    layer, path, _ = field
    shapes = footprints(80)
    one = as_rows(zone_statistics(layer, path, shapes, threads=1))
    four = as_rows(zone_statistics(layer, path, shapes, threads=4))
    assert np.array_equal(one, four, equal_nan=True)


def test_several_layers_equal_one_at_a_time(field, make_layer, write_raster):
    layer, path, cells = field
    other = write_raster(
        np.where(np.isnan(cells), 3, -cells), name="b.tif", transform=TENTH
    )
    coarse = write_raster(cells[::2, ::2], name="c.tif", transform=FIFTH)
    rasters = [(layer, path), (make_layer(), other), (make_layer(), coarse)]
    shapes = footprints(40)
    for (one, file), found in zip(
        rasters, statistics_of_layers(rasters, shapes, quantiles=[0.5]), strict=True
    ):
        alone = zone_statistics(one, file, shapes, quantiles=[0.5])
        assert np.array_equal(as_rows(found), as_rows(alone), equal_nan=True)
        assert np.array_equal(found.quantiles, alone.quantiles, equal_nan=True)


def test_tiles_of_a_raster_share_out_all_of_its_data(field):
    layer, path, cells = field
    edges = np.linspace(70, 76, 8), np.linspace(40, 45, 7)
    tiles = [
        shapely.box(w, s, e, n)
        for w, e in zip(edges[0][:-1], edges[0][1:], strict=True)
        for s, n in zip(edges[1][:-1], edges[1][1:], strict=True)
    ]
    found = zone_statistics(layer, path, tiles)
    total = np.nansum(found.mean * found.covered_cells)
    assert found.covered_cells.sum() == pytest.approx(np.isfinite(cells).sum())
    assert total == pytest.approx(np.nansum(cells))


def test_a_square_over_nine_cells_by_hand(make_layer, write_raster):
    path = write_raster(np.arange(1.0, 10.0).reshape(3, 3))
    square = shapely.box(70.5, 40.5, 72.5, 42.5)
    found = zone_statistics(make_layer(), path, [square])
    # weights 1/4 1/2 1/4, 1/2 1 1/2, 1/4 1/2 1/4 over 1..9
    assert as_rows(found).tolist() == [[5, 1, 9, 4]]
    assert found.covered_fraction.tolist() == [[1]]


def test_quantiles_over_nine_cells_by_hand(make_layer, write_raster):
    path = write_raster(np.arange(1.0, 10.0).reshape(3, 3))
    square = shapely.box(70.5, 40.5, 72.5, 42.5)
    # weights of 1..9 are 1 2 1, 2 4 2, 1 2 1 quarters, together 16: after 1, 2, 3 lie
    # 4 quarters, after 4 six, after 5 ten, after 8 fifteen
    asked = [0, 4 / 16, 4.1 / 16, 0.5, 10 / 16, 10.1 / 16, 15 / 16, 1]
    found = zone_statistics(make_layer(), path, [square], quantiles=asked)
    assert found.quantiles.tolist() == [[[1, 3, 4, 5, 5, 6, 8, 9]]]


def test_quantiles_leave_cells_without_data_out(make_layer, write_raster):
    cells = np.array([[1.0, -1, 3], [-1, -1, -1], [7, 8, 9]])
    path = write_raster(cells, nodata=-1)
    rows = [shapely.box(70, 42 - k, 73, 43 - k) for k in range(3)]
    found = zone_statistics(make_layer(nodata=-1), path, rows, quantiles=[0.5, 0.51])
    assert found.quantiles[[0, 2], 0].tolist() == [[1, 3], [8, 8]]
    assert np.isnan(found.quantiles[1]).all()


@pytest.mark.parametrize("threads", [1, 3])
def test_quantiles_of_many_polygons_equal_one_at_a_time(field, threads):
    layer, path, cells = field
    shapes, asked = footprints(60), [0.05, 0.5, 0.95]
    found = zone_statistics(layer, path, shapes, threads=threads, quantiles=asked)
    for shape, row in zip(shapes, found.quantiles[:, 0], strict=True):
        shares = cell_shares(*rings_of([shape], TENTH).of(0), *cells.shape)
        known = (shares > 0) & ~np.isnan(cells)
        if not known.any():
            assert np.isnan(row).all()
            continue
        expected = [weighted_quantile(cells[known], shares[known], q) for q in asked]
        assert row.tolist() == expected


@pytest.mark.parametrize("wrong", [-0.1, 1.5, np.nan])
def test_quantiles_beyond_all_cells_are_refused(field, wrong):
    layer, path, _ = field
    with pytest.raises(ValueError, match="from 0 to 1"):
        zone_statistics(layer, path, footprints(2), quantiles=[wrong])


def test_the_largest_value_may_lie_in_a_corner_that_is_hardly_cut(
    make_layer, write_raster
):
    # 4e-10 of the last cell is covered, and it holds the largest value: exactextract
    # and the overlay of shapely count it, so do we
    path = write_raster(np.array([[1.0, 2.0], [3.0, 9.0]]))
    cut = 3e-5
    corner = shapely.Polygon([(70, 43), (72 + cut, 43), (70, 41 - cut)])
    last = shapely.intersection(corner, shapely.box(71, 41, 72, 42))
    assert 4e-10 < shapely.area(last) < 5e-10
    found = zone_statistics(make_layer(), path, [corner])
    assert found.maximum.tolist() == [[9]]
    assert found.mean[0, 0] == pytest.approx((1 + 2 / 2 + 3 / 2) / 2, rel=1e-4)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_extremes_of_negative_values_and_of_zeros(make_layer, write_raster, dtype):
    cells = np.array([[-5.5, -0.25, -1e-30], [0.0, 1e-30, 7.0], [-1e30, 1e30, 2.0]])
    path = write_raster(cells, dtype=dtype)
    rows = [shapely.box(70, 42 - k, 73, 43 - k) for k in range(3)]
    found = zone_statistics(make_layer(), path, rows)
    expected = cells.astype(dtype).astype(float)
    assert found.minimum[:, 0].tolist() == expected.min(axis=1).tolist()
    assert found.maximum[:, 0].tolist() == expected.max(axis=1).tolist()


def test_a_polygon_off_the_raster_has_no_statistics(field):
    layer, path, _ = field
    found = zone_statistics(layer, path, [shapely.box(0, 0, 1, 1)])
    assert np.isnan(found.mean).all()
    assert np.isnan(found.peak).all()
    assert found.covered_cells.tolist() == found.covered_fraction.tolist() == [[0]]


@pytest.mark.parametrize("sampling", ["nearest", "bilinear"])
def test_several_bands_equal_one_at_a_time(make_layer, write_raster, sampling):
    rng = np.random.default_rng(2)
    cells = rng.uniform(-9, 9, (3, 50, 60))
    cells[1, 5:30, 10:40] = -99
    path = write_raster(*cells, transform=TENTH, nodata=-99)
    layer, shapes = make_layer(nodata=-99, sampling=sampling), footprints(40)
    both = zone_statistics(layer, path, shapes, bands=(3, 2), quantiles=[0.1, 0.9])
    for k, band in enumerate((3, 2)):
        one = zone_statistics(layer, path, shapes, bands=(band,), quantiles=[0.1, 0.9])
        for name in ("mean", "peak", "minimum", "maximum", "covered_cells"):
            expected = getattr(one, name)[:, 0]
            assert_array_equal(getattr(both, name)[:, k], expected)
        assert_array_equal(both.quantiles[:, k], one.quantiles[:, 0])


def test_a_surface_is_averaged_between_the_centres(make_layer, write_raster):
    # a plane, value = column + 3 row + 1: its mean over a box is that of its middle
    path = write_raster(np.arange(1.0, 10.0).reshape(3, 3))
    layer = make_layer(sampling="bilinear")
    box = shapely.box(70.75, 40.75, 71.5, 42.25)
    found = zone_statistics(layer, path, [box], quantiles=[0, 1])
    assert found.mean[0, 0] == pytest.approx(5 - 0.375)
    assert found.peak[0, 0] == found.quantiles[0, 0, 1]
    # 16 x 16 sub-cells, whose centres lie half a sub-cell inside of the box
    reach = (0.375 + 0.75 * 3) * 15 / 16
    ends = [4.625 - reach, 4.625 + reach]
    assert found.quantiles[0, 0].tolist() == pytest.approx(ends)
    assert (found.minimum[0, 0], found.maximum[0, 0]) == (1, 8)


def test_an_empty_cell_may_mean_that_nothing_is_there(make_layer, write_raster):
    path = write_raster(np.array([[4.0, -1], [4, 4]]), nodata=-1)
    square = shapely.box(70.5, 41.5, 71.5, 42.5)
    for meaning, mean, share in (("not_covered", 4, 0.75), ("no_hazard", 3, 1)):
        layer = make_layer(nodata=-1, nodata_is=meaning, zero_is="no_hazard")
        found = zone_statistics(layer, path, [square])
        assert (found.mean[0, 0], found.covered_fraction[0, 0]) == (mean, share)


def test_a_damaged_block_stops_all_threads(field):
    layer, path, _ = field
    path.write_bytes(path.read_bytes()[:-3000])
    with pytest.raises(InputError, match="cannot be read"):
        zone_statistics(layer, path, footprints(60), threads=2)
