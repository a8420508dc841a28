"""GMTSAR grids."""

from __future__ import annotations

import h5py
import numpy as np
import pytest
from scipy.io import netcdf_file

from pipeline.core.errors import InputError
from tests.displacement import small_products as small
from tests.displacement.reading import read


def test_days_of_gmtsar_count_from_zero(tmp_path, ask):
    folder = small.gmtsar(tmp_path / "grids")
    assert (folder / "disp_2020002_ll.grd").is_file()
    assert str(read(ask, "gmtsar", folder).epoch[0]) == "2020-01-03"


def test_classic_netcdf_grids_are_read_and_look_grids_give_the_direction(tmp_path, ask):
    folder = small.gmtsar(tmp_path / "grids")
    for name, value in zip("enu", (small.E, small.N, small.U), strict=True):
        with netcdf_file(folder / f"look_{name}_ll.grd", "w") as file:
            for axis, values in (
                ("lon", 70.0 + 0.1 * np.arange(3)),
                ("lat", 40.3 + 0.1 * np.arange(2)),
            ):
                file.createDimension(axis, len(values))
                file.createVariable(axis, "d", (axis,))[:] = values
            file.createVariable("z", "f", ("lat", "lon"))[:] = value
    series = read(ask, "gmtsar", folder)
    np.testing.assert_allclose(series.los[0], [small.E, small.N, small.U], atol=1e-6)


@pytest.mark.parametrize("is_classic", [True, False])
def test_packed_grids_are_unpacked(tmp_path, ask, is_classic):
    folder = small.gmtsar(tmp_path / "grids")
    packed = np.nan_to_num(10 * small.VALUES_MM[2] - 5, nan=-9999)[::-1]
    fill = {"_FillValue": -9999.0, "scale_factor": 0.1, "add_offset": 0.5}
    path = folder / "disp_2020026_ll.grd"
    if is_classic:
        with netcdf_file(path, "w") as file:
            for axis, values in (("lon", (70.0, 70.1, 70.2)), ("lat", (40.3, 40.4))):
                file.createDimension(axis, len(values))
                file.createVariable(axis, "d", (axis,))[:] = values
            layer = file.createVariable("z", "h", ("lat", "lon"))
            layer[:] = packed.astype(np.int16)
            for name, value in fill.items():
                setattr(layer, name, value)
    else:
        with h5py.File(path, "r+") as file:
            del file["z"]
            file["z"] = packed.astype(np.int16)
            file["z"].attrs.update(fill)
    series = read(ask, "gmtsar", folder)
    first = series.point_id.tolist().index("r1c0")
    np.testing.assert_allclose(series.displacement_mm[first], [0, 1, -2], atol=1e-6)
    assert series.n_points == 5


def test_grids_of_another_extent_are_refused(tmp_path, ask):
    folder = small.gmtsar(tmp_path / "grids")
    small.gmt_grid(folder / "disp_2020099_ll.grd", small.VALUES_MM[1], lon0=71.0)
    with pytest.raises(InputError, match=r"disp_2020099_ll\.grd, field 'lon'"):
        read(ask, "gmtsar", folder)


@pytest.mark.parametrize("name", ["vel_ll.grd", "look_e_ll.grd"])
def test_further_grids_of_another_extent_are_refused(tmp_path, ask, name):
    folder = small.gmtsar(tmp_path / "grids")
    for part in "enu":
        small.gmt_grid(folder / f"look_{part}_ll.grd", small.VALUES_MM[1])
    small.gmt_grid(folder / name, small.VALUES_MM[1], lon0=70.1)
    with pytest.raises(InputError, match=rf"{name}, field 'lon'"):
        read(ask, "gmtsar", folder)


def test_radar_coded_grids_are_refused(tmp_path, ask):
    folder = tmp_path / "grids"
    folder.mkdir()
    (folder / "disp_2020002.grd").touch()
    with pytest.raises(InputError, match="radar coordinates"):
        read(ask, "gmtsar", folder)
