"""Polygon layers with a value column, and a study's table of sites."""

from __future__ import annotations

import geopandas as gpd
import pytest
from shapely.geometry import Point, Polygon, box

from pipeline.core.errors import InputError
from pipeline.core.model import Status
from pipeline.hazards.checks import check_possible
from pipeline.hazards.places import place_at
from pipeline.hazards.samplers import sampler_for, table, vector

WEST, EAST = box(70, 40, 71, 42), box(71, 40, 72, 42)
ON_LINE = place_at("kg-1", 71, 41, 9_000)


@pytest.fixture
def polygons(tmp_path):
    def write(shapes, values, crs="EPSG:4326"):
        path = tmp_path / "zones.gpkg"
        frame = gpd.GeoDataFrame({"class": values}, geometry=shapes, crs=crs)
        frame.to_file(path, layer="zones")
        return path

    return write


@pytest.fixture
def zones(make_layer):
    return make_layer(
        kind="vector",
        file="zones.gpkg",
        table="zones",
        hazard="landslide",
        process="landslide_mudflow",
        intensity_measure="class",
        unit="-",
        bands=[{"level": "class"}],
    )


@pytest.fixture
def study(make_layer, tmp_path):
    def write(text):
        path = tmp_path / "study.csv"
        path.write_text(text, encoding="utf-8")
        layer = make_layer(kind="table", crs=None, bands=[{"level": "pga"}])
        return table.sample(layer, path, [ON_LINE], None)

    return write


def vector_one(layer, path, place, choices):
    return vector.sample(layer, path, [place], choices).samples[0]


def test_polygons_count_by_the_area_in_the_circle(zones, polygons, choices):
    found = vector_one(zones, polygons([WEST, EAST], [2.0, 4.0]), ON_LINE, choices)
    assert (found.low, found.value, found.high) == pytest.approx((2, 3, 4), abs=1e-3)
    assert found.covered_fraction == pytest.approx(1)


def test_where_polygons_overlap_the_larger_value_counts_once(zones, polygons, choices):
    path = polygons([box(70, 40, 72, 42), EAST], [2.0, 4.0])
    found = vector_one(zones, path, ON_LINE, choices)
    assert found.value == pytest.approx(3, abs=1e-3)
    assert found.covered_fraction == pytest.approx(1)


def test_a_polygon_without_a_value_covers_nothing(zones, polygons, choices):
    path = polygons([WEST, EAST], [2.0, None])
    found = vector_one(zones, path, ON_LINE, choices)
    assert found.value == pytest.approx(2)
    assert found.covered_fraction == pytest.approx(0.5, abs=1e-3)


def test_points_take_the_polygon_that_they_lie_in(zones, polygons, choices):
    path = polygons([WEST, EAST], [2.0, 4.0])
    inside = vector_one(zones, path, place_at("kg-1", 71.5, 41, 0), choices)
    assert (inside.value, inside.covered_fraction) == (4, 1)
    outside = vector_one(zones, path, place_at("kg-1", 75, 41, 0), choices)
    assert outside.status is Status.NOT_COVERED


def test_polygons_in_metres_are_moved_to_degrees(zones, polygons, choices):
    shapes = gpd.GeoSeries([WEST, EAST], crs="EPSG:4326").to_crs("EPSG:32642")
    path = polygons(list(shapes), [2.0, 4.0], crs="EPSG:32642")
    layer = zones.model_copy(update={"crs": "EPSG:32642"})
    found = vector_one(layer, path, ON_LINE, choices)
    assert found.value == pytest.approx(3, abs=0.05)


def test_polygons_that_cross_themselves_are_mended_and_told(zones, polygons, choices):
    bow_tie = Polygon([(70.5, 40.5), (71.5, 41.5), (71.5, 40.5), (70.5, 41.5)])
    found = vector.sample(zones, polygons([bow_tie], [2.0]), [ON_LINE], choices)
    assert found.remarks == ("polygons_mended|n_polygons=1",)
    assert 0.3 < found.samples[0].covered_fraction < 0.7


def test_classes_in_words_are_refused(zones, polygons, choices):
    with pytest.raises(InputError, match="a column of numbers"):
        vector_one(zones, polygons([WEST], ["high"]), ON_LINE, choices)


def test_points_instead_of_polygons_are_refused(zones, polygons, choices):
    with pytest.raises(InputError, match="expected polygons"):
        vector_one(zones, polygons([Point(71, 41)], [1.0]), ON_LINE, choices)


def test_another_crs_than_declared_is_refused(zones, polygons, choices):
    path = polygons([WEST], [1.0], crs="EPSG:32642")
    with pytest.raises(InputError, match="EPSG:32642"):
        vector_one(zones, path, ON_LINE, choices)


@pytest.mark.parametrize("broken", ["file", "table"])
def test_vector_files_that_cannot_be_read_are_refused(zones, polygons, choices, broken):
    path = polygons([WEST], [1.0])
    layer = zones
    if broken == "file":
        path.write_bytes(b"not a geopackage")
    else:
        layer = zones.model_copy(update={"table": "elsewhere"})
    with pytest.raises(InputError, match="cannot be read"):
        vector_one(layer, path, ON_LINE, choices)


def test_a_study_gives_value_and_bounds(study):
    found = study("tmf_id,pga,pga_low,pga_high\nkg-1,0.3,0.2,0.45\n").samples[0]
    assert (found.low, found.value, found.high) == (0.2, 0.3, 0.45)
    assert found.status is Status.MEASURED


@pytest.mark.parametrize("rows", ["kg-1,\n", "kg-2,0.3\n"])
def test_a_value_that_the_study_lacks_is_not_provided(study, rows):
    found = study("tmf_id,pga\n" + rows).samples[0]
    assert (found.status, found.value) == (Status.NOT_PROVIDED, None)
    assert "study" in found.note


def test_bounds_that_cannot_be_stop_like_values(study, make_layer):
    found = study("tmf_id,pga,pga_low,pga_high\nkg-1,0.3,0.2,300\n")
    with pytest.raises(InputError, match="found 300 g at facility 'kg-1'"):
        check_possible(make_layer(), found)


def test_sites_of_other_regions_are_told(study):
    (remark,) = study("tmf_id,pga\nkg-1,0.3\nxx-9,0.1\n").remarks
    assert "xx-9" in remark


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("tmf_id,pgv\nkg-1,0.3\n", "no column 'pga'"),
        ("tmf_id,pga\nkg-1,0.3\nkg-1,0.4\n", "row 3.*twice"),
        ("tmf_id,pga\nkg-1,high\n", "row 2, field 'pga': found high"),
        ("tmf_id,pga\nkg-1,inf\n", "found inf"),
        ("tmf_id,pga,pga_low,pga_high\nkg-1,0.3,0.4,0.5\n", "bounds that enclose"),
    ],
)
def test_broken_studies_are_refused(study, text, words):
    with pytest.raises(InputError, match=words):
        study(text)


def test_a_study_that_is_not_utf_8_is_refused(make_layer, tmp_path):
    path = tmp_path / "study.csv"
    path.write_bytes("tmf_id,pga,note\nkg-1,0.3,плотина\n".encode("cp1251"))
    layer = make_layer(kind="table", crs=None, bands=[{"level": "pga"}])
    with pytest.raises(InputError, match="not UTF-8"):
        table.sample(layer, path, [ON_LINE], None)


def test_samplers_are_found_by_kind_and_unknown_kinds_are_refused():
    assert sampler_for("table", "x") is table.sample
    with pytest.raises(InputError, match=r"\['raster', 'table', 'vector'\]"):
        sampler_for("mesh", "x")
