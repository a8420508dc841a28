"""What changed since the last run: found, named and ordered."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.displacement.warning.changes import changes, state_of


def state(level: str = "green", **changed: Any) -> dict[str, Any]:
    return {
        "status": "measured",
        "reason": "measured",
        "watch_level": level,
        "watch_reason": "rate",
        "last_epoch": "2024-01-01",
        "forecast_date": None,
    } | changed


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        (state(), state("amber"), "raised"),
        (state("red"), state("yellow"), "lowered"),
        (state("red"), state("not_assessed"), "lost"),
        (state("not_assessed"), state(), "assessed"),
        (state("not_assessed"), state("yellow"), "raised"),
        (state(), state(status="stale"), "status"),
        (state(), state(reason="measured;source_unreadable"), "status"),
        (state(), state(last_epoch="2024-01-13", reason="other"), "new_epochs"),
    ],
)
def test_the_weightiest_change_names_it(before, after, kind):
    assert [one.kind for one in changes({"a": before}, {"a": after})] == [kind]


def test_what_stays_is_not_listed_and_what_comes_and_goes_is():
    found = changes({"a": state(), "b": state()}, {"a": state(), "c": state()})
    assert [(one.tmf_id, one.kind) for one in found] == [
        ("c", "first_seen"),
        ("b", "gone"),
    ]


def test_raised_levels_come_first_the_highest_on_top():
    before = {key: state() for key in "abc"}
    after = {"a": state("yellow"), "b": state("red"), "c": state(status="stale")}
    found = changes(before, after)
    assert [one.tmf_id for one in found] == ["b", "a", "c"]
    assert [one.needs_confirmation for one in found] == [True, False, False]


def test_a_level_that_came_and_went_between_two_runs_is_told():
    judged = {"a": [("2024-01-13", "amber"), ("2024-01-25", "green")]}
    after = {"a": state(last_epoch="2024-01-25")}
    (one,) = changes({"a": state()}, after, judged)
    assert (one.kind, one.highest, one.level) == ("passed", "amber", "green")
    assert one.epochs == (("2024-01-13", "amber"), ("2024-01-25", "green"))


def test_the_state_keeps_texts_and_turns_every_empty_cell_into_none():
    row = {"tmf_id": "a", "status": "measured", "reason": float("nan")}
    kept = state_of([row])["a"]
    assert kept["status"] == "measured"
    assert kept["reason"] is None
    assert kept["forecast_date"] is None
