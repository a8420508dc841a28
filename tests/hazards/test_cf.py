"""NetCDF files and Zarr stores with CF metadata, sampled as any raster."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from pipeline.core.errors import InputError
from pipeline.core.model import Status
from pipeline.hazards.places import place_at
from pipeline.hazards.samplers.raster import sample
from pipeline.retrieve.check_raster import check_raster

NINE = np.arange(1.0, 10.0).reshape(3, 3)
"""Rows from north to south; cells of one degree over 70..73 E, 40..43 N."""
LAT, LON = [42.5, 41.5, 40.5], [70.5, 71.5, 72.5]
BOX = (70.0, 40.0, 73.0, 43.0)
FORMATS = ["netcdf", "classic", "zarr"]


def variable(values, lat=LAT, lon=LON, dims=("lat", "lon"), **attributes):
    coordinates = {
        "lat": ("lat", np.asarray(lat), {"units": "degrees_north"}),
        "lon": ("lon", np.asarray(lon), {"units": "degrees_east"}),
    }
    return xr.DataArray(values, coordinates, dims, name="pga", attrs=attributes)


@pytest.fixture
def write(tmp_path):
    def go(data, kind="netcdf", **encoding):
        frame = data if isinstance(data, xr.Dataset) else data.to_dataset()
        packing = {"pga": {"_FillValue": np.nan} | encoding}
        if "pga" not in frame:
            packing = {}
        if kind == "zarr":
            path = tmp_path / "layer.zarr"
            frame.to_zarr(path, encoding=packing, mode="w", zarr_format=2)
            return path
        path = tmp_path / "layer.nc"
        engine = "scipy" if kind == "classic" else "h5netcdf"
        frame.to_netcdf(path, engine=engine, encoding=packing)
        return path

    return go


def read(layer, path, choices, lon=71.5, lat=41.5, radius_m=9_000):
    return sample(layer, path, [place_at("kg-1", lon, lat, radius_m)], choices).samples


@pytest.mark.parametrize("kind", FORMATS)
def test_coordinates_are_centres_of_cells(make_layer, write, choices, kind):
    path = write(variable(NINE), kind)
    layer = make_layer(nodata="nan")
    found = [read(layer, path, choices, lon, 42.5)[0].value for lon in LON]
    assert found == [1, 2, 3]
    edge = read(layer, path, choices, 71.0, 41.5)[0]
    assert edge.value == pytest.approx(4.5, abs=1e-3)
    check_raster(path, layer, BOX)


@pytest.mark.parametrize("kind", FORMATS)
def test_scale_offset_and_fill_value_are_applied(make_layer, write, choices, kind):
    cells = np.where(NINE == 4, np.nan, NINE / 10 + 2)
    packing = {"dtype": "int16", "scale_factor": 0.1, "add_offset": 2.0}
    path = write(variable(cells), kind, _FillValue=-99, **packing)
    layer = make_layer(nodata=-99)
    assert read(layer, path, choices)[0].value == pytest.approx(2.5)
    assert read(layer, path, choices, 70.5)[0].status is Status.NOT_COVERED
    check_raster(path, layer, BOX)


def test_a_physical_value_that_equals_the_packed_fill_value_stays(
    make_layer, write, choices
):
    packing = {"dtype": "uint8", "scale_factor": 5.0, "_FillValue": 25}
    path = write(variable(NINE * 5), **packing)
    assert read(make_layer(nodata=25), path, choices)[0].value == 25


def test_another_fill_value_than_registered_is_refused(make_layer, write, choices):
    path = write(variable(NINE), _FillValue=-1.0)
    with pytest.raises(InputError, match="no-data value -1 in the file"):
        read(make_layer(nodata=-9999), path, choices)


def test_values_beyond_the_valid_range_are_no_data(make_layer, write, choices):
    path = write(variable(NINE, valid_min=0.0, valid_max=4.0))
    layer = make_layer(nodata="nan")
    assert read(layer, path, choices)[0].status is Status.NOT_COVERED
    assert read(layer, path, choices, 70.5)[0].value == 4


def test_latitudes_may_ascend(make_layer, write, choices):
    path = write(variable(NINE[::-1], lat=LAT[::-1]))
    layer = make_layer(nodata="nan")
    assert read(layer, path, choices, 70.5, 42.5)[0].value == 1
    check_raster(path, layer, BOX)


def test_axes_may_stand_in_any_order(make_layer, write, choices):
    path = write(variable(NINE.T, dims=("lon", "lat")))
    assert read(make_layer(nodata="nan"), path, choices, 72.5, 42.5)[0].value == 3


def test_longitudes_may_count_to_360(make_layer, write, choices):
    lon = np.arange(0.5, 360)
    path = write(variable(np.tile(lon, (3, 1)), lon=lon))
    layer = make_layer(nodata="nan")
    assert read(layer, path, choices, -70.5)[0].value == pytest.approx(289.5)
    greenwich = read(layer, path, choices, 0.0)[0]
    assert greenwich.covered_fraction == pytest.approx(1)
    assert greenwich.value == pytest.approx(180, abs=1e-3)
    check_raster(path, layer, (-73.0, 40.0, -70.0, 43.0))


@pytest.mark.parametrize("name", ["return_period", "rp"])
def test_an_axis_of_return_periods_makes_levels(make_layer, write, choices, name):
    cells = np.stack([NINE, NINE * 2])
    data = variable(cells, dims=(name, "lat", "lon")).assign_coords(
        {name: [475.0, 2475.0]}
    )
    found = read(make_layer(role="other", nodata="nan", bands=[]), write(data), choices)
    periods = [(one.band.level, one.band.return_period_yr) for one in found]
    assert periods == [("475", 475), ("2475", 2475)]
    assert [one.value for one in found] == [5, 10]


def test_variables_of_one_grid_are_levels(make_layer, write, choices):
    parts = {f"pga_{t}y": variable(NINE * k) for k, t in ((1, 475), (2, 2475))}
    path = write(xr.Dataset({k: v.rename(k) for k, v in parts.items()}))
    found = read(make_layer(role="other", nodata="nan", bands=[]), path, choices)
    assert [(one.band.level, one.value) for one in found] == [("475", 5), ("2475", 10)]
    only = make_layer(role="other", nodata="nan", bands=[], table="pga_2475y")
    assert [one.value for one in read(only, path, choices)] == [10]


def test_a_projected_grid_has_the_crs_of_its_grid_mapping(make_layer, write, choices):
    from pyproj import CRS

    east, north = 440_000 + 30_000 * np.arange(0.5, 4), [4_585_000.0, 4_555_000.0]
    data = xr.Dataset(
        {"pga": (("y", "x"), np.arange(1.0, 9).reshape(2, 4))},
        {
            "y": ("y", north, {"standard_name": "projection_y_coordinate"}),
            "x": ("x", east, {"standard_name": "projection_x_coordinate"}),
        },
    )
    data["pga"].attrs["grid_mapping"] = "utm"
    data["utm"] = ((), 0, CRS.from_epsg(32642).to_cf())
    layer = make_layer(crs="EPSG:32642", nodata="nan")
    found = read(layer, write(data), choices, 69.0, 41.4, 5_000)[0]
    assert found.value == pytest.approx(2.5, abs=1e-3)


def test_metres_without_a_grid_mapping_are_refused(make_layer, write, choices):
    data = variable(NINE)
    data.lat.attrs = {"axis": "Y", "units": "m"}
    data.lon.attrs = {"axis": "X", "units": "m"}
    with pytest.raises(InputError, match="no CRS"):
        read(make_layer(), write(data), choices)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (variable(NINE, lat=[42.5, 41.0, 40.5]), "uneven steps along 'lat'"),
        (variable(NINE[:1], lat=[42.5]), "one cell along 'lat' and no bounds"),
        (
            xr.DataArray(
                np.ones((2, 2, 3, 3)), dims=("a", "b", "lat", "lon"), name="p"
            ).assign_coords(variable(NINE).coords),
            "at most one axis besides",
        ),
        (xr.DataArray(NINE, dims=("a", "b"), name="pga"), "no y or latitude"),
    ],
)
def test_grids_that_are_none_are_refused(make_layer, write, choices, data, words):
    with pytest.raises(InputError, match=words):
        read(make_layer(), write(data), choices)


def test_a_curvilinear_grid_is_refused(make_layer, write, choices):
    data = xr.DataArray(
        NINE,
        {
            "lat": (("j", "i"), NINE, {"units": "degrees_north"}),
            "lon": (("j", "i"), NINE, {"units": "degrees_east"}),
        },
        ("j", "i"),
        name="pga",
    )
    with pytest.raises(InputError, match="curvilinear"):
        read(make_layer(), write(data), choices)


def test_an_unknown_variable_is_refused_with_those_there_are(
    make_layer, write, choices
):
    with pytest.raises(InputError, match=r"no gridded variable pgv among \['pga'\]"):
        read(make_layer(table="pgv"), write(variable(NINE)), choices)


def test_a_truncated_file_is_refused(make_layer, write, choices):
    path = write(variable(NINE))
    path.write_bytes(path.read_bytes()[:2_000])
    with pytest.raises(InputError, match="cannot be opened"):
        read(make_layer(), path, choices)


def test_a_variable_in_another_unit_than_its_row_is_refused(make_layer, write):
    layer = make_layer(nodata="nan", unit="g")
    with pytest.raises(InputError, match="the unit 'm s-2' in band 1; expected 'g'"):
        check_raster(write(variable(NINE, units="m s-2")), layer, BOX)
    check_raster(write(variable(NINE, units="g")), layer, BOX)


@pytest.mark.parametrize("kind", ["netcdf", "zarr"])
def test_coordinates_without_cf_attributes_are_named(make_layer, write, kind):
    bare = variable(NINE)
    for name in ("lat", "lon"):
        bare[name].attrs.clear()
    path = write(bare.rename(lat="rows", lon="columns"), kind)
    with pytest.raises(InputError, match="coordinates"):
        check_raster(path, make_layer(nodata="nan"), BOX)
