"""Tailings as a mixture, through the whole stage, with the printed numbers."""

from __future__ import annotations

import pandas as pd
import pytest

from pipeline.assessment.quantities import CATEGORIES, NAMED
from pipeline.assessment.stage import assess_tables
from pipeline.core.reasons import read_reasons
from pipeline.core.schemas.components import (
    AnnexCategory,
    AquaticClass,
    NamedSubstance,
)
from pipeline.core.schemas.mixtures import MixtureItem


def part(substance, percent, **more):
    return {
        "tmf_id": "a",
        "substance": substance,
        "share_percent": percent,
        "source_file": "parts.csv",
        "source_row": 2,
    } | more


def rest(percent):
    """What is known to be harmless."""
    return part("rest", percent, ate_mg_per_kg=5000.0, aquatic="none")


@pytest.fixture
def stage(make_tables, rows, scheme, methods):
    """Rows of ``mixtures`` of facility a by item, and its row of ``assessment``."""

    def run(*components, **given):
        tables = make_tables(
            facilities=[rows.facility("a", **given)],
            displacement=[rows.displacement("a")],
            snaps=[rows.snap("a")],
            components=list(components),
        )
        frames, _ = assess_tables(tables, scheme, methods)
        found = frames["mixtures"].astype(object)
        found = found.where(found.notna(), None)
        by_item = {r["item"]: r for r in found.to_dict("records")}
        return by_item, frames["assessment"].iloc[0]

    return run


def codes(row):
    return [reason.code for reason in read_reasons(row["reason"])]


def test_the_printed_toxicity_of_a_mixture_comes_out_of_the_stage(stage):
    found, _ = stage(
        part("x", 2.0, ate_mg_per_kg=5.0), part("y", 3.0, ate_mg_per_kg=100.0)
    )
    row = found["acute_toxicity"]
    assert row["value"] == pytest.approx(232.558, abs=5e-4)
    assert (row["class"], row["unit"]) == ("acute_toxic_3", "mg/kg")
    assert codes(row) == ["rest_unstated"]
    assert row["provisional"]


@pytest.mark.parametrize(
    ("estimate", "expected"),
    [
        (5.0, "acute_toxic_1"),
        (5.1, "acute_toxic_2"),
        (50.0, "acute_toxic_2"),
        (300.0, "acute_toxic_3"),
        (2000.0, "acute_toxic_4"),
        (2001.0, "not_acute_toxic"),
    ],
)
def test_the_category_ends_with_its_edge(stage, estimate, expected):
    found, _ = stage(part("x", 100.0, ate_mg_per_kg=estimate))
    assert found["acute_toxicity"]["class"] == expected


@pytest.mark.parametrize(
    ("percent", "m_factor", "expected"),
    [
        (25.0, None, "chronic_1"),
        (24.9, None, "chronic_2"),
        (2.5, None, "chronic_2"),
        (2.4, None, "chronic_3"),
        (0.2, None, "not_aquatic"),
        (0.25, 100.0, "chronic_1"),
    ],
)
def test_aquatic_classes_follow_the_summation(stage, percent, m_factor, expected):
    found, _ = stage(
        part("zinc", percent, aquatic="chronic_1", m_factor=m_factor),
        rest(100.0 - percent),
    )
    assert found["aquatic"]["class"] == expected
    assert codes(found["aquatic"]) == []


# the printed tests of the sum rule, with 1,000 t of tailings


def test_twelve_and_ninety_tonnes_of_toxic_substances_reach_annex_1(stage):
    found, row = stage(
        part("x", 1.2, annex1="acute_toxic_1"),
        part("y", 9.0, annex1="acute_toxic_2"),
        mass_t=1000.0,
    )
    health = found["annex1_health"]
    assert health["value"] == pytest.approx(12 / 20 + 90 / 200)
    assert found["annex1"]["class"] == "met"
    assert codes(health) == ["components_classified", "rest_unstated", "unknown_adds"]
    assert (row["annex1_quantity"], row["substances_status"]) == (True, "measured")
    assert "substance_quantities" not in row["missing"]
    assert "annex1_quantity" in row["provisional_fields"]
    # nothing is stated of the other groups: unknown, no sum of zero
    assert found["annex1_environment"]["value"] is None
    assert codes(found["annex1_environment"]) == ["no_category"]


def test_chronic_substances_below_the_sum_leave_the_answer_open(stage):
    found, row = stage(
        part("x", 15.0, annex1="aquatic_chronic_1"),
        part("y", 10.0, annex1="aquatic_chronic_2"),
        mass_t=1000.0,
    )
    assert found["annex1_environment"]["value"] == pytest.approx(0.95)
    assert found["annex1"]["class"] == "perhaps"
    assert pd.isna(row["annex1_quantity"])
    assert row["substances_status"] == "not_provided"


@pytest.mark.parametrize(("more", "answer"), [(0.0, "not_met"), (6.0, "met")])
def test_sodium_cyanide_alone_and_with_another_poison(stage, more, answer):
    # 15 t of NaCN: health 0.75, environment 0.075; with 60 t acute toxic 2: 1.05
    tested = {"ate_mg_per_kg": 5000.0, "aquatic": "none"}
    cyanide = part("NaCN", 1.5, annex1="acute_toxic_1; aquatic_acute_1", **tested)
    other = part("other", more, annex1="acute_toxic_2", **tested)
    found, row = stage(cyanide, other, rest(98.5 - more), mass_t=1000.0)
    assert found["annex1_health"]["value"] == pytest.approx(0.75 + 10 * more / 200)
    assert found["annex1_environment"]["value"] == pytest.approx(0.075)
    assert found["annex1"]["class"] == answer
    assert bool(row["annex1_quantity"]) is (answer == "met")


