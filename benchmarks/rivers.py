"""Spill paths of 10,000 sites on a network of 1,000,000 reaches, against peers.

The network is Scheidegger's model of river basins: on a lattice, every cell drains to
one of its lower neighbours at random, so streams join on their way down. The question,
for every site: which reaches does the water pass, where does it end, how far and (at
three flows) how long is that; which borders does it cross, and which of 20,000
receptors does it meet, each with its distance and its three arrival times?

Each method gets the arrays in memory and is timed from there; compiled ones are called
once on a tiny network before. Paths, borders and receptors must be identical. The
second row is what the stage does, because its table ``downstream`` holds every path
written out: the same jumps find crossings and receptors. Then
"who lies upstream" is answered for every reach, beside one pass over the arrays.
Targets: under 0.2 s, at least 200 times as fast as networkx and 3 times as fast as
pyflwdir; upstream within 3 passes.

    python benchmarks/rivers.py [--rows 2000] [--columns 500] [--sites 10000]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from pipeline.rivers.everywhere import who_is_above
from pipeline.rivers.meeting import (
    ReachTimes,
    Receptors,
    Sites,
    borders_met,
    meet_below,
    places_met,
)
from pipeline.rivers.paths import Timing, trace
from pipeline.rivers.reach_below import links_below, look_below, runs_below
from pipeline.rivers.topology import order_network

PLAIN_SITES = 1_000
"""Most sites that methods in plain Python are asked for; their time is scaled."""
MEASURED_S = 2.0
RECEPTORS_PER_REACH = 0.02
BORDERS = 8


@dataclass(frozen=True)
class Case:
    """A network in upstream-first order, receptors and sites on it."""

    following: NDArray[np.int64]
    n_upstream: NDArray[np.int64]
    times: ReachTimes
    country: NDArray[np.int64]
    receptors: Receptors
    site: NDArray[np.int64]

    def first_sites(self, count: int) -> Case:
        """Case with fewer sites."""
        return replace(self, site=self.site[:count])


@dataclass(frozen=True)
class Answer:
    """All that was asked for, one site after another.

    ``paths`` holds (reaches, offset), ``ends`` one row per site (metres, three times),
    ``borders`` and ``places`` (offset, item, rows of metres and three times).
    """

    paths: tuple[NDArray[Any], NDArray[Any]]
    ends: NDArray[np.float64]
    borders: tuple[NDArray[Any], NDArray[Any], NDArray[Any]]
    places: tuple[NDArray[Any], NDArray[Any], NDArray[Any]]


def scheidegger(rows: int, columns: int, sites: int) -> tuple[Case, float]:
    """Network, and the seconds that ordering it took."""
    rng = np.random.default_rng(11)
    count = rows * columns
    cell = np.arange(count)
    column = (cell % columns + rng.integers(0, 2, count)) % columns
    following = (cell // columns + 1) * columns + column
    following[following >= count] = -1
    shuffle = rng.permutation(count)
    place = np.empty(count, dtype=np.int64)
    place[shuffle] = cell
    moved = np.where(following[shuffle] < 0, -1, place[following[shuffle]])
    started = time.perf_counter()
    order = order_network(moved, shuffle)
    seconds = time.perf_counter() - started
    length = rng.uniform(500, 5000, count)
    central = length / rng.uniform(0.3, 1.5, count) / 3600
    at = np.sort(rng.integers(0, count, max(1, int(count * RECEPTORS_PER_REACH))))
    offset = np.zeros(count + 1, dtype=np.int64)
    offset[1:] = np.cumsum(np.bincount(at, minlength=count))
    case = Case(
        following=order.next_index,
        n_upstream=order.n_upstream,
        times=ReachTimes(
            length,
            np.column_stack([central, central / 2, central * 3]),
            np.zeros(count, dtype=bool),
        ),
        country=(shuffle[order.row] // columns // max(1, rows // BORDERS)).astype(
            np.int64
        ),
        receptors=Receptors(offset, np.zeros(len(at))),
        site=rng.integers(0, count, sites),
    )
    return case, seconds


def natech(case: Case) -> Any:
    """One pass for all reaches, then differences and jumps for the sites."""
    times, at = case.times, case.site
    below = look_below(
        case.following,
        times.length_m,
        times.hours,
        case.country,
        case.receptors.offset,
    )
    sites = Sites(at, np.zeros(len(at)))
    return (
        runs_below(below.links, at),
        below.sums[at, :4],
        *meet_below(below, times, sites, case.receptors),
    )


def as_the_stage(case: Case) -> Any:
    """What the stage does for its tables: every path is written out with its times.

    Crossings and receptors are found by the same jumps; their distances and times are
    those of the path elements that they lie in.
    """
    times = case.times
    count = len(case.following)
    flow = SimpleNamespace(mean_m3s=np.zeros(count))
    network = SimpleNamespace(
        next_index=case.following, length_m=times.length_m, discharge=flow
    )
    timing = Timing(
        river_h=np.ascontiguousarray(times.hours.T),
        lake_h=np.zeros((3, count)),
        in_lake=times.standing,
        inside=times.standing,
        weakness=np.zeros(count, dtype=np.int64),
    )
    paths = trace(network, timing, case.site, np.zeros(len(case.site)))
    links = links_below(case.following, case.country, case.receptors.offset)
    sites = Sites(case.site, np.zeros(len(case.site)))
    found = []
    for offset, item in (
        borders_met(links, case.site),
        places_met(links, sites, case.receptors),
    ):
        path = np.repeat(np.arange(len(paths)), np.diff(offset))
        reach = item.astype(np.int64)
        if len(found):
            reach = np.searchsorted(case.receptors.offset, reach, side="right") - 1
        at = paths.element_at(network, path, reach)
        way = np.column_stack([paths.start_m[at], paths.start_river_h[:, at].T])
        found.append((offset, item, way))
    last = paths.offset[1:] - 1
    weights = np.column_stack([times.length_m, times.hours])[paths.reach[last]]
    before = np.column_stack([paths.start_m[last], paths.start_river_h[:, last].T])
    return Answer((paths.reach, paths.offset), before + weights, *found)


def unpacked(found: Any) -> Answer:
    """Our answer in the form of all methods, every path written out."""
    runs, ends, borders, places = found
    return Answer(
        runs.reaches(),
        ends,
        *(
            (met.offset, met.item, np.column_stack([met.metres, met.hours]))
            for met in (borders, places)
        ),
    )


def with_networkx(case: Case) -> Answer:
    """Walk over the successors of a directed graph."""
    graph = _GRAPHS[id(case.following)]
    found = []
    for site in case.site.tolist():
        here, sums = site, (0.0, 0.0, 0.0, 0.0)
        path, borders, places = [], [], []
        while True:
            path.append(here)
            node = graph.nodes[here]
            places += [(item, *sums) for item in node["receptors"]]
            sums = (
                sums[0] + node["metres"],
                sums[1] + node["central"],
                sums[2] + node["earliest"],
                sums[3] + node["latest"],
            )
            below = next(graph.successors(here), None)
            if below is None:
                break
            if graph.nodes[below]["country"] != node["country"]:
                borders.append((below, *sums))
            here = below
        found.append((path, sums, borders, places))
    return _collected(found)


_GRAPHS: dict[int, Any] = {}


def make_graph(case: Case) -> None:
    """Graph of a case, made before the clock starts."""
    import networkx

    offset = case.receptors.offset.tolist()
    graph = networkx.DiGraph()
    rows = zip(
        case.times.length_m.tolist(),
        *case.times.hours.T.tolist(),
        case.country.tolist(),
        strict=True,
    )
    graph.add_nodes_from(
        (
            i,
            {
                "metres": m,
                "central": c,
                "earliest": e,
                "latest": s,
                "country": country,
                "receptors": range(offset[i], offset[i + 1]),
            },
        )
        for i, (m, c, e, s, country) in enumerate(rows)
    )
    graph.add_edges_from(
        (i, j) for i, j in enumerate(case.following.tolist()) if j >= 0
    )
    _GRAPHS[id(case.following)] = graph


def with_lists(case: Case) -> Answer:
    """Walk over Python lists, site by site."""
    following, country, metres, hours, offset = _LISTS[id(case.following)]
    found = []
    for site in case.site.tolist():
        here, m, c, e, s = site, 0.0, 0.0, 0.0, 0.0
        path, borders, places = [], [], []
        while True:
            path.append(here)
            places += [(x, m, c, e, s) for x in range(offset[here], offset[here + 1])]
            h = hours[here]
            m, c, e, s = m + metres[here], c + h[0], e + h[1], s + h[2]
            below = following[here]
            if below < 0:
                break
            if country[below] != country[here]:
                borders.append((below, m, c, e, s))
            here = below
        found.append((path, (m, c, e, s), borders, places))
    return _collected(found)


_LISTS: dict[int, Any] = {}


def make_lists(case: Case) -> None:
    """Python lists of a case, made before the clock starts."""
    _LISTS[id(case.following)] = (
        case.following.tolist(),
        case.country.tolist(),
        case.times.length_m.tolist(),
        case.times.hours.tolist(),
        case.receptors.offset.tolist(),
    )


def with_pyflwdir(case: Case) -> Any:
    """Vector tracing of pyflwdir; sums, borders and receptors by numpy on its paths."""
    from pyflwdir import core

    # Flwdir.path itself stops where affine 3 is installed: its default transform is
    # no longer a tuple. The same compiled function is called with one.
    paths, _ = core.path(
        case.site,
        _DOWN[id(case.following)],
        transform=(1.0, 0.0, 0.0, 0.0, -1.0, 0.0),
    )
    weights = np.column_stack([case.times.length_m, case.times.hours])
    offset = case.receptors.offset
    found = []
    for path in paths:
        sums = np.cumsum(weights[path], axis=0)
        country = case.country[path]
        change = np.flatnonzero(country[1:] != country[:-1])
        count = offset[path + 1] - offset[path]
        with_place = np.flatnonzero(count)
        met = np.repeat(with_place, count[with_place])
        item = offset[path[met]] + _within(count[with_place])
        before = sums[met] - weights[path[met]]
        found.append((path, sums[-1], path[change + 1], sums[change], item, before))
    return found


def _within(count: NDArray[np.int64]) -> NDArray[np.int64]:
    """0, 1, ... within every group of ``count`` things."""
    begin = np.cumsum(count) - count
    return np.arange(int(count.sum())) - np.repeat(begin, count)


_DOWN: dict[int, Any] = {}


def make_down(case: Case) -> None:
    """Next reaches as pyflwdir has them (an end flows to itself), made before."""
    own = np.arange(len(case.following))
    _DOWN[id(case.following)] = np.where(case.following < 0, own, case.following)


def joined(found: Any) -> Answer:
    """Answer of pyflwdir in the form of all methods."""
    paths, ends, reach, border, item, place = zip(*found, strict=True)
    return Answer(
        (np.concatenate(paths), _offset(paths)),
        np.array(ends),
        (_offset(reach), np.concatenate(reach), np.concatenate(border)),
        (_offset(item), np.concatenate(item), np.concatenate(place)),
    )


def _offset(parts: Any) -> NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum([len(part) for part in parts])])


def _collected(found: list[Any]) -> Answer:
    paths, ends, *met = zip(*found, strict=True)
    columns = []
    for parts in met:
        rows = np.array([row for part in parts for row in part]).reshape(-1, 5)
        columns.append((_offset(parts), rows[:, 0].astype(np.int64), rows[:, 1:]))
    reaches = np.array([reach for path in paths for reach in path])
    return Answer((reaches, _offset(paths)), np.array(ends), *columns)


def measure(method: Callable[[Case], Any], case: Case) -> tuple[float, Any]:
    """Seconds of the best call within two seconds, and the answer."""
    best, total, answer = float("inf"), 0.0, None
    while total < MEASURED_S:
        started = time.perf_counter()
        answer = method(case)
        seconds = time.perf_counter() - started
        best, total = min(best, seconds), total + seconds
    return best, answer


def same(a: Answer, b: Answer) -> bool:
    """Whether two methods agree: identical paths, borders and receptors.

    Distances agree to 1e-9 and times to 1e-4 (single precision) of their size, or a
    thousandth of an hour.
    """
    met = zip((a.borders, a.places), (b.borders, b.places), strict=True)
    return (
        all(np.array_equal(x, y) for x, y in zip(a.paths, b.paths, strict=True))
        and np.allclose(a.ends, b.ends, rtol=1e-9)
        and all(
            np.array_equal(x[0], y[0])
            and np.array_equal(x[1], y[1])
            and np.allclose(x[2][:, 0], y[2][:, 0], rtol=1e-9, atol=1e-3)
            and np.allclose(x[2][:, 1:], y[2][:, 1:], rtol=1e-4, atol=1e-3)
            for x, y in met
        )
    )


@njit(cache=True)
def one_pass(next_index: Any, length_m: Any) -> Any:
    """Distance to the end for every reach: the least that a pass can do."""
    to_end = np.empty(len(next_index))
    for i in range(len(next_index) - 1, -1, -1):
        j = next_index[i]
        to_end[i] = length_m[i] if j < 0 else length_m[i] + to_end[j]
    return to_end


PEERS = (
    ("natech, paths written out", as_the_stage, as_the_stage, None, None),
    ("pyflwdir, vector paths", make_down, with_pyflwdir, joined, None),
    ("plain Python lists", make_lists, with_lists, None, PLAIN_SITES),
    ("networkx", make_graph, with_networkx, None, PLAIN_SITES),
)


def compare(case: Case, tiny: Case) -> None:
    """Table of all methods."""
    natech(tiny)
    started = time.perf_counter()
    natech(case)
    first = time.perf_counter() - started
    ours, found = measure(natech, case)
    answer = unpacked(found)
    print(f"{'method':<28}{'s':>10}{'ratio':>9}  equal")
    print(f"{'natech':<28}{ours:>10.4f}{1:>9.1f}  - (first call {first:.3f} s)")
    for name, prepare, method, unpack, most in PEERS:
        few = case if most is None else case.first_sites(most)
        try:
            prepare(tiny)
            method(tiny)
            prepare(few)
        except ImportError as error:
            print(f"{name:<28}{'-':>10}{'-':>9}  {error}")
            continue
        seconds, other = measure(method, few)
        other = other if unpack is None else unpack(other)
        mine = answer if most is None else unpacked(natech(few))
        factor = len(case.site) / len(few.site)
        equal = "yes" if same(mine, other) else "NO"
        note = f" (scaled from {len(few.site):,} sites)" if factor > 1 else ""
        seconds *= factor
        print(f"{name:<28}{seconds:>10.4f}{seconds / ours:>9.1f}  {equal}{note}")
    elements = len(answer.paths[0])
    print(
        f"answered: {elements:,} path elements, {len(answer.borders[1]):,} border "
        f"crossings, {len(answer.places[1]):,} receptors"
    )


def upstream(case: Case, tiny: Case) -> None:
    """Who lies upstream of every reach, beside one pass over the arrays."""
    one_pass(tiny.following, tiny.times.length_m)
    who_is_above(tiny.n_upstream, tiny.site)
    best = [float("inf"), float("inf")]
    for _ in range(7):
        started = time.perf_counter()
        one_pass(case.following, case.times.length_m)
        between = time.perf_counter()
        above = who_is_above(case.n_upstream, case.site)
        best[0] = min(best[0], between - started)
        best[1] = min(best[1], time.perf_counter() - between)
    pairs = int((above.last.astype(np.int64) - above.first).sum())
    print(
        f"who is upstream of every reach: {best[1] * 1000:.1f} ms "
        f"({best[1] / best[0]:.1f} passes of {best[0] * 1000:.1f} ms), "
        f"{pairs:,} pairs"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=2000)
    parser.add_argument("--columns", type=int, default=500)
    parser.add_argument("--sites", type=int, default=10_000)
    options = parser.parse_args()
    case, ordering = scheidegger(options.rows, options.columns, options.sites)
    tiny, _ = scheidegger(20, 5, 10)
    print(
        f"{len(case.following):,} reaches, {len(case.site):,} sites, "
        f"{len(case.receptors.fraction):,} receptors; ordering (once): {ordering:.2f} s"
    )
    compare(case, tiny)
    upstream(case, tiny)


if __name__ == "__main__":
    main()
