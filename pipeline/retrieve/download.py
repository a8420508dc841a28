"""Downloads that resume, verify, retry and fall back; used by this stage alone.

Bytes go to a ``.part`` file beside the target. A broken transfer goes on where it
stopped (HTTP Range), in this run or in a later one. The target's name appears only
after size and SHA-256 agreed with what is registered.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import requests

from pipeline.core.errors import InputError, input_error
from pipeline.core.files import sha256, write_json
from pipeline.retrieve.lock import one_at_a_time
from pipeline.retrieve.progress import progress

log = logging.getLogger(__name__)

_CHUNK_BYTES: Final = 1 << 16
_TOO_MANY_REQUESTS: Final = 429
PARTIAL_CONTENT: Final = 206
_RANGE_NOT_SATISFIABLE: Final = 416
_SERVER_ERROR: Final = 500
_CLIENT_ERROR: Final = 400


@dataclass(frozen=True, slots=True)
class Patience:
    """How often and how long a download is tried, for each address."""

    attempts: int = 5
    first_wait_s: float = 1.0
    longest_wait_s: float = 60.0
    timeout_s: float = 60.0
    sleep: Callable[[float], None] = time.sleep

    def wait_s(self, attempt: int) -> float:
        """Seconds to wait after failed attempt number ``attempt``, from 1."""
        return float(min(self.first_wait_s * 2 ** (attempt - 1), self.longest_wait_s))


@dataclass(frozen=True, slots=True)
class Expected:
    """What is registered about a download; None where nothing is."""

    sha256: str | None = None
    size_bytes: int | None = None


class TryAgainError(Exception):
    """A failure that may pass: the next attempt may go better."""


class WrongBytesError(TryAgainError):
    """All bytes came, but not the expected ones; worth one fresh start."""


class GiveUpError(Exception):
    """A failure that this address will repeat."""


def download(
    addresses: Sequence[str],
    target: Path,
    expected: Expected,
    patience: Patience | None = None,
) -> str:
    """Download one file and return its SHA-256.

    Parameters
    ----------
    addresses
        Primary address first, then the archive.
    target
        File to make; its folder is made as well.
    expected
        Checksum and size; without a checksum a transfer is resumed only where the
        server confirms that the file has not changed meanwhile.
    patience
        Number of attempts and waits.

    Raises
    ------
    InputError
        If no address gives the expected bytes; says why for each address.
    """
    patience = patience or Patience()
    part = target.with_name(target.name + ".part")
    reasons = []
    try:
        with one_at_a_time(target):
            if target.exists() and expected.sha256 in (None, sha256(target)):
                return sha256(target)  # another run was faster
            for address in addresses:
                try:
                    seen = _from_address(address, part, expected, patience)
                except GiveUpError as error:
                    log.warning("%s: %s", address, error)
                    reasons.append(f"{address}: {error}")
                    continue
                part.replace(target)
                _note(part).unlink(missing_ok=True)
                return seen
    except OSError as error:
        raise no_room(target, error) from error
    raise input_error(
        target.name,
        found=f"no usable download ({'; '.join(reasons)})",
        expected="the file as the layer registry describes it",
        fix="check the connection and the registry, or put the file into a data root, "
        "or go on without it with --offline",
    )


def no_room(target: Path, error: OSError) -> InputError:
    """Build the error for a cache that cannot be written."""
    return input_error(
        target,
        found=f"a folder that cannot be written ({error.strerror or error})",
        expected="a cache folder with room",
        fix="make room, or name another folder with --cache",
    )


def _from_address(
    address: str, part: Path, expected: Expected, patience: Patience
) -> str:
    wrong = 0
    for attempt in range(1, patience.attempts + 1):
        try:
            _transfer(address, part, expected, patience)
            return _verified(part, expected)
        except WrongBytesError as error:
            wrong += 1
            if wrong > 1 or attempt == patience.attempts:
                raise GiveUpError(short_reason(error)) from error
            log.info("%s: %s; once more from the start", address, short_reason(error))
        except (TryAgainError, requests.RequestException) as error:
            if attempt == patience.attempts:
                raise GiveUpError(
                    f"{short_reason(error)} ({patience.attempts} attempts)"
                ) from error
            wait_s = patience.wait_s(attempt)
            log.info("%s: %s; again in %.0f s", address, short_reason(error), wait_s)
            patience.sleep(wait_s)
    raise ValueError("patience allows no attempt")


def _transfer(address: str, part: Path, expected: Expected, patience: Patience) -> None:
    start = _resume_at(address, part, expected)
    headers = {"Accept-Encoding": "identity"}
    if start:
        headers["Range"] = f"bytes={start}-"
        if expected.sha256 is None:
            headers["If-Range"] = str(_read_note(part).get("validator"))
    with requests.get(
        address, headers=headers, stream=True, timeout=patience.timeout_s
    ) as response:
        if response.status_code == _RANGE_NOT_SATISFIABLE:
            if start == expected.size_bytes:
                return
            _forget(part)
            raise TryAgainError("the server has fewer bytes than were fetched before")
        refuse_errors(response)
        if response.status_code != PARTIAL_CONTENT:
            start = 0
        elif not _continues_at(response, start):
            _forget(part)
            raise TryAgainError("the server answered with another part of the file")
        _store(response, address, part, start, expected)


def refuse_errors(response: requests.Response) -> None:
    """Raise for an answer that is an error; some may pass, others will not."""
    code = response.status_code
    if code >= _SERVER_ERROR or code == _TOO_MANY_REQUESTS:
        raise TryAgainError(f"the server answered {code}")
    if code >= _CLIENT_ERROR:
        raise GiveUpError(f"the server answered {code}")


def _store(
    response: requests.Response,
    address: str,
    part: Path,
    start: int,
    expected: Expected,
) -> None:
    """Append the body to the part file and see that all of it came."""
    headers = response.headers
    is_plain = headers.get("Content-Encoding", "identity") == "identity"
    announced = headers.get("Content-Length") if is_plain else None
    total = start + int(announced) if announced else expected.size_bytes
    if expected.size_bytes is not None and total != expected.size_bytes:
        _forget(part)
        raise GiveUpError(f"the file has {total} bytes, expected {expected.size_bytes}")
    validator = headers.get("ETag") or headers.get("Last-Modified")
    validator = validator if is_plain else None
    write_json(_note(part), {"address": address, "validator": validator})
    have = start
    with (
        part.open("ab" if start else "wb") as handle,
        progress(part.stem, have, total) as advance,
    ):
        for chunk in response.iter_content(_CHUNK_BYTES):
            handle.write(chunk)
            have += len(chunk)
            advance(len(chunk))
            if expected.size_bytes is not None and have > expected.size_bytes:
                break
    if total is not None and have < total:
        raise TryAgainError(f"the transfer stopped at byte {have} of {total}")


def _verified(part: Path, expected: Expected) -> str:
    """Checksum of the part file; where it is wrong the file is removed."""
    size = part.stat().st_size
    if expected.size_bytes is not None and size != expected.size_bytes:
        _forget(part)
        raise WrongBytesError(f"{size} bytes came, expected {expected.size_bytes}")
    if expected.sha256 is None and _is_web_page(part):
        _forget(part)
        raise GiveUpError("a web page came, not a file (a log-in, or it has moved)")
    seen = sha256(part)
    if expected.sha256 is not None and seen != expected.sha256:
        _forget(part)
        raise WrongBytesError(f"the SHA-256 is {seen}, expected {expected.sha256}")
    return seen


def _is_web_page(path: Path) -> bool:
    with path.open("rb") as handle:
        start = handle.read(512).lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return start.startswith((b"<!doctype html", b"<html"))


def _resume_at(address: str, part: Path, expected: Expected) -> int:
    """Byte to go on at: 0 unless what is there surely belongs to the same file."""
    if not part.exists():
        return 0
    size = part.stat().st_size
    if expected.size_bytes is not None and size > expected.size_bytes:
        return 0
    if expected.sha256 is not None:
        return size
    note = _read_note(part)
    validator = note.get("validator")
    strong = bool(validator) and not str(validator).startswith("W/")
    return size if strong and note.get("address") == address else 0


def _continues_at(response: requests.Response, start: int) -> bool:
    return response.headers.get("Content-Range", "").startswith(f"bytes {start}-")


def _note(part: Path) -> Path:
    return part.with_name(part.name + ".json")


def _read_note(part: Path) -> dict[str, object]:
    try:
        content = json.loads(_note(part).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _forget(part: Path) -> None:
    part.unlink(missing_ok=True)
    _note(part).unlink(missing_ok=True)


def short_reason(error: Exception) -> str:
    """Text of an error on one line, for a log."""
    text = " ".join(str(error).split())
    return text if len(text) <= 200 else text[:197] + "..."
