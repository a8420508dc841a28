"""Maps as files: written by blocks, finished as cloud-optimised GeoTIFF with a style.

Blocks go to a working file in the order in which they come; the finished file holds
overviews and its bands' names, units and meaning. It is the same bytes for the same
values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from xml.sax.saxutils import quoteattr

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.shutil import copy as copy_raster

from pipeline.core.files import PART_SUFFIX, write_text
from pipeline.hazards.maps.fused import NODATA
from pipeline.hazards.maps.region_grid import Block, RegionGrid
from pipeline.hazards.maps.tile_file import SPARSE_OPTIONS, TileFile

BLOCK_CELLS: Final = 256
_LEAST_BLOCK: Final = 16


@dataclass(frozen=True, slots=True)
class BandText:
    """What a band is: name, unit, and further tags."""

    name: str
    unit: str
    tags: Mapping[str, str]


class MapFile:
    """One map that is written block by block.

    Parameters
    ----------
    path
        Where the finished map will be; the working file lies beside it.
    grid
        Grid of the region.
    bands
        Names, units and tags.
    tags
        Tags of the whole file.
    opened
        Closes the working file when an error stops the work.
    """

    def __init__(
        self,
        path: Path,
        grid: RegionGrid,
        bands: Sequence[BandText],
        tags: Mapping[str, str],
        opened: ExitStack,
    ) -> None:
        self._path = path
        self._working = path.with_name(f"{path.stem}{PART_SUFFIX}{path.suffix}")
        side = min(BLOCK_CELLS, max(_LEAST_BLOCK, _power_of_two(grid)))
        with rasterio.open(
            self._working,
            "w",
            dtype="float32",
            count=len(bands),
            height=grid.height,
            width=grid.width,
            crs=grid.crs,
            transform=grid.transform,
            nodata=NODATA,
            blockxsize=side,
            blockysize=side,
            **SPARSE_OPTIONS,
        ) as head:
            head.update_tags(**tags)
            for number, band in enumerate(bands, start=1):
                head.set_band_description(number, band.name)
                head.set_band_unit(number, band.unit)
                head.update_tags(number, **band.tags)
        shape = (len(bands), grid.height, grid.width)
        self._file = opened.enter_context(TileFile(self._working, shape, side, NODATA))

    def write(self, block: Block, values: NDArray[np.float32]) -> None:
        """Write one block (bands, rows, columns); threads may call it at a time."""
        self._file.write(block, values)

    def finish(self, *, averaged: bool, threads: int) -> None:
        """Close the working file and make the finished map of it.

        Overviews hold means of the cells with data where ``averaged``, else single
        cells.
        """
        with self._file:
            self._file.finish()
        copy_raster(
            self._working,
            self._path,
            driver="COG",
            compress="DEFLATE",
            predictor="FLOATING_POINT",
            blocksize=BLOCK_CELLS,
            overview_resampling="AVERAGE" if averaged else "NEAREST",
            bigtiff="IF_SAFER",
            num_threads=threads,
            statistics="NO",
        )
        self._working.unlink()


def _power_of_two(grid: RegionGrid) -> int:
    side = max(grid.height, grid.width)
    return 1 << (side - 1).bit_length()


def band_names(path: Path) -> list[tuple[str, str]]:
    """Name and unit of every band of a finished map."""
    with rasterio.open(path) as dataset:
        pairs = zip(dataset.descriptions, dataset.units, strict=True)
        return [(name or "", unit or "1") for name, unit in pairs]


def write_style(
    path: Path, stops: Sequence[tuple[float, str, str]], *, band: int = 1
) -> None:
    """Write a QGIS style (.qml) beside a map: colours with a value and a label each.

    Parameters
    ----------
    path
        The map; the style gets its name.
    stops
        Value, colour (#rrggbb) and label, values increasing; colours change gradually.
    band
        Band that is shown, from 1.
    """
    low, high = stops[0][0], stops[-1][0]
    items = "\n".join(
        f"     <item value={quoteattr(f'{value:g}')} color={quoteattr(colour)} "
        f'alpha="255" label={quoteattr(label)}/>'
        for value, colour, label in stops
    )
    text = f"""\
<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis version="3.22" styleCategories="Symbology">
 <pipe>
  <rasterrenderer type="singlebandpseudocolor" band="{band}" opacity="0.8" \
alphaBand="-1" nodataColor="" classificationMin="{low:g}" classificationMax="{high:g}">
   <rastershader>
    <colorrampshader colorRampType="INTERPOLATED" classificationMode="1" clip="0" \
minimumValue="{low:g}" maximumValue="{high:g}">
{items}
    </colorrampshader>
   </rastershader>
  </rasterrenderer>
 </pipe>
</qgis>
"""
    write_text(path.with_suffix(".qml"), text)
