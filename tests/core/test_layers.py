"""The layer registry, its rows, and the manifest of local files."""

from __future__ import annotations

import json
from collections import Counter

import pytest
import yaml

from pipeline.core.command import project_root
from pipeline.core.errors import InputError
from pipeline.core.files import sha256, write_json
from pipeline.core.layers import (
    Layer,
    LayerRole,
    LayerState,
    LocalLayer,
    Manifest,
    portable_path,
    read_manifest,
    read_registry,
)
from pipeline.core.model import PROCESSES, Hazard

ROW = {
    "id": "a-layer",
    "title": {"en": "A", "ru": "А"},
    "role": "relief",
    "kind": "raster",
    "file": "a.tif",
    "unit": "m",
    "crs": "EPSG:4326",
    "nodata": -9999,
    "resolution": "1 km",
    "licence": {"name": "CC0-1.0"},
    "citation": "A test.",
    "version": "1",
}
PGA = ROW | {
    "role": "hazard",
    "hazard": "earthquake",
    "process": "ground_motion",
    "intensity_measure": "PGA",
    "bands": [{"level": "475", "return_period_yr": 475}],
}


@pytest.fixture
def registry(tmp_path):
    """Function that writes rows to a registry and reads it."""

    def read(*rows):
        path = tmp_path / "registry.yaml"
        text = yaml.safe_dump({"layers": list(rows)}, allow_unicode=True)
        path.write_text(text, encoding="utf-8")
        return read_registry(path)

    return read


@pytest.fixture(scope="module")
def shipped(project):
    return read_registry(project / "layers" / "registry.yaml").layers


def test_a_row_is_read(registry):
    assert registry(ROW).by_id()["a-layer"].nodata == -9999
    assert registry(ROW | {"nodata": "nan"}).layers[0].nodata == "nan"


def test_an_id_that_repeats_is_refused(registry):
    with pytest.raises(InputError, match="'a-layer': found the id twice"):
        registry(ROW, ROW)


@pytest.mark.parametrize(
    ("kind", "columns", "told"),
    [
        ("raster", [], "two levels that read band 1"),
        ("table", ["tmf_id", "pga_475", "pga_975"], "two levels that read pga_475"),
    ],
)
def test_levels_without_a_band_of_their_own_are_refused(registry, kind, columns, told):
    row = PGA | {"kind": kind, "columns": columns}
    bands = [
        {"level": "475", "return_period_yr": 475},
        {"level": "975", "return_period_yr": 975},
    ]
    with pytest.raises(InputError, match=told):
        registry(row | {"bands": bands})
    bands[1]["band"] = 2
    assert len(registry(row | {"bands": bands}).layers[0].bands) == 2


def test_levels_named_as_columns_need_no_numbers(registry):
    row = PGA | {"kind": "table", "columns": ["tmf_id", "475", "975"]}
    bands = [{"level": "475"}, {"level": "975"}]
    assert len(registry(row | {"bands": bands}).layers[0].bands) == 2


def test_return_periods_must_increase_within_a_scenario(registry):
    bands = [
        {"level": "975", "return_period_yr": 975},
        {"level": "475", "return_period_yr": 475, "band": 2},
    ]
    with pytest.raises(InputError, match=r"return periods \[975.0, 475.0\]"):
        registry(PGA | {"bands": bands})
    bands[1]["scenario"] = "ssp585"
    assert len(registry(PGA | {"bands": bands}).layers[0].bands) == 2


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"file": "../a.tif"}, "must not lead out of its folder"),
        ({"file": "/etc/a.tif"}, "String should match pattern"),
        ({"file": "C:\\a.tif"}, "String should match pattern"),
        (
            {"hazard": "earthquake", "process": "fluvial_flood"},
            "expected ground_motion",
        ),
        ({"role": "hazard"}, "needs hazard, intensity_measure and bands"),
        ({"role": "climate_factors"}, "needs applies_to"),
        ({"crs": None}, "needs a crs"),
        ({"hazard": "volcano"}, "layers.0.hazard"),
        ({"sha256": "abc"}, "layers.0.sha256"),
        ({"source": {"address": "file:///etc/passwd"}}, "must start with https://"),
        ({"source": {"address": "https://a/{tile}"}}, "need each other"),
        ({"source": {"address": "https://a/x", "tiles": ["n"]}}, "need each other"),
        (
            {"source": {"address": "https://a/{level}", "sha256": "0" * 64}},
            "no single sha256",
        ),
        (
            {"source": {"address": "https://a/x", "columns": {"a": "B"}}},
            "needs a vector layer in a .gpkg file",
        ),
        ({"lisence": {"name": "x"}}, "did you mean 'licence'"),
    ],
)
def test_a_wrong_row_is_told(registry, changes, told):
    with pytest.raises(InputError) as caught:
        registry(ROW | changes)
    assert told in str(caught.value)


def test_processes_are_listed_for_every_hazard():
    assert set(PROCESSES) == set(Hazard)


def test_every_shipped_row_says_who_made_it_and_on_which_terms(shipped):
    for layer in shipped:
        assert layer.licence.name, layer.id
        assert len(layer.citation) > 20, layer.id
        assert layer.version, layer.id
        assert layer.title.en != layer.title.ru, layer.id
        assert any("а" <= letter <= "я" for letter in layer.title.ru), layer.id


def test_a_download_without_checksum_says_what_was_not_verified(shipped):
    for layer in shipped:
        if layer.source is not None and layer.source.sha256 is None:
            assert layer.not_verified, layer.id


