"""The change of the index in a climate case, chosen on the map."""

from __future__ import annotations

import numpy as np
import pytest
import rasterio
from affine import Affine

from pipeline.core.files import write_json
from pipeline.core.hazard_maps import INDEX_FILE, RECORD_FILE
from pipeline.publish.stage import run

pytestmark = pytest.mark.browser
CASE_FILE = "multi-hazard-index-ssp585-2041-2060.tif"


def write(path, *bands):
    with rasterio.open(
        path, "w", driver="GTiff", dtype="float32", count=len(bands), width=4, height=4,
        crs="EPSG:4326", transform=Affine(0.5, 0, 70, 0, -0.5, 42), nodata=-9999,
    ) as out:  # fmt: skip
        out.write(np.stack(bands).astype("float32"))


@pytest.fixture(scope="module")
def site_with_cases(small, project, tmp_path_factory):
    """The small site with an index, and its change in one of two climate cases."""
    folder = tmp_path_factory.mktemp("cases")
    maps = folder / "maps"
    maps.mkdir()
    index, none = np.linspace(0, 1, 16).reshape(4, 4), np.zeros((4, 4))
    write(maps / INDEX_FILE, index, none + 1, none)
    write(maps / CASE_FILE, index, none + 1, none, index / 5 - 0.1)
    part = {
        "layer_id": "quake", "measure": "PGA", "unit": "g", "level": "475",
        "weight": 1, "values": [0, 1], "scores": [0, 1], "bit": 0,
    }  # fmt: skip
    labels = {"confidence": "P", "demonstration": False}
    case = {"scenario": "ssp585", "horizon": "2041-2060", "file": CASE_FILE,
            "note": None, "changed": [], "kept": [], "least_change": -0.1,
            "largest_change": 0.1, **labels}  # fmt: skip
    quiet = {**case, "scenario": "ssp245", "file": None, "note": "no_layer_changes"}
    own = {"file": INDEX_FILE, "parts": [part], "minimum_weight_fraction": 0.5}
    record = {"region": "small", "grid": None, "layers": [], "index": {**own, **labels},
              "note": None, "cases": [quiet, case]}  # fmt: skip
    write_json(maps / RECORD_FILE, record)
    region = small.make_region(folder, project / "configs" / "methods.yaml")
    run(region.arguments(folder / "site", hazard_maps=maps))
    return folder / "site"


def picture(page):
    return page.locator(".leaflet-hazard_index-pane img").get_attribute("src")


def test_the_change_takes_the_place_of_the_index_with_its_own_legend(
    opened, site_with_cases
):
    page = opened.go(site_with_cases / "index.html")
    page.locator('[data-control="layer"][value="hazard_index"]:visible').check()
    select = page.locator('[data-control="index_case"]:visible')
    options = [option.get_attribute("value") for option in select.locator("*").all()]
    assert options == ["present", "ssp585-2041-2060"]
    present = picture(page)
    assert page.locator('[data-index-legend="present"]:visible').count() == 1
    assert page.locator('[data-index-legend="change"]:visible').count() == 0
    select.select_option("ssp585-2041-2060")
    assert picture(page) != present
    assert picture(page).startswith("data:image/webp")
    assert page.locator('[data-index-legend="present"]:visible').count() == 0
    assert page.locator('[data-index-legend="change"]:visible').count() == 1
    select.select_option("present")
    assert picture(page) == present
    assert opened.errors == []
    assert opened.outside == []


def test_a_case_that_changes_nothing_is_told_and_cannot_be_chosen(
    opened, site_with_cases
):
    page = opened.go(site_with_cases / "index.html")
    page.locator('[data-control="layer"][value="hazard_index"]:visible').check()
    legend = page.locator(".index-legend:visible")
    legend.locator("details", has_text="SSP2-4.5").locator("summary").click()
    assert "No layer of the index changes." in legend.inner_text()


def test_without_cases_nothing_can_be_chosen(opened, site):
    page = opened.go(site / "index.html")
    assert page.locator('[data-control="index_case"]').count() == 0
