"""Ways to show facilities on the basin map: classes with symbols, and who is in them.

A theme is made for one language. Class numbers are the same in all languages.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pipeline.core.layers import Layer
from pipeline.core.model import ConsequenceClass, DisplacementStatus, WatchLevel
from pipeline.publish.dossiers import Dossier, Row
from pipeline.publish.drawing import round_step
from pipeline.publish.status import Look, appearance, ordinal_look
from pipeline.publish.words import Words

_RANK_EDGES: Final = (5, 10, 20)
_LEAD_EDGES_H: Final = (6.0, 24.0, 48.0)
_HAZARD_CLASSES: Final = 5
_UNKNOWN: Final = Look("no-data", "hatched", "circle")
HazardKey = tuple[str, str, str, str, float]


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


def make_themes(
    dossiers: Sequence[Dossier], layers: Mapping[str, Layer], words: Words
) -> list[Theme]:
    """All themes of a region, the default one first."""
    made = [
        _rank(dossiers, words),
        _consequence(dossiers, words),
        _first_border(dossiers, words),
        _displacement(dossiers, words),
    ]
    made += [
        _hazard(key, rows, dossiers, layers, words)
        for key, rows in mapped_levels(dossiers).items()
    ]
    return made


def mapped_levels(dossiers: Sequence[Dossier]) -> dict[HazardKey, list[Row]]:
    """Hazard levels worth a map of their own.

    Left out are percentiles beside the median, values of the region as a whole, and
    futures that equal the present everywhere (earthquakes).
    """
    levels = hazard_levels(dossiers)
    present = {
        key[:2]: _intensities(rows)
        for key, rows in levels.items()
        if rows[0]["scenario"] == "historical"
    }
    return {
        key: rows
        for key, rows in levels.items()
        if key[4] == 50.0
        and any(row["place"] != "region" for row in rows)
        and (
            rows[0]["scenario"] == "historical"
            or present.get(key[:2]) != _intensities(rows)
        )
    }


def _intensities(rows: Sequence[Row]) -> dict[str, Any]:
    return {str(row["tmf_id"]): row["intensity"] for row in rows}


def hazard_levels(dossiers: Sequence[Dossier]) -> dict[HazardKey, list[Row]]:
    """Rows of the hazards table by layer, level, scenario, horizon and percentile.

    The present comes first, then by hazard, layer and return period.
    """
    found: dict[HazardKey, list[Row]] = {}
    for dossier in dossiers:
        for row in dossier.hazards:
            found.setdefault(hazard_key(row), []).append(row)
    order = sorted(
        found,
        key=lambda key: (
            found[key][0]["scenario"] != "historical",
            str(found[key][0]["hazard"]),
            key[0],
            found[key][0]["return_period_yr"] or 0.0,
            key,
        ),
    )
    return {key: found[key] for key in order}


def hazard_key(row: Row) -> HazardKey:
    """Key of a hazard level: everything that tells it from another, but not where."""
    return (
        str(row["layer_id"]),
        str(row["level"]),
        str(row["scenario"]),
        str(row["horizon"]),
        float(row["percentile"]),
    )


def main_levels(dossiers: Sequence[Dossier]) -> list[HazardKey]:
    """One level of the present per layer, for tables with little room.

    The return period next to 475 years stands for a layer that has several.
    """
    chosen: dict[str, tuple[float, HazardKey]] = {}
    for key, rows in hazard_levels(dossiers).items():
        if rows[0]["scenario"] != "historical":
            continue
        years = rows[0]["return_period_yr"]
        away = abs(float(years) - 475.0) if years is not None else 0.0
        if key[0] not in chosen or away < chosen[key[0]][0]:
            chosen[key[0]] = (away, key)
    return [key for _, key in chosen.values()]


def level_label(row: Row, words: Words) -> str:
    """Level, scenario and horizon of a hazard row in words."""
    parts = [period_label(row, words)]
    if row["scenario"] != "historical":
        parts.append(scenario_label(row, words))
    return ", ".join(part for part in parts if part)


def period_label(row: Row, words: Words) -> str:
    """Return period of a hazard row, or the name of its level."""
    years = row["return_period_yr"]
    if years is not None:
        return words("hazard.return_period", years=words.numbers.whole(years))
    return words.known("level", str(row["level"]))


def scenario_label(row: Row, words: Words) -> str:
    """Scenario, horizon and percentile in words."""
    scenario = words(f"scenario.{row['scenario']}")
    if row["scenario"] == "historical":
        return scenario
    horizon = str(row["horizon"]).replace("-", "–")
    text = f"{scenario}, {horizon}"
    if float(row["percentile"]) != 50.0:
        share = words.numbers.whole(row["percentile"])
        text += f", {words('hazard.percentile', percentile=share)}"
    return text


def hazard_value(row: Row, words: Words) -> str:
    """Intensity with unit and bounds; the word of its status where it has none."""
    if row["intensity"] is None:
        return appearance("status", str(row["intensity_status"]), words).word
    return words.numbers.quantity_bounds(
        row["intensity_low"],
        row["intensity"],
        row["intensity_high"],
        words.unit(str(row["unit"])),
    )


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
        _classes_of("consequence", codes, words),
        dossiers,
        member,
        words,
    )


def _classes_of(
    kind: str, codes: Sequence[str], words: Words
) -> list[tuple[Look, str]]:
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
    levels = [str(level) for level in WatchLevel if level is not WatchLevel.NOT_ASSESSED]
    states = [str(s) for s in DisplacementStatus if s is not DisplacementStatus.MEASURED]
    classes = [
        *_classes_of("watch", levels, words),
        *_classes_of("displacement", states, words),
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


def class_edges(values: Sequence[float], count: int = _HAZARD_CLASSES) -> list[float]:
    """Round inner edges that cut values into at most ``count`` + 1 classes."""
    if not values or max(values) <= min(values):
        return []
    low, high = min(values), max(values)
    step = round_step(high - low, count)
    first = int(low // step) + 1
    edges = []
    while (edge := first * step) < high and len(edges) < count:
        if edge > low:
            edges.append(edge)
        first += 1
    return edges


def _hazard(
    key: HazardKey,
    rows: Sequence[Row],
    dossiers: Sequence[Dossier],
    layers: Mapping[str, Layer],
    words: Words,
) -> Theme:
    by_id = {str(row["tmf_id"]): row for row in rows}
    values = [float(r["intensity"]) for r in rows if r["intensity"] is not None]
    edges = class_edges(values)
    unit = words.unit(str(rows[0]["unit"]))
    statuses = ("no_hazard", "not_covered", "not_provided", "invalid")
    labels = _edge_labels(edges, values, unit, words)
    looks = [ordinal_look(i, len(labels)) for i in range(len(labels))]
    classes = [
        *zip(looks, labels, strict=True),
        *_classes_of("status", statuses, words),
    ]

    def member(dossier: Dossier) -> Member:
        row = by_id.get(dossier.tmf_id)
        status = "not_provided" if row is None else str(row["intensity_status"])
        if row is None or status in statuses:
            shown = appearance("status", status, words)
            place = len(labels) + statuses.index(status)
            return Member(place, shown.word, sentence=shown.sentence)
        value = float(row["intensity"])
        place = sum(value >= edge for edge in edges)
        return Member(place, hazard_value(row, words), value)

    layer = layers.get(key[0])
    measure = words.known("measure", str(rows[0]["intensity_measure"]))
    level = level_label(rows[0], words)
    return Theme(
        id=hazard_theme_id(key),
        group="hazard",
        title=": ".join(part for part in (measure, level) if part),
        short=_short_title(rows[0], words),
        unit=unit or words("legend.no_unit"),
        period=scenario_label(rows[0], words),
        source=source_text(layer, words) if layer else key[0],
        classes=tuple(classes),
        members={dossier.tmf_id: member(dossier) for dossier in dossiers},
        demonstration=any(bool(row["demonstration"]) for row in rows),
        provisional=any(bool(row["provisional"]) for row in rows),
    )


def source_text(layer: Layer, words: Words) -> str:
    """Title and version of a layer in the page's language."""
    title = getattr(layer.title, words.language, layer.title.en)
    return words("sources.title_version", title=title, version=layer.version)


def _edge_labels(
    edges: Sequence[float], values: Sequence[float], unit: str, words: Words
) -> list[str]:
    if not values:
        return []
    if not edges:
        return [words.numbers.quantity(values[0], unit)]
    texts = [words.numbers.number(edge) for edge in edges]
    labels = [words("legend.below", edge=texts[0], unit=unit)]
    labels += [
        words("legend.between", low=a, high=b, unit=unit)
        for a, b in zip(texts[:-1], texts[1:], strict=True)
    ]
    return [*labels, words("legend.from", edge=texts[-1], unit=unit)]


def _short_title(row: Row, words: Words) -> str:
    """Short name of a measure with its return period, for columns and popups."""
    name = words.known("measure_short", str(row["intensity_measure"]))
    if row["return_period_yr"] is None:
        return name
    years = words.numbers.whole(row["return_period_yr"])
    return words("hazard.short", measure=name, years=years)


def hazard_theme_id(key: HazardKey) -> str:
    """Id of the theme of a hazard level, fit for an attribute of a page."""
    return "hazard-" + "-".join(_slug(part) for part in (*key[:4], f"{key[4]:g}"))


def _slug(text: str) -> str:
    return "".join(c if c.isalnum() and c.isascii() else "-" for c in text.lower())
