"""Files that are not what the registry says of them."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from affine import Affine
from shapely.geometry import LineString, Point, Polygon, box

from pipeline.core.errors import InputError
from pipeline.retrieve.check_raster import check_raster
from pipeline.retrieve.check_vector import check_table, check_vector

BBOX = (69.0, 38.0, 75.0, 43.0)


def mended(layer, **changes):
    return layer.model_copy(update=changes)


def test_a_good_raster_passes(write_raster, make_layer, tmp_path):
    path = write_raster(tmp_path / "папка с пробелом" / "a.tif")
    assert check_raster(path, make_layer(), BBOX) is None


def test_a_raster_without_crs_is_refused(write_raster, make_layer, tmp_path):
    path = write_raster(tmp_path / "a.tif", crs=None)
    with pytest.raises(
        InputError, match=r"a\.tif, field 'test-layer\.crs': found no CRS"
    ):
        check_raster(path, make_layer(), BBOX)


def test_a_raster_in_another_crs_than_it_claims_is_refused(
    write_raster, make_layer, tmp_path
):
    path = write_raster(
        tmp_path / "a.tif",
        crs="EPSG:32642",
        transform=Affine(1000, 0, 5e5, 0, -1000, 4.5e6),
    )
    with pytest.raises(InputError, match="found EPSG:32642; expected EPSG:4326"):
        check_raster(path, make_layer(), BBOX)


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_a_raster_without_position_is_refused(write_raster, make_layer, tmp_path):
    path = write_raster(tmp_path / "a.tif", transform=Affine.identity())
    with pytest.raises(InputError, match="no position"):
        check_raster(path, make_layer(), BBOX)


@pytest.mark.parametrize("keep", [0.3, 0.6, 0.95])
@pytest.mark.parametrize("compress", [None, "deflate"])
def test_a_raster_that_was_cut_off_is_refused(
    write_raster, make_layer, tmp_path, keep, compress
):
    cells = np.random.default_rng(1).random((200, 200)).astype("float32")
    path = write_raster(
        tmp_path / "a.tif",
        cells,
        compress=compress,
        transform=Affine(0.01, 0, 70, 0, -0.01, 43),
    )
    body = path.read_bytes()
    path.write_bytes(body[: int(len(body) * keep)])
    with pytest.raises(InputError, match="cannot be read to its end"):
        check_raster(path, make_layer(), BBOX)


def test_the_end_of_a_large_raster_is_read(
    write_raster, make_layer, tmp_path, monkeypatch
):
    monkeypatch.setattr("pipeline.retrieve.check_raster._FULL_READ_BYTES", 10)
    cells = np.random.default_rng(1).random((64, 64)).astype("float32")
    path = write_raster(tmp_path / "a.tif", cells)
    check_raster(path, make_layer(), BBOX)
    path.write_bytes(path.read_bytes()[:-500])
    with pytest.raises(InputError, match="cannot be read to its end"):
        check_raster(path, make_layer(), BBOX)


def test_a_file_that_is_no_raster_is_refused(make_layer, tmp_path):
    path = tmp_path / "a.tif"
    path.write_text("no raster")
    with pytest.raises(InputError, match="cannot be read"):
        check_raster(path, make_layer(), BBOX)


def test_an_integer_nodata_that_the_registry_does_not_know_is_refused(
    write_raster, make_layer, tmp_path
):
    cells = np.ones((64, 64), dtype="int16")
    path = write_raster(tmp_path / "a.tif", cells, nodata=-32768)
    with pytest.raises(InputError, match="nodata -32768 in band 1 of type int16"):
        check_raster(path, make_layer(), BBOX)
    check_raster(path, make_layer(nodata=-32768), BBOX)


def test_an_integer_raster_without_nodata_is_refused_where_one_is_registered(
    write_raster, make_layer, tmp_path
):
    cells = np.ones((64, 64), dtype="uint8")
    path = write_raster(tmp_path / "a.tif", cells, nodata=None)
    with pytest.raises(InputError, match="nodata none in band 1 of type uint8"):
        check_raster(path, make_layer(nodata=255), BBOX)
    check_raster(path, make_layer(nodata=None), BBOX)


def test_nodata_may_be_nan(write_raster, make_layer, tmp_path):
    path = write_raster(tmp_path / "a.tif", nodata=np.nan)
    check_raster(path, make_layer(nodata="nan"), BBOX)
    with pytest.raises(InputError, match="nodata nan"):
        check_raster(path, make_layer(), BBOX)


def test_a_value_beyond_its_limits_points_to_the_unit(
    write_raster, make_layer, tmp_path
):
    path = write_raster(tmp_path / "a.tif", np.full((64, 64), 38.0, dtype="float32"))
    with pytest.raises(InputError, match=r"value 38; expected values from 0 to 5 m"):
        check_raster(path, make_layer(minimum=0, maximum=5), BBOX)


@pytest.mark.parametrize("offset", [0.0, -1.0])
def test_limits_hold_for_values_not_for_stored_numbers(
    write_raster, make_layer, tmp_path, offset
):
    cells = np.full((64, 64), round((0.35 - offset) * 1000), dtype="int16")
    path = write_raster(tmp_path / "a.tif", cells)
    with rasterio.open(path, "r+") as dataset:
        dataset.scales, dataset.offsets = (0.001,), (offset,)
    check_raster(path, make_layer(minimum=0, maximum=2), BBOX)
    with pytest.raises(
        InputError, match=r"value 0\.35; expected values from 0 to 0\.2"
    ):
        check_raster(path, make_layer(minimum=0, maximum=0.2), BBOX)


@pytest.mark.parametrize(
    ("stated", "row", "is_refused"),
    [
        ("m/s2", "g", True),
        ("m s-2", "m/s2", False),
        ("MM/HR", "mm/h", False),
        ("cm", "m", True),
        ("what we call metres", "m", False),
        (None, "m", False),
    ],
)
def test_a_file_that_states_another_unit_is_refused(
    write_raster, make_layer, tmp_path, stated, row, is_refused
):
    path = write_raster(tmp_path / "a.tif")
    with rasterio.open(path, "r+") as dataset:
        dataset.units = (stated,)
    layer = make_layer(unit=row)
    if not is_refused:
        check_raster(path, layer, BBOX)
        return
    with pytest.raises(InputError, match=f"the unit '{stated}' in band 1; expected"):
        check_raster(path, layer, BBOX)


def test_a_raster_without_any_value_is_refused(write_raster, make_layer, tmp_path):
    path = write_raster(tmp_path / "a.tif", np.full((64, 64), -9999.0, "float32"))
    with pytest.raises(InputError, match="no cell with a value"):
        check_raster(path, make_layer(), BBOX)


def test_too_few_bands_are_refused(write_raster, make_layer, tmp_path):
    path = write_raster(tmp_path / "a.tif")
    layer = make_layer(bands=[{"level": "a", "band": 3}])
    with pytest.raises(InputError, match=r"1 band\(s\); expected at least 3"):
        check_raster(path, layer, BBOX)


def test_a_raster_elsewhere_is_refused(write_raster, make_layer, tmp_path):
    path = write_raster(tmp_path / "a.tif")
    with pytest.raises(InputError, match="lon 10 to 20, lat 40 to 45"):
        check_raster(path, make_layer(), (10, 40, 20, 45))


@pytest.fixture
def write_vector():
    def write(path, shapes, crs="EPSG:4326", table="t", **columns):
        frame = gpd.GeoDataFrame(columns, geometry=shapes, crs=crs)
        frame.to_file(path, layer=table, driver="GPKG", engine="pyogrio")
        return path

    return write


def vector_layer(make_layer, **changes):
    row = {"kind": "vector", "role": "rivers", "table": "t", "file": "a.gpkg"}
    return make_layer(**(row | changes))


LINE = LineString([(70, 40), (71, 41)])


def test_a_good_vector_passes(write_vector, make_layer, tmp_path):
    path = write_vector(tmp_path / "a.gpkg", [LINE], name=["Нарын"])
    layer = vector_layer(make_layer, columns=["name"])
    assert check_vector(path, layer, BBOX) is None


@pytest.mark.filterwarnings("ignore:'crs' was not provided")
def test_a_vector_without_crs_is_refused(write_vector, make_layer, tmp_path):
    path = write_vector(tmp_path / "a.gpkg", [LINE], crs=None)
    with pytest.raises(InputError, match=r"test-layer\.crs.*found"):
        check_vector(path, vector_layer(make_layer), BBOX)


def test_a_vector_in_another_crs_is_refused(write_vector, make_layer, tmp_path):
    path = write_vector(tmp_path / "a.gpkg", [LINE], crs="EPSG:3857")
    with pytest.raises(InputError, match="found EPSG:3857; expected EPSG:4326"):
        check_vector(path, vector_layer(make_layer), BBOX)


def test_a_missing_table_is_told_with_those_that_exist(
    write_vector, make_layer, tmp_path
):
    path = write_vector(tmp_path / "a.gpkg", [LINE], table="roads")
    with pytest.raises(InputError, match="the tables roads; expected a table 't'"):
        check_vector(path, vector_layer(make_layer), BBOX)


def test_one_table_of_several_must_be_named(write_vector, make_layer, tmp_path):
    path = write_vector(tmp_path / "a.gpkg", [LINE])
    write_vector(path, [LINE], table="u")
    with pytest.raises(InputError, match="the tables t, u, and none is named"):
        check_vector(path, vector_layer(make_layer, table=None), BBOX)
    check_vector(path, vector_layer(make_layer), BBOX)


def test_a_missing_column_is_named(write_vector, make_layer, tmp_path):
    path = write_vector(tmp_path / "a.gpkg", [LINE], nmae=["x"])
    with pytest.raises(InputError, match="no column 'name' among nmae"):
        check_vector(path, vector_layer(make_layer, columns=["name"]), BBOX)


def test_a_feature_without_geometry_is_named(write_vector, make_layer, tmp_path):
    path = write_vector(tmp_path / "a.gpkg", [LINE, None])
    with pytest.raises(InputError, match=r"1 of 2 features.*number 2"):
        check_vector(path, vector_layer(make_layer), BBOX)


def test_points_cannot_serve_as_rivers(write_vector, make_layer, tmp_path):
    path = write_vector(tmp_path / "a.gpkg", [Point(70, 40)])
    with pytest.raises(InputError, match="kind Point; expected LineString"):
        check_vector(path, vector_layer(make_layer), BBOX)


def test_a_vector_elsewhere_is_refused(write_vector, make_layer, tmp_path):
    path = write_vector(tmp_path / "a.gpkg", [LINE])
    with pytest.raises(InputError, match="reaches into the region's box"):
        check_vector(path, vector_layer(make_layer), (10, 40, 20, 45))


def test_an_invalid_polygon_is_remarked(write_vector, make_layer, tmp_path):
    bow_tie = Polygon([(70, 40), (71, 41), (71, 40), (70, 41)])
    path = write_vector(tmp_path / "a.gpkg", [bow_tie, box(71, 41, 72, 42)])
    remark = check_vector(path, vector_layer(make_layer, role="borders"), BBOX)
    assert remark == "1 of 2 geometries are invalid"


def test_a_vector_that_was_cut_off_is_refused(write_vector, make_layer, tmp_path):
    path = write_vector(tmp_path / "a.gpkg", [LINE] * 500)
    body = path.read_bytes()
    path.write_bytes(body[:40_000])
    with pytest.raises(InputError, match=r"a\.gpkg"):
        check_vector(path, vector_layer(make_layer), BBOX)


def table_layer(make_layer, columns):
    return make_layer(kind="table", crs=None, file="a.csv", columns=columns)


def test_a_table_in_another_encoding_is_refused(make_layer, tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes("name\nНарын\n".encode("cp1251"))
    with pytest.raises(InputError, match=r"row 2: found byte .* not UTF-8"):
        check_table(path, table_layer(make_layer, ["name"]))


def test_a_table_with_a_byte_order_mark_passes(make_layer, tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"\xef\xbb\xbfname\nx\n")
    check_table(path, table_layer(make_layer, ["name"]))


def test_a_table_without_rows_or_columns_is_refused(make_layer, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("name\n")
    with pytest.raises(InputError, match="no rows"):
        check_table(path, table_layer(make_layer, ["name"]))
    path.write_text("")
    with pytest.raises(InputError, match="an empty file"):
        check_table(path, table_layer(make_layer, ["name"]))


def test_a_row_with_too_many_fields_is_named(make_layer, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("a,b\n1,2\n1,2,3\n")
    with pytest.raises(InputError, match=r"row 3.*found 3 cells; expected 2"):
        check_table(path, table_layer(make_layer, ["a"]))


def test_a_table_with_semicolons_is_told_so(make_layer, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("tmf_id;475\nkg-1;0,31\n")
    with pytest.raises(InputError, match="separated by semicolons"):
        check_table(path, table_layer(make_layer, ["tmf_id"]))
