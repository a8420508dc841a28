"""Look at new radar epochs only, and write what changed since the last run.

The folder ``--state`` keeps what was judged. A facility is judged again when a source
near it has new epochs, and every new epoch is judged as a run on its day would have
judged it. The folder then holds: changes.csv, changes.parquet, changes.json,
changes.html (this run), changes.atom (all runs), levels.csv (the level of every
facility at every epoch) and drafts/*.cap.xml (levels raised to amber or red; they stay
until a person removes them). Nothing is ever sent.
"""

from __future__ import annotations

import argparse
import io
import json
import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

import pandas as pd

import pipeline
from pipeline.core.command import add_methods_option, add_region_option
from pipeline.core.config import Region, read_methods, read_region
from pipeline.core.errors import input_error
from pipeline.core.files import (
    code_digest,
    sha256,
    whole_file,
    write_json,
    write_text,
)
from pipeline.core.model import WatchLevel
from pipeline.core.tables import read_table
from pipeline.displacement.warning.changes import Change
from pipeline.displacement.warning.memory import (
    Memory,
    read_levels,
    read_memory,
    write_levels,
    write_memory,
)
from pipeline.displacement.warning.watching import Task, Watched, watch
from pipeline.displacement.zones import outlines_by_facility
from pipeline.publish.alerts import atom, caution, drafts, headline, why
from pipeline.publish.cells import Context
from pipeline.publish.watchpage import watch_page
from pipeline.publish.words import Words, read_words

log = logging.getLogger("natech.displacement")
_LOGGED: Final = 500
_TODAY: Final = "today"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    add_region_option(parser)
    add_methods_option(parser)
    for option, meaning in (
        ("--facilities", "the table 'facilities' of the inventory stage"),
        ("--zones", "the table 'zones' of the inventory stage"),
        ("--state", "folder kept between runs"),
    ):
        parser.add_argument(option, type=Path, required=True, help=meaning)
    parser.add_argument(
        "--date",
        help="day from which ages are counted, ISO, or 'today'; that of the region's "
        "file, of the methods, or of the newest epoch without it",
    )
    parser.add_argument(
        "--since",
        help="first day to judge at facilities that were not judged before, ISO; the "
        "newest epoch alone without it",
    )
    parser.add_argument(
        "--exercise", action="store_true", help="mark CAP drafts as an exercise"
    )


def run(arguments: argparse.Namespace) -> None:
    """Judge what is new, and write what changed."""
    region = read_region(arguments.region)
    catalogues = tuple(read_words(code) for code in region.config.languages)
    folder: Path = arguments.state
    facilities = read_table("facilities", arguments.facilities).to_dict("records")
    zones = read_table("zones", arguments.zones).to_dict("records")
    task = Task(
        region=region,
        methods=read_methods(arguments.methods).displacement,
        facilities=facilities,
        outlines=outlines_by_facility(zones),
        basis=_basis(arguments),
        today=_day(arguments.date, "--date"),
        since=None
        if arguments.since is None
        else str(_day(arguments.since, "--since")),
    )
    found = watch(task, read_memory(folder / "state.json"))
    names = _names(facilities)
    rows = [_with_words(one, names, catalogues) for one in found.changes]
    _write(folder, region, found, rows, names, catalogues)
    places = _places(facilities, task)
    name, exercise = region.config.region, bool(arguments.exercise)
    for file, text in drafts(
        name, rows, names, places, catalogues, exercise=exercise
    ).items():
        write_text(folder / "drafts" / file, text)
    write_levels(
        folder / "levels.csv", [*read_levels(folder / "levels.csv"), *found.levels]
    )
    write_memory(folder / "state.json", found.memory)
    for row in rows:
        log.info("%s", row["headline"][catalogues[0].language])
    if not rows:
        log.info("nothing changed since the last run")


def _basis(arguments: argparse.Namespace) -> dict[str, str]:
    """Checksums of everything that levels depend on beside the series."""
    package = Path(pipeline.__file__).parent
    return {
        "region": sha256(arguments.region),
        "methods": sha256(arguments.methods),
        "facilities": sha256(arguments.facilities),
        "zones": sha256(arguments.zones),
        "code": code_digest(package / "core", package / "displacement"),
    }


