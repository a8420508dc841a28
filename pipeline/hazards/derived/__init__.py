"""Methods that derive a hazard from other layers; a file is found by being here.

What a file offers is told in `pipeline.hazards.derivation`.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from typing import cast

from pipeline.core.errors import input_error
from pipeline.hazards.derivation import Method


@cache
def method_names() -> tuple[str, ...]:
    """Names of all methods."""
    return tuple(sorted(info.name for info in pkgutil.iter_modules(__path__)))


def method_for(name: str, layer_id: str) -> Method:
    """Method of a derived layer; imported when it is asked for.

    Raises
    ------
    InputError
        If no file in this folder has the name.
    """
    if name not in method_names():
        raise input_error(
            "layers/registry.yaml",
            field=f"{layer_id}.derivation.method",
            found=name,
            expected=f"one of {', '.join(method_names())}",
            fix="correct the name, or add a file to pipeline/hazards/derived",
        )
    return cast(Method, importlib.import_module(f"{__name__}.{name}"))
