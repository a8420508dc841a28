"""Ground-motion model of Boore, Stewart, Seyhan and Atkinson 2014: PGA on rock.

NGA-West2 Equations for Predicting PGA, PGV, and 5% Damped PSA for Shallow Crustal
Earthquakes, Earthquake Spectra 30(3), 1057-1085, doi:10.1193/070113EQS184M. Formulas
and coefficients read in independent implementations (V3); values agree with the test
tables of the US Geological Survey (tests). Written for the model's reference rock,
Vs30 = 760 m/s, where its site term is zero; global anelastic term.
"""

from __future__ import annotations

import numpy as np

from .geometry import FloatArray, Rupture, SiteDistances

# Coefficients of the PGA row, natural logarithm of g.
E_UNSPECIFIED_STRIKE_NORMAL_REVERSE = (0.4473, 0.4856, 0.2459, 0.4539)
E4, E5, E6, MH = 1.431, 0.05053, -0.1662, 5.5
C1, C2, C3 = -1.134, 0.1917, -0.008088
H_KM, M_REF, R_REF_KM = 4.5, 4.5, 1.0
TAU_1, TAU_2, PHI_1, PHI_2 = 0.398, 0.348, 0.695, 0.495
DPHI_R, R1_KM, R2_KM = 0.100, 110.0, 270.0


def _event_term(rupture: Rupture) -> float:
    """Magnitude and style-of-faulting term, ln g."""
    _, strike_slip, normal, reverse = E_UNSPECIFIED_STRIKE_NORMAL_REVERSE
    if 30.0 < rupture.rake_deg < 150.0:
        base = reverse
    elif -150.0 < rupture.rake_deg < -30.0:
        base = normal
    else:
        base = strike_slip
    over = rupture.mw - MH
    return base + (E4 * over + E5 * over**2 if over <= 0.0 else E6 * over)


def ln_median_g(rupture: Rupture, site: SiteDistances) -> FloatArray:
    """Natural logarithm of the median PGA in g on rock (Vs30 = 760 m/s).

    Parameters
    ----------
    rupture
        Magnitude and rake are used.
    site
        ``rjb_km`` is used; any shape, which the result takes.
    """
    distance_km = np.hypot(site.rjb_km, H_KM)
    path = (C1 + C2 * (rupture.mw - M_REF)) * np.log(distance_km / R_REF_KM)
    path = path + C3 * (distance_km - R_REF_KM)
    return np.asarray(_event_term(rupture) + path, dtype=np.float64)


def sigma_ln(rupture: Rupture, site: SiteDistances) -> FloatArray:
    """Total standard deviation of ln PGA; shape of ``site.rjb_km``."""
    share = min(max(rupture.mw - 4.5, 0.0), 1.0)
    tau = TAU_1 + (TAU_2 - TAU_1) * share
    phi_m = PHI_1 + (PHI_2 - PHI_1) * share
    inside_km = np.clip(site.rjb_km, R1_KM, R2_KM)
    phi = phi_m + DPHI_R * np.log(inside_km / R1_KM) / np.log(R2_KM / R1_KM)
    return np.asarray(np.hypot(tau, phi), dtype=np.float64)