def test_stand_ins_are_marked_and_explained(shipped):
    stand_ins = [layer for layer in shipped if layer.demonstration]
    assert "syr-darya-pga-rock" in [layer.id for layer in stand_ins]
    for layer in stand_ins:
        assert layer.caveat is not None, layer.id
        assert layer.confidence.is_provisional, layer.id


def test_the_sources_that_an_analyst_wants_are_registered(shipped):
    rows = {layer.id: layer for layer in shipped}
    for wanted in (
        "gem-gshm-pga-475",
        "jrc-flood-depth-central-asia",
        "nasa-landslide-susceptibility",
        "copernicus-dem-glo30-syr-darya",
        "hydrorivers-asia",
        "hydrobasins-asia-level-06",
        "worldpop-2020-1km",
        "natural-earth-countries",
        "cckp-cmip6-rx1day-ssp245-2040",
    ):
        assert rows[wanted].source is not None
    flood = rows["jrc-flood-depth-central-asia"]
    assert [band.return_period_yr for band in flood.bands] == [
        *(10, 20, 50, 75, 100, 200, 500)
    ]


def test_shipped_files_are_those_of_the_registry(shipped, project):
    folder = project / "layers" / "syr-darya"
    rows = [x for x in shipped if x.id.startswith("syr-darya-") and x.file]
    for layer in rows:
        assert sha256(folder / layer.file) == layer.sha256, layer.id
    registered = {layer.file for layer in rows}
    there = {p.name for p in folder.iterdir() if p.is_file() and p.suffix != ".md"}
    assert there == registered


def test_the_licences_name_every_shipped_file(project):
    folder = project / "layers" / "syr-darya"
    text = (folder / "LICENCES.md").read_text(encoding="utf-8")
    for path in folder.iterdir():
        if path.is_file() and path.suffix != ".md":
            assert path.name in text


def test_what_ships_stays_small(project):
    folder = project / "layers" / "syr-darya"
    size = sum(
        path.stat().st_size
        for path in folder.rglob("*")
        if path.is_file() and not {".mypy_cache", "__pycache__"} & set(path.parts)
    )
    assert size < 15e6


def test_change_factors_follow_their_formula(project, shipped):
    import csv

    row = next(layer for layer in shipped if layer.role is LayerRole.CLIMATE_FACTORS)
    path = project / "layers" / "syr-darya" / row.file
    with path.open(encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle))
    assert Counter(r["percentile"] for r in rows) == {"5": 8, "50": 8, "95": 8}
    for r in rows:
        expected = 1 + 0.0579 * float(r["warming_k"])
        assert float(r["factor"]) == pytest.approx(expected, abs=5e-5)
    # SSP5-8.5, 2081-2100: 4.4 K above 1850-1900, 0.85 K of it before 2014
    chosen = [
        r["warming_k"]
        for r in rows
        if (r["scenario"], r["horizon"]) == ("ssp585", "2081-2100")
    ]
    assert chosen == ["2.45", "3.55", "4.85"]


def local(layer_id, **changes):
    layer = Layer.model_validate(ROW | {"id": layer_id})
    return LocalLayer(
        layer=layer, state=LayerState.MISSING, reason="Not here.", **changes
    )


def test_a_manifest_comes_back_as_it_went(tmp_path):
    path = tmp_path / "manifest.json"
    manifest = Manifest(
        region="here",
        layers=(
            local("a", uses=("relief",)),
            local("b", uses=("population", "relief")),
        ),
    )
    write_json(path, manifest.model_dump(mode="json"))
    assert read_manifest(path) == manifest


def test_layers_are_found_by_their_use(tmp_path):
    there = local("b", uses=("relief",)).model_copy(
        update={"state": LayerState.AVAILABLE, "path": tmp_path}
    )
    manifest = Manifest(region="here", layers=(local("a", uses=("relief",)), there))
    assert [x.layer.id for x in manifest.used_as("relief")] == ["a", "b"]
    assert [x.layer.id for x in manifest.available("relief")] == ["b"]
    assert manifest.used_as("rivers") == ()


def test_files_of_the_checkout_are_stored_relative_and_read_absolute(tmp_path):
    file = project_root() / "layers" / "registry.yaml"
    assert portable_path(file).as_posix() == "layers/registry.yaml"
    assert portable_path(tmp_path / "a") == (tmp_path / "a").resolve()
    path = tmp_path / "manifest.json"
    item = local("a").model_copy(update={"path": portable_path(file)})
    write_json(path, Manifest(region="x", layers=(item,)).model_dump(mode="json"))
    assert json.loads(path.read_text())["layers"][0]["path"] == "layers/registry.yaml"
    assert read_manifest(path).layers[0].path == file


def test_a_layer_that_has_gone_since_is_told(tmp_path):
    path = tmp_path / "manifest.json"
    item = local("a").model_copy(update={"path": tmp_path / "gone.tif"})
    write_json(path, Manifest(region="x", layers=(item,)).model_dump(mode="json"))
    with pytest.raises(InputError, match=r"gone\.tif, where there is no file"):
        read_manifest(path)


@pytest.mark.parametrize(
    ("text", "told"),
    [(None, "found no file"), ("{", "no valid JSON"), ("{}", "'region' is missing")],
)
def test_a_broken_manifest_is_told(tmp_path, text, told):
    path = tmp_path / "manifest.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(InputError, match=told):
        read_manifest(path)
