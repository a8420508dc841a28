"""Tables of the rivers stage on rivers and what lies along them."""

from __future__ import annotations

from enum import StrEnum

from pipeline.core.arrival_columns import (
    BEYOND,
    DISTANCE,
    LABELS,
    LEAD,
    PEAK,
    TAIL,
    UNIT_PEAK,
)
from pipeline.core.model import Confidence
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


class VelocityMethod(StrEnum):
    """Where the velocity of a reach comes from, best first (methodology 4.6)."""

    OBSERVED = "observed"
    MANNING = "manning"
    JOBSON_SLOPE = "jobson_slope"
    JOBSON_NO_SLOPE = "jobson_no_slope"
    ALLEN = "allen"
    STANDING_WATER = "standing_water"
    UNKNOWN = "unknown"


class DischargeSource(StrEnum):
    """Where the mean discharge of a reach comes from."""

    GIVEN = "given"
    LAYER_ESTIMATE = "layer_estimate"
    ESTIMATED = "estimated"
    MISSING = "missing"


_DISCHARGE = number("discharge_m3s", "m3/s", "Mean discharge.", minimum=0)

REACHES = Table(
    name="reaches",
    description="One row per river reach, sorted upstream to downstream. The reaches "
    "above a reach have the ids from reach_id - n_upstream to reach_id - 1.",
    key=("reach_id",),
    columns=(
        integer("reach_id", "Key; larger than that of every reach upstream."),
        integer("next_reach_id", "Reach downstream; empty at the end.", nullable=True),
        text("source_id", "Key of the reach in the layer."),
        integer("n_upstream", "Reaches upstream of it, itself left out.", minimum=0),
        text("terminal", "What the river ends in; empty inside.", nullable=True),
        text("name", "Name in English.", nullable=True),
        text("name_ru", "Name in Russian.", nullable=True),
        text("lake", "Lake or reservoir that the reach runs in.", nullable=True),
        integer("strahler", "Strahler order, where given.", minimum=0, nullable=True),
        number("length_m", "m", "Length on the ellipsoid.", minimum=0),
        number("slope", "m/m", "Mean slope, where given.", minimum=0, nullable=True),
        number(
            "upstream_area_km2",
            "km2",
            "Area at the downstream end, where given.",
            minimum=0,
            nullable=True,
        ),
        *with_bounds(_DISCHARGE),
        with_status(_DISCHARGE)[1],
        code(
            "discharge_source",
            DischargeSource,
            "Stated by the layer, called an estimate by the layer, or estimated here "
            "from the drainage area.",
        ),
        text("discharge_how", "How, in words.", nullable=True),
        number(
            "velocity_peak_m_per_s",
            "m/s",
            "Velocity of the peak at mean flow; empty in standing water and where it "
            "cannot be computed.",
            minimum=0,
            nullable=True,
        ),
        code("velocity_method", VelocityMethod, "Where the velocity comes from."),
        number(
            "position_uncertainty_m",
            "m",
            "Typical distance of the line from the true river, where given.",
            minimum=0,
            nullable=True,
        ),
        text("country_left", "Country on the left bank.", nullable=True),
        text("country_right", "Country on the right bank.", nullable=True),
        number(
            "canal_share",
            "-",
            "Share of the water that canals take out at the reach; empty without a "
            "canal layer.",
            minimum=0,
            maximum=1,
            nullable=True,
        ),
        text("canals", "Canals that begin here, with their shares.", nullable=True),
        number("to_end_m", "m", "From its upstream end to the river's end.", minimum=0),
        number(
            "to_border_m",
            "m",
            "From its upstream end to the next change of the countries on the banks; "
            "empty without one.",
            minimum=0,
            nullable=True,
        ),
        number(
            "to_border_h",
            "h",
            "Time of the peak for that way at mean flow; empty where unknown.",
            minimum=0,
            nullable=True,
        ),
        text("note", "What was found and mended when reading.", nullable=True),
    ),
    geometry="LineString",
    measured=("discharge_m3s",),
    estimates=("discharge_m3s",),
)


DOWNSTREAM = Table(
    name="downstream",
    description="Reaches below every facility, in their order. Arrivals are those at "
    "the downstream end of the reach.",
    key=("tmf_id", "step"),
    columns=(
        text("tmf_id", "Key of the facility."),
        integer("step", "0 for the reach of the entry, then counting.", minimum=0),
        integer("reach_id", "Reach."),
        number("distance_start_m", "m", "Distance at its start.", minimum=0),
        number("distance_end_m", "m", "Distance at its end.", minimum=0),
        *with_bounds(LEAD),
        *with_bounds(PEAK),
        TAIL,
        UNIT_PEAK,
        BEYOND,
        *LABELS,
    ),
    estimates=("arrival_lead_h", "arrival_peak_h"),
)

CROSSINGS = Table(
    name="crossings",
    description="Border crossings below every facility, in their order.",
    key=("tmf_id", "crossing"),
    columns=(
        text("tmf_id", "Key of the facility."),
        integer("crossing", "1 for the first.", minimum=1),
        text("from_country", "Country upstream, ISO 3166-1 alpha-2."),
        text("to_country", "Country downstream."),
        code(
            "kind",
            ("successive", "contiguous"),
            "The river leaves a country, or becomes the border.",
        ),
        integer("reach_id", "Reach of the crossing."),
        text("river", "Name of the river there.", nullable=True),
        number("lon_deg", "deg", "Longitude."),
        number("lat_deg", "deg", "Latitude."),
        DISTANCE,
        number(
            "stretch_m",
            "m",
            "Length of the river from here to the next change of country, or its end.",
            minimum=0,
        ),
        *with_bounds(LEAD),
        *with_bounds(PEAK),
        TAIL,
        UNIT_PEAK,
        flag(
            "within_two_days",
            "Whether the peak reaches it within two days at mean flow; empty where "
            "that is unknown.",
            nullable=True,
        ),
        BEYOND,
        *LABELS,
        flag(
            "disputed",
            "Whether the border is disputed there; empty without boundary lines.",
            nullable=True,
        ),
    ),
    estimates=("arrival_lead_h", "arrival_peak_h"),
)

