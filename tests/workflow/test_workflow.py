"""The whole workflow on the toy region, without a network."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from pathlib import Path

import pandas as pd
import pytest

from pipeline.core.tables import all_tables, read_table

pytestmark = pytest.mark.workflow


def stages(text: str) -> list[str]:
    """Messages of the steps that a run printed."""
    return re.findall(r"^\[\d+/\d+\] (.+)$", text, flags=re.MULTILINE)


def tables(folder: Path) -> dict[str, pd.DataFrame]:
    return {
        name: read_table(name, folder / "tables" / f"{name}.parquet")
        for name in all_tables()
    }


def published(folder: Path) -> dict[str, bytes]:
    """Bytes of everything that a run writes, logs and measurements left out."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and path.relative_to(folder).parts[0] not in ("logs", "benchmarks", ".lock")
    }


def test_one_command_ends_with_the_place_of_the_map(finished):
    folder = finished.output("out")
    assert (folder / "site" / "index.html").is_file()
    profiles = {path.stem for path in (folder / "site" / "profiles").glob("*.html")}
    facilities = read_table("facilities", folder / "tables" / "facilities.parquet")
    assert profiles == set(facilities["tmf_id"])


def test_every_table_is_written_and_keeps_its_schema(finished):
    written = tables(finished.output("out"))
    assert set(written) == set(all_tables())
    assert len(written["facilities"]) == 5


def test_a_second_run_has_nothing_to_do(finished):
    result = finished.run("out")
    assert result.returncode == 0
    assert "Nothing to do" in result.stdout
    assert stages(result.stdout) == []


def test_one_core_and_four_give_the_same_files(finished):
    result = finished.run("out4", cores=4)
    assert result.returncode == 0, result.stdout
    one, four = published(finished.output("out")), published(finished.output("out4"))
    assert sorted(one) == sorted(four)
    assert [name for name in one if one[name] != four[name]] == []


def test_every_published_file_has_a_provenance_record(finished):
    folder = finished.output("out")
    products = [*(folder / "tables").glob("*.parquet"), folder / "site" / "index.html"]
    without = [
        path.name
        for path in products
        if not path.with_name(path.name + ".prov.json").exists()
    ]
    assert without == []


def test_edited_stage_code_runs_again_and_unrelated_stages_do_not(finished):
    first = finished.run("edited")
    source = finished.root / "pipeline" / "hazards" / "stage.py"
    original = source.read_text(encoding="utf-8")
    source.write_text(original + "\n# edited\n", encoding="utf-8")
    try:
        result = finished.run("edited")
    finally:
        source.write_text(original, encoding="utf-8")
    assert first.returncode == 0
    assert result.returncode == 0, result.stdout
    told = " ".join(stages(result.stdout))
    assert "hazard" in told
    for unrelated in ("inventory", "river", "InSAR", "layers of the region"):
        assert unrelated not in told


@pytest.mark.parametrize("after_s", [2.0, 5.0, 8.0])
def test_a_killed_run_ends_in_the_same_files_when_run_again(finished, after_s):
    outputs = f"killed{after_s:.0f}"
    process = subprocess.Popen(
        finished.command(outputs),
        cwd=finished.root,
        env=finished.environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    time.sleep(after_s)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    result = finished.run(outputs)
    assert result.returncode == 0, result.stdout
    whole, again = (
        published(finished.output("out")),
        published(finished.output(outputs)),
    )
    assert sorted(whole) == sorted(again)
    assert [name for name in whole if whole[name] != again[name]] == []


def test_broken_input_stops_with_one_sentence(finished):
    inventory = finished.region.parent / "facilities.csv"
    original = inventory.read_text(encoding="utf-8")
    inventory.write_text(original.replace("40.20,70.10", "70.10,40.20"), "utf-8")
    try:
        result = finished.run("broken")
    finally:
        inventory.write_text(original, encoding="utf-8")
    assert result.returncode != 0
    assert "look swapped" in result.stdout
    assert "Traceback" not in result.stdout + result.stderr
    assert not list(finished.output("broken").rglob("*.parquet"))
