from __future__ import annotations

import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.publish.basemap import hillshade
from pipeline.publish.dossiers import Series
from pipeline.publish.drawing import (
    Frame,
    SymbolSheet,
    label,
    round_step,
    svg,
    symbol,
    ticks,
)
from pipeline.publish.labels import ZOOMS, least_zoom, mercator_pixel
from pipeline.publish.series_plot import (
    DIVERGING,
    rate_colour,
    rate_limit,
    series_plot,
)
from pipeline.publish.status import Look
from pipeline.publish.words import read_words

EN = read_words("en")


def test_text_in_a_drawing_is_escaped():
    assert "<img" not in label("<img src=x>", 0.0, 0.0)
    assert svg("g", title='"><script>') == '<g title="&#34;&gt;&lt;script&gt;"></g>'


def test_unknown_shape_is_refused():
    with pytest.raises(ValueError, match="shape"):
        symbol(Look("x", "#ffffff", "blob"), 20.0)


def test_symbol_text_is_light_on_dark():
    assert 'fill="#fff"' in symbol(Look("x", "#5f1737", "circle"), 22.0, "3")
    assert 'fill="#14212e"' in symbol(Look("x", "#fdeecf", "circle"), 22.0, "3")


@given(st.floats(-170, 170), st.floats(-75, 75), st.floats(0.01, 5), st.floats(0.01, 5))
def test_box_fits_into_its_frame(lon, lat, width, height):
    bounds = (lon - width / 2, lat - height / 2, lon + width / 2, lat + height / 2)
    frame = Frame.around(bounds, 520.0, 340.0)
    x0, y0 = frame.xy(bounds[0], bounds[3])
    x1, y1 = frame.xy(bounds[2], bounds[1])
    assert -1e-6 <= x0 <= x1 <= 520.0 + 1e-6
    assert -1e-6 <= y0 <= y1 <= 340.0 + 1e-6


def test_a_kilometre_is_as_long_eastward_as_northward():
    frame = Frame.around((71.0, 40.5, 71.5, 41.5), 500.0, 500.0)
    x0, y0 = frame.xy(71.0, 41.0)
    east, _ = frame.xy(71.0 + 1 / (111.195 * math.cos(math.radians(41.0))), 41.0)
    _, north = frame.xy(71.0, 41.0 + 1 / 111.195)
    assert east - x0 == pytest.approx(y0 - north, rel=1e-6)
    assert east - x0 == pytest.approx(frame.pixels(1000.0), rel=1e-6)


@given(st.floats(1e-6, 1e9))
def test_step_is_one_two_or_five(span):
    step = round_step(span)
    mantissa = step / 10.0 ** math.floor(math.log10(step) + 1e-9)
    assert min(abs(mantissa - m) for m in (1.0, 2.0, 5.0, 10.0)) < 1e-6


def test_ticks_stay_inside():
    assert ticks(0.0, 48.0) == [0.0, 10.0, 20.0, 30.0, 40.0]


def test_step_of_nothing_is_refused():
    with pytest.raises(ValueError, match="positive"):
        round_step(0.0)


def test_flat_ground_has_one_shade():
    shade = hillshade(np.full((5, 5), 300.0), 1000.0)
    assert len(np.unique(shade)) == 1


def test_slope_towards_the_sun_is_lighter_than_the_slope_away():
    ramp = np.add.outer(np.arange(6.0), np.arange(6.0)) * 100.0
    towards = hillshade(ramp, 1000.0)  # falls to the north-west, where the sun is
    away = hillshade(ramp[::-1, ::-1], 1000.0)
    assert towards.mean() > away.mean()


def test_unknown_ground_looks_flat():
    heights = np.full((5, 5), np.nan)
    assert np.array_equal(hillshade(heights, 10.0), hillshade(np.zeros((5, 5)), 10.0))


def test_place_of_greenwich_lies_in_the_middle_of_the_world():
    assert mercator_pixel(0.0, 0.0, 0) == pytest.approx((128.0, 128.0))


def test_larger_place_is_named_first_and_neighbour_later():
    zooms = least_zoom([(71.0, 41.0, 400_000, 8), (71.01, 41.0, 350_000, 8)])
    assert zooms[0] == ZOOMS[0]
    assert zooms[1] is None or zooms[1] > ZOOMS[0]


def test_village_is_named_only_when_zoomed_in():
    (zoom,) = least_zoom([(71.0, 41.0, 900, 8)])
    assert zoom == 10


def test_names_of_one_zoom_do_not_cover_each_other():
    rng = np.random.default_rng(5)
    places = [
        (71.0 + x, 41.0 + y, people, 9)
        for x, y, people in zip(
            rng.random(60), rng.random(60), rng.integers(500, 900_000, 60), strict=True
        )
    ]
    zooms = least_zoom(places)
    for level in ZOOMS:
        shown = [p for p, z in zip(places, zooms, strict=True) if z and z <= level]
        boxes = [(*mercator_pixel(p[0], p[1], level), 6.6 * 9 + 12) for p in shown]
        for i, (x, y, width) in enumerate(boxes):
            for x2, y2, _ in boxes[:i]:
                assert abs(x - x2) > width or abs(y - y2) >= 22.0


def test_rate_palette_is_centred_on_zero():
    assert rate_colour(0.0, 20.0) == DIVERGING[2]
    assert rate_colour(-20.0, 20.0) == DIVERGING[0]
    assert rate_colour(20.0, 20.0) == DIVERGING[-1]


def test_rate_limit_ignores_points_without_a_rate():
    points = [{"velocity_mm_per_yr": None}, {"velocity_mm_per_yr": -35.0}]
    assert rate_limit(points) == 35.0
    assert rate_limit([]) == 10.0


def test_series_needs_two_dates():
    assert series_plot([Series("p", ("2024-01-01",), (1.0,))], EN) is None


def test_series_is_drawn_with_its_years():
    series = Series("p", ("2022-06-01", "2023-06-01", "2024-06-01"), (0.0, -5.0, -9.0))
    drawn = str(series_plot([series], EN))
    assert ">2023<" in drawn
    assert ">2024<" in drawn
    assert 'class="series s0"' in drawn


def test_a_symbol_is_drawn_once_however_often_it_is_shown():
    sheet = SymbolSheet(15.0)
    red, same = sheet(Look("a", "#f00", "circle")), sheet(Look("b", "#f00", "circle"))
    other = sheet(Look("c", "hatched", "square"))
    assert red == same != other
    drawn = str(sheet.definitions())
    assert drawn.count("<symbol") == 2
    for reference in (red, other):
        name = re.search(r'href="#([^"]+)"', reference)[1]
        assert f'id="{name}"' in drawn
    assert "url(#hatch)" in drawn
