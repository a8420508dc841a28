"""The assessment under climate cases, on tables made by hand."""

from __future__ import annotations

import math

import pytest

from pipeline.assessment.assess import assess, reassess
from pipeline.assessment.changes import change_rows
from pipeline.assessment.facts import facts_of, rows_by_facility
from pipeline.core.config import ClimateCase
from pipeline.core.reasons import read_reasons
from pipeline.core.tables import table_of

CASE = {"scenario": "ssp245", "horizon": "2041-2060"}
FACTOR = "factor_of_region|factor=1.5|source=x"


@pytest.fixture
def changes(make_tables, rows, scheme, methods):
    """Changes of facilities a and b by facility, quantity and percentile."""

    def run(hazards=(), zones=(), cases=(CASE,), **facility):
        tables = make_tables(
            facilities=[
                rows.facility("a", volume_m3=1e6, **facility),
                rows.facility("b", volume_m3=1e6),
            ],
            hazards=list(hazards),
            displacement=[rows.displacement("a"), rows.displacement("b")],
            snaps=[rows.snap("a"), rows.snap("b")],
            receptors=[rows.settlement("a", "v"), rows.settlement("b", "v")],
            zones=list(zones),
        )
        facts = facts_of(tables, scheme.flood.return_period_yr)
        assessed = [assess(one, scheme, methods) for one in facts]
        found = table_of(
            "assessment_changes",
            change_rows(
                assessed,
                rows_by_facility(tables["hazards"]),
                [ClimateCase(**case) for case in cases],
                scheme,
                methods,
            ),
        )
        return {
            (r["tmf_id"], r["quantity"], r["percentile"]): r
            for r in found.astype(object).to_dict("records")
        }

    return run


def codes(row):
    return [reason.code for reason in read_reasons(row["reason"])]


def test_without_a_climate_dependent_layer_there_are_reasons_and_no_zeros(
    changes, rows
):
    pga = rows.pga("a", {475.0: 0.3, 2475.0: 0.6})
    later = rows.pga("a", {475.0: 0.3, 2475.0: 0.6}, **CASE)
    found = changes([*pga, *later])
    for quantity in ("inside_flood", "thi_site", "thi", "tri", "rank"):
        row = found["a", quantity, 50.0]
        assert row["effect"] == "no_climate_input"
        assert math.isnan(row["future"])
        assert math.isnan(row["difference"])
        assert row["difference_status"] == "not_provided"
    assert found["a", "thi_site", 50.0]["present"] == 2.0
    assert codes(found["a", "thi_site", 50.0]) == ["no_flood_map"]
    assert codes(found["a", "rank", 50.0]) == ["nothing_changes_anywhere"]
    assert codes(found["a", "overtopping_per_yr", 50.0]) == ["no_inflow"]


def test_failure_by_earthquake_keeps_its_bounds_by_rule(changes, rows):
    found = changes(rows.pga("a", {475.0: 0.3, 2475.0: 0.6}))
    row = found["a", "failure_per_yr", 50.0]
    assert row["effect"] == "unchanged_by_rule"
    assert codes(row) == ["seismic_unchanged"]
    assert row["present_low"] == row["future_low"] > 0
    assert row["present_high"] == row["future_high"]
    # a central value is unknown now and then: bounds alone, no difference of zero
    assert math.isnan(row["present"])
    assert math.isnan(row["difference"])
    assert codes(found["b", "failure_per_yr", 50.0]) == ["no_seismic_levels"]


def test_a_place_that_floods_then_scores_one_more(changes, rows):
    dry = rows.water("a", {500.0: 0.0}) + rows.water("b", {500.0: 0.0})
    wet = rows.water("a", {500.0: 0.4}, **CASE) + rows.water("b", {500.0: 0.0}, **CASE)
    found = changes([*dry, *wet])
    inside = found["a", "inside_flood", 50.0]
    assert (inside["confidence"], inside["provisional"]) == ("V", False)
    assert (inside["present"], inside["future"], inside["difference"]) == (0, 1, 1)
    for quantity in ("thi_site", "thi", "tri"):
        row = found["a", quantity, 50.0]
        assert row["effect"] == "changed"
        assert row["difference"] == pytest.approx(1.0)
    # both were first; now only the one that floods is
    assert found["a", "rank", 50.0]["future"] == 1
    assert found["b", "rank", 50.0]["effect"] == "changed"
    assert found["b", "rank", 50.0]["difference"] == 1
    assert found["b", "thi", 50.0]["effect"] == "same"
    assert codes(found["b", "thi", 50.0]) == ["unchanged_by_class"]


