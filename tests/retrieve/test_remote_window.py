"""The region's part of a large remote raster, from a server on this machine."""

from __future__ import annotations

import json

import numpy as np
import pytest
import rasterio
from affine import Affine
from rasterio.windows import Window

from pipeline.core.errors import InputError
from pipeline.core.files import sha256
from pipeline.core.layers import LayerState
from pipeline.retrieve.download import Patience
from pipeline.retrieve.fetch import fetch
from pipeline.retrieve.find import locate
from pipeline.retrieve.lookup import Places, cached_path

BBOX = (70.2, 41.1, 70.9, 41.6)
GRID = Affine(0.001, 0, 69, 0, -0.001, 43)
BANDS = [{"level": "10", "band": 1, "return_period_yr": 10}]


@pytest.fixture(scope="module")
def noise():
    """Incompressible cells, 2500 x 2500."""
    return np.random.default_rng(5).integers(0, 250, (2500, 2500)).astype("float32")


@pytest.fixture(scope="module")
def versions(noise, tmp_path_factory):
    """Bytes of two versions of a large tiled GeoTIFF; the second is upside down."""
    found = []
    for cells in (noise, noise[::-1]):
        path = tmp_path_factory.mktemp("made") / "big.tif"
        with rasterio.open(
            path, "w", driver="GTiff", width=2500, height=2500, count=1,
            dtype="float32", crs="EPSG:4326", transform=GRID, nodata=-9999,
            tiled=True, blockxsize=256, blockysize=256, compress="deflate", zlevel=1,
        ) as raster:  # fmt: skip
            raster.write(cells, 1)
        found.append(path.read_bytes())
        path.unlink()
    return found


@pytest.fixture
def served(site, versions):
    """Address of the first version on the server."""
    return site.put("/big.tif", versions[0])


def place_of(raster):
    """Row and column of a part's first cell in the whole raster."""
    return round((43 - raster.bounds.top) * 1000), round(
        (raster.bounds.left - 69) * 1000
    )


@pytest.fixture
def part_layer(make_layer, served):
    """Function that makes a layer of which only the region is fetched."""

    def make(address=served, **changes):
        source = {"address": address, "only_region": True, "margin_deg": 0.1}
        row = {
            "role": "hazard",
            "hazard": "flood",
            "process": "fluvial_flood",
            "intensity_measure": "wd",
            "file": "jrc/depth.tif",
            "bands": BANDS,
            "source": source | changes.pop("source", {}),
        }
        return make_layer(**(row | changes))

    return make


def note(path):
    text = path.with_name(path.name + ".origin.json").read_text(encoding="utf-8")
    return json.loads(text)


def files_in(folder):
    return sorted(p.name for p in folder.rglob("*") if p.is_file())


def test_only_the_regions_cells_come_and_they_are_the_same(
    site, part_layer, noise, tmp_path, patience
):
    layer = part_layer()
    path = fetch(layer, tmp_path / "cache", patience, box_deg=BBOX)
    assert path == cached_path(tmp_path / "cache", layer, BBOX)
    with rasterio.open(path) as raster:
        top, left = place_of(raster)
        cells = raster.read(1)
        assert raster.nodata == -9999
        assert raster.crs == "EPSG:4326"
    assert raster.bounds == pytest.approx((70.1, 41.0, 71.0, 41.7), abs=2e-3)
    high, wide = cells.shape
    assert np.array_equal(cells, noise[top : top + high, left : left + wide])
    size = len(site.files["/big.tif"])
    assert site.sent_bytes < 0.5 * size


def test_the_note_tells_what_came_from_where(
    site, served, part_layer, tmp_path, patience
):
    site.last_modified = "Sat, 21 Nov 2020 10:00:00 GMT"
    path = fetch(part_layer(), tmp_path, patience, box_deg=BBOX)
    found = note(path)
    (part,) = found["parts"]
    assert found["sha256"] == sha256(path)
    assert found["verified"] is False
    assert part["address"] == served
    assert part["etag"] == '"one"'
    assert part["last_modified"] == "Sat, 21 Nov 2020 10:00:00 GMT"
    assert part["size_bytes"] == len(site.files["/big.tif"])
    assert part["fetched_bytes"] == site.sent_bytes
    with rasterio.open(path) as raster:
        assert (part["rows"], part["columns"]) == raster.shape
        assert (part["first_row"], part["first_column"]) == place_of(raster)


def test_nothing_but_the_file_and_its_note_stays(part_layer, tmp_path, patience):
    fetch(part_layer(), tmp_path / "c", patience, box_deg=BBOX)
    name = "depth.w70.2_s41.1_e70.9_n41.6_m0.1.tif"
    assert files_in(tmp_path / "c") == [name, f"{name}.origin.json"]


