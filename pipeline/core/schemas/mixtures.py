"""Table of how tailings classify as a mixture."""

from __future__ import annotations

from enum import StrEnum

from pipeline.core.model import Confidence
from pipeline.core.reasons import Vocabulary
from pipeline.core.schema import (
    Table,
    code,
    flag,
    number,
    reasons,
    text,
    with_bounds,
    with_status,
)


class MixtureItem(StrEnum):
    """What is classified; numbers, classes or both."""

    STATED_SHARE = "stated_share"
    ACUTE_TOXICITY = "acute_toxicity"
    AQUATIC = "aquatic"
    WATER_HAZARD = "water_hazard_class"
    WATER_RISK = "water_risk_index"
    PH = "ph"
    CYANIDE = "cyanide_wad"
    CATEGORY_A = "category_a"
    DRY_MASS = "dry_mass"
    ANNEX1_HEALTH = "annex1_health"
    ANNEX1_PHYSICAL = "annex1_physical"
    ANNEX1_ENVIRONMENT = "annex1_environment"
    ANNEX1_OTHER = "annex1_other"
    ANNEX1 = "annex1"


class MixtureClass(StrEnum):
    """Classes that an item may have; an item has only some of them."""

    ACUTE_TOXIC_1 = "acute_toxic_1"
    ACUTE_TOXIC_2 = "acute_toxic_2"
    ACUTE_TOXIC_3 = "acute_toxic_3"
    ACUTE_TOXIC_4 = "acute_toxic_4"
    NOT_ACUTE_TOXIC = "not_acute_toxic"
    ACUTE_1 = "acute_1"
    ACUTE_1_CHRONIC_1 = "acute_1_chronic_1"
    ACUTE_1_CHRONIC_2 = "acute_1_chronic_2"
    ACUTE_1_CHRONIC_3 = "acute_1_chronic_3"
    CHRONIC_1 = "chronic_1"
    CHRONIC_2 = "chronic_2"
    CHRONIC_3 = "chronic_3"
    NOT_AQUATIC = "not_aquatic"
    CORROSIVE = "corrosive"
    WATCH = "watch"
    UNREMARKABLE = "unremarkable"
    ABOVE_LIMIT = "above_limit"
    WITHIN_LIMIT = "within_limit"
    CATEGORY_A = "category_a"
    SITE_SPECIFIC = "site_specific"
    NOT_ON_THIS_GROUND = "not_on_this_ground"
    MET = "met"
    PERHAPS = "perhaps"
    NOT_MET = "not_met"


MIXTURES_REASONS = Vocabulary(
    "mixture",
    {
        "no_composition": (),
        "no_toxicity": (),
        "no_aquatic": (),
        "no_water_class": (),
        "no_ph": (),
        "no_cyanide": (),
        "no_mass": (),
        "mass_stated": (),
        "mass_from_volume": (),
        "no_category": (),
        "rest_unstated": ("rest_percent",),
        "unknown_toxicity": ("n_components",),
        "unknown_aquatic": ("n_components",),
        "unknown_water_class": ("n_components",),
        "mixture_classified": (),
        "components_classified": (),
        "unknown_adds": (),
        "group_total": (),
        "limit_of_2018": ("limit_mg_per_l",),
    },
)

MIXTURES = Table(
    name="mixtures",
    description="How the tailings of a facility classify as a mixture, from the "
    "components that the inventory states: a transparent screening and no adopted "
    "method. An item without an answer says why.",
    key=("tmf_id", "item"),
    columns=(
        text("tmf_id", "Key of the facility."),
        code("item", MixtureItem, "What is classified."),
        code("class", MixtureClass, "Class; empty without one.", nullable=True),
        text("unit", "Unit of the number; '-' where there is none."),
        *with_bounds(number("value", "see unit", "Number behind the class.")),
        with_status(number("value", "see unit", "Number behind the class."))[1],
        reasons(
            "reason",
            MIXTURES_REASONS,
            "What it rests on, what is unknown, or why there is no answer.",
            nullable=True,
        ),
        text(
            "source",
            "Where the rule comes from; empty without a rule.",
            nullable=True,
        ),
        flag("provisional", "Whether it rests on a provisional method."),
        code("confidence", Confidence, "Weakest label of what it rests on."),
    ),
    measured=("value",),
    estimates=("value",),
)

TABLES = (MIXTURES,)
