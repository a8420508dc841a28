"""Stored volume of a facility, with bounds and with where it comes from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pipeline.assessment.coefficients import formula
from pipeline.assessment.interval import Interval, exactly
from pipeline.core.schemas.assessment import VolumeBasis

UNCERTAINTY: Final = formula("classification", "volume_uncertainty")
LOWER_BOUND: Final = "lower_bound"
BEFORE_RELOCATION: Final = "before_relocation"

Density = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class StatedAmounts:
    """Amounts as the inventory states them; None where it states none.

    ``volume_quality`` and ``mass_quality`` are the words of the inventory's table of
    values, such as ``lower_bound`` or ``before_relocation``.
    """

    volume_m3: float | None = None
    volume_low_m3: float | None = None
    volume_high_m3: float | None = None
    mass_t: float | None = None
    volume_quality: frozenset[str] = frozenset()
    mass_quality: frozenset[str] = frozenset()

    @property
    def has_mass(self) -> bool:
        """Whether a mass is stated that is still there."""
        return self.mass_t is not None and BEFORE_RELOCATION not in self.mass_quality


@dataclass(frozen=True, slots=True)
class StoredVolume:
    """Volume that the methods use; None where nothing is known."""

    interval: Interval | None
    basis: VolumeBasis


def stored_volume(stated: StatedAmounts, density_t_per_m3: Density) -> StoredVolume:
    """Stored volume, m3, from what the inventory states.

    A stated volume has the stated bounds, or else a factor to both sides (project
    choice); a stated lower bound is open to ten times its value. Where the mass of the
    same material is stated too, the bounds also cover the volume that it gives. A
    volume from before a relocation is no longer there and counts as unknown.

    Parameters
    ----------
    density_t_per_m3
        Low, central and high dry density.
    """
    if BEFORE_RELOCATION in stated.volume_quality:
        return StoredVolume(None, VolumeBasis.BEFORE_RELOCATION)
    from_mass = _from_mass(stated, density_t_per_m3)
    if stated.volume_m3 is not None:
        return _from_volume(stated, from_mass)
    if stated.volume_low_m3 is not None or stated.volume_high_m3 is not None:
        return StoredVolume(_from_range(stated), VolumeBasis.RANGE_ONLY)
    if from_mass is not None:
        return StoredVolume(from_mass, VolumeBasis.FROM_MASS)
    return StoredVolume(None, VolumeBasis.UNKNOWN)


def _from_volume(stated: StatedAmounts, from_mass: Interval | None) -> StoredVolume:
    value = stated.volume_m3
    if value is None:
        raise ValueError("a stated volume is needed")
    if value == 0:
        return StoredVolume(exactly(0.0), VolumeBasis.STATED)
    is_bound = LOWER_BOUND in stated.volume_quality or (
        stated.volume_low_m3 == value and stated.volume_high_m3 is None
    )
    factor = UNCERTAINTY["factor"]
    below = 1.0 if is_bound else factor
    above = UNCERTAINTY["lower_bound_factor"] if is_bound else factor
    low = value / below if stated.volume_low_m3 is None else stated.volume_low_m3
    high = value * above if stated.volume_high_m3 is None else stated.volume_high_m3
    if from_mass is not None:
        low, high = min(low, from_mass.low), max(high, from_mass.high)
    basis = VolumeBasis.LOWER_BOUND if is_bound else VolumeBasis.STATED
    return StoredVolume(Interval(low, value, high), basis)


def _from_range(stated: StatedAmounts) -> Interval:
    factor = UNCERTAINTY["lower_bound_factor"]
    low, high = stated.volume_low_m3, stated.volume_high_m3
    if low is None:
        low = (high or 0.0) / factor
    if high is None:
        high = low * factor
    return Interval(low, None, high)


def _from_mass(stated: StatedAmounts, density: Density) -> Interval | None:
    if stated.mass_t is None or BEFORE_RELOCATION in stated.mass_quality:
        return None
    volumes = Interval(*(stated.mass_t / d for d in reversed(density)))
    if LOWER_BOUND not in stated.mass_quality:
        return volumes
    high = volumes.high * UNCERTAINTY["lower_bound_factor"]
    return Interval(volumes.low, volumes.central, high)


def dry_mass_t(
    stated: StatedAmounts, stored: StoredVolume, density_t_per_m3: Density
) -> Interval | None:
    """Dry mass, t: as stated, else stored volume times density; None if neither.

    A stated mass without bounds counts as it is; a lower bound is open to ten times
    its value.
    """
    if stated.mass_t is not None and stated.has_mass:
        high = stated.mass_t
        if LOWER_BOUND in stated.mass_quality:
            high *= UNCERTAINTY["lower_bound_factor"]
        return Interval(stated.mass_t, stated.mass_t, high)
    volume = stored.interval
    if volume is None:
        return None
    low, middle, high = density_t_per_m3
    central = None if volume.central is None else volume.central * middle
    return Interval(volume.low * low, central, volume.high * high)
