"""Catalogue, completeness, declustering and recurrence of the PGA recipe."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.core.errors import InputError

RECIPES = Path(__file__).parents[2] / "layers" / "syr-darya" / "recipes"
sys.path.insert(0, str(RECIPES))
catalogue = importlib.import_module("seismic_pga.catalogue")
parameters = importlib.import_module("seismic_pga.parameters")
recurrence = importlib.import_module("seismic_pga.recurrence")
Window = parameters.CompletenessWindow


def events(*rows):
    """Catalogue from rows of time, longitude, latitude, depth, magnitude."""
    columns = np.array(rows, dtype=np.float64).T
    return catalogue.Catalogue(*columns)


def test_windows_of_gardner_and_knopoff_at_magnitude_six():
    # 10^(0.1238*6 + 0.983) = 53.2 km; 10^(0.5409*6 - 0.547) = 499 days
    assert catalogue.window_km(np.array([6.0]))[0] == pytest.approx(53.19, abs=0.01)
    assert catalogue.window_days(np.array([6.0]))[0] == pytest.approx(499.0, abs=0.5)


def test_long_time_window_begins_at_six_and_a_half():
    # 10^(0.032*6.5 + 2.7389) = 885 days
    assert catalogue.window_days(np.array([6.5]))[0] == pytest.approx(884.9, abs=0.1)


def test_aftershock_and_foreshock_go_and_strangers_stay():
    found = catalogue.is_mainshock(
        events(
            (2000.0, 70.0, 41.0, 10, 5.2),  # foreshock: 0.1 years before, 11 km away
            (2000.1, 70.1, 41.05, 10, 6.0),  # main
            (2000.2, 70.2, 41.0, 10, 5.5),  # aftershock
            (2002.5, 70.1, 41.05, 10, 5.5),  # same place, 2.4 years later
            (2000.2, 72.0, 41.0, 10, 5.5),  # same time, 160 km away
        )
    )
    assert found.tolist() == [False, True, False, True, True]


def test_an_aftershock_does_not_remove_events_itself():
    # The third event lies in the window of the second, not in that of the first.
    found = catalogue.is_mainshock(
        events(
            (2000.0, 70.0, 41.0, 10, 6.0),
            (2000.1, 70.5, 41.0, 10, 5.9),
            (2000.2, 71.0, 41.0, 10, 5.0),
        )
    )
    assert found.tolist() == [True, False, True]


def test_of_two_equal_events_the_earlier_stands():
    found = catalogue.is_mainshock(
        events((2000.3, 70.0, 41.0, 10, 6.0), (2000.1, 70.0, 41.0, 10, 6.0))
    )
    assert found.tolist() == [False, True]


@settings(max_examples=30, deadline=None)
@given(st.randoms(use_true_random=False))
def test_declustering_does_not_depend_on_the_order_of_rows(random):
    rng = np.random.default_rng(3)
    table = np.column_stack(
        [
            rng.uniform(2000, 2005, 25),
            rng.uniform(70, 72, 25),
            rng.uniform(40, 41, 25),
            np.full(25, 10.0),
            rng.uniform(5, 7, 25),
        ]
    )
    order = list(range(25))
    random.shuffle(order)
    base = catalogue.is_mainshock(catalogue.Catalogue(*table.T))
    shuffled = catalogue.is_mainshock(catalogue.Catalogue(*table[order].T))
    assert shuffled.tolist() == base[order].tolist()


def test_an_event_counts_only_in_a_window_of_its_class():
    windows = (Window(5.0, 6.0, 1966, 1989), Window(6.0, 9.0, 1904, 2016))
    found = catalogue.is_complete(
        events(
            (1965.9, 70, 41, 10, 5.5),
            (1966.0, 70, 41, 10, 5.5),
            (1989.99, 70, 41, 10, 5.5),
            (1990.0, 70, 41, 10, 5.5),
            (1950.0, 70, 41, 10, 6.0),
        ),
        windows,
    )
    assert found.tolist() == [False, True, True, False, True]


def test_smallest_complete_magnitude_follows_the_windows():
    times = np.array([1864.5, 1880.0, 1911.0, 1950.0, 1975.0, 1995.0, 2010.0])
    found = catalogue.completeness_mw(times, parameters.COMPLETENESS)
    assert np.isnan(found[0])
    assert found[1:].tolist() == [6.9, 6.5, 5.5, 5.0, 5.5, 5.0]


def test_years_of_split_windows_add_up():
    years = recurrence.observed_years(
        np.array([5.05, 5.55, 7.05]), parameters.COMPLETENESS
    )
    assert years.tolist() == [24 + 17, 92, 152]


def test_weichert_finds_the_law_that_made_the_counts():
    # Counts exactly as expected for b = 0.9 and unequal years.
    edges = recurrence.magnitude_edges(5.0, 8.0, 0.1)
    centre = 0.5 * (edges[:-1] + edges[1:])
    years = np.where(centre < 6.0, 50.0, 150.0) * 1e4
    counts = np.round(years * 10.0 ** (-0.9 * (centre - 5.0))).astype(np.int64)
    found = recurrence.weichert(counts, centre, years, 0.1)
    assert found.b_value == pytest.approx(0.9, rel=1e-3)
    assert found.rate_per_yr == pytest.approx(
        np.sum(10.0 ** (-0.9 * (centre - 5.0))), rel=1e-3
    )


def test_weichert_equals_the_closed_form_for_two_bins():
    # Two bins, same years: exp(-beta dm) = n2 / n1, rate = (n1 + n2) / t
    found = recurrence.weichert(
        np.array([80, 20]), np.array([5.5, 6.5]), np.array([40.0, 40.0]), 1.0
    )
    assert found.b_value == pytest.approx(np.log10(4.0))
    assert found.rate_per_yr == pytest.approx(100 / 40)
    assert found.mw_min == pytest.approx(5.0)


def test_weichert_refuses_a_bin_that_was_never_observed():
    with pytest.raises(ValueError, match="years above zero"):
        recurrence.weichert(
            np.array([8, 2]), np.array([5.5, 6.5]), np.array([0.0, 40.0]), 1.0
        )


@given(b_value=st.floats(0.5, 1.5), top=st.floats(6.0, 9.0))
def test_shares_of_magnitudes_sum_to_one_and_decrease(b_value, top):
    fractions = recurrence.bin_fractions(b_value, np.linspace(5.0, top, 20))
    assert fractions.sum() == pytest.approx(1.0)
    assert np.all(np.diff(fractions) < 0.0)


def test_reader_names_the_missing_column(tmp_path):
    path = tmp_path / "каталог с пробелом.csv"
    path.write_text("origin_time_utc,latitude,longitude,mw\n2000-01-01,41,70,6\n")
    with pytest.raises(InputError, match=r"пробелом.csv.*depth_km"):
        catalogue.read_isc_gem(path)


def test_noaa_rows_without_magnitude_or_after_the_last_year_are_left_out(tmp_path):
    path = tmp_path / "noaa.csv"
    path.write_text(
        "YEAR,MONTH,DAY,FOCAL_DEPTH,EQ_PRIMARY,LATITUDE,LONGITUDE\n"
        "1885,8,2,15,6.9,42.7,74.1\n"
        "1851,,,,,36.2,55.0\n"
        "1904,1,1,,7.0,41,70\n"
        "1889,7,11,    ,8.3,43.2,78.7\n"
    )
    found = catalogue.read_noaa(path, last_year=1903)
    assert found.mw.tolist() == [6.9, 8.3]
    assert np.isnan(found.depth_km[1])
    assert found.time_yr[0] == pytest.approx(1885.59, abs=0.01)


def test_deep_events_are_dropped_and_unknown_depths_kept():
    box = parameters.Box(60, 37, 80, 49)
    found = catalogue.in_box(
        events((1990, 70, 41, 51, 6), (1990, 70, 41, np.nan, 6), (1990, 81, 41, 9, 6)),
        box,
        50.0,
    )
    assert found.tolist() == [False, True, False]


def test_joined_catalogues_are_in_order_of_time():
    one = events((1990.0, 70, 41, 10, 6.0), (2000.0, 70, 41, 10, 6.1))
    two = events((1885.0, 74, 42, 10, 6.9))
    assert catalogue.join([one, two]).time_yr.tolist() == [1885.0, 1990.0, 2000.0]
