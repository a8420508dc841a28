"""Text of a new region's file, with a comment for every key."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Final

from pipeline.core.layers import Layer
from pipeline.retrieve.region_check import COST_OF_ABSENCE

_DEGREE_M: Final = 111_195.0
_CELLS_ACROSS: Final = 500
_LISTS: Final = ("hazards", "climate_factors")
_USE_COMMENTS: Final[dict[str, str]] = {
    "borders": "country polygons",
    "boundary_lines": "boundary lines with their status",
    "rivers": "river network",
    "lakes": "lakes and reservoirs",
    "places": "settlements with people",
    "population": "population raster",
    "relief": "terrain height",
    "basin": "basin outline",
    "hazards": "hazard layers, as many as there are",
    "climate_factors": "change factors under climate scenarios",
}


@dataclass(frozen=True, slots=True)
class RegionDraft:
    """What is known of a new region."""

    id: str
    title_en: str
    title_ru: str
    bounds: tuple[float, float, float, float]
    metric_crs: str
    countries: tuple[str, ...]
    inventory: str
    layers_folder: str | None
    layers: dict[str, tuple[tuple[Layer, bool], ...]]
    columns: str | None = None


def region_text(draft: RegionDraft) -> str:
    """Text of the region's file (YAML)."""
    west, south, east, north = draft.bounds
    head = f"""\
# One region, described completely by this file. Paths are relative to this file.
# Types and limits of all keys: configs/schema/region.schema.json.
# See what is missing, and what that costs, with: natech check-region <this file>

# Key of the region; the file has the same name.
region: {draft.id}

# Title on the pages, in each language.
title:
  en: {_quoted(draft.title_en)}
  ru: {_quoted(draft.title_ru)}

# Box that holds all facilities, degrees (WGS 84). A row outside stops the run, unless
# it names another river basin.
bbox:
  west_deg: {west:g}
  south_deg: {south:g}
  east_deg: {east:g}
  north_deg: {north:g}

# Projected CRS in metres for areas and buffers (EPSG code or PROJ text).
metric_crs: {_quoted(draft.metric_crs)}

# Countries of the region (ISO 3166-1 alpha-2).
countries: [{", ".join(_quoted(code) for code in draft.countries)}]

# River basins as the inventory names them; rows that state another basin are left out
# and listed. Empty: all rows stay.
river_basins: []

# Inventory files. 'reader' names the format, 'values' a table with the source of every
# value, 'source' the citation for values without a source of their own, 'columns' the
# description of a table whose columns have names of their own (reader: table).
inventory:
  - path: {_quoted(draft.inventory)}
{_reader(draft.columns)}
# Polygons of facilities (dam, pond, slope above, catchment ...), if there are any; the
# form stands in docs/inventory-format.md.
zones: []

# What the tailings are made of, where a laboratory says so (docs/inventory-format.md).
compositions: []

# Registries of your own layers, in the form of the project's layers/registry.yaml.
registries: []
{_layers_folder(draft.layers_folder)}
# Layers by use. A layer that is not on this machine is reported, not invented.
layers:
"""
    uses = "".join(_use(use, rows) for use, rows in draft.layers.items())
    return head + uses + _maps(draft.bounds) + _TAIL


def _reader(columns: str | None) -> str:
    if columns is None:
        return "    reader: natech-csv\n"
    return f"    reader: table\n    columns: {_quoted(columns)}\n"


def _maps(bounds: tuple[float, float, float, float]) -> str:
    """Grid of the regional maps: about 500 round cells across the box."""
    west, south, east, north = bounds
    middle = math.radians((south + north) / 2)
    wanted_m = (east - west) * math.cos(middle) * _DEGREE_M / _CELLS_ACROSS
    power = 10.0 ** math.floor(math.log10(wanted_m))
    cell_m = max(step * power for step in (1, 2, 5) if step * power <= wanted_m)
    return f"""
# Grid of the regional hazard maps, in metric_crs: about 500 cells across the box. Half
# the cell of the finest layer is fine enough. Without this key no maps are made.
maps:
  cell_m: {cell_m:g}
"""


_TAIL: Final = """
# InSAR products that cover a part of the region; without one the motion of every
# facility is 'not covered'. An example:
#   - id: egms-l3-up
#     path: insar/EGMS_L3_up.zip
#     reader: egms
displacement: []

# Climate cases besides the present. They need a table of change factors, or hazard
# layers with a scenario.
climate:
  - {scenario: ssp245, horizon: 2041-2060}
  - {scenario: ssp585, horizon: 2041-2060}

# Languages of the pages; the first is the main one.
languages: [en, ru]
"""


def _layers_folder(folder: str | None) -> str:
    if folder is None:
        return (
            "\n# Folder with this region's own layers; if left out, layers/<region> of "
            "the project.\n# layers_folder: layers\n"
        )
    return (
        "\n# Folder with this region's layers: those that ship with the project cover "
        f"the box.\nlayers_folder: {_quoted(folder)}\n"
    )


def _use(use: str, rows: tuple[tuple[Layer, bool], ...]) -> str:
    lines = [f"  # {_USE_COMMENTS[use]}; without: {COST_OF_ABSENCE[use]}"]
    general = [(layer, is_here) for layer, is_here in rows if not layer.basins]
    at_hand = [layer for layer, is_here in general if is_here]
    named = at_hand or [layer for layer, _ in general]
    others = [layer for layer, _ in rows if layer not in named]
    if use in _LISTS:
        lines.append(f"  {use}:" if named else f"  {use}: []")
        lines += [f"    - {layer.id} # {layer.title.en}" for layer in named]
        lines += [f"    # - {layer.id} # {_title(layer)}" for layer in others]
    elif named:
        lines.append(f"  {use}: {named[0].id} # {named[0].title.en}")
        others = named[1:] + others
    else:
        lines.append(f"  # {use}: (no registered layer covers the box)")
    if use not in _LISTS:
        lines += [f"  # {use}: {layer.id} # {_title(layer)}" for layer in others]
    if use == "hazards":
        lines += [
            "  # hazard layers that are used where a data root or the cache holds them",
            "  optional_hazards: []",
        ]
    return "\n".join(lines) + "\n"


def _title(layer: Layer) -> str:
    """Title, with the basins that the layer is limited to."""
    if not layer.basins:
        return layer.title.en
    return f"{layer.title.en}; only for the basin of the {', '.join(layer.basins)}"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
