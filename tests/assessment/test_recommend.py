import pandas as pd
import pytest

from pipeline.assessment.recommend import HORIZONS
from pipeline.assessment.stage import assess_tables
from pipeline.core.schemas.assessment import Measure


@pytest.fixture
def advice(make_tables, scheme, methods):
    def run(**tables):
        frames, _ = assess_tables(make_tables(**tables), scheme, methods)
        return frames["measures"].set_index("measure_id")

    return run


def test_every_measure_has_a_horizon():
    assert set(HORIZONS) == set(Measure)


def test_without_a_position_it_must_be_found_first(advice, rows):
    blank = rows.facility(
        "a", lon_deg=None, lat_deg=None, position_quality="none", position_radius_m=None
    )
    table = advice(facilities=[blank])
    assert table.loc["find_position", "priority"] == 1
    assert not {"survey_position", "confirm_drainage", "add_seismic_map"} & set(
        table.index
    )


def test_an_uncertain_position_is_to_be_surveyed_and_says_by_how_much(advice, rows):
    table = advice(facilities=[rows.facility("a", position_radius_m=8000.0)])
    assert table.loc["survey_position", "detail"] == "radius_km=8"
    assert "survey_position" not in advice(facilities=[rows.facility("a")]).index


@pytest.mark.parametrize(
    ("stated", "reason"),
    [
        ({}, "no_volume"),
        ({"mass_t": 1e6}, "volume_from_mass"),
        ({"volume_m3": 1e6, "volume_m3_low": 1e6}, "volume_is_lower_bound"),
    ],
)
def test_what_is_unsure_about_the_volume_is_the_reason(advice, rows, stated, reason):
    table = advice(facilities=[rows.facility("a", **stated)])
    assert table.loc["find_volume", "reason"] == reason


def test_a_stated_volume_needs_no_search(advice, rows):
    table = advice(facilities=[rows.facility("a", volume_m3=1e6)])
    assert "find_volume" not in table.index


def test_strong_shaking_asks_for_a_stability_study(advice, rows):
    table = advice(facilities=[rows.facility("a")], hazards=rows.pga("a", {475.0: 0.3}))
    assert (
        table.loc["study_seismic_stability", "detail"]
        == "pga_g=0.3; pga_high_g=0.33; threshold_g=0.1"
    )
    weak = advice(facilities=[rows.facility("a")], hazards=rows.pga("a", {475.0: 0.05}))
    assert "study_seismic_stability" not in weak.index
    assert "add_seismic_map" not in weak.index


def test_a_spread_that_reaches_the_threshold_asks_for_the_study_too(advice, rows):
    table = advice(
        facilities=[rows.facility("a")], hazards=rows.pga("a", {475.0: 0.095})
    )
    assert "study_seismic_stability" in table.index


def test_a_border_downstream_asks_for_contact_points_and_warning(advice, rows):
    table = advice(
        facilities=[rows.facility("a")],
        snaps=[rows.snap("a")],
        crossings=[rows.crossing("a")],
    )
    assert table.loc["agree_contact_points", "detail"] == "countries=UZ"
    assert table.loc["agree_warning", "detail"] == "lead_h=10"


def test_an_unknown_time_to_the_border_still_asks_for_a_warning(advice, rows):
    table = advice(
        facilities=[rows.facility("a")],
        snaps=[rows.snap("a", share_two_days=0.0, share_two_days_unknown=1.0)],
        crossings=[
            rows.crossing(
                "a",
                arrival_lead_h=None,
                arrival_peak_h=None,
                within_two_days=None,
                beyond_standing_water=True,
            )
        ],
    )
    assert table.loc["agree_warning", "reason"] == "border_time_unknown"


def test_a_border_near_from_some_places_only_asks_for_a_warning(advice, rows):
    table = advice(
        facilities=[rows.facility("a")],
        snaps=[rows.snap("a", share_two_days=0.43)],
        crossings=[rows.crossing("a")],
    )
    reason = table.loc["agree_warning", "reason"]
    assert reason == "border_perhaps_within_two_days"


