"""What an earthquake does to an earth or tailings dam (methodology 3.2).

Crest settlement after Swaisgood against the damage classes of Pells and Fell, sliding
block displacement after Newmark and Jibson, and the static safety of an infinite slope.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from pipeline.assessment.coefficients import formula
from pipeline.core.formulas import Formula
from pipeline.core.model import DamType

FloatArray = NDArray[np.float64]
M_PER_CM: Final = 0.01
SWAISGOOD_2003: Final = formula("earthquake", "swaisgood_2003")
SWAISGOOD_2014: Final = formula("earthquake", "swaisgood_2014")
PELLS_FELL: Final = formula("earthquake", "pells_fell")
SCATTER: Final = formula("earthquake", "settlement_scatter")
FAILURE_CLASS: Final = formula("earthquake", "failure_class")
FLOW: Final = formula("earthquake", "flow_given_liquefaction")
MAGNITUDE: Final = formula("earthquake", "magnitude")
JIBSON: Final = formula("earthquake", "jibson_2007")
JIBSON_PROBABILITY: Final = formula("earthquake", "jibson_2000_probability")
NEWMARK_PLANE: Final = formula("earthquake", "newmark_plane")
CRITICAL: Final = formula("earthquake", "critical_acceleration")
GROUND: Final = formula("earthquake", "ground_liquefaction")
LIQUEFIED: Final = formula("earthquake", "liquefied_dam")
INFINITE_SLOPE: Final = formula("earthquake", "infinite_slope")


def settlement_percent(law: Formula, pga_g: FloatArray, magnitude: float) -> FloatArray:
    """Relative crest settlement after Swaisgood, % of dam and alluvium height."""
    x = np.asarray(pga_g, dtype=np.float64)
    return np.exp(law["a"] * x + law["b"] * magnitude - law["c"])


def damage_class(settlement: float) -> int:
    """Damage class 0 to 5 of Pells and Fell for a settlement in %."""
    edges = [row[0] for row in PELLS_FELL.numbers]
    return int(np.searchsorted(edges, settlement, side="right"))


def class_probability(settlement: FloatArray, at_least: int) -> FloatArray:
    """Probability of a damage class or worse, given the median settlement in %.

    The settlement is log-normal around its median, with beta 0.8 (project choice).
    """
    edge = PELLS_FELL.numbers[at_least - 1][0]
    return ndtr(np.log(np.asarray(settlement) / edge) / SCATTER["beta"])


def flow_probability(dam_type: DamType) -> float:
    """Probability of a flow failure once the dam has liquefied, by construction."""
    table = {str(row[0]): float(row[1]) for row in FLOW.rows}
    return table.get(str(dam_type), table["unknown"])


def flow_probability_bounds(dam_type: DamType) -> tuple[float, float]:
    """Bounds of `flow_probability`: the whole table where the type is not in it."""
    known = {str(row[0]): float(row[1]) for row in FLOW.rows if row[0] != "unknown"}
    if str(dam_type) in known:
        value = known[str(dam_type)]
        return value, value
    return min(known.values()), max(known.values())


def failure_probability(
    pga_g: FloatArray,
    *,
    law: Formula,
    magnitude: float,
    liquefaction: FloatArray | float,
    flow: float,
) -> FloatArray:
    """P(fail | eq) = P_liq P(fail | liq) + (1 - P_liq) P(class >= 4).

    ``P(fail | liq)`` is that of a flow failure, and at least that of a dam that does
    not liquefy: the plain formula would let liquefaction protect a dam under strong
    shaking (project choice).

    Parameters
    ----------
    pga_g
        Shape (n,), g, zero or above; where it is zero nothing shakes and the
        probability is zero.
    law
        `SWAISGOOD_2003` or `SWAISGOOD_2014`.
    liquefaction, flow
        Probability of liquefaction, one or for each acceleration, and of a flow
        failure once liquefied.
    """
    x = np.asarray(pga_g, dtype=np.float64)
    settled = class_probability(
        settlement_percent(law, x, magnitude), int(FAILURE_CLASS["class"])
    )
    failed = liquefaction * np.maximum(flow, settled) + (1 - liquefaction) * settled
    return np.where(x > 0, failed, 0.0)


def critical_acceleration_g(factor_of_safety: float, slope_deg: float) -> float:
    """Acceleration at which a block begins to slide, g; 0 where FoS is below 1."""
    return max(factor_of_safety - 1, 0.0) * math.sin(math.radians(slope_deg))


def newmark_displacement_m(pga_g: float, critical_g: float, magnitude: float) -> float:
    """Displacement of a sliding block after Jibson 2007 eq. 7, m.

    Zero where the critical acceleration is not passed.

    Raises
    ------
    ValueError
        If the critical acceleration is not above zero: the slope is then unstable
        without an earthquake, and the regression does not apply.
    """
    if critical_g <= 0:
        raise ValueError("critical acceleration must be above zero")
    if critical_g >= pga_g:
        return 0.0
    ratio, law = critical_g / pga_g, JIBSON
    log10_cm = (
        law["a"]
        + math.log10((1 - ratio) ** law["b"] * ratio ** law["c"])
        + law["d"] * magnitude
    )
    return float(10**log10_cm * M_PER_CM)


def slide_probability(displacement_m: float) -> float:
    """Probability of a slide for a Newmark displacement (Jibson et al. 2000)."""
    law = JIBSON_PROBABILITY
    power = (displacement_m / M_PER_CM) ** law["b"]
    return float(law["m"] * (1 - math.exp(-law["a"] * power)))


def infinite_slope_fos(
    *,
    cohesion_pa: float,
    friction_deg: float,
    slope_deg: float,
    thickness_m: float,
    saturated_fraction: float,
    dry_density_kg_per_m3: float,
) -> float:
    """Static factor of safety of an infinite slope.

    FoS = c / (gamma t sin a) + tan phi / tan a - m gamma_w tan phi / (gamma tan a),
    with gamma = dry density times gravity.

    Raises
    ------
    ValueError
        If slope, thickness or density is not above zero.
    """
    if min(slope_deg, thickness_m, dry_density_kg_per_m3) <= 0:
        raise ValueError("slope, thickness and density must be above zero")
    gravity = INFINITE_SLOPE["gravity_m_per_s2"]
    gamma = dry_density_kg_per_m3 * gravity
    gamma_water = INFINITE_SLOPE["water_density_kg_per_m3"] * gravity
    slope, friction = math.radians(slope_deg), math.radians(friction_deg)
    cohesion_part = cohesion_pa / (gamma * thickness_m * math.sin(slope))
    friction_part = math.tan(friction) / math.tan(slope)
    return cohesion_part + friction_part * (
        1 - saturated_fraction * gamma_water / gamma
    )
