"""'natech layers add', used as a stranger would use it, with good and bad files."""

from __future__ import annotations

import json
import warnings

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import yaml
from affine import Affine
from rasterio.errors import NotGeoreferencedWarning
from shapely.geometry import Point, Polygon, box

from pipeline.cli import main
from pipeline.core.layers import read_registry
from pipeline.core.records import load_yaml

SITES = [("alpha", 70.52, 41.48), ("beta", 71.03, 40.97), ("gamma", 72.51, 40.53)]
INVENTORY = (
    "tmf_id,name,country,facility_type,status,status_note,lat_deg,lon_deg,"
    "position_quality,position_radius_m,river_basin\n"
)
WORDS = {
    "id": "my-pga",
    "title-en": "Shaking",
    "title-ru": "Сотрясения",
    "hazard": "earthquake",
    "process": "ground_motion",
    "intensity": "PGA",
    "unit": "g",
    "sampling": "nearest",
    "zero-is": "measured",
    "nodata-is": "not_covered",
    "licence": "CC0-1.0",
    "citation": "Made for a test.",
    "data-version": "1",
    "confidence": "V3",
}


@pytest.fixture
def home(tmp_path, monkeypatch):
    """Folder of a stranger with a region, outside of the checkout."""
    folder = tmp_path / "мой регион"
    folder.mkdir()
    rows = [
        f"{key},{key.title()},KG,tailings,active,,{lat},{lon},surveyed,50,\n"
        for key, lon, lat in SITES
    ]
    (folder / "sites.csv").write_text(INVENTORY + "".join(rows), encoding="utf-8")
    (folder / "here.yaml").write_text(REGION, encoding="utf-8")
    monkeypatch.chdir(folder)
    monkeypatch.delenv("NATECH_DATA_ROOT", raising=False)
    monkeypatch.setenv("NATECH_CACHE", str(tmp_path / "cache"))
    return folder


REGION = """\
# A stranger's region.
region: here
title: {en: Here, ru: Здесь}
bbox: {west_deg: 70, south_deg: 40, east_deg: 73, north_deg: 42}
metric_crs: EPSG:32642
countries: [KG]
inventory:
  - path: sites.csv
layers_folder: layers
layers:
  # hazard layers, as many as there are
  hazards: [] # none yet
# the end
"""


def cells_of(*levels):
    """One constant plane of 20 x 30 cells for each level."""
    return np.stack([np.full((20, 30), v, dtype="float32") for v in levels])


@pytest.fixture
def raster(home, write_raster):
    """Function that writes a raster of the region, 0.1 degrees per cell."""

    def write(name="pga.tif", cells=None, names=(), **changes):
        grid = {"transform": Affine(0.1, 0, 70, 0, -0.1, 42)} | changes
        cells = cells_of(0.1, 0.3) if cells is None else cells
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            path = write_raster(home / name, cells, **grid)
        if names:
            with rasterio.open(path, "r+") as target:
                target.descriptions = names
        return path

    return write


def add(path, *more, use_in=True, without=(), **changes):
    """Call the command with options for a good raster of two levels."""
    words = (
        WORDS
        | {"return-periods": "475 2475"}
        | {key.replace("_", "-"): value for key, value in changes.items()}
    )
    options = ["layers", "add", str(path), "--no-input"]
    options += ["--use-in", "here.yaml"] if use_in else []
    for key, value in words.items():
        if value is not None and key not in without:
            several = key not in ("title-en", "title-ru", "citation")
            options += [f"--{key}", *(value.split() if several else [value])]
    return main([*options, *more])


def run_hazards(home):
    """Table of hazards of the region, by the stages themselves."""
    stages = [
        ["retrieve", "--offline", "--out", "manifest.json"],
        [
            "inventory",
            *("--out-facilities", "f.parquet", "--out-values", "v.parquet"),
            *("--out-ledger", "l.parquet", "--out-zones", "z.parquet"),
            *("--out-components", "parts.parquet"),
        ],
        [
            "hazards",
            *("--facilities", "f.parquet", "--layers", "manifest.json"),
            *("--out", "h.parquet", "--out-changes", "c.parquet"),
        ],
    ]
    for stage, *options in stages:
        assert main([stage, "--region", "here.yaml", *options]) == 0, stage
    return pd.read_parquet("h.parquet")


