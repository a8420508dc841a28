"""Points near a facility, classes, footprints, and studies that go before maps."""

from __future__ import annotations

import math

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from shapely.geometry import Point, box

from pipeline.core.errors import InputError
from pipeline.core.geo import distance_m
from pipeline.core.layers import Points
from pipeline.core.model import Status
from pipeline.hazards.places import place_at, places_of
from pipeline.hazards.precedence import LayerSamples, with_precedence
from pipeline.hazards.samplers import table, vector
from pipeline.hazards.sampling.points import _bounds

HERE = place_at("kg-1", 71, 41, 0)
IN_CIRCLE = place_at("kg-1", 71, 41, 5_000)
STEPS_KM = (2.0, 12.0, 30.0)
"""Distances of three points due east of (71, 41)."""


def east(km):
    from pyproj import Geod

    return Point(*Geod(ellps="WGS84").fwd(71, 41, 90, km * 1000)[:2])


@pytest.fixture
def events(tmp_path):
    def write(points=None, **columns):
        shapes = [east(km) for km in STEPS_KM] if points is None else points
        path = tmp_path / "events.gpkg"
        frame = gpd.GeoDataFrame(columns, geometry=shapes, crs="EPSG:4326")
        frame.to_file(path, layer="events")
        return path

    return write


@pytest.fixture
def event_layer(make_layer):
    def build(points, **changes):
        row = {
            "kind": "vector",
            "file": "events.gpkg",
            "table": "events",
            "intensity_measure": "events",
            "unit": "1",
            "bands": [{"level": "magnitude"}],
            "points": points,
        }
        return make_layer(**(row | changes))

    return build


def one(layer, path, place, choices):
    return vector.sample(layer, path, [place], choices).samples[0]


def bounds(found):
    return found.low, found.value, found.high


def test_points_are_counted_up_to_the_radius(event_layer, events, choices):
    layer = event_layer({"statistic": "count", "radius_m": 20_000})
    assert bounds(one(layer, events(), HERE, choices)) == (2, 2, 2)


def test_an_unsure_position_bounds_the_count(event_layer, events, choices):
    layer = event_layer({"statistic": "count", "radius_m": 10_000})
    # within 5 km for sure, 10 km from the centre, 15 km at most
    assert bounds(one(layer, events(), IN_CIRCLE, choices)) == (1, 1, 2)


def test_the_nearest_point_is_given_in_kilometres(event_layer, events, choices):
    layer = event_layer({"statistic": "nearest_km"}, unit="km")
    found = one(layer, events(), IN_CIRCLE, choices)
    assert bounds(found) == pytest.approx((0, 2, 7), abs=1e-6)


def test_the_largest_value_within_the_radius(event_layer, events, choices):
    path = events(magnitude=[5.5, 7.1, 8.2])
    layer = event_layer({"statistic": "largest", "radius_m": 10_000})
    assert bounds(one(layer, path, IN_CIRCLE, choices)) == (5.5, 5.5, 7.1)


def test_only_the_years_of_the_list_count(event_layer, events, choices):
    path = events(when=["1890-01-02", "1975-06-30", None])
    how = {"statistic": "count", "radius_m": 50_000, "date_column": "when"}
    layer = event_layer({**how, "first_year": 1950})
    assert one(layer, path, HERE, choices).value == 1
    years = pd.to_datetime(["1999-01-02", "2001-06-30", "2002-01-01"])
    early = event_layer({**how, "last_year": 2001})
    assert one(early, events(when=years), HERE, choices).value == 2


def test_dates_before_christ_are_years_too(event_layer, events, choices):
    path = events(when=["-250", "838", "2020-01-01"])
    how = {"statistic": "count", "radius_m": 50_000, "date_column": "when"}
    layer = event_layer({**how, "first_year": -300, "last_year": 1000})
    assert one(layer, path, HERE, choices).value == 2


@pytest.mark.parametrize("date", ["31.12.2001", "01/02/2001", "20010102", "unknown"])
def test_dates_that_could_be_read_wrongly_are_refused(
    event_layer, events, choices, date
):
    how = {"statistic": "count", "radius_m": 50_000, "date_column": "when"}
    layer = event_layer({**how, "first_year": 1900})
    with pytest.raises(InputError, match="expected a date such as 2020-07-19"):
        one(layer, events(when=["2001", date, None]), HERE, choices)


def test_a_list_without_any_date_is_no_count_of_zero(event_layer, events, choices):
    how = {"statistic": "count", "radius_m": 50_000, "date_column": "when"}
    layer = event_layer({**how, "first_year": 1900})
    with pytest.raises(InputError, match="no date at any of the 3 points"):
        one(layer, events(when=[None, "", None]), HERE, choices)


