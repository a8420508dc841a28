"""What a file cannot say of itself: questions, answered by options or by a person.

A question is asked only where it matters for the kind of file. An answer that could be
read from the file (a return period in the name of a band, say) is a proposal: it is
taken when a person confirms it, never by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from pipeline.core.errors import InputError, input_error
from pipeline.core.model import PROCESSES, Confidence, Hazard, Scenario
from pipeline.retrieve.layer_facts import Facts, RasterFacts, TableFacts, VectorFacts

Answers = Mapping[str, str]
Ask = Callable[[str], str]
"""Shows a text and returns what a person typed."""


@dataclass(frozen=True, slots=True)
class Question:
    """One thing to be known. ``key`` is the option's name without dashes.

    ``choices`` is empty where any text will do. ``fallback`` is what is taken, and
    said, where nobody answers; None: an answer is needed.
    """

    key: str
    text: str
    choices: tuple[str, ...] = ()
    fallback: str | None = None


_CONFIDENCE: Final = (
    "how sure is the method behind the values: V seen in the primary source, V3 in an "
    "independent work, M-high well known, P a choice of yours, M-part remembered in "
    "part (P and M-part are printed as provisional)"
)


def questions(facts: Facts, answers: Answers) -> list[Question]:
    """Questions that matter for a file, given what was answered so far."""
    hazards = tuple(str(hazard) for hazard in Hazard)
    hazard = answers.get("hazard")
    found = [
        Question("id", "key of the layer: lower case letters, digits, hyphens"),
        Question("title_en", "title for people, English"),
        Question("title_ru", "title for people, Russian", fallback=""),
        Question("hazard", "hazard (Risk Data Library)", hazards),
    ]
    if hazard in hazards:
        processes = PROCESSES[Hazard(hazard)]
        found.append(Question("process", f"process of the {hazard}", processes))
    found += [
        Question("intensity", "intensity measure, such as PGA, wd (water depth)"),
        Question("unit", "unit of the values after scale and offset; - for none"),
        *_level_questions(facts, answers),
    ]
    if isinstance(facts, RasterFacts):
        found += _raster_questions(facts, answers)
    elif isinstance(facts, VectorFacts) and facts.is_points:
        found += _point_questions(answers)
    zero = "what a value of zero says: measured, or nothing is there (no_hazard)"
    found += [
        Question("zero_is", zero, ("measured", "no_hazard")),
        Question("licence", "licence: SPDX identifier or the name of the terms"),
        Question("citation", "how to cite the layer"),
        Question("data_version", "version or date of the data", fallback="not stated"),
        Question("confidence", _CONFIDENCE, tuple(map(str, Confidence)), "P"),
    ]
    return found


def _level_questions(facts: Facts, answers: Answers) -> list[Question]:
    if "levels" in answers:
        return []
    if isinstance(facts, RasterFacts):
        what = f"return period in years of each of the {len(facts.bands)} band(s)"
    elif isinstance(facts, VectorFacts) and facts.is_points:
        what = "return period in years"
    else:
        what = "return period in years of each value column"
    asked = [
        Question(
            "return_periods",
            f"{what}, with blanks between; 'none' where the layer has none (a class, a "
            "mean, a count); then name the levels",
        )
    ]
    if answers.get("return_periods") == "none":
        asked.append(Question("levels", "name of each level, such as mean or class"))
    return asked


def _raster_questions(facts: RasterFacts, answers: Answers) -> list[Question]:
    found = [
        Question(
            "sampling",
            "how to read between cells: nearest (a class, a depth), bilinear (smooth)",
            ("nearest", "bilinear"),
        )
    ]
    has_gaps = any(band.n_valid < band.n_cells for band in facts.bands)
    has_nodata = any(band.nodata is not None for band in facts.bands)
    if (has_gaps or has_nodata) and answers.get("zero_is") != "measured":
        found.append(
            Question(
                "nodata_is",
                "what a cell without data says: nothing is known (not_covered), or "
                "nothing is there, as in dry cells of a flood map (no_hazard)",
                ("not_covered", "no_hazard"),
            )
        )
    elif has_gaps or has_nodata:
        found.append(Question("nodata_is", "cells without data", ("not_covered",)))
    return found


def _point_questions(answers: Answers) -> list[Question]:
    kinds = ("count", "largest", "nearest_km")
    found = [Question("statistic", "what points near a facility become", kinds)]
    if answers.get("statistic") in ("count", "largest"):
        found.append(Question("radius_m", "distance up to which points count, metres"))
    where = (
        "where the list would hold a point if there were one: west south east north in "
        "degrees, worldwide, or a WKT polygon; no point elsewhere means nothing"
    )
    return [*found, Question("listed_in", where)]


def complete(
    facts: Facts,
    given: Answers,
    proposals: Answers,
    ask: Ask | None,
) -> tuple[dict[str, str], list[str]]:
    """Answers to all questions, and sentences on what was taken without an answer.

    Parameters
    ----------
    given
        Options of the command line by key.
    proposals
        Answers that the file suggests; shown, and taken only when confirmed.
    ask
        Asks a person; None: nobody is there.

    Raises
    ------
    InputError
        If nobody is there and answers are missing, all of which are listed, or an
        option is none of its choices.
    """
    answers, remarks = dict(given), []
    asked: set[str] = set()
    missing: list[Question] = []
    while True:
        todo = [
            q
            for q in questions(facts, answers)
            if q.key not in answers and q.key not in asked
        ]
        _check_choices(facts, answers)
        if not todo:
            break
        question = todo[0]
        asked.add(question.key)
        if ask is not None:
            answers[question.key] = _asked(question, proposals, ask)
        elif question.fallback is not None:
            answers[question.key] = question.fallback
            if question.fallback:
                option = "--" + question.key.replace("_", "-")
                remarks.append(f"{option} was not given; {question.fallback!r} is put")
        else:
            missing.append(question)
    if missing:
        raise _not_answered(missing, proposals)
    if not answers["title_ru"]:
        answers["title_ru"] = answers["title_en"]
        remarks.append("the Russian title is the English one (--title-ru)")
    return answers, remarks


def _asked(question: Question, proposals: Answers, ask: Ask) -> str:
    choices = f" [{', '.join(question.choices)}]" if question.choices else ""
    proposal = proposals.get(question.key)
    if proposal is None and len(question.choices) == 1:
        proposal = question.choices[0]
    hint = f" (the file suggests {proposal!r}; Enter takes it)" if proposal else ""
    if not hint and question.fallback is not None:
        hint = f" (Enter: {question.fallback or 'the same as the English one'})"
    while True:
        typed = ask(f"{question.text}{choices}{hint}: ").strip()
        answer = typed or proposal or question.fallback
        if answer is None or (question.choices and answer not in question.choices):
            continue
        return answer


def _check_choices(facts: Facts, answers: Answers) -> None:
    for question in questions(facts, answers):
        answer = answers.get(question.key)
        if answer is not None and question.choices and answer not in question.choices:
            raise input_error(
                "--" + question.key.replace("_", "-"),
                found=answer,
                expected=f"one of {', '.join(question.choices)}",
                fix="choose one of them",
            )


def _not_answered(missing: list[Question], proposals: Answers) -> InputError:
    lines = []
    for question in missing:
        text = f"--{question.key.replace('_', '-')} ({question.text}"
        if question.choices:
            text += f": {', '.join(question.choices)}"
        if question.key in proposals:
            text += f"; the file suggests {proposals[question.key]}"
        lines.append(text + ")")
    return input_error(
        "natech layers add",
        found=f"no answer to {len(missing)} question(s), and nobody to ask",
        expected="these options:\n  " + "\n  ".join(lines) + "\n",
        fix="give them, or call the command in a terminal",
    )


def known_scenario(name: str) -> Scenario:
    """Scenario of a name.

    Raises
    ------
    InputError
        If there is no such scenario.
    """
    try:
        return Scenario(name)
    except ValueError:
        raise input_error(
            "--scenario",
            found=name,
            expected=f"one of {', '.join(map(str, Scenario))}",
            fix="choose one of them",
        ) from None


def needs_tmf_id(facts: TableFacts) -> None:
    """Stop where a table of values has no sites to put them to."""
    if not facts.tmf_ids:
        raise input_error(
            facts.path,
            field="tmf_id",
            found=f"no such column among {', '.join(f.name for f in facts.fields)}",
            expected="the key of the facility in every row, or columns with the "
            "coordinates of points",
            fix="add the column, or name --lon-column and --lat-column",
        )
