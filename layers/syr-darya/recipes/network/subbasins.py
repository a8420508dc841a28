"""The basin and its named parts as polygons, from the flow directions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely
from rasterio import features

from network.flow import NO_RIVER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from network.cells import Surface
    from network.lines import River

BASIN_SOURCE = "Derived from 30 arc-second flow directions; demonstration quality"
# id, English, Russian, and where on the Syr Darya the part begins (degrees east, north)
TRIBUTARIES = (
    ("naryn", "Naryn", "Нарын"),
    ("kara-darya", "Kara Darya", "Карадарья"),
    ("chirchik", "Chirchik", "Чирчик"),
    ("akhangaran", "Akhangaran", "Ахангаран"),
    ("keles", "Keles", "Келес"),
    ("arys", "Arys", "Арысь"),
)
STRETCHES = (
    (
        "fergana",
        "Fergana valley tributaries",
        "Притоки Ферганской долины",
        69.83,
        40.27,
    ),
    ("middle", "Middle Syr Darya", "Средняя Сырдарья", 67.966, 41.254),
    ("lower", "Lower Syr Darya", "Нижняя Сырдарья", 60.9, 46.1),
)


def part_of_cell(cells: Surface, rivers: Sequence[River]) -> NDArray[np.int32]:
    """Number of the part (place in TRIBUTARIES + STRETCHES) per cell, -1 outside."""
    ids = [river.river_id for river in rivers]
    part = np.full(cells.next_cell.size, -1, dtype=np.int32)
    guides = cells.guides
    for number, (river_id, _, _) in enumerate(TRIBUTARIES):
        part[guides.river == ids.index(river_id)] = number
    main = np.flatnonzero(guides.river == ids.index("syr-darya"))
    centre = cells.grid.centre(main)
    limits = []
    for _, _, _, lon, lat in STRETCHES[:-1]:
        nearest = int(np.hypot(centre[:, 0] - lon, centre[:, 1] - lat).argmin())
        limits.append(guides.position_deg[main[nearest]])
    stretch = np.searchsorted(np.array(limits), guides.position_deg[main], side="left")
    part[main] = len(TRIBUTARIES) + stretch
    for cell, below in zip(
        cells.sequence.tolist(), cells.next_cell[cells.sequence].tolist(), strict=True
    ):
        if part[cell] < 0 and below >= 0:
            part[cell] = part[below]
    in_basin = cells.basin == ids.index("syr-darya")
    part[~in_basin] = NO_RIVER
    return part


def polygons(mask: NDArray[np.bool_], cells: Surface) -> shapely.Geometry:
    """Outline of a mask (flat) as one multipolygon with thinned steps."""
    shape = (cells.grid.rows, cells.grid.columns)
    grid = mask.reshape(shape).astype(np.uint8)
    found = features.shapes(grid, mask=grid == 1, transform=cells.grid.transform)
    pieces = [shapely.geometry.shape(item) for item, _ in found]
    whole = shapely.unary_union(pieces)
    return shapely.make_valid(shapely.simplify(whole, 0.012))


def basin_tables(
    cells: Surface, rivers: Sequence[River]
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """The whole basin (one row) and its parts."""
    part = part_of_cell(cells, rivers)
    labels = [(a, b, c) for a, b, c, *_ in (*TRIBUTARIES, *STRETCHES)]
    rows = []
    for number, (part_id, english, russian) in enumerate(labels):
        mask = part == number
        rows.append(
            {
                "subbasin_id": part_id,
                "name_en": english,
                "name_ru": russian,
                "area_km2": round(float(cells.area_km2[mask].sum()), 0),
                "source": BASIN_SOURCE,
                "geometry": polygons(mask, cells),
            }
        )
    whole = {
        "name_en": "Syr Darya",
        "name_ru": "Сырдарья",
        "area_km2": round(float(cells.area_km2[part >= 0].sum()), 0),
        "source": BASIN_SOURCE,
        "geometry": polygons(part >= 0, cells),
    }
    return (
        gpd.GeoDataFrame([whole], geometry="geometry", crs="EPSG:4326"),
        gpd.GeoDataFrame(rows, geometry="geometry", crs="EPSG:4326"),
    )
