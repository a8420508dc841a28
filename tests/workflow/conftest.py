"""A copy of the checkout in a path with a blank and Cyrillic letters."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

COPIED = ("pipeline", "configs", "layers", "Snakefile", "environment.yml")
LEFT_OUT = shutil.ignore_patterns("__pycache__", "recipes", "*.part*")


@dataclass(frozen=True)
class Checkout:
    """A copy of the project with the toy region, and how to run it."""

    root: Path

    @property
    def region(self) -> Path:
        return self.root / "toy region" / "toy.yaml"

    def environment(self) -> dict[str, str]:
        folder = str(Path(sys.executable).parent)
        kept = {k: v for k, v in os.environ.items() if not k.startswith("NATECH_")}
        return kept | {
            "PYTHONPATH": str(self.root),
            "PATH": folder + os.pathsep + os.environ["PATH"],
            "NUMBA_CACHE_DIR": str(self.root / "numba cache"),
        }

    def command(self, outputs: str, cores: int = 2) -> list[str]:
        return [
            *(sys.executable, "-m", "pipeline", "run", str(self.region)),
            *("--outputs", outputs, "--cores", str(cores)),
        ]

    def run(self, outputs: str, cores: int = 2) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(outputs, cores),
            cwd=self.root,
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
        )

    def output(self, outputs: str) -> Path:
        return self.root / outputs / "toy"


@pytest.fixture(scope="session")
def checkout(tmp_path_factory, project) -> Checkout:
    root = tmp_path_factory.mktemp("workflow") / "Папка с пробелом"
    root.mkdir()
    for name in COPIED:
        source = project / name
        if source.is_dir():
            shutil.copytree(source, root / name, ignore=LEFT_OUT)
        else:
            shutil.copy2(source, root / name)
    shutil.copytree(project / "tests" / "regions" / "toy", root / "toy region")
    return Checkout(root)


@pytest.fixture(scope="session")
def finished(checkout) -> Checkout:
    """The checkout after one whole run into ``out``."""
    result = checkout.run("out")
    assert result.returncode == 0, result.stdout + result.stderr
    return checkout
