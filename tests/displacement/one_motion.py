"""One known ground motion, written as every format by code of its own.

The ground moves by 10 mm/yr east, 3 mm/yr north and -20 mm/yr up with a season of 4 mm
up, more towards the east and the north, so that a cell read at a wrong place has a
wrong value. Geometry and projection are worked out here from first principles, without
the pipeline: a right-looking satellite on heading h sees the ground to the right of its
track, so that from the ground it stands at the azimuth h - 90 degrees.
"""

from __future__ import annotations

import csv
import math
import struct
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from pyproj import Transformer
from scipy.io import netcdf_file

DAYS = tuple(date(2021, 1, 3) + timedelta(days=12 * k) for k in range(93))
TEXTS = tuple(day.strftime("%Y%m%d") for day in DAYS)
EAST, NORTH, UP, SEASON = 10.0, 3.0, -20.0, 4.0  # mm/yr, and mm
LON0, LAT0 = 70.1, 40.2
HEADING, INCIDENCE = -12.0, 38.0  # ascending
WAVELENGTH_M = 0.05546576


def direction(heading: float = HEADING, incidence: float = INCIDENCE) -> Any:
    """Unit vector from the ground to the satellite: east, north, up."""
    azimuth, slope = math.radians(heading - 90.0), math.radians(incidence)
    flat = math.sin(slope)
    return np.array(
        [flat * math.sin(azimuth), flat * math.cos(azimuth), math.cos(slope)]
    )


def strength(lon: Any, lat: Any) -> Any:
    """How strongly a place moves: 1 at the middle, 4 % more for 100 m."""
    return 1.0 + 40.0 * (np.asarray(lon) - LON0) + 55.0 * (np.asarray(lat) - LAT0)


def ground_mm(lon: Any, lat: Any) -> Any:
    """Displacement since the first day, shape (places, days, 3): east, north, up."""
    days = np.array([(day - DAYS[0]).days for day in DAYS])
    years = days / 365.25
    season = SEASON * (np.cos(2 * np.pi * years) - 1.0)
    parts = np.column_stack([EAST * years, NORTH * years, UP * years + season])
    return strength(lon, lat)[:, None, None] * parts[None]


def los_mm(lon: Any, lat: Any, towards: Any = None) -> Any:
    """Along the line of sight, positive towards the satellite. Shape (places, days)."""
    vector = direction() if towards is None else towards
    return ground_mm(np.ravel(lon), np.ravel(lat)) @ vector


@dataclass(frozen=True)
class Product:
    """What a reader is given, and what must come out of it."""

    reader: str
    path: Path
    options: dict[str, Any]
    vector: Any = None  # of the component, where it is not the line of sight
    is_rate: bool = False
    n_points: int = 35


def lonlat_grid() -> tuple[Any, Any]:
    """Centres of the columns and rows, north first; 40 and 32 m apart."""
    return LON0 + 0.00047 * (np.arange(7) - 3), LAT0 - 0.00029 * (np.arange(5) - 2)


def grid_mm() -> Any:
    """Values of the grid, shape (days, rows, columns), north first."""
    lon, lat = np.meshgrid(*lonlat_grid())
    return los_mm(lon, lat).T.reshape(len(DAYS), *lon.shape).astype(np.float32)


def points() -> tuple[Any, Any]:
    """Scattered places."""
    rng = np.random.default_rng(11)
    return LON0 + rng.uniform(-2e-3, 2e-3, 9), LAT0 + rng.uniform(-2e-3, 2e-3, 9)


def _rows(path: Path, header: list[str], rows: Any, **how: Any) -> Path:
    with path.open("w", newline="", encoding="utf-8") as handle:
        writer = csv.writer(handle, **how)
        writer.writerow(header)
        writer.writerows(rows)
    return path


EGMS_COLUMNS = (
    "pid,mp_type,latitude,longitude,easting,northing,{height},{ellipsoid},line,pixel,"
    "{rmse},temporal_coherence,amplitude_dispersion,incidence_angle,track_angle,"
    "los_east,los_north,los_up,mean_velocity,mean_velocity_std,acceleration,"
    "acceleration_std,seasonality,seasonality_std"
)
FIRST = {"height": "height", "ellipsoid": "height_wgs84", "rmse": "rmse"}
LATER = {"height": "height_ortho", "ellipsoid": "height_ellipse", "rmse": "rmse_ts"}


