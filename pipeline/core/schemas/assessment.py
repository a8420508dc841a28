"""Tables that the assessment stage writes."""

from __future__ import annotations

from pipeline.core.model import Confidence, ConsequenceClass, Status
from pipeline.core.schema import (
    Table,
    code,
    flag,
    integer,
    number,
    text,
    with_bounds,
    with_status,
)

_TERMS = tuple(
    column
    for name, meaning in (
        ("thi_capacity", "Capacity term of the hazard index."),
        ("thi_toxicity", "Toxicity term."),
        ("thi_management", "Management term."),
        ("thi_site", "Site term (seismic and flood)."),
        ("thi_dam", "Dam term."),
        ("thi", "Hazard index, sum of its terms."),
        ("tei", "Exposure index."),
        ("tri", "Risk index, hazard plus exposure."),
    )
    for column in with_bounds(number(name, "-", meaning))
)
_PEOPLE = number("people_at_risk", "-", "People within reach.", minimum=0)
_RELEASE = number("release_volume_m3", "m3", "Released volume, ensemble.", minimum=0)
_RUNOUT = number("runout_m", "m", "Runout distance, capped by the path.", minimum=0)
_AREA = number("inundation_area_m2", "m2", "Area of the main deposit.", minimum=0)
_FREQUENCY = number(
    "failure_per_yr", "1/yr", "Annual frequency of failure by earthquake.", minimum=0
)

ASSESSMENT = Table(
    name="assessment",
    description="Location criteria, index, release, consequence and rank.",
    key=("tmf_id",),
    columns=(
        text("tmf_id", "Key of the facility."),
        flag("air_15km", "Within 15 km of a border by air.", nullable=True),
        flag("water_catchment", "Its river crosses or forms a border.", nullable=True),
        flag("water_two_days", "A border lies within two days of flow.", nullable=True),
        *with_status(
            number("first_border_lead_h", "h", "First arrival at a border.", minimum=0)
        ),
        text("countries_downstream", "Countries reached, by '; '.", nullable=True),
        text("scheme", "Name of the index scheme."),
        text("scheme_status", "provisional or official."),
        *_TERMS,
        text("missing", "Fields without a value, by '; '.", nullable=True),
        *with_bounds(_FREQUENCY),
        code("failure_per_yr_status", Status, "Why it has or lacks a value."),
        *with_bounds(_RELEASE),
        code("release_volume_m3_status", Status, "Why it has or lacks a value."),
        *with_bounds(_RUNOUT),
        *with_bounds(_AREA),
        *with_bounds(_PEOPLE),
        code("people_at_risk_status", Status, "Why it has or lacks a value."),
        code(
            "consequence_class",
            ConsequenceClass,
            "Class by people at risk; empty when unknown.",
            nullable=True,
        ),
        text("consequence_basis", "Columns of the class table that were used."),
        integer("rank", "Place by risk index, 1 first; ties share.", nullable=True),
        integer("rank_low", "Best place over the unknowns (5 %).", nullable=True),
        integer("rank_high", "Worst place over the unknowns (95 %).", nullable=True),
        integer("n_ranked", "Number of facilities ranked.", minimum=0),
        flag("demonstration", "Whether a stand-in layer was used."),
        flag("provisional", "Whether a provisional method was used."),
        code("confidence", Confidence, "Weakest label of the methods used."),
    ),
    estimates=(
        "thi_capacity",
        "thi_toxicity",
        "thi_management",
        "thi_site",
        "thi_dam",
        "thi",
        "tei",
        "tri",
        "failure_per_yr",
        "release_volume_m3",
        "runout_m",
        "inundation_area_m2",
        "people_at_risk",
    ),
)

MEASURES = Table(
    name="measures",
    description="What is recommended for a facility, and why.",
    key=("tmf_id", "measure_id"),
    columns=(
        text("tmf_id", "Key of the facility."),
        text("measure_id", "Key of the measure; its words are in the catalogues."),
        code("horizon", ("short", "medium", "long"), "When it should be done."),
        integer("priority", "1 first.", minimum=1),
        text("reason", "Key of the reason; its words are in the catalogues."),
        text("detail", "Numbers that belong to the reason.", nullable=True),
    ),
)

TABLES = (ASSESSMENT, MEASURES)
