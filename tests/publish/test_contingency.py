from __future__ import annotations

import json
import re
import shutil
import zipfile
from xml.etree import ElementTree

import jsonschema
import pytest
import yaml

from pipeline.core.config import read_methods
from pipeline.core.tables import table_of, write_table
from pipeline.publish import contingencypage
from pipeline.publish.contingencypage import reasons_text
from pipeline.publish.drafts import FIELDS, draft, used_in
from pipeline.publish.inputs import read_tables
from pipeline.publish.sheet import sheet_of
from pipeline.publish.sheetdata import sheet_document
from pipeline.publish.stage import run
from pipeline.publish.words import read_words
from pipeline.publish.workbook import write_workbook

EN, RU = read_words("en"), read_words("ru")
SPREADSHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
BORDER = "border-kg-uz-river-2"


@pytest.fixture(scope="module")
def sheet(small_region):
    return sheet_of(read_tables(small_region.tables))


@pytest.fixture(scope="module")
def page(site):
    return (site / "contingency.html").read_text(encoding="utf-8")


def block(page, place):
    return page.split(f'<section id="{place}"')[1].split("</section>")[0]


def test_every_place_has_its_anchor_once(page):
    for place in (BORDER, "settlement-testtown", "reservoir-test-lake"):
        assert page.count(f'<section id="{place}"') == 1


def test_place_lists_all_facilities_upstream_by_arrival(page):
    english = block(page, BORDER).split('data-in="ru"')[0]
    rows = re.findall(r'<tr data-arrival="(\d)" data-hazard="(\d)">', english)
    assert rows == [("1", "6"), ("2", "5"), ("3", "4")]
    assert english.index("aa-01.html") < english.index("aa-02.html")


def test_three_flows_stand_in_the_order_of_their_arrival(page):
    row = block(page, BORDER).split("<tr data-arrival")[1]
    values = re.findall(r'<span class="value">([^<]*)\u00a0h</span>', row)
    assert values[:3] == ["8.7", "15", "28"]  # 0.5, 0.89 and 1.6 times 17.3 h


def test_unknown_arrival_is_hatched_and_says_why(page):
    row = block(page, "reservoir-test-lake").split("<tr data-arrival")[1]
    assert 'colspan="6"' in row
    assert "unknown (standing water on the way)" in row
    name = re.search(r'href="#(sym-\d+)"', row)[1]
    drawing = re.search(rf'<symbol id="{name}".*?</symbol>', page)[0]
    assert "url(#hatch)" in drawing


def test_facilities_without_a_path_are_listed_and_not_called_safe(page):
    english = page.split('id="matrix-en"')[1].split("</section>")[0]
    unjoined = english.split('class="unjoined"')[1]
    for key in ("aa-03", "aa-04", "aa-05"):
        assert f'id="facility-{key}-en"' in unjoined
    assert "Unknown is not safe" in english


def test_overview_gives_mean_and_earliest_arrival(page):
    english = page.split('id="matrix-en"')[1].split("</table>")[0]
    assert "earliest 8.7\u00a0h" in english


def test_country_sheet_names_ways_and_canals_as_text(page, small):
    section = page.split('id="country-kz-en"')[1].split("</section>")[0]
    assert "a canal leads there" in section
    assert "&lt;img src=x" in section
    assert "<img" not in section


def test_country_told_for_air_alone_has_no_river_values(page):
    section = page.split('id="country-kg-en"')[1].split("</section>")[0]
    assert "(air path)" in section
    assert "4\u00a0km" in section
    assert "data-arrival" not in section


def test_both_languages_have_the_same_places_and_rows(page):
    english = page.count('data-in="en" lang="en"')
    assert english == page.count('data-in="ru" lang="ru"')
    for place in (BORDER, "settlement-testtown"):
        parts = block(page, place).split('data-in="ru"')
        assert parts[0].count("<tr data-arrival") == parts[1].count("<tr data-arrival")


def test_reasons_are_said_with_the_way_that_is_first(sheet):
    canal = next(row for row in sheet.told["aa-01"] if row["country"] == "KZ")
    assert reasons_text(canal, EN) == "a canal leads there"
    river = next(row for row in sheet.told["aa-01"] if row["country"] == "UZ")
    assert reasons_text(river, EN).startswith("the river enters the country; ")
    assert "may lie within 15 km" in reasons_text(river, EN)
    assert "возможно" in reasons_text(river, RU)


