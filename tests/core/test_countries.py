"""Names and codes of countries."""

from __future__ import annotations

import pytest

from pipeline.core.countries import country_code, country_name


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Perú", "PE"),
        ("PERU", "PE"),
        ("Боливия", "BO"),
        ("  Kyrgyz   Republic ", "KG"),
        ("Киргизия", "KG"),
        ("cl", "CL"),
        ("Атлантида", None),
    ],
)
def test_a_country_is_known_by_its_names_and_by_its_code(name, code):
    assert country_code(name) == code


def test_a_name_is_given_in_the_language_of_the_page():
    assert country_name("CL", "ru") == "Чили"
    assert country_name("CL", "en") == "Chile"
    assert country_name("CL", "xx") is None
    assert country_name("ZZ", "en") is None
