"""The stage from files to the checked table, on a small invented region."""

from __future__ import annotations

import argparse
import json

import numpy as np
import pandas as pd
import pytest
from affine import Affine
from shapely.geometry import MultiPolygon, box

from pipeline.core.config import read_methods, read_region
from pipeline.core.errors import InputError
from pipeline.core.layers import Manifest
from pipeline.core.tables import read_table, table_of, write_table
from pipeline.hazards import stage
from pipeline.hazards.stage import hazards_table

REGION = """
region: small
title: {en: Small, ru: Малый}
bbox: {west_deg: 70, south_deg: 40, east_deg: 73, north_deg: 43}
metric_crs: EPSG:32642
countries: [KG]
inventory: [{path: facilities.csv}]
layers: {hazards: [quake, rain, gone], climate_factors: [change]}
climate:
  - {scenario: ssp245, horizon: 2041-2060}
  - {scenario: ssp585, horizon: 2041-2060}
"""
FACTORS = (
    "scenario,horizon,percentile,warming_k,factor,source\n"
    "ssp245,2041-2060,10,0.8,1.05,Made up\n"
    "ssp245,2041-2060,50,1.2,1.25,Made up\n"
)
NINE = np.arange(1.0, 10.0).reshape(3, 3)


def facility(tmf_id, lon_deg=None, lat_deg=None, radius_m=None):
    from shapely.geometry import Point

    quality = "none" if lon_deg is None else "published"
    names = ("mass_t", "area_m2", "dam_height_m", "dam_length_m", "slope_deg")
    more = (
        "fos_static",
        "yield_acceleration_g",
        "ph",
        "cyanide_wad_mg_per_l",
        "freeboard_m",
        "pond_volume_m3",
        "whc",
        "volume_m3",
    )
    return {
        "tmf_id": tmf_id,
        "name": tmf_id,
        "role": "facility",
        "counts_in_totals": True,
        "country": "KG",
        "facility_type": "tailings",
        "status": "unknown",
        "remediation": "unknown",
        "lon_deg": lon_deg,
        "lat_deg": lat_deg,
        "position_quality": quality,
        "position_radius_m": radius_m,
        "dam_type": "unknown",
        "source_file": "facilities.csv",
        "source_row": 2,
        "geometry": None if lon_deg is None else Point(lon_deg, lat_deg),
        **{f"{name}_status": "not_provided" for name in (*names, *more)},
    }


FACILITIES = (
    facility("kg-1", 71.5, 41.5, 9_000),
    facility("kg-2", 65.0, 41.5, 9_000),
    facility("kg-3"),
)


def entry(layer, use, path):
    state = "missing" if path is None else "available"
    return {
        "layer": layer.model_dump(mode="json"),
        "state": state,
        "path": None if path is None else str(path),
        "reason": "No file on this machine." if path is None else "Found.",
        "uses": [use],
    }


@pytest.fixture
def folder(tmp_path, make_layer, write_raster):
    """Region, facilities and manifest in files; layers quake, rain, gone, change."""
    (tmp_path / "small.yaml").write_text(REGION, encoding="utf-8")
    (tmp_path / "factors.csv").write_text(FACTORS, encoding="utf-8")
    write_table(
        table_of("facilities", FACILITIES), "facilities", tmp_path / "f.parquet"
    )
    periods = [
        {"level": "475", "band": 1, "return_period_yr": 475},
        {"level": "2475", "band": 2, "return_period_yr": 2475},
    ]
    quake = make_layer(id="quake", bands=periods, demonstration=True)
    flood = {"hazard": "flood", "process": "pluvial_flood", "unit": "mm/h"}
    rain = make_layer(
        id="rain",
        intensity_measure="rain_rate",
        bands=[{"level": "p001"}],
        confidence="M-high",
        **flood,
    )
    gone = make_layer(id="gone", intensity_measure="depth", **flood)
    change = make_layer(
        id="change",
        role="climate_factors",
        kind="table",
        intensity_measure=None,
        applies_to=["rain_rate"],
        crs=None,
        bands=[],
        confidence="M-part",
        **(flood | {"unit": "-"}),
    )
    pga = write_raster(NINE / 100, NINE / 50, name="pga.tif")
    field = write_raster(NINE * 10, name="rain.tif")
    layers = [
        entry(change, "climate_factors", tmp_path / "factors.csv"),
        entry(gone, "hazards", None),
        entry(quake, "hazards", pga),
        entry(rain, "hazards", field),
    ]
    manifest = {"region": "small", "layers": layers}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return tmp_path


