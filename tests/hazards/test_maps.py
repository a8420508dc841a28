"""The stage of the regional maps, from files to files."""

from __future__ import annotations

import json

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from affine import Affine
from shapely.geometry import box

from pipeline.cli import main
from pipeline.core.config import read_region
from pipeline.core.hazard_maps import read_hazard_maps
from pipeline.core.layers import Manifest
from pipeline.hazards.maps.region_grid import region_grid

REGION = """
region: small
title: {en: Small, ru: Малый}
bbox: {west_deg: 70, south_deg: 40, east_deg: 73, north_deg: 43}
metric_crs: EPSG:32642
countries: [KG]
inventory: [{path: facilities.csv}]
layers: {hazards: [quake, quake-two, rain, mud, sites, gone]}
GRID
"""
PERIODS = [
    {"level": "475", "band": 1, "return_period_yr": 475},
    {"level": "2475", "band": 2, "return_period_yr": 2475},
]
QUAKE = np.arange(1.0, 10.0).reshape(3, 3) / 20


@pytest.fixture
def folder(tmp_path, make_layer, write_raster):
    """A region whose hazard layers are of every kind, and their manifest."""
    (tmp_path / "small.yaml").write_text(
        REGION.replace("GRID", "maps: {cell_deg: 0.5}"), encoding="utf-8"
    )
    quake = QUAKE.copy()
    quake[0, 0] = -99
    rarer = np.where(quake < 0, quake, 2 * quake)
    path = write_raster(quake, rarer, name="q.tif", nodata=-99)
    rain = np.full((3, 3), 42.0)
    write_raster(rain, name="r.tif")
    shape = gpd.GeoDataFrame(
        {"value": [0.2]}, geometry=[box(72, 40, 73, 41)], crs="EPSG:4326"
    )
    shape.to_file(tmp_path / "m.gpkg", engine="pyogrio")
    flood = {"hazard": "flood", "process": "pluvial_flood"}
    mud = {"hazard": "landslide", "process": "landslide_mudflow"}
    layers = [
        (make_layer(id="quake", bands=PERIODS, nodata=-99, sampling="bilinear"), path),
        (make_layer(id="quake-two", bands=PERIODS, nodata=-99), path),
        (
            make_layer(
                id="rain", intensity_measure="rain_rate_001pct", unit="mm/h",
                bands=[{"level": "p"}], demonstration=True, confidence="M-part",
                **flood,
            ),
            tmp_path / "r.tif",
        ),
        (
            make_layer(
                id="mud", kind="vector", file="m.gpkg", unit="1/(1000 km2 yr)",
                intensity_measure="recorded_mudflows", bands=[{"level": "value"}],
                **mud,
            ),
            tmp_path / "m.gpkg",
        ),
        (make_layer(id="sites", kind="table", file="s.csv", crs=None), path),
        (make_layer(id="gone", intensity_measure="wd", unit="m", **flood), None),
    ]  # fmt: skip
    write_manifest(tmp_path, layers)
    return tmp_path


def write_manifest(folder, layers):
    entries = [
        {
            "layer": layer.model_dump(mode="json"),
            "state": "missing" if path is None else "available",
            "path": None if path is None else str(path),
            "reason": "No file." if path is None else "Found.",
            "uses": ["hazards"],
        }
        for layer, path in layers
    ]
    manifest = Manifest.model_validate({"region": "small", "layers": entries})
    (folder / "manifest.json").write_text(manifest.model_dump_json(), "utf-8")


def make(folder, out="maps", threads=1):
    return main(
        [
            *("hazard-maps", "--region", str(folder / "small.yaml")),
            *("--layers", str(folder / "manifest.json"), "--out", str(folder / out)),
            *("--memory-mb", "8", "--threads", str(threads)),
        ]
    )


def test_every_layer_has_a_map_or_a_reason(folder):
    assert make(folder) == 0
    maps = read_hazard_maps(folder / "maps")
    told = {
        item.layer_id: (item.file, item.in_index, item.note) for item in maps.layers
    }
    assert told == {
        "quake": ("quake.tif", True, None),
        "quake-two": ("quake-two.tif", False, "measure_is_taken|layer=quake"),
        "rain": ("rain.tif", True, None),
        "mud": ("mud.tif", True, None),
        "sites": (None, False, "values_of_sites"),
        "gone": (None, False, "layer_not_available|layer=gone|state=missing"),
    }
    rules = [item.rule for item in maps.layers if item.rule]
    assert rules == ["bilinear", "nearest", "nearest", "polygon_at_centre"]
    assert maps.index is not None
    assert maps.index.confidence == "M-part"
    assert maps.index.demonstration


