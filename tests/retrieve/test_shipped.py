"""Scripts beside the shipped layers: change factors and checksums."""

from __future__ import annotations

import csv
import hashlib
import importlib.util

import pandas as pd
import pytest


@pytest.fixture(scope="module")
def load_script(project):
    """Function that imports a script of the layers folder."""

    def load(name):
        path = project / "layers" / name
        spec = importlib.util.spec_from_file_location(path.stem, path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return load


@pytest.fixture(scope="module")
def recipe(load_script):
    return load_script("syr-darya/recipes/climate/climate_factors.py")


def test_the_recipe_gives_the_shipped_change_factors(recipe, project):
    for quantity in recipe.QUANTITIES:
        shipped = project / "layers" / "syr-darya" / quantity.file
        assert recipe.csv_text(quantity).encode("utf-8") == shipped.read_bytes()


def test_other_rates_per_kelvin_by_hand(recipe):
    assert recipe.CDD.factor(2.0) == pytest.approx(1.0558)
    assert recipe.PRCPTOT.factor(2.0) == pytest.approx(1.099)
    assert recipe.TEMPERATURE.factor(2.0) == pytest.approx(2.6)


def test_two_kelvin_give_the_factor_of_the_methodology(recipe):
    # methodology section 5: 1 + 0.0579 x 2 K = 1.1158
    assert pytest.approx(1.1158) == 1 + recipe.RATE_PER_K * 2


def test_more_warming_never_gives_a_smaller_factor(recipe):
    rows = list(csv.DictReader(recipe.csv_text().splitlines()))
    rows.sort(key=lambda row: float(row["warming_k"]))
    factors = [float(row["factor"]) for row in rows]
    assert factors == sorted(factors)
    assert all(factor > 1 for factor in factors)


def test_models_are_read_between_the_levels_that_they_reach(recipe):
    levels = pd.DataFrame(
        {
            "model": ["a", "a", "b"],
            "exp": "ssp245",
            "warming_level": [1.0, 2.0, 1.0],
            "start_year": [2000, 2040, 2000],
            "end_year": [2019, 2059, 2019],
        }
    )
    low, high = recipe.model_warming_k(levels, "ssp245", 2029.5)
    # a: half way from 2009.5 to 2049.5; b: over 1 K, never 2 K
    assert low.tolist() == [1.0, 1.5]
    assert high.tolist() == [1.5, 2.0]


@pytest.mark.real_data
def test_the_warming_used_lies_among_that_of_the_climate_models(recipe, shared_data):
    path = shared_data / "climate" / "cmip6_warming_levels_1850_1900.csv"
    levels = pd.read_csv(path, comment="#", skipinitialspace=True)
    for scenario, horizons in recipe.AR6_TABLE_SPM_1.items():
        for horizon, (_, best_k, _) in zip(recipe.HORIZONS, horizons, strict=True):
            first, last = map(int, horizon.split("-"))
            low, high = recipe.model_warming_k(levels, scenario, (first + last) / 2)
            # the assessed warming is on the cool side of the models, but among them
            assert low[len(low) // 20] <= best_k <= high[len(high) * 3 // 4]


def test_checksums_are_refreshed_and_nothing_else(load_script, tmp_path):
    script = load_script("refresh_checksums.py")
    (tmp_path / "chu").mkdir()
    (tmp_path / "chu" / "a.tif").write_bytes(b"new")
    old, other = "0" * 64, "1" * 64
    text = (
        "# head\nlayers:\n"
        f"  - id: chu-a\n    file: a.tif\n    sha256: {old}\n"
        f"  - id: chu-b\n    file: a.tif\n    sha256: {old}\n    # end\n"
        f"  - id: far-a\n    file: a.tif\n    sha256: {other}\n"
    )
    found, changed = script.refreshed(text, tmp_path)
    new = hashlib.sha256(b"new").hexdigest()
    assert changed == ["chu-a", "chu-b"]
    assert found == text.replace(old, new)
    assert script.refreshed(found, tmp_path) == (found, [])
