"""One running app and one Chromium for the browser tests; skipped by name where Chromium is missing."""

import os
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.server import CHROMIUM, Visit, running_app
from tests.tiny import HOSTILE_NAMES, make_tiny_database

OpenVisit = Callable[..., Visit]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium; without it the tests skip, under CI (``CI=1``) they fail."""
    if not CHROMIUM.exists():
        if os.environ.get("CI"):
            pytest.fail("Chromium is missing: apt-get install chromium")
        pytest.skip("Chromium is not installed (apt-get install chromium)")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def app_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the app on a small county."""
    folder = tmp_path_factory.mktemp("browser")
    url = make_tiny_database(f"duckdb:///{folder / 'reporting.duckdb'}")
    with running_app(url, folder / "server.log") as address:
        yield address


@pytest.fixture(scope="session")
def hostile_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the app on a county whose names try to become markup, with pages that show every component."""
    folder = tmp_path_factory.mktemp("hostile")
    url = make_tiny_database(f"duckdb:///{folder / 'reporting.duckdb'}", HOSTILE_NAMES)
    with running_app(url, folder / "server.log", module="tests.browser.gallery") as address:
        yield address


@pytest.fixture
def visit(browser: Browser) -> Iterator[OpenVisit]:
    """Return ``visit(width=…, height=…, theme=…)``: a fresh browser page, closed at the end of the test."""
    opened: list[Visit] = []

    def make(**options: object) -> Visit:
        opened.append(Visit(browser, **options))  # type: ignore[arg-type]
        return opened[-1]

    yield make
    for each in opened:
        each.close()
