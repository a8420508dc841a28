"""Hazards and assessment under climate cases as a spreadsheet, with words for codes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pandas as pd

from pipeline.core.files import whole_file
from pipeline.publish.cells import code_word
from pipeline.publish.dossiers import Row, SiteTables, rows_of
from pipeline.publish.reasons import stated
from pipeline.publish.words import Words
from pipeline.publish.workbook import Column, new_book, write_rows

_LONGEST_NAME: Final = 31
_HAZARD_NUMBERS: Final = (
    "return_period_yr", "percentile", "present", "future", "difference",
    "shifted_period",
)  # fmt: skip
_ASSESSMENT_NUMBERS: Final = (
    "percentile", "present", "present_low", "present_high", "future", "future_low",
    "future_high", "difference",
)  # fmt: skip


def write_climate_book(
    path: Path, tables: SiteTables, catalogues: Sequence[Words]
) -> None:
    """Write three sheets: how to read it, hazards, assessment.

    Codes are written in words, in every language a column of its own; empty cells are
    unknown, never zero.
    """
    with whole_file(path) as part:
        _write(part, tables, catalogues)


def _write(path: Path, tables: SiteTables, catalogues: Sequence[Words]) -> None:
    main = catalogues[0]
    names = {
        str(row["tmf_id"]): row for row in rows_of(_without_shapes(tables.facilities))
    }
    book, styles = new_book(path, main("climate.book.title"))
    page = book.add_worksheet(main("climate.book.readme")[:_LONGEST_NAME])
    page.set_column(0, 0, 120)
    line = 0
    for words in catalogues:
        page.write_string(line, 0, words("climate.book.title"), styles["head"])
        for key in _READ_ME:
            line += 1
            page.write_string(line, 0, words(key), styles["text"])
        line += 2
    for title, columns, frame in (
        ("hazards", _hazard_columns(names, catalogues), tables.hazard_changes),
        ("assessment", _other_columns(names, catalogues), tables.assessment_changes),
    ):
        sheet = book.add_worksheet(main(f"climate.book.{title}")[:_LONGEST_NAME])
        write_rows(sheet, styles, columns, rows_of(frame))
    book.close()


_READ_ME: Final = (
    "climate.hazards_intro",
    "climate.assessment_intro",
    "climate.book.empty",
    "hazard.climate_note",
    "disclaimer.screening",
    "disclaimer.unknown",
)


def _without_shapes(frame: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(frame.drop(columns="geometry", errors="ignore"))


def _hazard_columns(names: Mapping[str, Row], words: Sequence[Words]) -> list[Column]:
    return [
        *_place(names, words),
        *_worded("measure", words, _measure),
        _plain("level", "text"),
        *_case(words),
        *(_plain(name, "number") for name in _HAZARD_NUMBERS),
        _plain("unit", "number"),
        *_worded("reason", words, _hazard_reason, "wide"),
        *_label_columns(),
        _plain("layer_id", "text"),
    ]


def _other_columns(names: Mapping[str, Row], words: Sequence[Words]) -> list[Column]:
    return [
        *_place(names, words),
        *_worded("quantity", words, _coded("quantity")),
        *_case(words),
        *(_plain(name, "number") for name in _ASSESSMENT_NUMBERS),
        _plain("unit", "number"),
        *_worded("effect", words, _coded("effect"), "wide"),
        *_worded("reason", words, _reason, "wide"),
        *_label_columns(),
    ]


def _place(names: Mapping[str, Row], words: Sequence[Words]) -> list[Column]:
    def name(row: Row, w: Words) -> str:
        found = names.get(str(row["tmf_id"]), {})
        return str(found.get(f"name_{w.language}") or found.get("name") or "")

    return [_plain("tmf_id", "text"), *_worded("name", words, name, "wide")]


def _case(words: Sequence[Words]) -> list[Column]:
    def scenario(row: Row, w: Words) -> str:
        return w(f"scenario.{row['scenario']}")

    return [*_worded("scenario", words, scenario), _plain("horizon", "text")]


def _label_columns() -> list[Column]:
    names = ("demonstration", "provisional", "confidence")
    return [_plain(name, "number") for name in names]


def _plain(name: str, width: str) -> Column:
    return name, "", width, lambda row: row[name]


def _worded(
    name: str,
    words: Sequence[Words],
    text: Callable[[Row, Words], str],
    width: str = "text",
) -> list[Column]:
    """Return one column per language."""

    def in_language(w: Words) -> Callable[[Any], str]:
        return lambda row: text(row, w)

    return [
        (f"{name}_{w.language}", w(f"climate.column.{name}"), width, in_language(w))
        for w in words
    ]


def _measure(row: Row, words: Words) -> str:
    return words.known("measure", str(row["intensity_measure"]))


def _coded(name: str) -> Callable[[Row, Words], str]:
    return lambda row, words: code_word(name, row[name], words)


def _reason(row: Row, words: Words) -> str:
    return stated("assessment_changes", "reason", row["reason"], words)


def _hazard_reason(row: Row, words: Words) -> str:
    texts = (
        stated("hazard_changes", name, row[name], words)
        for name in ("note", "shift_reason")
    )
    return " ".join(text for text in texts if text)
