"""Travel time and dispersion in rivers after Jobson (methodology 4.5).

Velocities are those of the peak of a soluble, conservative substance that was released
at once into a natural river. All functions take arrays or numbers and broadcast; NaN in
any argument gives NaN. Drainage areas are in m2, discharges in m3/s, slopes in m/m,
times of travel in hours. Equation numbers are those of USGS WRI 96-4013.

Errors that the equations were found to have on independent data (USGS SIR 2013-5182):
0.426 in log10 of the peak concentration, 0.154 m/s in velocity, 3.78 h in the arrival
of the leading edge. Fewer than 1 % of the measured velocities exceed the highest
probable one.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipeline.rivers.coefficients import formula

GRAVITY_M_PER_S2: Final = 9.80665
_AREA_POWER: Final = 1.25
_LITRES_PER_M3: Final = 1000.0
_S_PER_H: Final = 3600.0
UNIT_RESPONSE_AREA: Final = 1.0e6

Numbers = NDArray[np.float64]


def _positive(value: ArrayLike) -> Numbers:
    """Array with NaN where a value is not above zero."""
    array = np.asarray(value, dtype=np.float64)
    return np.where(array > 0, array, np.nan)


def dimensionless_area(area_m2: ArrayLike, discharge_m3s: ArrayLike) -> Numbers:
    """Dimensionless drainage area D'a = Da^1.25 g^0.5 / Q (equation 10)."""
    area, discharge = _positive(area_m2), _positive(discharge_m3s)
    return area**_AREA_POWER * np.sqrt(GRAVITY_M_PER_S2) / discharge


def _velocity(
    key: str,
    area_m2: ArrayLike,
    discharge_m3s: ArrayLike,
    mean_discharge_m3s: ArrayLike,
    slope: ArrayLike,
) -> Numbers:
    c = formula(key)
    area, discharge = _positive(area_m2), _positive(discharge_m3s)
    mean = _positive(mean_discharge_m3s)
    product = (
        dimensionless_area(area, mean) ** c["area"]
        * (discharge / mean) ** c["flow"]
        * _positive(slope) ** c["slope"]
        * discharge
        / area
    )
    return np.asarray(c["base"] + c["factor"] * product)


def peak_velocity(
    area_m2: ArrayLike,
    discharge_m3s: ArrayLike,
    mean_discharge_m3s: ArrayLike,
    slope: ArrayLike,
) -> Numbers:
    """Velocity of the peak in m/s, slope known (equation 12)."""
    return _velocity("jobson-12", area_m2, discharge_m3s, mean_discharge_m3s, slope)


def highest_velocity(
    area_m2: ArrayLike,
    discharge_m3s: ArrayLike,
    mean_discharge_m3s: ArrayLike,
    slope: ArrayLike,
) -> Numbers:
    """Highest probable velocity of the peak in m/s, slope known (equation 13)."""
    return _velocity("jobson-13", area_m2, discharge_m3s, mean_discharge_m3s, slope)


def peak_velocity_without_slope(
    area_m2: ArrayLike, discharge_m3s: ArrayLike, mean_discharge_m3s: ArrayLike
) -> Numbers:
    """Velocity of the peak in m/s, slope unknown (equation 14)."""
    return _velocity("jobson-14", area_m2, discharge_m3s, mean_discharge_m3s, 1.0)


def highest_velocity_without_slope(
    area_m2: ArrayLike, discharge_m3s: ArrayLike, mean_discharge_m3s: ArrayLike
) -> Numbers:
    """Highest probable velocity in m/s, slope unknown (equation 15)."""
    return _velocity("jobson-15", area_m2, discharge_m3s, mean_discharge_m3s, 1.0)


def peak_velocity_without_mean_flow(
    area_m2: ArrayLike, discharge_m3s: ArrayLike, *, highest: bool = False
) -> Numbers:
    """Velocity of the peak in m/s, mean annual discharge unknown (equation 16)."""
    c = formula("jobson-16-highest" if highest else "jobson-16")
    area, discharge = _positive(area_m2), _positive(discharge_m3s)
    shape = dimensionless_area(area, discharge) ** c["area"]
    return np.asarray(c["base"] + c["factor"] * shape * discharge / area)


