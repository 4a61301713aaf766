"""Every page at every size, in each language and theme and on paper: nothing a reader needs is cut, nothing is asked of other hosts."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from dashboard.topics import PAGES as DECLARED
from tests.browser.conftest import OpenVisit

LAYOUT, PAPER = ((Path(__file__).parents[1] / f"page_{name}.js").read_text(encoding="utf-8") for name in ("layout", "on_paper"))
# The desk, the projector, the wide screen and the wall; 911 × 512 is 1366 × 768 at 150 % zoom.
SIZES = ((1024, 768), (1366, 768), (1920, 1080), (3840, 2160), (1280, 720), (911, 512))
# In the dark only what a theme could change is looked at again.
DARK_SIZES = ((1366, 768),)
PAGES = [entry.name for entry in DECLARED if entry.listed]
POINTS = 0.75  # of a pixel of a page
BADGES = {"zh": "演示数据：", "en": "Demonstration data:"}


def _path(name: str) -> str:
    return "/" if name == "overview" else f"/{name}"


def check_view(page: Page) -> None:
    expect(page.locator("h1")).to_have_count(1)
    expect(page.locator("h1")).not_to_be_empty()
    expect(page.locator(".st-key-error_box")).to_have_count(0)
    expect(page.locator('[data-testid="stException"]')).to_have_count(0)
    sideways = page.evaluate(
        "() => { const m = document.querySelector('[data-testid=\"stMain\"]'); return m.scrollWidth - m.clientWidth; }"
    )
    assert sideways <= 0


def check_paper(page: Page) -> None:
    """Hold that paper shows all of the page without sidebar and filters, and no card or chart is torn."""
    for handle in ('[data-testid="stSidebar"]', ".st-key-controls"):
        assert page.locator(handle).is_visible(), f"{handle} is on the screen"
    page.emulate_media(media="print")
    for handle in ('[data-testid="stSidebar"]', ".st-key-controls"):
        assert not page.locator(handle).is_visible(), f"{handle} is not on paper"
    wrong = {what: found for what, found in page.evaluate(PAPER).items() if found}
    page.emulate_media(media="screen")
    assert wrong == {}


@pytest.mark.parametrize("name", PAGES)
def test_every_page_at_every_size_in_each_language_and_theme_and_on_paper(app_address: str, visit: OpenVisit, name: str) -> None:
    """One visit a language: opening is what costs."""
    window = visit()
    page = window.page
    cut = {}
    for language, badge in BADGES.items():
        page.emulate_media(color_scheme="light")
        window.resize(*SIZES[0])
        window.open(f"{app_address}{_path(name)}" + ("?lang=en" if language == "en" else ""))
        expect(page.locator(".st-key-header")).to_contain_text(badge)
        check_paper(page)
        for theme, sizes in (("light", SIZES), ("dark", DARK_SIZES)):
            page.emulate_media(color_scheme=theme)
            window.settle()
            for width, height in sizes:
                window.resize(width, height)
                check_view(page)
                cut[language, theme, width, height] = [*page.evaluate(LAYOUT), *window.cut_choices()]
    assert {where: what for where, what in cut.items() if what} == {}
    assert window.outside == []
    # The framework looks for its health under the page's path first; its own host answers 404. A word of the content policy would be here.
    assert [error for error in window.console_errors if "404" not in error] == []


def test_a_cut_text_would_be_found(app_address: str, visit: OpenVisit) -> None:
    page = visit().open(f"{app_address}/")
    page.evaluate(
        """() => {
          const box = document.createElement("div");
          box.style.cssText = "width: 40px; overflow: hidden; white-space: nowrap";
          box.textContent = "年末预测 103.0%";
          document.querySelector('[data-testid="stMain"]').prepend(box);
        }"""
    )
    assert "cut: 年末预测 103.0%" in page.evaluate(LAYOUT)


def test_a_printed_page_is_as_wide_as_the_window(app_address: str, visit: OpenVisit) -> None:
    """Charts are drawn for the window: on a narrower page they would lie upon each other."""
    window = visit(width=1366, height=768)
    page = window.open(f"{app_address}/")
    printed = page.pdf(prefer_css_page_size=True)
    widths = {float(found.split()[2]) for found in re.findall(rb"/MediaBox \[([^\]]+)\]", printed)}
    assert widths
    assert all(abs(width - 1366 * POINTS) < 1 for width in widths), widths  # A4 has 595 or 842; Chromium rounds to a point or so
    window.resize(1920, 1080)
    rules = page.evaluate("() => [...document.styleSheets].flatMap((sheet) => [...sheet.cssRules].map((rule) => rule.cssText))")
    assert [rule for rule in rules if rule.startswith("@page")] == ["@page { size: 1920px 1358px; margin: 0px; }"]
