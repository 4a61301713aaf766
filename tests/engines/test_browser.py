"""Every page in a real browser, served from MariaDB and from Spark: word for word what is served from the DuckDB file they come from.

Two counties with their marts, so that 全市各县 has something to compare. Each page leaves a picture in the folder that pytest keeps
(``pictures`` of its last runs, or ``PICTURES``), for people to look at.
"""

import os
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from dashboard.topics import HOME, PAGES
from tests.browser.server import Visit, running_app
from tests.engines.test_pages import differing
from tests.views import APART

WORDS = (Path(__file__).parent / "page_words.js").read_text(encoding="utf-8")
_MINUTES = 15
"""For a page, and for a server to be ready: that is some dozens of questions, and Spark takes a second or more for each."""
_BUSY = re.compile(r"\b\d\d:\d\d(:\d\d)?\b")
"""What the clock says."""
_PATHS = {HOME: "", "cockpit": "cockpit?rotate=0"}
SERVED = [page.name for page in PAGES if page.name not in APART]


class Served:
    """The program on one database, and a window at it."""

    def __init__(self, address: str, window: Visit, pictures: Path, name: str) -> None:
        self._address, self._window, self._pictures, self._name = address, window, pictures, name
        self.words = cache(self._words)

    def _words(self, page: str) -> list[str]:
        """Open ``page``, keep its picture and return its texts."""
        opened = self._window.open(f"{self._address}/{_PATHS.get(page, page)}")
        opened.screenshot(path=self._pictures / f"{page}-{self._name}.png")
        found = [_BUSY.sub("#", words) for words in opened.evaluate(WORDS)]
        assert not [words for words in found if "错误编号" in words]
        return found


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = Path(os.environ["PICTURES"]) if "PICTURES" in os.environ else tmp_path_factory.mktemp("pictures")
    folder.mkdir(exist_ok=True)
    return folder


def _served(browser: Browser, url: str, name: str, pictures: Path, folder: Path) -> Iterator[Served]:
    """Serve ``url`` with a workspace of its own; a busy machine is no difference."""
    workspace = f"sqlite:///{folder / f'{name}.sqlite'}"
    log, seconds = folder / f"{name}.log", 60 * _MINUTES
    with running_app(url, log, start_seconds=seconds, WORKSPACE_DATABASE_URL=workspace, DATABASE_SECONDS="120") as address:
        window = Visit(browser, width=1366, height=1600, patience=1000 * seconds)
        yield Served(address, window, pictures, name)
        window.close()


@pytest.fixture(scope="module")
def duckdb_served(browser: Browser, two_url: str, pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    yield from _served(browser, two_url, "duckdb", pictures, tmp_path_factory.mktemp("duckdb"))


@pytest.fixture(scope="module", params=["mariadb", "spark"])
def served(request: pytest.FixtureRequest, browser: Browser, pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The program on an engine. An engine that is not installed skips by its name."""
    url = request.getfixturevalue(f"two_{request.param}")
    yield from _served(browser, url, request.param, pictures, tmp_path_factory.mktemp(request.param))


@pytest.mark.parametrize("page", SERVED)
def test_a_page_in_the_browser_is_that_of_duckdb(served: Served, duckdb_served: Served, page: str) -> None:
    expected, found = duckdb_served.words(page), served.words(page)
    assert len(expected) > 20
    assert differing(expected, found) == []
