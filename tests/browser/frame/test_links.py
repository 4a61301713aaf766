"""A link with codes, or with labels of the other language, shows its choices as chosen at once and every other switch at its default."""

from playwright.sync_api import Page

from tests.browser.conftest import OpenVisit

SWITCHES = """() => [...document.querySelectorAll('[data-testid="stMain"] [data-testid="stButtonGroup"]')].map((group) =>
    [...group.querySelectorAll('button')].filter((each) => each.getAttribute('aria-checked') === 'true'
      || each.getAttribute('aria-pressed') === 'true').map((each) => each.innerText.trim()))"""


def chosen(page: Page) -> list[str]:
    """Return what each switch of the page shows as chosen; a switch that shows none or two fails."""
    found = page.evaluate(SWITCHES)
    assert all(len(each) == 1 for each in found), found
    return [each[0] for each in found]


LINKS = (
    ("/resources", ["供给与缺口"]),
    ("/resources?unit=community", ["供给与缺口", "医共体"]),
    ("/resources?unit=Community", ["供给与缺口", "医共体"]),
    ("/resources?section=access&counted=primary", ["可及性", "只计基层机构"]),
    ("/resources?section=people", ["人力结构"]),
    ("/resources?section=人力结构&lang=en", ["Workforce"]),
    ("/utilisation?use=pabon&lines=own", ["四象限"]),
    ("/utilisation?hospital=H2", ["床位使用"]),
    ("/utilisation?rate=turnover", ["床位使用"]),
    ("/performance?part=trend", ["走势与进步"]),
    ("/performance?part=Data+trust", []),
    ("/meeting?about=audit", ["操作记录"]),
)


def test_a_link_shows_its_choices_as_chosen_at_once(app_address: str, visit: OpenVisit) -> None:
    window, missed = visit(), {}
    for link, expected in LINKS:
        shown = chosen(window.open(f"{app_address}{link}"))
        assert shown, f"{link}: a page of switches draws some"
        if missing := [each for each in expected if each not in shown]:
            missed[link] = missing
    assert missed == {}
