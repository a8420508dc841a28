"""Checks of dams through the whole stage, with the printed numbers of the formulas."""

from __future__ import annotations

import pytest

from pipeline.assessment.stage import assess_tables
from pipeline.core.reasons import read_reasons
from pipeline.core.schemas.dam_checks import Check, Mechanism
from pipeline.core.tables import table_of

EXACT = {"intensity_low": None, "intensity_high": None}


@pytest.fixture
def checks(make_tables, rows, scheme, methods):
    """Rows of ``dam_checks`` of facility a by check and level."""

    def run(hazards=(), zones=(), **given):
        tables = make_tables(
            facilities=[rows.facility("a", **given)],
            hazards=list(hazards),
            displacement=[rows.displacement("a")],
            snaps=[rows.snap("a")],
            zones=list(zones),
        )
        frames, _ = assess_tables(tables, scheme, methods)
        table_of("assessment", frames["assessment"].to_dict("records"))
        found = frames["dam_checks"].astype(object)
        found = found.where(found.notna(), None)
        return {(r["check"], r["level"]): r for r in found.to_dict("records")}

    return run


def codes(row):
    return [reason.code for reason in read_reasons(row["reason"])]


def bare(hazard):
    return [row | EXACT for row in hazard]


# --- breach of the pond


def test_the_printed_breach_comes_out_of_the_stage(checks):
    found = checks(pond_volume_m3=1e6, dam_height_m=20.0, freeboard_m=0.0)
    peak, hours, width = (
        found[name, "-"]
        for name in ("breach_peak_m3s", "breach_formation_h", "breach_width_m")
    )
    assert peak["value"] == pytest.approx(1467.121, abs=5e-4)
    assert hours["value"] == pytest.approx(0.259362, abs=5e-7)
    assert width["value"] == pytest.approx(37.09535, abs=5e-6)
    assert [x["unit"] for x in (peak, hours, width)] == ["m3/s", "h", "m"]
    # Wahl 2004: 0.53 to 2.3, 0.38 to 7.3; the width of piping has K = 1 of 1.4
    assert peak["value_low"] == pytest.approx(0.53 * 1467.121, rel=1e-6)
    assert hours["value_high"] == pytest.approx(7.3 * 0.259362, rel=2e-6)
    assert width["value_low"] == pytest.approx(0.4 * 37.09535 / 1.4, rel=1e-6)
    assert peak["source"].startswith("Froehlich 1995")
    assert (peak["provisional"], peak["confidence"]) == (True, "P")


def test_freeboard_lowers_the_water_but_not_the_breach(checks):
    full = checks(pond_volume_m3=1e6, dam_height_m=20.0, freeboard_m=0.0)
    held = checks(pond_volume_m3=1e6, dam_height_m=20.0, freeboard_m=10.0)
    ratio = (
        held["breach_peak_m3s", "-"]["value"] / full["breach_peak_m3s", "-"]["value"]
    )
    assert ratio == pytest.approx(0.5**1.24)
    assert (
        held["breach_formation_h", "-"]["value"]
        == full["breach_formation_h", "-"]["value"]
    )


def test_an_unknown_freeboard_is_named(checks):
    found = checks(pond_volume_m3=1e6, dam_height_m=20.0)["breach_peak_m3s", "-"]
    assert found["value"] == pytest.approx(1467.121, abs=5e-4)
    assert codes(found) == ["breach_to_foundation", "freeboard_taken_as_zero"]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"dam_height_m": 20.0}, "no_pond_volume"),
        ({"pond_volume_m3": 1e6}, "no_dam_height"),
        ({"pond_volume_m3": 0.0, "dam_height_m": 20.0}, "no_water"),
        (
            {"pond_volume_m3": 1e6, "dam_height_m": 2.0, "freeboard_m": 2.0},
            "freeboard_over_height",
        ),
        (
            {
                "pond_volume_m3": 1e6,
                "dam_height_m": 20.0,
                "facility_type": "tailings_group",
            },
            "group_total",
        ),
    ],
)
def test_a_breach_that_cannot_be_told_says_why_and_is_no_zero(checks, given, code):
    found = checks(**given)
    for name in ("breach_peak_m3s", "breach_formation_h", "breach_width_m"):
        row = found[name, "-"]
        assert (row["value"], row["value_low"], row["value_high"]) == (None,) * 3
        assert row["value_status"] == "not_provided"
        assert codes(row) == [code]


# --- sliding under earthquake


