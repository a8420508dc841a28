"""People in a corridor along the river, from a population raster.

The corridor of a band is everything within a distance of the river there that no
nearer band holds. Every raster cell counts with the exact share of it that lies inside.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, Self

import numpy as np
import rasterio
import shapely
from affine import Affine
from numpy.typing import NDArray
from pyproj import Transformer
from rasterio.errors import RasterioError
from rasterio.windows import Window

from pipeline.core.errors import input_error
from pipeline.core.layers import LocalLayer
from pipeline.core.model import Status
from pipeline.core.rings import rings_of
from pipeline.core.tables import STORAGE_CRS
from pipeline.core.zone_sums import zone_sums
from pipeline.rivers.borders import Countries
from pipeline.rivers.exposure import (
    UNKNOWN_COUNTRY,
    Bands,
    Pieces,
    label_columns,
)
from pipeline.rivers.network import Network
from pipeline.rivers.paths import Paths

Numbers = NDArray[np.float64]
_LONGEST_EDGE_DEG: Final = 0.1
LEAST_COVERED: Final = 0.5
"""Share of a corridor that must have data for a number to be given (P)."""


def raster_rows(
    network: Network,
    paths: Paths,
    ids: NDArray[np.object_],
    pieces: Pieces,
    bands: Bands,
    countries: Countries | None,
    population: LocalLayer,
    *,
    corridor_m: float,
    farthest_m: float,
    metric_crs: str,
) -> Iterator[dict[str, Any]]:
    """Rows of ``exposure`` from a raster of people per cell.

    Bands without an upper limit end at ``farthest_m`` along the river.

    Raises
    ------
    InputError
        If the raster cannot be read, or is no raster of people per cell.
    """
    to_plane = Transformer.from_crs(STORAGE_CRS, metric_crs, always_xy=True)
    with _Raster(population) as raster:
        from_plane = Transformer.from_crs(metric_crs, raster.crs, always_xy=True)
        outlines = _outlines(countries, network, to_plane)
        for path in range(len(paths)):
            corridors = _corridors(
                network, paths, pieces, path, to_plane, corridor_m, farthest_m
            )
            for band, polygon in corridors:
                for code, part in _by_country(polygon, outlines):
                    people, covered = raster.people(_moved(part, from_plane))
                    known = covered >= LEAST_COVERED
                    status = Status.MEASURED if known else Status.NOT_COVERED
                    yield {
                        "tmf_id": str(ids[path]),
                        "country": code,
                        "basis": "raster",
                        **bands.columns(band),
                        "people": people if known else None,
                        "people_status": status.value,
                        "covered_fraction": covered,
                        **label_columns(bands.by),
                    }


def _corridors(
    network: Network,
    paths: Paths,
    pieces: Pieces,
    path: int,
    to_plane: Transformer,
    corridor_m: float,
    farthest_m: float,
) -> list[tuple[int, Any]]:
    """Corridor of every band of one path in the plane; none holds a part twice."""
    mine = np.flatnonzero(pieces.path == path)
    by_band: dict[int, list[Any]] = {}
    for k in mine.tolist():
        element = int(pieces.element[k])
        if paths.start_m[element] >= farthest_m:
            break
        line = part_of_line(
            network, int(paths.reach[element]), pieces.low[k], pieces.high[k]
        )
        x, y = to_plane.transform(line[:, 0], line[:, 1])
        by_band.setdefault(int(pieces.band[k]), []).append(
            shapely.LineString(np.column_stack([x, y]))
        )
    taken = shapely.Polygon()
    corridors = []
    for band in sorted(by_band):
        around = shapely.buffer(
            shapely.MultiLineString(by_band[band]), corridor_m, quad_segs=4
        )
        own = _polygons(shapely.difference(around, taken))
        taken = shapely.union(taken, around)
        if not shapely.is_empty(own):
            corridors.append((band, own))
    return corridors


def part_of_line(network: Network, reach: int, low: float, high: float) -> Numbers:
    """Vertices of a reach between two shares of its length, shape (k, 2)."""
    lines = network.lines
    part = slice(int(lines.offset[reach]), int(lines.offset[reach + 1]))
    along = lines.along_m[part] / lines.along_m[part][-1]
    inside = (along > low) & (along < high)
    share = np.concatenate([[low], along[inside], [high]])
    return np.column_stack(
        [
            np.interp(share, along, lines.lon_deg[part]),
            np.interp(share, along, lines.lat_deg[part]),
        ]
    )


def _outlines(
    countries: Countries | None, network: Network, to_plane: Transformer
) -> list[tuple[str, Any]]:
    """Countries around the network in the plane, which holds no whole continent."""
    if countries is None:
        return []
    lon, lat = network.lines.lon_deg, network.lines.lat_deg
    box = (lon.min() - 1, lat.min() - 1, lon.max() + 1, lat.max() + 1)
    near = shapely.clip_by_rect(countries.polygon, *box)
    near = shapely.segmentize(near, _LONGEST_EDGE_DEG)  # parallels bend in the plane
    return [
        (str(code), _moved(part, to_plane))
        for code, part in zip(countries.code, near, strict=True)
        if not shapely.is_empty(part)
    ]


def _by_country(
    corridor: Any, outlines: Sequence[tuple[str, Any]]
) -> Iterator[tuple[str, Any]]:
    """Parts of a corridor by country; what lies in none of them is ``unknown``."""
    box = shapely.bounds(corridor)
    parts = []
    for code, outline in outlines:
        near = shapely.clip_by_rect(outline, *box)
        part = _polygons(shapely.intersection(corridor, shapely.make_valid(near)))
        if not shapely.is_empty(part):
            parts.append(part)
            yield code, part
    rest = _polygons(shapely.difference(corridor, shapely.union_all(parts)))
    if shapely.area(rest) > 1e-6 * shapely.area(corridor):
        yield UNKNOWN_COUNTRY, rest


def _polygons(shape: Any) -> Any:
    """Only the areas of a shape, valid."""
    parts = shapely.get_parts(shapely.make_valid(shape))
    nested = shapely.get_parts(parts)
    areas = nested[np.isin(shapely.get_type_id(nested), [3])]
    return shapely.union_all(areas) if len(areas) else shapely.Polygon()


def _moved(shape: Any, transformer: Transformer) -> Any:
    def move(xy: Numbers) -> Numbers:
        return np.column_stack(transformer.transform(xy[:, 0], xy[:, 1]))

    return _polygons(shapely.transform(shape, move))


class _Raster:
    """Raster of people per cell, open for reading by windows."""

    def __init__(self, local: LocalLayer) -> None:
        unit = local.layer.unit.lower()
        if "km" in unit or not ("people" in unit or "person" in unit):
            raise input_error(
                local.path or local.layer.id,
                field="unit",
                found=local.layer.unit,
                expected="people (per cell)",
                fix="use a raster of counts, or turn the densities into counts",
            )
        try:
            self._dataset = rasterio.open(local.path)
        except RasterioError as error:
            raise input_error(
                local.path or local.layer.id,
                found=f"a file that cannot be read ({error})",
                expected=f"the raster of layer {local.layer.id!r}",
                fix="fetch the file again, or correct 'file' in the registry",
            ) from None
        self.crs = self._dataset.crs
        self._transform: Affine = self._dataset.transform
        self._nodata = self._dataset.nodata

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._dataset.close()

    def people(self, polygon: Any) -> tuple[float, float]:
        """People inside a polygon, and the share of it that has data."""
        if shapely.is_empty(polygon):
            return 0.0, 0.0
        rings = rings_of([polygon], self._transform)
        windows = rings.windows(self._dataset.height, self._dataset.width)
        top, left, bottom, right = (int(v) for v in windows[0])
        if bottom <= top or right <= left:
            return 0.0, 0.0
        window = Window.from_slices((top, bottom), (left, right))
        raw = self._dataset.read(1, window=window)
        values = raw.astype(np.float32)
        if self._nodata is not None:
            values[raw == self._nodata] = np.nan
        values[values < 0] = np.nan
        sums = zone_sums(
            values,
            top,
            left,
            rings.x,
            rings.y,
            rings.start,
            rings.turn,
            rings.first_ring,
            windows,
            np.array([0]),
        )
        return float(sums[0, 1]), min(1.0, float(sums[0, 0] / rings.area_cells[0]))
