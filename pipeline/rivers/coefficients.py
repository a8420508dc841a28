"""Formulas of the rivers stage with source, unit, range and confidence."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from pydantic import Field

from pipeline.core.model import Confidence
from pipeline.core.records import Record, load_record, load_yaml

_FILE = Path(__file__).with_name("coefficients.yaml")


class Formula(Record):
    """One formula: what it gives, with which coefficients, and whence it comes."""

    quantity: str = Field(description="What the formula gives.")
    equation: str = Field(description="The formula in the names of the coefficients.")
    coefficients: dict[str, float] = Field(description="Coefficients by name.")
    unit: str = Field(description="Unit of the result.")
    source: str = Field(description="Publication or reason.")
    valid_range: str = Field(description="What the formula was made for.")
    confidence: Confidence = Field(description="Label of the weakest part.")
    rmse: str | None = Field(None, description="Error seen by its authors.")

    def __getitem__(self, name: str) -> float:
        """Coefficient by name."""
        return self.coefficients[name]


@cache
def formulas() -> dict[str, Formula]:
    """Every formula of ``coefficients.yaml`` by its key.

    Raises
    ------
    InputError
        If a key is missing or unknown.
    """
    content = load_yaml(_FILE)
    return {
        key: load_record(Formula, value, f"{_FILE.name}: {key}")
        for key, value in content.items()
    }


def formula(key: str) -> Formula:
    """One formula; KeyError if there is none of that key."""
    return formulas()[key]