def test_a_classified_mixture_counts_with_its_whole_mass(stage):
    found, _ = stage(
        part("x", 30.0, aquatic="chronic_1", annex1="aquatic_chronic_1"),
        rest(70.0),
        mass_t=150.0,
    )
    # 150 t of Chronic 1 against 200 t, not the 45 t of the component
    assert found["annex1_environment"]["value"] == pytest.approx(0.75)
    assert codes(found["annex1_environment"])[0] == "mixture_classified"


def test_a_named_substance_overrides_its_category(stage):
    found, _ = stage(
        part("As2O3", 0.01, annex1="acute_toxic_2", named="arsenic_trioxide"),
        mass_t=1000.0,
    )
    assert found["annex1_health"]["value"] == pytest.approx(0.1 / 0.1)
    assert found["annex1"]["class"] == "met"


def test_the_mass_follows_from_volume_and_density_with_bounds(stage, methods):
    found, _ = stage(part("x", 1.0, annex1="acute_toxic_1"), volume_m3=1e6)
    low, middle, high = methods.bulk_density_t_per_m3
    mass = found["dry_mass"]
    assert mass["value"] == pytest.approx(1e6 * middle)
    assert mass["value_low"] == pytest.approx(1e6 / 1.5 * low)
    assert mass["value_high"] == pytest.approx(1e6 * 1.5 * high)
    assert codes(mass) == ["mass_from_volume"]
    assert codes(stage(mass_t=5.0)[0]["dry_mass"]) == ["mass_stated"]


def test_bounds_that_straddle_the_threshold_leave_the_answer_open(stage):
    # 1e3 m3: 1,400 t (800 to 2,550), 1.4 % of them against 20 t
    found, _ = stage(part("x", 1.4, annex1="acute_toxic_1"), rest(98.6), volume_m3=1e3)
    assert (
        found["annex1_health"]["value_low"] < 1 < found["annex1_health"]["value_high"]
    )
    assert found["annex1"]["class"] == "perhaps"


@pytest.mark.parametrize(
    ("mass_t", "shares", "expected"),
    [
        (1.0, ((3, 100.0),), 3.0),
        (250.0, ((2, 20.0), (1, 80.0)), 3.845098),
    ],
)
def test_the_printed_water_risk_comes_out_of_the_stage(stage, mass_t, shares, expected):
    parts = [part(f"x{n}", percent, whc=n) for n, percent in shares]
    found, _ = stage(*parts, mass_t=mass_t)
    assert found["water_risk_index"]["value"] == pytest.approx(expected, abs=5e-7)
    assert found["water_risk_index"]["confidence"] == "M-part"


@pytest.mark.parametrize(("percent", "expected"), [(3.0, 3), (0.2, 2), (0.1, 0)])
def test_the_water_hazard_class_of_a_mixture(stage, percent, expected):
    found, _ = stage(part("x", percent, whc=3))
    assert found["water_hazard_class"]["value"] == expected


@pytest.mark.parametrize(
    ("ph", "expected"),
    [(2.0, "corrosive"), (3.9, "watch"), (7.0, "unremarkable"), (11.5, "corrosive")],
)
def test_acid_and_alkaline_water_is_flagged(stage, ph, expected):
    assert stage(ph=ph)[0]["ph"]["class"] == expected


def test_cyanide_is_compared_with_the_european_limit(stage):
    above, _ = stage(cyanide_wad_mg_per_l=10.1)
    assert above["cyanide_wad"]["class"] == "above_limit"
    assert above["cyanide_wad"]["reason"] == "limit_of_2018|limit_mg_per_l=10"
    assert stage(cyanide_wad_mg_per_l=10.0)[0]["cyanide_wad"]["class"] == "within_limit"


def test_category_a_is_open_while_the_rest_could_decide(stage):
    hazardous = part("x", 20.0, aquatic="chronic_2", ate_mg_per_kg=5000.0)
    open_found, _ = stage(hazardous)
    row = open_found["category_a"]
    assert (row["class"], row["value"]) == (None, None)
    assert (row["value_low"], row["value_high"]) == (20.0, 100.0)
    whole, _ = stage(hazardous, rest(80.0))
    assert whole["category_a"]["class"] == "site_specific"


def test_without_a_composition_every_item_has_its_reason(stage):
    found, row = stage()
    assert set(found) == set(MixtureItem)
    for one in found.values():
        assert one["class"] is one["value"] is one["value_high"] is None
        assert one["reason"]
    assert codes(found["annex1"]) == ["no_composition"]
    assert row["substances_status"] == "not_provided"
    assert "substance_quantities" in row["missing"]


def test_the_total_of_a_group_has_no_one_composition(stage):
    found, _ = stage(
        part("x", 50.0, annex1="acute_toxic_1"),
        mass_t=1e6,
        facility_type="tailings_group",
    )
    assert codes(found["annex1"]) == ["group_total"]


def test_unknown_mass_gives_no_sum(stage):
    found, _ = stage(part("x", 50.0, annex1="acute_toxic_1"))
    assert codes(found["annex1_health"]) == ["no_mass"]


def test_codes_of_components_are_those_of_the_thresholds():
    known = {str(row[0]) for row in CATEGORIES.rows}
    assert {str(code) for code in AnnexCategory} <= known
    assert {str(code) for code in NamedSubstance} == {str(r[0]) for r in NAMED.rows}
    assert "none" in set(AquaticClass)
