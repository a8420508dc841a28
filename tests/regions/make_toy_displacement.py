"""Make the toy region's two displacement products in the layout of EGMS level 2b.

Run from the project's folder: ``python tests/regions/make_toy_displacement.py``. The
files are simulated (`pipeline.displacement.simulate`): a dam at toy-01 that settles at
about 25 mm/yr along the line of sight, stable ground at toy-02. Equal runs give equal
bytes.

With ``--stages FOLDER`` it writes another history instead, as it was known on four
days: a dam that is quiet, drops by a step, speeds up, and is about to fail.
"""

from __future__ import annotations

import argparse
import io
import string
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pyproj import Transformer

from pipeline.displacement.fit.trend import fit_trends
from pipeline.displacement.series import los_from_angles
from pipeline.displacement.simulate import (
    Motion,
    Noise,
    days_since_first,
    sentinel1_dates,
    series,
)

FOLDER = Path(__file__).parent / "toy" / "displacement"
SEED = 20260101
DAM = (70.10, 40.20)
STABLE = (70.30, 40.25)
DAM_UP_MM_PER_YR = -32.0
M_PER_DEG_LAT = 111_040.0
M_PER_DEG_LON = 85_390.0  # at 40 degrees north
STAMP = (2025, 11, 6, 0, 0, 0)
BASE62 = string.digits + string.ascii_letters


@dataclass(frozen=True)
class Track:
    """One Sentinel-1 burst: its name and how it looks at the ground."""

    name: str
    first: str
    last: str
    heading_deg: float
    incidence_deg: float


TRACKS = (
    Track("EGMS_L2b_117_0001_IW1_VV_2020_2024_1", "2022-04-08", "2024-12-30", -9.0, 39),
    Track(
        "EGMS_L2b_022_0001_IW1_VV_2020_2024_1", "2022-04-02", "2024-12-24", 191.0, 37
    ),
)


def positions(rng: np.random.Generator) -> tuple[NDArray[np.float64], list[bool]]:
    """Longitude and latitude of the points, and which of them are on the dam."""
    crest = np.column_stack([np.linspace(-290, 290, 26), rng.normal(0, 25, 26)])
    around = rng.uniform(-600, 600, (14, 2)) + np.array([0.0, 120.0])
    ground = rng.uniform(-550, 550, (32, 2))
    metres = np.vstack([crest, around, ground])
    centre = np.array([DAM] * 40 + [STABLE] * 32)
    degrees = centre + metres / np.array([M_PER_DEG_LON, M_PER_DEG_LAT])
    return degrees, [True] * 26 + [False] * 46


def point_ids(n: int, rng: np.random.Generator) -> list[str]:
    """Ten characters each; the first looks like a number on purpose."""
    letters = rng.choice(list(BASE62), size=(n, 10))
    return ["0012345678", *("".join(row) for row in letters[1:])]


STAGES = {
    "green": "2024-01-15",
    "yellow": "2024-04-20",
    "amber": "2024-09-07",
    "red": "2024-11-20",
}
"""Level of toy-01 by the day of its newest epoch, in the history of ``--stages``."""
FAILURE = "2024-12-10"
STEP = "2024-02-10"


def stage_product(track: Track, number: int, last: str) -> str:
    """Text of one CSV file of the history of a failing dam, as known on a day."""
    rng = np.random.default_rng([SEED, 10 + number])
    dates = sentinel1_dates(
        track.first, "2024-12-04", rng, missing_fraction=0.04, repeat_d=12
    )
    lonlat, on_dam = positions(rng)
    n = len(lonlat)
    incidence = np.full(n, track.incidence_deg) + rng.normal(0, 0.02, n)
    los = los_from_angles(incidence, np.full(n, track.heading_deg))
    day = {
        name: float((np.datetime64(text) - dates[0]).astype(int))
        for name, text in (("failure", FAILURE), ("step", STEP))
    }
    motions = [
        Motion(
            velocity_mm_per_yr=rng.normal(0, 0.3),
            seasonal_mm=abs(rng.normal(1.5, 0.4)),
            seasonal_phase_yr=0.2,
            step_mm=-9.0 * on_dam[k],
            step_d=day["step"],
            failure_d=day["failure"] if on_dam[k] else None,
            failure_onset_d=day["failure"] - 150.0,
            failure_rate_per_mm=0.045 * rng.uniform(0.9, 1.1),
        )
        for k in range(n)
    ]
    values = series(
        motions, dates, Noise(0.8, 0.5, 30.0), rng, common=Noise(0.2, 0.4, 20.0)
    )
    known = dates <= np.datetime64(last)
    return table(track, dates[known], lonlat, los, incidence, values[:, known], rng)


