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
            page.locator(".st-key-submit_this_page button").first.click()
            meeting = page.locator(".st-key-submit_page_overview_name input")
            item = page.locator(".st-key-submit_page_overview_note textarea")
            meeting.fill("十月例会")
            item.fill("先看床位")
            item.blur()
            visit.settle()
        expect(page.get_by_role("alert").filter(has_text="与服务器的连接中断")).to_be_visible(timeout=30_000)
        with running_app(url, tmp_path / "again.log", port=port, WORKSPACE_DATABASE_URL=workspace):
            expect(page.get_by_role("alert").filter(has_text="与服务器的连接中断")).to_have_count(0, timeout=60_000)
            # The new server knows of no open menu: it closes, and the reader opens it again.
            expect(meeting).to_have_count(0, timeout=60_000)
            visit.settle()
            page.locator(".st-key-submit_this_page button").first.click()
            for each, typed in ((meeting, "十月例会"), (item, "先看床位")):
                expect(each).to_have_value(typed, timeout=60_000)
                expect(each).to_have_attribute("data-put-back", "", timeout=60_000)
            page.get_by_role("button", name="加入议程").click()
            expect(page.get_by_text("已加入").first).to_contain_text("十月例会", timeout=60_000)
            page.keyboard.press("Escape")
            # What is open below a card is told by the page itself, and what was typed there with the first press.
            expect(field).to_have_value("为何下降？")
            expect(author).to_have_value("李主任")
            page.get_by_role("button", name="添加批注").click()
            expect(page.locator(".st-key-opened_notes_strip")).to_contain_text("李主任 · ", timeout=60_000)
            expect(field).to_have_value("")
    finally:
        visit.close()
