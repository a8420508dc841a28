"""Shares of the places at which a facility may lie."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.core.geo import distance_m
from pipeline.rivers.alternatives import follow_candidates
from pipeline.rivers.borders import stretches_of
from pipeline.rivers.nearest import ReachIndex
from pipeline.rivers.overland import FlowGrid
from pipeline.rivers.positions import circle_points, find_candidates
from pipeline.rivers.snapping import Site, snap_sites

LIMIT_M = 15_000.0
NAN = float("nan")


def rivers(kit, **south):
    """Two rivers to the east, 22 km apart, the northern one into UZ."""
    common = {"area": 500.0, "q": 5.0, "slope": 0.02}
    rows = [
        {"id": 1, "next": 3, "line": [(70.0, 40.2), (70.3, 40.2)]},
        {"id": 2, "next": None, "line": [(70.0, 40.0), (70.3, 40.0)], **south},
        {"id": 3, "next": None, "line": [(70.3, 40.2), (70.6, 40.2)], "left": "UZ"},
    ]
    return kit.network([common | row for row in rows])


def candidates(network, *sites, cells=None):
    index = ReachIndex(network.lines)
    snaps = snap_sites(network, index, list(sites), LIMIT_M, cells)
    return snaps, find_candidates(network, index, snaps, LIMIT_M, cells)


def shares(network, found, site=0):
    mine = found.site == site
    return dict(
        zip(network.source_id[found.reach[mine]], found.share[mine], strict=True)
    )


def outcome(kit, network, *sites, country="KG"):
    snaps, found = candidates(network, *sites)
    return follow_candidates(
        network,
        kit.timed(network),
        stretches_of(network, None),
        snaps,
        {site.tmf_id: country for site in sites},
        found,
        minimum_crossing_m=2000.0,
        two_day_limit_h=48.0,
    )


@given(st.floats(-170, 170), st.floats(-80, 80), st.floats(1, 20_000))
@settings(deadline=None, max_examples=30)
def test_points_share_out_the_circle_evenly(lon, lat, radius):
    x, y = circle_points(lon, lat, radius)
    metres = distance_m(lon, lat, x, y)
    assert metres.max() < radius
    assert np.mean(metres <= radius / np.sqrt(2)) == pytest.approx(0.5, abs=0.011)


def test_a_position_between_two_rivers_drains_to_both_by_halves(kit):
    network = rivers(kit)
    _, found = candidates(network, Site("a", 70.15, 40.1, 8000.0, None))
    assert shares(network, found) == pytest.approx({"1": 0.5, "2": 0.5}, abs=0.02)


def test_a_surveyed_position_drains_to_one_reach(kit):
    network = rivers(kit)
    _, found = candidates(network, Site("a", 70.15, 40.18, 200.0, None))
    assert shares(network, found) == {"1": 1.0}
    assert found.first_fraction[0] <= found.fraction[0] <= found.last_fraction[0]


def test_the_flow_grid_decides_for_every_position(kit):
    network = rivers(kit)
    cells = FlowGrid(
        direction=np.full((30, 30), 64, dtype=np.uint8),
        reach=np.full((30, 30), kit.index(network, 1), dtype=np.int64),
        west_deg=70.0,
        north_deg=40.3,
        cell_lon_deg=0.01,
        cell_lat_deg=0.01,
    )
    _, found = candidates(network, Site("a", 70.15, 40.1, 2000.0, None), cells=cells)
    assert shares(network, found) == {"1": 1.0}


def test_positions_without_a_river_are_counted(kit):
    # half of the circle lies farther than 15 km from the northern river
    network = rivers(kit)
    _, found = candidates(
        network, Site("a", 70.15, 40.2 + 15_000 / 111_000, 4000, None)
    )
    assert found.unjoined[0] == pytest.approx(0.5, abs=0.03)
    assert found.share.sum() + found.unjoined[0] == pytest.approx(1.0)


def test_without_a_position_there_are_no_candidates(kit):
    network = rivers(kit)
    _, found = candidates(network, Site("a", NAN, NAN, NAN, None))
    assert len(found.reach) == 0
    assert np.isnan(found.unjoined).all()


def test_a_named_river_takes_every_position(kit):
    network = rivers(kit, name="Kara-Suu")
    site = Site("a", 70.15, 40.06, 12_000.0, "Kara-Suu")
    snaps, found = candidates(network, site)
    assert snaps[0].rule == "named_river"
    assert shares(network, found) == {"2": 1.0}


def test_sites_do_not_change_each_other(kit):
    network = rivers(kit)
    sites = [Site(str(k), 70.1, 40.05 + 0.02 * k, 5000.0, None) for k in range(5)]
    _, together = candidates(network, *sites)
    for k, site in enumerate(sites):
        _, alone = candidates(network, site)
        assert shares(network, together, k) == shares(network, alone)


def test_a_country_that_only_some_positions_reach_is_possible(kit):
    found = outcome(kit, rivers(kit), Site("a", 70.15, 40.1, 8000.0, None))
    row = found.possible_countries.iloc[0]
    assert (row["country"], row["share"]) == ("UZ", pytest.approx(0.5, abs=0.02))
    part = found.shares["a"]
    assert part.border == row["share"]
    assert part.two_days == row["share_two_days"] == row["share"]
    assert part.words() == f"UZ {row['share']:.2f}"
    assert part.no_reach == 0.0


def test_a_country_that_all_positions_reach_is_sure(kit):
    found = outcome(kit, rivers(kit), Site("a", 70.15, 40.19, 500.0, None))
    assert found.shares["a"].border == 1.0
    row = found.candidates.iloc[0]
    assert (row["border_from"], row["border_to"]) == ("KG", "UZ")
    assert row["chosen"]
    assert row["arrival_lead_h_low"] <= row["arrival_lead_h"]
    assert row["arrival_lead_h"] <= row["arrival_lead_h_high"]


def test_positions_far_apart_widen_the_bounds(kit):
    network = rivers(kit)
    near = outcome(kit, network, Site("a", 70.15, 40.2, 100.0, None)).candidates.iloc[0]
    rough = outcome(kit, network, Site("a", 70.15, 40.2, 6000.0, None)).candidates.iloc[
        0
    ]
    assert rough["arrival_lead_h_low"] < near["arrival_lead_h_low"]
    assert rough["arrival_lead_h_high"] > near["arrival_lead_h_high"]


def test_a_facility_that_stays_at_home_has_candidates_without_a_border(kit):
    found = outcome(kit, rivers(kit), Site("a", 70.15, 40.0, 500.0, None))
    row = found.candidates.iloc[0]
    assert row[["border_to", "countries", "within_two_days"]].isna().all()
    assert found.possible_countries.empty
    assert found.shares["a"].words() is None
    assert found.shares["a"].border == 0.0
