"""Page of one draft notification, in one language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pipeline.publish.cells import Context, code_word
from pipeline.publish.contingencypage import canal_name, reasons_text
from pipeline.publish.dossiers import Row
from pipeline.publish.drafts import FIELDS
from pipeline.publish.minimap import facility_name
from pipeline.publish.pages import asset, render
from pipeline.publish.sheet import Sheet, comes_by_water
from pipeline.publish.words import Words

# Values that stand in the draft but wait for a person's word.
_TO_CHECK: Final = frozenset(
    {"report_type", "release_path", "discharge_m3s", "flow_velocity_ms", "substances"}
)
# Fields that need more than the tables say.
_COMPLETE: Final = frozenset({"substances", "discharge_m3s", "flow_velocity_ms"})
# Fields whose hint explains a value of the tables.
_HINT_WITH_VALUE: Final = frozenset(
    {"release_path", "discharge_m3s", "flow_velocity_ms", "predicted_arrival"}
)
_BORDER: Final = "border"
_PLACES_SHOWN: Final = 12


def draft_page(
    record: Mapping[str, Any],
    sheet: Sheet,
    context: Context,
    catalogues: Sequence[Words],
) -> str:
    """Page of one draft: one view per language."""
    key = str(record["tmf_id"])
    views = {w.language: draft_view(record, sheet, w) for w in catalogues}
    return render(
        "notification.html.j2",
        [asset("site.js")],
        [asset("site.css"), asset("contingency.css")],
        catalogues,
        {
            "body_class": "draft-page",
            "id": key,
            "views": views,
            "titles": {
                w.language: w("notification.title", name=views[w.language]["name"])
                for w in catalogues
            },
            "context": context,
        },
    )


def draft_view(record: Mapping[str, Any], sheet: Sheet, words: Words) -> dict[str, Any]:
    """Everything the template lays out; texts are plain and unescaped."""
    key = str(record["tmf_id"])
    facility = sheet.facilities[key]
    return {
        "name": facility_name(facility, words),
        "part_of": facility["part_of"],
        "path_known": record["path_known"],
        "fields": [_field(name, record, sheet, words) for name in FIELDS],
    }


def _field(
    name: str, record: Mapping[str, Any], sheet: Sheet, words: Words
) -> dict[str, Any]:
    value = record["fields"][name]
    hint = f"notification.hint.{name}"
    placeless = name == "location" and value["lat"] is None
    state = "to_fill" if value is None else "check" if name in _TO_CHECK else "known"
    if placeless:
        state = "to_fill"
    return {
        "name": name,
        "label": words(f"notification.name.{name}"),
        "lines": [] if value is None else _lines(name, record, sheet, words),
        "arrivals": _arrivals(record, sheet, words)
        if name == "predicted_arrival" and value
        else [],
        "blank": value is None or placeless or name in _COMPLETE,
        "hint": words(hint)
        if words.has(hint) and (value is not None or name not in _HINT_WITH_VALUE)
        else "",
        "state": words(f"notification.{state}"),
        "used_in": [
            words(f"notification.type.{kind}") for kind in record["used_in"][name]
        ],
    }


def _lines(
    name: str, record: Mapping[str, Any], sheet: Sheet, words: Words
) -> list[str]:
    """Known content of a field, line by line."""
    value = record["fields"][name]
    key = str(record["tmf_id"])
    number = words.numbers
    match name:
        case "report_type":
            return [words(f"notification.type.{value}")]
        case "exercise_flag":
            return [words("notification.exercise")]
        case "country_iso":
            return [f"{value} – {words.country(value)}"]
        case "location":
            return _location(value, words)
        case "facility":
            return _facility(sheet.facilities[key], words)
        case "substances":
            return [_substance(item, words) for item in value]
        case "release_path":
            return [words(f"notification.{value}")]
        case "affected_water_body":
            return [_water(value, words)]
        case "discharge_m3s":
            source = record["fields"]["affected_water_body"]["discharge_source"]
            text = number.quantity(value, words.unit("m3/s"), 2)
            return [f"{text} ({code_word('discharge_source', source, words)})"]
        case "flow_velocity_ms":
            method = record["fields"]["affected_water_body"]["velocity_method"]
            text = number.quantity(value, words.unit("m/s"), 2)
            return [f"{text} ({code_word('velocity_method', method, words)})"]
        case "countries_concerned" if value:
            return [_country(row, sheet, words) for row in sheet.told[key]]
        case _:
            return [] if value else [words("value.none_found")]


def _location(value: Mapping[str, Any], words: Words) -> list[str]:
    number = words.numbers
    lines = [str(value["name"])]
    if value["lat"] is None:
        lines.append(words("position.none"))
    else:
        radius = value["position_radius_m"]
        text = number.position(value["lat"], value["lon"], radius)
        note = words(
            "notification.position_note",
            quality=code_word("position_quality", value["position_quality"], words),
            radius=number.distance(radius),
        )
        lines.append(f"{text} ({note})")
    river = value.get(f"river_{words.language}") or value["river"]
    if value["river_km"] is not None:
        way = words(
            "notification.river_km", distance=number.distance(1e3 * value["river_km"])
        )
        lines.append(f"{river or words('contingency.unnamed')}: {way}")
    return lines


def _facility(facility: Row, words: Words) -> list[str]:
    number = words.numbers
    lines = [
        f"{facility_name(facility, words)} ({facility['tmf_id']})",
        ", ".join(
            (
                code_word("facility_type", facility["facility_type"], words),
                code_word("status", facility["status"], words),
            )
        ),
    ]
    if facility["operator"]:
        lines.append(f"{words('field.operator')}: {facility['operator']}")
    low, volume, high = (facility[f"volume_m3{end}"] for end in ("_low", "", "_high"))
    if any(value is not None for value in (low, volume, high)):
        volume = number.quantity_bounds(low, volume, high, words.unit("m3"), 2)
        lines.append(words("notification.stored", volume=volume))
    return lines


def _substance(item: Mapping[str, Any], words: Words) -> str:
    name = words.known("substances", str(item["name"]))
    if item["quality"] is None:
        return name
    quality = words.known("quality", str(item["quality"]))
    return f"{name} ({words('notification.quality', quality=quality)})"


def _water(value: Mapping[str, Any], words: Words) -> str:
    river = value.get(f"river_{words.language}") or value["river"]
    names = [river or words("contingency.unnamed"), value["lake"]]
    return ", ".join(str(name) for name in names if name)


def _country(row: Row, sheet: Sheet, words: Words) -> str:
    text = f"{row['country']} – {words.country(row['country'])}"
    text += f": {reasons_text(row, words)}"
    if not comes_by_water(row):
        return text
    arrival = words.numbers.duration_bounds(
        *(row[f"arrival_lead_h{end}"] for end in ("_low", "", "_high"))
    )
    if row["arrival_lead_h"] is None:
        key = "beyond" if row["beyond_standing_water"] else "unknown"
        arrival = words(f"arrival.{key}")
    elif row["provisional"]:
        arrival += f" · {words('mark.provisional')}"
    parts = [text]
    if row["place_id"] is not None:
        parts.append(sheet.place(str(row["place_id"])).name(words))
    elif row["tell_reason"] == "canal":
        parts.append(canal_name(row, words))
    if row["distance_m"] is not None:
        parts.append(words.numbers.distance(row["distance_m"]))
    return "; ".join([*parts, arrival])


def _arrivals(
    record: Mapping[str, Any], sheet: Sheet, words: Words
) -> list[dict[str, str]]:
    """All border points on the way and the nearest other places."""
    rows = sheet.upstream[str(record["tmf_id"])]
    others = [row for row in rows if row["place_kind"] != _BORDER][:_PLACES_SHOWN]
    kept = {row["place_id"] for row in others}
    return [
        _arrival(row, sheet, words)
        for row in rows
        if row["place_kind"] == _BORDER or row["place_id"] in kept
    ]


def _arrival(row: Row, sheet: Sheet, words: Words) -> dict[str, str]:
    number = words.numbers
    border = row["place_kind"] == _BORDER
    found = {"id": str(row["place_id"])}
    found["place"] = sheet.place(found["id"]).name(words)
    found["country"] = words.country(row["to_country"] if border else row["country"])
    for short, name in (("lead", "arrival_lead_h"), ("peak", "arrival_peak_h")):
        key = "beyond" if row["beyond_standing_water"] else "unknown"
        found[short] = (
            words(f"arrival.{key}")
            if row[name] is None
            else number.duration_bounds(
                *(row[f"{name}{end}"] for end in ("_low", "", "_high"))
            )
        )
    if row["provisional"]:
        found["lead"] += f" · {words('mark.provisional')}"
    unit = words.unit("mg/L per t")
    found["concentration"] = number.quantity(row["unit_peak_mg_per_l_per_t"], unit, 2)
    return found
