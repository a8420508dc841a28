"""Levels of extremes at return periods, with bounds and flags, and their tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from pipeline.core.errors import input_error
from pipeline.core.extremes import (
    ExtremeValues,
    bootstrap_levels,
    gev_from_maxima,
    gumbel_from_maxima,
    shifted_return_period_yr,
)
from pipeline.hazards.extremes.annual_maxima import Maxima

LOW, HIGH = 0.05, 0.95
FAR: Final = 2.0
"""Return periods beyond so many records are flagged and left out of studies."""


@dataclass(frozen=True, slots=True)
class Level:
    """Value at one return period, with bootstrap bounds (5 and 95 %) and its flag."""

    return_period_yr: float
    value: float
    low: float
    high: float
    flag: str
    shifted_period_yr: float | None


@dataclass(frozen=True, slots=True)
class Fit:
    """Distribution of one station's annual maxima, and its levels."""

    maxima: Maxima
    distribution: ExtremeValues
    levels: tuple[Level, ...]


def fit_levels(
    maxima: Maxima,
    periods: Sequence[float],
    *,
    draws: int,
    seed: int,
    is_gumbel: bool = False,
    factor: float | None = None,
) -> Fit:
    """Fit one station and compute its levels.

    Every station draws from its own stream, so order changes nothing.

    Raises
    ------
    ValueError
        If no distribution can be fitted.
    """
    fit = gumbel_from_maxima if is_gumbel else gev_from_maxima
    found = fit(maxima.values)
    rng = np.random.default_rng([seed, *maxima.station.encode("utf-8")])
    drawn = bootstrap_levels(
        maxima.values, periods, draws=draws, rng=rng, is_gumbel=is_gumbel
    )
    low, high = np.quantile(drawn, [LOW, HIGH], axis=0)
    levels = []
    for i, period in enumerate(periods):
        value = found.level(period)
        shifted = None
        if factor is not None:
            shifted = shifted_return_period_yr(found, factor, period)
        levels.append(
            Level(
                period,
                value,
                min(float(low[i]), value),
                max(float(high[i]), value),
                flag_of(period, len(maxima.values)),
                shifted,
            )
        )
    return Fit(maxima, found, tuple(levels))


def flag_of(period: float, n_years: int) -> str:
    """How far a return period lies beyond the record."""
    if period <= n_years:
        return "within_record"
    return "beyond_record" if period <= FAR * n_years else "beyond_twice_record"


def record_text(maxima: Maxima) -> str:
    """What the record is, with the caveat of means over several days."""
    text = f"{len(maxima.values)} years, {maxima.years[0]} to {maxima.years[-1]}"
    if maxima.left_out:
        text += f" ({len(maxima.left_out)} left out for gaps)"
    if maxima.step_d is not None and maxima.step_d > 1.5:
        text += (
            f"; maxima of values {maxima.step_d:g} days apart: if they are means, "
            "single days are higher, if sums, they are no daily sums"
        )
    return text


def report(fit: Fit) -> list[str]:
    """Lines that tell the fit of one station."""
    law = fit.distribution
    lines = [
        f"{fit.maxima.station}: {record_text(fit.maxima)}",
        f"  location {law.location:.5g}, scale {law.scale:.5g}, shape {law.shape:.3f}",
    ]
    for one in fit.levels:
        line = (
            f"  {one.return_period_yr:>6g} yr  {one.value:.4g} "
            f"({one.low:.4g} to {one.high:.4g})"
        )
        if one.shifted_period_yr is not None:
            line += f"  then every {one.shifted_period_yr:.3g} yr"
        lines.append(line + ("" if one.flag == "within_record" else f"  {one.flag}"))
    return lines


def levels_text(fits: Sequence[Fit]) -> str:
    """CSV with one row per station and return period."""
    rows = [
        {
            "station": fit.maxima.station,
            "first_year": fit.maxima.years[0],
            "last_year": fit.maxima.years[-1],
            "n_years": len(fit.maxima.values),
            "step_d": fit.maxima.step_d,
            "location": fit.distribution.location,
            "scale": fit.distribution.scale,
            "shape": fit.distribution.shape,
            "return_period_yr": one.return_period_yr,
            "value": one.value,
            "value_low": one.low,
            "value_high": one.high,
            "flag": one.flag,
            "shifted_period_yr": one.shifted_period_yr,
        }
        for fit in fits
        for one in fit.levels
    ]
    return _csv(rows)


def study_text(fits: Sequence[Fit], sites: Mapping[str, str]) -> str:
    """CSV of a study: one row per facility, blank beyond twice the record.

    Raises
    ------
    InputError
        If a station of ``sites`` was not fitted.
    """
    by_station = {fit.maxima.station: fit for fit in fits}
    unknown = sorted(set(sites) - set(by_station))
    if unknown or not sites:
        raise input_error(
            "--site",
            found=", ".join(unknown) or "no site",
            expected=f"stations out of {', '.join(sorted(by_station))}",
            fix="give --site STATION=TMF_ID for every row of the study",
        )
    rows = []
    for station, tmf_id in sites.items():
        fit = by_station[station]
        row: dict[str, object] = {"tmf_id": tmf_id}
        for one in fit.levels:
            is_far = one.flag == "beyond_twice_record"
            numbers = (one.value, one.low, one.high)
            for end, number in zip(("", "_low", "_high"), numbers, strict=True):
                name = f"{one.return_period_yr:g}{end}"
                row[name] = None if is_far else number
        row["source"] = f"station {station}: {record_text(fit.maxima)}"
        rows.append(row)
    return _csv(rows)


def _csv(rows: Sequence[Mapping[str, object]]) -> str:
    text = pd.DataFrame(rows).to_csv(
        index=False, lineterminator="\n", float_format="%.6g"
    )
    return str(text)


def registry_hint(periods: Sequence[float]) -> str:
    """Levels as the registry row of the study lists them."""
    bands = "\n".join(
        f"      - {{level: '{t:g}', return_period_yr: {t:g}}}" for t in periods
    )
    head = "levels for the registry row of the study:\n    kind: table\n    bands:\n"
    return head + bands
