"""Tables that people keep in their own way: workbooks, other names, other marks."""

from __future__ import annotations

import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest
import xlsxwriter
import yaml

from pipeline.cli import main
from pipeline.core.errors import InputError
from pipeline.core.tables import read_table
from pipeline.inventory.column_map import read_column_map
from pipeline.inventory.readers import ReaderInput, readers
from pipeline.inventory.sheet_file import read_workbook

HEADER = ("Код", "Наименование", "Страна", "Широта", "Долгота", "Объём, млн м3", "Шум")
ROW = ("KG 1", "Ак-Тау", "Кыргызстан", "40,5", 70.25, 1.25, "x")
COLUMNS = {
    "header_row": 2,
    "decimal": ",",
    "blank": ["н/д"],
    "columns": {
        "tmf_id": "Код",
        "name": "Наименование",
        "country": {"from": "Страна", "words": {"Кыргызстан": "KG"}},
        "facility_type": {"value": "tailings"},
        "status": {"value": "unknown"},
        "lat_deg": "Широта",
        "lon_deg": "Долгота",
        "position_quality": {"value": "published"},
        "volume_m3": {"from": "Объём, млн м3", "times": 1000000},
    },
}


@pytest.fixture
def own(tmp_path: Path):
    """Write a workbook and the description of its columns; read them."""

    def write(*rows, header=HEADER, **changes):
        path, columns = tmp_path / "свод.xlsx", tmp_path / "columns.yaml"
        book = xlsxwriter.Workbook(str(path))
        sheet = book.add_worksheet("Реестр")
        sheet.write(0, 0, "Реестр 2025")
        for number, cells in enumerate((header, *rows), start=1):
            for column, cell in enumerate(cells):
                if cell is not None:
                    sheet.write(number, column, cell)
        changes.pop("also", lambda _: None)(sheet)
        book.close()
        text = yaml.safe_dump(COLUMNS | changes, allow_unicode=True)
        columns.write_text(text, encoding="utf-8")
        return ReaderInput(path, columns=columns, source="Register 2025")

    return write


def read(source):
    return readers()["table"](source)


def test_a_workbook_gives_the_cells_of_the_project_format(own):
    found = read(own(ROW))
    (row,) = found.rows
    assert row.row == 3
    assert row.cells == {
        "tmf_id": "kg-1",
        "name": "Ак-Тау",
        "country": "KG",
        "facility_type": "tailings",
        "status": "unknown",
        "lat_deg": "40.5",
        "lon_deg": "70.25",
        "position_quality": "published",
        "volume_m3": "1250000",
    }
    assert found.unused_columns == (("свод.xlsx", "Шум"),)


@pytest.mark.parametrize("nothing", [None, "", "н/д", "  "])
def test_a_cell_that_says_nothing_stays_blank(own, nothing):
    (row,) = read(own((*ROW[:5], nothing))).rows
    assert "volume_m3" not in row.cells


def test_rows_without_a_position_do_not_take_its_quality_from_all_rows(own):
    (row,) = read(own((*ROW[:3], None, None, 2))).rows
    assert row.cells["position_quality"] == "none"


def test_blank_rows_are_passed_over_and_numbers_stay_those_of_the_sheet(own):
    rows = read(own(ROW, (), ("KG 2", *ROW[1:]))).rows
    assert [row.row for row in rows] == [3, 5]


@pytest.mark.parametrize(
    ("written", "marks", "expected"),
    [
        ("12 500,75", {}, "12500750000"),
        ("12\u00a0500,75", {}, "12500750000"),
        ("1.250,5", {"thousands": "."}, "1250500000"),
        ("1,250.5", {"decimal": ".", "thousands": ","}, "1250500000"),
        (0.1, {}, "100000"),
    ],
)
def test_numbers_are_read_as_the_description_says(own, written, marks, expected):
    position = {"Широта": 40.5}
    row = (*ROW[:3], position["Широта"], ROW[4], written)
    (found,) = read(own(row, **marks)).rows
    assert found.cells["volume_m3"] == expected


@pytest.mark.parametrize(
    ("cell", "marks", "words"),
    [
        ("1.250", {}, "decimal mark ','"),
        ("1.25,5", {"thousands": "."}, "between thousands"),
        ("около 3", {}, "около 3.*decimal mark"),
    ],
)
def test_a_number_that_may_mean_another_stops_with_row_and_column(
    own, cell, marks, words
):
    with pytest.raises(InputError, match=rf"row 3, field 'Объём, млн м3'.*{words}"):
        read(own((*ROW[:5], cell), **marks))


def test_a_word_without_a_code_stops_with_the_words_that_have_one(own):
    with pytest.raises(InputError, match=r"row 3.*'Чили'.*Кыргызстан.*words"):
        read(own((*ROW[:2], "Чили", *ROW[3:])))


def test_merged_cells_among_the_data_stop_the_run(own):
    source = own(ROW, ROW, also=lambda s: s.merge_range(2, 2, 3, 2, "Кыргызстан"))
    with pytest.raises(InputError, match="merged cells C3:C4"):
        read(source)


def test_a_merged_title_above_the_table_does_no_harm(own):
    assert read(own(ROW, also=lambda s: s.merge_range(0, 1, 0, 5, "x"))).rows


