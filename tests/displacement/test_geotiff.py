"""GeoTIFF stacks."""

from __future__ import annotations

import numpy as np
import pytest
import rasterio

from pipeline.core.errors import InputError
from pipeline.displacement.readers import load_options, readers
from tests.displacement import small_products as small
from tests.displacement.reading import read


@pytest.mark.parametrize(
    ("options", "factor"),
    [
        ({"unit": "mm", "sign": "towards"}, 1.0),
        ({"unit": "cm", "sign": "away"}, -10.0),
        ({"unit": "m", "sign": "up"}, 1000.0),
        ({"unit": "rad", "sign": "away", "wavelength_m": 0.05546576}, -4.413825),
    ],
)
def test_unit_and_sign_of_a_stack_are_those_declared(tmp_path, ask, options, factor):
    path = tmp_path / "stack.tif"
    small.geotiff(path, 0.5 * small.VALUES_MM, small.DATES)
    series = read(ask, "geotiff", path, **options)
    assert series.displacement_mm[0, 1] == pytest.approx(0.5 * factor, rel=1e-6)


def test_a_folder_with_a_file_per_date_is_one_stack(tmp_path, ask):
    folder = tmp_path / "dates"
    folder.mkdir()
    for day, layer in zip(small.DATES, small.VALUES_MM, strict=True):
        small.geotiff(folder / f"U_{day}.tif", layer)
    series = read(ask, "geotiff", folder, unit="mm", sign="up")
    assert series.displacement_mm[0].tolist() == [0.0, 1.0, -2.0]
    assert series.los[0].tolist() == [0.0, 0.0, 1.0]
    small.geotiff(folder / "U_20200301.tif", np.ones((3, 3)))
    with pytest.raises(InputError, match=r"U_20200301\.tif, field 'grid': found 3x3"):
        read(ask, "geotiff", folder, unit="mm", sign="up")


@pytest.mark.parametrize(
    ("descriptions", "changes", "said"),
    [
        (("20200103", "", "20200127"), {}, "description of band 2"),
        (("20200103", "20200103", "20200127"), {}, "a second time"),
        (small.DATES, {"crs": None}, "no CRS"),
    ],
)
def test_a_stack_that_leaves_something_open_is_refused(
    tmp_path, ask, descriptions, changes, said
):
    path = tmp_path / "stack.tif"
    small.geotiff(path, small.VALUES_MM, descriptions, **changes)
    with pytest.raises(InputError, match=said):
        read(ask, "geotiff", path, unit="mm", sign="towards")


def test_scaled_whole_numbers_are_unpacked(tmp_path, ask):
    path = tmp_path / "stack.tif"
    packed = 10 * small.VALUES_MM - 5.0
    small.geotiff(path, packed, small.DATES, dtype="int16", nodata=-9999)
    with rasterio.open(path, "r+") as raster:
        raster.scales, raster.offsets = (0.1,) * 3, (0.5,) * 3
    series = read(ask, "geotiff", path, unit="mm", sign="towards")
    assert series.n_points == 5
    np.testing.assert_allclose(series.displacement_mm[0], [0, 1, -2], atol=1e-6)


def test_cells_of_zeros_hold_no_motion(tmp_path, ask):
    values = small.VALUES_MM.copy()
    values[:, 0, 1] = 0.0
    path = small.geotiff(tmp_path / "stack.tif", values, small.DATES)
    series = read(ask, "geotiff", path, unit="mm", sign="towards")
    assert series.point_id.tolist() == ["r0c0", "r0c2", "r1c0", "r1c1"]


def test_a_file_of_several_bands_in_a_folder_of_dates_is_refused(tmp_path, ask):
    folder = tmp_path / "dates"
    folder.mkdir()
    for day in small.DATES:
        small.geotiff(folder / f"U_{day}.tif", small.VALUES_MM[:2] + 1.0)
    with pytest.raises(InputError, match=r"U_20200103\.tif.*found 2 bands"):
        read(ask, "geotiff", folder, unit="mm", sign="up")


def test_a_stack_must_declare_unit_and_sign():
    with pytest.raises(InputError, match="unit"):
        load_options(readers()["geotiff"], {"sign": "up"}, "test")
