"""Levels of a layer: what the registry declares, or what the raster's bands say."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from pipeline.core.errors import input_error
from pipeline.core.layers import Band, Layer
from pipeline.hazards.sampling.grid import Grid

_PERIOD: Final = re.compile(
    r"(?:^|[\s_\-])(?:rp|tr|return[\s_\-]*period)[\s_\-=]*(?P<after>\d+(?:\.\d+)?)"
    r"|(?P<before>\d+(?:\.\d+)?)[\s_\-]*(?:y|yr|yrs|year|years)(?:$|[\s_\-,;)])",
    re.IGNORECASE,
)


def described_period_yr(description: str) -> float | None:
    """Return period in years that a band's description states, if it states one.

    ``PGA_475y``, ``RP100`` and ``return period 2475`` do; a probability within some
    years (``10 % in 50 years``) does not, and gives None.
    """
    if "%" in description or re.search(r"\bin\b", description, re.IGNORECASE):
        return None
    found = list(_PERIOD.finditer(description))
    if len(found) != 1:
        return None
    period = float(found[0]["after"] or found[0]["before"])
    return period if period >= 1 else None


def declared_levels(layer: Layer) -> tuple[Band, ...]:
    """Levels that the registry declares; one level named ``value`` if it has none."""
    return layer.bands or (Band(level="value"),)


def value_column(layer: Layer, band: Band) -> str:
    """Column of a vector or table that holds a level."""
    return layer.value_column(band)


def raster_levels(layer: Layer, grid: Grid) -> tuple[Band, ...]:
    """Levels of a raster: the registry's, or one for each described band.

    Raises
    ------
    InputError
        If the registry names a band that the file lacks, a return period that differs
        from the one in the band's description, or bands without names of their own.
    """
    if not layer.bands:
        return _from_descriptions(layer, grid)
    for band in layer.bands:
        if band.band > len(grid.descriptions):
            raise input_error(
                grid.path,
                field=f"{layer.id}.bands",
                found=f"band {band.band} for level {band.level!r}",
                expected=f"a band from 1 to {len(grid.descriptions)}",
                fix="correct 'band' in the registry",
            )
        declared = band.return_period_yr
        described = _stated(grid.descriptions[band.band - 1], layer)
        if described is not None and declared is not None and described != declared:
            raise input_error(
                grid.path,
                field=f"{layer.id}.bands",
                found=f"return period {declared:g} years for band {band.band}, which "
                f"the file describes as {grid.descriptions[band.band - 1]!r}",
                expected="the return period of that band",
                fix="correct 'band' or 'return_period_yr' in the registry",
            )
    return layer.bands


def _stated(description: str, layer: Layer) -> float | None:
    """Return period that a description states, or names as a bare number.

    A bare number counts only where it is one of the layer's return periods: many files
    simply number their bands.
    """
    stated = described_period_yr(description)
    if stated is None and re.fullmatch(r"\d+(\.\d+)?", description.strip()):
        periods = {band.return_period_yr for band in layer.bands}
        bare = float(description)
        return bare if bare in periods else None
    return stated


def _from_descriptions(layer: Layer, grid: Grid) -> tuple[Band, ...]:
    levels = []
    for number, description in enumerate(grid.descriptions, start=1):
        period = described_period_yr(description)
        own = description or ("value" if len(grid.descriptions) == 1 else f"{number}")
        level = own if period is None else f"{period:g}"
        levels.append(Band(level=level, band=number, return_period_yr=period))
    _check_unique(levels, layer, grid)
    return tuple(levels)


def _check_unique(levels: Sequence[Band], layer: Layer, grid: Grid) -> None:
    names = [band.level for band in levels]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise input_error(
            grid.path,
            field=layer.id,
            found=f"bands that share the name {twice[0]!r}",
            expected="one name for each band",
            fix="list the bands of the layer under 'bands' in the registry",
        )
