"""Names of countries in English, Russian and Spanish, and their two-letter codes.

The list holds countries with mining or with rivers that others share; it is no
statement on the status of any of them.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from pathlib import Path
from typing import Final

from pipeline.core.csv_text import read_csv_rows

_FILE: Final = Path(__file__).parent / "data" / "countries.csv"
_OTHER_NAMES: Final = {
    "kyrgyz republic": "KG",
    "киргизия": "KG",
    "russian federation": "RU",
    "российская федерация": "RU",
    "united states": "US",
    "usa": "US",
    "great britain": "GB",
    "czech republic": "CZ",
    "turkey": "TR",
    "viet nam": "VN",
    "белоруссия": "BY",
    "молдавия": "MD",
}


def plain(text: str) -> str:
    """Text without accents, in lower case, with single blanks."""
    parts = unicodedata.normalize("NFD", text.casefold())
    bare = "".join(part for part in parts if not unicodedata.combining(part))
    return " ".join(bare.split())


@cache
def _rows() -> tuple[dict[str, str], ...]:
    return tuple(row for _, row in read_csv_rows(_FILE)[1])


@cache
def _codes() -> dict[str, str]:
    codes = {plain(name): code for name, code in _OTHER_NAMES.items()}
    for row in _rows():
        codes |= {plain(name): row["code"] for name in row.values()}
    return codes


def country_code(name: str) -> str | None:
    """ISO 3166-1 alpha-2 code of a country's name or code; None if it is unknown."""
    return _codes().get(plain(name))


def country_name(code: str, language: str) -> str | None:
    """Name of a country in a language; None where the list holds none."""
    return next((row.get(language) for row in _rows() if row["code"] == code), None)
