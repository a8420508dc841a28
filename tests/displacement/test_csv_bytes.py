"""Numbers and rows straight from bytes: the same as Python's own reading."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import MultiPoint

from pipeline.core.errors import InputError
from pipeline.displacement.reading import csv_bytes, wide_csv
from pipeline.displacement.reading.csv_bytes import EPOCH, NUMBER, SKIP, TEXT
from pipeline.displacement.reading.wide_csv import Layout, read_wide

HEADER = ["pid", "lon", "lat", "20200103", "20200115"]
LAYOUT = Layout(
    HEADER,
    {"pid": ("pid", "text"), "lon": ("lon", "number"), "lat": ("lat", "number")},
    HEADER[3:],
)
PLAIN = st.from_regex(r"\A-?([0-9]{1,9}(\.[0-9]{0,6})?|\.[0-9]{1,6})\Z")


def parse(text: str, kinds: list[int]) -> csv_bytes.Parsed | None:
    raw = text.encode("utf-8") + bytes(csv_bytes.PADDING)
    block = np.frombuffer(raw, dtype=np.uint8)
    return csv_bytes.parse_rows(block, len(block) - csv_bytes.PADDING, np.array(kinds))


def read(path: Path, text: str, layout: Layout = LAYOUT) -> wide_csv.WideTable:
    path.write_text(text, encoding="utf-8", newline="")
    return read_wide(
        path,
        layout,
        lambda columns: (columns["lon"], columns["lat"]),
        lambda lon, _: np.ones(len(lon), dtype=bool),
    )


@settings(deadline=None, max_examples=300)
@given(numbers=st.lists(PLAIN, min_size=1, max_size=20))
def test_plain_numbers_are_rounded_as_python_rounds_them(numbers):
    line = ",".join(numbers) + "\n"
    parsed = parse(line, [EPOCH] * len(numbers))
    wanted = np.array([float(n) for n in numbers])
    assert np.array_equal(parsed[2][0], wanted.astype(np.float32))
    parsed = parse(line, [NUMBER] * len(numbers))
    assert np.array_equal(parsed[1][:, 0], wanted)


def test_every_number_with_one_or_two_decimals_is_exact():
    tenths = np.arange(-99_999, 100_000)
    for digits, scale in ((1, 10.0), (2, 100.0)):
        texts = [f"{value / scale:.{digits}f}" for value in tenths]
        parsed = parse("\n".join(texts) + "\n", [EPOCH])
        wanted = np.array([float(text) for text in texts], dtype=np.float32)
        assert np.array_equal(parsed[2][:, 0], wanted)


@pytest.mark.parametrize("empty", ["", "NaN", "nan"])
def test_an_empty_cell_is_nan_and_never_zero(empty):
    _, numbers, epochs = parse(f"{empty},{empty}\n", [NUMBER, EPOCH])
    assert np.isnan(numbers[0, 0])
    assert np.isnan(epochs[0, 0])


@pytest.mark.parametrize(
    "cell",
    ["1e3", "inf", '"1.0"', "1.2.3", "--1", "-", ".", "+1", " 1", "1 ", "x", "1-2",
     "1234567890123456", "é"],
)  # fmt: skip
@pytest.mark.parametrize("kind", [NUMBER, EPOCH])
def test_whatever_is_not_plain_is_left_to_the_general_reader(cell, kind):
    assert parse(f"a,{cell}\n", [TEXT, kind]) is None
    assert parse(f"{cell},1\n", [kind, EPOCH]) is None


@pytest.mark.parametrize("row", ["a,1", "a,1,2,3", "a", ""])
def test_a_row_of_another_length_is_not_plain(row):
    parsed = parse(f"a,1,2\n{row}\n", [TEXT, SKIP, EPOCH])
    assert (parsed is None) == bool(row)  # an empty line is no row


def test_line_ends_of_both_kinds_and_a_last_row_without_one(tmp_path):
    rows = ["007,70.1,40.2,1.0,-2.5", "é8,70.2,40.3,,3.25"]
    for end in ("\n", "\r\n"):
        text = end.join([",".join(HEADER), *rows])
        table = read(tmp_path / "t.csv", text)
        assert table.columns["pid"].tolist() == ["007", "é8"]
        np.testing.assert_array_equal(
            table.values, np.array([[1.0, -2.5], [np.nan, 3.25]], dtype=np.float32)
        )


def test_quotes_and_exponents_take_the_other_way_to_the_same_values(tmp_path):
    head = ",".join(HEADER) + "\n"
    plain = read(tmp_path / "a.csv", head + "007,70.1,40.2,100,-0.025\n")
    other = read(tmp_path / "b.csv", head + '"007",70.1,40.2,1e2,-2.5e-2\n')
    assert other.columns["pid"].tolist() == ["007"]
    np.testing.assert_array_equal(plain.values, other.values)


@pytest.mark.parametrize("size", [40, 64, 100, 1000])
def test_rows_do_not_depend_on_where_blocks_end(tmp_path, monkeypatch, size):
    rows = [f"p{k},{k / 100},{k / 200:.4f},{k}.5,-{k}" for k in range(200)]
    monkeypatch.setattr(wide_csv, "_BLOCK_BYTES", size)
    table = read(tmp_path / "t.csv", "\n".join([",".join(HEADER), *rows]) + "\n")
    assert table.columns["pid"].tolist() == [f"p{k}" for k in range(200)]
    assert table.values[:, 0].tolist() == [k + 0.5 for k in range(200)]
    assert table.values[:, 1].tolist() == [-k for k in range(200)]
    assert table.n_rows == 200


def test_a_broken_row_in_a_later_block_is_named(tmp_path, monkeypatch):
    rows = [f"p{k},70.1,40.2,1.0,2.0" for k in range(200)]
    rows[150] = "p150,70.1,40.2,1.0,?"
    monkeypatch.setattr(wide_csv, "_BLOCK_BYTES", 300)
    with pytest.raises(InputError, match=r"row 152, field '20200115': found \?"):
        read(tmp_path / "t.csv", "\n".join([",".join(HEADER), *rows]) + "\n")


@pytest.mark.parametrize("shape", ["cloud", "line", "one"])
def test_the_hull_of_many_points_is_that_of_all_of_them(shape):
    rng = np.random.default_rng(4)
    lon, lat = rng.normal(70, 1, 5000), rng.normal(40, 1, 5000)
    if shape == "line":
        lat = 2.0 * lon
    if shape == "one":
        lon, lat = lon[:1], lat[:1]
    wanted = MultiPoint(np.column_stack([lon, lat])).convex_hull
    found = wide_csv._hull(lon, lat)
    assert found.geom_type == wanted.geom_type
    assert found.symmetric_difference(wanted).area == 0.0
    assert found.bounds == wanted.bounds
