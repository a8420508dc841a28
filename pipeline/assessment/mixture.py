"""Screening of tailings as a mixture (methodology 2.6).

No method for tailings has been adopted under the Convention. This one is put together
from the rules of GHS and CLP, of the German water hazard classes and of the European
mining waste law; its result is a screening.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from pipeline.assessment.coefficients import formula

ACUTE: Final = formula("classification", "ghs_acute")
AQUATIC: Final = formula("classification", "ghs_aquatic")
WATER_HAZARD: Final = formula("classification", "wgk_mixture")
PH_CORROSIVE: Final = formula("classification", "ph_corrosive")
PH_WATCH: Final = formula("classification", "ph_watch")
CYANIDE: Final = formula("classification", "cyanide_wad")
CATEGORY_A: Final = formula("classification", "eu_category_a")


class Aquatic(StrEnum):
    """Aquatic hazard class of a component or of a mixture."""

    ACUTE_1 = "acute_1"
    CHRONIC_1 = "chronic_1"
    CHRONIC_2 = "chronic_2"
    CHRONIC_3 = "chronic_3"


class PhFlag(StrEnum):
    """What the pH of pore water says."""

    CORROSIVE = "corrosive"
    WATCH = "watch"
    UNREMARKABLE = "unremarkable"


class CategoryA(StrEnum):
    """Comparison with European category A on the ground of hazardous substances."""

    CATEGORY_A = "category_a"
    SITE_SPECIFIC = "site_specific"
    NOT_ON_THIS_GROUND = "not_on_this_ground"


@dataclass(frozen=True, slots=True)
class AquaticComponent:
    """A component with its share in % and its M factor (1 where none applies)."""

    percent: float
    classes: frozenset[Aquatic]
    m_factor: float = 1.0


def acute_toxicity_mg_per_kg(components: Sequence[tuple[float, float]]) -> float:
    """Acute toxicity estimate of a mixture, 100 / ATE = sum of C / ATE.

    Parameters
    ----------
    components
        Pairs of share in % and acute toxicity estimate in mg/kg, above zero.

    Raises
    ------
    ValueError
        If there is no component: a mixture without known toxicity has no estimate.
    """
    burden = sum(percent / estimate for percent, estimate in components)
    if burden <= 0:
        raise ValueError("no component with a known acute toxicity")
    return ACUTE["whole_percent"] / burden


def aquatic_classes(components: Iterable[AquaticComponent]) -> frozenset[Aquatic]:
    """Aquatic hazard classes of a mixture by the summation method.

    Components below the relevant share are left out: 0.1 % over M for class 1, 1 % for
    the others. Of the chronic classes the most severe one stays.
    """
    items = list(components)
    law = AQUATIC

    def weighted(kind: Aquatic) -> float:
        return sum(
            item.percent * item.m_factor
            for item in items
            if kind in item.classes
            and item.percent >= law["relevant_1_percent"] / item.m_factor
        )

    def plain(kind: Aquatic) -> float:
        return sum(
            item.percent
            for item in items
            if kind in item.classes and item.percent >= law["relevant_other_percent"]
        )

    chronic_1, limit = weighted(Aquatic.CHRONIC_1), law["limit_percent"]
    chronic_2, chronic_3 = plain(Aquatic.CHRONIC_2), plain(Aquatic.CHRONIC_3)
    sum_2 = law["weight_chronic_1_for_2"] * chronic_1 + chronic_2
    sum_3 = (
        law["weight_chronic_1_for_3"] * chronic_1
        + law["weight_chronic_2_for_3"] * chronic_2
        + chronic_3
    )
    found: set[Aquatic] = set()
    if weighted(Aquatic.ACUTE_1) >= limit:
        found.add(Aquatic.ACUTE_1)
    for kind, total in (
        (Aquatic.CHRONIC_1, chronic_1),
        (Aquatic.CHRONIC_2, sum_2),
        (Aquatic.CHRONIC_3, sum_3),
    ):
        if total >= limit:
            found.add(kind)
            break
    return frozenset(found)


def water_hazard_class(
    wgk1_percent: float, wgk2_percent: float, wgk3_percent: float
) -> int:
    """German water hazard class of a mixture, 0 (not hazardous to water) to 3.

    Parameters
    ----------
    wgk1_percent, wgk2_percent, wgk3_percent
        Sums of the shares of components of each class, %.
    """
    law = WATER_HAZARD
    if wgk3_percent >= law["wgk3_for_3"]:
        return 3
    if wgk3_percent >= law["wgk3_for_2"] or wgk2_percent >= law["wgk2_for_2"]:
        return 2
    if wgk2_percent >= law["wgk2_for_1"] or wgk1_percent >= law["wgk1_for_1"]:
        return 1
    return 0


def ph_flag(ph: float) -> PhFlag:
    """Corrosive at pH 2 and below or 11.5 and above; watch below 4 or above 10."""
    if ph <= PH_CORROSIVE["acid"] or ph >= PH_CORROSIVE["alkaline"]:
        return PhFlag.CORROSIVE
    if ph < PH_WATCH["acid"] or ph > PH_WATCH["alkaline"]:
        return PhFlag.WATCH
    return PhFlag.UNREMARKABLE


def cyanide_limit_ppm(year: int) -> float | None:
    """European limit of WAD cyanide at the discharge into a pond; None before 2008."""
    limits = [limit for first, limit in CYANIDE.numbers if year >= first]
    return limits[-1] if limits else None


def category_a(hazardous_share: float) -> CategoryA:
    """European category A by the hazardous share (0 to 1) of the dry mass."""
    if hazardous_share > CATEGORY_A["category_a"]:
        return CategoryA.CATEGORY_A
    if hazardous_share >= CATEGORY_A["site_specific"]:
        return CategoryA.SITE_SPECIFIC
    return CategoryA.NOT_ON_THIS_GROUND
