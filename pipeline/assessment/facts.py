"""What the tables of the earlier stages say about one facility, as one record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from pipeline.assessment.dam_hazards import ground_shaking, inundation, liquefaction
from pipeline.assessment.interval import known
from pipeline.assessment.location import Crossing, Path, Shares
from pipeline.assessment.overtopping import Basin, Inflow
from pipeline.assessment.people import Settlement
from pipeline.assessment.shaking import (
    FloodState,
    Shaking,
    flood_state,
    inflow,
    shaking,
)
from pipeline.assessment.sliding import Strength
from pipeline.assessment.tailings import Tailings, component_of
from pipeline.assessment.toe import Inundation
from pipeline.assessment.triggering import Liquefaction
from pipeline.assessment.volume import StatedAmounts
from pipeline.core.errors import input_error
from pipeline.core.model import (
    Confidence,
    DamType,
    DisplacementStatus,
    FacilityRole,
    FacilityStatus,
    FacilityType,
    Remediation,
    Status,
    WatchLevel,
    Zone,
)

Row = Mapping[str, Any]
Tables = Mapping[str, pd.DataFrame]
DAM_TYPES: Final = frozenset(
    {FacilityType.TAILINGS, FacilityType.TAILINGS_GROUP, FacilityType.TAILINGS_PONDS}
)
SURE_JOINS: Final = frozenset({"high", "medium"})


@dataclass(frozen=True, slots=True)
class Facts:
    """One facility as the assessment sees it; None where something is unknown.

    ``shaking`` is that of rock, which the index asks for; ``ground_shaking`` that of
    the ground under the dam where it is known, and of rock elsewhere.
    ``n_deposits`` is the number of tailings that the record covers. ``radius_m`` is
    None without a position.
    """

    tmf_id: str
    country: str
    is_ranked: bool
    facility_type: FacilityType
    status: FacilityStatus
    remediation: Remediation
    operator: str | None
    radius_m: float | None
    amounts: StatedAmounts
    n_deposits: int | None
    dam_height_m: float | None
    dam_type: DamType
    factor_of_safety: float | None
    water_hazard_class: float | None
    path: Path
    path_length_m: float | None
    distance_border_air_m: float | None
    settlements: tuple[Settlement, ...]
    shaking: Shaking
    flood: FloodState
    displacement: DisplacementStatus | None
    watch_level: WatchLevel | None
    inflow: Inflow
    basin: Basin
    ground_shaking: Shaking
    liquefaction: Liquefaction
    inundation: Inundation
    strength: Strength
    pond_volume_m3: float | None
    tailings: Tailings

    @property
    def has_dam(self) -> bool:
        """Whether the methods for tailings dams apply."""
        return self.facility_type in DAM_TYPES

    @property
    def is_group(self) -> bool:
        """Whether the record sums up several deposits."""
        if self.n_deposits is not None:
            return self.n_deposits > 1
        return self.facility_type is FacilityType.TAILINGS_GROUP

    @property
    def is_tailings(self) -> bool:
        """Whether the deposit has the density of tailings, not of coarse waste."""
        return self.has_dam


def facts_of(tables: Tables, flood_return_period_yr: float) -> list[Facts]:
    """Facts of all facilities, by key.

    Parameters
    ----------
    tables
        facilities, facility_values, hazards, displacement, snaps, crossings,
        receptors and, where there are any, zones and components, each checked.
    flood_return_period_yr
        Return period of the flood that the index scheme asks for.
    """
    grouped = {
        name: rows_by_facility(tables[name])
        for name in (
            "facility_values",
            "hazards",
            "displacement",
            "snaps",
            "crossings",
            "receptors",
            "zones",
            "components",
        )
        if name in tables
    }
    return [
        _one(
            row,
            {
                name: found.get(str(row["tmf_id"]), [])
                for name, found in grouped.items()
            },
            flood_return_period_yr,
        )
        for row in _records(tables["facilities"])
    ]


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    plain = pd.DataFrame(frame.drop(columns="geometry", errors="ignore"))
    return [
        {str(k): (None if pd.isna(v) else v) for k, v in row.items()}
        for row in plain.astype(object).to_dict("records")
    ]


def rows_by_facility(frame: pd.DataFrame) -> dict[str, list[dict[str, Any]]]:
    """Rows of a table by ``tmf_id``, every empty cell None."""
    found: dict[str, list[dict[str, Any]]] = {}
    for row in _records(frame):
        found.setdefault(str(row["tmf_id"]), []).append(row)
    return found


def _one(
    row: Row, more: Mapping[str, Sequence[Row]], flood_return_period_yr: float
) -> Facts:
    snap = more["snaps"][0] if more["snaps"] else None
    motion = more["displacement"][0] if more["displacement"] else None
    number = row["n_tailings"]
    has_position = known(row["lon_deg"]) is not None
    return Facts(
        tmf_id=str(row["tmf_id"]),
        country=str(row["country"]),
        is_ranked=row["role"] == FacilityRole.FACILITY
        and bool(row["counts_in_totals"]),
        facility_type=FacilityType(row["facility_type"]),
        status=FacilityStatus(row["status"]),
        remediation=Remediation(row["remediation"]),
        operator=row["operator"],
        radius_m=known(row["position_radius_m"]) if has_position else None,
        amounts=_amounts(row, more["facility_values"]),
        n_deposits=None if number is None or int(number) < 1 else int(number),
        dam_height_m=known(row["dam_height_m"]),
        dam_type=DamType(row["dam_type"]),
        factor_of_safety=known(row["fos_static"]),
        water_hazard_class=known(row["whc"]),
        path=_path(snap, more["crossings"]),
        path_length_m=None if snap is None else known(snap["path_length_m"]),
        distance_border_air_m=None
        if snap is None
        else known(snap["distance_border_air_m"]),
        settlements=_settlements(more["receptors"]),
        shaking=shaking(more["hazards"]),
        flood=flood_state(more["hazards"], flood_return_period_yr),
        displacement=None if motion is None else DisplacementStatus(motion["status"]),
        watch_level=None if motion is None else WatchLevel(motion["watch_level"]),
        inflow=inflow(more["hazards"]),
        basin=_basin(row, more.get("zones", ())),
        ground_shaking=ground_shaking(more["hazards"]),
        liquefaction=_liquefaction(str(row["tmf_id"]), more["hazards"]),
        inundation=inundation(more["hazards"]),
        strength=Strength(
            known(row["yield_acceleration_g"]),
            known(row["fos_static"]),
            known(row["slope_deg"]),
        ),
        pond_volume_m3=known(row["pond_volume_m3"]),
        tailings=Tailings(
            tuple(component_of(item) for item in more.get("components", ())),
            known(row["ph"]),
            known(row["cyanide_wad_mg_per_l"]),
        ),
    )


def _liquefaction(tmf_id: str, rows: Sequence[Row]) -> Liquefaction:
    try:
        return liquefaction(rows)
    except ValueError as error:
        raise input_error(
            "hazards table",
            row=tmf_id,
            field="intensity",
            found=str(error),
            expected="probabilities of liquefaction from 0 to 1",
            fix="correct the layer of liquefaction",
        ) from None


def _basin(row: Row, zones: Sequence[Row]) -> Basin:
    """Freeboard, and the area of the pond where a polygon outlines it."""
    areas = {str(zone["zone"]): known(zone["area_m2"]) for zone in zones}
    return Basin(known(row["freeboard_m"]), areas.get(Zone.POND))


def _amounts(row: Row, values: Sequence[Row]) -> StatedAmounts:
    def quality(field: str) -> frozenset[str]:
        return frozenset(str(v["quality"]) for v in values if v["field"] == field)

    return StatedAmounts(
        volume_m3=known(row["volume_m3"]),
        volume_low_m3=known(row["volume_m3_low"]),
        volume_high_m3=known(row["volume_m3_high"]),
        mass_t=known(row["mass_t"]),
        volume_quality=quality("volume_m3"),
        mass_quality=quality("mass_t"),
    )


def _shares(snap: Row | None) -> Shares | None:
    """Shares of the possible positions; None where they are not known."""
    if snap is None or snap["share_border"] is None:
        return None
    return Shares(
        border=float(snap["share_border"]),
        two_days=float(snap["share_two_days"]),
        two_days_unknown=float(snap["share_two_days_unknown"]),
        no_reach=float(snap["share_no_reach"]),
        countries=snap["possible_countries"],
    )


def _path(snap: Row | None, crossings: Sequence[Row]) -> Path:
    if snap is None or not Status(snap["snap_status"]).has_value:
        return Path(is_joined=False, is_sure=False, shares=_shares(snap))
    ordered = sorted(crossings, key=lambda row: int(row["crossing"]))
    return Path(
        is_joined=True,
        is_sure=snap["snap_confidence"] in SURE_JOINS,
        shares=_shares(snap),
        crossings=tuple(
            Crossing(
                from_country=str(row["from_country"]),
                to_country=str(row["to_country"]),
                lead_h=known(row["arrival_lead_h"]),
                within_two_days=None
                if row["within_two_days"] is None
                else bool(row["within_two_days"]),
                beyond_standing_water=bool(row["beyond_standing_water"]),
                confidence=None
                if row["confidence"] is None
                else Confidence(row["confidence"]),
            )
            for row in ordered
        ),
    )


def _settlements(receptors: Sequence[Row]) -> tuple[Settlement, ...]:
    return tuple(
        Settlement(
            float(row["distance_m"]),
            float(row["distance_to_river_m"]),
            known(row["people"]),
        )
        for row in receptors
        if row["kind"] == "settlement"
    )