def egms_point(folder: Path, name: str, names: dict[str, str], heading: float) -> Path:
    """Level 2a or 2b as a zip, with the names of one generation."""
    lon, lat = points()
    turn = Transformer.from_crs("EPSG:4326", "EPSG:3035", always_xy=True)
    x, y = turn.transform(lon, lat)
    vector = direction(heading)
    moved = los_mm(lon, lat, vector)
    header = EGMS_COLUMNS.format(**names).split(",")
    if "2020_2024" in name:
        header.append("gnss_velocity")
    rows = []
    for k in range(len(lon)):
        row = [f"10P{k:07d}", 0, f"{lat[k]:.6f}", f"{lon[k]:.6f}", f"{x[k]:.2f}"]
        row += [f"{y[k]:.2f}", 900.1, 861.2, 10 + k, 20 + k, 1.2, 0.93, 0.2, INCIDENCE]
        row += [heading % 360.0, *(f"{part:.7f}" for part in vector)]
        row += [f"{rate_mm(moved[k]):.1f}", 0.1, 0.0, 0.1, 3.0, 0.2]
        row += [f"{1.5:.1f}"] * ("gnss_velocity" in header)
        rows.append(row + [f"{value:.1f}" for value in moved[k]])
    plain = _rows(folder / f"{name}.csv", header + list(TEXTS), rows)
    packed = folder / f"{name}.zip"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(plain, f"{name}.csv")
        archive.writestr(f"{name}.xml", "<product/>")
    plain.unlink()
    return packed


def rate_mm(moved: Any) -> float:
    """Rate by two lines of normal equations: line and season."""
    years = np.array([(day - DAYS[0]).days for day in DAYS]) / 365.25
    turn = 2 * np.pi * years
    design = np.column_stack([np.ones_like(years), years, np.cos(turn), np.sin(turn)])
    return float(np.linalg.solve(design.T @ design, design.T @ moved)[1])


def egms_level_3(folder: Path, letter: str) -> Path:
    """Level 3: centres of cells of 100 m in EPSG:3035, and no viewing direction."""
    turn = Transformer.from_crs("EPSG:4326", "EPSG:3035", always_xy=True)
    x, y = turn.transform(*points())
    x, y = 100 * np.floor(x / 100) + 50, 100 * np.floor(y / 100) + 50
    lon, lat = turn.transform(x, y, direction="INVERSE")
    moved = ground_mm(lon, lat)[:, :, 0 if letter == "E" else 2]
    header = ["pid", "easting", "northing", "height", "rmse"]
    header += ["mean_velocity", "mean_velocity_std"]
    rows = [
        [f"p{k}", int(x[k]), int(y[k]), 900.1, 1.2, rate_mm(moved[k]), 0.1]
        + [f"{value:.1f}" for value in moved[k]]
        for k in range(len(x))
    ]
    name = f"EGMS_L3_E68N33_100km_{letter}_2020_2024_1.csv"
    return _rows(folder / name, header + list(TEXTS), rows)


def mintpy(folder: Path, kind: str) -> tuple[Path, dict[str, Any]]:
    """MintPy series on a grid in degrees or metres, or in radar geometry."""
    folder.mkdir()
    attributes = {"FILE_TYPE": "timeseries", "UNIT": "m", "REF_DATE": TEXTS[0]}
    attributes |= {"HEADING": str(HEADING), "WAVELENGTH": str(WAVELENGTH_M)}
    lon, lat = np.meshgrid(*lonlat_grid())
    prefix = "" if kind == "radar" else "geo_"
    if kind == "degrees":
        attributes |= {"X_FIRST": str(lon[0, 0] - 0.000235), "X_STEP": "0.00047"}
        attributes |= {"Y_FIRST": str(lat[0, 0] + 0.000145), "Y_STEP": "-0.00029"}
        attributes |= {"X_UNIT": "degrees", "Y_UNIT": "degrees"}
    if kind == "metres":
        turn = Transformer.from_crs("EPSG:4326", "EPSG:32642", always_xy=True)
        x0, y0 = np.round(turn.transform(LON0, LAT0))
        x, y = np.meshgrid(x0 + 40.0 * np.arange(7), y0 - 40.0 * np.arange(5))
        lon, lat = turn.transform(x, y, direction="INVERSE")
        attributes |= {"X_FIRST": str(x0 - 20.0), "X_STEP": "40.0"}
        attributes |= {"Y_FIRST": str(y0 + 20.0), "Y_STEP": "-40.0"}
        attributes |= {"X_UNIT": "meters", "UTM_ZONE": "42N"}
    if kind == "radar":  # a sheared, turned over grid, as radars have it
        row, column = np.indices(lon.shape)
        lon = LON0 - 0.0004 * column + 0.0001 * row
        lat = LAT0 + 0.0003 * row + 0.00005 * column
    moved = los_mm(lon, lat).T.reshape(len(DAYS), *lon.shape)
    path = folder / f"{prefix}timeseries_ERA5_demErr.h5"
    with h5py.File(path, "w") as handle:
        handle["timeseries"] = (moved / 1000.0).astype(np.float32)
        handle["date"] = np.array([text.encode() for text in TEXTS], dtype="S8")
        handle["bperp"] = np.zeros(len(DAYS), dtype=np.float32)
        handle.attrs.update(attributes | {"LENGTH": "5", "WIDTH": "7"})
    with h5py.File(folder / f"{prefix}geometryRadar.h5", "w") as handle:
        handle["incidenceAngle"] = np.full(lon.shape, INCIDENCE, np.float32)
        turned = (90.0 - HEADING) * np.ones(lon.shape)
        handle["azimuthAngle"] = turned.astype(np.float32)
        handle["height"] = np.full(lon.shape, 900.0, np.float32)
        if kind == "radar":
            handle["longitude"], handle["latitude"] = lon, lat
    return path, {}


