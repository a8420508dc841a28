"""Fixtures that all tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
DATA_ROOT = Path(os.environ.get("NATECH_REAL_DATA", PROJECT.parent / "shared" / "data"))


@pytest.fixture(scope="session")
def project() -> Path:
    """Folder of the checkout."""
    return PROJECT


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder with real inputs; the test skips where there is none."""
    if not DATA_ROOT.is_dir():
        pytest.skip("no data root with real inputs (set NATECH_REAL_DATA)")
    return DATA_ROOT
