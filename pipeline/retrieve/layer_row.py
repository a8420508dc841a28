"""From facts and answers to a row of the registry."""

from __future__ import annotations

import math
import re
from itertools import pairwise
from typing import Any, Final

from pipeline.core.errors import input_error
from pipeline.core.layers import Layer
from pipeline.core.records import load_record
from pipeline.retrieve.layer_facts import Facts, RasterFacts, TableFacts, VectorFacts
from pipeline.retrieve.layer_questions import Answers, known_scenario, needs_tmf_id

_METRES_PER_DEGREE: Final = 111_195.0


def build_layer(
    facts: Facts, answers: Answers, file: str, sha256: str, *, remarks: str
) -> Layer:
    """Row of the registry.

    Parameters
    ----------
    file
        Path below one of the folders that are searched, with forward slashes.
    sha256
        Checksum of the file.
    remarks
        What is not verified about the row.

    Raises
    ------
    InputError
        If answers contradict each other or the file.
    """
    answers = _with_columns(facts, answers)
    row: dict[str, Any] = {
        "id": answers["id"],
        "title": {"en": answers["title_en"], "ru": answers["title_ru"]},
        "role": "hazard",
        "kind": _kind(facts),
        "file": file,
        "hazard": answers["hazard"],
        "process": answers.get("process"),
        "intensity_measure": answers["intensity"],
        "unit": answers["unit"],
        **_of_file(facts, answers),
        "bands": levels(facts, answers),
        "zero_is": answers["zero_is"],
        "licence": {"name": answers["licence"]},
        "citation": answers["citation"],
        "version": answers["data_version"],
        "sha256": sha256,
        "confidence": answers["confidence"],
        "not_verified": remarks,
    }
    for key in ("minimum", "maximum"):
        if key in answers:
            row[key] = _number(answers[key], key)
    if "licence_address" in answers:
        row["licence"]["address"] = answers["licence_address"]
    if "caveat_en" in answers:
        english = answers["caveat_en"]
        row["caveat"] = {"en": english, "ru": answers.get("caveat_ru", english)}
    return load_record(Layer, row, f"the row of {answers['id']!r}")


def _with_columns(facts: Facts, answers: Answers) -> Answers:
    """Answers with the columns of values where the levels name columns of the file."""
    if isinstance(facts, RasterFacts) or "value_columns" in answers:
        return answers
    if isinstance(facts, VectorFacts) and facts.is_points:
        return answers
    names = answers.get("levels", "").split() or [f"{p:g}" for p in _periods(answers)]
    known = {field.name for field in facts.fields}
    if not names or not known.issuperset(names):
        return answers
    return {**answers, "value_columns": " ".join(names)}


def _kind(facts: Facts) -> str:
    if isinstance(facts, RasterFacts):
        return "raster"
    return "vector" if isinstance(facts, VectorFacts) else "table"


def _of_file(facts: Facts, answers: Answers) -> dict[str, Any]:
    """Keys that follow from the file itself."""
    if isinstance(facts, RasterFacts):
        return _of_raster(facts, answers)
    if isinstance(facts, TableFacts):
        needs_tmf_id(facts)
        columns = answers["value_columns"].split() if "value_columns" in answers else []
        return {
            "crs": None,
            "nodata": None,
            "resolution": "sites",
            "columns": ["tmf_id", *columns],
        }
    return _of_vector(facts, answers)


def _of_raster(facts: RasterFacts, answers: Answers) -> dict[str, Any]:
    if facts.crs is None or facts.box_deg is None:
        raise input_error(
            facts.path,
            field="crs",
            found="no CRS, or no position, stored in the raster",
            expected="a georeferenced raster; a CRS is never guessed",
            fix="store it, for example with gdal_edit.py -a_srs EPSG:4326 FILE",
        )
    nodata = facts.bands[0].nodata
    row: dict[str, Any] = {
        "crs": facts.crs,
        "nodata": "nan" if nodata is not None and math.isnan(nodata) else nodata,
        "extent": _outer(facts.box_deg),
        "resolution": _resolution(facts),
        "sampling": answers["sampling"],
        "nodata_is": answers.get("nodata_is", "not_covered"),
    }
    if "table" in answers:
        row["table"] = answers["table"]
    return row


def _of_vector(facts: VectorFacts, answers: Answers) -> dict[str, Any]:
    if facts.crs is None or facts.box_deg is None:
        raise input_error(
            facts.path,
            field="crs",
            found="no CRS stored in the file",
            expected="a CRS; it is never guessed",
            fix="store it, for example with ogr2ogr -a_srs EPSG:4326 OUT.gpkg IN",
        )
    row: dict[str, Any] = {
        "crs": facts.crs,
        "nodata": None,
        "extent": _outer(facts.box_deg),
        "resolution": answers.get("resolution", "not stated"),
    }
    if facts.table:
        row["table"] = facts.table
    if "value_columns" in answers:
        row["columns"] = answers["value_columns"].split()
        _check_columns(facts, row["columns"])
    if facts.is_points:
        row["points"] = _points(facts, answers)
        listed = answers["listed_in"].strip()
        if listed.upper().startswith(("POLYGON", "MULTIPOLYGON")):
            row["points"]["listed_in"] = listed
        else:
            row["extent"] = _listed_in(listed)
    elif "classes" in answers:
        row["classes"] = _classes(answers["classes"])
    return row


