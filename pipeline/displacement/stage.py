"""Turn InSAR displacement series into a motion status and a watch level per facility.

Reads the products that the region's file names under 'displacement', keeps the points
near facilities, and writes five outputs: a row per facility, per point and per zone,
the stack of every zone with its model, and the series themselves. A region without
products gets its answer too: not covered, and what to add. A product that cannot be
trusted is reported with one sentence and named in the reason of every facility that it
may have covered; the other products go on.
"""

from __future__ import annotations

import argparse
import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pipeline.core.command import add_methods_option, add_region_option
from pipeline.core.config import Region, read_methods, read_region
from pipeline.core.files import write_provenance
from pipeline.core.methods.displacement import DisplacementMethods
from pipeline.core.model import DisplacementStatus
from pipeline.core.reasons import joined
from pipeline.core.tables import empty_table, read_table, table_of, write_table
from pipeline.displacement.places import Place, places_of
from pipeline.displacement.warning.status import empty_row
from pipeline.displacement.zones import outlines_by_facility

if TYPE_CHECKING:
    from pipeline.displacement.series import PointSeries
    from pipeline.displacement.sources import Unread

log = logging.getLogger("natech.displacement")
_TABLES: Final = {
    "displacement": "out",
    "displacement_points": "out_points",
    "displacement_zones": "out_zones",
    "displacement_curves": "out_curves",
}
"""Tables and the options that say where they go."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this stage."""
    add_region_option(parser)
    add_methods_option(parser)
    for option, meaning in (
        ("--facilities", "the table 'facilities' of the inventory stage"),
        ("--zones", "the table 'zones' of the inventory stage"),
        ("--out", "where to write the table 'displacement'"),
        ("--out-points", "where to write the table 'displacement_points'"),
        ("--out-zones", "where to write the table 'displacement_zones'"),
        ("--out-curves", "where to write the table 'displacement_curves'"),
        ("--out-series", "where to write the series (zarr folder)"),
    ):
        parser.add_argument(option, type=Path, required=True, help=meaning)


def run(arguments: argparse.Namespace) -> None:
    """Read, analyse and write; nothing is written before everything is checked."""
    region = read_region(arguments.region)
    methods = read_methods(arguments.methods).displacement
    facilities = read_table("facilities", arguments.facilities).to_dict("records")
    zones = read_table("zones", arguments.zones).to_dict("records")
    places, without = places_of(
        facilities, outlines_by_facility(zones), region, methods
    )
    rows = rows_without_place(facilities, without, region)
    tables = {name: empty_table(name) for name in _TABLES}
    series: list[PointSeries] = []
    if places and region.config.displacement:
        assessed, tables, series = _from_sources(region, places, methods)
        rows += assessed
    tables["displacement"] = table_of("displacement", rows)
    products = {name: getattr(arguments, key) for name, key in _TABLES.items()}
    for name, path in products.items():
        write_table(tables[name], name, path)
    _write_series(arguments.out_series, series)
    inputs = [region.path, arguments.facilities, arguments.zones]
    for product in (*products.values(), arguments.out_series):
        write_provenance(
            product,
            stage="displacement",
            inputs=[*inputs, *_source_files(region, series)],
            parameters=methods.model_dump(mode="json"),
            notes={"confidence": "P", "references": _references(series)},
        )
    _report(rows)


def rows_without_place(
    facilities: Sequence[Mapping[str, Any]], without: list[str], region: Region
) -> list[dict[str, Any]]:
    """Rows of the facilities of which nothing can be known."""
    if not region.config.displacement:
        status = DisplacementStatus.NOT_COVERED
        return [empty_row(str(f["tmf_id"]), status, "no_source") for f in facilities]
    status = DisplacementStatus.NO_POSITION
    return [empty_row(tmf_id, status, "no_position") for tmf_id in without]


def reference_day(
    region: Region, methods: DisplacementMethods, series: Sequence[PointSeries]
) -> date | None:
    """Day from which ages are counted: the region's, the methods', or newest epoch."""
    stated = region.config.displacement_date or methods.reference_date
    if stated is not None:
        return stated
    newest = [str(one.epoch[-1]) for one in series if one.epoch.size]
    return date.fromisoformat(max(newest)) if newest else None


def _from_sources(
    region: Region, places: list[Place], methods: DisplacementMethods
) -> tuple[list[dict[str, Any]], dict[str, Any], list[PointSeries]]:
    from pipeline.displacement.analysis import analyse
    from pipeline.displacement.fit.source_fit import fit_source, steps_of
    from pipeline.displacement.sources import read_sources

    series, unread = read_sources(region, tuple(place.area for place in places))
    areas = [place.area for place in places]
    stated = region.config.displacement_steps
    sources = [fit_source(one, methods, steps_of(one, stated, areas)) for one in series]
    found = analyse(sources, places, reference_day(region, methods, series))
    named = [with_unread(row, unread) for row in found.facilities]
    rows = (named, found.points, found.zones, found.curves)
    tables = {
        name: table_of(name, some) for name, some in zip(_TABLES, rows, strict=True)
    }
    return named, tables, series


def with_unread(row: dict[str, Any], unread: tuple[Unread, ...]) -> dict[str, Any]:
    """Row that also says which sources could not be read.

    They may have covered the facility, so that "no source reaches it" is not known.
    """
    if not unread:
        return row
    known = None if row["reason"] == "not_covered" else row["reason"]
    return row | {"reason": joined(known, *(one.reason for one in unread))}


def _source_files(region: Region, series: list[PointSeries]) -> list[Path]:
    """Files that were read, and those of sources that could not be."""
    read = {one.source_id: one.files for one in series}
    files: dict[Path, None] = {}
    for source in region.config.displacement:
        path = region.resolve(source.path)
        named = read.get(source.id) or (path,)
        files |= dict.fromkeys(file for file in named if file.exists())
    return list(files)


def _write_series(path: Path, series: list[PointSeries]) -> None:
    from pipeline.displacement.store import write_series

    write_series(path, series)


def _references(series: list[PointSeries]) -> dict[str, dict[str, str]]:
    return {
        one.source_id: {
            "product": one.product,
            "reference_point": one.reference_point,
            "reference_epoch": one.reference_epoch,
        }
        for one in series
    }


def _report(rows: list[dict[str, Any]]) -> None:
    for column in ("status", "watch_level"):
        counts = Counter(row[column] for row in rows)
        text = ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))
        log.info("%s of %d facilities: %s", column.replace("_", " "), len(rows), text)
