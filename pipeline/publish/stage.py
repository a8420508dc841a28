"""Write the site: basin map, profiles, contingency sheet, drafts, and data as files.

The pages show what the tables say and compute nothing of their own. Each page is one
file that opens without a network.
"""

from __future__ import annotations

import argparse
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import shapely

import pipeline
from pipeline.core.command import add_methods_option, add_region_option
from pipeline.core.config import Region, read_methods, read_region
from pipeline.core.files import code_digest, whole_folder, write_provenance, write_text
from pipeline.core.hazard_maps import RECORD_FILE, read_hazard_maps
from pipeline.core.layers import Manifest, read_manifest
from pipeline.core.methods.assessment import AssessmentMethods
from pipeline.core.methods.publish import PublishMethods
from pipeline.publish.basemap import BaseMap, Bounds4, read_base_map
from pipeline.publish.cells import Context
from pipeline.publish.climatebook import write_climate_book
from pipeline.publish.contingency import write_contingency
from pipeline.publish.dossiers import (
    Dossier,
    SiteTables,
    by_facility,
    gather,
    rows_of,
)
from pipeline.publish.exports import (
    columns_text,
    copy_hazard_maps,
    maps_text,
    write_csv_tables,
    write_geopackage,
)
from pipeline.publish.foliummap import ground_map
from pipeline.publish.hazardindex import (
    IndexPicture,
    index_legend,
    read_index_picture,
)
from pipeline.publish.hazardthemes import hazard_themes
from pipeline.publish.inputs import read_series, read_tables, table_paths
from pipeline.publish.mapdata import map_data
from pipeline.publish.minimap import Ground
from pipeline.publish.overview import overview_view
from pipeline.publish.pages import index_page, profile_page
from pipeline.publish.profile import ProfileMaps, profile_view
from pipeline.publish.themes import screening_themes
from pipeline.publish.words import Words, read_words

logger = logging.getLogger(__name__)
_VIEW_MARGIN_DEG = 0.25


@dataclass(frozen=True)
class Site:
    """All that the pages are made from."""

    region: str
    countries: tuple[str, ...]
    dossiers: list[Dossier]
    reaches: gpd.GeoDataFrame
    base: BaseMap
    context: Context
    catalogues: tuple[Words, ...]
    bounds_deg: Bounds4
    index: IndexPicture | None = None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this stage."""
    add_region_option(parser)
    add_methods_option(parser)
    parser.add_argument(
        "--tables", type=Path, required=True, help="folder of the region's tables"
    )
    parser.add_argument(
        "--layers", type=Path, required=True, help="manifest of the region's layers"
    )
    parser.add_argument(
        "--hazard-maps",
        type=Path,
        help="folder of the regional hazard maps; the map has no index without it",
    )
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        help="folder of the site, made anew",
    )


def run(arguments: argparse.Namespace) -> None:
    """Read tables and layers, write the site's folder, whole or not at all."""
    region = read_region(arguments.region)
    methods = read_methods(arguments.methods)
    manifest = read_manifest(arguments.layers)
    catalogues = tuple(
        words.with_layers(
            {
                item.layer.id: getattr(
                    item.layer.title, words.language, item.layer.title.en
                )
                for item in manifest.layers
            }
        )
        for words in map(read_words, region.config.languages)
    )
    tables = read_tables(arguments.tables)
    points = by_facility(tables.displacement_points)
    dossiers = gather(tables, read_series(arguments.tables, points))
    box = region.config.bbox.bounds
    maps: Path | None = arguments.hazard_maps
    site = Site(
        region=region.config.region,
        countries=region.config.countries,
        dossiers=dossiers,
        reaches=tables.reaches,
        base=read_base_map(manifest, box),
        context=_context(region, manifest, tables, methods.assessment),
        catalogues=catalogues,
        bounds_deg=first_view(dossiers, tables.reaches, box),
        index=None if maps is None else read_index_picture(maps, box),
    )
    with whole_folder(arguments.out) as folder:
        _write_pages(site, folder, methods.publish)
        data = folder / "data"
        data.mkdir()
        write_geopackage(data / f"{site.region}.gpkg", tables)
        write_csv_tables(data, tables)
        text = columns_text(site.region)
        if maps is not None:
            copy_hazard_maps(data / "hazards", maps)
            text += maps_text(read_hazard_maps(maps))
        write_text(data / "README.md", text)
        write_climate_book(data / "climate.xlsx", tables, site.catalogues)
        sheet = write_contingency(
            folder,
            tables,
            dossiers,
            site.countries,
            methods,
            site.context,
            site.catalogues,
            site.region,
        )
        budget = methods.publish.contingency_budget_bytes
        _tell_size(sheet[0], budget, "contingency_budget_bytes")
        inputs = [*table_paths(arguments.tables), arguments.layers]
        if maps is not None:
            inputs.append(maps / RECORD_FILE)
        parameters = {
            "region": site.region,
            "languages": list(region.config.languages),
            "scheme": methods.assessment.scheme,
        }
        products = (folder / "index.html", data / f"{site.region}.gpkg", *sheet)
        for product in products:
            write_provenance(
                product, stage="publish", inputs=inputs, parameters=parameters
            )
    on_map = sum(dossier.has_position for dossier in dossiers)
    logger.info(
        "site: %d profiles, %d facilities on the map, %d without a position",
        len(dossiers),
        on_map,
        len(dossiers) - on_map,
    )


