"""Sections of a profile on natural hazards, of the present and under scenarios."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from pipeline.core.model import Hazard
from pipeline.publish.cells import Cell, Context, caveat_of, code_word, marks_of
from pipeline.publish.dossiers import Dossier, Row
from pipeline.publish.hazardlevels import (
    hazard_key,
    hazard_levels,
    hazard_value,
    level_label,
    scenario_label,
    source_text,
)
from pipeline.publish.reasons import stated
from pipeline.publish.status import appearance
from pipeline.publish.words import Words

HazardCase = tuple[str, str, str, str]


def hazard_section(
    dossier: Dossier, context: Context, words: Words
) -> list[dict[str, Any]]:
    """Levels of the present, those of one layer together."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for found in hazard_levels([dossier]).values():
        if found[0]["scenario"] == "historical":
            view = _hazard_row(found[0], context, words)
            groups.setdefault(str(found[0]["layer_id"]), []).append(view)
    return [{"first": rows[0], "rows": rows} for rows in groups.values()]


def _hazard_row(row: Row, context: Context, words: Words) -> dict[str, Any]:
    status = str(row["intensity_status"])
    shown = appearance("status", status, words)
    layer = context.layers.get(str(row["layer_id"]))
    return {
        "hazard": code_word("hazard", row["hazard"], words),
        "measure": words.known("measure", str(row["intensity_measure"])),
        "level": level_label(row, words),
        "scenario": scenario_label(row, words),
        "value": Cell(
            hazard_value(row, words),
            look=None if row["intensity"] is not None else shown.look,
            marks=marks_of(row) if row["intensity"] is not None else (),
            note="" if status == "measured" else shown.sentence,
        ),
        "place": _sampled_place(row, words),
        "source": source_text(layer, words) if layer else row["layer_id"],
        "resolution": layer.resolution if layer else "",
        "caveat": caveat_of(layer, words) if layer else "",
        "note": stated("hazards", "note", row["note"], words),
        "confidence": code_word("confidence", row["confidence"], words),
    }


def _sampled_place(row: Row, words: Words) -> str:
    place = code_word("place", row["place"], words)
    if row["radius_m"] is not None:
        place += f", {words.numbers.distance(row['radius_m'])}"
    covered = words(
        "hazard.covered", share=words.numbers.percent(row["covered_fraction"])
    )
    return f"{place}; {covered}"


def climate_section(dossier: Dossier, context: Context, words: Words) -> dict[str, Any]:
    """Values under climate scenarios beside the present value of their measure.

    One row per level and case: the median, with the outer percentiles of the ensemble
    as its range. Levels that no scenario changes are named, not repeated.
    """
    present = {
        hazard_key(row)[:2]: row
        for row in dossier.hazards
        if row["scenario"] == "historical"
    }
    cases: dict[HazardCase, list[Row]] = {}
    for key, rows in hazard_levels([dossier]).items():
        if rows[0]["scenario"] != "historical":
            cases.setdefault(key[:4], []).append(rows[0])
    groups: dict[tuple[str, str], dict[str, Any]] = {}
    unchanged: list[str] = []
    for case, rows in cases.items():
        ordered = sorted(rows, key=lambda row: float(row["percentile"]))
        middle = min(ordered, key=lambda row: abs(float(row["percentile"]) - 50.0))
        before = present.get(case[:2])
        name = words.known("measure", str(middle["intensity_measure"]))
        if before is not None and before["intensity"] == middle["intensity"]:
            if name not in unchanged:
                unchanged.append(name)
            continue
        view = _hazard_row(middle, context, words)
        group = groups.setdefault(
            case[:2],
            {"first": view, "present": _plain_value(before, words), "rows": []},
        )
        view["value"] = replace(view["value"], text=_plain_value(middle, words))
        view["range"] = _ensemble_range(ordered, words)
        group["rows"].append(view)
    return {"groups": list(groups.values()), "unchanged": unchanged}


def _plain_value(row: Row | None, words: Words) -> str:
    if row is None:
        return words("hazard.no_present")
    if row["intensity"] is None:
        return hazard_value(row, words)
    return words.numbers.quantity(row["intensity"], words.unit(str(row["unit"])))


def _ensemble_range(rows: Sequence[Row], words: Words) -> str:
    first, last = rows[0], rows[-1]
    if len(rows) < 2 or first["intensity"] is None or last["intensity"] is None:
        return ""
    unit = words.unit(str(first["unit"]))
    return words(
        "hazard.ensemble",
        low=words.numbers.number(first["intensity"]),
        high=words.numbers.quantity(last["intensity"], unit),
        first=words.numbers.whole(first["percentile"]),
        last=words.numbers.whole(last["percentile"]),
    )


def hazards_missing(dossier: Dossier, words: Words) -> list[str]:
    """Hazards without any layer: nothing is said about them, and the page says so."""
    covered = {str(row["hazard"]) for row in dossier.hazards}
    return [words(f"code.hazard.{h}") for h in Hazard if str(h) not in covered]
