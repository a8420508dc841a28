"""What changed since the last run: found, ordered, written, and never sent."""

from __future__ import annotations

import argparse
import json
import xml.etree.ElementTree as ET
from typing import Any

import pytest

from pipeline.core.errors import InputError
from pipeline.displacement import watch_command
from pipeline.displacement.changes import changes
from pipeline.displacement.feeds import atom, drafts
from tests.displacement.test_stage import REGION, facilities, toy_sources

__all__ = ["facilities", "toy_sources"]

PLACES = {"a": {"name": "A & B", "lon_deg": 70.1, "lat_deg": 40.2, "radius_m": 1000.0}}
CAP = "{urn:oasis:names:tc:emergency:cap:1.2}"


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


def test_only_amber_and_red_get_a_draft_that_asks_for_a_person():
    found = changes({"a": state()}, {"a": state("red")})
    texts = drafts("toy", found, PLACES)
    root = ET.fromstring(texts["a.cap.xml"])
    assert root.findtext(f"{CAP}status") == "Draft"
    assert root.findtext(f"{CAP}info/{CAP}area/{CAP}areaDesc") == "A & B"
    assert root.findtext(f"{CAP}info/{CAP}area/{CAP}circle") == "40.20000,70.10000 1"
    assert "no evidence of safety" in root.findtext(f"{CAP}info/{CAP}description")
    assert drafts("toy", changes({"a": state()}, {"a": state("yellow")}), {}) == {}
    assert drafts("toy", changes({"a": state("red")}, {"a": state("amber")}), {}) == {}


def test_the_feed_has_an_entry_for_each_change():
    found = changes({"a": state()}, {"a": state("amber"), "b": state()})
    root = ET.fromstring(atom("toy", found, "2024-01-01"))
    titles = [e.text for e in root.iter("{http://www.w3.org/2005/Atom}title")]
    assert titles[1:] == [
        "a: watch level green to amber",
        "b: watch level none to green",
    ]


@pytest.fixture
def watched(tmp_path, project, facilities, toy_sources) -> Any:
    """Watch the toy region; return the changes that the run wrote."""
    region = tmp_path / "small.yaml"

    def start(sources: str = toy_sources) -> list[dict[str, Any]]:
        region.write_text(REGION.format(sources=sources), encoding="utf-8")
        watch_command.run(
            argparse.Namespace(
                region=region,
                methods=project / "configs" / "methods.yaml",
                facilities=facilities,
                state=tmp_path / "state",
            )
        )
        text = (tmp_path / "state" / "changes.json").read_text(encoding="utf-8")
        return json.loads(text)["changes"]

    return start


def test_a_second_run_without_new_epochs_computes_nothing(watched, tmp_path):
    first = watched()
    assert {one["kind"] for one in first} == {"first_seen"}
    table = tmp_path / "state" / "tables" / "displacement.parquet"
    table.unlink()
    assert watched() == first
    assert not table.exists()


def test_a_source_that_breaks_is_a_change(watched):
    watched()
    found = watched("{id: asc, path: absent.zip, reader: egms}")
    assert {one["tmf_id"]: one["kind"] for one in found} == {
        "tmf-1": "lost",
        "tmf-2": "lost",
        "tmf-3": "status",
    }


def test_a_state_that_is_none_is_refused(watched, tmp_path):
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "state.json").write_text("[]", encoding="utf-8")
    with pytest.raises(InputError, match="no state of this command"):
        watched()
