from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser


def visible_rows(page):
    return page.locator("table[data-table]:visible tbody tr:visible")


def test_map_opens_without_network_complaint_or_request(opened, site):
    opened.go(site / "index.html")
    assert opened.errors == []
    assert opened.outside == []


def test_markers_are_the_rows_that_have_a_position(opened, site, small):
    page = opened.go(site / "index.html")
    drawn = page.eval_on_selector_all(".fac", "all => all.map(e => e.dataset.id)")
    listed = page.eval_on_selector_all(
        "table[data-table] tr[data-on-map]", "all => all.map(e => e.dataset.id)"
    )
    assert sorted(drawn) == sorted(set(listed)) == sorted(small.PLACED)


def test_map_holds_its_facilities_in_view(opened, site):
    page = opened.go(site / "index.html")
    box = page.locator("#map-box").bounding_box()
    assert box is not None
    for marker in page.locator(".fac").all():
        place = marker.bounding_box()
        assert place is not None
        assert box["x"] <= place["x"] <= box["x"] + box["width"]
        assert box["y"] <= place["y"] <= box["y"] + box["height"]


def test_facilities_on_one_point_are_moved_apart(opened, site):
    page = opened.go(site / "index.html")
    first = page.locator('.fac[data-id="aa-01"]').bounding_box()
    second = page.locator('.fac[data-id="aa-02"]').bounding_box()
    assert first is not None
    assert second is not None
    away = abs(first["x"] - second["x"]) + abs(first["y"] - second["y"])
    assert away > 12


def test_popup_shows_hostile_text_as_text(opened, site, small):
    page = opened.go(site / "index.html", fragment="#aa-02")
    popup = page.locator(".leaflet-popup-content")
    popup.wait_for()
    assert small.EVIL in popup.inner_text()
    assert page.locator("img[src=x]").count() == 0
    assert opened.errors == []


def test_symbols_of_table_and_popup_are_as_high_as_a_line(opened, site):
    page = opened.go(site / "index.html", fragment="#aa-01")
    page.locator(".leaflet-popup-content").wait_for()
    for where in (".leaflet-popup-content", "#table-en"):
        drawn = page.locator(f"{where} .swatch svg").all()
        assert len(drawn) > 3
        for symbol in drawn[:8]:
            box = symbol.bounding_box()
            assert box is not None
            assert 10 <= box["width"] <= 24
            assert 10 <= box["height"] <= 24


def test_popup_leads_to_the_profile_in_the_same_language(opened, site, small):
    page = opened.go(site / "index.html", query="?lang=ru", fragment="#aa-01")
    page.locator(".leaflet-popup-content a.button").click()
    page.wait_for_url("**/profiles/aa-01.html?lang=ru")
    assert page.locator("main:visible h1").inner_text() == small.CYRILLIC
    page.locator(".back a:visible").click()
    page.wait_for_url("**/index.html?lang=ru#aa-01")
    assert page.locator("html").get_attribute("lang") == "ru"


def test_language_toggle_switches_every_part(opened, site):
    page = opened.go(site / "index.html")
    assert page.title().startswith("Small region")
    page.get_by_role("button", name="Русский").click()
    assert page.locator("html").get_attribute("lang") == "ru"
    assert page.title().startswith("Малый регион")
    assert page.locator("h1:visible").inner_text() == "Малый регион <&>"
    assert page.get_by_text("All facilities").is_hidden()
    assert page.get_by_text("Все объекты").is_visible()
    assert page.locator(".leaflet-control-zoom-in").get_attribute("title") == "Крупнее"


def test_language_is_kept_for_the_next_page(opened, site):
    page = opened.go(site / "index.html")
    page.get_by_role("button", name="Русский").click()
    page.locator('a[href*="aa-04.html"]:visible').first.click()
    page.wait_for_url("**/aa-04.html?lang=ru")
    assert page.locator("html").get_attribute("lang") == "ru"


def test_choosing_a_theme_changes_symbols_and_legend(opened, site):
    page = opened.go(site / "index.html")
    before = page.locator('.fac[data-id="aa-01"] path').get_attribute("fill")
    page.locator("select[data-control=theme]:visible").select_option("displacement")
    after = page.locator('.fac[data-id="aa-01"] path').get_attribute("fill")
    assert before != after == "#efd15f"
    outside = page.locator('.fac[data-id="aa-05"] path').get_attribute("fill")
    assert outside == "url(#hatch)"
    assert page.locator(".legend h2:visible").inner_text().startswith("Ground motion")


def test_control_keeps_its_value_when_the_language_changes(opened, site):
    page = opened.go(site / "index.html")
    page.locator("select[data-control=theme]:visible").select_option("consequence")
    page.get_by_role("button", name="Русский").click()
    control = page.locator("select[data-control=theme]:visible")
    assert control.input_value() == "consequence"


def test_selecting_a_facility_highlights_its_path_and_first_border(opened, site):
    page = opened.go(site / "index.html")
    assert page.locator("path[stroke='#0b6e99']").count() == 0
    page.locator('.fac[data-id="aa-01"]').dispatch_event("click")
    page.locator(".leaflet-popup-content").wait_for()
    assert page.locator("path[stroke='#0b6e99']").count() >= 4
    assert "KG→UZ, 57.1" in page.locator(".leaflet-tooltip.arrival").inner_text()
    chosen = page.locator("table[data-table]:visible tr.chosen")
    assert chosen.get_attribute("data-id") == "aa-01"


