"""Where layers are looked for, and in which order."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import yaml

from pipeline.core.config import read_region
from pipeline.core.errors import InputError
from pipeline.retrieve.find import locate
from pipeline.retrieve.lookup import (
    Places,
    places_of,
    read_registries,
    wanted_layers,
    workflow_options,
)

BOX = (69.0, 38.0, 75.0, 43.0)


@pytest.fixture
def places(tmp_path):
    folders = [tmp_path / name for name in ("shipped", "one", "two", "cache")]
    for folder in folders:
        folder.mkdir()
    return Places(folders[0], (folders[1], folders[2]), folders[3])


def test_the_first_place_wins(places, make_layer):
    layer = make_layer(file="deep/a.tif")
    assert places.find(layer) is None
    order = [places.cache, places.data_roots[1], places.data_roots[0], places.shipped]
    for folder in order:
        (folder / "deep").mkdir()
        (folder / "deep" / "a.tif").write_text("x")
        assert places.find(layer)[0].parent.parent == folder


def test_each_place_has_its_name(places, make_layer):
    names = [origin for _, origin in places.candidates(make_layer())]
    assert names == ["shipped", "data_root", "data_root", "cache"]


def test_options_go_before_the_environment(region_file, tmp_path, monkeypatch):
    region = read_region(region_file())
    one, two, three = (tmp_path / name for name in ("one", "дв а", "three"))
    for folder in (one, two, three):
        folder.mkdir()
    monkeypatch.setenv("NATECH_DATA_ROOT", os.pathsep.join([str(two), str(three)]))
    monkeypatch.setenv("NATECH_CACHE", str(tmp_path / "c"))
    assert places_of(region, [], None).data_roots == (two, three)
    assert places_of(region, [], None).cache == tmp_path / "c"
    found = places_of(region, [one], tmp_path / "d")
    assert (found.data_roots, found.cache) == ((one,), tmp_path / "d")


def test_the_cache_of_the_user_is_the_default(region_file, monkeypatch):
    monkeypatch.delenv("NATECH_CACHE", raising=False)
    assert places_of(read_region(region_file()), [], None).cache.name == "natech"


def test_a_data_root_that_is_no_folder_is_named(region_file, tmp_path, monkeypatch):
    region = read_region(region_file())
    with pytest.raises(InputError, match=r"--data-root: found .*nowhere"):
        places_of(region, [tmp_path / "nowhere"], None)
    monkeypatch.setenv("NATECH_DATA_ROOT", str(tmp_path / "nowhere"))
    with pytest.raises(InputError, match="NATECH_DATA_ROOT: found"):
        places_of(region, [], None)


def test_an_unknown_layer_is_told_with_its_neighbour(region_file, registry_file):
    registry = read_registries([registry_file([{"id": "my-rivers", "role": "rivers"}])])
    region = read_region(region_file(layers={"rivers": "my-river"}))
    with pytest.raises(InputError, match=r"layers\.rivers.*my-river;.*'my-rivers'"):
        wanted_layers(region, registry)


def test_a_layer_cannot_serve_another_role(region_file, registry_file):
    registry = read_registries([registry_file([{"id": "dem", "role": "relief"}])])
    region = read_region(region_file(layers={"lakes": "dem"}))
    with pytest.raises(InputError, match="has the role 'relief'"):
        wanted_layers(region, registry)


def test_rivers_may_come_from_a_relief(region_file, registry_file):
    registry = read_registries([registry_file([{"id": "dem", "role": "relief"}])])
    region = read_region(region_file(layers={"rivers": "dem", "relief": "dem"}))
    assert wanted_layers(region, registry)["dem"][1] == ("rivers", "relief")


def test_wanted_layers_come_by_id_whatever_the_order_of_the_file(
    region_file, registry_file
):
    rows = [{"id": "z", "role": "relief"}, {"id": "a", "role": "population"}]
    registry = read_registries([registry_file(rows)])
    region = read_region(region_file(layers={"relief": "z", "population": "a"}))
    assert list(wanted_layers(region, registry)) == ["a", "z"]


def derived(key, source):
    return {
        "id": key,
        "role": "hazard",
        "kind": "derived",
        "file": "",
        "hazard": "earthquake",
        "intensity_measure": "PGA",
        "bands": [{"level": "475"}],
        "derivation": {"method": "any", "inputs": {"rock": source}},
    }


def test_what_a_derived_layer_is_computed_from_is_wanted_too(
    region_file, registry_file
):
    rows = [derived("top", "middle"), derived("middle", "low"), {"id": "low"}]
    registry = read_registries([registry_file(rows)])
    region = read_region(region_file(layers={"hazards": ["top"], "relief": "low"}))
    uses = {key: uses for key, (_, uses) in wanted_layers(region, registry).items()}
    assert uses == {
        "low": ("relief", "inputs"),
        "middle": ("inputs",),
        "top": ("hazards",),
    }


@pytest.mark.parametrize(
    ("source", "told"), [("top", "needs it itself"), ("gone", "no registry has")]
)
def test_a_derived_layer_needs_layers_that_are_there(
    region_file, registry_file, source, told
):
    rows = [derived("top", "middle"), derived("middle", source)]
    registry = read_registries([registry_file(rows)])
    region = read_region(region_file(layers={"hazards": ["top"]}))
    with pytest.raises(InputError, match=told):
        wanted_layers(region, registry)


def test_a_derived_layer_is_available_without_a_file(places, make_layer):
    layer = make_layer(**derived("top", "low"))
    assert places.find(layer) is None
    found = locate(
        layer, ("hazards",), places, BOX, may_download=False, accept_unverified=False
    )
    assert (found.state, found.path) == ("available", None)
    assert found.reason == "It is computed from low."


def test_an_id_in_two_registries_is_refused(registry_file, tmp_path):
    first = registry_file([{"id": "a", "role": "relief"}])
    second = tmp_path / "second.yaml"
    second.write_bytes(first.read_bytes())
    with pytest.raises(InputError, match=r"second\.yaml.*another registry"):
        read_registries([first, second])


def test_the_workflow_hands_over_what_its_settings_name():
    config = {"data_root": ["a b", "c"], "cache": "d", "offline": True}
    assert workflow_options(config, {}) == [
        *("--data-root", "a b", "--data-root", "c"),
        *("--cache", "d", "--offline"),
    ]
    environment = {"NATECH_DATA_ROOT": os.pathsep.join(["x", "y"])}
    assert workflow_options({}, environment)[1::2] == ["x", "y"]
    assert workflow_options({"offline": "false"}, {}) == []


def test_a_region_reads_nothing_of_its_neighbours(region_file, tmp_path):
    first = region_file(name="one", countries=["KG"])
    second = region_file(name="two", countries=["UZ"])
    assert read_region(first).config.countries == ("KG",)
    assert read_region(second).config.countries == ("UZ",)
    assert Path(yaml.safe_load(first.read_text())["inventory"][0]["path"]).name
