"""Rates of whole products by one command: tables, grids, and stored series."""

from __future__ import annotations

import subprocess
import sys

import geopandas as gpd
import h5py
import numpy as np
import pyarrow.parquet as pq
import pytest
import rasterio
import xarray as xr

from pipeline.cli import main
from pipeline.displacement import simulate
from pipeline.displacement.fit import grid_velocity
from pipeline.displacement.fit.source_fit import Steps, fit_terms
from pipeline.displacement.fit.stored_velocity import rates_of_store
from pipeline.displacement.reading import epoch_stack, wide_csv
from pipeline.displacement.store import write_series
from tests.displacement import small_products as small

DATES = simulate.sentinel1_dates("2020-01-03", "2023-12-25")
TIME_D = simulate.days_since_first(DATES)
DAYS = [str(day).replace("-", "") for day in DATES]
N = 40
NAME = "EGMS_L2b_117_0001_IW1_VV_2020_2024_1.csv"


def moving(n: int = N, seed: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    motions = [simulate.Motion(velocity_mm_per_yr=-k) for k in range(n)]
    return simulate.series(motions, DATES, simulate.Noise(), rng)


def egms_file(folder, values, name=NAME):
    lead = "pid,latitude,longitude,temporal_coherence,los_east,los_north,los_up"
    rows = [f"{lead},mean_velocity,{','.join(DAYS)}"]
    for k, row in enumerate(values):
        cells = ",".join("" if np.isnan(v) else f"{v:.1f}" for v in row)
        rows.append(f"p{k},{40 + k / 1000},70.1,0.8,-0.621,-0.098,0.777,0.0,{cells}")
    path = folder / name
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def run(*arguments) -> int:
    return main(["displacement", "velocity", *map(str, arguments)])


def test_a_wide_file_becomes_a_table_and_stored_series(tmp_path, monkeypatch):
    values = moving()
    values[3, 5] = np.nan
    monkeypatch.setattr(wide_csv, "_BLOCK_BYTES", 5000)  # several parts
    out, store = tmp_path / "rates.parquet", tmp_path / "series.zarr"
    assert run(egms_file(tmp_path, values), "--out", out, "--series", store) == 0
    rates = gpd.read_parquet(out)
    assert rates["point_id"].tolist() == [f"p{k}" for k in range(N)]
    assert rates.geometry.y[7] == pytest.approx(40.007)
    low, high = rates["velocity_mm_per_yr_low"], rates["velocity_mm_per_yr_high"]
    truth = -np.arange(N)
    assert ((low < truth) & (truth < high)).mean() > 0.85
    assert rates["n_epochs"].tolist()[2:5] == [len(DATES), len(DATES) - 1, len(DATES)]
    units = pq.read_schema(out).field("velocity_mm_per_yr").metadata
    assert units[b"units"] == b"mm/yr"
    assert pq.read_schema(out).metadata[b"positive"] == b"towards the satellite"
    stored = xr.open_zarr(store, group="product")["displacement"].to_numpy()
    np.testing.assert_array_equal(stored, np.round(values, 1).astype(np.float32))


def test_a_stated_step_is_fitted_and_stays_out_of_the_rate(tmp_path):
    day = DATES[100]
    values = moving(6) + np.where(day <= DATES, 20.0, 0.0)
    out = tmp_path / "rates.parquet"
    assert run(egms_file(tmp_path, values), "--out", out, "--step", day) == 0
    rates = gpd.read_parquet(out)
    column = f"step_{str(day).replace('-', '')}_mm"
    assert rates[column].to_numpy() == pytest.approx(20.0, abs=3.0)
    assert rates["velocity_mm_per_yr"].to_numpy() == pytest.approx(
        -np.arange(6), abs=2.5
    )


def test_a_refused_product_leaves_nothing_behind(tmp_path, capsys):
    path = egms_file(tmp_path, moving(3))
    path.write_text(path.read_text().replace("p2,", "p1,"), encoding="utf-8")
    out, store = tmp_path / "rates.parquet", tmp_path / "series.zarr"
    assert run(path, "--out", out, "--series", store) != 0
    assert "p1 more than once" in capsys.readouterr().err
    assert [p.name for p in tmp_path.iterdir()] == [NAME]


def mintpy_file(path, values):
    """Series of cells (rows, columns, epochs), mm, as MintPy writes them."""
    stack = np.moveaxis(values, -1, 0).astype(np.float32)
    small.mintpy_series(path, small.VALUES_MM)
    with h5py.File(path, "a") as handle:
        del handle["timeseries"], handle["date"]
        handle["timeseries"] = stack / 1000
        handle["date"] = np.array(DAYS, dtype="S8")
        for name in ("REF_Y", "REF_X"):
            handle.attrs.pop(name, None)
        handle.attrs["FILE_PATH"] = "/home/somebody/private"
    return path


def test_a_mintpy_series_becomes_a_velocity_file_and_a_geotiff(tmp_path, monkeypatch):
    values = moving(6).reshape(2, 3, -1)
    values[0, 1], values[1, 2] = 0.0, np.nan
    monkeypatch.setattr(epoch_stack, "_DIRECT_BYTES", 1)  # one row at a time
    monkeypatch.setattr(grid_velocity, "_BATCH_CELLS", 1)
    path = mintpy_file(tmp_path / "timeseries.h5", values)
    assert run(path, "--out", tmp_path / "velocity.h5") == 0
    with h5py.File(tmp_path / "velocity.h5") as handle:
        rates = handle["velocity"][...] * 1000
        assert handle.attrs["UNIT"] == "m/year"
        assert "somebody" not in str(dict(handle.attrs))
    assert np.isnan(rates[[0, 1], [1, 2]]).all()
    assert rates[0, 0] == pytest.approx(0.0, abs=1.5)
    assert rates[1, 1] == pytest.approx(-4.0, abs=1.5)
    assert run(path, "--out", tmp_path / "velocity.tif") == 0
    with rasterio.open(tmp_path / "velocity.tif") as file:
        assert file.descriptions[0] == "velocity (mm/yr)"
        assert file.tags()["positive"] == "towards the satellite"
        assert file.transform.a == pytest.approx(0.1)
        np.testing.assert_allclose(file.read(1), rates, rtol=1e-5, equal_nan=True)


def test_a_grid_gives_the_rates_of_its_points(tmp_path):
    values = moving(6)
    path = mintpy_file(tmp_path / "timeseries.h5", values.reshape(2, 3, -1))
    assert run(path, "--out", tmp_path / "grid.h5") == 0
    assert run(path, "--out", tmp_path / "points.parquet") == 0
    with h5py.File(tmp_path / "grid.h5") as handle:
        grid = {k: handle[k][...].ravel() * 1000 for k in ("velocity", "velocityStd")}
    points = gpd.read_parquet(tmp_path / "points.parquet")
    for name, column in (("velocity", ""), ("velocityStd", "_std")):
        wanted = points[f"velocity{column}_mm_per_yr"]
        np.testing.assert_allclose(grid[name], wanted, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--out", "x.csv"], "expected .parquet, .h5 or .tif"),
        (["--out", "x.parquet", "--step", "May"], "a date such as"),
        (["--out", "x.h5", "--series", "s.zarr"], "expected a table"),
        (["--out", "x.parquet", "--scheduler", "tcp://x"], "stored series"),
    ],
)
def test_options_that_do_not_fit_are_named(tmp_path, capsys, arguments, said):
    assert run(tmp_path / "a.csv", *arguments) != 0
    assert said in capsys.readouterr().err


