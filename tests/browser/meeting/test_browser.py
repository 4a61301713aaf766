"""A meeting in a real browser: agenda, presenting by keyboard, a decision and its revision, two operators, notes."""

import datetime

import pytest
from playwright.sync_api import Page, expect

from dashboard.services.common.notes import list_notes
from dashboard.services.common.workspace import current_workspace
from dashboard.services.meeting.agendas import SavedAgenda, agenda_of, list_agendas, page_item, read_agenda, save_agenda, text_item
from dashboard.services.meeting.decisions import decision_history, list_decisions
from dashboard.settings import settings
from dashboard.store.scope import COUNTY
from tests.browser.conftest import OpenVisit

DAY = datetime.date(2026, 11, 30)


@pytest.fixture(autouse=True)
def _server_settings(app_address: str) -> None:
    """This process reads the workspace that the server writes."""
    settings.cache_clear()


def prepared(title: str) -> SavedAgenda:
    items = [
        text_item("开场", "# 欢迎\n\n<img src=x onerror=alert(1)> ![x](http://evil.example/x.png) [外](http://evil.example)"),
        page_item("运行情况", "/?month=2025-04&grain=ytd"),
        page_item("资源：人力", "/resources?section=people"),
        page_item("资源：公平", "/resources?section=equity"),
        text_item("散会", "完"),
    ]
    return save_agenda(current_workspace(), agenda_of(title, DAY, items), author="李秘书")


def shown(page: Page, number: int, count: int) -> None:
    expect(page.locator(".st-key-presentation")).to_contain_text(f"{number} / {count}", timeout=30_000)


def fill(page: Page, key: str, text: str) -> None:
    field = page.locator(f".st-key-{key}").locator("input, textarea").first
    expect(field).to_be_visible()
    expect(page.locator('[data-testid="stApp"]')).to_have_attribute(
        "data-test-script-state", "notRunning"
    )  # nobody types while it is drawn
    field.fill(text)
    field.blur()


def test_an_agenda_is_made_on_the_page(app_address: str, visit: OpenVisit) -> None:
    window = visit()
    page = window.open(f"{app_address}/meeting")
    page.locator(".st-key-meeting_new button").first.click()
    window.settle()
    fill(page, "meeting_new_title", "页面上建的会")
    page.get_by_role("button", name="新建", exact=True).click()
    expect(page.get_by_role("heading", level=1, name="页面上建的会")).to_be_visible()
    window.settle()
    page.locator(".st-key-meeting_add button").first.click()
    window.settle()
    fill(page, "meeting_item_new_page_title", "总览")
    window.settle()
    fill(page, "meeting_item_new_page_link", "http://evil.example/resources")
    window.settle()
    page.get_by_role("button", name="加入议程").click()
    expect(page.get_by_role("dialog")).to_contain_text("这不是本系统的链接")
    fill(page, "meeting_item_new_page_link", f"{app_address}/resources?section=people&utm=1")
    window.settle()
    page.get_by_role("button", name="加入议程").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    window.settle()
    page.locator(".st-key-meeting_save button").first.click()
    expect(page.get_by_text("第 2 版").first).to_be_visible()
    made = next(each for each in list_agendas(current_workspace()) if each.agenda.title == "页面上建的会")
    assert [item.address for item in made.agenda.items] == ["/resources?section=people"]
    assert window.outside == []


def test_presenting_by_keyboard_shows_the_real_pages(app_address: str, visit: OpenVisit) -> None:
    saved = prepared("键盘演示")
    window = visit(width=1280, height=720)
    page = window.open(f"{app_address}/meeting?agenda={saved.agenda_id}")
    page.locator(".st-key-meeting_present button").first.click()
    shown(page, 1, 5)
    window.settle()
    expect(page.locator('[data-testid="stSidebar"]')).to_be_hidden()
    slide = page.locator(".st-key-slide_text")
    expect(slide.locator("h1")).to_have_text("欢迎")
    assert slide.locator("a, img, script").count() == 0
    page.keyboard.press("PageDown")
    shown(page, 2, 5)
    window.settle()
    assert "month=2025-04" in page.url
    assert f"agenda={saved.agenda_id}" in page.url
    assert [field.input_value() for field in page.locator(".st-key-filters input").all()][:2] == ["2025-04", "本年累计"]
    page.keyboard.press("ArrowRight")
    shown(page, 3, 5)
    window.settle()
    chosen = page.locator('.st-key-section button[aria-checked="true"], .st-key-section button[kind="segmented_controlActive"]')
    expect(chosen.first).to_contain_text("人力")
    assert [field.input_value() for field in page.locator(".st-key-filters input").all()][1] == "月度"
    page.keyboard.press("PageDown")
    shown(page, 4, 5)
    window.settle()
    expect(chosen.first).to_contain_text("公平")
    page.keyboard.press("End")
    shown(page, 5, 5)
    page.keyboard.press("PageDown")  # there is no next
    page.keyboard.press("PageUp")
    shown(page, 4, 5)
    window.settle()
    page.keyboard.press("Home")
    shown(page, 1, 5)
    page.reload()
    shown(page, 1, 5)
    page.locator(".st-key-present_leave button").first.click()
    expect(page.locator(".st-key-presentation")).to_have_count(0)
    window.settle()  # until the run has ended, the slide left may stand beside the page
    expect(page.locator("h1")).to_contain_text("键盘演示")
    assert window.outside == []


