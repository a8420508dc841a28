"""Inventory files that are whole, and files that are broken."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.core.csv_text import read_csv_rows
from pipeline.core.errors import InputError
from pipeline.inventory.readers import ReaderInput, reader, readers
from pipeline.inventory.readers.icold_csv import read as read_icold

ICOLD = (
    "ID,TSF Name,Mine Name,Current Owner,Country,Longitude,Latitude,TSF Status,"
    "Dam Raise Method,Current Max Dam Height (m),Current Storage Volume (m3),"
    "Primary Ore Commodity,Year of Commencement,Reference,Additional Remarks\n"
)


def test_every_reader_is_found_by_being_in_the_folder():
    assert set(readers()) == {"natech-csv", "icold-csv", "table"}


def test_an_unknown_reader_lists_the_known_ones():
    with pytest.raises(InputError, match="natech-csv"):
        reader("excel", Path("small.yaml"))


def test_a_byte_order_mark_is_no_part_of_the_header(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes("\ufefftmf_id,name\nkg-1,Майлуу-Суу\n".encode())
    header, rows = read_csv_rows(path)
    assert header == ["tmf_id", "name"]
    assert rows == [(2, {"tmf_id": "kg-1", "name": "Майлуу-Суу"})]


def test_a_row_that_spans_lines_keeps_its_number_in_the_file(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text('a,b\n"two\nlines",x\n1\n', encoding="utf-8")
    with pytest.raises(InputError, match=r"row 4.*1 cells.*2 cells"):
        read_csv_rows(path)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("name\nЖелезо\n".encode("cp1251"), "row 2.*not UTF-8.*1251"),
        (b"", "an empty file"),
        (b"a;b\n1;2\n", "semicolons"),
        (b"a,a\n1,2\n", "twice"),
        (b'a,b\n"1,2\n', "broken quoting"),
    ],
)
def test_a_file_that_is_no_csv_is_told_in_one_sentence(tmp_path, content, words):
    path = tmp_path / "broken.csv"
    path.write_bytes(content)
    with pytest.raises(InputError, match=words):
        read_csv_rows(path)


def test_a_missing_column_is_named(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("tmf_id,name\nkg-1,A\n", encoding="utf-8")
    with pytest.raises(InputError, match="no column 'country'"):
        readers()["natech-csv"](ReaderInput(path))


def test_the_icold_header_gives_the_project_columns(tmp_path):
    path = tmp_path / "icold.csv"
    path.write_text(
        ICOLD + '7,Old Dam,,Owner,Kyrgyzstan,72.5,41.3,Inactive,Upstream,30,"1,250,000"'
        ",Gold,1975,Report A,\n",
        encoding="utf-8",
    )
    inventory = read_icold(ReaderInput(path, source="ICOLD 2024"))
    cells = inventory.rows[0].cells
    assert cells["tmf_id"] == "icold-7"
    assert cells["country"] == "KG"
    assert cells["status"] == "closed"
    assert cells["status_note"] == "Inactive"
    assert cells["volume_m3"] == "1250000"
    volume = next(v for v in inventory.values if v.field == "volume_m3")
    assert volume.source == "ICOLD 2024; Report A"
