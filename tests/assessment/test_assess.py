import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.assessment.stage import assess_tables
from pipeline.core.errors import InputError
from pipeline.core.tables import table_schema

PGA = {475.0: 0.3, 975.0: 0.4, 2475.0: 0.6}


@pytest.fixture
def assessed(make_tables, scheme, methods):
    def run(**tables):
        frames, _ = assess_tables(make_tables(**tables), scheme, methods)
        return frames["assessment"].set_index("tmf_id")

    return run


@pytest.fixture
def full(rows):
    """Tables of a facility of which nearly everything is known."""
    return {
        "facilities": [
            rows.facility(
                "a",
                status="abandoned",
                volume_m3=2.5e6,
                dam_height_m=30.0,
                dam_type="upstream",
                fos_static=1.2,
                whc=3.0,
                n_tailings=1,
            )
        ],
        "hazards": rows.pga("a", PGA),
        "displacement": [rows.displacement("a")],
        "snaps": [rows.snap("a")],
        "crossings": [rows.crossing("a")],
        "receptors": [rows.settlement("a", "village")],
    }


def test_a_well_known_facility_gets_the_hand_computed_index(assessed, full):
    row = assessed(**full).loc["a"]
    # 6.39794 + 3 + 1 + (1 + flood unknown 1) + 1
    assert row["thi"] == pytest.approx(13.39794, abs=5e-6)
    # flood unknown, and the volume without stated bounds within a factor of 1.5
    assert row["thi_low"] == pytest.approx(13.39794 - 1 - 0.176091, abs=1e-5)
    assert row["tei"] == pytest.approx(2.778151, abs=1e-6)
    assert row["missing"].split("; ") == [
        "inside_hq500",
        "tei_env",
        "liquefaction",
        "substance_quantities",
    ]


def test_its_release_and_runout_have_values_within_bounds(assessed, full):
    row = assessed(**full).loc["a"]
    assert row["release_basis"] == "ensemble"
    assert 0 < row["release_volume_m3_low"] < row["release_volume_m3"]
    assert row["release_volume_m3_high"] <= 2.5e6 * 1.5
    assert row["runout_basis"] == "regressions"
    assert row["runout_m"] == row["runout_uncapped_m"]
    assert row["inundation_area_m2_low"] < row["inundation_area_m2"]


def test_the_path_caps_the_runout(assessed, full, rows):
    full["snaps"] = [rows.snap("a", path_length_m=1000.0)]
    row = assessed(**full).loc["a"]
    assert row["runout_m"] == 1000
    assert row["runout_uncapped_m"] > 1000


def test_the_location_criteria_say_why(assessed, full, rows):
    full["crossings"] += [rows.crossing("a", 2, from_country="UZ", to_country="KZ")]
    row = assessed(**full).loc["a"]
    assert not row["air_15km"]
    assert row["water_catchment"]
    assert row["water_two_days"]
    assert row["first_border_lead_h"] == 10
    assert row["countries_downstream"] == "UZ; KZ"
    assert row["substances_status"] == "not_provided"


def test_criteria_that_depend_on_the_place_are_unknown_and_name_the_countries(
    assessed, full, rows
):
    shares = {"share_border": 0.6, "share_two_days": 0.4}
    told = "UZ 0.60; TJ 0.05"
    full["snaps"] = [rows.snap("a", possible_countries=told, **shares)]
    row = assessed(**full).loc["a"]
    assert pd.isna(row["water_catchment"])
    assert row["water_catchment_basis"] == "some_positions"
    assert pd.isna(row["water_two_days"])
    assert row["water_two_days_basis"] == "some_positions"
    assert row["possible_countries"] == told
    assert row["countries_downstream"] == "UZ"


def test_labels_follow_the_inputs(assessed, full, rows):
    row = assessed(**full).loc["a"]
    assert row["demonstration"]
    assert row["provisional"]
    assert row["confidence"] == "M-part"
    full["hazards"] = rows.pga("a", PGA, demonstration=False)
    row = assessed(**full).loc["a"]
    assert not row["demonstration"]
    assert pd.isna(row["demonstration_fields"])


def test_only_values_that_use_the_stand_in_are_a_demonstration(assessed, full):
    row = assessed(**full).loc["a"]
    assert row["demonstration_fields"].split("; ") == [
        "thi_site", "thi", "tri", "failure_per_yr", "rank",
    ]  # fmt: skip


def test_a_place_rests_on_the_stand_in_of_any_facility_that_is_ranked(
    assessed, full, rows
):
    full["facilities"].append(rows.facility("b", volume_m3=1e6))
    row = assessed(**full).loc["b"]
    assert row["demonstration_fields"] == "rank"
    assert row["demonstration"]


