"""Maps of the climate cases by hand, from files to files."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import numpy as np
import pytest
import rasterio
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.cli import main
from pipeline.core.hazard_maps import read_hazard_maps
from pipeline.core.layers import Manifest
from pipeline.hazards.maps.changed import (
    PlaneChange,
    index_change,
    less_present,
    scores_of,
    weighted_index,
)
from tests.hazards.map_tools import scored
from tests.hazards.test_index_map import combined

NAN, NODATA = np.nan, -9999.0
REGION = """
region: small
title: {en: Small, ru: Малый}
bbox: {west_deg: 70, south_deg: 40, east_deg: 73, north_deg: 43}
metric_crs: EPSG:32642
countries: [KG]
inventory: [{path: facilities.csv}]
layers:
  hazards: [quake, rain, cold]
  climate_factors: [rain-change, warming, warming-later]
  climate_baselines: [cold-now]
maps: {cell_deg: 1CLIMATE}
climate:
  - {scenario: ssp245, horizon: 2041-2060}
  - {scenario: ssp585, horizon: 2041-2060}
  - {scenario: rcp85, horizon: 2041-2060, optional: true}
"""
QUAKE = [[0.24, 0.24, -99], [0.24, 0.24, 0.24], [0.24, 0.24, 0.24]]
RAIN = [[42.0, -99, 42.0], [22.0, 42.0, 42.0], [42.0, 42.0, 95.0]]
COLD = [[-2.0, -2.0, -2.0], [-2.0, -2.0, -2.0], [-8.0, 4.0, -2.0]]
SHIFT = [[2.0, 2.0, 2.0], [2.0, -99, 2.0], [2.0, 2.0, 2.0]]


@pytest.fixture
def folder(tmp_path, make_layer, write_raster):
    """Three layers of the index: one that no climate changes, one by a table, one by a
    grid of differences."""
    write_region(tmp_path)
    (tmp_path / "change.csv").write_text(
        "scenario,horizon,percentile,factor,source\n"
        "ssp585,2041-2060,10,1.1,made up\nssp585,2041-2060,50,1.5,made up\n"
    )
    warm = {"hazard": "extreme_temperature", "process": "extreme_cold"}
    flood = {"hazard": "flood", "process": "pluvial_flood"}
    factors = {"role": "climate_factors", "intensity_measure": None}
    case = {"scenario": "ssp585", "horizon": "2041-2060"}
    layers = {
        "quake": (make_layer(id="quake", nodata=-99), write_raster(QUAKE, nodata=-99)),
        "rain": (
            make_layer(
                id="rain", intensity_measure="rain_rate_001pct", unit="mm/h",
                bands=[{"level": "p"}], nodata=-99, **flood,
            ),
            write_raster(RAIN, name="rain.tif", nodata=-99),
        ),
        "cold": (
            make_layer(
                id="cold", intensity_measure="annual_mean_temperature", unit="degC",
                bands=[{"level": "mean"}], **warm,
            ),
            write_raster(COLD, name="cold.tif"),
        ),
        "rain-change": (
            make_layer(
                id="rain-change", kind="table", file="change.csv", crs=None, bands=[],
                unit="-", applies_to=["rain_rate_001pct"], demonstration=True,
                confidence="M-part", **factors, **flood,
            ),
            tmp_path / "change.csv",
        ),
        "warming": (
            make_layer(
                id="warming", unit="K", bands=[{"level": "mean", **case}], nodata=-99,
                applies_to=["annual_mean_temperature"], **factors, **warm,
                change={"factor_kind": "difference"},
            ),
            write_raster(SHIFT, name="shift.tif", nodata=-99),
        ),
    }  # fmt: skip
    write_manifest(tmp_path, layers)
    return tmp_path, layers


def write_region(folder, climate=""):
    text = REGION.replace("CLIMATE", climate)
    (folder / "small.yaml").write_text(text, encoding="utf-8")


def write_manifest(folder, layers):
    entries = [
        {
            "layer": layer.model_dump(mode="json"),
            "state": "missing" if path is None else "available",
            "path": None if path is None else str(path),
            "reason": "No file." if path is None else "Found.",
            "uses": [
                "climate_factors" if layer.role == "climate_factors" else "hazards"
            ],
        }
        for layer, path in layers.values()
    ]
    manifest = Manifest.model_validate({"region": "small", "layers": entries})
    (folder / "manifest.json").write_text(manifest.model_dump_json(), "utf-8")


def make(folder):
    code = main(
        [
            *("hazard-maps", "--region", str(folder / "small.yaml")),
            *("--layers", str(folder / "manifest.json"), "--out", str(folder / "maps")),
            *("--memory-mb", "8", "--threads", "2"),
        ]
    )
    return code, folder / "maps"


def read(path):
    with rasterio.open(path) as found:
        return found.read(masked=True).filled(np.nan), found.descriptions, found.tags()


def test_a_case_changes_layers_and_index_by_hand(folder):
    code, maps = make(folder[0])
    assert code == 0
    rain, names, tags = read(maps / "rain-ssp585-2041-2060.tif")
    expected = [[63, NAN, 63], [33, 63, 63], [63, 63, 142.5]]
    np.testing.assert_allclose(rain[0], expected)
    np.testing.assert_allclose(rain[1], np.array(expected) / 3, rtol=1e-6)
    assert names == (
        "rain_rate_001pct p ssp585 2041-2060",
        "change of rain_rate_001pct p ssp585 2041-2060",
    )
    assert (tags["factor"], tags["demonstration"]) == ("1.5", "yes")
    assert tags["confidence"] == "M-part"
    cold, _, _ = read(maps / "cold-ssp585-2041-2060.tif")
    np.testing.assert_array_equal(cold[0], [[0, 0, 0], [0, NAN, 0], [-6, 6, 0]])
    np.testing.assert_array_equal(cold[1], SHIFT_SEEN)
    index, names, tags = read(maps / "multi-hazard-index-ssp585-2041-2060.tif")
    assert names == ("index", "layers_speaking", "layers_missing", "change")
    # weights 1, 0.5 and 0.25; scores of 0.24 g 0.5, of 63 mm/h 0.75, of 0 degrees 0.5
    assert index[0, 0, 0] == pytest.approx((0.5 + 0.5 * 0.75 + 0.25 * 0.5) / 1.75)
    # 0.75 of -2 degrees became 0.5, 0.5 of 42 mm/h became 0.75
    assert index[3, 0, 0] == pytest.approx((0.5 * 0.25 - 0.25 * 0.25) / 1.75)
    # no rain here: shaking and cold alone
    assert index[0, 0, 1] == pytest.approx((0.5 + 0.25 * 0.5) / 1.25)
    assert index[1, 0, 1] == 2
    # 6 degrees are warmer than the warmest knot
    assert index[0, 2, 1] == pytest.approx((0.5 + 0.5 * 0.75 + 0) / 1.75)
    assert (tags["changed"], tags["unchanged"]) == ("rain, cold", "quake")
    assert tags["demonstration"] == "yes"


SHIFT_SEEN = [[2, 2, 2], [2, NAN, 2], [2, 2, 2]]


def test_where_a_factor_is_unknown_the_layer_is_missing_and_no_change_is_given(folder):
    _, maps = make(folder[0])
    index, _, _ = read(maps / "multi-hazard-index-ssp585-2041-2060.tif")
    assert index[1, 1, 1] == 2
    assert index[2, 1, 1] == 4  # the third layer, which speaks in the present
    assert index[0, 1, 1] == pytest.approx((0.5 + 0.5 * 0.75) / 1.5)
    assert np.isnan(index[3, 1, 1])
    assert np.isfinite(index[3]).sum() == 8 - np.isnan(index[0]).sum()


def test_the_record_says_what_changes_by_what_and_what_stays(folder):
    _, maps = make(folder[0])
    record = read_hazard_maps(maps)
    quiet, busy = record.cases  # the optional case, without factors, is left out
    assert (busy.scenario, busy.horizon) == ("ssp585", "2041-2060")
    told = [(one.layer_id, one.kind, one.factors, one.value) for one in busy.changed]
    assert told == [
        ("rain", "ratio", "rain-change", 1.5),
        ("cold", "difference", "warming", None),
    ]
    assert [(one.layer_id, one.note) for one in busy.kept] == [
        ("quake", "unchanged_by_climate")
    ]
    assert busy.demonstration
    assert busy.confidence == "M-part"
    index, _, _ = read(maps / busy.file)
    assert busy.least_change == pytest.approx(np.nanmin(index[3]))
    assert busy.largest_change == pytest.approx(np.nanmax(index[3]))
    assert record.index.confidence != "M-part"  # the present does not rest on factors
    provenance = json.loads((maps / f"{busy.file}.prov.json").read_text())
    assert provenance["notes"]["layers"].keys() >= {"rain-change", "warming", "quake"}
    assert (maps / busy.file).with_suffix(".qml").exists()
    assert quiet.file is None


def test_a_case_that_changes_nothing_has_no_map_and_says_why(folder):
    _, maps = make(folder[0])
    quiet = read_hazard_maps(maps).cases[0]
    assert quiet.scenario == "ssp245"
    assert (quiet.file, quiet.note, quiet.changed) == (None, "no_layer_changes", ())
    assert [(one.layer_id, one.note) for one in quiet.kept] == [
        ("quake", "unchanged_by_climate"),
        ("rain", "no_factor_for_case|layer=rain-change"),
        ("cold", "no_factor_for_case|layer=warming"),
    ]
    assert not list(maps.glob("*ssp245*"))


def test_the_maps_of_the_present_are_the_same_with_and_without_cases(folder):
    _, maps = make(folder[0])
    with_cases = (maps / "multi-hazard-index.tif").read_bytes()
    write_region(folder[0], ", climate: false")
    _, maps = make(folder[0])
    assert (maps / "multi-hazard-index.tif").read_bytes() == with_cases
    assert not list(maps.glob("*ssp585*"))
    record = read_hazard_maps(maps)
    assert [one.note for one in record.cases] == ["climate_maps_off"] * 2


def test_a_factor_file_that_is_not_there_is_named(folder):
    path, layers = folder
    write_manifest(path, layers | {"warming": (layers["warming"][0], None)})
    _, maps = make(path)
    busy = read_hazard_maps(maps).cases[1]
    assert [one.layer_id for one in busy.changed] == ["rain"]
    assert busy.kept[1].note == "factors_not_available|layer=warming|state=missing"
    index, _, _ = read(maps / busy.file)
    assert index[3, 0, 0] == pytest.approx(0.5 * 0.25 / 1.75)  # the cold stays


def test_grids_of_the_future_are_compared_with_their_baseline(folder, write_raster):
    path, layers = folder
    row = layers["rain"][0]
    then = [[30.0, 20.0, 20.0], [20.0, 0.0, 20.0], [20.0, 20.0, 900.0]]
    now = [[20.0, 20.0, -99], [10.0, 0.0, 20.0], [20.0, 20.0, 20.0]]
    common = row.model_dump(mode="json") | {"intensity_measure": "other"}
    changed = {
        "id": "rain-change",
        "role": "climate_factors",
        "bands": [{"level": "p", "scenario": "ssp585", "horizon": "2041-2060"}],
        "applies_to": ["rain_rate_001pct"],
        "change": {"baseline": "before"},
    }
    layers["rain-change"] = (
        type(row).model_validate(common | changed),
        write_raster(then, name="then.tif", nodata=-99),
    )
    layers["before"] = (
        type(row).model_validate(common | {"id": "before"}),
        write_raster(now, name="now.tif", nodata=-99),
    )
    write_manifest(path, layers)
    code, maps = make(path)
    assert code == 0
    rain, _, _ = read(maps / "rain-ssp585-2041-2060.tif")
    # times 1.5, 2 and 1; nothing where the present is zero, unknown, or 45-fold
    expected = [[63, NAN, NAN], [44, NAN, 42], [42, 42, NAN]]
    np.testing.assert_allclose(rain[0], expected)


def test_levels_of_the_layer_itself_go_before_factors(folder, write_raster):
    path, layers = folder
    row = layers["rain"][0]
    own = {"level": "then", "band": 2, "scenario": "ssp585", "horizon": "2041-2060"}
    future = np.where(np.array(RAIN) < 0, -99, 63.0)
    layers["rain"] = (
        type(row).model_validate(
            row.model_dump(mode="json") | {"bands": [{"level": "then"}, own]}
        ),
        write_raster(RAIN, future, name="two.tif", nodata=-99),
    )
    write_manifest(path, layers)
    code, maps = make(path)
    record = read_hazard_maps(maps)
    note = next(one.note for one in record.layers if one.layer_id == "rain")
    assert (code, note) == (0, None)
    rain = record.cases[1].changed[0]
    assert (rain.kind, rain.factors) == ("own", None)
    found, _, _ = read(maps / rain.file)
    expected = np.where(np.array(RAIN) < 0, np.nan, 63)
    np.testing.assert_array_equal(found[0], expected)


def test_a_grid_of_factors_that_cannot_be_stops_the_maps(folder, write_raster, capsys):
    path, _ = folder
    write_raster(np.full((3, 3), 40.0), name="shift.tif", nodata=-99)
    code, maps = make(path)
    assert code != 0
    assert "warming" in capsys.readouterr().err
    assert not maps.exists()


def planes(*values):
    return np.array(values, np.float32).reshape(len(values), 1, -1)


def test_a_change_keeps_no_data_and_adds_or_multiplies():
    now = planes([2, NODATA, 0])
    times = PlaneChange("ratio", (0,), value=1.5).changed(now)
    plus = PlaneChange("difference", (0,), value=1.5).changed(now)
    np.testing.assert_array_equal(times[0], [[3, NAN, 0]])
    np.testing.assert_array_equal(plus[0], [[3.5, NAN, 1.5]])


def test_a_difference_needs_both_maps():
    a, b = planes([3, NODATA, 1])[0], planes([1, 1, NODATA])[0]
    np.testing.assert_array_equal(less_present(a, b), [[2, NODATA, NODATA]])


def test_no_change_of_the_index_is_given_where_other_layers_speak():
    present, future = (
        planes([0.5, 0.5], [2, 2], [0, 0]),
        planes([0.7, 0.9], [2, 1], [0, 1]),
    )
    change = index_change(future, present)
    assert change[0, 0] == pytest.approx(0.2)
    assert change[0, 1] == NODATA


numbers = st.one_of(st.none(), st.floats(-2, 12, width=32))
SCALES = [
    scored([0, 2, 2, 5], [0.1, 0.3, 0.6, 1.0], weight=1.5, bit=0),
    scored([-1, 4], [1, 0], weight=0.5, bit=1),
    scored([0, 10], [0, 1], weight=1, bit=2),
]


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(numbers, numbers, numbers), min_size=1, max_size=9))
def test_the_index_of_a_case_is_made_as_that_of_the_present(cells):
    layers = [
        np.array([[NAN if c[k] is None else c[k] for c in cells]]) for k in range(3)
    ]
    theirs = combined(layers, SCALES, least_weight=0.5)
    ours = weighted_index(layers, SCALES, 0.5)
    index = np.where(ours[0] == NODATA, NAN, ours[0])
    np.testing.assert_allclose(index, theirs[0], atol=2e-7)
    np.testing.assert_array_equal(ours[1:], theirs[1:])


@pytest.mark.parametrize(
    ("value", "score"), [(-3, 0.1), (1, 0.2), (2, 0.6), (3.5, 0.8), (9, 1), (NAN, NAN)]
)
def test_scores_by_hand(value, score):
    found = scores_of(np.array([value], dtype=float), SCALES[0])
    np.testing.assert_allclose(found, [score])


def test_the_collection_lists_the_maps_of_the_cases_too(folder):
    _, maps = make(folder[0])
    found = json.loads((maps / "collection.json").read_text(encoding="utf-8"))
    listed = {asset["href"].removeprefix("./") for asset in found["assets"].values()}
    assert listed == {path.name for path in maps.glob("*.tif")}
    assert "rain-ssp585-2041-2060.tif" in listed
    asset = found["assets"]["rain-ssp585-2041-2060"]
    _, names, _ = read(maps / "rain-ssp585-2041-2060.tif")
    assert [band["name"] for band in asset["bands"]] == list(names)
    assert asset["title"].endswith("ssp585, 2041-2060")
    assert "Confidence: M-part. Demonstration" in asset["description"]


def test_dark_colours_are_the_bad_end_of_every_style(folder):
    _, maps = make(folder[0])
    ends = {}
    for path in maps.glob("*.qml"):
        items = ElementTree.parse(path).findall(".//item")
        ends[path.stem] = [items[0].get("color"), items[-1].get("color")]
    pale, dark = ends["quake"]
    assert sum(bytes.fromhex(pale[1:])) > sum(bytes.fromhex(dark[1:]))
    assert ends["rain"] == ends["multi-hazard-index"] == [pale, dark]
    assert ends["cold"] == ends["cold-ssp585-2041-2060"] == [dark, pale]