def _day(text: str | None, option: str) -> date | None:
    if text is None:
        return None
    try:
        return date.today() if text == _TODAY else date.fromisoformat(text)
    except ValueError:
        raise input_error(
            option,
            found=text,
            expected="an ISO date such as 2026-01-31",
            fix="write year, month and day",
        ) from None


def _names(facilities: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for row in facilities:
        names = {"en": row["name"], "ru": row.get("name_ru")}
        texts = {k: v for k, v in names.items() if isinstance(v, str) and v}
        found[str(row["tmf_id"])] = texts
    return found


def _places(
    facilities: Sequence[Mapping[str, Any]], task: Task
) -> dict[str, dict[str, float]]:
    return {
        str(row["tmf_id"]): {
            "lon_deg": row["lon_deg"],
            "lat_deg": row["lat_deg"],
            "radius_m": task.methods.search_radius_m,
        }
        for row in facilities
        if pd.notna(row["lon_deg"]) and pd.notna(row["lat_deg"])
    }


def _with_words(
    one: Change,
    names: Mapping[str, Mapping[str, str]],
    catalogues: Sequence[Words],
) -> dict[str, Any]:
    """Change with its words beside its codes, by language."""
    row = one.row()
    known = names.get(one.tmf_id, {})
    titles, texts = {}, {}
    for words in catalogues:
        name = known.get(words.language) or known.get("en") or one.tmf_id
        titles[words.language] = headline(row, name, words)
        texts[words.language] = f"{why(row, words)} {caution(words)}"
    return row | {"headline": titles, "text": texts}


def _write(
    folder: Path,
    region: Region,
    found: Watched,
    rows: list[dict[str, Any]],
    names: Mapping[str, Mapping[str, str]],
    catalogues: Sequence[Words],
) -> None:
    name = region.config.region
    problems = [one.problem for one in found.memory.sources.values() if one.problem]
    result = {
        "region": name,
        "reference_date": found.memory.reference_date,
        "changes": rows,
        "levels_now": _counts(found.memory),
        "reprocessed": list(found.reprocessed),
        "unreadable": problems,
    }
    write_json(folder / "changes.json", result)
    frame = _frame(rows, catalogues)
    text = io.StringIO()
    frame.to_csv(text, index=False, lineterminator="\n")
    write_text(folder / "changes.csv", text.getvalue())
    with whole_file(folder / "changes.parquet") as part:
        frame.to_parquet(part, index=False)
    logged = [*rows, *_log_of(folder / "log.json")][:_LOGGED]
    write_json(folder / "log.json", logged)
    write_text(folder / "changes.atom", atom(name, logged, names, catalogues))
    title = region.config.title
    package = Path(pipeline.__file__).parent
    context = Context(
        region_title={"en": title.en, "ru": title.ru},
        layers={},
        code=code_digest(package / "core", package / "displacement"),
        version=pipeline.__version__,
        languages=region.config.languages,
        scheme="",
        par_distance_m=0.0,
    )
    page = watch_page(result, names, context, catalogues)
    write_text(folder / "changes.html", page)


def _counts(memory: Memory) -> dict[str, int]:
    """Facilities by level, the most serious first."""
    counts = Counter(one["watch_level"] for one in memory.facilities.values())
    return {str(level): counts.get(str(level), 0) for level in reversed(WatchLevel)}


def _log_of(path: Path) -> list[dict[str, Any]]:
    if not path.is_file():
        return []
    return list(json.loads(path.read_text(encoding="utf-8")))


def _frame(rows: list[dict[str, Any]], catalogues: Sequence[Words]) -> pd.DataFrame:
    """Table of the changes: codes, and words in a column for each language."""
    names = [name for name in Change.__slots__ if name != "epochs"]
    plain = [
        {name: row[name] for name in names}
        | {"epochs": "; ".join(f"{day} {level}" for day, level in row["epochs"])}
        | {f"headline_{w.language}": row["headline"][w.language] for w in catalogues}
        | {f"text_{w.language}": row["text"][w.language] for w in catalogues}
        for row in rows
    ]
    languages = [w.language for w in catalogues]
    columns = [
        *names,
        "epochs",
        *(f"headline_{code}" for code in languages),
        *(f"text_{code}" for code in languages),
    ]
    frame = pd.DataFrame(plain, columns=columns)
    flags = frame.pop("needs_confirmation").astype("boolean")
    texts = frame.astype("string")
    texts.insert(columns.index("needs_confirmation"), "needs_confirmation", flags)
    return texts
