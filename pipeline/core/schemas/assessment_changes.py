"""Table of what the climate changes in the assessment, what it does not, and why."""

from __future__ import annotations

from enum import StrEnum

from pipeline.core.model import Confidence, Scenario
from pipeline.core.reasons import Vocabulary
from pipeline.core.schema import (
    Column,
    Table,
    code,
    flag,
    number,
    reasons,
    text,
    with_bounds,
    with_status,
)


class Quantity(StrEnum):
    """What of the assessment is computed for the present and for each climate case."""

    INSIDE_FLOOD = "inside_flood"
    THI_SITE = "thi_site"
    THI = "thi"
    TRI = "tri"
    RANK = "rank"
    FAILURE = "failure_per_yr"
    OVERTOPPING = "overtopping_per_yr"
    OVERTOPPING_FAILURE = "overtopping_failure_per_yr"
    TOE_FLOODED = "toe_flooded_per_yr"
    UNCOVERED = "uncovered_processes"


class Effect(StrEnum):
    """What a climate case does to a quantity."""

    CHANGED = "changed"
    SAME = "same"
    UNCHANGED_BY_RULE = "unchanged_by_rule"
    NO_CLIMATE_INPUT = "no_climate_input"
    NO_FUTURE_VALUE = "no_future_value"
    NOT_COVERED = "not_covered"


EFFECTS = Vocabulary(
    "assessment_change",
    {
        "seismic_unchanged": (),
        "liquefaction_of_case": ("layer",),
        "no_flood_map": (),
        "no_dam": (),
        "no_inflow": (),
        "no_freeboard": (),
        "no_pond_area": (),
        "no_seismic_levels": (),
        "no_future_of": ("layer",),
        "one_percentile": ("layer",),
        "unchanged_by_class": (),
        "scaled_depth_keeps_dry": (),
        "no_number_but_bounds": (),
        "beyond_levels": (),
        "not_ranked": (),
        "nothing_changes_anywhere": (),
        "others_held": ("n_facilities",),
        "glacier_melt": (),
        "snow_melt": (),
        "lake_outbursts": (),
        "thawing_ground": (),
        "debris_flow_regime": (),
    },
)


def _both(name: str, meaning: str) -> tuple[Column, ...]:
    value = number(name, "see unit", meaning)
    return (*with_bounds(value), with_status(value)[1])


_DIFFERENCE = number("difference", "see unit", "Future less present.")

ASSESSMENT_CHANGES = Table(
    name="assessment_changes",
    description="The assessment under each climate case beside the present: what "
    "changes, what stays because no climate enters it, and what is not covered.",
    key=("tmf_id", "quantity", "scenario", "horizon", "percentile"),
    columns=(
        text("tmf_id", "Key of the facility."),
        code(
            "quantity",
            Quantity,
            "What is compared: a column of the table 'assessment' or a check of the "
            "table 'dam_checks'; inside_flood is 1 "
            "inside the flood of the index and 0 outside; uncovered_processes has no "
            "number and names what no layer here can tell.",
        ),
        text("unit", "Unit of the numbers; '-' where there is none."),
        code("scenario", Scenario, "Climate scenario."),
        text("horizon", "First and last year, such as 2041-2060."),
        number(
            "percentile", "-", "Percentile of the ensemble.", minimum=0, maximum=100
        ),
        code("effect", Effect, "What the climate case does to it."),
        *_both("present", "Value of the present."),
        *_both("future", "Value under the climate case."),
        *with_status(_DIFFERENCE),
        reasons("reason", EFFECTS, "Why it is so, and caveats.", nullable=True),
        flag("demonstration", "Whether the numbers rest on a stand-in layer."),
        flag("provisional", "Whether they rest on a provisional method."),
        code("confidence", Confidence, "Weakest label of the methods used."),
    ),
    measured=("present", "future", "difference"),
    estimates=("present", "future"),
)

TABLES = (ASSESSMENT_CHANGES,)
