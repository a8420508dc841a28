"""Words and small records that every stage uses with one meaning.

Hazard and process codes follow the Risk Data Library Standard 0.2 code lists
(``hazard_type`` and ``process_type``).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Status(StrEnum):
    """Why a quantity has, or lacks, a value."""

    MEASURED = "measured"
    NO_HAZARD = "no_hazard"
    NOT_COVERED = "not_covered"
    NOT_PROVIDED = "not_provided"
    INVALID = "invalid"

    @property
    def has_value(self) -> bool:
        """Whether a number belongs to this status."""
        return self in (Status.MEASURED, Status.NO_HAZARD)


class FacilityRole(StrEnum):
    """Whether a row stands for itself or is contained in another row."""

    FACILITY = "facility"
    PART = "part"


class FacilityType(StrEnum):
    """What kind of deposit a row describes."""

    TAILINGS = "tailings"
    TAILINGS_GROUP = "tailings_group"
    TAILINGS_PONDS = "tailings_ponds"
    WASTE_ROCK = "waste_rock"
    ORE_DUMP = "ore_dump"
    SLAG_DUMP = "slag_dump"
    PHOSPHOGYPSUM_STACK = "phosphogypsum_stack"
    MINE_WASTE = "mine_waste"
    IN_SITU_LEACH = "in_situ_leach"
    PLANNED = "planned"


class FacilityStatus(StrEnum):
    """Life-cycle status of a facility (methodology 1.1, THI_Manag)."""

    ACTIVE = "active"
    CLOSED = "closed"
    ABANDONED = "abandoned"
    UNKNOWN = "unknown"


class Remediation(StrEnum):
    """How far remediation of a site has come."""

    NONE = "none"
    IN_PROGRESS = "in_progress"
    DONE = "done"
    UNKNOWN = "unknown"


class DamType(StrEnum):
    """Construction method of a tailings dam."""

    UPSTREAM = "upstream"
    DOWNSTREAM = "downstream"
    CENTRELINE = "centreline"
    SINGLE = "single"
    OTHER = "other"
    UNKNOWN = "unknown"


class Zone(StrEnum):
    """Parts of a facility and of the ground that acts on it.

    The order is that of precedence: a spot in two zones counts for the first.
    """

    DAM = "dam"
    POND_RIM = "pond_rim"
    POND = "pond"
    BEACH = "beach"
    FOUNDATION = "foundation"
    SLOPE_ABOVE = "slope_above"
    FACILITY = "facility"
    CATCHMENT = "catchment"


class PositionQuality(StrEnum):
    """What a facility's coordinates really point at."""

    SURVEYED = "surveyed"
    PUBLISHED = "published"
    SETTLEMENT = "settlement"
    APPROXIMATE = "approximate"
    NONE = "none"


class Confidence(StrEnum):
    """Label of a formula or coefficient, strongest first (methodology 0.1)."""

    VERIFIED = "V"
    THIRD_PARTY = "V3"
    MEMORY_HIGH = "M-high"
    PROJECT = "P"
    MEMORY_PART = "M-part"

    @property
    def is_provisional(self) -> bool:
        """Whether results that rest on it must be printed as provisional."""
        return self in (Confidence.PROJECT, Confidence.MEMORY_PART)


CONFIDENCE_ORDER = tuple(Confidence)


def weakest(*labels: Confidence) -> Confidence:
    """Return the weakest of some confidence labels.

    Raises
    ------
    ValueError
        If no label is given.
    """
    return max(labels, key=CONFIDENCE_ORDER.index)


class Hazard(StrEnum):
    """Hazard types of the Risk Data Library that the pipeline knows."""

    EARTHQUAKE = "earthquake"
    FLOOD = "flood"
    LANDSLIDE = "landslide"
    DROUGHT = "drought"
    EXTREME_TEMPERATURE = "extreme_temperature"
    STRONG_WIND = "strong_wind"
    WILDFIRE = "wildfire"
    CONVECTIVE_STORM = "convective_storm"
    COASTAL_FLOOD = "coastal_flood"
    TSUNAMI = "tsunami"
    VOLCANIC = "volcanic"
    EROSION = "erosion"
    DUST_SAND_STORM = "dust_sand_storm"


# Codes of the Risk Data Library Standard, list ``process_type``, by hazard type.
PROCESSES: Final[dict[Hazard, tuple[str, ...]]] = {
    Hazard.EARTHQUAKE: (
        "ground_motion",
        "liquefaction",
        "rupture",
        "subsidence_uplift",
    ),
    Hazard.FLOOD: (
        "fluvial_flood",
        "glacial_lake_outburst",
        "groundwater_flood",
        "pluvial_flood",
    ),
    Hazard.LANDSLIDE: (
        "landslide_general",
        "landslide_mudflow",
        "landslide_rockfall",
        "landslide_rockslide",
        "snow_avalanche",
    ),
    Hazard.DROUGHT: (
        "agricultural_drought",
        "hydrological_drought",
        "meteorological_drought",
        "socioeconomic_drought",
    ),
    Hazard.EXTREME_TEMPERATURE: ("extreme_cold", "extreme_heat"),
    Hazard.STRONG_WIND: ("extratropical_cyclone", "tornado", "tropical_cyclone"),
    Hazard.WILDFIRE: ("wildfire", "wildfire_smoke"),
    Hazard.CONVECTIVE_STORM: ("hail", "lightning", "thunderstorm", "tornado"),
    Hazard.COASTAL_FLOOD: ("coastal_flood", "storm_surge"),
    Hazard.TSUNAMI: ("tsunami",),
    Hazard.VOLCANIC: (
        "ashfall",
        "lahar",
        "lava",
        "pyroclastic_flow",
        "volcano_ballistics",
        "volcano_gas_aerosols",
    ),
    Hazard.EROSION: ("coastal_erosion", "soil_erosion"),
    Hazard.DUST_SAND_STORM: ("dust_sand_storm",),
}


class DisplacementStatus(StrEnum):
    """What the displacement stage can say about a facility."""

    MEASURED = "measured"
    NOT_COVERED = "not_covered"
    TOO_FEW_POINTS = "too_few_points"
    STALE = "stale"
    NO_GEOMETRY = "no_geometry"
    NO_POSITION = "no_position"


class WatchLevel(StrEnum):
    """Traffic light of displacement; not assessed is never green."""

    NOT_ASSESSED = "not_assessed"
    GREEN = "green"
    YELLOW = "yellow"
    AMBER = "amber"
    RED = "red"


class Scenario(StrEnum):
    """Climate scenario of a value; ``historical`` is the present climate."""

    HISTORICAL = "historical"
    SSP126 = "ssp126"
    SSP245 = "ssp245"
    SSP370 = "ssp370"
    SSP585 = "ssp585"
    RCP45 = "rcp45"
    RCP85 = "rcp85"


class ConsequenceClass(StrEnum):
    """Consequence classes of GISTM Annex 2 Table 1, lowest first."""

    LOW = "low"
    SIGNIFICANT = "significant"
    HIGH = "high"
    VERY_HIGH = "very_high"
    EXTREME = "extreme"


@dataclass(frozen=True, slots=True)
class Bounds:
    """A value with its lower and upper bound, all in one unit.

    Raises
    ------
    ValueError
        If ``low <= central <= high`` does not hold.
    """

    low: float
    central: float
    high: float

    def __post_init__(self) -> None:
        """Refuse bounds that do not enclose the central value."""
        if not self.low <= self.central <= self.high:
            raise ValueError(f"bounds are not ordered: {self}")
