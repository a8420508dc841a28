"""Columns of a vector layer as numbers: values as they are, classes by a list."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.core.errors import input_error
from pipeline.core.layers import Layer


def numbers_of(
    frame: gpd.GeoDataFrame, column: str, layer: Layer, path: Path
) -> NDArray[np.float64]:
    """Numbers in a column, NaN where a feature has none; classes through their list.

    Raises
    ------
    InputError
        If the column is missing, holds no numbers, or a class that is not listed.
    """
    if layer.classes and column in frame.columns:
        return _numbers_of_classes(frame[column], layer, path)
    if column not in frame.columns or frame[column].dtype.kind not in "iuf":
        kind = frame[column].dtype if column in frame.columns else "no such column"
        raise input_error(
            path,
            field=column,
            found=str(kind),
            expected=f"a column of numbers for layer {layer.id!r}",
            fix="name the value column in 'columns', or list the classes in 'classes'",
        )
    return frame[column].to_numpy(dtype=np.float64, na_value=np.nan)


def _numbers_of_classes(
    column: pd.Series, layer: Layer, path: Path
) -> NDArray[np.float64]:
    texts = [_class_name(value) for value in column]
    unknown = sorted({t for t in texts if t is not None and t not in layer.classes})
    if unknown:
        raise input_error(
            path,
            field=str(column.name),
            found=f"the classes {', '.join(unknown)}",
            expected=f"classes that layer {layer.id!r} lists: "
            f"{', '.join(layer.classes)}",
            fix="add them to 'classes' in the registry, with null if they say nothing",
        )
    known = (None if text is None else layer.classes[text] for text in texts)
    return np.array([np.nan if value is None else value for value in known])


def _class_name(value: Any) -> str | None:
    """Class as the registry writes it: whole numbers without a point."""
    if pd.isna(value):
        return None
    if isinstance(value, float):
        return f"{value:g}"
    return str(value).strip() or None
