"""Coefficients of the published formulas, from the files in ``data``.

Every formula lives in a YAML file with its source, equation, unit, range of validity
and confidence label. Kernels take their numbers from these records, so that a number
and its label cannot part.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

from pydantic import Field

from pipeline.core.model import Confidence
from pipeline.core.records import Record, load_record, load_yaml

DATA_FOLDER: Final = Path(__file__).parent / "data"


class Formula(Record):
    """One published formula, or one choice of the project (label P)."""

    source: str = Field(min_length=1, description="Publication, or 'project choice'.")
    equation: str = Field(min_length=1, description="Formula as the source writes it.")
    unit: str = Field(min_length=1, description="Unit of the result.")
    valid_range: str = Field(min_length=1, description="Where the formula holds.")
    confidence: Confidence = Field(description="Label of methodology 0.1.")
    note: str | None = Field(None, description="Caveat for readers.")
    values: dict[str, float] = Field(
        default_factory=dict, description="Coefficients by name."
    )
    rows: tuple[tuple[float | str, ...], ...] = Field(
        (), description="Rows of a table of coefficients."
    )

    def __getitem__(self, name: str) -> float:
        """Coefficient by name; KeyError if the formula has none of that name."""
        return self.values[name]

    @property
    def numbers(self) -> tuple[tuple[float, ...], ...]:
        """Rows of the table without their leading texts."""
        return tuple(
            tuple(float(cell) for cell in row if not isinstance(cell, str))
            for row in self.rows
        )


class FormulaFile(Record):
    """Content of one file of formulas."""

    formulas: dict[str, Formula] = Field(min_length=1, description="By key.")


@cache
def formulas(subject: str) -> dict[str, Formula]:
    """All formulas of one subject.

    Parameters
    ----------
    subject
        Stem of a file in ``data``.

    Raises
    ------
    InputError
        If the file is missing or breaks its record.
    """
    path = DATA_FOLDER / f"{subject}.yaml"
    return load_record(FormulaFile, load_yaml(path), path).formulas


def formula(subject: str, key: str) -> Formula:
    """One formula; KeyError if the subject has none of that key."""
    return formulas(subject)[key]


def coefficient_files() -> list[Path]:
    """All files of formulas."""
    return sorted(DATA_FOLDER.glob("*.yaml"))


def subjects() -> list[str]:
    """Names of all files of formulas."""
    return [path.stem for path in coefficient_files()]
