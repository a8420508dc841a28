"""Where a facility stands: its rank, class and first border in one line, with marks."""

from __future__ import annotations

from pipeline.core.model import WatchLevel
from pipeline.publish.cells import marks_of
from pipeline.publish.dossiers import Dossier, Row
from pipeline.publish.status import appearance
from pipeline.publish.words import Words


def is_loose(assessment: Row | None) -> bool:
    """Whether the interval of the rank is wider than half of all that are ranked."""
    if assessment is None or assessment["rank_low"] is None:
        return False
    width = assessment["rank_high"] - assessment["rank_low"] + 1
    return bool(2 * width > assessment["n_ranked"])


def class_range(found: Row | None, words: Words) -> str:
    """What the consequence class is, with the classes of its bounds; empty without."""
    if found is None or found["consequence_class"] is None:
        return ""
    low, high = found["consequence_class_low"], found["consequence_class_high"]
    if high is None or low == high:
        return words("facts.class_upper")
    highest = appearance("consequence", high, words).word
    if low is None and high == found["consequence_class"]:
        return words("facts.class_no_low")
    if low is None:
        return words("facts.class_up_to", high=highest)
    lowest = appearance("consequence", low, words).word
    return words("facts.class_range", low=lowest, high=highest)


def rank_text(assessment: Row | None, words: Words) -> str:
    """Rank with its spread: ``3 (1–9)``; the word for unknown where unranked."""
    if assessment is None or assessment["rank"] is None:
        return words("rank.unranked")
    low, high = assessment["rank_low"], assessment["rank_high"]
    text = str(assessment["rank"])
    return text if low is None or high is None else f"{text} ({low}–{high})"


def crossing_text(row: Row, words: Words) -> str:
    """Border, distance and first arrival of a crossing, in one line."""
    return words(
        "border.crossing",
        countries=f"{row['from_country']}→{row['to_country']}",
        distance=words.numbers.distance(row["distance_m"]),
        arrival=words.numbers.duration_bounds(
            row["arrival_lead_h_low"],
            row["arrival_lead_h"],
            row["arrival_lead_h_high"],
        ),
    )


def theme_marks(name: str, dossier: Dossier) -> tuple[str, ...]:
    """Marks of the value that a screening theme shows of one facility."""
    if name == "rank":
        return marks_of(dossier.assessment, "rank")
    if name == "consequence":
        return marks_of(dossier.assessment, "consequence_class")
    if name == "border":
        return marks_of(dossier.crossings[0]) if dossier.crossings else ()
    row = dossier.displacement
    is_judged = row is not None and row["watch_level"] != WatchLevel.NOT_ASSESSED
    return marks_of(row) if is_judged else ()
