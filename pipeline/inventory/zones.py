"""Zones of the facilities: polygons in = rows of the table + ledger.

Polygons of facilities that the table does not hold, without a shape, or far from the
facility go to the ledger; what overlaps although it cannot is flagged and stays.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np
import shapely
from shapely.geometry import MultiPolygon, Point
from shapely.geometry.base import BaseGeometry

from pipeline.core.geo import area_m2, on_local_plane
from pipeline.core.methods.inventory import InventoryMethods
from pipeline.core.model import Zone
from pipeline.core.schemas.inventory import LEDGER_REASONS
from pipeline.inventory.zone_file import RawZone

Record = dict[str, Any]
_APART: Final = (Zone.DAM, Zone.POND, Zone.BEACH, Zone.SLOPE_ABOVE)
"""Zones of one facility of which no two can be at one spot."""
_OF_ONE: Final = (Zone.DAM, Zone.POND, Zone.BEACH, Zone.FACILITY)
"""Zones that two facilities cannot share."""


def clean_zones(
    raw: Sequence[RawZone],
    facilities: Sequence[Record],
    left_out: set[str],
    methods: InventoryMethods,
) -> tuple[list[Record], list[Record]]:
    """Rows of the table ``zones``, and entries of the ledger.

    Parameters
    ----------
    raw
        Features of all files, in their order.
    facilities
        Rows of the table ``facilities``.
    left_out
        Ids of rows of the inventory that went to the ledger.
    """
    by_id = {record["tmf_id"]: record for record in facilities}
    ledger: list[Record] = []
    kept: dict[tuple[str, Zone], list[RawZone]] = {}
    for one in raw:
        reason = _reason_to_exclude(one, by_id, left_out, methods)
        if reason is None:
            kept.setdefault((one.tmf_id, one.zone), []).append(one)
        else:
            expected, text = reason
            ledger.append(_entry(one, expected, "excluded", text))
    rows = [_row(by_id[key[0]], key[1], parts) for key, parts in kept.items()]
    for first, expected, text in _overlaps(rows, by_id, methods):
        where = kept[first["tmf_id"], first["zone"]][0]
        ledger.append(_entry(where, expected, "flagged", text))
    return rows, ledger


def _reason_to_exclude(
    one: RawZone,
    by_id: Mapping[str, Record],
    left_out: set[str],
    methods: InventoryMethods,
) -> tuple[str, str] | None:
    facility = by_id.get(one.tmf_id)
    if facility is None:
        code = "left_out_row" if one.tmf_id in left_out else "unknown_facility"
        return ("a facility of the table", LEDGER_REASONS.reason(f"zone_of_{code}"))
    if one.shape is None:
        return ("a polygon", LEDGER_REASONS.reason("zone_without_shape"))
    distance_m = _distance_m(one.shape, facility)
    if distance_m is None:
        return None
    limit_m = facility["position_radius_m"] + methods.zone_distance_m
    if distance_m <= limit_m:
        return None
    text = LEDGER_REASONS.reason(
        "zone_too_far", distance_m=float(round(distance_m)), limit_m=float(limit_m)
    )
    return ("a polygon near the facility's position", text)


def _distance_m(shape: BaseGeometry, facility: Record) -> float | None:
    """Distance of the nearest edge from the facility's position, 0 inside."""
    lon_deg, lat_deg = facility["lon_deg"], facility["lat_deg"]
    if lon_deg is None:
        return None
    return float(on_local_plane(shape, lon_deg, lat_deg).distance(Point(0.0, 0.0)))


def _row(facility: Record, zone: Zone, parts: Sequence[RawZone]) -> Record:
    shape = shapely.union_all([part.shape for part in parts])
    polygons = shape.geoms if shape.geom_type == "MultiPolygon" else [shape]
    outline = shapely.normalize(MultiPolygon(list(polygons)))
    return {
        "tmf_id": facility["tmf_id"],
        "zone": zone,
        "area_m2": sum(area_m2(polygon) for polygon in outline.geoms),
        "distance_m": _distance_m(outline, facility),
        "n_polygons": len(parts),
        "source": _listed(part.source for part in parts),
        "source_file": _listed(part.file for part in parts),
        "geometry": outline,
    }


def _listed(texts: Iterator[str | None]) -> str | None:
    return "; ".join(dict.fromkeys(text for text in texts if text)) or None


def _overlaps(
    rows: Sequence[Record], by_id: Mapping[str, Record], methods: InventoryMethods
) -> Iterator[tuple[Record, str, str]]:
    """Pairs of zones that share more ground than two drawings may differ by."""
    limit = methods.zone_overlap_fraction
    for first, second in _touching(rows):
        own = first["tmf_id"] == second["tmf_id"]
        exclusive = _APART if own else _OF_ONE
        if first["zone"] not in exclusive or second["zone"] not in exclusive:
            continue
        if not own and _belong_together(first["tmf_id"], second["tmf_id"], by_id):
            continue
        share = _shared_fraction(first["geometry"], second["geometry"])
        if share <= limit:
            continue
        if own:
            yield (
                second,
                f"no ground in common with {first['zone']}",
                LEDGER_REASONS.reason(
                    "zones_overlap", other_zone=first["zone"], share_fraction=share
                ),
            )
        else:
            yield (
                second,
                f"no ground in common with {first['tmf_id']}",
                LEDGER_REASONS.reason(
                    "zone_overlaps_other", other=first["tmf_id"], share_fraction=share
                ),
            )


def _touching(rows: Sequence[Record]) -> Iterator[tuple[Record, Record]]:
    """Pairs of rows whose shapes meet, in the order of the rows."""
    shapes = np.array([row["geometry"] for row in rows], dtype=object)
    tree = shapely.STRtree(shapes)
    one, other = tree.query(shapes, predicate="intersects")
    for a, b in sorted(zip(one.tolist(), other.tolist(), strict=True)):
        if a < b:
            yield rows[a], rows[b]


def _belong_together(one: str, other: str, by_id: Mapping[str, Record]) -> bool:
    """Whether one is the group of the other, or both are parts of one group."""
    groups = [{by_id[key]["tmf_id"], by_id[key]["part_of"]} for key in (one, other)]
    return bool((groups[0] & groups[1]) - {None})


def _shared_fraction(first: BaseGeometry, second: BaseGeometry) -> float:
    """Common area as a share of the smaller shape's, in degrees: both lie together."""
    return float(first.intersection(second).area / min(first.area, second.area))


def _entry(one: RawZone, expected: str, action: str, reason: str) -> Record:
    return {
        "file": one.file,
        "row": one.row,
        "tmf_id": one.tmf_id,
        "field": f"zone {one.zone}",
        "found": "no shape" if one.shape is None else one.shape.geom_type,
        "expected": expected,
        "action": action,
        "reason": reason,
    }
