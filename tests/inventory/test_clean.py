"""What cleaning keeps, leaves out and refuses."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.core.config import Region, RegionConfig, read_methods
from pipeline.core.errors import InputError
from pipeline.core.methods.inventory import InventoryMethods
from pipeline.core.tables import table_of
from pipeline.inventory.clean import Cleaned, clean
from pipeline.inventory.raw import RawInventory, RawRow
from pipeline.inventory.stage import read_inventories

SMALL = {
    "region": "small",
    "title": {"en": "Small", "ru": "Малый"},
    "bbox": {"west_deg": 70, "south_deg": 40, "east_deg": 71, "north_deg": 41},
    "metric_crs": "EPSG:32642",
    "countries": ["KG"],
    "river_basins": ["Syr Darya"],
    "inventory": [{"path": "a.csv"}],
    "layers": {},
}


@pytest.fixture(scope="module")
def methods(project: Path) -> InventoryMethods:
    return read_methods(project / "configs" / "methods.yaml").inventory


def cleaned(region: Region, methods: InventoryMethods) -> Cleaned:
    return clean(read_inventories(region), region.config, methods)


def test_blank_cells_stay_blank_and_say_not_provided(with_rows, methods):
    region = with_rows("kg-1,A,KG,tailings,active,40.5,70.5,published,,,,,,\n")
    row = table_of("facilities", cleaned(region, methods).facilities).iloc[0]
    assert row["volume_m3"] != row["volume_m3"]
    assert row["volume_m3_status"] == "not_provided"
    assert row["mass_t_status"] == "not_provided"


def test_a_row_without_position_stays_without_one(with_rows, methods):
    region = with_rows("kg-1,A,KG,tailings,active,,,none,,,,,,\n")
    row = cleaned(region, methods).facilities[0]
    assert row["geometry"] is None
    assert row["position_radius_m"] is None


def test_the_radius_follows_the_quality_of_the_position(with_rows, methods):
    region = with_rows("kg-1,A,KG,tailings,active,40.5,70.5,settlement,,,,,,\n")
    row = cleaned(region, methods).facilities[0]
    assert row["position_radius_m"] == methods.position_radius_m["settlement"]


def test_a_row_of_another_basin_goes_to_the_ledger(with_rows, methods):
    region = with_rows(
        "kg-1,A,KG,tailings,active,40.5,70.5,published,,,,,,\n"
        "kg-2,B,KG,tailings,active,50.0,90.0,published,Chu,,,,,\n"
    )
    result = cleaned(region, methods)
    assert [r["tmf_id"] for r in result.facilities] == ["kg-1"]
    assert [(e["tmf_id"], e["action"]) for e in result.ledger] == [("kg-2", "excluded")]


def test_parts_do_not_count_in_totals(with_rows, methods):
    region = with_rows(
        "kg-1,A,KG,tailings,active,40.5,70.5,published,,,,900,,\n"
        "kg-1-a,Part,KG,tailings,active,,,none,,part,kg-1,400,,\n"
    )
    frame = table_of("facilities", cleaned(region, methods).facilities)
    assert frame.loc[frame["counts_in_totals"], "volume_m3"].sum() == 900


def test_a_column_that_is_not_known_is_listed(with_rows, methods):
    header = "tmf_id,name,country,facility_type,status,lat_deg,lon_deg,"
    region = with_rows(
        "kg-1,A,KG,tailings,active,40.5,70.5,published,x\n",
        header + "position_quality,hight\n",
    )
    assert [e["field"] for e in cleaned(region, methods).ledger] == ["hight"]


def test_values_without_a_source_say_so(with_rows, methods):
    region = with_rows("kg-1,A,KG,tailings,active,40.5,70.5,published,,,,1000,,\n")
    values = cleaned(region, methods).values
    volume = next(v for v in values if v["field"] == "volume_m3")
    assert volume["quality"] == "unreferenced"
    assert volume["source"] == "facilities.csv, row 2"


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("kg-1,A,KG,tailings,active,70.5,40.5,published,,,,,,", "look swapped"),
        ("kg-1,A,KG,tailings,active,45.5,70.5,published,,,,,,", "region's box"),
        ("kg-1,A,KG,tailings,active,40.5,,published,,,,,,", "both coordinates"),
        ("kg-1,A,KG,tailing,active,40.5,70.5,published,,,,,,", "one of tailings"),
        ("kg-1,A,Kyrgyzstan,tailings,active,40.5,70.5,published,,,,,,", "alpha-2"),
        ('kg-1,A,KG,tailings,active,"40,5",70.5,published,,,,,,', "decimal point"),
        ("kg-1,A,KG,tailings,active,40.5,70.5,published,,,,-5,,", "cubic metres"),
        ("kg-1,A,KG,tailings,active,40.5,70.5,published,,,,5,9,10", "low <= central"),
        ("KG 1,A,KG,tailings,active,40.5,70.5,published,,,,,,", "hyphens"),
        ("kg-1,,KG,tailings,active,40.5,70.5,published,,,,,,", "a name"),
        ("kg-1,A,KG,tailings,active,40.5,70.5,published,,part,kg-9,,,", "kg-9"),
        ("kg-1,A,KG,tailings,active,40.5,70.5,published,,part,,,,", "a group"),
    ],
)
def test_a_broken_cell_is_named(with_rows, methods, row, words):
    with pytest.raises(InputError, match=words) as error:
        cleaned(with_rows(row + "\n"), methods)
    assert "facilities.csv, row 2, field" in str(error.value)


def test_an_id_that_repeats_names_both_rows(with_rows, methods):
    row = "kg-1,A,KG,tailings,active,40.5,70.5,published,,,,,,\n"
    with pytest.raises(InputError, match=r"row 3.*also in facilities\.csv, row 2"):
        cleaned(with_rows(row + row), methods)


@settings(max_examples=40, deadline=None)
@given(
    basins=st.lists(st.sampled_from(["Syr Darya", "Chu", ""]), max_size=12),
    kinds=st.lists(st.sampled_from(["tailings", "planned"]), min_size=12, max_size=12),
)
def test_rows_in_equal_rows_out_plus_the_ledger(basins, kinds):
    rows = tuple(
        RawRow(
            "a.csv",
            i + 2,
            {
                "tmf_id": f"kg-{i}",
                "name": "A",
                "country": "KG",
                "facility_type": kind,
                "status": "active",
                "lat_deg": "40.5",
                "lon_deg": "70.5",
                "position_quality": "published",
                "river_basin": basin,
            },
        )
        for i, (basin, kind) in enumerate(zip(basins, kinds, strict=False))
    )
    config = RegionConfig.model_validate(SMALL)
    methods = InventoryMethods(
        position_radius_m={"published": 3000.0},
        excluded_types=("planned",),
        zone_distance_m=2000.0,
        zone_overlap_fraction=0.05,
    )
    result = clean([RawInventory(rows)], config, methods)
    excluded = [e for e in result.ledger if e["action"] == "excluded"]
    assert len(result.facilities) + len(excluded) == len(rows)
