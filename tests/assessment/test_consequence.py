import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.assessment.consequence import (
    CLASS_ORDER,
    class_by_loss_of_life,
    class_by_people,
    mixed_concentration,
    required_dilution,
    total_concentration,
    worst_class,
)
from pipeline.core.model import ConsequenceClass as C


@pytest.mark.parametrize(
    ("people", "expected"),
    [
        (0, C.LOW),
        (1, C.SIGNIFICANT),
        (9.9, C.SIGNIFICANT),
        (10, C.HIGH),
        (100, C.VERY_HIGH),
        (999, C.VERY_HIGH),
        (1000, C.EXTREME),
    ],
)
def test_shared_edges_go_to_the_higher_class(people, expected):
    assert class_by_people(people) is expected


@given(st.floats(0, 1e7), st.floats(0, 1e7))
def test_more_people_never_give_a_lower_class(a, b):
    low, high = sorted([a, b])
    order = CLASS_ORDER.index
    assert order(class_by_people(low)) <= order(class_by_people(high))


@pytest.mark.parametrize("people", [float("nan"), -1.0])
def test_an_unknown_number_of_people_has_no_class(people):
    with pytest.raises(ValueError, match="zero or above"):
        class_by_people(people)


def test_the_worst_column_sets_the_class():
    classes = [class_by_people(50), class_by_loss_of_life(150), C.LOW]
    assert worst_class(classes) is C.EXTREME


def test_the_printed_dilution_is_reproduced():
    assert mixed_concentration(50, 5, 0.5, 20_000) == pytest.approx(202.9703, abs=5e-5)


def test_equal_concentrations_stay_after_mixing():
    assert mixed_concentration(3, 7, 2, 7) == pytest.approx(7)


def test_dilution_and_particles_are_the_hand_computed_ones():
    assert required_dilution(20_000, 10) == 2000
    assert total_concentration(5, 2, 100) == 205
    with pytest.raises(ValueError, match="limit"):
        required_dilution(1, 0)
    with pytest.raises(ValueError, match="flow"):
        mixed_concentration(0, 1, 0, 1)
