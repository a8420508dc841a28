"""Tables of the rivers stage on how facilities are joined to rivers."""

from __future__ import annotations

from pipeline.core.arrival_columns import (
    LABELS,
    LEAD,
    PEAK,
)
from pipeline.core.model import (
    Status,
)
from pipeline.core.reasons import (
    Vocabulary,
)
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
        *with_bounds(LEAD),
        *with_bounds(PEAK),
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
        *LABELS,
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
        *with_bounds(LEAD),
        *with_bounds(PEAK),
    ),
    estimates=("arrival_lead_h", "arrival_peak_h"),
)

TABLES = (SNAPS, CANDIDATES, POSSIBLE_COUNTRIES)
