from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.rivers.topology import (
    find_cycle,
    is_upstream,
    order_network,
    reaches_to_end,
)


@st.composite
def forests(draw, largest=40):
    """Random river trees: next reach of every row (larger number, shuffled), keys."""
    count = draw(st.integers(1, largest))
    following = [
        draw(st.one_of(st.just(-1), st.integers(i + 1, count - 1)))
        if i < count - 1
        else -1
        for i in range(count)
    ]
    shuffle = draw(st.permutations(range(count)))
    place = {old: new for new, old in enumerate(shuffle)}
    result = np.empty(count, dtype=np.int64)
    key = np.empty(count, dtype=np.int64)
    for old in range(count):
        target = following[old]
        result[place[old]] = -1 if target < 0 else place[target]
        key[place[old]] = 100 + old
    return result, key


def plain_path(following, start):
    path = [start]
    while following[path[-1]] >= 0:
        path.append(int(following[path[-1]]))
    return path


def links(following, key):
    return {
        (int(key[i]), int(key[j]) if j >= 0 else None) for i, j in enumerate(following)
    }


@settings(deadline=None)
@given(forests())
def test_every_next_reach_has_a_larger_number(forest):
    order = order_network(*forest)
    has_next = order.next_index >= 0
    assert np.all(order.next_index[has_next] > np.flatnonzero(has_next))


@settings(deadline=None)
@given(forests())
def test_the_links_stay_the_same(forest):
    following, key = forest
    order = order_network(following, key)
    assert links(following, key) == links(order.next_index, key[order.row])


@settings(deadline=None)
@given(forests())
def test_who_is_upstream_and_who_is_downstream_agree(forest):
    order = order_network(*forest)
    everyone = np.arange(len(order.row))
    paths = [set(plain_path(order.next_index, i)) for i in everyone]
    for reach in everyone:
        above = is_upstream(order.n_upstream, reach, everyone)
        assert list(above) == [reach in path for path in paths]


@settings(deadline=None)
@given(forests(), st.randoms(use_true_random=False))
def test_the_order_of_rows_in_the_file_changes_nothing(forest, random):
    following, key = forest
    shuffle = list(range(len(key)))
    random.shuffle(shuffle)
    place = np.empty(len(key), dtype=np.int64)
    place[shuffle] = np.arange(len(key))
    moved = np.array([-1 if following[i] < 0 else place[following[i]] for i in shuffle])
    first, second = order_network(following, key), order_network(moved, key[shuffle])
    assert np.array_equal(key[first.row], key[np.array(shuffle)][second.row])
    assert np.array_equal(first.next_index, second.next_index)
    assert np.array_equal(first.n_upstream, second.n_upstream)


def test_the_largest_branch_stands_before_its_confluence():
    # 0 -> 1 -> 3 and 2 -> 3: the longer branch comes last, next to the confluence
    order = order_network(np.array([1, 3, 3, -1]), np.array([10, 11, 12, 13]))
    assert list(order.row) == [2, 0, 1, 3]
    assert list(order.next_index) == [3, 2, 3, -1]
    assert list(order.n_upstream) == [0, 0, 1, 3]


def test_reaches_to_end_count_the_reach_itself():
    assert list(reaches_to_end(np.array([1, 3, 3, -1]))) == [3, 2, 2, 1]


def test_a_cycle_is_found_and_its_members_named():
    assert sorted(find_cycle(np.array([1, 2, 1, 0, -1]))) == [1, 2]


def test_a_reach_that_is_its_own_next_one_is_a_cycle():
    assert find_cycle(np.array([0])) == [0]


def test_a_tree_has_no_cycle():
    assert find_cycle(np.array([1, 2, -1])) == []


def test_a_cycle_cannot_be_ordered():
    with pytest.raises(ValueError, match="cycle"):
        order_network(np.array([1, 0]), np.array([1, 2]))
