"""Table of branches: water that canals take from the path of a facility."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.core.tables import table_of
from pipeline.rivers.arrivals import Arrivals, arrivals_at
from pipeline.rivers.canals import Canal
from pipeline.rivers.coefficients import formula
from pipeline.rivers.network import Network
from pipeline.rivers.paths import Paths, Timing

Indices = NDArray[np.int64]
_S_PER_H = 3600.0
_M_PART = "M-part"


def branches_frame(
    network: Network,
    timing: Timing,
    paths: Paths,
    ids: NDArray[np.object_],
    canals: Sequence[Canal],
    countries_below: NDArray[np.object_],
) -> pd.DataFrame:
    """Table ``branches``: head, borders and end of every canal on every path.

    ``share_of_release`` is the share of a dissolved load released at the facility that
    goes into the canal, if every canal above it takes its share too. A canal whose head
    lies upstream of the entry takes nothing.

    Parameters
    ----------
    countries_below
        Shape (n,). Countries that the water passes below each reach, as text.
    """
    path, element, canal = _heads(paths, canals)
    fraction = np.array([canals[k].head_fraction for k in canal], dtype=np.float64)
    arrivals = arrivals_at(network, timing, paths, element, fraction)
    shares = _shares_of_release(path, element, canal, canals)
    rows: list[dict[str, Any]] = []
    for at in range(len(path)):
        part = slice(int(paths.offset[path[at]]), int(paths.offset[path[at] + 1]))
        rows += _branch(
            canals[canal[at]],
            arrivals,
            at,
            str(ids[path[at]]),
            float(shares[at]),
            paths.reach[part],
            countries_below,
        )
    return table_of("branches", rows)


def _heads(paths: Paths, canals: Sequence[Canal]) -> tuple[Indices, Indices, Indices]:
    """Path, element and canal of every canal head on every path, in flow order."""
    owner = paths.owner()
    found: list[tuple[int, int, float, int]] = []
    for number, canal in enumerate(canals):
        found += [
            (int(owner[element]), int(element), canal.head_fraction, number)
            for element in np.flatnonzero(paths.reach == canal.reach)
            if canal.head_fraction >= paths.start_fraction[element]
        ]
    found.sort()
    columns = [np.array([row[k] for row in found], dtype=np.int64) for k in (0, 1, 3)]
    return columns[0], columns[1], columns[2]


def _shares_of_release(
    path: Indices, element: Indices, canal: Indices, canals: Sequence[Canal]
) -> NDArray[np.float64]:
    """Share of the release in each canal, after what canals farther up have taken."""
    shares = np.empty(len(path))
    left, left_here, here = 1.0, 1.0, (-1, -1)
    for at in range(len(path)):
        place = (int(path[at]), int(element[at]))
        if place[0] != here[0]:
            left = left_here = 1.0
        elif place != here:
            left = left_here
        here = place
        taken = left * canals[canal[at]].share
        left_here -= taken
        shares[at] = taken
    return shares


def _branch(
    canal: Canal,
    arrivals: Arrivals,
    at: int,
    tmf_id: str,
    share: float,
    path: Indices,
    countries_below: NDArray[np.object_],
) -> list[dict[str, Any]]:
    """Rows of one canal on one path: its head, the borders that it crosses, its end."""
    stops: list[tuple[str, float, str | None, str | None]] = [("head", 0.0, None, None)]
    stops += [
        ("border", metres, crossing.from_country, crossing.to_country)
        for metres, crossing in canal.crossings
    ]
    stops.append(("end", canal.length_m, None, canal.end_country))
    rejoins = canal.to_reach is not None and bool(np.any(path == canal.to_reach))
    rows = []
    for place, (stop, metres, left, entered) in enumerate(stops):
        lon, lat = canal.place(metres)
        is_end = stop == "end"
        below = None
        if is_end and canal.to_reach is not None:
            below = countries_below[canal.to_reach]
        rows.append(
            {
                "tmf_id": tmf_id,
                "canal_id": canal.canal_id,
                "place": place,
                "canal": canal.name,
                "canal_ru": canal.name_ru,
                "stop": stop,
                "from_country": left,
                "to_country": entered,
                "from_reach_id": canal.reach + 1,
                "to_reach_id": canal.to_reach + 1
                if is_end and canal.to_reach is not None
                else None,
                "ends_in": canal.ends_in if is_end else None,
                "rejoins_path": rejoins if is_end else None,
                "countries_below": below,
                "lon_deg": lon,
                "lat_deg": lat,
                "distance_m": float(arrivals.distance_m[at]) + metres,
                "canal_m": metres,
                "share": canal.share,
                "share_of_release": share,
                **_times(arrivals, at, metres),
                "by_canal": True,
                "beyond_standing_water": bool(arrivals.beyond[at]),
                "provisional": True,
                "confidence": _M_PART,
            }
        )
    return rows


def _times(arrivals: Arrivals, at: int, metres: float) -> dict[str, float]:
    """Arrivals at a distance below the head of a canal; NaN where the head's are."""
    speeds = formula("canal-velocity")
    hours = {
        name: metres / speeds[name] / _S_PER_H for name in ("low", "central", "high")
    }
    return {
        "arrival_lead_h": float(arrivals.lead_h[at]) + hours["central"],
        "arrival_lead_h_low": float(arrivals.lead_low_h[at]) + hours["high"],
        "arrival_lead_h_high": float(arrivals.lead_high_h[at]) + hours["low"],
        "arrival_peak_h": float(arrivals.peak_h[at]) + hours["central"],
        "arrival_peak_h_low": float(arrivals.peak_low_h[at]) + hours["high"],
        "arrival_peak_h_high": float(arrivals.peak_high_h[at]) + hours["low"],
    }


def countries_below(
    next_index: Indices, left: NDArray[np.object_], right: NDArray[np.object_]
) -> NDArray[np.object_]:
    """Countries on the banks from each reach to the river's end, once each, as text.

    One pass from the ends upward; ``next_index`` is larger than the own place.
    """
    lists: list[tuple[str, ...]] = [()] * len(next_index)
    for i in range(len(next_index) - 1, -1, -1):
        below = lists[next_index[i]] if next_index[i] >= 0 else ()
        own = tuple(sorted({c for c in (left[i], right[i]) if c}))
        lists[i] = own + tuple(c for c in below if c not in own)
    return np.array(["; ".join(codes) or None for codes in lists], dtype=object)
