"""Typed records from YAML and JSON, with errors that name the key."""

from __future__ import annotations

import difflib
from collections.abc import Hashable
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from pipeline.core.errors import InputError, input_error


class Record(BaseModel):
    """Frozen record that refuses unknown keys and silent conversions of type."""

    model_config = ConfigDict(extra="forbid", frozen=True)


RecordType = TypeVar("RecordType", bound=BaseModel)
_SHOWN_ERRORS = 3


class _UniqueKeyLoader(yaml.SafeLoader):
    """Safe YAML loader that refuses a key that stands twice in one mapping."""

    def construct_mapping(
        self, node: yaml.MappingNode, deep: bool = False
    ) -> dict[Hashable, Any]:
        """Build a mapping; a repeated key is an error, not the last one's win."""
        seen: set[Hashable] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=deep)
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"key {key!r} stands twice", key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep=deep)


def load_yaml(path: Path) -> Any:
    """Read a YAML file.

    Raises
    ------
    InputError
        If the file is missing, is not UTF-8, or is not YAML.
    """
    try:
        text = path.read_bytes().decode("utf-8")
    except OSError as error:
        raise input_error(
            path,
            found=f"no readable file ({error.strerror})",
            expected="a YAML file",
            fix="check the path",
        ) from None
    except UnicodeDecodeError as error:
        raise input_error(
            path,
            found=f"a byte that is not UTF-8 at position {error.start}",
            expected="UTF-8 text",
            fix="save the file as UTF-8",
        ) from None
    try:
        return yaml.load(text, Loader=_UniqueKeyLoader)  # noqa: S506 (a SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise input_error(
            path,
            row=line,
            found=str(error.problem or error),
            expected="valid YAML",
            fix="correct that line (indentation, colon, quotes)",
        ) from None


def load_record(kind: type[RecordType], content: Any, source: str | Path) -> RecordType:
    """Check content against a record and return it.

    Raises
    ------
    InputError
        Names the first keys that are unknown, missing or wrong, with what was found
        and what is expected.
    """
    if not isinstance(content, dict):
        raise input_error(
            source,
            found="an empty file"
            if content is None
            else f"{type(content).__name__} at the top",
            expected="a mapping with keys",
            fix="start from a shipped file of the same kind",
        )
    try:
        return kind.model_validate(content)
    except ValidationError as error:
        raise _first_errors(error, kind, source) from None


def _first_errors(
    error: ValidationError, kind: type[BaseModel], source: str | Path
) -> InputError:
    details = sorted(
        error.errors(include_url=False), key=lambda d: d["type"] != "extra_forbidden"
    )
    lines = []
    for detail in details[:_SHOWN_ERRORS]:
        key = ".".join(str(part) for part in detail["loc"]) or "(top)"
        if detail["type"] == "extra_forbidden":
            near = difflib.get_close_matches(
                str(detail["loc"][-1]), _all_keys(kind), n=1
            )
            hint = f"; did you mean {near[0]!r}?" if near else ""
            lines.append(f"key {key!r} is unknown{hint}")
        elif detail["type"] == "missing":
            lines.append(f"key {key!r} is missing")
        else:
            found = repr(detail["input"])
            found = found if len(found) <= 80 else found[:77] + "..."
            message = detail["msg"].removeprefix("Value error, ")
            lines.append(f"key {key!r} has {found}: {message}")
    more = len(details) - len(lines)
    listed = "; ".join(lines) + (f"; and {more} more" if more > 0 else "")
    return input_error(
        source,
        found=listed,
        expected="the keys, types and limits of the JSON schema in configs/schema",
        fix="correct these keys",
    )


def _all_keys(kind: type[BaseModel]) -> list[str]:
    schema = kind.model_json_schema()
    parts = [schema, *schema.get("$defs", {}).values()]
    return sorted({key for part in parts for key in part.get("properties", {})})
