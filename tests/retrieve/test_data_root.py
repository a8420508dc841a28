"""Registry rows of layers that do not ship, against the real files."""

from __future__ import annotations

import json
import os

import pandas as pd
import pytest

from pipeline.cli import main
from pipeline.core.config import read_region
from pipeline.retrieve.lookup import (
    OPTIONAL_USES,
    read_registries,
    registry_paths,
    wanted_layers,
)

pytestmark = pytest.mark.real_data
MUST_NOT_SAY = "return_period_yr"


@pytest.fixture(scope="module")
def syr_darya(project):
    return project / "configs" / "regions" / "syr-darya.yaml"


@pytest.fixture(scope="module")
def found(syr_darya, shared_data, tmp_path_factory):
    """Manifest of the region with the data root, and its table of hazards."""
    folder = tmp_path_factory.mktemp("syr-darya")
    os.environ.pop("NATECH_DATA_ROOT", None)
    region = ["--region", str(syr_darya)]
    out = {name: str(folder / f"{name}.parquet") for name in "fvlzphc"}
    manifest = str(folder / "manifest.json")
    root = ["--offline", "--data-root", str(shared_data), "--cache", str(folder)]
    assert main(["retrieve", *region, *root, "--out", manifest]) == 0
    tables = {"facilities": "f", "values": "v", "ledger": "l", "zones": "z"}
    tables["components"] = "p"
    options = [x for t, key in tables.items() for x in (f"--out-{t}", out[key])]
    assert main(["inventory", *region, *options]) == 0
    options = ["--facilities", out["f"], "--layers", manifest]
    options += ["--zones", out["z"], "--out", out["h"], "--out-changes", out["c"]]
    assert main(["hazards", *region, *options]) == 0
    layers = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    by_id = {item["layer"]["id"]: item for item in layers["layers"]}
    return by_id, pd.read_parquet(out["h"]), pd.read_parquet(out["f"])


def test_every_optional_file_is_found_and_its_checksum_agrees(found, syr_darya):
    by_id, _, _ = found
    region = read_region(syr_darya)
    wanted = wanted_layers(region, read_registries(registry_paths(region)))
    files = [
        layer.id
        for layer, uses in wanted.values()
        if set(uses) <= set(OPTIONAL_USES) and layer.file
    ]
    assert len(files) >= 15
    for layer_id in files:
        assert by_id[layer_id]["origin"] == "data_root", layer_id
        assert by_id[layer_id]["verified"], layer_id
        assert set(by_id[layer_id]["uses"]) <= {"hazards", "climate_factors"}


def values(found, layer_id, scenario="historical"):
    _, table, _ = found
    rows = table[(table["layer_id"] == layer_id) & (table["scenario"] == scenario)]
    return rows.set_index("tmf_id")


@pytest.mark.parametrize(
    ("layer_id", "countries"),
    [
        ("kgz-active-fires-10km", {"KG"}),
        ("kgz-district-floods-mudflows", {"KG"}),
        ("kgz-mudflow-recurrence-2009", {"KG"}),
        ("tjk-district-mudflows", {"TJ"}),
        ("tjk-district-landslides", {"TJ"}),
        ("tjk-district-floods", {"TJ"}),
    ],
)
def test_a_layer_of_one_country_says_nothing_of_another(found, layer_id, countries):
    _, _, facilities = found
    rows = values(found, layer_id)
    country = facilities.set_index("tmf_id")["country"]
    covered = rows.index[rows["intensity"].notna()]
    assert len(covered) > 5
    assert set(country[covered]) == countries


def test_a_map_whose_order_is_unconfirmed_never_becomes_a_frequency(found):
    rows = values(found, "kgz-mudflow-recurrence-2009")
    assert rows[MUST_NOT_SAY].isna().all()
    assert rows["provisional"].all()
    assert set(rows["intensity"].dropna()) <= {1, 2, 3, 4, 5}


def test_the_mountains_are_cold_and_the_valley_is_hot(found):
    cold = values(found, "worldclim14-coldest-month-baseline")["intensity"]
    hot = values(found, "worldclim14-hottest-month-baseline")["intensity"]
    assert cold["kg-12"] < -25  # Kumtor, 4000 m
    assert 30 < hot["tj-02"] < 40  # Gafurov, Fergana valley
    later = values(found, "worldclim14-hottest-month-baseline", "rcp85")["intensity"]
    assert later.notna().sum() == hot.notna().sum()
    assert (later - hot).dropna().between(2, 6).all()


def test_wet_quarters_hold_at_least_three_dry_ones(found):
    wet = values(found, "worldclim14-wettest-quarter-baseline")["intensity"]
    dry = values(found, "worldclim14-driest-quarter-baseline")["intensity"]
    year = values(found, "worldclim14-annual-rain-baseline")["intensity"]
    month = values(found, "worldclim14-wettest-month-baseline")["intensity"]
    known = year.notna()
    assert (dry[known] <= wet[known]).all()
    assert (wet[known] <= year[known]).all()
    assert (month[known] * 3 >= wet[known] * 0.999).all()
