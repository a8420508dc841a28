"""Region files: what is accepted, and what is told about the rest."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.config import (
    Box,
    RegionLayers,
    json_schemas,
    read_methods,
    read_region,
)
from pipeline.core.errors import InputError

GOOD = {
    "region": "here",
    "title": {"en": "Here", "ru": "Здесь"},
    "bbox": {"west_deg": 69, "south_deg": 38, "east_deg": 75, "north_deg": 43},
    "metric_crs": "EPSG:32642",
    "countries": ["KG", "UZ"],
    "inventory": [{"path": "facilities.csv"}],
    "layers": {"rivers": "some-rivers", "hazards": ["a-pga", "a-flood"]},
}


@pytest.fixture
def region(tmp_path):
    """Function that writes a region's file and reads it."""

    def read(name="here", without=(), **changes):
        content = {k: v for k, v in GOOD.items() if k not in without} | changes
        path = tmp_path / f"{name}.yaml"
        path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
        return read_region(path)

    return read


def test_a_good_region_is_read(region):
    config = region().config
    assert config.bbox.bounds == (69, 38, 75, 43)
    assert config.languages == ("en", "ru")
    assert config.inventory[0].reader == "natech-csv"


def test_paths_are_relative_to_the_regions_file(region, tmp_path, project):
    found = region(layers_folder="own")
    assert found.layers_folder(project) == tmp_path / "own"
    assert found.resolve(found.config.inventory[0].path) == tmp_path / "facilities.csv"
    assert region().layers_folder(project) == project / "layers" / "here"


@pytest.mark.parametrize("key", sorted(GOOD))
def test_each_required_key_is_missed_by_name(region, key):
    with pytest.raises(InputError, match=f"key '{key}' is missing"):
        region(without=(key,))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"contries": ["KG"]}, "'contries' is unknown; did you mean 'countries'"),
        ({"countries": ["Kyrgyzstan"]}, "countries.0"),
        ({"countries": []}, "at least 1 item"),
        ({"metric_crs": "EPSG:4326"}, "must be projected, with unit metre"),
        ({"metric_crs": "EPSG:2263"}, "must be projected, with unit metre"),  # feet
        ({"metric_crs": "Gauss"}, "is not a known CRS"),
        ({"climate": [{"scenario": "rcp26", "horizon": "2050"}]}, "climate.0"),
        ({"layers": {"river": "x"}}, "did you mean 'rivers'"),
        ({"layers": {"rivers": "Some Rivers"}}, "layers.rivers"),
        ({"region": "there"}, "'here', the name of the file"),
        ({"region": "Here"}, "key 'region'"),
    ],
)
def test_a_wrong_key_is_told(region, changes, told):
    with pytest.raises(InputError) as caught:
        region(**changes)
    assert told in str(caught.value)
    assert "here.yaml" in str(caught.value)


@pytest.mark.parametrize(
    ("side", "value", "told"),
    [
        ("west_deg", 76, "west_deg must be below east_deg"),
        ("north_deg", 38, "west_deg must be below east_deg"),
        ("north_deg", 91, "less than or equal to 90"),
        ("west_deg", -181, "greater than or equal to -180"),
        ("west_deg", "69E", "valid number"),
        ("west_deg", 6900000.0, "less than or equal to 180"),
    ],
)
def test_an_impossible_box_is_told(region, side, value, told):
    with pytest.raises(InputError, match=told):
        region(bbox=GOOD["bbox"] | {side: value})


@given(st.floats(-180, 180), st.floats(-90, 90))
def test_a_box_contains_what_lies_between_its_sides(lon, lat):
    box = Box(west_deg=-10, south_deg=-20, east_deg=30, north_deg=40)
    assert box.contains(lon, lat) == (-10 <= lon <= 30 and -20 <= lat <= 40)


def test_uses_leave_out_what_is_not_named():
    layers = RegionLayers(rivers="r", hazards=("a", "b"))
    assert layers.uses() == {"rivers": ("r",), "hazards": ("a", "b")}


def test_every_shipped_configuration_is_valid(project):
    read_methods(project / "configs" / "methods.yaml")
    shipped = sorted((project / "configs" / "regions").glob("*.yaml"))
    assert [read_region(path).config.region for path in shipped] == [
        path.stem for path in shipped
    ]
    assert "syr-darya" in [path.stem for path in shipped]


def test_every_key_has_a_description():
    for name, text in json_schemas().items():
        schema = yaml.safe_load(text)
        for part in [schema, *schema.get("$defs", {}).values()]:
            for key, value in part.get("properties", {}).items():
                assert "description" in value, f"{name}: {part['title']}.{key}"


def test_the_shipped_box_holds_the_facilities_of_the_basin(project):
    import csv

    found = read_region(project / "configs" / "regions" / "syr-darya.yaml")
    path = found.resolve(found.config.inventory[0].path)
    with path.open(encoding="utf-8") as handle:
        rows = [row for row in csv.DictReader(handle) if row["lon_deg"]]
    inside = [
        row
        for row in rows
        if found.config.bbox.contains(float(row["lon_deg"]), float(row["lat_deg"]))
    ]
    assert len(rows) >= 30
    assert inside == rows
