"""The bare network of a large layer with keys: no lines and no texts.

A continent or the whole planet is read column by column, without its lines, so that
it fits into the memory of a small machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyogrio
from numpy.typing import NDArray

from pipeline.core.errors import input_error
from pipeline.rivers.networks import NetworkFormat, recognise
from pipeline.rivers.topology import NO_REACH, find_cycle, order_network

Numbers = NDArray[np.float64]
Indices = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Skeleton:
    """Reaches sorted upstream to downstream, shape (n,) each (see `network`)."""

    source_id: Indices
    next_index: Indices
    n_upstream: Indices
    length_m: Numbers
    area_km2: Numbers
    discharge_m3s: Numbers

    def __len__(self) -> int:
        """Return the number of reaches."""
        return len(self.next_index)


def read_skeleton(path: Path, table: str | None = None) -> Skeleton:
    """Read the bare network of a layer whose keys lead downstream.

    Raises
    ------
    InputError
        If the layer cannot be read, is of no known format, has a key twice or none, or
        has a cycle.
    """
    try:
        fields = [str(name) for name in pyogrio.read_info(path, layer=table)["fields"]]
    except pyogrio.errors.DataSourceError as error:
        raise input_error(
            path,
            found=f"a file that cannot be read ({error})",
            expected="a river layer",
            fix="fetch the file again",
        ) from None
    known = recognise(fields, path)
    names = {name.lower(): name for name in fields}
    key = _column(path, table, known, names, "source_id")
    following = _column(path, table, known, names, "next_id")
    ends = [end for end in known.ends if isinstance(end, int)]
    row_of = _rows(path, key, np.where(np.isin(following, ends), NO_REACH, following))
    del following
    cycle = find_cycle(row_of)
    if cycle:
        raise input_error(
            path,
            field="next reach",
            found=f"a cycle of {len(cycle)} reaches, one of them {key[cycle[0]]}",
            expected="reaches that lead to an end",
            fix="correct the next reach of one of them",
        )
    order = order_network(row_of, key)
    del row_of
    numbers = []
    for name in ("length_m", "area_km2", "discharge_m3s"):
        values = _column(path, table, known, names, name)
        numbers.append(values[order.row] * known.factors.get(name, 1.0))
    return Skeleton(key[order.row], order.next_index, order.n_upstream, *numbers)


def _column(
    path: Path,
    table: str | None,
    known: NetworkFormat,
    names: dict[str, str],
    field: str,
) -> NDArray:
    """One column of the layer; keys as whole numbers, an end as no number of a key."""
    name = known.column(field, names)
    is_key = field in ("source_id", "next_id")
    if name is None:
        count = pyogrio.read_info(path, layer=table, force_feature_count=True)
        return np.full(int(count["features"]), np.nan)
    _, _, _, columns = pyogrio.raw.read(
        path, layer=table, columns=[name], read_geometry=False
    )
    values = columns[0]
    if not np.issubdtype(values.dtype, np.number):
        raise input_error(
            path,
            field=name,
            found="texts",
            expected="numbers",
            fix="give the reaches whole numbers as keys",
        )
    if not is_key:
        return values.astype(np.float64, copy=False)
    if np.issubdtype(values.dtype, np.floating):
        values = np.where(np.isnan(values), NO_REACH, values)
    return values.astype(np.int64, copy=False)


def _rows(path: Path, key: Indices, following: Indices) -> Indices:
    """Row of the next reach; -1 at an end and where the layer does not hold it."""
    order = np.argsort(key, kind="stable")
    ordered = key[order]
    twice = np.flatnonzero(np.diff(ordered) == 0)
    if len(twice):
        raise input_error(
            path,
            field="reach key",
            found=f"reach {ordered[twice[0]]} more than once",
            expected="one row for each reach",
            fix="remove the copies",
        )
    place = np.minimum(np.searchsorted(ordered, following), len(ordered) - 1)
    found = (ordered[place] == following) & (following != NO_REACH)
    return np.where(found, order[place], NO_REACH)
