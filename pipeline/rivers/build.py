"""From a raw river layer to a checked network in upstream-first order."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.core.schemas.network import Finding
from pipeline.rivers import mending
from pipeline.rivers.discharge import Discharge, RegionalRelation, fill_discharge
from pipeline.rivers.network import Lines, Network
from pipeline.rivers.reading import RawReaches
from pipeline.rivers.topology import order_network


def build_network(raw: RawReaches, relation: RegionalRelation | None = None) -> Network:
    """Check, mend, order and measure a river layer.

    Parameters
    ----------
    raw
        The layer as it was read.
    relation
        Stated relation of discharge with drainage area, for a layer from which none
        can be fitted.

    Raises
    ------
    InputError
        If the layer breaks a rule that cannot be mended (see `mending`).
    """
    notes = mending.Notes()
    following = mending.next_rows(raw, notes)
    area = mending.areas(raw, following, notes)
    geometry = mending.orient(raw, following, notes)
    length, lines = mending.lengths(raw, geometry, notes)
    slope = mending.slopes(raw, notes)
    discharge = _discharge(raw, area, notes, relation)
    _remarks(raw, notes)
    terminal = _terminals(raw, following)
    order = order_network(following, raw.source_id)
    row = order.row
    texts, numbers = raw.texts, raw.numbers
    return Network(
        source_id=np.array([str(key) for key in raw.source_id[row]], dtype=object),
        next_index=order.next_index,
        n_upstream=order.n_upstream,
        terminal=terminal[row],
        name=texts["name"][row],
        name_ru=texts["name_ru"][row],
        lake=texts["lake"][row],
        lake_name=texts["lake_name"][row],
        strahler=numbers["strahler"][row],
        length_m=length[row],
        slope=slope[row],
        area_km2=area[row],
        discharge=discharge_of(discharge, row),
        position_m=numbers["position_m"][row],
        observed_m_per_s=numbers["velocity_m_per_s"][row],
        hydraulic_radius_m=numbers["hydraulic_radius_m"][row],
        roughness=numbers["roughness"][row],
        country_left=texts["country_left"][row],
        country_right=texts["country_right"][row],
        note=notes.texts(len(raw))[row],
        lines=reorder_lines(lines, row),
        ledger=(*raw.entries, *notes.entries(raw.source_id)),
    )


def _discharge(
    raw: RawReaches,
    area: NDArray[np.float64],
    notes: mending.Notes,
    relation: RegionalRelation | None,
) -> Discharge:
    stated = raw.numbers["discharge_m3s"].copy()
    negative = np.flatnonzero(stated < 0)
    notes.add(negative, "negative discharge left out", Finding.DISCHARGE, "left empty")
    stated[negative] = np.nan
    return fill_discharge(
        area,
        stated,
        raw.numbers["discharge_factor"],
        raw.texts["discharge_status"],
        raw.texts["discharge_how"],
        relation,
    )


def _remarks(raw: RawReaches, notes: mending.Notes) -> None:
    """Carry on the layer's own remarks, and what was found when it was read."""
    texts = raw.texts["remark"]
    for row in np.flatnonzero([text is not None for text in texts]):
        notes.add(np.array([row]), str(texts[row]), Finding.REMARK, "as the layer says")
    if raw.remarks is not None:
        for row in np.flatnonzero([text is not None for text in raw.remarks]):
            notes.by_row.setdefault(int(row), []).insert(0, str(raw.remarks[row]))


def discharge_of(discharge: Discharge, row: NDArray[np.int64]) -> Discharge:
    """Discharge of the reaches ``row``, in that order."""
    return replace(
        discharge,
        mean_m3s=discharge.mean_m3s[row],
        low_m3s=discharge.low_m3s[row],
        high_m3s=discharge.high_m3s[row],
        source=discharge.source[row],
        how=discharge.how[row],
    )


def _terminals(raw: RawReaches, following: NDArray[np.int64]) -> NDArray[Any]:
    """Name of every end: the layer's own, or what is known about it."""
    result = np.full(len(raw), None, dtype=object)
    for row in np.flatnonzero(following < 0):
        stated = raw.texts["terminal"][row]
        if raw.next_id[row] is not None:
            result[row] = mending.OUTSIDE_LAYER
        else:
            result[row] = stated if stated is not None else "end of the river layer"
    return result


def reorder_lines(lines: Lines, row: NDArray[np.int64]) -> Lines:
    """Lines of the reaches ``row``, in that order."""
    count = np.diff(lines.offset)[row]
    offset = np.zeros(len(row) + 1, dtype=np.int64)
    np.cumsum(count, out=offset[1:])
    within = np.arange(offset[-1]) - np.repeat(offset[:-1], count)
    vertex = np.repeat(lines.offset[:-1][row], count) + within
    return Lines(
        lon_deg=lines.lon_deg[vertex],
        lat_deg=lines.lat_deg[vertex],
        along_m=lines.along_m[vertex],
        offset=offset,
    )
