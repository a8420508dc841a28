"""What the profile of one facility says, section by section, in one language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from markupsafe import Markup

from pipeline.publish.assessmentsection import assessment_section, measures_section
from pipeline.publish.cells import (
    Cell,
    Context,
    Line,
    code_word,
    estimate_cell,
    layer_rows,
    marks_of,
    value_text,
)
from pipeline.publish.climatesection import climate_section
from pipeline.publish.damsection import dam_section, has_dam
from pipeline.publish.dossiers import Dossier, Row
from pipeline.publish.drainage import drainage_section
from pipeline.publish.hazardsection import hazard_section, hazards_missing
from pipeline.publish.minimap import (
    Ground,
    Sketch,
    facility_name,
    location_sketch,
    path_sketch,
)
from pipeline.publish.mixturesection import has_composition, mixture_section
from pipeline.publish.motion import motion_section
from pipeline.publish.reasons import stated
from pipeline.publish.riverpath import river_section
from pipeline.publish.standing import class_range, crossing_text, is_loose, rank_text
from pipeline.publish.status import appearance
from pipeline.publish.words import Words

_IDENTITY: Final = (
    "name", "name_ru", "alt_names", "country", "nearest_settlement", "facility_type",
    "commodity", "substances", "operator", "status", "status_note", "remediation",
    "start_year", "end_year", "river", "river_basin", "volume_m3", "mass_t", "area_m2",
    "dam_height_m", "dam_length_m", "dam_type", "slope_deg", "fos_static",
    "yield_acceleration_g", "freeboard_m", "pond_volume_m3", "ph",
    "cyanide_wad_mg_per_l", "whc", "n_tailings", "n_waste_dumps",
)  # fmt: skip
_NO_STATEMENT: Final = "not_stated"


@dataclass(frozen=True)
class ProfileMaps:
    """The two small maps of a profile, drawn once for all languages."""

    ground: Ground
    location_sketch: Sketch | None
    path_sketch: Sketch | None

    @classmethod
    def of(cls, dossier: Dossier, ground: Ground) -> ProfileMaps:
        """Draw both maps; each is None where there is nothing to draw."""
        return cls(
            ground, location_sketch(dossier, ground), path_sketch(dossier, ground)
        )

    def location(self, words: Words) -> Markup | None:
        """Surroundings of the facility with names in one language."""
        sketch = self.location_sketch
        return sketch.labelled(self.ground, words) if sketch else None

    def path(self, words: Words) -> Markup | None:
        """Way downstream with names in one language."""
        sketch = self.path_sketch
        return sketch.labelled(self.ground, words) if sketch else None


def profile_view(
    dossier: Dossier, context: Context, maps: ProfileMaps, words: Words
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
        "location_map": maps.location(words),
        "hazards": hazard_section(dossier, context, words),
        "hazards_missing": hazards_missing(dossier, words),
        "climate": climate_section(dossier, context, words),
        "motion": motion_section(dossier, words),
        "river": river_section(dossier, context, words),
        "drainage": drainage_section(dossier, context, words),
        "path_map": maps.path(words),
        "assessment": assessment_section(dossier, context.par_distance_m, words),
        "mixture": mixture_section(dossier, words) if has_composition(dossier) else [],
        "dam": dam_section(dossier, context, words) if has_dam(dossier) else [],
        "measures": measures_section(dossier, words),
        "gaps": _gaps(dossier, words),
        "ledger": [
            {**row, "reason": stated("ledger", "reason", row["reason"], words)}
            for row in dossier.ledger
        ],
        "layers": layer_rows(used_layers(dossier.hazards, context), words),
    }


def _facts(dossier: Dossier, words: Words) -> list[Line]:
    found = dossier.assessment
    consequence = (found or {}).get("consequence_class")
    shown = appearance("consequence", consequence, words)
    rank_note = (
        words("facts.rank_of", count=words.numbers.whole(found["n_ranked"]))
        if found is not None and found["rank"] is not None
        else ""
    )
    if is_loose(found):
        rank_note += f". {words('facts.rank_loose')}"
    motion = _motion_fact(dossier, words)
    border = Cell(words("border.none" if dossier.downstream else "border.unknown"))
    if dossier.crossings:
        first = dossier.crossings[0]
        border = Cell(crossing_text(first, words), marks=marks_of(first))
    return [
        Line(
            words("theme.rank.short"),
            Cell(
                rank_text(found, words),
                note=rank_note,
                marks=marks_of(found, "rank") if rank_note else (),
            ),
        ),
        Line(
            words("theme.consequence.short"),
            Cell(
                shown.word,
                look=shown.look,
                marks=marks_of(found, "consequence_class") if consequence else (),
                note=class_range(found, words),
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


def _identity(dossier: Dossier, words: Words) -> tuple[list[dict[str, Any]], list[str]]:
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
    return [layer for key, layer in context.layers.items() if key in named | shared]
