"""Functions that the Snakefile and the stages' rules call.

They find regions and the files that a region names, so that rules only say what is
made from what.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.core.config import Region, read_region
from pipeline.core.errors import input_error
from pipeline.core.files import code_digest
from pipeline.core.layers import read_registry


def relative_to_project(path: Path, project: Path) -> Path:
    """Path relative to the project where it lies inside, absolute elsewhere."""
    whole = path if path.is_absolute() else (Path.cwd() / path)
    whole = Path(os.path.normpath(whole))
    return whole.relative_to(project) if whole.is_relative_to(project) else whole


def region_files(config: Mapping[str, Any], project: Path) -> dict[str, Path]:
    """Files of all regions by id.

    Parameters
    ----------
    config
        Snakemake's configuration; ``region`` may hold the path of one region's file,
        which then is the only region.
    project
        Folder of the checkout.

    Raises
    ------
    InputError
        If the named file does not exist.
    """
    named = config.get("region")
    if named is None:
        found = sorted((project / "configs" / "regions").glob("*.yaml"))
    else:
        found = [Path(str(named))]
        if not (project / found[0]).exists():
            raise input_error(
                found[0],
                found="no file",
                expected="the file of a region",
                fix="check the path, or use the name of a file in configs/regions",
            )
    return {path.stem: relative_to_project(project / path, project) for path in found}


def inventory_files(region: Region, project: Path) -> list[str]:
    """Inventory files, what describes them, files of zones and of compositions."""
    paths: list[Path] = []
    for source in region.config.inventory:
        paths += filter(None, (source.path, source.values, source.columns))
    paths += [source.path for source in region.config.zones]
    paths += [source.path for source in region.config.compositions]
    return [_shown(region.resolve(path), project) for path in paths]


def displacement_files(region: Region, project: Path) -> list[str]:
    """Files and folders of the displacement sources that the region names."""
    return [
        _shown(region.resolve(source.path), project)
        for source in region.config.displacement
    ]


def layer_files(region: Region, project: Path) -> list[str]:
    """Registries, files beside the region's own ones, and its layers folder."""
    folder = region.layers_folder(project)
    own = [region.resolve(path) for path in region.config.registries]
    registries = [project / "layers" / "registry.yaml", *own]
    beside = {
        path.parent / layer.file
        for path in own
        if path.is_file()
        for layer in read_registry(path).layers
    }
    registries += sorted(path for path in beside if path.is_file())
    shipped = sorted(
        path
        for path in (folder.glob("*") if folder.is_dir() else ())
        if path.is_file() and path.suffix != ".md"
    )
    return [_shown(path, project) for path in (*registries, *shipped)]


def stage_version(project: Path, *folders: str) -> str:
    """Digest of the Python files below some folders, for the rerun check."""
    return code_digest(*(project / folder for folder in folders))


def load_region(path: Path, project: Path) -> Region:
    """Region of a file that is given relative to the project."""
    return read_region(project / path)


def _shown(path: Path, project: Path) -> str:
    return relative_to_project(path, project).as_posix()
