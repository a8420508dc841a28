"""Change factors: their tables, whom they serve, and what they refuse."""

from __future__ import annotations

import pytest

from pipeline.core.errors import InputError
from pipeline.core.model import Scenario
from pipeline.hazards.climate import FactorLayer, is_unaffected, serving, table_factors

HEADER = "scenario,horizon,percentile,warming_k,factor,source\n"


@pytest.fixture
def factor_layer(make_layer):
    def build(**changes):
        row = {
            "id": "rain-change",
            "role": "climate_factors",
            "kind": "table",
            "hazard": "flood",
            "process": "pluvial_flood",
            "intensity_measure": None,
            "applies_to": ["rain_rate"],
            "unit": "-",
            "crs": None,
            "bands": [],
        }
        return make_layer(**(row | changes))

    return build


@pytest.fixture
def read(factor_layer, tmp_path):
    def write(rows, header=HEADER):
        path = tmp_path / "factors.csv"
        path.write_text(header + rows, encoding="utf-8")
        return table_factors(factor_layer(), path)

    return write


def test_a_table_holds_for_every_facility(read):
    found = read("ssp245,2041-2060,50,1.2,1.0695,Made up\n")
    (factor,) = found.at("kg-1")
    assert found.at("tj-9") == (factor,)
    assert (factor.scenario, factor.value) == (Scenario.SSP245, 1.0695)
    assert "|warming_k=1.2|source=Made up" in factor.note


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("ssp999,2041-2060,50,1,1.1,x", "found ssp999"),
        ("historical,2041-2060,50,1,1.1,x", "found historical"),
        ("ssp245,2050,50,1,1.1,x", "found 2050"),
        ("ssp245,2041-2060,50,1,12 %,x", "found 12 %"),
        ("ssp245,2041-2060,50,1,,x", "blank"),
        ("ssp245,2041-2060,50,1,-1,x", "a ratio future to present"),
        ("ssp245,2041-2060,50,1,112,x", "a ratio future to present"),
    ],
)
def test_broken_factors_name_row_and_column(read, row, words):
    with pytest.raises(InputError, match=words) as stopped:
        read("ssp245,2041-2060,5,1,1.0,x\n" + row + "\n")
    assert "row 3" in str(stopped.value)


def test_a_case_that_stands_twice_is_refused(read):
    row = "ssp245,2041-2060,50,1,1.1,x\n"
    with pytest.raises(InputError, match="twice"):
        read(row + row)


def test_a_table_without_a_factor_column_is_refused(read):
    with pytest.raises(InputError, match="'factor'"):
        read("ssp245,2041-2060,50,x\n", "scenario,horizon,percentile,source\n")


def test_factors_serve_their_measures_whatever_case_and_unit(make_layer, factor_layer):
    factors = FactorLayer(factor_layer(applies_to=["Rain_Rate:mm/h"]))
    assert factors.serves(make_layer(intensity_measure="rain_rate"))
    assert not factors.serves(make_layer(intensity_measure="PGA"))


def test_the_first_usable_layer_serves(make_layer, factor_layer):
    lost = FactorLayer(factor_layer(id="grid"), missing="no file")
    usable = FactorLayer(factor_layer(id="table"))
    rain = make_layer(intensity_measure="rain_rate")
    assert serving(rain, [lost, usable]) is usable
    assert serving(rain, [lost]) is lost
    assert serving(make_layer(), [lost, usable]) is None


def test_earthquakes_alone_do_not_follow_the_climate(make_layer):
    assert is_unaffected(make_layer())
    assert not is_unaffected(make_layer(hazard="flood", process="fluvial_flood"))
