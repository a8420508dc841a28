"""Chain displacement pairs whose reference date moves on into one series.

A pair holds the motion from its reference to its secondary date. Displacement since
the first reference is that of the pair's reference plus the pair's value. A reference
that no earlier pair leads to is a missing link, and stops the chain.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.core.errors import input_error

Gaps = Literal["propagate", "omit"]


@dataclass(frozen=True, slots=True)
class Pair:
    """One file: motion from a reference to a secondary date."""

    reference: date
    secondary: date
    version: tuple[int, ...]
    created: str
    path: Path


def newest_pairs(pairs: list[Pair]) -> list[Pair]:
    """One file per pair of dates, the highest version and then the newest.

    Sorted by secondary date.
    """
    best: dict[tuple[date, date], Pair] = {}
    for pair in pairs:
        key = pair.reference, pair.secondary
        rival = best.get(key)
        if rival is None or _age(pair) > _age(rival):
            best[key] = pair
    return sorted(best.values(), key=lambda pair: (pair.secondary, pair.reference))


def _age(pair: Pair) -> tuple[tuple[int, ...], str]:
    return pair.version, pair.created


def check_links(pairs: list[Pair], folder: Path) -> list[date]:
    """Dates of the series, oldest first.

    Parameters
    ----------
    pairs
        As `newest_pairs` gives them.
    folder
        Named in messages.

    Raises
    ------
    InputError
        If a pair runs backwards, two end on one date, or a link is missing.
    """
    origin = min(pair.reference for pair in pairs)
    known = [origin]
    for pair in pairs:
        if pair.secondary <= pair.reference:
            raise _refuse(
                pair.path,
                "dates",
                f"{pair.reference} to {pair.secondary}",
                "a secondary date after the reference",
            )
        if pair.reference not in known:
            raise _refuse(
                folder,
                "reference date",
                f"{pair.path.name} starting on {pair.reference}, where no other file "
                "ends",
                f"a file that ends on {pair.reference} (a missing ministack link)",
            )
        if pair.secondary in known:
            raise _refuse(
                folder,
                "secondary date",
                f"two files that end on {pair.secondary}",
                "one of them",
            )
        known.append(pair.secondary)
    return known


def _refuse(place: Path, field: str, found: str, expected: str) -> Exception:
    return input_error(
        place,
        field=field,
        found=found,
        expected=expected,
        fix="add the missing product, or keep one unbroken chain of files",
    )


def chain(
    pairs: list[Pair],
    dates: list[date],
    value_of: Callable[[Pair], NDArray[np.float32]],
    gaps: Gaps,
) -> NDArray[np.float32]:
    """Displacement since the first date, shape (k, dates), in the unit of the pairs.

    Parameters
    ----------
    pairs, dates
        As checked by `check_links`.
    value_of
        Reads the values of a pair, shape (k,).
    gaps
        A cell without a value in a link is lost from there on ("propagate"), or taken
        not to have moved during it ("omit").
    """
    columns: dict[date, NDArray[np.float32]] = {}
    bases: dict[date, NDArray[np.float32]] = {}
    for pair in pairs:
        moved = value_of(pair)
        if not columns:
            columns[dates[0]] = bases[dates[0]] = np.zeros_like(moved)
        base = bases[pair.reference]
        there = base + moved
        columns[pair.secondary] = bases[pair.secondary] = there
        if gaps == "omit":
            bases[pair.secondary] = np.where(np.isnan(there), base, there)
    return np.column_stack([columns[day] for day in dates])
