"""A small region and the writing of inventories for its tests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.core.config import Region, read_region

REGION = """
region: small
title: {en: Small, ru: Малый}
bbox: {west_deg: 70, south_deg: 40, east_deg: 71, north_deg: 41}
metric_crs: EPSG:32642
countries: [KG, UZ]
river_basins: [Syr Darya]
inventory: [{path: facilities.csv}]
layers: {}
"""
HEADER = (
    "tmf_id,name,country,facility_type,status,lat_deg,lon_deg,position_quality,"
    "river_basin,role,part_of,volume_m3,volume_m3_low,volume_m3_high\n"
)
GOOD_ROW = "kg-1,Ak-Tau,KG,tailings,active,40.5,70.5,published,Syr Darya,,,1000,,\n"


@pytest.fixture
def small_region(tmp_path: Path) -> Region:
    """Region of one degree, with an inventory of one good row."""
    path = tmp_path / "small.yaml"
    path.write_text(REGION, encoding="utf-8")
    (tmp_path / "facilities.csv").write_text(HEADER + GOOD_ROW, encoding="utf-8")
    return read_region(path)


@pytest.fixture
def with_rows(small_region: Region, tmp_path: Path) -> Callable[[str], Region]:
    """Write an inventory with the good header and these rows."""

    def write(rows: str, header: str = HEADER) -> Region:
        (tmp_path / "facilities.csv").write_text(header + rows, encoding="utf-8")
        return small_region

    return write
