"""People by country and by bands, from settlements and from a raster."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import rasterio
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import box

from pipeline.core.errors import InputError
from pipeline.core.layers import Layer, LocalLayer
from pipeline.rivers.arrivals import arrivals_at
from pipeline.rivers.borders import Countries, stretches_of
from pipeline.rivers.corridor import part_of_line, raster_rows
from pipeline.rivers.exposure import (
    Bands,
    By,
    cells_on_paths,
    cut_into_bands,
    settlement_rows,
)
from pipeline.rivers.paths import trace
from pipeline.rivers.receptors import Exposures, Places

DISTANCES = Bands(By.DISTANCE, np.array([10_000.0, 30_000.0]))
HOURS = Bands(By.ARRIVAL, np.array([2.0, 6.0]))
METRIC = "+proj=laea +lat_0=40 +lon_0=70.3 +datum=WGS84 +units=m +type=crs"


def paths_of(kit, network, *entries):
    start = np.array([kit.index(network, i) for i, _ in entries])
    share = np.array([s for _, s in entries], dtype=np.float64)
    return trace(network, kit.timed(network), start, share)


def settlements(country, people):
    count = len(people)
    names = np.array([f"p{k}" for k in range(count)], dtype=object)
    return Places(
        np.full(count, "settlement", dtype=object),
        names,
        names,
        names,
        np.array(country, dtype=object),
        np.full(count, 70.0),
        np.full(count, 40.0),
        np.array(people, dtype=np.float64),
    )


def rows_of(kit, network, places, elements, bands=DISTANCES):
    """Settlements in the middle of path elements of one path from reach 1."""
    paths = paths_of(kit, network, (1, 0.0))
    element = np.array(elements, dtype=np.int64)
    half = np.full(len(element), 0.5)
    exposed = Exposures(
        np.zeros(len(element), dtype=np.int64),
        np.arange(len(element)),
        element,
        half,
        np.zeros(len(element)),
        np.zeros(len(element), dtype=bool),
        element,
        half,
    )
    timing = kit.timed(network)
    arrivals = arrivals_at(network, timing, paths, element, half)
    stretches = stretches_of(network, None)
    cells = cells_on_paths(network, timing, stretches, paths, bands)
    ids = np.array(["t-1"], dtype=object)
    found = settlement_rows(ids, places, exposed, arrivals, cells, bands)
    return {(row["country"], row["band"]): row for row in found}


def test_people_stand_in_the_band_of_their_distance(kit, confluence):
    # reaches of 8.5 km: elements 0, 1 and 2 have their middle at 4.3, 12.8, 21.3 km
    places = settlements(["KG", "KG", "KG"], [100.0, 20.0, 3.0])
    found = rows_of(kit, confluence, places, [0, 1, 2])
    assert found["KG", 1]["people"] == 100.0
    assert found["KG", 2]["people"] == 23.0
    assert found["KG", 2]["n_places"] == 2
    assert (found["KG", 1]["upper_m"], found["KG", 3]["upper_m"]) == (10_000.0, None)


def test_a_band_without_listed_places_is_looked_at_and_empty(kit, confluence):
    found = rows_of(kit, confluence, settlements(["KG"], [5.0]), [0])
    assert (found["KG", 2]["people"], found["KG", 2]["people_status"]) == (
        0.0,
        "no_hazard",
    )


def test_unknown_people_are_never_zero(kit, confluence):
    places = settlements(["KG", "KG", "KG"], [np.nan, np.nan, 7.0])
    found = rows_of(kit, confluence, places, [0, 1, 2])
    assert found["KG", 1]["people"] is None
    assert found["KG", 1]["people_status"] == "not_provided"
    assert found["KG", 2]["people"] == 7.0
    assert found["KG", 2]["n_without_people"] == 1


@pytest.mark.parametrize("bands", [DISTANCES, HOURS])
def test_every_row_says_that_nearness_is_a_choice(kit, confluence, bands):
    found = rows_of(kit, confluence, settlements(["KG"], [5.0]), [0], bands)
    labels = {(row["provisional"], row["confidence"]) for row in found.values()}
    assert labels == {(True, "P")}


def test_a_place_abroad_counts_for_its_own_country(kit, confluence):
    found = rows_of(kit, confluence, settlements(["UZ", None], [9.0, 1.0]), [0, 0])
    assert found["UZ", 1]["people"] == 9.0
    assert found["unknown", 1]["people"] == 1.0


def test_unknown_arrivals_have_their_own_band(kit, confluence):
    # element 3 is the lake of unknown volume, element 4 lies below it
    places = settlements(["KG", "KG"], [100.0, 11.0])
    found = rows_of(kit, confluence, places, [0, 4], HOURS)
    assert found["KG", HOURS.unknown + 1]["people"] == 11.0
    assert found["KG", HOURS.unknown + 1]["arrival_unknown"]
    assert sum(row["people"] for row in found.values()) == 111.0


def test_a_limit_belongs_to_the_band_that_it_ends():
    assert list(DISTANCES.of(np.array([0.0, 1e4, 1e4 + 1, 9e9, np.nan]))) == [
        0,
        0,
        1,
        2,
        3,
    ]
    assert list(DISTANCES.of(np.array([1e4]), begins=True)) == [1]


@settings(deadline=None, max_examples=25)
@given(st.floats(0, 0.99), st.floats(100, 60_000), st.sampled_from([1, 2, 4]))
def test_pieces_of_a_path_add_up_to_the_path(kit, entry, limit, start):
    network = kit.network(kit.confluence)
    paths = paths_of(kit, network, (start, entry))
    bands = Bands(By.DISTANCE, np.array([limit]))
    pieces = cut_into_bands(network, kit.timed(network), paths, bands)
    length = network.length_m[paths.reach[pieces.element]]
    metres = (pieces.high - pieces.low) * length
    whole = paths.start_m[-1] + length[-1]
    assert metres.sum() == pytest.approx(whole, rel=1e-9)
    near = metres[pieces.band == 0].sum()
    assert near == pytest.approx(min(limit, whole), rel=1e-9)


def test_pieces_by_arrival_end_where_the_time_is_up(kit, confluence):
    paths = paths_of(kit, confluence, (1, 0.0))
    timing = kit.timed(confluence)
    pieces = cut_into_bands(confluence, timing, paths, HOURS)
    ends = np.flatnonzero((pieces.band[:-1] == 0) & (pieces.band[1:] == 1))
    assert len(ends) == 1
    at = arrivals_at(confluence, timing, paths, pieces.element[ends], pieces.high[ends])
    assert at.lead_h[0] == pytest.approx(2.0, rel=1e-6)
    in_lake = confluence.in_lake[paths.reach[pieces.element]]
    assert set(pieces.band[in_lake]) == {HOURS.unknown}


def test_a_part_of_a_line_keeps_its_ends(kit, confluence):
    part = part_of_line(confluence, kit.index(confluence, 3), 0.25, 0.75)
    assert part[0] == pytest.approx((70.125, 40.0))
    assert part[-1] == pytest.approx((70.175, 40.0))


def population(path, values, *, unit="people", nodata=-99.0):
    """Raster of 0.01 degrees from 69.9, 40.3."""
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=values.shape[1],
        height=values.shape[0],
        count=1,
        dtype="float32",
        crs="EPSG:4326",
        nodata=nodata,
        transform=Affine(0.01, 0, 69.9, 0, -0.01, 40.3),
    ) as dataset:
        dataset.write(values.astype(np.float32), 1)
    row = {
        "id": "people",
        "title": {"en": "People", "ru": "Люди"},
        "role": "population",
        "kind": "raster",
        "file": path.name,
        "unit": unit,
        "crs": "EPSG:4326",
        "nodata": nodata,
        "resolution": "0.01 deg",
        "licence": {"name": "CC0-1.0"},
        "citation": "Invented for a test.",
        "version": "1",
    }
    layer = Layer.model_validate(row)
    return LocalLayer(layer=layer, state="available", path=path, reason="made")


@pytest.fixture
def count(kit, confluence, tmp_path):
    """Count people of a raster along the path from reach 1."""

    def run(values, *, unit="people", countries=None, corridor_m=2000.0):
        paths = paths_of(kit, confluence, (1, 0.0))
        bands = DISTANCES
        rows = raster_rows(
            confluence,
            paths,
            np.array(["t-1"], dtype=object),
            cut_into_bands(confluence, kit.timed(confluence), paths, bands),
            bands,
            countries,
            population(tmp_path / "люди.tif", values, unit=unit),
            corridor_m=corridor_m,
            farthest_m=30_000.0,
            metric_crs=METRIC,
        )
        found = list(rows)
        return SimpleNamespace(
            rows={(row["country"], row["band"]): row for row in found},
            people=sum(row["people"] or 0.0 for row in found),
        )

    return run


def test_people_of_a_raster_are_those_of_the_corridors_area(count):
    # one person per cell of 0.01 x 0.01 degrees (0.948 km2 here)
    found = count(np.ones((60, 80)))
    first = found.rows["unknown", 1]
    area_km2 = 10.0 * 4.0 + np.pi * 4.0  # 10 km of river, 2 km to both sides, two ends
    assert first["people"] == pytest.approx(area_km2 / 0.948, rel=0.02)
    assert first["covered_fraction"] == pytest.approx(1.0)
    assert first["people_status"] == "measured"


def test_nobody_is_counted_in_two_bands(count):
    bands = count(np.ones((60, 80)))
    # the union of both corridors: up to the end of the element that begins before 30 km
    area_km2 = 34.2 * 4.0 + np.pi * 4.0
    assert bands.people == pytest.approx(area_km2 / 0.948, rel=0.02)


def test_people_are_divided_at_the_border(count):
    countries = Countries(
        np.array(["KG", "UZ"], dtype=object),
        np.array([box(69, 40.0, 72, 41), box(69, 39, 72, 40.0)], dtype=object),
    )
    found = count(np.ones((60, 80)), countries=countries)
    north, south = found.rows["KG", 1], found.rows["UZ", 1]
    assert north["people"] == pytest.approx(south["people"], rel=0.02)
    assert ("unknown", 1) not in found.rows


def test_beyond_the_raster_nothing_is_covered(count):
    found = count(np.ones((60, 15)))  # its edge lies at 4.3 km
    assert found.rows["unknown", 2]["people"] is None
    assert found.rows["unknown", 2]["people_status"] == "not_covered"
    assert found.rows["unknown", 2]["covered_fraction"] < 0.1


def test_cells_without_data_are_no_zeros(count):
    values = np.full((60, 80), -99.0)
    values[25:35, :] = 1.0  # the corridor reaches from row 28 to 32
    known = count(values).rows["unknown", 1]
    assert known["covered_fraction"] == pytest.approx(1.0)
    values[:30, :] = -99.0
    half = count(values).rows["unknown", 1]
    assert half["covered_fraction"] == pytest.approx(0.5, abs=0.01)


def test_a_raster_of_densities_is_refused(count):
    with pytest.raises(InputError, match="raster of counts"):
        count(np.ones((60, 80)), unit="people per km2")
