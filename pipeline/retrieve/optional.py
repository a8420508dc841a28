"""Layers that a region uses where they happen to be on this machine.

A layer under ``optional_hazards`` or ``optional_climate_factors`` that lies in a data
root or in the cache is used like any other. One that does not is passed over: it makes
no row and no gap, and 'natech check-region' lists it. Nothing optional is downloaded.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pipeline.core.layers import Layer, LayerState, LocalLayer
from pipeline.retrieve.lookup import INPUT_USE, OPTIONAL_USES


def is_optional(uses: Iterable[str]) -> bool:
    """Whether only optional keys name a layer."""
    names = set(uses)
    return bool(names) and names <= set(OPTIONAL_USES)


def needed_ids(wanted: Mapping[str, tuple[Layer, tuple[str, ...]]]) -> set[str]:
    """Ids of all layers that the region needs: not optional, and their inputs.

    Parameters
    ----------
    wanted
        Layers by id, with the keys that name them.
    """
    found: set[str] = set()
    waiting = [
        key
        for key, (_, uses) in wanted.items()
        if not is_optional(uses) and set(uses) != {INPUT_USE}
    ]
    while waiting:
        key = waiting.pop()
        if key not in found:
            found.add(key)
            derivation = wanted[key][0].derivation
            waiting += derivation.inputs.values() if derivation else ()
    return found


def settled(found: Sequence[LocalLayer]) -> tuple[list[LocalLayer], list[LocalLayer]]:
    """Layers to use, and optional ones to pass over.

    An optional layer that is computed from others needs all of them. Inputs that only
    a layer passed over needs are left out of both lists.

    Parameters
    ----------
    found
        All layers that the region names, with their inputs.

    Returns
    -------
    tuple
        Layers to use, in their order and with the keys that they serve under; and the
        optional layers that cannot be used.
    """
    by_id = {item.layer.id: item for item in found}
    passed = [item for item in found if is_optional(item.uses) and _lacks(item, by_id)]
    out = {item.layer.id for item in passed}
    named = [
        item
        for item in found
        if item.layer.id not in out and set(item.uses) != {INPUT_USE}
    ]
    needed = _inputs_of(named, by_id)
    kept = [
        item.model_copy(update={"uses": _plain(item.uses)})
        for item in found
        if item in named or item.layer.id in needed
    ]
    return kept, passed


def _lacks(item: LocalLayer, by_id: dict[str, LocalLayer]) -> bool:
    """Whether a layer, or one that it is computed from, is not there."""
    if item.state is not LayerState.AVAILABLE:
        return True
    derivation = item.layer.derivation
    inputs = derivation.inputs.values() if derivation else ()
    return any(_lacks(by_id[name], by_id) for name in inputs)


def _inputs_of(items: Iterable[LocalLayer], by_id: dict[str, LocalLayer]) -> set[str]:
    """Ids of everything that layers are computed from, directly or not."""
    found: set[str] = set()
    waiting = list(items)
    while waiting:
        derivation = waiting.pop().layer.derivation
        for name in derivation.inputs.values() if derivation else ():
            if name not in found:
                found.add(name)
                waiting.append(by_id[name])
    return found


def _plain(uses: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(OPTIONAL_USES.get(use, use) for use in uses))
