"""Floods and mudflows on record per Kyrgyz province, as polygons with a yearly rate.

Numbers of events per district, 1999 to 2021, as the Kyrgyz Ministry of Emergency
Situations counts them (``mudflow_counts.csv``, facts), summed over provinces of
Natural Earth (public domain). The districts' own outlines are not used, because their
terms are not stated. The neighbouring countries publish no such count, or one without
its years: there the layer says nothing.

Run: ``python -m base.mudflows --world-map FILE --out DIR``
"""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd

from base.shared import CRS, arguments, write_layers

COUNTS = Path(__file__).with_name("mudflow_counts.csv")
FIRST_YEAR, LAST_YEAR = 1999, 2021
SOURCE = (
    "Counts: Ministry of Emergency Situations of the Kyrgyz Republic, 1999-2021, as "
    "republished by WFP-VAM PRISM; outlines: Natural Earth 1:10m, public domain"
)

# Code of the province in the counts: names in Natural Earth, English name, Russian name
PROVINCES: dict[int, tuple[tuple[str, ...], str, str]] = {
    41702: (("Ysyk-Köl",), "Issyk-Kul", "Иссык-Кульская область"),
    41703: (("Jalal-Abad",), "Jalal-Abad", "Джалал-Абадская область"),
    41704: (("Naryn",), "Naryn", "Нарынская область"),
    41705: (("Batken",), "Batken", "Баткенская область"),
    41706: (("Osh",), "Osh", "Ошская область"),
    41707: (("Talas",), "Talas", "Таласская область"),
    41708: (("Chuy",), "Chui", "Чуйская область"),
}


def mudflow_records(
    counts: pd.DataFrame, provinces: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """Events of each province and their number per 1000 km2 and year.

    Parameters
    ----------
    counts
        One row per district: province_code, n_floods_mudflows.
    provinces
        Polygons with ``iso_a2`` and ``name`` (EPSG:4326).

    Raises
    ------
    ValueError
        If a province of the counts is unknown, or its outline is missing.
    """
    unknown = set(counts["province_code"]) - set(PROVINCES)
    if unknown:
        raise ValueError(f"no outline is known for the provinces {sorted(unknown)}")
    rows = []
    for code, (names, name_en, name_ru) in sorted(PROVINCES.items()):
        of_province = counts[counts["province_code"] == code]
        kept = provinces[(provinces["iso_a2"] == "KG") & provinces["name"].isin(names)]
        if len(kept) != len(names):
            raise ValueError(f"{name_en}: outlines found for {list(kept['name'])}")
        outline = kept.geometry.union_all()
        area_km2 = gpd.GeoSeries([outline], crs=CRS).to_crs("EPSG:6933").area[0] / 1e6
        events = int(of_province["n_floods_mudflows"].sum())
        years = LAST_YEAR - FIRST_YEAR + 1
        rows.append(
            {
                "province_id": f"KG-{code}",
                "name_en": name_en,
                "name_ru": name_ru,
                "n_events": events,
                "n_districts": len(of_province),
                "first_year": FIRST_YEAR,
                "last_year": LAST_YEAR,
                "area_km2": round(area_km2, 1),
                "events_per_1000km2_yr": round(events / area_km2 * 1000 / years, 4),
                "source": SOURCE,
                "geometry": outline,
            }
        )
    return gpd.GeoDataFrame(pd.DataFrame(rows), geometry="geometry", crs=CRS)


def main() -> None:
    """Write ``mudflow_records.gpkg``."""
    args = arguments(__doc__, (("world-map", "world_map.gpkg of qgis-common"),))
    provinces = gpd.read_file(args.world_map, layer="states_provinces")
    found = mudflow_records(pd.read_csv(COUNTS), provinces)
    write_layers(args.out / "mudflow_records.gpkg", {"provinces": found})


if __name__ == "__main__":
    main()
