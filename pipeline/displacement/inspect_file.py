"""Say what a displacement product holds (dates, unit, sign, extent) and what it lacks.

Tries the readers in turn unless one is named. A product that names neither unit nor
sign (GeoTIFF, plain point tables) needs them as options here, as in a region's file:
``--option unit=mm --option sign=towards``. Nothing is changed or guessed.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import yaml

from pipeline.core.errors import InputError, input_error
from pipeline.core.files import write_text
from pipeline.displacement.checks import check_series
from pipeline.displacement.readers import Request, load_options, readers
from pipeline.displacement.recognise import check_readable
from pipeline.displacement.series import UNKNOWN, Component, PointSeries

_MEASURES = {
    Component.LINE_OF_SIGHT: "line of sight, positive towards the satellite",
    Component.UP: "vertical, positive up",
    Component.EAST: "eastward, positive east",
}
_SIGNS = {"towards": "towards the satellite", "away": "away from the satellite"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("file", type=Path, help="file or folder of the product")
    parser.add_argument("--reader", help="name of the reader (recognised if left out)")
    parser.add_argument(
        "--option",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="option of the reader, as in a region's file; may be repeated",
    )
    parser.add_argument("--picture", type=Path, help="where to draw it (SVG)")


def run(arguments: argparse.Namespace) -> None:
    """Read the product and print the report."""
    options = read_options(arguments.option)
    module = choose_reader(arguments.file, arguments.reader)
    place = f"{arguments.file}, options of reader {module.NAME!r}"
    checked = load_options(module, options, place)
    request = Request(arguments.file.stem, arguments.file, _all)
    series = check_series(module.read(request, checked), arguments.file)
    sys.stdout.write("\n".join(report(arguments.file, module, series)) + "\n")
    if arguments.picture is not None:
        from pipeline.displacement.picture import picture

        write_text(arguments.picture, picture(series))


def _all(lon: Any, lat: Any) -> Any:
    return np.ones(len(lon), dtype=bool) & np.isfinite(lat)


def read_options(texts: list[str]) -> dict[str, Any]:
    """Options of the command line; values are written as in YAML.

    Raises
    ------
    InputError
        If a text is not of the form key=value.
    """
    options: dict[str, Any] = {}
    for text in texts:
        key, sign, value = text.partition("=")
        try:
            options[key] = yaml.safe_load(value)
        except yaml.YAMLError:
            sign = ""
        if not sign or not key:
            raise input_error(
                "--option",
                found=text,
                expected="KEY=VALUE, such as unit=mm or los=[-0.6, -0.1, 0.79]",
                fix="correct the option",
            )
    return options


def choose_reader(path: Path, name: str | None) -> ModuleType:
    """Return the reader that is named, or the one that recognises the product.

    Raises
    ------
    InputError
        If there is no such reader, or none or several recognise the product.
    """
    known = readers()
    if name is not None and name in known:
        return known[name]
    if name is not None:
        raise _no_reader("--reader", name, known)
    if not path.exists():
        raise input_error(
            path, found="nothing", expected="a file or folder", fix="check the path"
        )
    fitting = [key for key, module in known.items() if module.recognises(path)]
    if not fitting:
        check_readable(path)
    if len(fitting) != 1:
        raise _no_reader(path, f"{fitting or 'no reader'} for it", known)
    return known[fitting[0]]


def _no_reader(
    place: str | Path, found: str, known: dict[str, ModuleType]
) -> InputError:
    return input_error(
        place,
        field="reader",
        found=found,
        expected=f"one of {', '.join(sorted(known))}",
        fix="name it with --reader",
    )


def report(path: Path, module: ModuleType, series: PointSeries) -> list[str]:
    """Lines of the report."""
    west, south, east, north = series.footprint.bounds
    lines = [
        f"file:       {path.name}",
        f"reader:     {module.NAME} ({module.DESCRIPTION})",
        f"product:    {series.product}",
        f"measures:   {_MEASURES[series.component]}, mm",
        f"in file:    {series.unit_in_file}, positive "
        f"{_SIGNS.get(series.sign_in_file, series.sign_in_file)}",
        f"points:     {series.n_points}",
        f"epochs:     {_epochs(series)}",
        f"values:     {_values(series)}",
        f"rates:      {_rates(series)}",
        f"direction:  {_direction(series)}",
        f"reference:  point {series.reference_point}; epoch {series.reference_epoch}",
        f"extent:     longitude {west:.5f} to {east:.5f}, latitude {south:.5f} to "
        f"{north:.5f}",
    ]
    return [*lines, *(f"missing:    {text}" for text in missing(series))]


def _epochs(series: PointSeries) -> str:
    if series.epoch.size == 0:
        return "none, rates only"
    steps = np.diff(series.epoch).astype(np.int64)
    kind = "interpolated by the provider" if series.is_interpolated else "as acquired"
    return (
        f"{series.epoch.size} from {series.epoch[0]} to {series.epoch[-1]}, every "
        f"{np.median(steps):g} d, longest gap {steps.max()} d, {kind}"
    )


def _values(series: PointSeries) -> str:
    values = series.displacement_mm
    if values.size == 0:
        return "none"
    held = values[np.isfinite(values)]
    low, high = np.quantile(held, (0.01, 0.99))
    empty = 1.0 - held.size / values.size
    return f"98 % within {low:.1f} to {high:.1f} mm; {empty:.1%} empty"


def _rates(series: PointSeries) -> str:
    rates = series.provider_velocity_mm_per_yr
    known = rates[np.isfinite(rates)]
    if known.size == 0:
        return "none in the product"
    low, middle, high = np.quantile(known, (0.01, 0.5, 0.99))
    return f"median {middle:.1f}, 98 % within {low:.1f} to {high:.1f} mm/yr"


def _direction(series: PointSeries) -> str:
    if not np.isfinite(series.los).any():
        return UNKNOWN
    east, north, up = np.nanmean(series.los, axis=0)
    return f"east {east:+.3f}, north {north:+.3f}, up {up:+.3f} (mean)"


def missing(series: PointSeries) -> list[str]:
    """What the product lacks, and what that costs."""
    known = np.isfinite(series.los).all(axis=1)
    found = []
    if series.n_points and not known.all():
        found.append(
            f"viewing direction of {int((~known).sum())} points: no projection, no "
            "decomposition, no green; give it as an option"
        )
    if series.epoch.size == 0:
        found.append("series: rates alone give no status and no watch level")
    if series.reference_point == UNKNOWN:
        found.append("reference point: not combined with other products")
    if (
        series.wavelength_mm is None
        and series.epoch.size
        and series.component is Component.LINE_OF_SIGHT
    ):
        found.append("wavelength: no step is recognised as an error of unwrapping")
    if series.epoch.size:
        empty = int(np.isnan(series.displacement_mm).all(axis=1).sum())
        if empty:
            found.append(f"values of {empty} points (empty, or mostly zeros)")
    if not np.isfinite(series.coherence).any():
        found.append("coherence: the quality of single points is not known")
    return found
