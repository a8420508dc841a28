"""Sampling of rasters: values by hand, and every kind of file that can go wrong."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
from affine import Affine

from pipeline.core.errors import InputError
from pipeline.core.geo import geodesic_circle
from pipeline.core.model import Status
from pipeline.hazards.places import Place, continuous, place_at
from pipeline.hazards.samplers.raster import sample

DEGREE = Affine(1.0, 0.0, 70.0, 0.0, -1.0, 43.0)
NODATA = -9999.0
NINE = np.arange(1.0, 10.0).reshape(3, 3)
"""Rows from north to south: 1 2 3, 4 5 6, 7 8 9; the middle cell is 71..72, 41..42."""
MIDDLE = place_at("kg-1", 71.5, 41.5, 20_000)


def one(layer, path, place, choices):
    return sample(layer, path, [place], choices).samples[0]


def point(lon_deg, lat_deg):
    return place_at("kg-1", lon_deg, lat_deg, 0)


def test_a_circle_inside_of_one_cell_has_its_value(make_layer, write_raster, choices):
    found = one(make_layer(), write_raster(NINE), MIDDLE, choices)
    assert (found.low, found.value, found.high) == (5, 5, 5)
    assert found.status is Status.MEASURED
    assert found.covered_fraction == pytest.approx(1)
    assert found.note is None


def test_a_circle_on_a_corner_is_the_mean_of_four_cells(
    make_layer, write_raster, choices
):
    # round 71 E, 42 N: cells 1, 2, 4 and 5 in nearly equal parts
    found = one(
        make_layer(), write_raster(NINE), place_at("kg-1", 71, 42, 9e3), choices
    )
    assert found.value == pytest.approx(3, abs=2e-3)
    assert (found.low, found.high) == (1, 5)
    assert (found.least, found.largest) == (1, 5)


def test_a_circle_on_an_edge_weights_by_area(make_layer, write_raster, choices):
    # the centre lies half a radius inside: 80.45 % of a disc lie on that side
    radius_m = 10_000
    shift_deg = radius_m / 2 / (111_320 * math.cos(math.radians(41.5)))
    place = place_at("kg-1", 71 + shift_deg, 41.5, radius_m)
    found = one(make_layer(), write_raster(NINE), place, choices)
    inside = 1 - (math.acos(0.5) - 0.5 * math.sqrt(0.75)) / math.pi
    assert found.value == pytest.approx(inside * 5 + (1 - inside) * 4, abs=2e-3)


def test_bilinear_layers_are_a_surface_not_steps(make_layer, write_raster, choices):
    # a plane through the centres: value = column + 3 row, exact for a symmetric disc
    layer = make_layer(sampling="bilinear")
    place = place_at("kg-1", 71.75, 41.25, 5_000)
    found = one(layer, write_raster(NINE), place, choices)
    assert found.value == pytest.approx(5 + 0.25 + 3 * 0.25, abs=5e-3)
    assert found.low < found.value < found.high
    assert found.high - found.value < 4 * 5_000 / 85_000


def test_bilinear_points_by_hand(make_layer, write_raster, choices):
    layer, path = make_layer(sampling="bilinear"), write_raster(NINE)
    found = one(layer, path, point(71.75, 41.25), choices)
    assert found.value == pytest.approx(6)
    beyond_the_centres = one(layer, path, point(70.1, 42.9), choices)
    assert beyond_the_centres.value == 1


def test_nearest_points_by_hand(make_layer, write_raster, choices):
    path = write_raster(NINE)
    values = [
        one(make_layer(), path, point(lon, lat), choices).value
        for lon, lat in [(70.01, 42.99), (72.99, 40.01), (71.99, 41.01)]
    ]
    assert values == [1, 9, 5]


def test_a_circle_far_smaller_than_a_cell_reads_its_centre(
    make_layer, write_raster, choices
):
    found = one(
        make_layer(), write_raster(NINE), place_at("kg-1", 71.5, 41.5, 1), choices
    )
    assert (found.value, found.covered_fraction) == (5, 1)


def test_all_levels_come_from_one_pass(make_layer, write_raster, choices):
    layer = make_layer(
        bands=[
            {"level": "2475", "band": 2, "return_period_yr": 2475},
            {"level": "475", "band": 1, "return_period_yr": 475},
        ]
    )
    found = sample(layer, write_raster(NINE, NINE * 2), [MIDDLE], choices).samples
    assert {s.band.level: s.value for s in found} == {"475": 5, "2475": 10}


@pytest.mark.parametrize("sampling", ["nearest", "bilinear"])
def test_cells_without_data_leave_the_mean_of_the_rest(
    make_layer, write_raster, choices, sampling
):
    cells = np.where(NINE == 5, NODATA, 7.0)
    layer = make_layer(nodata=NODATA, sampling=sampling)
    path = write_raster(cells, nodata=NODATA)
    on_edge = one(layer, path, place_at("kg-1", 71, 41.5, 9e3), choices)
    assert on_edge.value == pytest.approx(7)
    assert on_edge.covered_fraction == pytest.approx(0.5, abs=1e-3)
    assert "partly_covered|share_fraction=0.5" in on_edge.note
    inside = one(layer, path, MIDDLE, choices)
    assert (inside.status, inside.value) == (Status.NOT_COVERED, None)


def test_too_little_coverage_is_not_covered_with_the_reason(
    make_layer, write_raster, choices
):
    cells = np.where(NINE == 5, 5.0, NODATA)
    place = place_at("kg-1", 71, 42, 9e3)
    layer = make_layer(nodata=NODATA)
    found = one(layer, write_raster(cells, nodata=NODATA), place, choices)
    assert (found.status, found.value) == (Status.NOT_COVERED, None)
    assert found.covered_fraction == pytest.approx(0.25, abs=2e-3)
    assert found.note.startswith("covered_too_little|share_fraction=0.2")


@pytest.mark.parametrize(
    ("zero_is", "status"),
    [("no_hazard", Status.NO_HAZARD), ("measured", Status.MEASURED)],
)
def test_zero_is_what_the_layer_says_it_is(
    make_layer, write_raster, choices, zero_is, status
):
    found = one(make_layer(zero_is=zero_is), write_raster(NINE * 0), MIDDLE, choices)
    assert (found.status, found.value) == (status, 0)


def test_a_place_with_some_hazard_is_measured(make_layer, write_raster, choices):
    layer = make_layer(zero_is="no_hazard")
    path = write_raster(np.where(NINE == 5, 2.0, 0.0))
    found = one(layer, path, place_at("kg-1", 71, 42, 9e3), choices)
    assert found.status is Status.MEASURED
    assert found.value == pytest.approx(0.5, abs=2e-3)


def test_a_mean_beyond_the_quantiles_widens_them(make_layer, write_raster, choices):
    # 2 % of the disc hold 100: the 95 % quantile is 0, the mean about 2
    shift_deg = 0.92 * 9_000 / (111_320 * math.cos(math.radians(41.5)))
    place = place_at("kg-1", 71 - shift_deg, 41.5, 9_000)
    path = write_raster(np.where(NINE == 5, 100.0, 0.0))
    found = one(make_layer(), path, place, choices)
    assert found.low == 0 < found.value == found.high


def test_whole_number_rasters_keep_their_no_data(make_layer, write_raster, choices):
    cells = np.where(NINE == 5, -32768, NINE)
    path = write_raster(cells, dtype="int16", nodata=-32768)
    place = place_at("kg-1", 71, 41.5, 9e3)
    found = one(make_layer(nodata=-32768), path, place, choices)
    assert (found.value, found.least) == (4, 4)


@pytest.mark.parametrize("nodata", [None, "nan"])
def test_nan_is_never_a_value(make_layer, write_raster, choices, nodata):
    profile = {} if nodata is None else {"nodata": math.nan}
    path = write_raster(np.where(NINE == 5, np.nan, NINE), **profile)
    found = one(make_layer(nodata=nodata), path, MIDDLE, choices)
    assert found.status is Status.NOT_COVERED


def test_the_registry_gives_the_no_data_value_that_a_file_lacks(
    make_layer, write_raster, choices
):
    path = write_raster(np.where(NINE == 5, NODATA, NINE))
    found = one(make_layer(nodata=NODATA), path, MIDDLE, choices)
    assert found.status is Status.NOT_COVERED


def test_scale_and_offset_tags_are_applied_after_no_data(
    make_layer, write_raster, choices
):
    path = write_raster(
        np.where(NINE == 4, 255, NINE * 10),
        dtype="uint8",
        nodata=255,
        scales=(0.01,),
        offsets=(2.0,),
    )
    layer = make_layer(nodata=255)
    assert one(layer, path, MIDDLE, choices).value == pytest.approx(2.5)
    west = one(layer, path, point(70.5, 41.5), choices)
    assert west.status is Status.NOT_COVERED


def test_south_up_rasters_are_read_where_they_lie(make_layer, write_raster, choices):
    transform = Affine(1.0, 0.0, 70.0, 0.0, 1.0, 40.0)
    path = write_raster(NINE[::-1], transform=transform)
    north_west = one(make_layer(), path, place_at("kg-1", 70.5, 42.5, 20_000), choices)
    assert north_west.value == 1


def test_rotated_grids_are_read_where_they_lie(make_layer, write_raster, choices):
    transform = Affine.translation(71.5, 41.5) @ Affine.rotation(90)
    path = write_raster(NINE, transform=transform @ Affine.translation(-1.5, -1.5))
    # a quarter turn: the first row runs up the east side, 72..73 E
    east = [
        one(make_layer(), path, place_at("kg-1", 72.5, lat, 9_000), choices).value
        for lat in (40.5, 41.5, 42.5)
    ]
    assert east == [1, 2, 3]


def test_pixel_is_point_files_lose_no_half_cell(make_layer, write_raster, choices):
    path = write_raster(NINE, pixel_is_point=True)
    assert one(make_layer(), path, point(71.99, 41.01), choices).value == 5


def test_other_crs_moves_the_circle_to_the_raster(make_layer, write_raster, choices):
    # UTM 42N has its central meridian at 69 E: x = 500 km there
    transform = Affine(30_000.0, 0, 440_000.0, 0, -30_000.0, 4_600_000.0)
    cells = np.array([[1.0, 2, 3, 4], [5, 6, 7, 8]])
    path = write_raster(cells, crs="EPSG:32642", transform=transform)
    layer = make_layer(crs="EPSG:32642")
    found = one(layer, path, place_at("kg-1", 69.0, 41.4, 5_000), choices)
    assert found.value == pytest.approx(2.5, abs=1e-3)
    assert (found.low, found.high) == (2, 3)


def test_a_raster_of_one_cell_covers_what_it_covers(make_layer, write_raster, choices):
    for sampling in ("nearest", "bilinear"):
        layer = make_layer(sampling=sampling)
        path = write_raster([[4.0]], transform=DEGREE)
        found = one(layer, path, place_at("kg-1", 70.5, 42.5, 9_000), choices)
        assert (found.value, found.covered_fraction) == pytest.approx((4, 1))
        small = write_raster([[4.0]], transform=Affine(0.01, 0, 70.5, 0, -0.01, 42.5))
        found = one(layer, small, place_at("kg-1", 70.5, 42.5, 9_000), choices)
        assert found.status is Status.NOT_COVERED
        assert 0 < found.covered_fraction < 0.02


@pytest.mark.parametrize("sampling", ["nearest", "bilinear"])
def test_a_circle_half_off_the_raster_is_half_covered(
    make_layer, write_raster, choices, sampling
):
    layer = make_layer(sampling=sampling)
    place = place_at("kg-1", 70.0, 41.5, 9_000)
    found = one(layer, write_raster(NINE), place, choices)
    assert found.covered_fraction == pytest.approx(0.5, abs=1e-3)
    assert found.value == pytest.approx(4, abs=1e-3)


def test_a_place_off_the_raster_is_not_covered(make_layer, write_raster, choices):
    path = write_raster(NINE)
    for radius_m in (0, 9_000):
        place = place_at("kg-1", 60.0, 41.5, radius_m)
        found = one(make_layer(), path, place, choices)
        assert (found.status, found.covered_fraction) == (Status.NOT_COVERED, 0)


@pytest.mark.parametrize("west", [-180.0, 0.0, 180.0])
def test_circles_over_the_antimeridian_are_whole(
    make_layer, write_raster, choices, west
):
    # 1 in the eastern hemisphere, 3 in the western; the centre lies on 180 E
    is_west = ((west + np.arange(0.5, 360)) % 360) > 180
    row = np.where(is_west, 3.0, 1.0)
    transform = Affine(1.0, 0, west, 0, -1.0, 43.0)
    path = write_raster(np.tile(row, (3, 1)), transform=transform)
    for lon in (180.0, -180.0):
        found = one(make_layer(), path, place_at("kg-1", lon, 41.5, 9_000), choices)
        assert found.covered_fraction == pytest.approx(1)
        assert found.value == pytest.approx(2, abs=1e-6)


@pytest.mark.parametrize("sampling", ["nearest", "bilinear"])
def test_parts_on_both_sides_of_the_antimeridian_weigh_by_their_area(
    make_layer, write_raster, choices, sampling
):
    # the centre lies half a radius east of 180: 80.45 % of the disc are western
    # hemisphere, where the value is 3; a lattice over each part has other sub-cells
    row = np.where(np.arange(360) < 180, 3.0, 1.0)
    transform = Affine(1.0, 0, -180.0, 0, -1.0, 43.0)
    path = write_raster(np.tile(row, (3, 1)), transform=transform)
    radius_m = 10_000
    shift_deg = radius_m / 2 / (111_320 * math.cos(math.radians(41.5)))
    place = place_at("kg-1", -180 + shift_deg, 41.5, radius_m)
    found = one(make_layer(sampling=sampling), path, place, choices)
    inside = 1 - (math.acos(0.5) - 0.5 * math.sqrt(0.75)) / math.pi
    assert found.value == pytest.approx(inside * 3 + (1 - inside) * 1, abs=4e-3)
    assert (found.low, found.high, found.covered_fraction) == pytest.approx((1, 3, 1))


@pytest.mark.parametrize("west", [-180.0, 180.0])
def test_a_point_on_the_antimeridian_is_in_the_cell_east_of_it(
    make_layer, write_raster, choices, west
):
    cells = np.tile(np.arange(360.0), (3, 1))
    path = write_raster(cells, transform=Affine(1.0, 0, west, 0, -1.0, 43.0))
    for lon in (-180.0, 180.0):
        found = one(make_layer(), path, point(lon, 41.5), choices)
        assert (found.value, found.largest, found.covered_fraction) == (0, 0, 1)


def test_a_seam_of_a_projection_is_told_not_torn(make_layer, write_raster, choices):
    transform = Affine(1e6, 0, -20e6, 0, -1e6, 20e6)
    path = write_raster(np.ones((40, 40)), crs="EPSG:3857", transform=transform)
    torn = Place("kg-1", 180.0, 41.5, 9_000.0, geodesic_circle(180.0, 41.5, 9_000))
    found = one(make_layer(crs="EPSG:3857"), path, torn, choices)
    assert (found.status, found.value) == (Status.INVALID, None)
    assert "seam" in found.note


def test_circles_keep_continuous_longitudes():
    whole = continuous(geodesic_circle(179.99, 0.0, 5_000), 179.99)
    assert whole.bounds[2] - whole.bounds[0] < 0.1
    assert whole.bounds[2] > 180


def test_blocks_are_decoded_once_for_all_places(
    make_layer, write_raster, choices, monkeypatch
):
    from pipeline.hazards.sampling.blocks import BlockReader

    decoded = []
    plain = BlockReader.decode

    def counted(self, bi, bj):
        decoded.append((bi, bj))
        return plain(self, bi, bj)

    monkeypatch.setattr(BlockReader, "decode", counted)
    path = write_raster(
        np.ones((64, 64)),
        tiled=True,
        blockxsize=16,
        blockysize=16,
        transform=Affine(0.05, 0, 70, 0, -0.05, 43),
    )
    places = [
        place_at(f"kg-{i}", 70.1 + 0.15 * (i % 20), 42.9 - 0.1 * (i % 29), 8_000)
        for i in range(200)
    ]
    sample(make_layer(), path, places, choices)
    assert len(decoded) == len(set(decoded))
    assert len(decoded) > 4


def test_a_raster_without_crs_is_refused(make_layer, write_raster, choices):
    path = write_raster(NINE, crs=None)
    with pytest.raises(InputError, match="no CRS"):
        sample(make_layer(), path, [MIDDLE], choices)


def test_another_crs_than_declared_is_refused(make_layer, write_raster, choices):
    path = write_raster(NINE, crs="EPSG:32642")
    with pytest.raises(
        InputError, match=re.escape("CRS EPSG:32642; expected EPSG:4326")
    ):
        sample(make_layer(), path, [MIDDLE], choices)


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_a_raster_without_a_place_on_the_ground_is_refused(
    make_layer, write_raster, choices
):
    path = write_raster(NINE, transform=Affine.identity())
    with pytest.raises(InputError, match="no place on the ground"):
        sample(make_layer(), path, [MIDDLE], choices)


def test_another_no_data_value_than_declared_is_refused(
    make_layer, write_raster, choices
):
    path = write_raster(NINE, nodata=-1)
    with pytest.raises(InputError, match="no-data value -1 in the file"):
        sample(make_layer(nodata=NODATA), path, [MIDDLE], choices)


def test_a_file_that_is_no_raster_is_refused(make_layer, tmp_path, choices):
    path = tmp_path / "слой карты.tif"
    path.write_text("not a raster", encoding="utf-8")
    with pytest.raises(InputError, match="cannot be opened"):
        sample(make_layer(), path, [MIDDLE], choices)


def test_a_truncated_raster_is_refused_with_the_block(
    make_layer, write_raster, choices
):
    cells = np.random.default_rng(1).uniform(0, 1, (128, 128))
    transform = Affine(0.02, 0, 70, 0, -0.02, 43)
    path = write_raster(
        cells, tiled=True, blockxsize=64, blockysize=64, transform=transform
    )
    path.write_bytes(path.read_bytes()[: -64 * 64 * 4 - 100])
    place = place_at("kg-1", 72.3, 40.7, 9_000)
    with pytest.raises(InputError, match="row 64, column 64 that cannot be read"):
        sample(make_layer(), path, [place], choices)


def test_a_missing_band_is_refused(make_layer, write_raster, choices):
    layer = make_layer(bands=[{"level": "975", "band": 2}])
    with pytest.raises(InputError, match="band 2 for level '975'"):
        sample(layer, write_raster(NINE), [MIDDLE], choices)


def test_complex_numbers_are_refused(make_layer, write_raster, choices):
    path = write_raster(NINE, dtype="complex64")
    with pytest.raises(InputError, match="complex64"):
        sample(make_layer(), path, [MIDDLE], choices)


def test_a_circle_of_too_many_cells_is_refused(
    make_layer, write_raster, choices, monkeypatch
):
    monkeypatch.setattr("pipeline.hazards.sampling.groups._MOST_CELLS", 3)
    place = place_at("kg-1", 71, 42, 9e3)
    with pytest.raises(InputError, match="4 cells at one place"):
        sample(make_layer(), write_raster(NINE), [place], choices)


def test_the_peak_is_at_least_every_other_statistic(make_layer, write_raster, choices):
    # one steep cell: the surface in the place rises above the cells that it touches
    cells = np.array([[1.0, 1, 1], [1, 1, 9], [1, 1, 1]])
    path = write_raster(cells)
    place = place_at("kg-1", 71.9, 41.5, 5_000)
    for sampling in ("nearest", "bilinear"):
        found = one(make_layer(sampling=sampling), path, place, choices)
        assert found.peak >= found.high >= found.value
    assert found.peak > found.largest == 1
