"""Change of hazards under climate scenarios: present intensity times a factor.

``I_future = I_present x k`` (methodology, section 5) with k by scenario, horizon and
percentile of the ensemble, from tables (one value for the region) or rasters (one
value at each facility). Earthquakes do not follow the climate: k = 1. A layer that no
factor is for has no value in a scenario, with that reason; nothing is assumed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from pipeline.core.config import ClimateCase
from pipeline.core.errors import input_error
from pipeline.core.layers import Layer, LocalLayer
from pipeline.core.model import Confidence, Hazard, Scenario, Status
from pipeline.core.schemas.hazards import NOTES
from pipeline.hazards.checks import measure_key
from pipeline.hazards.csv_file import read_csv, required_number
from pipeline.hazards.samples import Sampled

CENTRAL_PERCENTILE: Final = 50.0
UNCHANGED: Final = NOTES.reason("unchanged_by_climate")
UNCHANGED_CONFIDENCE: Final = Confidence.MEMORY_HIGH
_UNAFFECTED: Final = frozenset({Hazard.EARTHQUAKE})
_COLUMNS: Final = ("scenario", "horizon", "percentile", "factor", "source")
_HORIZON: Final = re.compile(r"^\d{4}-\d{4}$")
_LARGEST_FACTOR: Final = 20.0


@dataclass(frozen=True, slots=True)
class Factor:
    """Change factor of one scenario, horizon and percentile at one facility.

    ``value`` is a ratio future to present, None unless ``status`` is measured.
    """

    scenario: Scenario
    horizon: str
    percentile: float
    value: float | None
    status: Status
    place: Literal["region", "facility"]
    covered_fraction: float
    note: str

    def is_case(self, case: ClimateCase) -> bool:
        """Whether the factor belongs to a scenario and horizon."""
        return (self.scenario, self.horizon) == (case.scenario, case.horizon)


@dataclass(frozen=True, slots=True)
class FactorLayer:
    """Factors of one layer: for the whole region, or by facility.

    Where ``by_facility`` is None, ``region`` holds for every facility.
    """

    layer: Layer
    region: tuple[Factor, ...] = ()
    by_facility: dict[str, tuple[Factor, ...]] | None = None
    missing: str | None = None

    def at(self, tmf_id: str) -> tuple[Factor, ...]:
        """All factors at a facility; empty where there are none."""
        if self.by_facility is None:
            return self.region
        return self.by_facility.get(tmf_id, ())

    def serves(self, layer: Layer) -> bool:
        """Whether the factors are meant for the intensities of a layer."""
        measures = {measure_key(name) for name in self.layer.applies_to}
        return measure_key(layer.intensity_measure) in measures


def is_unaffected(layer: Layer) -> bool:
    """Whether the climate does not change a hazard (k = 1 by rule)."""
    return layer.hazard in _UNAFFECTED


def unavailable_factors(item: LocalLayer) -> FactorLayer:
    """Factor layer without a usable file; its state is kept for the rows."""
    return FactorLayer(item.layer, missing=str(item.state))


def table_factors(layer: Layer, path: Path) -> FactorLayer:
    """Read a table of change factors for the region.

    Columns: scenario, horizon, percentile, factor, source; ``warming_k`` is carried
    into the note where it is given.

    Raises
    ------
    InputError
        If a column is missing, a scenario or horizon unknown, a factor not a positive
        ratio, or a case stands twice.
    """
    frame = read_csv(path, _COLUMNS)
    factors: dict[tuple[str, str, float], Factor] = {}
    for number, row in frame.iterrows():
        line = int(str(number))
        scenario, horizon = _case_of(row["scenario"], row["horizon"], path, line)
        percentile = required_number(row, "percentile", path)
        value = required_number(row, "factor", path)
        _check_factor(value, path, line)
        key = (scenario, horizon, percentile)
        if key in factors:
            raise input_error(
                path,
                row=line,
                found=f"{scenario} {horizon} percentile {percentile:g} twice",
                expected="one row for each scenario, horizon and percentile",
                fix="remove one of the rows",
            )
        note = _said(value, str(row.get("warming_k", "")), str(row["source"]).strip())
        factors[key] = Factor(
            scenario, horizon, percentile, value, Status.MEASURED, "region", 1.0, note
        )
    return FactorLayer(layer, region=tuple(factors.values()))


def _said(factor: float, warming_k: str, source: str) -> str:
    """Where a factor of the whole region comes from."""
    warming = warming_k.strip()
    if not warming:
        return NOTES.reason("factor_of_region", factor=factor, source=source)
    return NOTES.reason(
        "factor_of_warming", factor=factor, warming_k=warming, source=source
    )


def sampled_factors(layer: Layer, sampled: Sampled) -> FactorLayer:
    """Factors of a raster or polygon layer that was sampled at the facilities."""
    found: dict[str, list[Factor]] = {}
    for one in sampled.samples:
        if one.value is not None:
            _check_factor(one.value, f"layer {layer.id!r}", one.tmf_id)
        note = one.note or NOTES.reason("factor_sampled")
        status = Status.MEASURED if one.status.has_value else one.status
        found.setdefault(one.tmf_id, []).append(
            Factor(
                one.band.scenario,
                one.band.horizon,
                one.band.percentile,
                one.value,
                status,
                "facility",
                one.covered_fraction,
                note,
            )
        )
    by_facility = {tmf_id: tuple(items) for tmf_id, items in found.items()}
    return FactorLayer(layer, by_facility=by_facility)


def serving(layer: Layer, factors: Sequence[FactorLayer]) -> FactorLayer | None:
    """First usable factor layer, in the region's order, that is for a hazard layer.

    An unusable one is returned only where no usable one is for the layer.
    """
    fitting = [item for item in factors if item.serves(layer)]
    usable = [item for item in fitting if item.missing is None]
    return next(iter([*usable, *fitting]), None)


def _case_of(
    scenario: object, horizon: object, path: Path, line: int
) -> tuple[Scenario, str]:
    name, years = str(scenario).strip(), str(horizon).strip()
    known = [str(s) for s in Scenario if s is not Scenario.HISTORICAL]
    if name not in known:
        raise input_error(
            path,
            row=line,
            field="scenario",
            found=name,
            expected=f"one of {known}",
            fix="correct the scenario",
        )
    if not _HORIZON.match(years):
        raise input_error(
            path,
            row=line,
            field="horizon",
            found=years,
            expected="first and last year, such as 2041-2060",
            fix="correct the horizon",
        )
    return Scenario(name), years


def _check_factor(value: float, source: str | Path, row: int | str) -> None:
    if not 0 < value <= _LARGEST_FACTOR:
        raise input_error(
            source,
            row=row,
            field="factor",
            found=f"{value:g}",
            expected=f"a ratio future to present, above 0, up to {_LARGEST_FACTOR:g}",
            fix="give 1.12 for an increase of 12 per cent",
        )
