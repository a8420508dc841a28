"""Sampler of rasters: all levels at all places in one pass, by exact shares of cells.

The layer declares how its cells are meant. ``nearest``: a value holds throughout its
cell, and a place is the exact overlay of its circle with the cells. ``bilinear``: the
values are points of a surface, and the circle is overlaid on that surface, read on a
lattice at least as fine as the cells. Either way the central value is the mean over
the circle, because any spot in it may be the facility's.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from pipeline.core.layers import Band, Layer
from pipeline.core.methods.hazards import HazardMethods
from pipeline.core.model import Status
from pipeline.hazards.levels import raster_levels
from pipeline.hazards.places import Place
from pipeline.hazards.samples import Sample, Sampled, sample_of
from pipeline.hazards.sampling.grid import open_raster
from pipeline.hazards.sampling.outlines import pieces_on
from pipeline.hazards.sampling.place_statistics import place_statistics


def sample(
    layer: Layer, path: Path, places: Sequence[Place], choices: HazardMethods
) -> Sampled:
    """Sample all levels of a raster at all places, each touched block decoded once.

    Raises
    ------
    InputError
        If the raster is not what the registry says, or cannot be read, or a place
        spans too many of its cells.
    """
    with open_raster(layer, path) as (_, grid):
        levels = raster_levels(layer, grid)
    pieces = pieces_on(places, grid)
    bands = tuple(level.band for level in levels)
    found = place_statistics(layer, path, bands, pieces, len(places), choices)
    rows = found.rows()
    samples: list[Sample] = []
    for index, place in enumerate(places):
        for level, figures in zip(levels, rows[index], strict=True):
            one = _level_sample(place, level, figures, layer, choices)
            if index in pieces.refused:
                one = one.without_value(Status.INVALID, pieces.refused[index])
            samples.append(one)
    return Sampled(tuple(samples))


def _level_sample(
    place: Place,
    level: Band,
    figures: Sequence[float],
    layer: Layer,
    choices: HazardMethods,
) -> Sample:
    """Sample of one level from its statistics, in the order of `PlaceStatistics`."""
    low, mean, high, peak, least, largest, covered = figures
    if math.isnan(mean):
        return sample_of(place, level, None, None, covered, layer, choices)
    bounds, extremes = (low, mean, high), (least, largest)
    return sample_of(place, level, bounds, extremes, covered, layer, choices, peak)
