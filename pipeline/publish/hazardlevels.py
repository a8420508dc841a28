"""Levels of the hazards table: which there are, which to show, and their names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from pipeline.core.layers import Layer
from pipeline.publish.dossiers import Dossier, Row
from pipeline.publish.status import appearance
from pipeline.publish.words import Words

_USUAL_PERIOD_YR: Final = 475.0
_MEDIAN: Final = 50.0
HazardKey = tuple[str, str, str, str, float]


def hazard_levels(dossiers: Sequence[Dossier]) -> dict[HazardKey, list[Row]]:
    """Rows of the hazards table by layer, level, scenario, horizon and percentile.

    The present comes first, then by hazard, layer and return period.
    """
    found: dict[HazardKey, list[Row]] = {}
    for dossier in dossiers:
        for row in dossier.hazards:
            found.setdefault(hazard_key(row), []).append(row)
    order = sorted(
        found,
        key=lambda key: (
            found[key][0]["scenario"] != "historical",
            str(found[key][0]["hazard"]),
            key[0],
            found[key][0]["return_period_yr"] or 0.0,
            key,
        ),
    )
    return {key: found[key] for key in order}


def hazard_key(row: Row) -> HazardKey:
    """Key of a hazard level: everything that tells it from another, but not where."""
    return (
        str(row["layer_id"]),
        str(row["level"]),
        str(row["scenario"]),
        str(row["horizon"]),
        float(row["percentile"]),
    )


def mapped_levels(dossiers: Sequence[Dossier]) -> dict[HazardKey, list[Row]]:
    """Hazard levels worth a map of their own.

    Left out are percentiles beside the median, values of the region as a whole,
    futures that equal the present everywhere (earthquakes), and futures that no
    facility has a value of.
    """
    levels = hazard_levels(dossiers)
    present = {
        key[:2]: _intensities(rows)
        for key, rows in levels.items()
        if rows[0]["scenario"] == "historical"
    }
    return {
        key: rows
        for key, rows in levels.items()
        if key[4] == _MEDIAN
        and any(row["place"] != "region" for row in rows)
        and (
            rows[0]["scenario"] == "historical"
            or (
                present.get(key[:2]) != _intensities(rows)
                and any(row["intensity"] is not None for row in rows)
            )
        )
    }


def _intensities(rows: Sequence[Row]) -> dict[str, Any]:
    return {str(row["tmf_id"]): row["intensity"] for row in rows}


def main_levels(dossiers: Sequence[Dossier]) -> list[HazardKey]:
    """One level of the present per layer, for tables with little room.

    The return period next to 475 years stands for a layer that has several.
    """
    chosen: dict[str, tuple[float, HazardKey]] = {}
    for key, rows in hazard_levels(dossiers).items():
        if rows[0]["scenario"] != "historical":
            continue
        years = rows[0]["return_period_yr"]
        away = abs(float(years) - _USUAL_PERIOD_YR) if years is not None else 0.0
        if key[0] not in chosen or away < chosen[key[0]][0]:
            chosen[key[0]] = (away, key)
    return [key for _, key in chosen.values()]


def level_label(row: Row, words: Words) -> str:
    """Level, scenario and horizon of a hazard row in words."""
    parts = [period_label(row, words)]
    if row["scenario"] != "historical":
        parts.append(scenario_label(row, words))
    return ", ".join(part for part in parts if part)


def period_label(row: Row, words: Words) -> str:
    """Return period of a hazard row, or the name of its level."""
    years = row["return_period_yr"]
    if years is not None:
        return words("hazard.return_period", years=words.numbers.whole(years))
    return words.known("level", str(row["level"]))


def scenario_label(row: Row, words: Words) -> str:
    """Scenario, horizon and percentile in words."""
    scenario = words(f"scenario.{row['scenario']}")
    if row["scenario"] == "historical":
        return scenario
    horizon = str(row["horizon"]).replace("-", "–")
    text = f"{scenario}, {horizon}"
    if float(row["percentile"]) != _MEDIAN:
        share = words.numbers.whole(row["percentile"])
        text += f", {words('hazard.percentile', percentile=share)}"
    return text


def hazard_value(row: Row, words: Words) -> str:
    """Intensity with unit and bounds; the word of its status where it has none."""
    if row["intensity"] is None:
        return appearance("status", str(row["intensity_status"]), words).word
    return words.numbers.quantity_bounds(
        row["intensity_low"],
        row["intensity"],
        row["intensity_high"],
        words.unit(str(row["unit"])),
    )


def source_text(layer: Layer, words: Words) -> str:
    """Title and version of a layer in the page's language."""
    title = getattr(layer.title, words.language, layer.title.en)
    return words("sources.title_version", title=title, version=layer.version)


def hazard_theme_id(key: HazardKey) -> str:
    """Id of the theme of a hazard level, fit for an attribute of a page."""
    return "hazard-" + "-".join(_slug(part) for part in (*key[:4], f"{key[4]:g}"))


def _slug(text: str) -> str:
    return "".join(c if c.isalnum() and c.isascii() else "-" for c in text.lower())
