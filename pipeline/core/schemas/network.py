"""Table of what was found wrong with a river layer, and what was done about it."""

from __future__ import annotations

from enum import StrEnum

from pipeline.core.schema import Table, code, integer, text


class Finding(StrEnum):
    """What can be found in a river layer."""

    AREA = "area"
    CROSSING = "crossing"
    DIRECTION = "direction"
    DISCHARGE = "discharge"
    DIVIDE = "divide"
    DUPLICATE = "duplicate"
    GAP = "gap"
    ISOLATED = "isolated"
    LENGTH = "length"
    LOOP = "loop"
    OUTSIDE = "outside"
    REMARK = "remark"
    SHORT = "short"
    SINK = "sink"
    SLOPE = "slope"
    SPLIT = "split"
    WRONG_WAY = "wrong_way"


NETWORK_LEDGER = Table(
    name="network_ledger",
    description="What was found in the river layer, and what was done about it.",
    key=("entry",),
    columns=(
        integer("entry", "Counts from 1.", minimum=1),
        text("file", "Name of the river layer's file."),
        text("reach", "Key of the reach in that file; empty for all.", nullable=True),
        code("kind", Finding, "Kind of finding."),
        text("found", "What was found, in one sentence."),
        text("done", "What was done about it."),
    ),
)

TABLES = (NETWORK_LEDGER,)
