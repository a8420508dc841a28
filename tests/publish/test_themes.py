from __future__ import annotations

from bisect import bisect_right
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.publish.dossiers import by_facility, gather
from pipeline.publish.drawing import symbol
from pipeline.publish.hazardlevels import main_levels, mapped_levels
from pipeline.publish.hazardthemes import class_edges, hazard_themes
from pipeline.publish.inputs import read_series, read_tables
from pipeline.publish.standing import is_loose, rank_text
from pipeline.publish.status import (
    ORDINAL_COLOURS,
    appearance,
    ordinal_look,
    record_kinds,
)
from pipeline.publish.themes import screening_themes
from pipeline.publish.words import read_words

EN, RU = read_words("en"), read_words("ru")
REACH_M = 10_000.0


@pytest.fixture(scope="module")
def dossiers(small_region):
    return gather(read_tables(small_region.tables))


def lightness(colour: str) -> float:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_ordered_classes_differ_in_lightness_and_in_shape():
    for count in range(2, len(ORDINAL_COLOURS) + 1):
        looks = [ordinal_look(i, count) for i in range(count)]
        shades = [lightness(look.fill) for look in looks]
        assert shades == sorted(shades, reverse=True)
        assert min(a - b for a, b in pairwise(shades)) > 10
        assert len({look.shape for look in looks}) == count


def test_too_many_classes_are_refused():
    with pytest.raises(ValueError, match="no look"):
        ordinal_look(0, 7)


@pytest.mark.parametrize("kind", record_kinds())
@pytest.mark.parametrize("words", [EN, RU], ids=["en", "ru"])
def test_every_code_has_look_word_and_sentence(kind, words):
    for code in record_kinds()[kind]:
        shown = appearance(kind, code, words)
        assert shown.word
        assert shown.sentence
        assert str(symbol(shown.look, 20.0)).startswith("<svg")


@pytest.mark.parametrize("code", ["not_covered", "not_provided", "invalid"])
def test_missing_values_are_hatched(code):
    assert appearance("status", code, EN).look.fill == "hatched"


def test_covered_without_hazard_is_not_hatched():
    assert appearance("status", "no_hazard", EN).look.fill != "hatched"


def test_not_assessed_never_looks_green():
    assert appearance("watch", None, EN) == appearance("watch", "not_assessed", EN)
    assert appearance("watch", None, EN).look.fill == "hatched"


def test_unknown_consequence_is_not_low():
    unknown = appearance("consequence", None, EN)
    assert unknown.look.fill == "hatched"
    assert "Unknown is not low" in unknown.sentence


def test_unknown_code_is_an_error():
    with pytest.raises(KeyError):
        appearance("status", "perhaps", EN)


@given(st.lists(st.floats(-1e6, 1e6, allow_nan=False), min_size=1, max_size=50))
def test_class_edges_are_few_increasing_and_inside_the_values(values):
    edges = class_edges(values)
    assert len(edges) <= 5
    assert edges == sorted(set(edges))
    assert all(min(values) < edge < max(values) for edge in edges)


def test_class_edges_are_round():
    assert class_edges([0.06, 0.39]) == pytest.approx([0.1, 0.2, 0.3])


def test_equal_values_make_one_class():
    assert class_edges([0.3, 0.3]) == []


def test_every_facility_is_in_every_theme(dossiers):
    themes = [
        *screening_themes(dossiers, REACH_M, EN),
        *hazard_themes(dossiers, {}, EN),
    ]
    for theme in themes:
        assert set(theme.members) == {d.tmf_id for d in dossiers}
        for member in theme.members.values():
            assert 0 <= member.position < len(theme.classes)


def test_each_value_lies_in_the_class_that_its_edges_say(dossiers):
    theme = hazard_themes(dossiers, {}, EN)[0]
    known = {
        d.tmf_id: next(h["intensity"] for h in d.hazards if h["level"] == "475")
        for d in dossiers
    }
    values = [value for value in known.values() if value is not None]
    edges = class_edges(values)
    assert len(edges) >= 2
    for key, value in known.items():
        if value is not None:
            assert theme.members[key].position == bisect_right(edges, value)


def test_classes_are_the_same_in_both_languages(dossiers):
    for english, russian in zip(
        hazard_themes(dossiers, {}, EN), hazard_themes(dossiers, {}, RU), strict=True
    ):
        assert english.id == russian.id
        assert [c[0] for c in english.classes] == [c[0] for c in russian.classes]
        for key, member in english.members.items():
            assert member.position == russian.members[key].position


def test_facility_outside_a_layer_is_in_the_class_not_covered(dossiers):
    theme = hazard_themes(dossiers, {}, EN)[0]
    member = theme.members["aa-05"]
    assert theme.classes[member.position][1] == "not covered"
    assert member.sort is None


def test_future_that_differs_has_a_theme_and_the_same_future_has_none(dossiers):
    keys = [key for key in mapped_levels(dossiers) if key[2] != "historical"]
    assert [key[0] for key in keys] == ["test-rain"]
    same = [
        {**row, "scenario": "ssp245", "horizon": "2041-2060"}
        for row in dossiers[0].hazards
        if row["layer_id"] == "test-pga"
    ]
    from dataclasses import replace

    changed = replace(dossiers[0], hazards=[*dossiers[0].hazards, *same])
    assert not [
        key
        for key in mapped_levels([changed])
        if key[0] == "test-pga" and key[2] != "historical"
    ]


def test_return_period_next_to_475_years_stands_for_a_layer(dossiers):
    levels = {key[0]: key[1] for key in main_levels(dossiers)}
    assert levels["test-pga"] == "475"


def test_rank_is_printed_with_its_spread(dossiers):
    assert rank_text(dossiers[0].assessment, EN) == "1 (1–6)"
    assert rank_text(dossiers[1].assessment, EN) == "not ranked"
    assert rank_text(None, RU) == "без места"


@pytest.mark.parametrize(
    ("low", "high", "loose"), [(1, 3, True), (1, 2, False), (None, None, False)]
)
def test_a_place_is_loose_where_it_ranges_over_more_than_half(low, high, loose):
    assert is_loose({"rank_low": low, "rank_high": high, "n_ranked": 5}) is loose


def test_a_loose_place_is_drawn_so_that_nobody_reads_it_as_firm(dossiers):
    theme = screening_themes(dossiers, REACH_M, EN)[0]
    assert theme.members["aa-01"].glyph == "~1"
    assert theme.members["aa-01"].is_loose
    assert "5 facilities" in theme.note


def test_the_consequence_theme_says_what_its_class_counts(dossiers):
    theme = next(
        t for t in screening_themes(dossiers, REACH_M, EN) if t.id == "consequence"
    )
    assert "first 10\u00a0km of river" in theme.note
    assert theme.note.endswith("lower bound: unknown – 1.")
    assert "up to extreme" in theme.members["aa-01"].note


def test_first_border_class_follows_the_lead_time(dossiers):
    theme = next(t for t in screening_themes(dossiers, REACH_M, EN) if t.id == "border")
    near, none = theme.members["aa-01"], theme.members["aa-05"]
    assert theme.classes[near.position][1] == "6 to 24\u00a0h"
    assert near.text == "KG→UZ, 57.1\u00a0km, 15\u00a0h (8.7–28)"
    assert theme.classes[none.position][1] == "way or time unknown"


def test_parts_are_listed_with_their_group(dossiers):
    assert [row["tmf_id"] for row in dossiers[0].parts] == ["aa-01-1"]


def test_no_series_store_gives_no_series(small_region):
    points = by_facility(read_tables(small_region.tables).displacement_points)
    assert read_series(small_region.tables, points) == {}
