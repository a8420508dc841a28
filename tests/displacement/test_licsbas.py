"""LiCSBAS files."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.core.errors import InputError
from pipeline.displacement.readers import readers
from tests.displacement import small_products as small
from tests.displacement.reading import read


def test_flat_licsbas_velocity_is_placed_by_its_parameter_file(tmp_path, ask):
    rate = [[-3.0, 1.0, np.nan], [4.0, 5.0, 6.0]]
    series = read(ask, "licsbas", small.licsbas_flat(tmp_path, rate))
    assert series.provider_velocity_mm_per_yr.tolist() == [-3, 1, 4, 5, 6]
    assert series.lon_deg[1] == pytest.approx(70.1)
    assert series.coherence[0] == pytest.approx(0.7)
    assert (
        series.reference_point == "cells 1:2/0:1, latitude 40.40000, longitude 70.10000"
    )


def test_a_flat_file_of_another_size_is_refused(tmp_path, ask):
    path = small.licsbas_flat(tmp_path, np.ones((2, 2)))
    with pytest.raises(InputError, match="16 bytes; expected 24 bytes"):
        read(ask, "licsbas", path)


@pytest.mark.parametrize("name", ["coh_avg", "vintercept", "vstd", "n_gap"])
def test_other_flat_files_are_no_velocity(tmp_path, ask, name):
    path = small.licsbas_flat(tmp_path, np.ones(small.SHAPE))
    other = path.rename(path.with_name(name))
    assert not readers()["licsbas"].recognises(other)
    with pytest.raises(InputError, match=f"found '{name}'; expected .*vel"):
        read(ask, "licsbas", other)


def test_the_reference_area_may_be_bytes(tmp_path, ask):
    series = read(ask, "licsbas", small.licsbas(tmp_path / "cum.h5"))
    assert (
        series.reference_point == "cells 0:1/0:1, latitude 40.40000, longitude 70.00000"
    )


def test_the_same_cells_of_two_frames_are_two_references(tmp_path, ask):
    one = read(ask, "licsbas", small.licsbas(tmp_path / "cum.h5"))
    path = small.licsbas(tmp_path / "other.h5", corner_lon=71.0, refarea="1:3/0:2")
    other = read(ask, "licsbas", path)
    assert one.reference_point != other.reference_point
    where = "latitude 40.35000, longitude 71.15000"  # the middle of two by two cells
    assert other.reference_point == f"cells 1:3/0:2, {where}"
    odd = small.licsbas(tmp_path / "odd.h5", refarea="whole")
    assert read(ask, "licsbas", odd).reference_point == "unknown"


@pytest.mark.parametrize("name", ["coh_avg", "hgt", "vel"])
def test_layers_of_another_extent_are_refused(tmp_path, ask, name):
    changes = {name: np.ones((5, 5), dtype=np.float32)}
    path = small.licsbas(tmp_path / "cum.h5", **changes)
    with pytest.raises(InputError, match=f"field '{name}': found 5x5 cells"):
        read(ask, "licsbas", path)


def test_a_direction_that_points_down_is_refused(tmp_path, ask):
    changes = {"U.geo": np.full(small.SHAPE, -small.U, dtype=np.float32)}
    path = small.licsbas(tmp_path / "cum.h5", **changes)
    with pytest.raises(InputError, match="an up part above 0"):
        read(ask, "licsbas", path)
