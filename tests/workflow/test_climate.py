"""The toy valley under two climate cases, from layers to the table of changes."""

from __future__ import annotations

import math

import pandas as pd
import pytest

MEAN = "ssp245"  # rain and depth times 1.0695
WIDE = "ssp585"  # a flood layer of its own, wider than today's; no factor of rain


@pytest.fixture(scope="module")
def tables(finished):
    folder = finished.output("out") / "tables"
    names = ("assessment_changes", "hazards", "assessment")
    return {name: pd.read_parquet(folder / f"{name}.parquet") for name in names}


@pytest.fixture(scope="module")
def change(tables):
    frame = tables["assessment_changes"]
    rows = frame[frame["percentile"] == 50].set_index(
        ["tmf_id", "quantity", "scenario"]
    )
    return lambda *key: rows.loc[key]


def test_overtopping_follows_the_scaled_rain_by_hand(change, tables):
    hazards = tables["hazards"]
    mine = hazards[
        (hazards["tmf_id"] == "toy-01") & (hazards["scenario"] == "historical")
    ]
    inflow = mine[mine["layer_id"] == "toy-inflow"].set_index("return_period_yr")
    at_100, at_1000 = (float(inflow.loc[t, "intensity"]) for t in (100, 1000))
    row = change("toy-01", "overtopping_per_yr", MEAN)
    # log-log line through both levels, read at the storage that the present tells
    slope = math.log(10) / math.log(at_1000 / at_100)
    storage = at_100 * (0.01 / row["present"]) ** (1 / slope)
    assert at_100 < storage < at_1000
    future = 0.01 * (1.0695 * at_100 / storage) ** slope
    assert row["future"] == pytest.approx(future, rel=1e-9)
    assert row["difference"] == pytest.approx(future - row["present"], rel=1e-9)
    # the hazards stage derives the same frequencies from rain, catchment and pond
    derived = hazards[
        (hazards["tmf_id"] == "toy-01")
        & (hazards["layer_id"] == "toy-overtopping")
        & (hazards["percentile"] == 50)
    ].set_index("scenario")["intensity"]
    assert derived["historical"] == pytest.approx(row["present"], rel=1e-9)
    assert derived[MEAN] == pytest.approx(row["future"], rel=1e-9)


def test_a_wider_flood_raises_index_and_rank(change):
    inside = change("toy-03", "inside_flood", WIDE)
    assert (inside["present"], inside["future"]) == (0, 1)
    assert change("toy-03", "thi_site", WIDE)["difference"] == 1
    assert change("toy-03", "rank", WIDE)["difference"] < 0
    assert change("toy-03", "inside_flood", MEAN)["reason"] == "scaled_depth_keeps_dry"


def test_a_case_without_a_factor_has_no_number_and_says_which_layer(change):
    row = change("toy-01", "overtopping_per_yr", WIDE)
    assert row["effect"] == "no_future_value"
    assert pd.isna(row["future"])
    assert row["reason"] == "no_future_of|layer=toy-inflow"


def test_the_present_beside_every_case_is_the_assessment_itself(tables):
    now = tables["assessment"].set_index("tmf_id")
    for quantity in ("thi", "tri", "rank", "overtopping_per_yr"):
        rows = tables["assessment_changes"].query("quantity == @quantity")
        for tmf_id, present in zip(rows["tmf_id"], rows["present"], strict=True):
            value = now.loc[tmf_id, quantity]
            assert (pd.isna(value) and pd.isna(present)) or value == present
