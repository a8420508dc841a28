"""Tables that the rivers stage writes."""

from __future__ import annotations

from enum import StrEnum

from pipeline.core.model import Confidence, Status
from pipeline.core.reasons import Vocabulary
from pipeline.core.schema import (
    Column,
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
_LEAD = number("arrival_lead_h", "h", "Arrival of the leading edge.", minimum=0)
_PEAK = number("arrival_peak_h", "h", "Arrival of the peak.", minimum=0)
_TAIL = number(
    "arrival_tail_h",
    "h",
    "Concentration back at a tenth of its peak, at mean flow; empty where the arrival "
    "is unknown, beyond standing water, and before full mixing.",
    minimum=0,
    nullable=True,
)
_UNIT_PEAK = number(
    "unit_peak_mg_per_l_per_t",
    "mg/L per t",
    "Peak concentration at mean flow for each tonne of dissolved load released at "
    "once; empty as for arrival_tail_h.",
    minimum=0,
    nullable=True,
)
_DISTANCE = number("distance_m", "m", "Distance along the river.", minimum=0)
_BEYOND = flag(
    "beyond_standing_water",
    "Whether the place lies in or below a lake or reservoir on the way.",
)

_LABELS = (
    flag(
        "provisional",
        "Whether the arrival rests on a project choice (residence in a lake); empty "
        "without an arrival.",
        nullable=True,
    ),
    code(
        "confidence",
        Confidence,
        "Weakest label of the methods behind the central arrival; empty without one.",
        nullable=True,
    ),
)

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


SNAP_REASONS = Vocabulary(
    "snap",
    {
        "no_position": (),
        "no_river_layer": (),
        "none_within": ("limit_m", "nearest_m"),
        "none_near": ("limit_m",),
        "nearest": ("distance_m",),
        "named_river": ("distance_m",),
        "another_is_nearer": ("nearest_m",),
        "flow_path": ("way_m",),
        "nearest_leads_elsewhere": ("nearest_m",),
        "flow_runs_in_a_circle": (),
        "no_flow_here": (),
        "flows_elsewhere": ("river", "way_m"),
        "flows_to_unnamed": ("way_m",),
        "another_may_be_nearer": (),
    },
)


def _share(name: str, words: str) -> Column:
    meaning = f"Share of the positions in the radius {words}."
    return number(name, "-", meaning, minimum=0, maximum=1, nullable=True)


SNAPS = Table(
    name="snaps",
    description="How every facility is joined to the river network.",
    key=("tmf_id",),
    columns=(
        text("tmf_id", "Key of the facility."),
        code("snap_status", Status, "Whether it could be joined."),
        reasons("reason", SNAP_REASONS, "Why."),
        integer("reach_id", "Reach that it drains to.", nullable=True),
        text("river", "Name of the river there, where known.", nullable=True),
        number("snap_distance_m", "m", "Distance to it.", minimum=0, nullable=True),
        code(
            "snap_rule",
            ("nearest", "named_river", "flow_path", "none"),
            "Nearest reach, nearest of the river that the inventory names, or reach at "
            "the end of the way over land.",
        ),
        number(
            "reach_fraction",
            "-",
            "Share of the reach upstream of the entry point.",
            minimum=0,
            maximum=1,
            nullable=True,
        ),
        number("entry_lon_deg", "deg", "Longitude of the entry.", nullable=True),
        number("entry_lat_deg", "deg", "Latitude of the entry.", nullable=True),
        code("snap_confidence", ("high", "medium", "low", "none"), "How sure it is."),
        integer(
            "n_candidate_reaches",
            "Reaches within the position's radius of uncertainty.",
            minimum=0,
        ),
        code(
            "overland_status",
            Status,
            "Whether the grid of flow directions leads from the facility to a reach; "
            "empty if not looked at.",
            nullable=True,
        ),
        number(
            "overland_distance_m",
            "m",
            "Way over land to the river along that grid; empty without one.",
            minimum=0,
            nullable=True,
        ),
        integer("overland_reach_id", "Reach that this way leads to.", nullable=True),
        flag(
            "overland_agrees",
            "Whether the nearest (or named) reach and the way over land lead the water "
            "alike: to one reach, or one above the other; empty without a way.",
            nullable=True,
        ),
        _share("share_chosen", "that drain to the chosen reach"),
        _share("share_border", "from which the water reaches another country"),
        _share("share_two_days", "from which it does so within two days"),
        _share("share_two_days_unknown", "from which that is unknown"),
        _share("share_no_reach", "from which no reach is found"),
        text(
            "possible_countries",
            "Countries that the water may reach, each with the share of positions.",
            nullable=True,
        ),
        number("path_length_m", "m", "To the terminal.", minimum=0, nullable=True),
        text("terminal", "Where the path ends.", nullable=True),
        number(
            "two_day_distance_m",
            "m",
            "Distance that the peak covers in two days at mean flow, or to the first "
            "standing water if that is nearer; empty where the velocity is unknown.",
            minimum=0,
            nullable=True,
        ),
        number(
            "distance_border_air_m",
            "m",
            "Geodesic distance to the nearest border.",
            minimum=0,
            nullable=True,
        ),
        text("nearest_border_country", "Country behind it.", nullable=True),
    ),
)

CANDIDATES = Table(
    name="candidates",
    description="Reaches that a facility may drain to, given the uncertainty of its "
    "position, each with the first other country below it.",
    key=("tmf_id", "reach_id"),
    columns=(
        text("tmf_id", "Key of the facility."),
        integer("reach_id", "Reach."),
        number(
            "share",
            "-",
            "Share of the area of the position's circle that drains to the reach.",
            minimum=0,
            maximum=1,
        ),
        flag("chosen", "Whether the facility is joined to this reach."),
        text("river", "Name of the river, where known.", nullable=True),
        number(
            "reach_fraction",
            "-",
            "Share of the reach upstream of the middle entry.",
            minimum=0,
            maximum=1,
        ),
        text("terminal", "Where the path ends.", nullable=True),
        text("countries", "Other countries reached, in order, by '; '.", nullable=True),
        text("border_from", "Country before the first border.", nullable=True),
        text("border_to", "First other country reached.", nullable=True),
        code(
            "border_kind",
            ("successive", "contiguous"),
            "The river leaves a country, or becomes the border; empty without one.",
            nullable=True,
        ),
        number(
            "distance_m",
            "m",
            "Distance along the river to that border from the middle entry.",
            minimum=0,
            nullable=True,
        ),
        *with_bounds(_LEAD),
        *with_bounds(_PEAK),
        flag(
            "within_two_days",
            "Whether the peak is there within two days at mean flow; empty where "
            "unknown or without a border.",
            nullable=True,
        ),
        flag(
            "beyond_standing_water",
            "Whether a lake or reservoir lies before it; empty without a border.",
            nullable=True,
        ),
        *_LABELS,
    ),
    estimates=("arrival_lead_h", "arrival_peak_h"),
)

POSSIBLE_COUNTRIES = Table(
    name="possible_countries",
    description="Other countries that the water of a facility may reach, over all "
    "places at which it may lie. A country without a row is reached from none.",
    key=("tmf_id", "country"),
    columns=(
        text("tmf_id", "Key of the facility."),
        text("country", "Country, ISO 3166-1 alpha-2."),
        number(
            "share",
            "-",
            "Share of the positions from which it is reached; 1 is sure.",
            minimum=0,
            maximum=1,
        ),
        number(
            "share_two_days",
            "-",
            "Share from which the peak is there within two days at mean flow.",
            minimum=0,
            maximum=1,
        ),
        number(
            "share_two_days_unknown",
            "-",
            "Share from which it is unknown whether it is.",
            minimum=0,
            maximum=1,
        ),
        *with_bounds(_LEAD),
        *with_bounds(_PEAK),
    ),
    estimates=("arrival_lead_h", "arrival_peak_h"),
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
        *with_bounds(_LEAD),
        *with_bounds(_PEAK),
        _TAIL,
        _UNIT_PEAK,
        _BEYOND,
        *_LABELS,
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
        _DISTANCE,
        number(
            "stretch_m",
            "m",
            "Length of the river from here to the next change of country, or its end.",
            minimum=0,
        ),
        *with_bounds(_LEAD),
        *with_bounds(_PEAK),
        _TAIL,
        _UNIT_PEAK,
        flag(
            "within_two_days",
            "Whether the peak reaches it within two days at mean flow; empty where "
            "that is unknown.",
            nullable=True,
        ),
        _BEYOND,
        *_LABELS,
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
        _DISTANCE,
        number("distance_to_river_m", "m", "Distance from the river.", minimum=0),
        *with_bounds(_LEAD),
        *with_bounds(_PEAK),
        _TAIL,
        _UNIT_PEAK,
        *with_status(number("people", "-", "People who live there.", minimum=0)),
        flag(
            "beside_facility",
            "Whether the place lies beside the facility: within the radius of its "
            "position around the entry point, or near the river above it. Its distance "
            "is 0, its latest arrival that of its place downstream, if it has one. "
            "Empty if not looked at.",
            nullable=True,
        ),
        _BEYOND,
        *_LABELS,
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
        *with_bounds(_LEAD),
        *with_bounds(_PEAK),
        flag("by_canal", "True: this water leaves the river by a canal."),
        _BEYOND,
        *_LABELS,
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
    ),
    measured=("people",),
)

TABLES = (
    REACHES,
    SNAPS,
    CANDIDATES,
    POSSIBLE_COUNTRIES,
    DOWNSTREAM,
    CROSSINGS,
    BRANCHES,
    RECEPTORS,
    EXPOSURE,
)
