"""Rows of ``dam_checks``: what each hazard could do to a dam, or why nobody can say.

Every mechanism has its rows, also those for which no method is known here: what is not
computed stands there with its reason. Frequencies of mechanisms are not added.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pipeline.assessment.assess import Assessed
from pipeline.assessment.breach import (
    PEAK_1995,
    TIME_1995,
    WIDTH_1995,
    pond_breach,
)
from pipeline.assessment.earthquake import CRITICAL, JIBSON, JIBSON_PROBABILITY
from pipeline.assessment.facts import Facts
from pipeline.assessment.failure import LAWS, Level
from pipeline.assessment.interval import Interval, columns_of, exactly
from pipeline.assessment.labels import (
    TOE_LABEL,
    Label,
    failure_label,
    layer_label,
)
from pipeline.assessment.overtopping import BALANCE, BREACH, OVERTOPPING_CONFIDENCE
from pipeline.assessment.sliding import (
    displacement_m,
    probability,
    sliding_confidence,
    sliding_per_yr,
)
from pipeline.assessment.toe import flooded_per_yr
from pipeline.core.formulas import Formula
from pipeline.core.model import Confidence, Status
from pipeline.core.reasons import joined
from pipeline.core.schemas.assessment import FailureBasis, OvertoppingBasis
from pipeline.core.schemas.dam_checks import CHECKS, Check, Mechanism

ALL_LEVELS: Final = "-"
PER_YEAR: Final = "1/yr"
PURE: Final = "-"
BETWEEN: Final = "; "
STATEMENT: Final = Label(Confidence.PROJECT)
"""Label of a row without a number: what is left out is the project's choice."""
UNITS: Final = {
    Check.YIELD_ACCELERATION: "g",
    Check.NEWMARK: "m",
    Check.SLIDE_PROBABILITY: PURE,
    Check.BREACH_PEAK: "m3/s",
    Check.BREACH_TIME: "h",
    Check.BREACH_WIDTH: "m",
}
_WITHOUT_METHOD: Final = (
    (Mechanism.FLOOD, Check.FLOOD_FAILURE),
    (Mechanism.SLOPE, Check.SLOPE_FAILURE),
    (Mechanism.GLACIAL_LAKE, Check.LAKE_FAILURE),
    (Mechanism.FROST, Check.FROST_FAILURE),
)


@dataclass(frozen=True, slots=True)
class Found:
    """One check; without an interval its reason says why."""

    mechanism: Mechanism
    check: Check
    reason: str | None
    interval: Interval | None = None
    label: Label = STATEMENT
    formulas: tuple[Formula, ...] = ()
    layers: tuple[str | None, ...] = ()
    level: Level | None = None

    def cells(self) -> dict[str, Any]:
        """Cells of its row, without the key of the facility."""
        central = None if self.interval is None else self.interval.central
        period = None if self.level is None else self.level.return_period_yr
        sources = dict.fromkeys(formula.source for formula in self.formulas)
        layers = dict.fromkeys(layer for layer in self.layers if layer)
        return {
            "mechanism": self.mechanism,
            "check": self.check,
            "level": ALL_LEVELS if period is None else f"{period:g}",
            "return_period_yr": period,
            "unit": UNITS.get(self.check, PER_YEAR),
            **columns_of(self.interval, "value"),
            "value_status": Status.NOT_PROVIDED if central is None else Status.MEASURED,
            "reason": self.reason,
            "layers": BETWEEN.join(layers) or None,
            "source": BETWEEN.join(sources) or None,
            "demonstration": self.label.demonstration,
            "provisional": self.label.provisional,
            "confidence": self.label.confidence,
        }


def check_rows(assessed: Sequence[Assessed]) -> Iterator[dict[str, Any]]:
    """Rows of the table ``dam_checks`` of all facilities."""
    for one in assessed:
        for found in checks_of(one):
            yield {"tmf_id": one.facts.tmf_id, **found.cells()}


