"""The picture of the index, its legend, and the list of maps."""

from __future__ import annotations

import numpy as np
import pytest
import rasterio
from affine import Affine

from pipeline.core.errors import InputError
from pipeline.core.files import write_json
from pipeline.core.hazard_maps import INDEX_FILE, RECORD_FILE, read_hazard_maps
from pipeline.publish.exports import copy_hazard_maps, maps_text
from pipeline.publish.hazardindex import (
    index_colours,
    index_legend,
    read_index_picture,
)
from pipeline.publish.hazardindex_cases import CHANGE_COLOURS, change_colours
from pipeline.publish.status import ordinal_look
from pipeline.publish.words import read_words

BOX = (70.0, 40.0, 73.0, 43.0)
PART = {
    "layer_id": "quake",
    "measure": "PGA",
    "unit": "g",
    "level": "475",
    "weight": 1.5,
    "values": [0, 1],
    "scores": [0, 1],
    "bit": 0,
}
LAYER = {
    "title": {"en": "Some layer", "ru": "Слой"},
    "rule": "bilinear",
    "unit": "g",
    "levels": [],
    "demonstration": False,
    "confidence": "P",
}


@pytest.fixture
def maps(tmp_path):
    """A folder with an index of 3 x 3 cells and its record."""
    folder = tmp_path / "maps"
    folder.mkdir()
    index = np.array([[0.1, 0.5, 0.9], [0.3, 0.5, 0.7], [-9999, 0.2, 0.4]])
    missing = np.array([[0, 0, 0], [0, 2, 2], [3, 0, 0]])
    with rasterio.open(
        folder / INDEX_FILE, "w", driver="GTiff", dtype="float32", count=3, width=3,
        height=3, crs="EPSG:4326", transform=Affine(1, 0, 70, 0, -1, 43), nodata=-9999,
    ) as out:  # fmt: skip
        out.write(np.stack([index, missing == 0, missing]).astype("float32"))
    (folder / "quake.tif").write_bytes(b"a map")
    (folder / ".hidden").write_bytes(b"")
    in_index = {**LAYER, "layer_id": "quake", "file": "quake.tif", "in_index": True}
    apart = {**LAYER, "layer_id": "table", "file": None, "in_index": False}
    record = {
        "region": "small",
        "grid": None,
        "layers": [
            {**in_index, "note": None},
            {**apart, "note": "values_of_sites"},
        ],
        "index": {
            "file": INDEX_FILE,
            "parts": [PART],
            "minimum_weight_fraction": 0.5,
            "confidence": "P",
            "demonstration": True,
        },
        "note": None,
    }
    write_json(folder / RECORD_FILE, record)
    return folder


def test_classes_are_colours_and_what_is_unknown_is_hatched_and_never_a_class():
    index = np.full((40, 40), 0.5)
    index[:20] = np.nan
    inside = np.ones((40, 40), bool)
    inside[:, :10] = False
    colours = index_colours(index, np.zeros((40, 40), bool), inside)
    shades = {ordinal_look(k, 5).fill for k in range(5)}
    unknown = colours[:, :20, 10:]
    drawn = unknown[:3, unknown[3] > 0].T
    assert 0 < len(drawn) < unknown[3].size
    assert not {"#" + bytes(rgb).hex() for rgb in drawn} & shades
    assert (colours[3, :20, :10] == 0).all()  # beyond the map nothing is drawn
    middle = "#" + bytes(colours[:3, 30, 30]).hex()
    assert middle == ordinal_look(2, 5).fill


def test_cells_with_missing_layers_have_lines_on_their_class():
    index, inside = np.full((40, 40), 0.5), np.ones((40, 40), bool)
    plain = index_colours(index, np.zeros((40, 40), bool), inside)
    lined = index_colours(index, np.ones((40, 40), bool), inside)
    changed = (plain != lined).any(axis=0)
    assert 0.02 < changed.mean() < 0.3


def test_the_picture_is_embedded_and_knows_what_is_missing(maps):
    picture = read_index_picture(maps, BOX)
    assert picture is not None
    assert picture.address.startswith("data:image/webp;base64,")
    assert len(picture.address) < 100_000
    assert picture.some_missing
    assert picture.too_few


@pytest.mark.parametrize("language", ["en", "ru"])
def test_the_legend_states_marks_parts_and_what_was_left_out(maps, language):
    picture = read_index_picture(maps, BOX)
    words = read_words(language)
    legend = index_legend(picture, {}, words)
    assert legend["marks"] == ("demonstration", "provisional")
    assert len(legend["classes"]) == 5 + 2
    assert words.numbers.number(1.5) in legend["parts"][0]
    title = {"en": "Some layer", "ru": "Слой"}[language]
    reason = words("reason.map_note.values_of_sites")
    assert legend["left_out"] == [(title, reason)]


def test_a_region_without_an_index_has_no_picture(maps):
    record = read_hazard_maps(maps).model_dump(mode="json")
    write_json(maps / RECORD_FILE, {**record, "index": None})
    assert read_index_picture(maps, BOX) is None


