"""What is said of a product before it enters a region's file."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import numpy as np
import pytest

from pipeline.cli import main
from pipeline.core.errors import InputError
from pipeline.displacement.inspect_file import choose_reader, read_options
from tests.displacement import small_products as small

WRITERS = {
    "mintpy": lambda d: small.mintpy_series(d / "timeseries.h5"),
    "mintpy-hdfeos5": lambda d: small.hdfeos5(d / "S1.he5"),
    "licsbas": lambda d: small.licsbas(d / "cum.h5"),
    "gmtsar": lambda d: small.gmtsar(d / "grids"),
    "geotiff": lambda d: small.geotiff(d / "s.tif", small.VALUES_MM, small.DATES),
    "opera-disp-s1": lambda d: (
        small.opera(d / "opera", "20200103", "20200115", 0.001).parent
    ),
    "stamps": lambda d: small.stamps(d / "export.csv"),
}


@pytest.mark.parametrize("reader", WRITERS)
def test_a_product_is_recognised(tmp_path, reader):
    assert reader == choose_reader(WRITERS[reader](tmp_path), None).NAME


def test_a_flat_velocity_file_is_recognised_by_its_folder(tmp_path):
    path = small.licsbas_flat(tmp_path, np.ones((2, 3)))
    assert choose_reader(path, None).NAME == "licsbas"


def test_the_report_tells_dates_unit_sign_extent_and_what_is_missing(tmp_path, capsys):
    path = small.mintpy_series(tmp_path / "timeseries.h5")
    assert main(["displacement", "inspect", str(path)]) == 0
    said = capsys.readouterr().out
    for text in (
        "reader:     mintpy",
        "in file:    m, positive towards the satellite",
        "points:     5",
        "3 from 2020-01-03 to 2020-01-27, every 12 d",
        "longitude 70.00000 to 70.20000, latitude 40.30000 to 40.40000",
        "missing:    viewing direction of 5 points",
        "missing:    wavelength: no step is recognised as an error of unwrapping",
    ):
        assert text in said


def test_options_complete_what_a_product_does_not_say(tmp_path, capsys):
    path = small.geotiff(tmp_path / "s.tif", small.VALUES_MM, small.DATES)
    command = ["displacement", "inspect", str(path), "--option", "unit=mm"]
    assert main(command) == 2
    command += ["--option", "sign=towards", "--option", "los=[-0.6, -0.1, 0.7937]"]
    assert main(command) == 0
    assert "east -0.600, north -0.100, up +0.794" in capsys.readouterr().out


def test_an_opera_folder_with_its_static_layer_is_recognised(tmp_path):
    folder = small.opera(tmp_path / "opera", "20200103", "20200115", 0.001).parent
    small.geotiff(folder / "los_east.tif", np.full(small.SHAPE, small.E))
    assert choose_reader(folder, None).NAME == "opera-disp-s1"


def test_a_missing_option_is_told_with_the_file(tmp_path, capsys):
    path = small.geotiff(tmp_path / "s.tif", small.VALUES_MM, small.DATES)
    assert main(["displacement", "inspect", str(path)]) == 2
    assert f"{path}, options of reader 'geotiff'" in capsys.readouterr().err


def test_points_of_zeros_are_counted_as_missing(tmp_path, capsys):
    path = tmp_path / "points.csv"
    path.write_text(
        "CODE,LAT,LON,VEL,D20200103,D20200115\na,40.4,70.1,-3,0,-1\n"
        "b,40.4,70.2,0,0,0\n",
        encoding="utf-8",
    )
    assert main(["displacement", "inspect", str(path)]) == 0
    assert "missing:    values of 1 points (empty, or mostly" in capsys.readouterr().out


def test_the_picture_shows_every_point_by_its_rate(tmp_path):
    path = small.mintpy_velocity(tmp_path / "v.h5", [[-9, -9, 1], [9, 9, 0]])
    out = tmp_path / "picture.svg"
    assert main(["displacement", "inspect", str(path), "--picture", str(out)]) == 0
    text = out.read_text(encoding="utf-8")
    assert "blue: towards the satellite" in text
    root = ET.fromstring(text)
    dots = {
        path.get("stroke"): path.get("d", "").count("M")
        for path in root.iter("{http://www.w3.org/2000/svg}path")
    }
    assert dots == {"#b2182b": 2, "#d9d9d9": 1, "#2166ac": 2}


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("cut.h5", b"x" * 40, "damaged or truncated HDF5"),
        ("cut.zip", b"PK\x03\x04", "damaged or truncated archive"),
        ("other.csv", b"pid;lon;lat;20200103\n", "a header separated by ';'"),
        ("twice.csv", b"pid,a,a\n", "the column more than once"),
    ],
)
def test_what_hides_the_kind_of_a_file_is_told(tmp_path, name, content, said):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError, match=said):
        choose_reader(path, None)


def test_nothing_is_guessed_of_an_unknown_file(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(InputError, match="no reader for it"):
        choose_reader(path, None)
    with pytest.raises(InputError, match="mintpi"):
        choose_reader(path, "mintpi")


@pytest.mark.parametrize("text", ["unit", "=mm", "los=[1"])
def test_an_option_without_key_or_value_is_refused(text):
    with pytest.raises(InputError, match="KEY=VALUE"):
        read_options([text])
