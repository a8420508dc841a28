"""Section of a profile on ground motion."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from pipeline.core.methods.displacement import SURROUNDINGS
from pipeline.core.model import Zone
from pipeline.core.reasons import read_reasons
from pipeline.publish.cells import Cell, Line, marks_of
from pipeline.publish.dossiers import Dossier, Row
from pipeline.publish.reasons import sentence, stated
from pipeline.publish.series_plot import (
    DIVERGING,
    points_map,
    rate_limit,
    series_plot,
)
from pipeline.publish.status import appearance
from pipeline.publish.words import Words
from pipeline.publish.zone_plot import zone_plot

_PLOTS_SHOWN: Final = 8
_ZONES: Final = (*(str(zone) for zone in Zone), SURROUNDINGS)
_RATES: Final = (
    ("velocity_median_mm_per_yr", "velocity_std_mm_per_yr"),
    ("provider_velocity_mm_per_yr", None),
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
        "unreadable": _unreadable(row, words),
        "watch": _watch(row, words),
        "lines": [*_rates(row, words), *_coverage(row, words)],
        "zones": [_zone(zone, words) for zone in in_order(dossier.motion_zones)],
        **zone_plots(dossier, words),
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


def _unreadable(row: Row | None, words: Words) -> list[str]:
    """Sources that could not be read, which a facility with a level must show too."""
    if row is None:
        return []
    return [
        sentence("displacement", one, words)
        for one in read_reasons(row["reason"])
        if one.code == "source_unreadable"
    ]


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
    if row["forecast_date"] is not None:
        days = {
            name: words.numbers.iso_date(row[f"forecast{end}_date"])
            for name, end in (("date", ""), ("low", "_low"), ("high", "_high"))
        }
        forecast = Cell(words("motion.forecast", **days), marks=marks_of(row))
        lines.append(Line(words("field.forecast"), forecast))
    for name, error in _RATES:
        if row[name] is None:
            continue
        text = words.numbers.quantity(row[name], unit, 2)
        if error is not None and row[error] is not None:
            text += f" ± {words.numbers.quantity(row[error], unit, 2)}"
        lines.append(Line(words(f"field.{name}"), Cell(text)))
    if row["course"] is not None:
        course = Cell(words(f"code.course.{row['course']}"))
        lines.append(Line(words("field.course"), course))
    if row["differential_mm_per_yr"] is not None:
        text = words(
            "motion.differential",
            rate=words.numbers.quantity(row["differential_mm_per_yr"], unit, 2),
            error=words.numbers.quantity(row["differential_std_mm_per_yr"], unit, 2),
            place=words.numbers.distance(row["differential_at_m"]),
            pairs=words.numbers.whole(row["n_section_pairs"]),
        )
        lines.append(Line(words("field.differential"), Cell(text)))
    return lines


def _coverage(row: Row | None, words: Words) -> list[Line]:
    """How many points there are, where and when, and whether they move alike."""
    if row is None or not row["n_points"]:
        return []
    numbers = words.numbers
    texts = [("field.n_points", numbers.whole(row["n_points"]))]
    if row["zone_basis"] is not None:
        texts.append(
            ("field.zone_basis", words(f"code.zone_basis.{row['zone_basis']}"))
        )
    if row["coherent_fraction"] is not None:
        text = words(
            "motion.coherent",
            share=numbers.percent(row["coherent_fraction"]),
            cells=numbers.whole(row["n_coherent"]),
            chance=numbers.number(row["coherent_p"], 3),
        )
        texts.append(("field.coherent", text))
    if row["dam_covered_fraction"] is not None:
        text = words(
            "motion.dam_coverage",
            share=numbers.percent(row["dam_covered_fraction"]),
            gap=numbers.distance(row["dam_gap_m"]),
        )
        texts.append(("field.dam_coverage", text))
    if row["epoch_interval_d"] is not None:
        text = words(
            "motion.epochs",
            interval=numbers.quantity(row["epoch_interval_d"], words.unit("d")),
            gap=numbers.quantity(row["epoch_gap_d"], words.unit("d")),
        )
        texts.append(("field.epochs", text))
    if row["silent_fraction"]:
        texts.append(("field.silent", numbers.percent(row["silent_fraction"])))
    if row["last_epoch"] is not None:
        when = numbers.iso_date(row["last_epoch"])
        if row["age_d"] is not None:
            age = numbers.quantity(row["age_d"], words.unit("d"))
            day = numbers.iso_date(row["reference_date"])
            when = words("motion.last", date=when, age=age, day=day)
        texts.append(("field.last_epoch", when))
    return [Line(words(key), Cell(text)) for key, text in texts]


def in_order(rows: Sequence[Row]) -> list[Row]:
    """Rows of zones, the dam first, sources one after another."""
    return sorted(
        rows, key=lambda r: (_ZONES.index(str(r["zone"])), str(r["source_id"]))
    )


def _zone(row: Row, words: Words) -> dict[str, str]:
    """Cells of one row of the table of zones."""
    numbers = words.numbers

    def rate(name: str) -> str:
        value = row[name]
        return numbers.unknown if value is None else numbers.number(value, 2)

    speed = rate("velocity_mm_per_yr")
    if row["velocity_mm_per_yr"] is not None:
        low = numbers.number(row["velocity_mm_per_yr_low"], 2)
        high = numbers.number(row["velocity_mm_per_yr_high"], 2)
        speed += f" ({low}\u2009…\u2009{high})"
    dates = (row["break_dates"] or "").split("; ")
    course = row["course"] or "unknown"
    return {
        "zone": words(f"code.zone.{row['zone']}"),
        "source": str(row["source_id"]),
        "component": words(f"code.component.{row['component']}"),
        "points": " / ".join(numbers.whole(row[k]) for k in ("n_usable", "n_points")),
        "rate": speed,
        "recent": rate("recent_velocity_mm_per_yr"),
        "provider": rate("provider_velocity_mm_per_yr"),
        "course": words(f"code.course.{course}"),
        "breaks": ", ".join(numbers.iso_date(day) for day in dates if day),
        "level": words(f"code.highest_level.{row['highest_level']}"),
    }


def zone_plots(dossier: Dossier, words: Words) -> dict[str, Any]:
    """Plots of the stacks, the dam first, and titles of those a page cannot hold."""
    curves: dict[tuple[str, str], list[Row]] = {}
    for row in dossier.curves:
        curves.setdefault((str(row["zone"]), str(row["source_id"])), []).append(row)
    found = []
    for row in in_order(dossier.motion_zones):
        rows = curves.get((str(row["zone"]), str(row["source_id"])), [])
        title = words(
            "motion.zone_title",
            zone=words(f"code.zone.{row['zone']}"),
            source=row["source_id"],
            component=words(f"code.component.{row['component']}"),
        )
        plot = zone_plot(rows, title, words)
        if plot is not None:
            found.append({"plot": plot, "title": title})
    return {
        "plots": found[:_PLOTS_SHOWN],
        "plots_left_out": "; ".join(one["title"] for one in found[_PLOTS_SHOWN:]),
    }


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
