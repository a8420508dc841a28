"""Samplers by kind of layer; a file here is found by being here.

The file bears the registry's word for the kind (``raster.py``) and offers
``sample(layer, path, places, choices) -> Sampled``.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from pipeline.core.errors import input_error
from pipeline.hazards.samples import Sampler


@cache
def sampler_names() -> dict[str, str]:
    """Full module name of every sampler by the name of its file."""
    return {
        info.name: f"{__name__}.{info.name}" for info in pkgutil.iter_modules(__path__)
    }


def sampler_for(kind: str, layer_id: str) -> Sampler:
    """Sampler of one kind of layer; imported when it is asked for.

    Raises
    ------
    InputError
        If no file in this folder handles the kind.
    """
    names = sampler_names()
    if kind not in names:
        raise input_error(
            "layers/registry.yaml",
            field=f"{layer_id}.kind",
            found=kind,
            expected=f"one of {sorted(names)}",
            fix="correct the kind, or add a sampler to pipeline/hazards/samplers",
        )
    found: Sampler = importlib.import_module(names[kind]).sample
    return found
