"""A row of the registry as text, in the form of the shipped registry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import yaml

from pipeline.core.layers import Layer

_EXACT: Final = 1e15


class _Flow(dict[str, Any]):
    """A mapping written on one line."""


class _FlowList(list[Any]):
    """A list written on one line."""


class _Dumper(yaml.SafeDumper):
    """Writes short records on one line, as the shipped registry does."""


_Dumper.add_representer(
    _Flow,
    lambda dumper, data: dumper.represent_mapping(
        "tag:yaml.org,2002:map", data, flow_style=True
    ),
)
_Dumper.add_representer(
    _FlowList,
    lambda dumper, data: dumper.represent_sequence(
        "tag:yaml.org,2002:seq", data, flow_style=True
    ),
)


def row_text(layer: Layer, indent: int) -> str:
    """Text of a row of a registry; ``indent`` is the column of its dash."""
    content = layer.model_dump(mode="json", exclude_defaults=True)
    content |= {"crs": layer.crs, "nodata": layer.nodata}  # required, also as null
    content["zero_is"] = layer.zero_is
    if layer.kind == "raster":
        content |= {"sampling": layer.sampling, "nodata_is": layer.nodata_is}
    ordered: dict[str, Any] = {
        key: content[key] for key in Layer.model_fields if key in content
    }
    for key in ("points", "classes"):
        if key in ordered:
            ordered[key] = _Flow(ordered[key])
    if "bands" in ordered:
        ordered["bands"] = [_Flow(_band(band)) for band in ordered["bands"]]
    for key in ("extent", "columns"):
        if key in ordered:
            ordered[key] = _FlowList(ordered[key])
    text = yaml.dump(
        _whole(ordered), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=92
    )
    pad = " " * indent
    lines = text.splitlines()
    head = [f"{pad}- {lines[0]}"]
    return "\n".join(head + [f"{pad}  {line}" if line else "" for line in lines[1:]])


def _band(band: Mapping[str, Any]) -> dict[str, Any]:
    known = {key: value for key, value in band.items() if value is not None}
    return {"level": known.pop("level"), "band": known.pop("band", 1), **known}


def _whole(value: Any) -> Any:
    """The same content, with whole numbers written without a point."""
    if isinstance(value, dict):
        return type(value)({key: _whole(item) for key, item in value.items()})
    if isinstance(value, list):
        return type(value)(_whole(item) for item in value)
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT:
        return int(value)
    return value
