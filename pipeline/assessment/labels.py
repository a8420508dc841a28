"""Which values of an assessment rest on stand-ins, and on provisional methods.

A mark belongs to a value, not to a row: toxicity or the dam do not become a
demonstration because the ground acceleration of the same facility is one. No value
that rests on a project choice or an unverified method goes without its mark.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pipeline.assessment.annex1 import quantity_answer
from pipeline.assessment.assess import Assessed
from pipeline.assessment.consequence import PEOPLE
from pipeline.assessment.facts import Facts
from pipeline.assessment.failure import FAILURE_CONFIDENCE
from pipeline.assessment.location import LOCATION
from pipeline.assessment.overtopping import OVERTOPPING_CONFIDENCE
from pipeline.assessment.people import NEAR
from pipeline.assessment.scheme import Scheme
from pipeline.assessment.volume import UNCERTAINTY
from pipeline.core.model import Confidence, weakest

JOINT: Final = "; "
AIR_CONFIDENCE: Final = Confidence.MEMORY_HIGH
"""Label of the air and catchment criteria; that of the two days is weaker."""


@dataclass(frozen=True, slots=True)
class Label:
    """What one value rests on."""

    confidence: Confidence
    demonstration: bool = False
    is_draft: bool = False

    @property
    def provisional(self) -> bool:
        """Whether the value carries the mark "provisional"."""
        return self.is_draft or self.confidence.is_provisional

    def with_(self, *others: Label | None) -> Label:
        """Label of a value that rests on this one and on others."""
        every = [self, *(other for other in others if other is not None)]
        return Label(
            weakest(*(one.confidence for one in every)),
            any(one.demonstration for one in every),
            any(one.is_draft for one in every),
        )


TOE_LABEL: Final = Label(Confidence.PROJECT)
"""Label of how often a flood reaches a dam: a choice of how to read a map."""


def field_labels(one: Assessed, scheme: Scheme) -> dict[str, Label]:
    """Label of every column of one facility that has a value or bounds."""
    return _location(one) | _index(one, scheme) | _consequence(one)


def _location(one: Assessed) -> dict[str, Label]:
    crossings = one.facts.path.crossings
    found = {
        "air_15km": Label(AIR_CONFIDENCE),
        "water_catchment": Label(AIR_CONFIDENCE),
        "water_two_days": Label(LOCATION.confidence),
    }
    if quantity_answer(one.mixture) is not None:
        found["annex1_quantity"] = Label(Confidence.MEMORY_PART)
    if crossings and crossings[0].lead_h is not None:
        arrival = crossings[0].confidence
        found["first_border_lead_h"] = Label(arrival or LOCATION.confidence)
    return found


def _volume(one: Assessed) -> Label | None:
    return None if one.stored.interval is None else Label(UNCERTAINTY.confidence)


def _index(one: Assessed, scheme: Scheme) -> dict[str, Label]:
    shaking, flood = one.facts.shaking, one.facts.flood
    own = Label(scheme.confidence, is_draft=scheme.status == "provisional")
    volume = _volume(one)
    site = own
    if one.index_facts.pga_g is not None:
        site = site.with_(layer_label(shaking.confidence, shaking.demonstration))
    if one.index_facts.inside_flood is not None:
        site = site.with_(layer_label(flood.confidence, flood.demonstration))
    hazard = own.with_(site, volume)
    exposure = own.with_(_people(one))
    terms = {
        "thi_capacity": own.with_(volume),
        "thi_toxicity": own,
        "thi_management": own,
        "thi_site": site,
        "thi_dam": own,
        "thi": hazard,
        "tei": exposure,
        "tri": hazard.with_(exposure),
    }
    return terms if volume is None else {"volume_used_m3": volume, **terms}


def layer_label(confidence: Confidence | None, demonstration: bool) -> Label | None:
    """Label of what a layer gives; None without a layer."""
    return None if confidence is None else Label(confidence, demonstration)


def _people(one: Assessed) -> Label | None:
    return None if one.people.interval is None else Label(NEAR.confidence)


def _consequence(one: Assessed) -> dict[str, Label]:
    found: dict[str, Label] = {}
    outflow = one.outflow
    if one.failure.interval is not None:
        found["failure_per_yr"] = failure_label(one.facts)
    if one.overtopping.interval is not None:
        water = one.facts.inflow
        hazard = layer_label(water.confidence, water.demonstration)
        label = Label(OVERTOPPING_CONFIDENCE).with_(hazard)
        found["overtopping_per_yr"] = found["overtopping_failure_per_yr"] = label
    if outflow.release_m3 is not None:
        released = Label(outflow.confidence or UNCERTAINTY.confidence)
        released = released.with_(_volume(one))
        found["release_volume_m3"] = found["inundation_area_m2"] = released
        if outflow.runout_m is not None:
            found["runout_m"] = found["runout_uncapped_m"] = released
    people = _people(one)
    if people is not None:
        found["people_at_risk"] = people
        if one.classes.central is not None:
            found["consequence_class"] = people.with_(Label(PEOPLE.confidence))
    return found


def failure_label(facts: Facts) -> Label:
    """Label of the failure by earthquake: the formulas and the layers behind it."""
    shaking, liquefaction = facts.ground_shaking, facts.liquefaction
    return Label(FAILURE_CONFIDENCE).with_(
        layer_label(shaking.confidence, shaking.demonstration),
        layer_label(liquefaction.confidence, liquefaction.demonstration),
    )


def rank_label(ranked: Sequence[Assessed], scheme: Scheme) -> Label | None:
    """Label of all places: each rests on the indices of all that are ranked."""
    indices = [field_labels(one, scheme)["tri"] for one in ranked]
    return indices[0].with_(*indices[1:]) if indices else None


def label_cells(labels: Mapping[str, Label]) -> dict[str, Any]:
    """Columns of the table that say what a row and its values rest on."""
    stand_in = [name for name, label in labels.items() if label.demonstration]
    draft = [name for name, label in labels.items() if label.provisional]
    return {
        "demonstration": bool(stand_in),
        "demonstration_fields": JOINT.join(stand_in) or None,
        "provisional": bool(draft),
        "provisional_fields": JOINT.join(draft) or None,
        "confidence": weakest(*(label.confidence for label in labels.values())),
    }
