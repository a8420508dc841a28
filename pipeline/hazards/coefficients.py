"""Formulas of the hazards stage, from the files in ``data``, one a subject."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from pipeline.core.formulas import Formula, read_formulas

DATA_FOLDER: Final = Path(__file__).parent / "data"


def formula(subject: str, key: str) -> Formula:
    """One formula; KeyError if the subject has none of that key."""
    return read_formulas(DATA_FOLDER / f"{subject}.yaml")[key]
