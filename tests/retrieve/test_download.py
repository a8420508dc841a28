"""Downloads against a local server: resume, verify, retry, fall back."""

from __future__ import annotations

import hashlib
import random

import pytest

from pipeline.core.errors import InputError
from pipeline.retrieve.download import Expected, Patience, download
from pipeline.retrieve.progress import progress

BODY = random.Random(7).randbytes(300_000)
DIGEST = hashlib.sha256(BODY).hexdigest()
KNOWN = Expected(DIGEST, len(BODY))


def leftovers(folder):
    return sorted(p.name for p in folder.iterdir())


def test_a_file_that_comes_whole_is_stored_under_its_name_alone(
    site, tmp_path, patience
):
    address = site.put("/a.bin", BODY)
    seen = download([address], tmp_path / "a.bin", KNOWN, patience)
    assert seen == DIGEST
    assert (tmp_path / "a.bin").read_bytes() == BODY
    assert leftovers(tmp_path) == ["a.bin"]


@pytest.mark.parametrize("fault", ["drop", "reset"])
def test_a_broken_transfer_goes_on_at_the_byte_where_it_stopped(
    site, tmp_path, patience, fault
):
    address = site.put("/a.bin", BODY, (fault, 131_072))
    download([address], tmp_path / "a.bin", KNOWN, patience)
    first, second = site.ranges("/a.bin")
    assert first is None
    start = int(second.removeprefix("bytes=").rstrip("-"))
    assert 0 < start <= 131_072
    assert (tmp_path / "a.bin").read_bytes() == BODY


def test_a_later_run_goes_on_with_the_part_that_an_earlier_one_left(
    site, tmp_path, patience
):
    address = site.put("/a.bin", BODY)
    (tmp_path / "a.bin.part").write_bytes(BODY[:1000])
    download([address], tmp_path / "a.bin", KNOWN, patience)
    assert site.ranges("/a.bin") == ["bytes=1000-"]
    assert (tmp_path / "a.bin").read_bytes() == BODY


def test_a_part_that_is_complete_is_taken_as_it_is(site, tmp_path, patience):
    address = site.put("/a.bin", BODY)
    (tmp_path / "a.bin.part").write_bytes(BODY)
    assert download([address], tmp_path / "a.bin", KNOWN, patience) == DIGEST


def test_a_server_without_ranges_sends_the_file_from_its_start(
    site, tmp_path, patience
):
    site.knows_ranges = False
    address = site.put("/a.bin", BODY, ("drop", 131_072))
    download([address], tmp_path / "a.bin", KNOWN, patience)
    assert (tmp_path / "a.bin").read_bytes() == BODY


def test_a_part_of_another_file_is_found_out_and_fetched_again(
    site, tmp_path, patience
):
    address = site.put("/a.bin", BODY)
    (tmp_path / "a.bin.part").write_bytes(b"something else" * 100)
    download([address], tmp_path / "a.bin", KNOWN, patience)
    assert site.ranges("/a.bin") == ["bytes=1400-", None]
    assert (tmp_path / "a.bin").read_bytes() == BODY


def test_without_a_checksum_a_changed_file_is_not_glued_to_the_old_part(
    site, tmp_path, patience
):
    address = site.put("/a.bin", BODY, ("drop", 131_072))
    with pytest.raises(InputError, match=r"stopped|broken"):
        download([address], tmp_path / "a.bin", Expected(), Patience(attempts=1))
    assert (tmp_path / "a.bin.part").stat().st_size > 0
    site.etag = '"two"'
    site.put("/a.bin", BODY[::-1])
    download([address], tmp_path / "a.bin", Expected(), patience)
    assert (tmp_path / "a.bin").read_bytes() == BODY[::-1]


def test_without_a_checksum_an_unchanged_file_is_resumed(site, tmp_path, patience):
    address = site.put("/a.bin", BODY, ("drop", 131_072))
    assert download([address], tmp_path / "a.bin", Expected(), patience) == DIGEST
    assert site.ranges("/a.bin")[1].startswith("bytes=")


def test_without_checksum_and_etag_a_broken_transfer_starts_again(
    site, tmp_path, patience
):
    site.etag = None
    address = site.put("/a.bin", BODY, ("drop", 131_072))
    download([address], tmp_path / "a.bin", Expected(), patience)
    assert site.ranges("/a.bin") == [None, None]


def test_a_server_error_is_tried_again_with_growing_waits(site, tmp_path):
    waits = []
    patience = Patience(attempts=4, first_wait_s=1, sleep=waits.append)
    address = site.put("/a.bin", BODY, ("status", 500), ("status", 503))
    assert download([address], tmp_path / "a.bin", KNOWN, patience) == DIGEST
    assert waits == [1, 2]


def test_waits_do_not_grow_beyond_their_limit():
    patience = Patience(first_wait_s=1, longest_wait_s=5)
    assert [patience.wait_s(n) for n in range(1, 6)] == [1, 2, 4, 5, 5]


def test_a_missing_file_is_not_asked_for_twice(site, tmp_path, patience):
    with pytest.raises(InputError, match="404"):
        download([site.address + "/no.bin"], tmp_path / "a.bin", KNOWN, patience)
    assert len(site.seen) == 1


def test_the_archive_serves_when_the_primary_address_fails(site, tmp_path, patience):
    archive = site.put("/archive.bin", BODY)
    addresses = [site.address + "/no.bin", archive]
    assert download(addresses, tmp_path / "a.bin", KNOWN, patience) == DIGEST


