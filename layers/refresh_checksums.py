"""Put the checksums of the shipped layers into the registry.

Run it after a recipe has made a layer anew, and look at what changed::

    python layers/refresh_checksums.py

A row of the registry belongs to a shipped file where its id begins with the name of a
folder beside this script and the file lies in that folder. Nothing but the row's own
``sha256`` line changes, so comments and order stay.
"""

from __future__ import annotations

import hashlib
import re
import sys
from pathlib import Path

LAYERS = Path(__file__).resolve().parent
_ROW = re.compile(r"^  - id: (?P<id>\S+)$", re.MULTILINE)
_FILE = re.compile(r"^    file: (?P<file>\S+)$", re.MULTILINE)
_SHA256 = re.compile(r"^    sha256: (?P<sha256>[0-9a-f]{64})$", re.MULTILINE)


def refreshed(text: str, layers: Path) -> tuple[str, list[str]]:
    """Text of the registry with new checksums, and the ids that changed."""
    starts = [match.start() for match in _ROW.finditer(text)]
    head = text[: starts[0]] if starts else text
    rows = [text[a:b] for a, b in zip(starts, [*starts[1:], len(text)], strict=True)]
    changed = []
    for number, row in enumerate(rows):
        layer_id = _ROW.search(row)["id"]
        file, stored = _FILE.search(row), _SHA256.search(row)
        path = _shipped(layers, layer_id, file["file"]) if file else None
        if path is None or stored is None:
            continue
        seen = hashlib.sha256(path.read_bytes()).hexdigest()
        if seen != stored["sha256"]:
            rows[number] = row.replace(stored["sha256"], seen)
            changed.append(layer_id)
    return head + "".join(rows), changed


def _shipped(layers: Path, layer_id: str, file: str) -> Path | None:
    for folder in sorted(path for path in layers.iterdir() if path.is_dir()):
        path = folder / file
        if layer_id.startswith(folder.name + "-") and path.is_file():
            return path
    return None


def main() -> None:
    """Rewrite the registry where a checksum has changed."""
    registry = LAYERS / "registry.yaml"
    text, changed = refreshed(registry.read_text(encoding="utf-8"), LAYERS)
    if changed:
        registry.write_text(text, encoding="utf-8", newline="\n")
    sys.stdout.write(f"changed: {', '.join(changed) or 'none'}\n")


if __name__ == "__main__":
    main()
