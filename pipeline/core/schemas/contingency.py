"""Tables of the contingency sheet: who is upstream of a place, and whom to tell."""

from __future__ import annotations

from enum import StrEnum

from pipeline.core.model import Confidence, ConsequenceClass, Status
from pipeline.core.schema import (
    Column,
    Table,
    code,
    flag,
    integer,
    number,
    text,
    with_bounds,
    with_status,
)
from pipeline.core.schemas.rivers import DischargeSource, VelocityMethod


class PlaceKind(StrEnum):
    """What kind of place a contingency sheet is for."""

    BORDER = "border"
    SETTLEMENT = "settlement"
    RESERVOIR = "reservoir"
    INTAKE = "intake"


class TellReason(StrEnum):
    """Why a country is to be told of an accident at a facility."""

    RIVER_ENTERS = "river_enters"
    OTHER_BANK = "other_bank"
    CANAL = "canal"
    POSSIBLE = "possible"
    AIR = "air"
    AIR_UNCERTAIN = "air_uncertain"


_LEAD = number(
    "arrival_lead_h", "h", "First arrival (leading edge) at mean flow.", minimum=0
)
_PEAK = number("arrival_peak_h", "h", "Arrival of the peak at mean flow.", minimum=0)
_SNAP_CONFIDENCE = ("high", "medium", "low", "none")


def _arrivals(*, always_by_water: bool) -> tuple[Column, ...]:
    """Arrival at three flows: central mean, low (earliest) high, high (latest) low."""
    return (
        *with_bounds(_LEAD),
        *with_bounds(_PEAK),
        number(
            "unit_peak_mg_per_l_per_t",
            "mg/L per t",
            "Peak concentration at mean flow for each tonne of dissolved load; empty "
            "where unknown, beyond standing water and before full mixing.",
            minimum=0,
            nullable=True,
        ),
        flag(
            "within_two_days",
            "Whether the peak arrives within two days at mean flow; empty where that "
            "is unknown.",
            nullable=True,
        ),
        flag(
            "beyond_standing_water",
            "Whether a lake or reservoir lies on the way."
            + ("" if always_by_water else " Empty where the way is not known."),
            nullable=not always_by_water,
        ),
        flag(
            "provisional",
            "Whether the arrival rests on a project choice; empty without one.",
            nullable=True,
        ),
        code(
            "confidence",
            Confidence,
            "Weakest label of the methods behind the arrival; empty without one.",
            nullable=True,
        ),
    )


_PLACE = (
    text("place_id", "Key of the place; also its anchor on the page."),
    code("place_kind", PlaceKind, "Kind of place."),
    integer("place_order", "Borders first, each kind downstream.", minimum=1),
    text("name", "Name of the place; of the river for a border.", nullable=True),
    text("name_ru", "Name in Russian.", nullable=True),
    text("river", "River at the place, where named.", nullable=True),
    text("river_ru", "River in Russian, where named.", nullable=True),
    text("country", "Country of the place; empty for a border.", nullable=True),
    text("from_country", "Country upstream of a border.", nullable=True),
    text("to_country", "Country downstream of a border.", nullable=True),
    code(
        "border_kind",
        ("successive", "contiguous"),
        "Whether this facility's water leaves a country there, or its river becomes "
        "the border; empty elsewhere.",
        nullable=True,
    ),
    number("lon_deg", "deg", "Longitude of the place."),
    number("lat_deg", "deg", "Latitude of the place."),
    number(
        "spread_m",
        "m",
        "Largest distance between the crossing points that count as this place.",
        minimum=0,
    ),
    flag("disputed", "Whether the border is disputed there.", nullable=True),
    *with_status(number("people", "-", "People who live there.", minimum=0)),
)

_RANKED = (
    integer(
        "rank", "Place by risk index, 1 first; empty when unranked.", nullable=True
    ),
    integer("rank_low", "Best place over the unknowns (5 %).", nullable=True),
    integer("rank_high", "Worst place over the unknowns (95 %).", nullable=True),
    code(
        "consequence_class",
        ConsequenceClass,
        "Class by people at risk; empty means unknown, not low.",
        nullable=True,
    ),
    code(
        "consequence_class_low",
        ConsequenceClass,
        "Class of the lower bound; empty when unknown.",
        nullable=True,
    ),
    code(
        "consequence_class_high",
        ConsequenceClass,
        "Class of the upper bound; empty when unknown.",
        nullable=True,
    ),
    *(
        flag(
            f"{short}_{mark}",
            f"Whether the {short} rests on a {what}; empty without one.",
            nullable=True,
        )
        for short in ("rank", "class")
        for mark, what in (
            ("provisional", "provisional method"),
            ("demonstration", "stand-in layer"),
        )
    ),
    integer(
        "order_by_arrival",
        "1 for the first to arrive at the place; unknown arrivals last, by distance.",
        minimum=1,
    ),
    integer(
        "order_by_hazard",
        "1 for the best place in the rank; unranked last, by arrival.",
        minimum=1,
    ),
)

