"""Write a commented file for a new region that passes 'natech check-region'.

Countries come from a borders layer where one covers the box, or from --countries. For
every use the registered layer that is at hand is named, else a worldwide one; layers
that are not on this machine are listed by 'natech check-region' with what they cost.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

import pyogrio
import shapely
from shapely.geometry import box

from pipeline.core.command import project_root
from pipeline.core.config import Box, read_region
from pipeline.core.errors import InputError, input_error
from pipeline.core.files import write_text
from pipeline.core.geo import local_metric_crs
from pipeline.core.layers import Layer, LayerRole, Registry, read_registry
from pipeline.core.records import load_record
from pipeline.retrieve.check_raster import Bounds
from pipeline.retrieve.lookup import ROLE_OF_USE, Places, add_place_options, places_for
from pipeline.retrieve.region_text import RegionDraft, region_text

_UTM_ZONE_DEG = 6
_IDENTIFIER = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_ISO_COLUMNS = ("iso_a2", "ISO_A2_EH", "ISO_A2")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    parser.add_argument("id", help="key of the region: lower case letters and hyphens")
    parser.add_argument(
        "--bbox",
        type=float,
        nargs=4,
        required=True,
        metavar=("WEST", "SOUTH", "EAST", "NORTH"),
        help="box that holds all facilities, degrees",
    )
    parser.add_argument(
        "--inventory", type=Path, required=True, help="inventory file (CSV, XLSX)"
    )
    parser.add_argument("--title", help="title of the region, English")
    parser.add_argument("--title-ru", help="title of the region, Russian")
    parser.add_argument(
        "--countries", nargs="+", metavar="CC", help="ISO 3166-1 alpha-2 codes"
    )
    parser.add_argument(
        "--out",
        type=Path,
        help="file to write, named <id>.yaml (default: <id>.yaml, here)",
    )
    add_place_options(parser)


def run(arguments: argparse.Namespace) -> None:
    """Write the file and say what to do next.

    Raises
    ------
    InputError
        If an option is wrong, the file exists already, or the countries are neither
        given nor known.
    """
    out = _target(arguments.id, arguments.out)
    _check_inventory(arguments.inventory)
    bounds = _bounds(arguments.bbox)
    registry = read_registry(project_root() / "layers" / "registry.yaml")
    shipped = shipped_folder(registry, bounds)
    places = places_for(
        shipped or project_root() / "layers" / arguments.id,
        arguments.data_root,
        arguments.cache,
    )
    title = arguments.title or arguments.id.replace("-", " ").title()
    draft = RegionDraft(
        id=arguments.id,
        title_en=title,
        title_ru=arguments.title_ru or title,
        bounds=bounds,
        metric_crs=metric_crs(bounds),
        countries=_countries(arguments.countries, registry, places, bounds),
        inventory=_relative(arguments.inventory, out.parent),
        columns=_columns(arguments.id, arguments.inventory),
        layers_folder=None if shipped is None else _relative(shipped, out.parent),
        layers=propose_layers(registry, places, bounds),
    )
    write_text(out, region_text(draft))
    read_region(out)
    sys.stdout.write(f"Wrote {out}\n")
    if draft.columns is not None:
        sys.stdout.write(
            "Next: describe the columns of the workbook with\n"
            f"  natech inventory columns {shlex.quote(str(arguments.inventory))} "
            f"--out {shlex.quote(str(out.parent / draft.columns))}\n"
        )
    sys.stdout.write(
        "Next: read it, then see what is missing with\n"
        f"  natech check-region {shlex.quote(str(out))}\n"
    )


def metric_crs(bounds: Bounds) -> str:
    """Metric CRS for a box in degrees.

    A box no wider than a UTM zone takes the zone of its centre (distances are right to
    about 1 in 1000 there); a wider one an equal-area projection centred on it. Beyond
    84 degrees north and 80 degrees south UTM is not defined.
    """
    west, south, east, north = bounds
    if east - west <= _UTM_ZONE_DEG and south >= -80 and north <= 84:
        zone = min(int(((west + east) / 2 + 180) // _UTM_ZONE_DEG) + 1, 60)
        return f"EPSG:{326 if south + north >= 0 else 327}{zone:02d}"
    return local_metric_crs(west, south, east, north) + " +type=crs"


def covers(layer: Layer, bounds: Bounds) -> bool:
    """Whether a layer's extent holds the whole box; worldwide layers do."""
    if layer.extent is None:
        return True
    west, south, east, north = layer.extent
    return (
        west <= bounds[0]
        and south <= bounds[1]
        and east >= bounds[2]
        and north >= bounds[3]
    )


