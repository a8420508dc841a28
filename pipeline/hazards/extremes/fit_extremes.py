"""Fit extremes to annual maxima of station series, and write levels at return periods.

Reads a CSV table with a column of dates (or years) and one of values, takes the largest
value of every year that is covered, fits a GEV distribution by L-moments (or a Gumbel
one), and writes levels with bootstrap bounds. With --study it writes a table that the
registry can name as a layer of the kind 'table'.
"""

from __future__ import annotations

import argparse
import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.core.errors import input_error
from pipeline.core.extremes import LEAST_YEARS
from pipeline.core.files import write_text
from pipeline.hazards.csv_file import number_in, read_csv
from pipeline.hazards.extremes.annual_maxima import Maxima, annual_maxima
from pipeline.hazards.extremes.extreme_levels import (
    Fit,
    fit_levels,
    levels_text,
    registry_hint,
    report,
    study_text,
)

log = logging.getLogger("natech.fit-extremes")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument("table", type=Path, help="CSV table (UTF-8, commas)")
    parser.add_argument("--date", default="date", help="column of dates or years")
    parser.add_argument("--value", default="value", help="column of values")
    parser.add_argument("--station", help="column that tells stations apart")
    parser.add_argument(
        "--where", action="append", default=[], metavar="COLUMN=TEXT", help="rows kept"
    )
    parser.add_argument(
        "--periods", default="2,5,10,20,50,100", help="years (default: %(default)s)"
    )
    parser.add_argument("--gumbel", action="store_true", help="Gumbel instead of GEV")
    parser.add_argument(
        "--first-month", type=int, default=1, choices=range(1, 13), metavar="1-12",
        help="month in which a year begins; 10: hydrological year",
    )  # fmt: skip
    parser.add_argument(
        "--least-share", type=float, default=0.9,
        help="share of a year's steps that must have a value (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument("--draws", type=int, default=1000, help="bootstrap draws")
    parser.add_argument("--seed", type=int, default=20260101, help="seed of the draws")
    parser.add_argument(
        "--factor", type=float, help="change factor: also print shifted return periods"
    )
    parser.add_argument("--out", type=Path, help="CSV of all levels")
    parser.add_argument("--study", type=Path, help="CSV as a layer of kind 'table'")
    parser.add_argument(
        "--site", action="append", default=[], metavar="STATION=TMF_ID",
        help="facility that a station stands for in the study",
    )  # fmt: skip


def run(arguments: argparse.Namespace) -> None:
    """Fit every station, print the levels, and write what is asked for."""
    periods = _periods(arguments.periods)
    _check_numbers(arguments)
    fits = []
    for maxima in read_maxima(arguments):
        if len(maxima.values) < LEAST_YEARS:
            log.warning(
                "%s: %d years are too few (%d needed); left out",
                maxima.station, len(maxima.values), LEAST_YEARS,
            )  # fmt: skip
            continue
        fits.append(_fitted(maxima, periods, arguments))
    if not fits:
        raise input_error(
            arguments.table,
            found="no station with enough years",
            expected=f"{LEAST_YEARS} years with values at one station or more",
            fix="give a longer record, or a smaller --least-share",
        )
    for fit in fits:
        log.info("%s", "\n".join(report(fit)))
    if arguments.out:
        write_text(arguments.out, levels_text(fits))
    if arguments.study:
        sites = _pairs("--site", arguments.site)
        write_text(arguments.study, study_text(fits, sites))
        log.info("%s", registry_hint(periods))


def _fitted(
    maxima: Maxima, periods: Sequence[float], arguments: argparse.Namespace
) -> Fit:
    try:
        return fit_levels(
            maxima,
            periods,
            draws=arguments.draws,
            seed=arguments.seed,
            is_gumbel=arguments.gumbel,
            factor=arguments.factor,
        )
    except ValueError as error:
        raise input_error(
            arguments.table,
            field=arguments.value,
            found=f"{maxima.station}: {error}",
            expected="annual maxima that a distribution can be fitted to",
            fix="look at the series, use --gumbel, or leave the station out",
        ) from None


def read_maxima(arguments: argparse.Namespace) -> list[Maxima]:
    """Annual maxima of every station of the table.

    Raises
    ------
    InputError
        Names the row and column of a cell that cannot be read.
    """
    path = arguments.table
    wanted = _pairs("--where", arguments.where)
    station = arguments.station
    columns = [
        arguments.date,
        arguments.value,
        *wanted,
        *([station] if station else []),
    ]
    frame = read_csv(path, list(dict.fromkeys(columns)))
    for column, text in wanted.items():
        frame = frame[frame[column] == text]
    if frame.empty:
        raise input_error(
            path,
            found="no row that --where keeps",
            expected="rows with these texts",
            fix="correct --where",
        )
    names = frame[station] if station else pd.Series(path.stem, index=frame.index)
    found = []
    for name, rows in frame.groupby(names, sort=True):
        dates = [_date(row[arguments.date], path, n) for n, row in _numbered(rows)]
        values = [number_in(row, arguments.value, path) for _, row in _numbered(rows)]
        known = [np.nan if value is None else value for value in values]
        try:
            found.append(
                annual_maxima(
                    str(name),
                    dates,
                    known,
                    first_month=arguments.first_month,
                    least_share=arguments.least_share,
                )
            )
        except ValueError as error:
            raise input_error(
                path,
                field=arguments.date,
                found=str(error),
                expected="one value for each date of a station",
                fix="choose rows with --where, or stations with --station",
            ) from None
    return found


def _numbered(rows: pd.DataFrame) -> list[tuple[int, pd.Series]]:
    return [(int(str(number)), row) for number, row in rows.iterrows()]


def _date(text: str, path: Path, row: int) -> pd.Timestamp:
    """Date of a cell; a year alone is its first day."""
    try:
        whole = f"{text.strip()}-01-01" if text.strip().isdigit() else text.strip()
        return pd.Timestamp(pd.to_datetime(whole, format="%Y-%m-%d"))
    except ValueError:
        raise input_error(
            path,
            row=row,
            field="date",
            found=text,
            expected="a date such as 1969-05-31, or a year",
            fix="correct that cell",
        ) from None


def _check_numbers(arguments: argparse.Namespace) -> None:
    """Stop at options that no fit can use."""
    share, factor, draws = arguments.least_share, arguments.factor, arguments.draws
    wrong = (
        ("--least-share", share, 0 < share <= 1, "a share above 0, up to 1"),
        ("--factor", factor, factor is None or factor > 0, "a ratio above 0"),
        ("--draws", draws, draws >= 100, "100 draws or more"),
    )
    for option, value, is_right, expected in wrong:
        if not is_right:
            raise input_error(
                option, found=f"{value:g}", expected=expected, fix="correct the option"
            )


def _periods(text: str) -> list[float]:
    try:
        found = sorted({float(part) for part in text.split(",")})
    except ValueError:
        found = []
    if not found or found[0] <= 1:
        raise input_error(
            "--periods",
            found=text,
            expected="return periods above 1 year, by comma",
            fix="such as 10,50,100",
        )
    return found


def _pairs(option: str, texts: Sequence[str]) -> dict[str, str]:
    found = {}
    for text in texts:
        key, sign, value = text.partition("=")
        if not sign or not key:
            raise input_error(
                option, found=text, expected="NAME=TEXT", fix="correct the option"
            )
        found[key] = value
    return found
