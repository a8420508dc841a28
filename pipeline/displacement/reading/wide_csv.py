"""Wide point tables, one row per point and one column per date, read by blocks.

A block of whole rows is parsed by one of two threads (`csv_bytes`); a block that holds
something unusual goes through the general reader of pyarrow. Points that nobody asks
for are dropped block by block, so the memory needed follows the points kept and not the
size of the file.
"""

from __future__ import annotations

import io
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import IO, Any, Final, Literal

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
from numpy.typing import NDArray
from shapely import box, multipoints
from shapely.geometry import GeometryCollection
from shapely.geometry.base import BaseGeometry

from pipeline.core.errors import input_error
from pipeline.displacement.reading import csv_bytes
from pipeline.displacement.reading.csv_file import find_fault, open_csv

Kind = Literal["text", "number"]
Columns = Mapping[str, NDArray[Any]]
Positions = Callable[[Columns], tuple[NDArray[np.float64], NDArray[np.float64]]]
Keep = Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.bool_]]
_BLOCK_BYTES: Final = 16 << 20
_THREADS: Final = 2
_ARROW_TYPES: Final = {"text": pa.string(), "number": pa.float64()}
_KINDS: Final = {"text": csv_bytes.TEXT, "number": csv_bytes.NUMBER}
_LINE: Final = b"\n"
_NOWHERE: Final = GeometryCollection()


@dataclass(frozen=True, slots=True)
class Layout:
    """Columns of a file that are wanted.

    Attributes
    ----------
    header, delimiter
        All columns in the order of the file, and what separates them.
    static
        Name given by the reader -> name in the file and kind.
    epochs
        Names of the date columns, oldest first, as they stand in the file.
    no_data
        Values of the file that stand for no value.
    """

    header: list[str]
    static: Mapping[str, tuple[str, Kind]]
    epochs: list[str]
    delimiter: str = ","
    no_data: tuple[float, ...] = ()

    @property
    def numeric(self) -> set[str]:
        """Columns that must hold numbers."""
        return {n for n, kind in self.static.values() if kind == "number"} | {
            *self.epochs
        }


@dataclass(frozen=True, slots=True)
class WideTable:
    """Kept rows of a wide table.

    ``columns`` holds the static columns by the reader's own names (text as str, numbers
    as float64 with NaN for empty), ``values`` the epochs as float32 (n, m) in the
    file's unit and sign. ``footprint`` is the hull of all rows, also of those not kept
    (of a block in a stream: their box).
    """

    columns: dict[str, NDArray[Any]]
    lon_deg: NDArray[np.float64]
    lat_deg: NDArray[np.float64]
    values: NDArray[np.float32]
    footprint: BaseGeometry
    n_rows: int


def read_wide(
    path: Path, layout: Layout, positions: Positions, keep: Keep
) -> WideTable:
    """Read the wanted columns of the wanted rows.

    Parameters
    ----------
    path, layout
        File and its columns.
    positions
        Turns static columns into longitude and latitude, degrees.
    keep
        Tells from longitude and latitude which rows are kept.

    Raises
    ------
    InputError
        Names the row and the field that cannot be read.
    """
    parts, places = [], []
    for block in stream_wide(path, layout, positions):
        places.append((block.lon_deg, block.lat_deg))
        kept = keep(block.lon_deg, block.lat_deg)
        parts.append(block if kept.all() else _rows(block, kept))
    columns = {k: np.concatenate([p.columns[k] for p in parts]) for k in layout.static}
    lon, lat = (np.concatenate([getattr(p, a) for p in parts]) for a in _PLACE)
    every = np.hstack(places)
    return WideTable(columns, lon, lat, _joined(parts), _hull(*every), every.shape[1])


