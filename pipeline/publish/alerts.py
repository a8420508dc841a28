"""Changes of watch levels for other systems: an Atom feed and CAP 1.2 drafts.

Nothing is ever sent. A draft has the CAP status ``Draft`` (or ``Exercise``), is
restricted, and asks for a person. Words stand beside the codes, in every language: one
``info`` block each. Times are those of the newest acquisition, not of the run, so that
equal runs give equal files. Sources: RFC 4287 (Atom), OASIS Common Alerting Protocol
1.2 (order of elements, code lists, no spaces in identifier and sender).
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from pipeline.core.reasons import BETWEEN_REASONS
from pipeline.publish.reasons import stated
from pipeline.publish.words import Words

ATOM: Final = "http://www.w3.org/2005/Atom"
CAP: Final = "urn:oasis:names:tc:emergency:cap:1.2"
SENDER: Final = "natech-displacement-watch"
DRAFTED: Final = ("amber", "red")
_RAISED: Final = ("raised", "first_seen", "passed")
_URGENCY: Final = {"red": "Expected", "amber": "Future"}
_CAVEAT: Final = "no_signal_is_no_proof"
_FIRST_DAY: Final = "1970-01-01"

Row = Mapping[str, Any]


def headline(change: Row, name: str, words: Words) -> str:
    """One line that says what changed."""
    before, level = change["level_before"], change["level"]
    if change["kind"] == "passed":
        top = _level(change["highest"], words)
        what = words("watching.passed", highest=top, level=_level(level, words))
    elif before != level and before is not None and level is not None:
        what = words(
            "watching.moved", before=_level(before, words), level=_level(level, words)
        )
    else:
        kind = words(f"watching.kind.{change['kind']}")
        what = words("watching.kept", kind=kind, level=_level(level, words))
    return f"{name} ({change['tmf_id']}): {what}"


def why(change: Row, words: Words) -> str:
    """Status and level with their reasons and the forecast, as sentences.

    What `caution` says of every level is left to it.
    """
    return " ".join(reasons_of(change, words))


def reasons_of(
    change: Row, words: Words, said_elsewhere: Collection[str] = (_CAVEAT,)
) -> list[str]:
    """Forecast, reasons of the level and those of the status, a sentence each.

    ``said_elsewhere`` are reasons of the level that stand beside these already.
    """
    cells = {
        column: (change[column] or "").split(BETWEEN_REASONS)
        for column in ("watch_reason", "reason")
    }
    stated_ones = [
        stated("displacement", column, cell, words)
        for column, found in cells.items()
        for cell in found
        if cell not in said_elsewhere
    ]
    return [text for text in (forecast(change, words), *stated_ones) if text]


def forecast(change: Row, words: Words) -> str:
    """Date of failure that the motion points to, with its range; empty without."""
    if change["forecast_date"] is None:
        return ""
    ends = {"date": "", "low": "_low", "high": "_high"}
    days = {
        name: words.numbers.iso_date(change[f"forecast{end}_date"])
        for name, end in ends.items()
    }
    return f"{words('field.forecast')}: {words('motion.forecast', **days)}."


def caution(words: Words) -> str:
    """What a reader must know: provisional, and what radar cannot see."""
    return words("watching.caution")


def atom(
    region: str,
    found: Sequence[Row],
    names: Mapping[str, Mapping[str, str]],
    catalogues: Sequence[Words],
) -> str:
    """Feed with an entry for each change, newest first; languages one after another.

    Parameters
    ----------
    region
        Key of the region.
    found
        Changes of this and earlier runs.
    names
        Names of the facilities by id and language.
    catalogues
        Languages, the main one first.
    """
    ET.register_namespace("", ATOM)
    feed = ET.Element(f"{{{ATOM}}}feed")
    days = [change["last_epoch"] for change in found if change["last_epoch"]]
    _add(feed, ATOM, "id", f"urn:natech:{region}:displacement")
    title = " / ".join(words("watching.feed", region=region) for words in catalogues)
    _add(feed, ATOM, "title", title)
    _add(feed, ATOM, "updated", f"{max(days, default=_FIRST_DAY)}T00:00:00Z")
    _add(_add(feed, ATOM, "author"), ATOM, "name", SENDER)
    ordered = sorted(found, key=lambda change: change["last_epoch"] or "", reverse=True)
    for change in ordered:
        _entry(feed, region, change, names, catalogues)
    return _text(feed)


def _entry(
    feed: ET.Element,
    region: str,
    change: Row,
    names: Mapping[str, Mapping[str, str]],
    catalogues: Sequence[Words],
) -> None:
    entry = _add(feed, ATOM, "entry")
    tmf_id, day = change["tmf_id"], change["last_epoch"] or _FIRST_DAY
    kind, level = change["kind"], change["level"]
    _add(entry, ATOM, "id", f"urn:natech:{region}:{tmf_id}:{day}:{kind}:{level}")
    lines = [headline(change, _name(names, tmf_id, w), w) for w in catalogues]
    _add(entry, ATOM, "title", " / ".join(lines))
    _add(entry, ATOM, "updated", f"{day}T00:00:00Z")
    for code in (kind, level or "none"):
        ET.SubElement(entry, f"{{{ATOM}}}category", {"term": code})
    texts = [f"{why(change, words)} {caution(words)}" for words in catalogues]
    content = _add(entry, ATOM, "content", "\n".join(texts))
    content.set("type", "text")  # without a content an entry would need a link


def drafts(
    region: str,
    found: Sequence[Row],
    names: Mapping[str, Mapping[str, str]],
    places: Mapping[str, Mapping[str, float]],
    catalogues: Sequence[Words],
    *,
    exercise: bool = False,
) -> dict[str, str]:
    """CAP drafts of levels raised to amber or red, by file name.

    Parameters
    ----------
    region, found, names, catalogues
        As for `atom`.
    places
        ``lon_deg``, ``lat_deg`` and ``radius_m`` by facility; one without a position
        gets no circle.
    exercise
        Whether the drafts are those of an exercise.
    """
    return {
        f"{change['tmf_id']}-{change['last_epoch']}-{_drafted(change)}.cap.xml": _draft(
            region, change, names, places, catalogues, exercise=exercise
        )
        for change in found
        if change["kind"] in _RAISED and _drafted(change) in DRAFTED
    }


def _drafted(change: Row) -> str:
    """Level that a draft is about: the highest since the last run."""
    return str(change["highest"] if change["kind"] == "passed" else change["level"])


def _draft(
    region: str,
    change: Row,
    names: Mapping[str, Mapping[str, str]],
    places: Mapping[str, Mapping[str, float]],
    catalogues: Sequence[Words],
    *,
    exercise: bool,
) -> str:
    ET.register_namespace("", CAP)
    alert = ET.Element(f"{{{CAP}}}alert")
    tmf_id, day = change["tmf_id"], change["last_epoch"]
    main = catalogues[0]
    for name, value in (
        ("identifier", f"natech-{region}-{tmf_id}-{day}-{_drafted(change)}"),
        ("sender", SENDER),
        ("sent", f"{day}T00:00:00-00:00"),
        ("status", "Exercise" if exercise else "Draft"),
        ("msgType", "Alert"),
        ("scope", "Restricted"),
        ("restriction", main("watching.restriction")),
        ("note", " ".join(words("watching.never_sent") for words in catalogues)),
    ):
        _add(alert, CAP, name, value)
    for words in catalogues:
        _info(alert, change, _name(names, tmf_id, words), places.get(tmf_id), words)
    return _text(alert)


def _info(
    alert: ET.Element,
    change: Row,
    name: str,
    place: Mapping[str, float] | None,
    words: Words,
) -> None:
    info = _add(alert, CAP, "info")
    for tag, value in (
        ("language", words.language),
        ("category", "Geo"),
        ("category", "Env"),
        ("event", words("watching.event")),
        ("responseType", "Assess"),
        ("urgency", _URGENCY[_drafted(change)]),
        ("severity", "Unknown"),
        ("certainty", "Possible"),
        ("senderName", SENDER),
        ("headline", headline(change, name, words)),
        ("description", f"{why(change, words)} {caution(words)}"),
        ("instruction", words("watching.instruction")),
    ):
        _add(info, CAP, tag, value)
    for value_name in (
        "level_before", "level", "highest", "status", "watch_reason", "reason",
        "last_epoch", "forecast_date", "forecast_low_date", "forecast_high_date",
        "needs_confirmation",
    ):  # fmt: skip
        if change[value_name] is not None:
            parameter = _add(info, CAP, "parameter")
            _add(parameter, CAP, "valueName", value_name)
            _add(parameter, CAP, "value", str(change[value_name]))
    area = _add(info, CAP, "area")
    _add(area, CAP, "areaDesc", name)
    if place is not None:
        radius_km = place["radius_m"] / 1000.0
        at = f"{place['lat_deg']:.5f},{place['lon_deg']:.5f}"
        _add(area, CAP, "circle", f"{at} {radius_km:g}")


def _name(names: Mapping[str, Mapping[str, str]], tmf_id: str, words: Words) -> str:
    known = names.get(tmf_id, {})
    return known.get(words.language) or known.get("en") or tmf_id


def _level(level: str | None, words: Words) -> str:
    return words.numbers.unknown if level is None else words(f"watch.{level}.word")


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
