"""Change factors: their tables, whom they serve, and what they refuse."""

from __future__ import annotations

import pytest

from pipeline.core.config import ClimateCase
from pipeline.core.errors import InputError
from pipeline.core.layers import Band, Change, LayerState, LocalLayer
from pipeline.core.model import Scenario, Status
from pipeline.hazards.climate import (
    Factor,
    FactorLayer,
    check_shift_unit,
    is_unaffected,
    period_note,
    serving,
    table_factors,
    told_cases,
    unavailable_factors,
    unavailable_reason,
)
from pipeline.hazards.derived_climate import changes
from pipeline.hazards.samples import Sample

CASE = ClimateCase(scenario=Scenario.SSP245, horizon="2041-2060")
LATER = ClimateCase(scenario=Scenario.SSP585, horizon="2081-2100")
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
    def write(rows, header=HEADER, **changes):
        path = tmp_path / "factors.csv"
        path.write_text(header + rows, encoding="utf-8")
        return table_factors(factor_layer(**changes), path)

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
        ("ssp245,2041-2060,150,1,1.1,x", "found 150; expected a percentile"),
        ("ssp245,2041-2060,0.5,1,1.1,x", "found 0.5; expected a percentile"),
        ("ssp245,2041-2060,-5,1,1.1,x", "found -5; expected a percentile"),
    ],
)
def test_broken_factors_name_row_and_column(read, row, words):
    with pytest.raises(InputError, match=words) as stopped:
        read("ssp245,2041-2060,5,1,1.0,x\n" + row + "\n")
    assert "row 3" in str(stopped.value)


@pytest.mark.parametrize(
    ("factor", "is_marked"), [(12.0, True), (0.2, True), (3.0, False), (0.5, False)]
)
def test_ratios_that_may_be_per_cents_are_marked(read, factor, is_marked):
    found = read(f"ssp245,2041-2060,50,1,{factor},x\n").at("kg-1")[0]
    assert (f"factor_unusual|factor={factor:g}" in found.note) is is_marked


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
    assert serving(rain, [lost, usable], CASE) is usable
    assert serving(rain, [lost], CASE) is lost
    assert serving(make_layer(), [lost, usable], CASE) is None


def test_every_case_takes_the_first_layer_that_has_it(make_layer, factor_layer):
    def one(case):
        factor = Factor(
            case.scenario, case.horizon, 50.0, 1.1, Status.MEASURED, "region", 1.0, "x"
        )
        return FactorLayer(factor_layer(), region=(factor,))

    first, second = one(CASE), one(LATER)
    rain = make_layer(intensity_measure="rain_rate")
    assert serving(rain, [first, second], CASE) is first
    assert serving(rain, [first, second], LATER) is second


def test_an_optional_case_needs_a_factor(read):
    table = read("ssp245,2041-2060,50,,1.1,x\n")
    wish = LATER.model_copy(update={"optional": True})
    there = CASE.model_copy(update={"optional": True})
    assert told_cases([CASE, LATER, wish, there], [table]) == (CASE, LATER, there)
    assert told_cases([wish], []) == ()


def test_a_difference_is_added_and_a_ratio_multiplies(read):
    row = "ssp245,2041-2060,50,1.2,1.5,Made up\n"
    (ratio,) = read(row).at("kg-1")
    shift = {"change": {"factor_kind": "difference"}, "unit": "degC"}
    (difference,) = read(row, **shift).at("kg-1")
    assert ratio.changed(-2.0) == pytest.approx(-3.0)
    assert difference.changed(-2.0) == pytest.approx(-0.5)
    assert difference.changed(None) is None
    assert difference.note == "shift_of_region|factor=1.5|unit=degC|source=Made up"


def test_a_difference_may_be_negative_but_not_of_fifty_kelvin(read):
    shift = {"change": {"factor_kind": "difference"}, "unit": "K"}
    cooler = "ssp245,2041-2060,50,,-0.3,x\n"
    assert read(cooler, **shift).at("kg-1")[0].value == -0.3
    with pytest.raises(InputError, match="15 K"):
        read("ssp245,2041-2060,50,,50,x\n", **shift)


def test_base_period_and_number_of_models_are_printed(read):
    row = "ssp245,2041-2060,50,,1.1,x\n"
    many = read(row, change={"base_period": "1995-2014", "n_models": 27})
    assert many.at("a")[0].note.endswith(
        ";base_period|period=1995-2014;of_models|n_models=27"
    )
    one = read(row, change={"n_models": 1})
    assert one.at("a")[0].note.endswith(";of_one_model")


def test_differences_need_the_unit_of_what_they_are_added_to(make_layer, factor_layer):
    kelvin = factor_layer(unit="K", change={"factor_kind": "difference"})
    check_shift_unit(kelvin, make_layer(unit="degC"))
    check_shift_unit(factor_layer(), make_layer(unit="degC"))
    with pytest.raises(InputError, match="one unit for both"):
        check_shift_unit(kelvin, make_layer(unit="g"))


def test_a_missing_baseline_is_named(make_layer, factor_layer):
    def local(layer):
        return LocalLayer(layer=layer, state=LayerState.MISSING, reason="no file")

    grid = factor_layer(id="future")
    own = unavailable_factors(local(grid))
    assert unavailable_reason(own) == "factors_not_available|layer=future|state=missing"
    of_baseline = unavailable_factors(local(grid), local(make_layer(id="now")))
    assert (
        unavailable_reason(of_baseline)
        == "baseline_not_available|layer=now|state=missing"
    )


def test_earthquakes_alone_do_not_follow_the_climate(make_layer):
    assert is_unaffected(make_layer())
    assert not is_unaffected(make_layer(hazard="flood", process="fluvial_flood"))


@pytest.mark.parametrize(
    ("period", "told"),
    [("1960-1990", True), ("1995-2014", False), (None, False)],
)
def test_a_change_from_other_years_than_the_present_is_told(
    make_layer, factor_layer, period, told
):
    change = factor_layer().model_copy(
        update={"change": Change(base_period="1995-2014")}
    )
    found = period_note(change, make_layer(period=period))
    said = "other_base_period|period=1960-1990|base_period=1995-2014"
    assert found == (said if told else None)


def test_inputs_of_derived_layers_tell_it_too(make_layer, read):
    row = "ssp245,2041-2060,50,1,1.1,x\n"
    factors = read(row, change={"base_period": "1995-2014"})
    rain = make_layer(
        hazard="flood",
        process="pluvial_flood",
        intensity_measure="rain_rate",
        period="1960-1990",
    )
    band = Band(level="10", return_period_yr=10)
    one = Sample("kg-1", band, Status.MEASURED, 20.0, 18.0, 22.0, 1.0)
    (found,) = changes(
        {"rain": {"kg-1": {band: one}}}, {"rain": rain}, [factors], [CASE]
    )
    (changed,) = found.given["rain"]["kg-1"].values()
    assert changed.value == pytest.approx(22.0)
    assert changed.note.endswith(
        "other_base_period|period=1960-1990|base_period=1995-2014"
    )
