"""Every section of every page of the demonstration county: no text is cut, and paper shows it whole.

``test_layout`` tries every page at every size on a county of a few rows; what fills a page, and so what could be cut, is here. A page is
opened once and its sections are switched within the visit. The window is as narrow as a desk's (1024), where there is least room.
"""

import re
from collections.abc import Iterator

import pytest

from dashboard.language import translate
from dashboard.topics import PAGES
from dashboard.ui.referrals.controls import VIEWS as SOURCES
from tests.browser.conftest import OpenVisit
from tests.browser.frame.test_layout import LAYOUT, check_paper, check_view
from tests.browser.server import Visit, running_app
from tests.conftest import Demonstration
from tests.views import VIEWS, View, sections_of

SIZES = {"zh": (1024, 768), "en": (1366, 768)}


@pytest.fixture(scope="module")
def county(demonstration: Demonstration, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the app on the demonstration county."""
    with running_app(demonstration.url, tmp_path_factory.mktemp("sections") / "server.log") as address:
        yield address


def _switched(window: Visit, name: str, view: View, language: str) -> bool:
    """Switch to another section of the page that is open; False where this reader has none."""
    sections = sections_of(name)
    key, code = next(iter(view.query.items()))
    label = translate((sections.labels if sections else SOURCES)[code], language)
    switch = window.page.locator(f".st-key-{key} button").filter(has_text=re.compile(f"^{re.escape(label)}$"))
    if not switch.count():
        return False
    switch.click()
    window.settle()
    return True


@pytest.mark.parametrize("name", [entry.name for entry in PAGES if entry.listed])
def test_every_section_is_whole_on_screen_and_paper(county: str, visit: OpenVisit, name: str) -> None:
    views = [view for view in VIEWS if view.page == name]
    window = visit(width=SIZES["zh"][0], height=SIZES["zh"][1])
    page = window.open(
        f"{county}/{'' if name == 'overview' else name}?" + "&".join(f"{key}={code}" for key, code in views[0].query.items())
    )
    cut: dict[str, list[str]] = {}
    for language, size in SIZES.items():
        if language != "zh":
            page.locator(".st-key-lang button").filter(has_text=re.compile(f"^{language}$", re.IGNORECASE)).click()
            window.settle()
            window.resize(*size)
            views.reverse()  # from where the visit is
        for place, view in enumerate(views):
            if place and not _switched(window, name, view, language):
                continue
            check_view(page)
            if language == "zh":
                check_paper(page)
            cut[f"{view} {language}"] = [*page.evaluate(LAYOUT), *window.cut_choices()]
    assert {where: words for where, words in cut.items() if words} == {}
    assert len(cut) >= 2
