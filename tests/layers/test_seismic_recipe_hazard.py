"""Rates, virtual ruptures and hazard curves of the PGA recipe."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import numpy as np
import pytest
import rasterio
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtr, ndtri

RECIPES = Path(__file__).parents[2] / "layers" / "syr-darya" / "recipes"
sys.path.insert(0, str(RECIPES))
catalogue = importlib.import_module("seismic_pga.catalogue")
geometry = importlib.import_module("seismic_pga.geometry")
ground_motion = importlib.import_module("seismic_pga.ground_motion")
hazard = importlib.import_module("seismic_pga.hazard")
output = importlib.import_module("seismic_pga.output")
parameters = importlib.import_module("seismic_pga.parameters")
rates = importlib.import_module("seismic_pga.rates")

GRID = geometry.Grid(parameters.Box(70.0, 40.0, 74.0, 43.0), 0.1)
LEVELS_G = np.geomspace(1e-3, 3.0, 60)


def test_one_degree_of_latitude_is_111_km():
    assert geometry.distance_km(70, 40, 70, 41) == pytest.approx(111.195, abs=1e-3)


def test_cells_cover_the_box():
    assert (GRID.n_rows, GRID.n_cols) == (30, 40)
    assert GRID.lon_deg[[0, -1]].tolist() == pytest.approx([70.05, 73.95])
    assert GRID.lat_deg[[0, -1]].tolist() == pytest.approx([42.95, 40.05])


def test_bandwidth_is_the_distance_to_the_kth_neighbour():
    lon = np.full(4, 70.0)
    lat = np.array([41.0, 41.5, 42.5, 44.5])
    free = np.zeros(4)
    found = rates.bandwidths_km(lon, lat, 2, free, 1000.0)
    assert found == pytest.approx(np.array([1.5, 1.0, 1.5, 3.0]) * 111.195, rel=1e-4)


def test_bandwidth_keeps_to_floor_and_cap():
    lon, lat = np.full(3, 70.0), np.array([41.0, 41.001, 49.0])
    found = rates.bandwidths_km(lon, lat, 1, np.array([20.0, 25.0, 20.0]), 150.0)
    assert found.tolist() == [20.0, 25.0, 150.0]


def test_floor_is_half_the_rupture_of_large_events():
    # 10^(-2.44 + 0.59*8) = 190.5 km
    assert rates.floors_km(np.array([5.0, 8.0]), 20.0) == pytest.approx(
        [20.0, 95.27], abs=0.01
    )


@settings(max_examples=25, deadline=None)
@given(
    lon=st.lists(st.floats(69.0, 75.0), min_size=1, max_size=5),
    width=st.floats(5.0, 200.0),
)
def test_smoothing_keeps_the_total_activity(lon, width):
    n = len(lon)
    share = rates.smoothed_share(
        GRID,
        np.array(lon),
        np.linspace(40.0, 43.0, n),
        np.linspace(1.0, 2.0, n),
        np.full(n, width),
    )
    assert share.sum() == pytest.approx(1.0)
    assert np.all(share > 0.0)


def test_several_kernels_give_the_mean_of_their_shares():
    place = np.array([71.05, 72.5]), np.array([41.05, 42.0]), np.array([1.0, 2.0])
    one, two = np.array([15.0, 40.0]), np.array([60.0, 90.0])
    both = rates.smoothed_share(GRID, *place, np.stack([one, two]))
    single = [rates.smoothed_share(GRID, *place, width) for width in (one, two)]
    assert both == pytest.approx(np.mean(single, axis=0))


def test_activity_is_densest_at_the_event():
    share = rates.smoothed_share(
        GRID, np.array([71.05]), np.array([41.05]), np.ones(1), np.array([15.0])
    )
    density = share / GRID.area_km2[:, None]
    row, col = np.unravel_index(np.argmax(density), density.shape)
    assert GRID.lon_deg[col] == pytest.approx(71.05)
    assert GRID.lat_deg[row] == pytest.approx(41.05)


def test_old_events_stand_for_the_small_ones_that_nobody_listed():
    old_and_new = catalogue.Catalogue(
        *(
            np.array(v)
            for v in ([1885.0, 1975.0], [74, 74], [42, 42], [9, 9], [6.9, 6.9])
        )
    )
    weight = rates.event_weights(old_and_new, parameters.COMPLETENESS, 1.0, 5.0)
    # mc 6.9 in 1885 and 5.0 in 1975: 10^1.9 and 1
    assert weight == pytest.approx([79.43, 1.0], rel=1e-4)


def test_points_along_a_line_carry_its_length():
    line = np.array([[70.0, 41.0], [70.0, 42.0], [71.0, 42.0]])
    points = rates.points_along([line], step_km=5.0)
    long_km = 111.195 + geometry.distance_km(70, 42, 71, 42)
    assert points[:, 2].sum() == pytest.approx(long_km, rel=1e-4)
    assert points[:, 2].max() <= 5.0


def test_a_grid_without_faults_is_refused():
    line = np.array([[10.0, 41.0], [10.0, 42.0]])
    with pytest.raises(ValueError, match="no mapped fault"):
        rates.fault_share(GRID, [line], 15.0)


def test_mixture_keeps_the_total_and_refuses_other_weights():
    shares = {"a": rates.uniform_share(GRID), "b": np.full((30, 40), 1 / 1200)}
    assert rates.mix(shares, {"a": 0.3, "b": 0.7}).sum() == pytest.approx(1.0)
    with pytest.raises(ValueError, match=r"sum to 0\.8"):
        rates.mix(shares, {"a": 0.3, "b": 0.5})


def test_equal_activity_gains_nothing_over_itself():
    gain = rates.information_gain(
        GRID, rates.uniform_share(GRID), np.array([70.5, 73.2]), np.array([40.5, 42.8])
    )
    assert gain == pytest.approx(0.0)


# A vertical plane 40 km long from 5 km down, and one that dips at 45 degrees.
VERTICAL = geometry.Rupture(7.0, 0.0, 90.0, 40.0, 10.0, 5.0, 10.0)
DIPPING = geometry.Rupture(7.0, 90.0, 45.0, 40.0, 20.0, 0.0, 10.0)


@pytest.mark.parametrize(
    ("epicentral_km", "azimuth_deg", "rjb", "rrup", "rx"),
    [
        (0.0, 0.0, 0.0, 5.0, 0.0),  # on the trace
        (30.0, 0.0, 10.0, np.hypot(10, 5), 0.0),  # beyond the end
        (12.0, 90.0, 12.0, 13.0, 12.0),  # abreast: 5, 12, 13
        (12.0, 270.0, 12.0, 13.0, -12.0),
    ],
)
def test_distances_to_a_vertical_plane(epicentral_km, azimuth_deg, rjb, rrup, rx):
    site = geometry.site_distances(
        VERTICAL, np.array([epicentral_km]), np.array([azimuth_deg])
    )
    assert site.rjb_km[0] == pytest.approx(rjb, abs=1e-9)
    assert site.rrup_km[0] == pytest.approx(rrup)
    assert site.rx_km[0] == pytest.approx(rx, abs=1e-9)


def test_above_a_dipping_plane_only_the_depth_counts():
    # The epicentre is above the middle: 7.07 km from the trace, plane 7.07 km below,
    # 5 km along the normal.
    site = geometry.site_distances(DIPPING, np.array([0.0]), np.array([0.0]))
    assert site.rjb_km[0] == pytest.approx(0.0, abs=1e-9)
    assert site.rrup_km[0] == pytest.approx(5.0)
    assert site.rx_km[0] == pytest.approx(10.0 * np.cos(np.pi / 4))


@given(
    epicentral_km=st.floats(0.0, 300.0),
    azimuth_deg=st.floats(0.0, 360.0),
    mw=st.floats(5.0, 8.3),
    style=st.sampled_from(parameters.MECHANISMS),
)
def test_no_rupture_is_nearer_than_its_projection(
    epicentral_km, azimuth_deg, mw, style
):
    rupture = geometry.virtual_rupture(mw, style.rake_deg, style.dip_deg, 20.0, 0.6)
    site = geometry.site_distances(
        rupture, np.array([epicentral_km]), np.array([azimuth_deg])
    )
    assert site.rjb_km[0] <= site.rrup_km[0] + 1e-9
    assert site.rjb_km[0] <= epicentral_km + 1e-9


@given(mw=st.floats(5.0, 8.3), style=st.sampled_from(parameters.MECHANISMS))
def test_ruptures_stay_in_the_seismogenic_layer(mw, style):
    rupture = geometry.virtual_rupture(mw, style.rake_deg, style.dip_deg, 20.0, 0.6)
    depth_km = rupture.width_km * np.sin(np.radians(rupture.dip_deg))
    assert 0.0 <= rupture.top_km < rupture.hypocentre_km < 20.0
    assert rupture.top_km + depth_km <= 20.0 + 1e-9


def test_a_longer_rupture_shakes_more_at_the_same_epicentral_distance():
    args = (np.array([30.0]), LEVELS_G, parameters.MECHANISMS, {"bssa14": 1.0}, 3.0)
    small = hazard.exceedance_by_distance(6.0, *args)
    large = hazard.exceedance_by_distance(7.5, *args)
    assert np.all(large >= small)
    assert large[0, 40] > small[0, 40]


def test_a_single_source_gives_the_analytic_ground_motion():
    # One source, rate nu, lognormal motion with median 0.1 g and sigma 0.6:
    # rate(a) = nu (1 - Phi(ln(a/0.1)/0.6)), so a(T) = 0.1 exp(0.6 Phi^-1(1 - 1/(nu T)))
    levels, rate_per_yr = np.geomspace(1e-3, 5.0, 400), 0.02
    curve = rate_per_yr * (1.0 - ndtr(np.log(levels / 0.1) / 0.6))
    for years in parameters.RETURN_PERIODS_YR:
        expected = 0.1 * np.exp(0.6 * ndtri(1.0 - 1.0 / (rate_per_yr * years)))
        found = hazard.ground_motion_at(curve[None, :], levels, years)
        assert found[0] == pytest.approx(expected, rel=1e-3)


def test_one_active_cell_gives_its_rate_times_the_probability_at_its_distance():
    sites = geometry.Grid(parameters.Box(71.0, 41.0, 72.0, 42.0), 0.1)
    rate = np.zeros((30, 40))
    rate[5, 30] = 0.03
    table_km = np.geomspace(2.0, 300.0, 50)
    kernel = hazard.exceedance_by_distance(
        6.5, table_km, LEVELS_G, parameters.MECHANISMS, {"bssa14": 1.0}, 3.0
    )
    curves = hazard.hazard_curves(sites, GRID, [rate], [kernel], table_km)
    apart_km = geometry.distance_km(
        sites.lon_deg[2], sites.lat_deg[7], GRID.lon_deg[30], GRID.lat_deg[5]
    )
    direct = hazard.exceedance_by_distance(
        6.5, apart_km[None], LEVELS_G, parameters.MECHANISMS, {"bssa14": 1.0}, 3.0
    )
    assert curves[7, 2] == pytest.approx(0.03 * direct[0], rel=0.02, abs=3e-6)


def test_row_sums_equal_the_sum_over_all_pairs():
    sites = geometry.Grid(parameters.Box(71.0, 41.0, 71.5, 41.4), 0.1)
    rate = np.random.default_rng(1).uniform(0.0, 1.0, (30, 40))
    table_km = np.geomspace(2.0, 120.0, 30)
    kernel = np.column_stack([1.0 / table_km, np.log(table_km)])
    curves = hazard.hazard_curves(sites, GRID, [rate, 2 * rate], [kernel] * 2, table_km)
    lon, lat = np.meshgrid(GRID.lon_deg, GRID.lat_deg)
    for row, col in ((0, 0), (3, 4), (2, 1)):
        apart_km = geometry.distance_km(
            sites.lon_deg[col], sites.lat_deg[row], lon, lat
        )
        nearest_km = 0.3826 * np.sqrt(sites.area_km2[row])
        log_km = np.log(np.maximum(apart_km, nearest_km))
        direct = [
            np.sum(
                3 * rate * np.interp(log_km, np.log(table_km), column)
                * (apart_km <= 120.0)
            )
            for column in kernel.T
        ]  # fmt: skip
        assert curves[row, col] == pytest.approx(direct, rel=1e-9)


def test_more_events_never_lower_the_hazard_and_longer_periods_raise_it():
    sites = geometry.Grid(parameters.Box(71.5, 41.0, 72.0, 41.5), 0.1)
    table_km = np.geomspace(2.0, 150.0, 30)
    kernel = hazard.exceedance_by_distance(
        6.5, table_km, LEVELS_G, parameters.MECHANISMS, parameters.GMM_WEIGHTS, 3.0
    )
    base = rates.uniform_share(GRID)
    more = base.copy()
    more[10:15, 10:15] *= 3.0
    one, two = (
        hazard.hazard_curves(sites, GRID, [rate], [kernel], table_km)
        for rate in (base, more)
    )
    assert np.all(two >= one)
    bands = [hazard.ground_motion_at(one, LEVELS_G, t) for t in (475, 975, 2475)]
    assert np.all(bands[0] < bands[1])
    assert np.all(bands[1] < bands[2])


def test_levels_that_do_not_reach_the_rate_are_refused():
    with pytest.raises(ValueError, match="do not reach"):
        hazard.ground_motion_at(np.array([[1e-5, 1e-6]]), np.array([0.1, 0.2]), 475)


def test_written_grid_holds_bands_units_and_values(tmp_path):
    grid = geometry.Grid(parameters.Box(70.0, 40.0, 70.3, 40.2), 0.1)
    pga_g = np.stack([np.full((2, 3), value) for value in (0.1, 0.2, 0.31234)])
    path = tmp_path / "с пробелом" / "pga.tif"
    path.parent.mkdir()
    output.write_grid(path, grid, pga_g)
    with rasterio.open(path) as data:
        assert data.descriptions == ("475", "975", "2475")
        assert data.units == ("g", "g", "g")
        assert data.nodata == output.NODATA
        assert data.bounds == pytest.approx((70.0, 40.0, 70.3, 40.2))
        assert data.read(3) == pytest.approx(np.full((2, 3), 0.3123))
    assert [item.name for item in path.parent.iterdir()] == ["pga.tif"]


@pytest.mark.parametrize("bad", [np.nan, 0.05])
def test_missing_or_decreasing_values_are_not_written(tmp_path, bad):
    grid = geometry.Grid(parameters.Box(70.0, 40.0, 70.1, 40.1), 0.1)
    pga_g = np.array([0.1, 0.2, bad]).reshape(3, 1, 1)
    with pytest.raises(ValueError, match="finite"):
        output.write_grid(tmp_path / "pga.tif", grid, pga_g)
    assert list(tmp_path.iterdir()) == []
