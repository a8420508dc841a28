from __future__ import annotations

import re
from enum import StrEnum

import pytest

from pipeline.core.errors import InputError
from pipeline.core.hazard_maps import MAP_NOTES
from pipeline.core.model import (
    ConsequenceClass,
    DisplacementStatus,
    FacilityStatus,
    PositionQuality,
    Scenario,
    Status,
    WatchLevel,
)
from pipeline.core.schemas.assessment import Measure, Reason
from pipeline.core.tables import all_tables
from pipeline.publish.words import (
    WORDS_FOLDER,
    available_languages,
    flatten,
    placeholders,
    read_words,
)

CATALOGUES = [read_words(language) for language in available_languages()]
MAIN = read_words("en")
# Codes that no page prints, or that have words of their own.
UNPRINTED = {
    ("displacement", "status"), ("displacement", "watch_level"),
    ("hazards", "scenario"), ("hazard_changes", "scenario"), ("hazards", "place"),
    ("assessment_changes", "scenario"),
    ("crossings", "kind"), ("network_ledger", "kind"),
    ("measures", "measure_id"), ("measures", "reason"),
    ("reaches", "discharge_source"), ("reaches", "velocity_method"),
    ("candidates", "border_kind"), ("branches", "stop"),
    ("exposure", "basis"), ("exposure", "by"),
}  # fmt: skip


def test_english_and_russian_are_there():
    assert {"en", "ru"} <= set(available_languages())


@pytest.mark.parametrize("words", CATALOGUES, ids=lambda w: w.language)
def test_all_languages_have_the_same_keys(words):
    assert set(words.messages) == set(MAIN.messages)


@pytest.mark.parametrize("words", CATALOGUES, ids=lambda w: w.language)
def test_placeholders_match_in_all_languages(words):
    for key, text in MAIN.messages.items():
        assert placeholders(words.messages[key]) == placeholders(text), key


@pytest.mark.parametrize("words", CATALOGUES, ids=lambda w: w.language)
def test_no_text_is_empty_or_cut_by_its_yaml(words):
    for key, text in words.messages.items():
        assert text.strip(), key
        assert text not in ("None", "True", "False"), key
        assert len(key) < 80, key


def test_russian_texts_are_not_left_in_english():
    russian = read_words("ru")
    same = [
        key
        for key, text in russian.messages.items()
        if text == MAIN.messages[key]
        and re.search(r"[A-Za-z]{4,}", re.sub(r"\{\w+\}", "", text))
    ]
    assert same == []


@pytest.mark.parametrize(
    ("group", "codes"),
    [
        ("status", Status),
        ("displacement", DisplacementStatus),
        ("watch", WatchLevel),
        ("consequence", ConsequenceClass),
        ("facility_status", FacilityStatus),
    ],
)
def test_every_status_has_a_word_and_a_sentence(group: str, codes: type[StrEnum]):
    for code in codes:
        assert MAIN.has(f"{group}.{code}.word")
        assert MAIN.has(f"{group}.{code}.sentence")


@pytest.mark.parametrize(
    ("group", "codes"),
    [
        ("scenario", Scenario),
        ("position", PositionQuality),
        ("motion.add", DisplacementStatus),
        ("measure_text", Measure),
        ("reason_text", Reason),
    ],
)
def test_every_code_has_words(group: str, codes: type[StrEnum]):
    assert [code for code in codes if not MAIN.has(f"{group}.{code}")] == []


def test_every_code_column_that_pages_print_has_words():
    missing = [
        f"{table.name}.{column.name}.{code}"
        for table in all_tables().values()
        for column in table.columns
        for code in column.codes
        if not column.name.endswith("_status")
        and not column.name.startswith("consequence_class")
        and (table.name, column.name) not in UNPRINTED
        and not MAIN.has(f"code.{column.name}.{code}")
    ]
    assert missing == []


VOCABULARIES = [
    column.reasons
    for table in all_tables().values()
    for column in table.columns
    if column.reasons is not None
] + [MAP_NOTES]
REASONS = {
    (vocabulary.name, code): set(names)
    for vocabulary in VOCABULARIES
    for code, names in vocabulary.values.items()
}


@pytest.mark.parametrize("words", CATALOGUES, ids=lambda w: w.language)
def test_every_reason_of_a_stage_has_words_that_name_its_values(words):
    assert len(REASONS) > 50
    said = {
        key: placeholders(words.messages.get("reason.{}.{}".format(*key), ""))
        for key in REASONS
    }
    assert said == REASONS
    assert all(words.has("reason.{}.{}".format(*key)) for key in REASONS)


def test_the_catalogue_has_no_reason_that_no_stage_can_state():
    known = {"reason.{}.{}".format(*key) for key in REASONS}
    held = {key for key in MAIN.messages if key.startswith("reason.")}
    assert held == known


def test_countries_around_the_basin_have_names():
    for code in ("KG", "KZ", "TJ", "UZ", "TM", "CN", "AF"):
        assert MAIN.country(code) != code


def test_unknown_country_is_shown_by_its_code():
    assert MAIN.country("XX") == "XX"


def test_missing_catalogue_is_an_error_that_names_the_key():
    with pytest.raises(InputError, match="languages"):
        read_words("xx")


def test_missing_placeholder_is_an_error():
    with pytest.raises(KeyError):
        MAIN("page.profile_title")


def test_nested_catalogue_becomes_keys_with_dots():
    assert flatten({"a": {"b": "x", "c": {"d": 1}}}) == {"a.b": "x", "a.c.d": "1"}


def test_every_key_of_a_template_is_in_the_catalogue():
    folder = WORDS_FOLDER.parent / "templates"
    for template in folder.glob("*.j2"):
        text = template.read_text(encoding="utf-8")
        for key in re.findall(r"\bw\('([a-z_.]+[a-z])'[,)]", text):
            assert MAIN.has(key), (template.name, key)


def test_a_country_that_no_catalogue_names_has_its_common_name():
    assert read_words("ru").country("BO") == "Боливия"
    assert read_words("en").country("ZZ") == "ZZ"