@pytest.mark.parametrize(
    ("pga", "fos", "end", "displacement_m", "probability"),
    [
        (0.4, 1.2, "value", 0.0717981, 0.217734),  # 0.1 g, magnitude 7.0
        (0.3, 1.1, "value_low", 0.102617, 0.281566),  # 0.05 g, 6.5
        (0.2, 1.3, "value_high", 0.00177357, 0.00107162),  # 0.15 g, 7.5
    ],
)
def test_the_printed_displacements_come_out_of_the_stage(
    checks, rows, pga, fos, end, displacement_m, probability
):
    # sin 30 = 0.5: the yield acceleration is half of what the FoS has above 1
    found = checks(bare(rows.pga("a", {475.0: pga})), fos_static=fos, slope_deg=30.0)
    assert found["yield_acceleration_g", "-"]["value"] == pytest.approx((fos - 1) / 2)
    moved, slid = (
        found[name, "475"] for name in ("newmark_displacement_m", "slide_probability")
    )
    assert moved[end] == pytest.approx(displacement_m, rel=6e-6)
    assert slid[end] == pytest.approx(probability, rel=6e-6)
    # one level: every event at least as rare as it moves the block as far
    assert found["sliding_per_yr", "-"][end] == pytest.approx(
        probability / 475, rel=6e-6
    )


def test_the_printed_yield_acceleration_comes_out_of_the_stage(checks):
    row = checks(fos_static=1.5, slope_deg=20.0)["yield_acceleration_g", "-"]
    assert row["value"] == pytest.approx(0.171010, abs=5e-7)
    assert row["unit"] == "g"
    assert codes(row) == ["yield_from_fos"]
    assert row["provisional"]


def test_the_bounds_of_sliding_take_acceleration_and_magnitude(checks, rows):
    level = rows.pga("a", {475.0: 0.4}, intensity_low=0.3, intensity_high=0.5)
    row = checks(level, fos_static=1.2, slope_deg=30.0)["newmark_displacement_m", "475"]

    def by_hand(pga, magnitude):
        r = 0.1 / pga
        return 10 ** (-2.71 + 0.424 * magnitude) * (1 - r) ** 2.335 * r**-1.478 / 100

    assert row["value_low"] == pytest.approx(by_hand(0.3, 6.5))
    assert row["value"] == pytest.approx(by_hand(0.4, 7.0))
    assert row["value_high"] == pytest.approx(by_hand(0.5, 7.5))
    assert (row["demonstration"], row["confidence"]) == (True, "P")
    assert row["layers"] == "pga"


def test_shaking_below_the_yield_acceleration_moves_nothing_and_says_so(checks, rows):
    found = checks(rows.pga("a", {475.0: 0.05}), fos_static=1.5, slope_deg=20.0)
    row = found["newmark_displacement_m", "475"]
    assert (row["value"], row["value_high"], row["value_status"]) == (0, 0, "measured")
    assert codes(row) == ["yield_from_fos", "below_yield"]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({}, "no_yield"),
        ({"fos_static": 1.3}, "no_yield"),
        ({"slope_deg": 20.0}, "no_yield"),
        ({"fos_static": 0.9, "slope_deg": 20.0}, "unstable_at_rest"),
        ({"fos_static": 1.0, "slope_deg": 20.0}, "unstable_at_rest"),
    ],
)
def test_sliding_without_a_yield_acceleration_says_why(checks, rows, given, code):
    found = checks(rows.pga("a", {475.0: 0.3}), **given)
    row = found["sliding_per_yr", "-"]
    assert row["value_high"] is None
    assert codes(row) == [code]
    assert ("newmark_displacement_m", "-") in found


def test_a_slope_without_shaking_has_a_yield_acceleration_and_nothing_else(checks):
    found = checks(fos_static=1.5, slope_deg=20.0)
    assert found["yield_acceleration_g", "-"]["value"] is not None
    assert codes(found["sliding_per_yr", "-"]) == ["no_curve"]


def test_shaking_on_the_ground_goes_before_that_of_rock(checks, rows):
    ground = rows.pga(
        "a", {475.0: 0.4}, layer_id="ground", intensity_measure="PGA_ground"
    )
    hazards = bare([*rows.pga("a", {475.0: 0.2}), *ground])
    found = checks(hazards, fos_static=1.2, slope_deg=30.0)
    row = found["newmark_displacement_m", "475"]
    assert row["value"] == pytest.approx(0.0717981, rel=1e-6)
    assert row["layers"] == "ground"


# --- failure by settlement or flow


def liquefaction(rows, values, **changes):
    told = {
        "process": "liquefaction",
        "intensity_measure": "liquefaction_probability",
        "unit": "-",
        "layer_id": "soft-ground",
    }
    return bare(rows.pga("a", values, **(told | changes)))


