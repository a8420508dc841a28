"""Formulas of the assessment stage, from the files in ``data``, one a subject."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from pipeline.core.formulas import Formula, read_formulas

DATA_FOLDER: Final = Path(__file__).parent / "data"


def formulas(subject: str) -> dict[str, Formula]:
    """All formulas of one subject: the stem of a file in ``data``.

    Raises
    ------
    InputError
        If the file is missing or breaks its record.
    """
    return read_formulas(DATA_FOLDER / f"{subject}.yaml")


def formula(subject: str, key: str) -> Formula:
    """One formula; KeyError if the subject has none of that key."""
    return formulas(subject)[key]


def coefficient_files() -> list[Path]:
    """All files of formulas."""
    return sorted(DATA_FOLDER.glob("*.yaml"))


def subjects() -> list[str]:
    """Names of all files of formulas."""
    return [path.stem for path in coefficient_files()]
