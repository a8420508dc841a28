"""Read the grids of flow directions and of first reaches."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd
import rasterio
from numpy.typing import NDArray
from rasterio.errors import RasterioError

from pipeline.core.errors import input_error
from pipeline.core.geo import same_grid
from pipeline.core.layers import LocalLayer
from pipeline.core.tables import STORAGE_CRS
from pipeline.rivers.network import Network
from pipeline.rivers.overland import NO_REACH, FlowGrid

LEAST_KNOWN: Final = 0.5
"""Share of the grid's reaches that the river layer must have."""


def read_flow_grid(
    direction: LocalLayer, reach: LocalLayer, network: Network
) -> FlowGrid:
    """Flow directions with the place of each cell's first reach in the network.

    Cells of reaches that the river layer does not have (a clipped layer) count as cells
    without a reach.

    Raises
    ------
    InputError
        If the grids cannot be read, differ from each other, are not north up in
        EPSG:4326, or lead to reaches of another river layer.
    """
    codes, transform = _read(direction)
    keys, other = _read(reach)
    if codes.shape != keys.shape or not same_grid(transform, other):
        raise input_error(
            reach.path or reach.layer.id,
            found=f"{keys.shape} cells at {other[2]:g}, {other[5]:g}",
            expected=f"the grid of {direction.layer.id!r}: {codes.shape} cells at "
            f"{transform[2]:g}, {transform[5]:g}",
            fix="use two layers that were made together",
        )
    missing = reach.layer.nodata
    empty = 0 if missing is None or missing == "nan" else missing
    return FlowGrid(
        direction=codes.astype(np.uint8),
        reach=_places(keys.astype(np.int64), int(empty), network, reach),
        west_deg=transform[2],
        north_deg=transform[5],
        cell_lon_deg=transform[0],
        cell_lat_deg=-transform[4],
    )


def _read(local: LocalLayer) -> tuple[NDArray[Any], tuple[float, ...]]:
    path = local.path or local.layer.id
    try:
        with rasterio.open(path) as dataset:
            crs, transform = dataset.crs, tuple(dataset.transform)[:6]
            values = dataset.read(1)
    except RasterioError as error:
        raise input_error(
            path,
            found=f"a file that cannot be read ({error})",
            expected=f"the raster of layer {local.layer.id!r}",
            fix="fetch the file again, or correct 'file' in the registry",
        ) from None
    upright = transform[1] == transform[3] == 0 and transform[0] > 0 > transform[4]
    if crs is None or crs.to_epsg() != 4326 or not upright:
        name = crs.to_string() if crs else "no CRS"
        raise input_error(
            path,
            found=f"{name}, transform {transform}",
            expected=f"a north-up grid in {STORAGE_CRS}",
            fix="reproject the grid by nearest neighbour, or make it anew",
        )
    return values, transform


def _places(
    keys: NDArray[np.int64], empty: int, network: Network, local: LocalLayer
) -> NDArray[np.int64]:
    """Place in the network of every cell's reach; -1 without one."""
    inverse, there = pd.factorize(keys.ravel())
    known = {str(key): k for k, key in enumerate(network.source_id)}
    place = np.array(
        [NO_REACH if key == empty else known.get(str(key), NO_REACH) for key in there],
        dtype=np.int64,
    )
    named = there != empty
    found = np.count_nonzero(place[named] >= 0)
    if found < LEAST_KNOWN * np.count_nonzero(named):
        raise input_error(
            local.path or local.layer.id,
            found=f"{np.count_nonzero(named)} reaches, {found} of them in the river "
            "layer",
            expected="the reaches of the region's river layer",
            fix="take 'flow_direction' and 'reach_of_cell' out of the region's file, "
            "or use the grids that belong to the river layer",
        )
    return np.asarray(place[inverse].reshape(keys.shape), dtype=np.int64)
