"""Tell from a file or folder which reader it is for, without reading its values.

Each reader's ``recognises(path)`` decides; the helpers here are what they look at.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from pipeline.core.errors import InputError
from pipeline.displacement.reading.csv_file import read_header
from pipeline.displacement.reading.hdf import open_hdf5

_TABLES = (".csv", ".zip")
_HDF5 = (".h5", ".hdf5", ".he5", ".nc")


def columns_of(path: Path) -> list[str]:
    """Columns of a point table; none where it is no such file."""
    if path.suffix.lower() not in _TABLES or not path.is_file():
        return []
    try:
        return read_header(path)
    except InputError:
        return []


def in_hdf5(path: Path, test: Callable[[Any], bool]) -> bool:
    """Whether a path is an HDF5 file that passes a test."""
    if path.suffix.lower() not in _HDF5 or not path.is_file():
        return False
    import h5py  # type: ignore[import-untyped]

    try:
        with h5py.File(path, "r") as handle:
            return bool(test(handle))
    except OSError:
        return False


def check_readable(path: Path) -> None:
    """Stop where a table or HDF5 file is damaged, so that nobody can recognise it.

    Raises
    ------
    InputError
        Says what is wrong with it.
    """
    if not path.is_file():
        return
    if path.suffix.lower() in _TABLES:
        read_header(path)
    elif path.suffix.lower() in _HDF5:
        with open_hdf5(path):
            pass


def names_in(path: Path) -> list[str]:
    """Names of the files of a folder, or of a file itself; none if nothing is there."""
    if path.is_dir():
        return sorted(file.name for file in path.iterdir())
    return [path.name] if path.is_file() else []
