"""Where a layer's file may lie, and the layers that a region asks for."""

from __future__ import annotations

import argparse
import difflib
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import pooch

from pipeline.core.command import project_root
from pipeline.core.config import Region
from pipeline.core.errors import input_error
from pipeline.core.layers import Layer, LayerRole, Registry, read_registry

DATA_ROOT_VARIABLE: Final = "NATECH_DATA_ROOT"
CACHE_VARIABLE: Final = "NATECH_CACHE"
Origin = Literal["shipped", "data_root", "cache"]
Bounds = tuple[float, float, float, float]

INPUT_USE: Final = "inputs"
"""Use of a layer that a derived layer is computed from."""

OPTIONAL_USES: Final[dict[str, str]] = {
    "optional_hazards": "hazards",
    "optional_climate_factors": "climate_factors",
}
"""Keys of a region's optional layers, and their use when they are there."""

ROLE_OF_USE: Final[dict[str, LayerRole]] = {
    "borders": LayerRole.BORDERS,
    "boundary_lines": LayerRole.BOUNDARY_LINES,
    "rivers": LayerRole.RIVERS,
    "lakes": LayerRole.LAKES,
    "flow_direction": LayerRole.OTHER,
    "reach_of_cell": LayerRole.OTHER,
    "canals": LayerRole.OTHER,
    "places": LayerRole.PLACES,
    "receptors": LayerRole.OTHER,
    "population": LayerRole.POPULATION,
    "relief": LayerRole.RELIEF,
    "basin": LayerRole.BASIN,
    "hazards": LayerRole.HAZARD,
    "climate_factors": LayerRole.CLIMATE_FACTORS,
    "climate_baselines": LayerRole.OTHER,
}


@dataclass(frozen=True, slots=True)
class Places:
    """Folders that are searched for a layer, in this order."""

    shipped: Path
    data_roots: tuple[Path, ...]
    cache: Path
    own: tuple[Path, ...] = ()
    """Folders of the region's own registries; what lies there is the region's own."""

    def candidates(
        self, layer: Layer, bbox: Bounds | None = None
    ) -> tuple[tuple[Path, Origin], ...]:
        """Every path at which the layer may lie, the first one wins.

        Of a layer that is fetched for one region alone, the cache holds a file for
        each box.
        """
        if not layer.file:
            return ()
        return (
            (self.shipped / layer.file, "shipped"),
            *((folder / layer.file, "shipped") for folder in self.own),
            *((root / layer.file, "data_root") for root in self.data_roots),
            (cached_path(self.cache, layer, bbox), "cache"),
        )

    def find(
        self, layer: Layer, bbox: Bounds | None = None
    ) -> tuple[Path, Origin] | None:
        """First path at which there is something; None where there is nothing."""
        for path, origin in self.candidates(layer, bbox):
            if path.exists():
                return path, origin
        return None


def cached_path(cache: Path, layer: Layer, bbox: Bounds | None) -> Path:
    """Path of a layer in the download cache; it tells the box where it is cut to one.

    Parameters
    ----------
    bbox
        West, south, east, north of the region in degrees, without margin.
    """
    path = cache / layer.file
    if layer.source is None or not layer.source.only_region or bbox is None:
        return path
    words = "_".join(f"{letter}{v:g}" for letter, v in zip("wsen", bbox, strict=True))
    key = f"{words}_m{layer.source.margin_deg:g}"
    return path.with_name(f"{path.stem}.{key}{path.suffix}")


def add_place_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--data-root`` and ``--cache``."""
    parser.add_argument(
        "--data-root",
        type=Path,
        action="append",
        default=[],
        help="folder with further layers, laid out as the registry says; may be "
        f"repeated (else {DATA_ROOT_VARIABLE}, folders separated by {os.pathsep!r})",
    )
    parser.add_argument(
        "--cache",
        type=Path,
        default=None,
        help=f"folder for downloads (else {CACHE_VARIABLE}, else the user's cache)",
    )


def places_of(region: Region, data_roots: Iterable[Path], cache: Path | None) -> Places:
    """Folders to search for a region's layers; see `places_for`."""
    own = tuple(region.resolve(path).parent for path in region.config.registries)
    return places_for(region.layers_folder(project_root()), data_roots, cache, own)


def places_for(
    shipped: Path,
    data_roots: Iterable[Path],
    cache: Path | None,
    own: tuple[Path, ...] = (),
) -> Places:
    """Folders to search, from the options and the environment.

    Raises
    ------
    InputError
        If a data root is not a folder.
    """
    roots = tuple(data_roots)
    source = "--data-root"
    if not roots:
        words = os.environ.get(DATA_ROOT_VARIABLE, "").split(os.pathsep)
        roots = tuple(Path(word) for word in words if word)
        source = DATA_ROOT_VARIABLE
    for root in roots:
        if not root.is_dir():
            raise input_error(
                source,
                found=f"{root}, which is no folder",
                expected="a folder with layers",
                fix="check the path",
            )
    if cache is None:
        cache = Path(os.environ.get(CACHE_VARIABLE) or pooch.os_cache("natech"))
    return Places(shipped, roots, cache, own)


