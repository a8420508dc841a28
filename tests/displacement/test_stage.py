"""The stage as a command: with the toy products, without any, and with a broken one."""

from __future__ import annotations

import argparse
import importlib.util
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import zarr
from shapely.geometry import Point

from pipeline.core.errors import InputError
from pipeline.core.files import sha256
from pipeline.core.tables import (
    empty_table,
    read_table,
    table_of,
    table_schema,
    write_table,
)
from pipeline.displacement import stage
from tests.displacement.small_products import mintpy_velocity

REGION = """
region: small
title: {{en: Small, ru: Малый}}
bbox: {{west_deg: 70, south_deg: 40, east_deg: 70.6, north_deg: 40.4}}
metric_crs: EPSG:32642
countries: [KG]
inventory: [{{path: facilities.csv}}]
layers: {{}}
displacement: [{sources}]
"""
PLACES = {
    "tmf-1": (70.10, 40.20, 200.0),
    "tmf-2": (70.30, 40.25, 200.0),
    "tmf-3": (70.50, 40.10, 200.0),
    "tmf-4": (None, None, None),
}
OUTPUTS = (
    "displacement.parquet",
    "displacement_points.parquet",
    "series.zarr",
    "displacement_zones.parquet",
    "displacement_curves.parquet",
)
OPTIONS = ("out", "out_points", "out_series", "out_zones", "out_curves")


@pytest.fixture
def facilities(tmp_path) -> Path:
    """Table of facilities with the places above."""
    schema = table_schema("facilities")
    rows = []
    for name, (lon, lat, radius) in PLACES.items():
        row = {c.name: "not_provided" for c in schema.columns if "_status" in c.name}
        row |= {
            "tmf_id": name,
            "name": name,
            "role": "facility",
            "counts_in_totals": True,
            "country": "KG",
            "facility_type": "tailings",
            "status": "active",
            "remediation": "none",
            "lon_deg": lon,
            "lat_deg": lat,
            "position_quality": "none" if lon is None else "surveyed",
            "position_radius_m": radius,
            "dam_type": "unknown",
            "source_file": "facilities.csv",
            "source_row": 2,
            "geometry": None if lon is None else Point(lon, lat),
        }
        rows.append(row)
    path = tmp_path / "facilities.parquet"
    write_table(table_of("facilities", rows), "facilities", path)
    return path


@pytest.fixture
def zones(tmp_path) -> Path:
    """Empty table of zones."""
    path = tmp_path / "zones.parquet"
    write_table(empty_table("zones"), "zones", path)
    return path


@pytest.fixture
def run(tmp_path, project, facilities, zones) -> Any:
    """Run the stage with some sources; return the folder of its outputs."""

    def start(sources: str, folder: str = "out") -> Path:
        region = tmp_path / "small.yaml"
        region.write_text(REGION.format(sources=sources), encoding="utf-8")
        out = tmp_path / folder
        names = dict(zip(OPTIONS, OUTPUTS, strict=True))
        stage.run(
            argparse.Namespace(
                region=region,
                methods=project / "configs" / "methods.yaml",
                facilities=facilities,
                zones=zones,
                **{key: out / name for key, name in names.items()},
            )
        )
        return out

    return start


@pytest.fixture(scope="session")
def toy_sources(project: Path) -> str:
    folder = project / "tests" / "regions" / "toy" / "displacement"
    return ", ".join(
        f"{{id: {name}, path: '{folder / file}', reader: egms}}"
        for name, file in (
            ("asc", "EGMS_L2b_117_0001_IW1_VV_2020_2024_1.zip"),
            ("desc", "EGMS_L2b_022_0001_IW1_VV_2020_2024_1.zip"),
        )
    )


def rows_of(out: Path) -> Any:
    return read_table("displacement", out / OUTPUTS[0]).set_index("tmf_id")


def test_without_sources_every_facility_is_not_covered_and_told_what_to_add(run):
    out = run("")
    rows = rows_of(out)
    assert set(rows["status"]) == {"not_covered"}
    assert set(rows["watch_level"]) == {"not_assessed"}
    assert set(rows["reason"]) == {"no_source"}
    assert len(read_table("displacement_points", out / OUTPUTS[1])) == 0
    assert list(zarr.open_group(out / OUTPUTS[2], mode="r").group_keys()) == []


def test_the_toy_dam_moves_and_the_other_does_not(run, toy_sources):
    rows = rows_of(run(toy_sources))
    assert rows["status"].tolist() == [
        "measured",
        "measured",
        "not_covered",
        "no_position",
    ]
    assert rows["watch_level"].tolist() == [
        "yellow",
        "green",
        "not_assessed",
        "not_assessed",
    ]
    assert rows.loc["tmf-1", "velocity_fastest_mm_per_yr"] == pytest.approx(-27, abs=3)
    assert rows.loc["tmf-1", "velocity_up_mm_per_yr"] == pytest.approx(-32, abs=2)
    assert abs(rows.loc["tmf-2", "velocity_up_mm_per_yr"]) < 1.0


def test_points_and_series_are_those_near_facilities(run, toy_sources):
    out = run(toy_sources)
    points = read_table("displacement_points", out / OUTPUTS[1])
    root = zarr.open_group(out / OUTPUTS[2], mode="r")
    assert set(points["source_id"]) == set(root.group_keys()) == {"asc", "desc"}
    stored = set(root["asc"]["point_id"][:].tolist())
    assert set(points.loc[points["source_id"] == "asc", "point_id"]) == stored
    assert "0012345678" in stored


