"""What a profile says about the length of a runout."""

from __future__ import annotations

import pytest

from pipeline.publish.assessmentsection import runout_note
from pipeline.publish.dossiers import Dossier
from pipeline.publish.words import read_words

EN, RU = read_words("en"), read_words("ru")
LAKES = (
    {"kind": "reservoir", "name": "Far", "name_ru": None, "distance_m": 90_000.0},
    {"kind": "reservoir", "name": "Near", "name_ru": "Ближнее", "distance_m": 12_000.0},
    {"kind": "settlement", "name": "Town", "name_ru": None, "distance_m": 100.0},
)


def found(cap_m: float | None, ends=(4e3, 4e4, 4e5)):
    cap = float("inf") if cap_m is None else cap_m
    names = ("_low", "", "_high")
    cells = {f"runout_uncapped_m{n}": x for n, x in zip(names, ends, strict=True)}
    capped = {f"runout_m{n}": min(x, cap) for n, x in zip(names, ends, strict=True)}
    return cells | capped | {"runout_cap_m": cap_m}


def note(row, words=EN, receptors=()):
    text = runout_note(Dossier({"tmf_id": "a"}, receptors=receptors), row, words)
    return text.replace("\u00a0", " ").replace("\u202f", " ")


def test_a_capped_runout_tells_the_path_and_what_was_cut_off():
    told = note(found(1e5))
    assert told == (
        "Cut off at the end of the known path, 100 km; without that: 40 km (4–400)."
    )


def test_a_cap_that_meets_the_upper_bound_alone_is_told_too():
    assert note(found(399_999.0)).startswith("Cut off")


@pytest.mark.parametrize("cap_m", [4e5, 2e6])
def test_a_longer_path_cuts_nothing_off_and_says_so(cap_m):
    assert "cuts nothing off" in note(found(cap_m))


def test_an_unknown_path_is_no_end():
    assert note(found(None)) == EN("runout.no_path")


def test_the_nearest_lake_is_named_in_the_language_of_the_page():
    told = note(found(2e6), RU, LAKES)
    assert "Ближнее, через 12 км" in told
    assert "Near, after 12 km" in note(found(2e6), EN, LAKES)
    assert "Far, " not in told


def test_no_runout_has_no_note():
    empty = dict.fromkeys(found(None))
    assert note(empty) == ""
