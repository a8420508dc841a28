"""What the profile of one facility says, section by section, in one language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from pipeline.core.model import Hazard
from pipeline.publish.cells import (
    Cell,
    Context,
    Line,
    caveat_of,
    code_word,
    estimate_cell,
    flag_cell,
    layer_rows,
    marks_of,
    value_text,
)
from pipeline.publish.dossiers import Dossier, Row
from pipeline.publish.minimap import Ground, facility_name, location_map, path_map
from pipeline.publish.motion import motion_section
from pipeline.publish.riverpath import river_section
from pipeline.publish.status import appearance
from pipeline.publish.themes import (
    crossing_text,
    hazard_key,
    hazard_levels,
    hazard_value,
    level_label,
    period_label,
    rank_text,
    scenario_label,
    source_text,
)
from pipeline.publish.words import Words, placeholders

_IDENTITY: Final = (
    "name", "name_ru", "alt_names", "country", "nearest_settlement", "facility_type",
    "commodity", "substances", "operator", "status", "status_note", "remediation",
    "start_year", "end_year", "river", "river_basin", "volume_m3", "mass_t", "area_m2",
    "dam_height_m", "dam_length_m", "dam_type", "slope_deg", "fos_static",
    "freeboard_m", "pond_volume_m3", "whc", "n_tailings", "n_waste_dumps",
)  # fmt: skip
_INDEX_TERMS: Final = (
    "thi_capacity", "thi_toxicity", "thi_management", "thi_site", "thi_dam", "thi",
    "tei", "tri",
)  # fmt: skip
_NO_STATEMENT: Final = "not_stated"


def profile_view(
    dossier: Dossier, context: Context, ground: Ground, words: Words
) -> dict[str, Any]:
    """Everything the profile's template lays out; texts are plain and unescaped."""
    facility = dossier.facility
    identity, unstated = _identity(dossier, words)
    return {
        "id": dossier.tmf_id,
        "name": facility_name(facility, words),
        "country": words.country(facility["country"]),
        "kind": code_word("facility_type", facility["facility_type"], words),
        "status": appearance("facility_status", facility["status"], words),
        "part_of": facility["part_of"],
        "parts": [
            {"id": str(row["tmf_id"]), "name": facility_name(row, words)}
            for row in dossier.parts
        ],
        "facts": _facts(dossier, words),
        "identity": identity,
        "unstated": unstated,
        "notes": facility["notes"],
        "position": _position(dossier, words),
        "location_map": location_map(dossier, ground, words),
        "hazards": _hazards(dossier, context, words),
        "hazards_missing": _hazards_missing(dossier, words),
        "climate": _climate(dossier, context, words),
        "motion": motion_section(dossier, words),
        "river": river_section(dossier, context, words),
        "path_map": path_map(dossier, ground, words),
        "location": _location(dossier, words),
        "index": _index(dossier, words),
        "consequence": _consequence(dossier, words),
        "assessment": dossier.assessment,
        "scheme_status": _assessed_word(dossier, "scheme_status", words),
        "confidence": _assessed_word(dossier, "confidence", words),
        "measures": _measures(dossier, words),
        "gaps": _gaps(dossier, words),
        "ledger": dossier.ledger,
        "layers": layer_rows(used_layers(dossier.hazards, context), words),
    }


def _assessed_word(dossier: Dossier, name: str, words: Words) -> str:
    found = dossier.assessment
    return "" if found is None else code_word(name, str(found[name]), words)


def _facts(dossier: Dossier, words: Words) -> list[Line]:
    found = dossier.assessment
    marks = marks_of(found)
    consequence = (found or {}).get("consequence_class")
    shown = appearance("consequence", consequence, words)
    rank_note = (
        words("facts.rank_of", count=words.numbers.whole(found["n_ranked"]))
        if found is not None and found["rank"] is not None
        else ""
    )
    motion = _motion_fact(dossier, words)
    border = Cell(words("border.none" if dossier.downstream else "border.unknown"))
    if dossier.crossings:
        border = Cell(crossing_text(dossier.crossings[0], words))
    return [
        Line(
            words("theme.rank.short"),
            Cell(rank_text(found, words), note=rank_note, marks=marks),
        ),
        Line(
            words("theme.consequence.short"),
            Cell(
                shown.word, look=shown.look, marks=marks if consequence else (),
                note=_class_range(found, words),
            ),
        ),
        Line(words("theme.border.short"), border),
        Line(words("theme.displacement.short"), motion),
    ]