def workflow_options(
    config: Mapping[str, Any], environment: Mapping[str, str]
) -> list[str]:
    """Options of this stage's command, from the workflow's settings.

    Parameters
    ----------
    config
        Snakemake's configuration; ``data_root`` (one folder or a list), ``cache``,
        ``offline`` and ``accept_unverified`` are used.
    environment
        Environment, for the data roots where the configuration names none.
    """
    named = config.get("data_root")
    if named is None:
        words = environment.get(DATA_ROOT_VARIABLE, "").split(os.pathsep)
        roots = [word for word in words if word]
    else:
        roots = [str(x) for x in (named if isinstance(named, list) else [named])]
    options = [word for root in roots for word in ("--data-root", root)]
    if config.get("cache") is not None:
        options += ["--cache", str(config["cache"])]
    for key in ("offline", "accept_unverified"):
        if str(config.get(key, "")).lower() in ("true", "1", "yes"):
            options.append("--" + key.replace("_", "-"))
    return options


def registry_paths(region: Region) -> tuple[Path, ...]:
    """The project's registry and those that the region adds."""
    own = (region.resolve(path) for path in region.config.registries)
    return (project_root() / "layers" / "registry.yaml", *own)


def read_registries(paths: Iterable[Path]) -> Registry:
    """Read several registries as one; an id may stand in one of them only."""
    layers: dict[str, Layer] = {}
    for path in paths:
        for layer in read_registry(path).layers:
            if layer.id in layers:
                raise input_error(
                    path,
                    field=layer.id,
                    found="an id that another registry has as well",
                    expected="ids that are new",
                    fix="rename the row, for example with the region as prefix",
                )
            layers[layer.id] = layer
    return Registry(layers=tuple(layers.values()))


def wanted_layers(
    region: Region, registry: Registry
) -> dict[str, tuple[Layer, tuple[str, ...]]]:
    """Layers that the region names, sorted by id, with the keys that name them.

    Raises
    ------
    InputError
        If a layer is not in the registry or cannot serve the key that names it.
    """
    rows = registry.by_id()
    uses: dict[str, list[str]] = {}
    for use, ids in region.config.layers.uses().items():
        for layer_id in ids:
            if layer_id not in rows:
                near = difflib.get_close_matches(layer_id, rows, n=1)
                raise input_error(
                    region.path,
                    field=f"layers.{use}",
                    found=layer_id,
                    expected="the id of a row of the layer registry",
                    fix=f"write {near[0]!r}, if that is meant"
                    if near
                    else "add a row to layers/registry.yaml or to a registry of yours",
                )
            _check_role(region, use, rows[layer_id])
            uses.setdefault(layer_id, []).append(use)
    _add_inputs(region, rows, uses)
    return {key: (rows[key], tuple(uses[key])) for key in sorted(uses)}


def _add_inputs(
    region: Region, rows: Mapping[str, Layer], uses: dict[str, list[str]]
) -> None:
    """Add the layers that derived layers are computed from, and theirs."""
    waiting: list[tuple[str, tuple[str, ...]]] = [(key, (key,)) for key in uses]
    while waiting:
        layer_id, way = waiting.pop()
        derivation = rows[layer_id].derivation
        for role, source in (derivation.inputs if derivation else {}).items():
            if source not in rows or source in way:
                why = "needs it itself" if source in way else "no registry has"
                raise input_error(
                    region.path,
                    field=f"{layer_id}.derivation.inputs.{role}",
                    found=f"{source!r}, which {why}",
                    expected="the id of a row of the layer registry",
                    fix="correct the row of the derived layer",
                )
            named = uses.setdefault(source, [])
            if INPUT_USE not in named:
                named.append(INPUT_USE)
            waiting.append((source, (*way, source)))


def _check_role(region: Region, use: str, layer: Layer) -> None:
    is_derived = (use, layer.role) in (
        ("rivers", LayerRole.RELIEF),
        ("climate_baselines", LayerRole.HAZARD),
    )
    use_of_role = OPTIONAL_USES.get(use, use)
    if layer.role is not ROLE_OF_USE[use_of_role] and not is_derived:
        raise input_error(
            region.path,
            field=f"layers.{use}",
            found=f"{layer.id!r}, which has the role {layer.role.value!r}",
            expected=f"a layer with the role {ROLE_OF_USE[use_of_role].value!r}",
            fix="name another layer, or move it to the key that it is for",
        )