def test_maps_are_cloud_optimised_and_say_what_they_are(folder):
    make(folder)
    with rasterio.open(folder / "maps" / "quake.tif") as found:
        assert found.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert found.descriptions == ("PGA 475 yr", "PGA 2475 yr")
        assert found.units == ("g", "g")
        assert found.nodata == -9999
        assert found.crs.to_epsg() == 4326
        assert found.transform == Affine(0.5, 0, 70, 0, -0.5, 43)
        assert found.tags()["layer_id"] == "quake"
        assert found.tags(1)["return_period_yr"] == "475"
        values = found.read(1, masked=True)
    assert values.mask.sum() == 4
    assert values[3, 3] == pytest.approx(0.25 + 0.25 * 0.05 + 0.25 * 0.15)
    for name in ("quake.tif", "multi-hazard-index.tif"):
        record = json.loads((folder / "maps" / f"{name}.prov.json").read_text())
        assert record["product"]["file"] == name
        style = (folder / "maps" / name).with_suffix(".qml").read_text("utf-8")
        assert "singlebandpseudocolor" in style


def test_the_index_counts_who_speaks_and_names_who_is_missing(folder):
    make(folder)
    with rasterio.open(folder / "maps" / "multi-hazard-index.tif") as found:
        index, speaking, missing = found.read(masked=True)
        assert found.descriptions == ("index", "layers_speaking", "layers_missing")
        assert found.tags()["provisional"] == "yes"
    # weights of the shipped methods: PGA 1, rain 0.5, mudflows 0.5; least 0.5 of 2
    assert index.mask[0, 0]
    assert (speaking[0, 0], missing[0, 0]) == (1, 1 + 4)
    assert (speaking[5, 5], missing[5, 5]) == (3, 0)
    # lower right: 0.45 g -> 0.75 + 0.25 / 8, 42 mm/h -> 0.5, 0.2 -> 0.5
    assert index[5, 5] == pytest.approx((0.78125 + 0.25 + 0.25) / 2)
    assert (speaking[3, 3], missing[3, 3]) == (2, 4)


def test_large_maps_have_overviews_and_the_same_bytes_for_any_threads(
    folder, make_layer, write_raster
):
    region = REGION.replace("GRID", "maps: {cell_m: 500}")
    (folder / "small.yaml").write_text(region, encoding="utf-8")
    assert make(folder, "one") == 0
    assert make(folder, "four", threads=4) == 0
    with rasterio.open(folder / "one" / "quake.tif") as found:
        assert found.overviews(1) == [2, 4]
        assert found.crs.to_epsg() == 32642
    one = {path.name: path.read_bytes() for path in (folder / "one").iterdir()}
    four = {path.name: path.read_bytes() for path in (folder / "four").iterdir()}
    assert [name for name in one if one[name] != four[name]] == []
    assert sorted(one) == sorted(four)


def test_without_a_grid_there_are_no_maps_and_the_record_says_so(folder):
    (folder / "small.yaml").write_text(REGION.replace("GRID", ""), encoding="utf-8")
    assert make(folder) == 0
    assert [path.name for path in (folder / "maps").iterdir()] == ["maps.json"]
    assert read_hazard_maps(folder / "maps").note == "no_grid_stated"


def test_values_that_cannot_be_stop_the_maps_and_write_nothing(
    folder, make_layer, write_raster, capfd
):
    path = write_raster(QUAKE * 980, name="gal.tif")
    write_manifest(folder, [(make_layer(id="quake"), path)])
    assert make(folder) == 2
    told = capfd.readouterr().err
    assert "cm/s2" in told or "per cent" in told
    assert "'quake'" in told
    assert not (folder / "maps").exists()


def test_a_layer_beyond_the_region_has_no_data_and_says_so(
    folder, make_layer, write_raster
):
    path = write_raster(QUAKE, name="far.tif", transform=Affine(1, 0, 10, 0, -1, 5))
    write_manifest(folder, [(make_layer(id="quake"), path)])
    assert make(folder) == 0
    (layer,) = read_hazard_maps(folder / "maps").layers
    assert layer.note == "no_data_on_grid"
    assert layer.levels[0].covered_fraction == 0
    with rasterio.open(folder / "maps" / "multi-hazard-index.tif") as found:
        assert (found.read(1) == -9999).all()


