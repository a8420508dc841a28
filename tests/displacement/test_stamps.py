"""Exports of StaMPS."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.core.errors import InputError
from tests.displacement import small_products as small
from tests.displacement.reading import read


def test_the_header_of_stamps_says_nothing_and_its_days_are_one_short(tmp_path, ask):
    path = small.stamps(tmp_path / "export.csv")
    series = read(ask, "stamps", path)
    assert str(series.epoch[0]) == "2020-01-03"
    assert series.provider_velocity_mm_per_yr.tolist() == [-3.5, 1.5]
    assert np.isnan(series.displacement_mm[1, 1])
    assert series.reference_point == "latitude 40.4, longitude 70"
    own = read(ask, "stamps", path, day_numbers="matlab")
    assert str(own.epoch[0]) == "2020-01-02"


def test_a_broken_row_of_stamps_is_named(tmp_path, ask):
    path = small.stamps(tmp_path / "export.csv")
    path.write_text(path.read_text() + "70.1,40.4,1\n", encoding="utf-8")
    with pytest.raises(InputError, match="row 5: found 3 fields; expected 6"):
        read(ask, "stamps", path)