def hdfeos5(path: Path) -> Path:
    """HDF-EOS5 of MintPy; cells outside the mask hold 0."""
    lon, lat = lonlat_grid()
    with h5py.File(path, "w") as handle:
        root = handle.create_group("HDFEOS/GRIDS/timeseries")
        layer = np.zeros((len(DAYS), 5, 7), np.float32)
        layer[:] = grid_mm() / 1000.0
        layer[:, 0, 0] = 0.0
        stack = root.create_dataset("observation/displacement", data=layer)
        stack.attrs.update({"Units": "meters", "MissingValue": 0.0, "_FillValue": 0.0})
        root["observation/date"] = np.array(TEXTS, dtype="S8")
        mask = np.ones((5, 7), dtype=bool)
        mask[0, 0] = False
        root["quality/mask"] = mask
        root["geometry/incidenceAngle"] = np.full((5, 7), INCIDENCE, np.float32)
        root["geometry/azimuthAngle"] = np.full((5, 7), 90.0 - HEADING, np.float32)
        root["geometry/height"] = np.full((5, 7), 900.0, np.float32)
        handle.attrs.update(
            {"X_FIRST": str(lon[0] - 0.000235), "X_STEP": "0.00047"}
            | {"Y_FIRST": str(lat[0] + 0.000145), "Y_STEP": "-0.00029"}
            | {"X_UNIT": "degrees", "REF_DATE": TEXTS[0], "HEADING": str(HEADING)}
            | {"UNIT": "m", "WAVELENGTH": str(WAVELENGTH_M)}
        )
    return path


def licsbas(path: Path) -> Path:
    """LiCSBAS cum.h5: the corner is the centre of the first cell."""
    lon, lat = lonlat_grid()
    with h5py.File(path, "w") as handle:
        handle["cum"] = grid_mm()
        handle["imdates"] = np.array([int(text) for text in TEXTS], dtype=np.int32)
        handle["corner_lon"], handle["corner_lat"] = lon[0], lat[0]
        handle["post_lon"], handle["post_lat"] = 0.00047, -0.00029
        handle["refarea"] = "0:1/0:1"
        for name, part in zip("ENU", direction(), strict=True):
            handle[f"{name}.geo"] = np.full((5, 7), part, np.float32)
    return path


def licsbas_flat(folder: Path) -> Path:
    """Flat velocity with its parameter file."""
    lon, lat = lonlat_grid()
    (folder / "results").mkdir(parents=True)
    (folder / "info").mkdir()
    (folder / "info" / "EQA.dem_par").write_text(
        f"Gamma DIFF&GEO DEM/MAP parameter file\nwidth:  7\nnlines:  5\n"
        f"corner_lat: {float(lat[0])!r}  decimal degrees\n"
        f"corner_lon: {float(lon[0])!r}  decimal degrees\n"
        "post_lat: -2.9e-04  decimal degrees\npost_lon: 4.7000e-04 decimal degrees\n",
        encoding="utf-8",
    )
    cells = grid_mm().reshape(len(DAYS), -1).T.astype(float)
    rates = [rate_mm(cell) for cell in cells]
    flat = b"".join(struct.pack("<f", rate) for rate in rates)
    (folder / "results" / "vel").write_bytes(flat)
    return folder / "results" / "vel"


def stamps(path: Path) -> Path:
    """Export for the visualizer: day numbers of MATLAB less one."""
    lon, lat = points()
    moved = los_mm(lon, lat)
    matlab = [(day - date(2000, 1, 1)).days + 730486 for day in DAYS]
    rows = [[LON0, LAT0, "NaN", *(number - 1 for number in matlab)]]
    rows += [
        [lon[k], lat[k], rate_mm(moved[k]), *moved[k].tolist()] for k in range(len(lon))
    ]
    return _rows(path, [f"export_res_ {k + 1}" for k in range(len(rows[0]))], rows)


