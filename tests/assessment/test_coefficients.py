import pytest

from pipeline.assessment.coefficients import formula, subjects
from pipeline.assessment.coefficients import formulas as all_formulas
from pipeline.core.errors import InputError
from pipeline.core.formulas import Formula, FormulaFile
from pipeline.core.model import Confidence
from pipeline.core.records import load_record

EVERY = [(s, key) for s in subjects() for key in all_formulas(s)]


@pytest.mark.parametrize(("subject", "key"), EVERY)
def test_every_formula_carries_a_label_and_no_project_choice_poses_as_a_source(
    subject, key
):
    record = formula(subject, key)
    is_choice = record.source.startswith("project choice")
    assert is_choice == (record.confidence is Confidence.PROJECT)


@pytest.mark.parametrize(("subject", "key"), EVERY)
def test_what_is_recalled_is_not_labelled_as_seen(subject, key):
    record = formula(subject, key)
    if "recalled" in record.source or "not seen" in record.source:
        assert record.confidence in (Confidence.MEMORY_HIGH, Confidence.MEMORY_PART)


def test_a_formula_without_confidence_is_refused():
    content = {"formulas": {"x": {"source": "s", "equation": "e", "unit": "m"}}}
    with pytest.raises(InputError, match="confidence"):
        load_record(FormulaFile, content, "x.yaml")


def test_an_unknown_coefficient_is_an_error_and_not_a_zero():
    with pytest.raises(KeyError):
        formula("release", "rico_2008")["c"]


def test_numbers_leave_out_the_names_of_rows():
    record = Formula(
        source="s",
        equation="e",
        unit="-",
        valid_range="all",
        confidence=Confidence.VERIFIED,
        rows=(("a", 1.0, 2.0),),
    )
    assert record.numbers == ((1.0, 2.0),)
