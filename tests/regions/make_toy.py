"""Write the files of the toy region: a small valley that was invented for tests.

Two countries meet at 70.45 E; a river runs east through a reservoir and over the
border. Nothing here describes a real place. ``python tests/regions/make_toy.py``
writes the same bytes every time.
"""

from __future__ import annotations

import os
from pathlib import Path

os.environ["OGR_CURRENT_DATE"] = "2026-01-01T00:00:00Z"

import geopandas as gpd
import numpy as np
import rasterio
from pyproj import Geod
from rasterio.transform import from_origin
from shapely.geometry import LineString, Point, box

TOY = Path(__file__).resolve().parent / "toy"
LAYERS = TOY / "layers"
CRS = "EPSG:4326"
GEOD = Geod(ellps="WGS84")
BORDER_DEG = 70.45


def write_raster(
    name: str, bands: dict[str, np.ndarray], west: float, north: float, step: float
) -> None:
    """Write a small float raster; the band descriptions are the keys."""
    first = next(iter(bands.values()))
    profile = {
        "driver": "GTiff",
        "dtype": "float32",
        "count": len(bands),
        "height": first.shape[0],
        "width": first.shape[1],
        "crs": CRS,
        "transform": from_origin(west, north, step, step),
        "nodata": -9999.0,
        "compress": "deflate",
    }
    with rasterio.open(LAYERS / name, "w", **profile) as raster:
        for index, (level, values) in enumerate(bands.items(), start=1):
            raster.write(values.astype("float32"), index)
            raster.set_band_description(index, level)


def write_vector(name: str, layer: str, frame: gpd.GeoDataFrame) -> None:
    """Add a layer to a GeoPackage."""
    frame.to_file(LAYERS / name, layer=layer, driver="GPKG", engine="pyogrio")


def make_hazards() -> None:
    """Peak ground acceleration that falls to the east, and rain without the east."""
    east = np.linspace(0.0, 1.0, 16)[None, :].repeat(16, axis=0)
    pga = 0.30 - 0.15 * east
    write_raster(
        "toy_pga.tif",
        {"475": pga, "975": 1.3 * pga, "2475": 1.8 * pga},
        west=69.9,
        north=40.6,
        step=0.05,
    )
    rain = 20.0 + 10.0 * east
    rain[:, 10:] = -9999.0
    write_raster("toy_rain.tif", {"p001": rain}, west=69.9, north=40.6, step=0.05)
    day = 8.0 + 2.0 * east
    write_raster(
        "toy_rain_day.tif",
        {"10": day, "100": 2.0 * day, "1000": 3.5 * day},
        west=69.9,
        north=40.6,
        step=0.05,
    )
    make_flood()
    slopes = np.abs(np.linspace(-1.0, 1.0, 16))[:, None]
    heights = 800.0 + 2000.0 * slopes + 900.0 * (1.0 - east)
    write_raster("toy_relief.tif", {"height": heights}, 69.9, 40.6, 0.05)
    (LAYERS / "toy_climate_factors.csv").write_text(
        "scenario,horizon,percentile,warming_k,factor,source\n"
        "ssp245,2041-2060,5,0.8,1.0463,invented for tests\n"
        "ssp245,2041-2060,50,1.2,1.0695,invented for tests\n"
        "ssp245,2041-2060,95,1.7,1.0984,invented for tests\n",
        encoding="utf-8",
    )


def make_flood() -> None:
    """Depths along the valley floor, now and, wider, under one climate case."""
    row = np.arange(16)[:, None].repeat(16, axis=1)
    floor = np.isin(row, (7, 8)) * 1.0
    wider = np.isin(row, (6, 7, 8, 9, 10)) * 1.5
    write_raster(
        "toy_flood.tif",
        {
            "100": 0.5 * floor,
            "500": floor,
            "100 ssp585": 0.5 * wider,
            "500 ssp585": wider,
        },
        west=69.9,
        north=40.6,
        step=0.05,
    )


