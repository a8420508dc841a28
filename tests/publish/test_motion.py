"""Ground motion in a profile: zones, plots with model and breaks, what is missing."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from pipeline.publish.dossiers import gather
from pipeline.publish.inputs import read_tables
from pipeline.publish.motion import in_order, motion_section
from pipeline.publish.series_plot import points_map, rate_colour
from pipeline.publish.words import read_words
from pipeline.publish.zone_plot import zone_plot

EN, RU = read_words("en"), read_words("ru")


@pytest.fixture(scope="module")
def dossier(small_region):
    found = gather(read_tables(small_region.tables))
    return next(one for one in found if one.tmf_id == "aa-01")


def labels(section):
    return {line.label: line.cell.text for line in section["lines"]}


@pytest.mark.parametrize("words", [EN, RU], ids=["en", "ru"])
def test_every_zone_has_a_row_and_a_plot_with_model_band_and_break(dossier, words):
    section = motion_section(dossier, words)
    (row,) = section["zones"]
    assert row["zone"] == words("code.zone.dam")
    assert row["course"] == words("code.course.breaks")
    assert row["breaks"] == words.numbers.iso_date("2024-06-15")
    (item,) = section["plots"]
    for css in ("epochs", "model", "model-band", "break"):
        assert item["plot"].count(f'class="{css}"') == 1, css
    dots = re.search(r'd="([^"]*)" class="epochs"', item["plot"])[1]
    assert dots.count("M") == 12
    assert words.numbers.iso_date("2024-06-15") in item["plot"]


def test_the_model_is_not_drawn_across_a_gap(dossier):
    rows = [row for k, row in enumerate(dossier.curves) if k not in (4, 5, 6, 7)]
    assert zone_plot(rows, "t", EN).count('class="model"') == 2


def test_stacks_that_a_page_cannot_hold_are_named(dossier):
    (zone,) = dossier.motion_zones
    sources = [f"s{k}" for k in range(10)]
    many = replace(
        dossier,
        motion_zones=[zone | {"source_id": one} for one in sources],
        curves=[row | {"source_id": one} for one in sources for row in dossier.curves],
    )
    section = motion_section(many, EN)
    assert len(section["plots"]) == 8
    left_out = section["plots_left_out"].split("; ")
    assert ["s8" in left_out[0], "s9" in left_out[1]] == [True, True]
    assert motion_section(dossier, EN)["plots_left_out"] == ""


def test_one_epoch_is_no_plot(dossier):
    assert zone_plot(dossier.curves[:1], "t", EN) is None


def test_the_dam_comes_first():
    rows = [{"zone": z, "source_id": "s"} for z in ("surroundings", "beach", "dam")]
    assert [row["zone"] for row in in_order(rows)] == ["dam", "beach", "surroundings"]


def test_outlines_of_zones_are_drawn_with_their_names(dossier):
    drawn = points_map(dossier, dossier.points, EN)
    assert 'class="zone zone-dam"' in drawn
    assert "<title>dam</title>" in drawn


def test_the_palette_is_centred_on_zero():
    assert rate_colour(0.0, 25.0) == "#f2efe9"
    assert rate_colour(-25.0, 25.0) != rate_colour(25.0, 25.0)


def test_an_unreadable_source_shows_on_a_facility_with_a_level(dossier):
    unread = "source_unreadable|source=bad|file=bad.zip|field=los_east"
    row = dict(dossier.displacement)
    row |= {"watch_level": "green", "reason": f"{row['reason']};{unread}"}
    section = motion_section(replace(dossier, displacement=row), EN)
    (said,) = section["unreadable"]
    assert "bad.zip" in said
    assert "los_east" in said
    assert motion_section(dossier, EN)["unreadable"] == []


def test_a_forecast_is_shown_with_its_range(dossier):
    dates = {"": "2025-01-20", "_low": "2025-01-05", "_high": "2025-03-01"}
    row = dict(dossier.displacement)
    row |= {f"forecast{end}_date": day for end, day in dates.items()}
    shown = labels(motion_section(replace(dossier, displacement=row), EN))
    text = shown[EN("field.forecast")]
    assert all(EN.numbers.iso_date(day) in text for day in dates.values())
    assert EN("field.forecast") not in labels(motion_section(dossier, EN))