def test_a_near_border_without_a_river_asks_for_contact_points(advice, rows):
    table = advice(
        facilities=[rows.facility("a")],
        snaps=[rows.snap("a", distance_border_air_m=4000.0)],
    )
    assert table.loc["agree_contact_points", "reason"] == "border_near_air"
    assert table.loc["agree_contact_points", "detail"] == "distance_km=4"


def test_unknown_people_are_to_be_counted_and_known_ones_to_be_prepared(advice, rows):
    table = advice(facilities=[rows.facility("a")], snaps=[rows.snap("a")])
    assert table.loc["count_people", "reason"] == "people_unknown"
    table = advice(
        facilities=[rows.facility("a")],
        snaps=[rows.snap("a")],
        receptors=[rows.settlement("a", "village")],
    )
    assert "count_people" not in table.index
    assert table.loc["prepare_emergency_plan", "detail"] == "people=600; distance_km=10"


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ("not_covered", "displacement_not_covered"),
        ("too_few_points", "displacement_insufficient"),
        ("stale", "displacement_insufficient"),
        ("no_geometry", "displacement_insufficient"),
    ],
)
def test_without_a_motion_series_one_is_to_be_ordered(advice, rows, status, reason):
    table = advice(
        facilities=[rows.facility("a")],
        displacement=[rows.displacement("a", status=status)],
    )
    assert table.loc["order_insar", "reason"] == reason


def test_a_raised_watch_level_comes_first(advice, rows):
    table = advice(
        facilities=[rows.facility("a")],
        displacement=[
            rows.displacement("a", status="measured", watch_level="amber", n_points=9)
        ],
    )
    assert table.loc["check_displacement", "priority"] == 1
    assert table.loc["check_displacement", "detail"] == "level=amber"
    assert "order_insar" not in table.index


@pytest.mark.parametrize(
    ("remediation", "measure"),
    [
        ("unknown", "start_remediation"),
        ("none", "start_remediation"),
        ("in_progress", "complete_remediation"),
        ("done", "keep_monitoring"),
    ],
)
def test_abandoned_facilities_are_led_to_remediation(
    advice, rows, remediation, measure
):
    table = advice(
        facilities=[rows.facility("a", status="abandoned", remediation=remediation)]
    )
    found = {"start_remediation", "complete_remediation", "keep_monitoring"}
    assert found & set(table.index) == {measure}


def test_a_group_is_to_be_described_deposit_by_deposit(advice, rows):
    table = advice(
        facilities=[rows.facility("a", facility_type="tailings_group", n_tailings=9)]
    )
    assert table.loc["describe_single_deposits", "detail"] == "n_deposits=9"
    table = advice(facilities=[rows.facility("a", facility_type="tailings_group")])
    assert table.loc["describe_single_deposits", "reason"] == "group_of_unknown_number"


def test_priorities_count_from_one_without_gaps(advice, rows):
    table = advice(facilities=[rows.facility("a")])
    assert sorted(table["priority"]) == list(range(1, len(table) + 1))
    horizons = table.sort_values("priority")["horizon"]
    order = pd.Categorical(horizons, ["short", "medium", "long"], ordered=True)
    assert list(order) == sorted(order, key=["short", "medium", "long"].index)


def test_tailings_that_were_tested_against_annex_1_need_no_classifying(advice, rows):
    tested = {
        "tmf_id": "a",
        "substance": "x",
        "share_percent": 50.0,
        "annex1": "acute_toxic_1",
        "source_file": "parts.csv",
        "source_row": 2,
    }
    known = advice(facilities=[rows.facility("a", mass_t=1e6)], components=[tested])
    assert "classify_tailings" not in known.index
    unknown = advice(facilities=[rows.facility("a", mass_t=1e6)])
    assert unknown.loc["classify_tailings", "reason"] == "toxicity_unknown"
