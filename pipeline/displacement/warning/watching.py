"""Judge the epochs that are new since the last run, and nothing else.

A facility is judged again when a source near it has new or other values, when its
thresholds or its place changed, when a source breaks or is mended, or when its series
grow too old. Every new epoch is judged as a run on its day would have judged it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from pipeline.core.config import Region
from pipeline.core.files import sha256
from pipeline.core.methods.displacement import DisplacementMethods
from pipeline.core.model import DisplacementStatus
from pipeline.displacement.places import Place, places_of
from pipeline.displacement.series import PointSeries
from pipeline.displacement.sources import Unread, read_sources
from pipeline.displacement.stage import rows_without_place, with_unread
from pipeline.displacement.warning.changes import Change, changes, state_of
from pipeline.displacement.warning.memory import (
    Memory,
    SourceMemory,
    is_reprocessed,
    remember,
)
from pipeline.displacement.warning.replay import Judged, days_to_judge, judge_days
from pipeline.displacement.zones import Outlines

log = logging.getLogger("natech.displacement")
_ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Task:
    """What to watch and how.

    ``basis`` are checksums of all that levels depend on beside the series. ``today`` is
    the day from which ages are counted, in place of that of region and methods.
    ``since`` is the first day to judge at facilities that were not judged before; the
    newest epoch alone if None.
    """

    region: Region
    methods: DisplacementMethods
    facilities: Sequence[Mapping[str, Any]]
    outlines: Mapping[str, Outlines]
    basis: Mapping[str, str]
    today: date | None = None
    since: str | None = None


@dataclass(frozen=True, slots=True)
class Watched:
    """What a run found: the new state, changes, and the levels of the new epochs.

    ``reprocessed`` are sources whose older values changed, ``n_judged`` the facilities
    that were judged.
    """

    memory: Memory
    changes: list[Change]
    levels: list[dict[str, Any]]
    reprocessed: tuple[str, ...]
    n_judged: int


def watch(task: Task, before: Memory) -> Watched:
    """Judge what is new since the state ``before``."""
    places, without = places_of(
        task.facilities, task.outlines, task.region, task.methods
    )
    sums = _checksums(task.region)
    renewed = dict(task.basis) != dict(before.basis)
    wanted = {key for key in sums if renewed or _is_other(before, key, sums[key])}
    series, unread = _read(task.region, places, wanted)
    sources = _remembered(before, sums, series, unread)
    reference = _reference(task, sources)
    reprocessed = {
        one.source_id
        for one in series
        if is_reprocessed(one, before.sources.get(one.source_id))
    }
    all_due = renewed or _problems(sources) != _problems(before.sources)
    due = [
        place
        for place in places
        if all_due
        or _has_news(place, series, before, reprocessed)
        or _grows_stale(place, before, reference)
    ]
    others, _ = _read(task.region, due, set(sums) - wanted if due else set())
    rows, levels = [], []
    for place in due:
        judged, now = _judge(task, place, [*series, *others], before, reference)
        rows.append(_row(place, judged, now, before, unread))
        levels += [_level_row(place, one, unread) for one in judged]
    kept = {place.area.tmf_id for place in places} - {row["tmf_id"] for row in rows}
    after = {key: one for key, one in before.facilities.items() if key in kept}
    after |= state_of(
        [*rows, *rows_without_place(task.facilities, without, task.region)]
    )
    days: dict[str, list[tuple[str, str]]] = {}
    for row in levels:
        days.setdefault(row["tmf_id"], []).append((row["day"], row["watch_level"]))
    stated = None if reference is None else reference.isoformat()
    return Watched(
        Memory(dict(task.basis), sources, after, stated),
        changes(before.facilities, after, days),
        levels,
        tuple(sorted(reprocessed)),
        len(due),
    )


def _checksums(region: Region) -> dict[str, str]:
    paths = {one.id: region.resolve(one.path) for one in region.config.displacement}
    return {
        key: sha256(path) if path.exists() else _ABSENT for key, path in paths.items()
    }


def _is_other(before: Memory, key: str, checksum: str) -> bool:
    """Whether a source is new, has other content, or could not be read last time."""
    old = before.sources.get(key)
    return old is None or old.checksum != checksum or old.problem is not None


def _read(
    region: Region, places: Sequence[Place], wanted: set[str]
) -> tuple[list[PointSeries], tuple[Unread, ...]]:
    if not wanted or not places:
        return [], ()
    chosen = tuple(one for one in region.config.displacement if one.id in wanted)
    config = region.config.model_copy(update={"displacement": chosen})
    part = region.model_copy(update={"config": config})
    return read_sources(part, tuple(place.area for place in places))


def _remembered(
    before: Memory,
    sums: Mapping[str, str],
    series: Iterable[PointSeries],
    unread: Iterable[Unread],
) -> dict[str, SourceMemory]:
    found = {key: one for key, one in before.sources.items() if key in sums}
    found |= {one.source_id: remember(one, sums[one.source_id]) for one in series}
    return found | {
        one.source_id: SourceMemory(sums[one.source_id], problem=one.reason)
        for one in unread
    }


def _problems(sources: Mapping[str, SourceMemory]) -> dict[str, str | None]:
    return {key: one.problem for key, one in sources.items()}


def _reference(task: Task, sources: Mapping[str, SourceMemory]) -> date | None:
    """Day from which ages are counted: asked for, the region's, or the newest epoch."""
    config = task.region.config
    stated = task.today or config.displacement_date or task.methods.reference_date
    if stated is not None:
        return stated
    newest = [one.last_epoch for one in sources.values() if one.last_epoch]
    return date.fromisoformat(max(newest)) if newest else None


