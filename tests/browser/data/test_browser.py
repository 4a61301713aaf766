"""A month from approval to correction, and a report from the tray to the database, as three people at three machines do it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, expect

from dashboard.store.importing.loader import load_package
from dashboard.workspace import Action, Kind, Workspace, open_workspace
from dashboard.workspace.accounts import GrantRequest
from tests.browser.server import Visit, running_app
from tests.integration.packages import small_county, write_csv_package

PASSWORD = "Median-River-10"
MARCH = "month=2025-03"
_PATIENCE = 60_000


@dataclass
class County:
    """A server with sign-in on, the workspace behind it, and who has opened it: by account, at a machine of their own."""

    address: str
    workspace: Workspace
    browser: Browser
    visits: dict[str, Visit]

    def at(self, account: str, section: str, more: str = "") -> Page:
        """Return the section as the person sees it, signed in; it has run to its end."""
        known = self.visits.get(account)
        path = f"{self.address}/data?about={section}{more}"
        if known is None:
            known = self.visits[account] = Visit(self.browser, width=1366, height=900)
            known.page.goto(path)
            known.page.fill("#account", account)
            known.page.fill("#password", PASSWORD)
            known.page.keyboard.press("Enter")
            known.page.wait_for_url(lambda address: "/sign-in" not in address)
        else:
            known.page.goto(path)
        known.settle()
        return known.page

    def settle(self, account: str) -> None:
        """Wait for the run that a click has asked for."""
        self.visits[account].settle()


@pytest.fixture(scope="module")
def county(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[County]:
    folder = tmp_path_factory.mktemp("approval")
    database, url = f"duckdb:///{folder / 'reporting.duckdb'}", f"sqlite:///{folder / 'workspace.sqlite'}"
    assert load_package(write_csv_package(folder / "package", small_county()), database).accepted
    workspace = open_workspace(url)
    for account, name, request in (
        ("chenjing", "陈静", GrantRequest("committee")),
        ("wangmin", "王敏", GrantRequest("data_manager")),
        ("lisi", "李四", GrantRequest("institution", institutions=("C1",))),
    ):
        workspace.accounts.add(account, name=name, password=PASSWORD, request=request, actor=None, second=False)
        workspace.accounts.set_password(account, PASSWORD, first=False, actor=None)
    with running_app(
        database, folder / "server.log", WORKSPACE_DATABASE_URL=url, SIGN_IN="local", SUBMISSIONS_FOLDER=str(folder / "submissions")
    ) as address:
        served = County(address, workspace, browser, {})
        yield served
        for each in served.visits.values():
            each.close()
    workspace.close()


def _act(county: County, act: str, *units: str, reason: str = "核对无误") -> None:
    """Do ``act`` to units of March, one page each time: what was chosen is shown before it is sent."""
    page = county.at("chenjing", "approval", f"&{MARCH}")
    if act != "审定":
        page.get_by_role("radio", name=act, exact=True).or_(page.get_by_role("button", name=act, exact=True)).first.click()
        county.settle("chenjing")
    field = page.get_by_role("combobox", name="给谁")
    for unit in units:
        field.fill(unit)
        option = page.get_by_role("option", name=unit, exact=True)
        option.click()
        expect(option).to_have_count(0)  # what was chosen is no choice any more
    page.keyboard.press("Escape")
    page.get_by_label(re.compile("^(理由|说明)")).fill(reason)
    page.get_by_test_id("stFormSubmitButton").get_by_role("button").click()
    county.settle("chenjing")


def _check(county: County, account: str, *rows: tuple[str, str, int]) -> Page:
    """Upload visits and check them; return the page with what was found."""
    page = county.at(account, "load")
    lines = ["institution_code,month,visits,emergency_visits", *(f"{who},{month},{count},10" for who, month, count in rows)]
    page.set_input_files("input[type=file]", {"name": "fact_outpatient.csv", "mimeType": "text/csv", "buffer": "\n".join(lines).encode()})
    expect(page.get_by_text("选了 1 个文件")).to_be_visible()
    county.settle(account)
    if account == "wangmin":
        page.get_by_role("combobox", name="业务表替换什么").click()
        page.get_by_role("option", name="只替换包里有的单位").click()
        county.settle(account)
    return _checked(county, account, page)


def _checked(county: County, account: str, page: Page) -> Page:
    page.get_by_role("button", name="只检查，不载入").click()
    county.settle(account)
    expect(page.get_by_text(re.compile("^检查："))).to_be_visible(timeout=_PATIENCE)
    return page


def _load(county: County, page: Page, reason: str) -> None:
    page.get_by_label("理由", exact=True).fill(reason)
    page.keyboard.press("Control+Enter")
    county.settle("wangmin")
    expect(page.get_by_text("5 载入")).to_be_visible()
    page.get_by_test_id("stButton").get_by_role("button", name=re.compile("^载入 .* 行")).click()
    county.settle("wangmin")


def test_approved_locked_refused_unlocked_loaded_and_what_was_frozen_says_so(county: County) -> None:
    result = county.workspace.create(Kind.RESULT, "一季度评价", {"values": {"A": {"C08": 9.1}}}, author="陈静", data_version=1)
    county.workspace.freeze(result.document_id, based_on=1, period="month:2025-03", author="陈静", reason="一季度评价")
    _act(county, "审定", "机构 东卫", "机构 一院")
    _act(county, "审定", "医共体 一")
    page = county.at("chenjing", "approval", f"&{MARCH}")
    expect(page.get_by_role("heading", level=1)).to_contain_text("医共体 1/")

    page = _check(county, "wangmin", ("C1", "2025-02-01", 301), ("C1", "2025-03-01", 999))
    expect(page.get_by_role("heading", level=1)).to_have_text("不能载入：1 个错误")
    expect(page.get_by_text("✕ 检查")).to_be_visible()
    told = page.get_by_text("✕ fact_outpatient.csv 第 3 行")
    expect(told).to_contain_text("“C1 · 2025-03” · 这个月份已审定并锁定")
    expect(told).to_contain_text("[period_locked]")
    assert county.workspace.approvals.acts()[-1].act == "approved"

    _act(county, "解锁", "机构 东卫", reason="漏传两天")
    page = _check(county, "wangmin", ("C1", "2025-02-01", 301), ("C1", "2025-03-01", 999))
    expect(page.get_by_role("heading", level=1)).to_contain_text("可以载入：新增 0 行、改 1 行")
    expect(page.get_by_text("4 看差异")).to_be_visible()
    _load(county, page, "漏传两天，东卫来函更正")
    expect(page.get_by_text("已载入第 2 批")).to_be_visible(timeout=_PATIENCE)

    page = county.at("chenjing", "lineage", f"&{MARCH}&traced=C08")
    expect(page.get_by_text("一季度评价：冻结后数据有改动：第 2 批更正 1 份")).to_be_visible()


def test_what_an_institution_submits_waits_in_the_tray_until_the_data_manager_takes_it_over(county: County) -> None:
    page = _check(county, "lisi", ("C1", "2025-01-01", 345))
    expect(page.get_by_text("5 提交")).to_be_visible()
    page.get_by_role("button", name="提交给数据管理员").click()
    county.settle("lisi")
    expect(page.get_by_text("我报送的：1 份等接收")).to_be_visible()

    page = county.at("wangmin", "load")
    expect(page.get_by_text("报送待接收：1 份")).to_be_visible()
    page.get_by_role("button", name="接收并检查").click()
    county.settle("wangmin")
    expect(page.get_by_role("heading", level=1)).to_contain_text("可以载入：新增 0 行、改 1 行", timeout=_PATIENCE)
    expect(page.get_by_role("combobox", name="业务表替换什么")).to_have_value("只替换包里有的单位")
    _load(county, page, "接收东卫报送")
    expect(page.get_by_text(re.compile("已载入第 . 批"))).to_be_visible(timeout=_PATIENCE)

    page = county.at("lisi", "load")
    expect(page.get_by_text(re.compile("东卫 · 2025-01 · 1 行 .*已载入第 . 批"))).to_be_visible()
    (entry, *_rest) = county.workspace.audit.entries(action=Action.LOAD)
    assert (entry.actor, entry.details["submitted_by"]) == ("王敏", "李四")
