"""Layers that are used where they are at hand, and passed over elsewhere."""

from __future__ import annotations

import json

import pytest

from pipeline.cli import main
from pipeline.retrieve.region_check import Weight, check_region

HAZARD = {
    "role": "hazard",
    "hazard": "flood",
    "process": "fluvial_flood",
    "intensity_measure": "wd",
    "bands": [{"level": "10", "band": 1, "return_period_yr": 10}],
}


@pytest.fixture
def region(region_file, registry_file, tmp_path, monkeypatch):
    """A region with one hazard that it needs and one that it would like."""
    monkeypatch.delenv("NATECH_DATA_ROOT", raising=False)
    monkeypatch.setenv("NATECH_CACHE", str(tmp_path / "cache"))
    registry_file(
        [
            {"id": "needed", "file": "needed.tif", **HAZARD},
            {"id": "liked", "file": "deep/liked.tif", **HAZARD},
        ]
    )
    layers = {"hazards": ["needed"], "optional_hazards": ["liked"]}
    return region_file(layers=layers, registries=["registry.yaml"])


def retrieved(region, *options):
    out = region.parent / "manifest.json"
    words = ["retrieve", "--region", str(region), "--offline", "--out", str(out)]
    assert main([*words, *options]) == 0
    content = json.loads(out.read_text(encoding="utf-8"))
    notes = json.loads(out.with_name(out.name + ".prov.json").read_text())["notes"]
    return {item["layer"]["id"]: item for item in content["layers"]}, notes


def test_an_optional_layer_that_is_not_here_leaves_no_trace_in_the_manifest(region):
    layers, notes = retrieved(region)
    assert list(layers) == ["needed"]
    assert layers["needed"]["state"] == "missing"
    assert notes["passed_over"] == ["liked"]


def test_an_optional_layer_in_a_data_root_is_used_like_any_other(
    region, write_raster, tmp_path
):
    write_raster(tmp_path / "root" / "deep" / "liked.tif")
    layers, notes = retrieved(region, "--data-root", str(tmp_path / "root"))
    assert layers["liked"]["uses"] == ["hazards"]
    assert layers["liked"]["state"] == "available"
    assert layers["liked"]["origin"] == "data_root"
    assert notes["passed_over"] == []


def test_a_broken_optional_layer_is_not_passed_over_in_silence(region, tmp_path, capfd):
    path = tmp_path / "root" / "deep" / "liked.tif"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"nonsense")
    words = ["retrieve", "--region", str(region), "--offline", "--out", "m.json"]
    assert main([*words, "--data-root", str(tmp_path / "root")]) == 2
    assert "liked.tif" in capfd.readouterr().err


def test_the_check_lists_what_would_serve_and_counts_it_as_no_gap(
    region, write_raster, tmp_path, capsys
):
    report = check_region(region)
    extras = [item for item in report.findings if item.weight is Weight.EXTRA]
    assert [item.subject for item in extras] == ["optional_hazards: liked"]
    assert "It would serve if it were there: Test." in extras[0].text
    assert main(["check-region", str(region)]) == 0
    without = capsys.readouterr().out
    write_raster(tmp_path / "root" / "deep" / "liked.tif")
    root = ["--data-root", str(tmp_path / "root")]
    assert main(["check-region", str(region), *root]) == 0
    with_it = capsys.readouterr().out
    assert "ok     optional_hazards: liked" in with_it
    assert without.splitlines()[-1] == with_it.splitlines()[-1]


def test_an_optional_layer_is_never_downloaded(
    region_file, registry_file, site, tmp_path, monkeypatch
):
    monkeypatch.setenv("NATECH_CACHE", str(tmp_path / "cache"))
    source = {"address": site.put("/liked.tif", b"x")}
    registry_file([{"id": "liked", "file": "liked.tif", "source": source, **HAZARD}])
    path = region_file(
        layers={"optional_hazards": ["liked"]}, registries=["registry.yaml"]
    )
    words = ["retrieve", "--region", str(path), "--accept-unverified", "--out"]
    assert main([*words, str(tmp_path / "m.json")]) == 0
    assert site.seen == []


def test_what_only_an_option_is_computed_from_is_never_downloaded(
    region_file, registry_file, site, tmp_path, monkeypatch
):
    monkeypatch.setenv("NATECH_CACHE", str(tmp_path / "cache"))
    source = {"address": site.put("/dem.tif", b"x")}
    derivation = {"method": "some", "inputs": {"relief": "dem"}}
    made = {"kind": "derived", "file": "", "crs": None, "derivation": derivation}
    registry_file(
        [
            {"id": "dem", "file": "dem.tif", "source": source},
            {"id": "made", **HAZARD, **made},
        ]
    )
    path = region_file(
        layers={"optional_hazards": ["made"]}, registries=["registry.yaml"]
    )
    words = ["retrieve", "--region", str(path), "--accept-unverified", "--out"]
    assert main([*words, str(tmp_path / "m.json")]) == 0
    assert site.seen == []


def test_an_optional_layer_must_have_the_role_of_its_key(
    region_file, registry_file, capfd
):
    registry_file([{"id": "dem", "file": "dem.tif"}])
    path = region_file(
        layers={"optional_hazards": ["dem"]}, registries=["registry.yaml"]
    )
    assert main(["check-region", str(path)]) == 2
    assert "a layer with the role 'hazard'" in capfd.readouterr().err


def test_a_layer_that_is_needed_as_well_is_no_option(
    region_file, registry_file, tmp_path, monkeypatch
):
    monkeypatch.setenv("NATECH_CACHE", str(tmp_path / "cache"))
    registry_file([{"id": "both", "file": "both.tif", **HAZARD}])
    layers = {"hazards": ["both"], "optional_hazards": ["both"]}
    path = region_file(layers=layers, registries=["registry.yaml"])
    found, notes = retrieved(path)
    assert found["both"]["uses"] == ["hazards"]
    assert notes["passed_over"] == []


def test_a_derived_option_needs_all_of_its_inputs(
    region_file, registry_file, write_raster, tmp_path, monkeypatch
):
    monkeypatch.setenv("NATECH_CACHE", str(tmp_path / "cache"))
    derived = {
        "id": "made",
        "kind": "derived",
        "file": "",
        "crs": None,
        "derivation": {"method": "some", "inputs": {"a": "one", "b": "two"}},
    }
    registry_file(
        [
            {**HAZARD, **derived},
            {"id": "one", "file": "one.tif", **HAZARD},
            {"id": "two", "file": "two.tif", **HAZARD},
        ]
    )
    path = region_file(
        layers={"optional_hazards": ["made"]}, registries=["registry.yaml"]
    )
    write_raster(path.parent / "layers" / "one.tif")
    found, notes = retrieved(path)
    assert found == {}
    assert notes["passed_over"] == ["made"]
    write_raster(path.parent / "layers" / "two.tif")
    found, notes = retrieved(path)
    assert sorted(found) == ["made", "one", "two"]
    assert found["made"]["uses"] == ["hazards"]