def test_a_factor_cannot_wet_dry_ground_and_the_row_says_so(changes, rows):
    now = rows.water("a", {500.0: 0.0})
    then = rows.water("a", {500.0: 0.0}, **CASE, note=FACTOR)
    row = changes([*now, *then])["a", "inside_flood", 50.0]
    assert row["effect"] == "same"
    assert row["difference"] == 0
    assert codes(row) == ["scaled_depth_keeps_dry"]


def test_a_flood_without_a_future_leaves_the_index_without_one(changes, rows):
    now = rows.water("a", {500.0: 0.4}) + rows.water("b", {500.0: 0.4})
    then = rows.water("a", {500.0: None}, **CASE) + rows.water(
        "b", {500.0: 0.0}, **CASE
    )
    found = changes([*now, *then])
    for quantity in ("inside_flood", "thi", "rank"):
        assert found["a", quantity, 50.0]["effect"] == "no_future_value"
        assert found["a", quantity, 50.0]["reason"] == "no_future_of|layer=flood"
    moved = found["b", "rank", 50.0]
    assert moved["future"] == 2
    assert moved["reason"] == "others_held|n_facilities=1"


def test_every_percentile_has_its_rows_and_a_single_one_serves_all(changes, rows):
    now = rows.water("a", {500.0: 0.0}) + rows.water("b", {500.0: 0.0})
    spread = [
        row
        for p, depth in ((5.0, 0.0), (50.0, 0.0), (95.0, 0.3))
        for row in rows.water("a", {500.0: depth}, **CASE, percentile=p)
    ]
    found = changes([*now, *spread, *rows.water("b", {500.0: 0.2}, **CASE)])
    futures = [found["a", "inside_flood", p]["future"] for p in (5.0, 50.0, 95.0)]
    assert futures == [0, 0, 1]
    assert [found["b", "inside_flood", p]["future"] for p in (5.0, 95.0)] == [1, 1]


def test_more_inflow_overtops_more_often_by_hand(changes, rows):
    # 1 m over 10 ha holds 100,000 m3
    inflow = {
        "layer_id": "inflow",
        "intensity_measure": "overtopping_inflow",
        "unit": "m3",
        "process": "pluvial_flood",
    }
    levels = {10.0: 5e4, 100.0: 2e5, 1000.0: 4e5}
    more = {t: 1.2 * x for t, x in levels.items()}
    found = changes(
        [*rows.water("a", levels, **inflow), *rows.water("a", more, **inflow, **CASE)],
        [rows.zone("a", "pond", 1e5)],
        freeboard_m=1.0,
    )
    row = found["a", "overtopping_per_yr", 50.0]

    now = 10**-1.5
    then = 0.1 * 0.1 ** (math.log(1e5 / 6e4) / math.log(4))
    assert row["present"] == pytest.approx(now)
    assert row["future"] == pytest.approx(then)
    assert row["difference"] == pytest.approx(then - now)
    assert row["effect"] == "changed"
    assert row["provisional"]
    breach = found["a", "overtopping_failure_per_yr", 50.0]
    assert breach["difference"] == pytest.approx((then - now) / 2)
    # the index has no flood map; only the overtopping changes
    assert found["a", "thi", 50.0]["effect"] == "no_climate_input"
    assert codes(found["b", "overtopping_per_yr", 50.0]) == ["no_inflow"]


def test_what_is_not_covered_is_said_for_every_facility_and_case(changes, rows):
    later = {"scenario": "ssp585", "horizon": "2081-2100"}
    found = changes(cases=(CASE, later))
    row = found["b", "uncovered_processes", 50.0]
    assert row["effect"] == "not_covered"
    assert codes(row) == [
        "glacier_melt",
        "snow_melt",
        "lake_outbursts",
        "thawing_ground",
        "debris_flow_regime",
    ]


