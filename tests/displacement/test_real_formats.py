"""Every sample of every format, and one converted series through several formats."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pyproj import Transformer

from pipeline.core.errors import InputError
from pipeline.displacement.checks import check_series
from pipeline.displacement.readers import Request, load_options, readers
from pipeline.displacement.series import PointSeries

pytestmark = pytest.mark.real_data
MINTPY = "converted/mintpy/geo_timeseries.h5"
HDFEOS5 = "converted/mintpy/S1_IW2_022_0000_20200103_20241225.he5"
LICSBAS = "converted/licsbas/cum.h5"
GMTSAR = "converted/gmtsar"
OPERA = "converted/opera_disp_s1"
FLAT = "licsbas/campi_flegrei/TS_GEOCml1clip/results"
STACK = "converted/geotiff_stack/EGMS_L3_E45N17_{}_displacement_mm_stack.tif"
UP = {"unit": "mm", "sign": "up", "is_interpolated": True}
SAMPLES = [
    ("mintpy", MINTPY, {}, (757, 210)),
    ("mintpy", "converted/mintpy/geo_velocity.h5", {}, (757, 0)),
    ("mintpy", "mintpy/cadia_ntsf/geo_velocity.h5", {}, (39943, 0)),
    ("mintpy-hdfeos5", HDFEOS5, {}, (757, 210)),
    ("licsbas", LICSBAS, {}, (757, 210)),
    ("licsbas", f"{FLAT}/vel", {}, (20864, 0)),
    ("licsbas", f"{FLAT}/vel.mskd", {}, None),
    ("licsbas", f"{FLAT}/vel.filt.mskd", {}, (15598, 0)),
    ("stamps", "stamps/Maoxian_PS.csv", {}, (97, 41)),
    ("stamps", "stamps/Maoxian_SBAS.csv", {}, (608, 38)),
    ("sarproz", "converted/point_csv/sarproz_style_desc.csv", {}, (275, 210)),
    ("tre", "converted/point_csv/tre_style_desc.csv", {}, (275, 210)),
    ("gmtsar", GMTSAR, {}, (757, 14)),
    ("geotiff", STACK.format("U"), UP, (522, 304)),
    ("geotiff", STACK.format("E"), UP | {"sign": "east"}, (522, 304)),
    ("geotiff", "converted/geotiff_stack/per_date_U", UP, (522, 16)),
    ("opera-disp-s1", OPERA, {"los_files": ["los_enu.tif"]}, (2923, 7)),
]


@pytest.fixture(scope="module")
def get(shared_data: Path, ask: Any) -> Any:
    """Read a sample."""
    folder = shared_data / "insar"
    if not folder.is_dir():
        pytest.skip("no InSAR samples in the data root")

    def start(reader: str, name: str, **options: Any) -> PointSeries:
        module = readers()[reader]
        checked = load_options(module, options, "test")
        return check_series(module.read(ask(folder / name), checked), folder / name)

    return start


def referenced(series: PointSeries, to: PointSeries) -> Any:
    """Values relative to the first epoch and to the mean of one set of cells."""
    rows = [int(np.argmin(distance2(series, to, k))) for k in range(0, 757, 50)]
    values = series.displacement_mm - series.displacement_mm[:, :1]
    return values - np.nanmean(values[rows], axis=0)


def distance2(series: PointSeries, to: PointSeries, k: int) -> Any:
    east = series.lon_deg - to.lon_deg[k]
    return east**2 + (series.lat_deg - to.lat_deg[k]) ** 2


@pytest.mark.parametrize(("reader", "name", "options", "shape"), SAMPLES)
def test_every_sample_is_read(get, reader, name, options, shape):
    series = get(reader, name, **options)
    if shape is not None:
        assert series.displacement_mm.shape == shape
    held = np.isfinite(series.displacement_mm).any(axis=1)
    rated = np.isfinite(series.provider_velocity_mm_per_yr)
    assert (held | rated).all()


@pytest.mark.parametrize(
    ("reader", "name"), [("mintpy-hdfeos5", HDFEOS5), ("licsbas", LICSBAS)]
)
def test_three_formats_of_one_series_agree_after_re_referencing(get, reader, name):
    mintpy, other = get("mintpy", MINTPY), get(reader, name)
    np.testing.assert_allclose(mintpy.lon_deg, other.lon_deg, atol=1e-6)
    np.testing.assert_allclose(mintpy.lat_deg, other.lat_deg, atol=1e-6)
    known = np.isfinite(other.displacement_mm).all(axis=1)
    assert (~known).sum() == (reader == "licsbas")  # the reference cell: zeros alone
    np.testing.assert_allclose(
        referenced(mintpy, mintpy)[known], referenced(other, mintpy)[known], atol=2e-3
    )
    np.testing.assert_allclose(mintpy.los, other.los, atol=2e-3)


def test_gmtsar_grids_hold_the_same_series_at_their_dates(get):
    mintpy, grids = get("mintpy", MINTPY), get("gmtsar", GMTSAR)
    assert str(grids.epoch[0]) == "2020-01-03"
    order = np.lexsort((grids.lon_deg, -grids.lat_deg))
    np.testing.assert_allclose(grids.lat_deg[order], mintpy.lat_deg, atol=1e-6)
    columns = np.flatnonzero(np.isin(mintpy.epoch, grids.epoch))
    assert len(columns) == len(grids.epoch)
    np.testing.assert_allclose(
        grids.displacement_mm[order], mintpy.displacement_mm[:, columns], atol=2e-3
    )


def test_directions_of_mintpy_are_those_of_the_track(get):
    mean = get("mintpy", MINTPY).los.mean(axis=0)
    assert mean[0] == pytest.approx(0.594, abs=0.02)
    assert mean[1] == pytest.approx(-0.12, abs=0.02)


def test_two_ministacks_chain_to_the_cell_mean_of_the_egms(get, shared_data):
    opera = get("opera-disp-s1", OPERA, los_files=["los_enu.tif"])
    egms = get("egms", "egms/EGMS_L2b_022_0845_IW2_VV_2020_2024_1.zip")
    turn = Transformer.from_crs("EPSG:4326", "EPSG:32633", always_xy=True)
    x0, y0 = turn.transform(opera.lon_deg, opera.lat_deg)
    x, y = turn.transform(egms.lon_deg, egms.lat_deg)
    epochs = np.flatnonzero(np.isin(egms.epoch, opera.epoch))
    assert egms.epoch[epochs].tolist() == opera.epoch.tolist()
    cells: dict[tuple[int, int], list[int]] = {}
    corner = x0.min() - 15.0, y0.max() + 15.0
    keys = zip(
        np.floor((corner[1] - y) / 30).astype(int),
        np.floor((x - corner[0]) / 30).astype(int),
        strict=True,
    )
    for k, key in enumerate(keys):
        cells.setdefault(key, []).append(k)
    compared = 0
    for k in range(opera.n_points):
        key = round((corner[1] - y0[k] - 15) / 30), round((x0[k] - corner[0] - 15) / 30)
        mean = egms.displacement_mm[cells[key]][:, epochs].mean(axis=0)
        np.testing.assert_allclose(opera.displacement_mm[k], mean - mean[0], atol=5e-3)
        compared += 1
    assert compared == 2923


def test_the_stack_of_level_3_equals_its_csv(get):
    stack = get("geotiff", STACK.format("U"), **UP)
    table = get("egms", "egms/EGMS_L3_E45N17_100km_U_2020_2024_1.zip")
    rows = [int(np.argmin(distance2(table, stack, k))) for k in range(stack.n_points)]
    np.testing.assert_allclose(
        stack.displacement_mm, table.displacement_mm[rows], atol=1e-4
    )


@pytest.mark.parametrize("name", ["PS", "SBAS"])
def test_days_of_stamps_are_those_of_the_landslide(get, name):
    epoch = get("stamps", f"stamps/Maoxian_{name}.csv").epoch
    assert str(epoch[0]) == "2014-11-26"
    assert str(epoch[-1]) == "2017-06-19"


def test_point_tables_hold_the_values_of_the_egms(get):
    clip = get("egms", "egms/clip/EGMS_L2b_022_0845_IW2_VV_2020_2024_1_clip.csv")
    tre = get("tre", "converted/point_csv/tre_style_desc.csv")
    sarproz = get("sarproz", "converted/point_csv/sarproz_style_desc.csv")
    assert tre.point_id.tolist() == clip.point_id.tolist()
    np.testing.assert_allclose(tre.displacement_mm, clip.displacement_mm, atol=1e-4)
    since = clip.displacement_mm - clip.displacement_mm[:, :1]
    np.testing.assert_allclose(sarproz.displacement_mm, since, atol=1e-4)


def test_the_dam_of_cadia_moves_away_from_the_satellite(get):
    series = get("mintpy", "mintpy/cadia_ntsf/geo_velocity.h5")
    lat, lon = series.lat_deg + 33.5075, series.lon_deg - 149.009
    near = np.hypot(111.0 * lat, 92.6 * lon) < 0.2  # km
    rates = series.provider_velocity_mm_per_yr[near]
    assert near.sum() > 20
    assert np.median(rates) < -5.0
    assert (rates < 0).mean() > 0.9


def test_a_file_without_any_value_is_named_as_what_it_is(get):
    with pytest.raises(InputError, match="coherence"):
        get("mintpy", "converted/mintpy/geo_avgSpatialCoh.h5")


def test_the_real_static_layer_holds_unit_vectors(shared_data):
    from pipeline.displacement.geometry import los_from_parts
    from pipeline.displacement.reading.grids import choose_cells
    from pipeline.displacement.reading.rasters import (
        Band,
        open_raster,
        raster_positions,
    )

    parts = []
    for name in ("east", "north"):
        path = shared_data / f"insar/opera/los_{name}_T087-185683-IW2_clip.tif"
        with open_raster(path) as raster:
            cells = choose_cells(
                raster.shape,
                raster_positions(raster, path),
                lambda lon, _: np.ones(len(lon), dtype=bool),
            )
            parts.append(cells.numbers(Band(raster, 1, None)))
    los = los_from_parts(*parts)
    known = np.isfinite(los).all(axis=1)
    assert known.sum() > 10_000
    incidence = np.degrees(np.arccos(los[known, 2]))
    assert 25.0 < incidence.min() < incidence.max() < 50.0


def test_memory_follows_the_cells_that_are_wanted(shared_data):
    path = shared_data / "insar" / MINTPY
    module = readers()["mintpy"]
    request = Request("src", path, lambda lon, lat: (lon > 13.19) & (lat > 38.71))
    series = module.read(request, load_options(module, {}, "test"))
    assert 0 < series.n_points < 150
