"""MintPy time series, velocities and geometry."""

from __future__ import annotations

import h5py
import numpy as np
import pytest

from pipeline.core.errors import InputError
from tests.displacement import small_products as small
from tests.displacement.reading import read


def test_mintpy_takes_the_geometry_beside_the_series(tmp_path, ask):
    small.mintpy_geometry(tmp_path / "geo_geometryRadar.h5")
    path = small.mintpy_series(tmp_path / "geo_timeseries.h5")
    series = read(ask, "mintpy", path)
    np.testing.assert_allclose(series.los[0], [small.E, small.N, small.U], atol=1e-6)
    assert series.height_m[0] == 900.0
    assert [file.name for file in series.files] == [
        "geo_timeseries.h5",
        "geo_geometryRadar.h5",
    ]
    assert not read(ask, "mintpy", path, use_files_beside=False).has_geometry


def test_a_series_of_geocoded_interferograms_takes_its_own_files(tmp_path, ask):
    (tmp_path / "inputs").mkdir()
    small.mintpy_geometry(tmp_path / "inputs" / "geometryGeo.h5")
    with h5py.File(tmp_path / "maskTempCoh.h5", "w") as handle:
        handle["mask"] = np.array([[1, 1, 0], [0, 0, 0]], dtype=bool)
    series = read(ask, "mintpy", small.mintpy_series(tmp_path / "timeseries.h5"))
    assert series.has_geometry
    assert series.point_id.tolist() == ["r0c0", "r0c1"]
    prefixed = small.mintpy_series(tmp_path / "geo_timeseries.h5")
    assert read(ask, "mintpy", prefixed).n_points == 5  # of another grid, perhaps


def test_mintpy_in_radar_geometry_needs_and_uses_its_positions(tmp_path, ask):
    none = dict.fromkeys(("X_FIRST", "Y_FIRST", "X_STEP", "Y_STEP"))
    path = small.mintpy_series(tmp_path / "timeseries.h5", **none)
    with pytest.raises(InputError, match="radar geometry without a geometry file"):
        read(ask, "mintpy", path)
    lon, lat = np.meshgrid([70.0, 70.1, 70.2], [40.4, 40.3])
    lon[0, 0] = lat[0, 0] = 0.0
    small.mintpy_geometry(tmp_path / "geometryRadar.h5", longitude=lon, latitude=lat)
    series = read(ask, "mintpy", path)
    assert series.n_points == 4
    assert series.lon_deg.min() == 70.0
    assert series.has_geometry


def test_mintpy_leaves_out_cells_that_are_zero_and_masked_cells(tmp_path, ask):
    values = small.VALUES_MM.copy()
    values[:, 0, 1] = 0.0
    path = small.mintpy_series(tmp_path / "geo_timeseries.h5", values)
    assert read(ask, "mintpy", path).point_id.tolist() == [
        "r0c0",
        "r0c2",
        "r1c0",
        "r1c1",
    ]
    with h5py.File(tmp_path / "geo_maskTempCoh.h5", "w") as handle:
        handle["mask"] = np.array([[1, 1, 0], [0, 0, 0]], dtype=bool)
    assert read(ask, "mintpy", path).point_id.tolist() == ["r0c0"]


def test_hdfeos5_without_its_optional_azimuths_takes_a_declared_direction(
    tmp_path, ask
):
    path = small.hdfeos5(tmp_path / "S1.he5")
    with h5py.File(path, "r+") as handle:
        del handle["HDFEOS/GRIDS/timeseries/geometry/azimuthAngle"]
    assert not read(ask, "mintpy-hdfeos5", path).has_geometry
    series = read(ask, "mintpy-hdfeos5", path, los=[small.E, small.N, small.U])
    np.testing.assert_allclose(series.los[0], [small.E, small.N, small.U])


def test_a_utm_grid_is_placed_by_its_crs(tmp_path, ask):
    changes = {
        "X_FIRST": "499985",
        "Y_FIRST": "4427772",
        "X_STEP": "30",
        "Y_STEP": "-30",
        "X_UNIT": "meters",
        "UTM_ZONE": "42N",
    }
    path = small.mintpy_series(tmp_path / "timeseries.h5", **changes)
    series = read(ask, "mintpy", path)
    assert series.lon_deg[0] == pytest.approx(69.0, abs=1e-6)
    assert series.lat_deg[0] == pytest.approx(40.0, abs=1e-3)
    bare = small.mintpy_series(tmp_path / "bare.h5", **changes | {"UTM_ZONE": None})
    with pytest.raises(InputError, match="EPSG"):
        read(ask, "mintpy", bare)


def test_a_reference_cell_is_told_with_its_track(tmp_path, ask):
    """The same cell numbers of two tracks are not one place."""
    changes = {"REF_LAT": None, "REF_LON": None, "REF_Y": "7", "REF_X": "9"}
    path = small.mintpy_series(tmp_path / "t.h5", **changes, relative_orbit="45")
    point = read(ask, "mintpy", path).reference_point
    assert point == "cell y=7, x=9, track 45, ascending"


def test_a_velocity_file_gives_rates_and_no_epochs(tmp_path, ask):
    rate = [[-3.0, 0.0, np.nan], [4.0, 5.0, 6.0]]
    path = small.mintpy_velocity(tmp_path / "velocity.h5", rate)
    series = read(ask, "mintpy", path)
    assert series.displacement_mm.shape == (4, 0)
    assert series.epoch.size == 0
    rates = series.provider_velocity_mm_per_yr
    np.testing.assert_allclose(rates, [-3, 4, 5, 6], atol=1e-6)


def test_a_file_of_another_kind_is_refused(tmp_path, ask):
    path = small.mintpy_series(tmp_path / "c.h5", FILE_TYPE="coherence")
    with pytest.raises(InputError, match="FILE_TYPE"):
        read(ask, "mintpy", path)
    with pytest.raises(InputError, match="UNIT"):
        read(ask, "mintpy", small.mintpy_series(tmp_path / "u.h5", UNIT="radian"))


def test_geometry_of_another_extent_is_refused(tmp_path, ask):
    small.mintpy_geometry(tmp_path / "geo_geometryRadar.h5", shape=(3, 3))
    path = small.mintpy_series(tmp_path / "geo_timeseries.h5")
    with pytest.raises(InputError, match=r"geo_geometryRadar\.h5.*height.*3x3 cells"):
        read(ask, "mintpy", path)