@pytest.fixture
def run(folder, project):
    def go(zones=None):
        stage.run(
            argparse.Namespace(
                region=folder / "small.yaml",
                methods=project / "configs" / "methods.yaml",
                facilities=folder / "f.parquet",
                zones=zones,
                layers=folder / "manifest.json",
                out=folder / "hazards.parquet",
                out_changes=folder / "hazard_changes.parquet",
            )
        )
        return read_table("hazards", folder / "hazards.parquet")

    return go


def only(table, **keys):
    rows = table
    for key, value in keys.items():
        rows = rows[rows[key] == value]
    assert len(rows) == 1
    return rows.iloc[0]


def test_every_facility_has_a_row_for_every_layer_level_and_case(run):
    table = run()
    count = table.groupby("tmf_id").size()
    # quake: 2 levels x (present + 2); rain: 1 x (1 + 2 + 1); gone: 1 x (1 + 2);
    # change: 2 percentiles and 1 case without a factor
    assert count.to_dict() == dict.fromkeys(["kg-1", "kg-2", "kg-3"], 6 + 4 + 3 + 3)


def test_present_values_carry_place_and_flags(run):
    row = only(run(), tmf_id="kg-1", layer_id="quake", level="475", horizon="present")
    assert row["intensity"] == pytest.approx(0.05)
    assert (row["place"], row["radius_m"]) == ("circle", 9_000)
    assert (row["demonstration"], row["provisional"]) == (True, False)
    assert row["unit"] == "g"


def test_outlined_facilities_are_sampled_at_their_zones(run, folder):
    # a quarter of the cell with 0.05 g, and three quarters of that with 0.06 g
    shapes = {"kg-1": box(71.75, 41, 72.75, 42), "kg-3": box(72, 42, 72.5, 42.5)}
    rows = [
        {
            "tmf_id": tmf_id,
            "zone": "facility",
            "area_m2": 1.0,
            "n_polygons": 1,
            "source_file": "zones.gpkg",
            "geometry": MultiPolygon([shape]),
        }
        for tmf_id, shape in shapes.items()
    ]
    write_table(table_of("zones", rows), "zones", folder / "zones.parquet")
    table = run(folder / "zones.parquet")
    row = only(table, tmf_id="kg-1", layer_id="quake", level="475", horizon="present")
    assert row["intensity"] == pytest.approx(0.25 * 0.05 + 0.75 * 0.06)
    assert (row["intensity_low"], row["largest"]) == pytest.approx((0.05, 0.06))
    assert (row["place"], np.isnan(row["radius_m"])) == ("facility", True)
    lost = only(table, tmf_id="kg-3", layer_id="quake", level="475", horizon="present")
    assert lost["intensity"] == pytest.approx(0.03)
    prov = json.loads((folder / "hazards.parquet.prov.json").read_text("utf-8"))
    assert "zones.parquet" in {item["file"] for item in prov["inputs"]}


def test_the_largest_value_follows_the_factor_too(run):
    table = run()
    rows = table[(table["layer_id"] == "rain") & (table["tmf_id"] == "kg-1")]
    found = rows.set_index(["scenario", "percentile"])["largest"]
    assert found[("ssp245", 50)] == pytest.approx(1.25 * found[("historical", 50)])


def test_rain_changes_by_the_factor_of_its_case_and_percentile(run):
    table = run()
    rows = table[(table["layer_id"] == "rain") & (table["tmf_id"] == "kg-1")]
    found = rows.set_index(["scenario", "percentile"])["intensity"]
    assert found[("historical", 50)] == pytest.approx(50)
    assert found[("ssp245", 10)] == pytest.approx(52.5)
    assert found[("ssp245", 50)] == pytest.approx(62.5)


def test_a_changed_value_has_the_weakest_label_of_both(run):
    table = run()
    keys = {"tmf_id": "kg-1", "layer_id": "rain"}
    present = only(table, horizon="present", **keys)
    future = only(table, scenario="ssp245", percentile=50, **keys)
    assert (present["confidence"], present["provisional"]) == ("M-high", False)
    assert (future["confidence"], future["provisional"]) == ("M-part", True)
    assert "Made up" in future["note"]


def test_a_case_without_a_factor_has_no_value_and_says_so(run):
    row = only(run(), tmf_id="kg-1", layer_id="rain", scenario="ssp585")
    assert row["intensity_status"] == "not_provided"
    assert np.isnan(row["intensity"])
    assert row["note"] == "no_factor_for_case|layer=change"


def test_earthquakes_stay_as_they_are_in_every_case(run):
    table = run()
    rows = table[(table["layer_id"] == "quake") & (table["tmf_id"] == "kg-1")]
    assert rows.groupby("level")["intensity"].nunique().tolist() == [1, 1]
    assert rows[rows["horizon"] != "present"]["note"].eq("unchanged_by_climate").all()


