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


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Turn a skip into a failure for the markers named in NATECH_NO_SKIP.

    Continuous integration names ``browser`` and ``real_data`` there, so that a missing
    browser or missing data cannot make a run look green.
    """
    outcome = yield
    report = outcome.get_result()
    forbidden = os.environ.get("NATECH_NO_SKIP", "").split()
    if report.skipped and any(item.get_closest_marker(name) for name in forbidden):
        report.outcome = "failed"
        report.longrepr = f"skipped where a skip is forbidden: {report.longrepr}"