@pytest.mark.parametrize(
    ("formula", "result", "words"),
    [("=1/0", "#DIV/0!", "error #DIV/0!"), ("=A1", "", "without a stored result")],
)
def test_a_cell_whose_value_is_lost_stops_the_run(
    own, tmp_path, formula, result, words
):
    source = own(ROW, also=lambda s: s.write_formula(2, 5, formula, None, result))
    if not result:  # as libraries write it that do not calculate
        _without_results(source.path)
    with pytest.raises(InputError, match=rf"row 3, field 'F3'.*{words}"):
        read(source)


def _without_results(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = "xl/worksheets/sheet1.xml"
    parts[name] = parts[name].replace(b"</f><v></v>", b"</f>")
    with zipfile.ZipFile(path, "w") as archive:
        for each, content in parts.items():
            archive.writestr(each, content)


def test_a_stored_result_of_a_formula_counts(own):
    source = own(ROW, also=lambda s: s.write_formula(2, 5, "=1+1", None, 2))
    assert read(source).rows[0].cells["volume_m3"] == "2000000"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"sheet": "Лист9"}, "the sheets 'Реестр'"),
        ({"header_row": 9}, "row 9.*no names of columns"),
        ({"header_row": 1}, "no such column.*'Реестр 2025'"),
        ({"decimal": ",", "thousands": ","}, "must differ"),
        ({"columns": {"tmf_id": "Код"}}, "found no name, country"),
        ({"colums": {}}, "did you mean 'columns'"),
    ],
)
def test_a_wrong_description_is_told_in_one_sentence(own, change, words):
    with pytest.raises(InputError, match=words):
        read(own(ROW, **change))


def test_a_column_that_stands_twice_is_not_chosen_by_chance(own):
    with pytest.raises(InputError, match="more than one such column"):
        read(own(ROW, header=(*HEADER[:6], "Код")))


@pytest.mark.parametrize("content", [b"PK\x03\x04 cut", b"not a workbook", b""])
def test_a_broken_workbook_is_told_in_one_sentence(tmp_path, content):
    path = tmp_path / "broken.xlsx"
    path.write_bytes(content)
    with pytest.raises(InputError, match="no whole XLSX workbook"):
        read_workbook(path)


def test_a_workbook_named_as_the_project_format_says_what_to_do(own):
    with pytest.raises(InputError, match="natech inventory columns"):
        readers()["natech-csv"](own(ROW))


def test_text_in_another_encoding_and_separator_is_read(tmp_path):
    path, columns = tmp_path / "a.csv", tmp_path / "columns.yaml"
    lines = [";".join(HEADER[:6]), "KG-1;Ак-Тау;Кыргызстан;40,5;70,25;н/д"]
    path.write_bytes("\n".join(lines).encode("cp1251"))
    how = COLUMNS | {"header_row": 1, "separator": ";", "encoding": "cp1251"}
    columns.write_text(yaml.safe_dump(how), encoding="utf-8")
    (row,) = read(ReaderInput(path, columns=columns)).rows
    assert row.cells["lat_deg"] == "40.5"
    assert row.cells["name"] == "Ак-Тау"
    assert "volume_m3" not in row.cells


def test_the_citation_of_the_inventory_is_the_source_of_its_cells(
    own, small_region, tmp_path
):
    source = own(ROW)
    region = tmp_path / "small.yaml"
    text = region.read_text(encoding="utf-8").replace(
        "[{path: facilities.csv}]",
        f"[{{path: {source.path.name}, reader: table, columns: columns.yaml, "
        "source: Register 2025}]",
    )
    region.write_text(text, encoding="utf-8")
    assert _inventory(region, tmp_path) == 0
    values = read_table("facility_values", tmp_path / "values.parquet")
    volume = values.set_index("field").loc["volume_m3"]
    assert volume["source"] == "Register 2025 (свод.xlsx, row 3)"
    assert volume["quality"] == "sourced"


def _inventory(region: Path, folder: Path) -> int:
    names = ("facilities", "values", "ledger", "zones", "components")
    outs = [f"--out-{name}={folder / name}.parquet" for name in names]
    return main(["inventory", "--region", str(region), *outs])


def test_a_proposed_description_reads_the_table_it_was_written_for(own, tmp_path):
    source = own(ROW, ("KG 2", *ROW[1:]))
    out = tmp_path / "proposed.yaml"
    arguments = ["inventory", "columns", str(source.path), "--out", str(out)]
    assert main(arguments) == 0
    text = out.read_text(encoding="utf-8")
    assert 'position_quality: "?"' in text
    assert "times: 1000000" in text
    out.write_text(text.replace('"?"', "{value: published}"), encoding="utf-8")
    how = read_column_map(out)
    assert how.header_row == 2
    assert how.decimal == ","
    found = read(ReaderInput(source.path, columns=out))
    assert [row.cells["tmf_id"] for row in found.rows] == ["kg-1", "kg-2"]
    assert found.rows[0].cells["country"] == "KG"
    assert main(arguments) == 2  # never overwrites


def test_words_that_are_not_known_are_left_to_the_user(own, tmp_path):
    source = own(
        (*ROW, "законсервировано"),
        (*ROW, "Непонятно"),
        header=(*HEADER, "Состояние"),
    )
    out = tmp_path / "proposed.yaml"
    assert main(["inventory", "columns", str(source.path), "--out", str(out)]) == 0
    how = SimpleNamespace(**yaml.safe_load(out.read_text(encoding="utf-8")))
    assert how.columns["status"]["words"] == {
        "законсервировано": "closed",
        "Непонятно": "?",
    }
