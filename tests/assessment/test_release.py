import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.assessment.release import (
    concha_larrauri_lall_release_m3,
    piciullo_release_m3,
    release_bounds,
    release_confidence,
    release_ensemble,
    rico_release_m3,
)
from pipeline.core.model import Confidence

volumes = st.floats(1e2, 1e10)
heights = st.floats(1, 200)


@pytest.mark.parametrize(
    ("stored_mm3", "height_m", "rico", "cll", "piciullo"),
    [
        (1, 20, 0.3540, 0.3320, 0.1946),
        (10, 30, 3.6225, 2.9590, 1.1892),
        (50, 50, 18.4062, 13.6508, 5.2826),
    ],
)
def test_the_printed_release_volumes_are_reproduced(
    stored_mm3, height_m, rico, cll, piciullo
):
    stored = stored_mm3 * 1e6
    assert rico_release_m3(stored) / 1e6 == pytest.approx(rico, abs=5e-5)
    assert concha_larrauri_lall_release_m3(stored) / 1e6 == pytest.approx(cll, abs=5e-5)
    assert piciullo_release_m3(stored, height_m) / 1e6 == pytest.approx(
        piciullo, abs=5e-5
    )


def test_the_ensemble_without_height_has_the_two_volume_formulas():
    ensemble = release_ensemble(1e6)
    assert (ensemble.low, ensemble.high) == pytest.approx((332_000, 354_000))
    assert ensemble.central == pytest.approx(343_000)


def test_the_ensemble_with_height_takes_the_middle_member():
    assert release_ensemble(1e6, 20).central == pytest.approx(332_000)
    assert release_ensemble(1e6, 20).low == pytest.approx(194_636.3, rel=1e-6)


@given(volumes, heights)
def test_no_more_is_released_than_is_stored(stored, height):
    assert release_ensemble(stored, height).high <= stored
    low, high = release_bounds(stored, stored, height)
    assert 0 < low <= high <= stored


@given(volumes, st.floats(1.0, 1e3), heights)
def test_more_stored_volume_never_releases_less(stored, factor, height):
    small, large = (
        release_ensemble(stored, height),
        release_ensemble(stored * factor, height),
    )
    assert small.central <= large.central * (1 + 1e-12)


@given(volumes, heights, st.floats(1.0, 10))
def test_a_higher_dam_never_releases_less(stored, height, factor):
    low, high = (
        piciullo_release_m3(stored, height),
        piciullo_release_m3(stored, height * factor),
    )
    assert low <= high


@given(volumes, heights)
def test_bounds_enclose_the_ensemble(stored, height):
    low, high = release_bounds(stored / 1.5, stored * 1.5, height)
    ensemble = release_ensemble(stored, height)
    assert low <= ensemble.low
    assert ensemble.high <= high


@pytest.mark.parametrize("stored", [0.0, -1.0, float("nan")])
def test_a_volume_that_is_not_above_zero_is_refused(stored):
    with pytest.raises(ValueError, match="above zero"):
        release_ensemble(stored)


def test_the_scatter_is_a_project_choice_and_shows_in_the_label():
    assert release_confidence(with_height=True) is Confidence.PROJECT
