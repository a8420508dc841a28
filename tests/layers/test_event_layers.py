"""Shipped layers of past events, and the recipes behind them."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import box

RECIPES = Path(__file__).parents[2] / "layers" / "syr-darya" / "recipes"
sys.path.insert(0, str(RECIPES))
mudflows = importlib.import_module("base.mudflows")
outbursts = importlib.import_module("base.outbursts").outbursts
mudflow_records = mudflows.mudflow_records


@pytest.fixture
def squares():
    """One square of a degree per province, side by side on the equator."""
    names = [names[0] for names, _, _ in mudflows.PROVINCES.values()]
    return gpd.GeoDataFrame(
        {"iso_a2": "KG", "name": names},
        geometry=[box(i, 0, i + 1, 1) for i in range(len(names))],
        crs="EPSG:4326",
    )


def test_the_rate_is_events_per_area_and_year(squares):
    counts = pd.DataFrame(
        {"province_code": [41702, 41702], "n_floods_mudflows": [10, 13]}
    )
    first = mudflow_records(counts, squares).iloc[0]
    area_km2 = 111.3195 * 110.5743  # a square degree on the equator, WGS 84
    assert first["n_events"] == 23
    assert first["area_km2"] == pytest.approx(area_km2, rel=1e-3)
    assert first["events_per_1000km2_yr"] == pytest.approx(1000 / area_km2, rel=1e-3)


def test_no_event_is_lost_between_the_districts_and_the_shipped_provinces(project):
    counts = pd.read_csv(mudflows.COUNTS)
    shipped = gpd.read_file(
        project / "layers" / "syr-darya" / "mudflow_records.gpkg", layer="provinces"
    )
    assert shipped["n_events"].sum() == counts["n_floods_mudflows"].sum() == 758
    assert shipped["n_districts"].sum() == len(counts) == 40
    years = mudflows.LAST_YEAR - mudflows.FIRST_YEAR + 1
    rate = shipped["n_events"] / shipped["area_km2"] * 1000 / years
    assert np.allclose(shipped["events_per_1000km2_yr"], rate, atol=1e-4)


def test_a_province_without_an_outline_stops_the_recipe(squares):
    counts = pd.DataFrame({"province_code": [41702], "n_floods_mudflows": [1]})
    with pytest.raises(ValueError, match="Talas"):
        mudflow_records(counts, squares[squares["name"] != "Talas"])


def test_an_unknown_province_stops_the_recipe(squares):
    counts = pd.DataFrame({"province_code": [1], "n_floods_mudflows": [1]})
    with pytest.raises(ValueError, match="no outline is known"):
        mudflow_records(counts, squares)


def test_an_outburst_keeps_its_date_as_far_as_known_and_nothing_is_guessed():
    table = pd.DataFrame(
        {
            "GF_ID": [2, 1, 3],
            "Year_approx": ["1960s", "1998", "1999"],
            "Year_exact": [np.nan, 1998, 1999],
            "Month": [np.nan, 7, np.nan],
            "Day": [np.nan, 8, np.nan],
            "Lake_type": "Moraine dammed",
            "Driver_lake": None,
            "Glacier_name": "Archa Bashi",
            "Lon_lake": [71.6, 71.6, 90.0],
            "Lat_lake": 39.8,
        }
    )
    found = outbursts(table)
    assert list(found["event_id"]) == [1, 2]
    assert found["date"].iloc[0] == "1998-07-08"
    assert found["date"].isna().tolist() == [False, True]
    assert found["year_as_stated"].iloc[1] == "1960s"
