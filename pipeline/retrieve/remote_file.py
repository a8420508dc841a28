"""A large remote file that is read in pieces, by HTTP range requests.

What came is kept in a sparse file beside the target with a list of its blocks, so that
a broken run goes on where it stopped, in this run or a later one. Every answer must be
of the same file: a changed ETag, Last-Modified or size is noticed and ends the reading.
"""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import requests

from pipeline.core.files import write_json
from pipeline.retrieve.download import (
    PARTIAL_CONTENT,
    GiveUpError,
    Patience,
    TryAgainError,
    refuse_errors,
    short_reason,
)

log = logging.getLogger(__name__)

BLOCK_BYTES: Final = 1 << 18
_MOST_BLOCKS: Final = 64
_MOST_AHEAD: Final = 16
_PRECONDITION_FAILED: Final = 412
_SPAN: Final = re.compile(r"bytes (\d+)-(\d+)/(\d+)$")


class ChangedError(Exception):
    """The remote file is no longer the one that was read before."""


class RemoteFile:
    """Blocks of one remote file.

    Parameters
    ----------
    address
        Where the file is.
    store
        Sparse file for the blocks; a note of what is in it lies beside it.
    patience
        How often a request is tried.
    advance
        Called with the number of bytes that came.

    Raises
    ------
    GiveUpError
        If the server does not know the file, or knows no ranges.
    """

    def __init__(
        self,
        address: str,
        store: Path,
        patience: Patience,
        advance: Callable[[int], None],
    ) -> None:
        self.address = address
        self.fetched_bytes = 0
        self.failure: Exception | None = None
        self._store = store
        self._patience = patience
        self._advance = advance
        self._session = requests.Session()
        self.size_bytes = -1
        self.etag: str | None = None
        self.last_modified: str | None = None
        self._have: set[int] = set()
        self._last_block = -1
        self._ahead = 0
        store.parent.mkdir(parents=True, exist_ok=True)
        try:
            first = self._fetch(0, BLOCK_BYTES - 1)
        except BaseException:
            self._session.close()
            raise
        self._have = self._kept_blocks()
        if not self._have:
            store.write_bytes(b"")
        self._keep(0, first)

    def read(self, start: int, length: int) -> bytes:
        """Bytes from ``start``; fewer at the end of the file.

        Raises
        ------
        ChangedError
            If the file has changed on the server.
        GiveUpError
            If bytes cannot be had.
        """
        stop = min(start + length, self.size_bytes)
        if stop <= start:
            return b""
        begin, finish = start // BLOCK_BYTES, (stop - 1) // BLOCK_BYTES
        if not self._have.issuperset(range(begin, finish + 1)):
            finish = self._with_ahead(begin, finish)
        for first, last in self._lacking(begin, finish):
            end = min((last + 1) * BLOCK_BYTES, self.size_bytes) - 1
            self._keep(first, self._fetch(first * BLOCK_BYTES, end))
        with self._store.open("rb") as handle:
            handle.seek(start)
            return handle.read(stop - start)

    def _with_ahead(self, begin: int, finish: int) -> int:
        """Last block to fetch: further ahead the longer a file is read in order.

        No more is fetched ahead than was read in order before, so at most about twice
        the bytes come that are needed; far fewer requests wait for their answers.
        """
        is_in_order = begin <= self._last_block + 1 <= finish + 1
        self._ahead = min(2 * self._ahead + 1, _MOST_AHEAD) if is_in_order else 0
        last_of_all = (self.size_bytes - 1) // BLOCK_BYTES
        self._last_block = min(finish + self._ahead, last_of_all)
        return self._last_block

    def close(self) -> None:
        """Write down which blocks are there, for a later run."""
        self._session.close()
        note = {
            "address": self.address,
            "etag": self.etag,
            "last_modified": self.last_modified,
            "size_bytes": self.size_bytes,
            "blocks": sorted(self._have),
        }
        write_json(note_of(self._store), note)

    def forget(self) -> None:
        """Remove all blocks."""
        self._have = set()
        self._session.close()
        self._store.unlink(missing_ok=True)
        note_of(self._store).unlink(missing_ok=True)

    def _lacking(self, first: int, last: int) -> Iterator[tuple[int, int]]:
        """Runs of blocks that have not come yet, first and last of each."""
        run: list[int] = []
        for block in range(first, last + 2):
            is_wanted = block <= last and block not in self._have
            if run and (not is_wanted or len(run) == _MOST_BLOCKS):
                yield run[0], run[-1]
                run = []
            if is_wanted:
                run.append(block)

    def _keep(self, first: int, content: bytes) -> None:
        with self._store.open("r+b") as handle:
            handle.seek(first * BLOCK_BYTES)
            handle.write(content)
        count = -(-len(content) // BLOCK_BYTES)
        self._have.update(range(first, first + count))

    def _kept_blocks(self) -> set[int]:
        """Blocks of an earlier run, if they surely belong to the same file."""
        try:
            note = json.loads(note_of(self._store).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return set()
        same = {
            "address": self.address,
            "etag": self.etag,
            "last_modified": self.last_modified,
            "size_bytes": self.size_bytes,
        }
        is_same = isinstance(note, dict) and all(
            note.get(key) == value for key, value in same.items()
        )
        has_validator = self.etag is not None or self.last_modified is not None
        if not is_same or not has_validator or not self._store.exists():
            return set()
        return {int(block) for block in note.get("blocks", ())}

    def _fetch(self, start: int, end: int) -> bytes:
        """Bytes from start to end, both included, tried patiently."""
        for attempt in range(1, self._patience.attempts + 1):
            try:
                content = self._once(start, end)
            except (TryAgainError, requests.RequestException) as error:
                if attempt == self._patience.attempts:
                    raise GiveUpError(
                        f"{short_reason(error)} ({attempt} attempts)"
                    ) from error
                wait_s = self._patience.wait_s(attempt)
                log.info("%s: %s; again in %.0f s", self.address, error, wait_s)
                self._patience.sleep(wait_s)
                continue
            self.fetched_bytes += len(content)
            self._advance(len(content))
            return content
        raise ValueError("patience allows no attempt")

    def _once(self, start: int, end: int) -> bytes:
        headers = {"Accept-Encoding": "identity", "Range": f"bytes={start}-{end}"}
        with self._session.get(
            self.address,
            headers=headers,
            stream=True,
            timeout=self._patience.timeout_s,
        ) as response:
            if response.status_code == _PRECONDITION_FAILED:
                raise ChangedError("the file has changed on the server")
            refuse_errors(response)
            if response.status_code != PARTIAL_CONTENT:
                raise GiveUpError(
                    "the server answers with whole files only, no ranges (status "
                    f"{response.status_code})"
                )
            expected = self._see(response, start, end)
            content = response.raw.read(expected + 1, decode_content=False)
        if len(content) != expected:
            raise TryAgainError(
                f"the transfer stopped after {len(content)} of {expected} bytes"
            )
        return bytes(content)

    def _see(self, response: requests.Response, start: int, end: int) -> int:
        """Length of the answer's body; the first answer tells which file it is."""
        found = _SPAN.match(response.headers.get("Content-Range", ""))
        if found is None or int(found[1]) != start:
            raise TryAgainError("the server answered with another part of the file")
        size = int(found[3])
        etag = response.headers.get("ETag")
        modified = response.headers.get("Last-Modified")
        if self.size_bytes < 0:
            self.size_bytes, self.etag, self.last_modified = size, etag, modified
        elif (size, etag, modified) != (
            self.size_bytes,
            self.etag,
            self.last_modified,
        ):
            raise ChangedError(
                f"the file has changed on the server (ETag {self.etag} became {etag}, "
                f"{self.size_bytes} bytes became {size})"
            )
        return min(end, size - 1) - start + 1


class Handle(io.RawIOBase):
    """A position in a remote file, with the air of an open file.

    A failure is kept in the remote file, because GDAL passes no exceptions on.
    """

    def __init__(self, remote: RemoteFile) -> None:
        self._remote = remote
        self._at = 0

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def seekable(self) -> bool:
        """Tell that it has a position."""
        return True

    def tell(self) -> int:
        """Position in bytes."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move the position."""
        origin = {
            io.SEEK_SET: 0,
            io.SEEK_CUR: self._at,
            io.SEEK_END: self._remote.size_bytes,
        }[whence]
        self._at = origin + offset
        return self._at

    def read(self, size: int = -1) -> bytes:
        """Bytes from the position; nothing after a failure."""
        remote = self._remote
        if remote.failure is not None:
            return b""
        length = remote.size_bytes - self._at if size < 0 else size
        try:
            content = remote.read(self._at, length)
        except (ChangedError, GiveUpError, OSError) as error:
            remote.failure = error
            return b""
        self._at += len(content)
        return content


def note_of(store: Path) -> Path:
    """Note of the blocks in a store."""
    return store.with_name(store.name + ".json")
