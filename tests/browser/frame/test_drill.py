"""Why is a number so: three clicks from the Overview; and the marks of charts on the other pages open the same panel."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from dashboard.store.importing.loader import load_package
from tests.browser.conftest import OpenVisit
from tests.browser.server import running_app
from tests.integration.packages import small_county, write_csv_package


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app on a county of two communities."""
    folder = tmp_path_factory.mktemp("drill")
    url = f"duckdb:///{folder / 'reporting.duckdb'}"
    assert load_package(write_csv_package(folder / "package", small_county()), url).accepted
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKSPACE_DATABASE_URL", f"sqlite:///{folder / 'workspace.sqlite'}")
        with running_app(url, folder / "server.log") as address:
            yield address


def panel(page: Page) -> Locator:
    return page.get_by_role("dialog")


def row_of(table: Locator, number: int) -> None:
    """Click the first cell of row ``number`` (from 1) of a table, which is drawn on a canvas."""
    box = table.bounding_box()
    assert box is not None
    height = 30
    table.click(position={"x": 60, "y": height * number + height / 2})


def test_why_the_primary_visit_rate_of_a_community_is_low_takes_three_clicks(visit: OpenVisit, county: str) -> None:
    seen = visit(width=1366, height=768)
    page = seen.open(f"{county}/?month=2025-02")
    # One: the cell of the community and its primary visit rate.
    page.get_by_role("button", name="一 基层就诊率").click()
    expect(panel(page)).to_contain_text("基层就诊率 · 一")
    expect(panel(page)).to_contain_text("23.1%")  # 301 of 1302 visits, against the target
    expect(panel(page)).to_contain_text("合计，近 13 个月")
    tables = panel(page).get_by_test_id("stDataFrame")
    expect(tables).to_have_count(2)
    institutions = tables.first.locator("table").first  # what a screen reader reads of the canvas
    expect(institutions).to_contain_text("第一医院")
    expect(institutions).to_contain_text(re.compile("1,?001"))
    # Two: the institution that pulls it down, with its months.
    row_of(tables.first, 1)
    expect(panel(page)).to_contain_text("第一医院，近 13 个月")
    # Three: how the number is made.
    panel(page).get_by_text("口径：公式、来源、目标").click()
    expect(panel(page)).to_contain_text("基层医疗卫生机构")
    assert seen.outside == []


@pytest.mark.parametrize(
    ("address", "mark", "words"),
    [
        ("/resources?section=supply&month=2025-01&resource=beds", ".st-key-board_chart_ranking svg > rect", "每千人口床位数"),
        ("/resources?section=supply&month=2025-01&resource=beds", ".st-key-board_chart_gaps svg > rect", "每千人口"),
        ("/utilisation?use=beds&month=2025-01", ".st-key-board_chart_bed_calendar svg > rect:not(.ring) >> nth=-1", "病床使用率"),
        ("/utilisation?use=equipment&month=2025-01", ".st-key-board_chart_devices svg > rect", "设备使用率"),
    ],
)
def test_a_mark_of_a_chart_opens_the_panel(visit: OpenVisit, county: str, address: str, mark: str, words: str) -> None:
    page = visit(width=1366, height=768).open(f"{county}{address}")
    place = page.locator(mark).first
    place.scroll_into_view_if_needed()
    box = place.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(panel(page)).to_contain_text(words)
    expect(panel(page)).to_contain_text("近 13 个月")
