"""Tables that the inventory stage writes."""

from __future__ import annotations

from pipeline.core.model import (
    DamType,
    FacilityRole,
    FacilityStatus,
    FacilityType,
    PositionQuality,
    Remediation,
    Zone,
)
from pipeline.core.reasons import Vocabulary
from pipeline.core.schema import (
    Table,
    code,
    flag,
    integer,
    number,
    reasons,
    text,
    with_bounds,
    with_status,
)

_VOLUME = number("volume_m3", "m3", "Stored volume of tailings or waste.", minimum=0)

FACILITIES = Table(
    name="facilities",
    description="One row per tailings facility or part of a group.",
    key=("tmf_id",),
    columns=(
        text("tmf_id", "Key of the facility in every table."),
        text("name", "Name in English."),
        text("name_ru", "Name in Russian.", nullable=True),
        text("alt_names", "Other names, separated by '; '.", nullable=True),
        code("role", FacilityRole, "Whether the row stands for itself or is a part."),
        text("part_of", "tmf_id of the group that contains the row.", nullable=True),
        flag("counts_in_totals", "Whether sums and ranks include the row."),
        text("country", "Country of the facility, ISO 3166-1 alpha-2."),
        text("nearest_settlement", "Nearest settlement.", nullable=True),
        code("facility_type", FacilityType, "Kind of deposit."),
        text("commodity", "What was mined, separated by '; '.", nullable=True),
        text("substances", "Substances of concern, by '; '.", nullable=True),
        text("operator", "Who operates or owns it.", nullable=True),
        code("status", FacilityStatus, "Life-cycle status."),
        text("status_note", "Status in the words of the source.", nullable=True),
        code("remediation", Remediation, "Progress of remediation."),
        integer("start_year", "First year of filling.", unit="yr", nullable=True),
        integer("end_year", "Last year of filling.", unit="yr", nullable=True),
        text("river", "Receiving river as the source names it.", nullable=True),
        text("river_basin", "River basin as the source names it.", nullable=True),
        number(
            "lon_deg", "deg", "Longitude.", minimum=-180, maximum=180, nullable=True
        ),
        number("lat_deg", "deg", "Latitude.", minimum=-90, maximum=90, nullable=True),
        code("position_quality", PositionQuality, "What the coordinates point at."),
        number(
            "position_radius_m",
            "m",
            "Radius within which the facility lies; empty without a position.",
            minimum=0,
            nullable=True,
        ),
        *with_bounds(_VOLUME),
        with_status(_VOLUME)[1],
        *with_status(number("mass_t", "t", "Stored dry mass.", minimum=0)),
        *with_status(number("area_m2", "m2", "Area of the deposit.", minimum=0)),
        *with_status(number("dam_height_m", "m", "Height of the dam.", minimum=0)),
        *with_status(number("dam_length_m", "m", "Length of the crest.", minimum=0)),
        code("dam_type", DamType, "Construction method of the dam."),
        *with_status(number("slope_deg", "deg", "Outer slope.", minimum=0, maximum=90)),
        *with_status(number("fos_static", "-", "Static factor of safety.", minimum=0)),
        *with_status(
            number(
                "yield_acceleration_g",
                "g",
                "Acceleration at which the outer slope begins to slide, of a study.",
                minimum=0,
            )
        ),
        *with_status(number("freeboard_m", "m", "Freeboard.", minimum=0)),
        *with_status(number("pond_volume_m3", "m3", "Free water.", minimum=0)),
        *with_status(
            number("ph", "-", "pH of the pore water.", minimum=-2, maximum=16)
        ),
        *with_status(
            number(
                "cyanide_wad_mg_per_l",
                "mg/L",
                "Weak acid dissociable cyanide at the discharge into the pond.",
                minimum=0,
            )
        ),
        *with_status(
            number("whc", "-", "Water hazard class 0 to 3.", minimum=0, maximum=3)
        ),
        integer("n_tailings", "Number of tailings in a group.", nullable=True),
        integer("n_waste_dumps", "Number of waste dumps.", nullable=True),
        text("notes", "Remarks for readers.", nullable=True),
        text("source_file", "File that the row was read from."),
        integer("source_row", "Row in that file as a person counts it."),
    ),
    geometry="Point",
    geometry_nullable=True,
    measured=(
        "mass_t",
        "area_m2",
        "dam_height_m",
        "dam_length_m",
        "slope_deg",
        "fos_static",
        "yield_acceleration_g",
        "freeboard_m",
        "pond_volume_m3",
        "ph",
        "cyanide_wad_mg_per_l",
        "whc",
    ),
    estimates=("volume_m3",),
)

FACILITY_VALUES = Table(
    name="facility_values",
    description="One row per sourced value of a facility.",
    key=("tmf_id", "field", "source"),
    columns=(
        text("tmf_id", "Key of the facility."),
        text("field", "Column of the facilities table."),
        text("value", "The value as text."),
        text("unit", "Unit of the value; '-' where there is none."),
        integer("year", "Year that the value refers to.", unit="yr", nullable=True),
        text("source", "Where the value comes from."),
        text("quality", "sourced, second_hand, recalled, lower_bound or project."),
        text("note", "Remark on the value.", nullable=True),
    ),
)

LEDGER_REASONS = Vocabulary(
    "ledger",
    {
        "sourced_value_differs": (),
        "other_basin": ("basin",),
        "no_deposit": (),
        "past_figure": (),
        "country_not_listed": (),
        "unknown_column": (),
        "group_left_out": (),
        "shared_position": ("other",),
        "zone_of_unknown_facility": (),
        "zone_of_left_out_row": (),
        "component_of_unknown_facility": (),
        "component_of_left_out_row": (),
        "zone_without_shape": (),
        "zone_too_far": ("distance_m", "limit_m"),
        "zones_overlap": ("other_zone", "share_fraction"),
        "zone_overlaps_other": ("other", "share_fraction"),
    },
)

LEDGER = Table(
    name="ledger",
    description="One row per input row or value that was left out, changed or flagged.",
    key=("file", "row", "field", "action", "reason"),
    columns=(
        text("file", "File of the input."),
        integer("row", "Row as a person counts it; 0 for the whole file.", minimum=0),
        text("tmf_id", "Facility, where the row has an id.", nullable=True),
        text("field", "Column concerned; '-' for the whole row."),
        text("found", "What was there.", nullable=True),
        text("expected", "What is expected.", nullable=True),
        code("action", ("excluded", "changed", "flagged"), "What was done."),
        reasons("reason", LEDGER_REASONS, "Why."),
    ),
)

ZONES = Table(
    name="zones",
    description="Polygons of a facility, one row per facility and zone.",
    key=("tmf_id", "zone"),
    columns=(
        text("tmf_id", "Key of the facility."),
        code("zone", Zone, "What the polygons outline."),
        number("area_m2", "m2", "Geodesic area of all polygons.", minimum=0),
        number(
            "distance_m",
            "m",
            "From the facility's position to the nearest edge, 0 inside; empty where "
            "the facility has no position.",
            minimum=0,
            nullable=True,
        ),
        integer("n_polygons", "Polygons that the file gives.", minimum=1),
        text("source", "Where the polygons come from.", nullable=True),
        text("source_file", "File that they were read from, by '; '."),
    ),
    geometry="MultiPolygon",
)

TABLES = (FACILITIES, FACILITY_VALUES, LEDGER, ZONES)
