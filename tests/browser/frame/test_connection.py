"""The server goes away under an open page and comes back: the reader's words, no English, nothing to press."""

import re
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.server import Visit, running_app
from tests.loopback import free_port
from tests.tiny import make_tiny_database

_STREAMLIT = re.compile(r"Streamlit|Connection|Connecting|server is|internet|terminal", re.IGNORECASE)


_WORDS = {"zh": "与服务器的连接中断", "en": "The connection to the server is interrupted"}


@dataclass
class _Reader:
    """A page that is open in a language, and what it said before anything happened."""

    lang: str
    page: Page
    told: Locator
    heading: str


def _opened(visit: Visit, address: str, lang: str) -> _Reader:
    page = visit.open(f"{address}/?lang={lang}")
    told = page.get_by_role("alert").filter(has_text=_WORDS[lang])
    expect(told).to_have_count(0)
    return _Reader(lang, page, told, page.locator("h1").first.inner_text())


def test_a_server_that_went_away_is_told_in_the_readers_language(tmp_path: Path, browser: Browser) -> None:
    """One server goes away under a reader of each language."""
    url, port = make_tiny_database(f"duckdb:///{tmp_path / 'reporting.duckdb'}"), free_port()
    visits = {lang: Visit(browser) for lang in _WORDS}
    try:
        with running_app(url, tmp_path / "server.log", port=port) as address:
            readers = [_opened(visit, address, lang) for lang, visit in visits.items()]
        for each in readers:
            expect(each.told).to_be_visible(timeout=30_000)
            away = "() => document.querySelector('[data-testid=\"stApp\"]').dataset.testConnectionState !== 'CONNECTED'"
            each.page.wait_for_function(away)
        readers[-1].page.wait_for_timeout(6_000)  # Streamlit's dialog comes after a few looks at the server
        for each in readers:
            assert not _STREAMLIT.search(each.page.locator("body").inner_text().replace(_WORDS[each.lang], ""))
            expect(each.page.get_by_test_id("stDialog")).to_have_count(0)
            expect(each.page.locator("h1").first).to_have_text(each.heading)
        with running_app(url, tmp_path / "again.log", port=port):
            for each in readers:
                expect(each.told).to_have_count(0, timeout=60_000)
                visits[each.lang].settle()
                expect(each.page.locator("h1").first).to_have_text(each.heading)
                each.page.locator(".st-key-lang button").nth(1 if each.lang == "zh" else 0).click()  # the page works again
                expect(each.page.locator("h1").first).not_to_have_text(each.heading, timeout=30_000)
    finally:
        for visit in visits.values():
            visit.close()
