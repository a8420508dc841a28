"""Published formulas with their coefficients, source, unit and confidence label.

Every formula lives in a YAML file. Kernels take their numbers from these records, so
that a number and its label cannot part.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from pydantic import Field

from pipeline.core.model import Confidence
from pipeline.core.records import Record, load_record, load_yaml


class Formula(Record):
    """One published formula, or one choice of the project (label P)."""

    quantity: str | None = Field(None, description="What the formula gives.")
    source: str = Field(min_length=1, description="Publication, or 'project choice'.")
    equation: str = Field(min_length=1, description="Formula as the source writes it.")
    unit: str = Field(min_length=1, description="Unit of the result.")
    valid_range: str = Field(min_length=1, description="Where the formula holds.")
    confidence: Confidence = Field(description="Label of its weakest part.")
    note: str | None = Field(None, description="Caveat for readers.")
    rmse: str | None = Field(None, description="Error seen by its authors.")
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
def read_formulas(path: Path) -> dict[str, Formula]:
    """All formulas of one file by their key.

    Raises
    ------
    InputError
        If the file is missing or breaks its record.
    """
    return load_record(FormulaFile, load_yaml(path), path).formulas
