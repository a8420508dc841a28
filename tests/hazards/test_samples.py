"""Low, central and high values of the cells in a place."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.methods.hazard_maps import MapMethods
from pipeline.core.methods.hazards import HazardMethods
from pipeline.hazards.samples import summarise, weighted_quantile

CHOICES = HazardMethods(
    low_quantile=0.05,
    high_quantile=0.95,
    minimum_covered_fraction=0.5,
    flow_cell_m=100,
    slope_distance_m=1000,
    maps=MapMethods(minimum_weight_fraction=0.5),
)
cells = st.lists(
    st.tuples(st.floats(-1e3, 1e3), st.floats(1e-3, 1.0)), min_size=1, max_size=30
)


def split(pairs):
    return np.array([v for v, _ in pairs]), np.array([w for _, w in pairs])


def test_quantiles_count_area_not_cells():
    values, weights = np.array([1.0, 2.0, 3.0]), np.array([0.1, 0.8, 0.1])
    found = [weighted_quantile(values, weights, q) for q in (0.05, 0.5, 0.95, 1.0)]
    assert found == [1, 2, 3, 3]


def test_equal_weights_give_the_ordinary_quantile():
    values = np.arange(100.0, 0.0, -1.0)
    assert weighted_quantile(values, np.ones(100), 0.05) == 5


@given(cells)
def test_low_central_and_high_are_ordered_and_within_the_cells(pairs):
    values, weights = split(pairs)
    low, central, high = summarise(values, weights, CHOICES)
    assert values.min() <= low <= central <= high <= values.max()


@given(cells, st.randoms(use_true_random=False))
def test_the_order_of_cells_does_not_matter(pairs, random):
    plain = summarise(*split(pairs), CHOICES)
    random.shuffle(pairs)
    assert summarise(*split(pairs), CHOICES) == pytest.approx(plain, abs=1e-9)


@given(cells, st.floats(0.01, 100.0))
def test_scaling_the_cells_scales_all_three(pairs, factor):
    values, weights = split(pairs)
    scaled = summarise(values * factor, weights, CHOICES)
    plain = np.array(summarise(values, weights, CHOICES))
    assert scaled == pytest.approx(plain * factor, rel=1e-9, abs=1e-9)
