"""What the uncertainty of a position means: other reaches, other countries.

Every reach that a facility may drain to is followed downstream like the chosen one.
The share of positions from which a country is reached tells whether its being reached
is sure (1), possible (between) or excluded (no row).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.core.tables import table_of
from pipeline.rivers.arrivals import Arrivals, arrivals_at, peak_within
from pipeline.rivers.borders import Stretches
from pipeline.rivers.crossings import Crossing, elements_of, find_crossings
from pipeline.rivers.network import Network
from pipeline.rivers.paths import Paths, Timing, trace
from pipeline.rivers.positions import Candidates
from pipeline.rivers.snapping import Snap

JOINT: Final = "; "
_PATHS_AT_ONCE: Final = 2000
_TIMES: Final = ("arrival_lead_h", "arrival_peak_h")


@dataclass(frozen=True, slots=True)
class PositionShares:
    """Shares of one facility's positions, 0 to 1; a country is another than its own.

    ``chosen`` drains to the reach that the facility is joined to, ``border`` reaches
    another country, ``two_days`` surely within two days at mean flow,
    ``two_days_unknown`` perhaps; ``no_reach`` drains to no river of the layer.
    ``countries`` holds the share for each country, largest first.
    """

    chosen: float
    border: float
    two_days: float
    two_days_unknown: float
    no_reach: float
    countries: Mapping[str, float] = field(default_factory=dict)

    def words(self) -> str | None:
        """Countries with their shares; None without any."""
        parts = [f"{code} {share:.2f}" for code, share in self.countries.items()]
        return JOINT.join(parts) or None


@dataclass(frozen=True, slots=True)
class Alternatives:
    """Tables ``candidates`` and ``possible_countries``, and shares by facility."""

    candidates: pd.DataFrame
    possible_countries: pd.DataFrame
    shares: dict[str, PositionShares]


def follow_candidates(
    network: Network,
    timing: Timing,
    stretches: Stretches,
    snaps: Sequence[Snap],
    country: Mapping[str, Any],
    candidates: Candidates,
    *,
    minimum_crossing_m: float,
    two_day_limit_h: float,
) -> Alternatives:
    """Follow the water from every candidate to the borders below it.

    The central arrival holds for the middle of the positions that drain to a reach;
    the earliest counts from the entry farthest downstream, the latest from the one
    farthest upstream.
    """
    rows: list[dict[str, Any]] = []
    for start in range(0, len(candidates.reach), _PATHS_AT_ONCE):
        part = slice(start, start + _PATHS_AT_ONCE)
        rows += _followed(
            network,
            timing,
            stretches,
            [snaps[k] for k in candidates.site[part]],
            [str(country[snaps[k].site.tmf_id]) for k in candidates.site[part]],
            tuple(
                column[part]
                for column in (
                    candidates.reach,
                    candidates.share,
                    candidates.fraction,
                    candidates.first_fraction,
                    candidates.last_fraction,
                )
            ),
            minimum_crossing_m,
            two_day_limit_h,
        )
    countries = _countries(rows)
    unjoined = {
        snap.site.tmf_id: float(share)
        for snap, share in zip(snaps, candidates.unjoined, strict=True)
        if np.isfinite(share)
    }
    by_key, by_country = _grouped(rows), _grouped(countries)
    shares = {
        key: _shares(by_key.get(key, []), by_country.get(key, []), no_reach)
        for key, no_reach in unjoined.items()
    }
    plain = [{k: v for k, v in row.items() if k != "reached"} for row in rows]
    return Alternatives(
        table_of("candidates", plain),
        table_of("possible_countries", countries),
        shares,
    )


def _followed(
    network: Network,
    timing: Timing,
    stretches: Stretches,
    snaps: Sequence[Snap],
    country: Sequence[str],
    columns: tuple[NDArray[Any], ...],
    minimum_m: float,
    limit_h: float,
) -> list[dict[str, Any]]:
    """Rows of ``candidates``; ``reached`` has the first crossing to each country."""
    reach, share, middle, upstream, downstream = columns
    paths = trace(network, timing, reach, middle)
    found = find_crossings(network, stretches, paths, country, minimum_m).crossings
    element = elements_of(found)
    places = np.array([c.fraction for c in found], dtype=np.float64)
    central = arrivals_at(network, timing, paths, element, places)
    early, late = (
        arrivals_at(
            network, timing, trace(network, timing, reach, entry), element, places
        )
        for entry in (downstream, upstream)
    )
    times = _times(central, early, late)
    within = peak_within(central, paths, element, limit_h)
    labels = central.columns()
    by_path = _by_path(found, len(reach))
    rows = []
    for k, (snap, home) in enumerate(zip(snaps, country, strict=True)):
        reached = {
            name: {
                **{key: float(values[n]) for key, values in times.items()},
                "distance_m": float(central.distance_m[n]),
                "within_two_days": _known(within[n]),
                "beyond_standing_water": bool(labels["beyond_standing_water"][n]),
                "provisional": _known(labels["provisional"][n]),
                "confidence": labels["confidence"][n],
                "crossing": found[n],
            }
            for name, n in _first_reached(found, by_path[k], home).items()
        }
        rows.append(
            {
                "tmf_id": snap.site.tmf_id,
                "reach_id": int(reach[k]) + 1,
                "share": float(share[k]),
                "chosen": snap.reach == reach[k],
                "river": network.name[reach[k]],
                "reach_fraction": float(middle[k]),
                "terminal": _terminal(network, paths, k),
                "countries": JOINT.join(reached) or None,
                **_first_border(reached),
                "reached": reached,
            }
        )
    return rows


def _known(flag: Any) -> bool | None:
    return None if pd.isna(flag) else bool(flag)


def _times(central: Arrivals, early: Arrivals, late: Arrivals) -> dict[str, Any]:
    return {
        "arrival_lead_h": central.lead_h,
        "arrival_lead_h_low": early.lead_low_h,
        "arrival_lead_h_high": late.lead_high_h,
        "arrival_peak_h": central.peak_h,
        "arrival_peak_h_low": early.peak_low_h,
        "arrival_peak_h_high": late.peak_high_h,
    }


def _by_path(found: Sequence[Crossing], count: int) -> list[list[int]]:
    numbers: list[list[int]] = [[] for _ in range(count)]
    for number, crossing in enumerate(found):
        numbers[crossing.path].append(number)
    return numbers


def _first_reached(
    found: Sequence[Crossing], numbers: Sequence[int], home: str
) -> dict[str, int]:
    """First crossing to every country but the facility's own, in flow order."""
    first: dict[str, int] = {}
    for number in numbers:
        if found[number].to_country != home:
            first.setdefault(found[number].to_country, number)
    return first


