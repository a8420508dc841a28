"""Places that GeoNames lacks, and how they join the places layer."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from pyproj import Geod

from pipeline.core.layers import LayerState, LocalLayer, read_registry
from pipeline.rivers.layers import read_places

PROJECT = Path(__file__).parents[2]
SHIPPED = PROJECT / "layers" / "syr-darya"
sys.path.insert(0, str(SHIPPED / "recipes"))
added = importlib.import_module("base.added_places")
recipe = importlib.import_module("base.places")

GEOD = Geod(ellps="WGS84")
HEADER = (
    "geonameid,name,name_ru,country,lon_deg,lat_deg,population,population_year,"
    "population_quality,source,note"
)
GOOD = "-1,Dorf,Дорф,KG,72.0,41.0,1200,2021,sourced,census,"


@pytest.fixture(scope="module")
def shipped():
    return gpd.read_file(SHIPPED / "places.gpkg", layer="places")


@pytest.fixture(scope="module")
def inventory():
    table = pd.read_csv(SHIPPED / "inventory" / "facilities.csv")
    return table[(table["river_basin"] == "Syr Darya") & table["lat_deg"].notna()]


def facts_of(tmp_path, *rows):
    path = tmp_path / "facts.csv"
    path.write_text("\n".join((HEADER, *rows)), encoding="utf-8")
    return added.read_added(path)


def geonames(number, name, *, people=0, lon=72.0, lat=41.0, country="KG"):
    return {
        "geonameid": number,
        "name": name,
        "longitude": lon,
        "latitude": lat,
        "countrycode": country,
        "population": people,
        "alternatenames": [],
    }


def layer_of(tmp_path, records, *rows):
    return recipe.places(records, facts_of(tmp_path, *rows)).set_index("name")


def metres_to(places, lon, lat):
    count = len(places)
    x, y = places.geometry.x.to_numpy(), places.geometry.y.to_numpy()
    return GEOD.inv(np.full(count, lon), np.full(count, lat), x, y)[2]


def test_every_shipped_fact_names_its_source_and_most_name_a_year():
    facts = added.read_added()
    assert facts["source"].str.len().min() > 20
    assert facts["population_year"].notna().mean() > 0.9


def test_the_shipped_layer_holds_every_fact_as_written(shipped):
    facts = added.read_added().set_index("geonameid")
    rows = shipped.set_index("geonameid").loc[facts.index]
    assert rows["population"].tolist() == facts["population"].tolist()
    new = facts.index < 0
    assert rows.geometry.x[new].tolist() == facts["lon_deg"][new].tolist()
    assert rows.geometry.y[new].tolist() == facts["lat_deg"][new].tolist()
    assert rows["name_ru"].tolist() == facts["name_ru"].tolist()


def test_every_facility_placed_by_its_settlement_has_people_within_3_km(
    shipped, inventory
):
    peopled = shipped[shipped["population"].notna()]
    sites = inventory[inventory["position_quality"] == "settlement"]
    assert len(sites) > 15
    far = [
        site.tmf_id
        for site in sites.itertuples()
        if metres_to(peopled, site.lon_deg, site.lat_deg).min() > 3_000
    ]
    assert far == []


def test_unknown_people_are_null_and_said_to_be_missing(shipped):
    unknown = shipped["population"].isna()
    assert unknown.any()
    assert (unknown == (shipped["population_quality"] == "not_provided")).all()
    assert (shipped["population"].dropna() > 0).all()


def test_no_shipped_addition_repeats_a_place_of_geonames(shipped):
    geo = shipped[shipped["geonameid"] > 0]
    table = geo.assign(lon_deg=geo.geometry.x, lat_deg=geo.geometry.y)
    own = shipped[shipped["geonameid"] < 0]
    assert len(own) >= 10
    for row in own.itertuples():
        x, y = row.geometry.x, row.geometry.y
        assert added.same_place(row.name, x, y, table) is None


def test_the_rivers_stage_reads_unknown_people_as_unknown(shipped):
    row = next(
        layer
        for layer in read_registry(PROJECT / "layers" / "registry.yaml").layers
        if layer.id == "syr-darya-places"
    )
    local = LocalLayer(
        layer=row,
        state=LayerState.AVAILABLE,
        path=SHIPPED / "places.gpkg",
        reason="Shipped.",
    )
    read = read_places(local)
    assert np.isnan(read.people).sum() == shipped["population"].isna().sum()
    assert "place:1" in read.receptor_id
    assert not any(key.startswith("geonames:-") for key in read.receptor_id)
    assert np.nanmin(read.people) > 0


def test_places_without_people_are_kept_in_countries_of_the_basin(tmp_path):
    records = [
        geonames(1, "Seat"),
        geonames(2, "Abroad", country="CN"),
        geonames(3, "Hamlet", people=499, lon=73.0),
    ]
    layer = layer_of(tmp_path, records)
    assert layer.index.tolist() == ["Seat"]
    assert pd.isna(layer.at["Seat", "population"])
    assert layer.at["Seat", "population_quality"] == "not_provided"


@pytest.mark.parametrize(("twin", "lon"), [("Pop Shahri", 72.01), ("Pop", 72.04)])
def test_a_town_that_geonames_has_twice_is_kept_once(tmp_path, twin, lon):
    records = [
        geonames(1, "Pop", people=28000, country="UZ"),
        geonames(2, twin, lon=lon, country="UZ"),
    ]
    assert layer_of(tmp_path, records)["geonameid"].tolist() == [1]


def test_another_place_nearby_is_no_twin(tmp_path):
    records = [geonames(1, "Pulgon", people=3014), geonames(2, "Vodil", lon=72.02)]
    assert layer_of(tmp_path, records).index.tolist() == ["Pulgon", "Vodil"]


def test_a_new_place_comes_with_its_quality_year_and_source(tmp_path):
    layer = layer_of(tmp_path, [geonames(1, "Far", people=900, lon=75)], GOOD)
    assert layer.loc[
        "Dorf", ["geonameid", "population", "population_year"]
    ].tolist() == [
        -1,
        1200,
        2021,
    ]
    assert layer.at["Dorf", "source"].endswith("census")
    assert layer.at["Far", "population_quality"] == "gazetteer"


def test_a_new_place_may_have_no_people(tmp_path):
    blank = "-1,Dorf,Дорф,KG,72.0,41.0,,,not_provided,map,"
    layer = layer_of(tmp_path, [geonames(1, "Far", people=900, lon=75)], blank)
    assert pd.isna(layer.at["Dorf", "population"])


def test_a_fact_gives_people_to_a_place_of_geonames(tmp_path):
    fact = "7,,Сиденье,,,,5000,2020,sourced,census,"
    row = layer_of(tmp_path, [geonames(7, "Seat")], fact).loc["Seat"]
    assert (row["population"], row["name_ru"]) == (5000, "Сиденье")
    assert row["source"].startswith("GeoNames")
    assert row["source"].endswith("census")


@pytest.mark.parametrize("number", [7, 8])
def test_a_fact_for_no_place_or_one_with_people_is_refused(tmp_path, number):
    fact = f"{number},,,,,,5000,2020,sourced,census,"
    with pytest.raises(ValueError, match="not a place without people"):
        layer_of(tmp_path, [geonames(7, "Seat", people=900)], fact)


def test_a_new_place_that_geonames_has_is_refused(tmp_path):
    with pytest.raises(ValueError, match="Dorf is Dorff of GeoNames"):
        layer_of(tmp_path, [geonames(1, "Dorff", people=900, lat=41.02)], GOOD)


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        ([GOOD, GOOD], "same geonameid twice"),
        (["-1,,Дорф,KG,72.0,41.0,1200,2021,sourced,census,"], "without name"),
        (["-1,Dorf,Дорф,KG,72.0,,1200,2021,sourced,census,"], "position"),
        (["-1,Dorf,Дорф,KG,41.0,72.0,1200,2021,sourced,census,"], "region box"),
        (["-1,Dorf,Дорф,KG,72.0,41.0,1200,2021,sourced,,"], "without source"),
        (["-1,Dorf,Дорф,KG,72.0,41.0,1200,2021,guess,census,"], "'guess'"),
        (["-1,Dorf,Дорф,KG,72.0,41.0,,2021,sourced,census,"], "without quality"),
        (["-1,Dorf,Дорф,KG,72.0,41.0,90,,not_provided,map,"], "without quality"),
        (["-1,Dorf,Дорф,KG,72.0,41.0,0,2021,sourced,census,"], "above zero"),
    ],
)
def test_faulty_facts_are_refused_by_name(tmp_path, rows, fault):
    with pytest.raises(ValueError, match=fault):
        facts_of(tmp_path, *rows)
