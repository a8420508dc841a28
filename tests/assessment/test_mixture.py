import pytest

from pipeline.assessment.mixture import (
    Aquatic,
    AquaticComponent,
    CategoryA,
    PhFlag,
    acute_toxicity_mg_per_kg,
    aquatic_classes,
    category_a,
    cyanide_limit_ppm,
    ph_flag,
    water_hazard_class,
)


def part(percent, *classes, m=1.0):
    return AquaticComponent(percent, frozenset(classes), m)


def test_the_printed_acute_toxicity_is_reproduced():
    found = acute_toxicity_mg_per_kg([(2, 5), (3, 100)])
    assert found == pytest.approx(232.558, abs=5e-4)


def test_a_mixture_of_unknown_toxicity_has_no_estimate():
    with pytest.raises(ValueError, match="known"):
        acute_toxicity_mg_per_kg([])


@pytest.mark.parametrize(
    ("components", "expected"),
    [
        ([part(25, Aquatic.ACUTE_1)], {Aquatic.ACUTE_1}),
        ([part(24.9, Aquatic.ACUTE_1)], set()),
        ([part(2.5, Aquatic.ACUTE_1, m=10)], {Aquatic.ACUTE_1}),
        ([part(25, Aquatic.CHRONIC_1)], {Aquatic.CHRONIC_1}),
        ([part(2, Aquatic.CHRONIC_1), part(5, Aquatic.CHRONIC_2)], {Aquatic.CHRONIC_2}),
        ([part(0.25, Aquatic.CHRONIC_1)], {Aquatic.CHRONIC_3}),
        (
            [part(2, Aquatic.CHRONIC_2), part(5, Aquatic.CHRONIC_3)],
            {Aquatic.CHRONIC_3},
        ),
        ([part(0.09, Aquatic.CHRONIC_1)], set()),
        ([part(0.9, Aquatic.CHRONIC_2)] * 30, set()),
    ],
)
def test_aquatic_sums_follow_the_limit_of_25_percent(components, expected):
    assert aquatic_classes(components) == expected


@pytest.mark.parametrize(
    ("shares", "expected"),
    [
        ((0, 0, 3), 3),
        ((0, 0, 0.2), 2),
        ((0, 5, 0), 2),
        ((0, 0.2, 0), 1),
        ((3, 0, 0), 1),
        ((2.9, 0.1, 0.1), 0),
    ],
)
def test_water_hazard_classes_of_mixtures_have_their_thresholds(shares, expected):
    assert water_hazard_class(*shares) == expected


@pytest.mark.parametrize(
    ("ph", "expected"),
    [
        (2, PhFlag.CORROSIVE),
        (11.5, PhFlag.CORROSIVE),
        (3.9, PhFlag.WATCH),
        (10.1, PhFlag.WATCH),
        (4, PhFlag.UNREMARKABLE),
        (10, PhFlag.UNREMARKABLE),
    ],
)
def test_ph_is_flagged_at_both_ends(ph, expected):
    assert ph_flag(ph) is expected


@pytest.mark.parametrize(
    ("year", "expected"), [(2007, None), (2008, 50), (2013, 25), (2017, 25), (2020, 10)]
)
def test_the_cyanide_limit_becomes_stricter(year, expected):
    assert cyanide_limit_ppm(year) == expected


@pytest.mark.parametrize(
    ("share", "expected"),
    [
        (0.51, CategoryA.CATEGORY_A),
        (0.5, CategoryA.SITE_SPECIFIC),
        (0.05, CategoryA.SITE_SPECIFIC),
        (0.049, CategoryA.NOT_ON_THIS_GROUND),
    ],
)
def test_category_a_has_half_and_a_twentieth_as_its_edges(share, expected):
    assert category_a(share) is expected
