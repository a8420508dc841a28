"""Changes as an Atom feed and as drafts of CAP 1.2 messages; nothing is ever sent.

A draft has the CAP status ``Draft`` and names what a person must confirm. Times are
those of the newest acquisition, not of the run, so that equal runs give equal files.
Sources: RFC 4287 (Atom), OASIS CAP 1.2.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Mapping
from typing import Any, Final

from pipeline.displacement.changes import Change

_ATOM: Final = "http://www.w3.org/2005/Atom"
_CAP: Final = "urn:oasis:names:tc:emergency:cap:1.2"
_DRAFTED: Final = ("amber", "red")
CAUTION: Final = (
    "Screening from satellite radar; provisional thresholds. Radar does not see motion "
    "along the track, sudden failure, or wet, snowy and overgrown ground: absence of a "
    "signal is no evidence of safety."
)


def atom(region: str, found: list[Change], day: str) -> str:
    """Feed with an entry for each change."""
    ET.register_namespace("", _ATOM)
    feed = ET.Element(f"{{{_ATOM}}}feed")
    _add(feed, _ATOM, "id", f"urn:natech:{region}:displacement")
    _add(feed, _ATOM, "title", f"Displacement of tailings facilities: {region}")
    _add(feed, _ATOM, "updated", _time(day))
    author = _add(feed, _ATOM, "author")
    _add(author, _ATOM, "name", "natech displacement watch")
    for one in found:
        entry = _add(feed, _ATOM, "entry")
        when = one.last_epoch or day
        key = f"urn:natech:{region}:{one.tmf_id}:{when}:{one.kind}"
        _add(entry, _ATOM, "id", key)
        _add(entry, _ATOM, "title", headline(one))
        _add(entry, _ATOM, "updated", _time(when))
        _add(entry, _ATOM, "summary", f"{_because(one)} {CAUTION}")
    return _text(feed)


def headline(one: Change) -> str:
    """One line that says what changed."""
    if one.level_before == one.level:
        what = f"{one.kind.replace('_', ' ')}, watch level {one.level}"
    else:
        what = f"watch level {one.level_before or 'none'} to {one.level or 'none'}"
    return f"{one.tmf_id}: {what}"


def drafts(
    region: str, found: list[Change], places: Mapping[str, Mapping[str, Any]]
) -> dict[str, str]:
    """CAP drafts of levels raised to amber or red, by file name.

    Parameters
    ----------
    region
        Key of the region.
    found
        Changes of this run.
    places
        By facility: ``name``, ``lon_deg``, ``lat_deg`` and ``radius_m``.
    """
    raised = [
        one
        for one in found
        if one.kind in ("raised", "first_seen") and one.level in _DRAFTED
    ]
    return {
        f"{one.tmf_id}.cap.xml": _draft(region, one, places[one.tmf_id])
        for one in raised
    }


def _draft(region: str, one: Change, place: Mapping[str, Any]) -> str:
    ET.register_namespace("", _CAP)
    alert = ET.Element(f"{{{_CAP}}}alert")
    for name, value in (
        ("identifier", f"natech-{region}-{one.tmf_id}-{one.last_epoch}"),
        ("sender", "natech displacement watch"),
        ("sent", f"{one.last_epoch}T00:00:00-00:00"),
        ("status", "Draft"),
        ("msgType", "Alert"),
        ("scope", "Restricted"),
        ("restriction", "Draft: to be confirmed by a person before any use."),
    ):
        _add(alert, _CAP, name, value)
    info = _add(alert, _CAP, "info")
    urgency = "Expected" if one.level == "red" else "Future"
    for name, value in (
        ("language", "en"),
        ("category", "Geo"),
        ("event", "Motion of a tailings facility"),
        ("urgency", urgency),
        ("severity", "Unknown"),
        ("certainty", "Possible"),
        ("headline", headline(one)),
        ("description", f"{_because(one)} {CAUTION}"),
        ("instruction", "Check on the ground and with the operator's instruments."),
    ):
        _add(info, _CAP, name, value)
    area = _add(info, _CAP, "area")
    _add(area, _CAP, "areaDesc", str(place["name"]))
    radius_km = float(place["radius_m"]) / 1000.0
    circle = f"{place['lat_deg']:.5f},{place['lon_deg']:.5f} {radius_km:g}"
    _add(area, _CAP, "circle", circle)
    return _text(alert)


def _because(one: Change) -> str:
    return (
        f"Status {one.status}, last acquisition {one.last_epoch}, reasons: "
        f"{one.watch_reason or one.reason or 'none'}."
    )


def _time(day: str) -> str:
    return f"{day}T00:00:00Z"


def _add(
    parent: ET.Element, space: str, name: str, text: str | None = None
) -> ET.Element:
    child = ET.SubElement(parent, f"{{{space}}}{name}")
    child.text = text
    return child


def _text(root: ET.Element) -> str:
    ET.indent(root)
    body = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{body}\n'
