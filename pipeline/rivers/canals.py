"""Canals that take water out of rivers: optional branches of the way downstream.

The tree of reaches has one way down for every drop. A canal layer names the reach at
which each canal begins and the share of the water that it takes there. A branch tells
where that water goes, which borders it crosses and when. The main path stays as it
was: nothing is taken from it, so its arrivals and concentrations stay on the safe side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pipeline.core.errors import input_error
from pipeline.rivers.borders import Countries, country_at
from pipeline.rivers.crossings import Crossing, Stay, changes, drop_slivers
from pipeline.rivers.nearest import nearest_on
from pipeline.rivers.network import Lines, Network

Numbers = NDArray[np.float64]
Indices = NDArray[np.int64]
Texts = NDArray[np.object_]

HEAD_LIMIT_M: Final = 5000.0
"""A canal that begins farther from its reach belongs to another river layer."""
STEP_M: Final = 1000.0


@dataclass(frozen=True, slots=True)
class CanalLayer:
    """Canals as a layer has them, shape (m,) each; None and NaN where unknown.

    ``from_id`` and ``to_id`` are keys of the river layer. ``share`` is the canal's flow
    over the sum of its flow and that of the river at its head (0 to 1).
    """

    canal_id: Texts
    name: Texts
    name_ru: Texts
    from_id: Texts
    to_id: Texts
    ends_in: Texts
    share: Numbers
    lines: Lines


@dataclass(frozen=True, slots=True)
class Canal:
    """One canal on a network.

    ``share`` is that of all water at the head when every canal there takes its part;
    ``head_fraction`` is the share of reach ``reach`` upstream of the head. ``to_reach``
    is None where the canal ends in no river. ``crossings`` are borders that it crosses,
    each with its distance from the head.
    """

    canal_id: str
    name: str
    name_ru: str | None
    reach: int
    head_fraction: float
    share: float
    length_m: float
    ends_in: str | None
    to_reach: int | None
    end_country: str | None
    crossings: tuple[tuple[float, Crossing], ...]
    lines: Lines
    number: int

    def place(self, distance_m: float) -> tuple[float, float]:
        """Longitude and latitude at a distance from the head."""
        share = distance_m / self.length_m if self.length_m > 0 else 0.0
        lon, lat = self.lines.point_at(
            np.array([self.number]), np.array([min(share, 1.0)])
        )
        return float(lon[0]), float(lat[0])


def canals_on_network(
    layer: CanalLayer,
    network: Network,
    countries: Countries | None,
    minimum_crossing_m: float,
    path: Any,
) -> tuple[Canal, ...]:
    """Join canals to their reaches, and find the borders that they cross.

    Raises
    ------
    InputError
        If a canal names a reach that the network lacks or that lies elsewhere, or its
        share is not between 0 and 1.
    """
    place = {str(key): k for k, key in enumerate(network.source_id)}
    length = layer.lines.length_m()
    canals = []
    for k in range(len(layer.canal_id)):
        reach = _reach(layer.from_id[k], place, layer.canal_id[k], path)
        if not 0 < layer.share[k] < 1:
            raise input_error(
                path,
                row=str(layer.canal_id[k]),
                field="share",
                found=layer.share[k],
                expected="a share of the water at the head above 0 and below 1",
                fix="correct the share, or take the canal out",
            )
        start = layer.lines.offset[k]
        fraction, _, _, gap = nearest_on(
            network.lines,
            np.array([reach]),
            layer.lines.lon_deg[start : start + 1],
            layer.lines.lat_deg[start : start + 1],
        )
        if gap[0] > HEAD_LIMIT_M:
            raise input_error(
                path,
                row=str(layer.canal_id[k]),
                field="from_reach_id",
                found=f"reach {layer.from_id[k]}, {gap[0] / 1000:.1f} km from the head",
                expected=f"a reach within {HEAD_LIMIT_M / 1000:g} km of the head",
                fix="use the canals that belong to the river layer, or none",
            )
        to_id = layer.to_id[k]
        crossings, end_country = _borders(layer.lines, k, countries, minimum_crossing_m)
        canals.append(
            Canal(
                canal_id=str(layer.canal_id[k]),
                name=str(layer.name[k] or layer.canal_id[k]),
                name_ru=layer.name_ru[k],
                reach=reach,
                head_fraction=float(np.clip(fraction[0], 0.0, 1.0)),
                share=float(layer.share[k]),
                length_m=float(length[k]),
                ends_in=layer.ends_in[k],
                to_reach=None
                if to_id is None
                else _reach(to_id, place, layer.canal_id[k], path),
                end_country=end_country,
                crossings=crossings,
                lines=layer.lines,
                number=k,
            )
        )
    return shared_heads(canals)


def _reach(key: Any, place: dict[str, int], canal: Any, path: Any) -> int:
    if str(key) not in place:
        raise input_error(
            path,
            row=str(canal),
            field="from_reach_id, to_reach_id",
            found=f"reach {key}, which the river layer does not have",
            expected="reaches of the river layer of the region",
            fix="use the canals that belong to the river layer, or none",
        )
    return place[str(key)]


def shared_heads(canals: Sequence[Canal]) -> tuple[Canal, ...]:
    """Divide the water of a reach among all canals that begin there.

    A share s alone means a canal flow of s / (1 - s) times the river's. With several
    canals, each takes that flow out of the sum of all.
    """
    ratio = {canal.canal_id: canal.share / (1.0 - canal.share) for canal in canals}
    total: dict[int, float] = {}
    for canal in canals:
        total[canal.reach] = total.get(canal.reach, 0.0) + ratio[canal.canal_id]
    return tuple(
        replace(canal, share=ratio[canal.canal_id] / (1.0 + total[canal.reach]))
        for canal in canals
    )


def _borders(
    lines: Lines, number: int, countries: Countries | None, minimum_m: float
) -> tuple[tuple[tuple[float, Crossing], ...], str | None]:
    """Borders that a canal crosses with their distance, and the country of its end."""
    if countries is None:
        return (), None
    length = float(lines.length_m()[number])
    count = max(1, int(np.ceil(length / STEP_M)))
    share = (np.arange(count) + 0.5) / count
    lon, lat = lines.point_at(np.full(count, number), share)
    code = country_at(countries, lon, lat)
    step = length / count
    stays = [
        Stay(frozenset({c}), 0, k / count, k * step, step)
        for k, c in enumerate(code)
        if c is not None
    ]
    if not stays:
        return (), None
    rest, _ = drop_slivers(stays, stays[0].countries, minimum_m)
    first, last = min(rest[0].countries), min(rest[-1].countries)
    found = changes(number, rest, first)
    return tuple((c.fraction * length, c) for c in found), last


def lost_shares(canals: Sequence[Canal], count: int) -> tuple[Numbers, Texts]:
    """Share of the water that canals take out of each reach, and their names."""
    share = np.zeros(count)
    names: list[list[str]] = [[] for _ in range(count)]
    for canal in sorted(canals, key=lambda c: (-c.share, c.canal_id)):
        share[canal.reach] += canal.share
        names[canal.reach].append(f"{canal.name} {canal.share:.2f}")
    words = np.array(["; ".join(n) or None for n in names], dtype=object)
    return share, words
