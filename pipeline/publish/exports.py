"""Files for other programs: a GeoPackage for QGIS, CSV tables and their columns."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from pipeline.core.hazard_maps import CaseMaps, HazardMaps, LayerMap
from pipeline.core.schema import Column, Table
from pipeline.core.tables import STORAGE_CRS, table_schema
from pipeline.publish.dossiers import SiteTables
from pipeline.publish.reasons import stated
from pipeline.publish.words import read_words

# A fixed date inside the file, so that equal content gives equal bytes.
_FIXED_DATE: Final = "2026-01-01T00:00:00.000Z"
_MIDDLE_JOIN: Final = ("assessment", "displacement")
_PLAIN_TABLES: Final = (
    "facility_values", "components", "hazards", "hazard_changes", "assessment_changes",
    "dam_checks", "mixtures", "measures", "ledger", "possible_countries", "exposure",
    "network_ledger", "displacement_zones",
)  # fmt: skip
_CSV_TABLES: Final = (
    "facilities", "facility_values", "components", "ledger", "hazards",
    "hazard_changes", "displacement", "displacement_zones", "displacement_curves",
    "snaps", "candidates", "possible_countries", "crossings", "branches", "receptors",
    "exposure", "downstream", "assessment", "assessment_changes", "dam_checks",
    "mixtures", "measures", "contingency", "notifications", "spill_entries",
    "network_ledger",
)  # fmt: skip


def with_sentences(tables: SiteTables) -> SiteTables:
    """Tables whose reasons are English sentences, for readers of files."""
    words = read_words("en")
    changed = {}
    for name in SiteTables.names():
        frame = getattr(tables, name).copy(deep=False)
        for column in table_schema(name).columns:
            if column.reasons is not None:
                said = [
                    stated(name, column.name, None if pd.isna(cell) else cell, words)
                    for cell in frame[column.name]
                ]
                frame[column.name] = pd.array(
                    [text or None for text in said], dtype="string"
                )
        changed[name] = frame
    return SiteTables(**changed)


def facility_layer(tables: SiteTables) -> gpd.GeoDataFrame:
    """Facilities with their assessment and motion; columns carry their table's name.

    Columns of the facilities table keep their names; those of other tables get the
    prefix ``assessment_`` or ``displacement_``.
    """
    joined = tables.facilities
    for name in _MIDDLE_JOIN:
        other = getattr(tables, name)
        renamed = other.rename(
            columns={c: f"{name}_{c}" for c in other.columns if c != "tmf_id"}
        )
        joined = joined.merge(renamed, on="tmf_id", how="left", validate="1:1")
    return gpd.GeoDataFrame(joined, geometry="geometry", crs=STORAGE_CRS)


def path_layer(tables: SiteTables) -> gpd.GeoDataFrame:
    """One line per facility: all reaches below it, from the facility's reach on."""
    shapes = dict(zip(tables.reaches["reach_id"], tables.reaches.geometry, strict=True))
    rows = []
    for tmf_id, steps in tables.downstream.groupby("tmf_id", sort=True):
        lines = [shapes[key] for key in steps["reach_id"] if key in shapes]
        if lines:
            merged = shapely.multilinestrings(lines)
            length = float(steps["distance_end_m"].max())
            rows.append({"tmf_id": tmf_id, "length_m": length, "geometry": merged})
    return gpd.GeoDataFrame(
        rows, columns=["tmf_id", "length_m", "geometry"], crs=STORAGE_CRS
    )


def candidate_layer(tables: SiteTables) -> gpd.GeoDataFrame:
    """Reaches that each facility may drain to, as their lines."""
    shapes = dict(zip(tables.reaches["reach_id"], tables.reaches.geometry, strict=True))
    lines = [shapes.get(key) for key in tables.candidates["reach_id"]]
    return gpd.GeoDataFrame(tables.candidates, geometry=lines, crs=STORAGE_CRS)


