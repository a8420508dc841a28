"""The pages of a region that went through the whole workflow, in a real browser."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser

NAME_WITH_MARKUP = 'Middle <b>Toy</b> "old" dam'
PLACED = ["toy-01", "toy-02", "toy-03", "toy-05"]
ALL = [*PLACED[:3], "toy-04", "toy-05"]


@pytest.mark.parametrize("language", ["en", "ru"])
def test_map_opens_without_network_complaint_or_request(opened, toy_site, language):
    opened.go(toy_site / "index.html", query=f"?lang={language}")
    assert opened.errors == []
    assert opened.outside == []


@pytest.mark.parametrize("name", ALL)
def test_profile_opens_without_network_complaint_or_request(opened, toy_site, name):
    page = opened.go(toy_site / "profiles" / f"{name}.html")
    assert page.locator("main:visible h1").count() == 1
    assert page.locator("main:visible section h2").count() == 10
    assert opened.errors == []
    assert opened.outside == []


def test_markers_are_the_rows_that_have_a_position(opened, toy_site):
    page = opened.go(toy_site / "index.html")
    drawn = page.eval_on_selector_all(".fac", "all => all.map(e => e.dataset.id)")
    listed = page.eval_on_selector_all(
        "table[data-table] tr[data-on-map]", "all => all.map(e => e.dataset.id)"
    )
    rows = page.locator("table[data-table]:visible tbody tr")
    assert sorted(drawn) == sorted(set(listed)) == PLACED
    assert rows.count() == len(ALL)


@pytest.mark.parametrize("language", ["en", "ru"])
def test_the_index_is_off_until_its_layer_is_switched_on(opened, toy_site, language):
    page = opened.go(toy_site / "index.html", query=f"?lang={language}")
    picture = page.locator(".leaflet-hazard_index-pane img")
    legend = page.locator("[data-layer-legend=hazard_index]:visible")
    assert picture.count() == 1
    assert not picture.is_visible()
    assert legend.count() == 0
    switch = page.locator("input[data-control=layer][value=hazard_index]:visible")
    switch.check()
    assert picture.is_visible()
    assert legend.locator(".classes li").count() >= 5
    assert legend.locator("h2 .mark-provisional").count() == 1
    assert picture.evaluate("image => image.naturalWidth") == 900
    assert opened.errors == []


def test_language_toggle_switches_every_part(opened, toy_site):
    page = opened.go(toy_site / "index.html")
    assert page.locator("h1:visible").inner_text() == "Toy valley"
    page.get_by_role("button", name="Русский").click()
    assert page.locator("html").get_attribute("lang") == "ru"
    assert page.locator("h1:visible").inner_text() == "Учебная долина"
    marker = page.locator('.fac[data-id="toy-01"]')
    assert marker.get_attribute("aria-label") == "Верхняя дамба"


def test_popup_leads_to_the_profile_and_back(opened, toy_site):
    page = opened.go(toy_site / "index.html", query="?lang=ru", fragment="#toy-01")
    popup = page.locator(".leaflet-popup-content")
    popup.wait_for()
    assert "Верхняя дамба" in popup.inner_text()
    popup.locator("a.button").click()
    page.wait_for_url("**/profiles/toy-01.html?lang=ru")
    page.locator(".back a:visible").click()
    page.wait_for_url("**/index.html?lang=ru#toy-01")


def test_enter_on_a_marker_opens_its_popup_and_escape_closes_it(opened, toy_site):
    page = opened.go(toy_site / "index.html")
    page.locator('.fac[data-id="toy-03"]').focus()
    page.keyboard.press("Enter")
    popup = page.locator(".leaflet-popup-content")
    popup.wait_for()
    assert "Border dump" in popup.inner_text()
    page.keyboard.press("Escape")
    popup.wait_for(state="detached")
    assert page.evaluate("document.activeElement.dataset.id") == "toy-03"


def test_radar_points_of_each_source_stand_on_a_map_of_their_own(opened, toy_site):
    page = opened.go(toy_site / "profiles" / "toy-01.html")
    figures = page.locator("main:visible .points-figures figure")
    assert figures.count() == 2
    assert "toy-asc" in figures.nth(0).inner_text()
    assert "toy-desc" in figures.nth(1).inner_text()
    assert page.locator("main:visible section[id^=motion] figure svg").count() >= 3


def test_reasons_stand_in_the_language_of_the_page(opened, toy_site):
    page = opened.go(toy_site / "profiles" / "toy-01.html")
    motion = page.locator("main:visible section[id^=motion]")
    assert "Absence of a signal is no evidence of safety." in motion.inner_text()
    page.get_by_role("button", name="Русский").click()
    motion = page.locator("main:visible section[id^=motion]")
    assert "Отсутствие сигнала не доказывает безопасность." in motion.inner_text()
    assert "Absence of a signal" not in motion.inner_text()


def test_a_name_that_holds_markup_is_shown_as_text(opened, toy_site):
    page = opened.go(toy_site / "profiles" / "toy-02.html")
    assert page.locator("main:visible h1").inner_text() == NAME_WITH_MARKUP
    assert page.locator("h1 b").count() == 0
    page = opened.go(toy_site / "index.html", fragment="#toy-02")
    popup = page.locator(".leaflet-popup-content")
    popup.wait_for()
    assert NAME_WITH_MARKUP in popup.inner_text()
    assert opened.errors == []


def test_only_values_that_use_the_stand_in_are_marked_as_a_demonstration(
    opened, toy_site
):
    page = opened.go(toy_site / "profiles" / "toy-01.html")
    rows = page.locator("main:visible section[id^=assessment] tr")
    marked = {
        row.locator("th").inner_text()
        for row in rows.all()
        if row.locator(".mark-demonstration").count()
    }
    assert {"Site", "Hazard index (THI)", "Risk index (TRI)", "Rank"} <= marked
    assert not marked & {"Capacity", "Toxicity", "Management", "Dam"}
