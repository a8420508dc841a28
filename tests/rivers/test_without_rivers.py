"""A region without a river layer: everything downstream is unknown, and says so."""

from __future__ import annotations

import shutil

import pytest

from pipeline.cli import main
from pipeline.core.tables import read_table


@pytest.fixture(scope="module")
def tables(project, tmp_path_factory):
    """Tables of the toy region whose file names no rivers."""
    folder = tmp_path_factory.mktemp("dry")
    shutil.copytree(project / "tests" / "regions" / "toy", folder / "toy")
    region = folder / "toy" / "toy.yaml"
    text = region.read_text(encoding="utf-8").replace("  rivers: toy-rivers\n", "")
    region.write_text(text, encoding="utf-8")
    out = folder / "tables"
    common = ["--region", str(region)]
    inventory = [
        f"--out-{n}={out / f}.parquet"
        for n, f in (
            ("facilities", "facilities"),
            ("values", "facility_values"),
            ("ledger", "ledger"),
            ("zones", "zones"),
            ("components", "components"),
        )
    ]
    manifest = folder / "manifest.json"
    assert main(["inventory", *common, *inventory]) == 0
    assert main(["retrieve", *common, "--offline", "--out", str(manifest)]) == 0
    rivers = ["--facilities", str(out / "facilities.parquet"), "--out-dir", str(out)]
    assert main(["rivers", *common, "--layers", str(manifest), *rivers]) == 0
    return out


def test_every_facility_says_that_there_is_no_river_layer(tables):
    snaps = read_table("snaps", tables / "snaps.parquet")
    facilities = read_table("facilities", tables / "facilities.parquet")
    assert list(snaps["tmf_id"]) == list(facilities["tmf_id"])
    assert set(snaps["snap_status"]) == {"not_provided"}
    assert set(snaps["reason"]) == {"no_river_layer"}


def test_nothing_is_said_of_the_way_downstream(tables):
    for name in ("downstream", "crossings", "receptors", "exposure", "reaches"):
        assert len(read_table(name, tables / f"{name}.parquet")) == 0


def test_the_border_through_the_air_is_still_measured(tables):
    snaps = read_table("snaps", tables / "snaps.parquet").set_index("tmf_id")
    assert snaps.loc["toy-03", "distance_border_air_m"] == pytest.approx(4264, rel=0.01)
    assert snaps.loc["toy-04", "distance_border_air_m"] != 0
