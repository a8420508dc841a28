"""What a region's file lacks, and what each gap costs the result, in sentences."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from pipeline.core.config import Region, read_region
from pipeline.core.errors import InputError
from pipeline.core.layers import Layer, LayerState, LocalLayer, Registry
from pipeline.core.model import Scenario
from pipeline.retrieve.find import invalid, locate
from pipeline.retrieve.lookup import (
    ROLE_OF_USE,
    Places,
    places_of,
    read_registries,
    registry_paths,
    wanted_layers,
)
from pipeline.retrieve.optional import settled

_COST_OF_INPUT: Final = (
    "hazards that are computed from it have no value for any facility"
)
COST_OF_ABSENCE: Final[dict[str, str]] = {
    "borders": "no border crossings, no countries along the river, no country "
    "outlines on the map",
    "boundary_lines": "the map draws the edges of countries and cannot mark which of "
    "them are disputed",
    "rivers": "no downstream paths, no border crossings, no arrival times and no "
    "receptors for any facility",
    "lakes": "travel times do not slow down in lakes and reservoirs, so arrivals are "
    "too early there",
    "flow_direction": "facilities are joined to the nearest reach, even where a divide "
    "lies between",
    "reach_of_cell": "flow directions cannot be used without it, and the reaches that "
    "a facility may drain to are found by distance alone",
    "canals": "water that canals take out of the rivers is not followed",
    "places": "no settlements downstream, no people at risk, and no names on the map",
    "receptors": "no water intakes, protected areas and gauges downstream",
    "population": "people at risk are counted from settlements alone; people between "
    "them are missed",
    "relief": "no river slopes from terrain, so velocities rest on fallback values, "
    "and no shaded relief on the map",
    "basin": "the map shows no basin outline, and discharge has no catchment to "
    "check against",
    "hazards": "this hazard has no value for any facility, and the indices count it "
    "as unknown",
    "climate_factors": "no change under climate scenarios",
    "climate_baselines": "grids of the future cannot become change factors",
}
_AVAILABLE: Final = LayerState.AVAILABLE


class Weight(StrEnum):
    """How much a finding matters."""

    FINE = "ok"
    GAP = "gap"
    EXTRA = "extra"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    weight: Weight
    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that was found about a region's file."""

    region: str
    findings: tuple[Finding, ...]

    @property
    def has_errors(self) -> bool:
        """Whether the region cannot run as it is."""
        return any(item.weight is Weight.ERROR for item in self.findings)

    def text(self) -> str:
        """Report for people, one line for each finding."""
        count = {
            weight: sum(item.weight is weight for item in self.findings)
            for weight in Weight
        }
        lines = [
            f"{item.weight.value:<5}  {item.subject}: {item.text}"
            for item in self.findings
        ]
        if self.has_errors:
            close = f"{count[Weight.ERROR]} error(s): the region cannot run as it is."
        elif count[Weight.GAP]:
            close = (
                f"The region can run; {count[Weight.GAP]} gap(s) listed above make its "
                "result thinner."
            )
        else:
            close = "The region is complete."
        return "\n".join([f"Region {self.region}", *lines, close]) + "\n"


def check_region(
    path: Path, data_roots: tuple[Path, ...] = (), cache: Path | None = None
) -> Report:
    """Check a region's file, the files that it names, and its layers.

    Nothing is downloaded and nothing is written.

    Parameters
    ----------
    path
        The region's file.
    data_roots, cache
        Folders to search besides the region's own layers.

    Raises
    ------
    InputError
        If the region's file or a registry is wrong, so that nothing else can be
        checked.
    """
    region = read_region(path)
    registry = read_registries(registry_paths(region))
    places = places_of(region, data_roots, cache)
    findings = [
        *_inventory(region),
        *_zones(region),
        *_layers(region, registry, places),
        *_unnamed(region),
        *_displacement(region),
        *_climate(region, registry),
    ]
    return Report(region.config.region, tuple(findings))


def _inventory(region: Region) -> Iterator[Finding]:
    for source in region.config.inventory:
        for file in filter(None, (source.path, source.values, source.columns)):
            local = Path(os.path.normpath(region.resolve(file)))
            if local.is_file():
                yield Finding(Weight.FINE, "inventory", f"{local} is there.")
            else:
                yield Finding(
                    Weight.ERROR,
                    "inventory",
                    f"there is no file {local}; without it there are no facilities. "
                    "Paths are relative to the region's file.",
                )


