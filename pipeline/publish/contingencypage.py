"""Page of the contingency sheet: overview, places and countries, in one language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from pipeline.core.methods import MethodsConfig
from pipeline.publish.cells import Cell, Context, code_word, flag_cell, marks_of
from pipeline.publish.dossiers import Row
from pipeline.publish.drawing import SymbolSheet
from pipeline.publish.minimap import facility_name
from pipeline.publish.pages import asset, render
from pipeline.publish.sheet import (
    FLOWS,
    Place,
    Sheet,
    arrival_state,
    at_flow,
    comes_by_water,
    countries_told,
)
from pipeline.publish.standing import class_range, rank_text
from pipeline.publish.status import appearance
from pipeline.publish.words import Words

_NOTES = (
    "first_arrival",
    "standing",
    "concentration",
    "hazard",
    "tell",
    "canals",
    "drafts",
)


def contingency_page(
    sheet: Sheet,
    countries: Sequence[str],
    methods: MethodsConfig,
    context: Context,
    catalogues: Sequence[Words],
) -> str:
    """Page with all languages; places stand once, each with a block per language."""
    views = {
        words.language: {
            "title": context.title(words),
            "notes": reading_notes(methods, words),
            "matrix": matrix_view(sheet, words),
            "unjoined": [_facility(sheet, key, words) for key in sheet.unjoined],
            "countries": [
                country_view(sheet, code, words)
                for code in sorted({*countries, *sheet.by_country})
            ],
        }
        for words in catalogues
    }
    places = [
        {
            "id": place.id,
            "kind": str(place.first["place_kind"]),
            "search": search_text(place, catalogues),
            "in": {w.language: place_view(sheet, place, w) for w in catalogues},
        }
        for place in sheet.places
    ]
    return render(
        "contingency.html.j2",
        [asset("site.js"), asset("contingency.js")],
        [asset("site.css"), asset("contingency.css")],
        catalogues,
        {
            "body_class": "contingency-page",
            "views": views,
            "borders": [p for p in places if p["kind"] == "border"],
            "towns": [p for p in places if p["kind"] != "border"],
            "n_places": len(places),
            "titles": {
                w.language: w("contingency.title", region=context.title(w))
                for w in catalogues
            },
            "context": context,
            "drawn": SymbolSheet(15.0),
        },
    )


def reading_notes(methods: MethodsConfig, words: Words) -> list[str]:
    """How to read the sheet, sentence by sentence."""
    number = words.numbers
    rivers, assessment = methods.rivers, methods.assessment
    flows = words(
        "contingency.flows",
        low=number.number(rivers.low_flow_factor),
        high=number.number(rivers.high_flow_factor),
    )
    points = words(
        "contingency.points", distance=number.distance(assessment.border_point_m)
    )
    main = words("contingency.main", people=number.whole(assessment.main_place_people))
    return [flows, *(words(f"contingency.{key}") for key in _NOTES), points, main]


def search_text(place: Place, catalogues: Sequence[Words]) -> str:
    """Lower-case text that the filter of places looks in."""
    first = place.first
    codes = [first[c] for c in ("country", "from_country", "to_country") if first[c]]
    parts = [place.id]
    for words in catalogues:
        parts += [place.name(words), place.river(words)]
        parts += [words.country(str(code)) for code in codes]
    return " ".join(dict.fromkeys(part.lower() for part in parts if part))


def _facility(sheet: Sheet, key: str, words: Words) -> dict[str, Any]:
    row = sheet.facilities[key]
    return {
        "id": key,
        "name": facility_name(row, words),
        "country": str(row["country"]),
        "part_of": row["part_of"],
    }


def matrix_view(sheet: Sheet, words: Words) -> dict[str, Any]:
    """First arrival of every joined facility at every border point, at mean flow."""
    borders = sheet.borders
    at = {(row["tmf_id"], place.id): row for place in borders for row in place.rows}
    return {
        "heads": [{"id": p.id, "name": p.name(words)} for p in borders],
        "rows": [
            _facility(sheet, key, words)
            | {"cells": [_matrix_cell(at.get((key, p.id)), words) for p in borders]}
            for key in sheet.joined
        ],
    }


def _matrix_cell(row: Row | None, words: Words) -> Cell | None:
    if row is None:
        return None
    cell = lead_cells(row, "arrival_lead_h", words)[1]
    if row["arrival_lead_h"] is None:
        return cell
    earliest = words.numbers.duration(at_flow(row, "arrival_lead_h", "high_flow"))
    return replace(cell, note=words("contingency.earliest", time=earliest))


def lead_cells(row: Row, name: str, words: Words) -> list[Cell]:
    """Arrival at the three flows, earliest first; hatched where it is unknown."""
    cells = []
    for flow in FLOWS:
        hours = at_flow(row, name, flow)
        if hours is None:
            look = appearance("status", "not_provided", words).look
            key = "beyond" if row["beyond_standing_water"] else "unknown"
            cells.append(Cell(words(f"arrival.{key}"), look=look))
        else:
            marks = ("provisional",) if row["provisional"] else ()
            mean = flow == "mean_flow"
            text = words.numbers.duration(hours)
            cells.append(Cell(text, marks=marks if mean else (), sort=hours))
    return cells


def place_view(sheet: Sheet, place: Place, words: Words) -> dict[str, Any]:
    """One place: its head and the table of facilities upstream."""
    first, number = place.first, words.numbers
    states = [arrival_state(row) for row in place.rows]
    keys = [str(row["tmf_id"]) for row in place.rows]
    lines = [words("contingency.upstream_of", count=number.whole(len(keys)))]
    for state, key in (("beyond", "beyond_count"), ("unknown", "unknown_count")):
        if state in states:
            count = number.whole(states.count(state))
            lines.append(words(f"contingency.{key}", count=count))
    told = [words.country(c) for c in countries_told(sheet, keys)]
    return {
        "name": place.name(words),
        "about": _about(place, words),
        "lines": lines,
        "disputed": bool(first["disputed"]),
        "told": told or [words("contingency.told_nobody")],
        "rows": [_row(sheet, row, words) for row in place.rows],
    }


def _about(place: Place, words: Words) -> list[str]:
    first, number = place.first, words.numbers
    about = [code_word("place_kind", first["place_kind"], words)]
    if place.is_border:
        kinds = dict.fromkeys(str(row["border_kind"]) for row in place.rows)
        named = ", ".join(code_word("border_kind", kind, words) for kind in kinds)
        about = [words("contingency.kinds", kinds=named)]
        if first["spread_m"]:
            spread = number.distance(first["spread_m"])
            about.append(words("contingency.spread", distance=spread))
    else:
        about.append(words.country(first["country"]))
        if place.river(words):
            about.append(words("contingency.on_river", river=place.river(words)))
        if first["place_kind"] == "settlement":
            people = first["people"]
            about.append(
                words("contingency.people_unknown")
                if people is None
                else words("contingency.people", people=number.whole(people))
            )
    about.append(number.position(first["lat_deg"], first["lon_deg"], None))
    return about


def _row(sheet: Sheet, row: Row, words: Words) -> dict[str, Any]:
    key = str(row["tmf_id"])
    unit = words.unit("mg/L per t")
    return {
        "facility": _facility(sheet, key, words),
        "by_arrival": row["order_by_arrival"],
        "by_hazard": row["order_by_hazard"],
        "distance": words.numbers.distance(row["distance_m"]),
        "is_known": row["arrival_lead_h"] is not None,
        "lead": lead_cells(row, "arrival_lead_h", words),
        "peak": lead_cells(row, "arrival_peak_h", words),
        "unit_peak": words.numbers.quantity(row["unit_peak_mg_per_l_per_t"], unit, 2),
        "two_days": flag_cell(row["within_two_days"], words),
        "rank": rank_cell(row, words),
        "class": class_cell(row, words),
        "join": code_word("snap_confidence", row["snap_confidence"], words),
        "tell": [str(item["country"]) for item in sheet.told.get(key, ())],
    }


def _hazard_marks(row: Row, short: str) -> tuple[str, ...]:
    names = ("demonstration", "provisional")
    return tuple(name for name in names if row[f"{short}_{name}"])


def rank_cell(row: Row, words: Words) -> Cell:
    """Rank with its range; unranked is no rank at all."""
    return Cell(rank_text(row, words), marks=_hazard_marks(row, "rank"))


def class_cell(row: Row, words: Words) -> Cell:
    """Consequence class with its look; hatched where it is unknown."""
    shown = appearance("consequence", row["consequence_class"], words)
    return Cell(
        shown.word,
        look=shown.look,
        marks=_hazard_marks(row, "class"),
        note=class_range(row, words),
    )


def country_view(sheet: Sheet, code: str, words: Words) -> dict[str, Any]:
    """What reaches one country, from where and how soon."""
    rows = sheet.by_country.get(code, ())
    own = sum(str(row["country"]) == code for row in sheet.facilities.values())
    return {
        "code": code.lower(),
        "name": words.country(code),
        "head": words(
            "contingency.country_head",
            country=words.country(code),
            count=words.numbers.whole(len(rows)),
        ),
        "own": words("contingency.country_own", count=words.numbers.whole(own)),
        "rows": [_country_row(sheet, row, words) for row in rows],
    }


def _country_row(sheet: Sheet, row: Row, words: Words) -> dict[str, Any]:
    key = str(row["tmf_id"])
    by_water = comes_by_water(row)
    return {
        "facility": _facility(sheet, key, words),
        "reason": reasons_text(row, words),
        "place": {
            "id": row["place_id"],
            "name": sheet.place(str(row["place_id"])).name(words),
        }
        if row["place_id"] is not None
        else None,
        "canal": canal_name(row, words) if row["tell_reason"] == "canal" else "",
        "distance": ""
        if row["distance_m"] is None
        else words.numbers.distance(row["distance_m"]),
        "is_known": row["arrival_lead_h"] is not None,
        "lead": lead_cells(row, "arrival_lead_h", words) if by_water else [],
        "two_days": flag_cell(row["within_two_days"], words) if by_water else Cell(""),
        "air": ""
        if row["distance_air_m"] is None
        else words.numbers.distance(row["distance_air_m"]),
        "rank": _own_rank(sheet.assessed.get(key), words),
        "join": code_word("snap_confidence", row["snap_confidence"], words),
    }


def _own_rank(found: Row | None, words: Words) -> Cell:
    known = found is not None and found["rank"] is not None
    return Cell(rank_text(found, words), marks=marks_of(found, "rank") if known else ())


def canal_name(row: Row, words: Words) -> str:
    """Canal that leads to a country, in the page's language."""
    return str(row.get(f"canal_{words.language}") or row["canal"] or "")


def reasons_text(row: Row, words: Words) -> str:
    """Why a country is to be told, in words: water first, then air."""
    codes = []
    if row["by_river"]:
        codes.append("river_enters")
    if row["by_bank"]:
        codes.append("other_bank")
    if row["tell_reason"] == "other_bank":
        codes.reverse()
    if row["by_canal"]:
        codes.insert(0 if row["tell_reason"] == "canal" else len(codes), "canal")
    if row["tell_reason"] == "possible":
        codes.append("possible")
    if row["by_air"] is None:
        codes.append("air_uncertain")
    elif row["by_air"]:
        codes.append("air")
    texts = [words(f"code.tell_reason.{code}") for code in codes]
    share = row["share_positions"]
    if share is not None and share < 1 and codes != ["canal"]:
        percent = words.numbers.percent(share)
        texts.append(words("contingency.share", share=percent))
    return "; ".join(texts)
