"""What the commands of all stages share: options, places and logging."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

import pipeline


def project_root() -> Path:
    """Folder of the checkout that holds ``pipeline``, ``configs`` and ``layers``."""
    return Path(pipeline.__file__).resolve().parent.parent


def add_region_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--region``, the file that describes the region."""
    parser.add_argument(
        "--region", type=Path, required=True, help="the region's file (YAML)"
    )


def add_methods_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--methods``, the choices that all regions share."""
    parser.add_argument(
        "--methods",
        type=Path,
        default=project_root() / "configs" / "methods.yaml",
        help="choices of method (default: %(default)s)",
    )


def start_logging(*, verbose: bool = False) -> None:
    """Send progress to standard error, one short line each."""
    logging.basicConfig(
        level=logging.DEBUG if verbose else logging.INFO,
        format="%(levelname)s %(name)s: %(message)s",
        stream=sys.stderr,
        force=True,
    )
    for noisy in ("numba", "rasterio", "fiona", "pyogrio", "matplotlib", "urllib3"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
