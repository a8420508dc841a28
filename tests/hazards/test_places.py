"""Where a layer is sampled: zones, what stands in for them, and the ground above."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from affine import Affine
from pyproj import CRS
from shapely.geometry import MultiPolygon, Point, Polygon, box

from pipeline.core.flow import FlowDirections
from pipeline.core.geo import area_m2
from pipeline.core.model import Zone
from pipeline.hazards.above import ground_above
from pipeline.hazards.places import Place, place_at, shapes_of, spots_at, zone_place
from pipeline.hazards.samplers.raster import sample

DAM = box(71.1, 41.1, 71.2, 41.2)
POND = box(71.2, 41.1, 71.3, 41.2)
VALLEY = np.array(
    [[1, 4, 16, 4], [1, 4, 16, 4], [1, 4, 16, 4], [2, 4, 8, 4]], dtype=np.uint8
)


def facilities(*rows):
    usual = {
        "lon_deg": 71.2,
        "lat_deg": 41.2,
        "position_radius_m": 3000.0,
        "position_quality": "published",
        "area_m2": math.nan,
    }
    return pd.DataFrame([usual | row for row in rows])


def no_ground(place, zone):
    return f"no_{zone}"


def spots(wanted, shapes=None, above=no_ground, **row):
    table = facilities({"tmf_id": "kg-1"} | row)
    return spots_at(wanted, table, {"kg-1": shapes or {}}, above)


def only(found) -> Place:
    (place,) = found.places
    return place


def flow(code=VALLEY, cell=90.0):
    transform = Affine(cell, 0, 500_000, 0, -cell, 4_550_000)
    return FlowDirections(code, transform, CRS.from_epsg(32642), cell)


def at_cell(row, column, kind="point"):
    """Place at the centre of a cell of `flow`."""
    from pyproj import Transformer

    to_degrees = Transformer.from_crs(32642, 4326, always_xy=True)
    x, y = 500_000 + 90 * (column + 0.5), 4_550_000 - 90 * (row + 0.5)
    return place_at("kg-1", *to_degrees.transform(x, y), 0 if kind == "point" else 50)


def test_a_zone_is_sampled_where_the_inventory_outlines_it():
    place = only(spots([Zone.DAM], {Zone.DAM: DAM}))
    assert (place.kind, place.note) == ("dam", None)
    assert place.outline.equals(DAM)
    assert (place.lon_deg, place.lat_deg) == pytest.approx((71.15, 41.15))


def test_without_the_zone_the_facility_stands_in_and_says_so():
    place = only(spots([Zone.DAM]))
    assert (place.kind, place.note) == ("circle", "zone_not_given|zone=dam")


def test_the_best_known_zone_counts_and_what_it_replaces_is_named():
    place = only(spots([Zone.POND, Zone.DAM], {Zone.DAM: DAM}))
    assert (place.kind, place.note) == ("dam", "zone_not_given|zone=pond")


def test_known_parts_stand_in_for_an_outline_of_the_whole():
    place = only(spots([Zone.FACILITY], {Zone.DAM: DAM, Zone.POND: POND}))
    assert (place.kind, place.note) == ("parts", None)
    assert place.outline.equals(box(71.1, 41.1, 71.3, 41.2))
    whole = only(spots([Zone.FACILITY], {Zone.FACILITY: POND, Zone.DAM: DAM}))
    assert (whole.kind, whole.outline.equals(POND)) == ("facility", True)


def test_a_slope_above_is_no_part_of_the_facility():
    assert only(spots([Zone.FACILITY], {Zone.SLOPE_ABOVE: DAM})).kind == "circle"


def test_ground_above_is_never_replaced_by_the_facility_unless_the_layer_says_so():
    found = spots([Zone.CATCHMENT])
    assert (found.places, dict(found.absent)) == ((), {"kg-1": "no_catchment"})
    place = only(spots([Zone.CATCHMENT, Zone.FACILITY]))
    assert (place.kind, place.note) == ("circle", "no_catchment")


def test_computed_ground_above_is_a_place_of_its_own():
    place = only(spots([Zone.CATCHMENT], above=lambda *_: POND))
    assert (place.kind, place.outline.equals(POND)) == ("catchment", True)


def test_a_facility_without_a_position_is_sampled_at_its_polygons_alone():
    nowhere = {"lon_deg": math.nan, "lat_deg": math.nan}
    assert only(spots([Zone.FACILITY], {Zone.DAM: DAM}, **nowhere)).kind == "parts"
    assert spots([Zone.DAM], **nowhere).absent == {
        "kg-1": "zone_not_given|zone=dam;no_position"
    }
    assert spots([Zone.FACILITY], **nowhere).absent == {"kg-1": "no_position"}
    assert spots([Zone.CATCHMENT], **nowhere).absent == {"kg-1": "no_position"}


def test_a_zone_reaches_to_its_farthest_corner():
    place = zone_place("kg-1", DAM, "dam")
    half_diagonal_m = math.hypot(8_380 / 2, 11_107 / 2)
    assert place.radius_m == pytest.approx(half_diagonal_m, rel=0.01)


def test_shapes_come_by_facility_and_zone():
    table = pd.DataFrame(
        {"tmf_id": ["a", "a"], "zone": ["dam", "pond"], "geometry": [DAM, POND]}
    )
    assert shapes_of(table) == {"a": {Zone.DAM: DAM, Zone.POND: POND}}


def test_two_polygons_of_a_zone_are_weighted_by_their_areas(
    make_layer, write_raster, choices
):
    # cells of one degree: a quarter of cell 1 and a half of cell 2
    split = MultiPolygon([box(70.5, 42.5, 71, 43), box(71.25, 42, 71.75, 43)])
    path = write_raster([[1, 2, 3], [4, 5, 6], [7, 8, 9]])
    place = zone_place("kg-1", split, "dam")
    (one,) = sample(make_layer(), path, [place], choices).samples
    assert one.value == pytest.approx((0.25 * 1 + 0.5 * 2) / 0.75)
    assert (one.low, one.high) == (1, 2)
    assert one.covered_fraction == pytest.approx(1)


def test_a_zone_with_one_long_and_many_short_edges_is_not_taken_for_torn(
    make_layer, write_raster, choices
):
    short = [(71 + i * 1e-5, 42.0) for i in range(30)]
    shape = Polygon([*short, (71.4, 42.0), (71.4, 42.3), (71.0, 42.3)])
    transform = Affine(50_000, 0, 100_000, 0, -50_000, 4_900_000)
    path = write_raster(np.full((12, 20), 7.0), crs="EPSG:32642", transform=transform)
    (one,) = sample(
        make_layer(crs="EPSG:32642"), path, [zone_place("kg-1", shape, "dam")], choices
    ).samples
    assert one.value == pytest.approx(7)


def test_the_catchment_is_every_cell_that_drains_to_the_facility(choices):
    inner = np.full((6, 6), 4, dtype=np.uint8)
    inner[1:5, 1:5] = VALLEY
    inner[0] = 64  # a divide: nothing enters over the frame
    found = ground_above(at_cell(3, 2), Zone.CATCHMENT, flow(inner), choices)
    # rows 1 to 3 of the three columns of the valley
    assert area_m2(found) == pytest.approx(9 * 90**2, rel=2e-3)


def test_the_slope_above_leaves_out_the_facility_and_what_is_too_far(choices):
    line = np.zeros((30, 3), dtype=np.uint8)
    line[:, 1] = 4
    place = at_cell(25, 1)
    found = ground_above(place, Zone.SLOPE_ABOVE, flow(line), choices)
    # centres up to 1000 m away: 11 cells of 90 m
    assert area_m2(found) == pytest.approx(11 * 90**2, rel=2e-3)
    assert not found.contains(Point(place.lon_deg, place.lat_deg))


@pytest.mark.parametrize(
    ("place", "given", "reason"),
    [
        (at_cell(1, 1, "circle"), flow(), "position_too_uncertain|radius_m=50"),
        (at_cell(1, 1), None, "no_flow_layer"),
        (at_cell(1, 1), flow(cell=900.0), "flow_too_coarse|cell_m=900|limit_m=100"),
        (at_cell(9, 9), flow(), "outside_flow_layer"),
        (at_cell(1, 1), flow(), "catchment_left_layer"),
    ],
)
def test_ground_above_that_cannot_be_known_says_why(place, given, reason, choices):
    assert ground_above(place, Zone.CATCHMENT, given, choices) == reason


def test_a_hilltop_has_no_slope_above(choices):
    assert ground_above(at_cell(0, 0), Zone.SLOPE_ABOVE, flow(), choices) == (
        "nothing_above"
    )
