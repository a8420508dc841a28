"""What changed at every facility between two runs of the displacement stage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from pipeline.core.model import WatchLevel

LEVELS: Final = tuple(str(level) for level in WatchLevel)
STATE_COLUMNS: Final = (
    "status",
    "reason",
    "watch_level",
    "watch_reason",
    "last_epoch",
    "forecast_date",
    "forecast_low_date",
    "forecast_high_date",
    "last_judged",
)
State = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Change:
    """One facility that is not as it was.

    ``kind`` is raised, passed (higher in between, and lower again), lost (no longer
    assessed), first_seen, assessed (green, before not assessed), lowered, gone, status
    or new_epochs, the weightiest that applies. ``level_before`` and ``level`` are watch
    levels, ``highest`` the highest one at an epoch since the last run. ``epochs`` are
    the days that were judged, each with its level.
    """

    tmf_id: str
    kind: str
    level_before: str | None
    level: str | None
    status_before: str | None
    status: str | None
    last_epoch_before: str | None
    last_epoch: str | None
    reason: str | None
    watch_reason: str | None
    forecast_date: str | None
    forecast_low_date: str | None
    forecast_high_date: str | None
    highest: str | None
    epochs: tuple[tuple[str, str], ...]
    needs_confirmation: bool

    def row(self) -> dict[str, Any]:
        """Change as a row of a table."""
        return asdict(self)


def state_of(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """What is kept of the table ``displacement`` between runs, by facility."""
    return {
        str(row["tmf_id"]): {name: _plain(row.get(name)) for name in STATE_COLUMNS}
        for row in rows
    }


def _plain(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def changes(
    before: State,
    after: State,
    judged: Mapping[str, Sequence[tuple[str, str]]] | None = None,
) -> list[Change]:
    """Facilities that changed, raised levels first, the highest level on top.

    ``judged`` holds days and levels since the last run, by facility.
    """
    found = []
    for tmf_id in sorted({*before, *after}):
        old, new = before.get(tmf_id), after.get(tmf_id)
        epochs = tuple((judged or {}).get(tmf_id, ()))
        kind = _kind(old, new, epochs)
        if kind is not None:
            found.append(_change(tmf_id, kind, old or {}, new or {}, epochs))
    order = (
        "raised",
        "passed",
        "lost",
        "first_seen",
        "assessed",
        "lowered",
        "gone",
        "status",
        "new_epochs",
    )
    return sorted(
        found, key=lambda one: (order.index(one.kind), -_rank(one.level), one.tmf_id)
    )


def _rank(level: str | None) -> int:
    return LEVELS.index(level) if level in LEVELS else -1


def _kind(
    old: Mapping[str, Any] | None,
    new: Mapping[str, Any] | None,
    epochs: Sequence[tuple[str, str]],
) -> str | None:
    if old is None:
        return "first_seen"
    if new is None:
        return "gone"
    rise = _rank(new["watch_level"]) - _rank(old["watch_level"])
    ends = max(_rank(new["watch_level"]), _rank(old["watch_level"]))
    top = max((_rank(level) for _, level in epochs), default=-1)
    if top > max(ends, _rank(WatchLevel.GREEN)) and rise <= 0:
        return "passed"
    if rise:
        return _level_kind(old["watch_level"], new["watch_level"], rise)
    if old.get("status") != new.get("status"):
        return "status"
    if old.get("last_epoch") != new.get("last_epoch"):
        return "new_epochs"
    return "status" if old.get("reason") != new.get("reason") else None


def _level_kind(old: str, new: str, rise: int) -> str:
    """Losing the assessment is no lowering, and a first green no rise."""
    if new == WatchLevel.NOT_ASSESSED:
        return "lost"
    if old == WatchLevel.NOT_ASSESSED and new == WatchLevel.GREEN:
        return "assessed"
    return "raised" if rise > 0 else "lowered"


def _change(
    tmf_id: str,
    kind: str,
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    epochs: tuple[tuple[str, str], ...],
) -> Change:
    levels = [level for _, level in epochs if level in LEVELS]
    return Change(
        tmf_id=tmf_id,
        kind=kind,
        level_before=old.get("watch_level"),
        level=new.get("watch_level"),
        status_before=old.get("status"),
        status=new.get("status"),
        last_epoch_before=old.get("last_epoch"),
        last_epoch=new.get("last_epoch"),
        reason=new.get("reason"),
        watch_reason=new.get("watch_reason"),
        forecast_date=new.get("forecast_date"),
        forecast_low_date=new.get("forecast_low_date"),
        forecast_high_date=new.get("forecast_high_date"),
        highest=max(levels, key=LEVELS.index) if levels else new.get("watch_level"),
        epochs=epochs,
        needs_confirmation=new.get("watch_level") == str(WatchLevel.RED),
    )
