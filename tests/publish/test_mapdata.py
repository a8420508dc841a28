"""Crossings on the map and the border points of the contingency sheet."""

from __future__ import annotations

import pytest

from pipeline.core.tables import read_table
from pipeline.publish.dossiers import Dossier, rows_of
from pipeline.publish.mapdata import _crossings
from pipeline.publish.words import read_words

WORDS = (read_words("en"), read_words("ru"))


@pytest.fixture(scope="module")
def tables(small_region):
    def rows(name):
        frame = read_table(name, small_region.tables / f"{name}.parquet")
        return [row for row in rows_of(frame) if row["tmf_id"] == "aa-01"]

    borders = [r for r in rows("contingency") if r["place_kind"] == "border"]
    return {"tmf_id": "aa-01"}, rows("crossings"), borders


def test_a_crossing_names_its_place_on_the_sheet(tables):
    facility, crossings, borders = tables
    (found,) = _crossings([Dossier(facility, crossings=crossings,
                                   border_points=borders)], WORDS)  # fmt: skip
    assert found["sheet"] == "border-kg-uz-river-2"


@pytest.mark.parametrize(
    "change", [{"distance_m": 57_123.5}, {"to_country": "KZ"}, {"from_country": "TJ"}]
)
def test_a_place_of_another_crossing_is_not_taken_for_it(tables, change):
    facility, crossings, borders = tables
    other = [dict(row) | change for row in borders]
    (found,) = _crossings([Dossier(facility, crossings=crossings,
                                   border_points=other)], WORDS)  # fmt: skip
    assert found["sheet"] is None


def test_any_facility_at_a_crossing_may_name_its_place(tables):
    facility, crossings, borders = tables
    without = Dossier({"tmf_id": "aa-00"}, crossings=crossings)
    told = Dossier(facility, crossings=crossings, border_points=borders)
    for order in ([without, told], [told, without]):
        (found,) = _crossings(order, WORDS)
        assert found["sheet"] == "border-kg-uz-river-2"
        assert set(found["reached"]) == {"aa-00", "aa-01"}
