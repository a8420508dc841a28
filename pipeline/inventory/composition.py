"""Read what tailings are made of: one CSV row per facility and component."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from pipeline.core.csv_text import read_csv_rows, require_columns
from pipeline.core.errors import input_error
from pipeline.core.schemas.components import (
    AnnexCategory,
    AquaticClass,
    NamedSubstance,
)
from pipeline.core.schemas.inventory import LEDGER_REASONS

Record = dict[str, Any]
REQUIRED: Final = ("tmf_id", "substance", "share_percent")
_TEXTS: Final = ("cas", "source")
_NUMBERS: Final[dict[str, tuple[float, float, str]]] = {
    "share_percent": (0, 100, "a share of the dry mass in per cent, 0 to 100"),
    "ate_mg_per_kg": (1e-6, 1e6, "an oral acute toxicity estimate in mg/kg"),
    "m_factor": (1, 1e6, "an M factor, 1 or more"),
    "whc": (0, 3, "a water hazard class, 0 to 3"),
}
_LISTS: Final[dict[str, type[StrEnum]]] = {
    "aquatic": AquaticClass,
    "annex1": AnnexCategory,
}
_SLACK_PERCENT: Final = 1.0
"""Rounded shares may add up to so much more than 100 %."""


@dataclass(frozen=True, slots=True)
class RawComponent:
    """One row of a composition file, checked."""

    file: str
    row: int
    cells: Record


def read_composition(path: Path, source: str | None) -> tuple[RawComponent, ...]:
    """Read and check one file.

    Raises
    ------
    InputError
        If the file is no CSV, a column is missing or unknown, a cell is not what its
        column holds, a component stands twice, or shares add up to more than 100 %.
    """
    header, lines = read_csv_rows(path)
    require_columns(path, header, REQUIRED)
    known = {*REQUIRED, *_TEXTS, *_NUMBERS, *_LISTS, "named"}
    strangers = [name for name in header if name not in known]
    if strangers:
        raise input_error(
            path,
            row=1,
            field=strangers[0],
            found="an unknown column",
            expected=f"columns among {', '.join(sorted(known))}",
            fix="rename or remove it",
        )
    found = []
    for number, cells in lines:
        parsed = _parsed(path, number, cells)
        parsed["source"] = parsed["source"] or source
        found.append(RawComponent(path.name, number, parsed))
    _check_sums(path, found)
    return tuple(found)


def clean_components(
    raw: Sequence[RawComponent], facilities: Sequence[Record], left_out: set[str]
) -> tuple[list[Record], list[Record]]:
    """Rows of the table ``components``, and entries of the ledger.

    Rows of facilities that the table does not hold go to the ledger.
    """
    kept = {record["tmf_id"] for record in facilities}
    rows: list[Record] = []
    ledger: list[Record] = []
    for one in raw:
        tmf_id = one.cells["tmf_id"]
        if tmf_id in kept:
            rows.append(one.cells | {"source_file": one.file, "source_row": one.row})
            continue
        code = "left_out_row" if tmf_id in left_out else "unknown_facility"
        ledger.append(
            {
                "file": one.file,
                "row": one.row,
                "tmf_id": tmf_id,
                "field": "substance",
                "found": one.cells["substance"],
                "expected": "a facility of the table",
                "action": "excluded",
                "reason": LEDGER_REASONS.reason(f"component_of_{code}"),
            }
        )
    return rows, ledger


def _parsed(path: Path, row: int, cells: dict[str, str]) -> Record:
    for name in REQUIRED:
        if not cells[name]:
            raise input_error(
                path,
                row=row,
                field=name,
                found="a blank",
                expected="a value in every row",
                fix="fill the cell, or remove the row",
            )
    parsed: Record = {name: cells[name] for name in ("tmf_id", "substance")}
    parsed |= {name: cells.get(name) or None for name in _TEXTS}
    for name, (low, high, meaning) in _NUMBERS.items():
        parsed[name] = _number(path, row, name, cells.get(name, ""), low, high, meaning)
    for name, codes in _LISTS.items():
        parsed[name] = _codes(path, row, name, cells.get(name, ""), codes)
    parsed["named"] = _codes(path, row, "named", cells.get("named", ""), NamedSubstance)
    if ";" in (parsed["named"] or ""):
        raise input_error(
            path,
            row=row,
            field="named",
            found=parsed["named"],
            expected="one substance",
            fix="give every substance a row of its own",
        )
    return parsed


def _number(
    path: Path, row: int, name: str, cell: str, low: float, high: float, meaning: str
) -> float | None:
    if not cell:
        return None
    try:
        value = float(cell)
    except ValueError:
        value = float("nan")
    if not low <= value <= high:
        raise input_error(
            path,
            row=row,
            field=name,
            found=repr(cell),
            expected=meaning,
            fix="write a plain number, or leave the cell blank if it is unknown",
        )
    return value


def _codes(
    path: Path, row: int, name: str, cell: str, codes: type[StrEnum]
) -> str | None:
    given = [part.strip() for part in cell.split(";") if part.strip()]
    known = [str(code) for code in codes]
    for part in given:
        if part not in known:
            raise input_error(
                path,
                row=row,
                field=name,
                found=part,
                expected=f"codes among {', '.join(known)}",
                fix="use these codes, separated by ';'",
            )
    return "; ".join(sorted(set(given), key=known.index)) or None


def _check_sums(path: Path, found: Sequence[RawComponent]) -> None:
    sums: dict[str, float] = {}
    seen: set[tuple[str, str]] = set()
    for one in found:
        key = (one.cells["tmf_id"], one.cells["substance"])
        if key in seen:
            raise input_error(
                path,
                row=one.row,
                field="substance",
                found=f"{key[1]} of {key[0]} twice",
                expected="every component of a facility once",
                fix="remove or join the rows",
            )
        seen.add(key)
        sums[key[0]] = sums.get(key[0], 0.0) + one.cells["share_percent"]
        if sums[key[0]] > 100 + _SLACK_PERCENT:
            raise input_error(
                path,
                row=one.row,
                field="share_percent",
                found=f"{sums[key[0]]:g} % in all for {key[0]}",
                expected="at most 100 % of the dry mass",
                fix="check the unit of the shares: per cent, not mg/kg",
            )
