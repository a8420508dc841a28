"""Section of a profile on the way downstream: join, borders, receptors, strip chart."""

from __future__ import annotations

from typing import Any, Final

from pipeline.publish.cells import (
    Cell,
    Context,
    Line,
    arrival_cell,
    code_word,
    flag_cell,
)
from pipeline.publish.dossiers import Dossier, Row
from pipeline.publish.labels import place_name
from pipeline.publish.reasons import stated
from pipeline.publish.status import appearance
from pipeline.publish.strip import shown_length_m, strip_chart
from pipeline.publish.words import Words

_RECEPTORS_SHOWN: Final = 40


def river_section(dossier: Dossier, context: Context, words: Words) -> dict[str, Any]:
    """Join to the network, crossings in order, receptors and the strip chart."""
    shown = sorted(dossier.receptors, key=lambda row: float(row["distance_m"]))
    return {
        "joined": bool(dossier.downstream),
        "join": _join(dossier.snap, context, words),
        "reason": stated("snaps", "reason", dossier.snap["reason"], words)
        if dossier.snap is not None
        else "",
        "crossings": [_crossing(row, context, words) for row in dossier.crossings],
        "receptors": [_receptor(row, words) for row in shown[:_RECEPTORS_SHOWN]],
        "receptors_left_out": max(0, len(shown) - _RECEPTORS_SHOWN),
        "strip": strip_chart(dossier, words),
        "goes_on": _goes_on(dossier, words),
        "beyond": any(row["beyond_standing_water"] for row in dossier.downstream),
    }


def _goes_on(dossier: Dossier, words: Words) -> str:
    snap = dossier.snap
    if snap is None or not dossier.downstream or snap["path_length_m"] is None:
        return ""
    if shown_length_m(dossier) >= 0.99 * float(snap["path_length_m"]):
        return ""
    return words(
        "river.goes_on",
        terminal=words.known("terminal", str(snap["terminal"])),
        length=words.numbers.distance(snap["path_length_m"]),
    )


def _join(snap: Row | None, context: Context, words: Words) -> list[Line]:
    if snap is None:
        return []
    numbers = words.numbers
    status = appearance("status", snap["snap_status"], words)
    joined = snap["reach_id"] is not None
    lines = [
        Line(
            words("field.snap_status"),
            Cell(
                words("river.joined" if joined else "river.not_joined"),
                look=None if joined else status.look,
            ),
        )
    ]
    if not joined:
        return lines
    river = context.river(snap["reach_id"], words.language) or snap["river"]
    if river:
        lines.append(Line(words("field.snap_river"), Cell(str(river))))
    lines += [
        Line(
            words("field.snap_distance_m"),
            Cell(numbers.distance(snap["snap_distance_m"])),
            code_word("snap_rule", snap["snap_rule"], words),
        ),
        Line(
            words("field.snap_confidence"),
            Cell(code_word("snap_confidence", snap["snap_confidence"], words)),
            words("river.candidates", count=numbers.whole(snap["n_candidate_reaches"])),
        ),
        Line(
            words("field.path_length_m"), Cell(numbers.distance(snap["path_length_m"]))
        ),
    ]
    if snap["terminal"]:
        end = Cell(words.known("terminal", str(snap["terminal"])))
        lines.append(Line(words("field.terminal"), end))
    if snap["two_day_distance_m"] is not None:
        reach = Cell(numbers.distance(snap["two_day_distance_m"]))
        lines.append(Line(words("field.two_day_distance_m"), reach))
    return lines


def _crossing(row: Row, context: Context, words: Words) -> dict[str, Any]:
    return {
        "number": row["crossing"],
        "text": words(
            f"crossing.{row['kind']}",
            from_country=words.country(row["from_country"]),
            to_country=words.country(row["to_country"]),
        ),
        "river": context.river(row["reach_id"], words.language)
        or row["river"]
        or words.numbers.unknown,
        "disputed": row["disputed"],
        "distance": Cell(words.numbers.distance(row["distance_m"])),
        "lead": arrival_cell(row, "arrival_lead_h", words),
        "peak": arrival_cell(row, "arrival_peak_h", words),
        "two_days": flag_cell(row["within_two_days"], words),
        "unit_peak": _unit_peak(row, words),
    }


def _receptor(row: Row, words: Words) -> dict[str, Any]:
    people = appearance("status", row["people_status"], words)
    known = row["people"] is not None
    return {
        "name": place_name(row, words),
        "beside": words("drainage.beside") if row["beside_facility"] else "",
        "kind": code_word("kind", row["kind"], words),
        "country": words.country(row["country"]),
        "distance": words.numbers.distance(row["distance_m"]),
        "from_river": words.numbers.distance(row["distance_to_river_m"]),
        "people": Cell(
            words.numbers.number(row["people"]) if known else people.word,
            look=None if known else people.look,
        ),
        "lead": arrival_cell(row, "arrival_lead_h", words),
        "peak": arrival_cell(row, "arrival_peak_h", words),
    }


def _unit_peak(row: Row, words: Words) -> str:
    unit = words.unit("mg/L per t")
    return words.numbers.quantity(row["unit_peak_mg_per_l_per_t"], unit, 2)