def test_a_cluster_gives_the_same_answers_as_threads(tmp_path, make_series, methods):
    distributed = pytest.importorskip("distributed")
    series = make_series(moving(), DATES)
    write_series(tmp_path / "s.zarr", [series])
    whole = fit_terms(series, methods)
    path = tmp_path / "s.zarr"
    threads = rates_of_store(path, methods, Steps(), rows_per_task=7)
    with (
        distributed.LocalCluster(
            n_workers=1,
            threads_per_worker=2,
            processes=False,
            dashboard_address=None,
        ) as cluster,
        distributed.Client(cluster),
    ):
        clustered = rates_of_store(path, methods, Steps(), rows_per_task=7)
    assert clustered.equals(threads)
    np.testing.assert_array_equal(
        threads["velocity_mm_per_yr"].to_numpy(), whole.fit.velocity_mm_per_yr
    )


def test_interpolated_epochs_do_not_make_a_short_series_long(make_series, methods):
    dates = DATES[0] + 6 * np.arange(30)  # 174 days: 15 acquisitions, not 30
    values = moving(4)[:, :30]
    observed = fit_terms(make_series(values, dates), methods)
    between = fit_terms(make_series(values, dates, is_interpolated=True), methods)
    assert observed.usable.all()
    assert not between.usable.any()


def test_a_grid_without_errors_needs_no_compiled_code_and_has_the_same_rates(tmp_path):
    values = moving(6).reshape(2, 3, -1)
    values[0, 1] = np.nan
    path = mintpy_file(tmp_path / "timeseries.h5", values)
    assert run(path, "--out", tmp_path / "whole.h5", "--keep-outliers") == 0
    code = (
        "import sys; from pipeline.cli import main; assert main(sys.argv[1:]) == 0; "
        "assert 'numba' not in sys.modules, 'the compiler was started'"
    )
    out = tmp_path / "quick.h5"
    command = [sys.executable, "-c", code, "displacement", "velocity", str(path)]
    command += ["--out", str(out), "--keep-outliers", "--without-errors"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    with h5py.File(tmp_path / "whole.h5") as whole, h5py.File(out) as quick:
        assert set(whole) - set(quick) == {"velocityStd"}
        for name in quick:
            np.testing.assert_array_equal(quick[name][...], whole[name][...])
