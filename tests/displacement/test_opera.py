"""OPERA DISP-S1: ministacks and their links."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.core.errors import InputError
from tests.displacement import small_products as small
from tests.displacement.reading import read


def test_ministacks_are_chained_by_the_date_that_becomes_the_reference(tmp_path, ask):
    folder = tmp_path / "opera"
    small.opera(folder, "20200103", "20200115", 0.001)
    small.opera(folder, "20200103", "20200127", 0.003)
    small.opera(folder, "20200127", "20200208", 0.004)
    series = read(ask, "opera-disp-s1", folder)
    np.testing.assert_allclose(series.displacement_mm[0], [0, 1, 3, 7], atol=1e-5)
    assert str(series.epoch[-1]) == "2020-02-08"
    corrected = read(ask, "opera-disp-s1", folder, apply_corrections=True)
    np.testing.assert_allclose(corrected.displacement_mm[0], [0, -2, 0, 1], atol=1e-5)


def test_of_two_editions_of_a_pair_the_newest_is_taken(tmp_path, ask):
    folder = tmp_path / "opera"
    small.opera(folder, "20200103", "20200115", 0.001, version="1.0")
    small.opera(folder, "20200103", "20200115", 0.005, version="1.10")
    small.opera(folder, "20200103", "20200115", 0.009, version="1.2")
    series = read(ask, "opera-disp-s1", folder)
    assert series.displacement_mm[0, 1] == pytest.approx(5.0)


def test_a_missing_ministack_link_is_named(tmp_path, ask):
    folder = tmp_path / "opera"
    small.opera(folder, "20200103", "20200115", 0.001)
    small.opera(folder, "20200127", "20200208", 0.004)
    with pytest.raises(InputError, match=r"ends on 2020-01-27 \(a missing ministack"):
        read(ask, "opera-disp-s1", folder)


@pytest.mark.parametrize(("gaps", "last"), [("propagate", np.nan), ("omit", 4.0)])
def test_a_cell_lost_in_a_link_follows_the_named_policy(tmp_path, ask, gaps, last):
    folder = tmp_path / "opera"
    small.opera(folder, "20200103", "20200115", 0.001, bad=[(0, 0)])
    small.opera(folder, "20200103", "20200109", 0.001)
    small.opera(folder, "20200115", "20200127", 0.004)
    series = read(ask, "opera-disp-s1", folder, gaps=gaps)
    assert series.displacement_mm[0, -1] == pytest.approx(last, nan_ok=True)


def test_a_cell_without_a_link_keeps_what_it_had_moved_before(tmp_path, ask):
    folder = tmp_path / "opera"
    small.opera(folder, "20200103", "20200115", 0.020)
    small.opera(folder, "20200115", "20200127", 0.005, bad=[(0, 0)])
    small.opera(folder, "20200127", "20200208", 0.004)
    series = read(ask, "opera-disp-s1", folder, gaps="omit")
    np.testing.assert_allclose(series.displacement_mm[0], [0, 20, np.nan, 24], 1e-5)
    np.testing.assert_allclose(series.displacement_mm[1], [0, 20, 25, 29], 1e-5)


def test_a_static_layer_that_contradicts_the_pass_is_refused(tmp_path, ask):
    folder = tmp_path / "opera"
    small.opera(folder, "20200103", "20200115", 0.001)  # ascending
    with pytest.raises(InputError, match="an east part below 0 on ascending"):
        read(ask, "opera-disp-s1", folder, los=[0.6, -0.1, small.U])


def test_pairs_of_another_extent_are_refused(tmp_path, ask):
    folder = tmp_path / "opera"
    small.opera(folder, "20200103", "20200115", 0.001)
    small.opera(folder, "20200103", "20200127", 0.001, shape=(3, 3))
    with pytest.raises(InputError, match="3x3 cells; expected 2x3"):
        read(ask, "opera-disp-s1", folder)


def test_the_static_layer_gives_the_direction(tmp_path, ask):
    folder = tmp_path / "opera"
    small.opera(folder, "20200103", "20200115", 0.001)
    for name, value in (("los_east", small.E), ("los_north", small.N)):
        small.geotiff(
            folder / f"{name}.tif",
            np.full(small.SHAPE, value),
            crs="EPSG:32642",
            transform=small.from_origin(499_985.0, 4_500_015.0, 30.0),
        )
    files = ["los_east.tif", "los_north.tif"]
    series = read(ask, "opera-disp-s1", folder, los_files=files)
    np.testing.assert_allclose(series.los[0], [small.E, small.N, small.U], atol=1e-6)
