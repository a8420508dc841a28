"""The layers of the Syr Darya at places whose values are known from elsewhere."""

from __future__ import annotations

import numpy as np
import pytest
import rasterio
from affine import Affine
from rasterio.windows import Window

from pipeline.core.flow import FlowDirections, upstream_cells
from pipeline.core.model import Status
from pipeline.hazards.derived.slope_relief import cells_above, slope_deg
from pipeline.hazards.derived_inputs import read_heights
from pipeline.hazards.places import place_at
from pipeline.hazards.samplers.raster import sample
from pipeline.rivers.dem import flow_directions


@pytest.mark.real_data
@pytest.mark.parametrize("radius_m", [0, 200, 3_000, 15_000])
def test_rain_at_tashkent_agrees_with_a_plain_read_of_its_cells(
    shared_data, make_layer, choices, radius_m
):
    path = shared_data / "climate" / "itu_p837-7_rainrate_001pct_0125deg.tif"
    layer = make_layer(
        hazard="flood",
        process="pluvial_flood",
        intensity_measure="rain_rate_001pct",
        unit="mm/h",
        nodata=-9999,
        sampling="bilinear",
        bands=[{"level": "p001"}],
    )
    place = place_at("uz-1", 69.24, 41.30, radius_m)
    found = sample(layer, path, [place], choices).samples[0]
    with rasterio.open(path) as dataset:
        row, column = dataset.index(69.24, 41.30)
        cells = dataset.read(1)[row - 2 : row + 3, column - 2 : column + 3]
    assert found.status is Status.MEASURED
    assert found.covered_fraction == pytest.approx(1)
    assert cells.min() <= found.low <= found.value <= found.high <= cells.max()


@pytest.mark.real_data
def test_seismic_levels_of_a_real_grid_grow_with_the_return_period(
    shared_data, make_layer, choices
):
    path = shared_data / "seismic" / "pga_rock_derived_smoothed_seismicity_025deg.tif"
    bands = [
        {"level": str(period), "band": number, "return_period_yr": period}
        for number, period in enumerate((475, 975, 2475), start=1)
    ]
    layer = make_layer(nodata=-9999, sampling="bilinear", bands=bands)
    places = [
        place_at(f"kg-{n}", 66 + n * 0.4, 39 + n * 0.25, 8_000) for n in range(25)
    ]
    found = sample(layer, path, places, choices).samples
    values = [[s.value for s in found if s.tmf_id == p.tmf_id] for p in places]
    assert all(0 < a < b < c < 2 for a, b, c in values)


@pytest.fixture(scope="module")
def mountains(shared_data):
    """Heights of a valley of the Kyrgyz Ala-Too (SRTM, one arc second), and its D8."""
    path = shared_data / "dem" / "dem_srtm1_chuy_30m.tif"
    with rasterio.open(path) as dataset:
        window = Window(200, 1500, 500, 500)
        height = dataset.read(1, window=window).astype("float32")
        transform = dataset.transform @ Affine.translation(200, 1500)
        crs = dataset.crs
    return path, FlowDirections(flow_directions(height, None), transform, crs, 31.0)


@pytest.mark.real_data
def test_going_up_finds_as_many_cells_as_accumulating_downwards(mountains):
    _, flow = mountains
    code = flow.code
    count = np.ones(code.size, dtype=np.int64)
    steps = {1: 1, 2: 501, 4: 500, 8: 499, 16: -1, 32: -501, 64: -500, 128: -499}
    below = np.array([steps.get(int(c), 0) for c in code.ravel()])
    waiting = np.bincount(
        (np.arange(code.size) + below)[below != 0], minlength=code.size
    )
    ready = list(np.flatnonzero(waiting == 0))
    while ready:
        here = ready.pop()
        if below[here]:
            count[here + below[here]] += count[here]
            waiting[here + below[here]] -= 1
            if waiting[here + below[here]] == 0:
                ready.append(here + below[here])
    some = [*np.argsort(count)[-5:], *range(1234, code.size, 50_000)]
    for cell in some:
        found = upstream_cells(code, np.array([cell // 500]), np.array([cell % 500]))
        assert len(found) == len(set(found.tolist())) == count[cell]


@pytest.mark.real_data
def test_the_slope_of_real_mountains_is_that_of_plain_differences(
    mountains, make_layer
):
    path, _ = mountains
    layer = make_layer(role="relief", bands=[], unit="m", nodata=-32768)
    place = place_at("kg-1", 74.50, 42.60, 0)
    terrain = read_heights(layer, path, [place], 1000.0)["kg-1"]
    counted, base_m = cells_above(terrain, 1000.0, is_zone=False)
    gy, gx = np.gradient(terrain.height_m, terrain.dy_m, terrain.dx_m)
    plain = np.degrees(np.arctan(np.hypot(gx, gy)))
    ours = slope_deg(terrain)
    assert counted.sum() > 1000
    assert np.corrcoef(ours[counted], plain[counted])[0, 1] > 0.95
    assert 20 < ours[counted].max() < 75
    assert terrain.height_m[counted].min() > base_m
