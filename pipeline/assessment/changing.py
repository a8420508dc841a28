"""How single quantities of the assessment compare between the present and a case."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from pipeline.assessment.assess import Assessed
from pipeline.assessment.facts import Row
from pipeline.assessment.interval import Interval, columns_of, exactly
from pipeline.assessment.ranking import Place
from pipeline.assessment.shaking import When, case_rows
from pipeline.assessment.toe import flooded_per_yr
from pipeline.core.model import Status
from pipeline.core.reasons import joined, read_reasons
from pipeline.core.schemas.assessment import OvertoppingBasis, RankBasis
from pipeline.core.schemas.assessment_changes import EFFECTS, Effect, Quantity

PER_YEAR: Final = "1/yr"
NO_UNIT: Final = "-"
_UNCOVERED: Final = {
    "glacier_melt": None,
    "snow_melt": None,
    "lake_outbursts": "glacial_lake_outburst",
    "thawing_ground": None,
    "debris_flow_regime": "landslide_mudflow",
}
"""Reasons, and the process whose own layer of a scenario would cover each."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One quantity now and then; an interval without a central value is bounds only."""

    quantity: Quantity
    unit: str
    effect: Effect
    present: Interval | None
    future: Interval | None
    reason: str | None

    @property
    def has_number(self) -> bool:
        """Whether anything but words stands in the row."""
        return self.present is not None or self.future is not None

    def cells(self) -> dict[str, Any]:
        """Cells of the columns that hold the comparison."""
        now, then = _central(self.present), _central(self.future)
        difference = None if now is None or then is None else then - now
        return (
            {"effect": self.effect, "reason": self.reason}
            | columns_of(self.present, "present")
            | {"present_status": _status(now)}
            | columns_of(self.future, "future")
            | {"future_status": _status(then)}
            | {"difference": difference, "difference_status": _status(difference)}
        )


def flood_change(
    one: Assessed, other: Assessed | None, rows: Sequence[Row], when: When
) -> Compared:
    """Whether the facility lies inside the flood of the index: 1 inside, 0 outside."""
    now = one.facts.flood
    if now.layer_id is None:
        return _no_input(Quantity.INSIDE_FLOOD, None, "no_flood_map")
    then = None if other is None else other.facts.flood
    if then is None or then.layer_id is None:
        return _no_future(Quantity.INSIDE_FLOOD, _state(now.inside), now.layer_id)
    was, will = _state(now.inside), _state(then.inside)
    reason = None
    if now.inside is False and then.inside is False:
        reason = _scaled_dry(now.layer_id, rows, when)
    return _compare(Quantity.INSIDE_FLOOD, NO_UNIT, was, will, reason)


def index_changes(one: Assessed, other: Assessed | None) -> list[Compared]:
    """Site term, hazard index and risk index; the flood alone enters them."""
    layer = one.facts.flood.layer_id
    new = None if other is None else other.index
    pairs = (
        (Quantity.THI_SITE, one.index.site, None if new is None else new.site),
        (Quantity.THI, one.index.hazard, None if new is None else new.hazard),
        (Quantity.TRI, one.index.risk, None if new is None else new.risk),
    )
    found = []
    for quantity, now, then in pairs:
        bounds = None if now.central is not None else "no_number_but_bounds"
        if layer is None:
            found.append(_no_input(quantity, now, "no_flood_map", bounds))
        elif other is None or other.facts.flood.layer_id is None or then is None:
            found.append(_no_future(quantity, now, layer))
        else:
            same = "unchanged_by_class" if now == then else None
            reason = joined(*(EFFECTS.reason(x) for x in (same, bounds) if x))
            found.append(_compare(quantity, NO_UNIT, now, then, reason))
    return found


def rank_change(
    now: tuple[Place, RankBasis] | None,
    then: tuple[Place, RankBasis] | None,
    *,
    n_held: int,
    is_told: bool,
    layer: str | None,
) -> Compared:
    """Place among the facilities; a negative difference is a more urgent place.

    Parameters
    ----------
    n_held
        Ranked facilities that keep their present index, because the case does not
        tell their flood.
    is_told
        Whether the case tells the facility's own flood, or there is none to tell.
    """
    if now is None:
        return _no_input(Quantity.RANK, None, "not_ranked")
    before = _place(now[0])
    if layer is not None and not is_told:
        return _no_future(Quantity.RANK, before, layer)
    if then is None:
        return _no_input(Quantity.RANK, before, "nothing_changes_anywhere")
    held = EFFECTS.reason("others_held", n_facilities=n_held) if n_held else None
    return _compare(Quantity.RANK, NO_UNIT, before, _place(then[0]), held)


def seismic_change(
    one: Assessed, other: Assessed | None, rows: Sequence[Row], when: When
) -> Compared:
    """Failure by earthquake: the same shaking, because k = 1.

    Where a layer tells the liquefaction of the case (wetter ground), that enters.
    """
    found = one.failure.interval
    if found is None:
        code = "no_seismic_levels" if one.facts.has_dam else "no_dam"
        return _no_input(Quantity.FAILURE, None, code, unit=PER_YEAR)
    layer = one.facts.liquefaction.layer_id
    if layer is not None:
        if other is None or not other.facts.liquefaction.levels:
            return _no_future(Quantity.FAILURE, found, layer, unit=PER_YEAR)
        reason = joined(
            EFFECTS.reason("liquefaction_of_case", layer=layer),
            _one_percentile(layer, rows, when),
        )
        then = other.failure.interval
        return _compare(Quantity.FAILURE, PER_YEAR, found, then, reason)
    return Compared(
        Quantity.FAILURE,
        PER_YEAR,
        Effect.UNCHANGED_BY_RULE,
        found,
        found,
        EFFECTS.reason("seismic_unchanged"),
    )


