"""One line of a region's file replaces its rivers: other formats, lines, a relief."""

from __future__ import annotations

import shutil
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import yaml
from shapely.geometry import LineString

from pipeline.cli import main
from pipeline.core.errors import InputError
from pipeline.core.tables import read_table
from pipeline.rivers.skeleton import read_skeleton

GDB = "OpenFileGDB"


def hydrorivers(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Rivers of the toy region in the columns of HydroRIVERS 1.0."""
    ids = frame["reach_id"].astype(int)
    return gpd.GeoDataFrame(
        {
            "HYRIV_ID": (41_000_000 + ids).astype("int32"),
            "NEXT_DOWN": np.array(
                [
                    0 if pd.isna(n) or n <= 0 else 41_000_000 + int(n)
                    for n in frame["next_reach_id"]
                ],
                dtype=np.int32,
            ),
            "MAIN_RIV": np.int32(41_000_000 + ids.max()),
            "LENGTH_KM": (
                frame.geometry.to_crs("EPSG:32642").length / 1000 * 1.001
            ).round(2),
            "UPLAND_SKM": frame["upstream_area_km2"],
            "DIS_AV_CMS": frame["discharge_mean_m3s"],
            "ORD_STRA": np.int32(1),
            "HYBAS_L12": np.float64(4_120_000_010),
        },
        geometry=frame.geometry.to_numpy(),
        crs=frame.crs,
    )


def plain_lines(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The same lines with nothing but a name, every second one drawn upstream."""
    shapes = [
        shape if k % 2 else LineString(shape.coords[::-1])
        for k, shape in enumerate(frame.geometry)
    ]
    names = [f"River {k}" for k in range(len(shapes))]
    return gpd.GeoDataFrame({"name": names}, geometry=shapes, crs=frame.crs)


@pytest.fixture(scope="module")
def toy(tmp_path_factory, project: Path) -> Path:
    """Copy of the toy region, with its inventory made."""
    folder = tmp_path_factory.mktemp("other rivers") / "toy"
    shutil.copytree(project / "tests" / "regions" / "toy", folder)
    words = [f"--region={folder / 'toy.yaml'}"]
    for name in ("facilities", "values", "ledger", "zones", "components"):
        words.append(f"--out-{name}={folder / 'tables' / name}.parquet")
    assert main(["inventory", *words]) == 0
    return folder


def with_rivers(toy: Path, name: str, row: dict) -> tuple[int, Path]:
    """Run retrieve and rivers with another layer as the region's rivers."""
    registry = yaml.safe_load((toy / "registry.yaml").read_text("utf-8"))
    rivers = next(r for r in registry["layers"] if r["id"] == "toy-rivers")
    new = rivers | {"id": "my-rivers", "columns": [], "sha256": None} | row
    registry["layers"].append(new)
    (toy / "mine.yaml").write_text(
        yaml.safe_dump(registry, allow_unicode=True), encoding="utf-8"
    )
    text = (toy / "toy.yaml").read_text("utf-8")
    changed = text.replace("rivers: toy-rivers", "rivers: my-rivers")
    changed = changed.replace("registries: [registry.yaml]", "registries: [mine.yaml]")
    # one line of the file names the rivers
    assert len(set(changed.splitlines()) - set(text.splitlines())) == 2
    (toy / name).mkdir(exist_ok=True)
    region = toy / "toy.yaml"
    region.write_text(changed, encoding="utf-8")
    try:
        manifest = toy / name / "manifest.json"
        code = main(
            ["retrieve", f"--region={region}", "--offline", f"--out={manifest}"]
        )
        if code == 0:
            code = main(
                [
                    "rivers",
                    f"--region={region}",
                    f"--facilities={toy / 'tables' / 'facilities.parquet'}",
                    f"--layers={manifest}",
                    f"--out-dir={toy / name}",
                ]
            )
    finally:
        region.write_text(text, encoding="utf-8")
    return code, toy / name


@pytest.fixture(scope="module")
def shipped(toy: Path) -> gpd.GeoDataFrame:
    return gpd.read_file(toy / "layers" / "toy_rivers.gpkg")


@pytest.fixture(scope="module")
def usual(toy: Path) -> Path:
    """Tables with the region's own rivers."""
    code, folder = with_rivers(toy, "usual", {})
    assert code == 0
    return folder


@pytest.mark.parametrize(
    ("file", "driver", "table"),
    [
        ("HydroRIVERS_toy.gpkg", "GPKG", "HydroRIVERS"),
        ("HydroRIVERS_toy.shp", "ESRI Shapefile", None),
        ("HydroRIVERS_toy.gdb", GDB, "HydroRIVERS"),
    ],
)
def test_hydrorivers_replaces_the_rivers_by_one_line(
    toy, shipped, usual, file, driver, table
):
    path = toy / "layers" / file
    layer = {} if table is None else {"layer": table}
    hydrorivers(shipped).to_file(path, driver=driver, **layer)
    code, folder = with_rivers(toy, path.suffix[1:], {"file": file, "table": table})
    assert code == 0
    reaches = read_table("reaches", folder / "reaches.parquet")
    assert reaches["source_id"].str.startswith("41000").all()
    mine, theirs = (
        read_table("crossings", f / "crossings.parquet") for f in (folder, usual)
    )
    keys = ["tmf_id", "from_country", "to_country"]
    assert mine[keys].equals(theirs[keys])
    assert mine["distance_m"].to_numpy() == pytest.approx(
        theirs["distance_m"].to_numpy(), rel=0.02, abs=1100
    )


def test_lines_without_topology_serve_as_rivers(toy, shipped, usual):
    plain_lines(shipped).to_file(toy / "layers" / "plain.gpkg", layer="lines")
    code, folder = with_rivers(toy, "plain", {"file": "plain.gpkg", "table": "lines"})
    assert code == 0
    mine, theirs = (
        read_table("reaches", f / "reaches.parquet") for f in (folder, usual)
    )
    assert mine["length_m"].sum() == pytest.approx(theirs["length_m"].sum(), rel=0.02)
    assert (mine["next_reach_id"].isna()).sum() == 1
    assert set(mine["discharge_m3s_status"]) == {"not_provided"}
    ledger = read_table("network_ledger", folder / "network_ledger.parquet")
    assert "direction" in set(ledger["kind"])
    assert set(ledger["file"]) == {"plain.gpkg"}
    crossings = read_table("crossings", folder / "crossings.parquet")
    assert crossings["arrival_peak_h"].isna().all()
    assert len(crossings) > 0


def test_a_relief_serves_as_rivers(toy):
    row, column = np.mgrid[0:45, 0:65]
    heights = 3000.0 - 20.0 * column + 60.0 * np.abs(row - 20)
    import rasterio
    from affine import Affine

    with rasterio.open(
        toy / "layers" / "my_relief.tif",
        "w",
        driver="GTiff",
        height=45,
        width=65,
        count=1,
        dtype="float32",
        crs="EPSG:4326",
        transform=Affine(0.01, 0, 69.98, 0, -0.01, 40.42),
        nodata=-9999,
    ) as target:
        target.write(heights.astype(np.float32), 1)
    row = {
        "file": "my_relief.tif",
        "role": "relief",
        "kind": "raster",
        "table": None,
        "unit": "m",
        "nodata": -9999,
    }
    code, folder = with_rivers(toy, "relief", row)
    assert code == 0
    reaches = read_table("reaches", folder / "reaches.parquet")
    assert (reaches["upstream_area_km2"] >= 10).all()
    snaps = read_table("snaps", folder / "snaps.parquet")
    assert (snaps["snap_status"] == "measured").any()
    ledger = read_table("network_ledger", folder / "network_ledger.parquet")
    assert ledger["found"].str.contains("may be incomplete").any()


@pytest.mark.parametrize("suffix", [".gpkg", ".gdb"])
def test_the_bare_network_has_the_order_of_the_whole_one(toy, shipped, suffix):
    path = toy / f"bare{suffix}"
    driver = GDB if suffix == ".gdb" else "GPKG"
    hydrorivers(shipped).sample(frac=1, random_state=4).to_file(path, driver=driver)
    bare = read_skeleton(path)
    has_next = bare.next_index >= 0
    assert np.all(bare.next_index[has_next] > np.flatnonzero(has_next))
    assert (~has_next).sum() == shipped["next_reach_id"].isna().sum()
    assert bare.length_m.min() > 100  # metres, not kilometres
    assert bare.n_upstream.max() == len(shipped) - 1


def test_a_bare_network_with_a_cycle_or_a_copy_is_refused(toy, shipped):
    frame = hydrorivers(shipped)
    looped = frame.assign(
        NEXT_DOWN=np.where(
            frame["NEXT_DOWN"] == 0, frame["HYRIV_ID"].min(), frame["NEXT_DOWN"]
        )
    )
    looped.to_file(toy / "looped.gpkg")
    with pytest.raises(InputError, match="a cycle of"):
        read_skeleton(toy / "looped.gpkg")
    pd.concat([frame, frame[:1]]).to_file(toy / "twice.gpkg")
    with pytest.raises(InputError, match="more than once"):
        read_skeleton(toy / "twice.gpkg")
