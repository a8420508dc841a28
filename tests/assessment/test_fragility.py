import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.assessment.fragility import (
    FragilitySet,
    crosses_within,
    crossings,
    exceedance,
    fragility_set,
    state_probabilities,
    with_common_beta,
)
from pipeline.core.model import Confidence

ALA = "ala_tanks_full"


def test_the_printed_tank_probabilities_are_reproduced():
    found = exceedance(fragility_set(ALA), np.array([0.4]))[:, 0]
    assert found == pytest.approx([0.77256, 0.24211, 0.10509, 0.00470], abs=5e-6)


def test_the_printed_crossing_is_reproduced_and_detected():
    tanks = fragility_set(ALA)
    found = exceedance(tanks, np.array([2.0]))[:, 0]
    assert found[2:] == pytest.approx([0.77599, 0.90801], abs=5e-6)
    assert crosses_within(tanks, 0.01, 3.0)
    [(first, second, at)] = crossings(tanks)
    assert (first, second) == ("DS4", "DS5")
    pair = exceedance(tanks, np.array([at]))[2:, 0]
    assert pair[0] == pytest.approx(pair[1])


def test_a_crossing_set_gives_no_state_probabilities_until_it_is_refitted():
    x = np.array([0.4, 2.0])
    with pytest.raises(ValueError, match="cross"):
        state_probabilities(fragility_set(ALA), x)
    refitted = with_common_beta(fragility_set(ALA))
    assert crossings(refitted) == []
    assert not crosses_within(refitted, 1e-3, 10)
    assert refitted.theta == fragility_set(ALA).theta
    assert refitted.confidence is Confidence.PROJECT
    assert state_probabilities(refitted, x).sum(axis=0) == pytest.approx(1)


def test_the_recalled_set_crosses_too():
    assert len(crossings(fragility_set("orourke_so_2000"))) == 3


def test_no_shaking_does_no_damage():
    alone = state_probabilities(with_common_beta(fragility_set(ALA)), np.array([0.0]))[
        :, 0
    ]
    assert list(alone) == [1, 0, 0, 0, 0]


@given(st.floats(0, 5), st.floats(0, 5))
def test_stronger_shaking_never_lowers_a_probability(a, b):
    low, high = sorted([a, b])
    found = exceedance(fragility_set(ALA), np.array([low, high]))
    assert np.all(found[:, 0] <= found[:, 1])


@pytest.mark.parametrize(
    ("theta", "beta"),
    [((0.2, 0.1), (0.5, 0.5)), ((0.2,), (0.5, 0.5)), ((0, 1), (1, 1))],
)
def test_a_set_that_cannot_be_one_is_refused(theta, beta):
    with pytest.raises(ValueError, match="theta"):
        FragilitySet(("a", "b"), theta, beta, Confidence.VERIFIED)


def test_a_negative_intensity_is_refused():
    with pytest.raises(ValueError, match="intensity"):
        exceedance(fragility_set(ALA), np.array([-0.1]))
