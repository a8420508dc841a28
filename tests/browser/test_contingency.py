from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser

FIRST = "#border-kg-uz-river-2 table:visible tbody tr:first-child th > a"


def test_sheet_opens_without_network_complaint_or_request(opened, site):
    page = opened.go(site / "contingency.html")
    assert page.locator("section[data-place]").count() == 3
    assert opened.errors == []
    assert opened.outside == []


def test_order_of_facilities_changes_by_keyboard(opened, site):
    page = opened.go(site / "contingency.html")
    assert "aa-01.html" in page.locator(FIRST).get_attribute("href")
    button = page.get_by_role("button", name="by hazard")
    button.focus()
    page.keyboard.press("Enter")
    assert button.get_attribute("aria-pressed") == "true"
    assert "aa-02.html" in page.locator(FIRST).get_attribute("href")
    page.get_by_role("button", name="by first arrival").focus()
    page.keyboard.press("Space")
    assert "aa-01.html" in page.locator(FIRST).get_attribute("href")


def test_filter_finds_places_in_any_language_and_counts_them(opened, site):
    page = opened.go(site / "contingency.html")
    page.get_by_label("Filter places").fill("казахстан")
    assert page.locator("section[data-place]:visible").count() == 0
    page.get_by_label("Filter places").fill("река 2")
    assert page.locator("section[data-place]:visible").count() == 1
    assert "1 of 3" in page.locator("output.places-shown:visible").inner_text()


def test_link_to_a_place_that_the_filter_hides_shows_it_again(opened, site):
    page = opened.go(site / "contingency.html")
    page.get_by_label("Filter places").fill("lake")
    page.evaluate("location.hash = '#border-kg-uz-river-2'")
    page.locator("#border-kg-uz-river-2").wait_for(state="visible")
    assert page.get_by_label("Filter places").input_value() == ""


@pytest.mark.parametrize("width", [1400, 900, 390])
@pytest.mark.parametrize("language", ["en", "ru"])
def test_a_place_that_is_linked_to_is_not_under_the_bar(opened, site, width, language):
    opened.page.set_viewport_size({"width": width, "height": 700})
    opened.page.emulate_media(reduced_motion="reduce")
    page = opened.go(
        site / "contingency.html",
        query=f"?lang={language}",
        fragment="#border-kg-uz-river-2",
    )
    head = page.locator("#border-kg-uz-river-2 h3:visible").bounding_box()
    bar = page.locator(".tools:visible").bounding_box()
    assert 0 <= head["y"] < 700
    assert head["y"] >= bar["y"] + bar["height"] or bar["y"] > head["y"]


def test_language_switches_and_the_anchor_stays(opened, site):
    page = opened.go(site / "contingency.html", fragment="#border-kg-uz-river-2")
    page.get_by_role("button", name="Русский").click()
    assert page.locator("#border-kg-uz-river-2 h3:visible").count() == 1
    assert page.url.endswith("#border-kg-uz-river-2")


def test_hostile_names_run_nothing_in_sheet_and_draft(opened, site):
    for path in ("contingency.html", "notifications/aa-02.html"):
        page = opened.go(site / path)
        assert page.locator("img").count() == 0
    assert opened.errors == []


def test_profile_leads_to_its_row_in_the_sheet(opened, site):
    page = opened.go(site / "profiles" / "aa-01.html")
    page.locator("a[href*='contingency.html']:visible").first.click()
    page.wait_for_url("**/contingency.html?lang=en#facility-aa-01-en")
    assert page.locator("#facility-aa-01-en").is_visible()