CONTINGENCY = Table(
    name="contingency",
    description="Facilities upstream of every border crossing and main place. "
    "Arrivals: central at mean flow, low bound (earliest) at high flow with the "
    "highest probable velocity, high bound (latest) at low flow.",
    key=("place_id", "tmf_id"),
    columns=(
        *_PLACE,
        text("tmf_id", "Key of the facility upstream."),
        number("distance_m", "m", "Distance along the river.", minimum=0),
        *_arrivals(always_by_water=True),
        code("snap_confidence", _SNAP_CONFIDENCE, "How sure the join to the river is."),
        *_RANKED,
    ),
    measured=("people",),
    estimates=("arrival_lead_h", "arrival_peak_h"),
)

NOTIFICATIONS = Table(
    name="notifications",
    description="Countries that the Convention asks to be told of an accident, per "
    "facility: all that its water reaches or touches by river, by canal or from "
    "another of its possible positions, and those near it by air. Distance and arrival "
    "are those of the way that is there first at mean flow; low bounds are the "
    "earliest over river and canals. A facility without a row may lack a path: see "
    "spill_entries.",
    key=("tmf_id", "country"),
    columns=(
        text("tmf_id", "Key of the facility."),
        text("country", "Country to be told."),
        code("tell_reason", TellReason, "Main reason, water before air."),
        flag("by_river", "Whether the river below enters the country."),
        flag("by_bank", "Whether the river below becomes its border."),
        flag("by_canal", "Whether a canal that leaves the river leads there."),
        text("canal", "Canal that leads there first.", nullable=True),
        text("canal_ru", "Its name in Russian.", nullable=True),
        number(
            "share_positions",
            "-",
            "Share of the possible positions of the facility from which its river "
            "reaches the country; empty where it reaches it from none.",
            minimum=0,
            maximum=1,
            nullable=True,
        ),
        flag(
            "by_air",
            "Whether its border lies within the limit by air; empty while the position "
            "is too uncertain to tell.",
            nullable=True,
        ),
        text(
            "place_id",
            "Border point where the river reaches it; empty where a canal is earlier.",
            nullable=True,
        ),
        number(
            "distance_m",
            "m",
            "Distance along river and canal; empty where it is reached from another "
            "possible position or by air alone.",
            minimum=0,
            nullable=True,
        ),
        *_arrivals(always_by_water=False),
        number(
            "distance_air_m",
            "m",
            "Geodesic distance to its border; empty where another is nearer.",
            minimum=0,
            nullable=True,
        ),
        code("snap_confidence", _SNAP_CONFIDENCE, "How sure the join to the river is."),
        integer(
            "order_by_arrival",
            "1 for the first reached; unknown arrivals by distance, air alone last.",
            minimum=1,
        ),
    ),
    estimates=("arrival_lead_h", "arrival_peak_h"),
)

SPILL_ENTRIES = Table(
    name="spill_entries",
    description="Where a spill from each facility would enter a river, and the river "
    "there at mean flow. One row per facility, whether it is joined or not.",
    key=("tmf_id",),
    columns=(
        text("tmf_id", "Key of the facility."),
        code("path_status", Status, "Whether its way downstream is known."),
        code("snap_confidence", _SNAP_CONFIDENCE, "How sure the join to the river is."),
        integer("reach_id", "Reach of the entry.", nullable=True),
        text("river", "River, where named.", nullable=True),
        text("river_ru", "River in Russian, where named.", nullable=True),
        text("lake", "Lake or reservoir of the entry, if any.", nullable=True),
        number("entry_lon_deg", "deg", "Longitude of the entry.", nullable=True),
        number("entry_lat_deg", "deg", "Latitude of the entry.", nullable=True),
        number(
            "to_end_m",
            "m",
            "Distance along the river from the entry to the end of the path.",
            minimum=0,
            nullable=True,
        ),
        *with_status(
            number("discharge_m3s", "m3/s", "Mean discharge at the entry.", minimum=0)
        ),
        code(
            "discharge_source",
            DischargeSource,
            "Where the discharge comes from.",
            nullable=True,
        ),
        number(
            "velocity_peak_m_per_s",
            "m/s",
            "Velocity of the peak at mean flow; empty in standing water.",
            minimum=0,
            nullable=True,
        ),
        code(
            "velocity_method",
            VelocityMethod,
            "Where the velocity comes from.",
            nullable=True,
        ),
        integer("n_borders", "Border points on the way.", minimum=0),
        integer("n_places", "Other main places on the way.", minimum=0),
    ),
    measured=("discharge_m3s",),
)

TABLES = (CONTINGENCY, NOTIFICATIONS, SPILL_ENTRIES)
