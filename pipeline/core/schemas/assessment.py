"""Tables that the assessment stage writes, and the codes that stand in them."""

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


class AirBasis(StrEnum):
    """Why the air criterion is met, not met or unknown."""

    WITHIN = "within"
    OUTSIDE = "outside"
    UNCERTAIN_POSITION = "uncertain_position"
    NO_POSITION = "no_position"
    NO_DISTANCE = "no_distance"


class CatchmentBasis(StrEnum):
    """Why the catchment criterion is met, not met or unknown."""

    CROSSES = "crosses"
    NO_CROSSING = "no_crossing"
    SOME_POSITIONS = "some_positions"
    RIVER_NOT_FOUND = "river_not_found"
    NO_SHARES = "no_shares"
    NOT_JOINED = "not_joined"


class TwoDayBasis(StrEnum):
    """Why the two-day criterion is met, not met or unknown."""

    WITHIN = "within"
    LATER = "later"
    STANDING_WATER = "standing_water"
    NO_TIME = "no_time"
    NO_CROSSING = "no_crossing"
    SOME_POSITIONS = "some_positions"
    RIVER_NOT_FOUND = "river_not_found"
    NO_SHARES = "no_shares"
    NOT_JOINED = "not_joined"


class VolumeBasis(StrEnum):
    """Where the stored volume that the methods used comes from."""

    STATED = "stated"
    LOWER_BOUND = "lower_bound"
    RANGE_ONLY = "range_only"
    FROM_MASS = "from_mass"
    BEFORE_RELOCATION = "before_relocation"
    UNKNOWN = "unknown"


class ReleaseBasis(StrEnum):
    """Why there is a release volume, only its bounds, or none."""

    ENSEMBLE = "ensemble"
    RANGE_ONLY = "range_only"
    GROUP_TOTAL = "group_total"
    NO_VOLUME = "no_volume"
    NO_DAM = "no_dam"


class RunoutBasis(StrEnum):
    """Why there is a runout distance, only its bounds, or none."""

    REGRESSIONS = "regressions"
    ASSUMED_HEIGHT = "assumed_height"
    RANGE_ONLY = "range_only"
    TOO_WIDE = "too_wide"
    GROUP_TOTAL = "group_total"
    NO_VOLUME = "no_volume"
    NO_DAM = "no_dam"


class FailureBasis(StrEnum):
    """Why there is a failure frequency, only its bounds, or none."""

    CURVE = "curve"
    BOUNDS_ONLY = "bounds_only"
    GROUND_LIQUEFACTION = "ground_liquefaction"
    STUDY_BOUNDS = "study_bounds"
    NO_CURVE = "no_curve"
    NO_DAM = "no_dam"


class OvertoppingBasis(StrEnum):
    """Why there is a frequency of overtopping, only its bounds, or none."""

    CURVE = "curve"
    LAYER = "layer"
    BEYOND_LEVELS = "beyond_levels"
    NO_DAM = "no_dam"
    NO_INFLOW = "no_inflow"
    NO_FREEBOARD = "no_freeboard"
    NO_POND_AREA = "no_pond_area"


class PeopleBasis(StrEnum):
    """Why people at risk are known or unknown."""

    SETTLEMENTS = "settlements"
    AT_LEAST = "at_least"
    NONE_LISTED = "none_listed"
    PEOPLE_MISSING = "people_missing"
    NOT_JOINED = "not_joined"


class ConsequenceBasis(StrEnum):
    """Which column of the class table set the consequence class."""

    PEOPLE_AT_RISK = "people_at_risk"
    NONE = "none"


class RankBasis(StrEnum):
    """What the place of a facility rests on."""

    INDEX = "index"
    ASSUMED = "assumed"
    NOT_RANKED = "not_ranked"


class Measure(StrEnum):
    """Recommended measures; their words stand in the catalogues."""

    FIND_POSITION = "find_position"
    SURVEY_POSITION = "survey_position"
    FIND_VOLUME = "find_volume"
    FIND_DAM_DATA = "find_dam_data"
    CLASSIFY_TAILINGS = "classify_tailings"
    DESCRIBE_SINGLE_DEPOSITS = "describe_single_deposits"
    CONFIRM_DRAINAGE = "confirm_drainage"
    COUNT_PEOPLE = "count_people"
    ORDER_INSAR = "order_insar"
    CHECK_DISPLACEMENT = "check_displacement"
    ADD_FLOOD_MAP = "add_flood_map"
    CHECK_FLOOD_PROTECTION = "check_flood_protection"
    STUDY_SEISMIC_STABILITY = "study_seismic_stability"
    ADD_SEISMIC_MAP = "add_seismic_map"
    VISIT_SITE = "visit_site"
    NAME_RESPONSIBLE_BODY = "name_responsible_body"
    AGREE_CONTACT_POINTS = "agree_contact_points"
    AGREE_WARNING = "agree_warning"
    PREPARE_EMERGENCY_PLAN = "prepare_emergency_plan"
    START_REMEDIATION = "start_remediation"
    COMPLETE_REMEDIATION = "complete_remediation"
    KEEP_MONITORING = "keep_monitoring"


