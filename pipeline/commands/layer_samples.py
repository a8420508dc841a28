"""What a new layer would say at the facilities of a region, before it is registered.

It asks the stages themselves: the inventory is cleaned and the layer sampled exactly
as a run would do it, so that what stops a run is seen here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from pipeline.core.command import project_root
from pipeline.core.config import Region, read_methods
from pipeline.core.layers import Layer
from pipeline.core.methods.hazards import HazardMethods
from pipeline.core.tables import table_of
from pipeline.hazards.checks import check_periods, check_possible
from pipeline.hazards.places import Place, places_of, sites_of
from pipeline.hazards.samplers import sampler_for
from pipeline.hazards.samples import Sample
from pipeline.inventory.clean import clean
from pipeline.inventory.stage import read_inventories
from pipeline.retrieve.layer_doubts import Doubt
from pipeline.retrieve.layer_picture import Mark


@dataclass(frozen=True, slots=True)
class Facilities:
    """Cleaned facilities of a region, with the places at which they are sampled."""

    frame: pd.DataFrame
    places: tuple[Place, ...]

    def marks(self, samples: Sequence[Sample] = (), unit: str = "") -> list[Mark]:
        """Marks for a picture, with the values of one level where there are any."""
        said = {one.tmf_id: one for one in samples}
        names = dict(zip(self.frame["tmf_id"], self.frame["name"], strict=True))
        marks = []
        for place in self.places:
            one = said.get(place.tmf_id)
            has_value = one is not None and one.status.has_value
            text = "not sampled" if one is None else str(one.status)
            if one is not None and one.value is not None:
                text = f"{one.value:.4g} {unit}"
            name = str(names.get(place.tmf_id) or place.tmf_id)
            marks.append(Mark(name, place.lon_deg, place.lat_deg, text, has_value))
        return marks


def facilities_of(region: Region) -> Facilities:
    """Facilities of a region's inventory that have a position.

    Raises
    ------
    InputError
        If the inventory cannot be read.
    """
    methods = read_methods(project_root() / "configs" / "methods.yaml").inventory
    cleaned = clean(read_inventories(region), region.config, methods)
    frame = table_of("facilities", cleaned.facilities)
    return Facilities(frame, places_of(frame))


def sampled(
    layer: Layer, path: Path, facilities: Facilities, choices: HazardMethods
) -> tuple[list[Doubt], list[Mark]]:
    """Doubts and marks from sampling the layer at all facilities.

    Raises
    ------
    InputError
        If the layer holds a value that cannot be, or falls with the return period.
    """
    places = facilities.places
    if layer.kind == "table":
        places = sites_of([str(key) for key in facilities.frame["tmf_id"]])
    found = sampler_for(layer.kind, layer.id)(layer, path, places, choices)
    check_possible(layer, found)
    found = check_periods(layer, found)
    last = layer.bands[-1]
    shown = [one for one in found.samples if one.band == last]
    values = [one for one in shown if one.status.has_value]
    doubts = []
    if not values:
        text = f"it covers no facility of the region (0 of {len(facilities.places)})"
        doubts.append(Doubt(False, text))
    elif all(one.value == 0 for one in values):
        doubts.append(Doubt(False, f"it is zero at all {len(values)} facilities"))
    return doubts, facilities.marks(shown, layer.unit)
