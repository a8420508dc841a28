"""The shipped river network: topology, sizes, flows, and the order of countries."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from pyproj import Geod

GEOD = Geod(ellps="WGS84")


@pytest.fixture(scope="module")
def layers(project):
    return project / "layers" / "syr-darya"


@pytest.fixture(scope="module")
def reaches(layers):
    return gpd.read_file(layers / "river_network.gpkg", layer="reaches")


@pytest.fixture(scope="module")
def canals(layers):
    return gpd.read_file(layers / "river_network.gpkg", layer="canals")


@pytest.fixture(scope="module")
def with_next(reaches):
    """Rows that flow on, and the rows that they flow into."""
    rows = reaches[reaches["next_reach_id"].notna()]
    after = reaches.set_index("reach_id").loc[rows["next_reach_id"].astype(int)]
    return rows, after


def river(reaches, river_id):
    own = reaches[reaches["river_id"] == river_id]
    assert len(own) > 0, river_id
    return own.sort_values("reach_id")


def reach_near(reaches, river_id, lon, lat):
    own = river(reaches, river_id)
    ends = shapely.get_coordinates(shapely.get_point(own.geometry.array, -1))
    return own.iloc[int(np.hypot(*(ends - [lon, lat]).T).argmin())]


def km_between(reaches, river_id, lon, lat):
    line = shapely.union_all(river(reaches, river_id).geometry.array)
    x, y = shapely.get_coordinates(shapely.shortest_line(shapely.Point(lon, lat), line))
    return GEOD.inv(*x, *y)[2] / 1000


def countries_in_order(reaches, river_id):
    """Countries along a river, border stretches left out, repeats dropped."""
    own = river(reaches, river_id)
    inner = own.loc[~own["is_border"], "country_left"].tolist()
    return [code for k, code in enumerate(inner) if k == 0 or inner[k - 1] != code]


def test_reaches_are_numbered_upstream_to_downstream(reaches):
    assert reaches["reach_id"].tolist() == list(range(1, len(reaches) + 1))
    flows_on = reaches["next_reach_id"].dropna()
    assert (flows_on > reaches.loc[flows_on.index, "reach_id"]).all()
    assert flows_on.isin(reaches["reach_id"]).all()


def test_each_reach_ends_where_the_next_begins(with_next):
    rows, after = with_next
    ends = shapely.get_coordinates(shapely.get_point(rows.geometry.array, -1))
    starts = shapely.get_coordinates(shapely.get_point(after.geometry.array, 0))
    assert np.abs(ends - starts).max() < 1e-6


def test_every_end_of_the_water_has_one_reach_and_one_name(reaches, with_next):
    rows, after = with_next
    assert (rows["terminal_name"].to_numpy() == after["terminal_name"].to_numpy()).all()
    ends = reaches[reaches["next_reach_id"].isna()]
    assert ends["terminal_name"].is_unique
    assert set(ends["terminal"]) <= {"aral", "lake", "endorheic", "box_edge"}
    assert "North Aral Sea" in set(ends["terminal_name"])


@pytest.mark.parametrize("column", ["upstream_area_km2", "strahler_order"])
def test_size_never_shrinks_downstream(with_next, column):
    rows, after = with_next
    assert (after[column].to_numpy() >= rows[column].to_numpy()).all()


def test_height_never_rises_downstream(with_next):
    rows, after = with_next
    fall = rows["height_upstream_m"].to_numpy() - after["height_upstream_m"].to_numpy()
    assert fall.min() >= -0.11  # rounded to 0.1 m


def test_lengths_are_those_of_the_lines_on_the_ellipsoid(reaches):
    sample = reaches.iloc[::7]
    measured = [GEOD.geometry_length(line) for line in sample.geometry]
    assert np.allclose(measured, sample["length_m"], atol=0.2)
    assert reaches["length_m"].max() < 13_000
    assert reaches["length_m"].min() > 0
    longer = reaches["length_m"] * reaches["length_factor"]
    assert np.allclose(longer, reaches["flow_length_m"], rtol=2e-3)
    assert (reaches["length_factor"] >= 1).all()


def test_slopes_keep_the_floor_and_say_so(reaches):
    assert reaches["slope"].min() >= 1e-5
    floored = reaches["slope_status"] == "floor"
    assert (reaches.loc[floored, "slope"] == 1e-5).all()
    assert (reaches.loc[~floored, "slope_status"] == "relief_5min").all()


@pytest.mark.parametrize(
    ("river_id", "lon", "lat", "published_km2"),
    [
        ("naryn", 72.08, 41.12, 58_400),
        ("naryn", 72.645, 41.68, 52_100),
        ("kara-darya", 71.80, 40.895, 29_350),
        ("chirchik", 69.779, 41.574, 11_100),
        ("akhangaran", 68.86, 40.80, 5_300),
        ("arys", 68.26, 42.79, 14_900),
    ],
)
def test_catchments_agree_with_published_areas(
    reaches, river_id, lon, lat, published_km2
):
    area = reach_near(reaches, river_id, lon, lat)["upstream_area_km2"]
    assert area == pytest.approx(published_km2, rel=0.06)


@pytest.mark.parametrize(
    ("river_id", "lon", "lat", "published_m3s"),
    [
        ("naryn", 75.98, 41.43, 92),
        ("naryn", 72.08, 41.13, 400),
        ("kara-darya", 73.05, 40.785, 121),
        ("kara-darya", 71.80, 40.89, 136),
        ("syr-darya", 69.27, 40.22, 500),
        ("syr-darya", 62.15, 45.75, 160),
        ("chirchik", 69.779, 41.574, 228),
        ("chirchik", 68.76, 40.91, 105),
        ("chatkal", 70.178, 41.515, 115.7),
        ("pskem", 70.171, 41.75, 79.4),
        ("sokh", 71.12, 39.90, 42.1),
        ("arys", 68.82, 42.45, 46.6),
        ("kokomeren", 73.89, 41.72, 80.3),
        ("mailuu-suu", 72.45, 41.20, 9.7),
    ],
)
def test_mean_flows_are_within_half_of_published_ones(
    reaches, river_id, lon, lat, published_m3s
):
    flow = reach_near(reaches, river_id, lon, lat)["discharge_mean_m3s"]
    assert published_m3s / 1.5 < flow < published_m3s * 1.5


def test_every_discharge_is_positive_and_tells_how_it_was_found(reaches):
    assert (reaches["discharge_mean_m3s"] > 0).all()
    known = {"estimated_gauged", "estimated_regional", "estimated_regulated"}
    assert set(reaches["discharge_status"]) <= known
    assert reaches["discharge_how"].notna().all()
    assert (reaches["discharge_uncertainty_factor"] > 1).all()


@pytest.mark.parametrize(
    ("river_id", "order"),
    [
        ("naryn", ["KG", "UZ"]),
        ("kara-darya", ["KG", "UZ"]),
        ("syr-darya", ["UZ", "TJ", "UZ", "KZ"]),
        ("mailuu-suu", ["KG", "UZ"]),
        ("sokh", ["KG", "UZ", "KG", "UZ"]),
        ("shakhimardan", ["KG", "UZ", "KG", "UZ"]),
        ("isfara", ["KG", "TJ", "KG", "TJ", "UZ"]),
        ("isfayramsay", ["KG", "UZ"]),
        ("chatkal", ["KG", "UZ"]),
        ("khojabakirgan", ["KG", "TJ"]),
        ("zarafshan", ["TJ", "UZ"]),
        ("talas", ["KG", "KZ"]),
        ("keles", ["KZ"]),
        ("kumtor", ["KG"]),
    ],
)
def test_rivers_pass_the_countries_in_the_right_order(reaches, river_id, order):
    assert countries_in_order(reaches, river_id) == order


def test_the_syr_darya_is_a_border_river_above_kayrakkum(reaches):
    own = river(reaches, "syr-darya")
    border = own[own["is_border"]]
    assert set(border["country_left"]) == {"UZ"}
    assert set(border["country_right"]) == {"TJ"}
    assert 20_000 < border["length_m"].sum() < 80_000


def test_banks_are_known_countries_and_the_flag_agrees(reaches):
    codes = {"KG", "KZ", "TJ", "UZ", "TM", "AF", "CN"}
    assert set(reaches["country_left"]) | set(reaches["country_right"]) <= codes
    differ = reaches["country_left"] != reaches["country_right"]
    assert (differ == reaches["is_border"]).all()


def test_the_naryn_passes_toktogul_before_uchkurgan(reaches):
    own = river(reaches, "naryn")
    lakes = own["lake_id"].dropna().drop_duplicates().tolist()
    assert lakes.index("toktogul") < lakes.index("kurpsai") < lakes.index("uchkurgan")


def test_reservoirs_of_the_main_stem_are_transport_breaks_in_order(reaches):
    own = river(reaches, "syr-darya")
    lakes = own["lake_id"].dropna().drop_duplicates().tolist()
    assert [name for name in lakes if name in {"kayrakkum", "shardara"}] == [
        "kayrakkum",
        "shardara",
    ]


def test_river_lengths_with_their_factor_are_the_published_ones(reaches):
    for river_id, published_km in (("syr-darya", 2212), ("naryn", 807)):
        length_km = river(reaches, river_id)["flow_length_m"].sum() / 1000
        assert length_km == pytest.approx(published_km, rel=0.01)


@pytest.mark.parametrize(
    ("river_id", "lon", "lat"),
    [
        ("syr-darya", 69.622, 40.283),  # Khujand
        ("syr-darya", 69.270, 40.221),  # Bekabad
        ("syr-darya", 65.51, 44.85),  # Kyzylorda
        ("syr-darya", 63.30, 45.62),  # Baikonur
        ("naryn", 75.996, 41.428),  # Naryn
        ("naryn", 72.217, 41.346),  # Tash-Kumyr
        ("kara-darya", 73.301, 40.770),  # Uzgen
        ("mailuu-suu", 72.450, 41.260),  # Mailuu-Suu
        ("utken-suu", 69.642, 40.570),  # Taboshar
        ("khaidarkansay", 71.342, 39.943),  # Khaidarkan
        ("almalyksay", 69.598, 40.845),  # Almalyk
        ("kumtor", 78.191, 41.855),  # Kumtor
        ("ak-buura", 72.799, 40.528),  # Osh
        ("isfara", 70.625, 40.126),  # Isfara
        ("badam", 69.57, 42.312),  # Shymkent
        ("zarafshan", 65.38, 40.14),  # Navoi
    ],
)
def test_towns_on_rivers_lie_within_five_kilometres(reaches, river_id, lon, lat):
    assert km_between(reaches, river_id, lon, lat) < 5


def test_names_come_in_both_languages(reaches):
    named = reaches[reaches["name_en"].notna()]
    assert named["name_ru"].notna().all()
    main = river(reaches, "syr-darya").iloc[0]
    assert (main["name_en"], main["name_ru"]) == ("Syr Darya", "Сырдарья")


def test_each_line_says_what_it_rests_on(reaches):
    assert set(reaches["line_basis"]) == {"wdbii", "waypoints", "relief"}
    assert reaches["source"].str.contains("Derived").all()
    assert (
        reaches.groupby("line_basis")["position_uncertainty_m"].nunique() == 1
    ).all()


def test_canals_leave_reaches_and_never_feed_their_own_source(reaches, canals):
    following = reaches.set_index("reach_id")["next_reach_id"]
    assert canals["from_reach_id"].isin(following.index).all()
    assert canals["share"].between(0, 1, inclusive="neither").all()
    for row in canals[canals["to_reach_id"].notna()].itertuples():
        here = int(row.to_reach_id)
        while not np.isnan(following[here]):
            assert here != row.from_reach_id
            here = int(following[here])


def test_cells_drain_to_the_reach_that_passes_them(layers, reaches):
    names = reaches.set_index("reach_id")["river_id"]
    with rasterio.open(layers / "reach_of_cell.tif") as source:
        sites = [(71.342, 39.943), (69.642, 40.570), (69.598, 40.845)]
        found = [int(value[0]) for value in source.sample(sites)]
        everywhere = np.unique(source.read(1))
    assert names[found].tolist() == ["khaidarkansay", "utken-suu", "almalyksay"]
    assert set(everywhere[everywhere > 0].tolist()) <= set(names.index)


def test_flow_directions_use_the_d8_codes(layers):
    with rasterio.open(layers / "flow_direction.tif") as source:
        codes = set(np.unique(source.read(1)).tolist())
    assert codes == {0, 1, 2, 4, 8, 16, 32, 64, 128, 255}


def test_the_parts_of_the_basin_add_up_to_the_whole(layers):
    basin = gpd.read_file(layers / "basin.gpkg", layer="basin")
    parts = gpd.read_file(layers / "basin.gpkg", layer="subbasins")
    assert len(basin) == 1
    assert parts["area_km2"].sum() == pytest.approx(basin["area_km2"][0], rel=1e-4)
    expected = {"naryn", "kara-darya", "chirchik", "akhangaran", "arys", "fergana"}
    assert expected | {"keles", "middle", "lower"} == set(parts["subbasin_id"])
    assert parts["name_ru"].notna().all()
