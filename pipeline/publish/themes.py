"""Ways to show facilities on the basin map: classes with symbols, and who is in them.

A theme is made for one language. Class numbers are the same in all languages.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pipeline.core.model import ConsequenceClass, DisplacementStatus, WatchLevel
from pipeline.publish.dossiers import Dossier, Row
from pipeline.publish.status import Look, appearance, ordinal_look
from pipeline.publish.words import Words

_RANK_EDGES: Final = (5, 10, 20)
_LEAD_EDGES_H: Final = (6.0, 24.0, 48.0)
_UNKNOWN: Final = Look("no-data", "hatched", "circle")


@dataclass(frozen=True, slots=True)
class Member:
    """How one facility stands in a theme; ``sort`` orders the table's column."""

    position: int
    text: str
    sort: float | None = None
    glyph: str = ""
    sentence: str = ""


@dataclass(frozen=True)
class Theme:
    """One way to show facilities: classes (look, label) and members by ``tmf_id``."""

    id: str
    group: str
    title: str
    short: str
    unit: str
    period: str
    source: str
    classes: tuple[tuple[Look, str], ...]
    members: Mapping[str, Member]
    demonstration: bool = False
    provisional: bool = False


def screening_themes(dossiers: Sequence[Dossier], words: Words) -> list[Theme]:
    """Themes of assessment, borders and motion, the default one first."""
    return [
        _rank(dossiers, words),
        _consequence(dossiers, words),
        _first_border(dossiers, words),
        _displacement(dossiers, words),
    ]


def _assessed(dossier: Dossier, field: str) -> Any:
    return None if dossier.assessment is None else dossier.assessment[field]


def _flagged(dossiers: Sequence[Dossier], field: str) -> bool:
    return any(bool(_assessed(dossier, field)) for dossier in dossiers)


def rank_text(assessment: Row | None, words: Words) -> str:
    """Rank with its spread: ``3 (1–9)``; the word for unknown where unranked."""
    if assessment is None or assessment["rank"] is None:
        return words("rank.unranked")
    low, high = assessment["rank_low"], assessment["rank_high"]
    text = str(assessment["rank"])
    return text if low is None or high is None else f"{text} ({low}–{high})"


def _rank(dossiers: Sequence[Dossier], words: Words) -> Theme:
    edges = (*_RANK_EDGES, None)
    first, labels = 1, []
    for edge in edges:
        labels.append(
            words("rank.from", first=first)
            if edge is None
            else words("rank.places", first=first, last=edge)
        )
        first = (edge or 0) + 1
    looks = [
        Look(f"rank-{i}", ordinal_look(3 - i, 4).fill, "circle")
        for i in range(len(labels))
    ]
    classes = [*zip(looks, labels, strict=True), (_UNKNOWN, words("rank.unranked"))]

    def member(dossier: Dossier) -> Member:
        rank = _assessed(dossier, "rank")
        text = rank_text(dossier.assessment, words)
        if rank is None:
            return Member(len(labels), text)
        position = sum(rank > edge for edge in _RANK_EDGES)
        return Member(position, text, float(rank), str(rank))

    return _theme("rank", "screening", classes, dossiers, member, words)


def _consequence(dossiers: Sequence[Dossier], words: Words) -> Theme:
    codes = [*(str(item) for item in ConsequenceClass), "unknown"]

    def member(dossier: Dossier) -> Member:
        found = _assessed(dossier, "consequence_class") or "unknown"
        shown = appearance("consequence", str(found), words)
        position = codes.index(str(found))
        known = found != "unknown"
        return Member(
            position,
            shown.word,
            float(position) if known else None,
            sentence=shown.sentence,
        )

    return _theme(
        "consequence",
        "screening",
        classes_of("consequence", codes, words),
        dossiers,
        member,
        words,
    )


def classes_of(kind: str, codes: Sequence[str], words: Words) -> list[tuple[Look, str]]:
    """Look and word of each code of one kind of record."""
    shown = [appearance(kind, code, words) for code in codes]
    return [(item.look, item.word) for item in shown]


def _first_border(dossiers: Sequence[Dossier], words: Words) -> Theme:
    numbers = words.numbers
    labels, last = [], 0.0
    for edge in _LEAD_EDGES_H:
        labels.append(
            words(
                "border.within",
                first=numbers.whole(last),
                last=numbers.duration(edge),
            )
        )
        last = edge
    labels.append(words("border.later", first=numbers.duration(last)))
    looks = [ordinal_look(3 - i, 4) for i in range(4)]
    none = Look("no-border", "#ffffff", "circle")
    classes = [
        *zip(looks, labels, strict=True),
        (none, words("border.none")),
        (_UNKNOWN, words("border.unknown")),
    ]

    def member(dossier: Dossier) -> Member:
        if not dossier.crossings:
            known = bool(dossier.downstream)
            place = 4 if known else 5
            return Member(place, classes[place][1])
        first = dossier.crossings[0]
        text = crossing_text(first, words)
        lead = first["arrival_lead_h"]
        if lead is None:
            return Member(5, text)
        return Member(sum(lead > edge for edge in _LEAD_EDGES_H), text, float(lead))

    return _theme("border", "screening", classes, dossiers, member, words)


def crossing_text(row: Row, words: Words) -> str:
    """Border, distance and first arrival of a crossing, in one line."""
    return words(
        "border.crossing",
        countries=f"{row['from_country']}→{row['to_country']}",
        distance=words.numbers.distance(row["distance_m"]),
        arrival=words.numbers.duration_bounds(
            row["arrival_lead_h_low"],
            row["arrival_lead_h"],
            row["arrival_lead_h_high"],
        ),
    )


def _displacement(dossiers: Sequence[Dossier], words: Words) -> Theme:
    levels = [
        str(level) for level in WatchLevel if level is not WatchLevel.NOT_ASSESSED
    ]
    states = [
        str(s) for s in DisplacementStatus if s is not DisplacementStatus.MEASURED
    ]
    classes = [
        *classes_of("watch", levels, words),
        *classes_of("displacement", states, words),
    ]

    def member(dossier: Dossier) -> Member:
        row = dossier.displacement
        if row is None:
            shown = appearance("displacement", "not_covered", words)
            place = len(levels) + states.index("not_covered")
            return Member(place, shown.word, sentence=shown.sentence)
        if row["watch_level"] in levels:
            place = levels.index(row["watch_level"])
            shown = appearance("watch", row["watch_level"], words)
            return Member(place, shown.word, float(place), sentence=shown.sentence)
        status = str(row["status"])
        shown = appearance("displacement", status, words)
        known = states.index(status) if status in states else 0
        return Member(len(levels) + known, shown.word, sentence=shown.sentence)

    return _theme("displacement", "screening", classes, dossiers, member, words)


def _theme(
    name: str,
    group: str,
    classes: Sequence[tuple[Look, str]],
    dossiers: Sequence[Dossier],
    member: Callable[[Dossier], Member],
    words: Words,
) -> Theme:
    return Theme(
        id=name,
        group=group,
        title=words(f"theme.{name}.title"),
        short=words(f"theme.{name}.short"),
        unit=words(f"theme.{name}.unit"),
        period=words(f"theme.{name}.period"),
        source=words(f"theme.{name}.source"),
        classes=tuple(classes),
        members={dossier.tmf_id: member(dossier) for dossier in dossiers},
        demonstration=name != "displacement" and _flagged(dossiers, "demonstration"),
        provisional=name != "displacement" and _flagged(dossiers, "provisional"),
    )
