"""Tell whether neighbouring points move alike, or chance could have made a cluster.

Noise makes single cells look as if they moved, here and there. Real motion makes
neighbours move to the same side. The measure is the largest cluster of neighbouring
cells that move to one side by more than two errors; chance is what as many cells give
when each looks so with the probability of a two-sigma error, independently.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.displacement.stacks import cells_of, nan_mean

DRAWS: Final = 199
_Z: Final = 2.0
_CHANCE: Final = 0.0455  # of a normal number beyond two sigma


@dataclass(frozen=True, slots=True)
class Cluster:
    """Largest cluster of cells moving to one side; ``p`` is its chance."""

    n_cells: int
    n_in_cluster: int
    p: float

    @property
    def fraction(self) -> float:
        """Share of the cells that lie in the cluster."""
        return self.n_in_cluster / self.n_cells


def largest_cluster(
    velocity_mm_per_yr: NDArray[np.float64],
    std_mm_per_yr: NDArray[np.float64],
    xy_m: NDArray[np.float64],
    cell_m: float,
    reach_m: float,
    rng: np.random.Generator,
) -> Cluster | None:
    """Find the cluster and its chance.

    Parameters
    ----------
    velocity_mm_per_yr, std_mm_per_yr, xy_m
        Shapes (n,), (n,), (n, 2). Usable points on the facility, rates less that of
        the ground around where there is any.
    cell_m, reach_m
        Points of one cell count once; cells within reach are neighbours.

    Returns
    -------
    Cluster or None
        None without a point.
    """
    from scipy.spatial import cKDTree

    if len(velocity_mm_per_yr) == 0:
        return None
    cells = cells_of(xy_m, cell_m)

    def mean(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return nan_mean(np.append(values, np.nan)[cells], 1)

    score = mean(velocity_mm_per_yr) / np.maximum(mean(std_mm_per_yr), 1e-9)
    centre = np.column_stack([mean(xy_m[:, 0]), mean(xy_m[:, 1])])
    pairs = cKDTree(centre).query_pairs(reach_m, output_type="ndarray")
    side = np.where(np.abs(score) > _Z, np.sign(score), 0.0)
    size = _largest(side, pairs)
    if size == 0:
        return Cluster(len(cells), 0, 1.0)
    n_as_large = 0
    for _ in range(DRAWS):
        moving = rng.random(len(side)) < _CHANCE
        drawn = np.where(moving, rng.choice([-1.0, 1.0], len(side)), 0.0)
        n_as_large += _largest(drawn, pairs) >= size
    return Cluster(len(cells), size, (1 + n_as_large) / (1 + DRAWS))


def _largest(side: NDArray[np.float64], pairs: NDArray[np.int64]) -> int:
    """Cells of the largest connected set that moves to one side."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    moving = np.flatnonzero(side)
    if moving.size == 0:
        return 0
    alike = (side[pairs[:, 0]] == side[pairs[:, 1]]) & (side[pairs[:, 0]] != 0.0)
    first, second = pairs[alike].T
    graph = coo_array(
        (np.ones(len(first)), (first, second)), shape=(len(side), len(side))
    )
    _, label = connected_components(graph, directed=False)
    return int(np.bincount(label[moving]).max())