def test_a_truncated_raster_stops_the_maps(folder, make_layer, write_raster, capfd):
    noise = np.random.default_rng(1).random((300, 300))
    options = {"tiled": True, "blockxsize": 64, "blockysize": 64, "compress": "deflate"}
    transform = Affine(0.01, 0, 70, 0, -0.01, 43)
    path = write_raster(noise, name="cut.tif", transform=transform, **options)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    write_manifest(folder, [(make_layer(id="quake"), path)])
    assert make(folder) == 2
    assert "cut.tif" in capfd.readouterr().err
    assert not (folder / "maps").exists()


@pytest.mark.parametrize(
    ("maps", "told"),
    [
        ("{cell_m: 5, cell_deg: 0.1}", "either cell_m or cell_deg"),
        ("{}", "either cell_m or cell_deg"),
        ("{cell_m: -5}", "greater than 0"),
        ("{cell_m: 1}", "larger cells"),
    ],
)
def test_a_wrong_grid_is_told(folder, capfd, maps, told):
    (folder / "small.yaml").write_text(
        REGION.replace("GRID", f"maps: {maps}"), encoding="utf-8"
    )
    assert make(folder) == 2
    assert told in capfd.readouterr().err


def test_a_metric_grid_holds_the_box_and_lies_on_whole_cells(folder):
    region = REGION.replace("GRID", "maps: {cell_m: 4000}")
    (folder / "small.yaml").write_text(region, encoding="utf-8")
    grid = region_grid(read_region(folder / "small.yaml"))
    assert grid is not None
    assert grid.left % 4000 == grid.top % 4000 == 0
    from pyproj import Transformer

    to_grid = Transformer.from_crs("EPSG:4326", "EPSG:32642", always_xy=True)
    for lon in np.linspace(70, 73, 31):
        for lat in (40, 41.5, 43):
            x, y = to_grid.transform(lon, lat)
            assert grid.left <= x <= grid.left + grid.width * grid.cell
            assert grid.top - grid.height * grid.cell <= y <= grid.top


def test_a_collection_lists_every_map_with_its_grid_and_bands(folder):
    assert make(folder) == 0
    out = folder / "maps"
    found = json.loads((out / "collection.json").read_text(encoding="utf-8"))
    assets = found["assets"]
    files = {asset["href"].removeprefix("./") for asset in assets.values()}
    assert files == {path.name for path in out.glob("*.tif")}
    assert found["extent"]["spatial"]["bbox"] == [[70.0, 40.0, 73.0, 43.0]]
    for asset in assets.values():
        with rasterio.open(out / asset["href"]) as dataset:
            assert asset["proj:shape"] == [dataset.height, dataset.width]
            assert asset["proj:transform"] == list(dataset.transform)[:6]
            assert asset["proj:code"] == "EPSG:4326"
            names = [band["name"] for band in asset["bands"]]
            assert names == list(dataset.descriptions)
            for number, band in enumerate(asset["bands"], start=1):
                assert band["nodata"] == dataset.nodata
                if "statistics" in band:
                    cells = dataset.read(number, masked=True)
                    assert band["statistics"]["minimum"] == pytest.approx(cells.min())
                    assert band["statistics"]["maximum"] == pytest.approx(cells.max())
    assert "Demonstration" in assets["rain"]["description"]
    assert "Demonstration" not in assets["quake"]["description"]
    assert "never low" in assets["quake"]["description"]


def test_a_metric_grid_stands_in_the_collection_in_degrees(folder):
    region = folder / "small.yaml"
    text = region.read_text(encoding="utf-8").replace("cell_deg: 0.5", "cell_m: 50000")
    region.write_text(text, encoding="utf-8")
    assert make(folder) == 0
    path = folder / "maps" / "collection.json"
    found = json.loads(path.read_text(encoding="utf-8"))
    west, south, east, north = found["extent"]["spatial"]["bbox"][0]
    assert 69 < west < 70 < 73 < east < 74
    assert 39 < south < 40 < 43 < north < 44
    assert {asset["proj:code"] for asset in found["assets"].values()} == {"EPSG:32642"}
