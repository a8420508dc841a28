import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.assessment.earthquake import (
    SWAISGOOD_2003,
    SWAISGOOD_2014,
    class_probability,
    critical_acceleration_g,
    damage_class,
    failure_probability,
    flow_probability,
    flow_probability_bounds,
    infinite_slope_fos,
    newmark_displacement_m,
    settlement_percent,
    slide_probability,
)
from pipeline.core.model import DamType


@pytest.mark.parametrize(
    ("pga", "magnitude", "rs_2003", "rs_2014"),
    [(0.2, 7.0, 0.061054, 0.061853), (0.4, 7.5, 0.273351, 0.244754)],
)
def test_the_printed_settlements_are_reproduced(pga, magnitude, rs_2003, rs_2014):
    x = np.array([pga])
    assert settlement_percent(SWAISGOOD_2003, x, magnitude)[0] == pytest.approx(
        rs_2003, abs=5e-7
    )
    assert settlement_percent(SWAISGOOD_2014, x, magnitude)[0] == pytest.approx(
        rs_2014, abs=5e-7
    )


@pytest.mark.parametrize(
    ("percent", "expected"),
    [(0.0, 0), (0.03, 1), (0.19, 1), (0.2, 2), (0.5, 3), (1.5, 4), (5.0, 5), (9, 5)],
)
def test_damage_classes_have_half_open_edges(percent, expected):
    assert damage_class(percent) == expected


def test_a_settlement_on_the_edge_of_a_class_reaches_it_in_half_of_the_cases():
    assert class_probability(np.array([1.5]), 4)[0] == pytest.approx(0.5)
    # ln(3 / 1.5) / 0.8 = 0.866434 -> Phi = 0.806868
    assert class_probability(np.array([3.0]), 4)[0] == pytest.approx(0.806874, abs=1e-5)


@pytest.mark.parametrize(
    ("pga", "critical", "magnitude", "displacement", "probability"),
    [
        (0.4, 0.1, 7.0, 0.0717981, 0.217734),
        (0.3, 0.05, 6.5, 0.102617, 0.281566),
        (0.2, 0.15, 7.5, 0.00177357, 0.00107162),
    ],
)
def test_the_printed_newmark_numbers_are_reproduced(
    pga, critical, magnitude, displacement, probability
):
    found = newmark_displacement_m(pga, critical, magnitude)
    assert found == pytest.approx(displacement, rel=5e-6)
    assert slide_probability(found) == pytest.approx(probability, rel=5e-6)


def test_nothing_slides_below_the_critical_acceleration():
    assert newmark_displacement_m(0.1, 0.1, 7) == 0.0
    assert slide_probability(0.0) == 0.0


def test_an_unstable_slope_is_refused():
    with pytest.raises(ValueError, match="above zero"):
        newmark_displacement_m(0.1, 0.0, 7)


def test_the_printed_critical_acceleration_is_reproduced():
    assert critical_acceleration_g(1.5, 20) == pytest.approx(0.171010, abs=5e-7)
    assert critical_acceleration_g(0.9, 20) == 0.0


def test_a_dry_slope_without_cohesion_has_the_ratio_of_tangents():
    found = infinite_slope_fos(
        cohesion_pa=0,
        friction_deg=35,
        slope_deg=35,
        thickness_m=2,
        saturated_fraction=0,
        dry_density_kg_per_m3=1500,
    )
    assert found == pytest.approx(1.0)


def test_cohesion_and_water_change_the_slope_as_computed_by_hand():
    # gamma = 1500 * 9.80665; c part = 14709.975 / (14709.975 * 2 * 0.5) = 1
    # friction part = tan 30 / tan 30 = 1; water part = 0.5 * 1000 / 1500 = 1 / 3
    found = infinite_slope_fos(
        cohesion_pa=14709.975,
        friction_deg=30,
        slope_deg=30,
        thickness_m=2,
        saturated_fraction=0.5,
        dry_density_kg_per_m3=1500,
    )
    assert found == pytest.approx(2 - 1 / 3)


def test_a_slope_of_zero_is_refused():
    with pytest.raises(ValueError, match="slope"):
        infinite_slope_fos(
            cohesion_pa=1,
            friction_deg=30,
            slope_deg=0,
            thickness_m=1,
            saturated_fraction=0,
            dry_density_kg_per_m3=1500,
        )


def test_flow_failure_depends_on_the_construction():
    assert flow_probability(DamType.UPSTREAM) == 0.5
    assert flow_probability(DamType.DOWNSTREAM) == 0.05
    assert flow_probability(DamType.UNKNOWN) == flow_probability(DamType.SINGLE) == 0.3
    assert flow_probability_bounds(DamType.UPSTREAM) == (0.5, 0.5)
    assert flow_probability_bounds(DamType.UNKNOWN) == (0.05, 0.5)


def test_failure_mixes_flow_and_settlement():
    x = np.array([0.0, 0.4])
    liquid = failure_probability(
        x, law=SWAISGOOD_2003, magnitude=7.5, liquefaction=1, flow=0.3
    )
    assert list(liquid) == [0.0, 0.3]
    firm = failure_probability(
        x, law=SWAISGOOD_2003, magnitude=7.5, liquefaction=0, flow=0.3
    )
    # Phi(ln(0.273351 / 1.5) / 0.8) = Phi(-2.12826) = 0.016658
    assert firm[1] == pytest.approx(0.016658, abs=1e-5)


@given(st.floats(0, 2), st.floats(0, 2), st.floats(0, 1), st.floats(0, 1))
def test_stronger_shaking_never_makes_failure_less_likely(a, b, liquefaction, flow):
    x = np.sort(np.array([a, b]))
    found = failure_probability(
        x, law=SWAISGOOD_2014, magnitude=7, liquefaction=liquefaction, flow=flow
    )
    assert found[0] <= found[1] + 1e-12
    assert np.all((found >= 0) & (found <= 1))
