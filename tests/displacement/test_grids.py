"""What all grid formats have in common: values, cells, directions, and refusals."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pipeline.core.errors import InputError
from pipeline.displacement.readers import Request, load_options, readers
from tests.displacement import small_products as small
from tests.displacement.reading import geotiff_stack, read


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


BLANK = {
    "mintpy": lambda d, v: small.mintpy_series(d / "timeseries.h5", v),
    "licsbas": lambda d, v: small.licsbas(d / "cum.h5", v),
    "geotiff": lambda d, v: small.geotiff(d / "stack.tif", v, small.DATES),
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


@pytest.mark.parametrize(
    "reader", ["licsbas", "opera-disp-s1", "mintpy", "mintpy-hdfeos5"]
)
def test_a_declared_wavelength_precedes_that_of_sentinel_1(tmp_path, ask, reader):
    def opera(folder: Any) -> Any:
        return small.opera(folder / "opera", "20200103", "20200115", 0.001).parent

    write, options = GRIDS.get(reader, (opera, {}))
    declared = options | {"wavelength_m": 0.236}
    series = read(ask, reader, write(tmp_path), **declared)
    assert series.wavelength_mm == pytest.approx(236.0)


def test_half_a_cell_lies_between_the_corners_of_mintpy_and_licsbas(tmp_path, ask):
    mintpy = read(ask, "mintpy", small.mintpy_series(tmp_path / "timeseries.h5"))
    licsbas = read(ask, "licsbas", small.licsbas(tmp_path / "cum.h5"))
    np.testing.assert_allclose(mintpy.lon_deg, licsbas.lon_deg, atol=1e-9)
    np.testing.assert_allclose(mintpy.lat_deg, licsbas.lat_deg, atol=1e-9)


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