def test_points_without_a_date_are_told(event_layer, events, choices):
    path = events(when=["1975-06", "", None])
    how = {"statistic": "count", "radius_m": 50_000, "date_column": "when"}
    found = vector.sample(
        event_layer({**how, "first_year": 1900}), path, [HERE], choices
    )
    assert found.samples[0].value == 1
    assert found.remarks == ("points_without_date|n_points=2",)
    assert vector.sample(event_layer(how), path, [HERE], choices).remarks == ()


@pytest.mark.parametrize(
    ("zero_is", "status"),
    [("no_hazard", Status.NO_HAZARD), ("measured", Status.MEASURED)],
)
def test_no_point_near_is_zero_and_not_missing(
    event_layer, events, choices, zero_is, status
):
    layer = event_layer({"statistic": "count", "radius_m": 1_000}, zero_is=zero_is)
    found = one(layer, events(), HERE, choices)
    assert (found.status, found.value) == (status, 0)


def test_a_facility_outside_of_the_listed_area_has_no_count(
    event_layer, events, choices
):
    how = {"statistic": "count", "radius_m": 20_000}
    layer = event_layer(how, extent=(10, 40, 20, 42))
    assert one(layer, events(), HERE, choices).status is Status.NOT_COVERED
    half = event_layer(how, extent=(71.05, 40, 80, 42))
    assert one(half, events(), HERE, choices).status is Status.NOT_COVERED
    most = event_layer(how, extent=(70.95, 40, 80, 42))
    found = one(most, events(), HERE, choices)
    assert found.value == 2
    assert found.note.startswith("list_ends_near|share_fraction=0.6")


def test_points_over_the_antimeridian_are_near(event_layer, events, choices):
    layer = event_layer({"statistic": "count", "radius_m": 20_000})
    path = events([Point(-179.95, 41)])
    assert one(layer, path, place_at("kg-1", 179.95, 41, 0), choices).value == 1


@pytest.mark.parametrize(
    ("points", "shapes", "columns", "words"),
    [
        ({"statistic": "count", "radius_m": 1}, [box(0, 0, 1, 1)], {}, "points"),
        (
            {"statistic": "largest", "radius_m": 1},
            None,
            {"size": [1, 2, 3]},
            "no such column",
        ),
        (
            {
                "statistic": "count",
                "radius_m": 1,
                "date_column": "when",
                "first_year": 1,
            },
            None,
            {"when": ["1999", "spring", ""]},
            "found spring",
        ),
    ],
)
def test_broken_points_are_refused(
    event_layer, events, choices, points, shapes, columns, words
):
    with pytest.raises(InputError, match=words):
        one(event_layer(points), events(shapes, **columns), HERE, choices)


@pytest.mark.parametrize(
    "how",
    [
        {"statistic": "count"},
        {"statistic": "nearest_km", "radius_m": 5},
        {"statistic": "count", "radius_m": 5, "first_year": 1900},
    ],
)
def test_points_that_do_not_say_what_counts_are_refused(how):
    with pytest.raises(ValidationError):
        Points.model_validate(how)


@given(
    away=st.lists(st.floats(0, 1e6), min_size=1, max_size=20),
    radius_m=st.floats(1, 1e5),
    unsure_m=st.floats(0, 1e5),
    statistic=st.sampled_from(["count", "largest", "nearest_km"]),
)
def test_bounds_of_points_enclose_their_centre(away, radius_m, unsure_m, statistic):
    has_radius = statistic != "nearest_km"
    how = Points(statistic=statistic, radius_m=radius_m if has_radius else None)
    values = np.linspace(5, 8, len(away))
    low, central, high = _bounds(how, np.array(away), values, unsure_m)
    assert 0 <= low <= central <= high


@pytest.fixture
def classes(make_layer, tmp_path):
    def build(values, shapes, listed):
        path = tmp_path / "zones.gpkg"
        frame = gpd.GeoDataFrame({"class": values}, geometry=shapes, crs="EPSG:4326")
        frame.to_file(path, layer="zones")
        layer = make_layer(
            kind="vector",
            file="zones.gpkg",
            table="zones",
            hazard="landslide",
            process="landslide_mudflow",
            intensity_measure="class",
            unit="-",
            bands=[{"level": "class"}],
            classes=listed,
        )
        return layer, path

    return build


WEST, EAST = box(70, 40, 70.99, 42), box(70.99, 40, 72, 42)


def test_the_class_with_the_largest_share_stands_for_a_place(classes, choices):
    layer, path = classes(["low", "high"], [WEST, EAST], {"low": 1, "high": 3})
    assert bounds(one(layer, path, IN_CIRCLE, choices)) == (1, 3, 3)


def test_codes_of_classes_are_whole_numbers(classes, choices):
    layer, path = classes([10.0, 30.0], [WEST, EAST], {"10": 1, "30": 2})
    assert one(layer, path, HERE, choices).value == 2


def test_a_class_that_says_nothing_covers_nothing(classes, choices):
    listed = {"low": 1, "unknown": None}
    layer, path = classes(["low", "unknown"], [WEST, EAST], listed)
    assert one(layer, path, HERE, choices).status is Status.NOT_COVERED


