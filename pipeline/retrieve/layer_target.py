"""Where a new row and its file go: registry, folder, and the region's own list."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import yaml

from pipeline.core.command import project_root
from pipeline.core.config import Region, RegionConfig
from pipeline.core.errors import input_error
from pipeline.core.files import sha256, whole_file, whole_folder, write_text
from pipeline.core.layers import Layer, read_registry
from pipeline.core.records import load_record
from pipeline.retrieve.layer_text import row_text
from pipeline.retrieve.yaml_edit import dash_column, with_listed, with_row

_SIDE_SUFFIXES: Final = {
    ".shp": (".shx", ".dbf", ".prj", ".cpg"),
    ".tif": (".tfw",),
    ".asc": (".prj",),
    ".bil": (".hdr", ".prj", ".blw"),
    ".flt": (".hdr", ".prj"),
}
_NEW_REGISTRY: Final = """\
# Layers of our own, in the form of the project's layers/registry.yaml. 'file' is the
# path below this folder, the region's layers folder or a data root.

layers: []
"""


@dataclass(frozen=True, slots=True)
class Target:
    """Registry to write to, path that the row names, and where a copy goes."""

    registry: Path
    file: str
    copy_to: Path | None


def project_registry() -> Path:
    """The registry that ships with the project."""
    return project_root() / "layers" / "registry.yaml"


def registry_for(region: Region | None, named: Path | None) -> Path:
    """Registry that a row belongs to.

    The named one; else the region's own; else the project's for a region of the
    project, and a new file beside the region's for all others.
    """
    if named is not None:
        return named
    if region is None:
        return project_registry()
    if region.config.registries:
        return region.resolve(region.config.registries[-1])
    if region.path.resolve().is_relative_to(project_root() / "configs"):
        return project_registry()
    return region.path.parent / "registry.yaml"


def target_of(
    path: Path,
    region: Region | None,
    registry: Path,
    data_roots: Sequence[Path],
    *,
    may_copy: Callable[[Path], bool],
) -> Target:
    """Path that finds the file again, or where to copy it.

    Parameters
    ----------
    may_copy
        Asked with the place of the copy, only where the file lies nowhere that is
        searched.

    Raises
    ------
    InputError
        If the file lies nowhere that is searched and copying is not allowed, or it
        cannot be copied alone.
    """
    is_own = registry.resolve() != project_registry()
    shipped = None if region is None else region.layers_folder(project_root())
    folders = [folder for folder in (shipped, *data_roots) if folder is not None]
    if is_own:
        folders.append(registry.parent)
    whole = path.resolve()
    for folder in folders:
        if whole.is_relative_to(folder.resolve()):
            file = whole.relative_to(folder.resolve()).as_posix()
            return Target(registry, file, None)
    if is_own:
        home, file = registry.parent, f"layers/{path.name}"
    elif shipped is not None:
        home, file = shipped, path.name
    else:
        raise _nowhere(path, "name the folder that holds it with --data-root, or "
                       "--region and --copy")  # fmt: skip
    if not may_copy(home / file):
        raise _nowhere(
            path, f"add --copy (to {home / file}), or name its folder with --data-root"
        )
    if path.suffix.lower() == ".vrt":
        raise _nowhere(
            path, "name its folder with --data-root; a VRT cannot be copied alone"
        )
    return Target(registry, file, home / file)


def _nowhere(path: Path, fix: str) -> Exception:
    return input_error(
        path,
        found="a file outside of every folder that is searched for layers",
        expected="a file in the region's layers folder, beside its registry, or in a "
        "data root",
        fix=fix,
    )


def copy_layer(path: Path, target: Path) -> None:
    """Copy a file, what belongs to it, or a folder, whole or not at all.

    Raises
    ------
    InputError
        If there is something else at the target.
    """
    if target.exists():
        if sha256(target) == sha256(path):
            return
        raise input_error(
            target,
            found="another file of that name",
            expected="a free name",
            fix="rename the new file, or move the old one away",
        )
    if path.is_dir():
        with whole_folder(target) as part:
            shutil.copytree(path, part, dirs_exist_ok=True)
        return
    for suffix in _SIDE_SUFFIXES.get(path.suffix.lower(), ()):
        side = path.with_suffix(suffix)
        if side.is_file():
            with whole_file(target.with_suffix(suffix)) as part:
                shutil.copyfile(side, part)
    with whole_file(target) as part:
        shutil.copyfile(path, part)


def write_row(layer: Layer, target: Target, use_in: Region | None) -> list[Path]:
    """Write the row, and the layer's id into a region's list of hazards.

    Everything is put together and checked before the first file is written.

    Parameters
    ----------
    use_in
        Region whose hazards name the layer from now on; None: no region.

    Returns
    -------
    list of Path
        Files that were written.

    Raises
    ------
    InputError
        If the id is taken, or a file is written in a way that cannot be added to.
    """
    registry = target.registry
    old = registry.read_text(encoding="utf-8") if registry.exists() else _NEW_REGISTRY
    if registry.exists() and layer.id in read_registry(registry).by_id():
        raise taken(registry, layer.id)
    column = dash_column(old, "layers", registry)
    new = with_row(old, "layers", row_text(layer, column), column, registry)
    region_text = None if use_in is None else _region_text(layer, target, use_in)
    written = []
    write_text(registry, new)
    written.append(registry)
    if use_in is not None and region_text is not None:
        write_text(use_in.path, region_text)
        written.append(use_in.path)
    return written


def taken(registry: Path, layer_id: str) -> Exception:
    """Build the error for an id that exists already."""
    return input_error(
        registry,
        field="--id",
        found=f"a row {layer_id!r} already",
        expected="an id that is new",
        fix="choose another id, for example with the region as prefix",
    )


def _region_text(layer: Layer, target: Target, region: Region) -> str:
    """Text of the region's file that names the layer and its registry."""
    text = region.path.read_text(encoding="utf-8")
    text = with_listed(text, ("layers", "hazards"), layer.id, region.path)
    known = {region.resolve(path).resolve() for path in region.config.registries}
    known.add(project_registry())
    if target.registry.resolve() not in known:
        name = _relative(target.registry, region.path.parent)
        text = with_listed(text, ("registries",), name, region.path)
    load_record(RegionConfig, yaml.safe_load(text), region.path)
    return text


def _relative(path: Path, folder: Path) -> str:
    try:
        return Path(os.path.relpath(path.resolve(), folder.resolve())).as_posix()
    except ValueError:  # another drive
        return path.resolve().as_posix()
