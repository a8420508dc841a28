"""Look at a raster, vector file or table, and add it to the layer registry.

Shows what the file states and asks for what it cannot: unit, return periods, what a
cell without data means, licence. Without a terminal the same is taken from options.
What looks wrong is said; what would stop the stages stops here. A picture shows the
layer with the region's facilities on it.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from pipeline.commands.layer_samples import Facilities, facilities_of, sampled
from pipeline.core.command import project_root
from pipeline.core.config import Region, read_methods, read_region
from pipeline.core.errors import input_error
from pipeline.core.files import sha256, write_text
from pipeline.core.layers import Layer
from pipeline.hazards.levels import described_period_yr
from pipeline.retrieve.find import check_file
from pipeline.retrieve.inspect_layer import describe, inspect
from pipeline.retrieve.layer_doubts import Doubt, doubts
from pipeline.retrieve.layer_facts import Facts, RasterFacts
from pipeline.retrieve.layer_picture import Mark, picture
from pipeline.retrieve.layer_questions import Ask, complete
from pipeline.retrieve.layer_row import build_layer
from pipeline.retrieve.layer_target import (
    Target,
    copy_layer,
    registry_for,
    taken,
    target_of,
    write_row,
)
from pipeline.retrieve.layer_text import row_text
from pipeline.retrieve.lookup import read_registries, registry_paths

_ANSWERS: Final[dict[str, str]] = {
    "id": "key of the layer",
    "title-en": "title, English",
    "title-ru": "title, Russian",
    "hazard": "hazard, as the Risk Data Library names it",
    "process": "process, as the Risk Data Library names it",
    "intensity": "intensity measure, such as PGA or wd",
    "unit": "unit of the values",
    "return-periods": "years, one for each band or column, or none",
    "levels": "names of the levels, where they have no return period",
    "bands": "bands to use, from frequent to rare (all, if left out)",
    "value-columns": "columns with the values, from frequent to rare",
    "classes": "numbers of classes: low=1,high=3,unknown=none",
    "statistic": "what points become: count, largest or nearest_km",
    "radius-m": "distance up to which points count, metres",
    "listed-in": "box in which a list of points is complete, degrees, or worldwide",
    "date-column": "column of dates of points",
    "first-year": "earlier points do not count",
    "last-year": "later points do not count",
    "lon-column": "column of longitudes in a CSV file, degrees",
    "lat-column": "column of latitudes in a CSV file, degrees",
    "sampling": "nearest or bilinear",
    "zero-is": "measured or no_hazard",
    "nodata-is": "not_covered or no_hazard",
    "scenario": "climate scenario of all levels, such as ssp245",
    "horizon": "years of that scenario, such as 2041-2060",
    "percentile": "percentile of the ensemble",
    "minimum": "lowest possible value",
    "maximum": "highest possible value",
    "resolution": "map scale or cell size, where the file does not tell",
    "licence": "licence of the data",
    "licence-address": "where the terms stand",
    "citation": "how to cite the layer",
    "data-version": "version or date of the data",
    "confidence": "V, V3, M-high, P or M-part",
    "caveat-en": "what a reader must know, English",
    "caveat-ru": "what a reader must know, Russian",
    "table": "layer of a GeoPackage, variable of a NetCDF file",
}
_SEVERAL: Final = ("return-periods", "levels", "bands", "value-columns", "listed-in")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("file", type=Path, help="raster, vector file, CSV or Zarr")
    parser.add_argument("--region", type=Path, help="region whose facilities to show")
    parser.add_argument(
        "--use-in", type=Path, help="region whose hazards name the layer from now on"
    )
    parser.add_argument("--registry", type=Path, help="registry to write to")
    parser.add_argument(
        "--data-root", type=Path, action="append", default=[], help="folder of layers"
    )
    parser.add_argument(
        "--copy", action="store_true", help="copy the file to where it is looked for"
    )
    parser.add_argument("--picture", type=Path, help="picture (SVG; default <id>.svg)")
    parser.add_argument(
        "--look", action="store_true", help="only say what the file holds"
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="show the row, write nothing but picture"
    )
    parser.add_argument("--no-input", action="store_true", help="never ask")
    for name, text in _ANSWERS.items():
        parser.add_argument(f"--{name}", nargs=_nargs(name), help=text)


def _nargs(name: str) -> str | None:
    return "+" if name in _SEVERAL else None


def run(arguments: argparse.Namespace) -> None:
    """Inspect, ask, check, draw and write.

    Raises
    ------
    InputError
        If the file, an answer or the region is wrong; nothing is written then.
    """
    named = arguments.use_in or arguments.region
    region = None if named is None else read_region(named)
    given = _given(arguments)
    facts = inspect(
        arguments.file,
        table=given.get("table"),
        lon_column=given.get("lon_column"),
        lat_column=given.get("lat_column"),
        region_deg=None if region is None else region.config.bbox.bounds,
    )
    _say(describe(facts))
    if arguments.look:
        _look(arguments, facts, region)
        return
    proposals = proposed(facts)
    _say([f"proposal:    {key} = {text} (from the file)" for key, text in proposals])
    ask = None if arguments.no_input or not sys.stdin.isatty() else input
    answers, taken_words = complete(facts, given, dict(proposals), ask)
    _say([f"note:        {text}" for text in taken_words])
    registry = registry_for(region, arguments.registry)
    target = target_of(
        arguments.file,
        region,
        registry,
        arguments.data_root,
        may_copy=lambda to: arguments.copy or _agreed(ask, f"copy it to {to}?"),
    )
    _check_new(answers["id"], region, registry)
    layer = build_layer(facts, answers, target.file, sha256(arguments.file), remarks="")
    found, marks = _examined(arguments, facts, layer, region)
    layer = _with_remarks(layer, found)
    _draw(arguments, facts, layer, marks, region)
    _judge(found)
    _finish(arguments, layer, target, ask)


def _given(arguments: argparse.Namespace) -> dict[str, str]:
    given = {}
    for name in _ANSWERS:
        key = name.replace("-", "_")
        value = getattr(arguments, key)
        if value is not None:
            given[key] = " ".join(value) if isinstance(value, list) else str(value)
    return given


def proposed(facts: Facts) -> list[tuple[str, str]]:
    """Answers that the file suggests, in sentences of key and value."""
    if not isinstance(facts, RasterFacts):
        return []
    found = []
    periods = [described_period_yr(band.description) for band in facts.bands]
    bare = [band.description.strip() for band in facts.bands]
    if all(period is not None for period in periods):
        words = " ".join(f"{period:g}" for period in periods if period is not None)
        found.append(("return_periods", words))
    elif len(bare) > 1 and all(text.isdigit() for text in bare):
        found.append(("return_periods", " ".join(bare)))
    units = {band.unit for band in facts.bands}
    if len(units) == 1 and (unit := units.pop()):
        found.append(("unit", unit))
    return found


def _look(arguments: argparse.Namespace, facts: Facts, region: Region | None) -> None:
    if arguments.picture is None:
        return
    box = None if region is None else region.config.bbox.bounds
    marks: Sequence[Mark] = ()
    if region is not None:
        marks = facilities_of(region).marks()
    text = picture(facts, arguments.file.name, "", "", 1, marks, box)
    write_text(arguments.picture, text)
    _say([f"picture:     {arguments.picture}"])


def _check_new(layer_id: str, region: Region | None, registry: Path) -> None:
    paths = (
        registry_paths(region)
        if region is not None
        else (project_root() / "layers" / "registry.yaml",)
    )
    if layer_id in read_registries(paths).by_id():
        raise taken(registry, layer_id)


def _examined(
    arguments: argparse.Namespace, facts: Facts, layer: Layer, region: Region | None
) -> tuple[list[Doubt], Sequence[Mark]]:
    """Doubts about file and row, and what the layer says at every facility."""
    if region is None:
        return doubts(facts, layer, None), ()
    box = region.config.bbox.bounds
    found = doubts(facts, layer, box)
    facilities: Facilities = facilities_of(region)
    if any(doubt.is_error for doubt in found):
        return found, facilities.marks()
    check_file(arguments.file, layer, box)
    choices = read_methods(project_root() / "configs" / "methods.yaml").hazards
    more, marks = sampled(layer, arguments.file, facilities, choices)
    return [*found, *more], marks


def _with_remarks(layer: Layer, found: Sequence[Doubt]) -> Layer:
    text = (
        "Row written by 'natech layers add'; unit, levels, licence and citation are as "
        "its user stated them."
    )
    warnings = [doubt.text for doubt in found if not doubt.is_error]
    if warnings:
        text += f" Warnings then: {'; '.join(warnings)}."
    return layer.model_copy(update={"not_verified": text})


def _draw(
    arguments: argparse.Namespace,
    facts: Facts,
    layer: Layer,
    marks: Sequence[Mark],
    region: Region | None,
) -> None:
    path = arguments.picture or Path(f"{layer.id}.svg")
    last = layer.bands[-1]
    level = last.level if last.return_period_yr is None else f"{last.level} years"
    box = None if region is None else region.config.bbox.bounds
    text = picture(facts, layer.title.en, layer.unit, level, last.band, marks, box)
    write_text(path, text)
    _say([f"picture:     {path}"])


def _judge(found: Sequence[Doubt]) -> None:
    _say([f"warning:     {doubt.text}" for doubt in found if not doubt.is_error])
    errors = [doubt.text for doubt in found if doubt.is_error]
    if errors:
        raise input_error(
            "natech layers add",
            found="; ".join(errors),
            expected="a layer that the stages can use",
            fix="mend the file or the options; the row was not written",
        )


def _finish(
    arguments: argparse.Namespace, layer: Layer, target: Target, ask: Ask | None
) -> None:
    _say(["", row_text(layer, 2), ""])
    use_in = None if arguments.use_in is None else read_region(arguments.use_in)
    if arguments.dry_run or (ask and not _agreed(ask, f"write to {target.registry}?")):
        _say(["Nothing was written to a registry."])
        return
    if target.copy_to is not None:
        copy_layer(arguments.file, target.copy_to)
        _say([f"copied:      {target.copy_to}"])
    written = write_row(layer, target, use_in)
    _say([f"written:     {path}" for path in written])


def _agreed(ask: Ask | None, question: str) -> bool:
    return ask is not None and ask(f"{question} [y/N] ").strip().lower() in ("y", "yes")


def _say(lines: Sequence[str]) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines))
