"""Fit every point or cell of a displacement product, without a region.

Writes rates with their errors, accelerations, seasons and residuals: a table of points
(``.parquet``) for any product, or a grid (``.h5`` as MintPy has it, or GeoTIFF) for a
MintPy time series. The product is read part by part, so it may be larger than memory.
Stored series (zarr) are fitted chunk by chunk, on a cluster where one is named.
Rates are along what the product measures; the output names unit and sign.
"""

from __future__ import annotations

import argparse
import logging
import os
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from pipeline.core.command import add_methods_option
from pipeline.core.errors import InputError, input_error
from pipeline.core.files import whole_file

if TYPE_CHECKING:
    from pipeline.core.methods.displacement import DisplacementMethods

log = logging.getLogger("natech.displacement")
_TABLE: Final = ".parquet"
_STORE: Final = ".zarr"
_GRIDS: Final = (".h5", ".tif")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("file", type=Path, help="file or folder of the product")
    parser.add_argument(
        "--out", type=Path, required=True, help="result: .parquet, .h5 or .tif"
    )
    parser.add_argument("--series", type=Path, help="where to store the series (zarr)")
    parser.add_argument("--reader", help="name of the reader (recognised if left out)")
    parser.add_argument(
        "--option",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="option of the reader, as in a region's file; may be repeated",
    )
    parser.add_argument(
        "--step",
        action="append",
        default=[],
        metavar="DATE",
        help="first day behind a step (an earthquake, a remediation); may be repeated",
    )
    parser.add_argument(
        "--keep-outliers",
        action="store_true",
        help="fit single epochs that fall out of a series as they are",
    )
    parser.add_argument(
        "--without-errors",
        action="store_true",
        help="grids only: leave out standard errors, which take most of the time",
    )
    parser.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="stored series only: a dask.distributed scheduler, tcp://host:port",
    )
    add_methods_option(parser)


def run(arguments: argparse.Namespace) -> None:
    """Read, fit and write."""
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # idle threads sleep, not spin
    steps = tuple(sorted({_day(text) for text in arguments.step}))
    suffix = arguments.out.suffix.lower()
    if suffix in _GRIDS:
        from pipeline.displacement.fit.grid_rates import write_grid
        from pipeline.displacement.fit.grid_velocity import fit_grid

        if arguments.series is not None:
            raise _misplaced("--series", "a table (.parquet)")
        grid = fit_grid(
            arguments.file,
            steps,
            outlier_sigma=_outlier_sigma(arguments),
            with_errors=not arguments.without_errors,
        )
        write_grid(grid, arguments.out)
        log.info("%d of %d cells have a rate", grid.n_fitted, grid.n_cells)
        return
    if suffix != _TABLE:
        raise _misplaced(f"--out {arguments.out.name}", ".parquet, .h5 or .tif")
    if arguments.without_errors:
        raise _misplaced("--without-errors", "a grid (.h5 or .tif)")
    methods = _methods(arguments)
    if arguments.file.suffix.lower() == _STORE:
        _fit_store(arguments, methods, steps)
        return
    if arguments.scheduler is not None:
        raise _misplaced("--scheduler", "stored series (.zarr)")
    from pipeline.displacement.fit.point_velocity import parts_of, write_rates
    from pipeline.displacement.fit.source_fit import Steps
    from pipeline.displacement.inspect_file import choose_reader, read_options
    from pipeline.displacement.readers import Request, load_options

    module = choose_reader(arguments.file, arguments.reader)
    options = load_options(
        module, read_options(arguments.option), f"options of reader {module.NAME!r}"
    )
    request = Request("product", arguments.file, _all)
    parts = parts_of(module, request, options)
    n = write_rates(parts, arguments.out, arguments.series, methods, Steps(steps))
    log.info("%d points", n)


def _methods(arguments: argparse.Namespace) -> DisplacementMethods:
    from pipeline.core.config import read_methods

    methods = read_methods(arguments.methods).displacement
    if arguments.keep_outliers:
        return methods.model_copy(update={"outlier_sigma": None})
    return methods


def _outlier_sigma(arguments: argparse.Namespace) -> float | None:
    """Limit of outliers; the methods are not read where none is looked for."""
    return None if arguments.keep_outliers else _methods(arguments).outlier_sigma


def _fit_store(
    arguments: argparse.Namespace, methods: DisplacementMethods, steps: tuple[date, ...]
) -> None:
    import pyarrow.parquet as pq

    from pipeline.displacement.fit.source_fit import Steps
    from pipeline.displacement.fit.stored_velocity import rates_of_store
    from pipeline.displacement.inspect_file import read_options

    with ExitStack() as stack:
        if arguments.scheduler is not None:
            from distributed import Client  # in the extra 'dev' and in environment.yml

            stack.enter_context(Client(arguments.scheduler))
        group = read_options(arguments.option).get("group")
        table = rates_of_store(arguments.file, methods, Steps(steps), group)
    with whole_file(arguments.out) as part:
        pq.write_table(table, part, use_dictionary=False)
    log.info("%d points", len(table))


def _all(lon: NDArray[np.float64], _: NDArray[np.float64]) -> NDArray[np.bool_]:
    return np.ones(len(lon), dtype=bool)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise input_error(
            "--step", found=text, expected="a date such as 2021-03-04", fix="correct it"
        ) from None


def _misplaced(found: str, expected: str) -> InputError:
    return input_error(
        "natech displacement velocity",
        found=found,
        expected=expected,
        fix="see natech displacement velocity --help",
    )
