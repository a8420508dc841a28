"""Classify, index and rank the facilities of a region, with the spread of every number.

Joins the tables of the earlier stages. What cannot be known from them stays unknown,
with its reason, and widens the bounds.
"""

from __future__ import annotations

import argparse
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pandas as pd

from pipeline.assessment.assess import Assessed, assess
from pipeline.assessment.changes import change_rows, told_cases
from pipeline.assessment.checks import check_rows
from pipeline.assessment.coefficients import coefficient_files
from pipeline.assessment.contingency import contingency_table
from pipeline.assessment.facts import facts_of, rows_by_facility
from pipeline.assessment.notify import entries_table, notifications_table
from pipeline.assessment.places import border_points, main_places, named_reaches
from pipeline.assessment.recommend import measure_rows
from pipeline.assessment.rows import assessment_rows
from pipeline.assessment.scheme import Scheme, read_scheme
from pipeline.core.command import (
    add_methods_option,
    add_region_option,
    project_root,
)
from pipeline.core.config import read_methods, read_region
from pipeline.core.errors import input_error
from pipeline.core.files import write_provenance
from pipeline.core.methods.assessment import AssessmentMethods
from pipeline.core.tables import read_table, table_of, write_table

log = logging.getLogger("natech.assessment")

INPUT_TABLES: Final = (
    "facilities",
    "facility_values",
    "hazards",
    "displacement",
    "snaps",
    "crossings",
    "receptors",
    "zones",
    "components",
)
SHEET_TABLES: Final = ("reaches", "branches", "possible_countries")
JOINED_TABLES: Final = ("contingency", "notifications", "spill_entries")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this stage."""
    add_region_option(parser)
    add_methods_option(parser)
    parser.add_argument(
        "--schemes",
        type=Path,
        default=project_root() / "configs" / "schemes",
        help="folder with the index schemes (default: %(default)s)",
    )
    parser.add_argument(
        "--tables", type=Path, required=True, help="folder with the region's tables"
    )
    parser.add_argument(
        "--out", type=Path, required=True, help="where to write 'assessment'"
    )
    parser.add_argument(
        "--out-measures", type=Path, required=True, help="where to write 'measures'"
    )
    parser.add_argument(
        "--out-changes",
        type=Path,
        required=True,
        help="where to write 'assessment_changes'",
    )
    parser.add_argument(
        "--out-checks", type=Path, required=True, help="where to write 'dam_checks'"
    )
    parser.add_argument(
        "--out-mixtures", type=Path, required=True, help="where to write 'mixtures'"
    )
    for name in JOINED_TABLES:
        parser.add_argument(
            f"--out-{name.replace('_', '-')}",
            type=Path,
            required=True,
            help=f"where to write {name!r}",
        )


def run(arguments: argparse.Namespace) -> None:
    """Read the tables, assess, join, and write all tables."""
    region = read_region(arguments.region)
    choices = read_methods(arguments.methods)
    methods = choices.assessment
    scheme = read_scheme(methods.scheme, arguments.schemes)
    paths = {name: arguments.tables / f"{name}.parquet" for name in INPUT_TABLES}
    tables = {name: read_table(name, path) for name, path in paths.items()}
    require_known_facilities(tables, paths)
    frames, assessed = assess_tables(tables, scheme, methods)
    hazards = rows_by_facility(tables["hazards"])
    cases = told_cases(region.config.climate, tables["hazards"])
    changes = change_rows(assessed, hazards, cases, scheme, methods)
    frames["assessment_changes"] = table_of("assessment_changes", changes)
    more = {name: arguments.tables / f"{name}.parquet" for name in SHEET_TABLES}
    tables |= {name: read_table(name, path) for name, path in more.items()}
    paths |= more
    limit_h = choices.rivers.two_day_limit_h
    frames |= joined_tables(tables | frames, methods, limit_h)
    scheme_path = arguments.schemes / f"{methods.scheme}.yaml"
    for name, path in (
        ("assessment", arguments.out),
        ("measures", arguments.out_measures),
        ("assessment_changes", arguments.out_changes),
        ("dam_checks", arguments.out_checks),
        ("mixtures", arguments.out_mixtures),
        *((name, getattr(arguments, f"out_{name}")) for name in JOINED_TABLES),
    ):
        write_table(frames[name], name, path)
        write_provenance(
            path,
            stage="assessment",
            inputs=[*paths.values(), region.path, scheme_path, *coefficient_files()],
            parameters=methods.model_dump(mode="json") | {"two_day_limit_h": limit_h},
            notes={"scheme_status": scheme.status, "scheme_source": scheme.source},
        )
    _log_counts(assessed)


def require_known_facilities(
    tables: Mapping[str, pd.DataFrame], paths: Mapping[str, Path]
) -> None:
    """Stop where a table speaks of a facility that the inventory does not have.

    The facility would silently be left out, because tables of two runs were mixed.
    """
    known = set(tables["facilities"]["tmf_id"])
    for name, frame in tables.items():
        strangers = sorted(set(frame["tmf_id"]) - known)
        if strangers and name != "facility_values":
            raise input_error(
                paths[name],
                field="tmf_id",
                found=", ".join(strangers[:3]),
                expected="only facilities of the table 'facilities'",
                fix="run the stage that writes this table again",
            )


def assess_tables(
    tables: Mapping[str, pd.DataFrame], scheme: Scheme, methods: AssessmentMethods
) -> tuple[dict[str, pd.DataFrame], list[Assessed]]:
    """Tables of the assessment itself from checked tables of the earlier stages.

    Returns
    -------
    tuple
        The tables by name, and what they were made from, in the order of keys.
    """
    facts = facts_of(tables, scheme.flood.return_period_yr)
    assessed = [assess(one, scheme, methods) for one in facts]
    advice = [row for one in assessed for row in measure_rows(one, scheme, methods)]
    frames = {
        "assessment": table_of(
            "assessment", assessment_rows(assessed, scheme, methods)
        ),
        "measures": table_of("measures", advice),
        "dam_checks": table_of("dam_checks", check_rows(assessed)),
        "mixtures": table_of(
            "mixtures",
            (
                {"tmf_id": one.facts.tmf_id, **item.cells()}
                for one in assessed
                for item in one.mixture
            ),
        ),
    }
    return frames, assessed


def joined_tables(
    tables: Mapping[str, pd.DataFrame],
    methods: AssessmentMethods,
    two_day_limit_h: float,
) -> dict[str, pd.DataFrame]:
    """Tables of the contingency sheet, from the tables read and ``assessment``."""
    rivers = named_reaches(tables["reaches"])
    borders = border_points(tables["crossings"], rivers, methods.border_point_m)
    places = main_places(tables["receptors"], rivers, methods.main_place_people)
    snaps, assessment = tables["snaps"], tables["assessment"]
    contingency = contingency_table(borders, places, snaps, assessment, two_day_limit_h)
    log.info(
        "%d border points, %d other main places",
        borders["place_id"].nunique(),
        places["place_id"].nunique(),
    )
    return {
        "contingency": contingency,
        "notifications": notifications_table(
            tables["facilities"],
            borders,
            tables["branches"],
            tables["possible_countries"],
            snaps,
            assessment,
            two_day_limit_h,
        ),
        "spill_entries": entries_table(snaps, tables["reaches"], contingency),
    }


def _log_counts(assessed: list[Assessed]) -> None:
    total = len(assessed)
    counts = {
        "with an index": sum(a.index.hazard.central is not None for a in assessed),
        "with a release volume": sum(a.outflow.status.has_value for a in assessed),
        "with people at risk": sum(a.people.status.has_value for a in assessed),
        "with a border downstream": sum(bool(a.facts.path.crossings) for a in assessed),
    }
    for what, count in counts.items():
        log.info("%d of %d facilities %s", count, total, what)
    has_pond = sum(a.facts.has_dam and bool(a.facts.pond_volume_m3) for a in assessed)
    log.info("%d of %d facilities state the water of their pond", has_pond, total)
    if total and not any(a.facts.shaking.levels for a in assessed):
        log.warning("no facility has a seismic hazard value; check the hazard layers")
