"""Find what is wrong with a river layer; mend it by rule or refuse it.

Refused: repeated keys, two next reaches, cycles, drainage areas that shrink
downstream by more than 5 %, ends farther than 1 km from the next reach, lengths in
another unit. Mended and noted at the reach: lines drawn upstream, next reaches that the
layer does not hold, lengths that contradict the line, impossible slopes, areas and
discharges, gaps below 1 km.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from pipeline.core.errors import InputError, input_error
from pipeline.core.schemas.network import Finding
from pipeline.rivers.ledger import Entry
from pipeline.rivers.network import Lines, lines_from_geometry
from pipeline.rivers.reading import RawReaches
from pipeline.rivers.topology import NO_REACH, find_cycle

Numbers = NDArray[np.float64]
Indices = NDArray[np.int64]

GAP_NOTED_M: Final = 50.0
GAP_LIMIT_M: Final = 1000.0
AREA_DROP_LIMIT: Final = 0.05
SHORTEST_LENGTH_RATIO: Final = 0.95
LONGEST_LENGTH_RATIO: Final = 2.0
OUTSIDE_LAYER: Final = "leaves the river layer"
_M_PER_DEG: Final = 111_195.0
_SHOWN: Final = 3


@dataclass(slots=True)
class Notes:
    """What was mended, by row of the layer, in order."""

    by_row: dict[int, list[str]] = field(default_factory=dict)
    found: list[tuple[int, Finding, str, str]] = field(default_factory=list)

    def add(self, rows: Indices, text: str, kind: Finding, done: str) -> None:
        """Note one sentence at some rows, and what was done about it."""
        for row in rows:
            self.by_row.setdefault(int(row), []).append(text)
            self.found.append((int(row), kind, text, done))

    def entries(self, source_id: NDArray[Any]) -> tuple[Entry, ...]:
        """Rows of the ledger for all notes."""
        return tuple(
            Entry(str(source_id[row]), kind, text, done)
            for row, kind, text, done in self.found
        )

    def texts(self, count: int) -> NDArray[np.object_]:
        """Note of every row, None where there is none."""
        result = np.full(count, None, dtype=object)
        for row, parts in self.by_row.items():
            result[row] = "; ".join(parts)
        return result


def next_rows(raw: RawReaches, notes: Notes) -> Indices:
    """Row of the reach downstream, -1 at an end.

    Raises
    ------
    InputError
        If a key repeats, a reach is its own next one, or the network has a cycle.
    """
    _refuse_repeated(raw)
    order = np.argsort(raw.source_id, kind="stable")
    keys = raw.source_id[order]
    has_next = np.array([value is not None for value in raw.next_id], dtype=bool)
    wanted = np.array([v for v in raw.next_id if v is not None], dtype=keys.dtype)
    place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    found = keys[place] == wanted
    result = np.full(len(raw), NO_REACH, dtype=np.int64)
    rows = np.flatnonzero(has_next)
    result[rows[found]] = order[place[found]]
    for row, value in zip(rows[~found], wanted[~found], strict=True):
        notes.add(
            np.array([row]),
            f"next reach {value} is not in the layer",
            Finding.OUTSIDE,
            "the river ends there",
        )
    cycle = find_cycle(result)
    if cycle:
        shown = " -> ".join(str(raw.source_id[i]) for i in [*cycle[:6], cycle[0]])
        raise input_error(
            raw.source,
            field="next reach",
            found=f"a cycle of {len(cycle)} reaches: {shown}",
            expected="reaches that lead to an end",
            fix="correct the next reach of one of them",
        )
    return result


def _refuse_repeated(raw: RawReaches) -> None:
    keys, first, counts = np.unique(
        raw.source_id, return_index=True, return_counts=True
    )
    if not np.any(counts > 1):
        return
    at = int(np.argmax(counts > 1))
    rows = np.flatnonzero(raw.source_id == keys[at])
    outlets = sorted({str(raw.next_id[row]) for row in rows})
    what = f"with {len(outlets)} outlets ({', '.join(outlets)})"
    raise input_error(
        raw.source,
        row=int(first[at]) + 1,
        field="reach key",
        found=f"reach {keys[at]} {len(rows)} times "
        + (what if len(outlets) > 1 else "with one outlet"),
        expected="one row and one next reach for each reach",
        fix="remove the copy; keep the main branch where a river divides",
    )


def areas(raw: RawReaches, following: Indices, notes: Notes) -> Numbers:
    """Drainage areas in km2, NaN where missing or impossible.

    Raises
    ------
    InputError
        If areas shrink downstream by more than 5 %: a reach flows the wrong way.
    """
    area = raw.numbers["area_km2"].copy()
    impossible = np.flatnonzero(area < 0)
    notes.add(impossible, "negative drainage area left out", Finding.AREA, "left empty")
    area[impossible] = np.nan
    rows = np.flatnonzero(following >= 0)
    above, below = area[rows], area[following[rows]]
    wrong = rows[below < above * (1 - AREA_DROP_LIMIT)]
    if len(wrong):
        shown = "; ".join(
            f"{raw.source_id[i]} ({area[i]:g} km2) -> "
            f"{raw.source_id[following[i]]} ({area[following[i]]:g} km2)"
            for i in wrong[:_SHOWN]
        )
        raise input_error(
            raw.source,
            field="drainage area",
            found=f"{len(wrong)} reaches whose next reach drains less: {shown}",
            expected="areas that grow downstream",
            fix="turn the reaches round (next reach), or correct the areas",
        )
    notes.add(
        rows[below < above],
        "drains slightly more than the next reach",
        Finding.AREA,
        "kept",
    )
    return area


def orient(raw: RawReaches, following: Indices, notes: Notes) -> NDArray[np.object_]:
    """Lines drawn downstream; those that ran upstream are turned and noted.

    A reach is judged by the end that is nearer to its next reach; an end reach by the
    end at which the reaches above join it.

    Raises
    ------
    InputError
        If a line ends farther than 1 km from its next reach.
    """
    geometry = raw.geometry.copy()
    first = shapely.get_coordinates(shapely.get_point(geometry, 0))
    last = shapely.get_coordinates(shapely.get_point(geometry, -1))
    rows = np.flatnonzero(following >= 0)
    below = following[rows]
    at_end = [_span_m(last[rows], end[below]) for end in (first, last)]
    at_start = [_span_m(first[rows], end[below]) for end in (first, last)]
    turned = np.zeros(len(raw), dtype=bool)
    turned[rows] = np.minimum(*at_start) < np.minimum(*at_end)
    joined_at_start = np.minimum(at_end[0], at_start[0])
    joined_at_end = np.minimum(at_end[1], at_start[1])
    closed = following < 0
    nearer_end = np.zeros(len(raw))
    np.add.at(nearer_end, below, np.sign(joined_at_start - joined_at_end))
    turned |= closed & (nearer_end > 0)
    geometry[turned] = shapely.reverse(geometry[turned])
    notes.add(
        np.flatnonzero(turned),
        "line was drawn upstream and is turned",
        Finding.WRONG_WAY,
        "turned",
    )
    first[turned], last[turned] = last[turned], first[turned].copy()
    gap = _span_m(last[rows], first[below])
    _refuse_gaps(raw, rows, below, gap)
    for k in np.flatnonzero(gap > GAP_NOTED_M):
        notes.add(
            rows[k : k + 1],
            f"gap of {gap[k]:.0f} m to the next reach",
            Finding.GAP,
            "passed over",
        )
    return np.asarray(geometry, dtype=object)


def _refuse_gaps(raw: RawReaches, rows: Indices, below: Indices, gap: Numbers) -> None:
    wide = np.flatnonzero(gap > GAP_LIMIT_M)
    if not len(wide):
        return
    shown = "; ".join(
        f"{raw.source_id[rows[k]]} -> {raw.source_id[below[k]]}"
        f" ({gap[k] / 1000:.1f} km)"
        for k in wide[:_SHOWN]
    )
    raise input_error(
        raw.source,
        field="geometry",
        found=f"{len(wide)} reaches that do not reach the start of the next: {shown}",
        expected=f"an end within {GAP_LIMIT_M:g} m of the next reach's start",
        fix="correct the next reach or the line; split lines at confluences",
    )


def _span_m(a: Numbers, b: Numbers) -> Numbers:
    """Distance in m on a sphere's tangent plane; good enough to compare short spans."""
    middle = np.deg2rad((a[:, 1] + b[:, 1]) / 2)
    dx = (a[:, 0] - b[:, 0]) * np.cos(middle)
    return np.asarray(np.hypot(dx, a[:, 1] - b[:, 1]) * _M_PER_DEG, dtype=np.float64)