def test_the_archive_goes_on_where_the_primary_address_died(site, tmp_path, patience):
    primary = site.put("/a.bin", BODY, ("drop", 131_072), *[("status", 500)] * 9)
    archive = site.put("/archive.bin", BODY)
    download([primary, archive], tmp_path / "a.bin", KNOWN, patience)
    assert site.ranges("/archive.bin")[0].startswith("bytes=")
    assert (tmp_path / "a.bin").read_bytes() == BODY


def test_a_wrong_checksum_stops_and_leaves_nothing(site, tmp_path, patience):
    address = site.put("/a.bin", BODY)
    expected = Expected("0" * 64, len(BODY))
    with pytest.raises(InputError, match=f"SHA-256 is {DIGEST}, expected 0000"):
        download([address], tmp_path / "a.bin", expected, patience)
    assert leftovers(tmp_path) == []
    assert len(site.seen) == 2  # one fresh start, no more


def test_a_wrong_size_stops_before_the_body_is_read(site, tmp_path, patience):
    address = site.put("/a.bin", BODY)
    with pytest.raises(InputError, match="300000 bytes, expected 299999"):
        download([address], tmp_path / "a.bin", Expected(None, 299_999), patience)
    assert leftovers(tmp_path) == []


def test_a_body_without_announced_length_is_checked_at_its_end(
    site, tmp_path, patience
):
    address = site.put("/a.bin", BODY + b"more", *[("no_length", 0)] * 9)
    with pytest.raises(InputError, match="bytes came, expected 300000"):
        download([address], tmp_path / "a.bin", KNOWN, patience)


def test_no_connection_is_told_in_one_sentence(tmp_path, patience):
    with pytest.raises(InputError, match=r"4 attempts.*To mend") as caught:
        download(["http://127.0.0.1:9/a"], tmp_path / "a.bin", KNOWN, patience)
    assert "\n" not in str(caught.value)


def test_a_cache_that_cannot_be_written_is_named(site, tmp_path, patience):
    (tmp_path / "file").write_text("no folder")
    address = site.put("/a.bin", BODY)
    with pytest.raises(InputError, match="--cache"):
        download([address], tmp_path / "file" / "a.bin", KNOWN, patience)


def test_a_file_that_another_run_just_fetched_is_not_fetched_again(
    site, tmp_path, patience
):
    (tmp_path / "a.bin").write_bytes(BODY)
    address = site.put("/a.bin", BODY)
    assert download([address], tmp_path / "a.bin", KNOWN, patience) == DIGEST
    assert site.seen == []


def test_a_server_that_has_less_than_the_part_starts_it_again(site, tmp_path, patience):
    address = site.put("/a.bin", BODY)
    (tmp_path / "a.bin.part").write_bytes(BODY + b"too much")
    download([address], tmp_path / "a.bin", Expected(DIGEST), patience)
    assert site.ranges("/a.bin") == [f"bytes={len(BODY) + 8}-", None]
    assert (tmp_path / "a.bin").read_bytes() == BODY


def test_an_answer_with_another_part_of_the_file_is_not_stored(
    site, tmp_path, patience
):
    address = site.put("/a.bin", BODY, ("shifted", 0))
    (tmp_path / "a.bin.part").write_bytes(BODY[:1000])
    download([address], tmp_path / "a.bin", KNOWN, patience)
    assert (tmp_path / "a.bin").read_bytes() == BODY


def test_too_many_requests_are_waited_for(site, tmp_path, patience):
    address = site.put("/a.bin", BODY, ("status", 429))
    assert download([address], tmp_path / "a.bin", KNOWN, patience) == DIGEST


def test_progress_is_logged_where_there_is_no_terminal(
    site, tmp_path, patience, caplog
):
    address = site.put("/a.bin", BODY)
    with caplog.at_level("INFO"):
        download([address], tmp_path / "a.bin", KNOWN, patience)
    assert "a.bin: 0.0 of 0.3 MB" in caplog.text
    assert "a.bin: 0.3 of 0.3 MB" in caplog.text


def test_progress_is_a_bar_on_a_terminal(monkeypatch, capsys):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    with progress("a.bin", 100, 1000) as advance:
        advance(900)
    assert "a.bin" in capsys.readouterr().err


def test_a_short_body_without_announced_length_goes_on_where_it_stopped(
    site, tmp_path, patience
):
    address = site.put("/a.bin", BODY, ("no_length_drop", 131_072))
    download([address], tmp_path / "a.bin", KNOWN, patience)
    assert site.ranges("/a.bin") == [None, "bytes=131072-"]
    assert (tmp_path / "a.bin").read_bytes() == BODY


@pytest.mark.parametrize("body", [b"<!DOCTYPE html><html>", b"\n <html><body>404"])
def test_a_web_page_is_no_file_and_is_not_kept(site, tmp_path, patience, body):
    address = site.put("/a.tif", body)
    target = tmp_path / "a.tif"
    with pytest.raises(InputError, match="a web page came, not a file"):
        download([address], target, Expected(), patience)
    assert list(tmp_path.iterdir()) == []


def test_the_archive_serves_when_a_web_page_comes(site, tmp_path, patience):
    pages = site.put("/a.tif", b"<html>moved</html>"), site.put("/b.tif", b"II*")
    download(pages, tmp_path / "a.tif", Expected(), patience)
    assert (tmp_path / "a.tif").read_bytes() == b"II*"
