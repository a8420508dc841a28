import pytest

from pipeline.core.liquefaction import (
    Ground,
    allstadt_probability,
    areal_extent_percent,
    hazus_probability,
    rashidian_probability,
    zhu_predictor,
    zhu_probability,
)

FIRST = Ground(270, 350, 0.5, 3)


def test_the_printed_first_case_is_reproduced():
    assert zhu_predictor(30, FIRST) == pytest.approx(-0.81409, abs=5e-6)
    found = zhu_probability(30, FIRST)
    assert found == pytest.approx(0.307019, abs=5e-7)
    assert areal_extent_percent(found) == pytest.approx(3.915583, abs=5e-6)


def test_the_other_printed_cases_are_reproduced():
    second = zhu_probability(50, Ground(200, 500, 0.1, 1))
    assert second == pytest.approx(0.540412, abs=5e-7)
    assert areal_extent_percent(second) == pytest.approx(29.10644, abs=5e-5)
    third = zhu_probability(10, Ground(400, 300, 2, 10))
    assert third == pytest.approx(0.075639, abs=5e-7)


def test_the_printed_variant_of_allstadt_is_reproduced():
    assert allstadt_probability(30, 0.2, 6.0, FIRST) == pytest.approx(
        0.260070, abs=5e-7
    )


def test_weak_shaking_and_stiff_ground_do_not_liquefy():
    assert zhu_probability(2.9, FIRST) == 0
    assert zhu_probability(30, Ground(621, 350, 0.5, 3)) == 0
    assert rashidian_probability(30, 0.09, FIRST) == 0
    assert allstadt_probability(30, 0.09, 7, FIRST) == 0


def test_the_variants_hold_the_rain_at_their_limits():
    wet, limit = Ground(270, 4000, 0.5, 3), Ground(270, 1700, 0.5, 3)
    assert rashidian_probability(30, 0.2, wet) == zhu_probability(30, limit)


def test_the_printed_hazus_probability_is_reproduced():
    found = hazus_probability(0.3, 7.0, "high", 3)
    assert found == pytest.approx(0.158855, abs=5e-7)


def test_an_unknown_susceptibility_is_an_error():
    with pytest.raises(KeyError):
        hazus_probability(0.3, 7.0, "unknown", 3)
