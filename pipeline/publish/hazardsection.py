"""Section of a profile on natural hazards of the present."""

from __future__ import annotations

from typing import Any

from pipeline.core.model import Hazard
from pipeline.publish.cells import Cell, Context, caveat_of, code_word, marks_of
from pipeline.publish.dossiers import Dossier, Row
from pipeline.publish.hazardlevels import (
    hazard_levels,
    hazard_value,
    level_label,
    scenario_label,
    source_text,
)
from pipeline.publish.reasons import stated
from pipeline.publish.status import appearance
from pipeline.publish.words import Words


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


def hazards_missing(dossier: Dossier, words: Words) -> list[str]:
    """Hazards without any layer: nothing is said about them, and the page says so."""
    covered = {str(row["hazard"]) for row in dossier.hazards}
    return [words(f"code.hazard.{h}") for h in Hazard if str(h) not in covered]