def lengths(
    raw: RawReaches, geometry: NDArray[np.object_], notes: Notes
) -> tuple[Numbers, Lines]:
    """Length of every reach in m, and its measured line.

    A stated length is kept while it is 0.95 to 2 times that of the line: a drawn line
    is shorter than the river it generalises, never longer. Otherwise the line's length
    is used.

    Raises
    ------
    InputError
        If the median ratio shows another unit, or a line has no length.
    """
    lines = lines_from_geometry(geometry)
    measured = lines.length_m()
    if np.any(measured <= 0):
        shortest = int(np.argmin(measured))
        raise input_error(
            raw.source,
            row=shortest + 1,
            field="geometry",
            found=f"a line without length (reach {raw.source_id[shortest]})",
            expected="lines with a length",
            fix="remove the reach and lead its upstream reaches to the next one",
        )
    stated = raw.numbers["length_m"]
    given = np.isfinite(stated)
    ratio = np.where(given, stated, np.nan) / measured
    if given.any() and not 0.2 < float(np.nanmedian(ratio)) < 5.0:
        raise InputError(
            f"{raw.source}, field 'length': found a median of "
            f"{np.nanmedian(ratio):.3g} times the length of the lines; expected "
            "about 1. To mend: give the lengths in the unit that the format documents."
        )
    usable = given & (ratio >= SHORTEST_LENGTH_RATIO) & (ratio <= LONGEST_LENGTH_RATIO)
    for row in np.flatnonzero(given & ~usable).tolist():
        notes.add(
            np.array([row]),
            f"stated length {stated[row]:.0f} m contradicts the line; "
            f"{measured[row]:.0f} m used",
            Finding.LENGTH,
            "the line's length is used",
        )
    return np.where(usable, stated, measured), lines


def slopes(raw: RawReaches, notes: Notes) -> Numbers:
    """Slopes; negative ones and those above 1 are left out and noted."""
    slope = raw.numbers["slope"].copy()
    wrong = np.flatnonzero((slope < 0) | (slope > 1))
    notes.add(wrong, "impossible slope left out", Finding.SLOPE, "left empty")
    slope[wrong] = np.nan
    return slope
