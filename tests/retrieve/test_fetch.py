"""From a registered source to a file in the cache."""

from __future__ import annotations

import hashlib
import io
import json
import stat
import zipfile

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import rasterio
from affine import Affine
from shapely.geometry import box

from pipeline.core.errors import InputError
from pipeline.retrieve.fetch import (
    check_note,
    extract_member,
    fetch,
    needs_trust,
    source_files,
)


def zipped(members):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, body in members.items():
            archive.writestr(name, body)
    return content.getvalue()


def note(path):
    return json.loads(path.with_name(path.name + ".origin.json").read_text())


def test_a_plain_file_gets_a_note_of_where_it_came_from(
    site, make_layer, tmp_path, patience
):
    body = b"a,b\n1,2\n"
    digest = hashlib.sha256(body).hexdigest()
    address = site.put("/t.csv", body)
    source = {"address": address, "sha256": digest, "size_bytes": len(body)}
    layer = make_layer(kind="table", crs=None, file="deep/t.csv", source=source)
    path = fetch(layer, tmp_path, patience)
    assert path == tmp_path / "deep" / "t.csv"
    assert note(path) == {"addresses": [address], "sha256": digest, "verified": True}


def test_a_download_without_a_checksum_is_noted_as_unverified(
    site, make_layer, tmp_path, patience
):
    source = {"address": site.put("/t.csv", b"a\n1\n")}
    layer = make_layer(kind="table", crs=None, file="t.csv", source=source)
    assert needs_trust(layer)
    path = fetch(layer, tmp_path, patience)
    assert note(path)["verified"] is False
    assert note(path)["sha256"] == hashlib.sha256(b"a\n1\n").hexdigest()


def test_a_cached_file_that_changed_after_its_download_is_refused(
    site, make_layer, tmp_path, patience
):
    source = {"address": site.put("/t.csv", b"a\n1\n")}
    layer = make_layer(kind="table", crs=None, file="t.csv", source=source)
    path = fetch(layer, tmp_path, patience)
    check_note(path)
    path.write_bytes(b"a\n2\n")
    with pytest.raises(InputError, match="as downloaded"):
        check_note(path)


def test_the_member_of_a_zip_is_unpacked_and_the_zip_removed(
    site, make_layer, tmp_path, patience
):
    address = site.put("/pack.zip", zipped({"in/x.csv": "a\n1\n", "other": "no"}))
    source = {"address": address + "?download=1", "member": "in/x.csv"}
    layer = make_layer(kind="table", crs=None, file="t.csv", source=source)
    path = fetch(layer, tmp_path, patience)
    assert path.read_text() == "a\n1\n"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["t.csv", "t.csv.origin.json"]


def test_a_shapefile_brings_its_side_files_and_no_others(
    site, make_layer, tmp_path, patience
):
    members = dict.fromkeys(
        ["d/r.shp", "d/r.dbf", "d/r.shx", "d/r.prj", "d/s.dbf"], "x"
    )
    members["r.cpg"] = "elsewhere"
    address = site.put("/r.zip", zipped(members))
    source = {"address": address, "member": "d/r.shp"}
    layer = make_layer(kind="vector", file="h/rivers.shp", source=source)
    fetch(layer, tmp_path, patience)
    names = {p.name for p in (tmp_path / "h").iterdir()}
    assert names == {
        *("rivers.shp", "rivers.dbf", "rivers.shx", "rivers.prj"),
        "rivers.shp.origin.json",
    }


def test_a_missing_member_is_told_with_what_there_is(tmp_path):
    archive = tmp_path / "p.zip"
    archive.write_bytes(zipped({"a.tif": "x"}))
    with pytest.raises(InputError, match=r"no member 'b\.tif', but a\.tif"):
        extract_member(archive, "b.tif", tmp_path / "t.tif", "test-layer")


@pytest.mark.parametrize("name", ["../../evil.tif", "/etc/evil.tif", "..\\evil.tif"])
def test_a_member_that_leads_out_of_the_archive_is_refused(tmp_path, name):
    folder = tmp_path / "cache" / "deep"
    folder.mkdir(parents=True)
    archive = folder / "p.zip"
    archive.write_bytes(zipped({name: "x"}))
    with pytest.raises(InputError, match="leads out of the archive"):
        extract_member(archive, name, folder / "t.tif", "test-layer")
    assert [p.name for p in tmp_path.rglob("*") if p.is_file()] == ["p.zip"]


