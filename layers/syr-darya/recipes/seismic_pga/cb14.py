"""Ground-motion model of Campbell and Bozorgnia 2014: PGA on rock.

NGA-West2 Ground Motion Model for the Average Horizontal Components of PGA, PGV, and 5%
Damped Linear Acceleration Response Spectra, Earthquake Spectra 30(3), 1087-1115,
doi:10.1193/062913EQS175M. Formulas and coefficients read in independent
implementations (V3); values agree with the test tables of the US Geological Survey
(tests). Base model (no regional anelastic term), basin depth from Vs30.
"""

from __future__ import annotations

import numpy as np

from .geometry import FloatArray, Rupture, SiteDistances

# Coefficients of the PGA row, natural logarithm of g.
C0, C1, C2, C3, C4 = -4.416, 0.984, 0.537, -1.499, -0.496
C5, C6, C7, C9, C10, C11 = -2.773, 0.248, 6.768, -0.212, 0.720, 1.090
C14, C16, C17, C18, C19, C20 = -0.0064, 0.393, 0.0977, 0.0333, 0.00757, -0.0055
A2, H1, H2, H3, H5, H6 = 0.167, 0.241, 1.474, -0.715, -0.337, -0.270
K1_M_PER_S, K2, K3, C_SOIL, N_SOIL = 865.0, -1.186, 1.839, 1.88, 1.18
PHI_1, PHI_2, TAU_1, TAU_2, PHI_LN_AF = 0.734, 0.492, 0.409, 0.322, 0.300
VS30_ROCK_M_PER_S = 1100.0


def basin_depth_km(vs30_m_per_s: float) -> float:
    """Depth to shear velocity 2.5 km/s expected for ``vs30_m_per_s`` (California)."""
    return float(np.exp(7.089 - 1.144 * np.log(vs30_m_per_s)))


def _magnitude_term(mw: float) -> float:
    """Magnitude term, hinges at 4.5, 5.5 and 6.5."""
    term = C0 + C1 * mw + C2 * max(mw - 4.5, 0.0)
    return term + C3 * max(mw - 5.5, 0.0) + C4 * max(mw - 6.5, 0.0)


def _hanging_wall_term(rupture: Rupture, site: SiteDistances) -> FloatArray:
    """Hanging-wall term; zero on the footwall (``rx_km`` < 0) and for M <= 5.5."""
    mw = rupture.mw
    if mw <= 5.5 or rupture.dip_deg >= 90.0 or rupture.top_km > 16.66:
        return np.zeros_like(site.rx_km)
    flat_km = rupture.width_km * np.cos(np.radians(rupture.dip_deg))
    far_km = 62.0 * mw - 350.0
    near = site.rx_km / flat_km
    beyond = (site.rx_km - flat_km) / (far_km - flat_km)
    inside = H1 + H2 * near + H3 * near**2
    outside = np.maximum(1.0 + H5 * beyond + H6 * beyond**2, 0.0)
    by_rx = np.where(site.rx_km < flat_km, inside, outside)
    by_rx = np.where(site.rx_km < 0.0, 0.0, by_rx)
    safe_rrup_km = np.maximum(site.rrup_km, 1e-9)
    by_rrup = np.where(
        site.rrup_km > 0.0, (site.rrup_km - site.rjb_km) / safe_rrup_km, 1.0
    )
    by_mw = 1.0 + A2 * (mw - 6.5)
    if mw <= 6.5:
        by_mw *= mw - 5.5
    by_top = 1.0 - 0.06 * rupture.top_km
    by_dip = (90.0 - rupture.dip_deg) / 45.0
    return np.asarray(C10 * by_rx * by_rrup * by_mw * by_top * by_dip)


def _depth_and_dip_term(rupture: Rupture) -> float:
    """Hypocentral-depth term plus dip term."""
    depth = min(max(rupture.hypocentre_km - 7.0, 0.0), 13.0)
    by_mw = C17 + (C18 - C17) * min(max(rupture.mw - 5.5, 0.0), 1.0)
    dip = C19 * min(max(5.5 - rupture.mw, 0.0), 1.0) * rupture.dip_deg
    return depth * by_mw + dip


