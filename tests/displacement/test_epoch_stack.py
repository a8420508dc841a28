"""Stacks of epochs give the values that the HDF5 library gives, however they lie."""

from __future__ import annotations

import h5py
import numpy as np
import pytest

from pipeline.core.errors import InputError
from pipeline.displacement.reading import epoch_stack
from pipeline.displacement.reading.epoch_stack import EpochStack, Piece

SHAPE = (11, 37, 29)
VALUES = np.random.default_rng(5).normal(size=SHAPE).astype(np.float32)
LAYOUTS = {
    "one run": {},
    "chunks": {"chunks": (4, 16, 16)},
    "one chunk per epoch": {"chunks": (1, 37, 29)},
    "all epochs in a chunk": {"chunks": (11, 20, 29)},
    "small chunks": {"chunks": (11, 5, 5)},
    "packed": {"chunks": (4, 16, 16), "compression": "gzip"},
    "checksums": {"chunks": (4, 16, 16), "fletcher32": True},
    "big endian": {"dtype": ">f4"},
    "doubles": {"dtype": "f8", "chunks": (4, 16, 16)},
}
DIRECT = {"one run", "chunks", "one chunk per epoch", "all epochs in a chunk"}


def read_back(path, name="stack"):
    """All pieces put together, how often each cell was read, and whether directly."""
    found, times = np.full(SHAPE, np.nan, np.float32), np.zeros(SHAPE[1:], int)
    with h5py.File(path) as handle, EpochStack(handle[name], path) as epochs:
        room = epochs.room()
        for piece in epochs.pieces:
            block = epochs.read(piece, room)
            assert block.flags.c_contiguous
            assert block.dtype == np.float32
            found[:, piece.rows, piece.columns] = block.reshape(-1, *piece.shape)
            times[piece.rows, piece.columns] += 1
        return found, times, epochs.is_direct


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("piece_bytes", [1, 5_000, 1 << 20])
def test_pieces_hold_the_values_of_the_library(
    tmp_path, monkeypatch, layout, piece_bytes
):
    monkeypatch.setattr(epoch_stack, "_DIRECT_BYTES", piece_bytes)
    monkeypatch.setattr(epoch_stack, "_LIBRARY_BYTES", piece_bytes)
    path = tmp_path / "series.h5"
    with h5py.File(path, "w") as handle:
        handle["before"] = np.arange(3)
        handle.create_dataset("stack", data=VALUES, **LAYOUTS[layout])
        handle["behind"] = np.arange(5)
    found, times, is_direct = read_back(path)
    np.testing.assert_array_equal(found, VALUES)
    assert (times == 1).all()
    assert is_direct == (layout in DIRECT)


def test_chunks_that_were_never_written_hold_the_fill_value(tmp_path):
    path = tmp_path / "series.h5"
    with h5py.File(path, "w") as handle:
        stack = handle.create_dataset(
            "stack", SHAPE, "f4", chunks=(4, 16, 16), fillvalue=-9.0
        )
        stack[:4, :16, :16] = VALUES[:4, :16, :16]
    found, _, is_direct = read_back(path)
    expected = np.full(SHAPE, -9.0, np.float32)
    expected[:4, :16, :16] = VALUES[:4, :16, :16]
    np.testing.assert_array_equal(found, expected)
    assert not is_direct


def test_a_stack_without_any_data_holds_the_fill_value(tmp_path):
    path = tmp_path / "series.h5"
    with h5py.File(path, "w") as handle:
        handle.create_dataset("stack", SHAPE, "f4", fillvalue=2.0)
    found, _, is_direct = read_back(path)
    assert (found == 2.0).all()
    assert not is_direct


def test_a_file_with_a_user_block_is_left_to_the_library(tmp_path):
    path = tmp_path / "series.h5"
    with h5py.File(path, "w", userblock_size=512) as handle:
        handle["stack"] = VALUES
    found, _, is_direct = read_back(path)
    np.testing.assert_array_equal(found, VALUES)
    assert not is_direct


def test_a_virtual_stack_is_left_to_the_library(tmp_path):
    path = tmp_path / "series.h5"
    with h5py.File(tmp_path / "part.h5", "w") as handle:
        handle["stack"] = VALUES
    with h5py.File(path, "w") as handle:
        layout = h5py.VirtualLayout(SHAPE, "f4")
        layout[...] = h5py.VirtualSource(tmp_path / "part.h5", "stack", SHAPE)
        handle.create_virtual_dataset("stack", layout)
    found, _, is_direct = read_back(path)
    np.testing.assert_array_equal(found, VALUES)
    assert not is_direct


def test_a_file_that_loses_its_end_while_it_is_read_is_told(tmp_path):
    path = tmp_path / "series.h5"
    with h5py.File(path, "w") as handle:
        handle["stack"] = VALUES
    with h5py.File(path) as handle, EpochStack(handle["stack"], path) as epochs:
        with path.open("r+b") as file:
            file.truncate(path.stat().st_size - 100)
        with pytest.raises(InputError, match="ends before its data"):
            epochs.read(epochs.pieces[-1], epochs.room())


def test_pieces_know_their_size():
    piece = Piece(slice(3, 5), slice(10, 17))
    assert piece.shape == (2, 7)
    assert piece.n_cells == 14
