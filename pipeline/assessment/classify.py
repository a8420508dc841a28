"""Rows of ``mixtures``: tailings as a mixture, and their quantities against Annex I.

No method for tailings mixtures is adopted; the rules of GHS and CLP, the German water
hazard classes and the European mining waste law stand side by side (methodology 2.6).
What a row cannot tell because components are unknown stands in its reason, and a class
that rests on a part of the tailings never says that the rest is harmless.
"""

from __future__ import annotations

from typing import Final

from pipeline.assessment.annex1 import annex1_items
from pipeline.assessment.coefficients import formula
from pipeline.assessment.interval import Interval, exactly
from pipeline.assessment.mixture import (
    ACUTE,
    AQUATIC,
    CATEGORY_A,
    CYANIDE,
    PH_CORROSIVE,
    PH_WATCH,
    WATER_HAZARD,
    Aquatic,
    AquaticComponent,
    PhFlag,
    acute_toxicity_mg_per_kg,
    aquatic_classes,
    category_a,
    cyanide_limit_ppm,
    ph_flag,
    water_hazard_class,
)
from pipeline.assessment.quantities import WATER_RISK, water_risk_index
from pipeline.assessment.tailings import (
    WHOLE_PERCENT,
    Component,
    Item,
    Tailings,
    reason_of,
    rest_of,
    unknown_of,
)
from pipeline.core.reasons import joined
from pipeline.core.schemas.mixtures import MixtureClass, MixtureItem

KG_PER_T: Final = 1000.0
CYANIDE_YEAR: Final = 2018
ORAL: Final = formula("classification", "ghs_acute_oral")


def classify(
    tailings: Tailings,
    mass_t: Interval | None,
    *,
    is_group: bool,
    is_stated: bool = False,
) -> list[Item]:
    """Every item of one facility.

    Parameters
    ----------
    mass_t
        Dry mass; None where neither mass nor volume is known.
    is_group
        Whether the record sums up several deposits, which have no one composition.
    is_stated
        Whether the inventory states the mass itself.
    """
    acute, aquatic = _acute(tailings), _aquatic(tailings)
    own = [one for one in (acute.found, aquatic.found) if one is not None]
    return [
        _stated(tailings),
        acute,
        aquatic,
        _water_hazard(tailings),
        _water_risk(tailings, mass_t),
        _ph(tailings),
        _cyanide(tailings),
        _category_a(tailings),
        _mass(mass_t, is_stated=is_stated),
        *annex1_items(tailings, mass_t, own, is_group=is_group),
    ]


def _stated(tailings: Tailings) -> Item:
    if not tailings.components:
        return Item(MixtureItem.STATED_SHARE, reason_of("no_composition"), unit="%")
    share = exactly(tailings.stated_percent)
    return Item(MixtureItem.STATED_SHARE, rest_of(tailings), value=share, unit="%")


def _acute(tailings: Tailings) -> Item:
    item, unit = MixtureItem.ACUTE_TOXICITY, "mg/kg"
    told = [
        (one.percent, one.ate_mg_per_kg)
        for one in tailings.components
        if one.ate_mg_per_kg is not None and one.percent > 0
    ]
    if not told:
        code = "no_toxicity" if tailings.components else "no_composition"
        return Item(item, reason_of(code), unit=unit)
    unknown = [one for one in tailings.components if one.ate_mg_per_kg is None]
    estimate = acute_toxicity_mg_per_kg(told)
    found = MixtureClass.NOT_ACUTE_TOXIC
    for name, most in ORAL.rows:
        if estimate <= float(most):
            found = MixtureClass(str(name))
            break
    return Item(
        item,
        joined(unknown_of("unknown_toxicity", unknown), rest_of(tailings)),
        found,
        exactly(estimate),
        unit,
        (ACUTE, ORAL),
    )


def _aquatic(tailings: Tailings) -> Item:
    item = MixtureItem.AQUATIC
    told = [one for one in tailings.components if one.aquatic is not None]
    if not told:
        code = "no_aquatic" if tailings.components else "no_composition"
        return Item(item, reason_of(code))
    classes = aquatic_classes(
        AquaticComponent(one.percent, one.aquatic or frozenset(), one.m_factor)
        for one in told
    )
    name = "_".join(str(kind) for kind in Aquatic if kind in classes)
    unknown = [one for one in tailings.components if one.aquatic is None]
    return Item(
        item,
        joined(unknown_of("unknown_aquatic", unknown), rest_of(tailings)),
        MixtureClass(name or "not_aquatic"),
        formulas=(AQUATIC,),
    )


