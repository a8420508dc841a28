"""Every format: what is read from a small file, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from scipy.io import netcdf_file

from pipeline.core.errors import InputError
from pipeline.displacement.checks import check_series
from pipeline.displacement.readers import Request, load_options, readers
from pipeline.displacement.series import PointSeries
from tests.displacement import small_products as small


def read(ask: Any, reader: str, path: Path, **options: Any) -> PointSeries:
    module = readers()[reader]
    checked = load_options(module, options, "test")
    return check_series(module.read(ask(path), checked), path)


def geotiff_stack(path: Path, **changes: Any) -> Path:
    return small.geotiff(path, small.VALUES_MM, small.DATES, **changes)


def expected(lon: float, lat: float) -> Any:
    """Values of the cell at a place."""
    row = round((small.LAT0 - lat) / small.STEP)
    return small.VALUES_MM[:, row, round((lon - small.LON0) / small.STEP)]


GRIDS = {
    "mintpy": (lambda d: small.mintpy_series(d / "timeseries.h5"), {}),
    "mintpy-hdfeos5": (lambda d: small.hdfeos5(d / "S1.he5"), {}),
    "licsbas": (lambda d: small.licsbas(d / "cum.h5"), {}),
    "gmtsar": (lambda d: small.gmtsar(d / "grids"), {}),
    "geotiff": (
        lambda d: geotiff_stack(d / "stack.tif"),
        {"unit": "mm", "sign": "towards"},
    ),
}


@pytest.mark.parametrize("reader", GRIDS)
def test_a_grid_gives_millimetres_dates_and_centres_of_cells(tmp_path, ask, reader):
    write, options = GRIDS[reader]
    series = read(ask, reader, write(tmp_path), **options)
    assert series.epoch.astype(str).tolist() == [
        "2020-01-03",
        "2020-01-15",
        "2020-01-27",
    ]
    assert series.n_points == 5
    for k in range(series.n_points):
        wanted = expected(series.lon_deg[k], series.lat_deg[k])
        np.testing.assert_allclose(series.displacement_mm[k], wanted, atol=1e-5)
    assert series.footprint.bounds == pytest.approx((70.0, 40.3, 70.2, 40.4))


@pytest.mark.parametrize("reader", GRIDS)
def test_only_wanted_cells_are_read(tmp_path, reader):
    write, options = GRIDS[reader]
    module = readers()[reader]
    request = Request("src", write(tmp_path), lambda lon, _: lon > 70.15)
    series = module.read(request, load_options(module, options, "test"))
    assert series.lon_deg.tolist() == pytest.approx([70.2])


@pytest.mark.parametrize("reader", ["mintpy-hdfeos5", "licsbas"])
def test_a_file_with_its_own_geometry_gives_the_direction(tmp_path, ask, reader):
    series = read(ask, reader, GRIDS[reader][0](tmp_path))
    wanted = [small.E, small.N, small.U]
    np.testing.assert_allclose(series.los, np.tile(wanted, (5, 1)), atol=1e-6)


@pytest.mark.parametrize("reader", ["mintpy", "gmtsar", "geotiff"])
def test_without_geometry_no_direction_is_invented(tmp_path, ask, reader):
    write, options = GRIDS[reader]
    assert not read(ask, reader, write(tmp_path), **options).has_geometry


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


def test_a_velocity_file_gives_rates_and_no_epochs(tmp_path, ask):
    rate = [[-3.0, 0.0, np.nan], [4.0, 5.0, 6.0]]
    path = small.mintpy_velocity(tmp_path / "velocity.h5", rate)
    series = read(ask, "mintpy", path)
    assert series.displacement_mm.shape == (4, 0)
    assert series.epoch.size == 0
    rates = series.provider_velocity_mm_per_yr
    np.testing.assert_allclose(rates, [-3, 4, 5, 6], atol=1e-6)


def test_flat_licsbas_velocity_is_placed_by_its_parameter_file(tmp_path, ask):
    rate = [[-3.0, 1.0, np.nan], [4.0, 5.0, 6.0]]
    series = read(ask, "licsbas", small.licsbas_flat(tmp_path, rate))
    assert series.provider_velocity_mm_per_yr.tolist() == [-3, 1, 4, 5, 6]
    assert series.lon_deg[1] == pytest.approx(70.1)
    assert series.coherence[0] == pytest.approx(0.7)
    assert series.reference_point == "cells 1:2/0:1"


def test_a_flat_file_of_another_size_is_refused(tmp_path, ask):
    path = small.licsbas_flat(tmp_path, np.ones((2, 2)))
    with pytest.raises(InputError, match="16 bytes; expected 24 bytes"):
        read(ask, "licsbas", path)


def test_the_reference_area_may_be_bytes(tmp_path, ask):
    series = read(ask, "licsbas", small.licsbas(tmp_path / "cum.h5"))
    assert series.reference_point == "cells 0:1/0:1"


def test_half_a_cell_lies_between_the_corners_of_mintpy_and_licsbas(tmp_path, ask):
    mintpy = read(ask, "mintpy", small.mintpy_series(tmp_path / "timeseries.h5"))
    licsbas = read(ask, "licsbas", small.licsbas(tmp_path / "cum.h5"))
    np.testing.assert_allclose(mintpy.lon_deg, licsbas.lon_deg, atol=1e-9)
    np.testing.assert_allclose(mintpy.lat_deg, licsbas.lat_deg, atol=1e-9)


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


def test_grids_of_another_extent_are_refused(tmp_path, ask):
    folder = small.gmtsar(tmp_path / "grids")
    small.gmt_grid(folder / "disp_2020099_ll.grd", small.VALUES_MM[1], lon0=71.0)
    with pytest.raises(InputError, match=r"disp_2020099_ll\.grd, field 'lon'"):
        read(ask, "gmtsar", folder)


def test_radar_coded_grids_are_refused(tmp_path, ask):
    folder = tmp_path / "grids"
    folder.mkdir()
    (folder / "disp_2020002.grd").touch()
    with pytest.raises(InputError, match="radar coordinates"):
        read(ask, "gmtsar", folder)


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
    series = read(ask, "geotiff", geotiff_stack(tmp_path / "stack.tif"), **options)
    assert series.displacement_mm[0, 1] == pytest.approx(factor, rel=1e-6)


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


def test_a_stack_must_declare_unit_and_sign():
    with pytest.raises(InputError, match="unit"):
        load_options(readers()["geotiff"], {"sign": "up"}, "test")


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


SARPROZ = (
    "ID,LAT,LON,HEIGHT,SIGMA HEIGHT,VEL,COHER,20200103,20200115,20200127\n"
    "1,40.4,70.1,900,,-3.5,0.8,0.0,-1.0,-2.5\n"
)
TRE = (
    "CODE,LAT,LON,HEIGHT,VEL,COHERENCE,EFF_AREA,D20200103,D20200115,D20200127\n"
    "007,40.4,70.1,900,-3.5,0.8,0,0.0,,-2.5\n"
)


def test_sarproz_columns_are_read(tmp_path, ask):
    path = tmp_path / "sarproz.csv"
    path.write_text(SARPROZ, encoding="utf-8")
    series = read(ask, "sarproz", path, heading_deg=-10, incidence_deg=39)
    assert series.displacement_mm.tolist() == [[0.0, -1.0, -2.5]]
    assert series.provider_velocity_mm_per_yr.tolist() == [-3.5]
    assert series.los[0, 0] < 0


@pytest.mark.parametrize(
    ("component", "los"), [("los", None), ("up", [0, 0, 1]), ("east", [1, 0, 0])]
)
def test_squeesar_columns_are_read(tmp_path, ask, component, los):
    path = tmp_path / "tre.csv"
    path.write_text(TRE, encoding="utf-8")
    series = read(ask, "tre", path, component=component)
    assert series.point_id.tolist() == ["007"]
    assert np.isnan(series.displacement_mm[0, 1])
    assert series.coherence[0] == pytest.approx(0.8)
    if los is None:
        assert not series.has_geometry
    else:
        assert series.los[0].tolist() == los


def test_columns_of_the_norwegian_service_are_read(tmp_path, ask):
    path = tmp_path / "service.csv"
    path.write_text(
        "pid,LATITUDE,LONGITUDE,HEIGHT,mean_velocity,temporal_coherence,los_east,"
        "los_north,los_up,20200103,20200115\n"
        "a,40.4,70.1,900,-3.5,0.8,-0.6,-0.1,0.793725,0,-1\n",
        encoding="utf-8",
    )
    series = read(ask, "tre", path)
    assert series.has_geometry
    assert series.epoch.size == 2


def test_a_shapefile_is_read_with_its_crs(tmp_path, ask):
    geopandas = pytest.importorskip("geopandas")
    frame = geopandas.GeoDataFrame(
        {"CODE": ["007", "008"], "VEL": [-3.5, 1.0], "D20200103": [0.0, 0.0],
         "D20200115": [-1.0, np.nan]},
        geometry=geopandas.points_from_xy([500_000, 500_100], [4_427_757, 4_427_757]),
        crs="EPSG:32642",
    )  # fmt: skip
    path = tmp_path / "points.shp"
    frame.to_file(path)
    series = read(ask, "tre", path)
    assert series.lon_deg[0] == pytest.approx(69.0, abs=1e-9)
    assert series.displacement_mm[0].tolist() == [0.0, -1.0]
    assert {file.suffix for file in series.files} == {".shp", ".dbf", ".shx", ".prj"}
    path.with_suffix(".prj").unlink()
    with pytest.raises(InputError, match=r"without \.prj"):
        read(ask, "tre", path)


BLANK = {
    "mintpy": lambda d, v: small.mintpy_series(d / "timeseries.h5", v),
    "licsbas": lambda d, v: small.licsbas(d / "cum.h5", v),
    "geotiff": lambda d, v: small.geotiff(d / "stack.tif", v, small.DATES),
}


@pytest.mark.parametrize("reader", BLANK)
@pytest.mark.parametrize(
    ("value", "said"), [(np.nan, "no value at all"), (0.0, "zeros only")]
)
def test_a_product_without_values_is_refused(tmp_path, ask, reader, value, said):
    path = BLANK[reader](tmp_path, np.full((3, 2, 3), value))
    options = GRIDS[reader][1]
    with pytest.raises(InputError, match=said):
        read(ask, reader, path, **options)


@pytest.mark.parametrize("reader", ["mintpy", "mintpy-hdfeos5", "licsbas"])
def test_a_truncated_hdf5_file_is_refused(tmp_path, ask, reader):
    path = GRIDS[reader][0](tmp_path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(InputError, match="truncated HDF5"):
        read(ask, reader, path)


@pytest.mark.parametrize("reader", sorted(readers()))
def test_a_file_that_is_not_there_is_named(tmp_path, ask, reader):
    options = {
        "geotiff": {"unit": "mm", "sign": "up"},
        "point-csv": {
            "unit": "mm",
            "sign": "up",
            "id": "a",
            "lon": "b",
            "lat": "c",
            "crs": "EPSG:4326",
            "dates": "YYYYMMDD",
        },
        "egms": {"level": "L2b"},
    }.get(reader, {})
    with pytest.raises(InputError, match="absent"):
        read(ask, reader, tmp_path / "absent.h5", **options)


def test_a_direction_that_points_down_is_refused(tmp_path, ask):
    changes = {"U.geo": np.full(small.SHAPE, -small.U, dtype=np.float32)}
    path = small.licsbas(tmp_path / "cum.h5", **changes)
    with pytest.raises(InputError, match="an up part above 0"):
        read(ask, "licsbas", path)


def test_a_file_of_another_kind_is_refused(tmp_path, ask):
    path = small.mintpy_series(tmp_path / "c.h5", FILE_TYPE="coherence")
    with pytest.raises(InputError, match="FILE_TYPE"):
        read(ask, "mintpy", path)
    with pytest.raises(InputError, match="UNIT"):
        read(ask, "mintpy", small.mintpy_series(tmp_path / "u.h5", UNIT="radian"))


def test_geometry_of_another_extent_is_refused(tmp_path, ask):
    small.mintpy_geometry(tmp_path / "geo_geometryRadar.h5", shape=(3, 3))
    path = small.mintpy_series(tmp_path / "geo_timeseries.h5")
    with pytest.raises(InputError, match=r"incidenceAngle.*3x3 cells"):
        read(ask, "mintpy", path)
