"""Order of a network: upstream before downstream, and who lies upstream of whom.

Reaches are numbered so that everything upstream of a reach stands directly before it
(post-order of the river trees, largest branch last). Therefore

- the next reach always has a larger number, so one pass over the arrays from either
  end answers a question for all reaches at once;
- the reaches upstream of ``i`` are exactly ``i - n_upstream[i]`` to ``i - 1``;
- a main stem lies side by side in memory.

The numbering depends on the network and the keys of its reaches alone, not on the
order of rows in a file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

Indices = NDArray[np.int64]
NO_REACH = -1


@dataclass(frozen=True, slots=True)
class Order:
    """Numbering of a network.

    ``row`` holds the old number of each reach in its new order, ``next_index`` the next
    reach in new numbers (-1 at an end), ``n_upstream`` the reaches above each one.
    """

    row: Indices
    next_index: Indices
    n_upstream: Indices


@njit(cache=True)
def _count_upstream(next_index: Indices) -> tuple[Indices, Indices, int]:
    """Reaches in each reach's tree (itself counted), an upstream-first sequence."""
    count = len(next_index)
    inflows = np.zeros(count, np.int64)
    for i in range(count):
        if next_index[i] >= 0:
            inflows[next_index[i]] += 1
    sequence = np.empty(count, np.int64)
    size = np.ones(count, np.int64)
    filled = 0
    for i in range(count):
        if inflows[i] == 0:
            sequence[filled] = i
            filled += 1
    done = 0
    while done < filled:
        i = sequence[done]
        done += 1
        j = next_index[i]
        if j >= 0:
            size[j] += size[i]
            inflows[j] -= 1
            if inflows[j] == 0:
                sequence[filled] = j
                filled += 1
    return size, sequence, done


@njit(cache=True)
def _positions(
    next_index: Indices, size: Indices, sequence: Indices, siblings: Indices
) -> Indices:
    """New number of every reach; ``siblings`` lists reaches by parent, then by rank."""
    count = len(next_index)
    free = np.zeros(count, np.int64)
    before = np.zeros(count, np.int64)
    roots = 0
    for k in range(count):
        i = siblings[k]
        j = next_index[i]
        if j >= 0:
            before[i] = free[j]
            free[j] += size[i]
        else:
            before[i] = roots
            roots += size[i]
    position = np.empty(count, np.int64)
    for k in range(count - 1, -1, -1):
        i = sequence[k]
        j = next_index[i]
        start = before[i]
        if j >= 0:
            start += position[j] - size[j] + 1
        position[i] = start + size[i] - 1
    return position


def find_cycle(next_index: Indices) -> list[int]:
    """Reaches of one cycle in flow order; empty if there is none."""
    _, sequence, done = _count_upstream(next_index)
    if done == len(next_index):
        return []
    reached = np.zeros(len(next_index), dtype=bool)
    reached[sequence[:done]] = True
    here = int(np.flatnonzero(~reached)[0])
    steps: dict[int, int] = {}
    while here not in steps:
        steps[here] = len(steps)
        here = int(next_index[here])
    path = list(steps)
    return path[steps[here] :]


def order_network(next_index: Indices, key: NDArray[Any]) -> Order:
    """Number a network from upstream to downstream.

    Parameters
    ----------
    next_index
        Shape (n,). Row of the reach downstream, -1 at an end.
    key
        Shape (n,). Unique keys that can be sorted; they settle ties.

    Raises
    ------
    ValueError
        If the network has a cycle.
    """
    size, sequence, done = _count_upstream(next_index)
    if done < len(next_index):
        raise ValueError("the network has a cycle; find_cycle names it")
    rank = np.empty(len(key), dtype=np.int64)
    rank[np.argsort(key, kind="stable")] = np.arange(len(key))
    siblings = np.lexsort((rank, size, next_index))
    position = _positions(next_index, size, sequence, siblings)
    row = np.empty_like(position)
    row[position] = np.arange(len(position))
    old_next = next_index[row]
    has_next = old_next >= 0
    new_next = np.full(len(row), NO_REACH, dtype=np.int64)
    new_next[has_next] = position[old_next[has_next]]
    return Order(row=row, next_index=new_next, n_upstream=size[row] - 1)


def is_upstream(n_upstream: Indices, reach: int, other: Indices) -> NDArray[np.bool_]:
    """Whether ``other`` reaches drain through ``reach`` (the reach itself counts)."""
    return (other <= reach) & (other >= reach - n_upstream[reach])


@njit(cache=True)
def reaches_to_end(next_index: Indices) -> Indices:
    """Reaches from each one to its end, itself counted, in one pass."""
    count = len(next_index)
    steps = np.empty(count, np.int64)
    for i in range(count - 1, -1, -1):
        j = next_index[i]
        steps[i] = 1 if j < 0 else steps[j] + 1
    return steps
