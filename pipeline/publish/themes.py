"""Ways to show facilities on the basin map: classes with symbols, and who is in them.

A theme is made for one language. Class numbers are the same in all languages.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pipeline.core.model import ConsequenceClass, DisplacementStatus, WatchLevel
from pipeline.publish.dossiers import Dossier
from pipeline.publish.standing import (
    class_range,
    crossing_text,
    is_loose,
    rank_text,
    theme_marks,
)
from pipeline.publish.status import Look, appearance, ordinal_look
from pipeline.publish.words import Words

_RANK_EDGES: Final = (5, 10, 20)
_LEAD_EDGES_H: Final = (6.0, 24.0, 48.0)
_UNKNOWN: Final = Look("no-data", "hatched", "circle")


@dataclass(frozen=True, slots=True)
class Member:
    """How one facility stands in a theme; ``sort`` orders the table's column.

    ``is_loose`` says that the place is so uncertain that nobody may read it as firm.
    """

    position: int
    text: str
    sort: float | None = None
    glyph: str = ""
    sentence: str = ""
    note: str = ""
    is_loose: bool = False


@dataclass(frozen=True)
class Theme:
    """One way to show facilities: classes (look, label) and members by ``tmf_id``.

    ``note`` stands below the legend: what a reader must know to read the classes.
    """

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
    note: str = ""


def screening_themes(
    dossiers: Sequence[Dossier], par_distance_m: float, words: Words
) -> list[Theme]:
    """Themes of assessment, borders and motion, the default one first.

    ``par_distance_m`` is the length of river along which people are counted.
    """
    return [
        _rank(dossiers, words),
        _consequence(dossiers, par_distance_m, words),
        _first_border(dossiers, words),
        _displacement(dossiers, words),
    ]


def _assessed(dossier: Dossier, field: str) -> Any:
    return None if dossier.assessment is None else dossier.assessment[field]


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
        loose = is_loose(dossier.assessment)
        glyph = f"~{rank}" if loose else str(rank)
        return Member(position, text, float(rank), glyph, is_loose=loose)

    loose = sum(is_loose(dossier.assessment) for dossier in dossiers)
    note = words("theme.rank.note", count=words.numbers.whole(loose)) if loose else ""
    return _theme("rank", "screening", classes, dossiers, member, words, note)


def _consequence(
    dossiers: Sequence[Dossier], par_distance_m: float, words: Words
) -> Theme:
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
            note=class_range(dossier.assessment, words),
        )

    return _theme(
        "consequence",
        "screening",
        classes_of("consequence", codes, words),
        dossiers,
        member,
        words,
        _class_note(dossiers, par_distance_m, words),
    )


def _class_note(
    dossiers: Sequence[Dossier], par_distance_m: float, words: Words
) -> str:
    """What the classes count, and how low they could be."""
    lowest = [
        str(_assessed(dossier, "consequence_class_low") or "unknown")
        for dossier in dossiers
        if _assessed(dossier, "consequence_class") is not None
    ]
    distance = words.numbers.distance(par_distance_m)
    text = words("consequence_note.counts", distance=distance)
    if not lowest:
        return text
    counts = ", ".join(
        f"{appearance('consequence', code, words).word} – "
        f"{words.numbers.whole(lowest.count(code))}"
        for code in [*(str(item) for item in ConsequenceClass), "unknown"]
        if code in lowest
    )
    return f"{text} {words('consequence_note.lowest', counts=counts)}"


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
    note: str = "",
) -> Theme:
    marks = {mark for dossier in dossiers for mark in theme_marks(name, dossier)}
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
        demonstration="demonstration" in marks,
        provisional="provisional" in marks,
        note=note,
    )
