"""From a wanted layer to a record of what there is on this machine."""

from __future__ import annotations

import logging
from pathlib import Path

from pipeline.core.errors import InputError, input_error
from pipeline.core.files import sha256
from pipeline.core.layers import Layer, LayerState, LocalLayer, portable_path
from pipeline.retrieve.check_raster import Bounds, check_raster
from pipeline.retrieve.check_vector import check_table, check_vector
from pipeline.retrieve.fetch import check_note, fetch, needs_trust
from pipeline.retrieve.lookup import Origin, Places

log = logging.getLogger(__name__)

_WHERE: dict[Origin, str] = {
    "shipped": "ships with the region",
    "data_root": "found in a data root",
    "cache": "found in the download cache",
}


def locate(
    layer: Layer,
    uses: tuple[str, ...],
    places: Places,
    bbox: Bounds,
    *,
    may_download: bool,
    accept_unverified: bool,
) -> LocalLayer:
    """Find, or fetch, and check one layer.

    Parameters
    ----------
    layer, uses
        Row of the registry, and the keys of the region that name it.
    places
        Folders to search.
    bbox
        West, south, east, north of the region in degrees.
    may_download
        Whether the network may be used.
    accept_unverified
        Whether a download without a registered checksum may be used.

    Returns
    -------
    LocalLayer
        Available, or missing with the reason.

    Raises
    ------
    InputError
        If a file is there but is not what the registry says, or a download fails.
    """
    if layer.derivation is not None:
        return _derived(layer, uses)
    found = places.find(layer, bbox)
    is_allowed = may_download and (accept_unverified or not needs_trust(layer))
    if found is None and layer.source is not None and is_allowed:
        found = (fetch(layer, places.cache, box_deg=bbox), "cache")
    if found is None:
        return _missing(layer, uses, places)
    path, origin = found
    remark = check_file(path, layer, bbox)
    if origin == "cache":
        check_note(path)
    seen = sha256(path)
    if layer.sha256 is not None and seen != layer.sha256:
        raise input_error(
            path,
            field=f"{layer.id}.sha256",
            found=seen,
            expected=f"{layer.sha256}, as registered",
            fix="restore the file, or put its checksum into the registry if you "
            "changed it on purpose",
        )
    verified = layer.sha256 is not None or (
        origin == "cache" and not needs_trust(layer)
    )
    return LocalLayer(
        layer=layer,
        state=LayerState.AVAILABLE,
        path=portable_path(path),
        origin=origin,
        sha256=seen,
        verified=verified,
        reason=_reason(origin, verified=verified, remark=remark),
        uses=uses,
    )


def _derived(layer: Layer, uses: tuple[str, ...]) -> LocalLayer:
    """Record of a layer that the stage hazards computes from others."""
    inputs = layer.derivation.inputs.values() if layer.derivation else ()
    return LocalLayer(
        layer=layer,
        state=LayerState.AVAILABLE,
        verified=True,
        reason=f"It is computed from {', '.join(dict.fromkeys(inputs))}.",
        uses=uses,
    )


def check_file(path: Path, layer: Layer, bbox: Bounds) -> str | None:
    """Check a file by its kind; returns a remark for readers, or None."""
    if layer.kind == "raster":
        check_raster(path, layer, bbox)
        return None
    if layer.kind == "vector":
        return check_vector(path, layer, bbox)
    check_table(path, layer)
    return None


def invalid(layer: Layer, uses: tuple[str, ...], error: InputError) -> LocalLayer:
    """Record of a layer whose file, or download, is not usable."""
    return LocalLayer(
        layer=layer, state=LayerState.INVALID, reason=str(error), uses=uses
    )


def _reason(origin: Origin, *, verified: bool, remark: str | None) -> str:
    trust = (
        "its checksum agrees with the registry"
        if verified
        else "no checksum is registered, so nothing vouches for its content"
    )
    text = f"The file {_WHERE[origin]}; {trust}"
    return f"{text}; {remark}." if remark else f"{text}."


def _missing(layer: Layer, uses: tuple[str, ...], places: Places) -> LocalLayer:
    roots = f" or in {len(places.data_roots)} data root(s)" if places.data_roots else ""
    text = f"There is no file {layer.file} among the region's layers{roots}"
    if layer.source is None:
        text += ", and the registry names no download."
    elif needs_trust(layer):
        text += (
            f". Its publisher offers it at {layer.source.address}, for which no "
            "checksum is registered: put the file into a data root, or allow the "
            "download with --accept-unverified."
        )
    else:
        text += (
            f". Its publisher offers it at {layer.source.address}: run 'natech "
            "retrieve' without --offline."
        )
    return LocalLayer(layer=layer, state=LayerState.MISSING, reason=text, uses=uses)
