"""Read the rivers of a region from whatever it has: keyed lines, lines, or a relief."""

from __future__ import annotations

from functools import partial
from typing import Final

import numpy as np

from pipeline.core.layers import LocalLayer
from pipeline.core.methods.network import DischargeRelation, NetworkMethods
from pipeline.rivers.build import build_network
from pipeline.rivers.discharge import RegionalRelation
from pipeline.rivers.network import Network
from pipeline.rivers.networks import without_topology
from pipeline.rivers.reading import RawReaches, raw_reaches, read_lines
from pipeline.rivers.terrain import (
    cell_size_m,
    heights_at,
    read_relief,
    river_layer,
)
from pipeline.rivers.untangle import untangle

ROUGHNESS: Final = 0.05
"""Height of a cell above the river in it, as a share of the cell's size (P)."""


def network_from(
    local: LocalLayer, relief: LocalLayer | None, methods: NetworkMethods
) -> Network:
    """Checked network from a layer of the manifest that has a file.

    Parameters
    ----------
    local
        River lines, or a relief from which rivers are derived.
    relief
        Terrain heights that tell directions where the lines do not; None if the region
        has none.

    Raises
    ------
    InputError
        If the layer cannot be used (see `reading`, `mending`, `untangle`).
    """
    raw = read_rivers(local, relief, methods)
    return build_network(raw, stated_relation(methods.discharge_relation))


def read_rivers(
    local: LocalLayer, relief: LocalLayer | None, methods: NetworkMethods
) -> RawReaches:
    """Raw reaches of the layer, directions found where it has none."""
    if local.path is None:
        raise ValueError(f"{local.layer.id} has no file")
    if local.layer.kind == "raster":
        return raw_reaches(river_layer(read_relief(local.path), methods), local.path)
    frame = read_lines(local)
    plain = without_topology([str(column) for column in frame.columns])
    if plain is None:
        return raw_reaches(frame, local.path)
    if relief is None or relief.path is None:
        return untangle(frame, plain, local.path, None, methods)
    limit_m = max(methods.climb_limit_m, ROUGHNESS * cell_size_m(relief.path))
    methods = methods.model_copy(update={"climb_limit_m": limit_m})
    levels = partial(heights_at, relief.path)
    return untangle(frame, plain, local.path, levels, methods)


def stated_relation(stated: DischargeRelation | None) -> RegionalRelation | None:
    """Relation of the methods in the form that the network uses."""
    if stated is None:
        return None
    return RegionalRelation(
        factor=stated.factor,
        power=stated.power,
        scatter_factor=stated.scatter_factor,
        n=0,
        smallest_area_km2=0.0,
        largest_area_km2=np.inf,
        source=stated.source,
    )
