"""The shipped base layers of the Syr Darya region: content, units and licences."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from pyproj import Geod

BOX = (60.0, 37.0, 80.0, 48.5)
OWN_FILES = (
    "borders.gpkg",
    "places.gpkg",
    "lakes.gpkg",
    "earthquakes.gpkg",
    "mudflow_records.gpkg",
    "glacial_lake_outbursts.gpkg",
    "relief.tif",
    "rain_rate_001.tif",
    "monthly_rain.tif",
    "surface_temperature.tif",
    "river_network.gpkg",
    "basin.gpkg",
    "flow_direction.tif",
    "reach_of_cell.tif",
)
GEOD = Geod(ellps="WGS84")


@pytest.fixture(scope="module")
def layers(project):
    return project / "layers" / "syr-darya"


@pytest.fixture(scope="module")
def countries(layers):
    return gpd.read_file(layers / "borders.gpkg", layer="countries")


@pytest.fixture(scope="module")
def boundary_lines(layers):
    return gpd.read_file(layers / "borders.gpkg", layer="boundary_lines")


@pytest.fixture(scope="module")
def places(layers):
    return gpd.read_file(layers / "places.gpkg", layer="places")


@pytest.fixture(scope="module")
def lakes(layers):
    return gpd.read_file(layers / "lakes.gpkg", layer="lakes")


def country_at(countries, lon, lat):
    inside = shapely.intersects(countries.geometry.array, shapely.Point(lon, lat))
    return countries["iso_a2"].to_numpy()[inside].tolist()


def test_all_files_together_stay_small(layers):
    assert sum((layers / name).stat().st_size for name in OWN_FILES) < 9_000_000


@pytest.mark.parametrize(
    ("lon", "lat", "expected"),
    [
        (71.135, 39.977, "UZ"),  # Sokh
        (71.73, 39.94, "UZ"),  # Shakhimardan
        (70.58, 39.851, "TJ"),  # Vorukh
        (71.342, 39.943, "KG"),  # Khaidarkan
        (69.622, 40.283, "TJ"),  # Khujand
        (72.80, 40.528, "KG"),  # Osh
        (72.351, 40.783, "UZ"),  # Andijan
        (69.60, 42.31, "KZ"),  # Shymkent
    ],
)
def test_places_and_enclaves_lie_in_their_country(countries, lon, lat, expected):
    assert country_at(countries, lon, lat) == [expected]


def test_countries_cover_the_box_once(countries):
    parts = shapely.intersection(countries.geometry.array, shapely.box(*BOX))
    assert shapely.area(parts).sum() == pytest.approx(20 * 11.5, rel=1e-6)
    assert shapely.union_all(parts).area == pytest.approx(20 * 11.5, rel=1e-6)


def test_countries_carry_codes_and_names_in_both_languages(countries):
    assert set(countries["iso_a2"]) >= {"KG", "KZ", "TJ", "UZ", "TM", "AF", "CN"}
    assert countries["iso_a3"].str.len().eq(3).all()
    assert countries["name_ru"].str.contains("[а-я]").all()
    assert countries["note_en"].str.contains("2017").all()


def test_boundary_lines_say_their_status_and_both_sides(boundary_lines):
    assert set(boundary_lines["status"]) <= {"recognised", "disputed", "lease"}
    recognised = boundary_lines[boundary_lines["status"] == "recognised"]
    assert recognised[["country_left", "country_right"]].notna().all().all()
    assert (recognised["country_left"] != recognised["country_right"]).all()


def test_the_lease_of_baikonur_is_no_state_border(boundary_lines, countries):
    lease = boundary_lines[boundary_lines["status"] == "lease"]
    assert set(lease["name_en"]) == {"Baikonur Cosmodrome"}
    assert country_at(countries, 63.3, 45.95) == ["KZ"]


def test_recognised_lines_are_the_edges_of_the_polygons(countries, boundary_lines):
    edges = shapely.union_all(shapely.boundary(countries.geometry.array))
    lines = boundary_lines[boundary_lines["status"] == "recognised"]
    assert shapely.distance(lines.geometry.array, edges).max() == 0
    points = shapely.line_interpolate_point(lines.geometry.array, 0.5, normalized=True)
    assert shapely.distance(points, edges).max() < 1e-9


def test_places_are_unique_inhabited_and_inside_the_box(places):
    assert places["geonameid"].is_unique
    assert (places["population"].dropna() > 0).all()
    assert places["population"].ge(500).sum() > 500
    west, south, east, north = places.total_bounds
    assert west >= BOX[0]
    assert south >= BOX[1]
    assert east <= BOX[2]
    assert north <= BOX[3]


def test_russian_names_are_cyrillic_or_said_to_be_missing(places):
    missing = places["name_ru_status"] == "not_provided"
    assert places.loc[missing, "name_ru"].isna().all()
    assert places.loc[~missing, "name_ru"].str.fullmatch("[А-Яа-яЁё0-9 ().№-]+").all()
    by_name = places.set_index("name")["name_ru"]
    assert by_name["Tashkent"] == "Ташкент"
    assert by_name["Khujand"] == "Худжанд"


def test_nearly_all_places_lie_in_the_country_that_they_name(places, countries):
    joined = places.sjoin(countries[["iso_a2", "geometry"]])
    near_home = (joined["iso_a2"] == joined["country"]).mean()
    assert near_home > 0.97


def test_licences_are_named_in_every_vector_layer(places, countries, lakes):
    assert places["source"].notna().all()
    assert places["source"].str.contains("GeoNames.*CC BY 4.0").mean() > 0.8
    assert countries["source"].str.contains("public domain").all()
    mapped = lakes["outline"] == "mapped"
    assert lakes.loc[mapped, "outline_source"].str.contains("LGPL").all()


@pytest.mark.parametrize(
    "lake_id",
    [
        "toktogul",
        "kayrakkum",
        "shardara",
        "andijan",
        "charvak",
        "papan",
        "kasan-sai",
        "akhangaran",
        "tuyabuguz",
        "aydar-arnasay",
        "north-aral",
    ],
)
def test_large_reservoirs_carry_volume_area_and_their_source(lakes, lake_id):
    row = lakes.set_index("lake_id").loc[lake_id]
    assert row["volume_m3"] > 1e8
    assert row["area_m2"] > 1e6
    assert 3 < row["volume_m3"] / row["area_m2"] < 120  # mean depth, m
    assert row["volume_source"]
    assert row["confidence"] in {"M-high", "M-part"}
    assert row["name_ru"]


def test_a_lake_without_facts_has_null_and_not_zero(lakes):
    unknown = lakes[lakes["confidence"].isna()]
    assert len(unknown) > 0
    assert unknown["volume_m3"].isna().all()
    assert not (lakes["volume_m3"] == 0).any()


def test_schematic_outlines_have_the_published_area(lakes):
    drawn = lakes[lakes["outline"] == "schematic"]
    areas = [abs(GEOD.geometry_area_perimeter(shape)[0]) for shape in drawn.geometry]
    assert np.allclose(areas, drawn["area_m2"], rtol=0.02)


def test_relief_sits_on_the_grid_of_its_source(layers):
    with rasterio.open(layers / "relief.tif") as source:
        assert source.dtypes == ("int16",)
        assert source.crs.to_epsg() == 4326
        assert source.transform.a == pytest.approx(1 / 12, abs=1e-12)
        assert tuple(source.bounds) == pytest.approx(BOX, abs=1e-9)


@pytest.mark.parametrize(
    ("lon", "lat", "low_m", "high_m"),
    [
        (78.19, 41.86, 3700, 4500),  # Kumtor
        (69.28, 41.31, 380, 520),  # Tashkent
        (62.1, 45.77, 40, 90),  # Kazaly
        (71.75, 40.90, 370, 430),  # confluence of Naryn and Kara Darya
    ],
)
def test_relief_has_known_heights(layers, lon, lat, low_m, high_m):
    with rasterio.open(layers / "relief.tif") as source:
        height = next(source.sample([(lon, lat)]))[0]
    assert low_m < height < high_m


@pytest.mark.parametrize(
    ("name", "bands", "low", "high"),
    [
        ("rain_rate_001.tif", 1, 1.0, 80.0),
        ("monthly_rain.tif", 12, 0.0, 300.0),
        ("surface_temperature.tif", 1, -25.0, 25.0),
    ],
)
def test_climate_grids_are_complete_and_plausible(layers, name, bands, low, high):
    with rasterio.open(layers / name) as source:
        values = source.read()
        assert source.count == bands
        assert not (values == source.nodata).any()
        assert source.bounds.left <= BOX[0]
        assert source.bounds.top >= BOX[3]
    assert values.min() >= low
    assert values.max() <= high


@pytest.mark.parametrize("name", [name for name in OWN_FILES if name.endswith("tif")])
def test_grids_are_cloud_optimised(layers, name):
    with rasterio.open(layers / name) as source:
        assert source.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert source.tags()["TITLE"]


def test_earthquakes_carry_dates_magnitudes_and_known_events(layers):
    events = gpd.read_file(layers / "earthquakes.gpkg", layer="events")
    assert events["magnitude"].between(5.5, 9).all()
    assert events["event_id"].is_unique
    assert events["date"].str.fullmatch(r"-?\d{4}(-\d\d){0,2}").all()
    assert events["source"].str.contains("public domain").all()
    # Chatkal, 2 November 1946, and Suusamyr, 19 August 1992
    for date, magnitude, lon, lat in (
        ("1946-11", 7.6, 72.5, 41.5),
        ("1992-08-19", 7.5, 73.57, 42.14),
    ):
        (event,) = events[
            events["date"].str.startswith(date) & (events["magnitude"] == magnitude)
        ].itertuples()
        assert (event.geometry.x, event.geometry.y) == pytest.approx(
            (lon, lat), abs=0.01
        )
