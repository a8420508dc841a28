import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.assessment.quantities import (
    HazardGroup,
    Quantity,
    quantity_test,
    thresholds_t,
    water_risk_index,
)


def of(name, mass, *categories, named=None, isolated=False):
    return Quantity(name, mass, thresholds_t(categories, named), isolated)


def test_the_printed_health_sum_is_met():
    found = quantity_test([of("a", 12, "acute_toxic_1"), of("b", 90, "acute_toxic_2")])
    assert found.sums == {HazardGroup.HEALTH: pytest.approx(1.05)}
    assert found.single == ()
    assert found.is_met


def test_the_printed_environment_sum_is_not_met():
    found = quantity_test(
        [of("a", 150, "aquatic_chronic_1"), of("b", 100, "aquatic_chronic_2")]
    )
    assert found.sums == {HazardGroup.ENVIRONMENT: pytest.approx(0.95)}
    assert not found.is_met


def test_the_printed_cyanide_cases_are_reproduced():
    cyanide = of("NaCN", 15, "acute_toxic_1", "aquatic_acute_1", "aquatic_chronic_1")
    alone = quantity_test([cyanide])
    assert alone.sums == {
        HazardGroup.HEALTH: pytest.approx(0.75),
        HazardGroup.ENVIRONMENT: pytest.approx(0.075),
    }
    assert not alone.is_met
    both = quantity_test([cyanide, of("b", 60, "acute_toxic_2")])
    assert both.sums[HazardGroup.HEALTH] == pytest.approx(1.05)
    assert both.is_met


def test_groups_are_not_added_to_each_other():
    found = quantity_test(
        [of("a", 15, "acute_toxic_1"), of("b", 150, "aquatic_chronic_1")]
    )
    assert sorted(found.sums.values()) == pytest.approx([0.75, 0.75])
    assert not found.is_met


def test_a_single_substance_at_its_threshold_is_enough():
    assert quantity_test([of("a", 20, "acute_toxic_1")]).single == ("a",)


def test_a_named_substance_overrides_its_category():
    limits = thresholds_t(["acute_toxic_2", "aquatic_acute_1"], "arsenic_trioxide")
    assert limits == {HazardGroup.HEALTH: 0.1, HazardGroup.ENVIRONMENT: 0.1}


def test_only_isolated_small_quantities_are_left_out():
    small = of("a", 0.4, "acute_toxic_1", isolated=True)
    assert quantity_test([small]).sums == {}
    assert quantity_test([of("a", 0.4, "acute_toxic_1")]).sums == {
        HazardGroup.HEALTH: pytest.approx(0.02)
    }


def test_the_lowest_threshold_of_a_group_counts():
    assert thresholds_t(["acute_toxic_2", "acute_toxic_1"])[HazardGroup.HEALTH] == 20


def test_a_negative_mass_is_refused():
    with pytest.raises(ValueError, match="mass"):
        Quantity("a", -1, {HazardGroup.HEALTH: 20})
    with pytest.raises(ValueError, match="thresholds"):
        Quantity("a", 1, {HazardGroup.HEALTH: 0})


@pytest.mark.parametrize(
    ("masses", "expected"),
    [
        ({3: 1000}, 3.0),
        ({2: 50_000, 1: 200_000}, 3.845098),
        ({2: 50_000, 1: 200_000, 3: 5000, 0: 1e6}, 4.113943),
    ],
)
def test_the_printed_water_risk_indices_are_reproduced(masses, expected):
    assert water_risk_index(masses) == pytest.approx(expected, abs=5e-7)


@pytest.mark.parametrize("masses", [{}, {3: 0.0}, {4: 1.0}, {3: -1.0}])
def test_a_water_risk_index_of_nothing_or_of_nonsense_is_refused(masses):
    with pytest.raises(ValueError, match=r"mass|class"):
        water_risk_index(masses)


@given(st.floats(1e-3, 1e12), st.integers(0, 3))
def test_ten_times_the_mass_raises_the_water_risk_index_by_one(mass, water_class):
    once, tenfold = (
        water_risk_index({water_class: mass}),
        water_risk_index({water_class: 10 * mass}),
    )
    assert tenfold - once == pytest.approx(1)
