"""The whole stage on the toy region, and what a user without layers is told."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from shapely.geometry import Point

from pipeline.cli import main
from pipeline.core.config import read_region
from pipeline.core.layers import LocalLayer, Manifest, read_registry
from pipeline.core.tables import read_table, table_of, write_table

TABLES = ("reaches", "snaps", "downstream", "crossings", "receptors")


def manifest_of(region_file: Path, *, without=()) -> Manifest:
    region = read_region(region_file)
    registry = read_registry(region_file.parent / "registry.yaml").by_id()
    items = []
    for use, ids in region.config.layers.uses().items():
        for key in ids:
            path = region_file.parent / "layers" / registry[key].file
            there = use not in without
            items.append(
                LocalLayer(
                    layer=registry[key],
                    state="available" if there else "missing",
                    path=path if there else None,
                    reason="found" if there else "not on this machine",
                    uses=(use,),
                )
            )
    return Manifest(region=region.config.region, layers=tuple(items))


def facility(tmf_id, lon, lat, **values):
    row = {
        "tmf_id": tmf_id,
        "name": f"Facility {tmf_id}",
        "role": "facility",
        "counts_in_totals": True,
        "country": "KG",
        "facility_type": "tailings",
        "status": "active",
        "remediation": "unknown",
        "lon_deg": lon,
        "lat_deg": lat,
        "position_quality": "none" if lon is None else "surveyed",
        "position_radius_m": None if lon is None else 200.0,
        "dam_type": "unknown",
        "source_file": "facilities.csv",
        "source_row": 2,
    }
    measured = ("volume_m3", "mass_t", "area_m2", "dam_height_m", "dam_length_m")
    measured += ("slope_deg", "fos_static", "freeboard_m", "pond_volume_m3", "whc")
    row |= {f"{name}_status": "not_provided" for name in measured}
    return row | values


def run_stage(folder: Path, region: Path, *, without=(), out="tables"):
    """Run the stage's command; returns the exit code and the tables by name."""
    manifest = folder / "manifest.json"
    content = manifest_of(region, without=without).model_dump(mode="json")
    manifest.write_text(json.dumps(content), encoding="utf-8")
    code = main(
        [
            "rivers",
            f"--region={region}",
            f"--facilities={folder / 'facilities.parquet'}",
            f"--layers={manifest}",
            f"--out-dir={folder / out}",
        ]
    )
    if code:
        return code, {}
    return code, {n: read_table(n, folder / out / f"{n}.parquet") for n in TABLES}


