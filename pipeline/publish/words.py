"""Catalogues of words: one file a language, the same keys in each.

A language is added by adding ``words/<code>.yaml``. Templates hold layout and ask
for words by key, so that no sentence stands in two places.
"""

from __future__ import annotations

import string
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import cache
from pathlib import Path
from typing import Any, Final

from pipeline.core.countries import country_name
from pipeline.core.errors import input_error
from pipeline.core.records import load_yaml
from pipeline.publish.numbers import NumberFormat

WORDS_FOLDER: Final = Path(__file__).parent / "words"
LAYER_TITLE: Final = "layer_title"
"""Group of the titles of layers, which come from the registries of a region."""
_FORMAT: Final = "format"


@dataclass(frozen=True)
class Words:
    """Words and number format of one language.

    ``messages`` maps keys with dots to texts; a text may hold ``{placeholders}``.
    """

    language: str
    messages: Mapping[str, str]
    numbers: NumberFormat

    def __call__(self, key: str, **values: object) -> str:
        """Text of a key with its placeholders filled.

        Raises
        ------
        KeyError
            If the catalogue has no such key, or a placeholder gets no value.
        """
        return self.messages[key].format(**values)

    def has(self, key: str) -> bool:
        """Whether the catalogue has a key."""
        return key in self.messages

    def known(self, group: str, code: str) -> str:
        """Text of a code from an open list; the code itself where there is none."""
        return self.messages.get(f"{group}.{code}", code)

    def with_layers(self, titles: Mapping[str, str]) -> Words:
        """These words, and the titles of a region's layers by id in this language."""
        named = {f"{LAYER_TITLE}.{key}": title for key, title in titles.items()}
        return replace(self, messages={**self.messages, **named})

    def country(self, code: str | None) -> str:
        """Name of a country, by the catalogue or the common list, else its code."""
        if code is None:
            return self.numbers.unknown
        named = self.messages.get(f"country.{code}")
        return named or country_name(code, self.language) or code

    def unit(self, unit: str) -> str:
        """Unit as the language writes it; empty for '-'."""
        return "" if unit == "-" else self.known("unit", unit)


def available_languages() -> list[str]:
    """Codes of the languages that have a catalogue."""
    return sorted(path.stem for path in WORDS_FOLDER.glob("*.yaml"))


@cache
def read_words(language: str) -> Words:
    """Read the catalogue of one language.

    Raises
    ------
    InputError
        If there is no catalogue, or its number format is incomplete.
    """
    path = WORDS_FOLDER / f"{language}.yaml"
    if not path.exists():
        raise input_error(
            "region file",
            field="languages",
            found=language,
            expected=f"one of {', '.join(available_languages())}",
            fix=f"remove it, or add the catalogue {path.name}",
        )
    content = load_yaml(path)
    number_format = content.pop(_FORMAT, {})
    wanted = {field.name for field in fields(NumberFormat)}
    if set(number_format) != wanted:
        raise input_error(
            path,
            field=_FORMAT,
            found=f"keys {sorted(number_format)}",
            expected=f"keys {sorted(wanted)}",
            fix="complete the number format",
        )
    return Words(language, flatten(content), NumberFormat(**number_format))


def flatten(content: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Turn nested mappings into one mapping whose keys are joined by dots."""
    flat: dict[str, str] = {}
    for key, value in content.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            flat.update(flatten(value, f"{name}."))
        else:
            flat[name] = str(value)
    return flat


def placeholders(text: str) -> set[str]:
    """Names of the placeholders in a text."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}
