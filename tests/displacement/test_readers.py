"""EGMS and generic point tables: what is read, and what is refused."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.core.config import DisplacementSource
from pipeline.core.errors import InputError
from pipeline.displacement.checks import check_series
from pipeline.displacement.fit.trend import fit_trends
from pipeline.displacement.readers import (
    egms,
    load_options,
    point_csv,
    read_source,
    readers,
)
from pipeline.displacement.series import Component, los_from_angles

NEW = (
    "pid,mp_type,latitude,longitude,easting,northing,height_ortho,height_ellipse,"
    "temporal_coherence,incidence_angle,track_angle,los_east,los_north,los_up,"
    "mean_velocity,gnss_velocity,20220101,20220113,20220125\n"
)
NEW_ROWS = (
    "0012345678,0,40.2,70.1,1.0,2.0,900.5,861,0.9,39,-9,-0.621,-0.098,0.777,-3,-1,"
    "0.5,-1.5,2.0\n"
    "166ax5Ofja,0,40.3,70.2,1.0,2.0,901.5,861,0.8,39,-9,-0.621,-0.098,0.777,-3,-1,"
    "0.25,,1.0\n"
)
OLD = (
    "pid,cluster_label,latitude,longitude,height,height_wgs84,rmse,temporal_coherence,"
    "los_east,los_north,los_up,mean_velocity,20220101,20220113\n"
    "aaaaaaaaaa,3,40.2,70.1,900,861,2.1,0.9,0.594,-0.12,0.795,-3,0.5,-1.5\n"
)
LEVEL3 = (
    "pid,easting,northing,height,mean_velocity,gnss_velocity_u,20220101,20220107\n"
    "10LDTjEkDv,4597550,1739750,-47.8,-1.5,-1.0,5.5,2.5\n"
)
L2B = "EGMS_L2b_117_0001_IW1_VV_2020_2024_1"
GENERIC = {
    "unit": "mm",
    "sign": "towards",
    "id": "CODE",
    "lon": "LON",
    "lat": "LAT",
    "crs": "EPSG:4326",
    "dates": "DYYYYMMDD",
}
POINTS = "CODE,LON,LAT,VEL,D20220101,D20220113\n007,70.1,40.2,5,1.0,-2.0\n"


def write(folder: Path, name: str, text: str) -> Path:
    """Write a CSV file, or a zip archive with one."""
    path = folder / name
    if path.suffix == ".csv":
        path.write_text(text, encoding="utf-8")
        return path
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("about.xml", "<BURST/>")
        archive.writestr(f"{path.stem}.csv", text)
    return path


def read_egms(ask: Any, path: Path, **options: Any) -> Any:
    series = egms.read(ask(path), egms.Options(**options))
    return check_series(series, path)


def read_points(ask: Any, path: Path, **changes: Any) -> Any:
    options = load_options(point_csv, GENERIC | changes, "test")
    return check_series(point_csv.read(ask(path), options), path)


def test_every_reader_declares_its_name_unit_and_sign():
    assert set(readers()) >= {"egms", "point-csv"}
    for module in readers().values():
        assert module.UNIT
        assert module.SIGN
        assert module.DESCRIPTION
        assert module.Options.model_fields


@pytest.mark.parametrize("suffix", [".zip", ".csv"])
def test_level_2b_is_read_from_zip_and_csv_alike(tmp_path, ask, suffix):
    series = read_egms(ask, write(tmp_path, L2B + suffix, NEW + NEW_ROWS))
    assert series.point_id.tolist() == ["0012345678", "166ax5Ofja"]
    assert series.epoch.astype(str).tolist() == [
        "2022-01-01",
        "2022-01-13",
        "2022-01-25",
    ]
    assert series.displacement_mm[0].tolist() == [0.5, -1.5, 2.0]
    assert np.isnan(series.displacement_mm[1, 1])
    assert series.displacement_mm.dtype == np.float32
    assert series.height_m.tolist() == [900.5, 901.5]
    assert series.component is Component.LINE_OF_SIGHT
    assert not series.is_interpolated
    assert sorted(p.name for p in tmp_path.iterdir()) == [L2B + suffix]


def test_columns_of_the_first_generation_are_read(tmp_path, ask):
    path = write(tmp_path, "EGMS_L2a_022_0845_IW2_VV.csv", OLD)
    series = read_egms(ask, path)
    assert series.height_m.tolist() == [900.0]
    assert series.provider_velocity_mm_per_yr.tolist() == [-3.0]
    assert series.reference_point.startswith("burst")


def test_level_3_takes_component_and_place_from_name_and_grid(tmp_path, ask):
    path = write(tmp_path, "EGMS_L3_E45N17_100km_U_2020_2024_1.zip", LEVEL3)
    series = read_egms(ask, path)
    assert series.component is Component.UP
    assert series.is_interpolated
    assert series.los.tolist() == [[0.0, 0.0, 1.0]]
    assert series.lat_deg[0] == pytest.approx(38.69, abs=0.01)
    assert series.lon_deg[0] == pytest.approx(13.16, abs=0.01)


def test_renamed_level_3_needs_its_component(tmp_path, ask):
    path = write(tmp_path, "tile.csv", LEVEL3)
    with pytest.raises(InputError, match=r"'level'.*options: \{level: L2b\}"):
        read_egms(ask, path)
    with pytest.raises(InputError, match="'component'"):
        read_egms(ask, path, level="L3")
    east = read_egms(ask, path, level="L3", component="E")
    assert east.component is Component.EAST


def test_frame_motion_is_taken_out_only_on_request(tmp_path, ask):
    path = write(tmp_path, L2B + ".csv", NEW + NEW_ROWS)
    plain = read_egms(ask, path)
    freed = read_egms(ask, path, subtract_gnss_velocity=True)
    days = np.array([0.0, 12.0, 24.0])
    gain = freed.displacement_mm[0] - plain.displacement_mm[0]
    assert gain == pytest.approx(days / 365.25, abs=1e-6)
    assert freed.provider_velocity_mm_per_yr[0] == -2.0
    assert freed.reference_point != plain.reference_point


def test_angles_give_the_vector_where_columns_are_missing(tmp_path, ask):
    text = (NEW + NEW_ROWS).replace("los_east,los_north,los_up", "a,b,c")
    series = read_egms(ask, write(tmp_path, L2B + ".csv", text))
    assert series.los[0] == pytest.approx([-0.621, -0.098, 0.777], abs=2e-3)


@pytest.mark.parametrize(
    ("heading", "incidence", "vector"),
    [(191.42, 37.31, (0.594, -0.12, 0.795)), (-8.94, 38.97, (-0.621, -0.098, 0.777))],
)
def test_vector_from_angles_equals_that_of_real_products(heading, incidence, vector):
    found = los_from_angles(np.array([incidence]), np.array([heading]))
    assert found[0] == pytest.approx(vector, abs=1e-3)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("20220101,20220113,20220125", "a,b,c", "two or more dates"),
        ("20220113,20220125", "b,c", "two or more dates"),
        ("20220113", "20220101", "the column more than once"),
        ("20220101,20220113", "20220113,20220101", "'20220101'.*2022-01-01 after"),
        ("20220113", "20221399", "no day of the calendar.*written as YYYYMMDD"),
        (",", ";", "field 'delimiter': found a header separated by ';'"),
        ("\n", "\r", "carriage return alone"),
        ("0.25,,1.0", '0.25,"1,5",1.0', "row 3, field '20220113': found 1,5"),
        ("0.25,,1.0", "0.25,1 200.5,1.0", "row 3, field '20220113': found 1 200.5"),
        ("-0.621,-0.098,0.777", "-0.621,-0.098,0.9", "a vector of length 1"),
        ("-0.621,-0.098,0.777", "-0.621,-0.098,-0.777", "up part above 0"),
        ("-0.621,-0.098,0.777", "0.621,-0.098,0.777", "right-looking"),
        ("40.3,70.2", "140.3,70.2", "latitude 140.3 of point 166ax5Ofja"),
        ("40.3,70.2", ",70.2", "1 rows without a position, .*point 166ax5Ofja"),
        ("166ax5Ofja", "0012345678", "0012345678 more than once"),
        ("0.25,,1.0", "0.25,1.0", "row 3: found 18 fields; expected 19"),
        ("0.25,,1.0", "0.25,x,1.0", "row 3, field '20220113': found x"),
        ("0.25,,1.0", "0.25,inf,1.0", "infinite"),
        (",pid,", ",id,", ""),
        ("latitude", "breite", "field 'latitude': found no such column"),
    ],
)
def test_a_broken_product_is_refused_in_one_sentence(tmp_path, ask, old, new, words):
    text = NEW + NEW_ROWS
    if not words:
        text, words = text.replace("pid,", "id,", 1), "field 'pid'"
    path = write(tmp_path, L2B + ".zip", text.replace(old, new))
    with pytest.raises(InputError, match=words) as caught:
        read_egms(ask, path)
    assert path.name in str(caught.value)


@pytest.mark.parametrize(
    ("values", "words"), [("0,0,0", "zeros only"), (",,", "every cell is empty")]
)
def test_products_without_a_signal_are_refused(tmp_path, ask, values, words):
    rows = NEW_ROWS.replace("0.5,-1.5,2.0", values).replace("0.25,,1.0", values)
    with pytest.raises(InputError, match=words):
        read_egms(ask, write(tmp_path, L2B + ".csv", NEW + rows))


def test_a_truncated_archive_is_refused(tmp_path, ask):
    path = write(tmp_path, L2B + ".zip", NEW + NEW_ROWS)
    path.write_bytes(path.read_bytes()[:-60])
    with pytest.raises(InputError, match="damaged or truncated archive"):
        read_egms(ask, path)


def test_a_damaged_member_of_an_archive_is_refused(tmp_path, ask):
    path = write(tmp_path, L2B + ".zip", NEW + NEW_ROWS)
    raw = bytearray(path.read_bytes())
    start = raw.index(b".csv") + 60
    raw[start : start + 20] = bytes(20)
    path.write_bytes(bytes(raw))
    with pytest.raises(InputError, match=r"damaged or truncated|no UTF-8|header"):
        read_egms(ask, path)


def test_bytes_that_are_no_utf_8_are_named_by_row_and_field(tmp_path, ask):
    path = tmp_path / f"{L2B}.csv"
    text = (NEW + NEW_ROWS).replace("166ax5Ofja", "piège")
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(InputError, match="row 3, field 'pid': found bytes that are no"):
        read_egms(ask, path)


@pytest.mark.parametrize("start", ["\ufeff", ""])
@pytest.mark.parametrize("end", ["\r\n", "\n"])
def test_a_byte_order_mark_and_line_ends_of_windows_do_no_harm(
    tmp_path, ask, start, end
):
    path = tmp_path / f"{L2B}.csv"
    text = (NEW + NEW_ROWS).replace("\n", end).replace("166ax5Ofja", '"a,b"')
    path.write_bytes((start + text).encode("utf-8"))
    series = read_egms(ask, path)
    assert series.point_id.tolist() == ["0012345678", "a,b"]
    assert series.displacement_mm[0].tolist() == [0.5, -1.5, 2.0]


def test_what_a_system_adds_to_an_archive_is_passed_over(tmp_path, ask):
    path = write(tmp_path, L2B + ".zip", NEW + NEW_ROWS)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(f"__MACOSX/._{L2B}.csv", "x")
    assert read_egms(ask, path).n_points == 2
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("other.csv", NEW)
    with pytest.raises(InputError, match="2 CSV files in the archive"):
        read_egms(ask, path)


def test_a_member_is_read_and_never_unpacked(tmp_path, ask):
    path = tmp_path / f"{L2B}.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("../../outside.csv", NEW + NEW_ROWS)
    assert read_egms(ask, path).n_points == 2
    assert [file.name for file in tmp_path.rglob("*")] == [path.name]


def test_an_archive_with_a_password_is_refused(tmp_path, ask):
    path = write(tmp_path, L2B + ".zip", NEW + NEW_ROWS)
    raw = bytearray(path.read_bytes())
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = raw.find(mark)
        while start >= 0:  # bit 0 of the flags says that a member is encrypted
            raw[start + flags] |= 1
            start = raw.find(mark, start + 1)
    path.write_bytes(bytes(raw))
    with pytest.raises(InputError, match="an archive with a password"):
        read_egms(ask, path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no header"),
        (NEW, "a header without rows"),
        ("\x00\n", "level|column|dates"),
    ],
)
def test_a_file_without_points_is_refused(tmp_path, ask, text, words):
    with pytest.raises(InputError, match=words):
        read_egms(ask, write(tmp_path, L2B + ".csv", text))


def test_a_missing_file_and_an_archive_without_csv_are_refused(tmp_path, ask):
    with pytest.raises(InputError, match="no readable file"):
        read_egms(ask, tmp_path / f"{L2B}.zip")
    path = tmp_path / f"{L2B}.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.xml", "<a/>")
    with pytest.raises(InputError, match="0 CSV files"):
        read_egms(ask, path)


@pytest.mark.parametrize(
    ("unit", "sign", "factor"),
    [
        ("mm", "towards", 1),
        ("m", "towards", 1000),
        ("cm", "away", -10),
        ("mm", "up", 1),
    ],
)
def test_declared_unit_and_sign_become_millimetres_towards(
    tmp_path, ask, unit, sign, factor
):
    path = write(tmp_path, "points.csv", POINTS)
    series = read_points(ask, path, unit=unit, sign=sign, velocity="VEL")
    assert series.point_id.tolist() == ["007"]
    assert series.displacement_mm[0].tolist() == [1.0 * factor, -2.0 * factor]
    assert series.provider_velocity_mm_per_yr.tolist() == [5.0 * factor]
    assert series.has_geometry == (sign == "up")


def test_unit_and_sign_have_no_default():
    for key in ("unit", "sign", "crs"):
        options = {k: v for k, v in GENERIC.items() if k != key}
        with pytest.raises(InputError, match=f"key '{key}' is missing"):
            load_options(point_csv, options, "region.yaml")


def test_projected_coordinates_and_no_data_numbers_are_understood(tmp_path, ask):
    text = (
        "CODE;X;Y;2022-01-01;2022-01-13;2022-01-25\n"
        "a;423400;4450300;1;-9999;2\nb;423500;4450400;1;1;1\n"
    )
    series = read_points(
        ask,
        write(tmp_path, "points.csv", text),
        lon="X",
        lat="Y",
        crs="EPSG:32642",
        dates="YYYY-MM-DD",
        delimiter=";",
        no_data=[-9999],
        incidence_deg=39,
        heading_deg=-9,
    )
    assert np.isnan(series.displacement_mm[0]).tolist() == [False, True, False]
    assert series.lon_deg[0] == pytest.approx(68.1, abs=0.1)
    assert series.los[0, 0] < 0 < series.los[0, 2]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"crs": "EPSG:0"}, "known CRS"),
        ({"coherence": "COH"}, "field 'COH': found no such column"),
        ({"incidence_deg": 39}, "go together"),
        ({"los": [0, 0, 1], "los_columns": ["a", "b", "c"]}, "give one of"),
        ({"unti": "mm"}, "did you mean 'unit'"),
        ({"los": [0.6, 0.0, 0.2]}, "a vector of length 1"),
    ],
)
def test_wrong_options_name_the_key(tmp_path, ask, change, words):
    with pytest.raises(InputError, match=words):
        read_points(ask, write(tmp_path, "points.csv", POINTS), **change)


def test_an_unknown_reader_lists_those_that_exist(tmp_path):
    class Region:
        path = tmp_path / "region.yaml"

    source = DisplacementSource(id="s", path=Path("x.csv"), reader="egsm")
    with pytest.raises(InputError, match=r"one of \['egms', 'geotiff'"):
        read_source(source, Region(), ())


def test_tracks_of_mixed_signs_agree_once_their_signs_are_declared(tmp_path, ask):
    # the ground sinks by 24 mm a year; one provider counts away from the satellite
    days = np.arange(0, 1461, 12)
    dates = (np.datetime64("2020-01-03", "D") + days).astype(str)
    head = "CODE,LON,LAT," + ",".join(f"D{d.replace('-', '')}" for d in dates) + "\n"
    los = {"asc": (-0.62, -0.1, 0.778), "desc": (0.59, -0.12, 0.798)}
    rates = {}
    for track, sign in (("asc", "away"), ("desc", "towards")):
        along = -24.0 * los[track][2] * days / 365.25
        written = -along if sign == "away" else along
        text = head + "a,70.1,40.2," + ",".join(f"{v:.4f}" for v in written) + "\n"
        path = write(tmp_path, f"{track}.csv", text)
        for declared in {sign, "towards"}:
            series = read_points(ask, path, sign=declared, los=los[track])
            fit = fit_trends(series.displacement_mm, series.time_d)
            rates[track, declared == sign] = fit.velocity_mm_per_yr[0]
    looks = np.array([[los[t][0], los[t][2]] for t in ("asc", "desc")])
    east, up = np.linalg.solve(looks, [rates["asc", True], rates["desc", True]])
    assert (east, up) == pytest.approx((0.0, -24.0), abs=0.01)
    # and a sign that is declared wrongly cannot pass for sinking
    east, up = np.linalg.solve(looks, [rates["asc", False], rates["desc", True]])
    assert abs(east) > abs(up)
