"""Glacial lakes whose water would pass a facility.

Every lake is followed down the flow directions; it counts where its way comes within a
corridor of the facility before ``reach_km``. The way is known to a cell of the
directions, so cells must not be wider than the corridor. Reservoirs on the way, which
would hold a flood back, are not looked for. Method: docs/methods.md, "Hazards".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy.spatial import cKDTree

from pipeline.core.flow import FlowDirections, path_down
from pipeline.core.geo import distance_m
from pipeline.core.layers import Band
from pipeline.core.model import Confidence, Status
from pipeline.core.records import Record
from pipeline.core.rings import mapped
from pipeline.hazards.derivation import (
    Bounds,
    Features,
    Ingredient,
    Outcome,
    Site,
    Taken,
    Work,
    found,
    lacking,
)

Numbers = NDArray[np.float64]
_EARTH_M: Final = 6_356_752.0
_SLACK: Final = 1.01


class Options(Record):
    """Options of the method."""

    quantity: Literal["number", "area_m2", "volume_m3", "nearest_km"] = Field(
        description="Lakes above: how many, their area, their volume, or the way from "
        "the nearest one."
    )
    corridor_m: float = Field(
        gt=0, description="How near the way of the water must come, metres."
    )
    reach_km: float = Field(
        gt=0, description="Lakes farther up the way do not count, kilometres."
    )


@dataclass(frozen=True, slots=True)
class Ways:
    """Cells on the ways of all lakes, one after another.

    ``lake`` is the lake of each cell, ``down_m`` its distance from the lake along the
    way; ``tree`` holds the cells as points on the unit sphere.
    """

    lake: NDArray[np.int64]
    down_m: Numbers
    lon_deg: Numbers
    lat_deg: Numbers
    tree: Any


def ingredients(options: Options) -> Mapping[str, Ingredient]:
    """Lakes, and the directions that their water takes."""
    del options
    return {"lakes": Ingredient(Taken.FEATURES), "flow": Ingredient(Taken.FLOW)}


def labels(options: Options) -> tuple[Confidence, ...]:
    """Label of the corridor."""
    del options
    return (Confidence.PROJECT,)


def derive(site: Site, band: Band, work: Work) -> Outcome:
    """Quantity of the lakes above; bounds by where in its circle the facility lies."""
    del band
    options, flow, lakes = work.options, work.flow["flow"], work.features["lakes"]
    if flow.cell_m > options.corridor_m:
        return lacking(
            Status.NOT_COVERED,
            "flow_too_coarse",
            cell_m=flow.cell_m,
            limit_m=options.corridor_m,
        )
    if not _is_inside(site, flow):
        return lacking(Status.NOT_COVERED, "outside_flow_layer")
    ways: Ways = work.once("ways", lambda: ways_of(lakes, flow))
    radius_m = site.place.radius_m
    reach = [options.corridor_m + step for step in (-radius_m, 0.0, radius_m)]
    near = _passing(site, ways, reach[2], 1000 * options.reach_km)
    chosen = [{k: m for k, (m, away) in near.items() if away <= r} for r in reach]
    if options.quantity == "nearest_km":
        return _nearest(chosen)
    values = [_total(options.quantity, set(one), lakes) for one in chosen]
    if None in values:
        return lacking(Status.NOT_PROVIDED, "lake_volume_unknown")
    return found(Bounds(*(float(v or 0.0) for v in values)))


def ways_of(lakes: Features, flow: FlowDirections) -> Ways:
    """Ways of all lakes that lie on the grid."""
    rows, columns = flow.code.shape
    x, y = mapped(
        ~flow.transform, *flow.to_grid.transform(lakes.lon_deg, lakes.lat_deg)
    )
    owner, down, lon, lat = [], [], [], []
    for k in range(len(lakes.lon_deg)):
        if not (0 <= x[k] < columns and 0 <= y[k] < rows):
            continue
        cells = path_down(flow.code, int(y[k]), int(x[k]))
        u, v = mapped(flow.transform, cells % columns + 0.5, cells // columns + 0.5)
        east, north = (np.asarray(a) for a in flow.to_degrees.transform(u, v))
        steps = distance_m(east[:-1], north[:-1], east[1:], north[1:])
        owner.append(np.full(len(cells), k, dtype=np.int64))
        down.append(np.concatenate([[0.0], np.cumsum(steps)]))
        lon.append(east)
        lat.append(north)
    if not owner:
        nothing = np.empty(0)
        return Ways(np.empty(0, np.int64), nothing, nothing, nothing, None)
    lon_deg, lat_deg = np.concatenate(lon), np.concatenate(lat)
    tree = cKDTree(_on_sphere(lon_deg, lat_deg))
    return Ways(np.concatenate(owner), np.concatenate(down), lon_deg, lat_deg, tree)


def _passing(
    site: Site, ways: Ways, reach_m: float, longest_m: float
) -> dict[int, tuple[float, float]]:
    """By lake: distance along its way where it comes nearest, and how near."""
    if ways.tree is None or reach_m < 0:
        return {}
    lon, lat = site.place.lon_deg, site.place.lat_deg
    here = _on_sphere(np.array([lon]), np.array([lat]))[0]
    cells = ways.tree.query_ball_point(here, reach_m / _EARTH_M * _SLACK)
    best: dict[int, tuple[float, float]] = {}
    if not cells:
        return best
    away = distance_m(lon, lat, ways.lon_deg[cells], ways.lat_deg[cells])
    for cell, metres in zip(cells, away.tolist(), strict=True):
        lake = int(ways.lake[cell])
        if ways.down_m[cell] > longest_m:
            continue
        if metres <= reach_m and (lake not in best or metres < best[lake][1]):
            best[lake] = (float(ways.down_m[cell]), metres)
    return best


def _nearest(chosen: list[dict[int, float]]) -> Outcome:
    """Shortest way of a lake's water; bounds are those of wider and narrower search."""
    if not chosen[1]:
        return lacking(Status.NOT_PROVIDED, "no_lake_above")
    shortest = [min(one.values()) / 1000 if one else np.inf for one in chosen]
    central = shortest[1]
    high = shortest[0] if np.isfinite(shortest[0]) else central
    return found(Bounds(min(shortest[2], central), central, max(high, central)))


def _total(quantity: str, chosen: set[int], lakes: Features) -> float | None:
    if quantity == "number":
        return float(len(chosen))
    column = lakes.area_m2 if quantity == "area_m2" else lakes.volume_m3
    total = float(np.sum(column[sorted(chosen)])) if chosen else 0.0
    return None if np.isnan(total) else total


def _is_inside(site: Site, flow: FlowDirections) -> bool:
    where = flow.to_grid.transform(site.place.lon_deg, site.place.lat_deg)
    x, y = mapped(~flow.transform, *where)
    rows, columns = flow.code.shape
    return bool(0 <= x < columns and 0 <= y < rows)


def _on_sphere(lon_deg: Numbers, lat_deg: Numbers) -> Numbers:
    """Directions as points on the unit sphere, shape (n, 3)."""
    lon, lat = np.radians(lon_deg), np.radians(lat_deg)
    return np.column_stack(
        [np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)]
    )
