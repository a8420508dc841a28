"""Contingency sheet as a spreadsheet, for people who plan in tables.

Texts are written as texts, never as formulas or links, and the file holds no time, so
that equal content gives equal bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import xlsxwriter

from pipeline.publish.cells import code_word
from pipeline.publish.contingencypage import canal_name, reasons_text
from pipeline.publish.dossiers import Row
from pipeline.publish.sheet import (
    FLOWS,
    Place,
    Sheet,
    arrival_state,
    at_flow,
    comes_by_water,
    is_joined,
)
from pipeline.publish.words import Words

_CREATED: Final = datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None)
_OPTIONS: Final = {
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
_WIDTHS: Final = {"number": 11, "text": 18, "wide": 34}
_LONGEST_NAME: Final = 31  # letters that a sheet's name may have

Column = tuple[str, str, str, Callable[[Any], Any]]


def write_workbook(
    path: Path, sheet: Sheet, notes: Sequence[tuple[Words, Sequence[str]]]
) -> None:
    """Write the sheets: read me, places, facilities x places, countries, facilities.

    Parameters
    ----------
    path
        File, written in place.
    sheet
        Contingency sheet of the region.
    notes
        For each language its words and how to read the sheet.
    """
    words = [item[0] for item in notes]
    main = words[0]
    book, styles = new_book(path, main("contingency.workbook.title"))
    _read_me(book, styles, notes)
    pairs = [(place, row) for place in sheet.places for row in place.rows]
    told = [row for rows in sheet.by_country.values() for row in rows]
    keys = [key for key in sheet.facilities if key in sheet.entries]
    for name, columns, rows in (
        ("places", _place_columns(sheet, words), sheet.places),
        ("pairs", _pair_columns(sheet, words), pairs),
        ("countries", _country_columns(sheet, words), told),
        ("facilities", _facility_columns(sheet, words), keys),
    ):
        title = main(f"contingency.workbook.sheet.{name}")[:_LONGEST_NAME]
        write_rows(book.add_worksheet(title), styles, columns, rows)
    book.close()


def new_book(path: Path, title: str) -> tuple[Any, dict[str, Any]]:
    """Open a workbook that holds no time, and its styles: head, label, text."""
    book = xlsxwriter.Workbook(str(path), _OPTIONS)
    book.set_properties({"title": title, "created": _CREATED})
    styles = {
        "head": book.add_format({"bold": True, "bg_color": "#E9EEF3"}),
        "label": book.add_format(
            {
                "italic": True,
                "text_wrap": True,
                "valign": "top",
                "font_color": "#53606D",
            }
        ),
        "text": book.add_format({"text_wrap": True, "valign": "top"}),
    }
    return book, styles


def _read_me(
    book: Any, styles: Any, notes: Sequence[tuple[Words, Sequence[str]]]
) -> None:
    page = book.add_worksheet(notes[0][0]("contingency.workbook.sheet.readme"))
    page.set_column(0, 0, 120)
    line = 0
    for words, sentences in notes:
        page.write_string(line, 0, words("contingency.workbook.title"), styles["head"])
        texts = [
            words("contingency.intro"),
            words("contingency.screening"),
            *sentences,
            words("contingency.workbook.empty"),
            words("contingency.workbook.names"),
            words("disclaimer.screening"),
            words("disclaimer.borders"),
        ]
        for text in texts:
            line += 1
            page.write_string(line, 0, text, styles["text"])
        line += 2


def write_rows(
    page: Any, styles: Any, columns: Sequence[Column], rows: Sequence[Any]
) -> None:
    """Two rows of heads, then one row per record; empty cells stay empty."""
    for at, (name, label, kind, _) in enumerate(columns):
        page.write_string(0, at, name, styles["head"])
        page.write_string(1, at, label, styles["label"])
        page.set_column(at, at, _WIDTHS[kind])
    for line, row in enumerate(rows, start=2):
        for at, (_, _, _, value) in enumerate(columns):
            cell = value(row)
            if cell is None or cell == "":
                continue
            if isinstance(cell, bool):
                page.write_boolean(line, at, cell)
            elif isinstance(cell, int | float):
                page.write_number(line, at, cell)
            else:
                page.write_string(line, at, str(cell))
    page.freeze_panes(2, 2)
    page.autofilter(1, 0, max(1, len(rows) + 1), len(columns) - 1)


def _labels(words: Sequence[Words], *keys: str) -> str:
    """Meaning of a column in all languages; several keys are joined."""
    return " / ".join(
        ", ".join(w(f"contingency.column.{key}") for key in keys) for w in words
    )


def _names(
    words: Sequence[Words], kind: str, key: str, of: Callable[[Any, Words], Any]
) -> list[Column]:
    """One column per language."""
    return [
        (f"{kind}_{w.language}", w(f"contingency.column.{key}"), "wide", _bind(of, w))
        for w in words
    ]


def _bind(of: Callable[[Any, Words], Any], words: Words) -> Callable[[Any], Any]:
    return lambda item: of(item, words)


def _at(name: str, of: Callable[[Any], Row]) -> Callable[[Any], Any]:
    return lambda item: of(item)[name]


def _place_columns(sheet: Sheet, words: Sequence[Words]) -> list[Column]:
    def first(place: Place) -> Row:
        return place.first

    def told(place: Place) -> str:
        keys = [row["tmf_id"] for row in place.rows]
        found = {str(row["country"]) for key in keys for row in sheet.told.get(key, ())}
        return ", ".join(sorted(found))

    return [
        ("place_id", "", "wide", _at("place_id", first)),
        *_names(words, "name", "name", lambda place, w: place.name(w)),
        *_names(
            words,
            "kind",
            "kind",
            lambda place, w: code_word("place_kind", place.first["place_kind"], w),
        ),
        *_names(words, "river", "river", lambda place, w: place.river(w)),
        ("country", _labels(words, "country"), "number", _at("country", first)),
        ("from_country", "", "number", _at("from_country", first)),
        ("to_country", "", "number", _at("to_country", first)),
        ("lon_deg", "deg", "number", _at("lon_deg", first)),
        ("lat_deg", "deg", "number", _at("lat_deg", first)),
        ("people", _labels(words, "people"), "number", _at("people", first)),
        ("disputed", "", "number", _at("disputed", first)),
        ("n_facilities", "", "number", lambda place: len(place.rows)),
        ("to_be_told", _labels(words, "tell"), "text", told),
    ]


def _times(
    words: Sequence[Words], of: Callable[[Any], Row], *, peak: bool = True
) -> list[Column]:
    """Six columns of arrivals in hours; empty where unknown."""
    names = [("lead", "arrival_lead_h"), ("peak", "arrival_peak_h")]
    return [
        (
            f"{short}_{flow}_h",
            _labels(words, short, f"flow_{flow.removesuffix('_flow')}") + ", h",
            "number",
            _time(of, name, flow),
        )
        for short, name in names[: 2 if peak else 1]
        for flow in FLOWS
    ]


def _time(of: Callable[[Any], Row], name: str, flow: str) -> Callable[[Any], Any]:
    return lambda item: at_flow(of(item), name, flow)


def _pair_columns(sheet: Sheet, words: Sequence[Words]) -> list[Column]:
    def row(pair: tuple[Place, Row]) -> Row:
        return pair[1]

    def facility(pair: tuple[Place, Row]) -> Row:
        return sheet.facilities[str(pair[1]["tmf_id"])]

    def state(pair: tuple[Place, Row], w: Words) -> str:
        return w(f"contingency.state.{arrival_state(pair[1])}")

    plain = (
        ("unit_peak_mg_per_l_per_t", "unit_peak"), ("within_two_days", "two_days"),
        ("rank", "rank"), ("rank_low", "rank"), ("rank_high", "rank"),
        ("consequence_class", "class"), ("consequence_class_high", "class"),
        ("snap_confidence", "join"), ("order_by_arrival", "order"),
        ("order_by_hazard", "order"),
    )  # fmt: skip
    return [
        ("place_id", "", "wide", _at("place_id", row)),
        ("tmf_id", _labels(words, "facility"), "number", _at("tmf_id", row)),
        *_names(words, "place", "name", lambda pair, w: pair[0].name(w)),
        ("facility", _labels(words, "facility"), "wide", _at("name", facility)),
        ("facility_ru", _labels(words, "facility"), "wide", _at("name_ru", facility)),
        ("facility_country", "", "number", _at("country", facility)),
        ("part_of", "", "number", _at("part_of", facility)),
        (
            "distance_m",
            _labels(words, "distance") + ", m",
            "number",
            _at("distance_m", row),
        ),
        *_times(words, row),
        *_names(words, "state", "state", state),
        *((name, _labels(words, key), "number", _at(name, row)) for name, key in plain),
        ("beyond_standing_water", "", "number", _at("beyond_standing_water", row)),
        ("provisional", "", "number", _at("provisional", row)),
        ("confidence", "", "number", _at("confidence", row)),
        ("rank_provisional", "", "number", _at("rank_provisional", row)),
        ("rank_demonstration", "", "number", _at("rank_demonstration", row)),
        ("class_provisional", "", "number", _at("class_provisional", row)),
        ("class_demonstration", "", "number", _at("class_demonstration", row)),
    ]


def _country_columns(sheet: Sheet, words: Sequence[Words]) -> list[Column]:
    def row(item: Row) -> Row:
        return item

    def facility(item: Row) -> Row:
        return sheet.facilities[str(item["tmf_id"])]

    def state(item: Row, w: Words) -> str | None:
        by_water = comes_by_water(item)
        return w(f"contingency.state.{arrival_state(item)}") if by_water else None

    return [
        ("country", _labels(words, "tell"), "number", _at("country", row)),
        ("tmf_id", _labels(words, "facility"), "number", _at("tmf_id", row)),
        ("facility", _labels(words, "facility"), "wide", _at("name", facility)),
        ("facility_ru", _labels(words, "facility"), "wide", _at("name_ru", facility)),
        ("facility_country", "", "number", _at("country", facility)),
        *_names(words, "reason", "reason", reasons_text),
        ("share_positions", _labels(words, "share"), "number",
         _at("share_positions", row)),
        ("place_id", _labels(words, "place"), "wide", _at("place_id", row)),
        *_names(words, "canal", "canal", canal_name),
        (
            "distance_m",
            _labels(words, "distance") + ", m",
            "number",
            _at("distance_m", row),
        ),
        *_times(words, row, peak=False),
        *_names(words, "state", "state", state),
        ("within_two_days", _labels(words, "two_days"), "number",
         _at("within_two_days", row)),
        (
            "distance_air_m",
            _labels(words, "air") + ", m",
            "number",
            _at("distance_air_m", row),
        ),
        ("snap_confidence", _labels(words, "join"), "number",
         _at("snap_confidence", row)),
    ]  # fmt: skip


def _facility_columns(sheet: Sheet, words: Sequence[Words]) -> list[Column]:
    def facility(key: str) -> Row:
        return sheet.facilities[key]

    def entry(key: str) -> Row:
        return sheet.entries[key]

    def path(key: str, w: Words) -> str:
        known = "known" if is_joined(sheet.entries[key]) else "unknown"
        return w(f"contingency.path.{known}")

    def told(key: str) -> str:
        return ", ".join(str(row["country"]) for row in sheet.told.get(key, ()))

    return [
        ("tmf_id", "", "number", _at("tmf_id", facility)),
        ("name", _labels(words, "name"), "wide", _at("name", facility)),
        ("name_ru", _labels(words, "name"), "wide", _at("name_ru", facility)),
        ("country", _labels(words, "country"), "number", _at("country", facility)),
        ("part_of", "", "number", _at("part_of", facility)),
        *_names(words, "path", "path", path),
        ("river", _labels(words, "river"), "text", _at("river", entry)),
        ("river_ru", _labels(words, "river"), "text", _at("river_ru", entry)),
        ("snap_confidence", _labels(words, "join"), "number",
         _at("snap_confidence", entry)),
        ("to_end_m", _labels(words, "to_end") + ", m", "number",
         _at("to_end_m", entry)),
        ("discharge_m3s", _labels(words, "discharge") + ", m3/s", "number",
         _at("discharge_m3s", entry)),
        ("n_borders", _labels(words, "borders"), "number", _at("n_borders", entry)),
        ("to_be_told", _labels(words, "tell"), "text", told),
    ]  # fmt: skip