def overtopping_changes(
    one: Assessed, other: Assessed | None, rows: Sequence[Row], when: When
) -> list[Compared]:
    """Overtopping by rain, and the breach that follows."""
    now = one.overtopping
    then = None if other is None else other.overtopping
    layer = one.facts.inflow.layer_id
    pairs = (
        (Quantity.OVERTOPPING, now.interval, None if then is None else then.interval),
        (
            Quantity.OVERTOPPING_FAILURE,
            now.breach,
            None if then is None else then.breach,
        ),
    )
    found = []
    for quantity, before, after in pairs:
        if before is None or layer is None:
            found.append(_no_input(quantity, None, str(now.basis), unit=PER_YEAR))
        elif after is None or other is None or not other.facts.inflow.is_known:
            found.append(_no_future(quantity, before, layer, unit=PER_YEAR))
        else:
            bases = (now.basis, other.overtopping.basis)
            beyond = OvertoppingBasis.BEYOND_LEVELS in bases
            reason = joined(
                EFFECTS.reason("beyond_levels") if beyond else None,
                _one_percentile(layer, rows, when),
            )
            found.append(_compare(quantity, PER_YEAR, before, after, reason))
    return found


def toe_change(
    one: Assessed, other: Assessed | None, rows: Sequence[Row], when: When
) -> Compared:
    """How often a flood reaches the dam."""
    water = one.facts.inundation
    if not one.facts.has_dam:
        return _no_input(Quantity.TOE_FLOODED, None, "no_dam", unit=PER_YEAR)
    if water.layer_id is None:
        return _no_input(Quantity.TOE_FLOODED, None, "no_flood_map", unit=PER_YEAR)
    now = flooded_per_yr(water.levels)
    levels = () if other is None else other.facts.inundation.levels
    if not levels:
        return _no_future(Quantity.TOE_FLOODED, now, water.layer_id, unit=PER_YEAR)
    dry = all(x.depth_m.high <= 0 for x in (*water.levels, *levels))
    reason = joined(
        _scaled_dry(water.layer_id, rows, when) if dry else None,
        _one_percentile(water.layer_id, rows, when),
    )
    then = flooded_per_yr(levels)
    return _compare(Quantity.TOE_FLOODED, PER_YEAR, now, then, reason)


def uncovered(rows: Sequence[Row], when: When) -> Compared:
    """What no change factor tells; a layer with its own scenario covers its process."""
    own = {
        str(row["process"])
        for row in case_rows(rows, when)
        if Status(row["intensity_status"]).has_value and not _codes(row)
    }
    left = [EFFECTS.reason(key) for key, by in _UNCOVERED.items() if by not in own]
    return Compared(
        Quantity.UNCOVERED, NO_UNIT, Effect.NOT_COVERED, None, None, joined(*left)
    )


def _codes(row: Row) -> set[str]:
    """Codes of a row's note that say that a factor made its value."""
    codes = {reason.code for reason in read_reasons(row["note"])}
    return {
        code
        for code in codes
        if code.startswith(("factor_", "shift_", "unchanged_by_climate"))
    }


def _scaled_dry(layer: str, rows: Sequence[Row], when: When) -> str | None:
    """A factor times a depth of zero stays zero, whatever the flood does."""
    scaled = any(
        row["layer_id"] == layer and _codes(row) for row in case_rows(rows, when)
    )
    return EFFECTS.reason("scaled_depth_keeps_dry") if scaled else None


def _one_percentile(layer: str, rows: Sequence[Row], when: When) -> str | None:
    """Said where a layer has another percentile only, which stands in."""
    found = {
        float(row["percentile"])
        for row in case_rows(rows, when)
        if row["layer_id"] == layer
    }
    if not found or when.percentile in found:
        return None
    return EFFECTS.reason("one_percentile", layer=layer)


def _compare(
    quantity: Quantity,
    unit: str,
    now: Interval | None,
    then: Interval | None,
    reason: str | None,
) -> Compared:
    effect = Effect.SAME if now == then else Effect.CHANGED
    return Compared(quantity, unit, effect, now, then, reason or None)


def _no_input(
    quantity: Quantity,
    now: Interval | None,
    *codes: str | None,
    unit: str = NO_UNIT,
) -> Compared:
    reason = joined(*(EFFECTS.reason(code) for code in codes if code))
    return Compared(quantity, unit, Effect.NO_CLIMATE_INPUT, now, None, reason)


def _no_future(
    quantity: Quantity, now: Interval | None, layer: str, unit: str = NO_UNIT
) -> Compared:
    reason = EFFECTS.reason("no_future_of", layer=layer)
    return Compared(quantity, unit, Effect.NO_FUTURE_VALUE, now, None, reason)


def _state(inside: bool | None) -> Interval:
    """One inside, zero outside; bounds alone where the position decides."""
    return Interval(0.0, None, 1.0) if inside is None else exactly(float(inside))


def _place(place: Place) -> Interval:
    return Interval(float(place.low), float(place.rank), float(place.high))


def _central(interval: Interval | None) -> float | None:
    return None if interval is None else interval.central


def _status(value: float | None) -> Status:
    return Status.NOT_PROVIDED if value is None else Status.MEASURED
