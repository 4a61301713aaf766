"""The server is restarted under an open page, as an upgrade does: what was typed is still there when the page is back."""

from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.browser.server import Visit, running_app
from tests.loopback import free_port
from tests.tiny import make_tiny_database


def test_a_restart_loses_no_typed_text(tmp_path: Path, browser: Browser) -> None:
    url, port = make_tiny_database(f"duckdb:///{tmp_path / 'reporting.duckdb'}"), free_port()
    visit = Visit(browser)
    workspace = f"sqlite:///{tmp_path / 'workspace.sqlite'}"  # its note is nobody else's
    try:
        with running_app(url, tmp_path / "server.log", port=port, WORKSPACE_DATABASE_URL=workspace) as address:
            page = visit.open(address)
            page.locator(".st-key-head_strip .notes").click()
            field = page.locator(".st-key-note_text_strip textarea")
            field.fill("为何下降？")
            author = page.locator(".st-key-note_author_strip input")
            author.fill("李主任")
            author.blur()
            visit.settle()
        expect(page.get_by_role("alert").filter(has_text="与服务器的连接中断")).to_be_visible(timeout=30_000)
        with running_app(url, tmp_path / "again.log", port=port, WORKSPACE_DATABASE_URL=workspace):
            expect(page.get_by_role("alert").filter(has_text="与服务器的连接中断")).to_have_count(0, timeout=60_000)
            # The new server does not know what was open: it closes, and the reader opens it again.
            expect(field).to_have_count(0, timeout=60_000)
            visit.settle()
            page.locator(".st-key-head_strip .notes").click()
            expect(field).to_have_value("为何下降？", timeout=60_000)
            expect(author).to_have_value("李主任")
            for each in (field, author):
                expect(each).to_have_attribute("data-put-back", "", timeout=60_000)
            page.get_by_role("button", name="添加批注").click()
            expect(page.get_by_text("李主任").first).to_be_visible(timeout=60_000)
            expect(field).to_have_value("")
    finally:
        visit.close()
