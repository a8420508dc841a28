"""Turn InSAR displacement series into a motion status and a watch level per facility.

Reads the products that the region's file names under 'displacement', keeps the points
near facilities, and writes three outputs: a row per facility, a row per point, and the
series themselves. A region without products gets its answer too: not covered, and what
to add. A product that cannot be trusted is reported with one sentence and named in the
reason of every facility that it may have covered; the other products go on.
"""

from __future__ import annotations

import argparse
import logging
from collections import Counter
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.core.command import add_methods_option, add_region_option
from pipeline.core.config import Region, read_methods, read_region
from pipeline.core.files import write_provenance
from pipeline.core.methods.displacement import DisplacementMethods
from pipeline.core.model import DisplacementStatus
from pipeline.core.reasons import joined
from pipeline.core.tables import empty_table, read_table, table_of, write_table
from pipeline.displacement.search import SearchArea
from pipeline.displacement.status import empty_row, search_area

if TYPE_CHECKING:
    from pipeline.displacement.series import PointSeries
    from pipeline.displacement.sources import Unread

log = logging.getLogger("natech.displacement")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this stage."""
    add_region_option(parser)
    add_methods_option(parser)
    for option, meaning in (
        ("--facilities", "the table 'facilities' of the inventory stage"),
        ("--out", "where to write the table 'displacement'"),
        ("--out-points", "where to write the table 'displacement_points'"),
        ("--out-series", "where to write the series (zarr folder)"),
    ):
        parser.add_argument(option, type=Path, required=True, help=meaning)


def run(arguments: argparse.Namespace) -> None:
    """Read, analyse and write; nothing is written before everything is checked."""
    region = read_region(arguments.region)
    methods = read_methods(arguments.methods).displacement
    facilities = read_table("facilities", arguments.facilities)
    areas, rows = _areas(facilities.to_dict("records"), region, methods)
    points: Any = empty_table("displacement_points")
    series: list[PointSeries] = []
    if areas and region.config.displacement:
        assessed, points, series = _from_sources(region, areas, methods)
        rows += assessed
    write_table(table_of("displacement", rows), "displacement", arguments.out)
    write_table(points, "displacement_points", arguments.out_points)
    _write_series(arguments.out_series, series)
    inputs = [region.path, arguments.facilities, *_source_files(region, series)]
    for product in (arguments.out, arguments.out_points, arguments.out_series):
        write_provenance(
            product,
            stage="displacement",
            inputs=inputs,
            parameters=methods.model_dump(mode="json"),
            notes={"confidence": "P", "references": _references(series)},
        )
    _report(rows)


def _areas(
    facilities: list[dict[str, Any]], region: Region, methods: DisplacementMethods
) -> tuple[tuple[SearchArea, ...], list[dict[str, Any]]]:
    """Circles of the facilities that can have points, and rows of those that cannot."""
    if not region.config.displacement:
        status = DisplacementStatus.NOT_COVERED
        return (), [
            empty_row(str(f["tmf_id"]), status, "no_source") for f in facilities
        ]
    areas: list[SearchArea] = []
    rows: list[dict[str, Any]] = []
    for facility in facilities:
        area = search_area(facility, methods)
        if area is not None:
            areas.append(area)
        else:
            status = DisplacementStatus.NO_POSITION
            rows.append(empty_row(str(facility["tmf_id"]), status, "no_position"))
    return tuple(areas), rows


def _from_sources(
    region: Region, areas: tuple[SearchArea, ...], methods: DisplacementMethods
) -> tuple[list[dict[str, Any]], Any, list[PointSeries]]:
    from pipeline.displacement.analysis import analyse, fit_source
    from pipeline.displacement.sources import read_sources

    series, unread = read_sources(region, areas)
    sources = [fit_source(one, methods) for one in series]
    newest = [str(one.epoch[-1]) for one in series if one.epoch.size]
    reference = methods.reference_date
    if reference is None and newest:
        reference = date.fromisoformat(max(newest))
    rows, points = analyse(sources, areas, methods, reference)
    named = [_with_unread(row, unread) for row in rows]
    return named, table_of("displacement_points", points), series


def _with_unread(row: dict[str, Any], unread: tuple[Unread, ...]) -> dict[str, Any]:
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