def test_every_estimate_rests_on_a_provisional_method_and_says_so(assessed, full):
    row = assessed(**full).loc["a"]
    marked = set(row["provisional_fields"].split("; "))
    estimates = {
        name
        for name in table_schema("assessment").estimates
        if pd.notna(row[f"{name}_low"])
    }
    assert estimates | {"consequence_class", "rank", "water_two_days"} <= marked
    assert not {"air_15km", "water_catchment"} & marked


def test_a_measure_says_whether_its_reason_is_a_demonstration(
    make_tables, scheme, methods, full
):
    frames, _ = assess_tables(make_tables(**full), scheme, methods)
    table = frames["measures"].set_index("measure_id")
    assert table.loc["study_seismic_stability", "demonstration"]
    assert not table.loc["add_flood_map", "demonstration"]


def test_a_facility_of_which_nothing_is_known_has_no_number_and_no_class(
    assessed, rows
):
    blank = rows.facility(
        "a", lon_deg=None, lat_deg=None, position_quality="none", position_radius_m=None
    )
    row = assessed(facilities=[blank]).loc["a"]
    for name in ("thi", "tei", "tri", "release_volume_m3", "runout_m"):
        assert pd.isna(row[name])
    for name in (
        "failure_per_yr_high",
        "people_at_risk_high",
        "inundation_area_m2_low",
    ):
        assert pd.isna(row[name])
    for name in ("air_15km", "water_catchment", "water_two_days", "consequence_class"):
        assert pd.isna(row[name])
    assert row["air_15km_basis"] == "no_position"
    assert row["water_catchment_basis"] == "not_joined"
    assert row["people_basis"] == "not_joined"
    assert row["consequence_basis"] == "none"
    assert row["rank_basis"] == "assumed"
    assert {"position", "river_path", "volume_m3"} <= set(row["missing"].split("; "))
    assert row["tri_high"] - row["tri_low"] > 10


def test_no_listed_settlement_is_no_consequence_class(assessed, full):
    full["receptors"] = []
    row = assessed(**full).loc["a"]
    assert pd.isna(row["people_at_risk"])
    assert row["people_at_risk_status"] == "not_covered"
    assert pd.isna(row["consequence_class"])
    assert pd.isna(row["tei"])


@pytest.mark.parametrize(
    "kind", ["waste_rock", "ore_dump", "slag_dump", "mine_waste", "phosphogypsum_stack"]
)
def test_deposits_without_a_tailings_dam_get_no_release(assessed, full, rows, kind):
    full["facilities"] = [rows.facility("a", facility_type=kind, volume_m3=1e6)]
    row = assessed(**full).loc["a"]
    assert row["release_basis"] == row["runout_basis"] == "no_dam"
    assert row["failure_basis"] == "no_dam"
    assert pd.isna(row["release_volume_m3_high"])
    assert row["release_volume_m3_status"] == "not_provided"
    assert row["thi_dam_low"] < row["thi_dam_high"]


def test_a_group_has_bounds_from_its_largest_deposit(assessed, full, rows):
    single = full["facilities"][0]
    alone = assessed(**full).loc["a"]
    full["facilities"] = [single | {"facility_type": "tailings_group", "n_tailings": 4}]
    group = assessed(**full).loc["a"]
    assert group["release_basis"] == "group_total"
    assert pd.isna(group["release_volume_m3"])
    assert group["release_volume_m3_low"] < alone["release_volume_m3_low"]
    assert group["release_volume_m3_high"] == alone["release_volume_m3_high"]


def test_a_group_has_no_runout_because_its_total_is_not_one_dam(assessed, full):
    kind = {"facility_type": "tailings_group", "n_tailings": 4}
    full["facilities"][0] |= kind
    row = assessed(**full).loc["a"]
    assert row["runout_basis"] == "group_total"
    assert row[["runout_m", "runout_m_low", "runout_m_high"]].isna().all()


def test_a_runout_is_no_shorter_than_the_deposit_itself(assessed, full):
    # 1.5e6 m3 behind 15 m: sqrt(1e5) = 316.2 m
    volume = {"volume_m3": 2.5e6, "volume_m3_low": 1.5e6, "volume_m3_high": 4e6}
    full["facilities"][0] |= volume | {"dam_height_m": 15.0}
    row = assessed(**full).loc["a"]
    assert row["runout_m_low"] >= 316.2
    assert row["runout_m_low"] < row["runout_m"] < row["runout_m_high"]


def test_an_unknown_dam_height_gives_no_runout(assessed, full, rows):
    full["facilities"] = [rows.facility("a", volume_m3=2.5e6)]
    row = assessed(**full).loc["a"]
    assert row["release_volume_m3"] > 0
    assert row[["runout_m", "runout_m_low", "runout_m_high"]].isna().all()
    assert row["runout_basis"] == "too_wide"