def _hull(lon_deg: NDArray[np.float64], lat_deg: NDArray[np.float64]) -> BaseGeometry:
    """Convex hull of many points.

    Points inside the octagon of the outermost points in eight directions are on no
    hull and are dropped first (Akl and Toussaint 1978).
    """
    sums, differences = lon_deg + lat_deg, lon_deg - lat_deg
    corners = [
        turn(along)
        for along in (lon_deg, sums, lat_deg, differences)
        for turn in (np.argmin, np.argmax)
    ]
    octagon = multipoints(np.column_stack([lon_deg[corners], lat_deg[corners]]))
    outline = octagon.convex_hull
    if outline.geom_type != "Polygon":
        return multipoints(np.column_stack([lon_deg, lat_deg])).convex_hull
    ring = np.asarray(outline.exterior.coords)
    left = outline.exterior.is_ccw
    outside = np.zeros(len(lon_deg), dtype=bool)
    for (x0, y0), (x1, y1) in pairwise(ring):
        side = (x1 - x0) * (lat_deg - y0) - (y1 - y0) * (lon_deg - x0)
        outside |= side <= 0.0 if left else side >= 0.0
    return multipoints(np.column_stack([lon_deg, lat_deg])[outside]).convex_hull


_PLACE: Final = ("lon_deg", "lat_deg")


def _rows(block: WideTable, kept: NDArray[np.bool_]) -> WideTable:
    return WideTable(
        {k: v[kept] for k, v in block.columns.items()},
        block.lon_deg[kept],
        block.lat_deg[kept],
        block.values[kept],
        block.footprint,
        block.n_rows,
    )


def _joined(parts: list[WideTable]) -> NDArray[np.float32]:
    """Values of all parts; each is let go once copied, so they never stand twice."""
    n = sum(len(part.values) for part in parts)
    values = np.empty((n, parts[0].values.shape[1]), dtype=np.float32)
    at = 0
    while parts:
        part = parts.pop(0).values
        values[at : at + len(part)] = part
        at += len(part)
    return values


def stream_wide(
    path: Path, layout: Layout, positions: Positions
) -> Iterator[WideTable]:
    """All rows of a file in its order, block by block; parameters as `read_wide`.

    Raises
    ------
    InputError
        Names the row and the field that cannot be read; if there are no rows.
    """
    n_rows = 0
    with open_csv(path) as handle, ThreadPoolExecutor(_THREADS) as pool:
        waiting: deque[tuple[Future[_Block], NDArray[np.uint8]]] = deque()
        free: list[NDArray[np.uint8]] = []
        blocks = _blocks(handle, free)
        while True:
            block = next(blocks, None)
            if block is not None:
                waiting.append((pool.submit(_parse, block, layout), block[0]))
            if not waiting:
                break
            if block is None or len(waiting) > _THREADS:
                parsed, letters = waiting.popleft()
                table = _placed(path, layout, parsed, positions)
                free.append(letters)
                n_rows += table.n_rows
                yield table
    if n_rows == 0:
        raise input_error(
            path,
            found="a header without rows",
            expected="one row for each point",
            fix="give a file with points",
        )


_Block = tuple[dict[str, NDArray[Any]], NDArray[np.float32]]


def _placed(
    path: Path, layout: Layout, parsed: Future[_Block], positions: Positions
) -> WideTable:
    try:
        columns, values = parsed.result()
    except pa.ArrowInvalid as error:
        what = str(error).splitlines()[0]
        raise find_fault(
            path, layout.header, layout.numeric, layout.delimiter, what
        ) from None
    lon, lat = positions(columns)
    finite = np.isfinite(lon) & np.isfinite(lat)
    if not finite.all():
        name = next((k for k, (_, kind) in layout.static.items() if kind == "text"), "")
        first = f", the first is point {columns[name][~finite][0]}" if name else ""
        raise input_error(
            path,
            field="position",
            found=f"{int((~finite).sum())} rows without a position{first}",
            expected="coordinates in every row",
            fix="remove these rows or add their coordinates",
        )
    extent = box(lon.min(), lat.min(), lon.max(), lat.max()) if len(lon) else _NOWHERE
    return WideTable(columns, lon, lat, values, extent, len(lon))


