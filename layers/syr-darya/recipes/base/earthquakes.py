"""Past earthquakes that did harm or were very strong, as points with dates.

From the Significant Earthquake Database of NOAA/NCEI (public domain), its table as
published: events with a magnitude of 5.5 or more in the box below. The place names are
left out; nothing else is changed.

Run: ``python -m base.earthquakes --table FILE.csv --out DIR``
"""

from __future__ import annotations

import geopandas as gpd
import pandas as pd

from base.shared import CRS, arguments, write_layers

BOX = (58.0, 36.0, 82.0, 50.0)
"""West, south, east, north in degrees: the region and 100 km or more around it."""
SMALLEST_MAGNITUDE = 5.5
SOURCE = (
    "NOAA/NCEI Significant Earthquake Database, doi:10.7289/V5TD9V7K, public domain"
)


def earthquakes(table: pd.DataFrame) -> gpd.GeoDataFrame:
    """Events of the box by date: event_id, date, magnitude, depth_km, source.

    ``date`` is year, year-month or year-month-day, as far as it is known; years before
    Christ are negative. ``depth_km`` is null where unknown.
    """
    west, south, east, north = BOX
    inside = table["LONGITUDE"].between(west, east) & table["LATITUDE"].between(
        south, north
    )
    kept = table[inside & (table["EQ_PRIMARY"] >= SMALLEST_MAGNITUDE)]
    kept = kept.sort_values(["YEAR", "MONTH", "DAY", "I_D"], na_position="first")
    dates = kept[["YEAR", "MONTH", "DAY"]].to_numpy()
    return gpd.GeoDataFrame(
        {
            "event_id": kept["I_D"].astype("int64"),
            "date": [date_text(*row) for row in dates],
            "magnitude": kept["EQ_PRIMARY"].astype("float64"),
            "depth_km": kept["FOCAL_DEPTH"].astype("float64"),
            "source": SOURCE,
        },
        geometry=gpd.points_from_xy(kept["LONGITUDE"], kept["LATITUDE"]),
        crs=CRS,
    ).reset_index(drop=True)


def date_text(year: float, month: float, day: float) -> str:
    """Year, year-month or full date, as far as known; years before Christ negative."""
    sign = "-" if year < 0 else ""
    parts = [f"{sign}{abs(year):04.0f}"]
    for part in (month, day):
        if pd.isna(part):
            break
        parts.append(f"{part:02.0f}")
    return "-".join(parts)


def main() -> None:
    """Write ``earthquakes.gpkg``."""
    args = arguments(__doc__, (("table", "the database as CSV"),))
    found = earthquakes(pd.read_csv(args.table))
    write_layers(args.out / "earthquakes.gpkg", {"events": found})


if __name__ == "__main__":
    main()
