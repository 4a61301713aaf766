"""Every section of every page of the demonstration county, in both languages: no text is cut, and paper shows it whole.

``test_layout`` tries every page at every size on a county of a few rows; what fills a page, and so what could be cut, is here. The
window is as narrow as a desk's (1024) and as a full row's (1366): what is not cut there is not cut where there is more room.
"""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from dashboard.language import translate
from dashboard.topics import PAGES
from tests.browser.conftest import OpenVisit
from tests.browser.frame.test_layout import LAYOUT, check_paper, check_view
from tests.browser.server import Visit, running_app
from tests.conftest import Demonstration
from tests.views import VIEWS, sections_of

SIZES = ((1024, 768), (1366, 768))


@pytest.fixture(scope="module")
def county(demonstration: Demonstration, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the app on the demonstration county."""
    with running_app(demonstration.url, tmp_path_factory.mktemp("sections") / "server.log") as address:
        yield address


def _opened(window: Visit, address: str, name: str, language: str) -> Iterator[str]:
    """Open ``name`` and yield what every view of it is called while it is shown: the first by its address, the others by a click."""
    views = [view for view in VIEWS if view.page == name]
    page, sections = window.page, sections_of(name)
    first = "&".join(f"{key}={code}" for key, code in {**views[0].query, "lang": language}.items())
    window.open(f"{address}/{'' if name == 'overview' else name}?{first}")
    yield str(views[0])
    for view in views[1:]:
        if sections is None:
            window.open(f"{address}/{name}?lang={language}&" + "&".join(f"{key}={code}" for key, code in view.query.items()))
        else:
            label = translate(sections.labels[view.query[sections.key]], language)
            switch = page.locator(f".st-key-{sections.key} button").filter(has_text=re.compile(f"^{re.escape(label)}$"))
            if not switch.count():  # not for this reader
                continue
            switch.click()
            window.settle()
        yield str(view)


def _unreadable(page: Page, window: Visit) -> list[str]:
    return [*page.evaluate(LAYOUT), *(f"cut choice: {words}" for words in window.cut_choices())]


@pytest.mark.parametrize("name", [entry.name for entry in PAGES if entry.listed])
def test_every_section_is_whole_on_screen_and_paper(county: str, visit: OpenVisit, name: str) -> None:
    window = visit(width=SIZES[0][0], height=SIZES[0][1])
    sizes = list(SIZES)
    cut: dict[str, list[str]] = {}
    shown = 0
    for language in ("zh", "en"):
        for view in _opened(window, county, name, language):
            shown += 1
            for size in sizes:
                window.resize(*size)
                check_view(window.page)
                for words in _unreadable(window.page, window):
                    cut.setdefault(f"{view} {language} {words}", []).append(str(size[0]))
            sizes.reverse()  # the next view begins at the size that the window has
            if language == "zh":
                check_paper(window.page)
    assert cut == {}
    assert shown >= 2
