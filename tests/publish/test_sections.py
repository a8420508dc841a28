from __future__ import annotations

import re

import pytest

from pipeline.publish.assessmentsection import reason_text
from pipeline.publish.cells import estimate_cell, flag_cell, value_text
from pipeline.publish.dossiers import gather, rows_of
from pipeline.publish.inputs import read_tables
from pipeline.publish.strip import shown_length_m, strip_chart
from pipeline.publish.words import read_words

EN, RU = read_words("en"), read_words("ru")


@pytest.fixture(scope="module")
def dossiers(small_region):
    found = gather(read_tables(small_region.tables))
    return {dossier.tmf_id: dossier for dossier in found}


def test_empty_cells_become_none(small_region):
    rows = rows_of(read_tables(small_region.tables).facilities)
    placeless = next(row for row in rows if row["tmf_id"] == "aa-03")
    assert placeless["lon_deg"] is None
    assert placeless["operator"] is None
    assert placeless["start_year"] is None


def test_unknown_flag_is_neither_yes_nor_no():
    cell = flag_cell(None, EN)
    assert cell.text == "unknown"
    assert cell.look is not None
    assert cell.look.fill == "hatched"
    assert flag_cell(False, EN).text == "no"


def test_estimate_without_value_and_bounds_is_hatched_never_zero(dossiers):
    found = dossiers["aa-04"].assessment
    cell = estimate_cell(found, "thi", EN, table="assessment")
    assert cell.text == "not provided"
    assert cell.look is not None
    assert "0" not in cell.text


def test_codes_and_units_are_written_in_the_language(dossiers):
    assert (
        value_text("facilities", "facility_type", "tailings", RU) == "хвостохранилище"
    )
    assert value_text("facilities", "substances", "U; radon", RU) == "U; радон"
    assert value_text("facilities", "dam_height_m", 32.0, RU) == "32\u00a0м"
    assert value_text("facilities", "start_year", 1958, EN) == "1958"


def test_reason_is_filled_with_values_in_the_language():
    row = {"reason": "border_downstream", "detail": "countries=UZ, KZ"}
    assert "Узбекистан, Казахстан" in reason_text(row, RU)
    row = {"reason": "position_uncertain", "detail": "radius_km=8.5"}
    assert "8,5" in reason_text(row, RU)


def test_reason_without_its_values_shows_that_they_are_unknown():
    row = {"reason": "position_uncertain", "detail": None}
    assert "about – km" in reason_text(row, EN)


def test_strip_chart_ends_after_the_last_border(dossiers):
    assert shown_length_m(dossiers["aa-01"]) == pytest.approx(1.12 * 57_123.4)


def test_strip_chart_names_the_border_and_the_place(dossiers):
    chart = str(strip_chart(dossiers["aa-01"], RU))
    assert "KG→UZ" in chart
    assert 'class="border disputed"' in chart
    assert "двое суток" in chart


def test_no_path_gives_no_chart(dossiers):
    assert strip_chart(dossiers["aa-05"], EN) is None


def test_arrival_grows_along_the_chart(dossiers):
    chart = str(strip_chart(dossiers["aa-01"], EN))
    data = re.search(r'd="M([^"]*)" class="peak"', chart)
    assert data is not None
    points = [tuple(map(float, p.split(","))) for p in data.group(1).split()]
    xs, ys = zip(*points, strict=True)
    assert list(xs) == sorted(xs)
    assert list(ys) == sorted(ys, reverse=True)
