"""The server goes away under an open page and comes back: the reader's words, no English, nothing to press."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.server import Visit, running_app
from tests.loopback import free_port
from tests.tiny import make_tiny_database

_STREAMLIT = re.compile(r"Streamlit|Connection|Connecting|server is|internet|terminal", re.IGNORECASE)


@pytest.mark.parametrize(("lang", "words"), [("zh", "与服务器的连接中断"), ("en", "The connection to the server is interrupted")])
def test_a_server_that_went_away_is_told_in_the_readers_language(tmp_path: Path, browser: Browser, lang: str, words: str) -> None:
    url, port = make_tiny_database(f"duckdb:///{tmp_path / 'reporting.duckdb'}"), free_port()
    visit = Visit(browser)
    try:
        with running_app(url, tmp_path / "server.log", port=port) as address:
            page = visit.open(f"{address}/?lang={lang}")
            heading = page.locator("h1").first.inner_text()
            told = page.get_by_role("alert").filter(has_text=words)
            expect(told).to_have_count(0)
        expect(told).to_be_visible(timeout=30_000)
        page.wait_for_function("() => document.querySelector('[data-testid=\"stApp\"]').dataset.testConnectionState !== 'CONNECTED'")
        page.wait_for_timeout(6_000)  # Streamlit's dialog comes after a few looks at the server
        body = page.locator("body")
        assert not _STREAMLIT.search(body.inner_text().replace(words, ""))
        expect(page.get_by_test_id("stDialog")).to_have_count(0)
        expect(page.locator("h1").first).to_have_text(heading)
        with running_app(url, tmp_path / "again.log", port=port):
            expect(told).to_have_count(0, timeout=60_000)
            visit.settle()
            expect(page.locator("h1").first).to_have_text(heading)
            page.locator(".st-key-lang button").nth(1 if lang == "zh" else 0).click()  # the page works again
            expect(page.locator("h1").first).not_to_have_text(heading, timeout=30_000)
    finally:
        visit.close()
