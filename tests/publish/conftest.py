"""Fixtures of the publish tests: one small site, built once."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from pipeline.publish.stage import run


def _small_site() -> ModuleType:
    name = "natech_small_site"
    if name not in sys.modules:
        path = Path(__file__).with_name("small_site.py")
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return sys.modules[name]


@pytest.fixture(scope="session")
def small() -> ModuleType:
    """Module that makes the small region."""
    return _small_site()


@pytest.fixture(scope="session")
def small_region(
    small: ModuleType, project: Path, tmp_path_factory: pytest.TempPathFactory
) -> Any:
    """Files of the small region, in a folder with a blank and Cyrillic letters."""
    folder = tmp_path_factory.mktemp("малый регион")
    return small.make_region(folder, project / "configs" / "methods.yaml")


@pytest.fixture(scope="session")
def site(small_region: Any) -> Path:
    """Folder of the small region's site."""
    out = small_region.region.parent / "site"
    run(small_region.arguments(out))
    return out
