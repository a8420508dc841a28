"""natech <command>: the one door, and the only place that knows every stage.

A command is a module with ``add_arguments(parser)`` and ``run(arguments)``; the first
line of its docstring is its help. It is imported when its command is called, so that a
command starts without the libraries of the others. A name may have two words
(``displacement inspect``): the first then says what the second is about.
"""

from __future__ import annotations

import argparse
import errno
import importlib
import logging
import sys
from collections.abc import Sequence
from types import ModuleType

from pipeline.core.command import start_logging
from pipeline.core.errors import InputError, input_error

COMMANDS = {
    "run": ("pipeline.commands.run", "run the whole workflow for a region"),
    "check-region": (
        "pipeline.commands.check_region",
        "list a region's missing layers and what their absence costs",
    ),
    "new-region": (
        "pipeline.retrieve.new_region",
        "write a commented file for a new region",
    ),
    "inventory columns": (
        "pipeline.inventory.propose_columns",
        "describe the columns of a table of facilities (XLSX, CSV)",
    ),
    "layers add": (
        "pipeline.commands.layers_add",
        "look at a hazard layer and add it to a registry",
    ),
    "upstream": (
        "pipeline.rivers.upstream",
        "list the facilities upstream of a place, by arrival time",
    ),
    "network": (
        "pipeline.rivers.make_network",
        "make a river layer from a relief",
    ),
    "displacement inspect": (
        "pipeline.displacement.inspect_file",
        "say what a radar displacement product holds, and what it lacks",
    ),
    "displacement velocity": (
        "pipeline.displacement.fit.velocity",
        "fit every point or cell of a radar displacement product",
    ),
    "displacement watch": (
        "pipeline.commands.watch_displacement",
        "look at new radar epochs only, and write what changed",
    ),
    "fit-extremes": (
        "pipeline.hazards.extremes.fit_extremes",
        "fit extremes to a station's annual maxima, for a study of a site",
    ),
    "retrieve": ("pipeline.retrieve.stage", "stage: registry to checked local files"),
    "inventory": ("pipeline.inventory.stage", "stage: inventories to one clean table"),
    "hazards": ("pipeline.hazards.stage", "stage: hazard layers at every facility"),
    "hazard-maps": (
        "pipeline.hazards.maps.stage",
        "stage: hazard layers on one grid, and a multi-hazard index",
    ),
    "displacement": ("pipeline.displacement.stage", "stage: InSAR motion and status"),
    "rivers": ("pipeline.rivers.stage", "stage: downstream paths and arrival times"),
    "assessment": ("pipeline.assessment.stage", "stage: criteria, indices and rank"),
    "publish": ("pipeline.publish.stage", "stage: map, profiles and files"),
    "schema": ("pipeline.commands.schema", "write JSON schemas and the data model"),
}
EXIT_INPUT_ERROR = 2
_REFUSED = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM}
)
"""What a system says when it does not let a file be written."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns
    -------
    int
        0 when all went well, 2 when the user's input stopped the work.
    """
    words = _with_joined_name(list(sys.argv[1:] if argv is None else argv))
    wanted = next((word for word in words if word in COMMANDS), None)
    arguments = _parser(wanted).parse_args(words)
    start_logging(verbose=arguments.verbose)
    try:
        arguments.run(arguments)
    except InputError as error:
        return _told(error)
    except OSError as error:
        if error.errno not in _REFUSED:
            raise
        return _told(
            input_error(
                error.filename or "the disk",
                found=f"{error.strerror}",
                expected="room to write, and leave to do so",
                fix="free space or change the rights of the folder, or write to "
                "another one (--outputs, --out)",
            )
        )
    return 0


def _told(error: InputError) -> int:
    """Tell what a user can mend; the code to end with."""
    logging.getLogger("natech").error("%s", error)
    return EXIT_INPUT_ERROR


def _with_joined_name(words: list[str]) -> list[str]:
    """Join the first two words where they name one command."""
    name = " ".join(words[:2])
    return [name, *words[2:]] if name in COMMANDS else words


def _parser(wanted: str | None) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="natech",
        description="Natech hazards, motion and spill paths of tailings facilities.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    for name, (module_name, help_text) in COMMANDS.items():
        module = importlib.import_module(module_name) if name == wanted else None
        _add_command(commands, name, help_text, module)
    return parser


def _add_command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    help_text: str,
    module: ModuleType | None,
) -> None:
    sub = commands.add_parser(
        name, help=help_text, description=module.__doc__ if module else None
    )
    sub.add_argument("--verbose", action="store_true", help="say more")
    if module is not None:
        module.add_arguments(sub)
        sub.set_defaults(run=module.run)
