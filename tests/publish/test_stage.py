from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import geopandas as gpd
import pytest
import yaml
from shapely.geometry import LineString, box

from pipeline.core.errors import InputError
from pipeline.publish.basemap import edges_between
from pipeline.publish.stage import run


def test_site_has_a_map_a_profile_per_row_and_data_files(site, small):
    assert (site / "index.html").is_file()
    profiles = sorted(path.stem for path in (site / "profiles").glob("*.html"))
    assert profiles == sorted(row["tmf_id"] for row in small.FACILITIES)
    assert (site / "data" / "small.gpkg").is_file()
    assert (site / "data" / "README.md").is_file()


def test_second_run_gives_the_same_bytes(site, small_region, tmp_path):
    run(small_region.arguments(tmp_path / "site"))
    again = tmp_path / "site"
    first = sorted(p.relative_to(site) for p in site.rglob("*") if p.is_file())
    second = sorted(p.relative_to(again) for p in again.rglob("*") if p.is_file())
    assert first == second
    for name in first:
        assert (site / name).read_bytes() == (again / name).read_bytes(), name


def test_provenance_names_every_table_and_no_folder_of_the_machine(site):
    text = (site / "index.html.prov.json").read_text(encoding="utf-8")
    names = {item["file"] for item in json.loads(text)["inputs"]}
    assert {"facilities.parquet", "measures.parquet", "manifest.json"} <= names
    assert str(site.parent) not in text


def test_map_over_its_budget_is_written_and_told(small_region, tmp_path, caplog):
    methods = yaml.safe_load(small_region.methods.read_text(encoding="utf-8"))
    methods["publish"]["map_budget_bytes"] = 1000
    tight = tmp_path / "methods.yaml"
    tight.write_text(yaml.safe_dump(methods), encoding="utf-8")
    run(small_region.arguments(tmp_path / "site", methods=tight))
    (told,) = [one for one in caplog.messages if "map_budget_bytes" in one]
    assert told.startswith("index.html has ")
    assert (tmp_path / "site" / "index.html").stat().st_size > 1000


def test_failed_run_leaves_the_old_site_as_it_was(small_region, tmp_path):
    out = tmp_path / "site"
    out.mkdir()
    (out / "index.html").write_text("old", encoding="utf-8")
    tables = tmp_path / "tables"
    shutil.copytree(small_region.tables, tables)
    (tables / "crossings.parquet").unlink()
    with pytest.raises(InputError, match=r"crossings\.parquet.*no file"):
        run(small_region.arguments(out, tables=tables))
    assert (out / "index.html").read_text(encoding="utf-8") == "old"


def test_language_without_catalogue_is_refused(small_region, tmp_path):
    region = yaml.safe_load(small_region.region.read_text(encoding="utf-8"))
    region["languages"] = ["en", "kk"]
    changed = tmp_path / "small.yaml"
    changed.write_text(yaml.safe_dump(region), encoding="utf-8")
    with pytest.raises(InputError, match=r"languages.*kk.*en, ru"):
        run(small_region.arguments(tmp_path / "site", region=changed))


def test_missing_base_layers_are_named_on_the_page(small_region, tmp_path):
    manifest = json.loads(small_region.manifest.read_text(encoding="utf-8"))
    for item in manifest["layers"]:
        if item["layer"]["role"] in ("lakes", "relief"):
            item |= {"state": "missing", "path": None, "origin": None}
    bare = tmp_path / "manifest.json"
    bare.write_text(json.dumps(manifest), encoding="utf-8")
    run(small_region.arguments(tmp_path / "site", layers=bare))
    page = (tmp_path / "site" / "index.html").read_text(encoding="utf-8")
    assert "The base map lacks: lakes, relief." in page


def test_borders_come_from_the_countries_where_no_lines_are_named(
    small_region, tmp_path
):
    manifest = json.loads(small_region.manifest.read_text(encoding="utf-8"))
    for item in manifest["layers"]:
        if item["layer"]["role"] == "boundary_lines":
            item |= {"state": "missing", "path": None, "origin": None}
    bare = tmp_path / "manifest.json"
    bare.write_text(json.dumps(manifest), encoding="utf-8")
    run(small_region.arguments(tmp_path / "site", layers=bare))
    page = (tmp_path / "site" / "index.html").read_text(encoding="utf-8")
    assert "Border, status not stated" in page
    assert "Граница, статус не указан" in page
    assert re.search(r"border_not_stated_add\(\{[^;]*70\.7", page)
    profile = (tmp_path / "site" / "profiles" / "aa-01.html").read_text("utf-8")
    assert "m-border-not_stated" in profile.split("</style>")[1]


def test_the_edge_of_two_countries_is_found_and_no_other():
    west, east, far = box(69, 39, 70.7, 43), box(70.7, 39, 73, 43), box(80, 39, 81, 43)
    countries = gpd.GeoDataFrame(geometry=[west, east, far], crs="EPSG:4326")
    (line,) = edges_between(countries).geometry
    assert line.equals(LineString([(70.7, 39), (70.7, 43)]))


def test_first_language_of_the_region_is_the_page_s_own(small_region, tmp_path):
    region = yaml.safe_load(small_region.region.read_text(encoding="utf-8"))
    region["languages"] = ["ru", "en"]
    changed = tmp_path / "small.yaml"
    changed.write_text(yaml.safe_dump(region, allow_unicode=True), encoding="utf-8")
    run(small_region.arguments(tmp_path / "site", region=changed))
    page = (tmp_path / "site" / "index.html").read_text(encoding="utf-8")
    assert page.startswith('<!doctype html>\n<html lang="ru"')


def test_page_is_written_for_a_site_without_any_position(
    small, small_region, tmp_path: Path
):
    from pipeline.core.tables import table_of, write_table

    tables = tmp_path / "tables"
    shutil.copytree(small_region.tables, tables)
    write_table(
        table_of("facilities", [small.facility("aa-03", None, None)]),
        "facilities",
        tables / "facilities.parquet",
    )
    for name in ("contingency", "notifications"):
        write_table(table_of(name, []), name, tables / f"{name}.parquet")
    entry = small.row(
        "spill_entries", tmf_id="aa-03", path_status="not_provided",
        snap_confidence="none",
    )  # fmt: skip
    write_table(
        table_of("spill_entries", [entry]),
        "spill_entries",
        tables / "spill_entries.parquet",
    )
    run(small_region.arguments(tmp_path / "site", tables=tables))
    page = (tmp_path / "site" / "index.html").read_text(encoding="utf-8")
    assert '"facilities":[]' in page
    assert "no position – not on the map" in page
