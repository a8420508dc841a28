"""Look at a table of facilities and write a first description of its columns.

For an inventory that a ministry keeps in its own way: XLSX or delimited text, names of
columns in any language. Columns are recognised by common English, Russian and Spanish
names; whatever is not recognised is written as "?" and has to be filled in.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pipeline.core.countries import country_code, plain
from pipeline.core.errors import InputError, input_error
from pipeline.core.files import write_text
from pipeline.inventory.column_map import ColumnMap
from pipeline.inventory.raw import FIELD_KINDS, REQUIRED_FIELDS
from pipeline.inventory.readers.table import open_table
from pipeline.inventory.sheet_file import Cell, Sheet, is_workbook

NOT_KNOWN: Final = "?"
_ROWS_SEARCHED: Final = 20
_SEPARATORS: Final = (",", ";", "\t", "|")
_ENCODINGS: Final = ("utf-8", "cp1251")
_NAMES: Final[dict[str, tuple[str, ...]]] = {
    "tmf_id": ("id", "code", "код", "шифр", "codigo", "clave"),
    "name": ("name", "facility", "наименование", "название", "объект", "nombre"),
    "name_ru": ("name ru", "русское название"),
    "country": ("country", "страна", "государство", "pais"),
    "facility_type": ("type", "тип", "вид", "tipo"),
    "status": ("status", "статус", "состояние", "estado", "situacion"),
    "lat_deg": ("lat", "latitude", "широта", "latitud"),
    "lon_deg": ("lon", "long", "longitude", "долгота", "longitud"),
    "position_quality": (
        "position quality",
        "качество координат",
        "calidad de posicion",
        "calidad de la posicion",
    ),
    "river": ("river", "река", "водоток", "rio"),
    "river_basin": ("basin", "river basin", "бассейн", "cuenca"),
    "operator": ("operator", "owner", "оператор", "владелец", "operador", "titular"),
    "commodity": ("commodity", "ore", "руда", "сырье", "mineral", "metal"),
    "substances": ("substances", "вещества", "sustancias"),
    "nearest_settlement": ("settlement", "населенный пункт", "localidad", "poblado"),
    "start_year": ("start year", "год начала", "ano de inicio"),
    "end_year": ("end year", "год окончания", "ano de cierre"),
    "volume_m3": ("volume", "объем", "volumen"),
    "mass_t": ("mass", "масса", "masa"),
    "area_m2": ("area", "площадь", "superficie"),
    "dam_height_m": ("dam height", "height", "высота дамбы", "высота", "altura"),
    "dam_length_m": ("dam length", "длина дамбы", "longitud de presa"),
    "notes": ("notes", "remarks", "примечание", "примечания", "observaciones"),
}
_WORDS: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "status": {
        "active": (
            *("active", "operating", "operational", "действующее", "действует"),
            *("эксплуатируется", "operativo", "activo", "en operacion"),
        ),
        "closed": (
            *("closed", "inactive", "закрыто", "закрыт", "законсервировано"),
            *("cerrado", "inactivo"),
        ),
        "abandoned": (
            *("abandoned", "orphaned", "заброшено", "бесхозное", "бесхозяйное"),
            *("abandonado", "huerfano"),
        ),
        "unknown": ("unknown", "неизвестно", "desconocido", "sin informacion"),
    },
    "facility_type": {
        "tailings": ("tailings", "хвостохранилище", "relave", "relaves"),
        "waste_rock": ("waste rock", "отвал", "desmonte", "botadero"),
    },
    "position_quality": {
        "surveyed": ("surveyed", "геодезическая съемка", "medida"),
        "published": ("published", "опубликованы", "publicada"),
        "settlement": ("settlement", "населенный пункт", "localidad"),
        "approximate": ("approximate", "приблизительно", "aproximada"),
        "none": ("none", "нет", "ninguna"),
    },
}
_BLANK_WORDS: Final = ("-", "–", "—", "n/a", "na", "н/д", "нет данных", "s/d", "s/i")
_FACTORS: Final = re.compile(r"\b(mm3|mln|млн|million|millones|тыс|thousand|miles)\b")


@dataclass(frozen=True, slots=True)
class Found:
    """A table, the row of its names, and the column (from 0) of each of our fields."""

    sheet: Sheet
    how: ColumnMap
    header: tuple[str, ...]
    fields: dict[str, int]

    def cells(self, field: str) -> list[Cell]:
        """All filled cells of a field."""
        at = self.fields[field]
        return [
            cells[at]
            for number, cells in self.sheet.rows
            if number > self.how.header_row and at < len(cells) and cells[at].text
        ]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    parser.add_argument("table", type=Path, help="table of facilities (.xlsx, .csv)")
    parser.add_argument("--sheet", help="sheet of a workbook (default: the first)")
    parser.add_argument(
        "--out", type=Path, required=True, help="description to write (.yaml)"
    )


def run(arguments: argparse.Namespace) -> None:
    """Write the description and say what has to be filled in.

    Raises
    ------
    InputError
        If the table cannot be read, or the file to write exists already.
    """
    out: Path = arguments.out
    if out.exists():
        raise input_error(
            out,
            found="a file of that name",
            expected="a new file",
            fix="choose another name, or move the file away",
        )
    found = look(arguments.table, arguments.sheet)
    text = describe(found, arguments.table)
    write_text(out, text)
    open_ends = text.count(f'"{NOT_KNOWN}"')
    sys.stdout.write(
        f"Wrote {out}\nNext: read it"
        + (f", fill in the {open_ends} places marked ?" if open_ends else "")
        + ", and name it in the region's file:\n  inventory:\n"
        f"    - {{path: {json.dumps(arguments.table.name, ensure_ascii=False)}, "
        f"reader: table, columns: {out.name}}}\n"
    )


def look(path: Path, sheet: str | None = None) -> Found:
    """Find the row of names, and which column is which."""
    how = _how_it_is_written(path, sheet)
    table = open_table(path, how)
    best: tuple[int, int, tuple[str, ...]] = (0, 0, ())
    for number, cells in table.rows[:_ROWS_SEARCHED]:
        header = tuple(" ".join(cell.text.split()) for cell in cells)
        score = 100 * len(fields_of(header)) + sum(bool(text) for text in header)
        if score > best[0]:
            best = (score, number, header)
    if not best[2]:
        raise input_error(
            path,
            found="no filled row",
            expected="a table with names of columns",
            fix="check the file and --sheet",
        )
    how = how.model_copy(update={"header_row": best[1]})
    return Found(table, how, best[2], fields_of(best[2]))


def _how_it_is_written(path: Path, sheet: str | None) -> ColumnMap:
    """Separator and encoding of a text file: the first that give most columns."""
    if is_workbook(path):
        return ColumnMap(sheet=sheet, columns={})
    tried: list[tuple[int, ColumnMap]] = []
    for encoding in _ENCODINGS:
        for separator in _SEPARATORS:
            how = ColumnMap(separator=separator, encoding=encoding, columns={})
            try:
                rows = open_table(path, how).rows[:_ROWS_SEARCHED]
            except InputError as error:
                problem = error
                continue
            tried.append((max((len(cells) for _, cells in rows), default=0), how))
        if tried:
            break
    if not tried:
        raise problem
    return max(tried, key=lambda each: each[0])[1]


def fields_of(header: Sequence[str]) -> dict[str, int]:
    """Column of each of our fields; exact names first, then names that begin alike."""
    bare = [re.sub(r"[^\w ]+", " ", plain(text)).strip() for text in header]
    found: dict[str, int] = {}
    for field, names in _NAMES.items():
        wanted = (field, field.replace("_", " "), *names)
        for fits in (str.__eq__, lambda text, name: text.startswith(f"{name} ")):
            at = [
                k
                for k, text in enumerate(bare)
                if k not in found.values() and any(fits(text, name) for name in wanted)
            ]
            if at and field not in found:
                found[field] = at[0]
    return found


def describe(found: Found, path: Path) -> str:
    """Text of the description."""
    lines = [
        f"# Columns of {path.name}.",
        "# Keys: docs/inventory-format.md, 'A table of your own'.",
        "# Whatever is not named here is not used; the ledger of a run lists it.",
    ]
    if is_workbook(path):
        if found.how.sheet:
            lines.append(f"sheet: {_quoted(found.how.sheet)}")
    else:
        lines.append(f"encoding: {found.how.encoding}")
        lines.append(f"separator: {_quoted(found.how.separator)}")
    lines.append(f"header_row: {found.how.header_row}")
    lines += _marks(found)
    lines += [f"blank: [{', '.join(map(_quoted, _blanks(found)))}]", "columns:"]
    for field in FIELD_KINDS:
        if field in found.fields:
            lines += _column(field, found)
        elif field in REQUIRED_FIELDS:
            lines += _missing(field)
    unused = [
        text
        for k, text in enumerate(found.header)
        if text and k not in found.fields.values()
    ]
    lines += [f"# not recognised: {text}" for text in unused]
    return "\n".join(lines) + "\n"


def _blanks(found: Found) -> list[str]:
    texts = {cell.text for field in found.fields for cell in found.cells(field)}
    return sorted(text for text in texts if plain(text) in _BLANK_WORDS)


def _marks(found: Found) -> list[str]:
    """Decimal mark, from the numbers that are written as text."""
    texts = [
        cell.text
        for field in found.fields
        if FIELD_KINDS[field] != "text"
        for cell in found.cells(field)
        if not cell.is_number
    ]
    comma = any(re.search(r"\d,\d", text) for text in texts)
    point = any(re.search(r"\d\.\d", text) for text in texts)
    if comma and point:
        return [f"decimal: {_quoted(NOT_KNOWN)} # both , and . stand in numbers"]
    mark = "," if comma else "."
    doubt = any(re.fullmatch(r"[-+]?\d{1,3}[.,]\d{3}", text) for text in texts)
    note = " # check: 1,234 or 1.234 may be a thousand and more" if doubt else ""
    return [f"decimal: {_quoted(mark)}{note}"]


def _column(field: str, found: Found) -> list[str]:
    header = found.header[found.fields[field]]
    if field not in _WORDS and field != "country":
        note = ""
        if FIELD_KINDS[field] != "text" and _FACTORS.search(plain(header)):
            note = " # {from: ..., times: 1000000} for millions"
        return [f"  {field}: {_quoted(header)}{note}"]
    words = dict.fromkeys(cell.text for cell in found.cells(field))
    blank = _blanks(found)
    lines = [f"  {field}:", f"    from: {_quoted(header)}", "    words:"]
    return lines + [
        f"      {_quoted(word)}: {_quoted(_code(field, word))}"
        for word in words
        if word not in blank
    ]


def _code(field: str, word: str) -> str:
    if field == "country":
        return country_code(word) or NOT_KNOWN
    bare = plain(word)
    return next(
        (
            code
            for code, names in _WORDS[field].items()
            if bare == code or bare in map(plain, names)
        ),
        NOT_KNOWN,
    )


def _missing(field: str) -> list[str]:
    if field == "facility_type":
        return [
            f"  {field}: {{value: tailings}} # for all rows; change if it is not so"
        ]
    if field == "status":
        return [f"  {field}: {{value: unknown}} # no such column; holds for all rows"]
    return [f"  {field}: {_quoted(NOT_KNOWN)}"]


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
