"""natech <command>: the one door, and the only place that knows every stage.

Each stage's module ``stage`` offers ``DESCRIPTION``, ``add_arguments(parser)`` and
``run(arguments)``. It is imported when its command is called, so that a command starts
without the libraries of the other stages.
"""

from __future__ import annotations

import argparse
import importlib
import logging
import sys
from collections.abc import Sequence
from types import ModuleType

from pipeline.core.command import start_logging
from pipeline.core.errors import InputError

STAGES = (
    "retrieve",
    "inventory",
    "hazards",
    "displacement",
    "rivers",
    "assessment",
    "publish",
)
EXIT_INPUT_ERROR = 2


def _stage_module(name: str) -> ModuleType:
    return importlib.import_module(f"pipeline.{name}.stage")


def _parser(command: str | None) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="natech",
        description="Natech hazards, motion and spill paths of tailings facilities.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    for name in STAGES:
        module = _stage_module(name) if name == command else None
        sub = commands.add_parser(
            name,
            help=f"run the stage '{name}'",
            description=module.__doc__ if module else None,
        )
        sub.add_argument("--verbose", action="store_true", help="say more")
        if module is not None:
            module.add_arguments(sub)
            sub.set_defaults(run=module.run)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns
    -------
    int
        0 when all went well, 2 when the user's input stopped the work.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    command = next((word for word in words if not word.startswith("-")), None)
    arguments = _parser(command).parse_args(words)
    start_logging(verbose=arguments.verbose)
    try:
        arguments.run(arguments)
    except InputError as error:
        logging.getLogger("natech").error("%s", error)
        return EXIT_INPUT_ERROR
    return 0
