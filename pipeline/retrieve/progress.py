"""Progress of a transfer: a bar on a terminal, log lines elsewhere."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from tqdm import tqdm

log = logging.getLogger(__name__)

LINE_EVERY_S: Final = 10.0
_MEGABYTE: Final = 1e6


@contextmanager
def progress(
    name: str, start_bytes: int, total_bytes: int | None
) -> Iterator[Callable[[int], None]]:
    """Yield a function to call with the number of bytes that just came."""
    if sys.stderr.isatty():
        with tqdm(
            desc=name,
            initial=start_bytes,
            total=total_bytes,
            unit="B",
            unit_scale=True,
            leave=False,
        ) as bar:
            yield lambda count: _discard(bar.update(count))
        return
    yield _Lines(name, start_bytes, total_bytes).advance


class _Lines:
    """Log lines at a steady pace, for logs of the workflow."""

    def __init__(self, name: str, start_bytes: int, total_bytes: int | None) -> None:
        self._name = name
        self._have = start_bytes
        self._total = total_bytes
        self._said_at = time.monotonic()
        log.info("%s: %s", name, self._text())

    def advance(self, count: int) -> None:
        self._have += count
        now = time.monotonic()
        if now - self._said_at >= LINE_EVERY_S or self._have == self._total:
            self._said_at = now
            log.info("%s: %s", self._name, self._text())

    def _text(self) -> str:
        have = f"{self._have / _MEGABYTE:.1f}"
        if self._total is None:
            return f"{have} MB"
        return f"{have} of {self._total / _MEGABYTE:.1f} MB"


def _discard(_: object) -> None:
    """Forget a return value."""
