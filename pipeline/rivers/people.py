"""Tables of places and people below facilities."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from pipeline.core.methods.rivers import RiverMethods
from pipeline.core.tables import empty_table, table_of
from pipeline.rivers import frames
from pipeline.rivers.areas import areas_on_paths, near_areas
from pipeline.rivers.arrivals import Arrivals, arrivals_at
from pipeline.rivers.corridor import raster_rows
from pipeline.rivers.exposure import (
    Bands,
    all_bands,
    cells_on_paths,
    cut_into_bands,
    settlement_rows,
)
from pipeline.rivers.following import Followed, Surroundings
from pipeline.rivers.receptors import (
    Exposures,
    Places,
    lakes_on_paths,
    near_reaches,
    places_on_paths,
)

log = logging.getLogger(__name__)
Exposed = list[tuple[Places, Exposures, Arrivals]]


def receptors_frame(
    followed: Followed, around: Surroundings, methods: RiverMethods
) -> tuple[pd.DataFrame, Exposed]:
    """Table ``receptors``, and what it was made of."""
    exposed: Exposed = []
    parts = []
    for places, rows in _joined(followed, around, methods):
        arrivals, latest = (
            arrivals_at(followed.network, followed.timing, followed.paths, *at)
            for at in (
                (rows.element, rows.fraction),
                (rows.late_element, rows.late_fraction),
            )
        )
        beside = rows.beside
        arrivals = replace(
            arrivals, distance_m=np.where(beside, 0.0, arrivals.distance_m)
        )
        kinds = Counter(places.kind[rows.place])
        log.info("places on the paths: %s", dict(sorted(kinds.items())))
        exposed.append((places, rows, arrivals))
        if len(rows.path):
            parts.append(
                frames.places_frame(
                    followed.paths, followed.ids, places, rows, arrivals, latest
                )
            )
    return (pd.concat(parts) if parts else empty_table("receptors")), exposed


def _joined(
    followed: Followed, around: Surroundings, methods: RiverMethods
) -> list[tuple[Places, Exposures]]:
    network, paths, limit_m = (
        followed.network,
        followed.paths,
        methods.receptor_distance_m,
    )
    radius = np.where(np.isfinite(followed.radius_m), followed.radius_m, limit_m)
    exposed, keys = lakes_on_paths(network, paths, followed.timing)
    lakes = frames.entered_lakes(network, paths, around.lakes, exposed, keys)
    joined = [(lakes, exposed)]
    own = () if around.places is None else (around.places,)
    for places in (*own, *around.receptors):
        if places.shape is not None:
            contacts = near_areas(network, places, limit_m)
            joined.append((places, areas_on_paths(network, paths, contacts)))
            continue
        near = near_reaches(followed.index, places, limit_m)
        found = places_on_paths(network, paths, places, near, limit_m, radius)
        joined.append((places, found))
    return joined


def exposure_frame(
    followed: Followed, exposed: Exposed, around: Surroundings, methods: RiverMethods
) -> pd.DataFrame:
    """Table ``exposure`` from the settlements, and from the raster where there is one.

    Settlements of the region's layer of places alone count, so that nobody who also
    stands in a layer of receptors counts twice.
    """
    rows: list[dict[str, Any]] = []
    for bands in all_bands(methods.exposure_distances_m, methods.exposure_hours):
        if around.places is not None:
            rows += _settlements(followed, exposed, around.places, bands)
        if around.population is not None:
            rows += raster_rows(
                followed.network,
                followed.paths,
                followed.ids,
                cut_into_bands(
                    followed.network, followed.timing, followed.paths, bands
                ),
                bands,
                around.countries,
                around.population,
                corridor_m=methods.corridor_m,
                farthest_m=max(methods.exposure_distances_m),
                metric_crs=around.metric_crs,
            )
    return table_of("exposure", rows)


def _settlements(
    followed: Followed, exposed: Exposed, places: Places, bands: Bands
) -> list[dict[str, Any]]:
    _, rows, arrivals = next(part for part in exposed if part[0] is places)
    cells = cells_on_paths(
        followed.network,
        followed.timing,
        followed.stretches,
        followed.paths,
        bands,
    )
    found = settlement_rows(followed.ids, places, rows, arrivals, cells, bands)
    return list(found)
