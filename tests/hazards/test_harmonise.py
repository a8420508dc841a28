"""Layers on another grid: by hand, and against GDAL."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from affine import Affine
from pyproj import Geod, Transformer
from rasterio.warp import Resampling, reproject
from scipy.ndimage import map_coordinates
from shapely.geometry import Point, box

from pipeline.core.rings import mapped
from tests.hazards.map_tools import grid_of, maps_of

NINE = np.arange(1.0, 10.0).reshape(3, 3)
LAEA = "+proj=laea +lat_0=43 +lon_0=70 +datum=WGS84 +units=m"


def surface(size=120, seed=3):
    """A field that changes by about one from cell to cell."""
    y, x = np.mgrid[0:size, 0:size]
    return np.sin(x / 3.0) * 3 + np.cos(y / 4.0) * 4 + 0.02 * x


DEGREES = Affine(0.02, 0, 69.0, 0, -0.02, 44.0)


def by_gdal(path, grid, resampling):
    out = np.full((grid.height, grid.width), np.nan)
    with rasterio.open(path) as source:
        reproject(
            rasterio.band(source, 1),
            out,
            dst_transform=grid.transform,
            dst_crs=grid.crs,
            dst_nodata=np.nan,
            resampling=resampling,
        )
    return out


def exactly(values, transform, crs, grid):
    """Bilinear values with every centre transformed by itself."""
    to_source = Transformer.from_crs(grid.crs.to_wkt(), crs, always_xy=True)
    c, r = np.meshgrid(np.arange(grid.width) + 0.5, np.arange(grid.height) + 0.5)
    x, y = to_source.transform(*mapped(grid.transform, c, r))
    column, row = mapped(~transform, np.asarray(x), np.asarray(y))
    places = [row.ravel() - 0.5, column.ravel() - 0.5]
    return map_coordinates(values, places, order=1, mode="nearest").reshape(c.shape)


def test_a_finer_grid_is_interpolated_between_centres_by_hand(make_layer, write_raster):
    layer = make_layer(sampling="bilinear")
    planes, _, _ = maps_of([(layer, write_raster(NINE))], grid_of(6, 6, 0.5))
    middle = planes[0]
    # centres of the fine cells lie a quarter of a coarse cell off the coarse centres
    assert middle[1, 1] == pytest.approx(1 + 0.25 * 1 + 0.25 * 3)
    assert middle[2, 3] == pytest.approx(5 + 0.25 * 1 - 0.25 * 3)
    assert middle[0, 0] == 1  # flat beyond the outermost centres


def test_nearest_keeps_the_values_of_the_cells(make_layer, write_raster):
    layer = make_layer(sampling="nearest")
    planes, _, _ = maps_of([(layer, write_raster(NINE))], grid_of(6, 6, 0.5))
    np.testing.assert_array_equal(planes[0], np.kron(NINE, np.ones((2, 2))))


def test_a_cell_without_data_stays_without_and_its_neighbours_do_not_see_it(
    make_layer, write_raster
):
    hole = NINE.copy()
    hole[1, 1] = -99
    layer = make_layer(sampling="bilinear", nodata=-99)
    path = write_raster(hole, nodata=-99)
    planes, _, _ = maps_of([(layer, path)], grid_of(6, 6, 0.5))
    assert np.isnan(planes[0][2:4, 2:4]).all()
    assert np.isfinite(planes[0]).sum() == 32
    # 9/16 of 1, 3/16 of 2 and 3/16 of 4; the sixteenth of the hole is left out
    assert planes[0][1, 1] == pytest.approx((9 * 1 + 3 * 2 + 3 * 4) / 15)


def test_a_coarser_grid_takes_the_mean_of_what_it_covers(make_layer, write_raster):
    fine = np.arange(36.0).reshape(6, 6)
    layer = make_layer(sampling="nearest")
    path = write_raster(fine, transform=Affine(0.5, 0, 70, 0, -0.5, 43))
    planes, _, _ = maps_of([(layer, path)], grid_of(3, 3, 1.0))
    means = fine.reshape(3, 2, 3, 2).mean(axis=(1, 3))
    np.testing.assert_allclose(planes[0], means)


def test_a_cell_of_which_too_little_is_covered_has_no_value(make_layer, write_raster):
    fine = np.ones((6, 6))
    fine[0, 0] = fine[0, 1] = fine[1, 0] = -99  # three of the four samples
    fine[0, 2] = fine[1, 2] = -99  # two of the next four
    layer = make_layer(sampling="nearest", nodata=-99)
    path = write_raster(fine, nodata=-99, transform=Affine(0.5, 0, 70, 0, -0.5, 43))
    planes, _, _ = maps_of([(layer, path)], grid_of(3, 3, 1.0))
    assert np.isnan(planes[0][0, 0])
    assert planes[0][0, 1] == 1


def test_dry_cells_of_a_flood_map_are_zero_and_not_missing(make_layer, write_raster):
    wet = np.array([[2.0, -99], [-99, -99]])
    layer = make_layer(nodata=-99, nodata_is="no_hazard", zero_is="no_hazard")
    planes, _, _ = maps_of([(layer, write_raster(wet, nodata=-99))], grid_of(3, 2))
    np.testing.assert_array_equal(planes[0][:2], [[2, 0], [0, 0]])
    assert np.isnan(planes[0][2]).all()  # beyond the raster nothing is known


def test_outside_of_the_raster_there_is_no_value(make_layer, write_raster):
    layer = make_layer(sampling="bilinear")
    planes, _, extremes = maps_of(
        [(layer, write_raster(NINE))], grid_of(5, 5, 1.0, left=69, top=44)
    )
    assert np.isfinite(planes[0]).sum() == 9
    np.testing.assert_array_equal(planes[0][1:4, 1:4], NINE)
    assert extremes.tolist() == [[1, 9, 9]]


@pytest.mark.parametrize(
    ("name", "values", "profile"),
    [
        ("south up", NINE[::-1], {"transform": Affine(1, 0, 70, 0, 1, 40)}),
        ("scaled", (NINE - 2) / 0.5, {"scales": (0.5,), "offsets": (2.0,)}),
        ("from 0 to 360", NINE, {"transform": Affine(1, 0, 430, 0, -1, 43)}),
        ("integers", NINE, {"dtype": "int16"}),
        ("pixel is point", NINE, {"pixel_is_point": True}),
    ],
)
def test_the_way_a_raster_is_stored_does_not_matter(
    make_layer, write_raster, name, values, profile
):
    layer = make_layer(sampling="bilinear")
    path = write_raster(values, **profile)
    planes, _, _ = maps_of([(layer, path)], grid_of(3, 3))
    np.testing.assert_allclose(planes[0], NINE)


@pytest.mark.parametrize("resampling", ["bilinear", "nearest"])
def test_on_one_crs_values_and_holes_are_those_of_gdal(
    make_layer, write_raster, resampling
):
    values = surface()
    values[np.random.default_rng(5).random(values.shape) < 0.1] = -99
    layer = make_layer(sampling=resampling, nodata=-99)
    path = write_raster(values, nodata=-99, transform=DEGREES)
    grid = grid_of(150, 150, 0.0171, 68.9, 44.1)  # reaches beyond two sides
    planes, _, _ = maps_of([(layer, path)], grid)
    theirs = by_gdal(path, grid, Resampling[resampling])
    np.testing.assert_array_equal(np.isnan(planes[0]), np.isnan(theirs))
    np.testing.assert_allclose(planes[0], theirs, atol=2e-5)


@pytest.mark.parametrize("source_crs", ["EPSG:4326", "EPSG:32642"])
def test_across_crs_values_are_as_exact_as_the_lattice(
    make_layer, write_raster, source_crs
):
    transform = DEGREES
    if source_crs != "EPSG:4326":
        transform = Affine(1500.0, 0, 500e3, 0, -1500.0, 4.85e6)
    values = surface()
    layer = make_layer(sampling="bilinear", crs=source_crs)
    path = write_raster(values, crs=source_crs, transform=transform)
    grid = grid_of(90, 90, 1300.0, -50e3, 50e3, LAEA)
    planes, _, _ = maps_of([(layer, path)], grid)
    known = np.isfinite(planes[0])
    slopes = [np.abs(np.diff(values, axis=k)).max() for k in (0, 1)]
    exact = exactly(values, transform, source_crs, grid)
    assert known.mean() > 0.9
    assert np.abs(planes[0] - exact)[known].max() <= 0.01 * sum(slopes)
    # GDAL as rasterio calls it places cells within an eighth of a cell only
    theirs = by_gdal(path, grid, Resampling.bilinear)
    both = known & np.isfinite(theirs)
    assert np.abs(planes[0] - theirs)[both].max() <= 0.135 * sum(slopes)
    assert (known != np.isfinite(theirs)).mean() < 0.01


def test_values_are_within_the_stated_rounding_of_exact_ones(make_layer, write_raster):
    values = np.random.default_rng(9).uniform(-4e4, 4e4, (90, 90)).astype("f4")
    layer = make_layer(sampling="bilinear", nodata=None)
    path = write_raster(values, transform=DEGREES)
    grid = grid_of(80, 80, 0.0173, 69.1, 43.9)  # within the centres of the outermost
    planes, _, _ = maps_of([(layer, path)], grid)
    exact = exactly(values.astype(float), DEGREES, "EPSG:4326", grid)
    assert np.abs(planes[0] - exact).max() <= 5e-7 * 4e4


def test_equal_neighbours_give_exactly_their_value(make_layer, write_raster):
    layer = make_layer(sampling="bilinear")
    path = write_raster(np.full((90, 90), 0.1), transform=DEGREES)
    planes, _, _ = maps_of([(layer, path)], grid_of(80, 80, 0.0173, 69.1, 43.9))
    assert (planes[0] == np.float32(0.1)).all()


@pytest.mark.parametrize("sampling", ["bilinear", "nearest"])
def test_a_raster_that_ends_within_the_map_is_read_to_its_rim(
    make_layer, write_raster, sampling
):
    """Each row crosses both sides of the raster, aslant."""
    transform = Affine(900.0, 0, 536e3, 0, -900.0, 4.806e6)
    values = surface(100)
    layer = make_layer(sampling=sampling, crs="EPSG:32642")
    path = write_raster(values, crs="EPSG:32642", transform=transform)
    grid = grid_of(140, 140, 830.0, -60e3, 60e3, LAEA)
    planes, _, _ = maps_of([(layer, path)], grid)
    to_source = Transformer.from_crs(grid.crs.to_wkt(), "EPSG:32642", always_xy=True)
    c, r = np.meshgrid(np.arange(140) + 0.5, np.arange(140) + 0.5)
    x, y = to_source.transform(*mapped(grid.transform, c, r))
    column, row = mapped(~transform, np.asarray(x), np.asarray(y))
    away = np.minimum.reduce([column, row, 100 - column, 100 - row])
    known = np.isfinite(planes[0])
    sure = np.abs(away) > 0.01
    np.testing.assert_array_equal(known[sure], (away > 0)[sure])
    assert 0.2 < known.mean() < 0.9
    if sampling == "bilinear":
        exact = exactly(values, transform, "EPSG:32642", grid)
        assert np.abs(planes[0] - exact)[known].max() <= 0.03
    else:
        inside = known & (np.abs(column % 1 - 0.5) < 0.49)
        inside &= np.abs(row % 1 - 0.5) < 0.49
        picked = values[row[inside].astype(int), column[inside].astype(int)]
        np.testing.assert_array_equal(planes[0][inside], picked.astype("f4"))


def test_rasters_of_one_crs_and_cell_share_a_lattice_and_keep_their_places(
    make_layer, write_raster
):
    grid = grid_of(90, 90, 830.0, -37e3, 37e3, LAEA)
    layers = []
    for k in range(3):
        transform = Affine(900.0, 0, 530e3 + 370.3 * k, 0, -900.0, 4.812e6 - 211.7 * k)
        path = write_raster(
            surface(110, k), name=f"{k}.tif", crs="EPSG:32642", transform=transform
        )
        layer = make_layer(id=f"layer-{k}", sampling="bilinear", crs="EPSG:32642")
        layers.append((layer, path))
    together, _, _ = maps_of(layers, grid)
    alone = [maps_of([one], grid)[0][0] for one in layers]
    assert np.isfinite(together).mean() > 0.5
    np.testing.assert_allclose(together, alone, atol=1e-6)
    assert np.nanmax(np.abs(together[0] - together[1])) > 0.1


def polygons(tmp_path, shapes, values):
    frame = gpd.GeoDataFrame({"value": values}, geometry=shapes, crs="EPSG:4326")
    path = tmp_path / "shapes.gpkg"
    frame.to_file(path, engine="pyogrio")
    return path


def test_the_largest_of_overlapping_polygons_counts(make_layer, tmp_path):
    layer = make_layer(kind="vector", file="shapes.gpkg", bands=[{"level": "value"}])
    shapes = [box(70, 40, 72, 43), box(71, 41, 73, 42)]
    path = polygons(tmp_path, shapes, [5.0, 2.0])
    planes, _, _ = maps_of([(layer, path)], grid_of(3, 3))
    expected = [[5, 5, np.nan], [5, 5, 2], [5, 5, np.nan]]
    np.testing.assert_array_equal(planes[0], expected)


def test_classes_become_numbers_and_silent_ones_no_data(make_layer, tmp_path):
    layer = make_layer(
        kind="vector",
        file="shapes.gpkg",
        bands=[{"level": "value"}],
        classes={"low": 1, "high": 3, "?": None},
    )
    shapes = [box(70 + k, 40, 71 + k, 43) for k in range(3)]
    path = polygons(tmp_path, shapes, ["low", "high", "?"])
    planes, _, _ = maps_of([(layer, path)], grid_of(1, 3))
    np.testing.assert_array_equal(planes[0], [[1, 3, np.nan]])


def test_polygons_lie_where_they_belong_in_a_projected_grid(make_layer, tmp_path):
    layer = make_layer(kind="vector", file="shapes.gpkg", bands=[{"level": "value"}])
    path = polygons(tmp_path, [box(60, 38, 80, 42)], [1.0])
    grid = grid_of(60, 120, 10_000.0, -600e3, 300e3, LAEA)
    planes, _, _ = maps_of([(layer, path)], grid)
    rows = np.flatnonzero(np.isfinite(planes[0][:, 0]))[[0, -1]]
    # the parallel 42 N bends in this projection: 600 km west it lies further north
    middle = np.flatnonzero(np.isfinite(planes[0][:, 60]))[0]
    assert rows[0] < middle


POINTS = {"statistic": "count", "radius_m": 60_000}


@pytest.mark.parametrize("statistic", ["count", "nearest_km", "largest"])
def test_points_are_counted_and_measured_on_the_ellipsoid(
    make_layer, tmp_path, statistic
):
    rng = np.random.default_rng(8)
    lon, lat = rng.uniform(70, 73, 40), rng.uniform(40, 43, 40)
    value = rng.uniform(5, 8, 40)
    points = [Point(x, y) for x, y in zip(lon, lat, strict=True)]
    path = polygons(tmp_path, points, value)
    how = {"statistic": statistic}
    if statistic != "nearest_km":
        how["radius_m"] = 60_000
    layer = make_layer(
        kind="vector", file="shapes.gpkg", bands=[{"level": "value"}], points=how
    )
    planes, _, _ = maps_of([(layer, path)], grid_of(6, 6, 0.5))
    geod = Geod(ellps="WGS84")
    for row, column in ((0, 0), (2, 3), (5, 5)):
        x, y = 70 + (column + 0.5) / 2, 43 - (row + 0.5) / 2
        away = geod.inv(np.full(40, x), np.full(40, y), lon, lat)[2]
        near = away <= 60_000
        expected = {
            "count": near.sum(),
            "nearest_km": away.min() / 1000,
            "largest": value[near].max(initial=0.0),
        }[statistic]
        assert planes[0][row, column] == pytest.approx(expected, rel=1e-4)


def test_beyond_the_extent_of_a_list_nothing_is_known(make_layer, tmp_path):
    layer = make_layer(
        kind="vector",
        file="shapes.gpkg",
        bands=[{"level": "value"}],
        points=POINTS,
        extent=[70, 40, 72, 43],
    )
    path = polygons(tmp_path, [Point(70.5, 42.5)], [1.0])
    planes, _, _ = maps_of([(layer, path)], grid_of(3, 3))
    expected = [[1, 0, np.nan], [0, 0, np.nan], [0, 0, np.nan]]
    np.testing.assert_array_equal(planes[0], expected)


def test_beyond_the_outline_of_a_list_nothing_is_known(make_layer, tmp_path):
    triangle = "POLYGON ((70 43, 73 43, 70 40, 70 43))"
    layer = make_layer(
        kind="vector",
        file="shapes.gpkg",
        bands=[{"level": "value"}],
        points=POINTS | {"listed_in": triangle},
        extent=[60, 30, 80, 50],
    )
    path = polygons(tmp_path, [Point(70.5, 42.5)], [1.0])
    planes, _, _ = maps_of([(layer, path)], grid_of(4, 4, cell=0.75))
    known = np.isfinite(planes[0])
    assert known[0, 0]
    assert not known[3, 3]
    assert known.sum() in (6, 10)  # with or without the centres on the slope
