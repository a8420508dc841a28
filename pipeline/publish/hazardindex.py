"""The multi-hazard index on the basin map: a picture in the page, and its legend."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np
import rasterio
from affine import Affine
from markupsafe import Markup
from numpy.typing import NDArray
from pyproj import Transformer
from rasterio.enums import Resampling
from rasterio.io import MemoryFile
from rasterio.vrt import WarpedVRT

from pipeline.core.hazard_maps import (
    CaseMaps,
    HazardMaps,
    IndexRecord,
    read_hazard_maps,
)
from pipeline.core.layers import Layer
from pipeline.core.reasons import read_reasons
from pipeline.publish.basemap import Bounds4
from pipeline.publish.drawing import svg, symbol
from pipeline.publish.hazardindex_cases import (
    CHANGE_BAND,
    CasePicture,
    case_key,
    case_legend,
    change_colours,
)
from pipeline.publish.hazardlevels import source_text
from pipeline.publish.reasons import sentence
from pipeline.publish.status import HATCHED, Look, ordinal_look
from pipeline.publish.words import Words

EDGES: Final = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
_WIDTH_PIXELS: Final = 900
_OPACITY: Final = 185
_NOTHING: Final = (138, 146, 156)
_STRIPE: Final = (150, 140, 135)
_HATCH_PIXELS: Final = 16
_STORAGE: Final = "EPSG:4326"
_MERCATOR: Final = "EPSG:3857"
_SWATCH: Final = 18.0


@dataclass(frozen=True, slots=True)
class IndexPicture:
    """The index in Web Mercator as a data address, its box in degrees, its record.

    ``some_missing`` and ``too_few`` tell whether the picture has cells in which some
    layers are missing, and cells that have no index at all.
    """

    address: str
    bounds_deg: Bounds4
    maps: HazardMaps
    index: IndexRecord
    some_missing: bool
    too_few: bool
    cases: tuple[CasePicture, ...] = ()


def read_index_picture(folder: Path, bounds_deg: Bounds4) -> IndexPicture | None:
    """Read the index of a region as a picture; None where the region has none.

    Parameters
    ----------
    folder
        Folder of the regional hazard maps.
    bounds_deg
        West, south, east, north of the region.

    Raises
    ------
    InputError
        If the record is missing or broken, or a map that it names has gone.
    """
    maps = read_hazard_maps(folder)
    if maps.index is None:
        return None
    values, inside = _in_mercator(folder / maps.index.file, bounds_deg)
    index, missing = values[0], inside & (np.nan_to_num(values[2]) > 0)
    return IndexPicture(
        address=_as_address(index_colours(index, missing, inside)),
        bounds_deg=bounds_deg,
        maps=maps,
        index=maps.index,
        some_missing=bool((missing & ~np.isnan(index)).any()),
        too_few=bool((inside & np.isnan(index)).any()),
        cases=tuple(
            _case_picture(folder / case.file, case, bounds_deg)
            for case in maps.cases
            if case.file is not None
        ),
    )


def _case_picture(path: Path, case: CaseMaps, bounds_deg: Bounds4) -> CasePicture:
    values, inside = _in_mercator(path, bounds_deg)
    change = values[CHANGE_BAND - 1]
    return CasePicture(
        key=case_key(case),
        address=_as_address(change_colours(change, inside)),
        record=case,
        has_gaps=bool((inside & np.isnan(change)).any()),
    )


def _in_mercator(
    path: Path, bounds_deg: Bounds4
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """All bands (NaN without data), and where the map reaches."""
    to_mercator = Transformer.from_crs(_STORAGE, _MERCATOR, always_xy=True)
    x0, y0 = to_mercator.transform(bounds_deg[0], bounds_deg[1])
    x1, y1 = to_mercator.transform(bounds_deg[2], bounds_deg[3])
    columns = _WIDTH_PIXELS
    rows = max(2, round(columns * (y1 - y0) / (x1 - x0)))
    with (
        rasterio.open(path) as source,
        WarpedVRT(
            source,
            crs=_MERCATOR,
            transform=Affine((x1 - x0) / columns, 0, x0, 0, -(y1 - y0) / rows, y1),
            width=columns,
            height=rows,
            resampling=Resampling.nearest,
        ) as view,
    ):
        values = view.read(masked=True).astype(np.float64)
    return values.filled(np.nan), ~np.ma.getmaskarray(values[2])


def index_colours(
    index: NDArray[np.float64], missing: NDArray[np.bool_], inside: NDArray[np.bool_]
) -> NDArray[np.uint8]:
    """Colours of the picture: classes, hatched where something is missing.

    Parameters
    ----------
    index
        Shape (rows, columns), 0 to 1; NaN where too few layers speak.
    missing
        Whether a layer of the index has no value there.
    inside
        Whether the map reaches there; beyond it the picture is transparent.

    Returns
    -------
    ndarray
        Shape (4, rows, columns): red, green, blue, opacity.
    """
    colours = np.zeros((4, *index.shape), np.uint8)
    known = ~np.isnan(index)
    place = np.digitize(np.nan_to_num(index), EDGES[1:-1])
    for number in range(len(EDGES) - 1):
        shade = _rgb(ordinal_look(number, len(EDGES) - 1).fill)
        colours[:, known & (place == number)] = np.array([[*shade, _OPACITY]]).T
    diagonal = np.add(*np.indices(index.shape))
    thin = diagonal % _HATCH_PIXELS == 0
    colours[:, missing & known & thin] = np.array([[*_STRIPE, _OPACITY]]).T
    wide = diagonal % (_HATCH_PIXELS // 2) < 2
    colours[:, inside & ~known & wide] = np.array([[*_NOTHING, _OPACITY]]).T
    return colours


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _as_address(colours: NDArray[np.uint8]) -> str:
    with MemoryFile() as memory:
        profile = {
            "driver": "WEBP",
            "height": colours.shape[1],
            "width": colours.shape[2],
            "count": 4,
            "dtype": "uint8",
            "transform": Affine(2, 0, 0, 0, -2, 0),
            "LOSSLESS": "YES",
        }
        with memory.open(**profile) as target:
            target.write(colours)
        content = bytes(memory.read())
    return "data:image/webp;base64," + base64.b64encode(content).decode("ascii")


def index_legend(
    picture: IndexPicture, layers: Mapping[str, Layer], words: Words
) -> dict[str, Any]:
    """What the page says about the picture, in one language."""
    numbers = words.numbers
    count = len(EDGES) - 1
    classes = [
        (
            _square(ordinal_look(number, count).fill),
            words(
                "hazard_index.class",
                low=numbers.number(low),
                high=numbers.number(high),
            ),
        )
        for number, (low, high) in enumerate(pairwise(EDGES))
    ]
    if picture.some_missing:
        classes.append((_striped(), words("hazard_index.some_missing")))
    if picture.too_few:
        classes.append((_square(HATCHED), words("hazard_index.too_few")))
    marks = []
    if picture.index.demonstration:
        marks.append("demonstration")
    if picture.index.confidence.is_provisional:
        marks.append("provisional")
    return {
        "classes": classes,
        "marks": tuple(marks),
        "parts": [_part_text(part, layers, words) for part in picture.index.parts],
        "left_out": _left_out(picture.maps, words),
        "file": picture.index.file,
        "files": [item.file for item in picture.maps.layers if item.file],
        **case_legend(picture.maps, picture.cases, words),
    }


def _part_text(part: Any, layers: Mapping[str, Layer], words: Words) -> str:
    layer = layers.get(part.layer_id)
    return words(
        "hazard_index.part",
        layer=source_text(layer, words) if layer else part.layer_id,
        level=words.known("level", part.level),
        weight=words.numbers.number(part.weight),
    )


def _left_out(maps: HazardMaps, words: Words) -> list[tuple[str, str]]:
    """Title and reason of every hazard layer that is not in the index."""
    rows = []
    for item in maps.layers:
        if item.in_index:
            continue
        title = getattr(item.title, words.language, item.title.en)
        said = [sentence("map_note", one, words) for one in read_reasons(item.note)]
        rows.append((title, " ".join(said)))
    return rows


def _square(fill: str) -> Markup:
    return symbol(Look("index", fill, "square"), _SWATCH)


def _striped() -> Markup:
    """Swatch of a cell with thin lines: an index that some layers are missing in."""
    size = _SWATCH
    inner = svg("rect", x=2, y=2, width=14, height=14, fill="#ffffff", class_="sym")
    inner += svg("path", d=f"M2 {size - 6}L{size - 6} 2M8 16L16 8", class_="k-stripe")
    return Markup(  # noqa: S704 (numbers of our own alone)
        svg("svg", inner, width=size, height=size, aria_hidden="true")
    )
