"""What a profile says about the tailings as a mixture."""

from __future__ import annotations

import re

import pytest

from pipeline.core.schemas.mixtures import MixtureClass, MixtureItem
from pipeline.publish.words import read_words


def part_of(site, tmf_id, title, language="en"):
    html = (site / "profiles" / f"{tmf_id}.html").read_text(encoding="utf-8")
    section = html.split(f'id="assessment-{language}"')[1]
    found = section.split(f"<h3>{title}</h3>")[1].split("<h3>")[0]
    assert "<img src=x" not in found
    return " ".join(re.sub(r"<[^>]+>", " ", found).split()).replace("\u00a0", " ")


def test_class_number_and_what_is_unknown_stand_in_one_row(site):
    text = part_of(site, "aa-01", "Tailings as a mixture")
    assert "acute toxicity 3 (orally not in Annex I) · provisional" in text or (
        "acute toxicity 3 (orally not in Annex I) provisional" in text
    )
    assert "233 mg/kg" in text
    assert "Of 95 % of the dry mass nothing is stated." in text
    assert "1.05 (0.9–1.5)" in text
    assert "perhaps reached" in text
    assert "The pH is not stated." in text


def test_the_russian_page_has_the_same(site):
    text = part_of(site, "aa-01", "Хвосты как смесь", "ru")
    assert "233 мг/кг" in text
    assert "1,05 (0,9–1,5)" in text


@pytest.mark.parametrize("tmf_id", ["aa-02", "aa-04"])
def test_nothing_stated_is_one_sentence(site, tmf_id):
    text = part_of(site, tmf_id, "Tailings as a mixture")
    assert text.startswith("Nothing is stated of the composition")


@pytest.mark.parametrize("language", ["en", "ru"])
def test_every_item_and_class_has_words(language):
    words = read_words(language)
    for code in MixtureItem:
        assert words(f"code.item.{code}")
    for code in MixtureClass:
        assert words(f"code.class.{code}")
