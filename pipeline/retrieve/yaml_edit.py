"""Small additions to YAML files that keep every comment and blank line.

The text is changed at one place only, and read again: if the content is not the old
one plus the addition, nothing is returned.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import yaml

from pipeline.core.errors import InputError, input_error

_NOT_HERE: Final = -1


def with_row(text: str, key: str, row: str, dash_column: int, path: Path) -> str:
    """Text with one more block item at the end of the list under a top-level key.

    Parameters
    ----------
    key
        Its list must be the last thing in the file.
    row
        Text of the item, its dash in column ``dash_column`` (see `dash_column`).

    Raises
    ------
    InputError
        If the list is written in a way that cannot be added to safely.
    """
    node = _value(_root(text, path), key, path)
    old = yaml.safe_load(text)[key] or []
    if not isinstance(node, yaml.SequenceNode) or (node.flow_style and old):
        raise _by_hand(path, key, row)
    if node.flow_style:
        new = text[: node.start_mark.index].rstrip() + "\n" + row
        new += "\n" + text[node.end_mark.index :].lstrip("\n")
    else:
        new = text.rstrip("\n") + "\n\n" + row + "\n"
    added = yaml.safe_load(f"{' ' * dash_column}x:\n{row}")["x"]
    _check(text, new, (key,), added, path)
    return new


def dash_column(text: str, key: str, path: Path) -> int:
    """Column of the dashes of a list, 2 where it has no items yet."""
    node = _value(_root(text, path), key, path)
    if isinstance(node, yaml.SequenceNode) and not node.flow_style:
        return int(node.start_mark.column)
    return 2


def with_listed(text: str, keys: Sequence[str], item: str, path: Path) -> str:
    """Text with one more word in a list of words; unchanged where it is listed.

    Parameters
    ----------
    keys
        Path of keys to the list, such as ``("layers", "hazards")``. The last key may
        be missing.
    item
        Word to add at the end of the list.
    """
    content = _under(yaml.safe_load(text), keys)
    if item in (content or []):
        return text
    node = _root(text, path)
    for key in keys[:-1]:
        node = _value(node, key, path)
    found = _find(node, keys[-1])
    word = yaml.safe_dump(item, allow_unicode=True).splitlines()[0]
    if found is None:
        new = _with_key(text, node, keys[-1], word, path)
    elif not isinstance(found, yaml.SequenceNode):
        raise _by_hand(path, ".".join(keys), word)
    elif found.flow_style:
        end = found.end_mark.index - 1
        before = text[:end].rstrip()
        comma = "" if before.endswith(("[", ",")) else ", "
        new = before + comma + word + text[end:]
    else:
        column = int(found.start_mark.column)
        at = _line_end(text, _last_mark(found))
        new = text[:at] + f"\n{' ' * column}- {word}" + text[at:]
    _check(text, new, keys, [item], path)
    return new


def _with_key(text: str, node: Any, key: str, word: str, path: Path) -> str:
    """Text with a new key, and its first item, at the end of a mapping."""
    if not isinstance(node, yaml.MappingNode):
        raise _by_hand(path, key, word)
    if node.flow_style:
        if node.value:
            raise _by_hand(path, key, word)
        column = 2
        start, end = node.start_mark.index, node.end_mark.index
        pad = " " * column
        added = f"\n{pad}{key}:\n{pad}  - {word}"
        return text[:start].rstrip() + added + text[end:]
    column = int(node.start_mark.column)
    at = _line_end(text, _last_mark(node))
    pad = " " * column
    return text[:at] + f"\n{pad}{key}:\n{pad}  - {word}" + text[at:]


def _root(text: str, path: Path) -> Any:
    node = yaml.compose(text, yaml.SafeLoader)
    if not isinstance(node, yaml.MappingNode):
        raise input_error(
            path,
            found="no mapping at the top",
            expected="keys with values",
            fix="start from a shipped file of the same kind",
        )
    return node


def _find(node: Any, key: str) -> Any:
    if not isinstance(node, yaml.MappingNode):
        return None
    return next((value for name, value in node.value if name.value == key), None)


def _value(node: Any, key: str, path: Path) -> Any:
    found = _find(node, key)
    if found is None:
        raise input_error(
            path,
            field=key,
            found="no such key",
            expected=f"the key {key!r}",
            fix="add it; see a shipped file of the same kind",
        )
    return found


def _last_mark(node: Any) -> int:
    """Index behind the last character that belongs to a node."""
    if isinstance(node, yaml.ScalarNode) or not node.value or node.flow_style:
        return int(node.end_mark.index)
    last = node.value[-1]
    return _last_mark(last[1] if isinstance(node, yaml.MappingNode) else last)


def _line_end(text: str, index: int) -> int:
    """End of the line of a node's last character, comments on it included."""
    while index > 0 and text[index - 1] in "\n\r ":  # marks of block texts run on
        index -= 1
    end = text.find("\n", index)
    return len(text) if end == _NOT_HERE else end


def _under(content: Any, keys: Sequence[str]) -> Any:
    for key in keys:
        content = content.get(key) if isinstance(content, dict) else None
    return content


def _check(
    text: str, new: str, keys: Sequence[str], added: list[Any], path: Path
) -> None:
    """See that the new content is the old one plus the addition."""
    wanted = yaml.safe_load(text)
    place = wanted
    for key in keys[:-1]:
        place = place[key]
    place[keys[-1]] = [*(place.get(keys[-1]) or []), *added]
    try:
        is_good = yaml.safe_load(new) == wanted
    except yaml.YAMLError:
        is_good = False
    if not is_good:
        raise _by_hand(path, ".".join(keys), str(added))


def _by_hand(path: Path, key: str, what: str) -> InputError:
    return input_error(
        path,
        field=key,
        found="a list written in a way that cannot be added to safely",
        expected="one item on each line, with dashes",
        fix=f"add this to it yourself: {what}",
    )
