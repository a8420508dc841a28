"""Checks that a displacement series must pass before anything is computed from it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.core.errors import InputError, input_error
from pipeline.displacement.series import Component, PointSeries

_NORM_TOLERANCE: Final = 0.01
_IMPOSSIBLE_MM: Final = 9990.0  # P: no phase series follows the ground over 10 m
_FEWEST_FOR_MOSTLY: Final = 10  # P: values among which zeros are counted
_COHERENCE_MARGIN: Final = 0.01
_HIGHEST_COHERENCE: Final = 1.0 + _COHERENCE_MARGIN


def parse_epochs(
    texts: list[str],
    path: Path,
    pattern: str = "%Y%m%d",
    fields: list[str] | None = None,
) -> NDArray[np.datetime64]:
    """Turn the dates of a file into days, and stop where they are no time axis.

    Parameters
    ----------
    texts
        Dates in the order of the file.
    path
        File named in messages.
    pattern
        How a date is written (as ``datetime.strptime`` has it).
    fields
        Names of the columns that hold them; the dates themselves if left out.

    Raises
    ------
    InputError
        If there are fewer than two dates, one is no date, stands twice, or is not
        after the one before it.
    """
    names = fields or texts
    days: list[np.datetime64] = []
    for name, text in zip(names, texts, strict=True):
        try:
            parsed = datetime.strptime(text, pattern)
        except ValueError:
            raise input_error(
                path,
                field=name,
                found=f"{text!r}, which is no day of the calendar",
                expected=f"a date written as {_written(pattern)}",
                fix="correct the column's name",
            ) from None
        day = np.datetime64(parsed.date(), "D")
        if days and day <= days[-1]:
            raise _disorder(path, name, day, days)
        days.append(day)
    if len(days) < 2:
        raise input_error(
            path,
            field="dates",
            found=f"{len(days)} date columns",
            expected="two or more dates",
            fix="give a file with a displacement series, one column for each date",
        )
    return np.array(days, dtype="datetime64[D]")


def _written(pattern: str) -> str:
    for code, letters in (("%Y", "YYYY"), ("%m", "MM"), ("%d", "DD")):
        pattern = pattern.replace(code, letters)
    return pattern


def _disorder(
    path: Path, name: str, day: np.datetime64, before: list[np.datetime64]
) -> InputError:
    twice = day in before
    return input_error(
        path,
        field=name,
        found=f"{day} a second time" if twice else f"{day} after {before[-1]}",
        expected="dates that increase from column to column",
        fix="keep one column for each date, oldest first",
    )


def check_series(
    series: PointSeries, path: Path, *, is_part: bool = False
) -> PointSeries:
    """Return the series if it can be trusted as far as a file can tell.

    A part of a product may be without values, and its identifiers are compared with
    those of the other parts elsewhere.

    Raises
    ------
    InputError
        Names the file and the field: repeated ids, positions that are no positions,
        values that are all missing or all zero, a viewing direction that is no unit
        vector, points down, or contradicts the flight direction of a right-looking
        radar; epochs in the future; numbers such as -9999 that stand for no value.

    Notes
    -----
    Points whose every value is 0, or more than half of 10 and more, come back without
    values: radar noise leaves no point at exactly 0, and such points would look as if
    they were known to stand still.
    """
    _check_places(series, path)
    _check_past(series, path)
    _check_sizes(series, path)
    if not is_part:
        _check_ids(series, path)
        check_not_blank(series.displacement_mm, path)
    _check_direction(series, path)
    checked = _without_zeros(series)
    values = checked.displacement_mm
    if not is_part and values.size and np.isnan(values).all():
        raise _blank(path, "points of mostly zeros alone")
    return checked


def _check_past(series: PointSeries, path: Path) -> None:
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    if series.epoch.size and series.epoch[-1] > np.datetime64(tomorrow):
        raise input_error(
            path,
            field=str(series.epoch[-1]),
            found="a date in the future",
            expected="dates of acquisitions that have been",
            fix="correct the date, or how dates are read (options of the source)",
        )


def _check_sizes(series: PointSeries, path: Path) -> None:
    """Stop at numbers that no radar measures: what a file writes for no value."""
    for name, values, limit, expected in (
        ("displacement", series.displacement_mm, _IMPOSSIBLE_MM, "less than 10 m"),
        ("rate", series.provider_velocity_mm_per_yr, _IMPOSSIBLE_MM, "less than 10 m"),
        ("coherence", series.coherence, _HIGHEST_COHERENCE, "0 to 1"),
    ):
        if values.size == 0 or (name != "coherence" and not _exceeds(values, limit)):
            continue
        with np.errstate(invalid="ignore"):
            wrong = np.abs(values) >= limit
            if name == "coherence":
                wrong |= values < -_COHERENCE_MARGIN
        if wrong.any():
            row = int(np.argmax(wrong.reshape(len(values), -1).any(axis=1)))
            raise input_error(
                path,
                field=name,
                found=f"{_named(values[wrong][0])} at point {series.point_id[row]}",
                expected=f"{expected}, or an empty cell where there is no value",
                fix="name the number as no data (option 'no_data' of the reader), or "
                "write missing values as empty cells",
            )


def _named(number: np.floating) -> str:
    return "an infinite value" if np.isinf(number) else f"{number:g}"


def _exceeds(values: NDArray[np.floating], limit: float) -> bool:
    """Whether some value is that large; NaN is none."""
    return bool(np.fmax.reduce(values, axis=None) >= limit) or bool(
        np.fmin.reduce(values, axis=None) <= -limit
    )


def _without_zeros(series: PointSeries) -> PointSeries:
    """Series whose points of zeros alone, or mostly zeros, have no value."""
    values = series.displacement_mm
    if values.size == 0:
        return series
    n_zeros = np.count_nonzero(values == 0.0, axis=1)
    n_values = np.count_nonzero(~np.isnan(values), axis=1)
    mostly = (n_values >= _FEWEST_FOR_MOSTLY) & (2 * n_zeros > n_values)
    still = np.flatnonzero((n_zeros > 0) & (mostly | (n_zeros == n_values)))
    if still.size == 0:
        return series
    emptied = values.copy()
    emptied[still] = np.nan
    return replace(series, displacement_mm=emptied)


def _check_ids(series: PointSeries, path: Path) -> None:
    ids, counts = np.unique(series.point_id, return_counts=True)
    if len(ids) != series.n_points:
        raise input_error(
            path,
            field="point id",
            found=f"{ids[counts > 1][0]!s} more than once",
            expected="one row for each id",
            fix="keep one row for each point",
        )


def _check_places(series: PointSeries, path: Path) -> None:
    lon, lat = series.lon_deg, series.lat_deg
    outside = ~((np.abs(lon) <= 180.0) & (np.abs(lat) <= 90.0))
    if outside.any():
        first = int(np.argmax(outside))
        raise input_error(
            path,
            field="position",
            found=f"longitude {lon[first]}, latitude {lat[first]} of point "
            f"{series.point_id[first]}",
            expected="degrees, longitude within 180 and latitude within 90",
            fix="check which columns hold longitude and latitude, and their CRS",
        )


def check_not_blank(values: NDArray[np.float32], path: Path) -> None:
    """Stop where displacements are all missing or all zero.

    Raises
    ------
    InputError
        Names the file.
    """
    if values.size == 0:
        return
    valid = ~np.isnan(values)
    if not valid.any():
        raise _blank(path, "no value at all (every cell is empty)")
    if not values[valid].any():
        raise _blank(path, "zeros only")


def _blank(path: Path, what: str) -> InputError:
    return input_error(
        path,
        field="displacement",
        found=what,
        expected="displacement values",
        fix="check the export of the product, and what it writes for no data",
    )


def _check_direction(series: PointSeries, path: Path) -> None:
    if series.component is not Component.LINE_OF_SIGHT:
        return
    known = np.isfinite(series.los).all(axis=1)
    norm2 = (series.los**2).sum(axis=1)
    east, up = series.los[:, 0], series.los[:, 2]
    track = np.deg2rad(series.track_angle_deg)
    ascending = np.cos(track) > 0
    problems = (
        (known & (np.abs(norm2 - 1.0) >= _NORM_TOLERANCE), "a vector of length 1"),
        (known & (up <= 0), "an up part above 0 (the vector leads to the satellite)"),
        (
            known & np.isfinite(track) & (np.where(ascending, east, -east) >= 0),
            "an east part below 0 on ascending and above 0 on descending tracks "
            "(right-looking radar)",
        ),
    )
    for wrong, expected in problems:
        if wrong.any():
            first = int(np.argmax(wrong))
            angle = series.track_angle_deg[first]
            raise input_error(
                path,
                field="los_east, los_north, los_up",
                found=f"{series.los[first].round(4).tolist()} with track angle "
                f"{angle:g} at point {series.point_id[first]}",
                expected=f"the direction from ground to satellite: {expected}",
                fix="check the columns of the viewing direction and their sign",
            )
