"""全市各县 in a real browser: a row and a column head change the page and its address, by pointer and by keyboard."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenVisit
from tests.browser.server import running_app
from tests.prefecture_county import make_prefecture


@pytest.fixture(scope="module")
def prefecture_address(tmp_path_factory: pytest.TempPathFactory):
    """The address of the app on twelve counties."""
    folder = tmp_path_factory.mktemp("prefecture")
    url = make_prefecture(f"duckdb:///{folder / 'reporting.duckdb'}")
    with running_app(url, folder / "server.log") as address:
        yield address


def test_a_county_and_an_indicator_are_chosen_in_the_table(prefecture_address: str, visit: OpenVisit) -> None:
    window = visit()
    page = window.open(f"{prefecture_address}/prefecture")
    table = page.locator(".st-key-card_prefecture_table")
    expect(page.locator(".st-key-prefecture_way_in")).to_contain_text("已选 白渡县")
    table.get_by_role("button", name="选中松岭县").click()
    expect(page.locator(".st-key-prefecture_way_in")).to_contain_text("已选 松岭县")
    assert "marked=P04" in page.url
    head = table.get_by_role("button", name="比较基层就诊率")
    head.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".st-key-card_prefecture_map")).to_contain_text("基层就诊率：地图")
    assert "compared=B02" in page.url
    page.reload()
    window.settle()
    expect(page.locator(".st-key-prefecture_way_in")).to_contain_text("已选 松岭县")
    assert not window.outside


def test_the_filters_follow_the_county_that_is_chosen(prefecture_address: str, visit: OpenVisit) -> None:
    """A month, or a community, that the county does not have stands in no field; back at all counties the newest month does."""
    window = visit()
    page = window.open(f"{prefecture_address}/?county=P04")
    county, month, community = (page.locator(f".st-key-{name} input") for name in ("county", "month", "community"))
    expect(month).to_have_value("2025-10")
    community.click()
    page.get_by_role("option", name="松岭县医共体").click()
    window.settle()
    county.click()
    page.get_by_role("option", name="竹浦县").click()
    window.settle()
    expect(page.locator(".st-key-header")).to_contain_text("竹浦县 · 2025年9月")
    expect(month).to_have_value("2025-09")
    expect(community).to_have_value("全县")
    page.get_by_role("link", name="全市各县").click()
    window.settle()
    expect(month).to_have_value("2025-10")
    expect(county).to_be_disabled()
