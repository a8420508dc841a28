from __future__ import annotations

import re

import pytest

from pipeline.core.tables import read_table
from pipeline.publish.cells import Context
from pipeline.publish.dossiers import Dossier, rows_of
from pipeline.publish.drainage import (
    CANDIDATES_SHOWN,
    disagreement,
    drainage_section,
    people_tables,
    possible_text,
    share_text,
)
from pipeline.publish.words import read_words

EN, RU = read_words("en"), read_words("ru")
CONTEXT = Context({"en": "Test"}, {}, "", "", ("en", "ru"), "", 10_000.0)


@pytest.fixture(scope="module")
def dossier(small_region):
    def rows(name):
        frame = read_table(name, small_region.tables / f"{name}.parquet")
        return [row for row in rows_of(frame) if row["tmf_id"] == "aa-01"]

    return Dossier(
        facility=rows("facilities")[0],
        snap=rows("snaps")[0],
        candidates=rows("candidates"),
        branches=rows("branches"),
        exposure=rows("exposure"),
    )


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def part(html: str, heading: str) -> str:
    """Text of the English part below a heading, up to the next heading."""
    start = html.index(f"<h3>{heading}</h3>")
    text = html[start + 4 : html.index("<h3>", start + 4)]
    return " ".join(re.sub(r"<[^>]+>", " ", text).replace("\u00a0", " ").split())


@pytest.fixture(scope="module")
def profile(site):
    return (site / "profiles" / "aa-01.html").read_text(encoding="utf-8")


def test_every_candidate_stands_with_its_share_and_the_chosen_one_is_first(dossier):
    found = drainage_section(dossier, CONTEXT, EN)["candidates"]
    assert [plain(row["share"]) for row in found] == ["55.5 %", "40 %"]
    assert [row["chosen"] for row in found] == [True, False]
    assert found[0]["countries"] == "Uzbekistan, Kazakhstan"
    assert found[1]["border"] == "no border on the way"
    assert found[1]["lead"] is None


def test_a_single_candidate_needs_no_table(dossier):
    one = Dossier(dossier.facility, candidates=dossier.candidates[:1])
    found = drainage_section(one, CONTEXT, EN)
    assert not found["shown"]
    assert found["candidates"] == []


def test_a_facility_without_rows_shows_nothing(dossier):
    found = drainage_section(Dossier(dossier.facility), CONTEXT, EN)
    assert not any(found.values())


def test_candidates_beyond_the_table_are_counted(dossier):
    first = dict(dossier.candidates[0])
    many = [first | {"reach_id": i, "chosen": i == 0} for i in range(15)]
    found = drainage_section(Dossier(dossier.facility, candidates=many), CONTEXT, EN)
    assert len(found["candidates"]) == CANDIDATES_SHOWN
    assert found["left_out"] == 15 - CANDIDATES_SHOWN


@pytest.mark.parametrize(
    ("agrees", "said"), [(True, "same river"), (False, "elsewhere"), (None, "")]
)
def test_the_way_over_land_says_whether_it_agrees(dossier, agrees, said):
    snap = {**dossier.snap, "overland_agrees": agrees}
    line = drainage_section(Dossier(dossier.facility, snap=snap), CONTEXT, EN)[
        "overland"
    ]
    assert plain(line.cell.text) == "2.3 km"
    assert said in line.help
    assert bool(line.help) == bool(said)


def test_a_canal_is_one_row_with_its_borders_end_and_mark(dossier):
    (canal,) = drainage_section(dossier, CONTEXT, EN)["canals"]
    assert [plain(text) for text in canal["borders"]] == [
        "Uzbekistan to Tajikistan, 60 km"
    ]
    assert canal["end"] == "in irrigated fields (Tajikistan)"
    assert canal["marks"] == ("provisional",)
    assert plain(canal["share"]) == "20 %"
    assert plain(canal["share_of_release"]) == "15 %"


def test_a_canal_without_a_known_end_says_unknown(dossier):
    head = [row for row in dossier.branches if row["stop"] == "head"]
    found = drainage_section(Dossier(dossier.facility, branches=head), CONTEXT, EN)
    assert found["canals"][0]["end"] == "unknown"


