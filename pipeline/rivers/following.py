"""Facilities joined to the network and followed downstream."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.core.layers import LocalLayer
from pipeline.core.methods.rivers import RiverMethods
from pipeline.rivers.borders import (
    BoundaryLines,
    Countries,
    Stretches,
    stretches_of,
)
from pipeline.rivers.canals import Canal
from pipeline.rivers.lakes import Lake
from pipeline.rivers.nearest import ReachIndex
from pipeline.rivers.network import Network
from pipeline.rivers.overland import FlowGrid
from pipeline.rivers.paths import Paths, Timing, trace
from pipeline.rivers.receptors import Places
from pipeline.rivers.snapping import Site, Snap, snap_sites

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Layers that the network is joined to; None where the region has none.

    ``canals`` is None where there is no canal layer or canals are not followed.
    """

    lakes: dict[str, Lake]
    lake_polygons: Any
    countries: Countries | None
    lines: BoundaryLines | None
    places: Places | None
    receptors: tuple[Places, ...] = ()
    flow: FlowGrid | None = None
    canals: tuple[Canal, ...] | None = None
    population: LocalLayer | None = None
    metric_crs: str = ""


@dataclass(frozen=True, slots=True)
class Followed:
    """Facilities joined to the network and followed downstream.

    ``ids`` and ``radius_m`` belong to the paths; the radius is NaN where unknown.
    """

    network: Network
    timing: Timing
    index: ReachIndex
    stretches: Stretches
    snaps: list[Snap]
    country: Mapping[str, Any]
    paths: Paths
    ids: NDArray[np.object_]
    radius_m: NDArray[np.float64]


def follow(
    network: Network,
    timing: Timing,
    around: Surroundings,
    facilities: pd.DataFrame,
    methods: RiverMethods,
) -> Followed:
    """Join facilities to the network, and trace their water downstream."""
    index = ReachIndex(network.lines)
    facilities = facilities.sort_values("tmf_id", kind="stable")
    sites = sites_of(facilities)
    snaps = snap_sites(network, index, sites, methods.snap_limit_m, around.flow)
    _report_snaps(snaps)
    joined = [snap for snap in snaps if snap.reach is not None]
    paths = trace(
        network,
        timing,
        np.array([snap.reach for snap in joined], dtype=np.int64),
        np.array([snap.fraction for snap in joined], dtype=np.float64),
    )
    return Followed(
        network=network,
        timing=timing,
        index=index,
        stretches=stretches_of(network, around.countries),
        snaps=snaps,
        country=dict(zip(facilities["tmf_id"], facilities["country"], strict=True)),
        paths=paths,
        ids=np.array([snap.site.tmf_id for snap in joined], dtype=object),
        radius_m=np.array([s.site.radius_m for s in joined], dtype=np.float64),
    )


def sites_of(facilities: pd.DataFrame) -> list[Site]:
    """Facilities as the snapping needs them."""
    columns = ("lon_deg", "lat_deg", "position_radius_m")
    numbers = facilities[list(columns)].to_numpy(dtype=np.float64, na_value=np.nan)
    rivers = [None if pd.isna(text) else str(text) for text in facilities["river"]]
    return [
        Site(str(key), float(lon), float(lat), float(radius), river)
        for key, (lon, lat, radius), river in zip(
            facilities["tmf_id"], numbers, rivers, strict=True
        )
    ]


def _report_snaps(snaps: list[Snap]) -> None:
    counts = Counter(snap.status.value for snap in snaps)
    log.info("%d facilities: %s", len(snaps), dict(sorted(counts.items())))
    rules = Counter(snap.rule for snap in snaps if snap.reach is not None)
    log.info("joined by: %s", dict(sorted(rules.items())))
    for snap in snaps:
        if snap.reach is None or snap.agrees is False:
            log.warning("%s: %s", snap.site.tmf_id, snap.reason)
