"""What was found in a river layer and what was done, as rows of a table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePath

import pandas as pd

from pipeline.core.schemas.network import Finding
from pipeline.core.tables import table_of


@dataclass(frozen=True, slots=True)
class Entry:
    """One finding; ``reach`` is the layer's key, None where it concerns all."""

    reach: str | None
    kind: Finding
    found: str
    done: str


def ledger_frame(file: str, entries: Iterable[Entry]) -> pd.DataFrame:
    """Table ``network_ledger``: findings about all first, then by reach.

    The order depends on the findings alone, so that the order of rows in the layer
    changes nothing.
    """
    ordered = sorted(
        set(entries),
        key=lambda e: (e.reach is not None, e.reach or "", e.kind, e.found),
    )
    return table_of(
        "network_ledger",
        (
            {
                "entry": number,
                "file": PurePath(file).name,
                "reach": entry.reach,
                "kind": entry.kind.value,
                "found": entry.found,
                "done": entry.done,
            }
            for number, entry in enumerate(ordered, start=1)
        ),
    )
