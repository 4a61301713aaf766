"""One running app and one Chromium for the browser tests; skipped by name where Chromium is missing."""

import os
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

from dashboard.store.importing.loader import load_package
from tests.browser.server import CHROMIUM, Visit, launched, running_app
from tests.integration.packages import small_county, write_csv_package
from tests.tiny import HOSTILE_NAMES, make_tiny_database

OpenVisit = Callable[..., Visit]
expect.set_options(timeout=60_000)  # a busy machine is no failure: what is expected is seen at once, or waited for


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium; without it the tests skip, under CI (``CI=1``) they fail."""
    if not CHROMIUM.exists():
        if os.environ.get("CI"):
            pytest.fail("Chromium is missing: apt-get install chromium")
        pytest.skip("Chromium is not installed (apt-get install chromium)")
    with sync_playwright() as playwright:
        own = launched(playwright)
        yield own
        own.close()


@pytest.fixture(scope="session")
def app_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the app on a small county."""
    folder = tmp_path_factory.mktemp("browser")
    url = make_tiny_database(f"duckdb:///{folder / 'reporting.duckdb'}")
    with running_app(url, folder / "server.log") as address:
        yield address


@pytest.fixture(scope="session")
def county_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the app on a county with every kind of data."""
    folder = tmp_path_factory.mktemp("county")
    url = f"duckdb:///{folder / 'reporting.duckdb'}"
    assert load_package(write_csv_package(folder / "package", small_county()), url).accepted
    with running_app(url, folder / "server.log") as address:
        yield address


@pytest.fixture(scope="session")
def hostile_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the app on a county whose names try to become markup, with pages that show every component."""
    folder = tmp_path_factory.mktemp("hostile")
    url = make_tiny_database(f"duckdb:///{folder / 'reporting.duckdb'}", HOSTILE_NAMES)
    with running_app(url, folder / "server.log", module="tests.browser.gallery") as address:
        yield address


@pytest.fixture(scope="session")
def _left() -> list[BrowserContext]:
    """Contexts that nobody uses now: with the program's files in their cache a page opens in half the time."""
    return []


@pytest.fixture
def visit(browser: Browser, _left: list[BrowserContext]) -> Iterator[OpenVisit]:
    """Return ``visit(width=…, height=…, theme=…)``: a browser page that knows nothing of earlier tests, left at the end of the test."""
    opened: list[Visit] = []

    def make(**options: object) -> Visit:
        opened.append(Visit(browser, context=_left.pop() if _left else None, **options))  # type: ignore[arg-type]
        return opened[-1]

    yield make
    _left.extend(each.leave() for each in opened)
