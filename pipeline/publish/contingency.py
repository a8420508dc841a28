"""Write the contingency sheet and the draft notifications in all their forms."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from pipeline.core.files import whole_file, write_json, write_text
from pipeline.core.methods import MethodsConfig
from pipeline.publish.cells import Context
from pipeline.publish.contingencypage import contingency_page, reading_notes
from pipeline.publish.dossiers import Dossier, SiteTables
from pipeline.publish.draftpage import draft_page
from pipeline.publish.drafts import draft
from pipeline.publish.pages import ASSETS
from pipeline.publish.sheet import Sheet, sheet_of
from pipeline.publish.sheetdata import sheet_document
from pipeline.publish.words import Words
from pipeline.publish.workbook import write_workbook

PAGE: Final = "contingency.html"
SCHEMAS: Final = ("contingency.schema.json", "notification.schema.json")


def write_contingency(
    folder: Path,
    tables: SiteTables,
    dossiers: Sequence[Dossier],
    countries: Sequence[str],
    methods: MethodsConfig,
    context: Context,
    catalogues: Sequence[Words],
    region: str,
) -> tuple[Path, Path, Path]:
    """Write page, files and drafts below the site's folder.

    Returns
    -------
    tuple
        The page, the spreadsheet and the JSON document.
    """
    sheet = sheet_of(tables)
    page = folder / PAGE
    write_text(page, contingency_page(sheet, countries, methods, context, catalogues))
    data = folder / "data"
    data.mkdir(exist_ok=True)
    notes = [(words, reading_notes(methods, words)) for words in catalogues]
    workbook, document = data / "contingency.xlsx", data / "contingency.json"
    with whole_file(workbook) as part:
        write_workbook(part, sheet, notes)
    write_json(document, sheet_document(sheet, region, methods, notes[0][1]))
    for name in SCHEMAS:
        write_text(data / name, (ASSETS / name).read_text(encoding="utf-8"))
    _write_drafts(folder / "notifications", sheet, dossiers, context, catalogues)
    return page, workbook, document


def _write_drafts(
    folder: Path,
    sheet: Sheet,
    dossiers: Sequence[Dossier],
    context: Context,
    catalogues: Sequence[Words],
) -> None:
    """Write one page and one JSON file per facility.

    The fields of the JSON keep their order, so its keys are not sorted.
    """
    folder.mkdir()
    for dossier in dossiers:
        record = draft(sheet, dossier.tmf_id, dossier.values)
        text = json.dumps(record, ensure_ascii=False, indent=1)
        write_text(folder / f"{dossier.tmf_id}.json", text + "\n")
        page = draft_page(record, sheet, context, catalogues)
        write_text(folder / f"{dossier.tmf_id}.html", page)
