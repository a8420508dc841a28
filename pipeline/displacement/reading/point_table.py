"""Point tables of providers who name their columns differently: find the columns.

Names are compared in capitals without spaces. Dates are written DYYYYMMDD, YYYYMMDD or
D_YYYYMMDD.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from pipeline.core.errors import input_error

ALIASES: Final[dict[str, tuple[str, ...]]] = {
    "id": ("CODE", "ID", "PID", "POINT_ID"),
    "lon": ("LON", "LONGITUDE", "LONG"),
    "lat": ("LAT", "LATITUDE"),
    "x": ("X", "EASTING"),
    "y": ("Y", "NORTHING"),
    "velocity": ("VEL", "VELOCITY", "MEAN_VELOCITY", "VEL_V", "VEL_E"),
    "coherence": ("COHERENCE", "TEMPORAL_COHERENCE", "COH"),
    "height": ("HEIGHT",),
    "los_east": ("LOS_EAST",),
    "los_north": ("LOS_NORTH",),
    "los_up": ("LOS_UP",),
}
DATES: Final = {
    "DYYYYMMDD": re.compile(r"^D(\d{8})$"),
    "YYYYMMDD": re.compile(r"^(\d{8})$"),
    "D_YYYYMMDD": re.compile(r"^D_(\d{8})$"),
}


def find_columns(names: list[str]) -> dict[str, str]:
    """Names in the file by what the columns hold; what is not there is left out."""
    plain = {name.strip().upper().replace(" ", "_"): name for name in names}
    return {
        use: next(plain[alias] for alias in aliases if alias in plain)
        for use, aliases in ALIASES.items()
        if any(alias in plain for alias in aliases)
    }


def find_dates(names: list[str], path: Path) -> tuple[str, list[str]]:
    """How dates are written, and the columns that hold them.

    Raises
    ------
    InputError
        If no column is named after a date.
    """
    for pattern, regex in DATES.items():
        found = [name for name in names if regex.match(name)]
        if found:
            return pattern, found
    raise input_error(
        path,
        field="dates",
        found=f"columns {names[:12]}",
        expected="columns named DYYYYMMDD, YYYYMMDD or D_YYYYMMDD",
        fix="give the table with its series, or use the reader point-csv",
    )


def need_column(columns: dict[str, str], use: str, path: Path) -> str:
    """Name of a column that must be there.

    Raises
    ------
    InputError
        If the table has none of the names known for it.
    """
    if use in columns:
        return columns[use]
    raise input_error(
        path,
        field=use,
        found="no such column",
        expected=f"one of {', '.join(ALIASES[use])}",
        fix="give the table as delivered, or use the reader point-csv",
    )
