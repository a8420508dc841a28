"""Everything the tables say about one facility, gathered for its page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Final

import pandas as pd

from pipeline.core.schemas.contingency import PlaceKind

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Series:
    """Displacement of one point: dates (ISO) and millimetres along the line of sight.

    Positive is towards the satellite. Epochs without a value are left out.
    """

    point: str
    dates: tuple[str, ...]
    displacement_mm: tuple[float, ...]


# Tables whose rows are not those of single facilities, or are looked up otherwise.
_OF_NO_FACILITY: Final = ("facilities", "reaches", "ledger", "network_ledger")


@dataclass(frozen=True)
class SiteTables:
    """The tables that the pages show, in their checked form."""

    facilities: pd.DataFrame
    facility_values: pd.DataFrame
    ledger: pd.DataFrame
    hazards: pd.DataFrame
    hazard_changes: pd.DataFrame
    displacement: pd.DataFrame
    displacement_points: pd.DataFrame
    displacement_zones: pd.DataFrame
    displacement_curves: pd.DataFrame
    zones: pd.DataFrame
    reaches: pd.DataFrame
    snaps: pd.DataFrame
    candidates: pd.DataFrame
    possible_countries: pd.DataFrame
    downstream: pd.DataFrame
    crossings: pd.DataFrame
    branches: pd.DataFrame
    receptors: pd.DataFrame
    exposure: pd.DataFrame
    network_ledger: pd.DataFrame
    assessment: pd.DataFrame
    assessment_changes: pd.DataFrame
    dam_checks: pd.DataFrame
    components: pd.DataFrame
    mixtures: pd.DataFrame
    measures: pd.DataFrame
    contingency: pd.DataFrame
    notifications: pd.DataFrame
    spill_entries: pd.DataFrame

    @classmethod
    def names(cls) -> list[str]:
        """Names of the tables."""
        return [item.name for item in fields(cls)]


@dataclass(frozen=True)
class Dossier:
    """One facility with the rows that every table has on it."""

    facility: Row
    values: Sequence[Row] = ()
    ledger: Sequence[Row] = ()
    hazards: Sequence[Row] = ()
    hazard_changes: Sequence[Row] = ()
    displacement: Row | None = None
    points: Sequence[Row] = ()
    motion_zones: Sequence[Row] = ()
    curves: Sequence[Row] = ()
    zones: Sequence[Row] = ()
    series: Sequence[Series] = ()
    snap: Row | None = None
    downstream: Sequence[Row] = ()
    crossings: Sequence[Row] = ()
    receptors: Sequence[Row] = ()
    candidates: Sequence[Row] = ()
    border_points: Sequence[Row] = ()
    branches: Sequence[Row] = ()
    exposure: Sequence[Row] = ()
    assessment: Row | None = None
    assessment_changes: Sequence[Row] = ()
    dam_checks: Sequence[Row] = ()
    mixtures: Sequence[Row] = ()
    measures: Sequence[Row] = ()
    parts: Sequence[Row] = field(default=())

    @property
    def tmf_id(self) -> str:
        """Key of the facility."""
        return str(self.facility["tmf_id"])

    @property
    def has_position(self) -> bool:
        """Whether the facility can stand on a map."""
        return self.facility["lat_deg"] is not None


def rows_of(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of a table as plain records; every empty cell is None."""
    columns: dict[str, list[Any]] = {}
    for name in frame.columns:
        values = frame[name].astype(object)
        columns[str(name)] = [
            None if _is_empty(value) else value for value in values.tolist()
        ]
    names = list(columns)
    return [
        dict(zip(names, row, strict=True))
        for row in zip(*columns.values(), strict=True)
    ]


def _is_empty(value: Any) -> bool:
    return (
        value is None or value is pd.NA or (isinstance(value, float) and value != value)
    )


def by_facility(frame: pd.DataFrame) -> dict[str, list[dict[str, Any]]]:
    """Rows of a table by their ``tmf_id``, in the order of the table."""
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows_of(frame):
        found.setdefault(str(row["tmf_id"]), []).append(row)
    return found


def gather(
    tables: SiteTables, series: Mapping[str, Sequence[Series]] | None = None
) -> list[Dossier]:
    """Gather one dossier per row of the facilities table, in its order.

    Parameters
    ----------
    tables
        The checked tables of one region.
    series
        Displacement series by ``tmf_id``; none where there is no product.
    """
    many = {
        name: by_facility(getattr(tables, name))
        for name in SiteTables.names()
        if name not in _OF_NO_FACILITY
    }
    ledger = by_facility(tables.ledger.dropna(subset=["tmf_id"]))
    facilities = rows_of(tables.facilities)
    dossiers = []
    for facility in facilities:
        key = str(facility["tmf_id"])
        dossiers.append(
            Dossier(
                facility=facility,
                values=many["facility_values"].get(key, ()),
                ledger=ledger.get(key, ()),
                hazards=many["hazards"].get(key, ()),
                hazard_changes=many["hazard_changes"].get(key, ()),
                displacement=_only(many["displacement"], key),
                points=many["displacement_points"].get(key, ()),
                motion_zones=many["displacement_zones"].get(key, ()),
                curves=many["displacement_curves"].get(key, ()),
                zones=many["zones"].get(key, ()),
                series=(series or {}).get(key, ()),
                snap=_only(many["snaps"], key),
                downstream=many["downstream"].get(key, ()),
                crossings=many["crossings"].get(key, ()),
                receptors=many["receptors"].get(key, ()),
                candidates=many["candidates"].get(key, ()),
                border_points=[
                    row
                    for row in many["contingency"].get(key, ())
                    if row["place_kind"] == PlaceKind.BORDER
                ],
                branches=many["branches"].get(key, ()),
                exposure=many["exposure"].get(key, ()),
                assessment=_only(many["assessment"], key),
                assessment_changes=many["assessment_changes"].get(key, ()),
                dam_checks=many["dam_checks"].get(key, ()),
                mixtures=many["mixtures"].get(key, ()),
                measures=many["measures"].get(key, ()),
                parts=[row for row in facilities if row["part_of"] == key],
            )
        )
    return dossiers


def _only(rows: Mapping[str, Sequence[Row]], key: str) -> Row | None:
    found = rows.get(key, ())
    return found[0] if found else None