def table(path: Path, heads: list[str], write: Callable[[date], str]) -> Path:
    """Point table: identifier, position, height, rate, coherence, dates."""
    lon, lat = points()
    moved = los_mm(lon, lat)
    rows = [
        [f"A{k}", f"{lat[k]:.7f}", f"{lon[k]:.7f}", 900, rate_mm(moved[k]), 0.8]
        + [f"{value:.2f}" for value in moved[k]]
        for k in range(len(lon))
    ]
    return _rows(path, heads + [write(day) for day in DAYS], rows)


def shapefile(path: Path) -> Path:
    """SqueeSAR shapefile in UTM."""
    import geopandas

    lon, lat = points()
    moved = los_mm(lon, lat)
    columns = {"CODE": [f"A{k}" for k in range(len(lon))]}
    columns |= {"VEL": [rate_mm(row) for row in moved]}
    columns |= {f"D{text}": moved[:, j] for j, text in enumerate(TEXTS)}
    frame = geopandas.GeoDataFrame(
        columns, geometry=geopandas.points_from_xy(lon, lat), crs="EPSG:4326"
    )
    frame.to_crs("EPSG:32642").to_file(path)
    return path


def opera(folder: Path) -> Path:
    """DISP-S1 with three ministacks; each starts where the one before it ended."""
    folder.mkdir()
    turn = Transformer.from_crs("EPSG:4326", "EPSG:32642", always_xy=True)
    x0, y0 = np.round(turn.transform(LON0, LAT0))
    x, y = x0 + 30.0 * np.arange(7), y0 - 30.0 * np.arange(5)
    lon, lat = turn.transform(*np.meshgrid(x, y), direction="INVERSE")
    moved = los_mm(lon, lat).T.reshape(len(DAYS), 5, 7) / 1000.0
    for k in range(1, len(DAYS)):
        start = 31 * ((k - 1) // 31)
        name = (
            f"OPERA_L3_DISP-S1_IW_F11116_VV_{TEXTS[start]}T051230Z_{TEXTS[k]}T051230Z"
            "_v1.0_20250601T000000Z.nc"
        )
        with h5py.File(folder / name, "w") as handle:
            layer = (moved[k] - moved[start]).astype(np.float32)
            handle["displacement"] = layer
            handle["displacement"].attrs["units"] = "meters"
            handle["recommended_mask"] = np.ones((5, 7), np.uint8)
            handle["x"], handle["y"] = x, y
            handle["spatial_ref"] = 0
            handle["spatial_ref"].attrs["crs_wkt"] = turn.target_crs.to_wkt()
    raster(folder / "los.tif", list(direction()), (x0 - 15, 30, y0 + 15, -30), 32642)
    return folder


def gmtsar(folder: Path) -> Path:
    """Classic NetCDF grids, south first, with day numbers from 000."""
    folder.mkdir()
    lon, lat = lonlat_grid()
    for day, layer in zip(DAYS, grid_mm(), strict=True):
        number = (day - date(day.year, 1, 1)).days
        with netcdf_file(folder / f"disp_{day.year}{number:03d}_ll.grd", "w") as file:
            file.createDimension("lon", 7)
            file.createDimension("lat", 5)
            file.createVariable("lon", "d", ("lon",))[:] = lon
            file.createVariable("lat", "d", ("lat",))[:] = lat[::-1]
            file.createVariable("z", "f", ("lat", "lon"))[:] = layer[::-1]
    return folder


def raster(path: Path, bands: Any, place: Any, epsg: int, names: Any = ()) -> Path:
    """GeoTIFF; numbers among the bands fill a layer of five rows and seven columns."""
    import rasterio
    from rasterio.transform import Affine

    west, dx, north, dy = place
    layers = [np.broadcast_to(np.float32(band), (5, 7)) for band in bands]
    with rasterio.open(
        path, "w", driver="GTiff", dtype="float32", count=len(layers), height=5,
        width=7, crs=f"EPSG:{epsg}", transform=Affine(dx, 0, west, 0, dy, north),
    ) as file:  # fmt: skip
        for k, layer in enumerate(layers, start=1):
            file.write(layer, k)
        for k, name in enumerate(names, start=1):
            file.set_band_description(k, name)
    return path


def stack(path: Path, factor: float) -> Path:
    """GeoTIFF stack in degrees, one band for each date."""
    lon, lat = lonlat_grid()
    place = (lon[0] - 0.000235, 0.00047, lat[0] + 0.000145, -0.00029)
    return raster(path, list(factor * grid_mm()), place, 4326, TEXTS)
