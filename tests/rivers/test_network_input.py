"""River layers of several formats, whole and broken."""

from __future__ import annotations

import re
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
from shapely.geometry import LineString, MultiLineString

from pipeline.core.errors import InputError
from pipeline.core.layers import Layer, LocalLayer
from pipeline.rivers.build import build_network
from pipeline.rivers.reading import raw_reaches, read_lines

FILE = Path("rivers.gpkg")


def changed(reaches, source_id, **values):
    return [r | values if r["id"] == source_id else r for r in reaches]


def local_layer(path: Path, crs: str | None = "EPSG:4326") -> LocalLayer:
    row = Layer.model_validate(
        {
            "id": "test-rivers",
            "title": {"en": "Rivers", "ru": "Реки"},
            "role": "rivers",
            "kind": "vector",
            "file": path.name,
            "table": "reaches",
            "unit": "-",
            "crs": crs,
            "nodata": None,
            "resolution": "1:1",
            "licence": {"name": "CC0-1.0"},
            "citation": "test",
            "version": "1",
        }
    )
    return LocalLayer(layer=row, state="available", path=path, reason="test")


def test_lengths_are_geodesic(kit, confluence):
    # a tenth of a degree along the 40th parallel of WGS 84 is 8539.4 m
    assert confluence.length_m[kit.index(confluence, 1)] == pytest.approx(
        8539.4, abs=0.5
    )


def test_the_network_counts_what_lies_upstream(kit, confluence):
    above = {
        i: int(confluence.n_upstream[kit.index(confluence, i)]) for i in range(1, 7)
    }
    assert above == {1: 0, 2: 0, 3: 2, 4: 3, 5: 4, 6: 5}


def test_the_order_of_the_file_changes_no_value(kit):
    first = kit.network(kit.confluence)
    second = kit.network(kit.confluence[::-1])
    assert list(first.source_id) == list(second.source_id)
    assert np.array_equal(first.next_index, second.next_index)
    assert np.array_equal(first.length_m, second.length_m)
    assert np.array_equal(first.lines.lon_deg, second.lines.lon_deg)


def test_a_cycle_is_refused_and_named(kit):
    broken = changed(kit.confluence, 6, next=3)
    with pytest.raises(InputError, match=r"cycle of 4 reaches: \d+ -> "):
        kit.network(broken)


def test_a_repeated_reach_with_two_outlets_is_refused(kit):
    broken = [*kit.confluence, kit.confluence[2] | {"next": 6}]
    with pytest.raises(InputError, match=r"reach 3 2 times with 2 outlets \(4, 6\)"):
        kit.network(broken)


def test_two_ends_are_two_rivers(kit):
    two = changed(kit.confluence, 2, next=None, end="Salt Lake")
    network = kit.network(two)
    assert sorted(t for t in network.terminal if t) == ["Salt Lake", "Test Sea"]


def test_a_next_reach_outside_the_layer_becomes_a_noted_end(kit):
    network = kit.network(changed(kit.confluence, 6, next=99))
    last = kit.index(network, 6)
    assert network.next_index[last] == -1
    assert network.terminal[last] == "leaves the river layer"
    assert network.note[last] == "next reach 99 is not in the layer"


def test_a_reversed_line_is_turned_and_noted(kit):
    whole = kit.network(kit.confluence)
    network = kit.network(changed(kit.confluence, 4, line=[(70.3, 40.0), (70.2, 40.0)]))
    reach = kit.index(network, 4)
    assert network.note[reach] == "line was drawn upstream and is turned"
    assert np.array_equal(network.lines.lon_deg, whole.lines.lon_deg)


def test_a_reversed_last_line_is_turned_too(kit):
    network = kit.network(changed(kit.confluence, 6, line=[(70.6, 40.0), (70.4, 40.0)]))
    reach = kit.index(network, 6)
    lines = network.lines
    assert lines.lon_deg[lines.offset[reach]] == pytest.approx(70.4)


