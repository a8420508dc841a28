"""Run the whole workflow for a region, and say where the map is.

The full output of Snakemake goes to ``<outputs>/<region>/logs/workflow.log``. A lock
that the system releases by itself keeps two runs of one region apart, so a killed run
leaves nothing behind that a user would have to unlock.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from pipeline.core.command import project_root
from pipeline.core.config import read_region
from pipeline.core.errors import InputError, input_error
from pipeline.core.workflow import relative_to_project

_JOB: Final = re.compile(r"^Job \d+: (?P<message>.+)$")
_TOTAL: Final = re.compile(r"^total +(?P<total>\d+)$")
_GATHERS: Final = re.compile(r"^all +\d+$")
_NOTHING: Final = "Nothing to be done"
_TOLD: Final = re.compile(r"^(ERROR|WARNING) ")


class WorkflowError(InputError):
    """The workflow stopped; what stopped it has been told already."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument("region", help="name in configs/regions, or a region's file")
    parser.add_argument(
        "--outputs",
        type=Path,
        help="folder for the results (default: outputs in the checkout)",
    )
    parser.add_argument(
        "--data-root",
        type=Path,
        action="append",
        default=[],
        help="folder with more layers (also NATECH_DATA_ROOT); may be repeated",
    )
    parser.add_argument("--cores", default="all", help="cores to use (default: all)")
    parser.add_argument(
        "--profile", default="local", help="folder in configs/profiles (default: local)"
    )


def run(arguments: argparse.Namespace) -> None:
    """Run the workflow and print where the map is.

    Raises
    ------
    InputError
        If the region's file is broken, or another run of it is under way.
    WorkflowError
        If a stage stopped; its sentence was printed.
    """
    project = project_root()
    region = read_region(region_path(arguments.region, project))
    outputs = outputs_folder(arguments.outputs, project)
    folder = project / outputs / region.config.region
    (folder / "logs").mkdir(parents=True, exist_ok=True)
    command = _snakemake_command(arguments, region.path.resolve(), outputs, project)
    with _only_run(folder):
        environment = _environment(arguments.data_root, project)
        finished = _follow(command, folder / "logs" / "workflow.log", environment)
    site = folder / "site" / "index.html"
    if not finished or not site.exists():
        raise WorkflowError(
            f"the workflow for {region.config.region} stopped before the map was "
            f"written; the logs are in {folder / 'logs'}"
        )
    _say(f"Map: {as_seen_from(Path.cwd(), site)}")


def outputs_folder(given: Path | None, project: Path) -> Path:
    """Folder of the results, relative to the project where it lies inside.

    A relative path counts from the folder in which the command was typed.
    """
    return relative_to_project(given or project / "outputs", project)


def as_seen_from(folder: Path, path: Path) -> Path:
    """Path relative to a folder if it lies below it, else as it is."""
    return path.relative_to(folder) if path.is_relative_to(folder) else path


def region_path(name: str, project: Path) -> Path:
    """File of a region given by its name or by its path.

    Raises
    ------
    InputError
        If there is neither; the message lists the shipped regions.
    """
    known = sorted((project / "configs" / "regions").glob("*.yaml"))
    by_name = {path.stem: path for path in known}
    if name in by_name:
        return by_name[name]
    if Path(name).is_file():
        return Path(name)
    raise input_error(
        name,
        found="neither a known region nor a file",
        expected=f"one of {sorted(by_name)}, or the path of a region's file",
        fix="check the name; 'natech new-region' writes a new file",
    )


def _snakemake_command(
    arguments: argparse.Namespace, region: Path, outputs: Path, project: Path
) -> list[str]:
    settings = [f"region={region}", f"outputs={outputs.as_posix()}"]
    return [
        *(sys.executable, "-m", "snakemake", "--snakefile", str(project / "Snakefile")),
        *("--directory", str(project), "--nolock"),
        *("--profile", str(project / "configs" / "profiles" / arguments.profile)),
        *("--cores", str(arguments.cores), "--config", *settings),
    ]


@contextmanager
def _only_run(folder: Path) -> Iterator[None]:
    with (folder / ".lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise input_error(
                folder,
                found="another run of this region that is under way",
                expected="one run at a time",
                fix="wait until it has ended",
            ) from None
        yield


def _environment(data_roots: Sequence[Path], project: Path) -> dict[str, str]:
    """Environment of the workflow: this Python first, and all data roots."""
    folder = str(Path(sys.executable).parent)
    named = os.environ.get("NATECH_DATA_ROOT", "")
    roots = [*(str(path.resolve()) for path in data_roots), *([named] if named else [])]
    return os.environ | {
        "PATH": folder + os.pathsep + os.environ.get("PATH", os.defpath),
        "PYTHONPATH": str(project),
        "PYTHONUNBUFFERED": "1",
        "NATECH_DATA_ROOT": os.pathsep.join(roots),
    }


def _follow(command: list[str], log: Path, environment: dict[str, str]) -> bool:
    """Run Snakemake; print a line for each step, keep the rest in the log."""
    with (
        log.open("w", encoding="utf-8") as record,
        subprocess.Popen(  # noqa: S603 (our own words, no shell)
            command,
            env=environment,
            text=True,
            encoding="utf-8",
            errors="replace",
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        ) as process,
    ):
        if process.stdout is None:
            raise RuntimeError("the workflow has no output to follow")
        _show_progress(process.stdout, record)
        code = process.wait()
    if code != 0:
        _show_failure(log)
    return code == 0


def _show_progress(lines: IO[str], record: IO[str]) -> None:
    begun, total, gathers, told = 0, 0, 0, set()
    for line in lines:
        record.write(line)
        record.flush()
        if job := _JOB.match(line):
            begun += 1
            _say(f"[{begun}/{total or '?'}] {job['message']}")
        elif _GATHERS.match(line):  # a rule that names the results and does nothing
            gathers = 1
        elif jobs := _TOTAL.match(line):
            total = int(jobs["total"]) - gathers
        elif line.startswith(_NOTHING):
            _say("Nothing to do: all outputs are up to date.")
        elif _TOLD.match(line) and line not in told:
            told.add(line)
            _say(line.rstrip())


def _show_failure(log: Path) -> None:
    text = log.read_text(encoding="utf-8")
    if not any(_TOLD.match(line) for line in text.splitlines()):
        _say("".join(text.splitlines(keepends=True)[-30:]))


def _say(line: str) -> None:
    print(line, flush=True)
