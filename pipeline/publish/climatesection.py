"""Section of a profile on climate: hazards then, and what changes in the assessment."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from pipeline.core.reasons import Reason, read_reasons
from pipeline.publish.cells import Cell, Context, caveat_of, code_word, marks_of
from pipeline.publish.dossiers import Dossier, Row
from pipeline.publish.hazardlevels import period_label, scenario_label, source_text
from pipeline.publish.numbers import between
from pipeline.publish.reasons import sentence, stated
from pipeline.publish.status import appearance
from pipeline.publish.words import Words

Case = tuple[str, str]
_MEDIAN: Final = 50.0
_FACTORS: Final = ("factor_of_region", "factor_of_warming", "shift_of_region")
_SHIFT_CODES: Final = ("more_often_than", "more_rarely_than")
_ENTERED: Final = ("changed", "same", "no_future_value")
_WHOLE: Final = ("rank", "inside_flood")


def climate_section(dossier: Dossier, context: Context, words: Words) -> dict[str, Any]:
    """Hazards and assessment under every climate case, beside the present.

    Levels that no case changes are named, not repeated, and so are quantities of the
    assessment that no climate enters.
    """
    cases = _cases([*dossier.hazard_changes, *dossier.assessment_changes])
    hazards, unchanged = _hazard_rows(dossier.hazard_changes, cases, context, words)
    return {
        "cases": [_case_label(case, words) for case in cases],
        "hazards": hazards,
        "unchanged": unchanged,
        "untold": _untold(dossier.hazard_changes, words),
        **_assessment(dossier.assessment_changes, cases, words),
    }


def _cases(rows: Iterable[Row]) -> list[Case]:
    return sorted({(str(row["scenario"]), str(row["horizon"])) for row in rows})


def _case_label(case: Case, words: Words) -> str:
    row = {"scenario": case[0], "horizon": case[1], "percentile": _MEDIAN}
    return scenario_label(row, words)


def _by(rows: Iterable[Row], *names: str) -> dict[tuple[str, ...], list[Row]]:
    found: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        found.setdefault(tuple(str(row[name]) for name in names), []).append(row)
    return found


def _middle(rows: Sequence[Row]) -> Row:
    return min(rows, key=lambda row: abs(float(row["percentile"]) - _MEDIAN))


def _hazard_rows(
    rows: Sequence[Row], cases: Sequence[Case], context: Context, words: Words
) -> tuple[list[dict[str, Any]], list[str]]:
    """Layers that some case changes, level by level; names of measures none does."""
    views, unchanged = [], []
    for found in _by(rows, "layer_id").values():
        first = found[0]
        name = words.known("measure", str(first["intensity_measure"]))
        if all(row["future"] is None for row in found):
            continue
        if all(row["difference"] in (None, 0) for row in found):
            unchanged.append(name)
            continue
        layer = context.layers.get(str(first["layer_id"]))
        views.append(
            {
                "hazard": code_word("hazard", first["hazard"], words),
                "measure": name,
                "source": source_text(layer, words) if layer else first["layer_id"],
                "levels": _levels(found, cases, words),
                "notes": _hazard_notes(found, context, words),
            }
        )
    return views, list(dict.fromkeys(unchanged))


def _levels(
    rows: Sequence[Row], cases: Sequence[Case], words: Words
) -> list[dict[str, Any]]:
    groups = sorted(
        _by(rows, "level").values(), key=lambda r: r[0]["return_period_yr"] or 0.0
    )
    views = []
    for found in groups:
        by_case = _by(found, "scenario", "horizon")
        views.append(
            {
                "level": period_label(found[0], words),
                "present": _number(found[0], "present", words),
                "cells": [_future_cell(by_case.get(case, []), words) for case in cases],
            }
        )
    return views


def _number(row: Row, name: str, words: Words) -> str:
    if row[name] is None:
        return appearance("status", str(row[f"{name}_status"]), words).word
    return words.numbers.quantity(row[name], words.unit(str(row["unit"])))


def _future_cell(rows: Sequence[Row], words: Words) -> Cell:
    """Median with the range of the ensemble, the factor, and the shifted period."""
    if not rows:
        return Cell(words.numbers.unknown)
    middle = _middle(rows)
    if middle["future"] is None:
        shown = appearance("status", str(middle["future_status"]), words)
        return Cell(shown.word, look=shown.look)
    notes = [_range(rows, words), _factor_text(middle, words), _shift(middle, words)]
    return Cell(
        _number(middle, "future", words),
        note="; ".join(note for note in notes if note),
        marks=marks_of(middle),
    )


def _range(rows: Sequence[Row], words: Words) -> str:
    """Range over the ensemble, low first: warming lowers some quantities."""
    known = sorted(
        (row for row in rows if row["future"] is not None),
        key=lambda row: float(row["percentile"]),
    )
    if not known:
        return ""
    numbers = words.numbers
    lowest, highest = sorted((known[0], known[-1]), key=lambda row: row["future"])
    low, high = (numbers.number(row["future"]) for row in (lowest, highest))
    if low == high:  # no range that the printed digits can show
        return ""
    end = _number(highest, "future", words)
    return words(
        "hazard.ensemble",
        ends=between(low, end),
        first=numbers.whole(known[0]["percentile"]),
        last=numbers.whole(known[-1]["percentile"]),
    )


def _factor_text(row: Row, words: Words) -> str:
    for reason in read_reasons(row["note"]):
        if reason.code in _FACTORS:
            number = words.numbers.number(float(reason.values["factor"]))
            if reason.code == "shift_of_region":
                unit = words.unit(reason.values["unit"])
                return words("climate.shift", number=number, unit=unit)
            return words("climate.factor", number=number)
    return ""


def _shift(row: Row, words: Words) -> str:
    """How often the present level returns then; empty where that has no answer."""
    if row["shifted_period"] is not None:
        if row["shifted_period"] == row["return_period_yr"]:
            return ""
        years = words.numbers.number(row["shifted_period"], 2)
        return words("climate.returns", years=years)
    for reason in read_reasons(row["shift_reason"]):
        if reason.code in _SHIFT_CODES:
            years = words.numbers.number(float(reason.values["period"]))
            return words(f"climate.{reason.code}", years=years)
    return ""


def _hazard_notes(rows: Sequence[Row], context: Context, words: Words) -> list[str]:
    """Sources of the change and what it leaves out, each once."""
    found: dict[str, None] = {}
    for row in rows:
        for reason in read_reasons(row["note"]):
            if reason.code in _FACTORS:
                found[words("climate.source", source=reason.values["source"])] = None
            else:
                found[sentence("hazard_note", reason, words)] = None
        for reason in read_reasons(row["shift_reason"]):
            if reason.code not in (*_SHIFT_CODES, "no_both_values"):
                found[sentence("hazard_shift", reason, words)] = None
    measure = str(rows[0]["intensity_measure"])
    for layer in context.layers.values():
        if measure in layer.applies_to:
            found[caveat_of(layer, words)] = None
    return [text for text in found if text]


def _untold(rows: Sequence[Row], words: Words) -> list[str]:
    """Measures whose future no case tells, each with its reasons, once."""
    found: dict[str, None] = {}
    for group in _by(rows, "layer_id").values():
        if all(row["future"] is None for row in group):
            name = words.known("measure", str(group[0]["intensity_measure"]))
            said = stated("hazard_changes", "note", group[0]["note"], words)
            found[words("climate.untold", measure=name, reason=said).strip()] = None
    return list(found)


def _assessment(
    rows: Sequence[Row], cases: Sequence[Case], words: Words
) -> dict[str, Any]:
    """Quantities with a number in some case; the others with the reason, once."""
    told: list[dict[str, Any]] = []
    without: dict[str, None] = {}
    by_rule: list[str] = []
    uncovered: dict[str, None] = {}
    for (quantity,), found in _by(rows, "quantity").items():
        name = code_word("quantity", quantity, words)
        effects = {str(row["effect"]) for row in found}
        if effects == {"not_covered"}:
            for row in found:
                uncovered |= dict.fromkeys(_reasons(row, words))
        elif effects == {"no_climate_input"}:
            why = " ".join(_reasons(found[0], words))
            without[words("climate.without", quantity=name, reason=why).strip()] = None
        elif effects == {"unchanged_by_rule"}:
            by_rule.append(name)
        else:
            by_case = _by(found, "scenario", "horizon")
            same = len({row["reason"] for row in found}) == 1
            told.append(
                {
                    "quantity": name,
                    "present": _estimate(found[0], "present", words),
                    "cells": [
                        _then(by_case.get(case, []), words, with_reasons=not same)
                        for case in cases
                    ],
                    "notes": _reasons(found[0], words) if same else [],
                }
            )
    return {
        "assessment": told,
        "without": list(without),
        "by_rule": by_rule,
        "uncovered": list(uncovered),
    }


def _reasons(row: Row, words: Words) -> list[str]:
    return [_reason(reason, words) for reason in read_reasons(row["reason"])]


def _reason(reason: Reason, words: Words) -> str:
    return sentence("assessment_change", reason, words)


def _estimate(row: Row, name: str, words: Words) -> str:
    value, low, high = row[name], row[f"{name}_low"], row[f"{name}_high"]
    if value is None and low is None:
        return appearance("status", str(row[f"{name}_status"]), words).word
    if row["quantity"] == "inside_flood":
        return words("value.unknown" if value is None else _yes(value))
    if row["quantity"] in _WHOLE and value is not None:
        return words.numbers.whole(value)
    unit = "" if row["unit"] == "-" else words.unit(str(row["unit"]))
    return words.numbers.quantity_bounds(low, value, high, unit, 3)


def _yes(value: float) -> str:
    return "value.yes" if value else "value.no"


def _then(rows: Sequence[Row], words: Words, *, with_reasons: bool) -> Cell:
    """Median then; the outer percentiles beside it where they differ."""
    if not rows:
        return Cell(words.numbers.unknown)
    middle = _middle(rows)
    effect = code_word("effect", middle["effect"], words)
    reasons = _reasons(middle, words) if with_reasons else []
    if middle["effect"] == "no_future_value":
        look = appearance("status", "not_provided", words).look
        return Cell(effect, note=" ".join(reasons), look=look)
    texts = [f"{effect}.", *reasons]
    ordered = sorted(rows, key=lambda row: float(row["percentile"]))
    ends = [_central(row, words) for row in (ordered[0], ordered[-1])]
    if ends[0] != ends[1]:
        texts.append(
            words(
                "climate.spread",
                values=" – ".join(ends),
                first=words.numbers.whole(ordered[0]["percentile"]),
                last=words.numbers.whole(ordered[-1]["percentile"]),
            )
        )
    text = " ".join(texts)
    said = _estimate(middle, "future", words)
    return Cell(said, note=text[:1].upper() + text[1:], marks=marks_of(middle))


def _central(row: Row, words: Words) -> str:
    """Future value alone; with its bounds where there is nothing else."""
    if row["future"] is None:
        return _estimate(row, "future", words)
    bare = {**row, "future_low": None, "future_high": None}
    return _estimate(bare, "future", words)


def climate_summary(dossiers: Sequence[Dossier], words: Words) -> list[str]:
    """What the climate does to the facilities of a region, one sentence per case."""
    rows = [row for dossier in dossiers for row in dossier.assessment_changes]
    hazards = [row for dossier in dossiers for row in dossier.hazard_changes]
    found = []
    for case in _cases([*rows, *hazards]):
        of_case = [r for r in rows if (r["scenario"], r["horizon"]) == case]
        changed = {str(r["tmf_id"]) for r in of_case if r["effect"] == "changed"}
        entered = {str(r["tmf_id"]) for r in of_case if r["effect"] in _ENTERED}
        told = _changes(hazards, case, words)
        found.append(
            words(
                "climate.summary",
                case=_case_label(case, words),
                n_changed=words.numbers.whole(len(changed)),
                n_facilities=words.numbers.whole(len(dossiers)),
                n_without=words.numbers.whole(len(dossiers) - len(entered)),
                hazards="; ".join(told) or words("climate.no_hazards"),
            )
        )
    return found


def _changes(rows: Sequence[Row], case: Case, words: Words) -> list[str]:
    """Smallest and largest change of every measure over the facilities."""
    told = []
    of_case = [row for row in rows if (row["scenario"], row["horizon"]) == case]
    for found in _by(of_case, "layer_id").values():
        known = [
            row
            for row in found
            if row["difference"] not in (None, 0) and row["percentile"] == _MEDIAN
        ]
        if not known:
            continue
        name = words.known("measure_short", str(known[0]["intensity_measure"]))
        changes = [float(row["difference"]) for row in known]
        ends = [_signed(x, words) for x in (min(changes), max(changes))]
        unit = words.unit(str(known[0]["unit"]))
        span = {"measure": name, "unit": unit}
        told.append(
            words("climate.one_change", change=ends[0], **span)
            if ends[0] == ends[1]
            else words("climate.change", least=ends[0], largest=ends[1], **span)
        )
    return told


def _signed(value: float, words: Words) -> str:
    text = words.numbers.number(value, 2)
    return f"+{text}" if value > 0 else text
