"""River line layers that the stage understands, one file each.

A file in this folder offers ``FORMAT``, a `NetworkFormat` that says by which columns
the layer is recognised and what they are called. It is found by being there.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from pipeline.core.errors import input_error

_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})

KEY_FIELDS: Final = ("source_id", "next_id")
TEXT_FIELDS: Final = (
    "name",
    "name_ru",
    "lake",
    "lake_name",
    "terminal",
    "country_left",
    "country_right",
    "discharge_status",
    "discharge_how",
)
NUMBER_FIELDS: Final = (
    "length_m",
    "slope",
    "area_km2",
    "discharge_m3s",
    "discharge_factor",
    "position_m",
    "strahler",
    "velocity_m_per_s",
    "hydraulic_radius_m",
    "roughness",
)


@dataclass(frozen=True, slots=True)
class NetworkFormat:
    """How a river layer names its columns.

    ``columns`` maps our fields (`KEY_FIELDS`, `TEXT_FIELDS`, `NUMBER_FIELDS`) to the
    names of the layer; besides the keys, those in ``required`` must be there.
    ``factors`` turn the layer's units into ours. ``ends`` lists the values of the next
    id that mean that there is none, ``missing`` the numbers that mean no value.
    """

    name: str
    title: str
    recognised_by: tuple[str, ...]
    columns: Mapping[str, str]
    required: frozenset[str] = frozenset()
    factors: Mapping[str, float] = field(default_factory=lambda: _NOTHING)
    ends: tuple[object, ...] = (None,)
    missing: Mapping[str, tuple[float, ...]] = field(default_factory=lambda: _NOTHING)

    def __post_init__(self) -> None:
        """Refuse a description that names fields which do not exist."""
        known = {*KEY_FIELDS, *TEXT_FIELDS, *NUMBER_FIELDS}
        unknown = (set(self.columns) | self.required | set(self.factors)) - known
        if unknown or not set(KEY_FIELDS) <= set(self.columns):
            raise ValueError(f"{self.name}: unknown fields {sorted(unknown)} or no key")


@cache
def all_formats() -> tuple[NetworkFormat, ...]:
    """Every format of this folder, in the order of the file names."""
    modules = sorted(pkgutil.iter_modules(__path__), key=lambda info: info.name)
    return tuple(
        importlib.import_module(f"{__name__}.{info.name}").FORMAT for info in modules
    )


def recognise(columns: Iterable[str], path: Path) -> NetworkFormat:
    """Find the format of a layer by its columns.

    Raises
    ------
    InputError
        If no format fits, with what the formats look for.
    """
    there = {column.lower() for column in columns}
    for known in all_formats():
        if all(column.lower() in there for column in known.recognised_by):
            return known
    wanted = "; ".join(
        f"{known.title}: {', '.join(known.recognised_by)}" for known in all_formats()
    )
    raise input_error(
        path,
        found=f"columns {sorted(columns)}",
        expected=f"the columns of a known river layer ({wanted})",
        fix="rename the columns, or describe the layer in pipeline/rivers/networks",
    )
