"""Values that cannot be, curves that fall, layers that say nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.core.errors import InputError
from pipeline.core.layers import Band
from pipeline.core.model import Status
from pipeline.hazards.checks import (
    check_nodata,
    check_periods,
    check_possible,
    suspicions,
)
from pipeline.hazards.samples import Sample, Sampled


def measured(value, period=475, tmf_id="kg-1", covered=1.0):
    band = Band(level=f"{period}", return_period_yr=period)
    return Sample(
        tmf_id,
        band,
        Status.MEASURED,
        value,
        value,
        value,
        covered,
        least=value,
        largest=value,
    )


def empty(covered=0.0, tmf_id="kg-1"):
    band = Band(level="475", return_period_yr=475)
    return Sample(tmf_id, band, Status.NOT_COVERED, None, None, None, covered)


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        (300.0, "per cent of g"),
        (30.0, r"per cent of g, or m/s2 \(9\.80665 make 1 g\)"),
        (980.0, "cm/s2"),
        (-9999.0, "declare -9999 as 'nodata'"),
        (-0.5, "unit, sign, scale"),
    ],
)
def test_impossible_accelerations_name_the_likely_mistake(make_layer, value, hint):
    with pytest.raises(InputError, match=hint) as stopped:
        check_possible(make_layer(), Sampled((measured(value),)))
    assert "some-layer" in str(stopped.value)
    assert f"{value:g} g at facility 'kg-1'" in str(stopped.value)


def test_negative_depths_are_impossible(make_layer):
    layer = make_layer(hazard="flood", process="fluvial_flood", unit="m")
    layer = layer.model_copy(update={"intensity_measure": "wd:m"})
    with pytest.raises(InputError, match="-5 m at facility"):
        check_possible(layer, Sampled((measured(-5.0),)))


def test_the_registry_has_the_last_word_on_limits(make_layer):
    check_possible(make_layer(minimum=-1, maximum=400), Sampled((measured(300.0),)))
    with pytest.raises(InputError, match=r"expected values from 0 to 0\.2 g"):
        check_possible(make_layer(maximum=0.2), Sampled((measured(0.3),)))


def test_a_cell_that_cannot_be_counts_even_where_the_mean_can(make_layer):
    odd = Sample(
        "kg-1",
        Band(level="475"),
        Status.MEASURED,
        0.3,
        0.1,
        0.5,
        1.0,
        least=0.1,
        largest=40.0,
    )
    with pytest.raises(InputError, match="40 g"):
        check_possible(make_layer(), Sampled((odd,)))


def test_measures_without_known_limits_pass(make_layer):
    layer = make_layer(intensity_measure="losses", unit="tonnes")
    check_possible(layer, Sampled((measured(1e6), empty())))


def test_a_curve_that_falls_names_layer_and_facility(make_layer):
    curve = Sampled((measured(0.3, 475), measured(0.2, 975)))
    with pytest.raises(InputError, match="swapped") as stopped:
        check_periods(make_layer(), curve)
    assert "some-layer" in str(stopped.value)
    assert "'kg-1'" in str(stopped.value)


def test_equal_and_growing_curves_pass_in_any_order(make_layer):
    curve = Sampled((measured(0.3, 975), measured(0.2, 475), measured(0.3, 2475)))
    assert check_periods(make_layer(), curve) is curve


def test_a_fall_from_unequal_coverage_is_invalid_with_the_reason(make_layer):
    curve = (measured(2.0, 10, covered=0.6), measured(1.5, 100, covered=0.9))
    other = measured(1.0, 10, tmf_id="kg-2")
    found = check_periods(make_layer(), Sampled((*curve, other))).samples
    assert [s.status for s in found[:2]] == [Status.INVALID] * 2
    assert found[0].value is None
    assert found[0].note == "falls_with_period"
    assert found[2] == other


@pytest.mark.parametrize(
    ("samples", "expected"),
    [
        ((empty(), empty(tmf_id="kg-2")), "no_data_anywhere|layer=some-layer"),
        ((empty(0.2), empty(tmf_id="kg-2")), "covers_none_well|layer=some-layer"),
        (
            (measured(0.0), measured(0.0, tmf_id="kg-2")),
            "zero_everywhere|layer=some-layer|n_facilities=2",
        ),
        (
            (measured(0.0), empty(tmf_id="kg-2")),
            "zero_everywhere|layer=some-layer|n_facilities=1",
        ),
    ],
)
def test_layers_that_say_nothing_get_a_named_warning(make_layer, samples, expected):
    (remark,) = suspicions(make_layer(), Sampled(samples), 2)
    assert remark == expected


def test_ordinary_layers_get_none(make_layer):
    assert suspicions(make_layer(), Sampled((measured(0.1), empty())), 2) == ()


@pytest.mark.parametrize(
    ("unit", "measure", "hazard", "value"),
    [
        ("mm/h", "rain_rate", "flood", -1.0),
        ("m", "flood_depth", "flood", -5.0),
        ("m", "some_depth", "flood", 250.0),
        ("degC", "mean", "extreme_temperature", 300.0),
    ],
)
def test_units_have_limits_where_the_row_has_none(
    make_layer, unit, measure, hazard, value
):
    layer = make_layer(hazard=hazard, process=None, unit=unit)
    layer = layer.model_copy(update={"intensity_measure": measure})
    with pytest.raises(InputError, match=f"found {value:g} "):
        check_possible(layer, Sampled((measured(value),)))


@pytest.mark.parametrize("value", [-9999.0, -32768.0, -999.0, 1e20, -3.4028235e38])
def test_a_value_that_stands_for_no_data_never_passes(make_layer, value):
    layer = make_layer(intensity_measure="losses", unit="tonnes")
    for check in (check_possible, check_nodata):
        with pytest.raises(InputError, match="as 'nodata' in the registry"):
            check(layer, Sampled((measured(value),)))


def test_a_blank_is_what_a_table_or_polygon_without_a_value_needs(make_layer):
    layer = make_layer(kind="vector", intensity_measure="losses", unit="tonnes")
    with pytest.raises(InputError, match="leave the cell blank in the file"):
        check_possible(layer, Sampled((measured(-9999.0),)))


def test_a_row_may_say_that_such_a_value_is_possible(make_layer):
    layer = make_layer(intensity_measure="height", unit="units", minimum=-500)
    check_possible(layer, Sampled((measured(-99.0),)))
    layer = make_layer(intensity_measure="energy", unit="units", maximum=1e21)
    check_possible(layer, Sampled((measured(1e20),)))


def bounded(period, low, value, high):
    one = measured(value, period)
    return replace(one, low=low, high=high)


def test_values_that_fall_within_rounding_are_put_in_order(make_layer):
    curve = Sampled((measured(0.3, 475), measured(0.3 * (1 - 5e-6), 975)))
    found = check_periods(make_layer(), curve).samples
    assert [one.value for one in found] == [0.3, 0.3]
    assert [one.note for one in found] == [None, None]


def test_bounds_that_fall_are_widened_until_none_does(make_layer):
    curve = (
        bounded(475, 0.20, 0.30, 0.50),
        bounded(975, 0.15, 0.35, 0.45),
        bounded(2475, 0.25, 0.40, 0.60),
    )
    found = check_periods(make_layer(), Sampled(curve)).samples
    assert [one.low for one in found] == [0.15, 0.15, 0.25]
    assert [one.high for one in found] == [0.50, 0.50, 0.60]
    assert [one.value for one in found] == [0.30, 0.35, 0.40]
    assert [one.note for one in found] == ["bounds_ordered", "bounds_ordered", None]


def test_a_study_without_bounds_gets_none(make_layer):
    curve = Sampled(tuple(bounded(t, None, t / 1e4, None) for t in (475, 975)))
    assert check_periods(make_layer(), curve) is curve


@pytest.mark.parametrize(
    ("factor", "expected"),
    [(9.80665, ("looks_like_m_per_s2|layer=some-layer|intensity=2.942",)), (1.0, ())],
)
def test_accelerations_in_another_unit_are_suspected(make_layer, factor, expected):
    curve = [
        measured(factor * g * (1 + 0.4 * (t > 475)), t, tmf_id=key)
        for key, g in (("kg-1", 0.2), ("kg-2", 0.3), ("kg-3", 0.4))
        for t in (475, 2475)
    ]
    found = suspicions(make_layer(), Sampled(tuple(curve)), 3)
    assert [text.partition("=2.94")[0] for text in found] == [
        text.partition("=2.94")[0] for text in expected
    ]


def test_a_raster_that_tells_nobody_apart_is_suspected(make_layer):
    alike = [
        measured(0.1 * k, t, tmf_id=f"kg-{n}")
        for n in range(3)
        for k, t in ((1, 475), (2, 975))
    ]
    said = ("same_everywhere|layer=some-layer|n_facilities=3",)
    assert suspicions(make_layer(), Sampled(tuple(alike)), 3) == said
    assert suspicions(make_layer(), Sampled(tuple(alike[:4])), 2) == ()
