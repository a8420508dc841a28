"""Country polygons and boundary lines from Natural Earth 1:10m (public domain).

The full-resolution boundary lines of Debian ``libmagics++-data`` are cut to the box
and closed to polygons; each polygon takes the country that covers most of it in the
generalised polygons of Debian ``qgis-common``, so that polygons and lines agree to
the last vertex and the enclaves of the Fergana valley stay.

Run: ``python -m base.borders --natural-earth-10m DIR --world-map FILE --out DIR``
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import shapely

from base.shared import CRS, MARGIN_DEG, arguments, region_box, write_layers

if TYPE_CHECKING:
    from pathlib import Path

LINES_FILE = "ne_10m_admin_0_boundary_lines_land.shp"
BORDER_SOURCE = "Natural Earth 1:10m, public domain"
BORDER_DATE_NOTE = (
    "State of 2017; the Kyrgyz-Tajik-Uzbek border treaties of 2021-2025 are not in it"
)

# iso_a2: iso_a3, English name, Russian name
COUNTRY_NAMES: dict[str, tuple[str, str, str]] = {
    "AF": ("AFG", "Afghanistan", "Афганистан"),
    "CN": ("CHN", "China", "Китай"),
    "IR": ("IRN", "Iran", "Иран"),
    "KG": ("KGZ", "Kyrgyzstan", "Кыргызстан"),
    "KZ": ("KAZ", "Kazakhstan", "Казахстан"),
    "PK": ("PAK", "Pakistan", "Пакистан"),
    "TJ": ("TJK", "Tajikistan", "Таджикистан"),
    "TM": ("TKM", "Turkmenistan", "Туркменистан"),
    "UZ": ("UZB", "Uzbekistan", "Узбекистан"),
}
ISO_A2_OF = {a3: a2 for a2, (a3, _, _) in COUNTRY_NAMES.items()}


def line_status(feature_class: str) -> str:
    """Status of a boundary line: recognised, disputed or lease."""
    text = feature_class.lower()
    if text.startswith("lease"):
        return "lease"
    if text.startswith(("disputed", "indefinite", "claim", "line of control")):
        return "disputed"
    if text.startswith("international"):
        return "recognised"
    raise ValueError(f"unknown class of boundary line: {feature_class!r}")


def boundary_lines(source: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Boundary lines of the box with status and the country on each side.

    Parameters
    ----------
    source
        Natural Earth boundary lines (columns featurecla, adm0_a3_l, adm0_a3_r).
    """
    box = shapely.box(*region_box(MARGIN_DEG))
    lines = gpd.clip(source, box).explode(ignore_index=True)
    lines = lines[lines.geom_type == "LineString"]
    status = lines["featurecla"].map(line_status)
    pieces = gpd.GeoDataFrame(
        {
            "status": status,
            "country_left": lines["adm0_a3_l"].map(ISO_A2_OF),
            "country_right": lines["adm0_a3_r"].map(ISO_A2_OF),
            "source_class": lines["featurecla"],
            "name_en": lines["name"],
            "note_en": BORDER_DATE_NOTE,
            "source": BORDER_SOURCE,
        },
        geometry=lines.geometry,
        crs=CRS,
    )
    keys = [name for name in pieces.columns if name != "geometry"]
    merged = pieces.dissolve(by=keys, dropna=False, as_index=False)
    merged["geometry"] = shapely.line_merge(merged.geometry.array)
    out = merged.explode(ignore_index=True)
    start = shapely.get_coordinates(shapely.get_point(out.geometry.array, 0))
    out = out.assign(_x=start[:, 0], _y=start[:, 1])
    order = ["status", "country_left", "country_right", "_x", "_y"]
    out = out.sort_values(order).drop(columns=["_x", "_y"]).reset_index(drop=True)
    out.insert(0, "line_id", range(1, len(out) + 1))
    return out


def countries(
    lines: gpd.GeoDataFrame, generalised: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """Polygons enclosed by the boundary lines and the box, one row per country.

    Parameters
    ----------
    lines
        Result of :func:`boundary_lines`; lease lines are left out.
    generalised
        Generalised country polygons with column ``iso_a2``.

    Raises
    ------
    ValueError
        If a polygon belongs to no known country.
    """
    box = shapely.box(*region_box(MARGIN_DEG))
    edges = lines.loc[lines["status"] != "lease"].geometry.tolist()
    faces = shapely.get_parts(
        shapely.polygonize([shapely.unary_union([*edges, box.exterior])])
    )
    known = generalised[generalised["iso_a2"].isin(COUNTRY_NAMES)]
    tree = shapely.STRtree(known.geometry.array)
    owners: dict[str, list[shapely.Polygon]] = {}
    for face in faces:
        near = tree.query(face, predicate="intersects")
        area = shapely.area(shapely.intersection(known.geometry.array[near], face))
        if len(near) == 0 or area.max() < 0.4 * face.area:
            raise ValueError(f"no country covers the polygon at {face.centroid.wkt}")
        owners.setdefault(known["iso_a2"].iloc[near[area.argmax()]], []).append(face)
    rows = [
        {
            "iso_a2": a2,
            "iso_a3": COUNTRY_NAMES[a2][0],
            "name_en": COUNTRY_NAMES[a2][1],
            "name_ru": COUNTRY_NAMES[a2][2],
            "note_en": BORDER_DATE_NOTE,
            "source": BORDER_SOURCE,
            "geometry": shapely.multipolygons(
                sorted(owners[a2], key=lambda face: (-face.area, face.bounds))
            ),
        }
        for a2 in sorted(owners)
    ]
    return gpd.GeoDataFrame(pd.DataFrame(rows), geometry="geometry", crs=CRS)


def make(natural_earth: Path, world_map: Path, out: Path) -> None:
    """Read the two sources and write ``borders.gpkg``."""
    box = region_box(MARGIN_DEG + 5)
    lines = boundary_lines(gpd.read_file(natural_earth / LINES_FILE, bbox=box))
    generalised = gpd.read_file(world_map, layer="countries", bbox=box)
    write_layers(
        out / "borders.gpkg",
        {"countries": countries(lines, generalised), "boundary_lines": lines},
    )


def main() -> None:
    """Command line."""
    args = arguments(
        __doc__,
        (
            ("natural-earth-10m", "folder with the Natural Earth 10m shapefiles"),
            ("world-map", "world_map.gpkg of qgis-common"),
        ),
    )
    make(args.natural_earth_10m, args.world_map, args.out)


if __name__ == "__main__":
    main()
