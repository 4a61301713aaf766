"""The fiscal what-if in a browser, one way from end to end: moved, saved, compared, shared, put on an agenda, exported."""

import io
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import Page

from dashboard.services.common.plan import read_link
from tests.browser.conftest import OpenVisit
from tests.browser.server import Visit, running_app
from tests.fiscal_county import make_fiscal_county

_WORDS = """
(key) => {
  const holder = document.querySelector(`[class*="st-key-${key}"]`);
  if (!holder) return '';
  for (const node of holder.querySelectorAll('*')) if (node.shadowRoot) return node.shadowRoot.textContent.replace(/\\s+/g, ' ');
  return '';
}
"""
_BOARD = "board_fiscal"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the app on a county with the data of both what-ifs, with a workspace of this module's own."""
    folder = tmp_path_factory.mktemp("fiscal_app")
    url = make_fiscal_county(f"duckdb:///{folder / 'reporting.duckdb'}")
    with running_app(url, folder / "server.log", WORKSPACE_DATABASE_URL=f"sqlite:///{folder / 'workspace.sqlite'}") as app:
        yield app


def opened(visit: Visit, address: str) -> Page:
    page = visit.open(address)
    page.wait_for_function(f"() => ({_WORDS})('{_BOARD}').length > 100", timeout=30_000)
    return page


def board(page: Page) -> str:
    return str(page.evaluate(_WORDS, _BOARD))


def test_a_scenario_goes_its_whole_way(visit: OpenVisit, address: str, tmp_path: Path) -> None:
    visited = visit()
    page = opened(visited, f"{address}/fiscal?fiscal_part=saved")
    start = board(page)
    slider = page.locator('[class*="st-key-fiscal_panel"] input[type="range"]').first
    slider.focus()
    slider.press("ArrowRight")
    page.wait_for_function(f"(before) => ({_WORDS})('{_BOARD}') !== before", arg=start, timeout=30_000)
    moved = board(page)
    page.wait_for_function("() => new URLSearchParams(location.search).has('measures')", timeout=15_000)
    link = str(page.evaluate("() => location.href"))
    plan = read_link(str(page.evaluate("() => new URLSearchParams(location.search).get('measures')")))
    assert list(plan.scenario.coefficients) == ["transition_weight"]

    page.get_by_role("button", name="另存为方案").click()
    page.get_by_label("名称", exact=True).fill("快一步")
    page.get_by_role("button", name="保存", exact=True).click()
    page.get_by_text("已保存“快一步”，第 1 版").wait_for(timeout=30_000)

    visited.settle()
    page.locator('[class*="st-key-fiscal_compared"] input').press_sequentially("快一")
    page.get_by_role("option", name="快一步").click()
    page.wait_for_function(f"() => ({_WORDS})('board_compare').includes('快一步')", timeout=30_000)
    assert "● 过渡比例" in str(page.evaluate(_WORDS, "board_compare"))

    again = opened(visit(), link)
    again.wait_for_function(f"(words) => ({_WORDS})('{_BOARD}') === words", arg=moved, timeout=30_000)

    with page.expect_download(timeout=60_000) as waiting:
        page.locator('[class*="st-key-download_fiscal_export"] button').click()
    waiting.value.save_as(tmp_path / "scenario.xlsx")
    book = openpyxl.load_workbook(io.BytesIO((tmp_path / "scenario.xlsx").read_bytes()))
    assert "快一步" in [row[1].value for row in book["来源"].iter_rows()]

    page.locator('[class*="st-key-submit_fiscal_plan"] button').first.click()
    page.get_by_label("会议名称").fill("补偿专题会")
    page.get_by_role("button", name="加入议程").click()
    page.get_by_text("已加入").wait_for(timeout=30_000)
    meeting = visited.open(f"{address}/meeting")
    meeting.get_by_text("补偿专题会").first.wait_for(timeout=30_000)
    assert visited.outside == []
