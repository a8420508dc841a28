"""Which names the basin map shows at which zoom, so that they stay readable."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from pipeline.publish.words import Words

ZOOMS: Final = (5, 6, 7, 8, 9, 10, 11)
_TILE_PIXELS: Final = 256.0
_LETTER_WIDTH: Final = 6.6
_LINE_HEIGHT: Final = 22.0
_LEAST_PEOPLE: Final = {5: 300_000, 6: 100_000, 7: 40_000, 8: 15_000, 9: 5_000}


def first_of(row: Mapping[str, Any], names: Sequence[str]) -> str | None:
    """First text that a row holds under one of some names."""
    for name in names:
        value = row.get(name)
        if isinstance(value, str) and value.strip():
            return value
    return None


def place_name(row: Mapping[str, Any], words: Words) -> str:
    """Name of a place in the page's language; its plain name where there is none."""
    return first_of(row, (f"name_{words.language}", "name", "name_en")) or ""


def mercator_pixel(lon_deg: float, lat_deg: float, zoom: float) -> tuple[float, float]:
    """Pixel of a position in Web Mercator at a zoom level."""
    scale = _TILE_PIXELS * 2.0**zoom
    sine = math.sin(math.radians(lat_deg))
    x = (lon_deg + 180.0) / 360.0 * scale
    y = (0.5 - math.log((1 + sine) / (1 - sine)) / (4 * math.pi)) * scale
    return (x, y)


def least_zoom(
    places: Sequence[tuple[float, float, float, int]],
) -> list[int | None]:
    """Zoom level from which each place has a name on the map.

    Parameters
    ----------
    places
        Longitude, latitude (degrees), people, and length of the name in letters.
        Larger places take their room first.

    Returns
    -------
    list
        Level per place, in the order given; None where it never finds room.
    """
    order = sorted(range(len(places)), key=lambda i: (-places[i][2], i))
    found: list[int | None] = [None] * len(places)
    for zoom in ZOOMS:
        taken: list[tuple[float, float, float]] = []
        for i in sorted(order, key=lambda i: found[i] is None):
            lon, lat, people, letters = places[i]
            if found[i] is None and people < _LEAST_PEOPLE.get(zoom, 0):
                continue
            x, y = mercator_pixel(lon, lat, zoom)
            room = (x, y, _LETTER_WIDTH * letters + 12)
            if found[i] is None and any(_collide(room, other) for other in taken):
                continue
            taken.append(room)
            if found[i] is None:
                found[i] = zoom
    return found


def _collide(a: tuple[float, float, float], b: tuple[float, float, float]) -> bool:
    apart = a[0] > b[0] + b[2] or b[0] > a[0] + a[2]
    return not apart and abs(a[1] - b[1]) < _LINE_HEIGHT
