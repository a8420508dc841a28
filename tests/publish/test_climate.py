"""Climate on the pages and in the files: what changes, what does not, and why."""

from __future__ import annotations

import re
import zipfile

import pandas as pd
import pyogrio
import pytest

from pipeline.publish.climatesection import _range
from pipeline.publish.words import read_words


def read(path):
    return path.read_text(encoding="utf-8")


def climate_of(site, tmf_id, language):
    page = read(site / "profiles" / f"{tmf_id}.html")
    found = page.split(f'id="climate-{language}"')[1].split("</section>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", found).split())


@pytest.mark.parametrize(
    ("language", "texts"),
    [
        (
            "en",
            (
                "Overtopping by rain, per year",
                "(percentiles 50 to 95)",
                "Site term of the hazard index: no climate-dependent input. "
                "The region has no flood map",
                "earthquakes do not follow the climate (k = 1): Failure by earthquake",
                "Melt of glaciers. Outbursts of glacial lakes.",
            ),
        ),
        (
            "ru",
            (
                "Перелив от дождя, в год",
                "нет данных, зависящих от климата. У региона нет карты паводков",
                "Таяние ледников. Прорывы ледниковых озёр.",
            ),
        ),
    ],
)
def test_a_profile_says_what_changes_what_does_not_and_what_is_left_out(
    site, language, texts
):
    said = climate_of(site, "aa-01", language)
    for text in texts:
        assert text in said


def test_a_quantity_without_climate_input_shows_no_future_number(site):
    page = read(site / "profiles" / "aa-01.html")
    table = page.split('id="climate-en"')[1].split("</section>")[0]
    assert "Site term" not in "".join(
        re.findall(r"<table.*?</table>", table, re.DOTALL)
    )


def test_the_map_page_counts_the_facilities_whose_assessment_changes(site):
    text = read(site / "index.html")
    assert "the assessment changes at 1 of 6 facilities; at 5 no climate" in text


def test_both_tables_of_changes_are_in_all_files(site):
    data = site / "data"
    for name, key in (("hazard_changes", "future"), ("assessment_changes", "effect")):
        table = pd.read_csv(data / f"{name}.csv")
        layer = pyogrio.read_dataframe(data / "small.gpkg", layer=name)
        assert len(table) == len(layer) > 0
        assert key in table.columns
    said = pd.read_csv(data / "assessment_changes.csv").set_index("quantity")
    assert said.loc["thi_site", "reason"].startswith("The region has no flood map")
    assert pd.isna(said.loc["thi_site", "difference"])


def test_the_spreadsheet_names_codes_in_both_languages(site):
    book = zipfile.ZipFile(site / "data" / "climate.xlsx")
    words = book.read("xl/sharedStrings.xml").decode("utf-8")
    for text in ("Overtopping by rain", "Перелив от дождя", "stays", "quantity_ru"):
        assert (text in words) == (text != "stays")
    sheets = book.read("xl/workbook.xml").decode("utf-8")
    assert all(f'name="{name}"' in sheets for name in ("Hazards", "Assessment"))


def test_a_quantity_that_falls_as_it_warms_is_printed_low_first():
    rows = [
        {"percentile": percentile, "future": future, "unit": "degC d"}
        for percentile, future in ((5.0, 128.0), (50.0, 81.0), (95.0, 41.8))
    ]
    said = _range(rows, read_words("en"))
    assert said.startswith("41.8–128")
    assert "percentiles 5 to 95" in said


def test_a_range_that_the_printed_digits_cannot_show_is_left_out():
    rows = [
        {"percentile": percentile, "future": future, "unit": "-"}
        for percentile, future in ((5.0, 3.0), (95.0, 2.9999))
    ]
    assert _range(rows, read_words("en")) == ""
