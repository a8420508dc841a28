"""The zarr store of series."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr
import zarr

from pipeline.core.files import sha256
from pipeline.displacement import store
from pipeline.displacement.fit.stored_velocity import read_rows
from pipeline.displacement.store import write_series

DATES = np.array(["2022-01-01", "2022-01-13", "2022-02-06"], dtype="datetime64[D]")
VALUES = np.array([[1.0, np.nan, 3.0], [4.0, 5.0, 6.0]], dtype=np.float32)


def test_series_come_back_as_they_went_in(tmp_path, make_series):
    series = make_series(VALUES, DATES)
    write_series(tmp_path / "s.zarr", [series])
    back = xr.open_zarr(tmp_path / "s.zarr", group="src")
    assert back["displacement"].dtype == np.float32
    np.testing.assert_array_equal(back["displacement"].to_numpy(), VALUES)
    assert back["time"].to_numpy().astype("datetime64[D]").tolist() == DATES.tolist()
    assert back["point_id"].to_numpy().tolist() == ["p0000", "p0001"]
    assert back["displacement"].dims == ("point", "time")
    assert back["lon"].to_numpy() == pytest.approx(series.lon_deg)


def test_unit_sign_and_reference_stand_in_the_attributes(tmp_path, make_series):
    write_series(tmp_path / "s.zarr", [make_series(VALUES, DATES)])
    group = zarr.open_group(tmp_path / "s.zarr", mode="r")["src"]
    shown = group["displacement"].attrs
    assert shown["units"] == "mm"
    assert shown["positive"] == "towards the satellite"
    assert shown["long_name"] == "displacement along the line of sight"
    assert group.attrs["reference_point"] == "frame"
    assert group.attrs["reference_epoch"] == "unknown"


@pytest.mark.parametrize("wavelength_mm", [None, 31.0])
def test_the_wavelength_comes_back_where_it_is_known(
    tmp_path, make_series, wavelength_mm
):
    series = replace(make_series(VALUES, DATES), wavelength_mm=wavelength_mm)
    write_series(tmp_path / "s.zarr", [series])
    back = read_rows(tmp_path / "s.zarr", "src", 0, 2)
    assert back.wavelength_mm == wavelength_mm
    assert back.half_wave_mm == (None if wavelength_mm is None else 15.5)


def test_a_store_without_sources_is_valid_and_empty(tmp_path):
    write_series(tmp_path / "s.zarr", [])
    root = zarr.open_group(tmp_path / "s.zarr", mode="r")
    assert list(root.group_keys()) == []
    assert root.attrs["Conventions"] == "CF-1.11"


def test_a_source_without_points_near_facilities_is_kept_as_empty(
    tmp_path, make_series
):
    write_series(tmp_path / "s.zarr", [make_series(VALUES[:0], DATES)])
    back = xr.open_zarr(tmp_path / "s.zarr", group="src")
    assert back["displacement"].shape == (0, 3)


def test_equal_series_give_equal_bytes_in_any_order(tmp_path, make_series):
    a = make_series(VALUES, DATES)
    b = replace(a, source_id="other")
    write_series(tmp_path / "1.zarr", [a, b])
    write_series(tmp_path / "2.zarr", [b, a])
    assert sha256(tmp_path / "1.zarr") == sha256(tmp_path / "2.zarr")


def test_a_failed_write_leaves_the_old_store(tmp_path, make_series):
    path = tmp_path / "s.zarr"
    write_series(path, [make_series(VALUES, DATES)])
    before = sha256(path)
    broken = replace(make_series(VALUES, DATES), lon_deg=None)
    with pytest.raises(AttributeError):
        write_series(path, [broken])
    assert sha256(path) == before
    assert [p.name for p in tmp_path.iterdir()] == ["s.zarr"]


@pytest.mark.parametrize(
    "sizes", [(7,), (3, 4), (1, 1, 5), (4, 3), (2, 9, 1, 8), (25,)]
)
def test_parts_of_any_size_give_the_store_of_the_whole(
    tmp_path, monkeypatch, make_series, sizes
):
    n = sum(sizes)
    values = np.arange(3.0 * n, dtype=np.float32).reshape(n, 3)
    monkeypatch.setattr(store, "_CHUNK_BYTES", 4 * 3 * 4)  # four points
    with store.open_series(tmp_path / "parts.zarr") as writer:
        at = 0
        for size in sizes:
            part = make_series(values[at : at + size].copy(), DATES)
            writer.append(part)
            part.displacement_mm[:] = -1.0  # the writer keeps copies alone
            at += size
    back = xr.open_zarr(tmp_path / "parts.zarr", group="src")
    np.testing.assert_array_equal(back["displacement"].to_numpy(), values)
    assert back["lon"].shape == (n,)