def test_the_change_itself_is_a_row_for_every_facility(run):
    table = run()
    rows = table[(table["layer_id"] == "change") & (table["percentile"] == 50)]
    rows = rows[rows["scenario"] == "ssp245"]
    assert rows["intensity"].tolist() == [1.25] * 3
    assert set(rows["place"]) == {"region"}
    assert set(rows["level"]) == {"factor"}


def test_statuses_tell_three_kinds_of_absence_apart(run):
    table = run()
    present = table[table["horizon"] == "present"].set_index(["layer_id", "tmf_id"])
    rain, gone = present.loc["rain"], present.loc["gone"]
    assert rain["intensity_status"].to_dict() == {
        "kg-1": "measured",
        "kg-2": "not_covered",
        "kg-3": "not_provided",
    }
    assert "no_position" in rain.loc["kg-3", "note"]
    future = only(table, tmf_id="kg-3", layer_id="rain", percentile=10)
    assert future["note"] == rain.loc["kg-3", "note"]
    assert set(gone["intensity_status"]) == {"not_provided"}
    assert "|state=missing" in gone.loc["kg-1", "note"]


def test_two_runs_write_equal_bytes_and_a_provenance_record(run, folder):
    run()
    out = folder / "hazards.parquet"
    first, record = out.read_bytes(), out.with_name("hazards.parquet.prov.json")
    before = record.read_bytes()
    run()
    assert out.read_bytes() == first
    assert record.read_bytes() == before
    assert json.loads(before)["notes"]["layers"].keys() == {
        "change",
        "gone",
        "quake",
        "rain",
    }


def test_the_difference_from_the_present_is_a_table_of_its_own(run, folder):
    run()
    table = read_table("hazard_changes", folder / "hazard_changes.parquet")
    rain = {"layer_id": "rain", "scenario": "ssp245", "percentile": 50}
    row = only(table, tmf_id="kg-1", **rain)
    assert (row["present"], row["future"]) == pytest.approx((50, 62.5))
    assert row["difference"] == pytest.approx(12.5)
    assert row["shift_reason"] == "no_return_period"
    gone = only(table, tmf_id="kg-2", **rain)
    assert gone["difference_status"] == "not_covered"
    quake = table[(table["layer_id"] == "quake") & (table["tmf_id"] == "kg-1")]
    assert set(quake["difference"]) == {0.0}
    assert quake["shifted_period"].tolist() == quake["return_period_yr"].tolist()
    assert "change" not in set(table["layer_id"])


def test_a_layer_that_covers_nobody_warns_in_every_row(
    run, folder, write_raster, caplog
):
    far = Affine(1.0, 0, 10.0, 0, -1.0, 43.0)
    write_raster(NINE * 10, name="rain.tif", transform=far)
    table = run()
    rows = table[(table["layer_id"] == "rain") & (table["horizon"] == "present")]
    assert rows["note"].str.contains("no_data_anywhere|layer=rain", regex=False).all()
    assert "no_data_anywhere|layer=rain" in caplog.text


def test_values_that_cannot_be_stop_the_stage_with_nothing_written(
    run, folder, write_raster
):
    write_raster(NINE * 100, NINE * 100, name="pga.tif")
    with pytest.raises(InputError, match="500 g at facility 'kg-1'"):
        run()
    assert not (folder / "hazards.parquet").exists()


def test_swapped_levels_stop_the_stage(run, write_raster):
    write_raster(NINE / 50, NINE / 100, name="pga.tif")
    with pytest.raises(InputError, match="layer 'quake', field '475, 2475'"):
        run()


def test_factors_may_be_a_raster_sampled_at_the_facility(
    folder, make_layer, write_raster, choices
):
    bands = [
        {"level": "a", "band": 1, "scenario": "ssp245", "horizon": "2041-2060"},
        {
            "level": "b",
            "band": 2,
            "scenario": "ssp245",
            "horizon": "2041-2060",
            "percentile": 90,
        },
    ]
    grid = make_layer(
        id="change",
        role="climate_factors",
        hazard="flood",
        process="pluvial_flood",
        intensity_measure=None,
        applies_to=["rain_rate"],
        unit="-",
        bands=bands,
    )
    path = write_raster(1 + NINE / 10, 1 + NINE / 5, name="change.tif")
    content = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    content["layers"][0] = entry(grid, "climate_factors", path)
    table = hazards_table(
        read_region(folder / "small.yaml"),
        choices,
        Manifest.model_validate(content),
        read_table("facilities", folder / "f.parquet"),
    )
    keys = {"layer_id": "rain", "scenario": "ssp245"}
    assert only(table, tmf_id="kg-1", percentile=50, **keys)[
        "intensity"
    ] == pytest.approx(75)
    assert only(table, tmf_id="kg-1", percentile=90, **keys)[
        "intensity"
    ] == pytest.approx(100)
    itself = only(table, tmf_id="kg-1", layer_id="change", percentile=90)
    assert (itself["intensity"], itself["place"]) == (pytest.approx(2), "circle")
    outside = table[(table["tmf_id"] == "kg-2") & (table["layer_id"] == "change")]
    assert outside["intensity"].isna().all()