def test_points_tell_their_course_and_break_dates(run, toy_sources):
    points = read_table("displacement_points", run(toy_sources) / OUTPUTS[1])
    assert set(points["course"]) <= {
        "steady",
        "breaks",
        "steps",
        "consolidation",
        "deceleration",
        "acceleration",
        "unknown",
    }
    for dates, sizes in (
        ("offset_dates", "offset_sizes_mm"),
        ("jump_dates", "jump_sizes_mm"),
    ):
        assert (points[dates].notna() == points[sizes].notna()).all()
    assert (points["jump_dates"].notna() == (points["n_jumps"].fillna(0) > 0)).all()
    has_dates = points["break_dates"].notna()
    assert (has_dates == (points["course"] == "breaks")).all()
    quiet = points[points["tmf_id"] == "tmf-2"]
    assert (quiet["course"] == "steady").mean() > 0.8


def test_two_runs_give_the_same_bytes_and_each_output_has_its_record(run, toy_sources):
    first, second = run(toy_sources, "a"), run(toy_sources, "b")
    for name in OUTPUTS:
        assert sha256(first / name) == sha256(second / name)
        record = f"{name}.prov.json"
        assert (first / record).read_bytes() == (second / record).read_bytes()
    notes = json.loads((first / f"{OUTPUTS[0]}.prov.json").read_text())["notes"]
    assert notes["references"]["asc"]["reference_point"] == "GNSS frame of the EGMS"


def test_a_broken_source_is_named_and_the_others_go_on(
    run, toy_sources, tmp_path, caplog
):
    bad = tmp_path / "EGMS_L2b_117_0001_IW1_VV.zip"
    bad.write_bytes(b"PK\x03\x04 cut off")
    rows = rows_of(run(f"{toy_sources}, {{id: bad, path: '{bad}', reader: egms}}"))
    unread = f"source_unreadable|source=bad|file={bad.name}|field=-"
    assert rows.loc["tmf-1", "status"] == "measured"
    assert rows.loc["tmf-1", "reason"].startswith("measured|")
    assert rows.loc["tmf-1", "reason"].endswith(f";{unread}")
    assert rows.loc["tmf-3", "reason"] == unread
    assert rows.loc["tmf-4", "reason"] == "no_position"
    errors = [one for one in caplog.records if one.levelname == "ERROR"]
    assert len(errors) == 1
    assert "damaged or truncated" in errors[0].message


def test_without_any_readable_source_every_facility_says_why(run, tmp_path):
    rows = rows_of(run("{id: bad, path: absent.h5, reader: mintpy}"))
    assert rows.loc["tmf-1", "reason"].startswith("source_unreadable|source=bad")
    assert rows.loc["tmf-1", "status"] == "not_covered"
    assert set(rows["watch_level"]) == {"not_assessed"}


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("{id: a, path: x.h5, reader: mintpi}", "reader"),
        ("{id: a, path: x.h5, reader: mintpy, options: {geometri: x}}", "geometri"),
    ],
)
def test_a_mistake_in_the_region_stops_before_anything_is_written(
    run, tmp_path, source, said
):
    with pytest.raises(InputError, match=said):
        run(source)
    assert not (tmp_path / "out").exists()


def test_rates_without_series_are_shown_and_not_judged(run, tmp_path):
    rate = np.full((40, 40), -12.0, dtype=np.float32)
    path = mintpy_velocity(tmp_path / "velocity.h5", rate)
    with h5py.File(path, "a") as handle:
        near = {"X_FIRST": 70.08, "Y_FIRST": 40.22, "X_STEP": 0.001, "Y_STEP": -0.001}
        handle.attrs.update({name: str(value) for name, value in near.items()})
    out = run(f"{{id: mm, path: '{path}', reader: mintpy}}")
    row = rows_of(out).loc["tmf-1"]
    assert row["status"] == "too_few_points"
    assert "rates_only|source=mm|" in row["reason"]
    assert row["reason"].endswith("median_mm_per_yr=-12")
    assert row["watch_level"] == "not_assessed"
    points = read_table("displacement_points", out / OUTPUTS[1])
    assert set(points["provider_velocity_mm_per_yr"].round(4)) == {-12.0}
    assert points["velocity_mm_per_yr"].isna().all()
    assert set(points["n_epochs"]) == {0}


def test_a_region_without_sources_does_not_pay_for_the_compiler():
    program = (
        "import sys, pipeline.displacement.stage, pipeline.displacement.store;"
        "print('numba' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"


def test_the_toy_products_are_what_their_script_makes(project, tmp_path):
    path = project / "tests" / "regions" / "make_toy_displacement.py"
    spec = importlib.util.spec_from_file_location("make_toy_displacement", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    track = module.TRACKS[0]
    text = module.product(track, np.random.default_rng([module.SEED, 0]))
    module.write_zip(tmp_path / "again.zip", {"a.csv": text})
    shipped = module.FOLDER / f"{track.name}.zip"
    with zipfile.ZipFile(shipped) as archive:
        assert archive.read(f"{track.name}.csv").decode() == text
    assert sum(p.stat().st_size for p in module.FOLDER.iterdir()) < 150_000
