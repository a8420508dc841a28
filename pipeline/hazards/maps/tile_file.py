"""GeoTIFF that several threads write tile by tile, packed by libdeflate.

GDAL writes the head of the file: an image whose tiles are all absent. Tiles are then
packed by the thread that brings them, put at the end of the file, and entered into the
head's two lists of places and sizes. GDAL itself would pack them one after the other
under a lock, or in threads of its own to which they are copied.

Source of the format: Adobe, TIFF Revision 6.0 (1992), sections 2 and 15; the BigTIFF
extension as documented by the libtiff project; SPARSE_OK of GDAL's GTiff driver.
"""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import BinaryIO, Final, Self

import deflate
import numpy as np
from numpy.typing import NDArray

from pipeline.hazards.maps.region_grid import Block

SPARSE_OPTIONS: Final = {
    "driver": "GTiff",
    "tiled": True,
    "interleave": "band",
    "compress": "deflate",
    "SPARSE_OK": True,
    "BIGTIFF": "IF_SAFER",
}
"""What GDAL must be told to write a head that `TileFile` can fill."""
_LEVEL: Final = 1
_OFFSETS: Final = 324
_SIZES: Final = 325
_WIDTHS: Final = {3: 2, 4: 4, 16: 8}
_NOT_READ: Final = "a TIFF that GDAL wrote otherwise than it was told"


class TileFile:
    """Fills the tiles of a file that GDAL made with `SPARSE_OPTIONS` and has closed.

    To be used in a ``with`` statement, which closes the file; `finish` makes it whole.

    Parameters
    ----------
    path
        The file.
    shape
        Bands, rows and columns of the image.
    side
        Side of its tiles.
    nodata
        Value of cells of the last tiles that lie beyond the image.
    """

    def __init__(
        self, path: Path, shape: tuple[int, int, int], side: int, nodata: float
    ) -> None:
        self._shape, self._side, self._nodata = shape, side, nodata
        self._down, self._across = -(-shape[1] // side), -(-shape[2] // side)
        with path.open("rb") as file:
            self._head = _read_head(file)
        n_tiles = shape[0] * self._down * self._across
        if self._head.count != n_tiles:
            raise ValueError(f"{path}: {self._head.count} tiles instead of {n_tiles}")
        self._file = path.open("r+b", buffering=0)
        self._offsets = np.zeros(n_tiles, np.int64)
        self._sizes = np.zeros(n_tiles, np.int64)
        self._end = path.stat().st_size
        self._parts: dict[tuple[int, int], _Part] = {}
        self._lock = Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def write(self, block: Block, values: NDArray[np.float32]) -> None:
        """Write one block (bands, rows, columns); threads may call it at a time.

        Tiles that a block fills in part wait in memory for the others of their blocks.
        """
        side = self._side
        for i in range(block.top // side, -(-(block.top + block.height) // side)):
            for j in range(block.left // side, -(-(block.left + block.width) // side)):
                tile = self._filled(i, j, block, values)
                if tile is not None:
                    self._store(i, j, tile)

    def finish(self) -> None:
        """Write the lists of places and sizes; without them the image is empty.

        Tiles that no block touched are absent, which readers take for no data.

        Raises
        ------
        ValueError
            If some tile is not whole, or the file is too large for its kind.
        """
        head = self._head
        if self._parts:
            raise ValueError(f"{len(self._parts)} tiles are not whole")
        for start, width, numbers in (
            (head.offsets_at, head.offset_width, self._offsets),
            (head.sizes_at, head.size_width, self._sizes),
        ):
            if numbers.max(initial=0) >= 1 << 8 * width:
                raise ValueError(f"a file too large for numbers of {width} bytes")
            self._file.seek(start)
            self._file.write(numbers.astype(f"<u{width}").tobytes())

    def _filled(
        self, i: int, j: int, block: Block, values: NDArray[np.float32]
    ) -> NDArray[np.float32] | None:
        """Whole tile (bands, side, side) that a block fills or completes."""
        side = self._side
        top, left = i * side, j * side
        tile = Block(
            top, left, min(side, self._shape[1] - top), min(side, self._shape[2] - left)
        )
        common = _common(block, tile)
        part = values[
            :,
            common.top - block.top : common.top - block.top + common.height,
            common.left - block.left : common.left - block.left + common.width,
        ]
        if common == tile and tile.n_cells == side * side:
            return part
        with self._lock:
            waiting = self._parts.get((i, j))
            if waiting is None:
                room = np.full((self._shape[0], side, side), self._nodata, np.float32)
                waiting = self._parts[i, j] = _Part(room, tile.n_cells)
            y, x = common.top - top, common.left - left
            waiting.values[:, y : y + common.height, x : x + common.width] = part
            waiting.missing -= common.n_cells
            if waiting.missing > 0:
                return None
            del self._parts[i, j]
        return waiting.values

    def _store(self, i: int, j: int, tile: NDArray[np.float32]) -> None:
        for band in range(len(tile)):
            cells = np.ascontiguousarray(tile[band], "<f4")
            packed = deflate.zlib_compress(cells, _LEVEL)
            number = (band * self._down + i) * self._across + j
            with self._lock:
                start = self._end
                self._end += len(packed)
            os.pwrite(self._file.fileno(), packed, start)
            self._offsets[number], self._sizes[number] = start, len(packed)


@dataclass(slots=True)
class _Part:
    """A tile that is not whole yet, and how many of its cells are missing."""

    values: NDArray[np.float32]
    missing: int


def _common(a: Block, b: Block) -> Block:
    top, left = max(a.top, b.top), max(a.left, b.left)
    return Block(
        top,
        left,
        min(a.top + a.height, b.top + b.height) - top,
        min(a.left + a.width, b.left + b.width) - left,
    )


@dataclass(frozen=True, slots=True)
class _Head:
    """Where the places and sizes of the tiles stand in a file, and how wide they are.

    ``offsets_at`` and ``sizes_at`` are bytes in the file, widths bytes per number.
    """

    count: int
    offsets_at: int
    offset_width: int
    sizes_at: int
    size_width: int


def _read_head(file: BinaryIO) -> _Head:
    """Lists of the only directory of a little-endian TIFF or BigTIFF."""
    start = file.read(16)
    is_big = start[:4] == b"II+\0"
    if not is_big and start[:4] != b"II*\0":
        raise ValueError(_NOT_READ)
    entry, number = ("<HHQQ", "<Q") if is_big else ("<HHII", "<I")
    at = struct.unpack_from(number, start, 8 if is_big else 4)[0]
    file.seek(at)
    count_format = "<Q" if is_big else "<H"
    n_entries = struct.unpack(count_format, file.read(8 if is_big else 2))[0]
    size, inline = struct.calcsize(entry), struct.calcsize(number)
    first = at + struct.calcsize(count_format)
    raw = file.read(n_entries * size)
    found: dict[int, tuple[int, int, int]] = {}
    for k in range(n_entries):
        tag, kind, count, value = struct.unpack_from(entry, raw, k * size)
        is_inside = kind in _WIDTHS and count * _WIDTHS[kind] <= inline
        place = first + k * size + (size - inline) if is_inside else value
        found[tag] = kind, count, place
    places, sizes = found.get(_OFFSETS), found.get(_SIZES)
    if places is None or sizes is None or places[1] != sizes[1]:
        raise ValueError(_NOT_READ)
    return _Head(places[1], places[2], _WIDTHS[places[0]], sizes[2], _WIDTHS[sizes[0]])