def point_layer(frame: pd.DataFrame) -> gpd.GeoDataFrame:
    """Rows with ``lon_deg`` and ``lat_deg`` as points."""
    points = gpd.points_from_xy(frame["lon_deg"], frame["lat_deg"], crs=STORAGE_CRS)
    return gpd.GeoDataFrame(frame, geometry=points)


def write_geopackage(path: Path, tables: SiteTables) -> None:
    """Write all layers and tables to one GeoPackage.

    Layers: facilities, reaches, paths, candidates, crossings, branches, receptors,
    displacement_points, zones. Tables without geometry: values, components, hazards,
    hazard_changes, assessment_changes, dam_checks, mixtures, measures, ledger,
    possible_countries, exposure, network_ledger, displacement_zones.
    """
    tables = with_sentences(tables)
    layers: dict[str, pd.DataFrame] = {
        "facilities": facility_layer(tables),
        "reaches": tables.reaches,
        "paths": path_layer(tables),
        "candidates": candidate_layer(tables),
        "crossings": point_layer(tables.crossings),
        "branches": point_layer(tables.branches),
        "receptors": point_layer(tables.receptors),
        "displacement_points": tables.displacement_points,
        "zones": tables.zones,
        **{name: getattr(tables, name) for name in _PLAIN_TABLES},
    }
    kinds = {
        "facilities": "Point",
        "reaches": "LineString",
        "paths": "MultiLineString",
        "candidates": "LineString",
        "crossings": "Point",
        "branches": "Point",
        "receptors": "Point",
        "displacement_points": "Point",
        "zones": "MultiPolygon",
    }
    previous = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": _FIXED_DATE})
    try:
        for name, frame in layers.items():
            pyogrio.write_dataframe(
                _plain_types(frame),
                path,
                layer=name,
                driver="GPKG",
                append=path.exists(),
                geometry_type=kinds.get(name),
            )
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": previous})


def _plain_types(frame: pd.DataFrame) -> pd.DataFrame:
    """Copy whose columns have types that every GDAL reader knows."""
    plain = frame.copy()
    for name in plain.columns:
        kind = str(plain[name].dtype)
        if kind == "boolean":
            plain[name] = plain[name].astype("Int64")
            kind = "Int64"
        if kind == "Int64" and plain[name].isna().any():
            plain[name] = plain[name].astype("float64")
        elif kind == "Int64":
            plain[name] = plain[name].astype(np.int64)
        elif kind.startswith(("string", "str")):
            plain[name] = plain[name].astype(object).where(plain[name].notna(), None)
    return plain


def copy_hazard_maps(folder: Path, maps: Path) -> list[Path]:
    """Put the regional hazard maps beside the other files, without a second copy.

    Files are linked where the disk allows it: maps of a large region are large, and no
    file is ever changed in place.
    """
    folder.mkdir()
    written = []
    for path in sorted(maps.glob("[!.]*")):
        target = folder / path.name
        try:
            target.hardlink_to(path)
        except OSError:
            shutil.copy2(path, target)
        written.append(target)
    return written


def maps_text(maps: HazardMaps) -> str:
    """Markdown section that lists the regional hazard maps."""
    rows = [
        (layer.file, layer.layer_id, layer.unit, ", ".join(_levels(layer)), layer.rule)
        for layer in maps.layers
        if layer.file is not None
    ]
    if maps.index is not None:
        parts = ", ".join(
            f"{part.layer_id} (weight {part.weight:g})" for part in maps.index.parts
        )
        bands = "index, layers speaking, layers missing"
        rows.insert(0, (maps.index.file, parts, "0 to 1", bands, "weighted mean"))
    units = {layer.layer_id: layer.unit for layer in maps.layers}
    rows += [row for case in maps.cases for row in _case_rows(case, units)]
    if not rows:
        return ""
    lines = [
        "## Regional hazard maps (`hazards/`)",
        "",
        "Cloud-optimised GeoTIFF on one grid, each with a style for QGIS (.qml) and a",
        "provenance record. No data (-9999) is not covered, never low. The index is",
        "provisional, for screening; its second band counts the layers that speak, its",
        "third adds up the codes of those that are missing. `maps.json` says what was",
        "left out and why; `collection.json` lists the maps for programs (STAC).",
        "",
        "| file | layers | unit | bands | rule |",
        "|---|---|---|---|---|",
        *(
            "| " + " | ".join((f"`{row[0]}`", *map(str, row[1:]))) + " |"
            for row in rows
        ),
        "",
    ]
    return "\n".join(lines) + "\n"