def make_borders() -> None:
    """Two countries and their border."""
    names = [
        ("KG", "KGZ", "Westland", "Вестландия"),
        ("UZ", "UZB", "Eastland", "Остландия"),
    ]
    shapes = [box(69.5, 39.5, BORDER_DEG, 41.0), box(BORDER_DEG, 39.5, 71.5, 41.0)]
    write_vector(
        "toy_borders.gpkg",
        "countries",
        gpd.GeoDataFrame(
            {
                "iso_a2": [n[0] for n in names],
                "iso_a3": [n[1] for n in names],
                "name_en": [n[2] for n in names],
                "name_ru": [n[3] for n in names],
                "note_en": [None, None],
                "source": ["invented for tests"] * 2,
            },
            geometry=shapes,
            crs=CRS,
        ),
    )
    write_vector(
        "toy_borders.gpkg",
        "boundary_lines",
        gpd.GeoDataFrame(
            {
                "line_id": [1],
                "status": ["recognised"],
                "country_left": ["KG"],
                "country_right": ["UZ"],
                "source_class": ["-"],
                "name_en": [None],
                "note_en": [None],
                "source": ["invented for tests"],
            },
            geometry=[LineString([(BORDER_DEG, 39.5), (BORDER_DEG, 41.0)])],
            crs=CRS,
        ),
    )


def make_rivers() -> None:
    """Main stem of five reaches with a tributary and a reservoir."""
    # id, next, points, area km2, discharge m3/s, left, right, lake, name
    rows = [
        (
            1,
            3,
            [(70.05, 40.20), (70.20, 40.22)],
            400.0,
            6.0,
            "KG",
            "KG",
            None,
            "Toy-Suu",
        ),
        (
            2,
            3,
            [(70.25, 40.35), (70.20, 40.22)],
            250.0,
            4.0,
            "KG",
            "KG",
            None,
            "Side-Suu",
        ),
        (
            3,
            4,
            [(70.20, 40.22), (70.35, 40.22)],
            800.0,
            11.0,
            "KG",
            "KG",
            None,
            "Toy-Suu",
        ),
        (
            4,
            5,
            [(70.35, 40.22), (70.40, 40.22)],
            900.0,
            12.0,
            "KG",
            "KG",
            "Toy Lake",
            "Toy-Suu",
        ),
        (
            5,
            6,
            [(70.40, 40.22), (70.45, 40.21)],
            950.0,
            12.0,
            "KG",
            "KG",
            None,
            "Toy-Suu",
        ),
        (
            6,
            None,
            [(70.45, 40.21), (70.58, 40.20)],
            1100.0,
            13.0,
            "UZ",
            "UZ",
            None,
            "Toy-Suu",
        ),
    ]
    lines = [LineString(row[2]) for row in rows]
    lengths = [abs(GEOD.geometry_length(line)) for line in lines]
    count = len(rows)
    write_vector(
        "toy_rivers.gpkg",
        "reaches",
        gpd.GeoDataFrame(
            {
                "reach_id": [row[0] for row in rows],
                "next_reach_id": gpd.pd.array([row[1] for row in rows], dtype="Int64"),
                "terminal": [None] * (count - 1) + ["box_edge"],
                "terminal_name": [None] * count,
                "name_en": [row[8] for row in rows],
                "name_ru": ["Той-Суу" if r[8] == "Toy-Suu" else None for r in rows],
                "position_uncertainty_m": [0] * count,
                "length_m": lengths,
                "length_factor": [1.0] * count,
                "flow_length_m": lengths,
                "slope": [0.004, 0.008, 0.003, 0.0001, 0.002, 0.001],
                "upstream_area_km2": [row[3] for row in rows],
                "discharge_mean_m3s": [row[4] for row in rows],
                "discharge_status": ["measured"] * count,
                "strahler_order": [1, 1, 2, 2, 2, 2],
                "country_left": [row[5] for row in rows],
                "country_right": [row[6] for row in rows],
                "is_border": [False] * count,
                "lake_id": ["toy-lake" if row[7] else None for row in rows],
                "lake_name_en": [row[7] for row in rows],
                "source": ["invented for tests"] * count,
            },
            geometry=lines,
            crs=CRS,
        ),
    )
    write_vector(
        "toy_lakes.gpkg",
        "lakes",
        gpd.GeoDataFrame(
            {
                "lake_id": ["toy-lake"],
                "name_en": ["Toy Lake"],
                "name_ru": ["Той-Кёль"],
                "kind": ["reservoir"],
                "volume_m3": [20e6],
                "area_m2": [2e6],
                "dam_height_m": [25.0],
                "river": ["Toy-Suu"],
                "confidence": ["P"],
                "volume_source": ["invented for tests"],
                "outline": ["mapped"],
                "outline_source": ["invented for tests"],
                "outline_area_m2": [2_000_000],
            },
            geometry=[box(70.35, 40.21, 70.40, 40.23)],
            crs=CRS,
        ),
    )


