"""Stacks of epochs (epochs, rows, columns) in HDF5, piece by piece.

A piece is a part of the grid through all epochs, small enough to be worked on in the
cache. Where a file holds plain float32, in chunks without filters or in one run, pieces
are read from their places in the file, by several threads at once; the HDF5 library
takes several times as long for these and reads one piece at a time. Whatever is stored
otherwise (compressed, doubles, chunks that were never written) is read by the library.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from pipeline.core.errors import input_error

_DIRECT_BYTES: Final = 4 << 20
_LIBRARY_BYTES: Final = 32 << 20
_FEWEST_CELLS: Final = 256
"""Smaller chunks are left to the library: each piece costs some work of its own."""


class Piece(NamedTuple):
    """A part of the grid."""

    rows: slice
    columns: slice

    @property
    def shape(self) -> tuple[int, int]:
        """Number of rows and columns."""
        return (
            self.rows.stop - self.rows.start,
            self.columns.stop - self.columns.start,
        )

    @property
    def n_cells(self) -> int:
        """Number of cells."""
        height, width = self.shape
        return height * width


@dataclass(frozen=True, slots=True)
class _Places:
    """Where chunks begin: bytes, shape (epoch, row and column chunks)."""

    chunk: tuple[int, int, int]
    start: NDArray[np.int64]


class EpochStack:
    """A data set (epochs, rows, columns) that is read by pieces.

    Parameters
    ----------
    stack
        Open data set, with at least one epoch and cell.
    path
        Its file.
    """

    def __init__(self, stack: Any, path: Path) -> None:
        self._stack, self._path = stack, path
        self._places = _places(stack)
        self._file: int | None = None
        self.pieces = self._cut()

    def __enter__(self) -> Self:
        if self._places is not None:
            self._file = os.open(self._path, os.O_RDONLY)
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            os.close(self._file)

    @property
    def is_direct(self) -> bool:
        """Whether pieces are read from their places in the file."""
        return self._places is not None

    def room(self) -> NDArray[np.float32]:
        """Memory that the largest piece fits into; each thread needs its own."""
        return np.empty(len(self._stack) * self._most_cells, dtype=np.float32)

    def read(self, piece: Piece, room: NDArray[np.float32]) -> NDArray[np.float32]:
        """Values of a piece, shape (epochs, cells), C order, mostly within ``room``.

        Raises
        ------
        InputError
            If the file ends before its data.
        """
        if self._places is None or self._file is None:
            return self._read_by_library(piece, room)
        return self._read_directly(self._places, self._file, piece, room)

    def _cut(self) -> list[Piece]:
        n_epochs, n_rows, width = self._stack.shape
        if self._places is None:
            chunk = self._stack.chunks[1] if self._stack.chunks else 1
            fitting = _LIBRARY_BYTES // (4 * n_epochs * width)
            step = min(max(fitting // chunk * chunk, chunk), n_rows)
            self._most_cells = step * width
            every = slice(0, width)
            return [Piece(rows, every) for rows in _slices(0, n_rows, step)]
        _, height, chunk_width = self._places.chunk
        fitting = _DIRECT_BYTES // (4 * n_epochs * chunk_width)
        step = min(max(fitting, 1), height)
        self._most_cells = step * chunk_width
        return [
            Piece(rows, columns)
            for band in _slices(0, n_rows, height)
            for rows in _slices(band.start, band.stop, step)
            for columns in _slices(0, width, chunk_width)
        ]

    def _read_by_library(
        self, piece: Piece, room: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        shape = (len(self._stack), *piece.shape)
        block = room[: shape[0] * piece.n_cells].reshape(shape)
        self._stack.read_direct(block, np.s_[:, piece.rows, piece.columns])
        return block.reshape(shape[0], -1)

    def _read_directly(
        self, places: _Places, file: int, piece: Piece, room: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        n_epochs = len(self._stack)
        depth, height, width = places.chunk
        within = piece.rows.start % height
        n_rows = piece.shape[0]
        run = n_rows * width
        starts = places.start[
            :, piece.rows.start // height, piece.columns.start // width
        ]
        block = room[: n_epochs * run].reshape(n_epochs, run)
        together = depth if n_rows == height else 1
        for epoch in range(0, n_epochs, together):
            layer, chunk = epoch % depth, epoch // depth
            skipped = 4 * width * (layer * height + within)
            target = block[epoch : min(epoch + together, n_epochs)]
            self._fill(file, int(starts[chunk]) + skipped, target)
        if piece.n_cells == run:
            return block
        wide = block.reshape(n_epochs, n_rows, width)
        inside = wide[:, :, : piece.shape[1]]
        return np.ascontiguousarray(inside).reshape(n_epochs, -1)

    def _fill(self, file: int, start: int, target: NDArray[np.float32]) -> None:
        view = target.reshape(-1).view(np.uint8).data
        while view:
            n = os.preadv(file, [view], start)
            if n == 0:
                raise input_error(
                    self._path,
                    found="a file that ends before its data",
                    expected="a complete HDF5 file",
                    fix="copy or download the file again",
                )
            view, start = view[n:], start + n


def _slices(start: int, stop: int, step: int) -> list[slice]:
    return [slice(at, min(at + step, stop)) for at in range(start, stop, step)]


def _places(stack: Any) -> _Places | None:
    """Places of the chunks; None where bytes of the file are not the numbers."""
    plain = stack.dtype == np.float32 and stack.dtype.isnative
    if not plain or stack.file.userblock_size or stack.is_virtual or stack.external:
        return None
    if stack.chunks is None:
        start = stack.id.get_offset()
        if start is None:
            return None
        return _Places(stack.shape, np.full((1, 1, 1), start, dtype=np.int64))
    if stack.id.get_create_plist().get_nfilters():
        return None
    depth, height, width = stack.chunks
    if height * width < min(_FEWEST_CELLS, stack.shape[1] * stack.shape[2]):
        return None
    counts = [-(-n // c) for n, c in zip(stack.shape, stack.chunks, strict=True)]
    start = np.full(counts, -1, dtype=np.int64)

    def note(chunk: Any) -> None:
        at = chunk.chunk_offset
        start[at[0] // depth, at[1] // height, at[2] // width] = chunk.byte_offset

    stack.id.chunk_iter(note)
    return _Places(stack.chunks, start) if (start >= 0).all() else None
