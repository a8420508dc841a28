"""Section of a profile on what could happen to the dam, mechanism by mechanism."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from pipeline.core.schemas.dam_checks import Check, Mechanism
from pipeline.publish.cells import Cell, Context, code_word, marks_of
from pipeline.publish.dossiers import Dossier, Row
from pipeline.publish.hazardlevels import source_text
from pipeline.publish.reasons import stated
from pipeline.publish.status import appearance
from pipeline.publish.words import Words

_DIGITS = 2
_NO_METHOD = "no_method"
_PER_YEAR = "1/yr"


def dam_section(
    dossier: Dossier, context: Context, words: Words
) -> list[dict[str, Any]]:
    """Checks by mechanism; those that lack a number for one reason share a row."""
    rows = sorted(dossier.dam_checks, key=_order)
    return [
        {
            "title": code_word("mechanism", mechanism, words),
            "rows": _views(list(found), context, words),
        }
        for mechanism, found in groupby(rows, key=lambda row: str(row["mechanism"]))
    ]


def has_dam(dossier: Dossier) -> bool:
    """Whether any check applies; a deposit without a dam has none."""
    return any(row["reason"] != "no_dam" for row in dossier.dam_checks)


def _order(row: Row) -> tuple[int, int, float]:
    return (
        [str(mechanism) for mechanism in Mechanism].index(str(row["mechanism"])),
        [str(check) for check in Check].index(str(row["check"])),
        float(row["return_period_yr"] or 0.0),
    )


def _views(rows: Sequence[Row], context: Context, words: Words) -> list[dict[str, Any]]:
    views: list[dict[str, Any]] = []
    shared = groupby(rows, key=lambda row: None if _has_number(row) else row["reason"])
    for reason, found in shared:
        if reason is None:
            views += [_view(row, context, words) for row in found]
        else:
            views.append(_without(list(found), words))
    return _once(views, words)


def _once(views: Sequence[dict[str, Any]], words: Words) -> list[dict[str, Any]]:
    """Views whose long reasons stand once: below that they are as above."""
    told: list[dict[str, Any]] = []
    before = None
    for view in views:
        repeated = bool(view["reason"]) and view["reason"] == before
        before = view["reason"]
        told.append(view | {"reason": words("dam.as_above")} if repeated else view)
    return told


def _has_number(row: Row) -> bool:
    return row["value_high"] is not None


def _without(rows: Sequence[Row], words: Words) -> dict[str, Any]:
    """One row for all checks that lack a number for the same reason."""
    shown = appearance("status", str(rows[0]["value_status"]), words)
    no_method = rows[0]["reason"] == _NO_METHOD
    names = dict.fromkeys(code_word("check", str(row["check"]), words) for row in rows)
    return {
        "name": "; ".join(names),
        "level": "",
        "cell": Cell(
            words("dam.not_computed") if no_method else shown.word, look=shown.look
        ),
        "reason": stated("dam_checks", "reason", rows[0]["reason"], words),
        "layers": [],
        "source": "",
    }


def _view(row: Row, context: Context, words: Words) -> dict[str, Any]:
    numbers, period = words.numbers, row["return_period_yr"]
    ends = (row["value_low"], row["value"], row["value_high"])
    unit = "" if row["unit"] == "-" else words.unit(str(row["unit"]))
    notes = [] if row["value"] is not None else [words("value.bounds_only")]
    if row["unit"] == _PER_YEAR:
        notes.insert(0, _returns(row, words))
    level = ""
    if period is not None:
        level = words("dam.level", years=numbers.whole(period))
    return {
        "name": code_word("check", str(row["check"]), words),
        "level": level,
        "cell": Cell(
            numbers.quantity_bounds(*ends, unit, _DIGITS),
            note=" ".join(note for note in notes if note),
            marks=marks_of(row),
        ),
        "reason": stated("dam_checks", "reason", row["reason"], words),
        "layers": [
            source_text(context.layers[name], words) if name in context.layers else name
            for name in (row["layers"] or "").split("; ")
            if name
        ],
        "source": row["source"] or "",
    }


def _returns(row: Row, words: Words) -> str:
    """How many years lie between events on average: a frequency that can be read."""
    numbers = words.numbers
    often, rarely = float(row["value_high"]), float(row["value_low"])
    if often <= 0:
        return ""
    most = numbers.number(1 / often, _DIGITS)
    if rarely <= 0:
        return words("dam.at_most_once", years=most)
    least = numbers.number(1 / rarely, _DIGITS)
    if most == least:
        return words("dam.once", years=most)
    return words("dam.once_between", first=most, last=least)