def test_an_added_raster_works_from_row_to_hazard_table(home, raster):
    assert add(raster("layers/pga.tif")) == 0
    text = (home / "here.yaml").read_text(encoding="utf-8")
    assert "# A stranger's region." in text
    assert "# hazard layers, as many as there are" in text
    assert "# none yet" in text
    assert text.endswith("registries:\n  - registry.yaml\n# the end\n")
    layer = read_registry(home / "registry.yaml").by_id()["my-pga"]
    assert [band.return_period_yr for band in layer.bands] == [475, 2475]
    assert layer.extent == pytest.approx((70, 40, 73, 42))
    assert layer.nodata == -9999
    table = run_hazards(home)
    found = table[table["level"] == "2475"].set_index("tmf_id")["intensity"]
    assert found.to_dict() == pytest.approx(
        dict.fromkeys(("alpha", "beta", "gamma"), 0.3)
    )


def test_the_checksum_in_the_row_guards_the_file(home, raster, capfd):
    add(raster("layers/pga.tif"))
    raster("layers/pga.tif", cells_of(0.2, 0.4))
    options = ["--region", "here.yaml", "--offline", "--out", "m.json"]
    assert main(["retrieve", *options]) == 2
    assert "as registered" in capfd.readouterr().err


def test_a_second_row_goes_below_the_first_and_comments_stay(home, raster):
    add(raster("layers/pga.tif"))
    registry = home / "registry.yaml"
    registry.write_text(
        registry.read_text(encoding="utf-8") + "    # my remark\n", encoding="utf-8"
    )
    assert add(raster("layers/two.tif"), id="my-pga-two") == 0
    assert "    # my remark\n" in registry.read_text(encoding="utf-8")
    assert list(read_registry(registry).by_id()) == ["my-pga", "my-pga-two"]
    assert load_yaml(home / "here.yaml")["layers"]["hazards"] == [
        "my-pga",
        "my-pga-two",
    ]
    assert load_yaml(home / "here.yaml")["registries"] == ["registry.yaml"]


def test_the_same_id_again_is_refused_and_nothing_changes(home, raster, capfd):
    add(raster("layers/pga.tif"))
    before = (home / "registry.yaml").read_bytes(), (home / "here.yaml").read_bytes()
    assert add(raster("layers/two.tif")) == 2
    assert "a row 'my-pga' already" in capfd.readouterr().err
    after = (home / "registry.yaml").read_bytes(), (home / "here.yaml").read_bytes()
    assert before == after


def test_without_use_in_the_region_stays_as_it_was(home, raster):
    before = (home / "here.yaml").read_bytes()
    assert add(raster("layers/pga.tif"), "--region", "here.yaml", use_in=False) == 0
    assert (home / "here.yaml").read_bytes() == before
    assert "my-pga" in read_registry(home / "registry.yaml").by_id()


def test_a_file_elsewhere_is_copied_only_when_asked(home, raster, tmp_path, capfd):
    path = raster("../elsewhere/pga.tif")
    assert add(path) == 2
    said = capfd.readouterr().err
    assert "add --copy" in said
    assert not (home / "registry.yaml").exists()
    assert add(path, "--copy") == 0
    assert (home / "layers" / "pga.tif").read_bytes() == path.read_bytes()
    assert run_hazards(home)["intensity"].notna().any()


def test_a_file_in_a_data_root_is_named_by_its_path_below_it(home, raster, tmp_path):
    raster("../upper/deep/pga.tif")
    root = str(tmp_path / "upper")
    assert add(tmp_path / "upper" / "deep" / "pga.tif", "--data-root", root) == 0
    layer = read_registry(home / "registry.yaml").by_id()["my-pga"]
    assert layer.file == "deep/pga.tif"


