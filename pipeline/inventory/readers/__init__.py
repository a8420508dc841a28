"""Inventory readers, one file each; a reader is registered by being here.

A reader's module offers ``NAME``, ``DESCRIPTION`` and
``read(source: ReaderInput) -> RawInventory``.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pipeline.core.errors import input_error
from pipeline.inventory.raw import RawInventory


@dataclass(frozen=True, slots=True)
class ReaderInput:
    """What a reader is given: files with their paths resolved, and a citation.

    ``columns`` describes the columns of a table that has names of its own.
    """

    path: Path
    values: Path | None = None
    source: str | None = None
    columns: Path | None = None


Reader = Callable[[ReaderInput], RawInventory]


def readers() -> dict[str, Reader]:
    """All readers by their name."""
    found: dict[str, Reader] = {}
    for info in sorted(pkgutil.iter_modules(__path__), key=lambda i: i.name):
        module = importlib.import_module(f"{__name__}.{info.name}")
        found[module.NAME] = module.read
    return found


def reader(name: str, region_file: Path) -> Reader:
    """Reader of that name.

    Raises
    ------
    InputError
        If there is none; the message lists those that exist.
    """
    known = readers()
    if name not in known:
        raise input_error(
            region_file,
            field="inventory.reader",
            found=name,
            expected=f"one of {sorted(known)}",
            fix="correct the name, or add a reader in pipeline/inventory/readers",
        )
    return known[name]