def _points(facts: VectorFacts, answers: Answers) -> dict[str, Any]:
    points: dict[str, Any] = {"statistic": answers["statistic"]}
    if "radius_m" in answers:
        points["radius_m"] = _number(answers["radius_m"], "radius_m")
    for key in ("date_column", "lon_column", "lat_column"):
        if key in answers:
            points[key] = answers[key]
    if facts.lon_column and facts.lat_column:
        points |= {"lon_column": facts.lon_column, "lat_column": facts.lat_column}
    for key in ("first_year", "last_year"):
        if key in answers:
            points[key] = int(_number(answers[key], key))
    return points


def _listed_in(text: str) -> list[float] | None:
    """Box in which a list of points is complete; None: worldwide."""
    if text == "worldwide":
        return None
    box = [_number(word, "listed_in") for word in text.split()]
    if len(box) != 4 or not (box[0] < box[2] and box[1] < box[3]):
        raise input_error(
            "--listed-in",
            found=text,
            expected="west south east north in degrees, worldwide, or a WKT polygon",
            fix="correct the option",
        )
    return box


def _classes(text: str) -> dict[str, float | None]:
    classes: dict[str, float | None] = {}
    for part in text.split(","):
        name, sign, value = part.partition("=")
        if not sign or not name.strip():
            raise input_error(
                "--classes",
                found=part,
                expected="CLASS=NUMBER, ... such as low=1,high=3,unknown=none",
                fix="correct the option",
            )
        is_none = value.strip() == "none"
        classes[name.strip()] = None if is_none else _number(value, "classes")
    return classes


def levels(facts: Facts, answers: Answers) -> list[dict[str, Any]]:
    """Levels of the layer, from frequent to rare.

    Raises
    ------
    InputError
        If there are more or fewer return periods or names than bands or columns, they
        do not increase, or are no numbers of at least 1 year.
    """
    case: dict[str, Any] = {}
    if "scenario" in answers:
        case["scenario"] = known_scenario(answers["scenario"])
        case["horizon"] = answers.get("horizon", "present")
    if "percentile" in answers:
        case["percentile"] = _number(answers["percentile"], "percentile")
    numbers = _band_numbers(facts, answers)
    periods = _periods(answers)
    names = answers.get("levels", "").split() or [f"{p:g}" for p in periods]
    for option, found in (("--return-periods", periods), ("--levels", names)):
        if found and len(found) != len(numbers):
            raise input_error(
                option,
                found=f"{len(found)} value(s)",
                expected=f"{len(numbers)}, one for each band or value column",
                fix="give one for each, or choose the bands with --bands, the columns "
                "with --value-columns",
            )
    if any(b <= a for a, b in pairwise(periods)):
        raise input_error(
            "--return-periods",
            found=answers["return_periods"],
            expected="years that increase from band to band",
            fix="check the order of the bands; --bands 3 1 2 puts them in another one",
        )
    return [
        {"level": name, "band": number, **case}
        | ({"return_period_yr": periods[index]} if periods else {})
        for index, (name, number) in enumerate(zip(names, numbers, strict=True))
    ]


def _periods(answers: Answers) -> list[float]:
    text = answers.get("return_periods", "none")
    if text == "none":
        return []
    periods = [
        _number(word, "return_periods") for word in re.split(r"[,\s]+", text.strip())
    ]
    if any(period < 1 for period in periods):
        raise input_error(
            "--return-periods",
            found=text,
            expected="years, each at least 1 (not probabilities)",
            fix="convert: 10 % in 50 years are 475 years",
        )
    return periods


def _band_numbers(facts: Facts, answers: Answers) -> list[int]:
    if isinstance(facts, RasterFacts):
        if "bands" not in answers:
            return [band.number for band in facts.bands]
        chosen = [int(_number(word, "bands")) for word in answers["bands"].split()]
        if any(not 1 <= number <= len(facts.bands) for number in chosen):
            raise input_error(
                "--bands",
                found=answers["bands"],
                expected=f"bands from 1 to {len(facts.bands)}",
                fix="correct the option",
            )
        return chosen
    if isinstance(facts, VectorFacts) and facts.is_points:
        return [1]
    columns = answers.get("value_columns", "").split()
    if not columns:
        raise input_error(
            "--value-columns",
            found="nothing",
            expected="the column(s) with the values, from frequent to rare, of "
            + ", ".join(field.name for field in facts.fields),
            fix="name them",
        )
    _check_columns(facts, columns)
    return list(range(1, len(columns) + 1))


def _check_columns(facts: VectorFacts | TableFacts, columns: list[str]) -> None:
    known = {field.name for field in facts.fields}
    lacking = [name for name in columns if name not in known]
    if lacking:
        raise input_error(
            facts.path,
            field="--value-columns",
            found=f"no column {', '.join(lacking)} among {', '.join(sorted(known))}",
            expected="columns of the file",
            fix="correct the option",
        )


def _number(text: str, key: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise input_error(
            "--" + key.replace("_", "-"),
            found=text,
            expected="a number",
            fix="correct the option",
        )
    return value


def _outer(box: tuple[float, float, float, float]) -> list[float]:
    """Box rounded outwards to 0.001 degrees, so that it still holds the data."""
    west, south, east, north = box
    low = [math.floor(v * 1000) / 1000 for v in (west, south)]
    high = [math.ceil(v * 1000) / 1000 for v in (east, north)]
    return [*low, *high]


def _resolution(facts: RasterFacts) -> str:
    cell = max(facts.cell_x, facts.cell_y)
    if facts.cell_unit != "deg":
        return f"{cell:.4g} {facts.cell_unit}"
    return f"{cell:.4g} deg (about {_rounded_m(cell * _METRES_PER_DEGREE)})"


def _rounded_m(length_m: float) -> str:
    if length_m < 950:
        return f"{float(f'{length_m:.2g}'):g} m"
    return f"{float(f'{length_m / 1000:.2g}'):g} km"
