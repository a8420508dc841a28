"""Quantiles without sorting equal those of sorted values."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.core.weighted_quantiles import weighted_quantiles

ASKED = np.array([0.0, 0.05, 0.5, 0.95, 1.0])


def quantiles_of(values, weights, asked=ASKED):
    out = np.empty(len(asked))
    weighted_quantiles(values, weights, asked, out)
    return out


def by_sorting(values, weights, asked=ASKED):
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order])
    target = asked * reached[-1] * (1 - 1e-12)
    return values[order][np.minimum(np.searchsorted(reached, target), len(order) - 1)]


def test_four_values_by_hand():
    values, weights = np.array([7.0, 1.0, 5.0, 3.0]), np.array([1.0, 1.0, 4.0, 2.0])
    # in order 1 3 5 7 with 1 2 4 1 of 8: after 1 an eighth, after 3 three eighths
    asked = np.array([1 / 8, 1.01 / 8, 3 / 8, 3.01 / 8, 7 / 8, 7.01 / 8])
    assert quantiles_of(values, weights, asked).tolist() == [1, 3, 3, 5, 5, 7]


def test_without_values_there_are_none():
    assert np.isnan(quantiles_of(np.empty(0), np.empty(0))).all()


SHAPES = {
    "even": lambda rng, n: rng.uniform(-3, 9, n),
    "equal": lambda _, n: np.full(n, 4.5),
    "mostly zero": lambda rng, n: np.where(rng.random(n) < 0.96, 0, rng.random(n)),
    "one far away": lambda rng, n: np.append(rng.random(n - 1), 1e30),
    "over all powers": lambda rng, n: 10.0 ** rng.uniform(-300, 300, n),
    "whole": lambda rng, n: rng.integers(-5, 5, n).astype(float),
    "both ends": lambda rng, n: rng.choice([-1.7e308, 1.7e308, 0.0], n),
    "tiny": lambda rng, n: rng.integers(0, 9, n) * 5e-324,
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", list(SHAPES))
@pytest.mark.parametrize("count", [1, 2, 127, 129, 5000])
def test_any_distribution_has_the_quantiles_of_its_sorted_values(shape, count, dtype):
    rng = np.random.default_rng(count)
    with np.errstate(over="ignore"):
        values = SHAPES[shape](rng, count).astype(dtype)
    values = np.nan_to_num(values)
    weights = rng.uniform(1e-9, 1, count)
    kept = values.copy()
    assert (
        quantiles_of(values, weights).tolist() == by_sorting(values, weights).tolist()
    )
    assert np.array_equal(values, kept)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), count=st.integers(1, 3000), power=st.integers(0, 12))
def test_skewed_values_and_weights(seed, count, power):
    rng = np.random.default_rng(seed)
    values = rng.normal(0, 1, count) ** (2 * power + 1)
    weights = rng.choice([1.0, 1.0, 0.25, 1e-12], count)
    assert (
        quantiles_of(values, weights).tolist() == by_sorting(values, weights).tolist()
    )


def test_equal_weights_that_meet_a_share_exactly_count_as_met():
    values = np.random.default_rng(1).permutation(1000.0 * np.arange(1, 1001))
    found = quantiles_of(values, np.full(1000, 0.1), np.array([0.05, 0.95]))
    assert found.tolist() == [50_000, 950_000]
