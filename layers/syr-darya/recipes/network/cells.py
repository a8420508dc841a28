"""What is known of every cell of the grid on which the network is derived."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from network import flow


@dataclass(frozen=True, slots=True)
class Surface:
    """Everything known per cell of the grid; flat arrays."""

    grid: flow.Grid
    height_m: NDArray[np.float64]
    guides: flow.GuideCells
    d8: NDArray[np.uint8]
    next_cell: NDArray[np.int64]
    upstream_km2: NDArray[np.float64]
    natural_m3s: NDArray[np.float64]
    today_m3s: NDArray[np.float64]
    gauged: NDArray[np.bool_]
    basin: NDArray[np.int32]
    area_km2: NDArray[np.float64]
    sequence: NDArray[np.int64]
