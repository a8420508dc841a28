"""Facilities that can have points, each with its circle and its own thresholds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.core.config import Region
from pipeline.core.errors import input_error
from pipeline.core.methods.displacement import DisplacementMethods
from pipeline.displacement.search import SearchArea
from pipeline.displacement.warning.status import search_area
from pipeline.displacement.zones import Outlines


@dataclass(frozen=True, slots=True)
class Place:
    """Circle of a facility and the methods that hold for it."""

    area: SearchArea
    methods: DisplacementMethods
    has_own_methods: bool = False


def places_of(
    facilities: Sequence[Mapping[str, Any]],
    outlines: Mapping[str, Outlines],
    region: Region,
    methods: DisplacementMethods,
) -> tuple[list[Place], list[str]]:
    """Facilities with a place, and the ids of those without.

    Raises
    ------
    InputError
        If the region's file gives thresholds for a facility that does not exist, or
        thresholds that do not hold together.
    """
    own = own_methods(facilities, region, methods)
    found: list[Place] = []
    without: list[str] = []
    for facility in facilities:
        tmf_id = str(facility["tmf_id"])
        chosen = own.get(tmf_id, methods)
        area = search_area(facility, chosen, outlines.get(tmf_id, ()))
        if area is None:
            without.append(tmf_id)
        else:
            found.append(Place(area, chosen, tmf_id in own))
    return found, without


def own_methods(
    facilities: Sequence[Mapping[str, Any]],
    region: Region,
    methods: DisplacementMethods,
) -> dict[str, DisplacementMethods]:
    """Methods of the facilities for which the region's file gives thresholds."""
    known = {str(facility["tmf_id"]) for facility in facilities}
    found: dict[str, DisplacementMethods] = {}
    for tmf_id, thresholds in region.config.displacement_thresholds.items():
        if tmf_id not in known:
            raise input_error(
                region.path,
                field=f"displacement_thresholds.{tmf_id}",
                found="a facility that the inventory does not have",
                expected="a tmf_id of the table of facilities",
                fix="correct the id, or take the entry out",
            )
        try:
            found[tmf_id] = methods.with_thresholds(thresholds)
        except ValueError as error:
            raise input_error(
                region.path,
                field=f"displacement_thresholds.{tmf_id}",
                found=str(error).splitlines()[-1].strip(),
                expected="thresholds as the methods have them",
                fix="correct the entry",
            ) from None
    return found
