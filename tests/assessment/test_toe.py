"""How often a flood reaches a dam, by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.assessment.interval import Interval, exactly
from pipeline.assessment.toe import DepthLevel, flooded_per_yr


def levels(*values):
    return [
        DepthLevel(t, d if isinstance(d, Interval) else exactly(d)) for t, d in values
    ]


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (levels((20.0, 0.0), (100.0, 0.4), (500.0, 1.0)), (0.01, 0.05)),
        (levels((20.0, 0.0), (100.0, 0.0)), (0.0, 0.01)),
        (levels((20.0, 0.3), (100.0, 0.5)), (0.05, 1.0)),
        (levels((100.0, 0.0)), (0.0, 0.01)),
        # the position decides at 100 years: from that level to the rarest
        (
            levels((20.0, 0.0), (100.0, Interval(0, 0.1, 2)), (500.0, 1.0)),
            (0.002, 0.05),
        ),
        # wet spots within the circle at every level, dry ones too: nothing is sure
        (levels((20.0, Interval(0, 0.1, 1)), (100.0, Interval(0, 0.2, 2))), (0.0, 1.0)),
    ],
)
def test_the_frequency_lies_between_the_levels_around_it(found, expected):
    told = flooded_per_yr(found)
    assert (told.low, told.high) == pytest.approx(expected)
    assert told.central is None


def test_a_dry_level_above_a_wet_one_does_not_make_the_dam_dry():
    told = flooded_per_yr(levels((20.0, 0.0), (100.0, 0.4), (500.0, 0.0)))
    assert (told.low, told.high) == pytest.approx((0.01, 0.05))


def test_without_a_level_there_is_no_frequency():
    with pytest.raises(ValueError, match="no level"):
        flooded_per_yr([])


@given(st.lists(st.floats(0, 5), min_size=3, max_size=3), st.floats(0, 3))
def test_deeper_floods_never_come_less_often(depths, more):
    ordered = sorted(depths)
    now = flooded_per_yr(levels(*zip((10.0, 50.0, 200.0), ordered, strict=True)))
    deeper = [d + more for d in ordered]
    then = flooded_per_yr(levels(*zip((10.0, 50.0, 200.0), deeper, strict=True)))
    assert then.low >= now.low
    assert then.high >= now.high
