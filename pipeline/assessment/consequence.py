"""Consequence classes and dilution screening (methodology 4.3 and 4.4)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from pipeline.assessment.coefficients import formula
from pipeline.core.formulas import Formula
from pipeline.core.model import ConsequenceClass

PEOPLE: Final = formula("consequence", "gistm_people")
LOSS_OF_LIFE: Final = formula("consequence", "gistm_loss_of_life")
CLASS_ORDER: Final = tuple(ConsequenceClass)


def _class_by(table: Formula, number: float) -> ConsequenceClass:
    if not number >= 0:
        raise ValueError(f"{number} must be zero or above")
    found = ConsequenceClass.LOW
    for name, edge in table.rows:
        if number >= float(edge):
            found = ConsequenceClass(str(name))
    return found


def class_by_people(people: float) -> ConsequenceClass:
    """Consequence class by the population at risk.

    Edges are half-open: 10, 100 and 1000 people fall in the higher class. The number
    must be known: the class of an unknown number is unknown, which the caller says by
    not asking.

    Raises
    ------
    ValueError
        If the number is negative or not a number.
    """
    return _class_by(PEOPLE, people)


def class_by_loss_of_life(people: float) -> ConsequenceClass:
    """Consequence class by the potential loss of life; see `class_by_people`."""
    return _class_by(LOSS_OF_LIFE, people)


def worst_class(classes: Iterable[ConsequenceClass]) -> ConsequenceClass:
    """Class of a facility: the worst of the columns that were assessed.

    Raises
    ------
    ValueError
        If no column was assessed.
    """
    return max(classes, key=CLASS_ORDER.index)


def mixed_concentration(
    river_m3s: float, background: float, spill_m3s: float, spill: float
) -> float:
    """Concentration after complete mixing, in the unit of the two concentrations.

    Parameters
    ----------
    river_m3s, spill_m3s
        Discharge of the river and of the spill, m3/s, zero or above.
    background, spill
        Concentrations in the river and in the spill, in one unit.

    Raises
    ------
    ValueError
        If nothing flows.
    """
    if river_m3s + spill_m3s <= 0:
        raise ValueError("river and spill together must flow")
    mass = river_m3s * background + spill_m3s * spill
    return mass / (river_m3s + spill_m3s)


def required_dilution(spill: float, limit: float) -> float:
    """How many times the spill must be diluted to meet a limit in the same unit."""
    if limit <= 0:
        raise ValueError("the limit must be above zero")
    return spill / limit


def total_concentration(
    dissolved: float, suspended_solids: float, on_solids: float
) -> float:
    """Total of dissolved and particle-bound metal: dissolved + SS * c_s.

    Parameters
    ----------
    dissolved
        ug/L.
    suspended_solids
        g/L.
    on_solids
        ug/g on the suspended solids.
    """
    return dissolved + suspended_solids * on_solids