def test_a_dry_run_and_a_look_write_no_row(home, raster, capsys):
    path = raster("layers/pga.tif", names=("PGA_475y", "PGA_2475y"))
    assert add(path, "--dry-run") == 0
    assert "id: my-pga" in capsys.readouterr().out
    assert main(["layers", "add", str(path), "--look"]) == 0
    said = capsys.readouterr().out
    assert "0.1 to 0.1" in said
    assert "EPSG:4326" in said
    assert not (home / "registry.yaml").exists()


def test_missing_answers_are_all_listed_with_what_the_file_suggests(
    home, raster, capfd
):
    path = raster("layers/pga.tif", names=("PGA_475y", "PGA_2475y"))
    without = ("unit", "return-periods", "licence")
    assert add(path, without=without) == 2
    said = capfd.readouterr().err
    assert "--unit" in said
    assert "the file suggests 475 2475" in said
    assert "--licence" in said
    assert not (home / "registry.yaml").exists()


def test_a_person_is_asked_and_may_take_proposals(home, raster, monkeypatch):
    path = raster("layers/pga.tif", names=("PGA_475y", "PGA_2475y"))
    asked = []

    def answer(text):
        asked.append(text)
        key = {
            "unit": "g",
            "what a value of zero": "no_nonsense" if len(asked) % 2 else "measured",
            "licence": "CC0-1.0",
        }
        words = {
            "return period": "",
            "copy": "n",
            "write to": "y",
        } | key
        return next((v for k, v in words.items() if text.startswith(k)), "")

    monkeypatch.setattr("builtins.input", answer)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    words = {k: v for k, v in WORDS.items() if k not in ("unit", "licence", "zero-is")}
    options = [x for k, v in words.items() for x in (f"--{k}", v)]
    assert main(["layers", "add", str(path), "--use-in", "here.yaml", *options]) == 0
    layer = read_registry(home / "registry.yaml").by_id()["my-pga"]
    assert [band.return_period_yr for band in layer.bands] == [475, 2475]
    assert any("the file suggests '475 2475'" in text for text in asked)


# --- what looks wrong


@pytest.mark.parametrize(
    ("cells", "changes", "told"),
    [
        (cells_of(30, 300), {}, "300 g"),
        (cells_of(0.3, -0.1), {}, "-0.1 g"),
        (cells_of(-9999, -9999), {}, "no cell with a value"),
        (cells_of(0.3, 0.1), {}, "are the bands swapped"),
        (cells_of(0.1, 0.3), {"crs": None}, "no CRS"),
        (cells_of(0.1, 0.3), {"transform": Affine.identity()}, "no position"),
        (
            cells_of(0.1, 0.3),
            {"transform": Affine(0.1, 0, 10, 0, -0.1, 42)},
            "outside of the region",
        ),
        (cells_of(-32768, 0.3), {"nodata": None}, "nodata value that the file"),
    ],
)
def test_what_cannot_be_is_an_error_and_writes_nothing(
    home, raster, capfd, cells, changes, told
):
    assert add(raster("layers/pga.tif", cells, **changes)) == 2
    assert told in capfd.readouterr().err
    assert not (home / "registry.yaml").exists()


def test_water_cannot_stand_below_the_ground(home, raster, capfd):
    cells = cells_of(1, 2)
    cells[0, 3, 3] = -5
    flood = {"hazard": "flood", "process": "fluvial_flood", "intensity": "wd"}
    path = raster("layers/pga.tif", cells)
    assert add(path, unit="m", return_periods="10 100", **flood) == 2
    assert "band 1 holds -5 m, possible is 0 to 200 m" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        (cells_of(0, 0), "band 1 is zero everywhere"),
        (cells_of(0.2, 0.2), "has the value 0.2 everywhere"),
    ],
)
def test_what_looks_odd_is_a_named_warning_that_stays_in_the_row(
    home, raster, capsys, cells, told
):
    assert add(raster("layers/pga.tif", cells)) == 0
    assert told in capsys.readouterr().out
    layer = read_registry(home / "registry.yaml").by_id()["my-pga"]
    assert told in layer.not_verified


def test_a_raster_of_one_cell_is_a_warning(home, raster, capsys):
    grid = Affine(3, 0, 70, 0, -2, 42)
    cells = np.full((2, 1, 1), 0.2, dtype="float32")
    assert add(raster("layers/pga.tif", cells, transform=grid)) == 0
    assert "the raster has one cell" in capsys.readouterr().out