def travel_time_h(length_m: ArrayLike, velocity_m_per_s: ArrayLike) -> Numbers:
    """Hours that a velocity takes for a length."""
    length = np.asarray(length_m, dtype=np.float64)
    return np.asarray(length / _positive(velocity_m_per_s) / _S_PER_H)


def leading_edge_h(peak_h: ArrayLike) -> Numbers:
    """Arrival of the leading edge, from that of the peak (equation 18)."""
    return formula("jobson-18")["factor"] * np.asarray(peak_h, dtype=np.float64)


def unit_peak(peak_h: ArrayLike, relative_discharge: ArrayLike = 1.0) -> Numbers:
    """Unit-peak concentration Cup in 1e-6 1/s (equation 7).

    Parameters
    ----------
    peak_h
        Travel time of the peak from the place of release, hours, above zero.
    relative_discharge
        Q / Qa at the place of interest; 1 at mean flow.
    """
    c = formula("jobson-7")
    power = c["power"] * _positive(relative_discharge) ** c["flow"]
    return np.asarray(c["factor"] * _positive(peak_h) ** power)


def unit_peak_without_mean_flow(peak_h: ArrayLike) -> Numbers:
    """Unit-peak concentration in 1e-6 1/s, mean annual discharge unknown."""
    c = formula("jobson-7-no-mean-flow")
    return np.asarray(c["factor"] * _positive(peak_h) ** c["power"])


def passage_h(unit_peak_per_1e6_s: ArrayLike) -> Numbers:
    """Hours from the leading edge to a tenth of the peak (T10d, equation 19)."""
    c = formula("jobson-19")
    return np.asarray(c["factor"] / _positive(unit_peak_per_1e6_s) / _S_PER_H)


def peak_concentration_mg_per_l(
    unit_peak_per_1e6_s: ArrayLike,
    mass_kg: ArrayLike,
    discharge_m3s: ArrayLike,
    *,
    recovery: ArrayLike = 1.0,
) -> Numbers:
    """Peak concentration Cp = Cup Rr M / (1000 Q) in mg/L.

    Parameters
    ----------
    unit_peak_per_1e6_s
        Cup, 1e-6 1/s.
    mass_kg
        Released dissolved mass.
    discharge_m3s
        Discharge at the place of interest.
    recovery
        Share of the mass that is still in the water there (Rr), 0 to 1.
    """
    mass = np.asarray(mass_kg, dtype=np.float64)
    share = np.asarray(recovery, dtype=np.float64)
    return np.asarray(
        np.asarray(unit_peak_per_1e6_s)
        * share
        * mass
        / (_LITRES_PER_M3 * _positive(discharge_m3s))
    )


def unit_response(
    time_h: ArrayLike, lead_h: float, peak_h: float, passage_h: float
) -> Numbers:
    """Triangular unit response in 1e-6 1/s at the given hours after the release.

    It rises from the leading edge to the peak and falls to zero at
    ``lead_h + passage_h``; its area over seconds is 1e6.

    Raises
    ------
    ValueError
        If the three times do not follow one another.
    """
    end_h = lead_h + passage_h
    if not 0 <= lead_h < peak_h < end_h:
        raise ValueError(f"times do not follow: {lead_h}, {peak_h}, {end_h}")
    top = 2.0 * UNIT_RESPONSE_AREA / (passage_h * _S_PER_H)
    times, values = [lead_h, peak_h, end_h], [0.0, top, 0.0]
    return np.asarray(np.interp(np.asarray(time_h), times, values, left=0.0, right=0.0))


def superpose(response: Numbers, share_per_step: Numbers) -> Numbers:
    """Response to a release that lasts several steps of equal length.

    Parameters
    ----------
    response
        Shape (n,). Unit response at equal steps of time.
    share_per_step
        Shape (k,). Share of the mass released in each step; the shares sum to 1.

    Returns
    -------
    numpy.ndarray
        Shape (n + k - 1,), same steps.

    Raises
    ------
    ValueError
        If the shares are negative or do not sum to 1.
    """
    if np.any(share_per_step < 0) or not np.isclose(share_per_step.sum(), 1.0):
        raise ValueError("shares must be zero or more and sum to 1")
    return np.convolve(response, share_per_step)
