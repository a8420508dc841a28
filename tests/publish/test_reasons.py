"""Reasons are said in the page's language; files for other programs say English."""

from __future__ import annotations

import pandas as pd
import pytest

from pipeline.core.schemas.displacement import STATUS_REASONS, WATCH_REASONS
from pipeline.core.tables import all_tables
from pipeline.publish.reasons import stated, value_text
from pipeline.publish.words import read_words

EN, RU = read_words("en"), read_words("ru")
STALE = STATUS_REASONS.reason(
    "stale",
    n_points=1600,
    radius_m=1000.0,
    last_date="2024-12-18",
    age_d=368.0,
    reference_date="2025-12-21",
    limit_d=180.0,
)


def test_numbers_and_dates_follow_the_language():
    english = stated("displacement", "reason", STALE, EN)
    assert english.startswith("1,600 measurement points within 1\u00a0km")
    assert "(2024-12-18) is 368\u00a0days older than 2025-12-21" in english
    russian = stated("displacement", "reason", STALE, RU)
    assert "(число: 1\u00a0600)" in russian
    assert "368\u00a0сут" in russian


def test_several_reasons_become_sentences_in_their_order():
    cell = ";".join(
        WATCH_REASONS.reason(code) for code in ("no_rule_met", "no_signal_is_no_proof")
    )
    assert stated("displacement", "watch_reason", cell, EN) == (
        "No rule for a higher level is met. Absence of a signal is no evidence of "
        "safety."
    )


def test_an_empty_cell_says_nothing():
    assert stated("displacement", "watch_reason", None, EN) == ""


def test_a_column_without_reasons_is_refused():
    with pytest.raises(ValueError, match="no reasons"):
        stated("displacement", "source_ids", "x", EN)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("share_fraction", "0.24993485", "25\u00a0%"),
        ("rate_mm_per_yr", "-18.449321", "−18.4\u00a0mm/yr"),
        ("cell_m", "1200", "1.2\u00a0km"),
        ("warming_k", "1.2", "1.2\u00a0K"),
        ("state", "missing", "no file found"),
        ("source", "<b>", "<b>"),
        ("source", "2019", "2019"),
    ],
)
def test_the_name_of_a_value_says_how_it_is_written(name, text, said):
    assert value_text(name, text, EN) == said


def test_files_carry_english_sentences_and_no_codes(site):
    rows = pd.read_csv(site / "data" / "displacement.csv").set_index("tmf_id")
    assert rows.loc["aa-03", "reason"] == (
        "The inventory gives no position, so no measurement points are chosen."
    )
    codes = {
        code
        for table in all_tables().values()
        for column in table.columns
        if column.reasons is not None
        for code in column.reasons.values
    }
    assert not set(rows["reason"]) & codes


def test_a_russian_page_has_no_reason_in_english(site):
    page = (site / "profiles" / "aa-03.html").read_text(encoding="utf-8")
    assert "В перечне нет координат, поэтому точки измерений не выбраны." in page


def test_a_layer_is_called_by_its_title_where_it_is_known():
    titled = read_words("ru").with_layers({"pga": "Ускорение"})
    reason = "no_future_of|layer=pga"
    said = stated("assessment_changes", "reason", reason, titled)
    assert "«Ускорение»" in said
    assert "pga" in stated("assessment_changes", "reason", reason, read_words("ru"))
    both = value_text("layers", "pga, other", titled)
    assert both == "«Ускорение», other"
