"""Files of the climate cases: changed layers and index beside those of the present."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from pipeline.core.config import ClimateCase
from pipeline.core.hazard_maps import (
    INDEX_FILE,
    MAP_NOTES,
    CaseMaps,
    ChangedMap,
    KeptLayer,
)
from pipeline.core.methods.hazards import HazardMethods
from pipeline.core.model import weakest
from pipeline.hazards.maps.cases import Case, ChangedLayer, IndexLayer
from pipeline.hazards.maps.changed import (
    index_change,
    known,
    less_present,
    stored,
    weighted_index,
)
from pipeline.hazards.maps.cog import BandText, MapFile
from pipeline.hazards.maps.record import (
    band_name,
    index_bands,
    index_tags,
    layer_tags,
)
from pipeline.hazards.maps.region_grid import Block, RegionGrid


class CaseFiles:
    """Maps of one climate case, written block by block; none where nothing changes.

    Parameters
    ----------
    plan
        What the case changes.
    layers
        All layers of the index.
    choices
        Methods of the hazards.
    grid, folder, opened
        Grid of the maps, where they go, and what closes them after an error.
    """

    def __init__(
        self,
        plan: Case,
        layers: Sequence[IndexLayer],
        choices: HazardMethods,
        grid: RegionGrid,
        folder: Path,
        opened: ExitStack,
    ) -> None:
        self.plan = plan
        self._layers, self._choices = tuple(layers), choices
        self._lock, self._span = Lock(), (np.inf, -np.inf)
        self._index: MapFile | None = None
        self._files = [
            MapFile(
                folder / changed_file(one, plan.case),
                grid,
                _layer_bands(one, plan.case),
                _layer_tags(one, plan.case),
                opened,
            )
            for one in plan.changed
        ]
        if plan.changed:
            mapped = [one.mapped for one in layers]
            parts = [one.part for one in mapped if one.part is not None]
            change = {"meaning": "index of the case less the present; no data where "
                      "other layers speak"}  # fmt: skip
            tags = index_tags(mapped, choices) | _case_tags(plan.case)
            record = self.record()
            tags |= {
                "changed": ", ".join(one.layer_id for one in record.changed),
                "unchanged": ", ".join(one.layer_id for one in record.kept),
                "demonstration": "yes" if record.demonstration else "no",
                "confidence": str(record.confidence),
            }
            bands = [*index_bands(parts), BandText("change", "1", change)]
            path = folder / index_file(plan.case)
            self._index = MapFile(path, grid, bands, tags, opened)

    def write(
        self, block: Block, planes: NDArray[np.float32], index: NDArray[np.float32]
    ) -> None:
        """Write one block from the planes and the index of the present."""
        if self._index is None:
            return
        counting = {one.plane: known(planes[one.plane]) for one in self._layers}
        for file, one in zip(self._files, self.plan.changed, strict=True):
            changed = stored(one.change.changed(planes))
            apart = less_present(changed, planes[list(one.change.present)])
            file.write(block, np.concatenate([changed, apart]))
            counting[one.layer.plane] = known(changed[one.counting])
        future = weighted_index(
            [counting[one.plane] for one in self._layers],
            [one.scored for one in self._layers],
            self._choices.maps.minimum_weight_fraction,
        )
        change = index_change(future, index)
        self._index.write(block, np.concatenate([future, change[None]]))
        there = known(change)
        there = there[~np.isnan(there)]
        if there.size:
            with self._lock:
                low, high = self._span
                low, high = min(low, float(there.min())), max(high, float(there.max()))
                self._span = low, high

    def finish(self, threads: int) -> None:
        """Make the finished maps of the working files."""
        for file in self._files:
            file.finish(averaged=True, threads=threads)
        if self._index is not None:
            self._index.finish(averaged=False, threads=threads)

    def record(self) -> CaseMaps:
        """What was made from what, and what stays as it is."""
        labels = {s.measure: s.confidence for s in self._choices.maps.scales}
        changed = tuple(_changed_map(one, self.plan.case) for one in self.plan.changed)
        rows = [one.mapped.item.layer for one in self._layers]
        parts = [one.mapped.part for one in self._layers]
        known_span = self._span[0] <= self._span[1]
        return CaseMaps(
            scenario=self.plan.case.scenario,
            horizon=self.plan.case.horizon,
            file=index_file(self.plan.case) if changed else None,
            note=None if changed else MAP_NOTES.reason("no_layer_changes"),
            changed=changed,
            kept=tuple(
                KeptLayer(layer_id=one.mapped.item.layer.id, note=note)
                for one, note in self.plan.kept
            ),
            least_change=self._span[0] if known_span else None,
            largest_change=self._span[1] if known_span else None,
            confidence=weakest(
                *(row.confidence for row in rows),
                *(one.confidence for one in changed),
                *(labels[part.measure] for part in parts if part is not None),
            )
            if changed
            else None,
            demonstration=bool(changed)
            and (
                any(row.demonstration for row in rows)
                or any(one.demonstration for one in changed)
            ),
        )


def unmapped_cases(cases: Sequence[ClimateCase]) -> tuple[CaseMaps, ...]:
    """Record of the cases of a region that wants no maps of them."""
    return tuple(
        CaseMaps(
            scenario=case.scenario,
            horizon=case.horizon,
            file=None,
            note=MAP_NOTES.reason("climate_maps_off"),
            changed=(),
            kept=(),
            least_change=None,
            largest_change=None,
            confidence=None,
            demonstration=False,
        )
        for case in cases
        if not case.optional
    )


def index_file(case: ClimateCase) -> str:
    """Name of the map of the index in a case."""
    return f"{Path(INDEX_FILE).stem}-{case.scenario}-{case.horizon}.tif"


def changed_file(one: ChangedLayer, case: ClimateCase) -> str:
    """Name of the map of a changed layer."""
    return f"{one.layer.mapped.item.layer.id}-{case.scenario}-{case.horizon}.tif"


def _changed_map(one: ChangedLayer, case: ClimateCase) -> ChangedMap:
    rows = [row for row in (one.layer.mapped.item.layer, one.factors) if row]
    return ChangedMap(
        layer_id=one.layer.mapped.item.layer.id,
        file=changed_file(one, case),
        kind=one.change.kind,
        factors=None if one.factors is None else one.factors.id,
        value=one.change.value,
        demonstration=any(row.demonstration for row in rows),
        confidence=weakest(*(row.confidence for row in rows)),
    )


def _layer_bands(one: ChangedLayer, case: ClimateCase) -> list[BandText]:
    layer = one.layer.mapped.item.layer
    tags = _case_tags(case)
    names = [f"{band_name(layer, b)} {case.scenario} {case.horizon}" for b in one.bands]
    levels = [{"level": band.level} for band in one.bands]
    return [
        *(
            BandText(n, layer.unit, tags | lv)
            for n, lv in zip(names, levels, strict=True)
        ),
        *(
            BandText(
                f"change of {n}",
                layer.unit,
                tags | lv | {"meaning": "value of the case less the present"},
            )
            for n, lv in zip(names, levels, strict=True)
        ),
    ]


def _layer_tags(one: ChangedLayer, case: ClimateCase) -> dict[str, str]:
    row, made = one.layer.mapped.item.layer, _changed_map(one, case)
    tags = layer_tags(row, one.layer.source) | _case_tags(case)
    tags |= {
        "change": made.kind,
        "factors": "levels of the layer itself" if made.factors is None
        else made.factors,
        "confidence": str(made.confidence),
        "demonstration": "yes" if made.demonstration else "no",
    }  # fmt: skip
    return tags if made.value is None else tags | {"factor": f"{made.value:g}"}


def _case_tags(case: ClimateCase) -> dict[str, str]:
    return {
        "scenario": str(case.scenario),
        "horizon": case.horizon,
        "percentile": "50",
    }
