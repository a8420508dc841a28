"""From a registered source to a checked file in the cache."""

from __future__ import annotations

import json
import shutil
import stat
import zipfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import IO
from urllib.parse import urlsplit

import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError

from pipeline.core.errors import input_error
from pipeline.core.files import sha256, whole_file, write_json
from pipeline.core.layers import Layer, Source
from pipeline.retrieve.download import Expected, Patience, download
from pipeline.retrieve.lookup import Bounds, cached_path
from pipeline.retrieve.mosaic import Part, write_mosaic
from pipeline.retrieve.remote_window import Cut, OutsideError, cut_remote

_NOTE_SUFFIX = ".origin.json"
_SIDE_FILES = (".shx", ".dbf", ".prj", ".cpg")  # what belongs to a shapefile


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file of a source, with the band and tile that it stands for."""

    addresses: tuple[str, ...]
    name: str
    band: int


def needs_trust(layer: Layer) -> bool:
    """Whether a download of the layer could not be checked against the registry."""
    return layer.source is not None and layer.source.sha256 is None


def source_files(layer: Layer) -> tuple[SourceFile, ...]:
    """Every file that makes the layer, bands first, then tiles."""
    source = layer.source
    if source is None:
        return ()
    bands = (
        [(band.level, band.band) for band in layer.bands]
        if "{level}" in source.address
        else [("", 1)]
    )
    files = []
    for level, band in bands:
        for tile in source.tiles or ("",):
            addresses = tuple(
                address.replace("{tile}", tile).replace("{level}", level)
                for address in (source.address, source.archive_address)
                if address is not None
            )
            files.append(SourceFile(addresses, _basename(addresses[0]), band))
    return tuple(files)


def fetch(
    layer: Layer,
    cache: Path,
    patience: Patience | None = None,
    *,
    box_deg: Bounds | None = None,
) -> Path:
    """Bring a layer into the cache and return its path.

    A note beside the file keeps where it came from, the checksum seen and whether a
    registered checksum vouches for it; of a part of a remote raster also which part,
    and what the server said of the whole (size, ETag, Last-Modified).

    Parameters
    ----------
    box_deg
        West, south, east, north of the region in degrees, for layers of which only
        the region is fetched.

    Raises
    ------
    InputError
        If the download fails, or the archive lacks the registered member.
    """
    source = layer.source
    if source is None:
        raise ValueError(f"layer {layer.id} has no source")
    target = cached_path(cache, layer, box_deg)
    cuts: list[Cut] = []
    if source.only_region:
        cuts = _fetch_region(layer, source, target, box_deg, patience)
    elif source.is_many:
        _fetch_parts(layer, target, patience)
    elif source.member is not None:
        _fetch_member(layer, source, target, patience)
    else:
        download(_addresses(source), target, _expected(source), patience)
    write_json(
        _note(target),
        {
            "addresses": [file.addresses[0] for file in source_files(layer)],
            "sha256": sha256(target),
            "verified": source.sha256 is not None,
        }
        | ({"parts": [asdict(cut) for cut in cuts]} if cuts else {}),
    )
    return target


def check_note(path: Path) -> None:
    """Stop when a cached file is no longer what was downloaded.

    Raises
    ------
    InputError
        If the note beside the file holds another checksum.
    """
    try:
        noted = json.loads(_note(path).read_text(encoding="utf-8"))["sha256"]
    except (OSError, ValueError, KeyError, TypeError):
        return
    seen = sha256(path)
    if seen != noted:
        raise input_error(
            path,
            found=f"SHA-256 {seen}",
            expected=f"{noted}, as downloaded",
            fix="delete the file, so that it is fetched again",
        )


def _fetch_parts(layer: Layer, target: Path, patience: Patience | None) -> None:
    folder = target.with_name(target.stem)
    parts = []
    for file in source_files(layer):
        local = folder / file.name
        download(file.addresses, local, Expected(), patience)
        parts.append(Part(local, file.band))
    write_mosaic(target, parts, layer.id)


def _fetch_region(
    layer: Layer,
    source: Source,
    target: Path,
    bbox: Bounds | None,
    patience: Patience | None,
) -> list[Cut]:
    """Fetch the region's part of every file; tiles beside the region are passed over.

    Raises
    ------
    InputError
        If no file reaches into the region.
    """
    if bbox is None:
        raise ValueError(
            f"layer {layer.id} is fetched for one region, and none is given"
        )
    margin = source.margin_deg
    west, south, east, north = bbox
    box = (west - margin, south - margin, east + margin, north + margin)
    folder = target.with_name(target.stem)
    cuts, parts = [], []
    for file in source_files(layer):
        local = folder / file.name if source.is_many else target
        try:
            cut = _kept_cut(local) or cut_remote(
                layer, file.addresses, local, box, patience
            )
        except OutsideError:
            continue
        if source.is_many:
            seen = {"sha256": sha256(local), "cut": asdict(cut)}
            write_json(_note(local), seen)
        cuts.append(cut)
        parts.append(Part(local, file.band))
    if not parts:
        raise input_error(
            target.name,
            field=layer.id,
            found="no cell of the remote raster in the region's box",
            expected="a raster that reaches into the region",
            fix="name another layer, or correct the address or the region's bbox",
        )
    if source.is_many:
        write_mosaic(target, parts, layer.id)
    return cuts


def _kept_cut(local: Path) -> Cut | None:
    """Part that an earlier run, broken off later, brought whole."""
    try:
        note = json.loads(_note(local).read_text(encoding="utf-8"))
        is_whole = note["sha256"] == sha256(local)
        return Cut(**note["cut"]) if is_whole else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _fetch_member(
    layer: Layer, source: Source, target: Path, patience: Patience | None
) -> None:
    archive = target.with_name(_basename(source.address))
    download(_addresses(source), archive, _expected(source), patience)
    member = PurePosixPath(str(source.member))
    unpacked = target.with_suffix(member.suffix) if source.columns else target
    extract_member(archive, str(member), unpacked, layer.id)
    if source.columns:
        write_columns(unpacked, source.columns, target, layer)
    archive.unlink()


def write_columns(
    path: Path, columns: dict[str, str], target: Path, layer: Layer
) -> None:
    """Write a vector file as a GeoPackage with the columns that stages read.

    Raises
    ------
    InputError
        If the file cannot be read or lacks a column.
    """
    try:
        frame = pyogrio.read_dataframe(path)
    except (DataSourceError, DataLayerError) as error:
        raise input_error(
            path,
            field=layer.id,
            found=f"a file that cannot be read ({error})",
            expected="a vector file",
            fix="correct 'source.member' in the registry",
        ) from None
    lacking = [name for name in columns.values() if name not in frame.columns]
    if lacking:
        raise input_error(
            path,
            field=f"{layer.id}.source.columns",
            found=f"no column {', '.join(lacking)} among {', '.join(frame.columns)}",
            expected="the columns that the registry names",
            fix="correct 'source.columns' in the registry",
        )
    renamed = frame[[*columns.values(), "geometry"]].rename(
        columns={old: new for new, old in columns.items()}
    )
    with whole_file(target) as part:
        pyogrio.write_dataframe(renamed, part, layer=layer.table, driver="GPKG")


def extract_member(archive: Path, member: str, target: Path, layer_id: str) -> None:
    """Unpack one file of a zip to ``target``, and what belongs to a shapefile.

    The names inside the archive never decide where something is written.

    Raises
    ------
    InputError
        If the archive is broken, lacks the member, or the member is not a plain file
        below the top of the archive.
    """
    try:
        with zipfile.ZipFile(archive) as content:
            inside = {info.filename: info for info in content.infolist()}
            if member not in inside:
                raise input_error(
                    archive,
                    field=layer_id,
                    found=f"no member {member!r}, but {_some(inside)}",
                    expected="the member that the registry names",
                    fix="correct 'source.member' in the registry",
                )
            for name, local in _wanted(member, target, inside):
                _check_member(archive, layer_id, inside[name])
                with content.open(name) as reader, whole_file(local) as part:
                    _copy(reader, part)
    except (zipfile.BadZipFile, EOFError) as error:
        raise input_error(
            archive,
            field=layer_id,
            found=f"a broken zip ({error})",
            expected="a zip archive",
            fix="delete the file, so that it is fetched again",
        ) from None


def _copy(reader: IO[bytes], path: Path) -> None:
    with path.open("wb") as writer:
        shutil.copyfileobj(reader, writer)


def _wanted(
    member: str, target: Path, inside: dict[str, zipfile.ZipInfo]
) -> Iterator[tuple[str, Path]]:
    if target.suffix == ".shp":
        for suffix in _SIDE_FILES:
            name = str(PurePosixPath(member).with_suffix(suffix))
            if name in inside:
                yield name, target.with_suffix(suffix)
    yield member, target


def _check_member(archive: Path, layer_id: str, info: zipfile.ZipInfo) -> None:
    path = PurePosixPath(info.filename.replace("\\", "/"))
    is_link = stat.S_ISLNK(info.external_attr >> 16)
    if path.is_absolute() or ".." in path.parts or info.is_dir() or is_link:
        raise input_error(
            archive,
            field=layer_id,
            found=f"the member {info.filename!r}, which leads out of the archive",
            expected="a plain file below the top of the archive",
            fix="do not use this archive; ask its publisher",
        )


def _some(names: dict[str, zipfile.ZipInfo]) -> str:
    shown = ", ".join(sorted(names)[:5])
    return shown + (", ..." if len(names) > 5 else "") if shown else "nothing"


def _addresses(source: Source) -> tuple[str, ...]:
    return tuple(filter(None, (source.address, source.archive_address)))


def _expected(source: Source) -> Expected:
    return Expected(source.sha256, source.size_bytes)


def _basename(address: str) -> str:
    return PurePosixPath(urlsplit(address).path).name or "download"


def _note(path: Path) -> Path:
    return path.with_name(path.name + _NOTE_SUFFIX)