def make_places() -> None:
    """Three villages; one has no population figure."""
    write_vector(
        "toy_places.gpkg",
        "places",
        gpd.GeoDataFrame(
            {
                "geonameid": [1, 2, 3],
                "name": ["Upper Toy", "Middle Toy", "Border <b>Toy</b>"],
                "name_ru": ["Верхний Той", None, "Пограничный Той"],
                "name_ru_status": ["given", "none", "given"],
                "country": ["KG", "KG", "UZ"],
                "population": [1200, 0, 5400],
                "source": ["invented for tests"] * 3,
            },
            geometry=[Point(70.15, 40.22), Point(70.30, 40.23), Point(70.48, 40.20)],
            crs=CRS,
        ),
    )
    write_vector(
        "toy_basin.gpkg",
        "basin",
        gpd.GeoDataFrame(
            {
                "name_en": ["Toy basin"],
                "name_ru": ["Бассейн Той"],
                "area_km2": [1100.0],
                "source": ["invented for tests"],
            },
            geometry=[box(70.0, 40.0, 70.6, 40.4)],
            crs=CRS,
        ),
    )


def make_zones() -> None:
    """Outlines of two facilities; the dam lies across the valley, the pond north."""
    metres = {  # west, south, east, north of the position
        ("toy-01", "dam"): (-350, -70, 350, 70),
        ("toy-01", "foundation"): (-350, -160, 350, -70),
        ("toy-01", "beach"): (-300, 70, 300, 220),
        ("toy-01", "pond"): (-250, 220, 250, 450),
        ("toy-01", "slope_above"): (-400, 450, 400, 1200),
        ("toy-01", "catchment"): (-1500, -70, 1500, 4000),
        ("toy-02", "facility"): (-200, -150, 200, 150),
    }
    centres = {"toy-01": (70.10, 40.20), "toy-02": (70.30, 40.25)}
    shapes = []
    for (tmf_id, _), (west, south, east, north) in metres.items():
        lon, lat = centres[tmf_id]
        x, y = (
            (lon + np.array([west, east]) / 85_390),
            (lat + np.array([south, north]) / 111_040),
        )
        shapes.append(box(*np.round([x[0], y[0], x[1], y[1]], 6)))
    (TOY / "zones.geojson").unlink(missing_ok=True)
    gpd.GeoDataFrame(
        {
            "tmf_id": [tmf_id for tmf_id, _ in metres],
            "zone": [zone for _, zone in metres],
            "source": ["invented for tests"] * len(metres),
        },
        geometry=shapes,
        crs=CRS,
    ).to_file(TOY / "zones.geojson", driver="GeoJSON", engine="pyogrio")


def main() -> None:
    """Write all files anew."""
    LAYERS.mkdir(parents=True, exist_ok=True)
    for path in LAYERS.iterdir():
        path.unlink()
    make_hazards()
    make_borders()
    make_rivers()
    make_places()
    make_zones()


if __name__ == "__main__":
    main()
