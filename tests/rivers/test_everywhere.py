from __future__ import annotations

import numpy as np
import pytest

from pipeline.rivers.arrivals import arrivals_at
from pipeline.rivers.everywhere import look_downstream
from pipeline.rivers.lakes import Lake
from pipeline.rivers.paths import trace

BLUE = {"blue": Lake("blue", "Blue Lake", None, 36e6)}


def test_every_reach_sees_what_its_own_path_finds(kit):
    banks = {1: "KG", 2: "KG", 3: "KG", 4: "UZ", 5: "UZ", 6: "KZ"}
    network = kit.network([r | {"left": banks[r["id"]]} for r in kit.confluence])
    timing = kit.timed(network, BLUE)
    seen = look_downstream(network, timing)
    everyone = np.arange(len(network))
    paths = trace(network, timing, everyone, np.zeros(len(network)))
    last = paths.offset[1:] - 1
    ends = arrivals_at(network, timing, paths, last, np.ones(len(last)), at_exit=True)
    assert seen.to_end_m == pytest.approx(ends.distance_m)
    assert seen.to_end_h == pytest.approx(ends.peak_h)
    assert list(seen.end) == list(paths.reach[last])


def test_the_next_border_is_where_the_banks_change(kit):
    banks = {1: "KG", 2: "KG", 3: "KG", 4: "UZ", 5: "UZ", 6: "KZ"}
    network = kit.network([r | {"left": banks[r["id"]]} for r in kit.confluence])
    seen = look_downstream(network, kit.timed(network, BLUE))
    place = {i: kit.index(network, i) for i in range(1, 7)}
    assert seen.border[place[1]] == place[4]
    assert seen.border[place[4]] == place[6]
    assert seen.border[place[6]] == -1
    assert seen.to_border_m[place[1]] == pytest.approx(2 * 8539.4, abs=1)
    assert np.isnan(seen.to_border_m[place[6]])


def test_unknown_standing_water_hides_only_what_lies_below_it(kit):
    banks = {1: "KG", 2: "KG", 3: "UZ", 4: "UZ", 5: "UZ", 6: "KZ"}
    network = kit.network([r | {"left": banks[r["id"]]} for r in kit.confluence])
    seen = look_downstream(network, kit.timed(network, {}))
    assert np.isfinite(seen.to_border_h[kit.index(network, 1)])
    assert np.isnan(seen.to_border_h[kit.index(network, 4)])
    assert np.isfinite(seen.to_border_m[kit.index(network, 4)])
