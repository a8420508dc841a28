"""Annual frequency with which rain overtops a dam (methodology 3.4).

A storm overtops where the water that runs in exceeds what the pond holds below the
crest: ``V_in(T) > freeboard A_pond``. The hazards stage derives the inflow by return
period, with bounds over rain and runoff; the frequency is that of the inflow that just
fills the freeboard. Because inflow is proportional to rain, a change factor of rain is
one of inflow too, and the frequency of a climate case follows from its levels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pipeline.assessment.coefficients import formula
from pipeline.assessment.interval import Interval
from pipeline.core.curves import exceedance_per_yr, hazard_curve
from pipeline.core.model import Confidence, Status, weakest
from pipeline.core.schemas.assessment import OvertoppingBasis

BALANCE: Final = formula("overtopping", "balance")
BREACH: Final = formula("overtopping", "breach_given_overtopping")
OVERTOPPING_CONFIDENCE: Final = weakest(BALANCE.confidence, BREACH.confidence)


@dataclass(frozen=True, slots=True)
class InflowLevel:
    """Water that runs into the pond at one return period, with its bounds."""

    return_period_yr: float
    volume_m3: Interval


@dataclass(frozen=True, slots=True)
class Inflow:
    """Levels of the inflow layer that counts at a facility; empty without one.

    ``stated_per_yr`` is the frequency of overtopping that a layer tells itself; it
    counts where there are no levels.
    """

    levels: tuple[InflowLevel, ...] = ()
    layer_id: str | None = None
    demonstration: bool = False
    confidence: Confidence | None = None
    stated_per_yr: Interval | None = None

    @property
    def is_known(self) -> bool:
        """Whether there is anything to tell an overtopping from."""
        return bool(self.levels) or self.stated_per_yr is not None


@dataclass(frozen=True, slots=True)
class Basin:
    """What holds the water below the crest; None where it is unknown.

    A freeboard of 0 is a full pond: the least inflow overtops.
    """

    freeboard_m: float | None = None
    pond_area_m2: float | None = None


@dataclass(frozen=True, slots=True)
class Overtopping:
    """Annual frequency of overtopping and of the breach that follows, 1/yr."""

    interval: Interval | None
    breach: Interval | None
    status: Status
    basis: OvertoppingBasis


def overtopping(inflow: Inflow, basin: Basin, *, has_dam: bool) -> Overtopping:
    """Frequency of overtopping by rain, with the bounds of the inflow.

    Returns
    -------
    Overtopping
        Without a central value where the inflow that overtops lies beyond the levels:
        more frequent than the first gives at least its frequency and at most once a
        year, rarer than the last at most that one's. Without any number where an
        input is missing; the basis names the first one.

    Raises
    ------
    ValueError
        If inflow decreases with the return period.
    """
    if has_dam and not inflow.levels and inflow.stated_per_yr is not None:
        return _stated(inflow.stated_per_yr)
    basis = _missing(inflow, basin, has_dam=has_dam)
    if basis is not None:
        return Overtopping(None, None, Status.NOT_PROVIDED, basis)
    storage_m3 = float(basin.freeboard_m or 0.0) * float(basin.pond_area_m2 or 0.0)
    low = _frequency(inflow.levels, "low", storage_m3)[0]
    central = _frequency(inflow.levels, "central", storage_m3)[1]
    high = _frequency(inflow.levels, "high", storage_m3)[2]
    found = Interval(low, central, high)
    if central is None:
        return Overtopping(
            found, _breach(found), Status.NOT_PROVIDED, OvertoppingBasis.BEYOND_LEVELS
        )
    return Overtopping(found, _breach(found), Status.MEASURED, OvertoppingBasis.CURVE)


def _stated(found: Interval) -> Overtopping:
    """Overtopping as a layer tells it; a central zero below a bound is unknown."""
    if found.central is None or (found.central <= 0 < found.high):
        bounds = Interval(found.low, None, found.high)
        return Overtopping(
            bounds, _breach(bounds), Status.NOT_PROVIDED, OvertoppingBasis.BEYOND_LEVELS
        )
    return Overtopping(found, _breach(found), Status.MEASURED, OvertoppingBasis.LAYER)


def _breach(found: Interval) -> Interval:
    """Frequency of the breach that follows an overtopping, 1/yr."""
    return Interval(
        BREACH["low"] * found.low,
        None if found.central is None else BREACH["central"] * found.central,
        BREACH["high"] * found.high,
    )


def _missing(inflow: Inflow, basin: Basin, *, has_dam: bool) -> OvertoppingBasis | None:
    """Why there is no frequency; None where everything is known."""
    if not has_dam:
        return OvertoppingBasis.NO_DAM
    if not inflow.levels:
        return OvertoppingBasis.NO_INFLOW
    if basin.freeboard_m is None:
        return OvertoppingBasis.NO_FREEBOARD
    if basin.freeboard_m > 0 and not basin.pond_area_m2:
        return OvertoppingBasis.NO_POND_AREA
    return None


def _frequency(
    levels: Sequence[InflowLevel], end: str, storage_m3: float
) -> tuple[float, float | None, float]:
    """Least, exact and largest frequency of more inflow than the storage, 1/yr.

    Exact only within the levels.
    """
    periods = [level.return_period_yr for level in levels]
    volumes = [float(getattr(level.volume_m3, end)) for level in levels]
    rarest, most = 1.0 / periods[-1], 1.0
    if max(volumes) <= 0 or storage_m3 > max(volumes):
        return 0.0, None, rarest
    curve = hazard_curve(periods, volumes)
    if storage_m3 < curve.intensity[0]:
        return curve.frequency_per_yr[0], None, most
    found = float(exceedance_per_yr(curve, storage_m3))
    return found, found, found
