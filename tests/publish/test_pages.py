from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace

import geopandas as gpd
import pandas as pd
import pytest

from pipeline.publish.mapdata import _places, embedded_json
from pipeline.publish.pages import ASSETS, asset
from pipeline.publish.words import read_words

LANGUAGES = ("en", "ru")


class Elements(HTMLParser):
    """Every start tag with its attributes, in order."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def pages(site: Path) -> list[Path]:
    return [
        site / "index.html",
        site / "contingency.html",
        *sorted((site / "profiles").glob("*.html")),
        *sorted((site / "notifications").glob("*.html")),
    ]


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def test_no_text_of_an_inventory_becomes_an_element(site):
    for page in pages(site):
        tags = {tag for tag, _ in Elements(read(page)).found}
        assert "img" not in tags, page.name
        assert "b" not in tags, page.name


def test_no_element_has_a_handler_in_an_attribute(site):
    for page in pages(site):
        for tag, attributes in Elements(read(page)).found:
            assert not [name for name in attributes if name.startswith("on")], tag


def test_hostile_name_is_shown_as_text(site, small):
    page = read(site / "profiles" / "aa-02.html")
    assert "&lt;img src=x onerror=alert(1)&gt;&#34;&#39; &lt;/script&gt;" in page


def test_cyrillic_name_stands_in_the_russian_part(site, small):
    assert small.CYRILLIC in read(site / "profiles" / "aa-01.html")


def test_no_page_asks_for_anything_outside_itself(site):
    for page in pages(site):
        text = read(page)
        for tag, attributes in Elements(text).found:
            for name in ("src", "href", "action", "data", "poster", "srcset"):
                address = attributes.get(name) or ""
                assert not re.match(r"(https?:)?//", address), (page.name, tag)
        assert not re.search(r"url\((?!#|&#34;|\"?data:)", text), page.name
        assert "@import" not in text
        assert "sourceMappingURL" not in text


def test_policy_allows_exactly_the_scripts_of_the_page(site):
    for page in pages(site):
        text = read(page)
        scripts = re.findall(r"<script>(.*?)</script>", text, flags=re.DOTALL)
        digests = {
            base64.b64encode(hashlib.sha256(s.encode()).digest()).decode()
            for s in scripts
        }
        meta = next(
            a for t, a in Elements(text).found if t == "meta" and "http-equiv" in a
        )
        allowed = set(re.findall(r"'sha256-([^']+)'", meta["content"] or ""))
        assert digests == allowed
        assert (meta["content"] or "").startswith("default-src 'none';")


def test_every_link_between_pages_is_relative_and_leads_somewhere(site):
    for page in pages(site):
        for tag, attributes in Elements(read(page)).found:
            href = attributes.get("href")
            if tag != "a" or href is None or href.startswith("#"):
                continue
            target = (page.parent / re.split(r"[?#]", href)[0]).resolve()
            assert target.exists(), (page.name, href)
            assert target.is_relative_to(site.resolve())


def test_every_link_inside_a_page_has_its_target(site):
    for page in pages(site):
        elements = Elements(read(page)).found
        ids = {a["id"] for _, a in elements if "id" in a}
        links = {
            (a.get("href") or "")[1:]
            for t, a in elements
            if t == "a" and (a.get("href") or "").startswith("#")
        }
        assert links <= ids


def test_ids_are_unique_in_every_page(site):
    for page in pages(site):
        ids = [a["id"] for _, a in Elements(read(page)).found if "id" in a]
        assert len(ids) == len(set(ids)), page.name


def _data(site: Path) -> dict:
    text = read(site / "index.html")
    found = re.search(r'id="map-data">(.*?)</script>', text, flags=re.DOTALL)
    assert found is not None
    return json.loads(found.group(1))


def test_table_of_each_language_equals_the_map(site, small):
    on_map = {item["id"] for item in _data(site)["facilities"]}
    assert on_map == set(small.PLACED)
    rows = [a for t, a in Elements(read(site / "index.html")).found if t == "tr"]
    for_map = [a["data-id"] for a in rows if "data-on-map" in a]
    everyone = [a["data-id"] for a in rows if "data-id" in a]
    assert sorted(for_map) == sorted([*on_map] * len(LANGUAGES))
    assert sorted(everyone) == sorted(
        [row["tmf_id"] for row in small.FACILITIES] * len(LANGUAGES)
    )


def test_classes_on_the_map_are_those_in_the_table(site):
    text = read(site / "index.html")
    data = _data(site)
    columns = re.findall(r'<th scope="col" data-theme="([^"]+)"', text)
    columns = columns[: len(columns) // len(LANGUAGES)]
    assert len(columns) > 4
    drawings = dict(re.findall(r'<symbol id="(sym-\d+)"[^>]*>(.*?)</symbol>', text))
    for item in data["facilities"]:
        row = re.search(rf'<tr data-id="{item["id"]}".*?</tr>', text, flags=re.DOTALL)
        assert row is not None
        cells = re.findall(r"<td.*?</td>", row.group(0), flags=re.DOTALL)[2:]
        for theme, cell in zip(columns, cells, strict=False):
            name = re.search(r'href="#(sym-\d+)"', cell)[1]
            fill = re.search(r'fill="([^"]+)"', drawings[name])[1]
            member = item["themes"][data["themes"].index(theme)]
            drawn = data["symbols"][theme][member[0]]
            assert f'fill="{fill}"' in drawn, (item["id"], theme)


def test_facility_without_position_is_listed_and_not_drawn(site):
    text = read(site / "index.html")
    assert "aa-03" not in {item["id"] for item in _data(site)["facilities"]}
    row = re.search(r'<tr data-id="aa-03".*?</tr>', text, flags=re.DOTALL)
    assert row is not None
    assert "no position – not on the map" in row.group(0)


def test_demonstration_follows_its_values_onto_every_page(site):
    profile = read(site / "profiles" / "aa-04.html")
    hazards = profile.split('id="hazards-en"')[1].split("</section>")[0]
    assert hazards.count('class="mark mark-demonstration"') == 2  # two return periods
    legend = read(site / "index.html").split('data-legend="hazard-test-pga')[1]
    assert "mark-demonstration" in legend.split("</ul>")[0]


def test_value_that_rests_on_no_stand_in_carries_no_such_mark(site):
    profile = read(site / "profiles" / "aa-04.html")
    climate = profile.split('id="climate-en"')[1].split("</section>")[0]
    assert "mark-demonstration" not in climate


@pytest.mark.parametrize(
    ("page", "sentence"),
    [
        ("aa-03", "Without a position, no radar point can be assigned"),
        ("aa-04", "No radar product of the region covers this facility"),
        ("aa-03", "No position is known."),
        ("aa-05", "The way downstream is unknown"),
        ("aa-05", "The layer does not cover the place"),
        ("aa-01", "No layer for: Landslide"),
        ("aa-04", "No measure follows from the data at hand."),
    ],
)
def test_what_is_missing_says_so(site, page, sentence):
    assert sentence in read(site / "profiles" / f"{page}.html")


def test_every_page_says_what_its_river_network_is_and_how_sure(site):
    for page in pages(site):
        text = read(page)
        assert "River network: " in text or "No river network is used." in text
        assert "Речная сеть" in text


def test_no_country_is_said_to_be_downstream_only_where_the_way_is_known(site):
    unknown = read(site / "profiles" / "aa-05.html").split('id="assessment-en"')[1]
    assert "none found" not in unknown.split("</section>")[0]


def test_long_numbers_are_rounded_on_the_page(site):
    page = read(site / "profiles" / "aa-01.html")
    main = page.split("<main")[1]
    assert "13.397940001" not in main
    assert "13.4 (11.4–14.4)" in main
    assert "57.1\u00a0km" in main
    assert "57,1\u00a0км" in page
    assert "1.96\u00a0million\u00a0m³" in main
    assert "1,96\u00a0млн\u00a0м³" in page


def test_every_page_carries_the_note_on_borders_in_both_languages(site):
    for page in pages(site):
        text = read(page)
        assert "imply no opinion or endorsement" in text
        assert "не означают выражения какого-либо мнения" in text


def test_embedded_json_cannot_end_its_script_element():
    text = embedded_json({"name": "</script><!-- \u2028 &"})
    assert not set("<>&\u2028") & set(text)
    assert json.loads(text)["name"] == "</script><!-- \u2028 &"


def test_leaflet_files_are_those_that_the_readme_names():
    readme = (ASSETS / "README.md").read_text(encoding="utf-8")
    for name in ("leaflet.js", "leaflet.css"):
        digest = hashlib.sha256((ASSETS / name).read_bytes()).hexdigest()
        assert f"{digest}  {name}" in readme


def test_style_of_leaflet_names_no_image_beside_it():
    assert "url(" not in asset("leaflet.css")


def test_pages_keep_far_below_their_budgets(site):
    assert (site / "index.html").stat().st_size < 1_000_000
    for page in (site / "profiles").glob("*.html"):
        assert page.stat().st_size < 300_000


def test_place_of_unknown_size_gets_its_name_last(site):
    zoom = {item["name"]["en"]: item["zoom"] for item in _data(site)["places"]}
    assert zoom["Testtown"] == 5
    assert zoom["Hamlet"] == 10


@pytest.mark.parametrize("empty", [None, float("nan"), pd.NA])
def test_places_without_a_population_come_last_and_stop_nothing(empty):
    places = gpd.GeoDataFrame(
        {
            "name": ["Unknown", "Small"],
            "population": pd.Series([empty, 40_000], dtype=object),
        },
        geometry=gpd.points_from_xy([70.0, 70.001], [41.0, 41.0]),
        crs="EPSG:4326",
    )
    drawn = _places(SimpleNamespace(places=places), [read_words("en")])
    zoom = {item["name"]["en"]: item["zoom"] for item in drawn}
    assert zoom["Small"] == 7
    assert zoom.get("Unknown", 99) > 9


def test_place_without_a_russian_name_keeps_its_own(site):
    names = [item["name"] for item in _data(site)["places"]]
    assert {"en": "Testtown", "ru": "Тестгород"} in names
    assert {"en": "Hamlet", "ru": "Hamlet"} in names


def test_the_table_of_the_map_repeats_no_drawing_and_no_explanation(site):
    text = read(site / "index.html")
    table = text.split("data-table>")[1].split("</table>")[0]
    assert "<path" not in table
    assert "title=" not in table.split("<tbody>")[1].replace(
        'class="part-of" title=', ""
    )
    used = set(re.findall(r'href="#(sym-\d+)"', text))
    assert used == set(re.findall(r'<symbol id="(sym-\d+)"', text))
    for mark in set(re.findall(r"mark-(\w+)", table)):
        assert read_words("en")(f"mark.{mark}_help").split(".")[0] in text
