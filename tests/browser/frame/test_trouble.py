"""The database is stopped and started again under an open page: calm words, nothing typed is lost, the page finds back by itself."""

import datetime
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from dashboard.services.meeting.agendas import agenda_of, save_agenda, text_item
from dashboard.workspace import open_workspace
from tests.browser.server import Visit, running_app
from tests.conftest import own_postgresql
from tests.tiny import make_tiny_database

_RETURN_MILLISECONDS = 60_000
_ENGLISH = re.compile(r"Traceback|has encountered an error|Error:|Exception")


class Server:
    """A PostgreSQL of the test's own that can be stopped and started."""

    def __init__(self, url: str, data: Path) -> None:
        self.url, self.data = url, data
        self._program = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))[-1]
        self._folder = re.search(r"host=(.*)", url)[1]  # type: ignore[index]

    def _run(self, *arguments: str) -> None:
        account = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
        subprocess.run(
            [self._program, "-D", self.data, *arguments], check=True, cwd=self._folder, stdout=subprocess.DEVNULL, timeout=60, **account
        )

    def stop(self) -> None:
        self._run("-m", "immediate", "-w", "stop")

    def start(self) -> None:
        self._run("-w", "-l", f"{self._folder}/log", "-o", f"-k {self._folder} -c listen_addresses='' -c fsync=off", "start")


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with own_postgresql() as (url, data):
        make_tiny_database(url)
        yield Server(url, data)


@pytest.fixture(scope="module")
def address(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKSPACE_DATABASE_URL", server.url)
        with running_app(server.url, tmp_path_factory.mktemp("trouble") / "server.log") as running:
            yield running


def _picture(page: Page, name: str) -> None:
    folder = os.environ.get("TROUBLE_PICTURES")
    if folder:
        page.screenshot(path=str(Path(folder) / f"{name}.png"))


def _calm(page: Page) -> None:
    expect(page.get_by_test_id("stException")).to_have_count(0)
    assert not _ENGLISH.search(page.locator("body").inner_text())


def _press_until_gone(visit: Visit, dialog: Locator, button: str) -> None:
    """Press as a reader does who is told to try again: the server is asked anew only after a pause."""
    deadline = time.monotonic() + 30
    while dialog.count() and time.monotonic() < deadline:
        dialog.get_by_role("button", name=button).click()
        visit.settle()
    expect(dialog).to_have_count(0)


def test_an_open_page_says_so_and_finds_back_by_itself(server: Server, address: str, browser: Browser) -> None:
    visit = Visit(browser)
    try:
        page = visit.open(address)
        heading = page.locator("h1").first.inner_text()
        page.locator(".st-key-head_strip .notes").click()
        field = page.locator(".st-key-note_text_strip textarea")
        field.fill("为何下降？")
        page.locator(".st-key-note_author_strip input").fill("李主任")
        server.stop()
        try:
            page.get_by_role("button", name="添加批注").click()
            expect(page.locator("[class*='st-key-error_box']").first).to_be_visible(timeout=20_000)
            _calm(page)
            _picture(page, "1-stopped")
        finally:
            server.start()
        # Nobody touches the page.
        expect(page.locator("[class*='st-key-error_box']")).to_have_count(0, timeout=_RETURN_MILLISECONDS)
        expect(page.locator("h1").first).to_have_text(heading)
        visit.settle()
        if not field.is_visible():
            page.locator(".st-key-head_strip .notes").click()
        expect(field).to_have_value("为何下降？")
        _picture(page, "2-back")
        page.get_by_role("button", name="添加批注").click()
        expect(field).to_have_value("")
        expect(page.get_by_text("李主任").first).to_be_visible()
        _picture(page, "3-saved")
    finally:
        visit.close()


def test_a_decision_typed_while_presenting_stays_in_its_dialog(server: Server, address: str, browser: Browser) -> None:
    workspace = open_workspace(server.url)
    saved = save_agenda(workspace, agenda_of("十月医管委", datetime.date(2026, 11, 30), [text_item("开场", "x")]), author=None)
    workspace.close()
    visit = Visit(browser)
    try:
        page = visit.open(f"{address}/meeting?agenda={saved.agenda_id}&item=1&present=1")
        page.locator(".st-key-present_decide button").click()
        dialog = page.get_by_role("dialog")
        words = dialog.locator("textarea").first
        words.fill("同意新增两台 CT")
        server.stop()
        try:
            dialog.get_by_role("button", name="记录决定").click()
            expect(dialog.locator("[class*='st-key-error_box']").first).to_be_visible(timeout=20_000)
            expect(words).to_have_value("同意新增两台 CT")
            _calm(page)
            _picture(page, "4-dialog")
        finally:
            server.start()
        _press_until_gone(visit, dialog, "记录决定")
    finally:
        visit.close()


def test_a_workspace_file_that_went_away_under_a_dialog(tmp_path: Path, browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "workspace.sqlite"
    monkeypatch.setenv("WORKSPACE_DATABASE_URL", f"sqlite:///{file}")
    workspace = open_workspace(f"sqlite:///{file}")
    saved = save_agenda(workspace, agenda_of("十月医管委", datetime.date(2026, 11, 30), [text_item("开场", "x")]), author=None)
    workspace.close()
    visit = Visit(browser)
    with running_app(make_tiny_database(f"duckdb:///{tmp_path / 'reporting.duckdb'}"), tmp_path / "server.log") as address:
        try:
            page = visit.open(f"{address}/meeting?agenda={saved.agenda_id}&item=1&present=1")
            page.locator(".st-key-present_decide button").click()
            dialog = page.get_by_role("dialog")
            dialog.locator("textarea").first.fill("同意")
            shutil.move(file, tmp_path / "away")
            dialog.get_by_role("button", name="记录决定").click()
            expect(dialog.locator("[class*='st-key-error_box']").first).to_be_visible(timeout=20_000)
            expect(dialog.locator("textarea").first).to_have_value("同意")
            _calm(page)
            _picture(page, "5-file-gone")
            shutil.move(tmp_path / "away", file)
            dialog.get_by_role("button", name="记录决定").click()
            expect(dialog).to_have_count(0, timeout=20_000)
        finally:
            visit.close()
