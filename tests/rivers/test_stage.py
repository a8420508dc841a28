"""The whole stage on the toy region, and what a user without layers is told."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

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


@pytest.fixture
def toy(project: Path, tmp_path: Path):
    """Run the stage on the toy region; returns exit code and tables."""
    region = project / "tests" / "regions" / "toy" / "toy.yaml"
    facilities = tmp_path / "facilities.parquet"
    rows = [
        facility("kg-001", 70.06, 40.21),
        facility("kg-002", 70.24, 40.34),
        facility("kg-003", None, None),
        facility("kg-004", 73.0, 42.0),
    ]
    import geopandas as gpd

    frame = table_of("facilities", [r | {"geometry": None} for r in rows])
    points = gpd.points_from_xy(frame["lon_deg"], frame["lat_deg"])
    frame["geometry"] = gpd.GeoSeries(
        [None if p.is_empty else p for p in points], crs="EPSG:4326"
    )
    write_table(frame, "facilities", facilities)

    def run(*, without=(), out="tables"):
        manifest = tmp_path / "manifest.json"
        content = manifest_of(region, without=without).model_dump(mode="json")
        manifest.write_text(json.dumps(content), encoding="utf-8")
        folder = tmp_path / out
        code = main(
            [
                "rivers",
                f"--region={region}",
                f"--facilities={facilities}",
                f"--layers={manifest}",
                f"--out-dir={folder}",
            ]
        )
        if code:
            return code, {}
        return code, {n: read_table(n, folder / f"{n}.parquet") for n in TABLES}

    return run


def test_every_facility_has_a_row_that_says_how_it_is_joined(toy):
    _, tables = toy()
    snaps = tables["snaps"].set_index("tmf_id")
    assert list(snaps["snap_status"]) == [
        "measured",
        "measured",
        "not_provided",
        "not_covered",
    ]
    assert snaps["reason"].str.len().min() > 10


def test_the_toy_river_leaves_its_country_once(toy):
    _, tables = toy()
    crossings = tables["crossings"]
    assert list(crossings["tmf_id"]) == ["kg-001", "kg-002"]
    assert set(
        zip(crossings["from_country"], crossings["to_country"], strict=True)
    ) == {("KG", "UZ")}
    assert crossings["lon_deg"].between(70.4, 70.5).all()
    assert not crossings["disputed"].any()


def test_crossings_and_receptors_agree_with_the_downstream_table(toy):
    _, tables = toy()
    down = tables["downstream"].set_index(["tmf_id", "reach_id"])
    for name in ("crossings", "receptors"):
        for row in tables[name].itertuples():
            step = down.loc[(row.tmf_id, row.reach_id)]
            slack = 1e-6
            assert step.distance_start_m - slack <= row.distance_m
            assert row.distance_m <= step.distance_end_m + slack


def test_people_are_empty_where_none_are_known(toy):
    _, tables = toy()
    receptors = tables["receptors"].set_index("name")
    middle = receptors.loc["Middle Toy"]
    assert set(middle["people_status"]) == {"not_provided"}
    assert set(receptors.loc["Border <b>Toy</b>"]["people"]) == {5400.0}


def test_the_toy_lake_is_a_receptor_and_a_break(toy):
    _, tables = toy()
    receptors = tables["receptors"]
    lake = receptors[receptors["kind"] == "reservoir"].iloc[0]
    assert (lake["name"], lake["receptor_id"]) == ("Toy Lake", "lake:toy-lake")
    assert not lake["beyond_standing_water"]
    below = receptors[receptors["distance_m"] > lake["distance_m"] + 5000]
    assert below["beyond_standing_water"].all()


def test_without_lakes_arrivals_below_standing_water_are_empty(toy):
    _, tables = toy(without=("lakes",))
    crossings = tables["crossings"]
    assert crossings["beyond_standing_water"].all()
    assert crossings["arrival_peak_h"].isna().all()
    assert crossings["within_two_days"].isna().all()


def test_without_places_and_boundary_lines_the_stage_says_so(toy, capsys):
    code, tables = toy(without=("places", "boundary_lines"))
    assert code == 0
    assert set(tables["receptors"]["kind"]) == {"reservoir"}
    assert tables["crossings"]["disputed"].isna().all()
    assert tables["snaps"]["distance_border_air_m"].notna().sum() == 3
    assert "no layer for 'places'" in capsys.readouterr().err


def test_without_a_river_layer_the_stage_stops_and_writes_nothing(
    toy, capsys, tmp_path
):
    code, _ = toy(without=("rivers",))
    assert code == 2
    assert "not on this machine" in capsys.readouterr().err
    assert not (tmp_path / "tables").exists()


def test_a_second_run_gives_equal_files(toy, tmp_path):
    toy(out="a")
    toy(out="b")
    for name in TABLES:
        first, second = (tmp_path / x / f"{name}.parquet" for x in "ab")
        assert first.read_bytes() == second.read_bytes(), name


def test_each_table_has_a_provenance_record_with_its_formulas(toy, tmp_path):
    toy()
    for name in TABLES:
        path = tmp_path / "tables" / f"{name}.parquet.prov.json"
        record = json.loads(path.read_text(encoding="utf-8"))
        assert record["notes"]["formulas"]["jobson-12"]["confidence"] == "V3"
        assert "toy_rivers.gpkg" in [item["file"] for item in record["inputs"]]


def test_upstream_lists_the_facilities_above_a_place(toy, tmp_path, project, capsys):
    _, tables = toy()
    region = project / "tests" / "regions" / "toy" / "toy.yaml"
    facilities = tmp_path / "facilities.parquet"
    facilities.rename(tmp_path / "tables" / "facilities.parquet")
    out = tmp_path / "above.csv"
    place = tables["crossings"].iloc[0]
    words = [
        "upstream",
        f"--region={region}",
        f"--tables={tmp_path / 'tables'}",
        f"--at={place.lon_deg},{place.lat_deg}",
        f"--out={out}",
    ]
    assert main(words) == 0
    found = pd.read_csv(out).set_index("tmf_id")
    crossings = tables["crossings"].set_index("tmf_id")
    assert set(found.index) == set(crossings.index)
    for key, row in found.iterrows():
        assert row["distance_m"] == pytest.approx(crossings.loc[key, "distance_m"])
        assert row["arrival_lead_h"] == pytest.approx(
            crossings.loc[key, "arrival_lead_h"]
        )
    assert "Facility kg-001" in capsys.readouterr().out


@pytest.mark.parametrize("text", ["70.3", "north", "70,95", "70,40,3"])
def test_a_place_that_is_none_is_refused(toy, tmp_path, project, text, capsys):
    toy()
    words = ["upstream", f"--region={project}/tests/regions/toy/toy.yaml"]
    words += [f"--tables={tmp_path / 'tables'}", f"--at={text}"]
    assert main(words) == 2
    assert "longitude" in capsys.readouterr().err
