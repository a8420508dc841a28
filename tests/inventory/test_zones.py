"""Zones: what polygons of facilities must be, and what the ledger says of others."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pytest
from shapely.geometry import MultiPolygon, Point, Polygon, box

from pipeline.core.config import read_methods
from pipeline.core.errors import InputError
from pipeline.core.geo import area_m2
from pipeline.core.tables import empty_table, read_table, table_of, write_table
from pipeline.inventory.zone_file import read_zones
from pipeline.inventory.zones import clean_zones

DAM = box(70.10, 40.20, 70.11, 40.21)


@pytest.fixture(scope="module")
def methods(project: Path):
    return read_methods(project / "configs" / "methods.yaml").inventory


@pytest.fixture
def write_zones(tmp_path):
    def write(*rows, crs="EPSG:4326", name="zones.gpkg", **columns):
        frame = gpd.GeoDataFrame(
            {
                "tmf_id": [row[0] for row in rows],
                "zone": [row[1] for row in rows],
                **columns,
            },
            geometry=[row[2] for row in rows],
            crs="EPSG:4326",
        )
        path = tmp_path / name
        frame.to_crs(crs).to_file(path, engine="pyogrio")
        return path

    return write


def facility(tmf_id="kg-1", lon_deg=70.105, lat_deg=40.205, part_of=None):
    return {
        "tmf_id": tmf_id,
        "lon_deg": lon_deg,
        "lat_deg": lat_deg,
        "position_radius_m": 200.0 if lon_deg is not None else None,
        "part_of": part_of,
    }


def cleaned(path, methods, *facilities, left_out=()):
    raw = read_zones(path, None, "A survey")
    rows, ledger = clean_zones(raw, facilities or (facility(),), set(left_out), methods)
    told = [(entry["row"], entry["action"], entry["reason"]) for entry in ledger]
    return table_of("zones", rows), told


def test_a_polygon_becomes_a_row_with_its_geodesic_area(write_zones, methods):
    table, ledger = cleaned(write_zones(("kg-1", "dam", DAM)), methods)
    row = table.iloc[0]
    assert ledger == []
    assert row["area_m2"] == pytest.approx(area_m2(DAM), rel=1e-9)
    assert row["distance_m"] == 0
    assert row["geometry"].geom_type == "MultiPolygon"
    assert (row["source"], row["source_file"]) == ("A survey", "zones.gpkg")


def test_two_polygons_of_a_zone_are_one_row_and_common_ground_counts_once(
    write_zones, methods
):
    other = box(70.105, 40.20, 70.12, 40.21)
    path = write_zones(("kg-1", "dam", DAM), ("kg-1", "dam", other))
    row = cleaned(path, methods)[0].iloc[0]
    assert row["n_polygons"] == 2
    assert row["area_m2"] == pytest.approx(
        area_m2(box(70.10, 40.20, 70.12, 40.21)), rel=1e-6
    )


def test_a_file_in_metres_gives_the_same_zone_as_one_in_degrees(write_zones, methods):
    in_metres = write_zones(("kg-1", "dam", DAM), crs="EPSG:32642", name="m.gpkg")
    row = cleaned(in_metres, methods)[0].iloc[0]
    assert row["geometry"].bounds == pytest.approx(DAM.bounds, abs=1e-8)


def test_a_source_of_its_own_goes_before_that_of_the_file(write_zones, methods):
    path = write_zones(("kg-1", "dam", DAM), source=["Drone flight"])
    assert cleaned(path, methods)[0]["source"].tolist() == ["Drone flight"]


def test_heights_of_corners_are_left_out(write_zones, methods):
    high = Polygon([(x, y, 900.0) for x, y in DAM.exterior.coords])
    row = cleaned(write_zones(("kg-1", "dam", high)), methods)[0].iloc[0]
    assert not row["geometry"].has_z


@pytest.mark.parametrize(
    ("zone", "shape", "told"),
    [
        ("damm", DAM, r"row 1, field 'zone': found damm; expected one of dam"),
        ("dam", Point(70.1, 40.2), r"found Point; expected a polygon"),
        (
            "dam",
            Polygon([(70.1, 40.2), (70.11, 40.21), (70.11, 40.2), (70.1, 40.21)]),
            r"not valid: Self-intersection\[70\.105 40\.205\]",
        ),
    ],
)
def test_a_broken_feature_stops_the_run(write_zones, zone, shape, told):
    with pytest.raises(InputError, match=told):
        read_zones(write_zones(("kg-1", zone, shape)), None, None)


def test_a_blank_id_stops_the_run(write_zones):
    with pytest.raises(InputError, match=r"field 'tmf_id': found a blank"):
        read_zones(write_zones((" ", "dam", DAM)), None, None)


def test_a_file_without_crs_stops_the_run(write_zones):
    path = write_zones(("kg-1", "dam", DAM), name="zones.shp")
    path.with_suffix(".prj").unlink()
    with pytest.raises(InputError, match="no CRS stored"):
        read_zones(path, None, None)


def test_a_file_without_the_columns_or_without_a_file_is_named(tmp_path):
    path = tmp_path / "other.gpkg"
    gpd.GeoDataFrame({"id": [1]}, geometry=[DAM], crs="EPSG:4326").to_file(path)
    with pytest.raises(InputError, match="field 'tmf_id, zone'"):
        read_zones(path, None, None)
    with pytest.raises(InputError, match="found no file"):
        read_zones(tmp_path / "gone.gpkg", None, None)
    with pytest.raises(InputError, match="cannot be read"):
        read_zones(path, "no-such-layer", None)


def test_polygons_of_unknown_and_left_out_facilities_go_to_the_ledger(
    write_zones, methods
):
    path = write_zones(("kg-8", "dam", DAM), ("kg-9", "dam", DAM), ("kg-1", "dam", DAM))
    table, ledger = cleaned(path, methods, left_out=["kg-9"])
    assert table["tmf_id"].tolist() == ["kg-1"]
    assert ledger == [
        (1, "excluded", "zone_of_unknown_facility"),
        (2, "excluded", "zone_of_left_out_row"),
    ]


def test_a_feature_without_a_shape_goes_to_the_ledger(write_zones, methods):
    table, ledger = cleaned(write_zones(("kg-1", "dam", None)), methods)
    assert table.empty
    assert ledger == [(1, "excluded", "zone_without_shape")]


def test_a_polygon_far_from_its_facility_is_not_used(write_zones, methods):
    far = box(70.2, 40.2, 70.21, 40.21)
    table, ledger = cleaned(write_zones(("kg-1", "dam", far)), methods)
    assert table.empty
    code, distance, limit = ledger[0][2].split("|")
    assert (code, limit) == ("zone_too_far", "limit_m=2200")
    # 0.095 degrees of longitude at 40.2 N: 111 320 m x cos(40.2) x 0.095
    assert float(distance.removeprefix("distance_m=")) == pytest.approx(8085, rel=0.01)


def test_the_zones_of_a_facility_without_a_position_are_kept(write_zones, methods):
    nowhere = facility(lon_deg=None, lat_deg=None)
    table, ledger = cleaned(write_zones(("kg-1", "dam", DAM)), methods, nowhere)
    assert ledger == []
    assert table["distance_m"].isna().all()


def test_a_dam_and_a_pond_on_one_spot_are_flagged_and_kept(write_zones, methods):
    pond = box(70.105, 40.20, 70.125, 40.21)  # half of the dam
    path = write_zones(("kg-1", "dam", DAM), ("kg-1", "pond", pond))
    table, ledger = cleaned(path, methods)
    assert len(table) == 2
    assert ledger == [(2, "flagged", "zones_overlap|other_zone=dam|share_fraction=0.5")]


def test_a_catchment_may_hold_everything_and_neighbours_may_touch(write_zones, methods):
    path = write_zones(
        ("kg-1", "dam", DAM),
        ("kg-1", "pond", box(70.11, 40.20, 70.12, 40.21)),
        ("kg-1", "catchment", box(70.0, 40.1, 70.3, 40.3)),
    )
    assert cleaned(path, methods)[1] == []


def test_two_facilities_on_one_ground_are_flagged_unless_one_is_the_others_part(
    write_zones, methods
):
    path = write_zones(("kg-1", "dam", DAM), ("kg-2", "dam", DAM))
    _, ledger = cleaned(path, methods, facility(), facility("kg-2"))
    assert ledger == [(2, "flagged", "zone_overlaps_other|other=kg-1|share_fraction=1")]
    _, ledger = cleaned(path, methods, facility(), facility("kg-2", part_of="kg-1"))
    assert ledger == []


def test_the_table_survives_its_file_even_without_rows(tmp_path):
    write_table(empty_table("zones"), "zones", tmp_path / "zones.parquet")
    back = read_table("zones", tmp_path / "zones.parquet")
    assert back.empty
    assert back.crs.to_epsg() == 4326


def test_the_toy_region_has_zones(project, tmp_path):
    raw = read_zones(project / "tests/regions/toy/zones.geojson", None, None)
    assert {one.zone for one in raw} >= {"dam", "pond", "slope_above", "catchment"}
    assert all(isinstance(one.shape, Polygon | MultiPolygon) for one in raw)
