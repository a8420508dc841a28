"""The command line, and what is generated from the code."""

from __future__ import annotations

import errno
import io
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from pipeline.cli import COMMANDS, main
from pipeline.commands.run import _show_progress, as_seen_from, outputs_folder
from pipeline.commands.schema import generated_files

CONDA_NAMES = {"playwright-python": "playwright"}


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_explains_itself(name, capsys):
    with pytest.raises(SystemExit) as stopped:
        main([*name.split(), "--help"])
    assert stopped.value.code == 0
    assert "--verbose" in capsys.readouterr().out


def test_generated_files_are_in_step_with_the_code(project):
    stale = [
        path.name
        for path, text in generated_files(project).items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    assert stale == []


def test_an_unknown_region_lists_the_known_ones(capsys):
    assert main(["run", "atlantis"]) == 2
    assert "syr-darya" in capsys.readouterr().err


def test_the_map_is_named_so_that_it_is_found_from_where_one_stands(tmp_path):
    site = tmp_path / "outputs" / "toy" / "site" / "index.html"
    assert as_seen_from(tmp_path, site).as_posix() == "outputs/toy/site/index.html"
    assert as_seen_from(tmp_path / "elsewhere", site) == site


def test_outputs_count_from_where_the_command_is_typed(tmp_path, project, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert outputs_folder(Path("итог"), project) == tmp_path / "итог"
    assert outputs_folder(None, project) == Path("outputs")
    monkeypatch.chdir(project)
    assert outputs_folder(Path("else/where"), project) == Path("else/where")


def test_steps_are_counted_as_they_begin(capsys):
    lines = ["all          1\n", "total      4\n", "Job 1: a: one\n"]
    lines += ["Job 2: a: two\n", "2 of 4 steps (50%) done\n", "Job 3: a: three\n"]
    _show_progress(io.StringIO("".join(lines)), io.StringIO())
    said = capsys.readouterr().out.splitlines()
    assert said == ["[1/3] a: one", "[2/3] a: two", "[3/3] a: three"]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES])
def test_a_disk_that_refuses_is_one_sentence(monkeypatch, capsys, number):
    def refuse(_):
        raise OSError(number, os.strerror(number), "tables/a.parquet")

    monkeypatch.setattr("pipeline.commands.schema.run", refuse)
    assert main(["schema"]) == 2
    said = capsys.readouterr().err
    assert f"tables/a.parquet: found {os.strerror(number)};" in said
    assert "Traceback" not in said


def test_a_defect_of_the_program_still_shows_where_it_is(monkeypatch):
    def fail(_):
        raise OSError(errno.EBADF, "Bad file descriptor")

    monkeypatch.setattr("pipeline.commands.schema.run", fail)
    with pytest.raises(OSError, match="Bad file descriptor"):
        main(["schema"])


def test_a_typo_in_a_region_is_one_sentence_without_traceback(tmp_path, project):
    shipped = project / "configs" / "regions" / "syr-darya.yaml"
    text = shipped.read_text(encoding="utf-8").replace("bbox:", "bbocks:")
    broken = tmp_path / "syr-darya.yaml"
    broken.write_text(text, encoding="utf-8")
    result = subprocess.run(
        [sys.executable, "-m", "pipeline", "run", str(broken)],
        cwd=tmp_path,
        env={"PYTHONPATH": str(project), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 2
    assert "'bbocks' is unknown; did you mean 'bbox'?" in result.stderr
    assert "Traceback" not in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["syr-darya.yaml"]


def test_conda_and_pip_users_get_the_same_set(project):
    with (project / "pyproject.toml").open("rb") as handle:
        declared = tomllib.load(handle)["project"]
    wanted = [
        *declared["dependencies"],
        *declared["optional-dependencies"]["dev"],
        f"python{declared['requires-python']}",
        "pip",
    ]
    content = yaml.safe_load((project / "environment.yml").read_text())["dependencies"]
    listed = [item for item in content if isinstance(item, str)]
    for item in content:  # what conda-forge does not have comes by pip
        listed += item["pip"] if isinstance(item, dict) else []
    named = [
        re.sub(r"^[a-z-]+", lambda m: CONDA_NAMES.get(m[0], m[0]), item)
        for item in listed
    ]
    assert sorted(named) == sorted(wanted)


def test_the_lock_pins_every_dependency_and_holds_no_address(project):
    with (project / "pyproject.toml").open("rb") as handle:
        declared = tomllib.load(handle)["project"]
    lock = (project / "requirements.lock").read_text()
    pinned = set(re.findall(r"^([a-z0-9-]+)==", lock, flags=re.MULTILINE))
    wanted = declared["dependencies"] + declared["optional-dependencies"]["dev"]
    names = {re.match(r"[a-z0-9-]+", item)[0] for item in wanted}
    assert names <= pinned
    assert "://" not in lock
    assert "--hash=sha256:" in lock
