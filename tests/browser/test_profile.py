from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("name", ["aa-01", "aa-02", "aa-03", "aa-05"])
def test_profile_opens_without_network_complaint_or_request(opened, site, name):
    page = opened.go(site / "profiles" / f"{name}.html")
    assert page.locator("main:visible h1").count() == 1
    assert opened.errors == []
    assert opened.outside == []


def test_profile_shows_maps_strip_points_and_all_sections(opened, site):
    page = opened.go(site / "profiles" / "aa-01.html")
    assert page.locator("main:visible svg.minimap").count() == 3
    assert page.locator("main:visible #river-en svg.strip").count() == 1
    assert page.locator("main:visible #motion-en svg.strip").count() == 1
    assert page.locator("main:visible section h2").count() == 10


def test_language_of_the_profile_switches(opened, site, small):
    page = opened.go(site / "profiles" / "aa-01.html")
    page.get_by_role("button", name="Русский").click()
    assert page.locator("main:visible h1").inner_text() == small.CYRILLIC
    assert page.title().startswith(small.CYRILLIC)


def test_hostile_text_runs_nothing_in_a_profile(opened, site, small):
    page = opened.go(site / "profiles" / "aa-02.html")
    assert page.locator("main:visible h1").inner_text() == small.EVIL
    assert page.locator("img").count() == 0
    assert opened.errors == []


def test_policy_of_the_page_stops_scripts_that_are_not_its_own(opened, site):
    page = opened.go(site / "profiles" / "aa-01.html")
    page.evaluate(
        """() => { const s = document.createElement("script");
        s.textContent = "window.intruder = 1"; document.body.appendChild(s); }"""
    )
    assert page.evaluate("window.intruder") is None
    assert any("Content Security Policy" in error for error in opened.errors)


def test_part_leads_to_its_group_and_back(opened, site):
    page = opened.go(site / "profiles" / "aa-01-1.html")
    page.locator("a[href*='aa-01.html']:visible").first.click()
    page.wait_for_url("**/aa-01.html?lang=en")
    page.locator("a[href*='aa-01-1.html']:visible").first.click()
    page.wait_for_url("**/aa-01-1.html?lang=en")