def _zones(region: Region) -> Iterator[Finding]:
    """Files of zones and of compositions."""
    config = region.config
    named = [("zones", source.path) for source in config.zones]
    named += [("compositions", source.path) for source in config.compositions]
    for subject, path in named:
        local = Path(os.path.normpath(region.resolve(path)))
        if local.is_file():
            yield Finding(Weight.FINE, subject, f"{local} is there.")
        else:
            yield Finding(
                Weight.ERROR,
                subject,
                f"there is no file {local}; the run stops without it. Paths are "
                "relative to the region's file.",
            )


def _layers(region: Region, registry: Registry, places: Places) -> Iterator[Finding]:
    wanted = wanted_layers(region, registry)
    found = [_located(layer, uses, places, region) for layer, uses in wanted.values()]
    kept, passed = settled(found)
    spare = {item.layer.id for item in found}
    spare -= {item.layer.id for item in (*kept, *passed)}
    for item in found:
        layer, uses = item.layer, item.uses
        if layer.id in spare:
            continue  # an input of a layer that is passed over
        subject = f"{', '.join(uses)}: {layer.id}"
        if item in passed and item.state is not LayerState.INVALID:
            text = f"{item.reason} It would serve if it were there: {layer.title.en}."
            if layer.derivation is not None:
                here = {one.layer.id for one in found if one.state is _AVAILABLE}
                lacking = sorted(set(layer.derivation.inputs.values()) - here)
                text += f" Not here: {', '.join(lacking)}."
            yield Finding(Weight.EXTRA, subject, text)
        elif item.state is LayerState.MISSING:
            costs = "; ".join(COST_OF_ABSENCE.get(use, _COST_OF_INPUT) for use in uses)
            yield Finding(
                Weight.GAP, subject, f"{item.reason} What this costs: {costs}."
            )
        elif item.state is LayerState.INVALID:
            yield Finding(Weight.ERROR, subject, item.reason)
        elif strange := _strange_basins(layer, region):
            yield Finding(Weight.GAP, subject, strange)
        else:
            extra = " It is a stand-in made by the project (demonstration)."
            yield Finding(
                Weight.FINE,
                subject,
                item.reason + (extra if layer.demonstration else ""),
            )


def _strange_basins(layer: Layer, region: Region) -> str | None:
    """Sentence about basins of the region that the layer leaves out, or None."""
    wanted = region.config.river_basins
    if not layer.basins or (wanted and set(wanted) <= set(layer.basins)):
        return None
    return (
        f"the layer holds the basin of {', '.join(layer.basins)} alone, but the region "
        f"takes facilities of {', '.join(wanted) or 'any basin'}. What this costs: "
        "facilities of other basins have no downstream path, or that of a neighbour. "
        "To mend: name the basin in 'river_basins', or another layer."
    )


def _located(
    layer: Layer, uses: tuple[str, ...], places: Places, region: Region
) -> LocalLayer:
    try:
        return locate(
            layer,
            uses,
            places,
            region.config.bbox.bounds,
            may_download=False,
            accept_unverified=False,
        )
    except InputError as error:
        return invalid(layer, uses, error)


def _unnamed(region: Region) -> Iterator[Finding]:
    named = region.config.layers.uses()
    for use in ROLE_OF_USE:
        if use not in named and use != "climate_baselines":
            yield Finding(
                Weight.GAP,
                use,
                f"the region names no layer. What this costs: {COST_OF_ABSENCE[use]}.",
            )


def _displacement(region: Region) -> Iterator[Finding]:
    if not region.config.displacement:
        yield Finding(
            Weight.GAP,
            "displacement",
            "the region names no InSAR product. What this costs: the motion of every "
            "facility is 'not covered', and no watch level is given.",
        )
    for source in region.config.displacement:
        local = region.resolve(source.path)
        if local.exists():
            yield Finding(Weight.FINE, f"displacement: {source.id}", "is there.")
        else:
            yield Finding(
                Weight.ERROR,
                f"displacement: {source.id}",
                f"there is nothing at {local}. Paths are relative to the region's "
                "file.",
            )


def _climate(region: Region, registry: Registry) -> Iterator[Finding]:
    config = region.config
    if not config.climate:
        yield Finding(
            Weight.GAP,
            "climate",
            "the region names no climate case. What this costs: hazards are given "
            "for the present climate only.",
        )
        return
    rows = registry.by_id()
    wanted = {rows[key].intensity_measure for key in config.layers.hazards}
    scaled = {
        measure
        for key in config.layers.climate_factors
        for measure in rows[key].applies_to
    }
    projected = any(
        band.scenario is not Scenario.HISTORICAL
        for key in config.layers.hazards
        for band in rows[key].bands
    )
    if not projected and not wanted & scaled:
        yield Finding(
            Weight.GAP,
            "climate",
            "no named hazard layer has values for a climate scenario, and no table of "
            "change factors applies to one of them. What this costs: every climate "
            "case is 'not covered'.",
        )