def test_a_layer_with_its_own_scenario_is_not_multiplied(
    folder, make_layer, write_raster, choices
):
    bands = [
        {"level": "p001", "band": 1},
        {"level": "p001", "band": 2, "scenario": "ssp245", "horizon": "2041-2060"},
    ]
    rain = make_layer(
        id="rain",
        hazard="flood",
        process="pluvial_flood",
        intensity_measure="rain_rate",
        unit="mm/h",
        bands=bands,
    )
    path = write_raster(NINE * 10, NINE * 13, name="rain.tif")
    content = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    content["layers"][3] = entry(rain, "hazards", path)
    table = hazards_table(
        read_region(folder / "small.yaml"),
        choices,
        Manifest.model_validate(content),
        read_table("facilities", folder / "f.parquet"),
    )
    keys = {"tmf_id": "kg-1", "layer_id": "rain", "scenario": "ssp245"}
    assert only(table, **keys)["intensity"] == pytest.approx(65)


def test_facilities_without_any_position_still_have_their_rows(
    folder, choices, project
):
    table = hazards_table(
        read_region(folder / "small.yaml"),
        read_methods(project / "configs" / "methods.yaml").hazards,
        Manifest.model_validate(
            json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        ),
        table_of("facilities", [facility("kg-3")]),
    )
    assert len(table) == 16
    values = table[table["layer_id"] != "change"]["intensity_status"]
    assert isinstance(table, pd.DataFrame)
    assert set(values) == {"not_provided"}


def test_a_study_needs_no_position(folder, make_layer, choices):
    path = folder / "study.csv"
    path.write_text("tmf_id,475\nkg-3,0.31\n", encoding="utf-8")
    bands = [{"level": "475", "return_period_yr": 475}]
    study = make_layer(id="study", kind="table", crs=None, bands=bands)
    content = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    content["layers"].append(entry(study, "hazards", path))
    table = hazards_table(
        read_region(folder / "small.yaml"),
        choices,
        Manifest.model_validate(content),
        read_table("facilities", folder / "f.parquet"),
    )
    keys = {"layer_id": "study", "scenario": "historical"}
    row = only(table, tmf_id="kg-3", **keys)
    assert (row["intensity"], row["intensity_status"]) == (0.31, "measured")
    assert pd.isna(row["note"])
    assert only(table, tmf_id="kg-1", **keys)["note"] == "no_value_in_study"


@pytest.mark.parametrize("has_baseline", [True, False])
def test_factors_from_cells_that_stand_for_no_data_stop_the_stage(
    folder, make_layer, write_raster, choices, has_baseline
):
    flood = {"hazard": "flood", "process": "pluvial_flood"}
    case = {"scenario": "ssp245", "horizon": "2041-2060"}
    change = {"baseline": "now"} if has_baseline else {"factor_kind": "difference"}
    then = make_layer(
        id="change",
        role="climate_factors",
        applies_to=["rain_rate"],
        intensity_measure=None,
        unit="units",
        bands=[{"level": "a", **case}],
        change=change,
        **flood,
    )
    now = make_layer(id="now", role="other", unit="units", bands=[], **flood)
    empty = np.full((3, 3), -9999.0)
    content = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    content["layers"][0] = entry(
        then, "climate_factors", write_raster(empty, name="then.tif")
    )
    path = write_raster(empty, name="now.tif")
    content["layers"].append(entry(now, "climate_baselines", path))
    with pytest.raises(InputError, match="declare -9999 as 'nodata'"):
        hazards_table(
            read_region(folder / "small.yaml"),
            choices,
            Manifest.model_validate(content),
            read_table("facilities", folder / "f.parquet"),
        )


def test_a_future_from_another_base_period_says_so(run, folder):
    path = folder / "manifest.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    change, rain = content["layers"][0]["layer"], content["layers"][3]["layer"]
    change["change"]["base_period"], rain["period"] = "1995-2014", "1960-1990"
    path.write_text(json.dumps(content), encoding="utf-8")
    table = run()
    keys = {"tmf_id": "kg-1", "layer_id": "rain"}
    future = only(table, scenario="ssp245", percentile=50, **keys)
    said = "other_base_period|period=1960-1990|base_period=1995-2014"
    assert said in future["note"].split(";")
    assert pd.isna(only(table, horizon="present", **keys)["note"])