def shipped_folder(registry: Registry, bounds: Bounds) -> Path | None:
    """Folder of shipped layers of which most cover the box; None if there is none."""
    local = [
        layer for layer in registry.layers if layer.extent and covers(layer, bounds)
    ]
    best, most = None, 0
    for folder in sorted(
        p for p in (project_root() / "layers").iterdir() if p.is_dir()
    ):
        count = sum((folder / layer.file).is_file() for layer in local)
        if count > most:
            best, most = folder, count
    return best


def propose_layers(
    registry: Registry, places: Places, bounds: Bounds
) -> dict[str, tuple[tuple[Layer, bool], ...]]:
    """For every use the layers that cover the box, those at hand first.

    The flag says whether the layer is on this machine. Layers that are limited to one
    river's basin come last and are only offered: the box does not say whether the
    region is that basin. Layers without a role of their own are not proposed, because
    nothing tells what they are for.
    """
    proposed = {}
    for use, role in ROLE_OF_USE.items():
        if role is LayerRole.OTHER:
            continue
        rows = [
            (layer, places.find(layer) is not None)
            for layer in registry.layers
            if layer.role is role and covers(layer, bounds)
        ]
        rows = [row for row in rows if row[1] or row[0].source is not None]
        proposed[use] = tuple(
            sorted(rows, key=lambda row: (bool(row[0].basins), not row[1]))
        )
    return proposed


def countries_in(path: Path, layer: Layer, bounds: Bounds) -> tuple[str, ...]:
    """ISO codes of the countries whose polygons meet the box, sorted."""
    fields = pyogrio.read_info(path, layer=layer.table)["fields"]
    column = next((name for name in _ISO_COLUMNS if name in fields), None)
    if column is None:
        return ()
    _, _, geometry, values = pyogrio.raw.read(
        path, layer=layer.table, columns=[column], bbox=bounds
    )
    meets = shapely.intersects(shapely.from_wkb(geometry), box(*bounds))
    codes = {str(code) for code, inside in zip(values[0], meets, strict=True) if inside}
    return tuple(sorted(code for code in codes if re.fullmatch(r"[A-Z]{2}", code)))


def _countries(
    given: Sequence[str] | None, registry: Registry, places: Places, bounds: Bounds
) -> tuple[str, ...]:
    if given:
        wrong = [code for code in given if not re.fullmatch(r"[A-Z]{2}", code)]
        if wrong:
            raise input_error(
                "--countries",
                found=" ".join(wrong),
                expected="two capital letters each, such as KZ",
                fix="use ISO 3166-1 alpha-2 codes",
            )
        return tuple(dict.fromkeys(given))
    for layer in registry.layers:
        found = places.find(layer) if layer.role is LayerRole.BORDERS else None
        if found is not None and covers(layer, bounds):
            countries = countries_in(found[0], layer, bounds)
            if countries:
                return countries
    raise input_error(
        "--countries",
        found="no list, and no borders layer on this machine that covers the box",
        expected="the countries of the region",
        fix="add --countries with two-letter codes, such as --countries KZ UZ",
    )


def _target(region_id: str, out: Path | None) -> Path:
    if not _IDENTIFIER.fullmatch(region_id):
        raise input_error(
            "id",
            found=region_id,
            expected="lower case letters, digits and single hyphens",
            fix="choose an id such as 'chu-talas'",
        )
    path = out or Path(f"{region_id}.yaml")
    if path.name != f"{region_id}.yaml":
        raise input_error(
            "--out",
            found=path.name,
            expected=f"a file with the name {region_id}.yaml",
            fix="give the file the name of the region",
        )
    if path.exists():
        raise input_error(
            path,
            found="a file of that name",
            expected="a new file",
            fix="choose another id, or move the file away",
        )
    return path


def _check_inventory(path: Path) -> None:
    if not path.is_file():
        raise input_error(
            "--inventory",
            found=f"no file {path}",
            expected="the inventory of the region (CSV, XLSX)",
            fix="check the path",
        )


def _columns(region_id: str, inventory: Path) -> str | None:
    """Name of the description of columns that a workbook needs; None for a CSV file."""
    is_workbook = inventory.suffix.lower() in {".xlsx", ".xlsm"}
    return f"{region_id}.columns.yaml" if is_workbook else None


def _bounds(values: Sequence[float]) -> Bounds:
    west, south, east, north = values
    try:
        record = load_record(
            Box,
            {
                "west_deg": west,
                "south_deg": south,
                "east_deg": east,
                "north_deg": north,
            },
            "--bbox",
        )
    except InputError as error:
        raise InputError(
            f"{error} The order is west, south, east, north in degrees."
        ) from None
    return record.bounds


def _relative(path: Path, folder: Path) -> str:
    """Path as seen from the region's folder, with forward slashes."""
    try:
        return Path(os.path.relpath(path.resolve(), folder.resolve())).as_posix()
    except ValueError:  # another drive
        return path.resolve().as_posix()
