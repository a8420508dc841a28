"""Reasons are codes with values, which survive being written into a cell."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.reasons import Vocabulary, joined, read_reasons

WORDS = Vocabulary("test", {"far": ("distance_m", "river"), "none": ()})


def test_a_reason_names_its_values_in_the_order_of_the_vocabulary():
    assert (
        WORDS.reason("far", river="Chu", distance_m=412.5)
        == "far|distance_m=412.5|river=Chu"
    )


def test_several_reasons_keep_their_order_and_empty_ones_are_left_out():
    cell = joined("none", None, "", "far|distance_m=1|river=Chu")
    assert [one.code for one in read_reasons(cell)] == ["none", "far"]
    assert joined(None, "") is None
    assert read_reasons(None) == ()


@given(st.text(max_size=30))
def test_any_text_comes_back_as_it_was(text):
    cell = joined(WORDS.reason("far", distance_m=1, river=text), "none")
    first, second = read_reasons(cell)
    assert (first.values["river"], second.code) == (text, "none")
    assert "\n" not in str(cell)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_keep_eight_digits(number):
    (found,) = read_reasons(WORDS.reason("far", distance_m=number, river=""))
    assert float(found.values["distance_m"]) == pytest.approx(number, rel=1e-7)


def test_dates_are_written_as_iso():
    day = datetime.date(2024, 12, 18)
    assert WORDS.reason("far", distance_m=1, river=day).endswith("river=2024-12-18")


@pytest.mark.parametrize(
    ("code", "values"),
    [("near", {}), ("far", {"distance_m": 1}), ("none", {"river": "Chu"})],
)
def test_what_the_vocabulary_does_not_hold_is_refused(code, values):
    with pytest.raises(ValueError, match=code):
        WORDS.reason(code, **values)


@pytest.mark.parametrize(
    ("cell", "problem"),
    [
        ("none", None),
        ("none;far|distance_m=1|river=x", None),
        ("A sentence.", "is no reason"),
        ("far|river=x", "has values"),
    ],
)
def test_a_cell_is_checked_against_the_vocabulary(cell, problem):
    found = WORDS.problem(cell)
    assert found is None if problem is None else problem in found
