"""How a table is described: columns with kind, unit, meaning and limits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from pipeline.core.model import Status
from pipeline.core.reasons import Vocabulary

Kind = Literal["text", "integer", "number", "boolean"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table.

    ``unit`` is "-" for text, codes, counts and ratios. ``nullable`` columns may be
    empty; the description says what an empty cell means. ``codes`` lists the allowed
    texts, ``minimum`` and ``maximum`` are inclusive. ``reasons`` are those that a
    text column of reasons may hold (`pipeline.core.reasons`).
    """

    name: str
    kind: Kind
    description: str
    unit: str = "-"
    nullable: bool = False
    codes: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    reasons: Vocabulary | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """Schema of one table that crosses a stage boundary.

    ``key`` columns identify a row, are unique together and give the sort order.
    ``geometry`` is the geometry type (EPSG:4326), or None for a plain table;
    ``geometry_nullable`` allows rows without one. ``measured`` lists columns that have
    a ``<name>_status`` column beside them: a number stands there exactly when the
    status is ``measured`` or ``no_hazard``. ``estimates`` lists columns with
    ``<name>_low`` and ``<name>_high`` that enclose the value.
    """

    name: str
    description: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    geometry: str | None = None
    geometry_nullable: bool = False
    measured: tuple[str, ...] = ()
    estimates: tuple[str, ...] = ()

    @property
    def column_names(self) -> list[str]:
        """Names of all columns in their order, geometry last."""
        names = [column.name for column in self.columns]
        return [*names, "geometry"] if self.geometry else names


def text(name: str, description: str, *, nullable: bool = False) -> Column:
    """Describe a column of free text."""
    return Column(name, "text", description, nullable=nullable)


def reasons(
    name: str, vocabulary: Vocabulary, description: str, *, nullable: bool = False
) -> Column:
    """Describe a column of reasons, whose words stand in the pages' catalogues."""
    return Column(name, "text", description, nullable=nullable, reasons=vocabulary)


def code(
    name: str,
    codes: type[StrEnum] | Iterable[str],
    description: str,
    *,
    nullable: bool = False,
) -> Column:
    """Describe a column whose texts come from a list."""
    allowed = tuple(str(item) for item in codes)
    return Column(name, "text", description, nullable=nullable, codes=allowed)


def number(
    name: str,
    unit: str,
    description: str,
    *,
    minimum: float | None = None,
    maximum: float | None = None,
    nullable: bool = False,
) -> Column:
    """Describe a column of floating point numbers."""
    return Column(name, "number", description, unit, nullable, (), minimum, maximum)


def integer(
    name: str,
    description: str,
    *,
    unit: str = "-",
    minimum: float | None = None,
    nullable: bool = False,
) -> Column:
    """Describe a column of whole numbers."""
    return Column(name, "integer", description, unit, nullable, (), minimum)


def flag(name: str, description: str, *, nullable: bool = False) -> Column:
    """Describe a column of true and false; empty means unknown where nullable."""
    return Column(name, "boolean", description, nullable=nullable)


def with_status(column: Column) -> tuple[Column, Column]:
    """Return a measured column (made nullable) and its status column."""
    status = code(
        f"{column.name}_status", Status, f"Why {column.name} has or lacks a value."
    )
    return (_nullable(column), status)


def with_bounds(column: Column) -> tuple[Column, Column, Column]:
    """Return an estimated column with its low and high columns, all nullable."""
    low, high = (
        Column(
            f"{column.name}_{end}",
            column.kind,
            f"{word} bound of {column.name}.",
            column.unit,
            True,
            (),
            column.minimum,
            column.maximum,
        )
        for end, word in (("low", "Lower"), ("high", "Upper"))
    )
    return (_nullable(column), low, high)


def _nullable(column: Column) -> Column:
    return Column(
        column.name,
        column.kind,
        column.description,
        column.unit,
        True,
        column.codes,
        column.minimum,
        column.maximum,
    )
