"""Quantities of tailings against the thresholds of Annex I (methodology 2.3 to 2.6)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from pipeline.assessment.coefficients import formula
from pipeline.assessment.interval import Interval
from pipeline.assessment.quantities import (
    CATEGORIES,
    NAMED,
    SUM_RULE,
    HazardGroup,
    Quantity,
    quantity_test,
    thresholds_t,
)
from pipeline.assessment.tailings import (
    WHOLE_PERCENT,
    Item,
    Tailings,
    reason_of,
    rest_of,
)
from pipeline.core.reasons import joined
from pipeline.core.schemas.mixtures import MixtureClass, MixtureItem

WHOLE_MIXTURE: Final = formula("classification", "classified_mixture")
_SUMS: Final = {
    HazardGroup.HEALTH: MixtureItem.ANNEX1_HEALTH,
    HazardGroup.PHYSICAL: MixtureItem.ANNEX1_PHYSICAL,
    HazardGroup.ENVIRONMENT: MixtureItem.ANNEX1_ENVIRONMENT,
    HazardGroup.OTHER: MixtureItem.ANNEX1_OTHER,
}
_CLASSIFIED: Final = (HazardGroup.HEALTH, HazardGroup.ENVIRONMENT)
"""Groups of which toxicity and aquatic classes tell that a component has none."""
_CATEGORY_OF: Final = {
    MixtureClass.ACUTE_TOXIC_1: "acute_toxic_1",
    MixtureClass.ACUTE_TOXIC_2: "acute_toxic_2",
    MixtureClass.ACUTE_1: "aquatic_acute_1",
    MixtureClass.ACUTE_1_CHRONIC_1: "aquatic_acute_1",
    MixtureClass.ACUTE_1_CHRONIC_2: "aquatic_acute_1",
    MixtureClass.ACUTE_1_CHRONIC_3: "aquatic_acute_1",
    MixtureClass.CHRONIC_1: "aquatic_chronic_1",
    MixtureClass.CHRONIC_2: "aquatic_chronic_2",
}
"""Category of Annex I of a mixture's own class; the other classes have none."""


def annex1_items(
    tailings: Tailings,
    mass_t: Interval | None,
    own: Sequence[MixtureClass],
    *,
    is_group: bool,
) -> Iterator[Item]:
    """Sums q / Q by hazard group, and whether the quantity test is met.

    The classified components count with their share of the mass; where the mixture
    itself has a class of the group, the whole mass counts (worst case). A sum of zero
    is told only where all of the tailings is classified: else it is unknown.
    """
    category = [_CATEGORY_OF[one] for one in own if one in _CATEGORY_OF]
    classified = any(one.thresholds_t for one in tailings.components)
    code = None
    if is_group:
        code = "group_total"
    elif not tailings.components:
        code = "no_composition"
    elif mass_t is None:
        code = "no_mass"
    elif not category and not classified and not tailings.is_complete:
        code = "no_category"
    items = (*_SUMS.values(), MixtureItem.ANNEX1)
    if code is not None or mass_t is None:
        yield from (Item(item, reason_of(str(code))) for item in items)
        return
    tests = {
        end: None
        if (mass := getattr(mass_t, end)) is None
        else quantity_test(_quantities(tailings, mass, category))
        for end in ("low", "central", "high")
    }
    whole = reason_of("mixture_classified" if category else "components_classified")
    used = (SUM_RULE, CATEGORIES, NAMED, *((WHOLE_MIXTURE,) if category else ()))
    more = None if tailings.is_complete else reason_of("unknown_adds")
    reason = joined(whole, rest_of(tailings), more)
    for group, item in _SUMS.items():
        low, central, high = (
            None if test is None else test.sums.get(group, 0.0)
            for test in tests.values()
        )
        total = Interval(low or 0.0, central, high or 0.0)
        if total.high <= 0 and not (tailings.is_complete and group in _CLASSIFIED):
            yield Item(item, reason_of("no_category"))
            continue
        yield Item(item, reason, value=total, formulas=used)
    least, most = tests["low"], tests["high"]
    answer = MixtureClass.PERHAPS
    if least is not None and least.is_met:
        answer = MixtureClass.MET
    elif most is not None and not most.is_met and tailings.is_complete:
        answer = MixtureClass.NOT_MET
    yield Item(MixtureItem.ANNEX1, reason, answer, formulas=used)


def _quantities(
    tailings: Tailings, mass_t: float, category: Sequence[str]
) -> list[Quantity]:
    whole = [Quantity("mixture", mass_t, thresholds_t([one])) for one in category]
    covered = {group for one in whole for group in one.thresholds_t}
    parts = [
        Quantity(
            one.substance,
            mass_t * one.percent / WHOLE_PERCENT,
            {g: q for g, q in one.thresholds_t.items() if g not in covered},
        )
        for one in tailings.components
    ]
    return [*whole, *parts]


def quantity_answer(items: Iterable[Item]) -> bool | None:
    """Whether the quantities of Annex I are reached; None where that is unknown."""
    found = next(one.found for one in items if one.item is MixtureItem.ANNEX1)
    if found in (MixtureClass.MET, MixtureClass.NOT_MET):
        return found is MixtureClass.MET
    return None