def _terminal(network: Network, paths: Paths, path: int) -> str | None:
    terminal = network.terminal[paths.reach[paths.offset[path + 1] - 1]]
    return None if terminal is None else str(terminal)


def _first_border(reached: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    """Columns on the first border of a candidate; empty without one."""
    first = next(iter(reached.values()), None)
    names = (
        *(f"{name}{end}" for name in _TIMES for end in ("", "_low", "_high")),
        "distance_m",
        "within_two_days",
        "beyond_standing_water",
        "provisional",
        "confidence",
    )
    crossing: Crossing | None = first["crossing"] if first else None
    return {
        "border_from": crossing.from_country if crossing else None,
        "border_to": crossing.to_country if crossing else None,
        "border_kind": crossing.kind if crossing else None,
        **{name: first[name] if first else None for name in names},
    }


def _countries(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows of ``possible_countries``; the chosen reach, then the likeliest, leads."""
    found: dict[tuple[str, str], list[tuple[float, dict[str, Any]]]] = {}
    for row in sorted(rows, key=lambda row: (not row["chosen"], -row["share"])):
        for code, at in row["reached"].items():
            found.setdefault((row["tmf_id"], code), []).append((row["share"], at))
    return [
        {
            "tmf_id": tmf_id,
            "country": code,
            "share": _sum(share for share, _ in ways),
            "share_two_days": _sum(s for s, at in ways if at["within_two_days"]),
            "share_two_days_unknown": _sum(
                s for s, at in ways if at["within_two_days"] is None
            ),
            **{
                key: value
                for name in _TIMES
                for key, value in _enclosing(name, [at for _, at in ways]).items()
            },
        }
        for (tmf_id, code), ways in found.items()
    ]


def _enclosing(name: str, ways: Sequence[dict[str, Any]]) -> dict[str, float]:
    """Arrival of the leading way, earliest and latest of all; NaN where unknown."""
    low = [at[f"{name}_low"] for at in ways if np.isfinite(at[f"{name}_low"])]
    high = [at[f"{name}_high"] for at in ways]
    return {
        name: ways[0][name],
        f"{name}_low": min(low) if low else np.nan,
        f"{name}_high": max(high) if np.isfinite(high).all() else np.nan,
    }


def _grouped(rows: Sequence[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["tmf_id"], []).append(row)
    return found


def _shares(
    rows: Sequence[dict[str, Any]],
    countries: Sequence[dict[str, Any]],
    no_reach: float,
) -> PositionShares:
    ways = [row for row in rows if row["reached"]]
    flags = [[at["within_two_days"] for at in row["reached"].values()] for row in ways]
    soon = [any(flag) for flag in flags]
    unknown = [None in flag for flag in flags]
    return PositionShares(
        chosen=_sum(r["share"] for r in rows if r["chosen"]),
        border=_sum(row["share"] for row in ways),
        two_days=_sum(r["share"] for r, s in zip(ways, soon, strict=True) if s),
        two_days_unknown=_sum(
            row["share"]
            for row, s, u in zip(ways, soon, unknown, strict=True)
            if u and not s
        ),
        no_reach=no_reach,
        countries={
            row["country"]: row["share"]
            for row in sorted(
                countries, key=lambda row: (-row["share"], row["country"])
            )
        },
    )


def _sum(shares: Any) -> float:
    return min(1.0, round(float(sum(shares)), 9))
