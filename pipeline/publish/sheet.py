"""Contingency sheet of a basin, gathered from its tables for every form of output."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pandas as pd

from pipeline.core.schemas.contingency import PlaceKind, TellReason
from pipeline.publish.dossiers import Row, SiteTables, by_facility, rows_of
from pipeline.publish.words import Words

FLOWS: Final = ("high_flow", "mean_flow", "low_flow")
_AIR: Final = (TellReason.AIR.value, TellReason.AIR_UNCERTAIN.value)
_ENDS: Final = {"high_flow": "_low", "mean_flow": "", "low_flow": "_high"}


@dataclass(frozen=True)
class Place:
    """A border point or main place with the facilities upstream, by arrival."""

    first: Row
    rows: Sequence[Row]

    @property
    def id(self) -> str:
        """Key, which is also the anchor on the page."""
        return str(self.first["place_id"])

    @property
    def is_border(self) -> bool:
        """Whether it is a border point."""
        return self.first["place_kind"] == PlaceKind.BORDER.value

    def name(self, words: Words) -> str:
        """Name in the page's language: countries and river for a border."""
        if not self.is_border:
            return str(self.first.get(f"name_{words.language}") or self.first["name"])
        kinds = {row["border_kind"] for row in self.rows}
        key = "border_line" if kinds == {"contiguous"} else "border_name"
        return words(
            f"contingency.{key}",
            from_country=self.first["from_country"],
            to_country=self.first["to_country"],
            river=self.river(words) or words("contingency.unnamed"),
        )

    def river(self, words: Words) -> str:
        """River in the page's language; empty where it has no name."""
        return str(
            self.first.get(f"river_{words.language}") or self.first["river"] or ""
        )


@dataclass(frozen=True)
class Sheet:
    """All that page, spreadsheet, JSON and drafts say; rows as in the tables.

    ``told`` holds rows of ``notifications`` by facility in their order, ``by_country``
    the same rows by country, first arrival first. ``upstream`` holds rows of
    ``contingency`` by facility, nearest place first, ``assessed`` those of
    ``assessment``.
    """

    places: Sequence[Place]
    facilities: Mapping[str, Row]
    entries: Mapping[str, Row]
    told: Mapping[str, Sequence[Row]]
    by_country: Mapping[str, Sequence[Row]]
    upstream: Mapping[str, Sequence[Row]]
    assessed: Mapping[str, Row]

    @property
    def borders(self) -> list[Place]:
        """Border points, each river downstream."""
        return [place for place in self.places if place.is_border]

    @property
    def towns(self) -> list[Place]:
        """Main places that are no borders."""
        return [place for place in self.places if not place.is_border]

    @property
    def joined(self) -> list[str]:
        """Facilities whose way downstream is known."""
        return [key for key, row in self.entries.items() if is_joined(row)]

    @property
    def unjoined(self) -> list[str]:
        """Facilities whose way downstream is unknown."""
        return [key for key, row in self.entries.items() if not is_joined(row)]

    def place(self, key: str) -> Place:
        """Place by its key; KeyError if there is none."""
        return next(place for place in self.places if place.id == key)


def is_joined(entry: Row) -> bool:
    """Whether the way downstream of a facility is known."""
    return entry["reach_id"] is not None


def sheet_of(tables: SiteTables) -> Sheet:
    """Gather the sheet from the tables of one region."""
    rows = rows_of(tables.contingency)
    of_place: dict[str, list[Row]] = {}
    for row in sorted(rows, key=lambda r: (r["place_order"], r["order_by_arrival"])):
        of_place.setdefault(str(row["place_id"]), []).append(row)
    upstream = by_facility(tables.contingency)
    told = by_facility(tables.notifications)
    for found in told.values():
        found.sort(key=lambda row: int(row["order_by_arrival"]))
    by_country: dict[str, list[Row]] = {}
    for found in told.values():
        for row in found:
            by_country.setdefault(str(row["country"]), []).append(row)
    return Sheet(
        places=[Place(found[0], found) for found in of_place.values()],
        facilities={
            str(row["tmf_id"]): row
            for row in rows_of(pd.DataFrame(tables.facilities.drop(columns="geometry")))
        },
        entries={str(row["tmf_id"]): row for row in rows_of(tables.spill_entries)},
        told=told,
        by_country={
            key: sorted(found, key=_soonest)
            for key, found in sorted(by_country.items())
        },
        upstream={
            key: sorted(found, key=lambda r: (r["distance_m"], r["place_order"]))
            for key, found in upstream.items()
        },
        assessed={str(row["tmf_id"]): row for row in rows_of(tables.assessment)},
    )


def _soonest(row: Row) -> tuple[bool, float, bool, float, str]:
    """Order of rows by arrival, then distance; unknown ones last."""
    lead, metres = row["arrival_lead_h"], row["distance_m"]
    return (
        lead is None,
        0.0 if lead is None else float(lead),
        metres is None,
        0.0 if metres is None else float(metres),
        str(row["tmf_id"]),
    )


def at_flow(row: Row, name: str, flow: str) -> float | None:
    """Arrival of a row (``arrival_lead_h``, ``arrival_peak_h``) at one of `FLOWS`."""
    value = row[name + _ENDS[flow]]
    return None if value is None else float(value)


def arrival_state(row: Row) -> str:
    """Whether an arrival is known in a river, below standing water, or unknown."""
    if row["arrival_lead_h"] is None:
        return "unknown"
    return "beyond" if row["beyond_standing_water"] else "river"


def comes_by_water(told: Row) -> bool:
    """Whether a country is told because water may reach it, not for air alone."""
    return told["tell_reason"] not in _AIR


def countries_told(sheet: Sheet, facilities: Sequence[str]) -> list[str]:
    """Countries to be told of an accident at any of some facilities, sorted."""
    return sorted(
        {str(row["country"]) for key in facilities for row in sheet.told.get(key, ())}
    )
