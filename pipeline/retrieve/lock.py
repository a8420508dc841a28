"""One download of a file at a time, also between runs on one machine."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def one_at_a_time(target: Path) -> Iterator[None]:
    """Hold a lock beside ``target``; a second run waits for the first.

    The system frees the lock when a process ends, however it ends. Where the system
    has no such locks (Windows), runs are not held apart; checksums still find what
    two runs at once would spoil.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    lock = target.with_name(target.name + ".lock")
    try:
        system = importlib.import_module("fcntl")
    except ImportError:
        yield
        return
    with lock.open("w") as handle:
        system.flock(handle, system.LOCK_EX)
        try:
            yield
        finally:
            lock.unlink(missing_ok=True)