def _source_path_term(rupture: Rupture, site: SiteDistances) -> FloatArray:
    """Everything but site and basin terms, ln g."""
    mw = rupture.mw
    spread = (C5 + C6 * mw) * np.log(np.hypot(site.rrup_km, C7))
    normal = -150.0 < rupture.rake_deg < -30.0
    style = C9 * min(max(mw - 4.5, 0.0), 1.0) if normal else 0.0
    anelastic = C20 * np.maximum(site.rrup_km - 80.0, 0.0)
    constant = _magnitude_term(mw) + style + _depth_and_dip_term(rupture)
    return np.asarray(constant + spread + anelastic + _hanging_wall_term(rupture, site))


def _basin_term(depth_km: float) -> float:
    """Basin-response term (not Japan)."""
    if depth_km <= 1.0:
        return C14 * (depth_km - 1.0)
    if depth_km <= 3.0:
        return 0.0
    return float(C16 * K3 * np.exp(-0.75) * (1.0 - np.exp(-0.25 * (depth_km - 3.0))))


def _pga_1100_g(rupture: Rupture, site: SiteDistances) -> FloatArray:
    """Median PGA in g on hard rock (Vs30 = 1100 m/s), which drives soil response."""
    ratio = np.log(VS30_ROCK_M_PER_S / K1_M_PER_S)
    rock = (C11 + K2 * N_SOIL) * ratio + _basin_term(basin_depth_km(VS30_ROCK_M_PER_S))
    return np.asarray(np.exp(_source_path_term(rupture, site) + rock))


def ln_median_g(
    rupture: Rupture, site: SiteDistances, vs30_m_per_s: float = 760.0
) -> FloatArray:
    """Natural logarithm of the median PGA in g.

    Parameters
    ----------
    rupture
        All of its fields are used but the length.
    site
        Arrays of any one shape, which the result takes.
    vs30_m_per_s
        Mean shear velocity of the upper 30 m.
    """
    ratio = vs30_m_per_s / K1_M_PER_S
    soil: FloatArray | float
    if vs30_m_per_s <= K1_M_PER_S:
        rock_g = _pga_1100_g(rupture, site)
        soil = np.log(rock_g + C_SOIL * ratio**N_SOIL) - np.log(rock_g + C_SOIL)
        soil = C11 * np.log(ratio) + K2 * soil
    else:
        soil = (C11 + K2 * N_SOIL) * np.log(ratio)
    basin = _basin_term(basin_depth_km(vs30_m_per_s))
    return np.asarray(_source_path_term(rupture, site) + soil + basin)


def sigma_ln(
    rupture: Rupture, site: SiteDistances, vs30_m_per_s: float = 760.0
) -> FloatArray:
    """Total standard deviation of ln PGA; shape of ``site.rrup_km``.

    For PGA the correlation with itself is one, so both parts scale with the gradient
    of the site term: tau' = tau (1 + alpha), and alike for phi without the part that
    belongs to the amplification.
    """
    share = min(max(5.5 - rupture.mw, 0.0), 1.0)
    tau = TAU_2 + (TAU_1 - TAU_2) * share
    phi = PHI_2 + (PHI_1 - PHI_2) * share
    gradient = np.zeros_like(site.rrup_km)
    if vs30_m_per_s < K1_M_PER_S:
        rock_g = _pga_1100_g(rupture, site)
        ratio = C_SOIL * (vs30_m_per_s / K1_M_PER_S) ** N_SOIL
        gradient = K2 * rock_g * (1.0 / (rock_g + ratio) - 1.0 / (rock_g + C_SOIL))
    phi_base = np.sqrt(phi**2 - PHI_LN_AF**2)
    within = (phi_base * (1.0 + gradient)) ** 2 + PHI_LN_AF**2
    return np.asarray(np.sqrt(within + (tau * (1.0 + gradient)) ** 2))
