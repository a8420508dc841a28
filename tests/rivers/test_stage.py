"""The whole stage on the toy region, and what a user without layers is told."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from shapely.geometry import LineString, Point

from pipeline.cli import main
from pipeline.core.config import read_region
from pipeline.core.layers import Layer, LocalLayer, Manifest, read_registry
from pipeline.core.tables import read_table, table_of, write_table

TABLES = (
    "reaches",
    "snaps",
    "candidates",
    "possible_countries",
    "downstream",
    "crossings",
    "branches",
    "receptors",
    "exposure",
)


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
    measured += (
        "slope_deg",
        "fos_static",
        "yield_acceleration_g",
        "ph",
        "cyanide_wad_mg_per_l",
        "freeboard_m",
        "pond_volume_m3",
        "whc",
    )
    row |= {f"{name}_status": "not_provided" for name in measured}
    return row | values


def run_stage(
    folder: Path, region: Path, *, without=(), out="tables", more=(), methods=None
):
    """Run the stage's command; returns the exit code and the tables by name.

    ``more`` are layers that stand in the manifest besides those of the region,
    ``methods`` is a file of choices in place of the shipped one.
    """
    manifest = folder / "manifest.json"
    own = manifest_of(region, without=without)
    own = own.model_copy(update={"layers": (*own.layers, *more)})
    content = own.model_dump(mode="json")
    manifest.write_text(json.dumps(content), encoding="utf-8")
    code = main(
        [
            "rivers",
            f"--region={region}",
            f"--facilities={folder / 'facilities.parquet'}",
            f"--layers={manifest}",
            f"--out-dir={folder / out}",
            *([] if methods is None else [f"--methods={methods}"]),
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


def layer_of(key: str, path: Path, use: str, **values) -> LocalLayer:
    """Layer of a file that a test wrote."""
    row = {
        "id": key,
        "title": {"en": key, "ru": key},
        "role": "other",
        "kind": "vector",
        "file": path.name,
        "unit": "-",
        "crs": "EPSG:4326",
        "nodata": None,
        "resolution": "made by hand",
        "licence": {"name": "CC0-1.0"},
        "citation": "Invented for a test.",
        "version": "1",
    }
    return LocalLayer(
        layer=Layer.model_validate(row | values),
        state="available",
        path=path,
        reason="made",
        uses=(use,),
    )


def test_every_position_has_shares_and_none_has_none(tables):
    snaps = tables["snaps"].set_index("tmf_id")
    assert snaps.loc["kg-001", "share_border"] == 1.0
    assert snaps.loc["kg-001", "possible_countries"] == "UZ 1.00"
    assert snaps.loc["kg-004", "share_no_reach"] == 1.0
    assert pd.isna(snaps.loc["kg-003", "share_no_reach"])
    shares = tables["candidates"].groupby("tmf_id")["share"].sum()
    assert shares.to_dict() == pytest.approx({"kg-001": 1.0, "kg-002": 1.0})
    assert set(snaps["overland_status"]) == {"not_provided"}


def test_candidates_and_crossings_agree_for_the_chosen_reach(tables):
    chosen = tables["candidates"].query("chosen").set_index("tmf_id")
    first = tables["crossings"].query("crossing == 1").set_index("tmf_id")
    assert list(chosen.index) == list(first.index)
    for name in ("arrival_lead_h", "distance_m"):
        # the middle of all positions within 200 m is not quite the stated position
        assert chosen[name].to_numpy() == pytest.approx(first[name], rel=0.05)


def test_people_by_distance_are_those_of_the_receptors(tables):
    people = tables["receptors"].query("kind == 'settlement'")
    expected = people.groupby("tmf_id")["people"].sum()
    exposure = tables["exposure"].groupby(["by", "tmf_id"])["people"].sum()
    for by in ("distance", "arrival"):
        found = exposure[by]
        assert found.to_dict() == pytest.approx(expected.to_dict())


def test_receptors_of_the_users_own_layers_are_found(folder, region, tables):
    line = tables["reaches"].set_index("reach_id").geometry
    step = tables["downstream"].query("tmf_id == 'kg-001' and step == 1").iloc[0]
    middle = line[step.reach_id].interpolate(0.5, normalized=True)
    path = folder / "насосы.gpkg"
    shapes = [middle, middle.buffer(0.002), Point(75, 45)]
    columns = {"kind": ["intake", "protected_area", "gauge"], "name": ["A", "B", "C"]}
    gpd.GeoDataFrame(columns, geometry=shapes, crs="EPSG:4326").to_file(path)
    more = [layer_of("own-places", path, "receptors")]
    _, found = run_stage(folder, region, out="own", more=more)
    own = found["receptors"].query("tmf_id == 'kg-001'").set_index("receptor_id")
    intake, park = own.loc["own-places:1"], own.loc["own-places:2"]
    assert (intake["kind"], park["kind"]) == ("intake", "protected_area")
    length = step.distance_end_m - step.distance_start_m
    assert intake["distance_m"] - step.distance_start_m == pytest.approx(
        length / 2, rel=1e-3
    )
    assert park["distance_m"] < intake["distance_m"]
    assert "own-places:3" not in found["receptors"]["receptor_id"].to_list()
    own_file = folder / "own" / "receptors.parquet.prov.json"
    assert "насосы.gpkg" in own_file.read_text(encoding="utf-8")


def test_canals_are_followed_only_where_the_methods_say_so(
    folder, region, tables, project, tmp_path
):
    crossing = tables["crossings"].iloc[0]
    source = tables["reaches"].set_index("reach_id").loc[crossing["reach_id"]]
    head = Point(crossing["lon_deg"], crossing["lat_deg"])
    path = folder / "канал.gpkg"
    columns = {
        "canal_id": ["arik"],
        "name_en": ["Arik"],
        "from_reach_id": [source["source_id"]],
        "share": [0.25],
        "ends_in": ["fields"],
    }
    line = LineString([(head.x, head.y), (head.x, head.y - 0.1)])
    gpd.GeoDataFrame(columns, geometry=[line], crs="EPSG:4326").to_file(path)
    more = [layer_of("own-canals", path, "canals")]
    _, found = run_stage(folder, region, out="canals", more=more)
    reaches = found["reaches"].set_index("reach_id")
    assert reaches.loc[crossing["reach_id"], "canal_share"] == pytest.approx(0.25)
    assert reaches.loc[crossing["reach_id"], "canals"] == "Arik 0.25"
    assert set(found["branches"]["tmf_id"]) == {"kg-001", "kg-002"}
    assert found["crossings"].equals(tables["crossings"])
    text = (project / "configs" / "methods.yaml").read_text(encoding="utf-8")
    off = tmp_path / "methods.yaml"
    off.write_text(
        text.replace("follow_canals: true", "follow_canals: false"), encoding="utf-8"
    )
    _, none = run_stage(folder, region, out="off", more=more, methods=off)
    assert none["branches"].empty
    assert none["reaches"]["canal_share"].isna().all()


def upstream(folder: Path, region: Path, place: str | None, *words: str) -> int:
    source = folder / "facilities.parquet"
    target = folder / "tables" / "facilities.parquet"
    target.write_bytes(source.read_bytes())
    return main(
        [
            "upstream",
            f"--region={region}",
            f"--tables={folder / 'tables'}",
            *([] if place is None else [f"--at={place}"]),
            *words,
        ]
    )


def test_upstream_of_a_border_lists_every_crossing(tables, folder, region, capsys):
    out = folder / "граница.json"
    assert upstream(folder, region, None, "--border=KG-UZ", f"--out={out}") == 0
    content = json.loads(out.read_text(encoding="utf-8"))
    assert (content["border"], content["ordered_by"]) == ("KG-UZ", "arrival")
    crossings = tables["crossings"].set_index("tmf_id")
    assert len(content["facilities"]) == len(crossings)
    for row in content["facilities"]:
        assert row["arrival_lead_h"] == crossings.loc[row["tmf_id"], "arrival_lead_h"]
        assert row["share"] == 1.0
        assert row["rank"] is None
    assert "ranks stay empty" in capsys.readouterr().err


def test_a_border_that_nothing_crosses_has_no_facility(tables, folder, region, capsys):
    assert upstream(folder, region, None, "--border=UZ-KG") == 0
    said = capsys.readouterr()
    assert said.out == "No facility lies upstream.\n"
    assert "crossed are: KG-UZ" in said.err


@pytest.mark.parametrize("text", ["KG", "kg-uz", "KG/UZ", "KGZ-UZB"])
def test_a_border_that_is_none_is_refused(tables, folder, region, text, capsys):
    assert upstream(folder, region, None, f"--border={text}") == 2
    assert "two country codes, such as KG-UZ" in capsys.readouterr().err


def test_a_list_of_an_unknown_kind_is_refused(tables, folder, region, capsys):
    assert upstream(folder, region, None, "--border=KG-UZ", "--out=list.txt") == 2
    assert ".csv or .json" in capsys.readouterr().err


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
