"""Feeds of changed levels: valid by the standards' rules, and never sent."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from typing import Any

import pytest

from pipeline.publish.alerts import ATOM, CAP, atom, drafts, headline
from pipeline.publish.words import read_words

WORDS = (read_words("en"), read_words("ru"))
NAMES = {"a": {"en": "A & B", "ru": "А и Б"}}
PLACES = {"a": {"lon_deg": 70.1, "lat_deg": 40.2, "radius_m": 1000.0}}
# OASIS Common Alerting Protocol 1.2, section 3.2: elements in their order, with
# whether each is required and may repeat; and the lists of codes.
ALERT = (
    "identifier!", "sender!", "sent!", "status!", "msgType!", "source", "scope!",
    "restriction", "addresses", "code*", "note", "references", "incidents", "info*",
)  # fmt: skip
INFO = (
    "language", "category!*", "event!", "responseType*", "urgency!", "severity!",
    "certainty!", "audience", "eventCode*", "effective", "onset", "expires",
    "senderName", "headline", "description", "instruction", "web", "contact",
    "parameter*", "resource*", "area*",
)  # fmt: skip
AREA = ("areaDesc!", "polygon*", "circle*", "geocode*", "altitude", "ceiling")
CODES = {
    "status": {"Actual", "Exercise", "System", "Test", "Draft"},
    "msgType": {"Alert", "Update", "Cancel", "Ack", "Error"},
    "scope": {"Public", "Restricted", "Private"},
    "category": {
        "Geo", "Met", "Safety", "Security", "Rescue", "Fire", "Health", "Env",
        "Transport", "Infra", "CBRNE", "Other",
    },
    "responseType": {
        "Shelter", "Evacuate", "Prepare", "Execute", "Avoid", "Monitor", "Assess",
        "AllClear", "None",
    },
    "urgency": {"Immediate", "Expected", "Future", "Past", "Unknown"},
    "severity": {"Extreme", "Severe", "Moderate", "Minor", "Unknown"},
    "certainty": {"Observed", "Likely", "Possible", "Unlikely", "Unknown"},
}  # fmt: skip
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[-+]\d\d:\d\d")


def change(**other: Any) -> dict[str, Any]:
    return {
        "tmf_id": "a",
        "kind": "raised",
        "level_before": "green",
        "level": "red",
        "highest": "red",
        "status_before": "measured",
        "status": "measured",
        "last_epoch_before": "2024-01-01",
        "last_epoch": "2024-01-13",
        "reason": "may_lie_beside",
        "watch_reason": "speed|source=s|n_points=4|limit_mm_per_d=5|n_epochs=5;confirm",
        "forecast_date": None,
        "forecast_low_date": None,
        "forecast_high_date": None,
        "epochs": (("2024-01-13", "red"),),
        "needs_confirmation": True,
    } | other


def in_order(element: ET.Element, rules: tuple[str, ...]) -> None:
    """Check names, order, repetition and presence of an element's children."""
    names = [rule.rstrip("!*") for rule in rules]
    found = [child.tag.removeprefix(f"{{{CAP}}}") for child in element]
    assert set(found) <= set(names)
    places = [names.index(name) for name in found]
    assert places == sorted(places), found
    for rule, name in zip(rules, names, strict=True):
        assert "!" not in rule or name in found, name
        assert "*" in rule or found.count(name) <= 1, name


@pytest.mark.parametrize("exercise", [False, True])
def test_a_draft_follows_the_schema_of_cap(exercise):
    found = drafts("toy", [change()], NAMES, PLACES, WORDS, exercise=exercise)
    alert = ET.fromstring(found["a-2024-01-13-red.cap.xml"])
    assert alert.tag == f"{{{CAP}}}alert"
    in_order(alert, ALERT)
    infos = alert.findall(f"{{{CAP}}}info")
    assert [info.findtext(f"{{{CAP}}}language") for info in infos] == ["en", "ru"]
    for info in infos:
        in_order(info, INFO)
        (area,) = info.findall(f"{{{CAP}}}area")
        in_order(area, AREA)
        assert area.findtext(f"{{{CAP}}}circle") == "40.20000,70.10000 1"
    for name, codes in CODES.items():
        for element in alert.iter(f"{{{CAP}}}{name}"):
            assert element.text in codes, name
    for name in ("identifier", "sender"):
        assert re.fullmatch(r"[^\s,<&]+", alert.findtext(f"{{{CAP}}}{name}"))
    assert TIME.fullmatch(alert.findtext(f"{{{CAP}}}sent"))
    status = "Exercise" if exercise else "Draft"
    assert alert.findtext(f"{{{CAP}}}status") == status
    assert alert.findtext(f"{{{CAP}}}scope") == "Restricted"
    assert alert.findtext(f"{{{CAP}}}restriction")


