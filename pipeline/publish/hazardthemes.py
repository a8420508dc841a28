"""Themes of the basin map that show a hazard level at the facilities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Final

from pipeline.core.layers import Layer
from pipeline.publish.dossiers import Dossier, Row
from pipeline.publish.drawing import round_step
from pipeline.publish.hazardlevels import (
    HazardKey,
    hazard_theme_id,
    hazard_value,
    level_label,
    mapped_levels,
    scenario_label,
    source_text,
)
from pipeline.publish.status import appearance, ordinal_look
from pipeline.publish.themes import Member, Theme, classes_of
from pipeline.publish.words import Words

_HAZARD_CLASSES: Final = 5


def hazard_themes(
    dossiers: Sequence[Dossier], layers: Mapping[str, Layer], words: Words
) -> list[Theme]:
    """One theme per hazard level worth a map of its own."""
    return [
        _hazard(key, rows, dossiers, layers, words)
        for key, rows in mapped_levels(dossiers).items()
    ]


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
        *classes_of("status", statuses, words),
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


def class_edges(values: Sequence[float], count: int = _HAZARD_CLASSES) -> list[float]:
    """Round inner edges that cut values into at most ``count`` + 1 classes."""
    if not values or max(values) <= min(values):
        return []
    low, high = min(values), max(values)
    step = round_step(high - low, count)
    first = int(low // step) + 1
    edges: list[float] = []
    while (edge := first * step) < high and len(edges) < count:
        if edge > low:
            edges.append(edge)
        first += 1
    return edges


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
        words("legend.between", low=a, high=b, unit=unit) for a, b in pairwise(texts)
    ]
    return [*labels, words("legend.from", edge=texts[-1], unit=unit)]


def _short_title(row: Row, words: Words) -> str:
    """Short name of a measure with its return period, for columns and popups."""
    name = words.known("measure_short", str(row["intensity_measure"]))
    if row["return_period_yr"] is None:
        return name
    years = words.numbers.whole(row["return_period_yr"])
    return words("hazard.short", measure=name, years=years)
