"""Sections of a profile on location criteria, index, consequence and measures."""

from __future__ import annotations

from typing import Any, Final

from pipeline.publish.cells import (
    Cell,
    Line,
    code_word,
    estimate_cell,
    flag_cell,
    marks_of,
)
from pipeline.publish.dossiers import Dossier, Row
from pipeline.publish.drainage import disagreement, possible_text
from pipeline.publish.standing import class_range, rank_text
from pipeline.publish.status import appearance
from pipeline.publish.words import Words, placeholders

_INDEX_TERMS: Final = (
    "thi_capacity", "thi_toxicity", "thi_management", "thi_site", "thi_dam", "thi",
    "tei", "tri",
)  # fmt: skip


def assessment_section(
    dossier: Dossier, par_distance_m: float, words: Words
) -> dict[str, Any] | None:
    """Location criteria, index, consequence and rank; None without an assessment."""
    found = dossier.assessment
    if found is None:
        return None
    return {
        "scheme": found["scheme"],
        "scheme_status": code_word("scheme_status", found["scheme_status"], words),
        "confidence": code_word("confidence", found["confidence"], words),
        "location": _location(found, dossier.snap, words),
        "index": _index(found, words),
        "consequence": _consequence(dossier, found, words),
        "class_note": words(
            "consequence_note.counts", distance=words.numbers.distance(par_distance_m)
        ),
    }


def _location(found: Row, snap: Row | None, words: Words) -> list[Line]:
    air = _distance_note(snap, words)
    lines = [
        Line(
            words("location.air"),
            _criterion(found, "air_15km", words, air),
            code_word("air_15km_basis", found["air_15km_basis"], words),
        ),
        Line(
            words("location.catchment"),
            _criterion(
                found,
                "water_catchment",
                words,
                disagreement(snap, found["water_catchment_basis"], "border", words),
            ),
            code_word("water_catchment_basis", found["water_catchment_basis"], words),
        ),
        Line(
            words("location.two_days"),
            _criterion(
                found,
                "water_two_days",
                words,
                disagreement(snap, found["water_two_days_basis"], "two_days", words),
            ),
            code_word("water_two_days_basis", found["water_two_days_basis"], words),
        ),
    ]
    known = found["annex1_quantity"] is not None
    lines.append(
        Line(
            words("location.substances"),
            _criterion(found, "annex1_quantity", words),
            words(f"location.substances_{'told' if known else 'help'}"),
        )
    )
    lines.append(Line(words("location.countries"), _countries_cell(found, words)))
    possible = possible_text(found["possible_countries"], words)
    if possible:
        lines.append(Line(words("location.possible"), Cell(possible)))
    return lines


def _countries_cell(found: Row, words: Words) -> Cell:
    """Countries downstream; none is only said of a way that is known."""
    listed = [c.strip() for c in (found["countries_downstream"] or "").split(";")]
    named = ", ".join(words.country(code) for code in listed if code)
    if not named and found["water_catchment"] is None:
        return flag_cell(None, words)
    return Cell(named or words("value.none_found"))


def _criterion(found: Row, name: str, words: Words, note: str = "") -> Cell:
    return flag_cell(found[name], words, note=note, marks=marks_of(found, name))


def _distance_note(snap: Row | None, words: Words) -> str:
    if snap is None or snap["distance_border_air_m"] is None:
        return ""
    return words(
        "location.air_distance",
        distance=words.numbers.distance(snap["distance_border_air_m"]),
        country=words.country(snap["nearest_border_country"]),
    )


def _index(found: Row, words: Words) -> list[Line]:
    lines = [
        Line(
            words("field.volume_used_m3"),
            estimate_cell(found, "volume_used_m3", words, table="assessment", digits=3),
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


def _consequence(dossier: Dossier, found: Row, words: Words) -> list[Line]:
    bases = (
        ("release_volume_m3", "release_basis"),
        ("runout_m", "runout_basis"),
        ("inundation_area_m2", "release_basis"),
        ("people_at_risk", "people_basis"),
    )
    notes = {"runout_m": runout_note(dossier, found, words)}
    lines = [
        Line(
            words(f"field.{name}"),
            estimate_cell(
                found, name, words, table="assessment", note=notes.get(name, "")
            ),
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
                marks=marks_of(found, "consequence_class") if known else (),
                note=class_range(found, words),
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
                marks=marks_of(found, "rank") if ranked else (),
                note=words("facts.rank_of", count=count) if ranked else "",
            ),
            code_word("rank_basis", found["rank_basis"], words),
        )
    )
    return lines


def runout_note(dossier: Dossier, found: Row, words: Words) -> str:
    """What the path does to the runout: cut off or not, and by which water.

    Empty without a runout.
    """
    ends = ("runout_m_low", "runout_m", "runout_m_high")
    before = ("runout_uncapped_m_low", "runout_uncapped_m", "runout_uncapped_m_high")
    if found["runout_m_high"] is None:
        return ""
    cap_m = found["runout_cap_m"]
    if cap_m is None:
        return words("runout.no_path")
    path = words.numbers.distance(cap_m)
    if [found[name] for name in ends] == [found[name] for name in before]:
        told = words("runout.not_capped", path=path)
    else:
        uncapped = words.numbers.distance_bounds(*(found[name] for name in before))
        told = words("runout.capped", path=path, uncapped=uncapped)
    lakes = [row for row in dossier.receptors if row["kind"] == "reservoir"]
    if not lakes:
        return told
    first = min(lakes, key=lambda row: float(row["distance_m"]))
    named = first.get(f"name_{words.language}") or first["name"]
    away = words.numbers.distance(first["distance_m"])
    return f"{told} {words('runout.lake', name=named, distance=away)}"


def measures_section(dossier: Dossier, words: Words) -> list[dict[str, Any]]:
    """Measures by horizon, each with its reason."""
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
                        "marks": marks_of(row),
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
