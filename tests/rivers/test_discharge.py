from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pipeline.rivers.build import build_network
from pipeline.rivers.discharge import RegionalRelation, fill_discharge, fit_relation
from pipeline.rivers.reading import raw_reaches

AREA = np.array([10.0, 30, 100, 300, 1000, 3000, 10_000, 30_000, 500])


def filled(discharge, status=None, factor=None):
    count = len(AREA)
    return fill_discharge(
        AREA,
        np.asarray(discharge, dtype=float),
        np.full(count, np.nan) if factor is None else factor,
        np.full(count, None, dtype=object) if status is None else status,
        np.full(count, None, dtype=object),
    )


def test_an_exact_power_law_is_found():
    relation = fit_relation(AREA, 0.02 * AREA**0.9)
    assert relation is not None
    assert relation.factor == pytest.approx(0.02)
    assert relation.power == pytest.approx(0.9)
    assert relation.scatter_factor == pytest.approx(1.0)
    assert (relation.n, relation.largest_area_km2) == (9, 30_000)


def test_a_missing_discharge_follows_the_relation_and_says_so():
    discharge = 0.02 * AREA**0.9
    discharge[8] = np.nan
    result = filled(discharge)
    assert result.mean_m3s[8] == pytest.approx(0.02 * 500**0.9)
    assert result.source[8] == "estimated"
    assert "relation of 8 reaches" in result.how[8]
    assert list(result.source[:8]) == ["given"] * 8


def test_scatter_of_the_relation_becomes_the_bounds():
    discharge = 0.02 * AREA**0.9 * np.array([1, 2, 0.5, 1, 2, 0.5, 1, 2, 0.5])
    discharge[8] = np.nan
    result = filled(discharge)
    low, mean, high = result.low_m3s[8], result.mean_m3s[8], result.high_m3s[8]
    assert low < mean < high
    assert high / mean == pytest.approx(mean / low)


def test_too_few_reaches_leave_the_gap_open():
    discharge = np.full(9, np.nan)
    discharge[:7] = 0.02 * AREA[:7] ** 0.9
    result = filled(discharge)
    assert np.isnan(result.mean_m3s[8])
    assert result.source[8] == "missing"
    assert result.relation is None


def test_discharge_that_falls_with_area_is_not_carried_further():
    assert fit_relation(AREA, 5.0 * AREA**-0.3) is None


def test_what_the_layer_calls_an_estimate_keeps_that_name():
    status = np.array(["estimated_gauged"] * 8 + ["measured"], dtype=object)
    result = filled(0.02 * AREA**0.9, status, np.full(9, 1.5))
    assert list(result.source) == ["layer_estimate"] * 8 + ["given"]
    assert result.high_m3s[0] == pytest.approx(1.5 * result.mean_m3s[0])


def test_regional_estimates_of_the_layer_are_no_basis_for_a_relation():
    status = np.array(["estimated_regional"] * 8 + [None], dtype=object)
    discharge = 0.02 * AREA**0.9
    discharge[8] = np.nan
    assert filled(discharge, status).relation is None


def test_zero_discharge_is_a_value_and_stays():
    discharge = 0.02 * AREA**0.9
    discharge[0] = 0.0
    result = filled(discharge)
    assert result.mean_m3s[0] == 0.0
    assert result.source[0] == "given"


def test_a_stated_relation_serves_where_none_can_be_fitted(kit):
    stated = RegionalRelation(0.02, 0.9, 2.5, 0, 0.0, np.inf, source="Atlas 1990")
    dry = [reach | {"q": np.nan} for reach in kit.confluence]
    network = build_network(raw_reaches(kit.layer(dry), Path("dry.gpkg")), stated)
    assert network.discharge.mean_m3s == pytest.approx(0.02 * network.area_km2**0.9)
    assert set(network.discharge.source) == {"estimated"}
    assert "Atlas 1990" in network.discharge.how[0]
    assert network.discharge.high_m3s == pytest.approx(2.5 * network.discharge.mean_m3s)
    assert stated.record()["area_km2"] is None


def test_a_fitted_relation_comes_before_a_stated_one():
    area = np.geomspace(10, 1e4, 10)
    given = 0.01 * area
    given[0] = np.nan
    stated = RegionalRelation(9.0, 1.0, 2.0, 0, 0.0, np.inf, source="Atlas 1990")
    empty = np.full(10, None, dtype=object)
    found = fill_discharge(area, given, np.full(10, np.nan), empty, empty, stated)
    assert found.mean_m3s[0] == pytest.approx(0.1)