def product(track: Track, rng: np.random.Generator) -> str:
    """Text of one CSV file."""
    dates = sentinel1_dates(
        track.first, track.last, rng, missing_fraction=0.04, repeat_d=12
    )
    lonlat, on_dam = positions(rng)
    n = len(lonlat)
    incidence = np.full(n, track.incidence_deg) + rng.normal(0, 0.02, n)
    heading = np.full(n, track.heading_deg)
    los = los_from_angles(incidence, heading)
    motions = [
        Motion(
            velocity_mm_per_yr=los[k, 2] * DAM_UP_MM_PER_YR * rng.uniform(0.9, 1.1)
            if on_dam[k]
            else rng.normal(0, 0.3),
            seasonal_mm=abs(rng.normal(1.5, 0.4)),
            seasonal_phase_yr=0.2,
        )
        for k in range(n)
    ]
    values = series(
        motions, dates, Noise(1.8, 1.0, 35.0), rng, common=Noise(0.3, 0.5, 20.0)
    )
    return table(track, dates, lonlat, los, incidence, values, rng)


def table(
    track: Track,
    dates: NDArray[np.datetime64],
    lonlat: NDArray[np.float64],
    los: NDArray[np.float64],
    incidence: NDArray[np.float64],
    values: NDArray[np.float32],
    rng: np.random.Generator,
) -> str:
    """Rows in the columns of the 2020-2024 generation."""
    n = len(lonlat)
    fit = fit_trends(values, days_since_first(dates), n_cycles=1)
    to_grid = Transformer.from_crs("EPSG:4326", "EPSG:3035", always_xy=True)
    east, north = to_grid.transform(lonlat[:, 0], lonlat[:, 1])
    height = 900 + rng.normal(0, 6, n)
    columns: dict[str, list[str]] = {
        "pid": point_ids(n, rng),
        "mp_type": [str(v) for v in rng.choice([0, 0, 0, 240], n)],
        "latitude": [f"{v:.6f}" for v in lonlat[:, 1]],
        "longitude": [f"{v:.6f}" for v in lonlat[:, 0]],
        "easting": [f"{v:.2f}" for v in east],
        "northing": [f"{v:.2f}" for v in north],
        "height_ortho": [f"{v:.1f}" for v in height],
        "height_ellipse": [f"{v - 39.0:.1f}" for v in height],
        "line": [str(1000 + k) for k in range(n)],
        "pixel": [str(5000 + 3 * k) for k in range(n)],
        "rmse_ts": [f"{v:.1f}" for v in fit.rmse_mm],
        "temporal_coherence": [f"{v:.2f}" for v in rng.uniform(0.75, 0.95, n)],
        "amplitude_dispersion": [f"{v:.2f}" for v in rng.uniform(0.2, 0.5, n)],
        "incidence_angle": [f"{v:.2f}" for v in incidence],
        "track_angle": [f"{track.heading_deg:.2f}"] * n,
        "los_east": [f"{v:.3f}" for v in los[:, 0]],
        "los_north": [f"{v:.3f}" for v in los[:, 1]],
        "los_up": [f"{v:.3f}" for v in los[:, 2]],
        "mean_velocity": [f"{v:.1f}" for v in fit.velocity_mm_per_yr],
        "mean_velocity_std": ["0.1"] * n,
        "acceleration": [f"{v:.2f}" for v in fit.acceleration_mm_per_yr2],
        "acceleration_std": ["0.30"] * n,
        "seasonality": [f"{v:.1f}" for v in fit.amplitude_mm],
        "seasonality_std": ["0.2"] * n,
        "gnss_velocity": ["0.0"] * n,
    }
    for k, day in enumerate(dates):
        columns[str(day).replace("-", "")] = [f"{v:.1f}" for v in values[:, k]]
    text = io.StringIO()
    text.write(",".join(columns) + "\n")
    text.writelines(",".join(row) + "\n" for row in zip(*columns.values(), strict=True))
    return text.getvalue()


def write_zip(path: Path, members: dict[str, str]) -> None:
    """Write an archive whose bytes depend on the content alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in members.items():
            info = zipfile.ZipInfo(name, STAMP)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 3
            info.external_attr = 0o644 << 16
            archive.writestr(info, text.encode("utf-8"), compresslevel=9)


def members(track: Track, text: str) -> dict[str, str]:
    """Files of one archive."""
    xml = (
        "<?xml version='1.0' encoding='UTF-8'?>\n<BURST>\n"
        "  <product_level>L2b</product_level>\n"
        "  <remark>simulated for tests, no observation</remark>\n</BURST>\n"
    )
    return {f"{track.name}.xml": xml, f"{track.name}.csv": text}


def write_stage(folder: Path, last: str) -> None:
    """Write both products of the failing dam as they were known on a day."""
    for number, track in enumerate(TRACKS):
        text = stage_product(track, number, last)
        write_zip(folder / f"{track.name}.zip", members(track, text))


def main() -> None:
    """Write both products, or those of the history of a failing dam."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stages", type=Path, help="folder of the other history")
    stages = parser.parse_args().stages
    if stages is not None:
        for level, last in STAGES.items():
            write_stage(stages / level, last)
        return
    for number, track in enumerate(TRACKS):
        text = product(track, np.random.default_rng([SEED, number]))
        write_zip(FOLDER / f"{track.name}.zip", members(track, text))


if __name__ == "__main__":
    main()
