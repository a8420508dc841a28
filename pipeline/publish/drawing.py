"""Small tools to write SVG: escaped elements, paths, axes and a flat map frame.

Coordinates are pixels with two decimals at most, so equal input gives equal text.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from markupsafe import Markup, escape

from pipeline.publish.status import HATCHED, Look

_DEGREE_M: Final = 111_195.0
_STAR_POINTS: Final = 5


def svg(tag: str, content: str = "", /, **attributes: object) -> str:
    """Write one SVG element.

    Attribute values are escaped; ``content`` must be escaped already. An underscore
    in a name becomes a hyphen, and one at the end is dropped (``class_``). Attributes
    that are None are left out.
    """
    parts = [
        f' {name.rstrip("_").replace("_", "-")}="{escape(_text(value))}"'
        for name, value in attributes.items()
        if value is not None
    ]
    return f"<{tag}{''.join(parts)}>{content}</{tag}>"


def label(text: str, x: float, y: float, /, **attributes: object) -> str:
    """Write text at a place; the text is escaped."""
    return svg("text", str(escape(text)), x=x, y=y, **attributes)


def picture(
    content: Iterable[str], width: float, height: float, title: str, css: str
) -> Markup:
    """Wrap elements as a picture with a name for screen readers."""
    inner = svg("title", str(escape(title))) + "".join(content)
    return Markup(  # noqa: S704 (every part is escaped where it is written)
        svg(
            "svg",
            inner,
            viewBox=f"0 0 {_text(width)} {_text(height)}",
            role="img",
            class_=css,
            aria_label=title,
        )
    )


def path(points: Sequence[tuple[float, float]], *, closed: bool = False) -> str:
    """Path data through points."""
    if not points:
        return ""
    steps = " ".join(f"{_text(x)},{_text(y)}" for x, y in points)
    return f"M{steps}{'Z' if closed else ''}"


def symbol(look: Look, size: float, glyph: str = "") -> Markup:
    """Draw the symbol of a class, with an optional short text inside.

    Hatching refers to the pattern ``hatch`` that every page defines once.
    """
    half = size / 2
    fill = "url(#hatch)" if look.fill == HATCHED else look.fill
    outline = svg(
        "path", d=_outline(look.shape, half, half - 1.2), fill=fill, class_="sym"
    )
    text = ""
    if glyph:
        ink = "#fff" if _is_dark(look.fill) else "#14212e"
        text = label(
            glyph,
            half,
            half + size * 0.17,
            text_anchor="middle",
            fill=ink,
            font_size=size * (0.46 if len(glyph) < 3 else 0.38),
            class_="glyph",
        )
    return Markup(  # noqa: S704 (every part is escaped where it is written)
        svg(
            "svg",
            outline + text,
            viewBox=f"0 0 {_text(size)} {_text(size)}",
            width=size,
            height=size,
            aria_hidden="true",
            focusable="false",
        )
    )


class SymbolSheet:
    """Symbols that a page draws once and shows many times.

    A call gives a short reference; `definitions` must stand somewhere on the page,
    behind the last reference.
    """

    def __init__(self, size: float) -> None:
        """Begin with no symbol; all have one size."""
        self._size = size
        self._names: dict[str, str] = {}

    def __call__(self, look: Look) -> Markup:
        """Reference to the symbol of a class."""
        drawing = str(symbol(look, self._size))
        inside = drawing[drawing.index(">") + 1 : -len("</svg>")]
        name = self._names.setdefault(inside, f"sym-{len(self._names)}")
        use = svg("use", href=f"#{name}")
        size = self._size
        return Markup(  # noqa: S704 (as above)
            svg("svg", use, width=size, height=size, aria_hidden="true")
        )

    def definitions(self) -> Markup:
        """Drawings of all symbols that were asked for, themselves not shown."""
        box = f"0 0 {_text(self._size)} {_text(self._size)}"
        drawn = "".join(
            svg("symbol", inside, id=name, viewBox=box)
            for inside, name in self._names.items()
        )
        return Markup(  # noqa: S704 (as above)
            svg("svg", drawn, class_="defs", width=0, height=0, aria_hidden="true")
        )


def _outline(shape: str, centre: float, radius: float) -> str:
    if shape == "circle":
        r = _text(radius)
        left, right = _text(centre - radius), _text(centre + radius)
        c = _text(centre)
        return f"M{left},{c}A{r},{r} 0 1 1 {right},{c}A{r},{r} 0 1 1 {left},{c}Z"
    corners = {
        "square": (4, 45.0, 1.12),
        "diamond": (4, 0.0, 1.05),
        "triangle": (3, -90.0, 1.12),
        "hexagon": (6, 0.0, 1.03),
    }
    if shape in corners:
        count, turn, stretch = corners[shape]
        stretch = min(stretch, (radius + 1.2) / radius)
        ring = [
            _polar(centre, radius * stretch, turn + 360.0 * i / count)
            for i in range(count)
        ]
        return path(ring, closed=True)
    if shape == "star":
        ring = [
            _polar(
                centre, radius * (1.08 if i % 2 == 0 else 0.55), -90.0 + 180.0 * i / 5
            )
            for i in range(2 * _STAR_POINTS)
        ]
        return path(ring, closed=True)
    raise ValueError(f"unknown shape {shape!r}")


def _polar(centre: float, radius: float, angle_deg: float) -> tuple[float, float]:
    angle = math.radians(angle_deg)
    return (centre + radius * math.cos(angle), centre + radius * math.sin(angle))


def _is_dark(fill: str) -> bool:
    if fill == HATCHED:
        return False
    red, green, blue = (int(fill[i : i + 2], 16) for i in (1, 3, 5))
    return 0.299 * red + 0.587 * green + 0.114 * blue < 140


def _text(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.2f}".rstrip("0").rstrip(".")
    return str(value)


@dataclass(frozen=True, slots=True)
class Frame:
    """Flat map of a small area: degrees to pixels around a centre.

    East-west distances are shrunk by the cosine of the central latitude, which is
    right to a few per cent over some hundred kilometres.
    """

    west_deg: float
    north_deg: float
    x_per_deg: float
    y_per_deg: float
    width: float
    height: float

    @classmethod
    def around(
        cls,
        bounds_deg: tuple[float, float, float, float],
        width: float,
        height: float,
    ) -> Frame:
        """Fit a box (west, south, east, north) into a picture, centred."""
        west, south, east, north = bounds_deg
        lat, lon = (south + north) / 2, (west + east) / 2
        shrink = math.cos(math.radians(lat))
        span_x = max((east - west) * shrink, 1e-6)
        span_y = max(north - south, 1e-6)
        y_per_deg = min(width / span_x, height / span_y)
        x_per_deg = y_per_deg * shrink
        return cls(
            lon - width / 2 / x_per_deg,
            lat + height / 2 / y_per_deg,
            x_per_deg,
            y_per_deg,
            width,
            height,
        )

    @property
    def bounds_deg(self) -> tuple[float, float, float, float]:
        """West, south, east, north of the picture in degrees."""
        return (
            self.west_deg,
            self.north_deg - self.height / self.y_per_deg,
            self.west_deg + self.width / self.x_per_deg,
            self.north_deg,
        )

    def xy(self, lon_deg: Any, lat_deg: Any) -> tuple[Any, Any]:
        """Pixel of a position; arrays of degrees give arrays of pixels."""
        return (
            (lon_deg - self.west_deg) * self.x_per_deg,
            (self.north_deg - lat_deg) * self.y_per_deg,
        )

    def pixels(self, metres: float) -> float:
        """Length of a distance in the picture."""
        return metres / _DEGREE_M * self.y_per_deg


def round_step(span: float, parts: int = 5) -> float:
    """Step of 1, 2 or 5 times a power of ten that cuts ``span`` into about ``parts``.

    Raises
    ------
    ValueError
        If the span is not positive.
    """
    if span <= 0:
        raise ValueError("span must be positive")
    raw = span / parts
    power = 10.0 ** math.floor(math.log10(raw))
    for factor in (1.0, 2.0, 5.0, 10.0):
        if raw <= factor * power * (1 + 1e-9):
            return factor * power
    return 10.0 * power


def ticks(low: float, high: float, parts: int = 5) -> list[float]:
    """Round values between two limits."""
    step = round_step(high - low, parts)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [i * step for i in range(first, last + 1)]
