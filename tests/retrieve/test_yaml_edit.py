"""Additions to YAML files keep all that was there."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from pipeline.core.errors import InputError
from pipeline.retrieve.yaml_edit import dash_column, with_listed, with_row

HERE = Path("here.yaml")
KEYS = ("layers", "hazards")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "layers:\n  hazards:\n    - a # first\n    # - b\n  places: p\n",
            "layers:\n  hazards:\n    - a # first\n    - new\n    # - b\n  places: p\n",
        ),
        (
            "layers:\n  hazards:\n  - a\n\n# tail\nx: 1\n",
            "layers:\n  hazards:\n  - a\n  - new\n\n# tail\nx: 1\n",
        ),
        ("layers: {hazards: [a, b]}\n", "layers: {hazards: [a, b, new]}\n"),
        ("layers:\n  hazards: [] # none\n", "layers:\n  hazards: [new] # none\n"),
        (
            "layers:\n  places: p # here\n# tail\n",
            "layers:\n  places: p # here\n  hazards:\n    - new\n# tail\n",
        ),
        (
            "layers:\n  hazards:\n    - a",
            "layers:\n  hazards:\n    - a\n    - new",
        ),
        (
            "layers:\n  hazards: [\n    a, # one\n    ]\n",
            "layers:\n  hazards: [\n    a, # onenew]\n",
        ),
    ],
)
def test_a_word_goes_to_the_end_of_its_list(text, expected):
    if "onenew" in expected:  # would be swallowed by the comment
        with pytest.raises(InputError, match="add this to it yourself"):
            with_listed(text, KEYS, "new", HERE)
        return
    assert with_listed(text, KEYS, "new", HERE) == expected


def test_a_word_that_is_listed_changes_nothing():
    text = "layers: {hazards: [a, b]}\n"
    assert with_listed(text, KEYS, "b", HERE) == text


def test_an_empty_mapping_gets_its_list():
    new = with_listed("layers: {}\nx: 1\n", KEYS, "new", HERE)
    assert yaml.safe_load(new) == {"layers": {"hazards": ["new"]}, "x": 1}


def test_a_word_that_yaml_would_misread_is_quoted():
    new = with_listed("registries: []\n", ("registries",), "a: b.yaml", HERE)
    assert yaml.safe_load(new) == {"registries": ["a: b.yaml"]}


def test_a_list_that_is_no_list_is_left_to_the_user():
    with pytest.raises(InputError, match="add this to it yourself"):
        with_listed("layers:\n  hazards: a\n", KEYS, "new", HERE)


@pytest.mark.parametrize(
    "text",
    [
        "# head\nlayers: []\n",
        "# head\nlayers:\n- id: a\n  title: >-\n    folded\n    text\n# tail\n",
        "# head\nlayers:\n    - id: a\n      n: 1 # one\n",
    ],
)
def test_a_row_goes_below_all_others(text):
    column = dash_column(text, "layers", HERE)
    pad = " " * column
    row = f"{pad}- id: new\n{pad}  n: 2"
    new = with_row(text, "layers", row, column, HERE)
    before = yaml.safe_load(text)["layers"]
    assert yaml.safe_load(new)["layers"] == [*before, {"id": "new", "n": 2}]
    for line in text.splitlines():
        if "#" in line:
            assert line in new


def test_a_registry_on_one_line_is_left_to_the_user():
    with pytest.raises(InputError, match="with dashes"):
        with_row("layers: [{id: a}]\n", "layers", "  - id: b", 2, HERE)