def _has_news(
    place: Place,
    series: Sequence[PointSeries],
    before: Memory,
    reprocessed: set[str],
) -> bool:
    """Whether a place was never judged, or a source near it has new or other values."""
    old = before.facilities.get(place.area.tmf_id)
    if old is None or days_to_judge(place, series, old["last_judged"], None):
        return True
    changed = [one for one in series if one.source_id in reprocessed]
    return bool(days_to_judge(place, changed, None, None))


def _grows_stale(place: Place, before: Memory, reference: date | None) -> bool:
    """Whether age alone makes a facility stale, or no longer so."""
    old = before.facilities.get(place.area.tmf_id)
    if old is None or reference is None or old["last_epoch"] is None:
        return False
    age_d = (reference - date.fromisoformat(old["last_epoch"])).days
    was = old["status"] == DisplacementStatus.STALE
    can = old["status"] in (DisplacementStatus.STALE, DisplacementStatus.MEASURED)
    return can and was != (age_d > place.methods.stale_after_d)


def _judge(
    task: Task,
    place: Place,
    series: Sequence[PointSeries],
    before: Memory,
    reference: date | None,
) -> tuple[list[Judged], Judged]:
    old = before.facilities.get(place.area.tmf_id) or {}
    order = [one.id for one in task.region.config.displacement]
    ordered = sorted(series, key=lambda one: order.index(one.source_id))
    days = days_to_judge(place, ordered, old.get("last_judged"), task.since)
    steps = task.region.config.displacement_steps
    return judge_days(place, ordered, days, reference, steps)


def _row(
    place: Place,
    judged: Sequence[Judged],
    now: Judged,
    before: Memory,
    unread: tuple[Unread, ...],
) -> dict[str, Any]:
    """Columns of a facility now, with the day that was judged last."""
    old = before.facilities.get(place.area.tmf_id) or {}
    last = judged[-1].day if judged else old.get("last_judged")
    return with_unread(now.columns, unread) | {"last_judged": last}


def _level_row(place: Place, one: Judged, unread: tuple[Unread, ...]) -> dict[str, Any]:
    columns = with_unread(one.columns, unread)
    names = ("status", "watch_level", "reason", "watch_reason")
    return {
        "tmf_id": place.area.tmf_id,
        "day": one.day,
        **{name: columns[name] for name in names},
    }
