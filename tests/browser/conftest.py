"""A Chromium without a network, and the small site to open in it."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Route, sync_playwright

from pipeline.publish.stage import run

SMALL_SITE = Path(__file__).parent.parent / "publish" / "small_site.py"


def chromium_path() -> str | None:
    """Chromium named by NATECH_CHROMIUM, or the one on the search path."""
    named = os.environ.get("NATECH_CHROMIUM")
    if named:
        return named
    names = ("chromium", "chromium-browser", "google-chrome")
    return next(filter(None, map(shutil.which, names)), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Headless Chromium; the test skips where there is none."""
    path = chromium_path()
    if path is None:
        pytest.skip("no Chromium (install 'chromium', or set NATECH_CHROMIUM)")
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    arguments = ["--no-sandbox"] if is_root else []
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=arguments)
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def small() -> Any:
    """Module that makes the small region."""
    spec = importlib.util.spec_from_file_location("natech_small_site", SMALL_SITE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules.setdefault("natech_small_site", module)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def site(small: Any, project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the small site, in a folder with a blank and Cyrillic letters."""
    folder = tmp_path_factory.mktemp("сайт на диске")
    region = small.make_region(folder, project / "configs" / "methods.yaml")
    run(region.arguments(folder / "site"))
    return folder / "site"


@pytest.fixture(scope="session")
def toy_site(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the toy region's site, made by the whole workflow in one run."""
    if chromium_path() is None:
        pytest.skip("no Chromium (install 'chromium', or set NATECH_CHROMIUM)")
    region = project / "tests" / "regions" / "toy" / "toy.yaml"
    outputs = tmp_path_factory.mktemp("toy")
    command = [sys.executable, "-m", "pipeline", "run", str(region)]
    result = subprocess.run(
        [*command, "--outputs", str(outputs)],
        cwd=project,
        env=os.environ | {"PYTHONPATH": str(project)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return outputs / "toy" / "site"


@dataclass
class Opened:
    """A page with everything that it complained about or asked for."""

    page: Page
    errors: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)

    def hear(self, message: ConsoleMessage) -> None:
        """Keep what the console calls an error or a warning."""
        if message.type in ("error", "warning"):
            self.errors.append(message.text)

    def go(self, path: Path, *, query: str = "", fragment: str = "") -> Page:
        """Open a file of the site from disk."""
        self.page.goto(path.as_uri() + query + fragment)
        if path.name == "index.html":
            self.page.wait_for_selector("body[data-map-ready]")
        return self.page


@pytest.fixture
def opened(browser: Browser) -> Iterator[Opened]:
    """Page in a fresh browser context with the network cut off."""
    context = browser.new_context(
        viewport={"width": 1400, "height": 900}, offline=True, locale="en-GB"
    )
    found = Opened(context.new_page())

    def refuse(route: Route) -> None:
        found.outside.append(route.request.url)
        route.abort()

    context.route("http*://**", refuse)
    found.page.on("console", found.hear)
    found.page.on("pageerror", lambda error: found.errors.append(str(error)))
    found.page.on("dialog", lambda dialog: found.errors.append(dialog.message))
    yield found
    context.close()