def _blocks(
    handle: IO[bytes], free: list[NDArray[np.uint8]]
) -> Iterator[tuple[NDArray[np.uint8], int]]:
    """Whole rows after the first line, as padded bytes and their length.

    Memory in ``free`` is used again: fresh memory for each block takes longer.
    """
    handle.readline()
    rest = b""
    while True:
        room = max(_BLOCK_BYTES, 2 * len(rest))
        size = room + 1 + csv_bytes.PADDING
        block = free.pop() if free else np.empty(size, dtype=np.uint8)
        if len(block) != size:
            block = np.empty(size, dtype=np.uint8)
        view = block.data
        view[: len(rest)] = rest
        filled = len(rest)
        while filled < room:
            n = handle.readinto(view[filled:room])  # type: ignore[attr-defined]
            if not n:
                break
            filled += n
        if filled == 0:
            return
        if filled < room:  # the end of the file
            if block[filled - 1] != _LINE[0]:
                block[filled] = _LINE[0]
                filled += 1
            rest, end = b"", filled
        else:
            end = int(csv_bytes.last_line(block, filled))
            rest = bytes(view[end:filled])
        block[end : end + csv_bytes.PADDING] = 0
        if end:
            yield block, end


def _parse(block: tuple[NDArray[np.uint8], int], layout: Layout) -> _Block:
    """Columns and values of a block.

    Raises
    ------
    pyarrow.ArrowInvalid
        If a row or a cell is broken.
    """
    letters, n_bytes = block
    parsed = None
    if layout.delimiter == ",":
        parsed = csv_bytes.parse_rows(letters, n_bytes, _kinds(layout))
    if parsed is None:
        columns, values = _parse_any(bytes(letters[:n_bytes]), layout)
    else:
        columns, values = _by_name(parsed, layout)
    for number in layout.no_data:
        values[values == np.float32(number)] = np.nan
    return columns, values


def _kinds(layout: Layout) -> NDArray[np.int64]:
    of = {name: _KINDS[kind] for name, kind in layout.static.values()}
    of |= dict.fromkeys(layout.epochs, csv_bytes.EPOCH)
    return np.array([of.get(name, csv_bytes.SKIP) for name in layout.header])


def _by_name(parsed: csv_bytes.Parsed, layout: Layout) -> _Block:
    texts, numbers, values = parsed
    in_file = dict(layout.static.values())
    found: dict[str, NDArray[Any]] = {}
    remaining = {"text": iter(texts), "number": iter(numbers)}
    for name in layout.header:
        if name in in_file:
            found[name] = next(remaining[in_file[name]])
    return {key: found[name] for key, (name, _) in layout.static.items()}, values


def _parse_any(text: bytes, layout: Layout) -> _Block:
    """Columns and values of a block with quotes, exponents, or another delimiter."""
    types = {name: _ARROW_TYPES[kind] for name, kind in layout.static.values()}
    types |= {name: pa.float32() for name in layout.epochs}
    table = pacsv.read_csv(
        io.BytesIO(text),
        read_options=pacsv.ReadOptions(column_names=layout.header, use_threads=False),
        parse_options=pacsv.ParseOptions(delimiter=layout.delimiter),
        convert_options=pacsv.ConvertOptions(
            include_columns=list(types), column_types=types
        ),
    )
    columns: dict[str, NDArray[Any]] = {}
    for key, (name, kind) in layout.static.items():
        cells = table.column(name).to_numpy()
        columns[key] = cells.astype(np.str_) if kind == "text" else cells
    values = np.empty((table.num_rows, len(layout.epochs)), dtype=np.float32)
    for j, name in enumerate(layout.epochs):
        values[:, j] = table.column(name).to_numpy()
    return columns, values