def test_sheet_and_drafts_fit_their_schemas(site):
    schema = json.loads((site / "data" / "contingency.schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    document = json.loads((site / "data" / "contingency.json").read_text("utf-8"))
    jsonschema.validate(document, schema)
    schema = json.loads((site / "data" / "notification.schema.json").read_text("utf-8"))
    drafts = sorted((site / "notifications").glob("*.json"))
    assert len(drafts) == 6
    for path in drafts:
        jsonschema.validate(json.loads(path.read_text("utf-8")), schema)


def test_document_keeps_unknown_as_null_and_says_so(site, sheet, small_region):
    methods = read_methods(small_region.methods)
    made = sheet_document(sheet, "small", methods, [])
    lake = next(p for p in made["places"] if p["place_kind"] == "reservoir")
    first = lake["facilities"][0]
    assert first["lead_h"] == {"high_flow": None, "mean_flow": None, "low_flow": None}
    assert first["arrival_state"] == "unknown"
    text = (site / "data" / "contingency.json").read_text("utf-8")
    assert list(json.loads(text)) == sorted(json.loads(text))


def cells(path, number):
    """Texts and numbers of one sheet of a workbook, row by row."""
    with zipfile.ZipFile(path) as book:
        shared = ElementTree.fromstring(book.read("xl/sharedStrings.xml"))
        texts = ["".join(item.itertext()) for item in shared]
        root = ElementTree.fromstring(book.read(f"xl/worksheets/sheet{number}.xml"))
    rows = []
    for line in root.iter(f"{SPREADSHEET}row"):
        row = {}
        for cell in line:
            value = cell.find(f"{SPREADSHEET}v")
            column = re.sub(r"\d", "", cell.attrib["r"])
            assert cell.find(f"{SPREADSHEET}f") is None
            if value is not None:
                shared_text = cell.attrib.get("t") == "s"
                row[column] = texts[int(value.text)] if shared_text else value.text
        rows.append(row)
    return rows


def test_workbook_has_its_sheets_and_reads_back(site, small):
    path = site / "data" / "contingency.xlsx"
    with zipfile.ZipFile(path) as book:
        names = re.findall(
            r'<sheet name="([^"]+)"', book.read("xl/workbook.xml").decode()
        )
    assert names == [
        "Read me", "Places", "Facilities x places", "Countries", "Facilities",
    ]  # fmt: skip
    places = cells(path, 2)
    assert len(places) == 2 + 3
    assert places[2]["A"] == BORDER
    assert small.EVIL in places[3].values()
    pairs = cells(path, 3)
    assert len(pairs) == 2 + 9
    columns = {name: column for column, name in pairs[0].items()}
    first = next(r for r in pairs[2:] if r["B"] == "aa-01" and r["A"] == BORDER)
    assert float(first[columns["distance_m"]]) == 57_123.4
    assert float(first[columns["lead_mean_flow_h"]]) == pytest.approx(0.89 * 17.3)
    lake = next(r for r in pairs[2:] if r["A"] == "reservoir-test-lake")
    assert columns["lead_mean_flow_h"] not in lake
    assert lake[columns["state_en"]] == "unknown"


def test_text_that_looks_like_a_formula_stays_text(sheet, tmp_path):
    facilities = {k: {**v, "name": "=1+1"} for k, v in sheet.facilities.items()}
    changed = type(sheet)(**{**vars(sheet), "facilities": facilities})
    path = tmp_path / "a.xlsx"
    write_workbook(path, changed, [(EN, ["=A1"]), (RU, ["+1"])])
    assert "=1+1" in {v for row in cells(path, 3) for v in row.values()}
    assert {"A": "=A1"} in cells(path, 1)


def test_workbook_says_units_and_flows_in_both_languages(site):
    text = " ".join(v for row in cells(site / "data/contingency.xlsx", 1) for v in
                    row.values())  # fmt: skip
    assert "0.3 × mean discharge" in text
    assert "0,3 × среднего" in text
    assert "An empty cell is unknown" in text


def test_draft_holds_all_fields_in_order_and_is_an_exercise(site):
    record = json.loads((site / "notifications" / "aa-01.json").read_text("utf-8"))
    assert tuple(record["fields"]) == FIELDS
    assert record["fields"]["exercise_flag"] is True
    assert record["official_form"] is False
    assert "Nothing is ever sent" in record["statement"]
    countries = [item["country"] for item in record["fields"]["countries_concerned"]]
    assert countries == ["UZ", "KZ"]
    assert "point_of_contact" in record["to_be_filled"]
    arrival = record["fields"]["predicted_arrival"][0]
    assert arrival["t_lead_h"]["mean_flow"] == pytest.approx(0.89 * 17.3)
    assert record["fields"]["predicted_arrival"][-1]["t_lead_h"] is None


def test_draft_of_a_facility_without_a_path_leaves_the_water_to_be_filled(sheet):
    record = draft(sheet, "aa-05", [])
    for field in ("release_path", "affected_water_body", "countries_concerned",
                  "predicted_arrival", "discharge_m3s"):  # fmt: skip
        assert record["fields"][field] is None
        assert field in record["to_be_filled"]


def test_substances_carry_their_quality_and_no_amount(sheet):
    values = [
        {"field": "substances", "quality": "recalled", "source": "s", "note": None}
    ]
    found = draft(sheet, "aa-01", values)["fields"]["substances"]
    assert [item["name"] for item in found] == ["U", "radon"]
    assert {item["quality"] for item in found} == {"recalled"}
    assert {item["quantity_t"] for item in found} == {None}


def test_every_field_is_used_in_some_report():
    for field in FIELDS:
        assert "information" in used_in(field)
    assert "early_warning" in used_in("predicted_arrival")
    assert "early_warning" not in used_in("casualties")


def test_page_of_a_draft_is_marked_and_never_called_official(site):
    text = (site / "notifications" / "aa-01.html").read_text("utf-8")
    assert text.count("EXERCISE – EXERCISE – EXERCISE") == 2
    assert text.count("УЧЕНИЯ – УЧЕНИЯ – УЧЕНИЯ") == 2
    assert "This is not the official form" in text
    assert "field names of the official form" in text
    fields = re.findall(r'<tr data-field="(\w+)">', text)
    assert fields == [*FIELDS, *FIELDS]


def test_map_and_profiles_lead_to_the_sheet(site):
    assert 'href="contingency.html"' in (site / "index.html").read_text("utf-8")
    profile = (site / "profiles" / "aa-01.html").read_text("utf-8")
    assert 'data-hash="facility-aa-01-en"' in profile
    assert "../notifications/aa-01.html" in profile


def test_sheet_over_its_budget_is_written_and_told(small_region, tmp_path, caplog):
    methods = yaml.safe_load(small_region.methods.read_text(encoding="utf-8"))
    methods["publish"]["contingency_budget_bytes"] = 1000
    tight = tmp_path / "methods.yaml"
    tight.write_text(yaml.safe_dump(methods), encoding="utf-8")
    run(small_region.arguments(tmp_path / "site", methods=tight))
    assert "contingency_budget_bytes" in caplog.text
    assert (tmp_path / "site" / "contingency.html").stat().st_size > 1000


def test_region_without_any_border_or_place_still_gets_its_page(small_region, tmp_path):
    tables = tmp_path / "tables"
    shutil.copytree(small_region.tables, tables)
    for name in ("contingency", "notifications"):
        write_table(table_of(name, []), name, tables / f"{name}.parquet")
    run(small_region.arguments(tmp_path / "site", tables=tables))
    text = (tmp_path / "site" / "contingency.html").read_text("utf-8")
    assert "No facility of the inventory drains to a place of this kind." in text
    assert 'id="facility-aa-01-en"' in text


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "nobody abroad that is known of"), ("ru", "за рубежом никого")],
)
def test_a_place_without_a_country_to_tell_says_so(sheet, monkeypatch, language, said):
    monkeypatch.setattr(contingencypage, "countries_told", lambda *_: [])
    view = contingencypage.place_view(sheet, sheet.places[0], read_words(language))
    assert view["told"][0].startswith(said)