def test_a_layer_beside_all_facilities_is_a_warning(home, raster, capsys):
    grid = Affine(0.01, 0, 70, 0, -0.01, 40.2)
    assert add(raster("layers/pga.tif", transform=grid)) == 0
    assert "covers no facility of the region (0 of 3)" in capsys.readouterr().out


def test_some_cells_that_fall_with_the_period_are_a_warning(home, raster, capsys):
    cells = cells_of(0.1, 0.3)
    cells[1, 0, 0] = 0.05
    assert add(raster("layers/pga.tif", cells)) == 0
    assert "values fall from 475 to 2475 years in 0.2%" in capsys.readouterr().out


def test_cells_that_fall_under_a_facility_are_an_error(home, raster, capfd):
    cells = cells_of(0.1, 0.3)
    cells[1, 5, 5] = 0.05
    assert add(raster("layers/pga.tif", cells)) == 2
    said = capfd.readouterr().err
    assert "'alpha'" in said
    assert "do not fall as the return period grows" in said


def test_a_truncated_raster_is_an_error(home, raster, capfd):
    path = raster("layers/pga.tif", np.random.default_rng(3).random((2, 200, 300)))
    path.write_bytes(path.read_bytes()[:200_000])
    assert add(path) == 2
    assert "cannot be read to its end" in capfd.readouterr().err


@pytest.mark.parametrize("name", ["x.tif", "x.gpkg", "x.bin", "x.nc"])
def test_a_file_that_is_no_layer_is_told_so(home, name, capfd):
    (home / name).write_bytes(b"<html>sorry</html>")
    assert add(home / name) == 2
    said = capfd.readouterr().err
    assert name in said
    assert "Traceback" not in said


def test_a_missing_file_is_told_so(home, capfd):
    assert add(home / "no.tif") == 2
    assert "found nothing" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"return_periods": "475"}, "1 value(s)"),
        ({"return_periods": "2475 475"}, "increase from band to band"),
        ({"return_periods": "0.1 0.02"}, "not probabilities"),
        ({"return_periods": "often seldom"}, "a number"),
        ({"hazard": "earthquakes"}, "one of earthquake, flood"),
        ({"process": "fluvial_flood"}, "one of ground_motion"),
        ({"id": "My-PGA"}, "string should match pattern"),
        ({"bands": "1 3"}, "bands from 1 to 2"),
        ({"scenario": "warm"}, "one of historical, ssp126"),
    ],
)
def test_a_wrong_answer_is_told_with_what_is_expected(
    home, raster, capfd, changes, told
):
    assert add(raster("layers/pga.tif"), **changes) == 2
    assert told.lower() in capfd.readouterr().err.lower()
    assert not (home / "registry.yaml").exists()


def test_bands_may_be_put_in_order(home, raster):
    path = raster("layers/pga.tif", cells_of(0.3, 0.1))
    assert add(path, bands="2 1") == 0
    layer = read_registry(home / "registry.yaml").by_id()["my-pga"]
    assert [(b.band, b.return_period_yr) for b in layer.bands] == [(2, 475), (1, 2475)]


def test_dry_cells_of_a_flood_map_may_mean_that_nothing_is_there(home, raster):
    cells = cells_of(-9999, -9999)
    cells[:, 14, 25] = 1.5  # around gamma
    flood = {"hazard": "flood", "process": "fluvial_flood", "intensity": "wd"}
    zero = {"zero_is": "no_hazard", "nodata_is": "no_hazard", "unit": "m"}
    path = raster("layers/depth.tif", cells)
    assert add(path, return_periods="10 100", **flood, **zero) == 0
    table = run_hazards(home)
    found = table[table["level"] == "100"].set_index("tmf_id")
    assert found.loc["alpha", "intensity_status"] == "no_hazard"
    assert found.loc["gamma", "intensity"] == pytest.approx(1.5)


# --- other kinds of files


