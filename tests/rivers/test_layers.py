"""Receptors and canals as layers have them."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
from shapely.geometry import LineString, Point, box

from pipeline.core.errors import InputError
from pipeline.core.layers import Layer, LocalLayer
from pipeline.rivers.layers import read_canals, read_places, read_receptors


@pytest.fixture
def local(tmp_path):
    """Write a frame as a layer of the registry; keys given replace the usual ones."""

    def write(columns, geometry, **changes):
        path = tmp_path / "слой.gpkg"
        frame = gpd.GeoDataFrame(columns, geometry=geometry, crs="EPSG:4326")
        frame.to_file(path, driver="GPKG")
        row = {
            "id": "some-layer",
            "title": {"en": "Layer", "ru": "Слой"},
            "role": "other",
            "kind": "vector",
            "file": path.name,
            "unit": "-",
            "crs": "EPSG:4326",
            "nodata": None,
            "resolution": "points",
            "licence": {"name": "CC0-1.0"},
            "citation": "Invented for a test.",
            "version": "1",
        }
        layer = Layer.model_validate(row | changes)
        return LocalLayer(layer=layer, state="available", path=path, reason="made")

    return write


POINTS = [Point(70.0, 40.0), Point(70.1, 40.0)]


def test_the_column_kind_says_what_a_receptor_is(local):
    columns = {"kind": ["intake", "gauge"], "name": ["Насос", "Post"]}
    (found,) = read_receptors(local(columns, POINTS))
    assert list(found.kind) == ["intake", "gauge"]
    assert list(found.name) == ["Насос", "Post"]
    assert list(found.receptor_id) == ["some-layer:1", "some-layer:2"]
    assert found.shape is None


def test_without_that_column_the_registry_says_it(local):
    columns = {"name": ["a", None]}
    (found,) = read_receptors(local(columns, POINTS, receptor_kind="intake"))
    assert list(found.kind) == ["intake", "intake"]
    assert list(found.name) == ["a", "2"]


def test_without_both_a_receptor_is_of_another_kind(local):
    (found,) = read_receptors(local({"name": ["a", "b"]}, POINTS))
    assert list(found.kind) == ["other", "other"]


def test_points_and_areas_of_a_layer_are_kept_apart(local):
    shapes = [Point(70.0, 40.0), box(70, 40, 71, 41)]
    points, areas = read_receptors(local({"name": ["a", "b"]}, shapes))
    assert (list(points.name), points.shape) == (["a"], None)
    assert list(areas.name) == ["b"]
    assert areas.shape is not None
    assert areas.shape[0].equals(box(70, 40, 71, 41))


def test_a_kind_that_is_none_is_refused_with_the_row(local):
    layer = local({"kind": ["intake", "pump"], "name": ["a", "b"]}, POINTS)
    with pytest.raises(InputError, match=r"row 2.*pump.*intake"):
        read_receptors(layer)


def test_a_repeated_key_is_refused(local):
    layer = local({"receptor_id": ["x", "x"], "name": ["a", "b"]}, POINTS)
    with pytest.raises(InputError, match="'some-layer:x' more than once"):
        read_receptors(layer)


def test_places_that_the_project_added_have_a_prefix_of_their_own(local):
    columns = {"geonameid": [-11, 1527592], "name": ["a", "b"], "population": [0, 5]}
    found = read_places(local(columns, POINTS))
    assert list(found.receptor_id) == ["place:11", "geonames:1527592"]
    assert list(found.kind) == ["settlement", "settlement"]


def test_canals_keep_the_keys_of_the_river_layer(local):
    lines = [LineString([(70, 40), (70, 41)]), LineString([(71, 40), (71, 41)])]
    columns = {
        "canal_id": ["a", "b"],
        "name_en": ["A", None],
        "from_reach_id": [916, 745],
        "to_reach_id": [936.0, np.nan],
        "ends_in": ["river", "fields"],
        "share": [0.1, 0.2],
    }
    found = read_canals(local(columns, lines))
    assert list(found.from_id) == ["916", "745"]
    assert list(found.to_id) == ["936", None]
    assert list(found.share) == [0.1, 0.2]


def test_a_canal_layer_without_heads_is_refused(local):
    lines = [LineString([(70, 40), (70, 41)])]
    with pytest.raises(InputError, match="from_reach_id"):
        read_canals(local({"canal_id": ["a"]}, lines))
