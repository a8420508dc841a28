"""Answers by sums and jumps: equal to a walk along every path, and their laws."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.rivers.arrivals import arrivals_at
from pipeline.rivers.borders import Stretches
from pipeline.rivers.crossings import (
    Stay,
    changes,
    drop_slivers,
    find_crossings,
    path_stretches,
)
from pipeline.rivers.everywhere import bank_codes, who_is_above
from pipeline.rivers.lakes import Lake
from pipeline.rivers.meeting import ReachTimes, Receptors, Sites, meet_below
from pipeline.rivers.paths import trace
from pipeline.rivers.reach_below import look_below, runs_below
from pipeline.rivers.receptors import _pairs_on_paths
from pipeline.rivers.topology import order_network, reaches_to_end


@st.composite
def worlds(draw, largest=25):
    """River trees with lengths, times (some unknown), lakes, countries, receptors."""
    count = draw(st.integers(1, largest))
    following = np.array(
        [
            draw(st.one_of(st.just(-1), st.integers(i + 1, count - 1)))
            if i < count - 1
            else -1
            for i in range(count)
        ]
    )
    order = order_network(following, np.arange(count))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    hours = rng.uniform(0.1, 5.0, count)
    hours[rng.random(count) < 0.1] = np.nan
    at = np.sort(rng.integers(0, count, count))
    fraction = np.sort(rng.choice([0.0, 0.25, 0.5, 1.0], count))
    offset = np.searchsorted(at, np.arange(count + 1))
    for i in range(count):
        fraction[offset[i] : offset[i + 1]].sort()
    sites = draw(st.integers(1, 8))
    return SimpleNamespace(
        next_index=order.next_index,
        n_upstream=order.n_upstream,
        times=ReachTimes(
            rng.uniform(100.0, 9000.0, count),
            np.column_stack([hours, hours / 2, hours * 3]),
            rng.random(count) < 0.2,
        ),
        banks=rng.integers(0, 3, count),
        receptors=Receptors(offset.astype(np.int64), fraction),
        sites=Sites(
            rng.integers(0, count, sites), rng.choice([0.0, 0.25, 0.6, 1.0], sites)
        ),
    )


def answers(world):
    below = look_below(
        world.next_index,
        world.times.length_m,
        world.times.hours,
        world.banks,
        world.receptors.offset,
    )
    return below, *meet_below(below, world.times, world.sites, world.receptors)


def by_walking(world, reach, share):
    """Borders and receptors of one site, each with metres and times, step by step."""
    times, receptors = world.times, world.receptors
    metres, hours = 0.0, np.zeros(3)
    borders, places = [], []
    start = share
    while True:
        for r in range(receptors.offset[reach], receptors.offset[reach + 1]):
            f = receptors.fraction[r]
            if f < start:
                continue
            moved = f - start
            step = np.zeros(3)
            if moved > 0:
                step = moved * times.hours[reach]
                if times.standing[reach]:
                    step = np.full(3, np.nan)
            places.append((r, metres + moved * times.length_m[reach], *(hours + step)))
        metres += (1 - start) * times.length_m[reach]
        if times.standing[reach]:
            hours = hours + times.hours[reach]
        elif start < 1:
            hours = hours + (1 - start) * times.hours[reach]
        below = world.next_index[reach]
        if below < 0:
            return borders, places
        if world.banks[below] != world.banks[reach]:
            borders.append((below, metres, *hours))
        reach, start = below, 0.0


@settings(deadline=None, max_examples=200)
@given(worlds())
def test_crossings_and_receptors_equal_those_met_on_a_walk(world):
    _, *found = answers(world)
    for k, (reach, share) in enumerate(
        zip(world.sites.reach, world.sites.fraction, strict=True)
    ):
        for met, walked in zip(found, by_walking(world, reach, share), strict=True):
            part = slice(met.offset[k], met.offset[k + 1])
            rows = np.array(walked).reshape(-1, 5)
            assert met.item[part].tolist() == rows[:, 0].astype(int).tolist()
            assert met.metres[part] == pytest.approx(rows[:, 1], abs=1e-6)
            assert met.hours[part] == pytest.approx(
                rows[:, 2:], rel=1e-5, abs=1e-5, nan_ok=True
            )


@settings(deadline=None)
@given(worlds())
def test_runs_written_out_are_the_paths(world):
    below, *_ = answers(world)
    start = world.sites.reach
    reaches, offset = runs_below(below.links, start).reaches()
    for k, reach in enumerate(start.tolist()):
        walked = [reach]
        while (reach := int(world.next_index[reach])) >= 0:
            walked.append(reach)
        assert reaches[offset[k] : offset[k + 1]].tolist() == walked
        assert reaches_to_end(world.next_index)[start[k]] == len(walked)


@settings(deadline=None)
@given(worlds())
def test_times_and_distances_of_reaches_add_up(world):
    below, *_ = answers(world)
    start = np.arange(len(world.next_index))
    reaches, offset = runs_below(below.links, start).reaches()
    known = np.nan_to_num(world.times.hours)
    for k in start:
        path = reaches[offset[k] : offset[k + 1]]
        assert below.sums[k, 0] == pytest.approx(world.times.length_m[path].sum())
        assert below.sums[k, 1:4] == pytest.approx(known[path].sum(axis=0))
        assert below.sums[k, 4] == np.isnan(world.times.hours[path, 0]).sum()


@settings(deadline=None)
@given(worlds())
def test_moving_down_its_own_path_lengthens_no_arrival(world):
    _, _, places = answers(world)
    reaches = world.next_index[world.sites.reach]
    going = reaches >= 0
    moved = Sites(
        np.where(going, reaches, world.sites.reach),
        np.where(going, 0.0, world.sites.fraction),
    )
    world.sites = moved
    _, _, after = answers(world)
    for k in range(len(moved.reach)):
        a = slice(places.offset[k], places.offset[k + 1])
        b = slice(after.offset[k], after.offset[k + 1])
        before = dict(zip(places.item[a], range(a.start, a.stop), strict=True))
        for at in range(b.start, b.stop):
            old = before[after.item[at]]
            assert after.metres[at] <= places.metres[old] + 1e-6
            both = np.isfinite(after.hours[at]) & np.isfinite(places.hours[old])
            assert np.all(after.hours[at][both] <= places.hours[old][both] + 1e-4)
            assert not np.any(np.isnan(after.hours[at]) & ~np.isnan(places.hours[old]))


@settings(deadline=None)
@given(worlds())
def test_who_is_above_and_who_is_below_agree(world):
    below, *_ = answers(world)
    sites = world.sites.reach
    above = who_is_above(world.n_upstream, sites)
    reaches, offset = runs_below(below.links, sites).reaches()
    for reach in range(len(world.next_index)):
        listed = above.site[above.first[reach] : above.last[reach]]
        passing = [
            k for k in range(len(sites)) if reach in reaches[offset[k] : offset[k + 1]]
        ]
        assert sorted(listed.tolist()) == passing


@st.composite
def followed_worlds(draw):
    """A world with stretches on its reaches, places near them, and paths."""
    world = draw(worlds())
    count = len(world.next_index)
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    several = rng.integers(1, 4, count)
    offset = np.concatenate([[0], np.cumsum(several)])
    names = np.array(["KG", "UZ", "KZ", None], dtype=object)
    network = SimpleNamespace(
        next_index=world.next_index,
        length_m=world.times.length_m,
        discharge=SimpleNamespace(mean_m3s=np.ones(count)),
    )
    timing = SimpleNamespace(
        river_h=np.ones((3, count)),
        lake_h=np.zeros((3, count)),
        in_lake=np.zeros(count, bool),
        weakness=np.zeros(count, np.int64),
    )
    return SimpleNamespace(
        network=network,
        paths=trace(network, timing, world.sites.reach, world.sites.fraction),
        stretches=Stretches(
            offset=offset,
            start_fraction=np.concatenate([np.arange(n) / n for n in several]),
            left=names[rng.integers(0, 4, offset[-1])],
            right=names[rng.integers(0, 4, offset[-1])],
        ),
        reach_of_pair=rng.integers(0, count, draw(st.integers(0, 30))),
    )


@settings(deadline=None, max_examples=200)
@given(followed_worlds())
def test_crossings_found_by_jumps_are_those_of_looking_at_every_reach(world):
    paths, homes = world.paths, ["KG"] * len(world.paths)
    found = find_crossings(world.network, world.stretches, paths, homes, 0.0)
    owner, element, fraction, start_m, end_m, number = path_stretches(
        world.network, world.stretches, paths
    )
    rows = []
    for k in range(len(paths)):
        stays = []
        for at in np.flatnonzero(owner == k):
            banks = {world.stretches.left[number[at]]}
            banks |= {world.stretches.right[number[at]]}
            label = frozenset(banks - {None})
            if stays and stays[-1][0] == label:
                stays[-1][4] += end_m[at] - start_m[at]
                continue
            place = (label, int(element[at]), float(fraction[at]), float(start_m[at]))
            stays.append([*place, end_m[at] - start_m[at]])
        known, _ = drop_slivers([Stay(*s) for s in stays if s[0]], frozenset(), 0.0)
        rows += changes(k, known, "KG")
    assert [(c.path, c.from_country, c.to_country, c.kind) for c in rows] == [
        (c.path, c.from_country, c.to_country, c.kind) for c in found.crossings
    ]
    assert [c.element for c in rows] == [c.element for c in found.crossings]
    assert [c.fraction for c in rows] == [c.fraction for c in found.crossings]
    assert [c.stretch_m for c in rows] == pytest.approx(
        [c.stretch_m for c in found.crossings], abs=1e-6
    )


@settings(deadline=None)
@given(followed_worlds())
def test_places_found_by_jumps_are_those_near_every_reach_of_a_path(world):
    near = SimpleNamespace(reach=world.reach_of_pair)
    element, pair = _pairs_on_paths(world.network, world.paths, near)
    expected = {
        (place, number)
        for place, reach in enumerate(world.paths.reach.tolist())
        for number in np.flatnonzero(world.reach_of_pair == reach).tolist()
    }
    found = list(zip(element.tolist(), pair.tolist(), strict=True))
    assert len(found) == len(set(found))
    assert set(found) == expected


def test_the_answers_are_those_of_the_stage(kit):
    banks = {1: "KG", 2: "KG", 3: "KG", 4: "UZ", 5: "UZ", 6: "KZ"}
    network = kit.network([r | {"left": banks[r["id"]]} for r in kit.confluence])
    timing = kit.timed(network, {"blue": Lake("blue", "Blue Lake", None, 36e6)})
    everyone = np.arange(len(network))
    share = np.full(len(network), 0.5)
    times = ReachTimes(
        network.length_m,
        np.ascontiguousarray((timing.river_h + timing.lake_h).T),
        timing.in_lake,
    )
    world = SimpleNamespace(
        next_index=network.next_index,
        times=times,
        banks=bank_codes(network),
        receptors=Receptors(np.arange(len(network) + 1), np.full(len(network), 0.75)),
        sites=Sites(everyone, share),
    )
    below, borders, places = answers(world)
    paths = trace(network, timing, everyone, share)
    element = np.arange(len(paths.reach))
    ends = arrivals_at(network, timing, paths, element, np.full(len(element), 0.75))
    assert places.item.tolist() == paths.reach.tolist()
    assert places.metres == pytest.approx(ends.distance_m)
    assert places.hours[:, 0] == pytest.approx(ends.peak_h, nan_ok=True, rel=1e-5)
    assert places.hours[:, 1] == pytest.approx(ends.peak_low_h, nan_ok=True, rel=1e-5)
    assert places.hours[:, 2] == pytest.approx(ends.peak_high_h, nan_ok=True, rel=1e-5)
    reaches, offset = runs_below(below.links, everyone).reaches()
    assert reaches.tolist() == paths.reach.tolist()
    assert offset.tolist() == paths.offset.tolist()
    at = np.flatnonzero(np.isin(paths.reach, np.unique(borders.item)))
    first = at[paths.start_m[at] > 0]
    starts = arrivals_at(network, timing, paths, first, np.zeros(len(first)))
    assert borders.hours[:, 0] == pytest.approx(starts.peak_h, nan_ok=True, rel=1e-5)
