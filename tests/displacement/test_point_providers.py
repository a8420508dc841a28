"""Point tables of SARPROZ, of the SqueeSAR type and of national services."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.core.errors import InputError
from tests.displacement.reading import read

SARPROZ = (
    "ID,LAT,LON,HEIGHT,SIGMA HEIGHT,VEL,COHER,20200103,20200115,20200127\n"
    "1,40.4,70.1,900,,-3.5,0.8,0.0,-1.0,-2.5\n"
)


TRE = (
    "CODE,LAT,LON,HEIGHT,VEL,COHERENCE,EFF_AREA,D20200103,D20200115,D20200127\n"
    "007,40.4,70.1,900,-3.5,0.8,0,0.0,,-2.5\n"
)


def test_sarproz_columns_are_read(tmp_path, ask):
    path = tmp_path / "sarproz.csv"
    path.write_text(SARPROZ, encoding="utf-8")
    series = read(ask, "sarproz", path, heading_deg=-10, incidence_deg=39)
    assert series.displacement_mm.tolist() == [[0.0, -1.0, -2.5]]
    assert series.provider_velocity_mm_per_yr.tolist() == [-3.5]
    assert series.los[0, 0] < 0


@pytest.mark.parametrize(
    ("component", "los"), [("los", None), ("up", [0, 0, 1]), ("east", [1, 0, 0])]
)
def test_squeesar_columns_are_read(tmp_path, ask, component, los):
    path = tmp_path / "tre.csv"
    path.write_text(TRE, encoding="utf-8")
    series = read(ask, "tre", path, component=component)
    assert series.point_id.tolist() == ["007"]
    assert np.isnan(series.displacement_mm[0, 1])
    assert series.coherence[0] == pytest.approx(0.8)
    if los is None:
        assert not series.has_geometry
    else:
        assert series.los[0].tolist() == los


def test_the_wavelength_of_a_squeesar_table_is_the_declared_one(tmp_path, ask):
    path = tmp_path / "tre.csv"
    path.write_text(TRE, encoding="utf-8")
    series = read(ask, "tre", path, wavelength_m=0.031)
    assert series.wavelength_mm == pytest.approx(31.0)


@pytest.mark.parametrize(("column", "component"), [("VEL_V", "up"), ("VEL_E", "east")])
def test_a_vertical_or_eastward_rate_is_not_read_along_the_line_of_sight(
    tmp_path, ask, column, component
):
    path = tmp_path / "tre.csv"
    path.write_text(TRE.replace("VEL", column), encoding="utf-8")
    with pytest.raises(InputError, match=f"field '{column}'.*component: {component}"):
        read(ask, "tre", path)
    series = read(ask, "tre", path, component=component)
    assert series.provider_velocity_mm_per_yr.tolist() == [-3.5]


def test_columns_of_the_norwegian_service_are_read(tmp_path, ask):
    path = tmp_path / "service.csv"
    path.write_text(
        "pid,LATITUDE,LONGITUDE,HEIGHT,mean_velocity,temporal_coherence,los_east,"
        "los_north,los_up,20200103,20200115\n"
        "a,40.4,70.1,900,-3.5,0.8,-0.6,-0.1,0.793725,0,-1\n",
        encoding="utf-8",
    )
    series = read(ask, "tre", path)
    assert series.has_geometry
    assert series.epoch.size == 2


def test_a_shapefile_with_numbers_as_text_or_without_table_is_refused(tmp_path, ask):
    geopandas = pytest.importorskip("geopandas")
    frame = geopandas.GeoDataFrame(
        {"CODE": ["a"], "D20200103": ["0,0"], "D20200115": ["1,5"]},
        geometry=geopandas.points_from_xy([70.1], [40.2]),
        crs="EPSG:4326",
    )
    path = tmp_path / "points.shp"
    frame.to_file(path)
    with pytest.raises(InputError, match=r"'D20200103': found a field of text, .*0,0"):
        read(ask, "tre", path)
    path.with_suffix(".dbf").unlink()
    with pytest.raises(InputError, match=r"points\.dbf: found no such file"):
        read(ask, "tre", path)


def test_a_shapefile_is_read_with_its_crs(tmp_path, ask):
    geopandas = pytest.importorskip("geopandas")
    frame = geopandas.GeoDataFrame(
        {"CODE": ["007", "008"], "VEL": [-3.5, 1.0], "D20200103": [0.0, 0.0],
         "D20200115": [-1.0, np.nan]},
        geometry=geopandas.points_from_xy([500_000, 500_100], [4_427_757, 4_427_757]),
        crs="EPSG:32642",
    )  # fmt: skip
    path = tmp_path / "points.shp"
    frame.to_file(path)
    series = read(ask, "tre", path)
    assert series.lon_deg[0] == pytest.approx(69.0, abs=1e-9)
    assert series.displacement_mm[0].tolist() == [0.0, -1.0]
    assert {file.suffix for file in series.files} == {".shp", ".dbf", ".shx", ".prj"}
    path.with_suffix(".prj").unlink()
    with pytest.raises(InputError, match=r"without \.prj"):
        read(ask, "tre", path)
