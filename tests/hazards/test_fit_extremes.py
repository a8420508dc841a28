"""Levels from station series: which years count, what is flagged, what a study gets."""

from __future__ import annotations

import csv

import numpy as np
import pandas as pd
import pytest

from pipeline.cli import main
from pipeline.core.extremes import ExtremeValues
from pipeline.core.layers import Layer
from pipeline.hazards.extremes.annual_maxima import annual_maxima
from pipeline.hazards.extremes.extreme_levels import flag_of
from pipeline.hazards.places import place_at
from pipeline.hazards.samplers.table import sample

TRUTH = ExtremeValues(100.0, 30.0, 0.1)


def yearly(n=40):
    """Maxima at the plotting positions of a known distribution, years shuffled."""
    order = np.random.default_rng(3).permutation(n)
    return [TRUTH.level(1 / (1 - (k + 0.65) / n)) for k in order]


@pytest.fixture
def table(tmp_path):
    """Write a table of two stations: 40 years, and 8."""
    path = tmp_path / "ряды станций.csv"
    lines = ["year,peak,gauge,kind"]
    lines += [f"{1950 + i},{x:.3f},Upper,Q" for i, x in enumerate(yearly())]
    lines += [f"{1950 + i},{x:.3f},Lower,Q" for i, x in enumerate(yearly(8))]
    lines += ["1950,7,Upper,T"]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def run(path, *more):
    options = ["--date", "year", "--value", "peak", "--station", "gauge"]
    return main(
        [
            "fit-extremes",
            str(path),
            *options,
            "--where",
            "kind=Q",
            "--draws",
            "200",
            *more,
        ]
    )


def test_levels_come_near_the_distribution_that_made_the_sample(table, tmp_path):
    out = tmp_path / "levels.csv"
    assert run(table, "--out", str(out), "--factor", "1.1") == 0
    rows = list(csv.DictReader(out.read_text(encoding="utf-8").splitlines()))
    assert {row["station"] for row in rows} == {"Upper"}  # 8 years are too few
    for row in rows:
        period, value = float(row["return_period_yr"]), float(row["value"])
        assert value == pytest.approx(TRUTH.level(period), rel=0.05)
        assert float(row["value_low"]) <= value <= float(row["value_high"])
        assert float(row["shifted_period_yr"]) < period
    assert [row["flag"] for row in rows[-2:]] == [
        "beyond_record",
        "beyond_twice_record",
    ]


def test_flags_by_the_length_of_the_record():
    assert flag_of(40, 40) == "within_record"
    assert flag_of(80, 40) == "beyond_record"
    assert flag_of(81, 40) == "beyond_twice_record"


def test_a_study_is_a_layer_and_leaves_far_levels_blank(
    table, tmp_path, make_layer, choices
):
    study = tmp_path / "study.csv"
    assert run(table, "--study", str(study), "--site", "Upper=kg-1") == 0
    bands = [{"level": t, "return_period_yr": int(t)} for t in ("10", "50", "100")]
    layer: Layer = make_layer(
        kind="table", crs=None, unit="m3/s", hazard="flood", process="fluvial_flood",
        intensity_measure="discharge", bands=bands,
    )  # fmt: skip
    found = sample(layer, study, [place_at("kg-1", 70.0, 41.0, 0.0)], choices)
    ten, fifty, hundred = found.samples
    assert ten.value == pytest.approx(TRUTH.level(10), rel=0.05)
    assert ten.low < ten.value < ten.high
    assert fifty.value is not None
    assert hundred.value is None
    assert "40 years, 1950 to 1989" in study.read_text(encoding="utf-8")


def test_years_with_gaps_and_means_of_ten_days_are_told():
    days = pd.date_range("2000-01-10", periods=36 * 3, freq="10D")
    values = np.arange(len(days), dtype=float)
    values[40:60] = np.nan
    found = annual_maxima("a", list(days), values, first_month=1, least_share=0.9)
    assert found.step_d == 10.0
    assert found.left_out == (2001,)
    assert found.years == (2000, 2002)
    assert found.values[0] == 35.0  # 2000-12-25, the 36th date


def test_a_hydrological_year_begins_in_october():
    days = pd.to_datetime(["2000-09-30", "2000-10-01", "2001-09-30"])
    found = annual_maxima(
        "a", list(days), [9.0, 1.0, 2.0], first_month=10, least_share=0
    )
    assert (found.years, found.values) == ((1999, 2000), (9.0, 2.0))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("soon,5,Upper,Q", "found soon"),
        ("1960,much,Upper,Q", "found much"),
        ("1950,5,Upper,Q", "stands twice"),
    ],
)
def test_broken_tables_are_named(table, capsys, line, said):
    with table.open("a", encoding="utf-8") as stream:
        stream.write(line + "\n")
    assert run(table) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--periods", "1,10"], "above 1 year"),
        (["--study", "s.csv", "--site", "Nowhere=kg-1"], "stations out of Upper"),
        (["--study", "s.csv"], "no site"),
        (["--site", "Upper", "--study", "s.csv"], "NAME=TEXT"),
        (["--where", "kind=Z"], "no row that --where keeps"),
    ],
)
def test_wrong_options_are_named(table, tmp_path, monkeypatch, capsys, more, said):
    monkeypatch.chdir(tmp_path)
    assert run(table, *more) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "s.csv").exists()


def test_a_constant_series_cannot_be_fitted(tmp_path, capsys):
    path = tmp_path / "flat.csv"
    lines = ["date,value", *(f"{1950 + i},5" for i in range(20))]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert main(["fit-extremes", str(path)]) == 2
    assert "annual maxima that differ" in capsys.readouterr().err


@pytest.mark.real_data
def test_the_chirchik_gauge_gives_a_plausible_flood(shared_data, tmp_path):
    source = shared_data / "hydromet" / "chirchik_hydromet_timeseries.csv.gz"
    path = tmp_path / "chirchik.csv"
    frame = pd.read_csv(source)
    frame[frame["station"] == "Khudaydod"].to_csv(path, index=False)
    out = tmp_path / "levels.csv"
    words = [str(path), "--station", "station", "--where", "resolution=dec"]
    assert main(["fit-extremes", *words, "--draws", "100", "--out", str(out)]) == 0
    levels = pd.read_csv(out).set_index("return_period_yr")
    # 10-day means; the 82 years' largest is 600 m3/s or so
    assert 580 < levels.loc[100, "value"] < 760
    assert levels.loc[100, "step_d"] == 10


@pytest.mark.parametrize(
    ("option", "value", "expected"),
    [
        ("--draws", "0", "100 draws or more"),
        ("--factor", "-1", "a ratio above 0"),
        ("--least-share", "2", "a share above 0, up to 1"),
    ],
)
def test_options_that_no_fit_can_use_are_named(table, capsys, option, value, expected):
    assert run(table, option, value) == 2
    assert f"{option}: found {value}; expected {expected}" in capsys.readouterr().err
