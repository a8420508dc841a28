"""What the documents say of commands, options and files is so."""

from __future__ import annotations

import re

import pytest
import yaml

from pipeline.cli import COMMANDS, main
from pipeline.core.layers import Registry
from pipeline.core.records import load_record

CODE = re.compile(r"^```\w*\n(.*?)^```|`([^`]+)`", re.MULTILINE | re.DOTALL)


def pages_of(project):
    """README.md, CONTRIBUTING.md and docs/, by their names."""
    found = [project / "README.md", project / "CONTRIBUTING.md"]
    found += sorted((project / "docs").glob("*.md"))
    return [path.relative_to(project).as_posix() for path in found]


def named_commands(project):
    """Every command that a page names in code, with the options beside it."""
    for page in pages_of(project):
        text = (project / page).read_text(encoding="utf-8")
        pieces = [block or span for block, span in CODE.findall(text)]
        for line in "\n".join(pieces).replace("\\\n", " ").splitlines():
            for call in re.findall(r"natech ([a-z][^#\"]*)", line):
                yield page, call


def command_of(call):
    words = call.split()
    return next(
        (name for name in (" ".join(words[:2]), words[0]) if name in COMMANDS), None
    )


def test_every_command_in_the_documents_exists_with_its_options(project, capsys):
    helps = {}
    wrong = []
    for page, call in named_commands(project):
        name = command_of(call)
        if name is None:
            wrong.append((page, call))
            continue
        if name not in helps:
            with pytest.raises(SystemExit):
                main([*name.split(), "--help"])
            helps[name] = capsys.readouterr().out
        for option in re.findall(r"(?<![\w-])--[a-z][a-z0-9-]*", call):
            if not re.search(rf"{option}(?![\w-])", helps[name]):
                wrong.append((page, name, option))
    assert wrong == []
    assert len(helps) > 8


def test_every_command_but_the_stages_is_in_the_documents(project):
    told = {command_of(call) for _, call in named_commands(project)}
    stages = {name for name, (_, text) in COMMANDS.items() if text.startswith("stage")}
    assert set(COMMANDS) - stages - told <= {"schema"}  # make schema


def test_links_between_the_documents_lead_to_files(project):
    for page in pages_of(project):
        text = (project / page).read_text(encoding="utf-8")
        for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text):
            if "://" not in target:
                assert ((project / page).parent / target).exists(), (page, target)


def test_the_row_of_an_own_layer_in_the_documents_is_accepted(project):
    text = (project / "docs" / "own-layers.md").read_text(encoding="utf-8")
    row = re.search(r"```yaml\n# registry.yaml\n(.*?)```", text, re.DOTALL)
    registry = load_record(Registry, yaml.safe_load(row[1]), "own-layers.md")
    assert registry.layers[0].role == "rivers"
