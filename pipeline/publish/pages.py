"""Pages from views: templates, inlined scripts and styles, and the page's policy."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from pipeline.publish.cells import Context, river_layer_notes
from pipeline.publish.drawing import SymbolSheet, symbol
from pipeline.publish.foliummap import MapParts
from pipeline.publish.mapdata import embedded_json
from pipeline.publish.words import Words

ASSETS: Final = Path(__file__).parent / "assets"
_TEMPLATES: Final = Path(__file__).parent / "templates"
_TOGGLES: Final = (
    ("uncertainty", False),
    ("paths", True),
    ("crossings", True),
    ("places", True),
    ("parts", True),
    ("relief", True),
)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    environment.globals["symbol"] = symbol
    return environment


@cache
def asset(name: str) -> str:
    """Text of a script or style, without references to files beside it.

    Leaflet's comment that names its source map and its icon images are left out: the
    pages use neither.
    """
    text = (ASSETS / name).read_text(encoding="utf-8")
    text = re.sub(r"//# sourceMappingURL=.*", "", text)
    return re.sub(r"url\((images/|#default)[^)]*\)", "none", text).strip()


def _policy(scripts: Sequence[str]) -> str:
    """Content security policy: these scripts alone, nothing from outside."""
    digests = (
        base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
        for text in scripts
    )
    allowed = " ".join(f"'sha256-{digest}'" for digest in digests)
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def language_style(languages: Sequence[str]) -> str:
    """Style rules that show the blocks of the chosen language alone."""
    return "".join(
        f'html[data-lang="{code}"] [data-in]:not([data-in="{code}"])'
        "{display:none!important}"
        for code in languages
    )


def render(
    template: str,
    scripts: Sequence[str],
    styles: Sequence[str],
    catalogues: Sequence[Words],
    values: Mapping[str, Any],
) -> str:
    """Page from a template with its scripts and styles inside."""
    rules = [*styles, language_style([w.language for w in catalogues])]
    page = (
        _environment()
        .get_template(template)
        .render(
            catalogues=catalogues,
            main=catalogues[0],
            policy=_policy(scripts),
            river_notes={
                w.language: river_layer_notes(values["context"], w) for w in catalogues
            },
            scripts=[_script(text) for text in scripts],
            style=Markup("\n".join(rules)),  # noqa: S704 (the project's own styles)
            **values,
        )
    )
    return page.strip() + "\n"


def _script(text: str) -> Markup:
    if "</script" in text.lower() or "<!--" in text:
        raise ValueError("a script must not hold '</script' or '<!--'")
    return Markup(text)  # noqa: S704 (checked above; data inside is escaped)


def index_page(
    region: str,
    views: Mapping[str, Any],
    parts: MapParts,
    data: Mapping[str, Any],
    context: Context,
    catalogues: Sequence[Words],
) -> str:
    """Page of the basin map: one view per language."""
    scripts = [asset("leaflet.js"), parts.script, asset("site.js"), asset("map.js")]
    if "index_cases" in data:
        scripts.append(asset("hazardindex.js"))
    return render(
        "index.html.j2",
        scripts,
        [asset("leaflet.css"), asset("site.css")],
        catalogues,
        {
            "body_class": "index",
            "region": region,
            "views": views,
            "titles": {
                w.language: w("page.index_title", region=views[w.language]["title"])
                for w in catalogues
            },
            "map_html": parts.html,
            "data": embedded_json(data),
            "toggles": [{"id": name, "on": on} for name, on in _toggles(views)],
            "context": context,
            "drawn": SymbolSheet(15.0),
        },
    )


def _toggles(views: Mapping[str, Any]) -> list[tuple[str, bool]]:
    """Layers that can be switched, and whether they are on at first."""
    has_index = any(view.get("index") for view in views.values())
    return [*_TOGGLES, *([("hazard_index", False)] if has_index else [])]


def profile_page(
    views: Mapping[str, Any], context: Context, catalogues: Sequence[Words]
) -> str:
    """Page of one facility: one view per language."""
    return render(
        "profile.html.j2",
        [asset("site.js")],
        [asset("site.css")],
        catalogues,
        {
            "body_class": "profile-page",
            "id": views[catalogues[0].language]["id"],
            "views": views,
            "titles": {
                w.language: w("page.profile_title", name=views[w.language]["name"])
                for w in catalogues
            },
            "context": context,
        },
    )
