"""Section of a profile on the tailings as a mixture, and Annex I."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from pipeline.core.schemas.mixtures import MixtureItem
from pipeline.publish.cells import Cell, code_word, marks_of
from pipeline.publish.dossiers import Dossier, Row
from pipeline.publish.reasons import stated
from pipeline.publish.status import appearance
from pipeline.publish.words import Words

_DIGITS = 3


def mixture_section(dossier: Dossier, words: Words) -> list[dict[str, Any]]:
    """Items with an answer; those that lack one for the same reason share a row."""
    order = [str(item) for item in MixtureItem]
    rows = sorted(dossier.mixtures, key=lambda row: order.index(str(row["item"])))
    views = []
    shared = groupby(rows, key=lambda row: None if _has_answer(row) else row["reason"])
    for reason, found in shared:
        if reason is None:
            views += [_view(row, words) for row in found]
        else:
            views.append(_without(list(found), words))
    return views


def has_composition(dossier: Dossier) -> bool:
    """Whether anything is stated of the tailings themselves."""
    return any(
        _has_answer(row) and row["item"] != MixtureItem.DRY_MASS
        for row in dossier.mixtures
    )


def _has_answer(row: Row) -> bool:
    return row["class"] is not None or row["value_high"] is not None


def _without(rows: list[Row], words: Words) -> dict[str, Any]:
    shown = appearance("status", str(rows[0]["value_status"]), words)
    names = dict.fromkeys(code_word("item", str(row["item"]), words) for row in rows)
    return {
        "name": "; ".join(names),
        "cell": Cell(shown.word, look=shown.look),
        "reason": stated("mixtures", "reason", rows[0]["reason"], words),
        "source": "",
    }


def _view(row: Row, words: Words) -> dict[str, Any]:
    number = ""
    if row["value_high"] is not None:
        unit = "" if row["unit"] == "-" else words.unit(str(row["unit"]))
        ends = (row["value_low"], row["value"], row["value_high"])
        number = words.numbers.quantity_bounds(*ends, unit, _DIGITS)
    found = "" if row["class"] is None else code_word("class", row["class"], words)
    return {
        "name": code_word("item", str(row["item"]), words),
        "cell": Cell(
            found or number,
            note=number if found else "",
            marks=marks_of(row),
        ),
        "reason": stated("mixtures", "reason", row["reason"], words),
        "source": row["source"] or "",
    }
