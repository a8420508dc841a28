"""Small hand-made river networks, and the reading of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
from shapely.geometry import LineString

from pipeline.rivers.build import build_network
from pipeline.rivers.lakes import Lake, Residence, residence_times
from pipeline.rivers.network import Network
from pipeline.rivers.paths import Timing, reach_timing
from pipeline.rivers.reading import raw_reaches
from pipeline.rivers.velocity import FlowFactors, ReachVelocities, reach_velocities

FLOWS = FlowFactors(low=0.3, high=3.0)

# Two headwaters meet (1 and 2 into 3), then 4, a lake 5, and 6 to the sea.
CONFLUENCE: tuple[dict[str, Any], ...] = (
    {"id": 1, "next": 3, "line": [(70.0, 40.0), (70.1, 40.0)], "area": 400.0, "q": 6.0},
    {"id": 2, "next": 3, "line": [(70.1, 40.2), (70.1, 40.0)], "area": 200.0, "q": 3.0},
    {"id": 3, "next": 4, "line": [(70.1, 40.0), (70.2, 40.0)], "area": 700.0, "q": 9.0},
    {"id": 4, "next": 5, "line": [(70.2, 40.0), (70.3, 40.0)], "area": 800.0, "q": 9.5},
    {
        "id": 5,
        "next": 6,
        "line": [(70.3, 40.0), (70.4, 40.0)],
        "area": 900.0,
        "q": 10.0,
        "lake": "blue",
    },
    {
        "id": 6,
        "next": None,
        "line": [(70.4, 40.0), (70.6, 40.0)],
        "area": 1500.0,
        "q": 12.0,
    },
)


def layer(reaches: Sequence[dict[str, Any]]) -> gpd.GeoDataFrame:
    """River layer with the project's columns from short descriptions."""
    return gpd.GeoDataFrame(
        {
            "reach_id": [r["id"] for r in reaches],
            "next_reach_id": np.array(
                [np.nan if r["next"] is None else r["next"] for r in reaches]
            ),
            "terminal_name": [r.get("end", "Test Sea") for r in reaches],
            "name_en": [r.get("name") for r in reaches],
            "name_ru": [r.get("name_ru") for r in reaches],
            "flow_length_m": [r.get("length", np.nan) for r in reaches],
            "slope": [r.get("slope", 0.002) for r in reaches],
            "upstream_area_km2": [r["area"] for r in reaches],
            "discharge_mean_m3s": [r["q"] for r in reaches],
            "country_left": [r.get("left", "KG") for r in reaches],
            "country_right": [r.get("right", r.get("left", "KG")) for r in reaches],
            "lake_id": [r.get("lake") for r in reaches],
        },
        geometry=[LineString(r["line"]) for r in reaches],
        crs="EPSG:4326",
    )


def network_of(reaches: Sequence[dict[str, Any]]) -> Network:
    """Checked network from short descriptions."""
    return build_network(raw_reaches(layer(reaches), Path("test.gpkg")))


def index_of(network: Network, source_id: int) -> int:
    """Place of a reach in the network."""
    return list(network.source_id).index(str(source_id))


def timed(
    network: Network, lakes: dict[str, Lake] | None = None, share: float = 0.1
) -> Timing:
    """Times of every reach at the flows of the tests."""
    return reach_timing(
        network, velocities_of(network), residence_of(network, lakes or {}, share)
    )


def velocities_of(network: Network) -> ReachVelocities:
    """Velocities of a network at the flows of the tests."""
    return reach_velocities(
        area_m2=network.area_km2 * 1e6,
        discharge_m3s=network.discharge.mean_m3s,
        slope=network.slope,
        observed_m_per_s=network.observed_m_per_s,
        hydraulic_radius_m=network.hydraulic_radius_m,
        roughness=network.roughness,
        in_lake=network.in_lake,
        flows=FLOWS,
    )


def residence_of(network: Network, lakes: dict[str, Lake], share: float) -> Residence:
    """Residence times of a network's lakes."""
    return residence_times(network, lakes, FLOWS, share)


@pytest.fixture(scope="session")
def kit() -> SimpleNamespace:
    """Builders of small networks."""
    return SimpleNamespace(
        layer=layer,
        network=network_of,
        index=index_of,
        timed=timed,
        velocities=velocities_of,
        residence=residence_of,
        confluence=CONFLUENCE,
        flows=FLOWS,
    )


@pytest.fixture
def confluence() -> Network:
    """Network of `CONFLUENCE`."""
    return network_of(CONFLUENCE)


@pytest.fixture
def blue_lake() -> dict[str, Lake]:
    """Lake of `CONFLUENCE`, 36 million m3: 1000 h at its 10 m3/s."""
    return {"blue": Lake("blue", "Blue Lake", "Синее озеро", 36e6)}


@pytest.fixture
def write_layer(tmp_path: Path) -> Callable[..., Path]:
    """Write a frame as GeoPackage and return its path."""

    def write(frame: gpd.GeoDataFrame, name: str = "река test.gpkg") -> Path:
        path = tmp_path / name
        frame.to_file(path, layer="reaches", driver="GPKG")
        return path

    return write
