"""The layers of the Syr Darya at places whose values are known from elsewhere."""

from __future__ import annotations

import pytest
import rasterio

from pipeline.core.model import Status
from pipeline.hazards.places import place_at
from pipeline.hazards.samplers.raster import sample


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
