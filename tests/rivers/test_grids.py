"""Reading flow grids, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
import rasterio
from affine import Affine

from pipeline.core.errors import InputError
from pipeline.core.layers import Layer, LocalLayer
from pipeline.rivers.grids import read_flow_grid

UPRIGHT = Affine(0.1, 0, 70.0, 0, -0.1, 40.3)


@pytest.fixture
def raster(tmp_path):
    """Write one raster as a layer."""

    def write(name, values, *, crs="EPSG:4326", transform=UPRIGHT, nodata=0):
        path = tmp_path / f"{name}.tif"
        with rasterio.open(
            path,
            "w",
            driver="GTiff",
            width=values.shape[1],
            height=values.shape[0],
            count=1,
            dtype=values.dtype.name,
            crs=crs,
            transform=transform,
        ) as dataset:
            dataset.write(values, 1)
        row = {
            "id": name,
            "title": {"en": name, "ru": name},
            "role": "other",
            "kind": "raster",
            "file": path.name,
            "unit": "-",
            "crs": "EPSG:4326",
            "nodata": nodata,
            "resolution": "0.1 deg",
            "licence": {"name": "CC0-1.0"},
            "citation": "Invented for a test.",
            "version": "1",
        }
        layer = Layer.model_validate(row)
        return LocalLayer(layer=layer, state="available", path=path, reason="made")

    return write


DIRECTION = np.array([[1, 1, 4], [255, 64, 0]], dtype=np.uint8)
REACH = np.array([[1, 3, 3], [0, 6, 77]], dtype=np.int32)


def test_cells_lead_to_places_in_the_network(kit, confluence, raster):
    grid = read_flow_grid(
        raster("d8", DIRECTION, nodata=255), raster("to", REACH), confluence
    )
    at = {key: kit.index(confluence, key) for key in (1, 3, 6)}
    # 77 is no reach of the layer: its cell drains to none
    assert grid.reach.tolist() == [[at[1], at[3], at[3]], [-1, at[6], -1]]
    assert grid.direction.tolist() == DIRECTION.tolist()
    row, column = grid.cells(np.array([70.25, 69.9]), np.array([40.25, 40.25]))
    assert list(zip(row, column, strict=True)) == [(0, 2), (-1, -1)]


def test_centres_lie_in_their_cells(confluence, raster):
    grid = read_flow_grid(raster("d8", DIRECTION), raster("to", REACH), confluence)
    rows, columns = np.divmod(np.arange(6), 3)
    lon, lat = grid.centre(rows, columns)
    assert [c.tolist() for c in grid.cells(lon, lat)] == [
        rows.tolist(),
        columns.tolist(),
    ]


def test_grids_of_another_river_layer_are_refused(confluence, raster):
    other = np.where(REACH > 0, REACH + 1000, 0).astype(np.int32)
    with pytest.raises(InputError, match="belong to the river layer"):
        read_flow_grid(raster("d8", DIRECTION), raster("to", other), confluence)


def test_grids_that_differ_are_refused(confluence, raster):
    moved = raster("to", REACH, transform=Affine(0.1, 0, 70.05, 0, -0.1, 40.3))
    with pytest.raises(InputError, match="made together"):
        read_flow_grid(raster("d8", DIRECTION), moved, confluence)
    with pytest.raises(InputError, match="made together"):
        read_flow_grid(raster("d8", DIRECTION), raster("few", REACH[:1]), confluence)


@pytest.mark.parametrize(
    ("crs", "transform"),
    [
        ("EPSG:32642", UPRIGHT),
        ("EPSG:4326", Affine(0.1, 0, 70.0, 0, 0.1, 40.1)),
        ("EPSG:4326", Affine(0.1, 0.01, 70.0, 0.01, -0.1, 40.3)),
    ],
)
def test_grids_that_are_not_north_up_in_degrees_are_refused(
    confluence, raster, crs, transform
):
    wrong = raster("d8", DIRECTION, crs=crs, transform=transform)
    with pytest.raises(InputError, match="north-up grid"):
        read_flow_grid(wrong, raster("to", REACH), confluence)


def test_a_file_that_is_no_raster_is_refused(confluence, raster):
    broken = raster("d8", DIRECTION)
    broken.path.write_bytes(b"no raster")
    with pytest.raises(InputError, match="cannot be read"):
        read_flow_grid(broken, raster("to", REACH), confluence)