def test_a_line_in_flow_order_is_left_as_it_is(confluence):
    assert all(note is None for note in confluence.note)


def test_a_reach_that_flows_the_wrong_way_is_refused(kit):
    broken = changed(changed(kit.confluence, 3, next=None), 4, next=3)
    with pytest.raises(InputError, match=r"next reach drains less: 4 \(800 km2\)"):
        kit.network(broken)


def test_a_gap_to_the_next_reach_is_refused(kit):
    broken = changed(kit.confluence, 4, line=[(70.2, 40.0), (70.27, 40.0)])
    with pytest.raises(InputError, match=r"4 -> 5 \(2\.6 km\)"):
        kit.network(broken)


def test_a_small_gap_is_noted(kit):
    network = kit.network(
        changed(kit.confluence, 4, line=[(70.2, 40.0), (70.295, 40.0)])
    )
    note = network.note[kit.index(network, 4)]
    assert re.fullmatch(r"gap of 42\d m to the next reach", note)


def test_a_stated_length_above_the_line_is_kept(kit):
    network = kit.network(changed(kit.confluence, 1, length=10_000.0))
    assert network.length_m[kit.index(network, 1)] == 10_000.0


def test_a_stated_length_below_the_line_is_replaced_and_noted(kit):
    network = kit.network(changed(kit.confluence, 1, length=5_000.0))
    reach = kit.index(network, 1)
    assert network.length_m[reach] == pytest.approx(8539.4, abs=0.5)
    assert network.note[reach].startswith("stated length 5000 m contradicts the line")


def test_lengths_in_kilometres_are_refused(kit):
    broken = [r | {"length": 8.54} for r in kit.confluence]
    with pytest.raises(InputError, match="unit that the format documents"):
        kit.network(broken)


def test_impossible_numbers_are_left_out_and_noted(kit):
    network = kit.network(changed(kit.confluence, 2, slope=-0.1, area=-5.0, q=-1.0))
    reach = kit.index(network, 2)
    assert np.isnan(network.slope[reach])
    assert np.isnan(network.area_km2[reach])
    assert np.isnan(network.discharge.mean_m3s[reach])
    assert network.discharge.source[reach] == "missing"
    assert network.note[reach].count("left out") == 3


def test_unknown_columns_are_refused_with_the_known_formats():
    frame = gpd.GeoDataFrame(
        {"OBJECTID": [1]}, geometry=[LineString([(70, 40), (70.1, 40)])], crs=4326
    )
    with pytest.raises(InputError, match="HydroRIVERS: HYRIV_ID"):
        raw_reaches(frame, FILE)


def test_a_layer_without_reaches_is_refused(kit):
    with pytest.raises(InputError, match="no reaches"):
        raw_reaches(kit.layer(kit.confluence).iloc[:0], FILE)


def test_text_in_a_column_of_numbers_is_refused(kit):
    frame = kit.layer(kit.confluence)
    frame["discharge_mean_m3s"] = ["much"] * len(frame)
    with pytest.raises(InputError, match="discharge_mean_m3s"):
        raw_reaches(frame, FILE)


def test_a_reach_without_a_line_is_refused(kit):
    frame = kit.layer(kit.confluence)
    frame.loc[2, "geometry"] = None
    with pytest.raises(InputError, match="reach 3"):
        raw_reaches(frame, FILE)


def test_parts_of_a_line_are_joined(kit):
    frame = kit.layer(kit.confluence)
    parts = MultiLineString(
        [[(70.0, 40.0), (70.05, 40.0)], [(70.05, 40.0), (70.1, 40.0)]]
    )
    frame.loc[0, "geometry"] = parts
    network = build_network(raw_reaches(frame, FILE))
    assert network.length_m[kit.index(network, 1)] == pytest.approx(8539.4, abs=0.5)


