"""What the watch keeps between runs: sources, facilities, and all levels so far."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from pipeline.core.errors import input_error
from pipeline.core.files import write_json, write_text
from pipeline.displacement.series import PointSeries
from pipeline.displacement.warning.replay import until

FORMAT: Final = 2
LEVEL_COLUMNS: Final = (
    "tmf_id", "day", "status", "watch_level", "reason", "watch_reason",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SourceMemory:
    """A source as the last run found it.

    ``checksum`` of the file ("absent" without one), the newest epoch, and a digest of
    the values up to it: a reprocessed product has the same epochs and other values.
    ``problem`` is the reason why it could not be read.
    """

    checksum: str
    last_epoch: str | None = None
    digest: str | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Memory:
    """State between runs.

    ``basis`` are checksums of everything that levels depend on beside the series;
    ``facilities`` holds the columns of `changes.STATE_COLUMNS` by facility.
    """

    basis: Mapping[str, str] = field(default_factory=dict)
    sources: Mapping[str, SourceMemory] = field(default_factory=dict)
    facilities: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    reference_date: str | None = None


def read_memory(path: Path) -> Memory:
    """Read the state; an empty one where no run was before.

    Raises
    ------
    InputError
        If the file is not the state of this command.
    """
    if not path.is_file():
        return Memory()
    try:
        state = json.loads(path.read_text(encoding="utf-8"))
        if state["format"] != FORMAT:
            raise ValueError(state["format"])
        return Memory(
            basis=dict(state["basis"]),
            sources={k: SourceMemory(**v) for k, v in state["sources"].items()},
            facilities=dict(state["facilities"]),
            reference_date=state["reference_date"],
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        raise input_error(
            path,
            found="no state of this command",
            expected="the file that the last run wrote",
            fix="remove it; the next run then lists every facility as first seen",
        ) from None


def write_memory(path: Path, memory: Memory) -> None:
    """Write the state, whole or not at all."""
    write_json(
        path,
        {
            "format": FORMAT,
            "basis": memory.basis,
            "sources": {k: asdict(v) for k, v in memory.sources.items()},
            "facilities": memory.facilities,
            "reference_date": memory.reference_date,
        },
    )


def remember(series: PointSeries, checksum: str) -> SourceMemory:
    """What is kept of a source."""
    newest = str(series.epoch[-1]) if series.epoch.size else None
    return SourceMemory(checksum, newest, digest_of(series))


def digest_of(series: PointSeries, day: str | None = None) -> str:
    """Digest of ids, epochs and values up to a day."""
    known = until(series, None if day is None else np.datetime64(day))
    digest = hashlib.sha256()
    for part in (
        "\n".join(known.point_id.tolist()).encode(),
        known.epoch.astype("int64").tobytes(),
        np.ascontiguousarray(known.displacement_mm).tobytes(),
    ):
        digest.update(part)
    return digest.hexdigest()


def is_reprocessed(series: PointSeries, before: SourceMemory | None) -> bool:
    """Whether values that were known before have changed."""
    if before is None or before.last_epoch is None:
        return False
    return digest_of(series, before.last_epoch) != before.digest


def read_levels(path: Path) -> list[dict[str, str]]:
    """All levels judged so far, oldest first; none where no run was before."""
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def write_levels(path: Path, rows: list[dict[str, Any]]) -> None:
    """Write the levels of every facility and day, in that order.

    Of two rows for one facility and day the later one in ``rows`` stays.
    """
    rows = list({(row["tmf_id"], row["day"]): row for row in rows}.values())
    text = io.StringIO()
    writer = csv.DictWriter(text, LEVEL_COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(sorted(rows, key=lambda row: (row["tmf_id"], row["day"])))
    write_text(path, text.getvalue())