class Reason(StrEnum):
    """Reasons of measures; their words stand in the catalogues."""

    NO_POSITION = "no_position"
    POSITION_UNCERTAIN = "position_uncertain"
    NO_VOLUME = "no_volume"
    VOLUME_FROM_MASS = "volume_from_mass"
    VOLUME_IS_LOWER_BOUND = "volume_is_lower_bound"
    VOLUME_BEFORE_RELOCATION = "volume_before_relocation"
    DAM_DATA_MISSING = "dam_data_missing"
    TOXICITY_UNKNOWN = "toxicity_unknown"
    GROUP_TOTAL_ONLY = "group_total_only"
    GROUP_OF_UNKNOWN_NUMBER = "group_of_unknown_number"
    DRAINAGE_UNCERTAIN = "drainage_uncertain"
    DRAINAGE_UNKNOWN = "drainage_unknown"
    PEOPLE_UNKNOWN = "people_unknown"
    DISPLACEMENT_NOT_COVERED = "displacement_not_covered"
    DISPLACEMENT_INSUFFICIENT = "displacement_insufficient"
    DISPLACEMENT_ALERT = "displacement_alert"
    FLOOD_UNKNOWN = "flood_unknown"
    FLOOD_POSSIBLE = "flood_possible"
    PGA_HIGH = "pga_high"
    PGA_UNKNOWN = "pga_unknown"
    MANY_UNKNOWNS = "many_unknowns"
    STATUS_UNKNOWN = "status_unknown"
    NO_OPERATOR = "no_operator"
    BORDER_NEAR_AIR = "border_near_air"
    BORDER_DOWNSTREAM = "border_downstream"
    BORDER_WITHIN_TWO_DAYS = "border_within_two_days"
    BORDER_TIME_UNKNOWN = "border_time_unknown"
    BORDER_PERHAPS_WITHIN_TWO_DAYS = "border_perhaps_within_two_days"
    PEOPLE_DOWNSTREAM = "people_downstream"
    ABANDONED_NOT_REMEDIATED = "abandoned_not_remediated"
    REMEDIATION_IN_PROGRESS = "remediation_in_progress"
    REMEDIATION_DONE = "remediation_done"


_ESTIMATES: tuple[tuple[str, str, str], ...] = (
    ("thi_capacity", "-", "Capacity term of the hazard index."),
    ("thi_toxicity", "-", "Toxicity term."),
    ("thi_management", "-", "Management term."),
    ("thi_site", "-", "Site term (seismic and flood)."),
    ("thi_dam", "-", "Dam term."),
    ("thi", "-", "Hazard index, sum of its terms; empty without a volume."),
    ("tei", "-", "Exposure index; empty while people at risk are unknown."),
    ("tri", "-", "Risk index, hazard plus exposure."),
)


def _estimate(name: str, unit: str, meaning: str) -> tuple[Column, Column, Column]:
    return with_bounds(number(name, unit, meaning, minimum=0))


def _class(name: str, meaning: str) -> Column:
    return code(name, ConsequenceClass, meaning, nullable=True)