def test_hydrorivers_is_recognised_by_its_columns(kit):
    frame = gpd.GeoDataFrame(
        {
            "HYRIV_ID": [41000001, 41000002],
            "NEXT_DOWN": [41000002, 0],
            "LENGTH_KM": [8.54, 8.54],
            "UPLAND_SKM": [100.0, 220.0],
            "DIS_AV_CMS": [1.5, 3.0],
            "ORD_STRA": [1, 1],
        },
        geometry=[
            LineString([(70.0, 40.0), (70.1, 40.0)]),
            LineString([(70.1, 40.0), (70.2, 40.0)]),
        ],
        crs="EPSG:4326",
    )
    network = build_network(raw_reaches(frame, FILE))
    assert list(network.source_id) == ["41000001", "41000002"]
    assert list(network.length_m) == pytest.approx([8540.0, 8540.0])
    assert list(network.discharge.mean_m3s) == [1.5, 3.0]
    assert network.terminal[1] == "end of the river layer"


def test_hydrorivers_without_its_discharge_is_not_recognised():
    frame = gpd.GeoDataFrame(
        {"HYRIV_ID": [1], "NEXT_DOWN": [0], "LENGTH_KM": [8.54], "UPLAND_SKM": [9.0]},
        geometry=[LineString([(70.0, 40.0), (70.1, 40.0)])],
        crs="EPSG:4326",
    )
    with pytest.raises(InputError, match="DIS_AV_CMS"):
        raw_reaches(frame, FILE)


def test_merit_basins_is_recognised_and_needs_no_discharge():
    frame = gpd.GeoDataFrame(
        {
            "COMID": [45000001, 45000002],
            "NextDownID": [45000002, 0],
            "lengthkm": [8.54, 8.54],
            "uparea": [100.0, 220.0],
            "slope": [0.01, 0.002],
        },
        geometry=[
            LineString([(70.0, 40.0), (70.1, 40.0)]),
            LineString([(70.1, 40.0), (70.2, 40.0)]),
        ],
        crs="EPSG:4326",
    )
    network = build_network(raw_reaches(frame, FILE))
    assert list(network.slope) == [0.01, 0.002]
    assert list(network.discharge.source) == ["missing", "missing"]


def test_a_path_with_blanks_and_cyrillic_letters_is_read(kit, write_layer):
    path = write_layer(kit.layer(kit.confluence), "реки долины.gpkg")
    assert len(read_lines(local_layer(path))) == len(kit.confluence)


@pytest.mark.parametrize("suffix", [".shp", ".fgb"])
def test_other_vector_formats_are_read(kit, tmp_path, suffix):
    path = tmp_path / f"rivers{suffix}"
    frame = kit.layer(kit.confluence)
    short = frame.rename(columns={name: name[:10] for name in frame.columns})
    short.to_file(path)
    layer = local_layer(path)
    plain = layer.model_copy(
        update={"layer": layer.layer.model_copy(update={"table": None})}
    )
    assert len(read_lines(plain)) == len(kit.confluence)


def test_a_layer_without_crs_is_refused(kit, write_layer):
    with pytest.warns(UserWarning, match="crs"):
        path = write_layer(kit.layer(kit.confluence).set_crs(None, allow_override=True))
    with pytest.raises(InputError, match="no CRS"):
        read_lines(local_layer(path))


def test_a_layer_in_another_crs_than_registered_is_refused(kit, write_layer):
    path = write_layer(kit.layer(kit.confluence).to_crs("EPSG:32642"))
    with pytest.raises(InputError, match="EPSG:32642"):
        read_lines(local_layer(path))


def test_a_registered_metric_crs_is_brought_to_degrees(kit, write_layer):
    path = write_layer(kit.layer(kit.confluence).to_crs("EPSG:32642"))
    frame = read_lines(local_layer(path, "EPSG:32642"))
    network = build_network(raw_reaches(frame, path))
    assert network.length_m[kit.index(network, 1)] == pytest.approx(8539.4, abs=0.5)


def test_a_truncated_file_is_refused_in_one_sentence(kit, write_layer):
    path = write_layer(kit.layer(kit.confluence))
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(InputError, match="cannot be read"):
        read_lines(local_layer(path))
