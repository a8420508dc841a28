"""Liquefaction screening after Zhu et al. 2017 and HAZUS (methodology 3.3)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pipeline.core.formulas import read_formulas

_FORMULAS: Final = read_formulas(Path(__file__).parent / "data" / "liquefaction.yaml")
ZHU: Final = _FORMULAS["zhu_2017_general"]
EXTENT: Final = _FORMULAS["zhu_2017_extent"]
RASHIDIAN: Final = _FORMULAS["rashidian_baise_2020"]
ALLSTADT: Final = _FORMULAS["allstadt_2022"]
HAZUS: Final = _FORMULAS["hazus"]
HAZUS_CORRECTIONS: Final = _FORMULAS["hazus_corrections"]
SUSCEPTIBILITIES: Final = tuple(str(row[0]) for row in HAZUS.rows)


@dataclass(frozen=True, slots=True)
class Ground:
    """What the screening needs to know about a place."""

    vs30_m_per_s: float
    precipitation_mm: float
    water_distance_km: float
    water_table_m: float


def zhu_predictor(pgv_cm_per_s: float, ground: Ground) -> float:
    """Linear predictor X of the general (not coastal) model."""
    law = ZHU
    return (
        law["a"]
        + law["b"] * math.log(pgv_cm_per_s)
        + law["c"] * math.log(ground.vs30_m_per_s)
        + law["d"] * ground.precipitation_mm
        + law["e"] * ground.water_distance_km
        + law["f"] * ground.water_table_m
    )


def zhu_probability(pgv_cm_per_s: float, ground: Ground) -> float:
    """Probability of liquefaction; zero below the PGV or above the Vs30 limit."""
    slow = pgv_cm_per_s < ZHU["pgv_min_cm_per_s"]
    if slow or ground.vs30_m_per_s > ZHU["vs30_max_m_per_s"]:
        return 0.0
    return 1 / (1 + math.exp(-zhu_predictor(pgv_cm_per_s, ground)))


def rashidian_probability(pgv_cm_per_s: float, pga_g: float, ground: Ground) -> float:
    """`zhu_probability` as changed by Rashidian and Baise 2020."""
    if pga_g < RASHIDIAN["pga_min_g"]:
        return 0.0
    return zhu_probability(
        pgv_cm_per_s, _wet_at_most(ground, RASHIDIAN["precipitation_max_mm"])
    )


def allstadt_probability(
    pgv_cm_per_s: float, pga_g: float, magnitude: float, ground: Ground
) -> float:
    """`zhu_probability` as changed by Allstadt et al. 2022."""
    law = ALLSTADT
    if pga_g < law["pga_min_g"]:
        return 0.0
    distance = magnitude - law["magnitude_mid"]
    scale = 1 / (1 + math.exp(-law["magnitude_rate"] * distance))
    pgv = min(pgv_cm_per_s, law["pgv_max_cm_per_s"]) * scale
    return zhu_probability(pgv, _wet_at_most(ground, law["precipitation_max_mm"]))


def _wet_at_most(ground: Ground, limit_mm: float) -> Ground:
    return Ground(
        ground.vs30_m_per_s,
        min(ground.precipitation_mm, limit_mm),
        ground.water_distance_km,
        ground.water_table_m,
    )


def areal_extent_percent(probability: float) -> float:
    """Share of the area that liquefies, %."""
    law = EXTENT
    return law["a"] / (1 + law["b"] * math.exp(-law["c"] * probability)) ** 2


def hazus_probability(
    pga_g: float, magnitude: float, susceptibility: str, water_table_m: float
) -> float:
    """Probability of liquefaction after HAZUS.

    Raises
    ------
    KeyError
        If the susceptibility is not one of the table.
    """
    table = {str(row[0]): row[1:] for row in HAZUS.rows}
    a, b, share = (float(cell) for cell in table[susceptibility])
    k = HAZUS_CORRECTIONS
    k_magnitude = (
        k["m3"] * magnitude**3 + k["m2"] * magnitude**2 + k["m1"] * magnitude + k["m0"]
    )
    k_water = k["w1"] * water_table_m / k["metre_per_foot"] + k["w0"]
    conditional = min(max(a * pga_g - b, 0.0), 1.0)
    return conditional / (k_magnitude * k_water) * share