def test_mass_and_density_stand_in_for_a_volume_and_say_so(assessed, full, rows):
    full["facilities"] = [rows.facility("a", mass_t=1.4e6)]
    row = assessed(**full).loc["a"]
    assert row["volume_used_m3"] == pytest.approx(1e6)
    assert row["volume_basis"] == "from_mass"
    full["facilities"] = [rows.facility("a", mass_t=1.8e6, facility_type="waste_rock")]
    assert assessed(**full).loc["a", "volume_used_m3"] == pytest.approx(1e6)


def test_a_volume_from_before_a_relocation_is_not_released(assessed, full):
    full["facility_values"] = [
        {
            "tmf_id": "a",
            "field": "volume_m3",
            "value": "2500000",
            "unit": "m3",
            "source": "report",
            "quality": "before_relocation",
        }
    ]
    row = assessed(**full).loc["a"]
    assert row["volume_basis"] == "before_relocation"
    assert row["release_basis"] == "no_volume"
    assert pd.isna(row["thi"])


def test_an_emptied_facility_releases_nothing(assessed, full):
    full["facilities"][0] |= {"volume_m3": 0.0}
    row = assessed(**full).loc["a"]
    assert row["release_volume_m3"] == row["release_volume_m3_high"] == 0
    assert row["runout_m_high"] == 0


def test_parts_and_uncounted_rows_are_assessed_but_not_ranked(assessed, rows):
    table = assessed(
        facilities=[
            rows.facility("a", volume_m3=1e6),
            rows.facility("b", role="part", part_of="a", volume_m3=1e5),
            rows.facility("c", counts_in_totals=False),
        ]
    )
    assert table.loc["a", "rank"] == 1
    assert list(table["rank"].isna()) == [False, True, True]
    assert list(table["rank_basis"]) == ["assumed", "not_ranked", "not_ranked"]
    assert set(table["n_ranked"]) == {1}
    assert table.loc["b", "thi"] > 0


def test_known_and_alike_facilities_share_a_place(assessed, full, rows):
    known = full["facilities"][0]
    full["facilities"] = [known, known | {"tmf_id": "b"}]
    for name, build in (("snaps", rows.snap), ("crossings", rows.crossing)):
        full[name] = [build("a"), build("b")]
    full["hazards"] = rows.pga("a", PGA) + rows.pga("b", PGA)
    full["receptors"] = [rows.settlement(t, "village") for t in "ab"]
    table = assessed(**full)
    assert list(table["rank"]) == [1, 1]
    assert list(table["rank_basis"]) == ["index", "index"]
    assert (table["rank_low"] <= table["rank"]).all()
    assert (table["rank"] <= table["rank_high"]).all()


@settings(max_examples=3, deadline=None)
@given(order=st.permutations(range(4)))
def test_the_order_of_facilities_changes_nothing(
    make_tables, scheme, methods, rows, order
):
    facilities = [
        rows.facility("a", volume_m3=1e6),
        rows.facility("b"),
        rows.facility("c", mass_t=4e6, status="abandoned"),
        rows.facility("d", role="part", part_of="c"),
    ]
    straight, _ = assess_tables(make_tables(facilities=facilities), scheme, methods)
    tables = make_tables(facilities=facilities)
    tables["facilities"] = tables["facilities"].iloc[list(order)]
    mixed, _ = assess_tables(tables, scheme, methods)
    for name in ("assessment", "measures"):
        pd.testing.assert_frame_equal(straight[name], mixed[name])


def test_accelerations_that_fall_with_return_period_name_the_facility(
    assessed, full, rows
):
    full["hazards"] = rows.pga("a", {475.0: 0.5, 2475.0: 0.3})
    with pytest.raises(InputError, match=r"row a.*seismic hazard layer"):
        assessed(**full)


@pytest.mark.parametrize(
    "forgotten",
    ["volume_m3", "whc", "fos_static", "dam_height_m"],
)
def test_forgetting_a_value_widens_bounds_and_never_makes_a_zero(
    assessed, full, forgotten
):
    known = assessed(**full).loc["a"]
    full["facilities"][0] |= {forgotten: None, f"{forgotten}_status": "not_provided"}
    blind = assessed(**full).loc["a"]
    assert blind["tri_low"] <= known["tri_low"]
    assert known["tri_high"] <= blind["tri_high"]
    for name in ("release_volume_m3", "runout_m", "inundation_area_m2"):
        assert pd.isna(blind[name]) or blind[name] > 0
    assert forgotten in blind["missing"].split("; ")