def test_a_decision_is_recorded_in_the_meeting_and_its_history_kept(app_address: str, visit: OpenVisit) -> None:
    saved = prepared("记录决定的会")
    window = visit()
    page = window.open(f"{app_address}/meeting?agenda={saved.agenda_id}&item=5&present=1")
    shown(page, 5, 5)
    page.locator(".st-key-present_decide button").first.click()
    item = saved.agenda.items[4].item_id
    fill(page, f"decision_{item}_decision", "按方案执行")
    page.keyboard.press("PageUp")  # an open form is not left by a key
    fill(page, f"decision_{item}_responsible", "王明")
    page.get_by_role("dialog").get_by_role("button", name="记录决定").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    shown(page, 5, 5)
    first = list_decisions(current_workspace(), agenda_id=saved.agenda_id)[0]
    page.locator(".st-key-present_leave button").first.click()
    window.settle()
    page.locator(".st-key-about button").nth(1).click()
    window.settle()
    page.locator(f".st-key-decision_edit_{first.decision_id} button").first.click()
    key = f"decision_{first.decision_id}"
    fill(page, f"{key}_decision", "按方案二执行")
    page.get_by_role("dialog").get_by_role("button", name="保存修改").click()
    expect(page.get_by_role("dialog")).to_contain_text("没有说明为何修改")
    fill(page, f"{key}_why", "会后更正")
    page.get_by_role("dialog").get_by_role("button", name="保存修改").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    window.settle()
    page.locator(f".st-key-decision_history_{first.decision_id} button").first.click()
    history = page.locator('[data-testid="stPopoverBody"]')
    for words in ("会后更正", "按方案执行", "按方案二执行"):
        expect(history).to_contain_text(words)
    assert [each.decision.decision for each in decision_history(current_workspace(), first.decision_id)] == ["按方案二执行", "按方案执行"]
    assert window.outside == []


def test_two_operators_edit_one_agenda(app_address: str, visit: OpenVisit) -> None:
    saved = prepared("两人同时编辑")
    first, last = saved.agenda.items[0].item_id, saved.agenda.items[4].item_id
    one, two = visit(), visit()
    for window in (one, two):
        window.open(f"{app_address}/meeting?agenda={saved.agenda_id}")
    one.page.locator(f".st-key-meeting_drop_{last} button").first.click()
    two.page.locator(f".st-key-meeting_down_{first} button").first.click()
    for window, name in ((one, "张三"), (two, "李四")):
        window.settle()
        fill(window.page, "meeting_author", name)
        window.settle()
    one.page.locator(".st-key-meeting_save button").first.click()
    expect(one.page.get_by_text("第 2 版").first).to_be_visible()
    two.page.locator(".st-key-meeting_save button").first.click()
    told = two.page.locator(".st-key-meeting_unsaved")
    expect(told).to_contain_text("张三")
    expect(told).to_contain_text("没有丢失")
    two.settle()
    two.page.locator(".st-key-meeting_merge button").first.click()
    expect(two.page.get_by_text("第 3 版").first).to_be_visible()
    newest = read_agenda(current_workspace(), saved.agenda_id)
    assert [item.title for item in newest.agenda.items] == ["运行情况", "开场", "资源：人力", "资源：公平"]
    assert newest.author == "李四"
    assert one.outside == two.outside == []


def test_a_note_is_seen_by_others_and_leads_back(app_address: str, visit: OpenVisit) -> None:
    one, two = visit(), visit()
    page = one.open(f"{app_address}/?month=2025-03")
    page.locator(".st-key-head_strip .notes").click()
    one.settle()
    fill(page, "note_text_strip", "为何下降 <b>？")
    page.get_by_role("button", name="添加批注").click()
    expect(page.get_by_role("button", name="标为已解决")).to_be_visible()  # it is saved: its text alone stands in the field before, too
    expect(page.locator(".st-key-opened_notes_strip")).to_contain_text("为何下降 <b>？")
    assert [note.address.get("month") for note in list_notes(current_workspace(), COUNTY) if note.block == "strip"] == ["2025-03"]
    other = two.open(f"{app_address}/")
    expect(other.locator(".st-key-head_strip .notes")).to_contain_text("1")
    other.locator(".st-key-head_strip .notes").click()
    link = other.get_by_role("link", name="打开当时的视图")
    two.page.goto(f"{app_address}/{(link.get_attribute('href') or '').removeprefix('./')}")
    two.settle()
    assert other.locator(".st-key-filters input").first.input_value() == "2025-03"
    other.locator(".st-key-head_strip .notes").click()
    other.get_by_role("button", name="标为已解决").click()
    expect(other.get_by_role("button", name="重新打开")).to_be_visible()
    assert one.outside == two.outside == []
