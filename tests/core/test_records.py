"""Typed records from YAML, and errors that name the key."""

from __future__ import annotations

import pytest
from pydantic import Field, ValidationError

from pipeline.core.errors import InputError
from pipeline.core.records import Record, load_record, load_yaml


class Dam(Record):
    """A record for the tests."""

    height_m: float = Field(gt=0)
    name: str = "nameless"
    tags: tuple[str, ...] = ()


def written(tmp_path, text):
    path = tmp_path / "плотина.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    return path


def test_yaml_in_utf8_is_read(tmp_path):
    assert load_yaml(written(tmp_path, "name: Нарын")) == {"name": "Нарын"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b"name: \xcd\xe0", "not UTF-8 at position 6"),
        ("a: [1, 2", "expected valid YAML"),
        ("a: 1\nb: 2\na: 3\n", "key 'a' stands twice"),
        ("x:\n  a: 1\n  a: 2\n", "row 3: found key 'a' stands twice"),
        ("a: !!python/object:os.system {}", "could not determine a constructor"),
    ],
)
def test_broken_yaml_is_told_with_file_and_place(tmp_path, text, told):
    path = written(tmp_path, text)
    with pytest.raises(InputError) as caught:
        load_yaml(path)
    assert told in str(caught.value)
    assert "плотина.yaml" in str(caught.value)


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(InputError, match="no readable file"):
        load_yaml(tmp_path / "no.yaml")


def test_a_record_is_made_and_frozen():
    dam = load_record(Dam, {"height_m": 30, "tags": ["a"]}, "x.yaml")
    assert (dam.height_m, dam.tags) == (30.0, ("a",))
    with pytest.raises(ValidationError):
        dam.height_m = 31


def test_an_unknown_key_is_told_with_its_neighbour():
    with pytest.raises(InputError, match=r"'hieght_m' is unknown; did you mean 'heig"):
        load_record(Dam, {"hieght_m": 3}, "x.yaml")


def test_a_missing_key_is_named():
    with pytest.raises(InputError, match="key 'height_m' is missing"):
        load_record(Dam, {}, "x.yaml")


def test_a_wrong_value_is_told_with_what_was_found_and_expected():
    with pytest.raises(InputError, match=r"'height_m' has -3: .*greater than 0"):
        load_record(Dam, {"height_m": -3}, "x.yaml")


def test_a_long_value_is_shortened():
    with pytest.raises(InputError) as caught:
        load_record(Dam, {"height_m": "x" * 500}, "x.yaml")
    assert len(str(caught.value)) < 400


def test_more_errors_than_shown_are_counted():
    wrong = {"height_m": -1, "a": 1, "b": 1, "c": 1}
    with pytest.raises(InputError, match="and 1 more"):
        load_record(Dam, wrong, "x.yaml")


@pytest.mark.parametrize("content", [None, [], "text", 3])
def test_something_without_keys_is_refused(content):
    with pytest.raises(InputError, match="expected a mapping"):
        load_record(Dam, content, "x.yaml")
