"""Page of what changed since the last look at new radar epochs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

from pipeline.publish.alerts import headline, reasons_of
from pipeline.publish.cells import Context
from pipeline.publish.pages import asset, render
from pipeline.publish.reasons import stated
from pipeline.publish.status import appearance
from pipeline.publish.words import Words

_RUNS_SHOWN: Final = 40
_SAID_ABOVE: Final = ("no_signal_is_no_proof", "confirm")


def watch_page(
    result: Mapping[str, Any],
    names: Mapping[str, Mapping[str, str]],
    context: Context,
    catalogues: Sequence[Words],
) -> str:
    """Page in all languages, one file that opens without a network.

    Parameters
    ----------
    result
        ``changes`` (rows), ``levels_now`` (count by level), ``reprocessed``,
        ``unreadable`` (reasons) and ``reference_date``.
    names
        Names of the facilities by id and language.
    """
    return render(
        "watch.html.j2",
        [asset("site.js")],
        [asset("site.css")],
        catalogues,
        {
            "body_class": "profile-page watch-page",
            "views": {w.language: _view(result, names, w) for w in catalogues},
            "titles": {
                w.language: w("watching.title", region=context.title(w))
                for w in catalogues
            },
            "context": context,
        },
    )


def _view(
    result: Mapping[str, Any], names: Mapping[str, Mapping[str, str]], words: Words
) -> dict[str, Any]:
    day = result["reference_date"]
    return {
        "day": None if day is None else words.numbers.iso_date(day),
        "now": [
            (appearance("watch", level, words), words.numbers.whole(count))
            for level, count in result["levels_now"].items()
        ],
        "changes": [_change(change, names, words) for change in result["changes"]],
        "reprocessed": result["reprocessed"],
        "unreadable": [
            stated("displacement", "reason", problem, words)
            for problem in result["unreadable"]
        ],
    }


def _change(
    change: Mapping[str, Any], names: Mapping[str, Mapping[str, str]], words: Words
) -> dict[str, Any]:
    tmf_id = change["tmf_id"]
    known = names.get(tmf_id, {})
    name = known.get(words.language) or known.get("en") or tmf_id
    level = change["level"] or "not_assessed"
    return {
        "id": tmf_id,
        "headline": headline(change, name, words),
        "kind": words(f"watching.kind.{change['kind']}"),
        "look": appearance("watch", level, words),
        "why": reasons_of(change, words, _SAID_ABOVE),
        "confirm": words("motion.confirm") if change["needs_confirmation"] else "",
        "epochs": [
            (_span(run, words), appearance("watch", run[0][1], words))
            for run in _runs(change["epochs"])[-_RUNS_SHOWN:]
        ],
        "last_epoch": None
        if change["last_epoch"] is None
        else words.numbers.iso_date(change["last_epoch"]),
    }


def _runs(epochs: Sequence[tuple[str, str]]) -> list[list[tuple[str, str]]]:
    """Epochs one after another with one level, as (day, level)."""
    return [list(run) for _, run in groupby(epochs, key=itemgetter(1))]


def _span(run: Sequence[tuple[str, str]], words: Words) -> str:
    """First and last day of a run, and how many epochs it has."""
    first, last = (words.numbers.iso_date(day) for day, _ in (run[0], run[-1]))
    if len(run) == 1:
        return first
    return f"{first} – {last} ({words.numbers.whole(len(run))})"
