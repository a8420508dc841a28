"""Words with one meaning."""

from __future__ import annotations

import pytest

from pipeline.core.errors import input_error
from pipeline.core.model import Bounds, Confidence, Status, weakest


def test_the_weakest_label_wins():
    assert weakest(Confidence.VERIFIED, Confidence.MEMORY_PART, Confidence.PROJECT) == (
        Confidence.MEMORY_PART
    )


def test_project_choices_and_partial_memory_are_provisional():
    provisional = {label for label in Confidence if label.is_provisional}
    assert provisional == {Confidence.PROJECT, Confidence.MEMORY_PART}


def test_only_measured_and_no_hazard_carry_a_number():
    assert {s for s in Status if s.has_value} == {Status.MEASURED, Status.NO_HAZARD}


def test_bounds_that_do_not_enclose_are_refused():
    with pytest.raises(ValueError, match="not ordered"):
        Bounds(2.0, 1.0, 3.0)


def test_an_error_names_place_finding_expectation_and_mending():
    error = input_error(
        "a.csv", row=3, field="lat_deg", found="x", expected="degrees", fix="write 41.2"
    )
    assert str(error) == (
        "a.csv, row 3, field 'lat_deg': found x; expected degrees. To mend: write 41.2."
    )