def _motion_fact(dossier: Dossier, words: Words) -> Cell:
    row = dossier.displacement
    status = "not_covered" if row is None else str(row["status"])
    if row is not None and row["watch_level"] != "not_assessed":
        shown = appearance("watch", row["watch_level"], words)
        return Cell(shown.word, look=shown.look, marks=marks_of(row))
    shown = appearance("displacement", status, words)
    return Cell(shown.word, look=shown.look)


def _class_range(found: Row | None, words: Words) -> str:
    if found is None:
        return ""
    low, high = found["consequence_class_low"], found["consequence_class_high"]
    if low is None or high is None or low == high:
        return ""
    ends = [appearance("consequence", end, words).word for end in (low, high)]
    return words("facts.class_range", low=ends[0], high=ends[1])


def _identity(
    dossier: Dossier, words: Words
) -> tuple[list[dict[str, Any]], list[str]]:
    sources: dict[str, list[Row]] = {}
    for row in dossier.values:
        sources.setdefault(str(row["field"]), []).append(row)
    rows: list[dict[str, Any]] = []
    unstated: list[str] = []
    for name in _IDENTITY:
        label = words(f"field.{name}")
        value = dossier.facility[name]
        found = sources.get(name, [])
        said = [row for row in found if row["quality"] != _NO_STATEMENT]
        if _is_unstated(dossier.facility, name) or (found and not said):
            unstated.append(label)
            continue
        rows.append(
            {
                "label": label,
                "value": _identity_value(dossier.facility, name, value, words),
                "sources": [_source(row, words) for row in said],
            }
        )
    return rows, unstated


def _is_unstated(facility: Row, name: str) -> bool:
    if name == "volume_m3":
        ends = (facility["volume_m3_low"], facility["volume_m3_high"])
        return facility[name] is None and ends == (None, None)
    return facility[name] is None or facility[name] == "unknown"


def _identity_value(facility: Row, name: str, value: Any, words: Words) -> Cell:
    if name == "volume_m3":
        return estimate_cell(facility, name, words, table="facilities", digits=3)
    return Cell(
        value_text("facilities", name, value, words),
        english=name in ("status_note", "river", "nearest_settlement", "operator"),
    )


def _source(row: Row, words: Words) -> dict[str, Any]:
    return {
        "source": row["source"],
        "quality": words.known("quality", str(row["quality"])),
        "weak": row["quality"] not in ("sourced", "derived", "translated"),
        "year": words.numbers.year(row["year"]) if row["year"] is not None else "",
        "note": row["note"] or "",
    }


def _position(dossier: Dossier, words: Words) -> dict[str, Any]:
    facility = dossier.facility
    quality = str(facility["position_quality"])
    view: dict[str, Any] = {
        "quality": code_word("position_quality", quality, words),
        "sentence": words(f"position.{quality}"),
        "text": "",
        "radius": "",
    }
    if dossier.has_position:
        radius = facility["position_radius_m"]
        view["text"] = words.numbers.position(
            float(facility["lat_deg"]), float(facility["lon_deg"]), radius
        )
        if radius is not None:
            view["radius"] = words(
                "position.radius", radius=words.numbers.distance(radius)
            )
    return view


