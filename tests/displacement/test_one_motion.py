"""The same ground motion in every format: sign, unit, direction, place and dates."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from pipeline.displacement.decompose import TrackRates, combine
from pipeline.displacement.fit.trend import fit_trends
from tests.displacement import one_motion as one
from tests.displacement.one_motion import Product
from tests.displacement.reading import read

ANGLES = {"incidence_deg": one.INCIDENCE, "heading_deg": one.HEADING}
SARPROZ = ["ID", "LAT", "LON", "HEIGHT", "VEL", "COHER"]
TRE = ["CODE", "LAT", "LON", "HEIGHT", "VEL", "COHERENCE"]
POINTS = {"id": "CODE", "lon": "LON", "lat": "LAT", "crs": "EPSG:4326"}
POINT_READERS = ("egms", "stamps", "sarproz", "tre", "point-csv")
RAD_PER_MM = -4.0 * math.pi / one.WAVELENGTH_M / 1000.0


def _flat(folder: Any) -> Product:
    return Product("licsbas", one.licsbas_flat(folder / "TS"), ANGLES, is_rate=True)


def _mintpy(kind: str) -> Any:
    return lambda d: Product("mintpy", *one.mintpy(d / kind, kind))


def _stack(factor: float, **options: Any) -> Any:
    return lambda d: Product("geotiff", one.stack(d / "s.tif", factor), options)


PRODUCTS = {
    "EGMS L2a, first generation": lambda d: Product(
        "egms",
        one.egms_point(d, "EGMS_L2a_102_0311_IW2_VV", one.FIRST, one.HEADING),
        {},
    ),
    "EGMS L2b, newest generation": lambda d: Product(
        "egms",
        one.egms_point(
            d, "EGMS_L2b_102_0311_IW2_VV_2020_2024_1", one.LATER, one.HEADING
        ),
        {},
    ),
    "EGMS L3, up": lambda d: Product(
        "egms", one.egms_level_3(d, "U"), {}, np.array([0.0, 0.0, 1.0])
    ),
    "EGMS L3, east": lambda d: Product(
        "egms", one.egms_level_3(d, "E"), {}, np.array([1.0, 0.0, 0.0])
    ),
    "MintPy, degrees": _mintpy("degrees"),
    "MintPy, metres": _mintpy("metres"),
    "MintPy, radar": _mintpy("radar"),
    "HDF-EOS5": lambda d: Product(
        "mintpy-hdfeos5", one.hdfeos5(d / "S1.he5"), {}, n_points=34
    ),
    "LiCSBAS": lambda d: Product("licsbas", one.licsbas(d / "cum.h5"), {}),
    "LiCSBAS, flat": _flat,
    "StaMPS": lambda d: Product("stamps", one.stamps(d / "export.csv"), ANGLES),
    "SARPROZ": lambda d: Product(
        "sarproz",
        one.table(d / "s.csv", SARPROZ, lambda day: day.strftime("%Y/%m/%d")),
        ANGLES | {"dates": "YYYY/MM/DD"},
    ),
    "SqueeSAR, CSV": lambda d: Product(
        "tre", one.table(d / "t.csv", TRE, lambda day: day.strftime("D%Y%m%d")), ANGLES
    ),
    "SqueeSAR, shapefile": lambda d: Product(
        "tre", one.shapefile(d / "points.shp"), ANGLES
    ),
    "OPERA": lambda d: Product(
        "opera-disp-s1", one.opera(d / "opera"), {"los_files": ["los.tif"]}
    ),
    "GMTSAR": lambda d: Product("gmtsar", one.gmtsar(d / "sbas"), ANGLES),
    "GeoTIFF, mm": _stack(1.0, unit="mm", sign="towards", **ANGLES),
    "GeoTIFF, m away": _stack(-0.001, unit="m", sign="away", **ANGLES),
    "GeoTIFF, phase": _stack(
        RAD_PER_MM, unit="rad", sign="away", wavelength_m=one.WAVELENGTH_M, **ANGLES
    ),
    "Point table": lambda d: Product(
        "point-csv",
        one.table(d / "p.csv", TRE, lambda day: day.isoformat()),
        {"unit": "mm", "sign": "towards", "dates": "YYYY-MM-DD"} | POINTS | ANGLES,
    ),
}


@pytest.mark.parametrize("name", PRODUCTS)
def test_every_format_tells_the_same_motion(tmp_path, ask, name):
    product = PRODUCTS[name](tmp_path)
    series = read(ask, product.reader, product.path, **product.options)
    assert series.n_points == (
        9 if series.reader in POINT_READERS else product.n_points
    )
    vector = one.direction() if product.vector is None else product.vector
    np.testing.assert_allclose(series.los, np.tile(vector, (len(series.los), 1)), 3e-5)
    true = one.los_mm(series.lon_deg, series.lat_deg, vector)
    if product.is_rate:
        found = series.provider_velocity_mm_per_yr
    else:
        assert series.epoch.tolist() == list(one.DAYS)
        moved = series.displacement_mm - series.displacement_mm[:, :1]
        np.testing.assert_allclose(moved, true, atol=0.11)  # of one decimal, twice
        found = fit_trends(series.displacement_mm, series.time_d).velocity_mm_per_yr
    rates = [one.rate_mm(row) for row in true]
    assert np.ptp(rates) > 1.0  # half a cell makes a difference of 0.2 mm/yr and more
    np.testing.assert_allclose(found, rates, atol=0.02)
    stated = series.provider_velocity_mm_per_yr
    known = np.isfinite(stated)
    np.testing.assert_allclose(stated[known], np.array(rates)[known], atol=0.06)
    for places, middle in ((series.lon_deg, one.LON0), (series.lat_deg, one.LAT0)):
        assert np.abs(places - middle).max() < 0.004


def test_two_tracks_give_up_and_east_and_what_the_north_adds(tmp_path, ask):
    """North is set to zero: what it leaves in up and east is worked out by hand."""
    tracks = []
    for name, heading in (("102_0311", one.HEADING), ("005_0712", 192.0)):
        path = one.egms_point(
            tmp_path, f"EGMS_L2b_{name}_IW2_VV_2019_2023_1", one.LATER, heading
        )
        series = read(ask, "egms", path)
        fit = fit_trends(series.displacement_mm, series.time_d)
        strength = one.strength(series.lon_deg, series.lat_deg)
        tracks.append(
            TrackRates(
                source_id=name,
                xy_m=np.zeros((series.n_points, 2)),
                velocity_mm_per_yr=fit.velocity_mm_per_yr / strength,
                velocity_std_mm_per_yr=np.full(series.n_points, 0.5),
                los=series.los,
                reference_point=series.reference_point,
                is_interpolated=False,
                first_d=0.0,
                last_d=series.time_d[-1],
            )
        )
    found = combine(tracks, 100.0, 5.0)
    # One incidence and headings -12 and 192: n is the same for both tracks, e opposite,
    # so all of the north goes into up: N n / u = 3 tan(38) sin(-12) = -0.49 mm/yr.
    north = one.NORTH * math.tan(math.radians(38)) * math.sin(math.radians(-12))
    assert found.up_mm_per_yr == pytest.approx(one.UP + north, abs=0.03)
    assert found.east_mm_per_yr == pytest.approx(one.EAST, abs=0.03)
