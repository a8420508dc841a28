"""Levels from the registry and from the descriptions of bands."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.core.errors import InputError
from pipeline.core.layers import Band
from pipeline.hazards.levels import described_period_yr, raster_levels, value_column
from pipeline.hazards.sampling.grid import open_raster

CELLS = np.ones((3, 3))
THREE = [
    {"level": str(t), "band": n, "return_period_yr": t}
    for n, t in enumerate((475, 975, 2475), start=1)
]


def levels(layer, path):
    with open_raster(layer, path) as (_, grid):
        return raster_levels(layer, grid)


@pytest.mark.parametrize(
    ("description", "period"),
    [
        ("PGA_475y", 475),
        ("RP100", 100),
        ("rp 2.5", 2.5),
        ("depth, 500 years", 500),
        ("return period 2475", 2475),
        ("10 % in 50 years", None),
        ("probability in 50 years", None),
        ("RP10 and RP20", None),
        ("bio12", None),
        ("R001", None),
        ("475", None),
        ("", None),
    ],
)
def test_descriptions_state_a_return_period_or_they_do_not(description, period):
    assert described_period_yr(description) == period


def test_bands_of_an_unlisted_raster_are_its_descriptions(make_layer, write_raster):
    layer = make_layer(role="other", bands=[])
    path = write_raster(CELLS, CELLS, descriptions=("PGA_475y", "PGA_2475y"))
    found = [(b.level, b.band, b.return_period_yr) for b in levels(layer, path)]
    assert found == [("475", 1, 475), ("2475", 2, 2475)]


def test_one_unnamed_band_is_the_value(make_layer, write_raster):
    layer = make_layer(role="other", bands=[])
    assert levels(layer, write_raster(CELLS)) == (Band(level="value"),)


def test_bands_that_share_a_name_are_refused(make_layer, write_raster):
    layer = make_layer(role="other", bands=[])
    path = write_raster(CELLS, CELLS, descriptions=("rain", "rain"))
    with pytest.raises(InputError, match="share the name 'rain'"):
        levels(layer, path)


@pytest.mark.parametrize(
    "descriptions", [("975y", "475y", "2475y"), ("975", "475", "2475")]
)
def test_swapped_return_periods_are_refused(make_layer, write_raster, descriptions):
    path = write_raster(CELLS, CELLS, CELLS, descriptions=descriptions)
    with pytest.raises(InputError, match="return period 475 years for band 1"):
        levels(make_layer(bands=THREE), path)


@pytest.mark.parametrize("descriptions", [("475", "975", "2475"), ("1", "2", "3")])
def test_descriptions_that_agree_or_only_number_the_bands_pass(
    make_layer, write_raster, descriptions
):
    path = write_raster(CELLS, CELLS, CELLS, descriptions=descriptions)
    assert len(levels(make_layer(bands=THREE), path)) == 3


def test_columns_hold_levels_by_name_or_by_number(make_layer):
    layer = make_layer(columns=["tmf_id", "pga_475", "pga_2475"])
    assert value_column(layer, Band(level="x", band=2)) == "pga_2475"
    assert value_column(layer, Band(level="pga_475", band=2)) == "pga_475"
    assert value_column(make_layer(), Band(level="x")) == "x"
