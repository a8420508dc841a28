"""What an inventory states of tailings, and the answers that classification gives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pipeline.assessment.interval import Interval, columns_of, known
from pipeline.assessment.mixture import Aquatic
from pipeline.assessment.quantities import HazardGroup, thresholds_t
from pipeline.core.formulas import Formula
from pipeline.core.model import Confidence, Status, weakest
from pipeline.core.schemas.components import AquaticClass
from pipeline.core.schemas.mixtures import (
    MIXTURES_REASONS,
    MixtureClass,
    MixtureItem,
)

Row = Mapping[str, Any]
WHOLE_PERCENT: Final = 100.0
_SLACK: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Component:
    """One component; None where something is not stated."""

    substance: str
    percent: float
    ate_mg_per_kg: float | None
    aquatic: frozenset[Aquatic] | None
    m_factor: float
    water_class: int | None
    thresholds_t: Mapping[HazardGroup, float]


@dataclass(frozen=True, slots=True)
class Tailings:
    """What the inventory states of the tailings of one facility."""

    components: tuple[Component, ...] = ()
    ph: float | None = None
    cyanide_mg_per_l: float | None = None

    @property
    def stated_percent(self) -> float:
        """Share of the dry mass that the components make up, %."""
        return min(sum(one.percent for one in self.components), WHOLE_PERCENT)

    @property
    def is_complete(self) -> bool:
        """Whether all of it is stated and classified, one way or the other."""
        return self.stated_percent > WHOLE_PERCENT - _SLACK and all(
            one.ate_mg_per_kg is not None and one.aquatic is not None
            for one in self.components
        )


@dataclass(frozen=True, slots=True)
class Item:
    """One answer: a class, a number, or the reason why there is none."""

    item: MixtureItem
    reason: str | None = None
    found: MixtureClass | None = None
    value: Interval | None = None
    unit: str = "-"
    formulas: tuple[Formula, ...] = ()

    def cells(self) -> dict[str, Any]:
        """Cells of its row, without the key of the facility."""
        central = None if self.value is None else self.value.central
        label = weakest(Confidence.PROJECT, *(one.confidence for one in self.formulas))
        sources = dict.fromkeys(one.source for one in self.formulas)
        return {
            "item": self.item,
            "class": self.found,
            "unit": self.unit,
            **columns_of(self.value, "value"),
            "value_status": Status.NOT_PROVIDED if central is None else Status.MEASURED,
            "reason": self.reason,
            "source": "; ".join(sources) or None,
            "provisional": label.is_provisional,
            "confidence": label,
        }


def component_of(row: Row) -> Component:
    """Component of a row of the table ``components``."""
    aquatic = _codes(row["aquatic"])
    named = None if row["named"] is None else str(row["named"])
    categories = _codes(row["annex1"])
    water_class = known(row["whc"])
    return Component(
        substance=str(row["substance"]),
        percent=float(row["share_percent"]),
        ate_mg_per_kg=known(row["ate_mg_per_kg"]),
        aquatic=_aquatic_of(aquatic) if aquatic else None,
        m_factor=known(row["m_factor"]) or 1.0,
        water_class=None if water_class is None else int(water_class),
        thresholds_t=thresholds_t(categories, named) if categories or named else {},
    )


def _aquatic_of(codes: Iterable[str]) -> frozenset[Aquatic]:
    """Classes of the codes; ``none`` is known to have none."""
    return frozenset(Aquatic(code) for code in codes if code != AquaticClass.NONE)


def _codes(cell: str | None) -> list[str]:
    return [part.strip() for part in (cell or "").split(";") if part.strip()]


def reason_of(code: str, **values: object) -> str:
    """Write one reason of the table."""
    return MIXTURES_REASONS.reason(code, **values)


def rest_of(tailings: Tailings) -> str | None:
    """The share that no component tells of; nothing where all is stated."""
    rest = WHOLE_PERCENT - tailings.stated_percent
    return reason_of("rest_unstated", rest_percent=rest) if rest > _SLACK else None


def unknown_of(code: str, unknown: Sequence[Component]) -> str | None:
    """How many components a rule knows nothing of; nothing without any."""
    return reason_of(code, n_components=len(unknown)) if unknown else None
