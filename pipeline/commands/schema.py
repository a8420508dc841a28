"""Write what is generated from the code: JSON schemas and the data model page."""

from __future__ import annotations

import argparse
from pathlib import Path

from pipeline.core.command import project_root
from pipeline.core.config import json_schemas
from pipeline.core.errors import input_error
from pipeline.core.files import write_text
from pipeline.core.schema import Column, Table
from pipeline.core.tables import all_tables

_HEAD = """# Data model

The tables that pass between the stages, as `pipeline/core/schemas` describes them and
as they are checked whenever a stage writes or reads one. They are Parquet files
(GeoParquet, EPSG:4326, where there is a geometry) below `outputs/<region>/tables/`.
This page is written by `make schema`.

A measured column has a `<name>_status` beside it: `measured`, `no_hazard` (covered, and
nothing is there), `not_covered`, `not_provided` or `invalid`. A number stands there
exactly when the status is `measured` or `no_hazard`. An estimate has `<name>_low` and
`<name>_high` that enclose it. A column of reasons holds codes with values, such as
`code|name=value`, several separated by `;`; their words stand in the catalogues of the
pages (docs/pages.md).
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument(
        "--check", action="store_true", help="stop when a file is out of step"
    )


def run(arguments: argparse.Namespace) -> None:
    """Write or check the generated files.

    Raises
    ------
    InputError
        With ``--check``, if a file differs from what the code gives.
    """
    for path, text in generated_files(project_root()).items():
        current = path.read_text(encoding="utf-8") if path.exists() else None
        if current == text:
            continue
        if arguments.check:
            raise input_error(
                path,
                found="a text that differs from the code",
                expected="the text that 'make schema' writes",
                fix="run 'make schema' and commit the result",
            )
        write_text(path, text)


def generated_files(project: Path) -> dict[Path, str]:
    """Text of every generated file by its path."""
    folder = project / "configs" / "schema"
    files = {folder / name: text for name, text in json_schemas().items()}
    files[project / "docs" / "data-model.md"] = data_model_page()
    return files


def data_model_page() -> str:
    """Markdown page with all tables and their columns."""
    parts = [_HEAD]
    parts += [_table_section(table) for table in all_tables().values()]
    return "\n".join(parts)


def _table_section(table: Table) -> str:
    geometry = f" Geometry: {table.geometry}." if table.geometry else ""
    if table.geometry_nullable:
        geometry += " It may be absent."
    key = ", ".join(f"`{name}`" for name in table.key)
    lines = [
        f"## {table.name}\n",
        f"{table.description} Key: {key}.{geometry}\n",
        "| column | kind | unit | empty | meaning |",
        "|---|---|---|---|---|",
        *(_column_row(column) for column in table.columns),
        "",
    ]
    return "\n".join(lines)


def _column_row(column: Column) -> str:
    meaning = column.description
    if column.codes:
        meaning += " One of: " + ", ".join(f"`{code}`" for code in column.codes) + "."
    if column.reasons:
        meaning += " Reasons: " + ", ".join(map(_reason, column.reasons.values.items()))
        meaning += "."
    if column.minimum is not None or column.maximum is not None:
        low = "" if column.minimum is None else f"{column.minimum:g}"
        high = "" if column.maximum is None else f"{column.maximum:g}"
        meaning += f" Limits: {low or '-'} to {high or '-'}."
    empty = "yes" if column.nullable else "no"
    return f"| `{column.name}` | {column.kind} | {column.unit} | {empty} | {meaning} |"


def _reason(item: tuple[str, tuple[str, ...]]) -> str:
    code, names = item
    return f"`{code}`" + (f" ({', '.join(names)})" if names else "")
