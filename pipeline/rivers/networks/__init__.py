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
    "remark",
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
    ``aliases`` lists further names of a column. A format without ``recognised_by``
    has no keys that lead downstream: it fits layers without such a column.
    """

    name: str
    title: str
    recognised_by: tuple[str, ...]
    columns: Mapping[str, str]
    required: frozenset[str] = frozenset()
    factors: Mapping[str, float] = field(default_factory=lambda: _NOTHING)
    ends: tuple[object, ...] = (None,)
    missing: Mapping[str, tuple[float, ...]] = field(default_factory=lambda: _NOTHING)
    aliases: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: _NOTHING)

    def __post_init__(self) -> None:
        """Refuse a description that names fields which do not exist."""
        known = {*KEY_FIELDS, *TEXT_FIELDS, *NUMBER_FIELDS}
        unknown = (set(self.columns) | self.required | set(self.factors)) - known
        if unknown or (self.has_topology and not set(KEY_FIELDS) <= set(self.columns)):
            raise ValueError(f"{self.name}: unknown fields {sorted(unknown)} or no key")

    @property
    def has_topology(self) -> bool:
        """Whether the layer says which reach follows which."""
        return bool(self.recognised_by)

    def column(self, name: str, there: Mapping[str, str]) -> str | None:
        """Column of the layer for one of our fields, None if it has none.

        Parameters
        ----------
        name
            Our field.
        there
            Columns of the layer by their names in lower case.
        """
        wanted = (self.columns.get(name), *self.aliases.get(name, ()))
        return next(
            (there[w.lower()] for w in wanted if w and w.lower() in there), None
        )


@cache
def all_formats() -> tuple[NetworkFormat, ...]:
    """Every format of this folder, in the order of the file names."""
    modules = sorted(pkgutil.iter_modules(__path__), key=lambda info: info.name)
    return tuple(
        importlib.import_module(f"{__name__}.{info.name}").FORMAT for info in modules
    )


def recognise(columns: Iterable[str], path: Path) -> NetworkFormat:
    """Find the format of a layer whose keys lead downstream, by its columns.

    Raises
    ------
    InputError
        If no format fits, with what the formats look for.
    """
    there = {column.lower() for column in columns}
    formats = [known for known in all_formats() if known.has_topology]
    for known in formats:
        if all(column.lower() in there for column in known.recognised_by):
            return known
    wanted = "; ".join(
        f"{known.title}: {', '.join(known.recognised_by)}" for known in formats
    )
    raise input_error(
        path,
        found=f"columns {sorted(columns)}",
        expected=f"the columns of a known river layer ({wanted})",
        fix="rename the columns, or describe the layer in pipeline/rivers/networks",
    )


def without_topology(columns: Iterable[str]) -> NetworkFormat | None:
    """Format of a layer that does not say which reach follows which, else None.

    A layer with a column in which a known format keeps the next reach is none: if no
    such format fits, it is damaged, and its own topology must not be passed over.
    """
    there = {column.lower() for column in columns}
    formats = all_formats()
    if any(
        known.columns["next_id"].lower() in there
        for known in formats
        if known.has_topology
    ):
        return None
    return next((known for known in formats if not known.has_topology), None)