def _by_water_class(tailings: Tailings) -> dict[int, float]:
    shares: dict[int, float] = {}
    for one in tailings.components:
        if one.water_class is not None:
            shares[one.water_class] = shares.get(one.water_class, 0.0) + one.percent
    return shares


def _water_hazard(tailings: Tailings) -> Item:
    shares = _by_water_class(tailings)
    if not shares:
        code = "no_water_class" if tailings.components else "no_composition"
        return Item(MixtureItem.WATER_HAZARD, reason_of(code))
    found = water_hazard_class(*(shares.get(number, 0.0) for number in (1, 2, 3)))
    unknown = [one for one in tailings.components if one.water_class is None]
    return Item(
        MixtureItem.WATER_HAZARD,
        joined(unknown_of("unknown_water_class", unknown), rest_of(tailings)),
        value=exactly(float(found)),
        formulas=(WATER_HAZARD,),
    )


def _water_risk(tailings: Tailings, mass_t: Interval | None) -> Item:
    shares = _by_water_class(tailings)
    item = MixtureItem.WATER_RISK
    if not shares or not any(share > 0 for share in shares.values()):
        code = "no_water_class" if tailings.components else "no_composition"
        return Item(item, reason_of(code))
    if mass_t is None or mass_t.low <= 0:
        return Item(item, reason_of("no_mass"))

    def index(mass: float) -> float:
        kilograms = {
            number: share / WHOLE_PERCENT * mass * KG_PER_T
            for number, share in shares.items()
        }
        return water_risk_index(kilograms)

    unknown = [one for one in tailings.components if one.water_class is None]
    return Item(
        item,
        joined(unknown_of("unknown_water_class", unknown), rest_of(tailings)),
        value=mass_t.map(index),
        formulas=(WATER_RISK,),
    )


def _ph(tailings: Tailings) -> Item:
    if tailings.ph is None:
        return Item(MixtureItem.PH, reason_of("no_ph"))
    flag = ph_flag(tailings.ph)
    used = PH_CORROSIVE if flag is PhFlag.CORROSIVE else PH_WATCH
    return Item(
        MixtureItem.PH,
        found=MixtureClass(str(flag)),
        value=exactly(tailings.ph),
        formulas=(used,),
    )


def _cyanide(tailings: Tailings) -> Item:
    unit = "mg/L"
    if tailings.cyanide_mg_per_l is None:
        return Item(MixtureItem.CYANIDE, reason_of("no_cyanide"), unit=unit)
    limit = cyanide_limit_ppm(CYANIDE_YEAR) or 0.0
    above = tailings.cyanide_mg_per_l > limit
    return Item(
        MixtureItem.CYANIDE,
        reason_of("limit_of_2018", limit_mg_per_l=limit),
        MixtureClass.ABOVE_LIMIT if above else MixtureClass.WITHIN_LIMIT,
        exactly(tailings.cyanide_mg_per_l),
        unit,
        (CYANIDE,),
    )


def _category_a(tailings: Tailings) -> Item:
    """European category A by the share of components with any hazard class."""
    item = MixtureItem.CATEGORY_A
    if not tailings.components:
        return Item(item, reason_of("no_composition"), unit="%")
    hazardous = sum(one.percent for one in tailings.components if _is_hazardous(one))
    low = category_a(min(hazardous / WHOLE_PERCENT, 1.0))
    rest = rest_of(tailings)
    high = (
        hazardous
        if rest is None
        else WHOLE_PERCENT - (tailings.stated_percent - hazardous)
    )
    sure = rest is None or low is category_a(min(high / WHOLE_PERCENT, 1.0))
    return Item(
        item,
        rest,
        MixtureClass(str(low)) if sure else None,
        Interval(hazardous, hazardous if sure else None, max(hazardous, high)),
        "%",
        (CATEGORY_A,),
    )


def _is_hazardous(one: Component) -> bool:
    last = float(ORAL.rows[-2][1])
    toxic = one.ate_mg_per_kg is not None and one.ate_mg_per_kg <= last
    return toxic or bool(one.aquatic) or bool(one.thresholds_t)


def _mass(mass_t: Interval | None, *, is_stated: bool) -> Item:
    if mass_t is None:
        return Item(MixtureItem.DRY_MASS, reason_of("no_mass"), unit="t")
    reason = reason_of("mass_stated" if is_stated else "mass_from_volume")
    return Item(MixtureItem.DRY_MASS, reason, value=mass_t, unit="t")