def _hazards(
    dossier: Dossier, context: Context, words: Words
) -> list[dict[str, Any]]:
    """Levels of the present, those of one layer together."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for found in hazard_levels([dossier]).values():
        if found[0]["scenario"] == "historical":
            view = _hazard_row(found[0], context, words)
            groups.setdefault(str(found[0]["layer_id"]), []).append(view)
    return [{"first": rows[0], "rows": rows} for rows in groups.values()]


def _hazard_row(row: Row, context: Context, words: Words) -> dict[str, Any]:
    status = str(row["intensity_status"])
    shown = appearance("status", status, words)
    layer = context.layers.get(str(row["layer_id"]))
    return {
        "hazard": code_word("hazard", row["hazard"], words),
        "measure": words.known("measure", str(row["intensity_measure"])),
        "level": level_label(row, words),
        "level_only": period_label(row, words),
        "scenario": scenario_label(row, words),
        "value": Cell(
            hazard_value(row, words),
            look=None if row["intensity"] is not None else shown.look,
            marks=marks_of(row) if row["intensity"] is not None else (),
            note="" if status == "measured" else shown.sentence,
        ),
        "place": _sampled_place(row, words),
        "source": source_text(layer, words) if layer else row["layer_id"],
        "resolution": layer.resolution if layer else "",
        "caveat": caveat_of(layer, words) if layer else "",
        "note": row["note"],
        "confidence": code_word("confidence", row["confidence"], words),
    }


def _sampled_place(row: Row, words: Words) -> str:
    place = code_word("place", row["place"], words)
    if row["radius_m"] is not None:
        place += f", {words.numbers.distance(row['radius_m'])}"
    covered = words("hazard.covered", share=words.numbers.percent(row["covered_fraction"]))
    return f"{place}; {covered}"


def _climate(dossier: Dossier, context: Context, words: Words) -> dict[str, Any]:
    """Values under climate scenarios beside the present value of their measure.

    One row per level and case: the median, with the outer percentiles of the ensemble
    as its range. Levels that no scenario changes are named, not repeated.
    """
    present = {
        hazard_key(row)[:2]: row
        for row in dossier.hazards
        if row["scenario"] == "historical"
    }
    cases: dict[tuple[str, ...], list[Row]] = {}
    for key, rows in hazard_levels([dossier]).items():
        if rows[0]["scenario"] != "historical":
            cases.setdefault(key[:4], []).append(rows[0])
    groups: dict[tuple[str, ...], dict[str, Any]] = {}
    unchanged: list[str] = []
    for case, rows in cases.items():
        ordered = sorted(rows, key=lambda row: float(row["percentile"]))
        middle = min(ordered, key=lambda row: abs(float(row["percentile"]) - 50.0))
        before = present.get(case[:2])
        name = words.known("measure", str(middle["intensity_measure"]))
        if before is not None and before["intensity"] == middle["intensity"]:
            if name not in unchanged:
                unchanged.append(name)
            continue
        view = _hazard_row(middle, context, words)
        group = groups.setdefault(
            case[:2],
            {"first": view, "present": _plain_value(before, words), "rows": []},
        )
        view["value"] = replace(view["value"], text=_plain_value(middle, words))
        view["range"] = _ensemble_range(ordered, words)
        group["rows"].append(view)
    return {"groups": list(groups.values()), "unchanged": unchanged}


def _plain_value(row: Row | None, words: Words) -> str:
    if row is None:
        return words("hazard.no_present")
    if row["intensity"] is None:
        return hazard_value(row, words)
    return words.numbers.quantity(row["intensity"], words.unit(str(row["unit"])))


def _ensemble_range(rows: Sequence[Row], words: Words) -> str:
    first, last = rows[0], rows[-1]
    if len(rows) < 2 or first["intensity"] is None or last["intensity"] is None:
        return ""
    unit = words.unit(str(first["unit"]))
    return words(
        "hazard.ensemble",
        low=words.numbers.number(first["intensity"]),
        high=words.numbers.quantity(last["intensity"], unit),
        first=words.numbers.whole(first["percentile"]),
        last=words.numbers.whole(last["percentile"]),
    )


def _hazards_missing(dossier: Dossier, words: Words) -> list[str]:
    covered = {str(row["hazard"]) for row in dossier.hazards}
    return [words(f"code.hazard.{h}") for h in Hazard if str(h) not in covered]


def _location(dossier: Dossier, words: Words) -> list[Line]:
    found = dossier.assessment
    if found is None:
        return []
    air = _distance_note(dossier, words)
    lines = [
        Line(
            words("location.air"),
            flag_cell(found["air_15km"], words, note=air),
            code_word("air_15km_basis", found["air_15km_basis"], words),
        ),
        Line(
            words("location.catchment"),
            flag_cell(found["water_catchment"], words),
            code_word("water_catchment_basis", found["water_catchment_basis"], words),
        ),
        Line(
            words("location.two_days"),
            flag_cell(found["water_two_days"], words),
            code_word("water_two_days_basis", found["water_two_days_basis"], words),
        ),
    ]
    substances = appearance("status", found["substances_status"], words)
    lines.append(
        Line(
            words("location.substances"),
            Cell(substances.word, look=substances.look),
            words("location.substances_help"),
        )
    )
    countries = [c.strip() for c in (found["countries_downstream"] or "").split(";")]
    named = ", ".join(words.country(code) for code in countries if code)
    lines.append(
        Line(words("location.countries"), Cell(named or words("value.none_found")))
    )
    return lines


def _distance_note(dossier: Dossier, words: Words) -> str:
    snap = dossier.snap
    if snap is None or snap["distance_border_air_m"] is None:
        return ""
    return words(
        "location.air_distance",
        distance=words.numbers.distance(snap["distance_border_air_m"]),
        country=words.country(snap["nearest_border_country"]),
    )


def _index(dossier: Dossier, words: Words) -> list[Line]:
    found = dossier.assessment
    if found is None:
        return []
    lines = [
        Line(
            words("field.volume_used_m3"),
            estimate_cell(found, "volume_used_m3", words, table="assessment"),
            code_word("volume_basis", found["volume_basis"], words),
        )
    ]
    lines += [
        Line(
            words(f"field.{name}"),
            estimate_cell(found, name, words, table="assessment", digits=3),
            words(f"index.{name}"),
        )
        for name in _INDEX_TERMS
    ]
    return lines


def _consequence(dossier: Dossier, words: Words) -> list[Line]:
    found = dossier.assessment
    if found is None:
        return []
    bases = (
        ("failure_per_yr", "failure_basis"),
        ("release_volume_m3", "release_basis"),
        ("runout_m", "runout_basis"),
        ("inundation_area_m2", "release_basis"),
        ("people_at_risk", "people_basis"),
    )
    lines = [
        Line(
            words(f"field.{name}"),
            estimate_cell(found, name, words, table="assessment"),
            code_word(basis, found[basis], words),
        )
        for name, basis in bases
    ]
    shown = appearance("consequence", found["consequence_class"], words)
    known = found["consequence_class"] is not None
    lines.append(
        Line(
            words("field.consequence_class"),
            Cell(
                shown.word,
                look=shown.look,
                marks=marks_of(found) if known else (),
                note=_class_range(found, words),
            ),
            code_word("consequence_basis", found["consequence_basis"], words),
        )
    )
    ranked = found["rank"] is not None
    count = words.numbers.whole(found["n_ranked"])
    lines.append(
        Line(
            words("field.rank"),
            Cell(
                rank_text(found, words),
                marks=marks_of(found) if ranked else (),
                note=words("facts.rank_of", count=count) if ranked else "",
            ),
            code_word("rank_basis", found["rank_basis"], words),
        )
    )
    return lines


def _measures(dossier: Dossier, words: Words) -> list[dict[str, Any]]:
    groups = []
    for horizon in ("short", "medium", "long"):
        rows = [row for row in dossier.measures if row["horizon"] == horizon]
        rows = sorted(rows, key=lambda row: row["priority"])
        groups.append(
            {
                "title": words(f"code.horizon.{horizon}"),
                "rows": [
                    {
                        "text": words(f"measure_text.{row['measure_id']}"),
                        "reason": reason_text(row, words),
                    }
                    for row in rows
                ],
            }
        )
    return groups


def reason_text(row: Row, words: Words) -> str:
    """Reason of a measure, filled with the values of its ``detail``."""
    key = f"reason_text.{row['reason']}"
    given = dict(
        item.strip().split("=", 1)
        for item in (row["detail"] or "").split(";")
        if "=" in item
    )
    names = placeholders(words.messages[key])
    return words(key, **{name: _detail(name, given.get(name), words) for name in names})


def _detail(name: str, value: str | None, words: Words) -> str:
    if value is None:
        return words.numbers.unknown
    group = {"countries": "country", "fields": "missing"}.get(name)
    if group is not None:
        return ", ".join(words.known(group, part.strip()) for part in value.split(","))
    if name == "level":
        return appearance("watch", value, words).word
    try:
        return words.numbers.number(float(value))
    except ValueError:
        return value


def _gaps(dossier: Dossier, words: Words) -> list[str]:
    gaps = [words(f"position.{dossier.facility['position_quality']}")]
    found = dossier.assessment
    if found is not None and found["missing"]:
        fields = [item.strip() for item in str(found["missing"]).split(";")]
        named = ", ".join(words.known("missing", item) for item in fields)
        gaps.append(words("gaps.missing", fields=named))
    motion = "not_covered"
    if dossier.displacement is not None:
        motion = str(dossier.displacement["status"])
    if motion != "measured":
        gaps.append(appearance("displacement", motion, words).sentence)
    if dossier.snap is not None and dossier.snap["snap_confidence"] in ("low", "none"):
        gaps.append(words(f"snap.{dossier.snap['snap_confidence']}"))
    return gaps


def used_layers(hazards: Sequence[Row], context: Context) -> list[Any]:
    """Layers behind the rows, and the layers that every page rests on."""
    named = {str(row["layer_id"]) for row in hazards}
    shared = {
        key for key, layer in context.layers.items() if layer.role.value != "hazard"
    }
    return [
        layer for key, layer in context.layers.items() if key in named | shared
    ]