def checks_of(one: Assessed) -> list[Found]:
    """All checks of one facility, in the order of the mechanisms."""
    if not one.facts.has_dam:
        return _all_without(CHECKS.reason("no_dam"))
    return [
        *_earthquake(one),
        *_rain(one),
        *_flood(one.facts),
        *(Found(*item, CHECKS.reason("no_method")) for item in _WITHOUT_METHOD),
        *_pond(one.facts),
    ]


def _all_without(reason: str) -> list[Found]:
    return [
        *_none(Mechanism.EARTHQUAKE, (Check.SHAKING_FAILURE, *_SLIDING), reason),
        *_none(Mechanism.RAIN, (Check.OVERTOPPING, Check.OVERTOPPING_FAILURE), reason),
        *_none(Mechanism.FLOOD, (Check.TOE_FLOODED,), reason),
        *(Found(*item, reason) for item in _WITHOUT_METHOD),
        *_none(Mechanism.POND, _BREACH, reason),
    ]


_SLIDING: Final = (
    Check.YIELD_ACCELERATION,
    Check.NEWMARK,
    Check.SLIDE_PROBABILITY,
    Check.SLIDING,
)
_BREACH: Final = (Check.BREACH_PEAK, Check.BREACH_TIME, Check.BREACH_WIDTH)


def _none(
    mechanism: Mechanism, checks: Sequence[Check], reason: str | None
) -> Iterator[Found]:
    return (Found(mechanism, check, reason) for check in checks)


def _earthquake(one: Assessed) -> Iterator[Found]:
    facts = one.facts
    shaking, ground = facts.ground_shaking, facts.liquefaction
    if one.failure.basis is FailureBasis.NO_CURVE:
        yield Found(
            Mechanism.EARTHQUAKE, Check.SHAKING_FAILURE, CHECKS.reason("no_curve")
        )
    else:
        yield Found(
            Mechanism.EARTHQUAKE,
            Check.SHAKING_FAILURE,
            joined(_liquefaction(facts), CHECKS.reason("tails_left_out")),
            one.failure.interval,
            failure_label(facts),
            LAWS,
            (shaking.layer_id, ground.layer_id),
        )
    yield from _sliding(facts)


def _liquefaction(facts: Facts) -> str:
    ground = facts.liquefaction
    if not ground.levels:
        return CHECKS.reason("liquefaction_unknown")
    code = "liquefaction_studied" if ground.is_study else "ground_liquefies"
    return CHECKS.reason(code, layer=ground.layer_id)


def _sliding(facts: Facts) -> Iterator[Found]:
    """Yield acceleration, displacement and slide at every level, and its frequency."""
    strength, shaking = facts.strength, facts.ground_shaking
    yield_g = strength.yield_g
    if yield_g is None:
        yield from _none(Mechanism.EARTHQUAKE, _SLIDING, CHECKS.reason("no_yield"))
        return
    if strength.stated_yield_g is not None:
        basis = CHECKS.reason("yield_stated")
    else:
        basis = CHECKS.reason(
            "yield_from_fos",
            fos=strength.factor_of_safety,
            slope_deg=strength.slope_deg,
        )
    stands = yield_g > 0
    at_rest = None if stands else CHECKS.reason("unstable_at_rest")
    yield Found(
        Mechanism.EARTHQUAKE,
        Check.YIELD_ACCELERATION,
        joined(basis, at_rest),
        exactly(yield_g),
        Label(strength.yield_confidence),
        () if strength.stated_yield_g is not None else (CRITICAL,),
    )
    left = _SLIDING[1:]
    if not stands:
        yield from _none(Mechanism.EARTHQUAKE, left, at_rest)
        return
    if not shaking.levels:
        yield from _none(Mechanism.EARTHQUAKE, left, CHECKS.reason("no_curve"))
        return
    layer = layer_label(shaking.confidence, shaking.demonstration)
    moved = Label(sliding_confidence(strength, with_probability=False)).with_(layer)
    slid = Label(sliding_confidence(strength, with_probability=True)).with_(layer)
    layers = (shaking.layer_id,)
    for level in shaking.levels:
        distance = displacement_m(level, yield_g)
        below = CHECKS.reason("below_yield") if distance.high <= 0 else None
        yield Found(
            Mechanism.EARTHQUAKE, Check.NEWMARK, joined(basis, below), distance,
            moved, (JIBSON,), layers, level,
        )  # fmt: skip
        yield Found(
            Mechanism.EARTHQUAKE, Check.SLIDE_PROBABILITY, joined(basis, below),
            probability(distance), slid, (JIBSON, JIBSON_PROBABILITY), layers, level,
        )  # fmt: skip
    yield Found(
        Mechanism.EARTHQUAKE,
        Check.SLIDING,
        joined(basis, CHECKS.reason("tails_left_out")),
        sliding_per_yr(shaking.levels, yield_g),
        slid,
        (JIBSON, JIBSON_PROBABILITY),
        layers,
    )


