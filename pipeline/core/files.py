"""Whole-or-absent writes, checksums and provenance records.

A file that carries its final name is complete: writers work on a neighbour that ends
in ``.part`` and rename it at the end. A killed run therefore leaves either the old
file, the new file or a ``.part`` file that the next run overwrites.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pipeline

PART_SUFFIX = ".part"
PROVENANCE_SUFFIX = ".prov.json"
_CHUNK_BYTES = 1 << 20
DECIDING: Final = frozenset({".py", ".yaml", ".json", ".csv", ".j2", ".css", ".js"})
"""Files that decide a result: code, coefficients, words, templates, what pages hold."""


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Yield a temporary neighbour of ``path`` that becomes ``path`` on success.

    The temporary name keeps the suffix (``a.part.gpkg``) because some writers choose
    the format by it. On an exception the temporary file is removed and ``path`` stays
    as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.stem}{PART_SUFFIX}{path.suffix}")
    part.unlink(missing_ok=True)
    try:
        yield part
        with part.open("rb") as handle:
            os.fsync(handle.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Yield a temporary folder that replaces ``path`` on success.

    Between removal of the old folder and the rename there is a moment without either;
    a run killed there leaves the folder absent, never mixed.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + PART_SUFFIX)
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    try:
        yield part
        if path.exists():
            shutil.rmtree(path)
        part.replace(path)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text with line feeds, whole or not at all."""
    with whole_file(path) as part:
        part.write_bytes(text.encode("utf-8"))


def write_json(path: Path, content: Any) -> None:
    """Write JSON with sorted keys, so that equal content gives equal bytes."""
    text = json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True)
    write_text(path, text + "\n")


def sha256(path: Path) -> str:
    """Hexadecimal SHA-256 of a file, read in chunks; of a folder, of all its files."""
    digest = hashlib.sha256()
    if path.is_dir():
        for item in sorted(p for p in path.rglob("*") if p.is_file()):
            digest.update(item.relative_to(path).as_posix().encode())
            digest.update(sha256(item).encode())
        return digest.hexdigest()
    with path.open("rb") as handle:
        while chunk := handle.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def code_digest(*folders: Path) -> str:
    """Twelve hexadecimal digits that change when code or its data below change."""
    digest = hashlib.sha256()
    for folder in folders:
        files = (path for path in folder.rglob("*") if path.suffix in DECIDING)
        for path in sorted(files):
            digest.update(path.relative_to(folder.parent).as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def write_provenance(
    product: Path,
    *,
    stage: str,
    inputs: Iterable[Path],
    parameters: Mapping[str, Any],
    notes: Mapping[str, Any] | None = None,
) -> None:
    """Write ``<product>.prov.json`` beside a published file.

    The record holds the product's and the inputs' checksums, the version and digest
    of the code, and the parameters. It holds no time and no folder of the machine, so
    that equal runs give equal records.
    """
    package = Path(pipeline.__file__).parent
    record = {
        "product": {"file": product.name, "sha256": sha256(product)},
        "stage": stage,
        "inputs": [
            {"file": path.name, "sha256": sha256(path)}
            for path in sorted(inputs, key=lambda p: p.name)
        ],
        "code": {
            "version": pipeline.__version__,
            "digest": code_digest(package / "core", package / stage),
        },
        "parameters": dict(parameters),
        "notes": dict(notes or {}),
    }
    write_json(product.with_name(product.name + PROVENANCE_SUFFIX), record)
