"""People near a path, by country and by bands of distance or arrival."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pipeline.core.model import Confidence, Status, weakest
from pipeline.rivers.arrivals import Arrivals, arrivals_at
from pipeline.rivers.borders import Stretches
from pipeline.rivers.crossings import codes_of, path_stretches
from pipeline.rivers.network import Network
from pipeline.rivers.paths import CONFIDENCES, Paths, Timing
from pipeline.rivers.receptors import Exposures, Places

Numbers = NDArray[np.float64]
Indices = NDArray[np.int64]
UNKNOWN_COUNTRY: Final = "unknown"
NEARNESS: Final = Confidence.PROJECT
"""Label of the distance from the river up to which people count."""


class By(StrEnum):
    """What bands are made of."""

    DISTANCE = "distance"
    ARRIVAL = "arrival"


@dataclass(frozen=True, slots=True)
class Bands:
    """Bands by their upper limits (m or h); the last but one has no upper limit.

    Band 0 is the nearest. The last band holds what has no value.
    """

    by: By
    upper: Numbers

    @property
    def unlimited(self) -> int:
        """Band beyond the last limit."""
        return len(self.upper)

    @property
    def unknown(self) -> int:
        """Band of what has no value."""
        return len(self.upper) + 1

    def of(self, value: Numbers, *, begins: bool = False) -> Indices:
        """Band of every value; a limit belongs to the band that it ends.

        With ``begins`` it belongs to the band that it begins.
        """
        band = np.searchsorted(self.upper, value, side="right" if begins else "left")
        return np.where(np.isnan(value), self.unknown, band).astype(np.int64)

    def columns(self, band: int) -> dict[str, Any]:
        """Columns of the table that describe a band."""
        limit = float(self.upper[band]) if band < self.unlimited else None
        return {
            "by": self.by.value,
            "band": band + 1,
            "upper_m": limit if self.by is By.DISTANCE else None,
            "upper_h": limit if self.by is By.ARRIVAL else None,
            "arrival_unknown": band == self.unknown,
        }


def label_columns(by: By) -> dict[str, Any]:
    """Columns that say what a row rests on; arrivals add the labels of their times."""
    used = weakest(NEARNESS, *(CONFIDENCES if by is By.ARRIVAL else ()))
    return {"provisional": used.is_provisional, "confidence": used.value}


Cell = tuple[int, str, int]
"""Path, country, band."""


def cells_on_paths(
    network: Network,
    timing: Timing,
    stretches: Stretches,
    paths: Paths,
    bands: Bands,
) -> set[Cell]:
    """Every path, country on its banks, and band that some of the river lies in."""
    owner, element, low, start_m, end_m, number = path_stretches(
        network, stretches, paths
    )
    first, last = start_m, end_m
    if bands.by is By.ARRIVAL:
        length = network.length_m[paths.reach[element]]
        high = low + (end_m - start_m) / np.where(length > 0, length, 1.0)
        first, last = (
            arrivals_at(network, timing, paths, element, at).lead_h
            for at in (low, np.minimum(high, 1.0))
        )
    begin, end = bands.of(first, begins=True), bands.of(last)
    code, labels = codes_of(stretches)
    known = np.isfinite(first) & np.isfinite(last)
    rows = np.unique(
        np.column_stack(
            [owner, code[number], begin, np.where(known, np.maximum(begin, end), end)]
        ),
        axis=0,
    )
    cells: set[Cell] = set()
    for path, label, a, b in rows.tolist():
        middle = range(a, b + 1) if b < bands.unknown else {a, b}
        for band in middle:
            cells.update((path, code, band) for code in labels[label])
    return cells


def settlement_rows(
    paths_ids: NDArray[np.object_],
    places: Places,
    exposed: Exposures,
    arrivals: Arrivals,
    cells: set[Cell],
    bands: Bands,
) -> Iterator[dict[str, Any]]:
    """Rows of ``exposure`` from listed settlements.

    Where the river passes a country and no settlement is listed near it, people are 0
    with the status no_hazard: looked at, none listed. Where settlements are listed and
    people are known of none, there is no number.
    """
    value = arrivals.distance_m if bands.by is By.DISTANCE else arrivals.lead_h
    band = bands.of(value)
    found: dict[Cell, list[float]] = {cell: [] for cell in cells}
    for path, place, number in zip(
        exposed.path.tolist(), exposed.place.tolist(), band.tolist(), strict=True
    ):
        code = places.country[place] or UNKNOWN_COUNTRY
        people = float(places.people[place])
        found.setdefault((path, str(code), number), []).append(people)
    for path, code, number in sorted(found):
        people_there = np.array(found[path, code, number], dtype=np.float64)
        known = np.isfinite(people_there)
        status = Status.NO_HAZARD
        if len(people_there):
            status = Status.MEASURED if known.any() else Status.NOT_PROVIDED
        yield {
            "tmf_id": str(paths_ids[path]),
            "country": code,
            "basis": "settlements",
            **bands.columns(number),
            "people": float(people_there[known].sum()) if status.has_value else None,
            "people_status": status.value,
            "n_places": len(people_there),
            "n_without_people": int(np.count_nonzero(~known)),
            **label_columns(bands.by),
        }


@dataclass(frozen=True, slots=True)
class Pieces:
    """Parts of paths within one band each, shape (m,), in flow order of each path.

    A piece is the part of element ``element`` from the share ``low`` to ``high`` of its
    reach.
    """

    path: Indices
    band: Indices
    element: Indices
    low: Numbers
    high: Numbers


def cut_into_bands(
    network: Network, timing: Timing, paths: Paths, bands: Bands
) -> Pieces:
    """Cut paths where a band ends; within a reach, times grow evenly with the way."""
    count = len(paths.reach)
    element = np.arange(count)
    entry = paths.start_fraction
    if bands.by is By.DISTANCE:
        first = paths.start_m
        last = first + (1.0 - entry) * network.length_m[paths.reach]
    else:
        first = arrivals_at(network, timing, paths, element, entry).lead_h
        last = arrivals_at(network, timing, paths, element, np.ones(count)).lead_h
    owner = paths.owner()
    rows: list[tuple[int, int, int, float, float]] = []
    for k in range(count):
        a, b, start = float(first[k]), float(last[k]), float(entry[k])
        if np.isnan(a) or np.isnan(b):
            rows.append((int(owner[k]), bands.unknown, k, start, 1.0))
            continue
        low, band = start, int(bands.of(np.array([a]), begins=True)[0])
        while band < bands.unlimited and bands.upper[band] < b:
            share = start + (1.0 - start) * (float(bands.upper[band]) - a) / (b - a)
            rows.append((int(owner[k]), band, k, low, share))
            low, band = share, band + 1
        rows.append((int(owner[k]), band, k, low, 1.0))
    table = np.array(rows, dtype=np.float64).reshape(-1, 5)
    whole = table[:, :3].astype(np.int64)
    return Pieces(whole[:, 0], whole[:, 1], whole[:, 2], table[:, 3], table[:, 4])


def all_bands(
    distances_m: Sequence[float], hours: Sequence[float]
) -> tuple[Bands, Bands]:
    """Bands of distance and of arrival."""
    return (
        Bands(By.DISTANCE, np.array(distances_m, dtype=np.float64)),
        Bands(By.ARRIVAL, np.array(hours, dtype=np.float64)),
    )
