"""Rivers from a relief: areas, links, lengths, burning, and the command."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS, Geod
from shapely.geometry import LineString, box

from pipeline.core.errors import InputError
from pipeline.core.methods.network import DischargeRelation, NetworkMethods
from pipeline.rivers import dem, make_network
from pipeline.rivers.build import build_network
from pipeline.rivers.reading import raw_reaches
from pipeline.rivers.terrain import (
    Relief,
    heights_at,
    read_relief,
    river_layer,
    row_areas_m2,
)

CELL = 0.01


def relief_of(height, *, crs=4326, transform=None):
    transform = transform or Affine(CELL, 0, 70.0, 0, -CELL, 40.5)
    heights = np.asarray(height, dtype=np.float32)
    return Relief(heights, transform, CRS.from_user_input(crs), "relief.tif")


def valley(rows=30, columns=21):
    """Valley that falls to the south along its middle column."""
    row, column = np.mgrid[0:rows, 0:columns]
    return 1000.0 - 10.0 * row + 30.0 * np.abs(column - columns // 2)


def write(path: Path, height, *, crs="EPSG:4326", transform=None, nodata=-9999):
    heights = np.asarray(height, dtype=np.float32)
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        height=heights.shape[0],
        width=heights.shape[1],
        count=1,
        dtype="float32",
        crs=crs,
        transform=transform or Affine(CELL, 0, 70.0, 0, -CELL, 40.5),
        nodata=nodata,
    ) as target:
        target.write(heights, 1)
    return path


def links_of(codes, threshold=1.0):
    return dem.river_links(np.array(codes, dtype=np.uint8), np.ones((1, 1)), threshold)


def test_links_of_a_small_grid_are_those_drawn_by_hand():
    # two headwaters meet in the middle of the second row and leave downwards
    codes = [[4, 247, 4], [1, 4, 16], [247, 0, 247]]
    links = links_of(codes)
    assert links.cell.tolist() == [0, 3, 4, 2, 5, 4, 4, 7]
    assert links.offset.tolist() == [0, 3, 6, 8]
    assert links.following.tolist() == [2, 2, -1]
    assert links.area_m2.tolist() == [2.0, 2.0, 6.0]


def test_a_river_begins_where_its_area_reaches_the_threshold():
    codes = [[1, 1, 1, 1, 0]]
    links = links_of(codes, 3.0)
    assert links.cell.tolist() == [2, 3, 4]
    assert links.area_m2.tolist() == [5.0]


def test_reaches_whose_water_may_come_from_beyond_the_frame_are_marked():
    # the frame cells that flow inwards may receive water from outside
    inner = [[247] * 4, [247, 1, 0, 247], [247] * 4]
    assert links_of([[1, 0, 247]]).is_open.tolist() == [True]
    assert links_of(inner).is_open.tolist() == [False]


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10_000))
def test_every_cell_drains_once(seed):
    height = np.random.default_rng(seed).normal(500, 100, (12, 15)).astype(np.float32)
    codes = dem.flow_directions(height, None)
    area = dem._accumulate(
        codes.ravel(),
        dem._steps(15),
        dem._inflows(codes, dem._steps(15)),
        np.ones((1, 1)),
        codes.shape,
    )
    assert area[codes.ravel() == dem.PIT].sum() == height.size
    assert area.min() == 1.0


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10_000))
def test_areas_of_reaches_grow_downstream_and_orders_follow_strahler(seed):
    height = np.random.default_rng(seed).normal(500, 100, (12, 15)).astype(np.float32)
    links = dem.river_links(dem.flow_directions(height, None), np.ones((1, 1)), 2.0)
    order = dem.strahler_orders(links.following)
    for reach, below in enumerate(links.following):
        if below >= 0:
            assert links.area_m2[below] > links.area_m2[reach]
            assert order[below] >= order[reach]
    for reach in range(len(links)):
        above = order[links.following == reach]
        if len(above):
            top = above.max()
            expected = top + (1 if (above == top).sum() > 1 else 0)
            assert order[reach] == expected
        else:
            assert order[reach] == 1


def test_areas_of_rows_are_those_of_the_ellipsoid():
    transform = Affine(0.5, 0, 70, 0, -0.5, 41)
    areas = row_areas_m2(transform, 3)
    geod = Geod(ellps="WGS84")
    for row in range(3):
        cell = box(70, 41 - 0.5 * (row + 1), 70.5, 41 - 0.5 * row).segmentize(0.005)
        expected = abs(geod.geometry_area_perimeter(cell)[0])
        assert areas[row] == pytest.approx(expected, rel=1e-6)


def test_areas_in_a_projected_grid_are_those_of_the_ellipsoid():
    # Web Mercator at 40 degrees: cells are 1.7 times too large in the plane
    transform = Affine(1000, 0, 7_792_364, 0, -1000, 4_865_942)
    relief = relief_of(valley(), crs=3857, transform=transform)
    total = relief.cell_area_m2().mean() * 30 * 21
    x, y = transform.c, transform.f
    frame = box(x, y - 30_000, x + 21_000, y).segmentize(500)
    outline = gpd.GeoSeries([frame], crs=3857).to_crs(4326).iloc[0]
    expected = abs(Geod(ellps="WGS84").geometry_area_perimeter(outline)[0])
    assert total == pytest.approx(expected, rel=2e-3)


def test_a_valley_gives_one_river_with_geodesic_lengths_and_slopes():
    layer = river_layer(relief_of(valley()), NetworkMethods(min_area_km2=60))
    assert len(layer) == 1
    row = layer.iloc[0]
    length = abs(Geod(ellps="WGS84").geometry_length(row.geometry))
    assert row["flow_length_m"] == pytest.approx(length, rel=1e-9)
    steps = len(row.geometry.coords) - 1
    assert row["slope"] == pytest.approx(10.0 * steps / length, rel=1e-6)
    assert [x for x, _ in row.geometry.coords] == pytest.approx([70.105] * (steps + 1))
    network = build_network(raw_reaches(layer, Path("relief.tif")))
    assert network.discharge.source.tolist() == ["missing"]
    assert "may be incomplete" in network.note[0]
    assert network.ledger[0].kind == "remark"


# rasterio itself multiplies transforms in a way that affine 3 will give up
@pytest.mark.filterwarnings("ignore:Use `@` matmul:PendingDeprecationWarning")
def test_the_same_relief_in_two_systems_gives_the_same_river(tmp_path):
    from rasterio.warp import Resampling, calculate_default_transform, reproject

    heights = valley().astype(np.float32)
    flat = write(tmp_path / "degrees.tif", heights)
    with rasterio.open(flat) as source:
        transform, width, height = calculate_default_transform(
            source.crs, "EPSG:32642", source.width, source.height, *source.bounds
        )
        target = np.full((height, width), -9999, dtype=np.float32)
        reproject(
            rasterio.band(source, 1),
            target,
            dst_transform=transform,
            dst_crs="EPSG:32642",
            dst_nodata=-9999,
            resampling=Resampling.bilinear,
        )
    metres = write(tmp_path / "m.tif", target, crs="EPSG:32642", transform=transform)
    methods = NetworkMethods(min_area_km2=60)
    first, second = (river_layer(read_relief(p), methods) for p in (flat, metres))
    a, b = (f["upstream_area_km2"].max() for f in (first, second))
    assert a == pytest.approx(b, rel=0.05)


def test_a_flat_reach_has_no_slope():
    heights = np.full((5, 12), 100.0)
    heights[2] = 50.0
    heights[2, -1] = 49.9
    layer = river_layer(relief_of(heights), NetworkMethods(min_area_km2=5))
    assert layer["slope"].isna().any()


def test_burned_rivers_lead_the_water_where_they_run():
    plain = np.full((20, 20), 100.0)
    plain[:, 0] = 99.0
    x = 70.155
    line = gpd.GeoDataFrame(
        geometry=[LineString([(x, 40.5), (x, 40.3)])], crs="EPSG:4326"
    )
    methods = NetworkMethods(min_area_km2=10)
    for lines, expected in ((None, False), (line.to_crs("EPSG:32642"), True)):
        layer = river_layer(relief_of(plain), methods, lines)
        along = [
            {round(lon, 6) for lon, _ in shape.coords} == {x}
            for shape in layer.geometry
            if len(shape.coords) > 10
        ]
        assert any(along) is expected


def test_closed_basins_are_filled_or_kept_by_their_depth():
    row, column = np.mgrid[0:21, 0:21]
    bowl = 500.0 + 20.0 * np.maximum(np.abs(row - 10), np.abs(column - 10))
    bowl[0, :] = 500.0  # a low rim in the north lets nothing in, all out
    filled = dem.flow_directions(bowl.astype(np.float32), None)
    kept = dem.flow_directions(bowl.astype(np.float32), 50.0)
    assert filled[10, 10] != dem.PIT
    assert kept[10, 10] == dem.PIT


def test_a_stated_relation_gives_discharge_and_says_so():
    relation = DischargeRelation(
        factor=0.01, power=0.9, scatter_factor=2.0, source="Test 2020"
    )
    methods = NetworkMethods(min_area_km2=60, discharge_relation=relation)
    layer = river_layer(relief_of(valley()), methods)
    network = build_network(raw_reaches(layer, Path("relief.tif")))
    area = network.area_km2[0]
    assert network.discharge.mean_m3s[0] == pytest.approx(0.01 * area**0.9)
    assert network.discharge.source.tolist() == ["layer_estimate"]
    assert "Test 2020" in network.discharge.how[0]
    assert network.discharge.high_m3s[0] == pytest.approx(2 * 0.01 * area**0.9)


@pytest.mark.parametrize(
    ("crs", "transform", "named"),
    [
        (None, None, "CRS None"),
        ("EPSG:2263", Affine(100, 0, 0, 0, -100, 0), "degrees or metres"),
        ("EPSG:4326", Affine(0.01, 0.001, 70, 0, -0.01, 40), "north up"),
        ("EPSG:4326", Affine(0.01, 0, 70, 0, 0.01, 40), "north up"),
    ],
)
@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_a_relief_that_cannot_be_used_is_refused(tmp_path, crs, transform, named):
    path = write(tmp_path / "рельеф 1.tif", valley(), crs=crs, transform=transform)
    with pytest.raises(InputError, match=named):
        read_relief(path)


def test_a_file_that_is_no_raster_is_refused(tmp_path):
    path = tmp_path / "broken.tif"
    path.write_bytes(b"nothing")
    with pytest.raises(InputError, match="cannot be read"):
        read_relief(path)


def test_a_relief_too_small_for_a_river_is_refused():
    with pytest.raises(InputError, match="no cell that drains 1000 km2"):
        river_layer(relief_of(valley()), NetworkMethods(min_area_km2=1000))


def test_cells_without_data_carry_no_river(tmp_path):
    heights = valley()
    heights[:, :8] = -9999
    relief = read_relief(write(tmp_path / "r.tif", heights))
    layer = river_layer(relief, NetworkMethods(min_area_km2=20))
    assert layer.bounds["minx"].min() > 70.08


def test_heights_are_empty_outside_and_without_data(tmp_path):
    heights = valley()
    heights[0, 0] = -9999
    path = write(tmp_path / "r.tif", heights)
    found = heights_at(
        path, np.array([70.005, 70.105, 60.0]), np.array([40.495, 40.495, 40.0])
    )
    assert np.isnan(found[[0, 2]]).all()
    assert found[1] == 1000.0


def test_the_command_writes_a_layer_that_the_stage_reads(tmp_path, project):
    path = write(tmp_path / "relief.tif", valley())
    line = gpd.GeoDataFrame(
        geometry=[LineString([(70.105, 40.5), (70.105, 40.2)])], crs="EPSG:4326"
    )
    line.to_file(tmp_path / "known.gpkg")
    out = tmp_path / "rivers.gpkg"
    parser = make_network.argparse.ArgumentParser()
    make_network.add_arguments(parser)
    words = [f"--dem={path}", f"--burn={tmp_path / 'known.gpkg'}", f"--out={out}"]
    make_network.run(parser.parse_args([*words, "--min-area-km2=20"]))
    frame = gpd.read_file(out, layer="reaches")
    assert len(build_network(raw_reaches(frame, out))) == len(frame)
    record = json.loads(out.with_name("rivers.gpkg.prov.json").read_text("utf-8"))
    assert record["parameters"]["min_area_km2"] == 20
    assert [item["file"] for item in record["inputs"]] == ["known.gpkg", "relief.tif"]
    first = out.read_bytes()
    make_network.run(parser.parse_args([*words, "--min-area-km2=20"]))
    assert len(first) == len(out.read_bytes())


@pytest.mark.parametrize("words", [["--min-area-km2=0"], ["--out=rivers.csv"]])
def test_options_that_cannot_be_are_refused(tmp_path, words):
    parser = make_network.argparse.ArgumentParser()
    make_network.add_arguments(parser)
    path = write(tmp_path / "relief.tif", valley())
    base = [f"--dem={path}", f"--out={tmp_path / 'r.gpkg'}"]
    with pytest.raises(InputError, match="To mend"):
        make_network.run(parser.parse_args([*base, *words]))
