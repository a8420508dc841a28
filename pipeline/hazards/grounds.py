"""Places of a region's facilities, zone by zone, each found once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from pipeline.core.flow import FlowDirections
from pipeline.core.geo import area_m2
from pipeline.core.layers import Manifest
from pipeline.core.methods.hazards import HazardMethods
from pipeline.core.model import Zone
from pipeline.hazards.above import ground_above
from pipeline.hazards.flow_file import read_flow
from pipeline.hazards.places import Place, Shapes, Spots, shapes_of, spots_at

_FLOW_USE = "flow_direction"


class Grounds:
    """Where each facility of a region is sampled, for every wish of a layer.

    The flow directions of the region are read when ground above a facility is asked
    for and no polygon outlines it, and then kept.
    """

    def __init__(
        self,
        manifest: Manifest,
        choices: HazardMethods,
        facilities: pd.DataFrame,
        zones: pd.DataFrame,
    ) -> None:
        self.facilities = facilities
        self._manifest = manifest
        self._choices = choices
        self._shapes: Shapes = shapes_of(zones)
        self._spots: dict[tuple[Zone, ...], Spots] = {}
        self._above: dict[tuple[str, Zone], BaseGeometry | str] = {}

    def spots(self, wanted: Sequence[Zone]) -> Spots:
        """Places of all facilities for layers that ask for some zones, best first."""
        key = tuple(wanted)
        if key not in self._spots:
            self._spots[key] = spots_at(
                key, self.facilities, self._shapes, self._ground_above
            )
        return self._spots[key]

    def areas_m2(self, tmf_id: str) -> dict[Zone, float]:
        """Geodesic areas of the zones of a facility that are outlined."""
        own = self._shapes.get(tmf_id, {})
        return {
            zone: sum(area_m2(part) for part in shapely.get_parts(outline))
            for zone, outline in own.items()
        }

    @cached_property
    def flow(self) -> FlowDirections | None:
        """Flow directions of the region, None where there are none."""
        named = self._manifest.used_as(_FLOW_USE)
        return read_flow(named[0] if named else None)

    def _ground_above(self, place: Place, zone: Zone) -> BaseGeometry | str:
        key = (place.tmf_id, zone)
        if key not in self._above:
            self._above[key] = ground_above(place, zone, self.flow, self._choices)
        return self._above[key]