def test_a_projected_south_up_raster_is_shown_where_it_lies(home, raster, capsys):
    grid = Affine(10_000, 0, 300_000, 0, 10_000, 4_430_000)
    path = raster("layers/pga.tif", crs="EPSG:32642", transform=grid)
    assert add(path) == 0
    said = capsys.readouterr().out
    assert "south-up" in said
    assert "10000 x 10000 m" in said
    assert '<circle cx="' in (home / "my-pga.svg").read_text(encoding="utf-8")


def test_the_scale_of_a_raster_is_applied_and_said(home, raster, capsys):
    path = raster("layers/pga.tif", cells_of(10, 30).astype("int16"))
    with rasterio.open(path, "r+") as target:
        target.scales = (0.01, 0.01)
    assert add(path) == 0
    said = capsys.readouterr().out
    assert "scale 0.01" in said
    assert "0.3 to 0.3" in said


def test_a_netcdf_with_return_periods_is_added(home, capsys):
    import xarray as xr

    grid = xr.DataArray(
        cells_of(0.1, 0.3),
        dims=("return_period", "lat", "lon"),
        coords={
            "return_period": [475.0, 2475.0],
            "lat": ("lat", 41.95 - 0.1 * np.arange(20), {"units": "degrees_north"}),
            "lon": ("lon", 70.05 + 0.1 * np.arange(30), {"units": "degrees_east"}),
        },
        name="pga",
    )
    (home / "layers").mkdir()
    grid.to_dataset().to_netcdf(home / "layers" / "pga.nc", engine="h5netcdf")
    assert add(home / "layers" / "pga.nc") == 0
    assert "return_periods = 475 2475" in capsys.readouterr().out
    table = run_hazards(home)
    assert set(table["intensity_status"]) == {"measured"}


@pytest.fixture
def vector(home):
    """Function that writes a GeoPackage."""

    def write(name, shapes, crs="EPSG:4326", **columns):
        path = home / "layers" / name
        path.parent.mkdir(exist_ok=True)
        frame = gpd.GeoDataFrame(columns, geometry=shapes, crs=crs)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "'crs' was not provided")
            frame.to_file(path, driver="GPKG", engine="pyogrio")
        return path

    return write


VECTOR = {
    "id": "my-slides",
    "hazard": "landslide",
    "process": "landslide_mudflow",
    "intensity": "susceptibility",
    "unit": "class",
    "return_periods": "none",
    "levels": "class",
    "sampling": None,
    "nodata_is": None,
}


def test_classed_polygons_are_added_with_their_list_of_classes(home, vector):
    path = vector("slides.gpkg", [box(70, 40, 73, 42)], kind=["high"])
    classes = {"classes": "low=1,high=3,unknown=none", "value_columns": "kind"}
    assert add(path, **VECTOR, **classes) == 0
    assert set(run_hazards(home)["intensity"]) == {3.0}


def test_a_polygon_that_crosses_itself_is_a_warning_with_its_place(
    home, vector, capsys
):
    bow = Polygon([(70, 40), (73, 42), (73, 40), (70, 42)])
    path = vector("slides.gpkg", [bow], level=[2.0])
    assert add(path, **VECTOR, value_columns="level") == 0
    said = capsys.readouterr().out
    assert "1 polygon(s) cross themselves" in said
    assert "number 1: Self-intersection[71.5 41]" in said


def test_polygons_without_crs_are_an_error(home, vector, capfd):
    path = vector("slides.gpkg", [box(70, 40, 73, 42)], crs=None, level=[2.0])
    assert add(path, **VECTOR, value_columns="level") == 2
    assert "no CRS" in capfd.readouterr().err


def test_several_tables_are_asked_about(home, vector, capfd):
    path = vector("slides.gpkg", [box(70, 40, 73, 42)], level=[2.0])
    frame = gpd.GeoDataFrame({"a": [1]}, geometry=[Point(71, 41)], crs="EPSG:4326")
    frame.to_file(path, layer="other", driver="GPKG", engine="pyogrio")
    assert add(path, **VECTOR, value_columns="level") == 2
    assert "the layers slides, other" in capfd.readouterr().err
    assert add(path, **VECTOR, value_columns="level", table="slides") == 0