def test_a_crossing_leads_to_its_place_on_the_contingency_sheet(opened, site):
    page = opened.go(site / "index.html")
    crossing = page.locator(".crossing-icon")
    assert crossing.get_attribute("aria-label") == "Kyrgyzstan to Uzbekistan"
    crossing.dispatch_event("click")
    link = page.locator(".leaflet-popup-content a.button")
    link.wait_for()
    assert link.inner_text() == "Who is upstream, and how soon"
    page.get_by_role("button", name="Русский").click()
    assert "Кто выше" in link.inner_text()
    link.click()
    page.locator("#border-kg-uz-river-2").wait_for(state="visible")
    assert page.url.endswith("contingency.html?lang=ru#border-kg-uz-river-2")
    assert page.evaluate("document.documentElement.lang") == "ru"
    assert opened.errors == []


def test_a_crossing_is_opened_and_left_by_keyboard(opened, site):
    page = opened.go(site / "index.html")
    page.locator(".crossing-icon").focus()
    page.keyboard.press("Enter")
    popup = page.locator(".leaflet-popup-content")
    popup.wait_for()
    assert page.evaluate("document.activeElement.className") == "button"
    page.keyboard.press("Escape")
    popup.wait_for(state="detached")
    focused = "document.activeElement.classList.contains('crossing-icon')"
    assert page.evaluate(focused)


def test_layer_switches_hide_and_show(opened, site):
    page = opened.go(site / "index.html")
    switch = page.locator("input[data-control=layer][value=crossings]:visible")
    assert page.locator(".crossing-icon").count() == 1
    switch.uncheck()
    assert page.locator(".crossing-icon").count() == 0
    page.locator("input[data-control=layer][value=parts]:visible").uncheck()
    assert page.locator('.fac[data-id="aa-01-1"]').count() == 0


def test_filter_hides_rows_and_markers_alike(opened, site):
    page = opened.go(site / "index.html")
    page.locator("input[data-control=search]:visible").fill("хвостохран")
    assert visible_rows(page).count() == 1
    assert page.locator(".fac").count() == 1
    assert "Shown: 1 of 6" in page.locator("output.shown:visible").inner_text()
    page.locator("input[data-control=search]:visible").fill("")
    page.locator("select[data-control=country]:visible").select_option("UZ")
    assert visible_rows(page).count() == 1


def test_sorting_puts_unknown_last_in_both_directions(opened, site):
    page = opened.go(site / "index.html")
    button = page.locator("th button[data-sort]:visible", has_text="PGA")

    def order():
        rows = visible_rows(page)
        return [row.get_attribute("data-id") for row in rows.all()]

    button.click()
    rising = order()
    button.click()
    falling = order()
    assert set(rising[-2:]) == set(falling[-2:]) == {"aa-03", "aa-05"}
    assert rising[:-2] == falling[:-2][::-1]
    head = page.locator("th[aria-sort]:visible")
    assert head.get_attribute("aria-sort") == "descending"


def test_keyboard_alone_reaches_language_theme_marker_and_table(opened, site):
    page = opened.go(site / "index.html")
    reached = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate(
                """() => { const e = document.activeElement;
                return e.dataset.setLang ? "language"
                  : e.dataset.control ? e.dataset.control
                  : e.classList.contains("fac") ? "marker"
                  : e.dataset.sort ? "sort" : e.className; }"""
            )
        )
    assert {"language", "theme", "layer", "marker", "search", "sort"} <= reached


def test_enter_on_a_marker_opens_its_popup_and_escape_closes_it(opened, site):
    page = opened.go(site / "index.html")
    page.locator('.fac[data-id="aa-04"]').focus()
    page.keyboard.press("Enter")
    popup = page.locator(".leaflet-popup-content")
    popup.wait_for()
    assert "Facility aa-04" in popup.inner_text()
    focused = "document.activeElement.className"
    assert page.evaluate(focused) == "button"
    page.keyboard.press("Escape")
    popup.wait_for(state="detached")
    assert page.evaluate("document.activeElement.dataset.id") == "aa-04"


def test_every_control_has_a_name(opened, site):
    page = opened.go(site / "index.html")
    nameless = page.evaluate(
        """() => Array.from(document.querySelectorAll("a,button,select,input,.fac"))
        .filter(e => e.offsetParent !== null)
        .filter(e => !(e.getAttribute("aria-label") || e.textContent.trim()
          || (e.labels && e.labels.length) || e.title)).length"""
    )
    assert nameless == 0


def test_narrow_screen_does_not_scroll_sideways(opened, site):
    opened.page.set_viewport_size({"width": 390, "height": 844})
    for path in (site / "index.html", site / "profiles" / "aa-01.html"):
        page = opened.go(path)
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= 390


def test_paper_shows_no_controls_and_the_whole_table(opened, site):
    page = opened.go(site / "index.html")
    page.emulate_media(media="print")
    assert page.locator("select[data-control=theme]").first.is_hidden()
    assert page.locator(".leaflet-control-container").is_hidden()
    assert visible_rows(page).count() == 6
    assert len(page.pdf(format="A4")) > 10_000
    assert opened.errors == []