def test_a_class_that_is_not_listed_is_refused(classes, choices):
    layer, path = classes(["low", "odd"], [WEST, EAST], {"low": 1})
    with pytest.raises(InputError, match="found the classes odd"):
        one(layer, path, HERE, choices)


def facilities(**row):
    usual = {
        "tmf_id": "kg-1",
        "lon_deg": 71.0,
        "lat_deg": 41.0,
        "position_radius_m": 50.0,
        "position_quality": "surveyed",
        "area_m2": math.pi * 300**2,
    }
    return pd.DataFrame([usual | row])


def test_a_surveyed_facility_is_sampled_over_the_circle_of_its_area():
    (place,) = places_of(facilities())
    assert (place.kind, place.radius_m) == ("footprint", pytest.approx(300))
    corner = place.outline.exterior.coords[0]
    assert distance_m(71, 41, *corner) == pytest.approx(300)


@pytest.mark.parametrize(
    ("row", "radius_m"),
    [
        ({"position_quality": "settlement", "position_radius_m": 5_000}, 5_000),
        ({"area_m2": math.nan}, 50),
        ({"area_m2": 100.0}, 50),
    ],
)
def test_without_a_survey_or_a_larger_area_the_position_counts(row, radius_m):
    (place,) = places_of(facilities(**row))
    assert (place.kind, place.radius_m) == ("circle", radius_m)


@pytest.fixture
def map_and_study(make_layer, write_raster, tmp_path, choices):
    from pipeline.hazards.samplers import raster

    bands = [
        {"level": "475", "band": 1, "return_period_yr": 475},
        {"level": "2475", "band": 2, "return_period_yr": 2475},
    ]
    places = [place_at("kg-1", 71.5, 41.5, 0), place_at("kg-2", 70.5, 42.5, 0)]
    cells = np.arange(1.0, 10.0).reshape(3, 3) / 10
    mapped = make_layer(id="map", bands=bands)
    path = write_raster(cells, cells * 2)
    found = raster.sample(mapped, path, places, choices).samples
    (tmp_path / "study.csv").write_text("tmf_id,pga\nkg-1,0.3\n", encoding="utf-8")
    study = make_layer(
        id="study",
        kind="table",
        crs=None,
        bands=[{"level": "pga", "return_period_yr": 475}],
    )
    given_ = table.sample(study, tmp_path / "study.csv", places, None).samples
    return LayerSamples(mapped, found), LayerSamples(study, given_)


@pytest.mark.parametrize("study_first", [False, True])
def test_a_study_goes_before_the_map_at_its_level_alone(map_and_study, study_first):
    order = reversed(map_and_study) if study_first else map_and_study
    ranked = {item.layer.id: item.samples for item in with_precedence([*order])}
    found = {(s.tmf_id, s.band.level): s for s in ranked["map"]}
    assert found["kg-1", "475"].status is Status.NOT_PROVIDED
    assert found["kg-1", "475"].note == (
        "study_prevails|study=study|intensity=0.5|unit=g"
    )
    assert found["kg-1", "2475"].value == pytest.approx(1.0)
    assert found["kg-2", "475"].value == pytest.approx(0.1)
    assert ranked["study"][0].value == 0.3
    assert ranked["study"][0].note == "prevails_over|layers=map"


def test_a_study_of_something_else_leaves_the_map_alone(map_and_study, make_layer):
    mapped, study = map_and_study
    other = make_layer(
        id="study", kind="table", crs=None, intensity_measure="PGV", unit="cm/s"
    )
    ranked = with_precedence([mapped, LayerSamples(other, study.samples)])
    assert ranked[0].samples == mapped.samples
    assert ranked[1].samples == study.samples


def test_a_list_of_one_country_says_nothing_across_its_border(
    event_layer, events, choices
):
    west_half = "POLYGON ((70 40, 71.05 40, 71.05 42, 70 42, 70 40))"
    how = {"statistic": "count", "radius_m": 5_000, "listed_in": west_half}
    layer = event_layer(how, extent=[60, 30, 80, 50])
    path = events()
    assert one(layer, path, place_at("a", 70.5, 41, 0), choices).value == 0
    assert one(layer, path, HERE, choices).status is Status.MEASURED
    beyond = one(layer, path, place_at("b", 71.5, 41, 0), choices)
    assert beyond.status is Status.NOT_COVERED
    assert beyond.value is None


@pytest.mark.parametrize("text", ["POINT (70 40)", "POLYGON ((70 40", "Kyrgyzstan"])
def test_an_outline_that_is_no_polygon_is_refused(event_layer, events, choices, text):
    layer = event_layer({"statistic": "nearest_km", "listed_in": text})
    with pytest.raises(InputError, match=r"listed_in.*a polygon as WKT"):
        one(layer, events(), HERE, choices)
