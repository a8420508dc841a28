"""A web server on this machine that can misbehave, and small layers to serve."""

from __future__ import annotations

import http.server
import socket
import struct
import threading
from dataclasses import dataclass, field

import numpy as np
import pytest
import rasterio
import yaml
from affine import Affine

from pipeline.core.layers import Layer
from pipeline.retrieve.download import Patience


@dataclass
class Site:
    """Files and faults of the server, and the requests that it saw."""

    address: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    faults: dict[str, list[tuple[str, int]]] = field(default_factory=dict)
    knows_ranges: bool = True
    etag: str | None = '"one"'
    last_modified: str | None = None
    next_version: tuple[str, bytes] = ('"two"', b"")
    sent_bytes: int = 0
    seen: list[tuple[str, str | None]] = field(default_factory=list)

    def put(self, path: str, content: bytes, *faults: tuple[str, int]) -> str:
        self.files[path] = content
        self.faults[path] = list(faults)
        return self.address + path

    def ranges(self, path: str) -> list[str | None]:
        return [asked for name, asked in self.seen if name == path]


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    site: Site

    def log_message(self, *_):
        pass

    def do_GET(self):
        site, path = self.site, self.path.partition("?")[0]
        asked = self.headers.get("Range")
        site.seen.append((path, asked))
        faults = site.faults.get(path, [])
        fault, amount = faults.pop(0) if faults else ("", 0)
        if fault == "status" or path not in site.files:
            self._empty(amount or 404)
            return
        if fault == "changed":
            site.etag, site.files[path] = site.next_version
        body = site.files[path]
        start, stop, is_part = 0, len(body), False
        changed = self.headers.get("If-Range") not in (None, site.etag)
        if asked and site.knows_ranges and not changed:
            first, _, last = asked.removeprefix("bytes=").partition("-")
            start, is_part = int(first), bool(int(first) or last)
            stop = min(int(last) + 1, len(body)) if last else len(body)
            if start >= len(body):
                self._empty(416)
                return
        self.send_response(206 if is_part else 200)
        if is_part:
            start += fault == "shifted"
            self.send_header("Content-Range", f"bytes {start}-{stop - 1}/{len(body)}")
        if not fault.startswith("no_length"):
            self.send_header("Content-Length", str(stop - start))
        if site.etag:
            self.send_header("ETag", site.etag)
        if site.last_modified:
            self.send_header("Last-Modified", site.last_modified)
        self.end_headers()
        if fault in ("drop", "reset", "no_length_drop"):
            stop = min(start + amount, stop)
        site.sent_bytes += stop - start
        self.wfile.write(body[start:stop])
        if fault == "reset":
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        if fault and fault != "changed":
            self.close_connection = True

    def _empty(self, code):
        self.send_response(code)
        self.send_header("Content-Length", "0")
        self.end_headers()


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request, client_address):
        """Stay silent when a client goes away, as the tests make it do."""


@pytest.fixture
def site(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    found = Site()
    handler = type("Handler", (_Handler,), {"site": found})
    with _Server(("127.0.0.1", 0), handler) as server:
        found.address = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield found
        server.shutdown()
        thread.join()


@pytest.fixture
def patience():
    """Four attempts without waiting."""
    return Patience(attempts=4, timeout_s=5, sleep=lambda _: None)


@pytest.fixture
def write_raster():
    """Function that writes a small GeoTIFF; keywords change what is written."""

    def write(path, cells=None, **changes):
        if cells is None:
            cells = np.arange(64 * 64, dtype="float32").reshape(64, 64) / 4096
        cells = cells if cells.ndim == 3 else cells[None]
        profile = {
            "driver": "GTiff",
            "count": cells.shape[0],
            "height": cells.shape[1],
            "width": cells.shape[2],
            "dtype": cells.dtype,
            "crs": "EPSG:4326",
            "transform": Affine(0.1, 0, 70, 0, -0.1, 44),
            "nodata": -9999,
        } | changes
        path.parent.mkdir(parents=True, exist_ok=True)
        with rasterio.open(path, "w", **profile) as raster:
            raster.write(cells)
        return path

    return write


@pytest.fixture
def make_layer():
    """Function that makes a row of a registry; keywords change the row."""

    def make(**changes):
        row = {
            "id": "test-layer",
            "title": {"en": "Test", "ru": "Проба"},
            "role": "relief",
            "kind": "raster",
            "file": "layer.tif",
            "unit": "m",
            "crs": "EPSG:4326",
            "nodata": -9999,
            "resolution": "0.1 deg",
            "licence": {"name": "CC0-1.0"},
            "citation": "Made for a test.",
            "version": "1",
        }
        return Layer.model_validate(row | changes)

    return make


FACILITY_COLUMNS = (
    "tmf_id,name,country,facility_type,status,lat_deg,lon_deg,position_quality"
)


@pytest.fixture
def region_file(tmp_path):
    """Function that writes a region's file in a folder of its own."""

    def write(name="here", **changes):
        folder = tmp_path / "мой регион"
        folder.mkdir(exist_ok=True)
        rows = f"{FACILITY_COLUMNS}\na,A,KG,tailings,unknown,41.3,72.8,surveyed\n"
        (folder / "facilities.csv").write_text(rows, encoding="utf-8")
        content = {
            "region": name,
            "title": {"en": "Here", "ru": "Здесь"},
            "bbox": {
                "west_deg": 69.0,
                "south_deg": 38.0,
                "east_deg": 75.0,
                "north_deg": 43.0,
            },
            "metric_crs": "EPSG:32642",
            "countries": ["KG"],
            "layers_folder": "layers",
            "inventory": [{"path": "facilities.csv"}],
            "layers": {},
        } | changes
        path = folder / f"{name}.yaml"
        path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
        return path

    return write


@pytest.fixture
def registry_file(tmp_path, make_layer):
    """Function that writes a registry; rows need an id and may change the rest."""

    def write(rows, name="registry.yaml"):
        made = [make_layer(**row).model_dump(mode="json") for row in rows]
        folder = tmp_path / "мой регион"
        folder.mkdir(exist_ok=True)
        path = folder / name
        path.write_text(
            yaml.safe_dump({"layers": made}, allow_unicode=True), encoding="utf-8"
        )
        return path

    return write
