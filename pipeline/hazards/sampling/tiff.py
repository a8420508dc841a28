"""Where the blocks of a GeoTIFF lie in its file, and how they are packed.

Reads the first image file directory of a little-endian TIFF or BigTIFF. Whatever is
unusual (other byte order, other compressions, packed bits, broken directories) has no
layout: such a file is left to GDAL, which says what is wrong with it.

Source of the format: Adobe, TIFF Revision 6.0 (1992), sections 2 and 15; the BigTIFF
extension as documented by the libtiff project; predictor 3 by Adobe Photoshop TIFF
Technical Note 3 (2005).
"""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

from pipeline.hazards.sampling.grid import Grid

_WIDTH: Final = 256
_HEIGHT: Final = 257
_BITS: Final = 258
_COMPRESSION: Final = 259
_FILL_ORDER: Final = 266
_STRIP_OFFSETS: Final = 273
_SAMPLES: Final = 277
_ROWS_PER_STRIP: Final = 278
_STRIP_SIZES: Final = 279
_PLANAR: Final = 284
_PREDICTOR: Final = 317
_TILE_WIDTH: Final = 322
_TILE_HEIGHT: Final = 323
_TILE_OFFSETS: Final = 324
_TILE_SIZES: Final = 325
_SAMPLE_FORMAT: Final = 339

_NUMBERS: Final = {3: "<u2", 4: "<u4", 16: "<u8"}
_FORMATS: Final = {"u": 1, "i": 2, "f": 3}
_MOST_ENTRIES: Final = 4096

UNCOMPRESSED: Final = 1
LZW: Final = 5
DEFLATE: Final = (8, 32946)
ZSTD: Final = 50000
_KNOWN: Final = (UNCOMPRESSED, LZW, *DEFLATE, ZSTD)

_Tags = dict[int, NDArray[np.int64]]


class _UnusualError(Exception):
    """The file is not of the plain kind that is read here."""


@dataclass(frozen=True, slots=True)
class TiffLayout:
    """Blocks (tiles or strips) of the full-resolution image of a TIFF.

    ``offsets`` and ``sizes`` are bytes in the file, block by block, row by row, and
    band by band where ``samples`` is 1 and there are several bands. ``samples`` is the
    number of values per cell inside of a block. A block has ``block_height`` rows, but
    the last strip of an image without tiles has only ``rows_of`` them.
    """

    compression: int
    predictor: int
    samples: int
    block_height: int
    block_width: int
    down: int
    across: int
    last_rows: int
    offsets: NDArray[np.int64]
    sizes: NDArray[np.int64]

    def rows_of(self, bi: int) -> int:
        """Rows stored in the blocks of block row ``bi``."""
        return self.last_rows if bi == self.down - 1 else self.block_height

    def index(self, bi: int, bj: int, band: int) -> int:
        """Place of a block in ``offsets``; bands count from 1."""
        plane = 0 if self.samples > 1 else band - 1
        return (plane * self.down + bi) * self.across + bj


def tiff_layout(dataset: Any, grid: Grid) -> TiffLayout | None:
    """Blocks of an open raster; None where GDAL has to read it.

    Parameters
    ----------
    dataset, grid
        As `open_raster` yields them.
    """
    if getattr(dataset, "driver", "") != "GTiff" or not grid.path.is_file():
        return None
    if sys.byteorder != "little":
        return None
    try:
        return _layout(_tags(grid.path), dataset.count, grid)
    except (_UnusualError, OSError):
        return None


def _layout(tags: _Tags, bands: int, grid: Grid) -> TiffLayout:
    def one(tag: int, default: int) -> int:
        return int(tags[tag][0]) if tag in tags else default

    def need(expected: bool) -> None:
        if not expected:
            raise _UnusualError

    compression, planar = one(_COMPRESSION, UNCOMPRESSED), one(_PLANAR, 1)
    predictor = 1 if compression == UNCOMPRESSED else one(_PREDICTOR, 1)
    need(compression in _KNOWN and planar in (1, 2) and predictor in (1, 2, 3))
    need(predictor != 3 or grid.dtype.kind == "f")
    need(one(_FILL_ORDER, 1) == 1 and one(_SAMPLES, 1) == bands)
    need(bool(np.all(tags.get(_BITS, np.ones(1)) == 8 * grid.dtype.itemsize)))
    formats = tags.get(_SAMPLE_FORMAT, np.ones(1))
    need(bool(np.all(formats == _FORMATS[grid.dtype.kind])))
    need((one(_HEIGHT, 0), one(_WIDTH, 0)) == (grid.height, grid.width))
    tiled = _TILE_WIDTH in tags
    if tiled:
        height, width = one(_TILE_HEIGHT, 0), one(_TILE_WIDTH, 0)
        offsets, sizes = tags.get(_TILE_OFFSETS), tags.get(_TILE_SIZES)
    else:
        height = min(one(_ROWS_PER_STRIP, grid.height), grid.height)
        width = grid.width
        offsets, sizes = tags.get(_STRIP_OFFSETS), tags.get(_STRIP_SIZES)
    need((height, width) == (grid.block_height, grid.block_width))
    down, across = math.ceil(grid.height / height), math.ceil(grid.width / width)
    samples = bands if planar == 1 else 1
    count = down * across * (bands // samples)
    if offsets is None or sizes is None or not len(offsets) == len(sizes) == count:
        raise _UnusualError
    last_rows = height if tiled else grid.height - (down - 1) * height
    return TiffLayout(
        compression,
        predictor,
        samples,
        height,
        width,
        down,
        across,
        last_rows,
        offsets,
        sizes,
    )


def _tags(path: Path) -> _Tags:
    """Tags of whole numbers in the first directory."""
    with path.open("rb") as file:
        start = _bytes(file, 0, 16)
        if start[:4] == b"II*\0":
            big, at = False, int.from_bytes(start[4:8], "little")
        elif start[:8] == b"II+\0\x08\0\0\0":
            big, at = True, int.from_bytes(start[8:16], "little")
        else:
            raise _UnusualError
        head, entry = (8, 20) if big else (2, 12)
        count = int.from_bytes(_bytes(file, at, head), "little")
        if count > _MOST_ENTRIES:
            raise _UnusualError
        table = _bytes(file, at + head, count * entry)
        tags: _Tags = {}
        for k in range(0, len(table), entry):
            record = table[k : k + entry]
            values = _values(file, record, 8 if big else 4)
            if values is not None:
                tags.setdefault(int.from_bytes(record[:2], "little"), values)
    return tags


def _values(file: BinaryIO, record: bytes, word: int) -> NDArray[np.int64] | None:
    """Whole numbers of one directory entry, which holds them or says where they lie."""
    kind = int.from_bytes(record[2:4], "little")
    if kind not in _NUMBERS:
        return None
    count = int.from_bytes(record[4 : 4 + word], "little")
    field = record[4 + word :]
    number = np.dtype(_NUMBERS[kind])
    length = count * number.itemsize
    if length > word:
        field = _bytes(file, int.from_bytes(field, "little"), length)
    values = np.frombuffer(field[:length], number)
    if count == 0 or values.max() > np.iinfo(np.int64).max:
        raise _UnusualError
    return values.astype(np.int64)


def _bytes(file: BinaryIO, at: int, length: int) -> bytes:
    """Part of a file, whole."""
    end = file.seek(0, 2)
    if at + length > end:
        raise _UnusualError
    file.seek(at)
    return file.read(length)