def test_liquefaction_of_the_ground_raises_the_lower_bound(checks, rows):
    shaking = bare(rows.pga("a", {475.0: 0.3}))
    plain = checks(shaking, dam_type="upstream")["failure_per_yr", "-"]
    soft = checks([*shaking, *liquefaction(rows, {475.0: 0.4})], dam_type="upstream")[
        "failure_per_yr", "-"
    ]
    expected = 0.4 * 0.5 / 475 + 0.6 * plain["value_low"]
    assert soft["value_low"] == pytest.approx(expected)
    assert soft["value_high"] == plain["value_high"] == pytest.approx(0.5 / 475)
    assert soft["value"] is None
    assert soft["layers"] == "pga; soft-ground"
    assert codes(soft)[0] == "ground_liquefies"
    assert codes(plain)[0] == "liquefaction_unknown"


def test_a_study_of_liquefaction_gives_a_central_value(checks, rows):
    shaking = bare(rows.pga("a", {475.0: 0.1}))
    studied = liquefaction(rows, {475.0: 0.2}, place="site", demonstration=False)
    row = checks([*shaking, *studied], dam_type="upstream")["failure_per_yr", "-"]
    assert row["value"] == pytest.approx(0.2 * 0.5 / 475, rel=1e-3)
    assert codes(row)[0] == "liquefaction_studied"


def test_a_share_of_the_area_is_no_probability_of_the_dam(checks, rows):
    shaking = bare(rows.pga("a", {475.0: 0.3}))
    share = liquefaction(rows, {475.0: 20.0}, unit="%")
    row = checks([*shaking, *share])["failure_per_yr", "-"]
    assert codes(row)[0] == "liquefaction_unknown"


def test_a_probability_above_one_stops_the_run(checks, rows):
    with pytest.raises(ValueError, match="probability of liquefaction"):
        checks(liquefaction(rows, {475.0: 20.0}))


# --- water, and what has no method


def test_a_flood_that_reaches_the_toe_between_two_levels_has_bounds(checks, rows):
    found = checks(rows.water("a", {100.0: 0.0, 500.0: 1.2}))
    row = found["toe_flooded_per_yr", "-"]
    assert (row["value_low"], row["value"], row["value_high"]) == (0.002, None, 0.01)
    assert codes(row) == ["between_levels"]
    assert row["provisional"]
    assert codes(found["flood_failure_per_yr", "-"]) == ["no_method"]


def test_every_mechanism_has_rows_whatever_is_known(checks, rows):
    for found in (checks(), checks(facility_type="waste_rock")):
        assert {row["mechanism"] for row in found.values()} == set(Mechanism)
        assert {row["check"] for row in found.values()} == set(Check)
        assert all(row["reason"] for row in found.values())
        assert all(row["value_high"] is None for row in found.values())
    assert {row["reason"] for row in found.values()} == {"no_dam"}


def test_the_frequencies_are_those_of_the_assessment(
    make_tables, rows, scheme, methods
):
    tables = make_tables(
        facilities=[rows.facility("a", freeboard_m=1.0)],
        hazards=[
            *rows.pga("a", {475.0: 0.3, 2475.0: 0.6}),
            *rows.water("a", {10.0: 5e4, 100.0: 2e5}, unit="m3", layer_id="inflow"),
        ],
        displacement=[rows.displacement("a")],
        snaps=[rows.snap("a")],
        zones=[rows.zone("a", "pond", 1e5)],
    )
    frames, _ = assess_tables(tables, scheme, methods)
    one = frames["assessment"].iloc[0]
    found = frames["dam_checks"].set_index("check")
    for name in ("failure_per_yr", "overtopping_per_yr", "overtopping_failure_per_yr"):
        row = found.loc[name]
        for end in ("_low", "_high"):
            assert row[f"value{end}"] == one[f"{name}{end}"] > 0


def test_a_stated_yield_acceleration_goes_before_the_factor_of_safety(checks, rows):
    found = checks(
        bare(rows.pga("a", {475.0: 0.4})),
        yield_acceleration_g=0.1,
        fos_static=1.5,
        slope_deg=20.0,
    )
    row = found["newmark_displacement_m", "475"]
    assert row["value"] == pytest.approx(0.0717981, rel=1e-6)
    assert codes(row) == ["yield_stated"]
    assert not found["yield_acceleration_g", "-"]["provisional"]


def test_overtopping_that_a_layer_tells_itself_is_used(checks, rows):
    told = rows.water("a", {100.0: 0.02}, layer_id="overtops", unit="1/yr")
    told = [
        row | {"intensity_measure": "overtopping_frequency", "return_period_yr": None}
        for row in told
    ]
    row = checks(told)["overtopping_per_yr", "-"]
    assert row["value"] == pytest.approx(0.02)
    assert (codes(row), row["layers"]) == (["layer_tells"], "overtops")
