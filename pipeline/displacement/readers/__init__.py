"""Displacement readers, one file each; a reader is registered by being here.

A reader's module offers

- ``NAME``: what a region's file calls it,
- ``DESCRIPTION``: what it reads, in one sentence,
- ``UNIT`` and ``SIGN``: what the files hold, or where that is declared,
- ``Options``: a `Record` with the options that a region's file may give,
- ``recognises(path)``: whether a file or folder looks like its format,
- ``read(request, options) -> PointSeries``.

Which points to keep comes with the request, so that a file larger than memory can be
read for a few facilities.
"""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from pipeline.core.config import DisplacementSource, Region
from pipeline.core.errors import input_error
from pipeline.core.records import Record, load_record
from pipeline.displacement.checks import check_series
from pipeline.displacement.reading.wide_csv import Keep
from pipeline.displacement.search import SearchArea, points_in_any
from pipeline.displacement.series import PointSeries


@dataclass(frozen=True, slots=True)
class Request:
    """What a reader is asked for: a file, the key of the source, and which points."""

    source_id: str
    path: Path
    keep: Keep


def readers() -> dict[str, ModuleType]:
    """All readers by their name."""
    found: dict[str, ModuleType] = {}
    for info in sorted(pkgutil.iter_modules(__path__), key=lambda i: i.name):
        module = importlib.import_module(f"{__name__}.{info.name}")
        found[module.NAME] = module
    return found


def prepare(source: DisplacementSource, region: Region) -> tuple[ModuleType, Record]:
    """Reader of a product and its checked options.

    Raises
    ------
    InputError
        If the reader is not known or an option is wrong.
    """
    known = readers()
    if source.reader not in known:
        raise input_error(
            region.path,
            field=f"displacement.{source.id}.reader",
            found=source.reader,
            expected=f"one of {sorted(known)}",
            fix="correct the name, or add a reader in pipeline/displacement/readers",
        )
    module = known[source.reader]
    place = f"{region.path}, options of displacement source {source.id!r}"
    return module, load_options(module, source.options, place)


def read_source(
    source: DisplacementSource, region: Region, areas: tuple[SearchArea, ...]
) -> PointSeries:
    """Read and check one product of a region.

    Raises
    ------
    InputError
        If the reader is not known, an option is wrong, or the file cannot be trusted.
    """
    module, options = prepare(source, region)
    request = Request(
        source_id=source.id,
        path=region.resolve(source.path),
        keep=lambda lon, lat: points_in_any(areas, lon, lat),
    )
    return check_series(module.read(request, options), request.path)


def load_options(module: ModuleType, options: dict[str, Any], place: str) -> Record:
    """Check a reader's options."""
    return load_record(module.Options, options, place)