def test_words_stand_beside_codes_in_both_languages():
    found = drafts("toy", [change()], NAMES, PLACES, WORDS)
    alert = ET.fromstring(found["a-2024-01-13-red.cap.xml"])
    english, russian = alert.findall(f"{{{CAP}}}info")
    assert "no evidence of safety" in english.findtext(f"{{{CAP}}}description")
    assert "не доказывает" in russian.findtext(f"{{{CAP}}}description")
    assert english.findtext(f"{{{CAP}}}area/{{{CAP}}}areaDesc") == "A & B"
    values = {
        item.findtext(f"{{{CAP}}}valueName"): item.findtext(f"{{{CAP}}}value")
        for item in english.findall(f"{{{CAP}}}parameter")
    }
    assert values["watch_reason"].startswith("speed|source=s|")
    assert (values["level"], values["needs_confirmation"]) == ("red", "True")


@pytest.mark.parametrize(
    ("other", "drafted"),
    [
        ({"level": "amber", "highest": "amber"}, ["a-2024-01-13-amber.cap.xml"]),
        ({"level": "yellow", "highest": "yellow"}, []),
        ({"kind": "lowered", "level_before": "red", "level": "amber"}, []),
        ({"kind": "passed", "level": "green"}, ["a-2024-01-13-red.cap.xml"]),
    ],
)
def test_only_levels_raised_to_amber_or_red_are_drafted(other, drafted):
    assert list(drafts("toy", [change(**other)], NAMES, PLACES, WORDS)) == drafted


def test_a_facility_without_a_position_is_drafted_without_a_circle():
    (text,) = drafts("toy", [change()], NAMES, {}, WORDS).values()
    assert "circle" not in text


def test_the_feed_has_what_atom_requires_and_an_entry_for_each_change():
    older = change(tmf_id="b", last_epoch="2023-12-01", kind="lost", level=None)
    feed = ET.fromstring(atom("toy", [older, change()], NAMES, WORDS))
    entries = feed.findall(f"{{{ATOM}}}entry")
    for element in (feed, *entries):
        for name in ("id", "title", "updated"):
            assert element.findtext(f"{{{ATOM}}}{name}"), name
    assert feed.findtext(f"{{{ATOM}}}author/{{{ATOM}}}name")
    ids = [entry.findtext(f"{{{ATOM}}}id") for entry in entries]
    assert len(set(ids)) == 2
    assert ids[0].startswith("urn:natech:toy:a:2024-01-13")
    title = entries[0].findtext(f"{{{ATOM}}}title")
    assert "A & B" in title
    assert "А и Б" in title


def test_every_entry_is_valid_by_the_rules_of_rfc_4287():
    """Section 4.1: what a feed and its entries must hold, and how often."""
    found = [change(), change(tmf_id="b", last_epoch=None, kind="lost", level=None)]
    feed = ET.fromstring(atom("toy", found, NAMES, WORDS))
    once = {"id", "title", "updated", "summary", "content", "published", "rights"}
    known = once | {"author", "category", "contributor", "link", "source"}
    for element in (feed, *feed.findall(f"{{{ATOM}}}entry")):
        names = [child.tag.removeprefix(f"{{{ATOM}}}") for child in element]
        assert set(names) <= known | {"entry", "generator", "icon", "logo", "subtitle"}
        assert all(names.count(name) <= 1 for name in once)
        assert {"id", "title", "updated"} <= set(names)
        identifier = element.findtext(f"{{{ATOM}}}id") or ""
        assert re.fullmatch(r"urn:[a-z0-9][a-z0-9-]{1,31}:[!-~]+", identifier)
        day = element.findtext(f"{{{ATOM}}}updated") or ""
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", day)
    for entry in feed.findall(f"{{{ATOM}}}entry"):
        # no content asks for a link to the entry elsewhere, which there is not
        content = entry.find(f"{{{ATOM}}}content")
        assert content.get("type") == "text"
        assert "wet, snowy" in content.text
        assert len(content) == 0
        assert all(c.get("term") for c in entry.findall(f"{{{ATOM}}}category"))


def test_a_caution_is_said_once_and_a_forecast_with_its_range_and_bias():
    told = change(
        watch_reason="confirm;no_signal_is_no_proof",
        forecast_date="2024-02-01",
        forecast_low_date="2024-01-20",
        forecast_high_date="2024-02-09",
    )
    (text,) = drafts("toy", [told], NAMES, PLACES, WORDS).values()
    english, russian = (
        info.findtext(f"{{{CAP}}}description")
        for info in ET.fromstring(text).findall(f"{{{CAP}}}info")
    )
    assert english.count("Absence of a signal is no evidence of safety.") == 1
    assert russian.count("Отсутствие сигнала не доказывает") == 1
    assert english.startswith("Forecast of failure: 2024-02-01 (95 % of the draws: ")
    assert "2024-01-20 to 2024-02-09; in simulations such a range held" in english


def test_a_headline_names_the_move_or_what_else_changed():
    said = headline(change(), "Dam", WORDS[0])
    assert said == "Dam (a): watch level green to red"
    kept = headline(change(kind="new_epochs", level_before="red"), "Dam", WORDS[0])
    assert kept == "Dam (a): new acquisitions, watch level red"
