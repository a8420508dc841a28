"""Line layers without topology: confluences, directions, and what is mended."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, MultiLineString

from pipeline.core.errors import InputError
from pipeline.core.methods.network import NetworkMethods
from pipeline.core.schemas.network import Finding
from pipeline.rivers.build import build_network
from pipeline.rivers.ledger import ledger_frame
from pipeline.rivers.linework import cut_lines, join_ends
from pipeline.rivers.networks import without_topology
from pipeline.rivers.untangle import untangle

FILE = Path("lines.gpkg")
METHODS = NetworkMethods()


def eastward(lon, lat):
    """Relief that falls to the east by 100 m in a tenth of a degree."""
    return 8000.0 - 1000.0 * (lon - 70.0) + 0.0 * lat


def frame_of(lines, **columns):
    shapes = [
        part if hasattr(part, "geom_type") else LineString(part) for part in lines
    ]
    return gpd.GeoDataFrame(
        columns or {"kind": ["river"] * len(shapes)}, geometry=shapes, crs="EPSG:4326"
    )


def found(lines, *, levels=eastward, methods=METHODS, **columns):
    frame = frame_of(lines, **columns)
    known = without_topology([str(c) for c in frame.columns])
    return untangle(frame, known, FILE, levels, methods)


def links(raw):
    """Reaches as (start, end, start of the next reach), rounded, without their keys."""
    start = {k: g.coords[0] for k, g in zip(raw.source_id, raw.geometry, strict=True)}
    return sorted(
        (
            np.round(g.coords[0], 4).tolist(),
            np.round(g.coords[-1], 4).tolist(),
            [] if n is None else np.round(start[n], 4).tolist(),
        )
        for g, n in zip(raw.geometry, raw.next_id, strict=True)
    )


def kinds(raw):
    return {entry.kind for entry in raw.entries}


def entry(raw, kind):
    return next(e for e in raw.entries if e.kind is kind)


# A main river to the east with a vertex at each confluence, and two tributaries.
MAIN = [(70.0, 40.0), (70.1, 40.0), (70.2, 40.0), (70.3, 40.0)]
NORTH = [(70.05, 40.1), (70.1, 40.0)]
SOUTH = [(70.15, 39.9), (70.2, 40.0)]
WANTED = [
    ([70.0, 40.0], [70.1, 40.0], [70.1, 40.0]),
    ([70.05, 40.1], [70.1, 40.0], [70.1, 40.0]),
    ([70.1, 40.0], [70.2, 40.0], [70.2, 40.0]),
    ([70.15, 39.9], [70.2, 40.0], [70.2, 40.0]),
    ([70.2, 40.0], [70.3, 40.0], []),
]


def test_a_river_is_cut_where_others_join_and_flows_down_the_relief():
    raw = found([MAIN, NORTH, SOUTH])
    assert links(raw) == WANTED
    assert "cut into 3 reaches" in entry(raw, Finding.SPLIT).done


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.permutations(range(3)), st.lists(st.booleans(), min_size=3, max_size=3))
def test_neither_row_order_nor_direction_of_drawing_changes_the_rivers(order, turned):
    lines = [MAIN, NORTH, SOUTH]
    drawn = [lines[k][::-1] if turned[k] else lines[k] for k in order]
    assert links(found(drawn)) == WANTED


def test_areas_come_before_the_relief():
    # the relief falls east, the areas grow west
    first, second = [(70.0, 40.0), (70.1, 40.0)], [(70.1, 40.0), (70.2, 40.0)]
    raw = found([first, second], uparea=[500.0, 200.0])
    assert links(raw)[0] == ([70.1, 40.0], [70.0, 40.0], [])
    assert "drainage area" in entry(raw, Finding.DIRECTION).found


def test_a_climb_against_the_relief_is_listed():
    first, second = [(70.0, 40.0), (70.2, 40.0)], [(70.2, 40.0), (70.4, 40.0)]
    raw = found([first, second], uparea=[500.0, 200.0])
    assert "climbs 200 m" in entry(raw, Finding.WRONG_WAY).found


def test_discharge_tells_where_no_area_does():
    first, second = [(70.0, 40.0), (70.1, 40.0)], [(70.1, 40.0), (70.2, 40.0)]
    raw = found([first, second], levels=None, discharge_m3s=[9.0, 4.0])
    assert links(raw)[0] == ([70.1, 40.0], [70.0, 40.0], [])
    assert "discharge" in entry(raw, Finding.DIRECTION).found


def test_equal_areas_leave_the_word_to_the_relief():
    raw = found([MAIN, NORTH, SOUTH], uparea=[300.0, 300.0, 300.0])
    assert links(raw) == WANTED
    assert "relief" in entry(raw, Finding.DIRECTION).found


def test_a_named_end_tells_the_direction_without_a_relief():
    raw = found(
        [MAIN[::-1], NORTH, SOUTH], levels=None, terminal_name=["Test Sea", None, None]
    )
    # both ends of the main line are free: the lower end as drawn is taken
    assert [end for _, end, below in links(raw) if not below] == [[70.0, 40.0]]
    assert [t for t in raw.texts["terminal"] if t] == ["Test Sea"]


def test_lines_drawn_to_one_end_are_taken_as_drawn_and_marked():
    raw = found([MAIN[:2], MAIN[1:], NORTH], levels=None)
    assert [end for _, end, below in links(raw) if not below] == [[70.3, 40.0]]
    assert all("as it is drawn" in text for text in raw.remarks)


def test_lines_that_nothing_gives_a_direction_are_refused_and_named():
    with pytest.raises(InputError, match="nothing gives a direction: 1"):
        found([MAIN[:2], MAIN[:0:-1]], levels=None)


def test_ends_within_the_tolerance_are_one_place():
    near = [(70.05, 40.1), (70.1, 40.0002)]  # 22 m from the vertex
    assert len(found([MAIN, near]).source_id) == 3
    far = [(70.05, 40.1), (70.1, 40.0004)]  # 44 m: a gap
    raw = found([MAIN, far], methods=METHODS.model_copy(update={"gap_limit_m": 0.0}))
    assert Finding.ISOLATED in kinds(raw)


def test_a_gap_below_a_river_is_bridged_and_listed():
    far = [(70.05, 40.1), (70.1, 40.003)]
    raw = found([MAIN, far])
    assert entry(raw, Finding.GAP).found.startswith("a gap of 333 m")
    network = build_network(raw)
    assert int((network.next_index < 0).sum()) == 1
    assert any(note and "bridged" in note for note in network.note)


def test_headwaters_that_meet_at_a_divide_are_not_joined():
    # two rivers begin 100 m apart and flow north and south
    def ridge(lon, lat):
        return 3000.0 - 20_000.0 * np.abs(lat - 40.0) + 0.0 * lon

    north = [(70.0, 40.0005), (70.0, 40.1)]
    south = [(70.0, 39.9995), (70.0, 39.9)]
    raw = found([north, south], levels=ridge)
    assert [n for n in raw.next_id if n is not None] == []
    assert Finding.GAP not in kinds(raw)


def test_a_line_across_a_divide_gives_two_rivers():
    def ridge(lon, lat):
        return 3000.0 - 20_000.0 * np.abs(lat - 40.0) + 0.0 * lon

    lines = [
        [(70.0, 40.0), (70.0, 40.1)],
        [(70.0, 40.1), (70.0, 40.2)],
        [(70.0, 40.0), (70.0, 39.9)],
    ]
    raw = found(lines, levels=ridge)
    ends = sorted(end for _, end, below in links(raw) if not below)
    assert ends == [[70.0, 39.9], [70.0, 40.2]]
    assert "1 reaches end here" in entry(raw, Finding.SINK).found


def test_a_canal_between_two_rivers_flows_to_one_side_and_is_listed():
    west = [(70.0, 40.2), (70.0, 40.1), (70.0, 40.0)]
    east = [(70.3, 40.2), (70.3, 40.1), (70.3, 40.0)]
    canal = [(70.0, 40.1), (70.15, 40.1), (70.3, 40.1)]

    def south(lon, lat):
        return 1000.0 + 10_000.0 * (lat - 40.0) + 0.0 * lon

    raw = found([west, east, canal], levels=south)
    assert len([n for n in raw.next_id if n is None]) == 2
    assert "across a divide" in entry(raw, Finding.DIVIDE).found
    build_network(raw)


def test_a_divided_river_keeps_both_branches_without_a_cycle():
    upper, lower = [(70.0, 40.0), (70.1, 40.0)], [(70.2, 40.0), (70.3, 40.0)]
    left = [(70.1, 40.0), (70.15, 40.02), (70.2, 40.0)]
    right = [(70.1, 40.0), (70.15, 39.98), (70.2, 40.0)]
    raw = found([upper, lower, left, right])
    network = build_network(raw)
    assert int((network.next_index < 0).sum()) == 1
    assert network.n_upstream.max() == 3
    assert entry(raw, Finding.LOOP).done.startswith("kept as a side branch")


def test_lines_drawn_twice_and_rings_are_left_out_and_listed():
    ring = [(70.4, 40.0), (70.5, 40.0), (70.5, 40.1), (70.4, 40.0)]
    raw = found([MAIN, MAIN[::-1], NORTH, ring])
    assert len(raw.source_id) == 3
    assert {Finding.DUPLICATE, Finding.LOOP} <= kinds(raw)


def test_an_isolated_river_stays_and_is_listed():
    raw = found([MAIN, [(70.0, 41.0), (70.1, 41.0)]])
    assert "1 reaches (8.4 km) join no other" in entry(raw, Finding.ISOLATED).found
    assert len(build_network(raw)) == 2


def test_lines_that_cross_without_a_vertex_stay_apart_and_are_listed():
    over = [(70.15, 39.9), (70.16, 40.1)]
    raw = found([MAIN, over])
    assert len(raw.source_id) == 2
    assert "without a common vertex" in entry(raw, Finding.CROSSING).found


def test_parts_of_one_row_are_read_as_lines_of_their_own():
    both = MultiLineString([MAIN, [(70.0, 41.0), (70.1, 41.0)]])
    raw = found([both, LineString(NORTH)], river_id=[7, 8])
    assert sorted(raw.source_id) == ["7/1", "7/2.1", "7/2.2", "8"]


def test_the_line_of_a_relief_sink_is_an_end():
    # both rivers fall towards the middle, which is no free end
    def bowl(lon, lat):
        return 100.0 + 20_000.0 * np.abs(lon - 70.1) + 0.0 * lat

    raw = found([MAIN[:2], MAIN[1:3]], levels=bowl)
    assert [end for _, end, below in links(raw) if not below] == [[70.1, 40.0]] * 2


def test_points_are_refused():
    frame = frame_of([MAIN])
    frame["geometry"] = frame.geometry.boundary
    with pytest.raises(InputError, match="expected lines"):
        untangle(frame, without_topology(["kind"]), FILE, eastward, METHODS)


def test_a_layer_with_next_reaches_is_never_taken_for_plain_lines():
    assert without_topology(["HYRIV_ID", "NEXT_DOWN"]) is None
    assert without_topology(["river_id", "name"]).name == "lines"


def test_cutting_keeps_the_length_of_lines():
    shapes = np.array([LineString(x) for x in (MAIN, NORTH, SOUTH)], dtype=object)
    graph = join_ends(cut_lines(shapes, 30.0), 30.0)
    assert graph.length_m[:3].sum() == pytest.approx(3 * 8539.4, abs=1)
    assert sorted(graph.degree().tolist()) == [1, 1, 1, 1, 3, 3]


def test_the_ledger_is_a_table_whose_order_the_file_does_not_set():
    raw = found([MAIN, NORTH, SOUTH])
    table = ledger_frame("folder/lines.gpkg", raw.entries)
    again = ledger_frame("folder/lines.gpkg", raw.entries[::-1])
    assert table.equals(again)
    assert set(table["file"]) == {"lines.gpkg"}
    assert list(table["entry"]) == list(range(1, len(table) + 1))
