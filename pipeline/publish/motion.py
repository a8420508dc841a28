"""Section of a profile on ground motion."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from pipeline.publish.cells import Cell, Line, marks_of
from pipeline.publish.dossiers import Dossier, Row
from pipeline.publish.reasons import stated
from pipeline.publish.series_plot import (
    DIVERGING,
    points_map,
    rate_limit,
    series_plot,
)
from pipeline.publish.status import appearance
from pipeline.publish.words import Words

_RATES: Final = (
    ("velocity_median_mm_per_yr", "velocity_std_mm_per_yr"),
    ("velocity_fastest_mm_per_yr", None),
    ("velocity_up_mm_per_yr", "velocity_up_std_mm_per_yr"),
    ("velocity_east_mm_per_yr", "velocity_east_std_mm_per_yr"),
)


def motion_section(dossier: Dossier, words: Words) -> dict[str, Any]:
    """Status, reason, what to add, rates, and pictures where there are points."""
    row = dossier.displacement
    status = "not_covered" if row is None else str(row["status"])
    shown = appearance("displacement", status, words)
    return {
        "status": shown,
        "add": words(f"motion.add.{status}"),
        "reason": _reason(row, words),
        "watch": _watch(row, words),
        "lines": _rates(row, words),
        "sources": _sources(dossier, words),
        "series": series_plot(dossier.series, words),
        "series_names": [item.point for item in dossier.series],
    }


def _reason(row: Row | None, words: Words) -> str:
    """Status, watch level and decomposition, each with its reason."""
    if row is None:
        return ""
    names = ("reason", "watch_reason", "decomposition_reason")
    return " ".join(
        text
        for name in names
        if (text := stated("displacement", name, row[name], words))
    )


def _watch(row: Row | None, words: Words) -> Line | None:
    if row is None or row["watch_level"] == "not_assessed":
        return None
    shown = appearance("watch", row["watch_level"], words)
    note = words("motion.confirm") if row["needs_confirmation"] else ""
    cell = Cell(shown.word, look=shown.look, marks=marks_of(row), note=note)
    return Line(words("motion.watch_level"), cell, shown.sentence)


def _rates(row: Row | None, words: Words) -> list[Line]:
    if row is None:
        return []
    unit = words.unit("mm/yr")
    lines = []
    for name, error in _RATES:
        if row[name] is None:
            continue
        text = words.numbers.quantity(row[name], unit, 2)
        if error is not None and row[error] is not None:
            text += f" ± {words.numbers.quantity(row[error], unit, 2)}"
        lines.append(Line(words(f"field.{name}"), Cell(text)))
    if row["n_points"]:
        count = Cell(words.numbers.whole(row["n_points"]))
        lines.append(Line(words("field.n_points"), count))
    if row["last_epoch"] is not None:
        when = Cell(words.numbers.iso_date(row["last_epoch"]))
        lines.append(Line(words("field.last_epoch"), when))
    return lines


def _sources(dossier: Dossier, words: Words) -> list[dict[str, Any]]:
    """One map per source: different viewing directions are never mixed."""
    if not dossier.has_position:
        return []
    found: dict[str, list[Row]] = {}
    for row in dossier.points:
        found.setdefault(str(row["source_id"]), []).append(row)
    return [
        {
            "id": source,
            "component": words(f"code.component.{points[0]['component']}"),
            "map": points_map(dossier, points, words),
            "legend": _legend(points, words),
        }
        for source, points in sorted(found.items())
    ]


def _legend(points: Sequence[Row], words: Words) -> list[tuple[str, str]]:
    limit = rate_limit(points)
    count = len(DIVERGING)
    return [
        (colour, words.numbers.quantity((2 * i / (count - 1) - 1) * limit, "", 2))
        for i, colour in enumerate(DIVERGING)
    ]