def test_people_of_the_two_bases_stand_in_tables_of_their_own(dossier):
    tables = people_tables(dossier.exposure, EN)
    titles = [table["title"] for table in tables]
    assert titles == [
        "Listed settlements near the river",
        "Listed settlements near the river",
        "Population grid in the corridor along the river",
    ]
    shown = [
        plain(cell.text)
        for table in tables
        for row in table["rows"]
        for cell in row["cells"]
        if cell is not None
    ]
    assert shown == ["at least 14,700", "unknown", "0 (none listed)", "21,000"]
    assert drainage_section(dossier, CONTEXT, EN)["two_bases"]


def test_a_provisional_table_of_people_says_so_once(dossier):
    by_distance, *_ = people_tables(dossier.exposure, EN)
    assert by_distance["marks"] == ("provisional",)
    marks = [c.marks for row in by_distance["rows"] for c in row["cells"] if c]
    assert set(marks) == {()}


def test_unknown_people_are_hatched_and_blank_where_the_country_is_not_passed(dossier):
    by_distance, *_ = people_tables(dossier.exposure, EN)
    kyrgyzstan, uzbekistan = by_distance["rows"]
    assert kyrgyzstan["cells"][1] is None
    assert uzbekistan["cells"][0] is None
    assert uzbekistan["cells"][1].look is not None
    assert plain(kyrgyzstan["cells"][0].note) == "places without a number: 1 of 3"


def test_bands_are_named_by_their_limits(dossier):
    by_distance, by_arrival, _ = people_tables(dossier.exposure, EN)
    assert [plain(band) for band in by_distance["bands"]] == ["up to 10 km", "farther"]
    assert by_arrival["bands"] == ["time unknown"]


def test_possible_countries_are_named_with_their_shares():
    assert plain(possible_text("KZ 1.00; TJ 0.98", EN)) == (
        "Kazakhstan from 100 % of the places; Tajikistan from 98 % of the places"
    )
    assert possible_text(None, EN) == ""


def test_a_criterion_on_which_the_places_disagree_says_for_how_many_it_holds():
    snap = {"share_border": 0.6, "share_two_days": 0.43, "share_two_days_unknown": 0.1}
    told = plain(disagreement(snap, "some_positions", "two_days", EN))
    assert told == ("true for 43 % of the places at which it may lie; unknown for 10 %")
    assert "60 %" in plain(disagreement(snap, "some_positions", "border", EN))
    assert disagreement(snap, "crosses", "border", EN) == ""
    assert disagreement(None, "some_positions", "border", EN) == ""


@pytest.mark.parametrize(("share", "text"), [(0.995, "99.5 %"), (0.005, "0.5 %")])
def test_a_share_near_all_or_none_is_not_rounded_to_it(share, text):
    assert plain(share_text(share, EN)) == text


def test_the_profile_shows_all_parts_in_both_languages(profile):
    for words in (EN, RU):
        for key in ("title", "canals", "people"):
            assert f"<h3>{words(f'drainage.{key}')}</h3>" in profile


def test_the_profile_says_from_where_no_river_was_found(profile):
    text = part(profile, "Where it may drain to")
    assert "From 4.5 % of the places no river was found" in text
    assert "leads elsewhere" in text


def test_the_profile_warns_against_adding_the_two_bases(profile):
    assert "must not be added" in part(profile, "People downstream by bands")


def test_hostile_names_stay_text(profile):
    assert "<img src=x" not in profile


def test_profiles_without_such_rows_have_no_such_parts(site):
    html = (site / "profiles" / "aa-02.html").read_text(encoding="utf-8")
    for key in ("title", "canals", "people"):
        assert f"<h3>{EN(f'drainage.{key}')}</h3>" not in html


def test_the_first_page_counts_findings_in_the_river_layer(site):
    html = (site / "index.html").read_text(encoding="utf-8")
    assert "Findings in the river layer: 1." in html
