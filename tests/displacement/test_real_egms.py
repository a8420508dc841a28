"""Real EGMS products: the two tracks and the level 3 tile of one island."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pyproj import Transformer

from pipeline.displacement.checks import check_series
from pipeline.displacement.decompose import TrackRates, cell_means, solve_up_east
from pipeline.displacement.fit.noise import standard_errors
from pipeline.displacement.fit.trend import fit_trends
from pipeline.displacement.readers import egms

pytestmark = pytest.mark.real_data
FILES = {
    "desc": "EGMS_L2b_022_0845_IW2_VV_2020_2024_1.zip",
    "asc": "EGMS_L2b_117_0227_IW2_VV_2020_2024_1.zip",
    "up": "EGMS_L3_E45N17_100km_U_2020_2024_1.zip",
    "east": "EGMS_L3_E45N17_100km_E_2020_2024_1.zip",
}


@pytest.fixture(scope="module")
def island(shared_data: Path, ask: Any) -> Any:
    folder = shared_data / "insar" / "egms"
    if not folder.is_dir():
        pytest.skip("no EGMS samples in the data root")
    return {
        name: check_series(egms.read(ask(folder / f), egms.Options()), folder / f)
        for name, f in FILES.items()
    }


@pytest.mark.parametrize(
    ("name", "n_points", "n_epochs", "last"),
    [
        ("desc", 11590, 210, "2024-12-25"),
        ("asc", 11759, 207, "2024-12-31"),
        ("up", 522, 304, "2024-12-25"),
        ("east", 522, 304, "2024-12-25"),
    ],
)
def test_every_point_and_epoch_is_read(island, name, n_points, n_epochs, last):
    series = island[name]
    assert series.displacement_mm.shape == (n_points, n_epochs)
    assert str(series.epoch[-1]) == last
    assert all(len(pid) == 10 for pid in series.point_id)
    assert series.is_interpolated == (name in ("up", "east"))


def test_the_archive_is_read_where_it_lies(island, shared_data):
    folder = shared_data / "insar" / "egms"
    assert not list(folder.glob("EGMS*.csv"))


@pytest.mark.parametrize("name", FILES)
def test_rates_equal_those_of_the_provider(island, name):
    series = island[name]
    fit = fit_trends(series.displacement_mm, series.time_d, n_cycles=1)
    off = fit.velocity_mm_per_yr - series.provider_velocity_mm_per_yr
    assert np.abs(off).max() < 0.11  # the file has one decimal
    assert abs(np.median(off)) < 0.04


def test_two_tracks_decompose_to_the_level_3_rates(island):
    turn = Transformer.from_crs("EPSG:4326", "EPSG:3035", always_xy=True)
    means = []
    for name in ("asc", "desc"):
        series = island[name]
        xy = np.column_stack(turn.transform(series.lon_deg, series.lat_deg))
        rate = series.provider_velocity_mm_per_yr
        track = TrackRates(
            name, xy, rate, np.ones_like(rate), series.los, "frame", False, 0.0, 1.0
        )
        means.append(cell_means(track, 100.0))
    level3 = {}
    for name in ("up", "east"):
        series = island[name]
        x, y = turn.transform(series.lon_deg, series.lat_deg)
        cells = zip(
            np.floor(x / 100).astype(int), np.floor(y / 100).astype(int), strict=True
        )
        level3[name] = dict(zip(cells, series.provider_velocity_mm_per_yr, strict=True))
    cells = sorted(set(means[0]) & set(means[1]) & set(level3["up"]))
    velocity = np.array([[m[c][0] for m in means] for c in cells])
    los = np.array([[m[c][2] for m in means] for c in cells])
    rates, _ = solve_up_east(velocity, np.ones_like(velocity), los)
    east_off = rates[:, 0] - np.array([level3["east"][c] for c in cells])
    up_off = rates[:, 1] - np.array([level3["up"][c] for c in cells])
    assert len(cells) == 522
    assert abs(np.median(up_off)) < 0.05
    assert abs(np.median(east_off)) < 0.05
    for off in (up_off, east_off):
        assert np.median(np.abs(off - np.median(off))) < 0.1
        assert np.quantile(np.abs(off), 0.95) < 0.2


def test_real_errors_are_several_times_the_formal_ones(island):
    # the files say 0.1 mm/yr for rates; correlated noise makes it more
    series = island["desc"]
    errors = standard_errors(series.displacement_mm[::40], series.time_d)
    assert 0.2 < np.median(errors.velocity_std_mm_per_yr) < 0.8
    assert np.median(errors.n_effective) < 0.5 * len(series.epoch)


def test_plain_text_and_archive_give_the_same_points(island, shared_data, ask):
    path = shared_data / "insar/egms/clip/EGMS_L2b_022_0845_IW2_VV_2020_2024_1_clip.csv"
    clip = egms.read(ask(path), egms.Options())
    assert clip.n_points == 275
    rows = np.flatnonzero(np.isin(island["desc"].point_id, clip.point_id))
    np.testing.assert_array_equal(
        island["desc"].displacement_mm[rows], clip.displacement_mm
    )
