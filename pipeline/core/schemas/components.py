"""Table of what tailings are made of, as an inventory states it."""

from __future__ import annotations

from enum import StrEnum

from pipeline.core.schema import Table, integer, number, text


class AquaticClass(StrEnum):
    """Aquatic hazard class of a component."""

    ACUTE_1 = "acute_1"
    CHRONIC_1 = "chronic_1"
    CHRONIC_2 = "chronic_2"
    CHRONIC_3 = "chronic_3"
    NONE = "none"


class AnnexCategory(StrEnum):
    """Categories of Annex I of the Convention that a component may belong to."""

    ACUTE_TOXIC_1 = "acute_toxic_1"
    ACUTE_TOXIC_2 = "acute_toxic_2"
    ACUTE_TOXIC_3_INHALATION = "acute_toxic_3_inhalation"
    STOT_SINGLE_1 = "stot_single_1"
    OXIDIZING = "oxidizing_liquid_solid"
    AQUATIC_ACUTE_1 = "aquatic_acute_1"
    AQUATIC_CHRONIC_1 = "aquatic_chronic_1"
    AQUATIC_CHRONIC_2 = "aquatic_chronic_2"
    WATER_REACTIVE_VIOLENT = "water_reactive_violent"
    WATER_REACTIVE_FLAMMABLE_GAS = "water_reactive_flammable_gas"
    WATER_REACTIVE_TOXIC_GAS = "water_reactive_toxic_gas"


class NamedSubstance(StrEnum):
    """Substances that Annex I names, as far as they matter for mining."""

    AMMONIUM_NITRATE_1A = "ammonium_nitrate_1a"
    AMMONIUM_NITRATE_1B = "ammonium_nitrate_1b"
    AMMONIUM_NITRATE_1C = "ammonium_nitrate_1c"
    AMMONIUM_NITRATE_1D = "ammonium_nitrate_1d"
    CHLORINE = "chlorine"
    HYDROGEN_SULPHIDE = "hydrogen_sulphide"
    PETROLEUM_PRODUCTS = "petroleum_products"
    ARSENIC_PENTOXIDE = "arsenic_pentoxide"
    ARSENIC_TRIOXIDE = "arsenic_trioxide"
    NICKEL_COMPOUNDS_INHALABLE = "nickel_compounds_inhalable"


COMPONENTS = Table(
    name="components",
    description="Components of the tailings of a facility: share of the dry mass and "
    "hazard classes, as the inventory states them. An empty cell is unknown.",
    key=("tmf_id", "substance"),
    columns=(
        text("tmf_id", "Key of the facility."),
        text("substance", "Name of the component."),
        text("cas", "CAS number.", nullable=True),
        number("share_percent", "%", "Share of the dry mass.", minimum=0, maximum=100),
        number(
            "ate_mg_per_kg",
            "mg/kg",
            "Acute toxicity estimate, oral.",
            minimum=0,
            nullable=True,
        ),
        text("aquatic", "Aquatic hazard classes, by '; '.", nullable=True),
        number(
            "m_factor",
            "-",
            "M factor of class 1.",
            minimum=1,
            nullable=True,
        ),
        number(
            "whc",
            "-",
            "German water hazard class 0 to 3.",
            minimum=0,
            maximum=3,
            nullable=True,
        ),
        text("annex1", "Categories of Annex I, by '; '.", nullable=True),
        text("named", "Substance that Annex I names.", nullable=True),
        text("source", "Where the composition comes from.", nullable=True),
        text("source_file", "File that the row was read from."),
        integer("source_row", "Row in that file as a person counts it."),
    ),
)

TABLES = (COMPONENTS,)