def test_names_in_an_archive_never_decide_where_a_file_goes(tmp_path):
    archive = tmp_path / "p.zip"
    archive.write_bytes(zipped({"r.shp": "x", "../r.dbf": "evil"}))
    target = tmp_path / "cache" / "r.shp"
    extract_member(archive, "r.shp", target, "test-layer")
    found = sorted(str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*.*"))
    assert found == ["cache/r.shp", "p.zip"]


def test_a_link_in_an_archive_is_refused(tmp_path):
    archive = tmp_path / "p.zip"
    info = zipfile.ZipInfo("a.tif")
    info.create_system = 3
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(archive, "w") as content:
        content.writestr(info, "/etc/passwd")
    with pytest.raises(InputError, match="leads out"):
        extract_member(archive, "a.tif", tmp_path / "t.tif", "test-layer")


def test_a_page_that_is_no_zip_is_told_so(tmp_path):
    archive = tmp_path / "p.zip"
    archive.write_text("<html>log in</html>")
    with pytest.raises(InputError, match="broken zip"):
        extract_member(archive, "a.tif", tmp_path / "t.tif", "test-layer")


def shapefile_zip(folder, columns):
    frame = gpd.GeoDataFrame(
        columns, geometry=[box(70, 40, 71, 41)] * 1, crs="EPSG:4326"
    )
    frame.to_file(folder / "c.shp", engine="pyogrio")
    return zipped({p.name: p.read_bytes() for p in folder.glob("c.*")})


def test_columns_are_brought_to_the_names_that_stages_read(
    site, make_layer, tmp_path, patience
):
    (tmp_path / "made").mkdir()
    body = shapefile_zip(tmp_path / "made", {"ISO_A2_EH": ["KG"], "EXTRA": [1]})
    source = {
        "address": site.put("/c.zip", body),
        "member": "c.shp",
        "columns": {"iso_a2": "ISO_A2_EH"},
    }
    layer = make_layer(
        kind="vector",
        role="borders",
        file="ne/c.gpkg",
        table="countries",
        source=source,
    )
    frame = pyogrio.read_dataframe(fetch(layer, tmp_path, patience), layer="countries")
    assert list(frame.columns) == ["iso_a2", "geometry"]
    assert frame["iso_a2"].tolist() == ["KG"]


def test_a_column_that_the_download_lacks_is_named(
    site, make_layer, tmp_path, patience
):
    (tmp_path / "made").mkdir()
    source = {
        "address": site.put("/c.zip", shapefile_zip(tmp_path / "made", {"A": [1]})),
        "member": "c.shp",
        "columns": {"iso_a2": "ISO_A2_EH"},
    }
    layer = make_layer(kind="vector", file="c.gpkg", table="t", source=source)
    with pytest.raises(InputError, match="no column ISO_A2_EH among A"):
        fetch(layer, tmp_path, patience)


def tile_layer(make_layer, site, **changes):
    bands = [
        {"level": "10", "band": 1, "return_period_yr": 10},
        {"level": "100", "band": 2, "return_period_yr": 100},
    ]
    source = {
        "address": site.address + "/RP{level}/{tile}_RP{level}.tif",
        "tiles": ["west", "east"],
    }
    row = {
        "role": "hazard",
        "hazard": "flood",
        "process": "fluvial_flood",
        "intensity_measure": "wd",
        "file": "jrc/depth.vrt",
        "bands": bands,
        "source": source,
    }
    return make_layer(**(row | changes))


def test_levels_and_tiles_of_an_address_are_spelled_out(site, make_layer):
    files = source_files(tile_layer(make_layer, site))
    assert [(f.name, f.band) for f in files] == [
        ("west_RP10.tif", 1),
        ("east_RP10.tif", 1),
        ("west_RP100.tif", 2),
        ("east_RP100.tif", 2),
    ]
    assert files[3].addresses == (site.address + "/RP100/east_RP100.tif",)


def test_tiles_and_levels_become_one_raster(
    site, make_layer, write_raster, tmp_path, patience
):
    for west, tile, value in ((70, "west", 1), (71, "east", 2)):
        for level in (10, 100):
            cells = np.full((10, 10), value * level, dtype="float32")
            grid = Affine(0.1, 0, west, 0, -0.1, 41)
            path = write_raster(tmp_path / "made.tif", cells, transform=grid)
            site.put(f"/RP{level}/{tile}_RP{level}.tif", path.read_bytes())
    path = fetch(tile_layer(make_layer, site), tmp_path / "cache", patience)
    with rasterio.open(path) as raster:
        assert raster.bounds == pytest.approx((70, 40, 72, 41))
        assert raster.nodata == -9999
        assert raster.read(1)[0, [0, 9, 10, 19]].tolist() == [10, 10, 20, 20]
        assert raster.read(2)[0, [0, 19]].tolist() == [100, 200]


def test_tiles_on_shifted_grids_are_refused(
    site, make_layer, write_raster, tmp_path, patience
):
    for west, tile in ((70, "west"), (71.05, "east")):
        grid = Affine(0.1, 0, west, 0, -0.1, 41)
        path = write_raster(tmp_path / "made.tif", transform=grid)
        for level in (10, 100):
            site.put(f"/RP{level}/{tile}_RP{level}.tif", path.read_bytes())
    with pytest.raises(InputError, match="another grid"):
        fetch(tile_layer(make_layer, site), tmp_path / "cache", patience)


@pytest.mark.parametrize(
    ("body", "told"),
    [(b"sorry", "no readable raster"), (b"<html>sorry</html>", "a web page came")],
)
def test_a_tile_that_is_no_raster_is_named(
    site, make_layer, tmp_path, patience, body, told
):
    for level in (10, 100):
        for tile in ("west", "east"):
            site.put(f"/RP{level}/{tile}_RP{level}.tif", body)
    with pytest.raises(InputError, match=rf"west_RP10\.tif.*{told}"):
        fetch(tile_layer(make_layer, site), tmp_path / "cache", patience)
