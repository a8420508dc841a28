"""The stage as a command: manifest, gaps, wrong files, downloads."""

from __future__ import annotations

import hashlib
import json
import logging

import pytest

from pipeline.cli import main
from pipeline.core.files import sha256
from pipeline.core.layers import LayerState, read_manifest


@pytest.fixture
def retrieve(tmp_path, monkeypatch):
    """Function that runs the command and returns exit code and manifest path."""
    monkeypatch.delenv("NATECH_DATA_ROOT", raising=False)
    out = tmp_path / "out" / "manifest.json"

    def run(region, *options):
        words = ["retrieve", "--region", str(region), "--out", str(out)]
        return main([*words, "--cache", str(tmp_path / "cache"), *options]), out

    return run


@pytest.fixture
def one_layer(region_file, registry_file):
    """Function that writes a region with one relief layer."""

    def write(**row):
        registry_file([{"id": "dem", "file": "dem.tif"} | row])
        return region_file(layers={"relief": "dem"}, registries=["registry.yaml"])

    return write


def test_a_shipped_layer_is_available_and_found_again(
    retrieve, one_layer, write_raster
):
    region = one_layer()
    file = write_raster(region.parent / "layers" / "dem.tif")
    code, out = retrieve(region)
    item = read_manifest(out).by_id()["dem"]
    assert code == 0
    assert item.state is LayerState.AVAILABLE
    assert (item.origin, item.uses, item.verified) == ("shipped", ("relief",), False)
    assert item.path == file
    assert item.sha256 == sha256(file)
    assert "nothing vouches" in item.reason


def test_a_registered_checksum_makes_a_layer_verified(
    retrieve, one_layer, write_raster, tmp_path
):
    made = write_raster(tmp_path / "dem.tif")
    region = one_layer(sha256=sha256(made))
    write_raster(region.parent / "layers" / "dem.tif")
    _, out = retrieve(region)
    assert read_manifest(out).by_id()["dem"].verified


def test_the_same_layers_give_the_same_bytes(retrieve, one_layer, write_raster):
    region = one_layer()
    write_raster(region.parent / "layers" / "dem.tif")
    _, out = retrieve(region)
    names = ("manifest.json", "manifest.json.prov.json")
    first = [(out.parent / name).read_bytes() for name in names]
    retrieve(region)
    assert [(out.parent / name).read_bytes() for name in names] == first


def test_an_absent_layer_is_a_gap_with_a_reason_and_a_warning(
    retrieve, one_layer, caplog
):
    with caplog.at_level(logging.WARNING):
        code, out = retrieve(one_layer())
    item = read_manifest(out).by_id()["dem"]
    assert code == 0
    assert item.state is LayerState.MISSING
    assert item.path is None
    assert "names no download" in item.reason


@pytest.mark.parametrize("changes", [{"crs": None}, {"nodata": -1}])
def test_a_wrong_file_stops_and_nothing_is_written(
    retrieve, one_layer, write_raster, changes, capfd
):
    region = one_layer()
    write_raster(region.parent / "layers" / "dem.tif", **changes)
    code, out = retrieve(region)
    assert code == 2
    assert not out.parent.exists()
    said = capfd.readouterr().err
    assert "To mend" in said
    assert "Traceback" not in said


def test_an_old_manifest_survives_a_failing_run(retrieve, one_layer, write_raster):
    region = one_layer()
    file = write_raster(region.parent / "layers" / "dem.tif")
    _, out = retrieve(region)
    before = out.read_bytes()
    file.write_bytes(file.read_bytes()[:300])
    assert retrieve(region)[0] == 2
    assert out.read_bytes() == before


def test_a_file_with_another_checksum_than_registered_stops(
    retrieve, one_layer, write_raster, capfd
):
    region = one_layer(sha256="0" * 64)
    write_raster(region.parent / "layers" / "dem.tif")
    assert retrieve(region)[0] == 2
    assert "expected 0000" in capfd.readouterr().err


def test_a_registered_download_is_fetched_once(
    retrieve, one_layer, write_raster, site, tmp_path
):
    body = write_raster(tmp_path / "made.tif").read_bytes()
    digest = hashlib.sha256(body).hexdigest()
    source = {"address": site.put("/dem.tif", body), "sha256": digest}
    region = one_layer(source=source)
    code, out = retrieve(region)
    item = read_manifest(out).by_id()["dem"]
    assert (code, item.origin, item.verified) == (0, "cache", True)
    retrieve(region)
    assert len(site.seen) == 1


def test_offline_never_asks_the_network(
    retrieve, one_layer, write_raster, site, tmp_path
):
    body = write_raster(tmp_path / "made.tif").read_bytes()
    digest = hashlib.sha256(body).hexdigest()
    source = {"address": site.put("/dem.tif", body), "sha256": digest}
    code, out = retrieve(one_layer(source=source), "--offline")
    item = read_manifest(out).by_id()["dem"]
    assert (code, item.state) == (0, LayerState.MISSING)
    assert "without --offline" in item.reason
    assert site.seen == []


def test_a_download_without_checksum_waits_for_permission(
    retrieve, one_layer, write_raster, site, tmp_path
):
    body = write_raster(tmp_path / "made.tif").read_bytes()
    region = one_layer(source={"address": site.put("/dem.tif", body)})
    _, out = retrieve(region)
    item = read_manifest(out).by_id()["dem"]
    assert item.state is LayerState.MISSING
    assert "--accept-unverified" in item.reason
    assert site.seen == []
    _, out = retrieve(region, "--accept-unverified")
    item = read_manifest(out).by_id()["dem"]
    assert (item.state, item.verified) == (LayerState.AVAILABLE, False)
    assert item.sha256 == hashlib.sha256(body).hexdigest()


def test_a_failing_download_stops(retrieve, one_layer, site, capfd):
    source = {"address": site.address + "/gone.tif", "sha256": "0" * 64}
    code, out = retrieve(one_layer(source=source))
    assert code == 2
    assert "404" in capfd.readouterr().err
    assert not out.exists()


def test_a_data_root_serves_what_does_not_ship(
    retrieve, one_layer, write_raster, tmp_path
):
    root = tmp_path / "данные"
    write_raster(root / "deep" / "dem.tif")
    code, out = retrieve(one_layer(file="deep/dem.tif"), "--data-root", str(root))
    assert (code, read_manifest(out).by_id()["dem"].origin) == (0, "data_root")


def test_the_shipped_region_is_complete_and_portable(retrieve, project):
    code, out = retrieve(
        project / "configs" / "regions" / "syr-darya.yaml", "--offline"
    )
    stored = json.loads(out.read_text(encoding="utf-8"))["layers"]
    assert code == 0
    assert {item["state"] for item in stored} == {"available"}
    assert all(item["verified"] for item in stored)
    files = [item for item in stored if item["layer"]["kind"] != "derived"]
    assert {item["path"].split("/")[0] for item in files} == {"layers"}
    for item in read_manifest(out).layers:
        assert item.layer.kind == "derived" or item.path.is_file()
