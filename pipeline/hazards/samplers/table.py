"""Sampler of tables: a study's value for each site, keyed by ``tmf_id``.

A CSV file in UTF-8 with the column ``tmf_id``, one column of numbers for each level,
and where the study gives them ``<level>_low`` and ``<level>_high``. A blank cell is a
value that the study does not give.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from pipeline.core.errors import input_error
from pipeline.core.layers import Band, Layer
from pipeline.core.methods.hazards import HazardMethods
from pipeline.core.model import Status
from pipeline.core.schemas.hazards import NOTES
from pipeline.hazards.csv_file import number_in, read_csv
from pipeline.hazards.levels import declared_levels, value_column
from pipeline.hazards.places import Place
from pipeline.hazards.samples import Sample, Sampled


def sample(
    layer: Layer, path: Path, places: Sequence[Place], choices: HazardMethods
) -> Sampled:
    """Look up the value of every level at every place.

    Raises
    ------
    InputError
        If the file cannot be read, a column is missing, a cell is no number, a site
        stands twice, or bounds do not enclose their value.
    """
    del choices  # a study's own values need no statistics
    levels = declared_levels(layer)
    names = [value_column(layer, band) for band in levels]
    frame = read_csv(path, ["tmf_id", *names])
    _check_unique(frame, path)
    rows = {str(row["tmf_id"]): row for _, row in frame.iterrows()}
    samples = tuple(
        _look_up(place, band, name, rows.get(place.tmf_id), path)
        for place in places
        for band, name in zip(levels, names, strict=True)
    )
    strangers = sorted(set(rows) - {place.tmf_id for place in places})
    remarks: tuple[str, ...] = ()
    if strangers:
        remarks = (NOTES.reason("sites_without_facility", sites=", ".join(strangers)),)
    return Sampled(samples, remarks)


def _look_up(
    place: Place, band: Band, name: str, row: pd.Series | None, path: Path
) -> Sample:
    absent = Sample(
        place.tmf_id,
        band,
        Status.NOT_PROVIDED,
        None,
        None,
        None,
        0.0,
        note=NOTES.reason("no_value_in_study"),
    )
    if row is None:
        return absent
    value = number_in(row, name, path)
    if value is None:
        return absent
    low, high = (
        number_in(row, f"{name}_{end}", path) if f"{name}_{end}" in row.index else None
        for end in ("low", "high")
    )
    if (low is not None and low > value) or (high is not None and high < value):
        raise input_error(
            path,
            row=int(str(row.name)),
            field=name,
            found=f"{low} <= {value} <= {high}",
            expected="bounds that enclose the value",
            fix="correct the bounds",
        )
    least, largest = (
        value if end is None else end for end in (low, high)
    )  # a bound that cannot be is as wrong as a value
    return Sample(
        place.tmf_id, band, Status.MEASURED, value, low, high, 1.0, least, largest
    )


def _check_unique(frame: pd.DataFrame, path: Path) -> None:
    again = frame.index[frame["tmf_id"].duplicated()]
    if len(again):
        row = int(again[0])
        raise input_error(
            path,
            row=row,
            field="tmf_id",
            found=f"{frame['tmf_id'][row]!r} twice",
            expected="one row for each site",
            fix="remove one of the rows",
        )
