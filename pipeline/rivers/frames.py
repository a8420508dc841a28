"""Tables of the stage, from arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from pipeline.core.model import Status
from pipeline.core.schemas.rivers import DischargeSource
from pipeline.core.tables import STORAGE_CRS
from pipeline.rivers.alternatives import Alternatives
from pipeline.rivers.arrivals import Arrivals
from pipeline.rivers.borders import BorderDistance
from pipeline.rivers.canals import Canal, lost_shares
from pipeline.rivers.crossings import Crossing
from pipeline.rivers.everywhere import Outlook
from pipeline.rivers.lakes import Lake, line_coordinates
from pipeline.rivers.network import Network
from pipeline.rivers.paths import Paths
from pipeline.rivers.receptors import Exposures, Places, lake_words
from pipeline.rivers.snapping import Snap
from pipeline.rivers.velocity import ReachVelocities

Numbers = NDArray[np.float64]


def reach_id(index: NDArray[np.int64] | int) -> Any:
    """Key of reaches in the tables: their place in the network, from 1."""
    return index + 1


def _nullable_ids(index: NDArray[np.int64]) -> Any:
    ids = pd.array(reach_id(index), dtype="Int64")
    ids[index < 0] = pd.NA
    return ids


def reaches_frame(
    network: Network,
    velocities: ReachVelocities,
    outlook: Outlook,
    lakes: Mapping[str, Lake],
    canals: Sequence[Canal] | None,
) -> gpd.GeoDataFrame:
    """Table ``reaches``; ``canals`` is None where there is no layer of them."""
    lost, names = lost_shares(canals or (), len(network))
    flow = network.discharge
    missing = flow.source == DischargeSource.MISSING.value
    status = np.where(missing, Status.NOT_PROVIDED.value, Status.MEASURED.value)
    lake = [
        None if key is None else (name or lake_words(lakes, key)[0])
        for key, name in zip(network.lake, network.lake_name, strict=True)
    ]
    columns: dict[str, Any] = {
        "reach_id": reach_id(np.arange(len(network))),
        "next_reach_id": _nullable_ids(network.next_index),
        "source_id": network.source_id,
        "n_upstream": network.n_upstream,
        "terminal": network.terminal,
        "name": network.name,
        "name_ru": network.name_ru,
        "lake": lake,
        "strahler": pd.array(network.strahler, dtype="Float64").astype("Int64"),
        "length_m": network.length_m,
        "slope": network.slope,
        "upstream_area_km2": network.area_km2,
        "discharge_m3s": flow.mean_m3s,
        "discharge_m3s_low": flow.low_m3s,
        "discharge_m3s_high": flow.high_m3s,
        "discharge_m3s_status": status,
        "discharge_source": flow.source,
        "discharge_how": flow.how,
        "velocity_peak_m_per_s": velocities.central,
        "velocity_method": velocities.method,
        "position_uncertainty_m": network.position_m,
        "country_left": network.country_left,
        "country_right": network.country_right,
        "canal_share": lost if canals is not None else np.nan,
        "canals": names,
        "to_end_m": outlook.to_end_m,
        "to_border_m": outlook.to_border_m,
        "to_border_h": outlook.to_border_h,
        "note": network.note,
    }
    geometry = [shapely.LineString(part) for part in line_coordinates(network)]
    return gpd.GeoDataFrame(columns, geometry=geometry, crs=STORAGE_CRS)


def snaps_frame(
    network: Network,
    snaps: Sequence[Snap],
    paths: Paths,
    two_day_m: Numbers,
    borders: Sequence[BorderDistance | None],
    alternatives: Alternatives,
) -> pd.DataFrame:
    """Table ``snaps``; the paths belong to the joined facilities, in their order."""
    rows = []
    number = 0
    for snap, border in zip(snaps, borders, strict=True):
        row: dict[str, Any] = {
            "tmf_id": snap.site.tmf_id,
            "snap_status": snap.status.value,
            "reason": snap.reason,
            "reach_id": None,
            "river": None,
            "snap_distance_m": snap.distance_m,
            "snap_rule": snap.rule,
            "reach_fraction": snap.fraction,
            "entry_lon_deg": snap.lon_deg,
            "entry_lat_deg": snap.lat_deg,
            "snap_confidence": snap.confidence,
            "n_candidate_reaches": snap.n_candidates,
            "overland_status": snap.overland_status.value,
            "overland_distance_m": snap.overland_m,
            "overland_reach_id": None
            if snap.overland_reach is None
            else reach_id(snap.overland_reach),
            "overland_agrees": snap.agrees,
            **_share_columns(snap, alternatives),
            "path_length_m": None,
            "terminal": None,
            "two_day_distance_m": None,
            "distance_border_air_m": border.distance_m if border else None,
            "nearest_border_country": border.country if border else None,
        }
        if snap.reach is not None:
            last = int(paths.offset[number + 1]) - 1
            end = int(paths.reach[last])
            share = 1.0 - paths.start_fraction[last]
            row["reach_id"] = reach_id(snap.reach)
            row["river"] = network.name[snap.reach]
            row["path_length_m"] = paths.start_m[last] + share * network.length_m[end]
            row["terminal"] = network.terminal[end]
            row["two_day_distance_m"] = two_day_m[number]
            number += 1
        rows.append(row)
    frame = pd.DataFrame.from_records(rows)
    return frame.astype(
        {
            "reach_id": "Int64",
            "overland_reach_id": "Int64",
            "overland_agrees": "boolean",
        }
    )


def _share_columns(snap: Snap, alternatives: Alternatives) -> dict[str, Any]:
    """Columns of ``snaps`` on the uncertainty of the position; empty without one."""
    shares = alternatives.shares.get(snap.site.tmf_id)
    if shares is None:
        return {
            "share_chosen": None,
            "share_border": None,
            "share_two_days": None,
            "share_two_days_unknown": None,
            "share_no_reach": None,
            "possible_countries": None,
        }
    return {
        "share_chosen": None if snap.reach is None else shares.chosen,
        "share_border": shares.border,
        "share_two_days": shares.two_days,
        "share_two_days_unknown": shares.two_days_unknown,
        "share_no_reach": shares.no_reach,
        "possible_countries": shares.words(),
    }


def downstream_frame(
    paths: Paths, ids: NDArray[np.object_], arrivals: Arrivals
) -> pd.DataFrame:
    """Table ``downstream``; ``arrivals`` are those at the end of every element."""
    owner = paths.owner()
    return pd.DataFrame(
        {
            "tmf_id": ids[owner],
            "step": np.arange(len(owner)) - paths.offset[owner],
            "reach_id": reach_id(paths.reach),
            "distance_start_m": paths.start_m,
            "distance_end_m": arrivals.distance_m,
            **arrivals.columns(),
        }
    )


def crossings_frame(
    network: Network,
    paths: Paths,
    ids: NDArray[np.object_],
    crossings: Sequence[Crossing],
    arrivals: Arrivals,
    within_two_days: Any,
    disputed: Any,
) -> pd.DataFrame:
    """Table ``crossings``."""
    path = np.array([c.path for c in crossings], dtype=np.int64)
    element = np.array([c.element for c in crossings], dtype=np.int64)
    fraction = np.array([c.fraction for c in crossings], dtype=np.float64)
    reach = paths.reach[element]
    lon, lat = network.lines.point_at(reach, fraction)
    first = np.searchsorted(path, path)
    return pd.DataFrame(
        {
            "tmf_id": ids[path],
            "crossing": np.arange(len(path)) - first + 1,
            "from_country": [c.from_country for c in crossings],
            "to_country": [c.to_country for c in crossings],
            "kind": [c.kind for c in crossings],
            "reach_id": reach_id(reach),
            "river": network.name[reach],
            "lon_deg": lon,
            "lat_deg": lat,
            "distance_m": arrivals.distance_m,
            "stretch_m": np.array([c.stretch_m for c in crossings], dtype=np.float64),
            **arrivals.columns(),
            "within_two_days": within_two_days,
            "disputed": disputed,
        }
    )


def places_frame(
    paths: Paths,
    ids: NDArray[np.object_],
    places: Places,
    exposures: Exposures,
    arrivals: Arrivals,
    latest: Arrivals,
) -> pd.DataFrame:
    """Rows of ``receptors`` for some places.

    ``latest`` has the arrivals that bound those of places beside the facility.
    """
    at = exposures.place
    people = places.people[at]
    status = np.where(
        np.isnan(people), Status.NOT_PROVIDED.value, Status.MEASURED.value
    )
    return pd.DataFrame(
        {
            "tmf_id": ids[exposures.path],
            "kind": places.kind[at],
            "receptor_id": places.receptor_id[at],
            "name": places.name[at],
            "name_ru": places.name_ru[at],
            "country": places.country[at],
            "lon_deg": places.lon_deg[at],
            "lat_deg": places.lat_deg[at],
            "reach_id": reach_id(paths.reach[exposures.element]),
            "distance_m": arrivals.distance_m,
            "distance_to_river_m": exposures.distance_to_river_m,
            **arrivals.columns(),
            "arrival_lead_h_high": latest.lead_high_h,
            "arrival_peak_h_high": latest.peak_high_h,
            "people": people,
            "people_status": status,
            "beside_facility": exposures.beside,
        }
    )


def entered_lakes(
    network: Network,
    paths: Paths,
    lakes: Mapping[str, Lake],
    exposures: Exposures,
    keys: NDArray[np.object_],
) -> Places:
    """Lakes on paths as places, each at the point where the path enters it."""
    reach = paths.reach[exposures.element]
    lon, lat = network.lines.point_at(reach, exposures.fraction)
    words = [lake_words(lakes, key) for key in keys]
    stated = network.lake_name[reach]
    return Places(
        kind=np.full(len(keys), "reservoir", dtype=object),
        receptor_id=np.array([f"lake:{key}" for key in keys], dtype=object),
        name=np.array(
            [own or word[0] for own, word in zip(stated, words, strict=True)],
            dtype=object,
        ),
        name_ru=np.array([word[1] for word in words], dtype=object),
        country=network.country_left[reach],
        lon_deg=lon,
        lat_deg=lat,
        people=np.full(len(keys), np.nan),
    )
