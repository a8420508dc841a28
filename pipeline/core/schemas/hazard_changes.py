"""Table of how hazards change: differences, and the shift of return periods."""

from __future__ import annotations

from pipeline.core.model import Confidence, Hazard, Scenario
from pipeline.core.reasons import Vocabulary
from pipeline.core.schema import Table, code, flag, number, reasons, text, with_status
from pipeline.core.schemas.hazards import NOTES

SHIFTS = Vocabulary(
    "hazard_shift",
    {
        "no_return_period": (),
        "no_both_values": (),
        "no_curve": (),
        "nothing_at_present": (),
        "more_often_than": ("period",),
        "more_rarely_than": ("period",),
        "melt_not_covered": (),
        "regime_not_covered": (),
    },
)

_PRESENT = number("present", "see unit", "Intensity of the present.")
_FUTURE = number("future", "see unit", "Intensity under the scenario.")
_DIFFERENCE = number("difference", "see unit", "Future less present.")
_SHIFTED = number(
    "shifted_period", "yr", "Future return period of the present intensity.", minimum=1
)

HAZARD_CHANGES = Table(
    name="hazard_changes",
    description="Difference of each hazard level from the present, per facility, "
    "scenario, horizon and percentile, and how often the present level returns then.",
    key=("tmf_id", "layer_id", "level", "scenario", "horizon", "percentile"),
    columns=(
        text("tmf_id", "Key of the facility."),
        code("hazard", Hazard, "Hazard type (Risk Data Library)."),
        text("process", "Hazard process (Risk Data Library).", nullable=True),
        text("intensity_measure", "Intensity measure, such as PGA."),
        text("unit", "Unit of the intensities."),
        text("layer_id", "Layer in the registry."),
        text("level", "Level of the layer: return period in years or its own name."),
        number("return_period_yr", "yr", "Return period.", minimum=1, nullable=True),
        code("scenario", Scenario, "Climate scenario."),
        text("horizon", "First and last year, such as 2041-2060."),
        number(
            "percentile", "-", "Percentile of the ensemble.", minimum=0, maximum=100
        ),
        *with_status(_PRESENT),
        *with_status(_FUTURE),
        *with_status(_DIFFERENCE),
        *with_status(_SHIFTED),
        reasons(
            "shift_reason",
            SHIFTS,
            "Why there is no shifted return period, and what the change leaves out.",
            nullable=True,
        ),
        flag("demonstration", "Whether a layer is a stand-in by the project."),
        flag("provisional", "Whether the change rests on a provisional method."),
        code("confidence", Confidence, "Weakest label of the methods used."),
        reasons("note", NOTES, "Notes of the future value.", nullable=True),
    ),
    measured=("present", "future", "difference", "shifted_period"),
)

TABLES = (HAZARD_CHANGES,)
