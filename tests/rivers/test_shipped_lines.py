"""The shipped rivers, stripped of their keys and half of them drawn upstream."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from pipeline.core.methods.network import NetworkMethods
from pipeline.rivers.build import build_network
from pipeline.rivers.networks import without_topology
from pipeline.rivers.sources import ROUGHNESS
from pipeline.rivers.terrain import cell_size_m, heights_at
from pipeline.rivers.untangle import untangle


@pytest.fixture(scope="module")
def rivers(project: Path) -> gpd.GeoDataFrame:
    path = project / "layers" / "syr-darya" / "river_network.gpkg"
    return gpd.read_file(path, layer="reaches")


def share_of_right_length(rivers, raw) -> float:
    """Share of the length of all reaches that flows as the shipped layer says."""
    truth = dict(zip(rivers["reach_id"].astype(str), rivers.geometry, strict=True))
    right = total = 0.0
    for key, shape in zip(raw.source_id, raw.geometry, strict=True):
        if "gap" in key:
            continue
        line = truth[key.split(".")[0]]
        first, last = (line.project(shapely.Point(shape.coords[k])) for k in (0, -1))
        total += shape.length
        right += shape.length * (first < last)
    return right / total


def untangled(rivers, columns, levels, methods):
    frame = rivers[["geometry", "reach_id", *columns]]
    frame = frame.rename(columns={"reach_id": "river_id"})
    turned = np.random.default_rng(0).random(len(frame)) < 0.5
    shapes = frame.geometry.to_numpy()
    shapes = np.where(turned, shapely.reverse(shapes), shapes)
    frame = frame.set_geometry(gpd.GeoSeries(shapes, index=frame.index, crs=rivers.crs))
    known = without_topology([str(c) for c in frame.columns])
    return untangle(frame, known, Path("lines.gpkg"), levels, methods)


def test_areas_tell_the_direction_of_every_shipped_reach(rivers):
    raw = untangled(rivers, ["upstream_area_km2"], None, NetworkMethods())
    assert share_of_right_length(rivers, raw) == 1.0
    network = build_network(raw)
    assert int((network.next_index < 0).sum()) == rivers["next_reach_id"].isna().sum()


def test_even_a_relief_of_nine_kilometres_tells_nearly_all(rivers, project):
    path = project / "layers" / "syr-darya" / "relief.tif"
    methods = NetworkMethods(climb_limit_m=ROUGHNESS * cell_size_m(path))
    raw = untangled(rivers, [], partial(heights_at, path), methods)
    assert share_of_right_length(rivers, raw) > 0.97
    build_network(raw)