def _context(
    region: Region,
    manifest: Manifest,
    tables: SiteTables,
    choices: AssessmentMethods,
) -> Context:
    package = Path(pipeline.__file__).parent
    used = {
        item.layer.id: item.layer
        for item in manifest.layers
        if item.path or item.layer.derivation
    }
    title = region.config.title
    return Context(
        region_title={"en": title.en, "ru": title.ru},
        layers=used,
        code=code_digest(package / "core", package / "publish"),
        version=pipeline.__version__,
        languages=region.config.languages,
        scheme=choices.scheme,
        par_distance_m=choices.par_distance_m,
        rivers={
            int(row["reach_id"]): {
                "en": row["name"] or "",
                "ru": row["name_ru"] or "",
            }
            for row in rows_of(tables.reaches.drop(columns="geometry"))
        },
        n_network_findings=len(tables.network_ledger),
    )


def first_view(
    dossiers: list[Dossier], reaches: gpd.GeoDataFrame, region_box: Bounds4
) -> Bounds4:
    """Box that the map opens with: facilities and the rivers below them.

    The region's box stands in where no facility has a position.
    """
    shapes = [
        shapely.Point(d.facility["lon_deg"], d.facility["lat_deg"])
        for d in dossiers
        if d.has_position
    ]
    if not shapes:
        return region_box
    below = {row["reach_id"] for d in dossiers for row in d.downstream}
    shapes += list(reaches.geometry[reaches["reach_id"].isin(below)])
    west, south, east, north = shapely.total_bounds(shapes)
    margin = _VIEW_MARGIN_DEG
    return (west - margin, south - margin, east + margin, north + margin)


def _write_pages(site: Site, folder: Path, methods: PublishMethods) -> None:
    index = folder / "index.html"
    index.write_bytes(_index(site).encode("utf-8"))
    _tell_size(index, methods.map_budget_bytes, "map_budget_bytes")
    ground = Ground.of(site.base, site.reaches)
    profiles = folder / "profiles"
    profiles.mkdir()
    for dossier in site.dossiers:
        maps = ProfileMaps.of(dossier, ground)
        views = {
            words.language: profile_view(dossier, site.context, maps, words)
            for words in site.catalogues
        }
        page = profiles / f"{dossier.tmf_id}.html"
        page.write_bytes(
            profile_page(views, site.context, site.catalogues).encode("utf-8")
        )
        _tell_size(page, methods.profile_budget_bytes, "profile_budget_bytes")


def _index(site: Site) -> str:
    layers = site.context.layers
    themes = {
        w.language: [
            *screening_themes(site.dossiers, site.context.par_distance_m, w),
            *hazard_themes(site.dossiers, layers, w),
        ]
        for w in site.catalogues
    }
    views: Mapping[str, Any] = {
        w.language: overview_view(
            site.dossiers, themes[w.language], site.context, site.base, w
        )
        for w in site.catalogues
    }
    data = map_data(
        site.dossiers,
        themes,
        site.reaches,
        site.base,
        site.countries,
        site.catalogues,
    )
    data["bounds"] = _corners(site.bounds_deg)
    data["bounds_facilities"] = _corners(
        first_view(site.dossiers, site.reaches.iloc[:0], site.bounds_deg)
    )
    for words in site.catalogues:
        views[words.language]["index"] = (
            None if site.index is None else index_legend(site.index, layers, words)
        )
    if site.index is not None and site.index.cases:
        data["index_cases"] = {one.key: one.address for one in site.index.cases}
    parts = ground_map(site.base, site.bounds_deg, site.countries, site.index)
    return index_page(site.region, views, parts, data, site.context, site.catalogues)


def _corners(bounds_deg: Bounds4) -> list[list[float]]:
    west, south, east, north = (round(value, 4) for value in bounds_deg)
    return [[south, west], [north, east]]


def _tell_size(page: Path, limit_bytes: int, key: str) -> None:
    size = page.stat().st_size
    if size > limit_bytes:
        logger.warning(
            "%s has %.1f MB, above the %.1f MB of publish.%s: it opens slowly and is "
            "heavy to hand on; describe fewer facilities or hazard layers in one "
            "region, or use coarser base layers",
            page.name,
            size / 1e6,
            limit_bytes / 1e6,
            key,
        )
