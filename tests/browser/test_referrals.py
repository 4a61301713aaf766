"""转诊流向 in a real browser: what is clicked on the map filters the page, stands in the address and is left again."""

import pytest
from playwright.sync_api import Page, expect

from dashboard.store.loader import load_package
from tests.browser.conftest import OpenVisit
from tests.browser.server import running_app
from tests.integration.packages import small_county, write_csv_package

MAP = '[data-testid="stDeckGlJsonChart"]'
STEP, REACH = 12, 160


@pytest.fixture(scope="module")
def county_address(tmp_path_factory: pytest.TempPathFactory):
    """The address of the app on a county with referrals."""
    folder = tmp_path_factory.mktemp("flows")
    url = f"duckdb:///{folder / 'reporting.duckdb'}"
    assert load_package(write_csv_package(folder / "package", small_county()), url).accepted
    with running_app(url, folder / "server.log") as address:
        yield address


def click_something(page: Page) -> str:
    """Move over the middle of the map until something tells its name; click it and return what it told."""
    page.locator(MAP).scroll_into_view_if_needed()
    box = page.locator(MAP).bounding_box()
    assert box
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    for down in range(-REACH, REACH, STEP):
        for across in range(-REACH, REACH, STEP):
            page.mouse.move(middle[0] + across, middle[1] + down)
            page.wait_for_timeout(30)
            told = page.evaluate(
                "() => [...document.querySelectorAll('.deck-tooltip')].filter(e => e.style.display === 'block').map(e => e.innerText)"
            )
            if told:
                page.mouse.click(middle[0] + across, middle[1] + down)
                return str(told[0])
    raise AssertionError("nothing on the map can be pointed at")


def test_a_click_on_the_map_filters_the_page_and_the_way_back(county_address: str, visit: OpenVisit) -> None:
    window = visit()
    page = window.open(f"{county_address}/referrals?month=2025-01")
    whole = page.locator("h1").inner_text()
    click_something(page)
    back = page.locator(".st-key-flow_back button")
    expect(back).to_be_visible(timeout=15_000)
    window.settle()
    assert "focus=" in page.url
    expect(page.locator("h1")).not_to_have_text(whole, use_inner_text=True)
    page.reload()
    window.settle()
    expect(back).to_be_visible()
    back.click()
    expect(back).to_have_count(0, timeout=15_000)
    window.settle()
    assert "focus=" not in page.url
    expect(page.locator("h1")).to_have_text(whole, use_inner_text=True)
    page.locator(".st-key-measure [data-testid='stSelectbox'] input").click()
    page.get_by_role("option", name="线宽：费用").click()
    expect(page.locator(".st-key-flow_legend")).to_contain_text("线宽 = 费用")
    expect(page.locator("h1")).to_have_text(whole, use_inner_text=True)
    assert window.cut_choices() == []
    page.goto(f"{county_address}/referrals?flow=claims&month=2025-03&lang=en")
    window.settle()
    assert window.cut_choices() == []
    play = page.locator(".st-key-flow_play button").first
    play.click()
    heading = page.locator(".st-key-card_flow_player h5")
    expect(heading).to_contain_text(":", timeout=10_000)
    first = heading.inner_text()
    expect(heading).not_to_have_text(first, timeout=10_000)  # the next month, on its own
    play.click()
    window.settle()
    held = heading.inner_text()
    page.wait_for_timeout(2_000)
    assert heading.inner_text() == held
    assert page.locator(".st-key-error_box").count() == 0
    assert window.outside == []
