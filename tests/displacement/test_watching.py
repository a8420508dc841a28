"""New epochs only: equal to a run from scratch, and everything that changes is told."""

from __future__ import annotations

import argparse
import datetime
import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from pipeline.commands import watch_displacement
from pipeline.core.errors import InputError
from pipeline.displacement.warning.memory import read_levels
from tests.displacement.test_stage import (
    REGION,
    facilities,
    rows_of,
    run,
    toy_sources,
    zones,
)

__all__ = ["facilities", "run", "toy_sources", "zones"]


@pytest.fixture(scope="module")
def toy(project: Path) -> Any:
    """Script that makes the toy products and the history of a failing dam."""
    path = project / "tests" / "regions" / "make_toy_displacement.py"
    spec = importlib.util.spec_from_file_location("make_toy_displacement", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def sources_in(folder: Path, toy: Any) -> str:
    named = zip(("asc", "desc"), toy.TRACKS, strict=True)
    return ", ".join(
        f"{{id: {key}, path: '{folder / track.name}.zip', reader: egms}}"
        for key, track in named
    )


@pytest.fixture
def watched(tmp_path, project, facilities, zones) -> Any:
    """Watch sources; return what the run wrote as ``changes.json``."""

    def start(
        sources: str, state: str = "state", extra: str = "", **options: Any
    ) -> dict[str, Any]:
        region = tmp_path / "small.yaml"
        region.write_text(REGION.format(sources=sources) + extra, encoding="utf-8")
        chosen = {"date": None, "since": None, "exercise": False} | options
        watch_displacement.run(
            argparse.Namespace(
                region=region,
                methods=project / "configs" / "methods.yaml",
                facilities=facilities,
                zones=zones,
                state=tmp_path / state,
                **chosen,
            )
        )
        text = (tmp_path / state / "changes.json").read_text(encoding="utf-8")
        return json.loads(text)

    return start


def kinds(result: dict[str, Any]) -> dict[str, str]:
    return {one["tmf_id"]: one["kind"] for one in result["changes"]}


def test_epochs_one_by_one_give_what_all_at_once_give(watched, tmp_path, toy):
    since, folder = "2024-10-28", tmp_path / "products"
    for last in ("2024-10-31", "2024-11-08", "2024-11-20"):
        toy.write_stage(folder, last)
        result = watched(sources_in(folder, toy), "steps", since=since)
    watched(sources_in(folder, toy), "once", since=since)
    steps, once = (tmp_path / name for name in ("steps", "once"))
    for name in ("levels.csv", "state.json"):
        assert (steps / name).read_text() == (once / name).read_text()
    days = [row["day"] for row in read_levels(once / "levels.csv")]
    assert days == sorted(days[: len(days) // 2]) * 2
    judged = {one["tmf_id"]: one["epochs"] for one in result["changes"]}
    assert [day for day, _ in judged["tmf-1"]] == ["2024-11-11", "2024-11-17"]


def test_the_watch_says_what_the_stage_says(watched, run, tmp_path, toy):
    folder = tmp_path / "products"
    toy.write_stage(folder, "2024-11-20")
    sources = sources_in(folder, toy)
    watched(sources)
    rows = rows_of(run(sources))
    state = json.loads((tmp_path / "state" / "state.json").read_text())["facilities"]
    for column in ("status", "watch_level", "reason", "watch_reason", "last_epoch"):
        told = {key: one[column] for key, one in state.items()}
        found = rows[column].astype(object).where(rows[column].notna(), None)
        assert told == found.to_dict(), column


def test_a_facility_goes_from_green_to_red_as_epochs_arrive(run, tmp_path, toy):
    told = []
    for level, last in toy.STAGES.items():
        folder = tmp_path / level
        toy.write_stage(folder, last)
        rows = rows_of(run(sources_in(folder, toy), f"out-{level}"))
        told.append(rows.loc["tmf-1", "watch_level"])
        assert rows.loc["tmf-2", "watch_level"] == "green"
    assert told == ["green", "yellow", "amber", "red"]
    assert rows.loc["tmf-1", "needs_confirmation"]
    low, high = (rows.loc["tmf-1", f"forecast_{end}_date"] for end in ("low", "high"))
    assert "2024-11-11" < low < toy.FAILURE, (low, high)
    assert high > "2024-11-25", (low, high)


def test_a_second_run_without_new_epochs_judges_nothing(watched, toy_sources, tmp_path):
    assert set(kinds(watched(toy_sources)).values()) == {"first_seen"}
    levels = (tmp_path / "state" / "levels.csv").read_text()
    assert watched(toy_sources)["changes"] == []
    assert (tmp_path / "state" / "levels.csv").read_text() == levels
    assert "toy" not in (tmp_path / "state" / "changes.csv").read_text()


def test_age_alone_makes_a_facility_stale_on_the_day_that_is_named(
    watched, toy_sources
):
    watched(toy_sources)
    result = watched(toy_sources, date="2026-01-15")
    assert result["reference_date"] == "2026-01-15"
    lost = next(one for one in result["changes"] if one["tmf_id"] == "tmf-2")
    assert (lost["kind"], lost["status"], lost["level"]) == (
        "lost", "stale", "not_assessed",
    )  # fmt: skip
    back = watched(toy_sources, date="2025-01-15")
    assert kinds(back)["tmf-2"] == "assessed"


def test_today_is_a_day_like_another(watched, toy_sources):
    result = watched(toy_sources, date="today")
    assert result["reference_date"] == datetime.date.today().isoformat()
    with pytest.raises(InputError, match="--date"):
        watched(toy_sources, date="31.01.2026")


def test_the_regions_date_counts_where_none_is_asked_for(watched, toy_sources):
    result = watched(toy_sources, extra="displacement_date: 2026-02-01\n")
    assert result["reference_date"] == "2026-02-01"
    assert {one["status"] for one in result["changes"]} >= {"stale"}


def test_a_source_that_breaks_is_a_change_and_is_seen_on_a_green_facility(
    watched, toy_sources, tmp_path
):
    watched(toy_sources)
    bad = tmp_path / "EGMS_L2b_117_0001_IW1_VV.zip"
    bad.write_bytes(b"PK\x03\x04 cut off")
    result = watched(f"{toy_sources}, {{id: bad, path: '{bad}', reader: egms}}")
    told = {one["tmf_id"]: one for one in result["changes"]}
    assert told["tmf-2"]["level"] == "green"
    assert told["tmf-2"]["kind"] == "status"
    assert "source_unreadable|source=bad" in told["tmf-2"]["reason"]
    page = (tmp_path / "state" / "changes.html").read_text(encoding="utf-8")
    assert f"bad ({bad.name}" in page or bad.name in page


def test_a_source_that_is_gone_is_a_change(watched, toy_sources):
    watched(toy_sources)
    found = kinds(watched("{id: asc, path: absent.zip, reader: egms}"))
    assert found == {"tmf-1": "lost", "tmf-2": "lost", "tmf-3": "status"}


def test_other_values_for_known_epochs_are_told(watched, tmp_path, toy):
    folder = tmp_path / "products"
    toy.write_stage(folder, "2024-10-31")
    first = watched(sources_in(folder, toy))
    track = toy.TRACKS[0]
    text = toy.stage_product(track, 7, "2024-10-31")
    toy.write_zip(folder / f"{track.name}.zip", toy.members(track, text))
    second = watched(sources_in(folder, toy))
    assert (first["reprocessed"], second["reprocessed"]) == ([], ["asc"])


def test_thresholds_of_one_facility_hold_for_it_alone(watched, toy_sources):
    own = "displacement_thresholds: {tmf-1: {yellow_mm_per_yr: 40}}\n"
    levels = {one["tmf_id"]: one["level"] for one in watched(toy_sources)["changes"]}
    assert levels["tmf-1"] == "yellow"
    result = watched(toy_sources, extra=own)
    assert kinds(result) == {"tmf-1": "lowered"}


def test_thresholds_of_an_unknown_facility_are_refused(watched, toy_sources):
    own = "displacement_thresholds: {tmf-9: {yellow_mm_per_yr: 40}}\n"
    with pytest.raises(InputError, match=r"displacement_thresholds\.tmf-9"):
        watched(toy_sources, extra=own)
    own = "displacement_thresholds: {tmf-1: {yelow_mm_per_yr: 40}}\n"
    with pytest.raises(InputError, match="yelow_mm_per_yr"):
        watched(toy_sources, extra=own)


def test_a_state_that_is_none_is_refused(watched, toy_sources, tmp_path):
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "state.json").write_text("[]", encoding="utf-8")
    with pytest.raises(InputError, match="no state of this command"):
        watched(toy_sources)
