"""Cells of tables on pages: text with its look, marks and a key to sort by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

from pipeline.core.layers import Layer, LayerRole
from pipeline.core.schema import Column
from pipeline.core.tables import table_schema
from pipeline.publish.dossiers import Row
from pipeline.publish.status import Look, appearance
from pipeline.publish.words import Words

_MARKS: Final = ("demonstration", "provisional")


@dataclass(frozen=True, slots=True)
class Cell:
    """What one cell shows.

    ``note`` is a second, smaller line; ``english`` says that the text is English
    whatever the language of the page (it comes from a table). ``marks`` are codes of
    the words that follow a value: demonstration, provisional.
    """

    text: str
    note: str = ""
    look: Look | None = None
    marks: tuple[str, ...] = ()
    sort: float | str | None = None
    english: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A labelled cell."""

    label: str
    cell: Cell
    help: str = ""


@dataclass(frozen=True)
class Context:
    """What all pages of a region share besides the tables."""

    region_title: Mapping[str, str]
    layers: Mapping[str, Layer]
    code: str
    version: str
    languages: tuple[str, ...]
    scheme: str
    par_distance_m: float
    rivers: Mapping[int, Mapping[str, str]] = field(default_factory=dict)
    missing_base: tuple[str, ...] = ()
    n_network_findings: int = 0

    def river(self, reach_id: int | None, language: str) -> str | None:
        """Name of the river of a reach; its English name where there is no other."""
        names = {} if reach_id is None else self.rivers.get(int(reach_id), {})
        return names.get(language) or names.get("en")

    def title(self, words: Words) -> str:
        """Title of the region in the page's language."""
        return self.region_title.get(words.language, self.region_title["en"])


def marks_of(row: Row | None, field: str | None = None) -> tuple[str, ...]:
    """Marks of a row, or of one value where the row lists what a mark is for.

    A row lists it in ``<mark>_fields``; without such a column its flag holds for all.
    """
    if row is None:
        return ()
    return tuple(mark for mark in _MARKS if _is_marked(row, mark, field))


def _is_marked(row: Row, mark: str, field: str | None) -> bool:
    listed = f"{mark}_fields"
    if field is None or listed not in row:
        return bool(row.get(mark))
    return field in (item.strip() for item in (row[listed] or "").split(";"))


@cache
def column_of(table: str, name: str) -> Column:
    """Description of one column; KeyError where the table has no such column."""
    columns = {column.name: column for column in table_schema(table).columns}
    return columns[name]


def code_word(name: str, code: str | None, words: Words) -> str:
    """Word of a code of some column; the sign for unknown where it is empty."""
    if code is None:
        return words.numbers.unknown
    return words(f"code.{name}.{code}")


def value_text(table: str, name: str, value: Any, words: Words) -> str:
    """Write a value of a column by its kind, unit and codes."""
    column = column_of(table, name)
    if value is None:
        return words.numbers.unknown
    if name == "country":
        return words.country(str(value))
    if column.codes:
        return code_word(name, str(value), words)
    if name in ("commodity", "substances", "river_basin"):
        parts = [part.strip() for part in str(value).split(";")]
        return "; ".join(words.known(name, part) for part in parts)
    if column.kind == "boolean":
        return words("value.yes" if value else "value.no")
    if column.kind == "integer":
        number = words.numbers
        return number.year(value) if column.unit == "yr" else number.whole(value)
    if column.kind == "number":
        return words.numbers.quantity(float(value), words.unit(column.unit))
    return str(value)


def flag_cell(
    value: bool | None, words: Words, *, note: str = "", marks: tuple[str, ...] = ()
) -> Cell:
    """Yes, no or unknown; unknown is hatched and never looks like no."""
    if value is None:
        look = appearance("status", "not_provided", words).look
        return Cell(words("value.unknown"), note=note, look=look)
    return Cell(words("value.yes" if value else "value.no"), note=note, marks=marks)


def estimate_cell(
    row: Row, name: str, words: Words, *, table: str, note: str = "", digits: int = 2
) -> Cell:
    """Cell of a value with bounds; hatched where there is neither."""
    value, low, high = row[name], row[f"{name}_low"], row[f"{name}_high"]
    marks = marks_of(row, name)
    if value is None and low is None and high is None:
        status = row.get(f"{name}_status") or "not_provided"
        shown = appearance("status", str(status), words)
        return Cell(shown.word, note=note, look=shown.look)
    unit = words.unit(column_of(table, name).unit)
    if unit == words.unit("m"):
        text = words.numbers.distance_bounds(low, value, high)
    else:
        text = words.numbers.quantity_bounds(low, value, high, unit, digits)
    if value is None:
        note = f"{words('value.bounds_only')} {note}".strip()
    return Cell(text, note=note, marks=marks, sort=value)


def arrival_cell(row: Row, name: str, words: Words) -> Cell:
    """Cell of an arrival time; hatched where the time is unknown."""
    text = words.numbers.duration_bounds(
        row[f"{name}_low"], row[name], row[f"{name}_high"]
    )
    if row[name] is None:
        look = appearance("status", "not_provided", words).look
        key = "arrival.beyond" if row["beyond_standing_water"] else "arrival.unknown"
        return Cell(words(key), look=look)
    return Cell(text, marks=marks_of(row), sort=row[name])


def layer_rows(layers: Iterable[Layer], words: Words) -> list[dict[str, Any]]:
    """Layers as the table of sources shows them."""
    return [
        {
            "title": getattr(layer.title, words.language, layer.title.en),
            "version": layer.version,
            "licence": layer.licence.name,
            "citation": layer.citation,
            "marks": ("demonstration",) if layer.demonstration else (),
            "caveat": caveat_of(layer, words),
            "not_verified": layer.not_verified or "",
        }
        for layer in layers
    ]


def river_layer_notes(context: Context, words: Words) -> list[str]:
    """What the river network of the region is, and how sure: for every page."""
    return [
        words(
            "river.layer",
            title=getattr(layer.title, words.language, layer.title.en),
            version=layer.version,
            confidence=code_word("confidence", layer.confidence, words),
            caveat=caveat_of(layer, words),
        ).strip()
        for layer in context.layers.values()
        if layer.role is LayerRole.RIVERS
    ] or [words("river.no_layer")]


def caveat_of(layer: Layer, words: Words) -> str:
    """What a reader must know about a layer, in the page's language."""
    if layer.caveat is None:
        return ""
    return str(getattr(layer.caveat, words.language, layer.caveat.en))
