"""Canals as branches of the way downstream."""

from __future__ import annotations

import numpy as np
import pytest
from shapely.geometry import LineString, box

from pipeline.core.errors import InputError
from pipeline.rivers.borders import Countries
from pipeline.rivers.branches import branches_frame, countries_below
from pipeline.rivers.canals import (
    CanalLayer,
    canals_on_network,
    lost_shares,
)
from pipeline.rivers.network import lines_from_geometry
from pipeline.rivers.paths import trace

# The confluence of the tests: 1 and 2 into 3, then 4, the lake 5, and 6.
COUNTRIES = Countries(
    np.array(["KG", "UZ"], dtype=object),
    np.array([box(69, 39.95, 72, 41), box(69, 38, 72, 39.95)], dtype=object),
)
SOUTH = [(70.25, 40.0), (70.25, 39.8)]  # out of reach 4, over the border at 39.95


def objects(values):
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def canal(key="one", start=4, share=0.2, line=SOUTH, to=None, ends="fields"):
    return key, str(start), share, line, None if to is None else str(to), ends


def joined(network, *canals, countries=COUNTRIES):
    key, start, share, line, to, ends = zip(*canals, strict=True)
    layer = CanalLayer(
        canal_id=objects(key),
        name=objects([f"Canal {k}" for k in key]),
        name_ru=objects([None] * len(key)),
        from_id=objects(start),
        to_id=objects(to),
        ends_in=objects(ends),
        share=np.array(share, dtype=np.float64),
        lines=lines_from_geometry([LineString(points) for points in line]),
    )
    return canals_on_network(layer, network, countries, 2000.0, "canals.gpkg")


def branches(kit, network, canals, *entries):
    start = np.array([kit.index(network, i) for i, _ in entries])
    paths = trace(network, kit.timed(network), start, np.array([s for _, s in entries]))
    ids = objects([f"t-{k}" for k in range(len(entries))])
    below = countries_below(
        network.next_index, network.country_left, network.country_right
    )
    return branches_frame(network, kit.timed(network), paths, ids, canals, below)


def test_a_canal_begins_where_it_leaves_the_river(kit, confluence):
    (found,) = joined(confluence, canal())
    assert found.reach == kit.index(confluence, 4)
    assert found.head_fraction == pytest.approx(0.5, abs=1e-3)
    assert found.length_m == pytest.approx(22_207, rel=1e-3)
    assert found.end_country == "UZ"


def test_a_canal_crosses_the_border_where_the_map_has_it(confluence):
    (found,) = joined(confluence, canal())
    ((metres, crossing),) = found.crossings
    assert (crossing.from_country, crossing.to_country) == ("KG", "UZ")
    assert metres == pytest.approx(5552, abs=1000)


def test_one_canal_keeps_its_share(confluence):
    (found,) = joined(confluence, canal(share=0.2))
    assert found.share == pytest.approx(0.2)


def test_two_canals_at_one_reach_share_its_water(confluence):
    # alone each takes a quarter of the river's flow (0.2 = 0.25 / 1.25); together
    # each has 0.25 of 1.5
    one, two = joined(confluence, canal("one"), canal("two"))
    assert one.share == two.share == pytest.approx(0.25 / 1.5)


def test_reaches_tell_how_much_water_they_lose(kit, confluence):
    canals = joined(confluence, canal("a"), canal("b", share=0.5))
    share, names = lost_shares(canals, len(confluence))
    reach = kit.index(confluence, 4)
    assert share[reach] == pytest.approx(1.25 / 2.25)
    assert names[reach] == "Canal b 0.44; Canal a 0.11"
    assert np.count_nonzero(share) == 1


def test_a_branch_has_a_head_a_border_and_an_end(kit, confluence):
    frame = branches(kit, confluence, joined(confluence, canal()), (1, 0.0))
    assert list(frame["stop"]) == ["head", "border", "end"]
    assert list(frame["to_country"].fillna("")) == ["", "UZ", "UZ"]
    assert frame["share"].unique() == pytest.approx([0.2])
    assert frame["provisional"].all()
    assert frame["by_canal"].all()
    assert set(frame["confidence"]) == {"M-part"}


