"""Small products of every format, written as their producers lay them out."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import rasterio
from rasterio.crs import CRS
from rasterio.transform import Affine

DATES = ("20200103", "20200115", "20200127")
SHAPE = (2, 3)
LON0, LAT0, STEP = 70.0, 40.4, 0.1  # centre of the upper left cell
VALUES_MM = np.array(
    [np.zeros(SHAPE), [[1, 2, 3], [4, 5, np.nan]], [[-2, 4, 6], [8, 10, np.nan]]],
    dtype=np.float32,
)
VALUES_MM[0, 1, 2] = np.nan
E, N, U = -0.6, -0.1, float(np.sqrt(1 - 0.37))
INCIDENCE = float(np.degrees(np.arccos(U)))
AZIMUTH = float(np.degrees(np.arctan2(-E, N)))
ATTRIBUTES = {
    "FILE_TYPE": "timeseries",
    "UNIT": "m",
    "LENGTH": "2",
    "WIDTH": "3",
    "X_FIRST": str(LON0 - STEP / 2),
    "Y_FIRST": str(LAT0 + STEP / 2),
    "X_STEP": str(STEP),
    "Y_STEP": str(-STEP),
    "X_UNIT": "degrees",
    "REF_DATE": "20200103",
    "REF_LAT": "40.4",
    "REF_LON": "70.0",
    "HEADING": "-10.0",
    "ORBIT_DIRECTION": "ASCENDING",
}


def mintpy_series(path: Path, values_mm: Any = VALUES_MM, **changes: Any) -> Path:
    """Write timeseries.h5 in metres; a None removes an attribute."""
    attributes = {k: v for k, v in (ATTRIBUTES | changes).items() if v is not None}
    with h5py.File(path, "w") as handle:
        handle["timeseries"] = np.asarray(values_mm, dtype=np.float32) / 1000
        handle["date"] = np.array(DATES, dtype="S8")
        handle["bperp"] = np.zeros(len(DATES), dtype=np.float32)
        handle.attrs.update(attributes)
    return path


def mintpy_velocity(path: Path, rate_mm: Any) -> Path:
    with h5py.File(path, "w") as handle:
        handle["velocity"] = np.asarray(rate_mm, dtype=np.float32) / 1000
        changes = {"FILE_TYPE": "velocity", "UNIT": "m/year"}
        handle.attrs.update(ATTRIBUTES | changes)
    return path


def mintpy_geometry(path: Path, shape: Any = SHAPE, **layers: Any) -> Path:
    with h5py.File(path, "w") as handle:
        handle["incidenceAngle"] = np.full(shape, INCIDENCE, dtype=np.float32)
        handle["azimuthAngle"] = np.full(shape, AZIMUTH, dtype=np.float32)
        handle["height"] = np.full(shape, 900.0, dtype=np.float32)
        for name, layer in layers.items():
            handle[name] = layer
    return path


def hdfeos5(path: Path, mask: Any = None) -> Path:
    with h5py.File(path, "w") as handle:
        root = handle.create_group("HDFEOS/GRIDS/timeseries")
        filled = np.nan_to_num(VALUES_MM, nan=0.0) / 1000
        stack = root.create_dataset("observation/displacement", data=filled)
        stack.attrs["Units"] = "meters"
        root["observation/date"] = np.array(DATES, dtype="S8")
        kept = np.isfinite(VALUES_MM).all(axis=0) if mask is None else mask
        root["quality/mask"] = kept
        root["quality/temporalCoherence"] = np.full(SHAPE, 0.8, dtype=np.float32)
        root["geometry/incidenceAngle"] = np.full(SHAPE, INCIDENCE, dtype=np.float32)
        root["geometry/azimuthAngle"] = np.full(SHAPE, AZIMUTH, dtype=np.float32)
        root["geometry/height"] = np.full(SHAPE, 900.0, dtype=np.float32)
        handle.attrs.update(ATTRIBUTES | {"FILE_TYPE": "HDFEOS"})
    return path


def licsbas(path: Path, values_mm: Any = VALUES_MM, **changes: Any) -> Path:
    held = {
        "cum": np.asarray(values_mm, dtype=np.float32),
        "imdates": np.array([int(d) for d in DATES], dtype=np.int32),
        "vel": np.full(SHAPE, 5.0, dtype=np.float32),
        "corner_lat": LAT0,
        "corner_lon": LON0,
        "post_lat": -STEP,
        "post_lon": STEP,
        "refarea": b"0:1/0:1",
        "E.geo": np.full(SHAPE, E, dtype=np.float32),
        "N.geo": np.full(SHAPE, N, dtype=np.float32),
        "U.geo": np.full(SHAPE, U, dtype=np.float32),
    } | changes
    with h5py.File(path, "w") as handle:
        for name, value in held.items():
            if value is not None:
                handle[name] = value
    return path


def licsbas_flat(folder: Path, rate_mm: Any) -> Path:
    results, info = folder / "TS" / "results", folder / "TS" / "info"
    results.mkdir(parents=True)
    info.mkdir()
    (info / "EQA.dem_par").write_text(
        f"DEM_projection:     EQA\nwidth: 3\nnlines: 2\n"
        f"corner_lat: {LAT0}  decimal degrees\ncorner_lon: {LON0}  decimal degrees\n"
        f"post_lat: {-STEP} decimal degrees\npost_lon: {STEP} decimal degrees\n",
        encoding="utf-8",
    )
    (info / "13ref.txt").write_text("1:2/0:1\n", encoding="utf-8")
    np.asarray(rate_mm, dtype="<f4").tofile(results / "vel")
    np.full(SHAPE, 0.7, dtype="<f4").tofile(results / "coh_avg")
    return results / "vel"


def gmt_grid(path: Path, layer: Any, lon0: float = LON0) -> Path:
    """Write a grid as GMT does: latitude ascending, so rows are turned over."""
    with h5py.File(path, "w") as handle:
        handle["z"] = np.asarray(layer, dtype=np.float32)[::-1]
        handle["z"].attrs["_FillValue"] = np.array([np.nan], dtype=np.float32)
        handle["lon"] = lon0 + STEP * np.arange(SHAPE[1])
        handle["lat"] = (LAT0 - STEP * np.arange(SHAPE[0]))[::-1]
    return path


def gmtsar(folder: Path) -> Path:
    folder.mkdir()
    for day, layer in zip(DATES, VALUES_MM, strict=True):
        when = date(int(day[:4]), int(day[4:6]), int(day[6:]))
        number = (when - date(when.year, 1, 1)).days
        gmt_grid(folder / f"disp_{when.year}{number:03d}_ll.grd", layer)
    return folder


def from_origin(west: float, north: float, step: float) -> Affine:
    """Place a raster by its upper left corner and the side of its cells."""
    return Affine(step, 0.0, west, 0.0, -step, north)


def geotiff(path: Path, layers: Any, descriptions: Any = None, **changes: Any) -> Path:
    layers = np.asarray(layers, dtype=np.float32)
    layers = layers[None] if layers.ndim == 2 else layers
    profile = {
        "driver": "GTiff",
        "dtype": "float32",
        "count": len(layers),
        "height": layers.shape[1],
        "width": layers.shape[2],
        "crs": CRS.from_epsg(4326),
        "transform": from_origin(LON0 - STEP / 2, LAT0 + STEP / 2, STEP),
        "nodata": -9999.0,
    } | changes
    with rasterio.open(path, "w", **profile) as raster:
        raster.write(np.nan_to_num(layers, nan=-9999.0))
        for k, text in enumerate(descriptions or (), start=1):
            raster.set_band_description(k, text)
    return path


OPERA_NAME = "OPERA_L3_DISP-S1_IW_F00001_VV_{0}T051230Z_{1}T051230Z_v{2}_{3}T000000Z.nc"


def opera(
    folder: Path,
    reference: str,
    secondary: str,
    value_m: float,
    *,
    version: str = "1.0",
    created: str = "20250101",
    shape: Any = SHAPE,
    bad: Any = (),
) -> Path:
    """Write one DISP-S1 pair with the same motion everywhere."""
    folder.mkdir(exist_ok=True)
    path = folder / OPERA_NAME.format(reference, secondary, version, created)
    layer = np.full(shape, value_m, dtype=np.float32)
    mask = np.ones(shape, dtype=np.uint8)
    for cell in bad:
        layer[cell] = np.nan
    with h5py.File(path, "w") as handle:
        handle["displacement"] = layer
        handle["displacement"].attrs["units"] = b"meters"
        handle["recommended_mask"] = mask
        handle["temporal_coherence"] = np.full(shape, 0.9, dtype=np.float32)
        handle["corrections/ionospheric_delay"] = np.full(shape, 0.001, np.float32)
        handle["corrections/solid_earth_tide"] = np.full(shape, 0.002, np.float32)
        handle["x"] = 500_000.0 + 30.0 * np.arange(shape[1])
        handle["y"] = 4_500_000.0 - 30.0 * np.arange(shape[0])
        handle["spatial_ref"] = np.int64(0)
        handle["spatial_ref"].attrs["crs_wkt"] = CRS.from_epsg(32642).to_wkt()
        handle["identification/orbit_pass_direction"] = np.bytes_(b"Ascending")
        handle["identification/track_number"] = 100
    return path


def stamps(path: Path) -> Path:
    first = date(2020, 1, 3)
    days = [(first + timedelta(days=12 * k)).toordinal() + 365 for k in range(3)]
    path.write_text(
        "export_res_ 1,export_res_ 2,export_res_ 3,export_res_ 4,export_res_ 5,"
        "export_res_ 6\n"
        f"70.0,40.4,NaN,{days[0]},{days[1]},{days[2]}\n"
        "70.1,40.4,-3.5,0,-1.0,-2.5\n70.2,40.4,1.5,0,NaN,0.5\n",
        encoding="utf-8",
    )
    return path
