"""Make a river layer from a relief: filled, flow directions, drainage areas, reaches.

The layer has the project's own columns and serves as the rivers of a region. Rivers
that are known can be burned in, so that the water finds them on flat ground. Discharge
comes from the relation with drainage area that the methods state, or stays empty.
"""

from __future__ import annotations

import argparse
import logging
from pathlib import Path

import geopandas as gpd
import pyogrio

from pipeline.core.command import add_methods_option
from pipeline.core.config import read_methods
from pipeline.core.errors import input_error
from pipeline.core.files import whole_file, write_provenance
from pipeline.rivers.terrain import read_relief, river_layer

log = logging.getLogger(__name__)
TABLE = "reaches"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    add_methods_option(parser)
    parser.add_argument(
        "--dem", type=Path, required=True, help="relief in metres (GeoTIFF)"
    )
    parser.add_argument(
        "--burn", type=Path, help="line layer of known rivers to burn in"
    )
    parser.add_argument(
        "--min-area-km2",
        type=float,
        help="drainage area at which a river begins (default: that of the methods)",
    )
    parser.add_argument(
        "--out", type=Path, required=True, help="GeoPackage to write (table reaches)"
    )


def run(arguments: argparse.Namespace) -> None:
    """Read the relief, find its rivers, and write them with their provenance."""
    methods = read_methods(arguments.methods).rivers.network
    if arguments.min_area_km2 is not None:
        if not arguments.min_area_km2 > 0:
            raise input_error(
                "--min-area-km2",
                found=str(arguments.min_area_km2),
                expected="an area above zero, km2",
                fix="give the drainage area at which a river begins",
            )
        methods = methods.model_copy(update={"min_area_km2": arguments.min_area_km2})
    if arguments.out.suffix != ".gpkg":
        raise input_error(
            "--out",
            found=arguments.out.name,
            expected="the name of a GeoPackage",
            fix="end the name with .gpkg",
        )
    relief = read_relief(arguments.dem)
    lines = None if arguments.burn is None else read_burned(arguments.burn)
    frame = river_layer(relief, methods, lines)
    with whole_file(arguments.out) as part:
        frame.to_file(part, layer=TABLE, driver="GPKG")
    write_provenance(
        arguments.out,
        stage="rivers",
        inputs=[path for path in (arguments.dem, arguments.burn) if path is not None],
        parameters=methods.model_dump(),
        notes={
            "n_reaches": len(frame),
            "n_reaches_with_incomplete_area": int(frame["remark"].notna().sum()),
        },
    )
    log.info(
        "%s: %d reaches, %d of them with an area that may be incomplete",
        arguments.out,
        len(frame),
        int(frame["remark"].notna().sum()),
    )


def read_burned(path: Path) -> gpd.GeoDataFrame:
    """Read the lines to burn in.

    Raises
    ------
    InputError
        If the file cannot be read, or has no CRS.
    """
    try:
        frame = gpd.read_file(path)
    except (OSError, ValueError, pyogrio.errors.DataSourceError) as error:
        raise input_error(
            path,
            found=f"a file that cannot be read ({error})",
            expected="a line layer of rivers",
            fix="give a GeoPackage, a Shapefile or another vector file",
        ) from None
    if frame.crs is None:
        raise input_error(
            path,
            field="crs",
            found="no CRS stored in the file",
            expected="a CRS",
            fix="store the CRS in the file",
        )
    return frame