POINTS = VECTOR | {
    "intensity": "slides_50km",
    "unit": "-",
    "statistic": "count",
    "radius_m": "50000",
    "levels": "2000-2020",
    "listed_in": "60 30 80 50",
    "date_column": "day",
    "first_year": "2000",
    "last_year": "2020",
}


def test_dated_points_in_a_csv_file_are_added_and_counted(home, capsys):
    path = home / "layers" / "slides.csv"
    path.parent.mkdir()
    rows = "day,lon,lat\n2001-05-01,70.5,41.5\n2019,70.6,41.5\n1990-01-01,70.5,41.5\n"
    path.write_text(rows, encoding="utf-8")
    assert add(path, **POINTS) == 0
    assert "columns 'lon' and 'lat', taken as degrees" in capsys.readouterr().out
    found = run_hazards(home).set_index("tmf_id")["intensity"]
    assert found["alpha"] == 2
    assert found["gamma"] == 0


def test_a_list_of_points_may_be_complete_in_an_outline_alone(home):
    path = home / "layers" / "slides.csv"
    path.parent.mkdir()
    path.write_text("day,lon,lat\n2001-05-01,70.5,41.5\n", encoding="utf-8")
    west = "POLYGON ((69 39, 71.6 39, 71.6 43, 69 43, 69 39))"
    assert add(path, **(POINTS | {"listed_in": west})) == 0
    found = run_hazards(home).set_index("tmf_id")["intensity_status"]
    assert found["alpha"] == "measured"
    assert found["gamma"] == "not_covered"


@pytest.mark.parametrize("text", ["70 40 73", "73 40 70 42", "here"])
def test_a_box_of_points_that_is_none_is_told(home, text, capfd):
    path = home / "slides.csv"
    path.write_text("day,lon,lat\n2001-05-01,70.5,41.5\n", encoding="utf-8")
    assert add(path, "--copy", **(POINTS | {"listed_in": text})) == 2
    assert "--listed-in" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("2001,41.5,170.5", "degrees from -90 to 90"),
        ("2001,,41.5", "a blank cell"),
        ("2001,x,41.5", "found x"),
    ],
)
def test_coordinates_that_cannot_be_name_their_row(home, row, told, capfd):
    path = home / "slides.csv"
    path.write_text(f"day,lon,lat\n2001,70.5,41.5\n{row}\n", encoding="utf-8")
    assert add(path, **POINTS) == 2
    said = capfd.readouterr().err
    assert "row 3" in said
    assert told in said


def test_a_study_of_sites_is_added_and_read(home):
    path = home / "study.csv"
    path.write_text("tmf_id,pga_475\nalpha,0.21\n", encoding="utf-8")
    options = {"sampling": None, "nodata_is": None, "return_periods": "475"}
    assert add(path, **options, value_columns="pga_475") == 0
    found = run_hazards(home).set_index("tmf_id")["intensity"]
    assert found["alpha"] == pytest.approx(0.21)


def test_columns_that_bear_the_names_of_levels_are_found(home):
    path = home / "study.csv"
    path.write_text("tmf_id,475,475_low\nalpha,0.21,0.15\n", encoding="utf-8")
    options = {"sampling": None, "nodata_is": None, "return_periods": "475"}
    assert add(path, **options) == 0
    found = run_hazards(home).set_index("tmf_id")
    assert found["intensity"]["alpha"] == pytest.approx(0.21)
    assert found["intensity_low"]["alpha"] == pytest.approx(0.15)


def test_a_table_without_sites_is_refused(home, capfd):
    path = home / "study.csv"
    path.write_text("site,pga_475\nalpha,0.21\n", encoding="utf-8")
    options = {"sampling": None, "nodata_is": None, "return_periods": "475"}
    assert add(path, **options, value_columns="pga_475") == 2
    assert "'tmf_id'" in capfd.readouterr().err


def test_the_manifest_of_an_added_layer_says_that_it_is_verified(home, raster):
    add(raster("layers/pga.tif"))
    run_hazards(home)
    manifest = json.loads((home / "manifest.json").read_text(encoding="utf-8"))
    assert [item["verified"] for item in manifest["layers"]] == [True]
    assert yaml.safe_load((home / "registry.yaml").read_text(encoding="utf-8"))


