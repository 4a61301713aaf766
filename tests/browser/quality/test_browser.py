"""费用与质量 in a real browser: the stories of a county in three clicks, and a point of a chart that opens what is behind it."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenVisit
from tests.browser.server import running_app
from tests.quality_county import county
from tests.utilisation_county import make_county


@pytest.fixture(scope="module")
def county_address(tmp_path_factory: pytest.TempPathFactory):
    """The address of the app on the county whose figures are worked out by hand."""
    folder = tmp_path_factory.mktemp("quality")
    url = make_county(f"duckdb:///{folder / 'reporting.duckdb'}", county())
    with running_app(url, folder / "server.log") as address:
        yield address


def test_the_stories_are_reached_in_three_clicks(county_address: str, visit: OpenVisit) -> None:
    window = visit()
    page = window.open(f"{county_address}/quality?grain=ytd")
    expect(page.locator(".st-key-card_quality_checks")).to_contain_text("三医院 外科")
    page.get_by_role("radio", name="费用分析").click()
    window.settle()
    expect(page.locator(".st-key-card_quality_changes")).to_contain_text("县医院升得最多")
    page.get_by_role("radio", name="DRG").click()
    window.settle()
    expect(page.locator(".st-key-card_quality_signals")).to_contain_text("二医院 · 组内编码上移")
    assert "quality=" in page.url
    page.reload()
    window.settle()
    expect(page.locator(".st-key-card_quality_signals")).to_be_visible()
    assert not window.outside


def test_a_figure_opens_the_institutions_behind_it(county_address: str, visit: OpenVisit) -> None:
    window = visit()
    page = window.open(f"{county_address}/quality?quality=care&grain=ytd")
    page.locator(".st-key-facts_quality_axes .opens").filter(has_text="再入院率").click()
    window.settle()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("三医院")
