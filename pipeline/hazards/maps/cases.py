"""Which layers of the index a climate case changes, by which factors.

The same factors as at the facilities, in the same order of precedence: a layer's own
bands for the case, else the first usable factor layer that serves it. Of an ensemble
the median (percentile 50) is mapped.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from pipeline.core.config import ClimateCase
from pipeline.core.errors import input_error
from pipeline.core.hazard_maps import MAP_NOTES
from pipeline.core.layers import Band, Layer, LayerState, LocalLayer
from pipeline.core.model import Scenario, Status
from pipeline.hazards.climate import (
    CENTRAL_PERCENTILE,
    Factor,
    FactorLayer,
    check_shift_unit,
    is_unaffected,
    serving,
    table_factors,
    told_cases,
    unavailable_factors,
)
from pipeline.hazards.maps.changed import PlaneChange
from pipeline.hazards.maps.harmonise import Source
from pipeline.hazards.maps.index_map import Recipe, Scored
from pipeline.hazards.maps.recipe import Mapped

# Planes of float32 that the work on one case takes at most, most of them as float64.
_PER_LEVEL: Final = 12
_PER_LAYER: Final = 2
_INDEX: Final = 20


@dataclass(frozen=True, slots=True)
class IndexLayer:
    """A layer of the index: where its planes begin, and the present one that counts."""

    mapped: Mapped
    source: Source
    scored: Scored
    first_plane: int

    @property
    def plane(self) -> int:
        """Plane of the level that counts."""
        return self.first_plane + self.scored.level


@dataclass(frozen=True, slots=True)
class ChangedLayer:
    """A layer that a case changes: its present levels, how, and from which factors.

    ``factors`` is None where the layer has levels of its own for the case.
    """

    layer: IndexLayer
    bands: tuple[Band, ...]
    change: PlaneChange
    factors: Layer | None

    @property
    def counting(self) -> int:
        """Place of the level that counts among the changed ones."""
        return self.change.present.index(self.layer.plane)


@dataclass(frozen=True, slots=True)
class Case:
    """One climate case: layers of the index that change, and why others do not."""

    case: ClimateCase
    changed: tuple[ChangedLayer, ...]
    kept: tuple[tuple[IndexLayer, str], ...]


def index_layers(mapped: Sequence[Mapped]) -> tuple[IndexLayer, ...]:
    """Layers of the index with the planes that they have among all maps."""
    found, plane = [], 0
    for one in mapped:
        if one.source is None:
            continue
        if one.scored is not None:
            found.append(IndexLayer(one, one.source, one.scored, plane))
        plane += len(one.source.levels)
    return tuple(found)


class FactorPlanes:
    """Change factors of a region, and the planes that those from grids take.

    Parameters
    ----------
    items
        Factor layers in the region's order.
    known
        All layers at hand by key, for baselines.
    open_source
        Opens a layer on the region's grid.
    first_plane
        Number of planes before theirs.
    """

    def __init__(
        self,
        items: Sequence[LocalLayer],
        known: Mapping[str, LocalLayer],
        open_source: Callable[[LocalLayer], Source],
        first_plane: int,
    ) -> None:
        self.sources: list[Source] = []
        self._starts: dict[str, int] = {}
        self._bands: dict[str, tuple[Band, ...]] = {}
        self._next, self._open = first_plane, open_source
        self.factors = tuple(self._factors(item, known) for item in items)

    def change(
        self, factors: Layer, case: ClimateCase, present: tuple[int, ...]
    ) -> PlaneChange | None:
        """Change by a grid of factors; None where it has no median for the case."""
        bands = self._bands[factors.id]
        number = next((k for k, b in enumerate(bands) if _is_median(b, case)), None)
        if number is None:
            return None
        baseline = factors.change.baseline
        beside = None
        if baseline is not None:
            beside = self._starts[baseline] + _like(
                bands[number], self._bands[baseline], factors
            )
        return PlaneChange(
            kind=factors.change.factor_kind,
            present=present,
            factors=factors,
            factor=self._starts[factors.id] + number,
            baseline=beside,
        )

    def _factors(
        self, item: LocalLayer, known: Mapping[str, LocalLayer]
    ) -> FactorLayer:
        layer = item.layer
        if item.state is not LayerState.AVAILABLE or item.path is None:
            return unavailable_factors(item)
        if layer.kind == "table":
            return table_factors(layer, item.path)
        if layer.change.baseline is not None:
            beside = _baseline(layer, known)
            if beside.state is not LayerState.AVAILABLE or beside.path is None:
                return unavailable_factors(item, beside)
            self._take(beside)
        levels = self._take(item)
        return FactorLayer(layer, region=tuple(map(_unplaced, levels)))

    def _take(self, item: LocalLayer) -> tuple[Band, ...]:
        key = item.layer.id
        if key not in self._starts:
            source = self._open(item)
            self.sources.append(source)
            self._starts[key], self._bands[key] = self._next, source.levels
            self._next += len(source.levels)
        return self._bands[key]


def with_factors(
    recipe: Recipe,
    factors: FactorPlanes,
    plans: Sequence[Case],
    layers: Sequence[IndexLayer],
) -> Recipe:
    """Recipe with the planes of factors after its own, and room for changed ones."""
    levels = max(
        (sum(len(one.bands) for one in plan.changed) for plan in plans), default=0
    )
    room = _PER_LEVEL * levels + _PER_LAYER * len(layers) + _INDEX if levels else 0
    return replace(
        recipe,
        sources=(*recipe.sources, *factors.sources),
        scored=(*recipe.scored, *[None] * len(factors.sources)),
        extra_planes=room,
    )


def planned_cases(
    cases: Sequence[ClimateCase], layers: Sequence[IndexLayer], factors: FactorPlanes
) -> tuple[Case, ...]:
    """What every climate case changes; optional cases without any factor are left out.

    Raises
    ------
    InputError
        If differences would be added to another unit.
    """
    found = []
    for case in told_cases(cases, factors.factors):
        changed, kept = [], []
        for layer in layers:
            result = _changed(layer, case, factors)
            if isinstance(result, str):
                kept.append((layer, result))
            else:
                changed.append(result)
        found.append(Case(case, tuple(changed), tuple(kept)))
    return tuple(found)


def _changed(
    layer: IndexLayer, case: ClimateCase, factors: FactorPlanes
) -> ChangedLayer | str:
    """How a case changes a layer, or why it does not."""
    row, levels = layer.mapped.item.layer, layer.source.levels
    if any((b.scenario, b.horizon) == (case.scenario, case.horizon) for b in levels):
        return _own(layer, case)
    if is_unaffected(row):
        return MAP_NOTES.reason("unchanged_by_climate")
    serves = serving(row, factors.factors, case)
    if serves is None:
        return MAP_NOTES.reason("no_factor_known")
    if serves.missing is not None:
        return MAP_NOTES.reason(
            "factors_not_available",
            layer=serves.missing_baseline or serves.layer.id,
            state=serves.missing,
        )
    check_shift_unit(serves.layer, row)
    numbers = [k for k, b in enumerate(levels) if b.scenario is Scenario.HISTORICAL]
    present = tuple(layer.first_plane + k for k in numbers)
    change: PlaneChange | None = None
    if serves.layer.kind == "table":
        for factor in serves.region:
            if factor.is_case(case) and factor.percentile == CENTRAL_PERCENTILE:
                kind = serves.layer.change.factor_kind
                change = PlaneChange(kind, present, value=factor.value)
    else:
        change = factors.change(serves.layer, case, present)
    if change is None:
        return MAP_NOTES.reason("no_factor_for_case", layer=serves.layer.id)
    bands = tuple(levels[k] for k in numbers)
    return ChangedLayer(layer, bands, change, serves.layer)


def _own(layer: IndexLayer, case: ClimateCase) -> ChangedLayer | str:
    """Change to the layer's own levels of a case, paired with those of the present."""
    levels, pairs = layer.source.levels, []
    for k, band in enumerate(levels):
        if band.scenario is not Scenario.HISTORICAL:
            continue
        for j, other in enumerate(levels):
            if _is_median(other, case) and _is_same_level(band, other):
                pairs.append((layer.first_plane + k, layer.first_plane + j, band))
                break
    if layer.plane not in [present for present, _, _ in pairs]:
        return MAP_NOTES.reason("no_level_in_case")
    present, future, bands = zip(*pairs, strict=True)
    return ChangedLayer(layer, bands, PlaneChange("own", present, future), None)