def test_a_raster_of_points_is_shown_half_a_cell_off_as_gdal_reads_it(
    home, raster, capsys
):
    path = raster("layers/pga.tif")
    with rasterio.open(path, "r+") as target:
        target.update_tags(AREA_OR_POINT="Point")
    assert main(["layers", "add", str(path), "--look"]) == 0
    said = capsys.readouterr().out
    assert "AREA_OR_POINT says Point" in said


def test_a_rotated_raster_is_told_and_drawn(home, raster, capsys):
    grid = (
        Affine.translation(70.5, 41) @ Affine.rotation(30) @ Affine.scale(0.05, -0.05)
    )
    path = raster("layers/pga.tif", transform=grid)
    assert add(path, "--dry-run") == 0
    said = capsys.readouterr().out
    assert "rotated" in said
    assert "0.05 x 0.05 deg" in said


def test_a_shapefile_is_copied_with_what_belongs_to_it(home, tmp_path):
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    frame = gpd.GeoDataFrame(
        {"level": [2.0]}, geometry=[box(70, 40, 73, 42)], crs="EPSG:4326"
    )
    frame.to_file(folder / "slides.shp", engine="pyogrio")
    options = VECTOR | {"value_columns": "level"}
    assert add(folder / "slides.shp", "--copy", **options) == 0
    names = {p.suffix for p in (home / "layers").iterdir()}
    assert {".shp", ".shx", ".dbf", ".prj"} <= names
    assert set(run_hazards(home)["intensity"]) == {2.0}


def test_a_virtual_raster_is_not_copied_without_its_sources(
    home, raster, tmp_path, capfd
):
    raster("../elsewhere/pga.tif")
    virtual = tmp_path / "elsewhere" / "pga.vrt"
    with rasterio.open(tmp_path / "elsewhere" / "pga.tif") as source:
        from rasterio.shutil import copy

        copy(source, virtual, driver="VRT")
    assert add(virtual, "--copy") == 2
    assert "a VRT cannot be copied alone" in capfd.readouterr().err


def test_a_zarr_store_is_copied_whole(home, tmp_path):
    import xarray as xr

    grid = xr.DataArray(
        cells_of(0.1, 0.3),
        dims=("return_period", "lat", "lon"),
        coords={
            "return_period": [475.0, 2475.0],
            "lat": ("lat", 41.95 - 0.1 * np.arange(20), {"units": "degrees_north"}),
            "lon": ("lon", 70.05 + 0.1 * np.arange(30), {"units": "degrees_east"}),
        },
        name="pga",
    )
    path = tmp_path / "pga.zarr"
    grid.to_dataset().to_zarr(path, zarr_format=2)
    assert add(path, "--copy") == 0
    assert (home / "layers" / "pga.zarr").is_dir()
    assert run_hazards(home)["intensity"].max() == pytest.approx(0.3)


def test_another_file_at_the_place_of_the_copy_is_never_overwritten(
    home, raster, capfd
):
    raster("layers/pga.tif")
    before = (home / "layers" / "pga.tif").read_bytes()
    other = raster("../elsewhere/pga.tif", cells_of(0.2, 0.4))
    assert add(other, "--copy") == 2
    assert "another file of that name" in capfd.readouterr().err
    assert (home / "layers" / "pga.tif").read_bytes() == before
    assert not (home / "registry.yaml").exists()


def test_the_picture_holds_the_layer_and_every_facility_and_no_address(home, raster):
    add(raster("layers/pga.tif"), **{"title-en": "Shaking <b>"})
    text = (home / "my-pga.svg").read_text(encoding="utf-8")
    assert text.count("<circle cx=") == len(SITES) + 2  # two in the legend
    assert "data:image/png;base64," in text
    assert "Shaking &lt;b&gt;" in text
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")
    assert "<title>Gamma: 0.3 g</title>" in text


def test_a_layer_of_the_project_region_goes_to_the_project_registry(project):
    from pipeline.core.config import read_region
    from pipeline.retrieve.layer_target import project_registry, registry_for

    region = read_region(project / "configs" / "regions" / "syr-darya.yaml")
    assert registry_for(region, None) == project_registry()
