"""What a profile says about the dam, mechanism by mechanism."""

from __future__ import annotations

import re

import pytest

from pipeline.core.schemas.dam_checks import Check, Mechanism
from pipeline.publish.damsection import _once, _returns
from pipeline.publish.words import read_words


def part_of(site, tmf_id, title, language="en"):
    html = (site / "profiles" / f"{tmf_id}.html").read_text(encoding="utf-8")
    section = html.split(f'id="assessment-{language}"')[1]
    found = section.split(f"<h3>{title}</h3>")[1].split("<h3>")[0]
    assert "<img src=x" not in found
    text = " ".join(re.sub(r"<[^>]+>", " ", found).split())
    return text.replace("\u00a0", " ")


def test_a_check_shows_value_bounds_basis_layer_and_source(site):
    text = part_of(site, "aa-01", "What could happen to the dam")
    assert "Sliding of the slope (Newmark displacement)" in text
    assert "shaking of a return period of 475 years 0.072 m (0.02–0.3)" in text
    assert "static factor of safety (1.2) and the outer slope (30 °)" in text
    assert "Swaisgood 2003" in text


def test_bounds_alone_are_called_so_and_marked(site):
    text = part_of(site, "aa-01", "What could happen to the dam")
    row = text.split("Failure by settlement or flow")[1].split("Sliding")[0]
    assert "demonstration" in row
    assert "provisional" in row
    assert "bounds only" in row.lower()
    assert "which of them holds is unknown" in row


def test_checks_without_a_number_share_a_row_with_the_reason(site):
    text = part_of(site, "aa-01", "What could happen to the dam")
    assert (
        "Peak discharge of the breach; Time in which the breach forms; "
        "Mean width of the breach" in text
    )
    assert text.count("The free water of the pond is not stated.") == 1
    assert "no method with published parameters" in text


def test_the_russian_page_writes_numbers_its_way(site):
    text = part_of(site, "aa-01", "Что может случиться с дамбой", "ru")
    assert "0,072 м (0,02–0,3)" in text
    assert "коэффициенту запаса (1,2) и внешнему откосу (30 °)" in text


@pytest.mark.parametrize("tmf_id", ["aa-02", "aa-04"])
def test_without_a_dam_one_sentence_says_so(site, tmf_id):
    text = part_of(site, tmf_id, "What could happen to the dam")
    assert text == "No impounding dam is recorded, so nothing is computed here."


@pytest.mark.parametrize("language", ["en", "ru"])
def test_every_mechanism_and_check_has_words(language):
    words = read_words(language)
    for code in Mechanism:
        assert words(f"code.mechanism.{code}")
    for code in Check:
        assert words(f"code.check.{code}")


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        (1e-5, 1e-3, "Once in 1,000 to 100,000 years."),
        (0.0, 0.01, "At most once in 100 years."),
        (0.02, 0.02, "Once in about 50 years."),
        (0.0, 0.0, ""),
    ],
)
def test_a_frequency_is_told_as_years_too(low, high, text):
    row = {"value_low": low, "value_high": high}
    assert _returns(row, read_words("en")) == text


def test_what_has_no_method_is_not_computed_rather_than_not_provided(site):
    text = part_of(site, "aa-01", "What could happen to the dam")
    assert "Failure by freezing and thawing not computed" in text


def test_a_reason_that_repeats_stands_once():
    words = read_words("en")
    views = [{"reason": text} for text in ("a", "a", "b", "", "", "a")]
    told = [view["reason"] for view in _once(views, words)]
    assert told == ["a", "As above.", "b", "", "", "a"]
