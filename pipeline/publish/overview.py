"""What the basin map's page says: table, popups, legends, in one language."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pipeline.publish.basemap import BaseMap
from pipeline.publish.cells import (
    Cell,
    Context,
    code_word,
    estimate_cell,
    layer_rows,
    marks_of,
)
from pipeline.publish.climatesection import climate_summary
from pipeline.publish.dossiers import Dossier
from pipeline.publish.hazardlevels import hazard_theme_id, main_levels
from pipeline.publish.minimap import facility_name
from pipeline.publish.standing import theme_marks
from pipeline.publish.status import appearance
from pipeline.publish.themes import Theme
from pipeline.publish.words import Words


def overview_view(
    dossiers: Sequence[Dossier],
    themes: Sequence[Theme],
    context: Context,
    base: BaseMap,
    words: Words,
) -> dict[str, Any]:
    """Everything the template of the basin map lays out; texts are unescaped."""
    columns = _theme_columns(dossiers, themes)
    rows = [_row(dossier, columns, words) for dossier in dossiers]
    return {
        "title": context.title(words),
        "columns": [theme.short for theme in columns],
        "column_themes": [theme.id for theme in columns],
        "rows": rows,
        "table_marks": _marks_in(rows),
        "themes": themes,
        "groups": [
            (group, [theme for theme in themes if theme.group == group])
            for group in ("screening", "hazard")
        ],
        "counts": {theme.id: _counts(theme, dossiers) for theme in themes},
        "countries": sorted(
            {row["country_code"]: row["country"] for row in rows}.items()
        ),
        "statuses": sorted(
            {row["status_code"]: row["status"].word for row in rows}.items()
        ),
        "unstated_borders": base.boundary_lines is not None
        and bool((base.boundary_lines["status"] == "not_stated").any()),
        "base_missing": [words(f"base_layer.{use}") for use in base.missing],
        "climate": climate_summary(dossiers, words),
        "layers": layer_rows(context.layers.values(), words),
    }


def _theme_columns(dossiers: Sequence[Dossier], themes: Sequence[Theme]) -> list[Theme]:
    shown = {hazard_theme_id(key) for key in main_levels(dossiers)}
    return [theme for theme in themes if theme.group != "hazard" or theme.id in shown]


def _counts(theme: Theme, dossiers: Sequence[Dossier]) -> list[int]:
    """Facilities on the map per class."""
    counts = [0] * len(theme.classes)
    for dossier in dossiers:
        if dossier.has_position:
            counts[theme.members[dossier.tmf_id].position] += 1
    return counts


def _row(dossier: Dossier, columns: Sequence[Theme], words: Words) -> dict[str, Any]:
    facility = dossier.facility
    radius = facility["position_radius_m"]
    position = code_word("position_quality", facility["position_quality"], words)
    if dossier.has_position:
        note = words.numbers.position(
            float(facility["lat_deg"]), float(facility["lon_deg"]), radius
        )
        if radius is not None:
            note += f" ± {words.numbers.distance(radius)}"
        place = Cell(position, note=note)
    else:
        look = appearance("status", "not_provided", words).look
        place = Cell(words("mark.no_position"), look=look)
    return {
        "id": dossier.tmf_id,
        "name": facility_name(facility, words),
        "other_name": facility["name"] if words.language != "en" else "",
        "part_of": facility["part_of"],
        "kind": code_word("facility_type", facility["facility_type"], words),
        "country": words.country(facility["country"]),
        "country_code": facility["country"],
        "status": appearance("facility_status", facility["status"], words),
        "status_code": facility["status"],
        "volume": estimate_cell(
            facility, "volume_m3", words, table="facilities", digits=3
        ),
        "position": place,
        "radius": words.numbers.distance(radius) if radius is not None else "",
        "on_map": dossier.has_position,
        "themes": [(theme, _theme_cell(dossier, theme)) for theme in columns],
        "search": " ".join(
            str(part).lower()
            for part in (
                dossier.tmf_id,
                facility["name"],
                facility["name_ru"] or "",
                facility["alt_names"] or "",
            )
        ),
    }


def _marks_in(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Marks that stand in the table, whose meaning is told once below it."""
    cells = [cell for row in rows for _, cell in row["themes"]]
    cells += [row[name] for row in rows for name in ("volume", "position")]
    return sorted({mark for cell in cells for mark in cell.marks})


def _theme_cell(dossier: Dossier, theme: Theme) -> Cell:
    member = theme.members[dossier.tmf_id]
    look = theme.classes[member.position][0]
    known = member.sort is not None
    marks: tuple[str, ...] = ()
    if known:
        marks = _member_marks(dossier, theme)
    return Cell(member.text, note=member.note, look=look, marks=marks, sort=member.sort)


def _member_marks(dossier: Dossier, theme: Theme) -> tuple[str, ...]:
    if theme.group != "hazard":
        return theme_marks(theme.id, dossier)
    flags = {"demonstration": theme.demonstration, "provisional": theme.provisional}
    return marks_of(flags)
