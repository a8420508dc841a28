"""How steep and how high the ground is above a facility, from terrain heights.

Within ``distance_m`` of the place, or inside of the polygon of the slope above, the
cells that lie higher than the facility count. Method: docs/methods.md, "Hazards".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from pipeline.core.layers import Band
from pipeline.core.model import Confidence, Status, Zone
from pipeline.core.records import Record
from pipeline.core.schemas.hazards import NOTES
from pipeline.hazards.derivation import (
    Bounds,
    Heights,
    Ingredient,
    Outcome,
    Site,
    Taken,
    Work,
    found,
    lacking,
)

CELLS_ACROSS: Final = 5
"""Cells that the distance must span for a slope to mean anything (P)."""


class Options(Record):
    """Options of the method."""

    quantity: Literal["slope_deg", "relief_m"] = Field(
        description="Steepest slope of a cell, or height of the highest cell above the "
        "facility."
    )
    distance_m: float = Field(gt=0, description="How far up the slope, metres.")


def ingredients(options: Options) -> Mapping[str, Ingredient]:
    """Terrain around the facility."""
    del options
    return {"relief": Ingredient(Taken.HEIGHTS, ("m",))}


def labels(options: Options) -> tuple[Confidence, ...]:
    """Label of the choice of cells."""
    del options
    return (Confidence.PROJECT,)


def derive(site: Site, band: Band, work: Work) -> Outcome:
    """Slope or relief above the facility, with the 95 % quantile as low bound."""
    del band
    options, terrain = work.options, site.heights["relief"]
    limit_m = options.distance_m / CELLS_ACROSS
    cell_m = max(terrain.dx_m, terrain.dy_m)
    if cell_m > limit_m:
        return lacking(
            Status.NOT_COVERED, "relief_too_coarse", cell_m=cell_m, limit_m=limit_m
        )
    if site.place.kind == "circle" and site.place.radius_m > options.distance_m:
        return lacking(
            Status.NOT_PROVIDED, "position_too_uncertain", radius_m=site.place.radius_m
        )
    is_zone = site.place.zone == Zone.SLOPE_ABOVE
    counted, base_m = cells_above(terrain, options.distance_m, is_zone=is_zone)
    if base_m is None:
        return lacking(Status.NOT_COVERED, "no_data_here")
    share = known_share(terrain, options.distance_m, is_zone=is_zone)
    if share < work.least_share:
        code, needed = "covered_too_little", work.least_share
        lost = lacking(
            Status.NOT_COVERED, code, share_fraction=share, needed_fraction=needed
        )
        return replace(lost, covered_fraction=share)
    note = None
    if share < 1:
        note = NOTES.reason("partly_covered", share_fraction=share)
    if not counted.any():
        return found(Bounds(0.0, 0.0, 0.0), note, share)
    if options.quantity == "relief_m":
        values = terrain.height_m[counted] - base_m
    else:
        values = slope_deg(terrain)[counted]
        values = values[~np.isnan(values)]
        if not values.size:
            return lacking(Status.NOT_COVERED, "no_data_here")
    largest = float(values.max())
    bounds = Bounds(float(np.quantile(values, 0.95)), largest, largest)
    return found(bounds, note, share)


def known_share(terrain: Heights, distance_m: float, *, is_zone: bool) -> float:
    """Share of the cells looked at that have a height; those beyond the raster lack it.

    They are the cells of a zone, or those within the distance of the facility, its own
    included.
    """
    looked_at = terrain.inside if is_zone else terrain.away_m <= distance_m
    n_cells = int(looked_at.sum())
    known = looked_at & ~np.isnan(terrain.height_m)
    return int(known.sum()) / n_cells if n_cells else 1.0


def cells_above(
    terrain: Heights, distance_m: float, *, is_zone: bool
) -> tuple[NDArray[np.bool_], float | None]:
    """Cells of the ground above, and the height of the facility (None without data).

    A facility's height is the mean of its own cells, of the nearest one where it is
    smaller than a cell. The ground above a facility lies within the distance and is
    higher than its highest cell; that of a zone is the zone, and its lowest cell is
    the base.
    """
    known = ~np.isnan(terrain.height_m)
    own = terrain.inside & known
    if is_zone:
        heights = terrain.height_m[own]
        return own, float(heights.min()) if heights.size else None
    if not own.any():
        nearest = np.where(known, terrain.away_m, np.inf)
        if not np.isfinite(nearest.min(initial=np.inf)):
            return own, None
        own = nearest == nearest.min()
    heights = terrain.height_m[own]
    higher = known & ~own & (terrain.height_m > heights.max())
    return higher & (terrain.away_m <= distance_m), float(heights.mean())


def slope_deg(terrain: Heights) -> NDArray[np.float64]:
    """Slope of every cell by Horn's third-order differences, degrees; NaN at edges."""
    z = terrain.height_m
    slope = np.full(z.shape, np.nan)
    if min(z.shape) < 3:
        return slope
    west = z[:-2, :-2] + 2 * z[1:-1, :-2] + z[2:, :-2]
    east = z[:-2, 2:] + 2 * z[1:-1, 2:] + z[2:, 2:]
    north = z[:-2, :-2] + 2 * z[:-2, 1:-1] + z[:-2, 2:]
    south = z[2:, :-2] + 2 * z[2:, 1:-1] + z[2:, 2:]
    gradient = np.hypot(
        (east - west) / (8 * terrain.dx_m), (north - south) / (8 * terrain.dy_m)
    )
    slope[1:-1, 1:-1] = np.degrees(np.arctan(gradient))
    return slope