def _rain(one: Assessed) -> Iterator[Found]:
    found, water = one.overtopping, one.facts.inflow
    told = found.interval is not None
    reason = None
    if found.basis is OvertoppingBasis.LAYER:
        reason = CHECKS.reason("layer_tells", layer=water.layer_id)
    elif found.basis is not OvertoppingBasis.CURVE:
        reason = CHECKS.reason(str(found.basis))
    label = Label(OVERTOPPING_CONFIDENCE).with_(
        layer_label(water.confidence, water.demonstration)
    )
    for check, interval, formulas in (
        (Check.OVERTOPPING, found.interval, (BALANCE,)),
        (Check.OVERTOPPING_FAILURE, found.breach, (BALANCE, BREACH)),
    ):
        if told:
            yield Found(
                Mechanism.RAIN, check, reason, interval, label, formulas,
                (water.layer_id,),
            )  # fmt: skip
        else:
            yield Found(Mechanism.RAIN, check, reason)


def _flood(facts: Facts) -> Iterator[Found]:
    water = facts.inundation
    if not water.levels:
        yield Found(Mechanism.FLOOD, Check.TOE_FLOODED, CHECKS.reason("no_flood_map"))
        return
    first, last = water.levels[0], water.levels[-1]
    reason = CHECKS.reason("between_levels")
    if last.depth_m.high <= 0:
        reason = CHECKS.reason(
            "dry_at_all_levels", return_period_yr=last.return_period_yr
        )
    elif first.depth_m.low > 0:
        reason = CHECKS.reason(
            "wet_at_first_level", return_period_yr=first.return_period_yr
        )
    yield Found(
        Mechanism.FLOOD,
        Check.TOE_FLOODED,
        reason,
        flooded_per_yr(water.levels),
        TOE_LABEL.with_(layer_label(water.confidence, water.demonstration)),
        layers=(water.layer_id,),
    )


def _pond(facts: Facts) -> Iterator[Found]:
    """Breach of the pond, where volume and height are known of one dam."""
    volume_m3, height_m = facts.pond_volume_m3, facts.dam_height_m
    freeboard_m = facts.basin.freeboard_m
    code = None
    if facts.is_group:
        code = "group_total"
    elif volume_m3 is None:
        code = "no_pond_volume"
    elif volume_m3 <= 0:
        code = "no_water"
    elif height_m is None:
        code = "no_dam_height"
    elif height_m <= (freeboard_m or 0.0):
        code = "freeboard_over_height"
    if code is not None or volume_m3 is None or height_m is None:
        yield from _none(Mechanism.POND, _BREACH, CHECKS.reason(str(code)))
        return
    found = pond_breach(volume_m3, height_m, freeboard_m or 0.0)
    full = None
    if freeboard_m is None:
        full = CHECKS.reason("freeboard_taken_as_zero")
    reason = joined(CHECKS.reason("breach_to_foundation"), full)
    for check, interval, formula in (
        (Check.BREACH_PEAK, found.peak_m3s, PEAK_1995),
        (Check.BREACH_TIME, found.formation_h, TIME_1995),
        (Check.BREACH_WIDTH, found.width_m, WIDTH_1995),
    ):
        yield Found(
            Mechanism.POND, check, reason, interval, Label(found.confidence), (formula,)
        )