_LOCATION = (
    flag("air_15km", "Within 15 km of a border by air.", nullable=True),
    code("air_15km_basis", AirBasis, "Why it is met, not met or unknown."),
    flag(
        "water_catchment",
        "Its water reaches another country or a border from all places at which the "
        "facility may lie (share_border of snaps); empty where the places disagree.",
        nullable=True,
    ),
    code("water_catchment_basis", CatchmentBasis, "Why it is so or unknown."),
    flag(
        "water_two_days",
        "It does so within two days of mean flow, from all of these places.",
        nullable=True,
    ),
    code("water_two_days_basis", TwoDayBasis, "Why it is so or unknown."),
    code(
        "substances_status",
        Status,
        "Whether the quantities of Annex I have an answer (table 'mixtures').",
    ),
    flag(
        "annex1_quantity",
        "Whether the tailings reach a quantity of Annex I; empty where unknown.",
        nullable=True,
    ),
    *with_status(
        number("first_border_lead_h", "h", "First arrival at a border.", minimum=0)
    ),
    text(
        "countries_downstream",
        "Other countries that the chosen path reaches, by '; '.",
        nullable=True,
    ),
    text(
        "possible_countries",
        "Other countries that the water may reach from any place at which the facility "
        "may lie, each with the share of these places, by '; '.",
        nullable=True,
    ),
)
_INDEX = (
    text("scheme", "Name of the index scheme."),
    text("scheme_status", "provisional or official."),
    *_estimate("volume_used_m3", "m3", "Stored volume that the methods used."),
    code("volume_basis", VolumeBasis, "Where that volume comes from."),
    *(column for term in _ESTIMATES for column in with_bounds(number(*term))),
    text("missing", "Fields without a value, by '; '.", nullable=True),
)
_CONSEQUENCE = (
    *_estimate("failure_per_yr", "1/yr", "Annual frequency of failure by earthquake."),
    code("failure_per_yr_status", Status, "Why it has or lacks a value."),
    code("failure_basis", FailureBasis, "What it rests on."),
    *_estimate(
        "overtopping_per_yr", "1/yr", "Annual frequency of overtopping by rain."
    ),
    code("overtopping_per_yr_status", Status, "Why it has or lacks a value."),
    code("overtopping_basis", OvertoppingBasis, "What it rests on."),
    *_estimate(
        "overtopping_failure_per_yr", "1/yr", "Annual frequency of a breach by it."
    ),
    *_estimate("release_volume_m3", "m3", "Released volume, ensemble."),
    code("release_volume_m3_status", Status, "Why it has or lacks a value."),
    code("release_basis", ReleaseBasis, "What it rests on."),
    *_estimate(
        "runout_m",
        "m",
        "Runout distance, capped by the path; no bounds without a central value where "
        "they would span more than two orders of magnitude.",
    ),
    *_estimate("runout_uncapped_m", "m", "Runout distance before that cap."),
    number(
        "runout_cap_m",
        "m",
        "Length of the downstream path, which caps the runout; empty where no path is "
        "known and nothing is cut off, and without a runout.",
        minimum=0,
        nullable=True,
    ),
    code("runout_basis", RunoutBasis, "What it rests on."),
    *_estimate("inundation_area_m2", "m2", "Area of the main deposit."),
    *_estimate("people_at_risk", "-", "People within reach."),
    code("people_at_risk_status", Status, "Why it has or lacks a value."),
    code("people_basis", PeopleBasis, "What it rests on."),
    _class(
        "consequence_class",
        "Upper screening class by people at risk: counts everybody listed near the "
        "first 10 km of river; a dam-break study would count fewer of them. Empty when "
        "unknown.",
    ),
    _class(
        "consequence_class_low",
        "Class of the lower bound; empty where no settlement surely lies below.",
    ),
    _class("consequence_class_high", "Class of the upper bound; empty when unknown."),
    code("consequence_basis", ConsequenceBasis, "Column of the class table used."),
)
_RANK = (
    integer("rank", "Place by risk index, 1 first; ties share.", nullable=True),
    integer("rank_low", "Best place over the unknowns (5 %).", nullable=True),
    integer("rank_high", "Worst place over the unknowns (95 %).", nullable=True),
    code("rank_basis", RankBasis, "What the place rests on."),
    integer("n_ranked", "Number of facilities ranked.", minimum=0),
    flag("demonstration", "Whether any value of the row rests on a stand-in layer."),
    text(
        "demonstration_fields",
        "Columns whose values rest on a stand-in layer, by '; '.",
        nullable=True,
    ),
    flag("provisional", "Whether any value rests on a provisional method."),
    text(
        "provisional_fields",
        "Columns whose values rest on a provisional method, by '; '.",
        nullable=True,
    ),
    code("confidence", Confidence, "Weakest label of the methods used."),
)

ASSESSMENT = Table(
    name="assessment",
    description="Location criteria, index, release, consequence and rank.",
    key=("tmf_id",),
    columns=(
        text("tmf_id", "Key of the facility."),
        *_LOCATION,
        *_INDEX,
        *_CONSEQUENCE,
        *_RANK,
    ),
    measured=("first_border_lead_h",),
    estimates=(
        "volume_used_m3",
        *(name for name, _, _ in _ESTIMATES),
        "failure_per_yr",
        "overtopping_per_yr",
        "overtopping_failure_per_yr",
        "release_volume_m3",
        "runout_m",
        "runout_uncapped_m",
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
        code("measure_id", Measure, "Key of the measure; words in the catalogues."),
        code("horizon", ("short", "medium", "long"), "When it should be done."),
        integer("priority", "1 first, within the facility.", minimum=1),
        code("reason", Reason, "Key of the reason; words in the catalogues."),
        text("detail", "Values for the reason: 'name=value; ...'.", nullable=True),
        flag("demonstration", "Whether the reason rests on a stand-in layer."),
    ),
)

TABLES = (ASSESSMENT, MEASURES)