RECEPTORS = Table(
    name="receptors",
    description="Places that a spill could reach, per facility.",
    key=("tmf_id", "kind", "receptor_id"),
    columns=(
        text("tmf_id", "Key of the facility."),
        code(
            "kind",
            ("settlement", "reservoir", "intake", "protected_area", "gauge", "other"),
            "Kind of receptor.",
        ),
        text("receptor_id", "Key of the receptor."),
        text("name", "Name."),
        text("name_ru", "Name in Russian.", nullable=True),
        text("country", "Country.", nullable=True),
        number("lon_deg", "deg", "Longitude."),
        number("lat_deg", "deg", "Latitude."),
        integer("reach_id", "Reach that it lies at."),
        DISTANCE,
        number("distance_to_river_m", "m", "Distance from the river.", minimum=0),
        *with_bounds(LEAD),
        *with_bounds(PEAK),
        TAIL,
        UNIT_PEAK,
        *with_status(number("people", "-", "People who live there.", minimum=0)),
        flag(
            "beside_facility",
            "Whether the place lies beside the facility: within the radius of its "
            "position around the entry point, or near the river above it. Its distance "
            "is 0, its latest arrival that of its place downstream, if it has one. "
            "Empty if not looked at.",
            nullable=True,
        ),
        BEYOND,
        *LABELS,
    ),
    measured=("people",),
    estimates=("arrival_lead_h", "arrival_peak_h"),
)

BRANCHES = Table(
    name="branches",
    description="Canals that take water from the path of a facility: one row for the "
    "head, for each border crossed and for the end. The main path keeps all water.",
    key=("tmf_id", "canal_id", "place"),
    columns=(
        text("tmf_id", "Key of the facility."),
        text("canal_id", "Key of the canal."),
        integer("place", "0 for the head, then counting along the canal.", minimum=0),
        text("canal", "Name of the canal."),
        text("canal_ru", "Name in Russian.", nullable=True),
        code("stop", ("head", "border", "end"), "What the row stands for."),
        text("from_country", "Country left, at a border.", nullable=True),
        text("to_country", "Country entered, or that of the end.", nullable=True),
        integer("from_reach_id", "Reach that the canal begins at."),
        integer("to_reach_id", "Reach that it ends in, if any.", nullable=True),
        text("ends_in", "What it ends in: river, lake or fields.", nullable=True),
        flag(
            "rejoins_path",
            "At the end: whether it comes back to the path of the facility.",
            nullable=True,
        ),
        text(
            "countries_below",
            "At an end in a river: countries on its banks from there on.",
            nullable=True,
        ),
        number("lon_deg", "deg", "Longitude."),
        number("lat_deg", "deg", "Latitude."),
        number("distance_m", "m", "Distance along river and canal.", minimum=0),
        number("canal_m", "m", "Part of it in the canal.", minimum=0),
        number(
            "share",
            "-",
            "Share of the river's water that the canal takes at its head.",
            minimum=0,
            maximum=1,
        ),
        number(
            "share_of_release",
            "-",
            "Share of a dissolved load from the facility that goes this way, after "
            "what canals above have taken.",
            minimum=0,
            maximum=1,
        ),
        *with_bounds(LEAD),
        *with_bounds(PEAK),
        flag("by_canal", "True: this water leaves the river by a canal."),
        BEYOND,
        *LABELS,
    ),
    estimates=("arrival_lead_h", "arrival_peak_h"),
)

EXPOSURE = Table(
    name="exposure",
    description="People near the path of a facility, by country and by bands of "
    "distance or of the arrival of the leading edge.",
    key=("tmf_id", "country", "basis", "by", "band"),
    columns=(
        text("tmf_id", "Key of the facility."),
        text("country", "Country; 'unknown' where the place states none."),
        code(
            "basis",
            ("settlements", "raster"),
            "Listed settlements near the path, or a population raster in the corridor.",
        ),
        code("by", ("distance", "arrival"), "What the bands are made of."),
        integer("band", "1 for the nearest or earliest.", minimum=1),
        number("upper_m", "m", "Upper limit; empty if none.", nullable=True),
        number("upper_h", "h", "Upper limit; empty if none.", nullable=True),
        flag("arrival_unknown", "Band of the places whose arrival is unknown."),
        *with_status(
            number(
                "people",
                "-",
                "People in the band; a lower limit where n_without_people is above 0.",
                minimum=0,
            )
        ),
        integer("n_places", "Listed settlements.", minimum=0, nullable=True),
        integer(
            "n_without_people",
            "Those of them whose people are unknown.",
            minimum=0,
            nullable=True,
        ),
        number(
            "covered_fraction",
            "-",
            "Share of the corridor where the raster has data.",
            minimum=0,
            maximum=1,
            nullable=True,
        ),
        flag(
            "provisional",
            "Whether the row rests on a project choice: how near to the river counts, "
            "and in bands of arrival the residence times of lakes.",
        ),
        code("confidence", Confidence, "Weakest label of the methods behind the row."),
    ),
    measured=("people",),
)

TABLES = (
    REACHES,
    DOWNSTREAM,
    CROSSINGS,
    BRANCHES,
    RECEPTORS,
    EXPOSURE,
)
