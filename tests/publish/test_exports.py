from __future__ import annotations

import csv

import pandas as pd
import pyogrio
import pytest

from pipeline.core.tables import table_schema
from pipeline.publish.exports import columns_text


def test_geopackage_has_the_layers_that_its_readme_names(site):
    found = {name for name, _ in pyogrio.list_layers(site / "data" / "small.gpkg")}
    assert found == {
        "facilities", "reaches", "paths", "crossings", "receptors",
        "displacement_points", "zones", "displacement_zones", "facility_values",
        "hazards", "measures", "ledger",
        "candidates", "branches", "possible_countries", "exposure", "network_ledger",
        "hazard_changes", "assessment_changes", "dam_checks",
        "components", "mixtures",
    }  # fmt: skip


def test_facility_layer_keeps_every_row_and_carries_the_assessment(site, small):
    frame = pyogrio.read_dataframe(site / "data" / "small.gpkg", layer="facilities")
    assert list(frame["tmf_id"]) == [row["tmf_id"] for row in small.FACILITIES]
    first = frame.set_index("tmf_id").loc["aa-01"]
    assert first["assessment_consequence_class"] == "very_high"
    assert first["displacement_watch_level"] == "yellow"
    assert frame.set_index("tmf_id").loc["aa-03"].geometry is None


def test_unknown_stays_empty_in_the_geopackage(site):
    frame = pyogrio.read_dataframe(site / "data" / "small.gpkg", layer="facilities")
    row = frame.set_index("tmf_id").loc["aa-04"]
    assert pd.isna(row["assessment_thi"])
    assert pd.isna(row["operator"])


def test_path_leads_through_all_reaches_below(site):
    frame = pyogrio.read_dataframe(site / "data" / "small.gpkg", layer="paths")
    path = frame.set_index("tmf_id").loc["aa-01"]
    assert path["length_m"] == 160_000.0
    assert len(path.geometry.geoms) == 4


def test_candidates_are_the_lines_of_their_reaches(site):
    frame = pyogrio.read_dataframe(site / "data" / "small.gpkg", layer="candidates")
    reaches = pyogrio.read_dataframe(site / "data" / "small.gpkg", layer="reaches")
    lines = reaches.set_index("reach_id").geometry
    assert list(frame["share"]) == [0.555, 0.4]
    assert all(row.geometry.equals(lines[row.reach_id]) for row in frame.itertuples())


@pytest.mark.parametrize(
    ("name", "rows"),
    [("candidates", 2), ("branches", 3), ("exposure", 4), ("network_ledger", 1)],
)
def test_river_tables_are_there_as_csv_with_every_row(site, name, rows):
    frame = pd.read_csv(site / "data" / f"{name}.csv")
    assert len(frame) == rows
    assert list(frame.columns) == [c.name for c in table_schema(name).columns]


def test_csv_keeps_text_as_it_is(site, small):
    path = site / "data" / "facilities.csv"
    with path.open(encoding="utf-8", newline="") as handle:
        rows = {row["tmf_id"]: row for row in csv.DictReader(handle)}
    assert rows["aa-02"]["name"] == small.EVIL
    assert rows["aa-01"]["name_ru"] == small.CYRILLIC
    assert rows["aa-03"]["lon_deg"] == ""


def test_readme_describes_every_column():
    text = columns_text("small")
    for name in ("facilities", "hazards", "assessment", "crossings"):
        for column in table_schema(name).columns:
            assert f"| `{column.name}` |" in text


def test_empty_cells_of_motion_stay_empty_in_the_geopackage(site):
    path = site / "data" / "small.gpkg"
    frame = pyogrio.read_dataframe(path, layer="facilities").set_index("tmf_id")
    for name in (
        "coherent_p", "n_coherent", "n_section_pairs", "dam_gap_m", "forecast_date",
    ):  # fmt: skip
        assert frame[f"displacement_{name}"].isna().all(), name
    zones = pyogrio.read_dataframe(path, layer="displacement_zones")
    assert zones["recent_velocity_mm_per_yr"].isna().all()
    assert zones["velocity_mm_per_yr"].tolist() == [-12.3]
    assert len(pyogrio.read_dataframe(path, layer="zones")) == 1