@pytest.fixture(scope="module")
def region(project: Path) -> Path:
    return project / "tests" / "regions" / "toy" / "toy.yaml"


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Folder with four facilities: two on rivers, one without position, one far off."""
    path = tmp_path_factory.mktemp("rivers stage")
    places = [(70.06, 40.21), (70.24, 40.34), (None, None), (73.0, 42.0)]
    frame = table_of(
        "facilities",
        [
            facility(f"kg-{k + 1:03d}", *place) | {"geometry": None}
            for k, place in enumerate(places)
        ],
    )
    points = [None if lon is None else Point(lon, lat) for lon, lat in places]
    frame["geometry"] = gpd.GeoSeries(points, crs="EPSG:4326")
    write_table(frame, "facilities", path / "facilities.parquet")
    return path


@pytest.fixture(scope="module")
def tables(folder: Path, region: Path):
    """All tables of the toy region with all its layers."""
    code, found = run_stage(folder, region)
    assert code == 0
    return found


def test_every_facility_has_a_row_that_says_how_it_is_joined(tables):
    snaps = tables["snaps"].set_index("tmf_id")
    assert list(snaps["snap_status"]) == [
        "measured",
        "measured",
        "not_provided",
        "not_covered",
    ]
    assert snaps["reason"].str.len().min() > 10


def test_the_toy_river_leaves_its_country_once(tables):
    crossings = tables["crossings"]
    assert list(crossings["tmf_id"]) == ["kg-001", "kg-002"]
    assert set(
        zip(crossings["from_country"], crossings["to_country"], strict=True)
    ) == {("KG", "UZ")}
    assert crossings["lon_deg"].between(70.4, 70.5).all()
    assert not crossings["disputed"].any()


def test_crossings_and_receptors_agree_with_the_downstream_table(tables):
    down = tables["downstream"].set_index(["tmf_id", "reach_id"])
    for name in ("crossings", "receptors"):
        for row in tables[name].itertuples():
            step = down.loc[(row.tmf_id, row.reach_id)]
            slack = 1e-6
            assert step.distance_start_m - slack <= row.distance_m
            assert row.distance_m <= step.distance_end_m + slack


def test_people_are_empty_where_none_are_known(tables):
    receptors = tables["receptors"].set_index("name")
    middle = receptors.loc["Middle Toy"]
    assert set(middle["people_status"]) == {"not_provided"}
    assert set(receptors.loc["Border <b>Toy</b>"]["people"]) == {5400.0}


def test_the_toy_lake_is_a_receptor_and_a_break(tables):
    receptors = tables["receptors"]
    lake = receptors[receptors["kind"] == "reservoir"].iloc[0]
    assert (lake["name"], lake["receptor_id"]) == ("Toy Lake", "lake:toy-lake")
    assert not lake["beyond_standing_water"]
    below = receptors[receptors["distance_m"] > lake["distance_m"] + 5000]
    assert below["beyond_standing_water"].all()


def test_without_lakes_arrivals_below_standing_water_are_empty(folder, region):
    _, tables = run_stage(folder, region, without=("lakes",), out="no lakes")
    crossings = tables["crossings"]
    assert crossings["beyond_standing_water"].all()
    assert crossings["arrival_peak_h"].isna().all()
    assert crossings["within_two_days"].isna().all()


def test_without_places_and_boundary_lines_the_stage_says_so(folder, region, capsys):
    missing = ("places", "boundary_lines")
    code, tables = run_stage(folder, region, without=missing, out="no places")
    assert code == 0
    assert set(tables["receptors"]["kind"]) == {"reservoir"}
    assert tables["crossings"]["disputed"].isna().all()
    assert tables["snaps"]["distance_border_air_m"].notna().sum() == 3
    assert "no layer for 'places'" in capsys.readouterr().err


def test_without_a_river_layer_the_stage_stops_and_writes_nothing(
    folder, region, capsys
):
    code, _ = run_stage(folder, region, without=("rivers",), out="nothing")
    assert code == 2
    assert "not on this machine" in capsys.readouterr().err
    assert not (folder / "nothing").exists()


def test_a_second_run_gives_equal_files(tables, folder, region):
    run_stage(folder, region, out="again")
    for name in tables:
        first, second = (folder / x / f"{name}.parquet" for x in ("tables", "again"))
        assert first.read_bytes() == second.read_bytes(), name


def test_each_table_has_a_provenance_record_with_its_formulas(tables, folder):
    for name in tables:
        path = folder / "tables" / f"{name}.parquet.prov.json"
        record = json.loads(path.read_text(encoding="utf-8"))
        assert record["notes"]["formulas"]["jobson-12"]["confidence"] == "V3"
        assert "toy_rivers.gpkg" in [item["file"] for item in record["inputs"]]


def upstream(folder: Path, region: Path, place: str, *words: str) -> int:
    source = folder / "facilities.parquet"
    target = folder / "tables" / "facilities.parquet"
    target.write_bytes(source.read_bytes())
    return main(
        [
            "upstream",
            f"--region={region}",
            f"--tables={folder / 'tables'}",
            f"--at={place}",
            *words,
        ]
    )


def test_upstream_lists_the_facilities_above_a_place(tables, folder, region, capsys):
    place = tables["crossings"].iloc[0]
    out = folder / "above.csv"
    at = f"{place.lon_deg},{place.lat_deg}"
    assert upstream(folder, region, at, f"--out={out}") == 0
    found = pd.read_csv(out).set_index("tmf_id")
    crossings = tables["crossings"].set_index("tmf_id")
    assert set(found.index) == set(crossings.index)
    for key, row in found.iterrows():
        for name in ("distance_m", "arrival_lead_h", "arrival_peak_h_high"):
            assert row[name] == pytest.approx(crossings.loc[key, name])
    assert found["arrival_lead_h"].is_monotonic_increasing
    assert "Facility kg-001" in capsys.readouterr().out


def test_upstream_counts_from_the_entry_on_the_reach_of_the_facility(
    tables, folder, region
):
    snap = tables["snaps"].set_index("tmf_id").loc["kg-001"]
    step = tables["downstream"].query("tmf_id == 'kg-001' and step == 0").iloc[0]
    share = snap.reach_fraction + 0.5 * (1 - snap.reach_fraction)
    line = tables["reaches"].set_index("reach_id").geometry[snap.reach_id]
    middle = line.interpolate(share, normalized=True)
    out = folder / "near.csv"
    upstream(folder, region, f"{middle.x},{middle.y}", f"--out={out}")
    found = pd.read_csv(out).set_index("tmf_id").loc["kg-001"]
    assert found["distance_m"] == pytest.approx(step.distance_end_m / 2, rel=1e-3)
    assert found["arrival_peak_h"] == pytest.approx(step.arrival_peak_h / 2, rel=1e-3)


def test_upstream_of_a_headwater_there_is_nobody(tables, folder, region, capsys):
    assert upstream(folder, region, "70.05,40.2") == 0
    assert capsys.readouterr().out == "No facility lies upstream.\n"


def test_a_place_far_from_any_river_is_refused(tables, folder, region, capsys):
    assert upstream(folder, region, "75,45") == 2
    assert "within 15 km of a river" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["70.3", "north", "70,95", "70,40,3"])
def test_a_place_that_is_none_is_refused(tables, folder, region, text, capsys):
    assert upstream(folder, region, text) == 2
    assert "longitude first" in capsys.readouterr().err
