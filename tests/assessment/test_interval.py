import math

import pytest

from pipeline.assessment.interval import Interval, columns_of, exactly, known


def test_a_sum_with_an_unknown_has_bounds_and_no_central_value():
    total = exactly(2.0) + Interval(1.0, None, 3.0)
    assert total == Interval(3.0, None, 5.0)


@pytest.mark.parametrize("numbers", [(2, None, 1), (1, 3, 2), (math.nan, None, 1)])
def test_bounds_that_do_not_enclose_are_refused(numbers):
    with pytest.raises(ValueError, match="bounds"):
        Interval(*numbers)


def test_an_absent_estimate_leaves_three_empty_cells():
    assert columns_of(None, "x") == {"x": None, "x_low": None, "x_high": None}
    assert columns_of(Interval(1, None, 2), "x")["x"] is None


@pytest.mark.parametrize("cell", [None, math.nan, "", "abc"])
def test_an_empty_cell_is_none_and_never_zero(cell):
    assert known(cell) is None


def test_a_measured_zero_stays_zero():
    assert known(0) == 0.0
