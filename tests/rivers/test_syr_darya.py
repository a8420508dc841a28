"""The river network that ships for the Syr Darya, with its borders and lakes."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest

from pipeline.core.layers import LayerRole, LocalLayer, read_registry
from pipeline.rivers import layers
from pipeline.rivers.alternatives import follow_candidates
from pipeline.rivers.borders import border_distance, stretches_of
from pipeline.rivers.build import build_network
from pipeline.rivers.canals import canals_on_network
from pipeline.rivers.crossings import find_crossings
from pipeline.rivers.grids import read_flow_grid
from pipeline.rivers.nearest import ReachIndex
from pipeline.rivers.paths import trace
from pipeline.rivers.positions import find_candidates
from pipeline.rivers.reading import raw_reaches, read_lines
from pipeline.rivers.snapping import Site, snap_sites

# Position, radius, country and river as the shipped inventory has them.
SITES = {
    "mailuu-suu": (Site("mailuu-suu", 72.4497, 41.26, 8000, "Mailuu-Suu"), "KG"),
    "khaidarkan": (Site("khaidarkan", 71.3418, 39.9432, 8000, "Kazartkar-Sai"), "KG"),
    "taboshar": (Site("taboshar", 69.6418, 40.5702, 8000, "Utken-Su"), "TJ"),
    "almalyk": (Site("almalyk", 69.5349, 40.8576, 3000, "Akhangaran"), "UZ"),
    "kumtor": (Site("kumtor", 78.1908, 41.8547, 3000, "Kumtor"), "KG"),
}


def shipped(project: Path, role: LayerRole) -> LocalLayer:
    rows = read_registry(project / "layers" / "registry.yaml").layers
    row = next(r for r in rows if r.role is role and r.id.startswith("syr-darya"))
    return shipped_as(project, row.id)


def shipped_as(project: Path, key: str) -> LocalLayer:
    row = read_registry(project / "layers" / "registry.yaml").by_id()[key]
    path = project / "layers" / "syr-darya" / row.file
    return LocalLayer(layer=row, state="available", path=path, reason="shipped")


@pytest.fixture(scope="module")
def network(project):
    local = shipped(project, LayerRole.RIVERS)
    return build_network(raw_reaches(read_lines(local), local.path))


@pytest.fixture(scope="module")
def grid(project, network):
    return read_flow_grid(
        shipped_as(project, "syr-darya-flow-direction"),
        shipped_as(project, "syr-darya-reach-of-cell"),
        network,
    )


@pytest.fixture(scope="module")
def route(project, network, kit, grid):
    """Countries, names of rivers, lakes and length of the path of each site."""
    lakes, _ = layers.read_lakes(shipped(project, LayerRole.LAKES))
    sites = [site for site, _ in SITES.values()]
    snaps = snap_sites(network, ReachIndex(network.lines), sites, 15_000.0, grid)
    paths = trace(
        network,
        kit.timed(network, lakes),
        np.array([snap.reach for snap in snaps]),
        np.array([snap.fraction for snap in snaps]),
    )
    home = [country for _, country in SITES.values()]
    found = find_crossings(network, stretches_of(network, None), paths, home, 2000.0)
    result = {}
    for k, name in enumerate(SITES):
        reach = paths.reach[paths.offset[k] : paths.offset[k + 1]]
        crossed = [c.to_country for c in found.crossings if c.path == k]
        countries = [home[k], *crossed]
        in_order = [a for a, b in pairwise([*countries, None]) if a != b]
        rivers = [n for n in network.name[reach] if n]
        result[name] = {
            "snap": snaps[k],
            "countries": in_order,
            "rivers": list(dict.fromkeys(rivers)),
            "lakes": list(dict.fromkeys(k for k in network.lake[reach] if k)),
            "end": network.terminal[reach[-1]],
        }
    return result


@pytest.mark.parametrize(
    ("name", "countries"),
    [
        ("mailuu-suu", ["KG", "UZ", "TJ", "UZ", "KZ"]),
        # down the Sokh, through its Uzbek exclave and back to Kyrgyzstan
        ("khaidarkan", ["KG", "UZ", "KG", "UZ", "TJ", "UZ", "KZ"]),
        ("taboshar", ["TJ", "UZ", "KZ"]),
        ("almalyk", ["UZ", "KZ"]),
        ("kumtor", ["KG", "UZ", "TJ", "UZ", "KZ"]),
    ],
)
def test_the_water_passes_the_countries_in_the_order_of_the_map(route, name, countries):
    assert route[name]["countries"] == countries


@pytest.mark.parametrize(
    ("name", "rivers"),
    [
        ("mailuu-suu", ["Mailuu-Suu", "Kara Darya", "Syr Darya"]),
        ("khaidarkan", ["Sokh", "Syr Darya"]),
        ("almalyk", ["Akhangaran", "Syr Darya"]),
        ("kumtor", ["Kumtor", "Naryn", "Syr Darya"]),
    ],
)
def test_the_rivers_follow_one_another_as_on_the_map(route, name, rivers):
    path = route[name]["rivers"]
    assert [river for river in path if river in rivers] == rivers


def test_all_paths_end_in_the_aral_sea(route):
    assert {"Aral" in r["end"] for r in route.values()} == {True}


def test_the_great_reservoirs_lie_on_the_way_in_order(route):
    assert [
        key
        for key in route["kumtor"]["lakes"]
        if key in ("toktogul", "kayrakkum", "shardara")
    ] == ["toktogul", "kayrakkum", "shardara"]
    assert "toktogul" not in route["mailuu-suu"]["lakes"]


def test_facilities_lie_within_five_kilometres_of_their_river(route):
    for name, found in route.items():
        assert found["snap"].distance_m < 5000, name


def test_the_way_over_land_leads_to_the_same_rivers(route):
    for name, found in route.items():
        assert found["snap"].agrees, name
        assert found["snap"].overland_m < 6000, name


@pytest.mark.parametrize("with_grid", [True, False])
def test_wherever_they_lie_in_their_circle_the_same_countries_follow(
    project, network, grid, kit, with_grid
):
    sites = [site for site, _ in SITES.values()]
    index = ReachIndex(network.lines)
    cells = grid if with_grid else None
    snaps = snap_sites(network, index, sites, 15_000.0, cells)
    found = follow_candidates(
        network,
        kit.timed(network),
        stretches_of(network, None),
        snaps,
        {name: country for name, (_, country) in SITES.items()},
        find_candidates(network, index, snaps, 15_000.0, cells),
        minimum_crossing_m=2000.0,
        two_day_limit_h=48.0,
    )
    reached = {name: set(part.countries) for name, part in found.shares.items()}
    assert reached["mailuu-suu"] == reached["kumtor"] == {"UZ", "TJ", "KZ"}
    assert reached["khaidarkan"] == {"UZ", "TJ", "KZ"}
    assert reached["taboshar"] == {"UZ", "KZ"}
    assert reached["almalyk"] == {"KZ"}
    for part in found.shares.values():
        assert part.border == pytest.approx(1.0)


def test_the_canals_begin_at_their_reaches_and_stay_in_their_countries(
    project, network
):
    local = shipped_as(project, "syr-darya-canals")
    countries = layers.read_countries(shipped(project, LayerRole.BORDERS))
    canals = canals_on_network(
        layers.read_canals(local), network, countries, 2000.0, local.path
    )
    ends = {canal.canal_id: canal.end_country for canal in canals}
    assert ends["big-andijan"] == ends["north-fergana"] == "UZ"
    assert ends["kyzylorda-left"] == ends["arys-turkistan"] == "KZ"
    dustlik = next(canal for canal in canals if canal.canal_id == "dustlik")
    assert [c.to_country for _, c in dustlik.crossings] == ["KZ"]
    assert all(0 < canal.share < 0.5 for canal in canals)


def test_mailuu_suu_lies_some_twenty_kilometres_from_uzbekistan(project):
    lines = layers.read_boundary_lines(shipped(project, LayerRole.BOUNDARY_LINES))
    found = border_distance(72.4497, 41.26, "KG", None, lines)
    assert found is not None
    assert found.country == "UZ"
    assert 15_000 < found.distance_m < 30_000


def test_every_reach_of_the_layer_leads_to_an_end(network):
    ends = [k for k in range(len(network)) if network.next_index[k] < 0]
    trees = sum(int(network.n_upstream[k]) + 1 for k in ends)
    assert trees == len(network)
    assert all(network.terminal[k] for k in ends)


def test_every_reach_has_a_discharge_with_its_bounds(network):
    flow = network.discharge
    assert np.all(flow.low_m3s <= flow.mean_m3s)
    assert np.all(flow.mean_m3s <= flow.high_m3s)
    assert "missing" not in flow.source


def test_a_layer_without_countries_leads_through_the_same_ones(project, route, kit):
    local = shipped(project, LayerRole.RIVERS)
    frame = read_lines(local)
    plain = gpd.GeoDataFrame(
        {
            "HYRIV_ID": frame["reach_id"],
            "NEXT_DOWN": frame["next_reach_id"].fillna(0).astype("int64"),
            "LENGTH_KM": frame["length_m"] / 1000,
            "UPLAND_SKM": frame["upstream_area_km2"],
            "DIS_AV_CMS": frame["discharge_mean_m3s"],
        },
        geometry=frame.geometry,
    )
    network = build_network(raw_reaches(plain, local.path))
    countries = layers.read_countries(shipped(project, LayerRole.BORDERS))
    snaps = [found["snap"] for found in route.values()]
    paths = trace(
        network,
        kit.timed(network),
        np.array([snap.reach for snap in snaps]),
        np.array([snap.fraction for snap in snaps]),
    )
    home = [country for _, country in SITES.values()]
    banks = stretches_of(network, countries)
    found = find_crossings(network, banks, paths, home, 2000.0)
    for k, name in enumerate(SITES):
        crossed = [c.to_country for c in found.crossings if c.path == k]
        order = [a for a, b in pairwise([home[k], *crossed, None]) if a != b]
        assert order == route[name]["countries"], name
