"""Change of hazards under climate scenarios: present intensity times or plus a factor.

``I_future = I_present x k`` (methodology, section 5) with k by scenario, horizon and
percentile of the ensemble, from tables (one value for the region) or rasters (one
value at each facility, see `pipeline.hazards.factor_grids`); for quantities with an
arbitrary zero, such as temperatures, ``I_future = I_present + d``. Earthquakes do not
follow the climate: k = 1. A layer that no factor is for has no value in a scenario,
with that reason; nothing is assumed.
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
from pipeline.core.possible import measure_key
from pipeline.core.reasons import joined
from pipeline.core.schemas.hazards import NOTES
from pipeline.hazards.csv_file import read_csv, required_number

CENTRAL_PERCENTILE: Final = 50.0
UNCHANGED: Final = NOTES.reason("unchanged_by_climate")
UNCHANGED_CONFIDENCE: Final = Confidence.MEMORY_HIGH
_UNAFFECTED: Final = frozenset({Hazard.EARTHQUAKE})
_COLUMNS: Final = ("scenario", "horizon", "percentile", "factor", "source")
_HORIZON: Final = re.compile(r"^\d{4}-\d{4}$")
_LARGEST_RATIO: Final = 20.0
_LARGEST_SHIFT_K: Final = 15.0
_USUAL_RATIO: Final = 3.0
"""Ratios above it, or below its inverse, are marked (P): 12 may mean 12 per cent."""
_KELVIN: Final = frozenset({"K", "degC", "°C"})


@dataclass(frozen=True, slots=True)
class Factor:
    """Change factor of one scenario, horizon and percentile at one facility.

    ``value`` is a ratio future to present, or with ``is_shift`` a difference future
    less present in the unit of the layer; None unless ``status`` is measured.
    """

    scenario: Scenario
    horizon: str
    percentile: float
    value: float | None
    status: Status
    place: Literal["region", "facility"]
    covered_fraction: float
    note: str
    is_shift: bool = False

    def changed(self, intensity: float | None) -> float | None:
        """Future of a present intensity; None where one of the two is unknown."""
        if intensity is None or self.value is None:
            return None
        return intensity + self.value if self.is_shift else intensity * self.value

    def is_case(self, case: ClimateCase) -> bool:
        """Whether the factor belongs to a scenario and horizon."""
        return (self.scenario, self.horizon) == (case.scenario, case.horizon)


@dataclass(frozen=True, slots=True)
class FactorLayer:
    """Factors of one layer: for the whole region, or by facility.

    Where ``by_facility`` is None, ``region`` holds for every facility. ``missing`` is
    the state of a layer without a usable file, or that of its baseline, which
    ``missing_baseline`` then names.
    """

    layer: Layer
    region: tuple[Factor, ...] = ()
    by_facility: dict[str, tuple[Factor, ...]] | None = None
    missing: str | None = None
    missing_baseline: str | None = None

    def at(self, tmf_id: str) -> tuple[Factor, ...]:
        """All factors at a facility; empty where there are none."""
        if self.by_facility is None:
            return self.region
        return self.by_facility.get(tmf_id, ())

    def has_case(self, case: ClimateCase) -> bool:
        """Whether there is a factor for a scenario and horizon anywhere."""
        everywhere = (self.by_facility or {}).values()
        every = [*self.region, *(one for items in everywhere for one in items)]
        return any(factor.is_case(case) for factor in every)

    def serves(self, layer: Layer) -> bool:
        """Whether the factors are meant for the intensities of a layer."""
        measures = {measure_key(name) for name in self.layer.applies_to}
        return measure_key(layer.intensity_measure) in measures


def factor_unit(layer: Layer) -> str:
    """Unit of the factors of a layer: a ratio has none."""
    return layer.unit if layer.change.factor_kind == "difference" else "-"


def check_shift_unit(factors: Layer, layer: Layer) -> None:
    """Stop where differences are to be added to intensities of another unit.

    Raises
    ------
    InputError
        Names both layers and units. Kelvin and degrees Celsius may be mixed.
    """
    units = {factors.unit, layer.unit}
    if factors.change.factor_kind == "ratio" or len(units) == 1 or units <= _KELVIN:
        return
    raise input_error(
        "layers/registry.yaml",
        field=f"{factors.id}.unit",
        found=f"differences in {factors.unit!r} for {layer.id!r} in {layer.unit!r}",
        expected="one unit for both",
        fix="convert the differences, or correct 'applies_to'",
    )


def provenance_note(layer: Layer) -> str | None:
    """Base period and number of models behind factors, where the registry tells."""
    change, models = layer.change, None
    if change.n_models is not None:
        models = (
            NOTES.reason("of_one_model")
            if change.n_models == 1
            else NOTES.reason("of_models", n_models=change.n_models)
        )
    period = change.base_period
    said = None if period is None else NOTES.reason("base_period", period=period)
    return joined(said, models)


def period_note(factors: Layer, layer: Layer) -> str | None:
    """Warning where a change does not start from the years that the values describe."""
    base = factors.change.base_period
    if base is None or layer.period is None or base == layer.period:
        return None
    return NOTES.reason("other_base_period", period=layer.period, base_period=base)


def is_unaffected(layer: Layer) -> bool:
    """Whether the climate does not change a hazard (k = 1 by rule)."""
    return layer.hazard in _UNAFFECTED


def unavailable_factors(
    item: LocalLayer, baseline: LocalLayer | None = None
) -> FactorLayer:
    """Factor layer without a usable file, of its own or of its baseline."""
    if baseline is None:
        return FactorLayer(item.layer, missing=str(item.state))
    return FactorLayer(
        item.layer, missing=str(baseline.state), missing_baseline=baseline.layer.id
    )


def unavailable_reason(factors: FactorLayer) -> str | None:
    """Why a layer has no factors at all; None where it is usable."""
    if factors.missing is None:
        return None
    if factors.missing_baseline is not None:
        return NOTES.reason(
            "baseline_not_available",
            layer=factors.missing_baseline,
            state=factors.missing,
        )
    return NOTES.reason(
        "factors_not_available", layer=factors.layer.id, state=factors.missing
    )


def table_factors(layer: Layer, path: Path) -> FactorLayer:
    """Read a table of change factors for the region.

    Columns: scenario, horizon, percentile, factor, source; ``warming_k`` is carried
    into the note of a ratio where it is given. The registry's ``factor_kind`` tells
    whether ``factor`` multiplies or is added.

    Raises
    ------
    InputError
        If a column is missing, a scenario or horizon unknown, a percentile or factor
        impossible, or a case stands twice.
    """
    frame = read_csv(path, _COLUMNS)
    factors: dict[tuple[str, str, float], Factor] = {}
    for number, row in frame.iterrows():
        line = int(str(number))
        scenario, horizon = _case_of(row["scenario"], row["horizon"], path, line)
        percentile = required_number(row, "percentile", path)
        _check_percentile(percentile, path, line)
        value = required_number(row, "factor", path)
        check_factor(value, layer, path, line)
        key = (scenario, horizon, percentile)
        if key in factors:
            raise input_error(
                path,
                row=line,
                found=f"{scenario} {horizon} percentile {percentile:g} twice",
                expected="one row for each scenario, horizon and percentile",
                fix="remove one of the rows",
            )
        said = _said(layer, value, str(row.get("warming_k", "")), str(row["source"]))
        factors[key] = Factor(
            scenario,
            horizon,
            percentile,
            value,
            Status.MEASURED,
            "region",
            1.0,
            joined(said, unusual_note(value, layer), provenance_note(layer)) or said,
            layer.change.factor_kind == "difference",
        )
    return FactorLayer(layer, region=tuple(factors.values()))


def _said(layer: Layer, factor: float, warming_k: str, source: str) -> str:
    """Where a factor of the whole region comes from."""
    warming, source = warming_k.strip(), source.strip()
    if layer.change.factor_kind == "difference":
        return NOTES.reason(
            "shift_of_region", factor=factor, unit=layer.unit, source=source
        )
    if not warming:
        return NOTES.reason("factor_of_region", factor=factor, source=source)
    return NOTES.reason(
        "factor_of_warming", factor=factor, warming_k=warming, source=source
    )


def serving(
    layer: Layer, factors: Sequence[FactorLayer], case: ClimateCase
) -> FactorLayer | None:
    """First usable factor layer, in the region's order, for a hazard layer and a case.

    A layer with factors for the case goes before one without, and an unusable one is
    returned only where no usable one is for the layer: its state is then the reason.
    """
    fitting = [item for item in factors if item.serves(layer)]
    usable = [item for item in fitting if item.missing is None]
    having = [item for item in usable if item.has_case(case)]
    return next(iter([*having, *usable, *fitting]), None)


def told_cases(
    cases: Sequence[ClimateCase], factors: Sequence[FactorLayer]
) -> tuple[ClimateCase, ...]:
    """Cases of a region; an optional one only where some factor is for it."""
    return tuple(
        case
        for case in cases
        if not case.optional or any(item.has_case(case) for item in factors)
    )


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


def check_factor(
    value: float, layer: Layer, source: str | Path, row: int | str
) -> None:
    """Stop at a factor that cannot be.

    Raises
    ------
    InputError
        If a ratio is not above 0 or larger than 20, or a difference in kelvin is
        larger than 15.
    """
    if is_believable(value, layer):
        return
    is_shift = layer.change.factor_kind == "difference"
    raise input_error(
        source,
        row=row,
        field="factor",
        found=f"{value:g}",
        expected=f"a difference future less present, up to {_LARGEST_SHIFT_K:g} K"
        if is_shift
        else f"a ratio future to present, above 0, up to {_LARGEST_RATIO:g}",
        fix="check the unit of the differences"
        if is_shift
        else "give 1.12 for an increase of 12 per cent",
    )


def unusual_note(value: float, layer: Layer) -> str | None:
    """Warning of a ratio that is possible and yet most likely another number."""
    is_ratio = layer.change.factor_kind == "ratio"
    if not is_ratio or 1 / _USUAL_RATIO <= value <= _USUAL_RATIO:
        return None
    return NOTES.reason("factor_unusual", factor=value)


def _check_percentile(value: float, path: Path, line: int) -> None:
    if value == 0 or 1 <= value <= 100:
        return
    raise input_error(
        path,
        row=line,
        field="percentile",
        found=f"{value:g}",
        expected="a percentile from 1 to 100, or 0 for the least model",
        fix="give 50 for the median; shares such as 0.5 are no percentiles",
    )


def is_believable(value: float, layer: Layer) -> bool:
    """Whether a factor is within wide limits (project choice, P)."""
    if layer.change.factor_kind == "ratio":
        return 0 < value <= _LARGEST_RATIO
    return layer.unit not in _KELVIN or abs(value) <= _LARGEST_SHIFT_K
