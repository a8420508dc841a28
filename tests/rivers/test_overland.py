"""The way over land, and when it decides to which river a facility belongs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.core.geo import distance_m
from pipeline.rivers.nearest import ReachIndex
from pipeline.rivers.overland import FlowGrid, follow
from pipeline.rivers.snapping import Site, snap_sites

CELL = 0.01
NO_FLOW = 255
EAST, SOUTH, NORTH = 1, 4, 64
LIMIT_M = 15_000.0


def two_rivers(kit, slope=0.02, **values):
    """Two rivers to the east, 22 km apart: north along 40.2, south along 40.0."""
    rows = [
        {"id": 1, "line": [(70.0, 40.2), (70.3, 40.2)], "name": "Ak-Suu"},
        {"id": 2, "line": [(70.0, 40.0), (70.3, 40.0)], "name": "Kara-Suu"},
    ]
    common = {"next": None, "area": 500.0, "q": 5.0, "slope": slope}
    return kit.network([common | row | values for row in rows])


def grid(network, kit, direction=NORTH, to=1, shape=(30, 30)):
    """Cells of 0.01 degrees from 70.0, 40.3: all flow alike, to one reach."""
    return FlowGrid(
        direction=np.full(shape, direction, dtype=np.uint8),
        reach=np.full(shape, kit.index(network, to), dtype=np.int64),
        west_deg=70.0,
        north_deg=40.3,
        cell_lon_deg=CELL,
        cell_lat_deg=CELL,
    )


def way(network, cells, lon=70.155, lat=40.055):
    return follow(cells, network.lines, np.array([lon]), np.array([lat]))


def snap(network, cells, lon=70.155, lat=40.055, radius=200.0, river=None):
    sites = [Site("t-1", lon, lat, radius, river)]
    index = ReachIndex(network.lines)
    (result,) = snap_sites(network, index, sites, LIMIT_M, cells)
    return result


def test_the_way_leads_through_the_cells_to_the_river(kit):
    network = two_rivers(kit)
    found = way(network, grid(network, kit))
    straight = float(distance_m(70.155, 40.055, 70.155, 40.2))
    assert found.status[0] == "measured"
    assert found.reach[0] == kit.index(network, 1)
    assert found.distance_m[0] == pytest.approx(straight, rel=1e-3)
    assert (found.lon_deg[0], found.lat_deg[0]) == pytest.approx((70.155, 40.2))
    assert found.fraction[0] == pytest.approx(0.155 / 0.3, abs=1e-3)


def test_a_way_around_a_corner_is_longer_than_the_straight_line(kit):
    network = two_rivers(kit)
    cells = grid(network, kit)
    cells.direction[24, 15:20] = EAST  # five cells east, then north
    found = way(network, cells)
    east = float(distance_m(70.155, 40.055, 70.205, 40.055))
    north = float(distance_m(70.205, 40.055, 70.205, 40.2))
    assert found.distance_m[0] == pytest.approx(east + north, rel=1e-3)


def test_a_facility_beside_the_river_has_the_straight_way(kit):
    network = two_rivers(kit)
    found = way(network, grid(network, kit), lat=40.197)
    assert found.distance_m[0] == pytest.approx(
        float(distance_m(70.155, 40.197, 70.155, 40.2)), rel=1e-3
    )


def test_beyond_the_edge_there_is_no_way(kit):
    network = two_rivers(kit)
    found = way(network, grid(network, kit), lon=75.0)
    assert (found.status[0], found.reach[0]) == ("not_covered", -1)
    assert np.isnan(found.distance_m[0])


def test_a_cell_without_flow_has_no_way(kit):
    network = two_rivers(kit)
    cells = grid(network, kit, direction=NO_FLOW)
    cells.reach[:] = -1
    assert way(network, cells).status[0] == "not_covered"


def test_directions_that_run_in_a_circle_are_told(kit):
    network = two_rivers(kit)
    cells = grid(network, kit)
    cells.direction[23, 15] = SOUTH  # against the cell below, which flows north
    assert way(network, cells).status[0] == "invalid"
    result = snap(network, cells)
    assert result.rule == "nearest"
    assert "flow_runs_in_a_circle" in result.reason


def test_no_point_gives_no_way(kit):
    network = two_rivers(kit)
    found = follow(grid(network, kit), network.lines, np.empty(0), np.empty(0))
    assert len(found.reach) == 0


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 9), st.integers(14, 29), st.integers(0, 10_000))
def test_moving_down_the_own_way_never_lengthens_it(kit, column, row, seed):
    network = two_rivers(kit)
    cells = grid(network, kit)
    codes = np.array([EAST, NORTH, 128], dtype=np.uint8)
    cells.direction[:, :25] = np.random.default_rng(seed).choice(codes, (30, 25))
    rows, columns = [], []
    while row >= 11:  # the river runs along the edge of row 10
        rows.append(row)
        columns.append(column)
        code = int(cells.direction[row, column])
        row, column = row - (code in (NORTH, 128)), column + (code in (EAST, 128))
    lon, lat = cells.centre(np.array(rows), np.array(columns))
    found = follow(cells, network.lines, lon, lat)
    assert np.all(np.diff(found.distance_m) < 0)


def test_in_the_hills_the_way_over_land_decides(kit):
    # 6 km from the southern river, but over a divide: the water flows north
    network = two_rivers(kit)
    result = snap(network, grid(network, kit), lat=40.085)
    assert result.reach == kit.index(network, 1)
    assert result.rule == "flow_path"
    assert result.distance_m == pytest.approx(12_770, abs=30)
    assert result.overland_m == pytest.approx(result.distance_m, rel=1e-3)
    assert result.agrees is False
    assert result.confidence == "low"
    assert "nearest_leads_elsewhere" in result.reason


def test_in_a_plain_the_nearest_reach_decides(kit):
    network = two_rivers(kit, slope=0.0005)
    result = snap(network, grid(network, kit), lat=40.085)
    assert result.reach == kit.index(network, 2)
    assert (result.rule, result.agrees) == ("nearest", False)
    assert ";flows_elsewhere|river=Ak-Suu|way_m=1277" in result.reason


def test_a_river_that_the_inventory_names_outweighs_the_way_over_land(kit):
    network = two_rivers(kit)
    cells = grid(network, kit)
    result = snap(network, cells, lat=40.085, radius=10_000.0, river="Kara-Suu")
    assert (result.rule, result.reach) == ("named_river", kit.index(network, 2))
    assert result.agrees is False


def test_beside_a_river_the_grid_is_too_coarse_to_decide(kit):
    network = two_rivers(kit)
    result = snap(network, grid(network, kit), lat=40.004)
    assert (result.rule, result.reach) == ("nearest", kit.index(network, 2))


def test_a_way_longer_than_the_limit_does_not_decide(kit):
    network = two_rivers(kit)
    result = snap(network, grid(network, kit), lat=40.055)
    assert (result.rule, result.reach) == ("nearest", kit.index(network, 2))
    assert result.overland_m == pytest.approx(16_100, rel=0.01)


def test_agreement_makes_a_clear_join_sure(kit):
    network = two_rivers(kit)
    result = snap(network, grid(network, kit), lat=40.17)
    assert (result.rule, result.agrees) == ("flow_path", True)
    assert result.confidence == "high"


def test_a_facility_in_the_sea_or_on_the_divide_says_so_and_takes_the_nearest(kit):
    network = two_rivers(kit)
    cells = grid(network, kit, direction=NO_FLOW)
    cells.reach[:] = -1
    result = snap(network, cells, lat=40.085)
    assert (result.rule, result.overland_status) == ("nearest", "not_covered")
    assert "no_flow_here" in result.reason
    assert result.agrees is None


def test_far_from_all_rivers_a_facility_is_not_joined_whatever_the_grid_says(kit):
    network = two_rivers(kit)
    cells = grid(network, kit, shape=(30, 200))
    result = snap(network, cells, lon=71.5, lat=40.1)
    assert (result.status, result.reach) == ("not_covered", None)
    assert result.overland_reach == kit.index(network, 1)
