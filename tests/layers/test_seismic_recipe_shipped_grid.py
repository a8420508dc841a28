"""The shipped PGA grid holds what its description claims."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import numpy as np
import pytest
import rasterio

LAYERS = Path(__file__).parents[2] / "layers" / "syr-darya"
GRID = LAYERS / "pga_rock.tif"
sys.path.insert(0, str(LAYERS / "recipes"))
make_pga = importlib.import_module("seismic_pga.make_pga")

# Town: longitude, latitude, PGA in g for 475, 975 and 2475 years as in the README of
# the recipe.
TOWNS_PGA_G = {
    "Tashkent": (69.24, 41.31, 0.205, 0.302, 0.463),
    "Bishkek": (74.59, 42.87, 0.192, 0.285, 0.448),
    "Almaty": (76.93, 43.25, 0.307, 0.430, 0.630),
    "Osh": (72.80, 40.53, 0.280, 0.393, 0.579),
    "Kyzylorda": (65.51, 44.85, 0.031, 0.052, 0.098),
    "Khujand": (69.62, 40.28, 0.248, 0.358, 0.542),
    "Naryn": (75.99, 41.43, 0.171, 0.250, 0.392),
    "Mailuu-Suu": (72.45, 41.27, 0.296, 0.416, 0.610),
    "Andijan": (72.34, 40.78, 0.301, 0.420, 0.613),
    "Almalyk": (69.60, 40.84, 0.172, 0.253, 0.395),
    "Shymkent": (69.60, 42.32, 0.113, 0.171, 0.280),
}


@pytest.fixture(scope="module")
def bands():
    with rasterio.open(GRID) as data:
        return data.read()


def test_description_of_the_file_is_complete():
    with rasterio.open(GRID) as data:
        assert data.crs.to_epsg() == 4326
        assert data.bounds == pytest.approx((60.0, 37.0, 80.0, 48.5))
        assert data.res == pytest.approx((0.1, 0.1))
        assert data.descriptions == ("475", "975", "2475")
        assert data.units == ("g", "g", "g")
        assert data.nodata == -9999.0
        assert data.tags()["DATA_CLASS"] == "demonstration"
        assert "not a published hazard map" in data.tags()["TITLE"]
        assert data.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
    assert GRID.stat().st_size < 300_000


def test_every_cell_has_a_value_between_zero_and_two_g(bands):
    assert np.all(np.isfinite(bands))
    assert bands.min() > 0.0
    assert bands.max() < 2.0


def test_rarer_motion_is_stronger_in_every_cell(bands):
    assert np.all(bands[0] <= bands[1])
    assert np.all(bands[1] <= bands[2])


@pytest.mark.parametrize("town", sorted(TOWNS_PGA_G))
def test_town_has_the_documented_value(town):
    lon, lat, *expected = TOWNS_PGA_G[town]
    with rasterio.open(GRID) as data:
        found = next(data.sample([(lon, lat)]))
    assert found == pytest.approx(expected, abs=0.0006)


def test_mountain_belt_is_higher_than_the_platform(bands):
    # South-western Tien Shan and Alai (39-41 N, 70-74 E); Kyzylkum and Kazakh platform
    # (44-48 N, 60-68 E)
    alai = bands[0][75:95, 100:140]
    platform = bands[0][5:45, 0:80]
    assert alai.min() > 2.0 * platform.max()


@pytest.mark.real_data
def test_the_recipe_makes_the_shipped_grid(shared_data, tmp_path, bands):
    folder = shared_data / "seismic"
    inputs = make_pga.Inputs(
        isc_gem=folder / "isc_gem_v7_region.csv",
        noaa=folder / "noaa_significant_earthquakes_region.csv",
        usgs=folder / "usgs_m45_2017_2020_region.csv",
        faults=folder / "gem_active_faults_region.gpkg",
    )
    report = make_pga.make(inputs, tmp_path / "pga.tif", sensitivity=False)
    with rasterio.open(tmp_path / "pga.tif") as data:
        assert data.read() == pytest.approx(bands, abs=2e-4)
    assert report["b_value"] == pytest.approx(0.904, abs=0.001)
    # The rates foretell the number of events that came after the catalogue.
    score = report["score_new"]
    expected, observed = (
        score["expected_mw5_mainshocks"],
        score["observed_m5_mainshocks"],
    )
    assert abs(observed - expected) < 2.0 * np.sqrt(expected)
