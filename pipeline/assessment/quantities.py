"""Annex I quantities, sum rule and water risk index (methodology 2.2 to 2.7)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from pipeline.assessment.coefficients import formula

SUM_RULE: Final = formula("classification", "sum_rule")
CATEGORIES: Final = formula("classification", "annex1_2014_categories")
NAMED: Final = formula("classification", "annex1_named")
WATER_RISK: Final = formula("classification", "water_risk_index")


class HazardGroup(StrEnum):
    """Groups that are summed apart from each other."""

    HEALTH = "health"
    PHYSICAL = "physical"
    ENVIRONMENT = "environment"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Quantity:
    """One substance on the site.

    ``thresholds_t`` is the threshold in each hazard group that it belongs to.
    ``isolated`` says that its location cannot trigger a major accident elsewhere on
    the site; such small quantities may be disregarded.
    """

    substance: str
    mass_t: float
    thresholds_t: Mapping[HazardGroup, float]
    isolated: bool = False

    def __post_init__(self) -> None:
        """Refuse masses below zero and thresholds that are not above zero."""
        if not self.mass_t >= 0:
            raise ValueError(f"{self.substance}: mass {self.mass_t} t")
        if any(not limit > 0 for limit in self.thresholds_t.values()):
            raise ValueError(f"{self.substance}: thresholds {self.thresholds_t}")


@dataclass(frozen=True, slots=True)
class QuantityTest:
    """Result of the quantity test.

    ``sums`` are the sums of shares by hazard group, ``single`` the substances that
    reach a threshold on their own.
    """

    sums: Mapping[HazardGroup, float]
    single: tuple[str, ...]

    @property
    def is_met(self) -> bool:
        """Whether the quantities make the activity hazardous."""
        return bool(self.single) or any(
            total >= SUM_RULE["limit"] for total in self.sums.values()
        )


def thresholds_t(
    categories: Sequence[str], named: str | None = None
) -> dict[HazardGroup, float]:
    """Threshold in each hazard group, t, for the categories of a substance.

    The lowest threshold of a group counts. A named substance keeps its groups but has
    its own threshold in all of them, in place of those of the categories.

    Raises
    ------
    KeyError
        If a category or a named substance is not in the tables.
    """
    table = {str(row[0]): row for row in CATEGORIES.rows}
    found: dict[HazardGroup, float] = {}
    for category in categories:
        _, group, limit = table[category]
        key = HazardGroup(str(group))
        found[key] = min(float(limit), found.get(key, math.inf))
    if named is None:
        return found
    _, group, limit = {str(row[0]): row for row in NAMED.rows}[named]
    return dict.fromkeys({*found, HazardGroup(str(group))}, float(limit))


def quantity_test(quantities: Iterable[Quantity]) -> QuantityTest:
    """Sum rule: shares q / Q added within each hazard group, and single thresholds."""
    sums: dict[HazardGroup, float] = {}
    single: list[str] = []
    for item in quantities:
        for group, limit in item.thresholds_t.items():
            share = item.mass_t / limit
            if item.isolated and share <= SUM_RULE["negligible_share"]:
                continue
            sums[group] = sums.get(group, 0.0) + share
            if item.mass_t >= limit and item.substance not in single:
                single.append(item.substance)
    return QuantityTest(sums, tuple(single))


def water_risk_equivalent_kg(mass_kg_by_class: Mapping[int, float]) -> float:
    """Mass in equivalents of water risk class 3, kg.

    Raises
    ------
    ValueError
        If a class is not 0 to 3 or a mass is below zero.
    """
    total = 0.0
    for water_class, mass_kg in mass_kg_by_class.items():
        if water_class not in range(4) or not mass_kg >= 0:
            raise ValueError(f"class {water_class} with {mass_kg} kg")
        exponent = water_class - WATER_RISK["reference_class"]
        total += mass_kg * WATER_RISK["base"] ** exponent
    return total


def water_risk_index(mass_kg_by_class: Mapping[int, float]) -> float:
    """Water risk index, log10 of the equivalent mass in kg.

    Raises
    ------
    ValueError
        If nothing is stored: the index of nothing is not defined.
    """
    equivalent = water_risk_equivalent_kg(mass_kg_by_class)
    if equivalent <= 0:
        raise ValueError("the water risk index needs a mass above zero")
    return math.log10(equivalent)
