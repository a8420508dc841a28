"""Quick picture of a product: points by rate, and the middle of their series (SVG).

Blue is towards the satellite (or up, or east), red is away; the scale is centred on
zero and its ends are the 2 and 98 % quantiles, alike on both sides.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.displacement.fit.trend import N_TERMS, fit_trends
from pipeline.displacement.series import Component, PointSeries

_MOST_POINTS: Final = 6000
_SIDE: Final = 380
_LEFT: Final = 20
_TOP: Final = 40
_GAP: Final = 90
_COLOURS: Final = (
    "#b2182b", "#d6604d", "#f4a582", "#d9d9d9", "#92c5de", "#4393c3", "#2166ac",
)  # fmt: skip
_BLUE: Final = {
    Component.LINE_OF_SIGHT: "towards the satellite",
    Component.UP: "up",
    Component.EAST: "east",
}
_STYLE: Final = "font-family:sans-serif;font-size:12px;fill:#222"


def picture(series: PointSeries) -> str:
    """SVG of a product; a map, and a plot where there are epochs."""
    rates = _rates(series)
    known = np.flatnonzero(np.isfinite(rates))
    step = max(math.ceil(len(known) / _MOST_POINTS), 1)
    order = np.random.default_rng(0).permutation(len(known))
    shown = known[np.sort(order[: math.ceil(len(known) / step)])]
    width = 2 * _SIDE + _GAP + 2 * _LEFT
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} '
        f'{_SIDE + 110}" role="img" style="{_STYLE}">',
        f'<rect width="{width}" height="{_SIDE + 110}" fill="#fff"/>',
        f'<text x="{_LEFT}" y="20">{_plain(series.product)}: {len(known)} points '
        f"with a rate{'' if step == 1 else f', one in {step} drawn'}</text>",
    ]
    if len(shown):
        parts += _map(series, rates, shown)
    if series.epoch.size > 1:
        parts += _plot(series)
    return "\n".join([*parts, "</svg>"]) + "\n"


def _rates(series: PointSeries) -> NDArray[np.float64]:
    rates = series.provider_velocity_mm_per_yr
    if np.isfinite(rates).any() or series.epoch.size <= N_TERMS:
        return rates
    return fit_trends(series.displacement_mm, series.time_d).velocity_mm_per_yr


def _map(
    series: PointSeries, rates: NDArray[np.float64], shown: NDArray[np.int64]
) -> list[str]:
    lon, lat, rate = series.lon_deg[shown], series.lat_deg[shown], rates[shown]
    shrink = math.cos(math.radians(float(lat.mean())))
    x, y = (lon - lon.min()) * shrink, lat.max() - lat
    scale = _SIDE / max(float(x.max()), float(y.max()), 1e-6)
    limit = max(float(np.quantile(np.abs(rate), 0.98)), 0.1)
    edges = np.linspace(-limit, limit, len(_COLOURS) + 1)[1:-1]
    colour = np.searchsorted(edges, rate)
    parts = []
    for k, name in enumerate(_COLOURS):
        members = np.flatnonzero(colour == k)
        dots = "".join(
            f"M{_LEFT + x[m] * scale:.1f} {_TOP + y[m] * scale:.1f}h0" for m in members
        )
        if dots:
            parts.append(
                f'<path d="{dots}" stroke="{name}" stroke-width="4" '
                'stroke-linecap="round"/>'
            )
        left = _LEFT + 40 * k
        parts.append(
            f'<rect x="{left}" y="{_TOP + _SIDE + 15}" width="40" height="12" '
            f'fill="{name}"/>'
        )
    ends = (
        (0, f"{-limit:.1f}"),
        (137, "0"),
        (240, f"{limit:.1f} mm/yr, blue: {_BLUE[series.component]}"),
    )
    parts += [
        f'<text x="{_LEFT + at}" y="{_TOP + _SIDE + 42}">{text}</text>'
        for at, text in ends
    ]
    return parts


def _plot(series: PointSeries) -> list[str]:
    """Median and the range of 80 % of all points at each epoch."""
    values = series.displacement_mm.astype(np.float64)
    held = np.isfinite(values).any(axis=0)
    low, middle, high = np.nanquantile(values[:, held], (0.1, 0.5, 0.9), axis=0)
    time = series.time_d[held] / max(series.time_d[-1], 1.0)
    bottom, top = min(float(low.min()), 0.0), max(float(high.max()), 0.0)
    span = max(top - bottom, 1e-6)
    left = _LEFT + _SIDE + _GAP
    x = left + time * _SIDE

    def y(value: NDArray[np.float64]) -> NDArray[np.float64]:
        return _TOP + _SIDE * (top - value) / span

    def points(xs: NDArray[np.float64], ys: NDArray[np.float64]) -> str:
        return " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(xs, ys, strict=True))

    band = points(np.append(x, x[::-1]), np.append(y(high), y(low)[::-1]))
    zero = float(y(np.zeros(1))[0])
    return [
        f'<polygon points="{band}" fill="#c6dbef"/>',
        f'<path d="M{left} {zero:.1f}h{_SIDE}" stroke="#888" stroke-width="1"/>',
        f'<polyline points="{points(x, y(middle))}" fill="none" stroke="#08306b" '
        'stroke-width="1.5"/>',
        f'<text x="{left - 55}" y="{_TOP + 5}">{top:.1f} mm</text>',
        f'<text x="{left - 55}" y="{_TOP + _SIDE}">{bottom:.1f} mm</text>',
        f'<text x="{left}" y="{_TOP + _SIDE + 20}">{series.epoch[0]}</text>',
        f'<text x="{left + _SIDE - 70}" y="{_TOP + _SIDE + 20}">{series.epoch[-1]}'
        "</text>",
        f'<text x="{left}" y="{_TOP + _SIDE + 42}">median of all points, band: 80 % '
        "of them</text>",
    ]


def _plain(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
