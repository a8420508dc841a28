"""Formulas of the rivers stage, from ``data/rivers.yaml``."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from pipeline.core.formulas import Formula, read_formulas

FILE: Final = Path(__file__).parent / "data" / "rivers.yaml"


def formulas() -> dict[str, Formula]:
    """Every formula of the stage by its key."""
    return read_formulas(FILE)


def formula(key: str) -> Formula:
    """One formula; KeyError if there is none of that key."""
    return formulas()[key]