def _is_same_level(a: Band, b: Band) -> bool:
    if a.return_period_yr is not None:
        return a.return_period_yr == b.return_period_yr
    return b.return_period_yr is None and a.level == b.level


def _is_median(band: Band, case: ClimateCase) -> bool:
    is_case = (band.scenario, band.horizon) == (case.scenario, case.horizon)
    return is_case and band.percentile == CENTRAL_PERCENTILE


def _unplaced(band: Band) -> Factor:
    """Factor of a grid, of which only the case is known before the grid is read."""
    return Factor(
        band.scenario, band.horizon, band.percentile, None, Status.NOT_PROVIDED,
        "facility", 0.0, "",
    )  # fmt: skip


def _baseline(layer: Layer, known: Mapping[str, LocalLayer]) -> LocalLayer:
    beside = known.get(str(layer.change.baseline))
    if beside is not None and beside.layer.unit == layer.unit:
        return beside
    raise input_error(
        "layers/registry.yaml",
        field=f"{layer.id}.change.baseline",
        found=f"{layer.change.baseline!r}, which the region does not use"
        if beside is None
        else f"a baseline in {beside.layer.unit!r} for values in {layer.unit!r}",
        expected="a layer that the region names, in the same unit",
        fix="add it to layers.climate_baselines in the region's file, or convert it",
    )


def _like(band: Band, others: Sequence[Band], factors: Layer) -> int:
    """Number of the baseline's level of the same name, or of its only one."""
    for number, other in enumerate(others):
        if other.level == band.level:
            return number
    if len(others) == 1:
        return 0
    raise input_error(
        "layers/registry.yaml",
        field=f"{factors.change.baseline}.bands",
        found=f"no level {band.level!r}, which {factors.id!r} has",
        expected="a level of that name, or a single one",
        fix="name the levels of both layers alike",
    )
