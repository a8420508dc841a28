"""Spill paths of 10,000 sites on a network of 1,000,000 reaches, against peers.

The network is Scheidegger's model of river basins: on a lattice, every cell drains to
one of its lower neighbours at random, so streams join on their way down. The question,
for every site: where does the water end, how far is that, how many hours does it take,
and at which reach does it first change country?

Each method gets the arrays in memory and is timed from there; compiled ones are called
once on a tiny network before. Then the project's whole trace (every reach of every
path, with three flows) and "who lies upstream" are timed. Targets: under 0.2 s, at
least 200 times as fast as networkx and 3 times as fast as pyflwdir, equal results.

    python benchmarks/rivers.py [--rows 2000] [--columns 500] [--sites 10000]
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.rivers.everywhere import outlook
from pipeline.rivers.lakes import Residence
from pipeline.rivers.paths import reach_timing, trace
from pipeline.rivers.topology import is_upstream, order_network

PLAIN_SITES = 1_000
"""Most sites that networkx is asked for; its time is scaled to all sites."""


@dataclass(frozen=True)
class Case:
    """A network in upstream-first order, and sites on it."""

    following: NDArray[np.int64]
    n_upstream: NDArray[np.int64]
    length_m: NDArray[np.float64]
    hours: NDArray[np.float64]
    country: NDArray[np.int64]
    site: NDArray[np.int64]


Answer = tuple[NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any]]


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
    case = Case(
        following=order.next_index,
        n_upstream=order.n_upstream,
        length_m=length,
        hours=length / rng.uniform(0.3, 1.5, count) / 3600,
        country=(shuffle[order.row] // columns // max(1, rows // 8)).astype(np.int64),
        site=rng.integers(0, count, sites),
    )
    return case, seconds


def natech(case: Case) -> Answer:
    """One pass for all reaches, then the sites are looked up."""
    end, metres, hours, border, _, _ = outlook(
        case.following, case.length_m, case.hours, case.country
    )
    at = case.site
    return end[at], metres[at], hours[at], border[at]


def plain(case: Case) -> Answer:
    """Walk over Python lists, site by site."""
    following, country = case.following.tolist(), case.country.tolist()
    length, time_h = case.length_m.tolist(), case.hours.tolist()
    found = []
    for site in case.site.tolist():
        here, metres, hours, border = site, 0.0, 0.0, -1
        while True:
            metres += length[here]
            hours += time_h[here]
            below = following[here]
            if below < 0:
                break
            if border < 0 and country[below] != country[here]:
                border = below
            here = below
        found.append((here, metres, hours, border))
    return _columns(found)


def with_networkx(case: Case) -> Answer:
    """Walk over the successors of a directed graph."""
    graph = _graph(case)
    found = []
    for site in case.site.tolist():
        here, metres, hours, border = site, 0.0, 0.0, -1
        while True:
            node = graph.nodes[here]
            metres += node["metres"]
            hours += node["hours"]
            below = next(graph.successors(here), None)
            if below is None:
                break
            if border < 0 and graph.nodes[below]["country"] != node["country"]:
                border = below
            here = below
        found.append((here, metres, hours, border))
    return _columns(found)


_GRAPHS: dict[int, Any] = {}


def _graph(case: Case) -> Any:
    """Graph of a case, made once before the clock starts."""
    import networkx

    if id(case) not in _GRAPHS:
        graph = networkx.DiGraph()
        rows = zip(
            case.length_m.tolist(),
            case.hours.tolist(),
            case.country.tolist(),
            strict=True,
        )
        graph.add_nodes_from(
            (i, {"metres": m, "hours": h, "country": c})
            for i, (m, h, c) in enumerate(rows)
        )
        graph.add_edges_from(
            (i, j) for i, j in enumerate(case.following.tolist()) if j >= 0
        )
        _GRAPHS[id(case)] = graph
    return _GRAPHS[id(case)]


def with_pyflwdir(case: Case) -> Answer:
    """Vector tracing of pyflwdir, sums and borders by numpy on its paths."""
    from pyflwdir import core

    # Flwdir.path itself stops where affine 3 is installed: its default transform is
    # no longer a tuple. The same compiled function is called with one.
    paths, _ = core.path(
        case.site, _down(case), transform=(1.0, 0.0, 0.0, 0.0, -1.0, 0.0)
    )
    found = []
    for path in paths:
        country = case.country[path]
        change = np.flatnonzero(country[1:] != country[:-1])
        border = int(path[change[0] + 1]) if len(change) else -1
        found.append(
            (path[-1], case.length_m[path].sum(), case.hours[path].sum(), border)
        )
    return _columns(found)


_DOWN: dict[int, Any] = {}


def _down(case: Case) -> Any:
    """Next reaches as pyflwdir has them (an end flows to itself), made before."""
    if id(case) not in _DOWN:
        own = np.arange(len(case.following))
        _DOWN[id(case)] = np.where(case.following < 0, own, case.following)
    return _DOWN[id(case)]


def with_numpy(case: Case) -> Answer:
    """All sites step down together."""
    here = case.site.copy()
    end = here.copy()
    metres, hours = np.zeros(len(here)), np.zeros(len(here))
    border = np.full(len(here), -1)
    live = np.arange(len(here))
    while len(live):
        metres[live] += case.length_m[here]
        hours[live] += case.hours[here]
        end[live] = here
        below = case.following[here]
        going = below >= 0
        live, here, below = live[going], here[going], below[going]
        new = (border[live] < 0) & (case.country[below] != case.country[here])
        border[live[new]] = below[new]
        here = below
    return end, metres, hours, border


def _columns(found: list[Any]) -> Answer:
    end, metres, hours, border = zip(*found, strict=True)
    return np.array(end), np.array(metres), np.array(hours), np.array(border)


def measure(method: Callable[[Case], Answer], case: Case, tiny: Case) -> Any:
    """Seconds of a call (best of three, of one where it is slow) and its answer."""
    method(tiny)
    if method is with_networkx:
        _graph(case)
    if method is with_pyflwdir:
        _down(case)
    best, answer = float("inf"), None
    for _ in range(3):
        started = time.perf_counter()
        answer = method(case)
        best = min(best, time.perf_counter() - started)
        if best > 1:
            break
    return best, answer


def same(a: Answer, b: Answer) -> bool:
    """Whether two methods agree: ends and borders exactly, sums within rounding."""
    return (
        np.array_equal(a[0], b[0])
        and np.array_equal(a[3], b[3])
        and np.allclose(a[1], b[1], rtol=1e-9)
        and np.allclose(a[2], b[2], rtol=1e-9)
    )


def full_trace(case: Case) -> int:
    """Every reach of every path with three flows, as the stage does it."""
    network: Any = SimpleNamespace(
        next_index=case.following,
        length_m=case.length_m,
        in_lake=np.zeros(len(case.following), dtype=bool),
        discharge=SimpleNamespace(mean_m3s=case.hours),
    )
    speed = case.length_m / case.hours / 3600
    nothing = np.zeros(len(speed))
    residence = Residence(nothing, nothing, nothing, network.in_lake)
    velocities: Any = SimpleNamespace(
        central=speed,
        fastest=2 * speed,
        slowest=speed / 2,
        method=np.full(len(speed), "jobson_slope", dtype=object),
    )
    timing = reach_timing(network, velocities, residence)
    paths = trace(network, timing, case.site, np.zeros(len(case.site)))
    return len(paths.reach)


def who_is_upstream(case: Case) -> int:
    """Facilities upstream of every site, by interval labels of all sites at once."""
    ordered = np.sort(case.site)
    first = np.searchsorted(ordered, case.site - case.n_upstream[case.site], "left")
    last = np.searchsorted(ordered, case.site, "right")
    return int((last - first).sum())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=2000)
    parser.add_argument("--columns", type=int, default=500)
    parser.add_argument("--sites", type=int, default=10_000)
    options = parser.parse_args()
    case, ordering = scheidegger(options.rows, options.columns, options.sites)
    tiny, _ = scheidegger(20, 5, 10)
    print(f"{len(case.following):,} reaches, {len(case.site):,} sites")
    print(f"ordering the network (loading, once): {ordering:.2f} s")
    ours, answer = measure(natech, case, tiny)
    print(f"{'method':<28}{'s':>10}{'ratio':>9}  equal")
    print(f"{'natech, all reaches at once':<28}{ours:>10.4f}{1:>9.1f}  -")
    for name, method, most in (
        ("numpy, all sites together", with_numpy, None),
        ("plain Python lists", plain, None),
        ("pyflwdir, vector paths", with_pyflwdir, None),
        ("networkx", with_networkx, PLAIN_SITES),
    ):
        few = case if most is None else Case(**{**vars(case), "site": case.site[:most]})
        try:
            seconds, other = measure(method, few, tiny)
        except ImportError as error:
            print(f"{name:<28}{'-':>10}{'-':>9}  {error}")
            continue
        factor = len(case.site) / len(few.site)
        part = tuple(column[: len(few.site)] for column in answer)
        equal = "yes" if same(part, other) else "NO"
        note = f" (scaled from {len(few.site):,} sites)" if factor > 1 else ""
        seconds *= factor
        print(f"{name:<28}{seconds:>10.4f}{seconds / ours:>9.1f}  {equal}{note}")
    full_trace(tiny)
    started = time.perf_counter()
    elements = full_trace(case)
    print(
        f"every reach of every path, three flows: {time.perf_counter() - started:.2f} s"
        f" for {elements:,} path elements"
    )
    started = time.perf_counter()
    pairs = who_is_upstream(case)
    seconds = time.perf_counter() - started
    reach = int(case.site[np.argmax(case.n_upstream[case.site])])
    count = int(is_upstream(case.n_upstream, reach, case.site).sum())
    print(
        f"which sites lie upstream of each site: {seconds * 1000:.1f} ms, "
        f"{pairs:,} pairs (at most {count:,} above one)"
    )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"peak memory with all methods: {peak:.1f} GB")


if __name__ == "__main__":
    main()
