"""What the hazard rows of a facility say about its dam besides the index.

Shaking of the ground under the dam, liquefaction, and floods at every return period.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pipeline.assessment.shaking import (
    DEPTH_UNIT,
    PGA,
    PGA_GROUND,
    PRESENT,
    SITE,
    Row,
    Shaking,
    When,
    interval_of,
    shaking,
    valued,
)
from pipeline.assessment.toe import DepthLevel, Inundation
from pipeline.assessment.triggering import Liquefaction, TriggeringLevel
from pipeline.core.model import Confidence, Hazard, weakest

LIQUEFACTION: Final = "liquefaction"
PROBABILITY_UNIT: Final = "-"


def ground_shaking(rows: Sequence[Row]) -> Shaking:
    """Shaking under the dam: on the ground where it is known, else on rock."""
    return shaking(rows, (PGA_GROUND, PGA))


def liquefaction(
    rows: Sequence[Row], when: When = PRESENT, layer_id: str | None = None
) -> Liquefaction:
    """Probabilities of liquefaction of one layer; a study of the site goes first.

    A share of the area (per cent) is no probability of one dam and does not count.

    Parameters
    ----------
    rows
        Rows of the table ``hazards`` of one facility.
    when, layer_id
        Climate case, and the layer that counts where it is chosen already.

    Raises
    ------
    ValueError
        If a probability is not 0 to 1.
    """
    found = [
        row
        for row in valued(rows, Hazard.EARTHQUAKE, PROBABILITY_UNIT, when)
        if row["process"] == LIQUEFACTION
    ]
    chosen = _one_layer(found, layer_id)
    if not chosen:
        return Liquefaction()
    return Liquefaction(
        tuple(
            TriggeringLevel(float(row["return_period_yr"]), interval_of(row))
            for row in chosen
        ),
        str(chosen[0]["layer_id"]),
        chosen[0]["place"] == SITE,
        any(bool(row["demonstration"]) for row in chosen),
        _weakest(chosen),
    )


def inundation(
    rows: Sequence[Row], when: When = PRESENT, layer_id: str | None = None
) -> Inundation:
    """Depths of flood water of one layer at every return period."""
    chosen = _one_layer(valued(rows, Hazard.FLOOD, DEPTH_UNIT, when), layer_id)
    if not chosen:
        return Inundation()
    return Inundation(
        tuple(
            DepthLevel(float(row["return_period_yr"]), interval_of(row))
            for row in chosen
        ),
        str(chosen[0]["layer_id"]),
        any(bool(row["demonstration"]) for row in chosen),
        _weakest(chosen),
    )


def _one_layer(rows: Sequence[Row], layer_id: str | None) -> list[Row]:
    """Rows of the layer that counts, by return period.

    A study of the site goes first, then a layer that is not a stand-in, then the one
    with more levels, then the first by name.
    """
    layers: dict[str, list[Row]] = {}
    for row in rows:
        if layer_id in (None, row["layer_id"]):
            layers.setdefault(str(row["layer_id"]), []).append(row)
    if not layers:
        return []
    chosen = min(
        layers.items(),
        key=lambda item: (
            item[1][0]["place"] != SITE,
            bool(item[1][0]["demonstration"]),
            -len(item[1]),
            item[0],
        ),
    )[1]
    return sorted(chosen, key=lambda row: float(row["return_period_yr"]))


def _weakest(rows: Sequence[Row]) -> Confidence:
    return weakest(*(Confidence(row["confidence"]) for row in rows))