def _case_rows(
    case: CaseMaps, units: Mapping[str, str]
) -> list[tuple[str, str, str, str, str]]:
    """Rows of the maps of one climate case."""
    if case.file is None:
        return []
    name = f"{case.scenario} {case.horizon}"
    bands = "index, layers speaking, layers missing, change"
    rows = [(case.file, f"index of {name}", "0 to 1", bands, "weighted mean")]
    how = {"ratio": "times", "difference": "plus", "own": "levels of its own"}
    for one in case.changed:
        factor = "factors of each cell" if one.value is None else f"{one.value:g}"
        rule = how[one.kind] if one.kind == "own" else f"{how[one.kind]} {factor}"
        bands = f"values of {name}, then their changes"
        unit = units.get(one.layer_id, "")
        rows.append((one.file, one.layer_id, unit, bands, rule))
    return rows


def _levels(layer: LayerMap) -> list[str]:
    return [level.band.level for level in layer.levels]


def write_csv_tables(folder: Path, tables: SiteTables) -> list[Path]:
    """Write the main tables as CSV (UTF-8, comma, decimal point), without geometry."""
    written = []
    tables = with_sentences(tables)
    for name in _CSV_TABLES:
        frame = pd.DataFrame(getattr(tables, name)).drop(
            columns="geometry", errors="ignore"
        )
        target = folder / f"{name}.csv"
        frame.to_csv(target, index=False, lineterminator="\n", encoding="utf-8")
        written.append(target)
    return written


def columns_text(region: str, names: Sequence[str] = _CSV_TABLES) -> str:
    """Markdown page that describes every column of the files."""
    parts = [
        f"# Data of the region {region}",
        "",
        f"- `{region}.gpkg`: all layers for QGIS (EPSG:4326). `facilities` carries the",
        "  columns of the assessment and of the displacement, named in front of each.",
        "  Layers: facilities, reaches, paths, candidates, crossings, branches,",
        "  receptors, displacement_points, zones; tables: facility_values,",
        "  components, hazards, hazard_changes, assessment_changes, dam_checks,",
        "  mixtures, measures, ledger, possible_countries, exposure,",
        "  network_ledger, displacement_zones.",
        "  Yes and no are 1 and 0.",
        "- One CSV file per table (UTF-8, comma, decimal point).",
        "- `climate.xlsx`: hazards and assessment under each climate case, to read.",
        "",
        "An empty cell is unknown; the `_status` column beside it says why.",
        "`_low` and `_high` are bounds of the value. `demonstration` marks values that",
        "rest on a stand-in layer, `provisional` values that rest on an unverified",
        "method. Reasons are written out in English here; the tables of the workflow",
        "hold them as codes with values.",
        "",
        "`exposure` counts people on two bases (listed settlements, population grid);",
        "they are two ways of counting the same people and must not be added.",
        "",
        "This is a screening from open data and no verdict on safety.",
        "",
    ]
    for name in names:
        parts += _table_text(table_schema(name))
    return "\n".join(parts) + "\n"


def _table_text(table: Table) -> list[str]:
    rows = [_column_text(column) for column in table.columns]
    return [
        f"## {table.name}",
        "",
        table.description,
        "",
        "| column | kind | unit | meaning |",
        "|---|---|---|---|",
        *rows,
        "",
    ]


def _column_text(column: Column) -> str:
    meaning = column.description
    if column.codes:
        meaning += f" Codes: {', '.join(column.codes)}."
    cells = (f"`{column.name}`", column.kind, column.unit, meaning)
    return "| " + " | ".join(text.replace("|", "\\|") for text in cells) + " |"