def test_a_server_without_ranges_is_told_and_nothing_is_written(
    site, part_layer, tmp_path, patience
):
    site.knows_ranges = False
    with pytest.raises(InputError, match="whole files only"):
        fetch(part_layer(), tmp_path / "c", patience, box_deg=BBOX)
    assert files_in(tmp_path / "c") == []


def test_a_missing_file_falls_back_to_the_archive(
    site, served, part_layer, tmp_path, patience
):
    gone = site.address + "/gone.tif"
    layer = part_layer(gone, source={"archive_address": served})
    path = fetch(layer, tmp_path, patience, box_deg=BBOX)
    assert note(path)["parts"][0]["address"] == served
    layer = part_layer(gone)
    with pytest.raises(InputError, match="the server answered 404"):
        fetch(layer, tmp_path / "other", patience, box_deg=BBOX)
    assert files_in(tmp_path / "other") == []


@pytest.mark.parametrize("fault", ["drop", "reset", "shifted"])
def test_a_broken_answer_is_asked_for_again(
    site, part_layer, tmp_path, patience, noise, fault
):
    site.faults["/big.tif"] = [("", 0), (fault, 1000), ("", 0), (fault, 5000)]
    path = fetch(part_layer(), tmp_path, patience, box_deg=BBOX)
    with rasterio.open(path) as raster:
        top, left = place_of(raster)
        assert np.array_equal(
            raster.read(1, window=Window(0, 0, 50, 50)),
            noise[top : top + 50, left : left + 50],
        )


def test_a_run_that_gave_up_is_gone_on_with_later(site, part_layer, tmp_path, patience):
    once = Patience(attempts=1, timeout_s=5)
    site.faults["/big.tif"] = [("", 0)] * 6 + [("drop", 10)]
    with pytest.raises(InputError, match="the transfer stopped"):
        fetch(part_layer(), tmp_path / "c", once, box_deg=BBOX)
    left = [p for p in (tmp_path / "c").rglob("*") if p.is_file()]
    assert not any(p.suffix == ".tif" for p in left)
    first = site.sent_bytes
    fetch(part_layer(), tmp_path / "c", patience, box_deg=BBOX)
    in_all = site.sent_bytes
    site.sent_bytes = 0
    fetch(part_layer(), tmp_path / "fresh", patience, box_deg=BBOX)
    fresh = site.sent_bytes
    assert in_all < first + fresh - 500_000  # some of the first run was used again
    assert sum(p.suffix == ".tif" for p in (tmp_path / "c").rglob("*")) == 1


def test_a_file_that_changes_between_two_reads_is_never_mixed(
    site, part_layer, tmp_path, patience, noise, versions
):
    site.next_version = ('"two"', versions[1])
    site.faults["/big.tif"] = [("", 0), ("", 0), ("changed", 0)]
    path = fetch(part_layer(), tmp_path / "c", patience, box_deg=BBOX)
    assert note(path)["parts"][0]["etag"] == '"two"'
    with rasterio.open(path) as raster:
        top, left = place_of(raster)
        cells = raster.read(1)
    high, wide = cells.shape
    assert np.array_equal(cells, noise[::-1][top : top + high, left : left + wide])


def test_a_file_that_changes_all_the_time_is_given_up(
    site, part_layer, tmp_path, patience
):
    body = site.files["/big.tif"]
    site.next_version = ('"two"', body)
    site.faults["/big.tif"] = [("", 0), ("changed", 0), ("", 0), ("changed", 0)]

    class Versions(tuple):
        count = 2

        def __iter__(self):
            Versions.count += 1
            return iter((f'"{Versions.count}"', body))

    site.next_version = Versions()
    with pytest.raises(InputError, match="has changed on the server"):
        fetch(part_layer(), tmp_path / "c", patience, box_deg=BBOX)
    assert files_in(tmp_path / "c") == []


def test_blocks_of_another_version_are_not_used_by_a_later_run(
    site, part_layer, tmp_path, noise, patience, versions
):
    once = Patience(attempts=1, timeout_s=5)
    site.faults["/big.tif"] = [("", 0)] * 5 + [("drop", 10)]
    with pytest.raises(InputError):
        fetch(part_layer(), tmp_path / "c", once, box_deg=BBOX)
    site.put("/big.tif", versions[1])
    site.etag = '"two"'
    path = fetch(part_layer(), tmp_path / "c", patience, box_deg=BBOX)
    with rasterio.open(path) as raster:
        top, left = place_of(raster)
        cells = raster.read(1)
    high, wide = cells.shape
    assert np.array_equal(cells, noise[::-1][top : top + high, left : left + wide])


def test_a_page_that_is_no_raster_is_told_so(site, part_layer, tmp_path, patience):
    address = site.put("/page.tif", b"<html>log in</html>" * 1000)
    with pytest.raises(InputError, match="no readable GeoTIFF"):
        fetch(part_layer(address), tmp_path / "c", patience, box_deg=BBOX)
    assert [n for n in files_in(tmp_path / "c") if n.endswith(".tif")] == []


