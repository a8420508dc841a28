"""Run everything that proves the project, and say so in one closing line.

``python tests/prove.py`` runs all steps; ``--only lint`` runs those without tests.
Every step runs even when an earlier one failed, so that one run shows all problems.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
PYTHON = sys.executable
SNAKEFILES = ["Snakefile", *sorted(str(p) for p in PROJECT.glob("pipeline/**/*.smk"))]

LINT = {
    "lint": [PYTHON, "-m", "ruff", "check", "."],
    "format": [PYTHON, "-m", "ruff", "format", "--check", "."],
    "types": [PYTHON, "-m", "mypy"],
    "import contract": [
        PYTHON,
        "-c",
        "from importlinter.cli import lint_imports_command as c; c()",
    ],
    "schema sync": [PYTHON, "-m", "pipeline", "schema", "--check"],
    "workflow format": [PYTHON, "-m", "snakefmt", "--check", *SNAKEFILES],
    "workflow lint": [PYTHON, "-m", "snakemake", "--lint"],
}
TESTS = {
    "tests": [
        *(PYTHON, "-m", "pytest", "-q", "-n", "2", "--dist", "loadfile"),
        *("--cov", "--cov-report=term:skip-covered"),
    ],
}


def run_step(name: str, command: list[str]) -> bool:
    """Run one step; print its output only when it fails, or when it is a test run."""
    started = time.monotonic()
    shown = name in TESTS
    folder = str(Path(PYTHON).parent)
    environment = os.environ | {"PATH": folder + os.pathsep + os.environ["PATH"]}
    result = subprocess.run(
        command,
        cwd=PROJECT,
        env=environment,
        check=False,
        text=True,
        stdout=None if shown else subprocess.PIPE,
        stderr=None if shown else subprocess.STDOUT,
    )
    passed = result.returncode == 0
    if not passed and not shown:
        print(result.stdout)
    word = "ok" if passed else "FAILED"
    print(f"{name:16} {word:6} {time.monotonic() - started:6.1f} s", flush=True)
    return passed


def main() -> int:
    """Run the steps that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=["lint", "tests"])
    only = parser.parse_args().only
    steps = {
        **({} if only == "tests" else LINT),
        **({} if only == "lint" else TESTS),
    }
    passed = {name: run_step(name, command) for name, command in steps.items()}
    failed = [name for name, ok in passed.items() if not ok]
    if failed:
        print(f"Not proven. Failed: {', '.join(failed)}.")
        return 1
    print(f"All is proven: {', '.join(passed)}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
