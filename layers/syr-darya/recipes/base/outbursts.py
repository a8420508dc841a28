"""Outburst floods of glacial lakes on record, as points with dates at their lakes.

From HMAGLOFDB, the database of glacial lake outburst floods in High Mountain Asia
(CC BY 4.0), its table as published: events whose lake lies in the box below. Kept are
key, date as far as known, kind of lake and driver; figures of harm are left out.

Run: ``python -m base.outbursts --table FILE.csv --out DIR``
"""

from __future__ import annotations

import geopandas as gpd
import pandas as pd

from base.earthquakes import date_text
from base.shared import CRS, arguments, write_layers

BOX = (60.0, 38.0, 80.0, 48.5)
"""West, south, east, north in degrees: the box of the region."""
SOURCE = (
    "HMAGLOFDB (Shrestha, Steiner, Shrestha et al.), doi:10.5281/zenodo.7271188, CC BY "
    "4.0; selected and shortened by this project"
)


def outbursts(table: pd.DataFrame) -> gpd.GeoDataFrame:
    """Events of the box by date: event_id, date, lake_type, driver, source.

    An event whose year is known only roughly keeps the words of the table in
    ``year_as_stated`` and has no ``date``; nothing is guessed.
    """
    west, south, east, north = BOX
    kept = table[
        table["Lon_lake"].between(west, east) & table["Lat_lake"].between(south, north)
    ]
    kept = kept.sort_values(["Year_exact", "Month", "Day", "GF_ID"])
    dates = kept[["Year_exact", "Month", "Day"]].to_numpy()
    return gpd.GeoDataFrame(
        {
            "event_id": kept["GF_ID"].astype("int64"),
            "date": [None if pd.isna(row[0]) else date_text(*row) for row in dates],
            "year_as_stated": kept["Year_approx"].astype(str),
            "lake_type": kept["Lake_type"],
            "driver": kept["Driver_lake"],
            "glacier": kept["Glacier_name"],
            "source": SOURCE,
        },
        geometry=gpd.points_from_xy(kept["Lon_lake"], kept["Lat_lake"]),
        crs=CRS,
    ).reset_index(drop=True)


def main() -> None:
    """Write ``glacial_lake_outbursts.gpkg``."""
    args = arguments(__doc__, (("table", "the database as CSV"),))
    found = outbursts(pd.read_csv(args.table))
    write_layers(args.out / "glacial_lake_outbursts.gpkg", {"events": found})


if __name__ == "__main__":
    main()
