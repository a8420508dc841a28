"""Tables are checked when they are written and when they are read."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import LineString

from pipeline.core.errors import InputError
from pipeline.core.tables import (
    all_tables,
    check_table,
    empty_table,
    read_table,
    significant,
    table_of,
    table_schema,
    write_table,
)

ENTRY = {
    "file": "facilities.csv",
    "row": 5,
    "field": "-",
    "action": "excluded",
    "reason": "other_basin|basin=Chu",
}


@pytest.mark.parametrize("name", sorted(all_tables()))
def test_every_schema_is_sound(name):
    table = table_schema(name)
    names = table.column_names
    assert len(set(names)) == len(names)
    assert set(table.key) <= set(names)
    assert {f"{m}_status" for m in table.measured} <= set(names)
    assert {f"{e}_{end}" for e in table.estimates for end in ("low", "high")} <= set(
        names
    )
    assert all(column.description for column in table.columns)


@pytest.mark.parametrize("name", sorted(all_tables()))
def test_an_empty_table_survives_writing_and_reading(name, tmp_path):
    write_table(empty_table(name), name, tmp_path / "t.parquet")
    frame = read_table(name, tmp_path / "t.parquet")
    assert list(frame.columns) == table_schema(name).column_names
    assert len(frame) == 0


def test_rows_are_sorted_by_key_and_bytes_do_not_depend_on_their_order(tmp_path):
    rows = [ENTRY, ENTRY | {"row": 4}]
    write_table(table_of("ledger", rows), "ledger", tmp_path / "a.parquet")
    write_table(table_of("ledger", rows[::-1]), "ledger", tmp_path / "b.parquet")
    assert (tmp_path / "a.parquet").read_bytes() == (
        tmp_path / "b.parquet"
    ).read_bytes()
    assert list(read_table("ledger", tmp_path / "a.parquet")["row"]) == [4, 5]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"action": "lost"}, "isin"),
        ({"row": -1}, "greater_than_or_equal_to"),
        ({"reason": None}, "not_nullable"),
        ({"row": "first"}, "row"),
        ({"colour": "red"}, r"unknown columns \['colour'\]"),
    ],
)
def test_a_row_that_breaks_its_schema_is_refused(change, words):
    with pytest.raises(InputError, match=words):
        table_of("ledger", [ENTRY | change])


def test_a_key_that_repeats_is_refused():
    with pytest.raises(InputError, match=r"unique|duplicat"):
        table_of("ledger", [ENTRY, ENTRY])


def test_a_missing_column_is_named():
    frame = table_of("ledger", [ENTRY]).drop(columns="reason")
    with pytest.raises(InputError, match=r"missing columns \['reason'\]"):
        check_table(frame, "ledger")


def hazard(**change):
    row = {
        "tmf_id": "kg-1",
        "hazard": "earthquake",
        "process": "ground_motion",
        "intensity_measure": "PGA",
        "unit": "g",
        "layer_id": "pga",
        "level": "475",
        "return_period_yr": 475.0,
        "scenario": "historical",
        "horizon": "present",
        "percentile": 50.0,
        "intensity": 0.3,
        "intensity_low": 0.2,
        "intensity_high": 0.4,
        "intensity_status": "measured",
        "covered_fraction": 1.0,
        "place": "circle",
        "radius_m": 3000.0,
        "demonstration": True,
        "provisional": False,
        "confidence": "P",
    }
    return row | change


def test_a_number_without_a_measured_status_is_refused():
    with pytest.raises(InputError, match="not_covered"):
        table_of("hazards", [hazard(intensity_status="not_covered")])


def test_a_measured_status_without_a_number_is_refused():
    with pytest.raises(InputError, match="status measured"):
        table_of("hazards", [hazard(intensity=None)])


def test_bounds_must_enclose_the_value():
    with pytest.raises(InputError, match="enclose"):
        table_of("hazards", [hazard(intensity_low=0.35)])


def test_an_infinite_number_is_refused():
    with pytest.raises(InputError, match="finite"):
        table_of("hazards", [hazard(intensity=float("inf"), intensity_high=None)])


def test_a_geometry_in_another_crs_is_refused():
    frame = empty_table("displacement_points")
    moved = gpd.GeoDataFrame(
        pd.DataFrame(frame.drop(columns="geometry")), geometry=[], crs="EPSG:3857"
    )
    with pytest.raises(InputError, match="EPSG:3857"):
        check_table(moved, "displacement_points")


def test_a_geometry_of_another_type_is_refused():
    frame = empty_table("displacement_points").reindex([0])
    fill = {"text": "x", "number": 0.5, "integer": 1, "boolean": True}
    for column in table_schema("displacement_points").columns:
        frame[column.name] = column.codes[0] if column.codes else fill[column.kind]
    frame["geometry"] = [LineString([(0, 0), (1, 1)])]
    with pytest.raises(InputError, match="type Point"):
        check_table(frame, "displacement_points")


def test_a_truncated_file_is_told_in_one_sentence(tmp_path):
    path = tmp_path / "t.parquet"
    write_table(table_of("ledger", [ENTRY]), "ledger", path)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(InputError, match="cannot be read"):
        read_table("ledger", path)


def test_a_missing_file_says_what_to_do(tmp_path):
    with pytest.raises(InputError, match="make run"):
        read_table("ledger", tmp_path / "none.parquet")


def test_checking_leaves_its_argument_as_it_was():
    frame = pd.DataFrame([ENTRY | {"tmf_id": None, "found": None, "expected": None}])
    before = frame.copy(deep=True)
    check_table(frame, "ledger")
    pd.testing.assert_frame_equal(frame, before)


def test_the_last_bits_of_a_number_do_not_reach_the_file(tmp_path):
    for name, value in (("a", 0.3), ("b", 0.1 + 0.2)):
        frame = table_of("hazards", [hazard(intensity=value)])
        write_table(frame, "hazards", tmp_path / f"{name}.parquet")
    assert (tmp_path / "a.parquet").read_bytes() == (
        tmp_path / "b.parquet"
    ).read_bytes()


@given(
    st.floats(allow_nan=False, allow_infinity=False),
    st.floats(allow_nan=False, allow_infinity=False),
)
def test_rounding_is_close_and_keeps_the_order(one, other):
    low, high = significant(np.array(sorted((one, other))), 12)
    assert low <= high
    assert significant(np.array([one]), 12)[0] == pytest.approx(one, rel=1e-11)