def test_a_map_that_has_gone_is_told(maps):
    (maps / "quake.tif").unlink()
    with pytest.raises(InputError, match=r"quake\.tif"):
        read_index_picture(maps, BOX)


def test_maps_stand_beside_the_other_files_and_in_their_list(maps, tmp_path):
    written = copy_hazard_maps(tmp_path / "hazards", maps)
    assert sorted(path.name for path in written) == sorted(
        [INDEX_FILE, RECORD_FILE, "quake.tif"]
    )
    assert (tmp_path / "hazards" / "quake.tif").read_bytes() == b"a map"
    text = maps_text(read_hazard_maps(maps))
    assert f"`{INDEX_FILE}` | quake (weight 1.5)" in text
    assert "`quake.tif` | quake | g" in text


CASE = {
    "scenario": "ssp585",
    "horizon": "2041-2060",
    "note": None,
    "changed": [
        {
            "layer_id": "rain",
            "file": "rain-then.tif",
            "kind": "ratio",
            "factors": "rain-change",
            "value": 1.5,
            "demonstration": True,
            "confidence": "P",
        }
    ],
    "kept": [{"layer_id": "quake", "note": "unchanged_by_climate"}],
    "least_change": -0.0204,
    "largest_change": 0.11,
    "confidence": "P",
    "demonstration": True,
}
QUIET = {
    **CASE, "scenario": "ssp245", "file": None, "note": "no_layer_changes",
    "changed": [], "least_change": None, "largest_change": None, "confidence": None,
    "demonstration": False,
}  # fmt: skip


@pytest.fixture
def with_cases(maps):
    """The same folder with one case that changes something and one that does not."""
    name = "multi-hazard-index-ssp585-2041-2060.tif"
    bands = np.zeros((4, 3, 3))
    bands[3] = [[0.11, 0.0, -0.02], [0.06, 0.0, 0.0], [-9999, 0.02, 0.0]]
    with rasterio.open(
        maps / name, "w", driver="GTiff", dtype="float32", count=4, width=3, height=3,
        crs="EPSG:4326", transform=Affine(1, 0, 70, 0, -1, 43), nodata=-9999,
    ) as out:  # fmt: skip
        out.write(bands.astype("float32"))
    (maps / "rain-then.tif").write_bytes(b"a map")
    record = read_hazard_maps(maps).model_dump(mode="json")
    write_json(maps / RECORD_FILE, {**record, "cases": [QUIET, {**CASE, "file": name}]})
    return maps


def test_colours_of_the_change_part_what_falls_from_what_rises():
    change = np.array([[-0.2, -0.02, 0.0, 0.02, 0.2, np.nan]]).repeat(20, axis=0)
    inside = np.ones(change.shape, bool)
    inside[:10] = False
    colours = change_colours(change, inside)
    shades = ["#" + bytes(colours[:3, 0, k]).hex() for k in range(5)]
    assert shades == [CHANGE_COLOURS[k] for k in (0, 2, 3, 4, 6)]
    assert (colours[3, :10, 5] == 0).all()  # beyond the map nothing is drawn
    assert 0 < (colours[3, 10:, 5] > 0).sum() < 10  # hatched where none is given


@pytest.mark.parametrize("language", ["en", "ru"])
def test_cases_are_told_with_what_changes_what_stays_and_by_how_much(
    with_cases, language
):
    words = read_words(language)
    picture = read_index_picture(with_cases, BOX)
    assert [one.key for one in picture.cases] == ["ssp585-2041-2060"]
    assert picture.cases[0].address.startswith("data:image/webp;base64,")
    assert picture.cases[0].has_gaps
    quiet, busy = index_legend(picture, {}, words)["cases"]
    assert (quiet["has_picture"], busy["has_picture"]) == (False, True)
    reason = words("reason.map_note.no_layer_changes")
    assert quiet["text"].startswith(reason)
    assert quiet["marks"] == ()
    assert busy["marks"] == ("demonstration", "provisional")
    for value in (-0.02, 0.11, 1.5):
        assert words.numbers.number(value) in busy["text"]
    assert words("reason.map_note.unchanged_by_climate") in busy["text"]
    files = index_legend(picture, {}, words)["case_files"]
    assert files == ["multi-hazard-index-ssp585-2041-2060.tif", "rain-then.tif"]


def test_without_cases_the_legend_has_none(maps):
    legend = index_legend(read_index_picture(maps, BOX), {}, read_words("en"))
    assert legend["cases"] == legend["change_classes"] == legend["case_files"] == []


def test_maps_of_cases_stand_in_the_list_of_files(with_cases):
    text = maps_text(read_hazard_maps(with_cases))
    assert "`multi-hazard-index-ssp585-2041-2060.tif`" in text
    row = next(line for line in text.splitlines() if "rain-then.tif" in line)
    assert "ssp585 2041-2060" in row
    assert row.endswith("| times 1.5 |")
