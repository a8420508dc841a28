"""Files are whole or absent, and equal content gives equal records."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import pipeline
from pipeline.core.files import (
    DECIDING,
    code_digest,
    sha256,
    whole_file,
    whole_folder,
    write_json,
    write_provenance,
    write_text,
)


def test_a_writer_that_fails_leaves_the_old_file(tmp_path):
    path = tmp_path / "a.txt"
    write_text(path, "old")

    def write_half():
        with whole_file(path) as part:
            part.write_text("half")
            raise RuntimeError("killed")

    with pytest.raises(RuntimeError, match="killed"):
        write_half()
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_the_temporary_name_keeps_the_suffix(tmp_path):
    with whole_file(tmp_path / "a.gpkg") as part:
        assert part.suffix == ".gpkg"
        assert part != tmp_path / "a.gpkg"
        part.write_bytes(b"x")


def test_a_left_over_part_is_overwritten(tmp_path):
    (tmp_path / "a.part.txt").write_text("left by a killed run")
    write_text(tmp_path / "a.txt", "new")
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_a_folder_is_replaced_as_a_whole(tmp_path):
    folder = tmp_path / "site"
    for name in ("old.html", "new.html"):
        with whole_folder(folder) as part:
            (part / name).write_text(name)
    assert [p.name for p in folder.iterdir()] == ["new.html"]


def test_a_folder_whose_writer_fails_stays_as_it_was(tmp_path):
    folder = tmp_path / "site"
    with whole_folder(folder) as part:
        (part / "a").write_text("a")

    def write_half():
        with whole_folder(folder):
            raise RuntimeError("killed")

    with pytest.raises(RuntimeError, match="killed"):
        write_half()
    assert [p.name for p in folder.iterdir()] == ["a"]


def test_json_does_not_depend_on_the_order_of_keys(tmp_path):
    write_json(tmp_path / "a.json", {"b": 1, "a": "Ош"})
    write_json(tmp_path / "b.json", {"a": "Ош", "b": 1})
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()


def test_the_checksum_is_that_of_the_standard(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"abc")  # FIPS 180-4, example of one block
    assert sha256(path) == (
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    )


def test_the_checksum_of_a_folder_sees_names_and_contents(tmp_path):
    for name in ("one", "two", "three"):
        (tmp_path / name).mkdir()
    (tmp_path / "one" / "a").write_text("x")
    (tmp_path / "two" / "b").write_text("x")
    (tmp_path / "three" / "a").write_text("y")
    digests = {sha256(tmp_path / name) for name in ("one", "two", "three")}
    assert len(digests) == 3


@pytest.mark.parametrize("name", ["a.py", "data/rivers.yaml", "words/en.yaml"])
def test_edited_code_or_data_changes_the_digest(tmp_path, name):
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("x = 1\n")
    before = code_digest(tmp_path)
    path.write_text("x = 2\n")
    assert code_digest(tmp_path) != before


def test_a_compiled_file_changes_no_digest(tmp_path):
    (tmp_path / "a.py").write_text("x = 1\n")
    before = code_digest(tmp_path)
    (tmp_path / "a.pyc").write_bytes(b"1")
    assert code_digest(tmp_path) == before


def test_every_file_that_the_package_reads_counts_in_the_digest():
    package = Path(pipeline.__file__).parent
    others = {".pyc", ".nbi", ".nbc", ".smk", ".md", ".txt", ".typed", ".part"}
    kinds = {path.suffix for path in package.rglob("*") if path.is_file()}
    assert kinds - others <= DECIDING


def test_provenance_names_no_folder_of_the_machine(tmp_path):
    product, source = tmp_path / "out.txt", tmp_path / "in.txt"
    write_text(product, "out")
    write_text(source, "in")
    write_provenance(
        product, stage="inventory", inputs=[source], parameters={"radius_m": 5}
    )
    text = (tmp_path / "out.txt.prov.json").read_text()
    record = json.loads(text)
    assert str(tmp_path) not in text
    assert record["inputs"] == [{"file": "in.txt", "sha256": sha256(source)}]
    assert record["product"]["sha256"] == sha256(product)