def test_times_in_a_canal_come_on_top_of_those_of_the_river(kit, confluence):
    frame = branches(kit, confluence, joined(confluence, canal()), (1, 0.0))
    head, end = frame.iloc[0], frame.iloc[-1]
    hours = 22_207 / 3600
    assert end["arrival_peak_h"] - head["arrival_peak_h"] == pytest.approx(
        hours / 0.7, rel=1e-3
    )
    assert end["arrival_lead_h_low"] - head["arrival_lead_h_low"] == pytest.approx(
        hours / 1.2, rel=1e-3
    )
    assert end["arrival_peak_h_high"] - head["arrival_peak_h_high"] == pytest.approx(
        hours / 0.3, rel=1e-3
    )
    assert end["distance_m"] - head["distance_m"] == pytest.approx(22_207, rel=1e-3)


def test_a_facility_below_the_head_sends_nothing_into_the_canal(kit, confluence):
    canals = joined(confluence, canal())
    assert len(branches(kit, confluence, canals, (4, 0.4))) == 3
    assert branches(kit, confluence, canals, (4, 0.6)).empty


def test_a_canal_farther_down_gets_what_is_left(kit, confluence):
    up = canal("up", start=3, share=0.5, line=[(70.15, 40.0), (70.15, 40.1)])
    canals = joined(confluence, up, canal("down"))
    frame = branches(kit, confluence, canals, (1, 0.0)).query("stop == 'head'")
    shares = frame.set_index("canal_id")["share_of_release"]
    assert shares["up"] == pytest.approx(0.5)
    assert shares["down"] == pytest.approx(0.5 * 0.2)


@pytest.mark.parametrize("seed", range(5))
def test_no_release_is_shared_out_more_than_once(kit, confluence, seed):
    rng = np.random.default_rng(seed)
    canals = joined(
        confluence,
        *(
            canal(str(k), start=reach, share=float(rng.uniform(0.01, 0.99)), line=line)
            for k, (reach, line) in enumerate(
                [(3, [(70.15, 40.0), (70.15, 40.1)]), (4, SOUTH), (4, SOUTH)]
            )
        ),
    )
    frame = branches(kit, confluence, canals, (1, 0.0), (2, 0.0))
    total = frame.query("stop == 'head'").groupby("tmf_id")["share_of_release"].sum()
    assert (total < 1.0).all()


def test_a_canal_that_ends_in_a_river_says_where_it_leads(kit, confluence):
    back = canal(to=6, ends="river", line=[(70.25, 40.0), (70.45, 40.0)])
    end = branches(kit, confluence, joined(confluence, back), (1, 0.0)).iloc[-1]
    assert end["rejoins_path"]
    assert end["to_reach_id"] == kit.index(confluence, 6) + 1
    assert end["countries_below"] == "KG"


def test_below_a_lake_of_unknown_volume_no_time_is_given(kit, confluence):
    below = canal(start=6, line=[(70.5, 40.0), (70.5, 39.8)])
    frame = branches(kit, confluence, joined(confluence, below), (1, 0.0))
    assert frame["arrival_lead_h"].isna().all()
    assert frame["beyond_standing_water"].all()


def test_without_country_polygons_no_border_is_claimed(confluence):
    (found,) = joined(confluence, canal(), countries=None)
    assert (found.crossings, found.end_country) == ((), None)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (canal(start=99), "reach 99, which the river layer does not have"),
        (canal(to=99), "reach 99, which the river layer does not have"),
        (canal(share=0.0), "above 0 and below 1"),
        (canal(share=1.0), "above 0 and below 1"),
        (canal(share=float("nan")), "above 0 and below 1"),
        (canal(start=1), "km from the head"),
    ],
)
def test_canals_that_cannot_be_are_refused(confluence, row, words):
    with pytest.raises(InputError, match=words):
        joined(confluence, row)


def test_countries_below_are_listed_once_in_flow_order():
    found = countries_below(
        np.array([1, 2, 3, -1]),
        objects(["KG", "UZ", "KG", None]),
        objects(["KG", "UZ", "TJ", None]),
    )
    assert list(found) == ["KG; UZ; TJ", "UZ; KG; TJ", "KG; TJ", None]
