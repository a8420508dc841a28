"""Figures of the shipped network against published ones; prints one table each.

Run: ``python -m network.check --layers DIR --natural-earth-10m DIR``. The limits are
those of the tests; a figure outside its limit is marked.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import Geod

HERE = Path(__file__).parent
GEOD = Geod(ellps="WGS84")
# Site, river, longitude, latitude, published catchment km2
AREAS = (
    ("Naryn at Uchkurgan", "naryn", 72.08, 41.12, 58400.0),
    ("Naryn at Toktogul", "naryn", 72.645, 41.68, 52100.0),
    ("Kara Darya at its mouth", "kara-darya", 71.80, 40.895, 29350.0),
    ("Chirchik at Gazalkent", "chirchik", 69.779, 41.574, 11100.0),
    ("Akhangaran at its mouth", "akhangaran", 68.86, 40.80, 5300.0),
    ("Arys at its mouth", "arys", 68.26, 42.79, 14900.0),
)
AREA_LIMIT = 0.06


def nearest(table: gpd.GeoDataFrame, river: str, lon: float, lat: float) -> pd.Series:
    """Reach of a named river whose downstream end is next to a point."""
    own = table[table["river_id"] == river]
    ends = shapely.get_coordinates(shapely.get_point(own.geometry.array, -1))
    return own.iloc[int(np.hypot(*(ends - [lon, lat]).T).argmin())]


def distances_km(line: shapely.Geometry, target: shapely.Geometry) -> np.ndarray:
    """Distance from even samples (1 km) of a line to another line, kilometres."""
    count = int(GEOD.geometry_length(line) / 1000) + 2
    points = shapely.line_interpolate_point(
        line, np.linspace(0, 1, count), normalized=True
    )
    near = shapely.get_coordinates(shapely.shortest_line(points, target))
    near = near.reshape(-1, 2, 2)
    return (
        np.asarray(
            GEOD.inv(near[:, 0, 0], near[:, 0, 1], near[:, 1, 0], near[:, 1, 1])[2]
        )
        / 1000
    )


def report(layers: Path, natural_earth: Path) -> None:
    """Print areas, discharges, lengths and distances."""
    table = gpd.read_file(layers / "river_network.gpkg", layer="reaches")
    for name, river, lon, lat, published in AREAS:
        area = float(nearest(table, river, lon, lat)["upstream_area_km2"])
        share = area / published - 1
        mark = "" if abs(share) <= AREA_LIMIT else "  OUTSIDE"
        print(f"{name:26s} {area:9.0f} {published:9.0f} {share:+7.1%}{mark}")
    for row in pd.read_csv(HERE / "flow_today.csv").itertuples(index=False):
        if not np.isnan(row.discharge_m3s):
            reach = nearest(table, row.river_id, row.lon_deg, row.lat_deg)
            ratio = float(reach["discharge_mean_m3s"]) / row.discharge_m3s
            print(f"{row.river_id:12s} {row.meaning:40s} {ratio:5.2f} x stated")
    lines = gpd.read_file(natural_earth / "ne_10m_rivers_lake_centerlines.shp")
    for river, name in (("syr-darya", "Syr  Darya"), ("naryn", "Naryn")):
        own = table[table["river_id"] == river]
        line = shapely.line_merge(shapely.unary_union(own.geometry.array))
        target = shapely.unary_union(
            lines.loc[lines["name"].isin(["Syr  Darya", "Naryn"]), "geometry"].array
        )
        far = distances_km(line, target)
        print(
            f"{name}: {own['length_m'].sum() / 1000:.0f} km derived, "
            f"{own['flow_length_m'].sum() / 1000:.0f} km with length factor; from "
            f"Natural Earth 95 % within {np.quantile(far, 0.95):.1f} km, "
            f"at most {far.max():.1f} km"
        )


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--layers", type=Path, required=True)
    parser.add_argument("--natural-earth-10m", type=Path, required=True)
    args = parser.parse_args()
    report(args.layers, args.natural_earth_10m)


if __name__ == "__main__":
    main()
