"""Section of a profile on where the water may go: other reaches, canals, people.

The path of the profile starts at one reach; this section shows the others to which
the facility may drain, the canals that leave the path, and people by bands.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from pipeline.publish.cells import Cell, Context, Line, arrival_cell, marks_of
from pipeline.publish.dossiers import Dossier, Row
from pipeline.publish.labels import first_of
from pipeline.publish.status import appearance
from pipeline.publish.words import Words

CANDIDATES_SHOWN: Final = 12
_BASES: Final = ("settlements", "raster")
_BANDS: Final = ("distance", "arrival")
_KNOWN_ENDS: Final = ("river", "lake", "fields")


def drainage_section(
    dossier: Dossier, context: Context, words: Words
) -> dict[str, Any]:
    """Candidate reaches, way over land, canals and people; empty parts are hidden."""
    snap = dossier.snap
    several = len(dossier.candidates) > 1
    ordered = sorted(
        dossier.candidates,
        key=lambda row: (not row["chosen"], -float(row["share"]), row["reach_id"]),
    )
    shown = ordered[:CANDIDATES_SHOWN] if several else []
    overland = _overland(snap, words)
    return {
        "shown": several or overland is not None,
        "candidates": [_candidate(row, context, words) for row in shown],
        "left_out": max(0, len(ordered) - CANDIDATES_SHOWN) if several else 0,
        "no_reach": _no_reach(snap, words),
        "possible": _possible(snap, words) if several else "",
        "overland": overland,
        "canals": _canals(dossier.branches, context, words),
        "people": people_tables(dossier.exposure, words),
        "two_bases": len({row["basis"] for row in dossier.exposure}) > 1,
    }


def possible_text(cell: str | None, words: Words) -> str:
    """Countries of a cell such as ``KZ 1.00; TJ 0.98`` with their shares in words."""
    parts = [part.split() for part in (cell or "").split(";") if part.strip()]
    return "; ".join(
        words(
            "drainage.possible_share",
            country=words.country(code),
            share=share_text(float(share), words),
        )
        for code, share in parts
    )


def disagreement(snap: Row | None, basis: str, name: str, words: Words) -> str:
    """Share of the places for which a criterion holds, where they disagree on it.

    ``name`` is that of the column of ``snaps`` behind ``share_``.
    """
    if snap is None or basis != "some_positions" or snap[f"share_{name}"] is None:
        return ""
    share = share_text(float(snap[f"share_{name}"]), words)
    told = [words("drainage.border_share", share=share)]
    unknown = snap.get(f"share_{name}_unknown")
    if unknown:
        share = share_text(float(unknown), words)
        told.append(words("drainage.unknown_share", share=share))
    return "; ".join(told)


def share_text(share: float, words: Words) -> str:
    """Share (0 to 1) in per cent; only all is 100 % and only none is 0 %."""
    return f"{words.numbers.number(100.0 * share, 3)}\u00a0%"


def _no_reach(snap: Row | None, words: Words) -> str:
    if snap is None or not snap["share_no_reach"]:
        return ""
    share = share_text(float(snap["share_no_reach"]), words)
    return words("drainage.no_reach", share=share)


def _possible(snap: Row | None, words: Words) -> str:
    named = possible_text(snap["possible_countries"] if snap else None, words)
    return words("drainage.possible", countries=named) if named else ""


def _overland(snap: Row | None, words: Words) -> Line | None:
    """Way over land by the terrain, and whether it agrees with the nearest reach."""
    if snap is None or snap["overland_distance_m"] is None:
        return None
    agrees = snap["overland_agrees"]
    note = ""
    if agrees is not None:
        note = words(f"drainage.overland_{'agrees' if agrees else 'differs'}")
    distance = words.numbers.distance(snap["overland_distance_m"])
    return Line(words("drainage.overland"), Cell(distance), note)


def _candidate(row: Row, context: Context, words: Words) -> dict[str, Any]:
    borders = row["border_to"] is not None
    return {
        "share": share_text(float(row["share"]), words),
        "chosen": bool(row["chosen"]),
        "river": context.river(row["reach_id"], words.language)
        or row["river"]
        or words("drainage.unnamed"),
        "reach": words("drainage.reach", reach=row["reach_id"]),
        "border": words(
            f"crossing.{row['border_kind']}",
            from_country=words.country(row["border_from"]),
            to_country=words.country(row["border_to"]),
        )
        if borders
        else words("drainage.no_border"),
        "countries": _countries(row["countries"], words),
        "distance": words.numbers.distance(row["distance_m"]) if borders else "",
        "lead": arrival_cell(row, "arrival_lead_h", words) if borders else None,
    }


def _countries(cell: str | None, words: Words) -> str:
    codes = [code.strip() for code in (cell or "").split(";") if code.strip()]
    return ", ".join(words.country(code) for code in codes)


def _canals(
    rows: Sequence[Row], context: Context, words: Words
) -> list[dict[str, Any]]:
    """One row for each canal, in the order in which they leave the path."""
    by_canal: dict[str, list[Row]] = {}
    for row in rows:
        by_canal.setdefault(str(row["canal_id"]), []).append(row)
    ordered = sorted(by_canal.values(), key=lambda found: _head_of(found)["distance_m"])
    return [_canal(found, context, words) for found in ordered]


def _head_of(rows: Sequence[Row]) -> Row:
    return min(rows, key=lambda row: int(row["place"]))


def _canal(rows: Sequence[Row], context: Context, words: Words) -> dict[str, Any]:
    head = _head_of(rows)
    end = next((row for row in rows if row["stop"] == "end"), None)
    borders = [row for row in rows if row["stop"] == "border"]
    names = ("canal_ru", "canal") if words.language == "ru" else ("canal", "canal_ru")
    return {
        "name": first_of(head, names),
        "river": context.river(head["from_reach_id"], words.language) or "",
        "distance": words.numbers.distance(head["distance_m"]),
        "share": share_text(float(head["share"]), words),
        "share_of_release": share_text(float(head["share_of_release"]), words),
        "lead": arrival_cell(head, "arrival_lead_h", words),
        "borders": [
            words(
                "drainage.border_step",
                from_country=words.country(row["from_country"]),
                to_country=words.country(row["to_country"]),
                distance=words.numbers.distance(row["distance_m"]),
            )
            for row in borders
        ],
        "end": _end(end, words),
        "end_note": _end_note(end, words),
        "marks": marks_of(head),
    }


def _end(end: Row | None, words: Words) -> str:
    if end is None or end["ends_in"] not in _KNOWN_ENDS:
        return words("drainage.ends.unknown")
    country = words.country(end["to_country"])
    return words(f"drainage.ends.{end['ends_in']}", country=country)


def _end_note(end: Row | None, words: Words) -> str:
    if end is None:
        return ""
    notes = [words("drainage.rejoins")] if end["rejoins_path"] else []
    below = _countries(end["countries_below"], words)
    if below:
        notes.append(words("drainage.below", countries=below))
    return "; ".join(notes)


def people_tables(rows: Sequence[Row], words: Words) -> list[dict[str, Any]]:
    """One table for each basis and kind of band; the bases are never added."""
    tables = []
    for basis in _BASES:
        for by in _BANDS:
            found = [row for row in rows if (row["basis"], row["by"]) == (basis, by)]
            if found:
                tables.append(_people(found, basis, by, words))
    return tables


def _people(rows: Sequence[Row], basis: str, by: str, words: Words) -> dict[str, Any]:
    bands = {int(row["band"]): row for row in rows}
    countries = dict.fromkeys(str(row["country"]) for row in rows)
    cells = {(str(row["country"]), int(row["band"])): row for row in rows}
    order = sorted(bands)
    first = {c: min(b for b in order if (c, b) in cells) for c in countries}
    return {
        "title": words(f"drainage.people_{basis}"),
        "by": words(f"drainage.by_{by}"),
        "marks": tuple(dict.fromkeys(mark for row in rows for mark in marks_of(row))),
        "bands": [_band(bands[band], by, words) for band in order],
        "rows": [
            {
                "country": words.known("country", country),
                "cells": [
                    _people_cell(cells[country, band], words)
                    if (country, band) in cells
                    else None
                    for band in order
                ],
            }
            for country in sorted(countries, key=lambda c: (first[c], c))
        ],
    }


def _band(row: Row, by: str, words: Words) -> str:
    if row["arrival_unknown"]:
        return words("drainage.time_unknown")
    if by == "distance":
        limit = row["upper_m"]
        if limit is None:
            return words("drainage.beyond")
        return words("drainage.up_to", limit=words.numbers.distance(limit))
    if row["upper_h"] is None:
        return words("drainage.later")
    return words("drainage.up_to", limit=words.numbers.span(float(row["upper_h"])))


def _people_cell(row: Row, words: Words) -> Cell:
    note = _coverage(row, words)
    if row["people"] is None:
        look = appearance("status", row["people_status"], words).look
        return Cell(words("drainage.no_number"), note=note, look=look)
    if row["n_places"] == 0:
        return Cell(words("drainage.none_listed"), note=note)
    people = words.numbers.number(row["people"])
    if row["n_without_people"]:
        people = words("drainage.at_least", people=people)
    return Cell(people, note=note)


def _coverage(row: Row, words: Words) -> str:
    numbers = words.numbers
    if row["n_without_people"]:
        return words(
            "drainage.without_number",
            count=numbers.whole(row["n_without_people"]),
            total=numbers.whole(row["n_places"]),
        )
    covered = row["covered_fraction"]
    if covered is not None and covered < 1:
        return words("drainage.covered", share=share_text(float(covered), words))
    return ""
