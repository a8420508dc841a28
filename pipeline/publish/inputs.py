"""Reading what the pages show: the region's tables and displacement series."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import zarr
from numpy.typing import NDArray

from pipeline.core.tables import read_table
from pipeline.publish.dossiers import Row, Series, SiteTables

SERIES: Final = "displacement_series.zarr"
SERIES_SHOWN: Final = 5


def read_tables(folder: Path) -> SiteTables:
    """Read and check all tables that the pages show.

    Raises
    ------
    InputError
        If a table is missing or breaks its schema.
    """
    return SiteTables(
        **{name: read_table(name, folder / f"{name}.parquet") for name in _names()}
    )


def table_paths(folder: Path) -> list[Path]:
    """Files that the pages are made from, for the provenance record."""
    paths = [folder / f"{name}.parquet" for name in _names()]
    series = folder / SERIES
    return [*paths, series] if series.exists() else paths


def _names() -> list[str]:
    return SiteTables.names()


def read_series(
    folder: Path, points: Mapping[str, Sequence[Row]], *, count: int = SERIES_SHOWN
) -> dict[str, list[Series]]:
    """Read the series of the fastest points of each facility.

    Parameters
    ----------
    folder
        Folder of the tables, which holds the series' store; none is no error.
    points
        Rows of ``displacement_points`` by ``tmf_id``.
    count
        Series per facility at most.
    """
    store = folder / SERIES
    if not store.exists() or not points:
        return {}
    root = zarr.open_group(store, mode="r")
    sources = {str(row["source_id"]) for rows in points.values() for row in rows}
    opened = {name: _Source.of(root[name]) for name in sorted(sources) if name in root}
    return {
        tmf_id: [
            series
            for row in _fastest(rows, count)
            if str(row["source_id"]) in opened
            and (series := opened[str(row["source_id"])].series(row))
        ]
        for tmf_id, rows in points.items()
    }


def _fastest(rows: Sequence[Row], count: int) -> list[Row]:
    """Fastest points of the source with the most points: one viewing direction."""
    sources = Counter(str(row["source_id"]) for row in rows)
    main = min(sources, key=lambda name: (-sources[name], name)) if sources else ""
    known = [
        row
        for row in rows
        if row["velocity_mm_per_yr"] is not None and row["source_id"] == main
    ]
    ordered = sorted(
        known,
        key=lambda row: (-abs(row["velocity_mm_per_yr"]), str(row["point_id"])),
    )
    return ordered[:count]


@dataclass(frozen=True)
class _Source:
    """One group of the store, with the row of each point."""

    rows: Mapping[str, int]
    days: NDArray[np.int64]
    displacement: Any

    @classmethod
    def of(cls, group: Any) -> _Source:
        ids = {str(key): i for i, key in enumerate(group["point_id"][...])}
        return cls(ids, np.asarray(group["time"][...]), group["displacement"])

    def series(self, point: Row) -> Series | None:
        place = self.rows.get(str(point["point_id"]))
        if place is None:
            return None
        values = np.asarray(self.displacement[place], dtype=np.float64)
        known = np.isfinite(values)
        dates = np.datetime64("1970-01-01", "D") + self.days[known].astype(
            "timedelta64[D]"
        )
        return Series(
            f"{point['source_id']} {point['point_id']}",
            tuple(str(day) for day in dates),
            tuple(round(float(value), 3) for value in values[known]),
        )