def test_a_layer_with_its_own_scenario_covers_its_process(changes, rows):
    own = rows.water("a", {100.0: 1.0}, process="glacial_lake_outburst", **CASE)
    scaled = rows.water(
        "b", {100.0: 1.0}, process="glacial_lake_outburst", **CASE, note=FACTOR
    )
    found = changes([*own, *scaled])
    assert "lake_outbursts" not in codes(found["a", "uncovered_processes", 50.0])
    assert "lake_outbursts" in codes(found["b", "uncovered_processes", 50.0])


def test_parts_are_not_ranked_then_either(changes, rows):
    found = changes(role="part", part_of="b")
    assert codes(found["a", "rank", 50.0]) == ["not_ranked"]


def test_assessing_again_is_assessing_anew(make_tables, rows, scheme, methods):
    def facts(depth):
        tables = make_tables(
            facilities=[rows.facility("a", volume_m3=1e6)],
            hazards=rows.water("a", {500.0: depth}) + rows.pga("a", {475.0: 0.3}),
            snaps=[rows.snap("a")],
        )
        return facts_of(tables, scheme.flood.return_period_yr)[0]

    dry, wet = facts(0.0), facts(0.5)
    anew = assess(wet, scheme, methods)
    assert reassess(assess(dry, scheme, methods), wet, scheme) == anew


def test_a_flood_that_comes_more_often_to_the_toe_is_told(changes, rows):
    now = rows.water("a", {100.0: 0.0, 500.0: 0.3})
    then = rows.water("a", {100.0: 0.2, 500.0: 0.6}, **CASE)
    row = changes([*now, *then])["a", "toe_flooded_per_yr", 50.0]
    assert row["effect"] == "changed"
    assert (row["present_low"], row["present_high"]) == (0.002, 0.01)
    assert (row["future_low"], row["future_high"]) == (0.01, 1.0)
    assert math.isnan(row["difference"])
    assert row["provisional"]


def test_the_toe_without_a_map_or_a_future_has_the_reason(changes, rows):
    found = changes(rows.water("a", {500.0: 0.3}))
    toe = found["a", "toe_flooded_per_yr", 50.0]
    assert (toe["effect"], codes(toe)) == ("no_future_value", ["no_future_of"])
    other = found["b", "toe_flooded_per_yr", 50.0]
    assert (other["effect"], codes(other)) == ("no_climate_input", ["no_flood_map"])
    assert math.isnan(other["present_high"])


def test_a_scaled_dry_toe_stays_dry_and_says_so(changes, rows):
    now = rows.water("a", {500.0: 0.0})
    then = rows.water("a", {500.0: 0.0}, **CASE, note=FACTOR)
    row = changes([*now, *then])["a", "toe_flooded_per_yr", 50.0]
    assert (row["effect"], codes(row)) == ("same", ["scaled_depth_keeps_dry"])


def liquefied(rows, probability, **more):
    return [
        row | {"intensity_low": None, "intensity_high": None}
        for row in rows.pga(
            "a",
            {475.0: probability},
            process="liquefaction",
            intensity_measure="liquefaction_probability",
            unit="-",
            layer_id="soft",
            **more,
        )
    ]


def test_wetter_ground_raises_the_lower_bound_of_failure(changes, rows):
    shaking = rows.pga("a", {475.0: 0.3})
    found = changes(
        [*shaking, *liquefied(rows, 0.2), *liquefied(rows, 0.4, **CASE)],
        dam_type="upstream",
    )
    row = found["a", "failure_per_yr", 50.0]
    assert row["effect"] == "changed"
    assert codes(row) == ["liquefaction_of_case"]
    # 0.2 more of the dams liquefy and half of them flow, less those that settle anyway
    more = row["future_low"] - row["present_low"]
    assert more == pytest.approx(0.2 * 0.5 / 475, rel=0.02)
    assert row["future_high"] == row["present_high"]


def test_liquefaction_without_a_future_leaves_failure_without_one(changes, rows):
    found = changes([*rows.pga("a", {475.0: 0.3}), *liquefied(rows, 0.2)])
    row = found["a", "failure_per_yr", 50.0]
    assert (row["effect"], codes(row)) == ("no_future_value", ["no_future_of"])
    assert math.isnan(row["future_low"])