def test_a_raster_beside_the_region_is_told_so(part_layer, tmp_path, patience):
    with pytest.raises(InputError, match="no cell of the remote raster"):
        fetch(part_layer(), tmp_path / "c", patience, box_deg=(10, 10, 11, 11))


def test_longitudes_that_count_from_zero_are_understood(
    site, part_layer, tmp_path, patience, write_raster
):
    cells = np.arange(360 * 180, dtype="float32").reshape(180, 360)
    path = write_raster(
        tmp_path / "world.tif", cells, transform=Affine(1, 0, 0, 0, -1, 90)
    )
    layer = part_layer(site.put("/world.tif", path.read_bytes()))
    path = fetch(layer, tmp_path / "c", patience, box_deg=(-80.5, 10.2, -79.5, 11.5))
    with rasterio.open(path) as raster:
        assert raster.bounds.left == pytest.approx(279)
        assert raster.read(1)[0, 0] == cells[78, 279]


def test_scale_names_and_all_levels_are_kept(
    site, part_layer, tmp_path, patience, write_raster
):
    cells = np.arange(2 * 40 * 40, dtype="int16").reshape(2, 40, 40)
    grid = Affine(0.1, 0, 69, 0, 0.1, 39)
    path = write_raster(tmp_path / "made.tif", cells, transform=grid)
    with rasterio.open(path, "r+") as raster:
        raster.scales, raster.offsets = (0.5, 0.5), (1.0, 1.0)
        raster.descriptions = ("RP10", "RP100")
    two = [*BANDS, {"level": "100", "band": 2, "return_period_yr": 100}]
    layer = part_layer(site.put("/two.tif", path.read_bytes()), bands=two)
    path = fetch(layer, tmp_path / "c", patience, box_deg=BBOX)
    with rasterio.open(path) as raster:
        assert (raster.scales, raster.offsets) == ((0.5, 0.5), (1.0, 1.0))
        assert raster.descriptions == ("RP10", "RP100")
        assert raster.transform.e > 0  # south-up, as it was
        assert raster.read(2)[0, 0] == cells[1, 20, 11]


def test_tiles_beside_the_region_are_passed_over(
    site, part_layer, tmp_path, patience, write_raster
):
    for west, tile in ((70, "west"), (71, "east"), (80, "far")):
        cells = np.full((100, 100), west, dtype="float32")
        grid = Affine(0.01, 0, west, 0, -0.01, 42)
        path = write_raster(tmp_path / "made.tif", cells, transform=grid)
        site.put(f"/RP10/{tile}.tif", path.read_bytes())
    source = {"tiles": ["west", "east", "far"]}
    layer = part_layer(
        site.address + "/RP{level}/{tile}.tif", file="jrc/depth.vrt", source=source
    )
    path = fetch(layer, tmp_path / "c", patience, box_deg=(70.5, 41.2, 71.2, 41.5))
    with rasterio.open(path) as raster:
        assert raster.bounds == pytest.approx((70.4, 41.1, 71.3, 41.6), abs=0.011)
        assert raster.read(1)[0, [0, -1]].tolist() == [70, 71]
    assert len(note(path)["parts"]) == 2
    site.seen.clear()
    path.unlink()
    fetch(layer, tmp_path / "c", patience, box_deg=(70.5, 41.2, 71.2, 41.5))
    asked = {name for name, _ in site.seen}
    assert asked == {"/RP10/far.tif"}  # the others were whole already


def test_each_region_has_a_file_of_its_own_and_a_second_run_asks_nobody(
    site, part_layer, tmp_path
):
    layer = part_layer()
    places = Places(tmp_path / "none", (), tmp_path / "cache")

    def found(bbox):
        return locate(
            layer, ("hazards",), places, bbox, may_download=True, accept_unverified=True
        )

    here, there = found(BBOX), found((71.0, 41.5, 71.4, 41.9))
    assert here.state is there.state is LayerState.AVAILABLE
    assert here.path != there.path
    site.seen.clear()
    again = found(BBOX)
    assert site.seen == []
    assert (again.path, again.sha256) == (here.path, here.sha256)
    assert not again.verified
    again.path.write_bytes(again.path.read_bytes() + b"x")
    with pytest.raises(InputError, match="as downloaded"):
        found(BBOX)


def test_a_part_without_a_checksum_needs_consent(site, part_layer, tmp_path):
    places = Places(tmp_path / "none", (), tmp_path / "cache")
    item = locate(
        part_layer(), ("hazards",), places, BBOX, may_download=True,
        accept_unverified=False,
    )  # fmt: skip
    assert item.state is LayerState.MISSING
    assert "--accept-unverified" in item.reason
    assert site.seen == []
