"""Ground-motion model of Chiou and Youngs 2014: PGA on rock.

Update of the Chiou and Youngs NGA Model for the Average Horizontal Component of Peak
Ground Motion and Response Spectra, Earthquake Spectra 30(3), 1117-1153,
doi:10.1193/072813EQS219M. Formulas and coefficients read in independent
implementations (V3); values agree with the test tables of the US Geological Survey
(tests). Global anelastic term, no directivity, basin depth as expected for Vs30.
"""

from __future__ import annotations

import numpy as np

from .geometry import FloatArray, Rupture, SiteDistances, expected_top_km

# Coefficients of the PGA row, natural logarithm of g.
C1, C1A, C1B, C1C, C1D = -1.5065, 0.1650, -0.2550, -0.1650, 0.2550
C2, C3, C4, C4A, C5, C6 = 1.06, 1.9636, -2.1, -0.5, 6.4551, 0.4908
C7, C7B, C9, C9A, C9B_KM, C11B = 0.0352, 0.0462, 0.9228, 0.1202, 6.8607, -0.4536
C_N, C_M, C_HM, C_RB_KM = 16.0875, 4.9993, 3.0956, 50.0
C_G1, C_G2, C_G3 = -0.007146, -0.006758, 4.2542
PHI_1, PHI_2, PHI_3, PHI_4 = -0.5210, -0.1417, -0.007010, 0.102151
TAU_1, TAU_2 = 0.4000, 0.2600
SIGMA_1, SIGMA_2, SIGMA_3_INFERRED = 0.4912, 0.3762, 0.8000
VS30_REFERENCE_M_PER_S = 1130.0


def _event_term(rupture: Rupture) -> float:
    """Terms of magnitude, style, depth to top and dip, ln g."""
    mw, rake = rupture.mw, rupture.rake_deg
    damp = np.cosh(2.0 * max(mw - 4.5, 0.0))
    style = 0.0
    if 30.0 <= rake <= 150.0:
        style = C1A + C1C / damp
    elif -120.0 <= rake <= -60.0:
        style = C1B + C1D / damp
    deeper_km = rupture.top_km - expected_top_km(mw, rake)
    depth = (C7 + C7B / damp) * deeper_km
    dip = C11B / damp * np.cos(np.radians(rupture.dip_deg)) ** 2
    bend = (C2 - C3) / C_N * np.log1p(np.exp(C_N * (C_M - mw)))
    return float(C1 + style + depth + dip + C2 * (mw - 6.0) + bend)


def _hanging_wall_term(rupture: Rupture, site: SiteDistances) -> FloatArray:
    """Hanging-wall term; zero on the footwall (``rx_km`` < 0)."""
    taper = 1.0 - np.hypot(site.rjb_km, rupture.top_km) / (site.rrup_km + 1.0)
    by_rx = C9A + (1.0 - C9A) * np.tanh(site.rx_km / C9B_KM)
    term = C9 * np.cos(np.radians(rupture.dip_deg)) * by_rx * taper
    return np.where(site.rx_km >= 0.0, term, 0.0)


def _ln_reference_g(rupture: Rupture, site: SiteDistances) -> FloatArray:
    """Natural logarithm of the median PGA in g at Vs30 = 1130 m/s."""
    mw = rupture.mw
    near_km = C5 * np.cosh(C6 * max(mw - C_HM, 0.0))
    spread = C4 * np.log(site.rrup_km + near_km)
    spread = spread + (C4A - C4) * np.log(np.hypot(site.rrup_km, C_RB_KM))
    anelastic = (C_G1 + C_G2 / np.cosh(max(mw - C_G3, 0.0))) * site.rrup_km
    hanging = _hanging_wall_term(rupture, site)
    return np.asarray(_event_term(rupture) + spread + anelastic + hanging)


def _soil_slope(vs30_m_per_s: float) -> float:
    """Factor of the non-linear site term for ``vs30_m_per_s``."""
    low = min(vs30_m_per_s, VS30_REFERENCE_M_PER_S) - 360.0
    high = VS30_REFERENCE_M_PER_S - 360.0
    return float(PHI_2 * (np.exp(PHI_3 * low) - np.exp(PHI_3 * high)))


def ln_median_g(
    rupture: Rupture, site: SiteDistances, vs30_m_per_s: float = 760.0
) -> FloatArray:
    """Natural logarithm of the median PGA in g.

    Parameters
    ----------
    rupture
        Magnitude, rake, dip and depth to the top are used.
    site
        Arrays of any one shape, which the result takes.
    vs30_m_per_s
        Mean shear velocity of the upper 30 m.
    """
    ln_reference = _ln_reference_g(rupture, site)
    linear = PHI_1 * min(np.log(vs30_m_per_s / VS30_REFERENCE_M_PER_S), 0.0)
    driven = np.log1p(np.exp(ln_reference) / PHI_4)
    return np.asarray(ln_reference + linear + _soil_slope(vs30_m_per_s) * driven)


def sigma_ln(
    rupture: Rupture,
    site: SiteDistances,
    vs30_m_per_s: float = 760.0,
    *,
    vs30_measured: bool = False,
) -> FloatArray:
    """Total standard deviation of ln PGA; shape of ``site.rrup_km``.

    ``vs30_measured`` false stands for a Vs30 that is assumed, as on this map.
    """
    share = (min(max(rupture.mw, 5.0), 6.5) - 5.0) / 1.5
    tau = TAU_1 + (TAU_2 - TAU_1) * share
    sigma = SIGMA_1 + (SIGMA_2 - SIGMA_1) * share
    reference_g = np.exp(_ln_reference_g(rupture, site))
    gradient = _soil_slope(vs30_m_per_s) * reference_g / (reference_g + PHI_4)
    knowledge = 0.7 if vs30_measured else SIGMA_3_INFERRED
    within = sigma**2 * (knowledge + (1.0 + gradient) ** 2)
    return np.asarray(np.sqrt(within + ((1.0 + gradient) * tau) ** 2))
