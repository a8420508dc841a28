"""Components of tailings: a CSV in, checked rows and a ledger out."""

from __future__ import annotations

import pytest

from pipeline.core.errors import InputError
from pipeline.core.tables import table_of
from pipeline.inventory.composition import clean_components, read_composition

HEADER = (
    "tmf_id,substance,cas,share_percent,ate_mg_per_kg,aquatic,m_factor,whc,annex1,named"
)


def write(tmp_path, *lines, header=HEADER):
    path = tmp_path / "состав хвостов.csv"
    path.write_text("\n".join((header, *lines)) + "\n", encoding="utf-8")
    return path


def test_a_row_is_read_with_its_codes_and_blanks_stay_unknown(tmp_path):
    path = write(
        tmp_path,
        "kg-1,As2O3,1327-53-3,0.4,14.6,chronic_1; acute_1,10,3,acute_toxic_2,"
        "arsenic_trioxide",
        "kg-1,quartz,,80,,,,,,",
    )
    rows, ledger = clean_components(
        read_composition(path, "Lab 2021"), [{"tmf_id": "kg-1"}], set()
    )
    table = table_of("components", rows).set_index("substance")
    assert ledger == []
    first = table.loc["As2O3"]
    assert first["aquatic"] == "acute_1; chronic_1"
    assert (first["m_factor"], first["whc"]) == (10, 3)
    assert (first["source"], first["source_row"]) == ("Lab 2021", 2)
    assert table.loc["quartz"].isna()[["ate_mg_per_kg", "aquatic", "annex1"]].all()


def test_components_of_other_facilities_go_to_the_ledger(tmp_path):
    path = write(tmp_path, "kg-2,Cd,,1,,,,,,", "kg-9,Cd,,1,,,,,,")
    rows, ledger = clean_components(
        read_composition(path, None), [{"tmf_id": "kg-1"}], {"kg-2"}
    )
    assert rows == []
    assert [entry["reason"] for entry in ledger] == [
        "component_of_left_out_row",
        "component_of_unknown_facility",
    ]
    assert [entry["row"] for entry in ledger] == [2, 3]
    assert len(table_of("ledger", ledger)) == 2


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ("kg-1,Cd,,101,,,,,,", "share_percent"),
        ("kg-1,Cd,,about 2,,,,,,", "share_percent"),
        ("kg-1,Cd,,nan,,,,,,", "share_percent"),
        ("kg-1,Cd,,,,,,,,", "share_percent"),
        ("kg-1,,,2,,,,,,", "substance"),
        ("kg-1,Cd,,2,0,,,,,", "ate_mg_per_kg"),
        ("kg-1,Cd,,2,,chronic,,,,", "aquatic"),
        ("kg-1,Cd,,2,,,0.5,,,", "m_factor"),
        ("kg-1,Cd,,2,,,,4,,", "whc"),
        ("kg-1,Cd,,2,,,,,toxic,", "annex1"),
        ("kg-1,Cd,,2,,,,,,cadmium", "named"),
        ("kg-1,Cd,,2,,,,,,chlorine; hydrogen_sulphide", "named"),
    ],
)
def test_a_cell_that_cannot_be_right_stops_with_file_row_and_column(
    tmp_path, line, field
):
    with pytest.raises(InputError, match=field) as caught:
        read_composition(write(tmp_path, line), None)
    assert "состав хвостов.csv" in str(caught.value)
    assert "2" in str(caught.value)


def test_shares_above_the_whole_stop_the_run(tmp_path):
    path = write(tmp_path, "kg-1,a,,60,,,,,,", "kg-1,b,,42,,,,,,")
    with pytest.raises(InputError, match="102 % in all"):
        read_composition(path, None)


def test_rounded_shares_may_pass_the_whole_a_little(tmp_path):
    path = write(tmp_path, "kg-1,a,,60,,,,,,", "kg-1,b,,40.5,,,,,,")
    assert len(read_composition(path, None)) == 2


def test_a_component_twice_and_a_strange_column_stop_the_run(tmp_path):
    twice = write(tmp_path, "kg-1,a,,1,,,,,,", "kg-1,a,,2,,,,,,")
    with pytest.raises(InputError, match="twice"):
        read_composition(twice, None)
    strange = write(
        tmp_path, "kg-1,a,1,5", header="tmf_id,substance,share_percent,LD50"
    )
    with pytest.raises(InputError, match="LD50"):
        read_composition(strange, None)
