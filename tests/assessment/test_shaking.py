import pytest

from pipeline.assessment.interval import Interval
from pipeline.assessment.shaking import flood_state, pga_at, shaking
from pipeline.core.model import Confidence

PRESENT = {
    "place": "circle",
    "scenario": "historical",
    "intensity_status": "measured",
    "intensity_low": None,
    "intensity_high": None,
    "demonstration": False,
    "confidence": "V",
}


def pga(period, value, **changes):
    return (
        PRESENT
        | {
            "hazard": "earthquake",
            "intensity_measure": "PGA",
            "unit": "g",
            "layer_id": "a",
            "return_period_yr": period,
            "intensity": value,
        }
        | changes
    )


def depth(value, low=None, high=None, **changes):
    return (
        PRESENT
        | {
            "hazard": "flood",
            "intensity_measure": "depth",
            "unit": "m",
            "layer_id": "f",
            "return_period_yr": 500.0,
            "intensity": value,
            "intensity_low": low,
            "intensity_high": high,
        }
        | changes
    )


def test_levels_are_sorted_and_carry_their_labels():
    found = shaking(
        [pga(2475.0, 0.6, demonstration=True, confidence="P"), pga(475.0, 0.3)]
    )
    assert [level.return_period_yr for level in found.levels] == [475, 2475]
    assert found.demonstration
    assert found.confidence is Confidence.PROJECT


@pytest.mark.parametrize(
    "changes",
    [
        {"scenario": "ssp245"},
        {"unit": "m/s2"},
        {"intensity_measure": "SA(1.0)"},
        {"hazard": "flood"},
        {"intensity_status": "not_covered", "intensity": None},
        {"return_period_yr": None},
    ],
)
def test_rows_of_other_things_are_no_acceleration(changes):
    assert shaking([pga(475.0, 0.3, **changes)]).levels == ()


def test_a_real_layer_goes_before_a_stand_in():
    found = shaking(
        [
            pga(475.0, 0.9, layer_id="a", demonstration=True),
            pga(475.0, 0.3, layer_id="b"),
        ]
    )
    assert found.levels[0].pga_g.central == 0.3
    assert not found.demonstration


def test_a_study_of_the_site_goes_before_any_map():
    levels = [pga(t, 0.2 * k) for k, t in enumerate((475.0, 2475.0), 1)]
    found = shaking([*levels, pga(475.0, 0.5, layer_id="study", place="site")])
    assert [level.pga_g.central for level in found.levels] == [0.5]
    flood = flood_state([depth(0.0), depth(2.0, layer_id="z", place="site")], 500.0)
    assert flood.inside


def test_a_level_of_the_map_is_taken_as_it_is():
    levels = shaking([pga(475.0, 0.3, intensity_low=0.2, intensity_high=0.4)]).levels
    assert pga_at(levels, 475) == Interval(0.2, 0.3, 0.4)


def test_between_two_levels_the_curve_is_interpolated_in_logarithms():
    levels = shaking([pga(100.0, 0.1), pga(10_000.0, 0.4)]).levels
    assert pga_at(levels, 1000).central == pytest.approx(0.2)


def test_beyond_the_levels_nothing_is_invented():
    levels = shaking([pga(100.0, 0.1), pga(200.0, 0.2)]).levels
    assert pga_at(levels, 475) is None
    assert pga_at((), 475) is None


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([], None),
        ([depth(1.0, 0.5, 2.0)], True),
        ([depth(0.0, 0.0, 0.0, intensity_status="no_hazard")], False),
        ([depth(0.2, 0.0, 1.0)], None),
        ([depth(None, intensity_status="not_covered")], None),
        ([depth(1.0, return_period_yr=100.0)], None),
        ([depth(40.0, unit="mm/h")], None),
    ],
)
def test_a_place_is_inside_a_flood_only_if_its_lower_bound_is(rows, expected):
    assert flood_state(rows, 500).inside is expected
