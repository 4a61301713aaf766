"""The performance page in a browser: a slider moves the ranking, cells open, links restore, two people edit one scheme."""

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenVisit
from tests.browser.server import running_app
from tests.integration.county import fill
from tests.pages.performance.test_page import META, ROWS

RANKING = "[class*='st-key-board_performance_ranking'] svg"


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app on a county of two communities, with a workspace of its own."""
    folder = tmp_path_factory.mktemp("performance")
    url = f"duckdb:///{folder / 'reporting.duckdb'}"
    fill(url, {**ROWS, **META})
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKSPACE_DATABASE_URL", f"sqlite:///{folder / 'workspace.sqlite'}")
        with running_app(url, folder / "server.log") as address:
            yield address


def drawn(page: Page) -> str:
    return page.locator(RANKING).first.inner_html()


def wait_for_drawing(page: Page, before: str, *, same: bool = False) -> None:
    """Wait until the ranking is drawn otherwise than ``before``, or as then (``same``)."""
    page.wait_for_function(
        """([before, same]) => {
          const host = [...document.querySelectorAll('[class*="st-key-board_performance_ranking"] *')].find(node => node.shadowRoot);
          const now = host?.shadowRoot.querySelector('svg')?.innerHTML;
          return now && (now === before) === same;
        }""",
        arg=[before, same],
    )


def weights(page: Page) -> list[float]:
    return [float(value) for value in page.locator(".row.dimension .entry").evaluate_all("nodes => nodes.map(node => node.value)")]


def press(page: Page, selector: str, key: str, times: int = 1) -> None:
    page.locator(selector).focus()
    for _time in range(times):
        page.keyboard.press(key)


def test_a_slider_moves_the_ranking_and_restore_brings_it_back(visit: OpenVisit, county: str) -> None:
    seen = visit(width=1366, height=768)
    page = seen.open(f"{county}/performance")
    before, start = drawn(page), weights(page)
    press(page, "#dimension_integrity", "ArrowRight", 12)
    wait_for_drawing(page, before)
    seen.settle()
    moved = weights(page)
    assert moved[5] == start[5] + 12
    assert sum(moved) == pytest.approx(100, abs=0.5)
    page.get_by_role("button", name="恢复方案").click()
    wait_for_drawing(page, before, same=True)
    seen.settle()
    assert weights(page) == start
    assert seen.outside == []


def test_an_indicator_has_its_own_slider_and_a_typed_weight_counts(visit: OpenVisit, county: str) -> None:
    seen = visit(width=1366, height=768)
    page = seen.open(f"{county}/performance")
    before = drawn(page)
    page.locator(".toggle").first.click()
    entry = page.locator(".row.indicator:has(#indicator_B02) .entry")
    entry.fill("15")
    entry.press("Enter")
    wait_for_drawing(page, before)
    seen.settle()
    assert float(entry.input_value()) == 15
    assert weights(page)[0] == 20


def test_a_cell_opens_its_indicators_and_the_link_restores_them(visit: OpenVisit, county: str) -> None:
    seen = visit(width=1366, height=768)
    page = seen.open(f"{county}/performance?part=trend")
    page.locator(".strip tbody tr").nth(1).locator("button").nth(5).click()
    box = page.locator(".st-key-performance_cell")
    expect(box).to_contain_text("廉洁从医扣分")
    seen.settle()
    address = page.url
    assert "dimension=integrity" in address
    assert parse_qs(urlsplit(address).query)["part"] == ["走势与进步"]
    other = visit(width=1366, height=768)
    again = other.open(address)
    expect(again.locator(".st-key-performance_cell")).to_have_text(box.inner_text(), use_inner_text=True)
    assert seen.outside == other.outside == []


def test_what_stands_behind_the_ranking_opens(visit: OpenVisit, county: str) -> None:
    seen = visit(width=1366, height=768)
    page = seen.open(f"{county}/performance")
    page.locator(".st-key-head_performance_ranking .details").click()
    opened = page.locator(".st-key-opened_details_performance_ranking")
    expect(opened).to_contain_text("10,000")
    with page.expect_download() as download:
        opened.get_by_role("button", name="下载 Excel").click()
    assert download.value.suggested_filename.endswith(".xlsx")


def save(page: Page, name: str, author: str) -> None:
    page.get_by_label("方案名称").fill(name)
    page.get_by_label("姓名").first.fill(author)
    page.get_by_label("理由", exact=True).fill("试行")
    page.get_by_role("button", name="保存为新版本").click()


def test_two_people_edit_one_scheme_the_second_keeps_what_was_edited(visit: OpenVisit, county: str) -> None:
    first = visit(width=1366, height=768)
    page = first.open(f"{county}/performance?part=versions")
    save(page, "两人方案", "甲")
    page.wait_for_url(
        lambda address: "evaluation=" in address and "evaluation=file" not in address
    )  # the scheme saved, not the delivered one
    first.settle()
    second = visit(width=1366, height=768)
    other = second.open(page.url)
    for each, steps in ((page, 4), (other, 9)):  # both have begun before either saves
        before = drawn(each)
        press(each, "#dimension_integrity", "ArrowRight", steps)
        wait_for_drawing(each, before)
    first.settle()
    second.settle()
    save(page, "两人方案", "甲")
    first.settle()
    expect(page.get_by_text("已保存：两人方案 v2").first).to_be_visible()
    save(other, "两人方案", "乙")
    expect(other.locator("[data-testid='stAlert']").first).to_contain_text("甲")
    second.settle()
    assert weights(other)[5] == 15
    expect(other.get_by_label("方案名称")).to_have_value("两人方案")
