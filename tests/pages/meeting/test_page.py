import datetime

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.services.common.addresses import parse_address
from dashboard.services.common.clock import today
from dashboard.services.common.notes import add_note
from dashboard.services.common.workspace import current_workspace
from dashboard.services.meeting.agendas import (
    SavedAgenda,
    agenda_of,
    list_agendas,
    page_item,
    read_agenda,
    save_agenda,
    scenarios_item,
    scheme_item,
    text_item,
)
from dashboard.services.meeting.decisions import decision_of, list_decisions, record_decision
from dashboard.ui.meeting.presentation import _address
from tests.pages.conftest import OpenApp, texts

DAY = datetime.date(2026, 11, 30)


def prepared(*items) -> SavedAgenda:  # type: ignore[no-untyped-def]
    return save_agenda(current_workspace(), agenda_of("九月医管委", DAY, items), author="李秘书")


@pytest.fixture
def meeting(open_app: OpenApp, use_database, tiny_url: str):  # type: ignore[no-untyped-def]
    """Return ``meeting(**query)``: the meeting page in the workspace of this test."""
    use_database(tiny_url)

    def run(**query: str) -> AppTest:
        app = open_app("meeting", **query)
        for key, value in query.items():
            app.query_params[key] = value
        return app.run()

    return run


def button(app: AppTest, key: str):  # type: ignore[no-untyped-def]
    return next(each for each in app.button if each.key == key)


def settled(app: AppTest) -> AppTest:
    assert not app.exception
    assert not app.error, [error.value for error in app.error]
    return app


def test_without_agendas_the_page_says_what_to_do(meeting) -> None:  # type: ignore[no-untyped-def]
    app = settled(meeting())
    assert app.title[0].value == "会议"
    assert "新建议程" in texts(app)


def test_the_agenda_is_listed_with_what_was_decided(meeting) -> None:  # type: ignore[no-untyped-def]
    saved = prepared(text_item("开场 <b>", "x"), page_item("转诊", "/referrals?month=2025-04&community=C1"))
    item = saved.agenda.items[1]
    record_decision(
        current_workspace(),
        decision_of(
            agenda_id=saved.agenda_id, item_id=item.item_id, agenda_title="九月医管委", agenda_date=DAY, item_title="转诊", decision="定了"
        ),
        author=None,
    )
    app = settled(meeting())
    assert app.title[0].value == "九月医管委：2 项议题，1 项已决定"
    words = texts(app)
    assert "已决定 1" in words
    assert "2025\\-04" in words
    assert "<b>" not in words.replace("\\<b\\>", "")


def test_items_move_go_and_are_saved_as_a_version(meeting) -> None:  # type: ignore[no-untyped-def]
    saved = prepared(text_item("甲", "x"), text_item("乙", "x"), text_item("丙", "x"))
    first, second, third = (item.item_id for item in saved.agenda.items)
    app = meeting()
    assert button(app, f"meeting_up_{first}").disabled
    button(app, f"meeting_down_{first}").click().run()
    button(app, f"meeting_drop_{third}").click().run()
    assert button(app, "meeting_present").disabled
    button(app, "meeting_save").click().run()
    settled(app)
    newest = read_agenda(current_workspace(), saved.agenda_id)
    assert [item.item_id for item in newest.agenda.items] == [second, first]
    assert newest.version == 2
    assert any("第 2 版" in success.value for success in app.success)


def test_the_second_operator_keeps_the_edits_and_merges(meeting) -> None:  # type: ignore[no-untyped-def]
    saved = prepared(text_item("甲", "x"), text_item("乙", "x"))
    first = saved.agenda.items[0].item_id
    app = meeting()
    button(app, f"meeting_down_{first}").click().run()
    save_agenda(current_workspace(), agenda_of("九月医管委", DAY, [*saved.agenda.items, text_item("丙", "x")]), author="张三", over=saved)
    button(app, "meeting_save").click().run()
    assert any("张三" in error.value and "第 2 版" in error.value for error in app.error)
    assert any("张三" in warning.value for warning in app.warning)
    button(app, "meeting_merge").click().run()
    settled(app)
    newest = read_agenda(current_workspace(), saved.agenda_id)
    assert [item.title for item in newest.agenda.items] == ["乙", "丙", "甲"]
    assert newest.version == 3


def test_looking_at_another_agenda_gives_up_no_edit(meeting) -> None:  # type: ignore[no-untyped-def]
    other = save_agenda(current_workspace(), agenda_of("八月", DAY - datetime.timedelta(days=30)), author=None)
    saved = prepared(text_item("甲", "x"), text_item("乙", "x"))
    app = meeting()
    button(app, f"meeting_down_{saved.agenda.items[0].item_id}").click().run()
    for choice in (other, saved):
        app.selectbox(key="meeting_choice").set_value(choice.agenda_id).run()
    button(app, "meeting_save").click().run()
    settled(app)
    assert [item.title for item in read_agenda(current_workspace(), saved.agenda_id).agenda.items] == ["乙", "甲"]


def test_giving_up_an_edit_brings_the_title_back(meeting) -> None:  # type: ignore[no-untyped-def]
    saved = prepared(text_item("甲", "x"))
    app = meeting()
    title = next(field for field in app.text_input if str(field.key).startswith("meeting_title"))
    title.set_value("改了名").run()
    assert app.button(key="meeting_save")
    button(app, "meeting_discard").click().run()
    settled(app)
    assert not [each for each in app.button if each.key == "meeting_save"]
    assert read_agenda(current_workspace(), saved.agenda_id).version == 1
    assert app.title[0].value.startswith("九月医管委")


@pytest.mark.parametrize(("key", "titles", "copies"), [("meeting_reload", ["甲", "乙"], 1), ("meeting_copy", ["甲", "乙"], 2)])
def test_the_second_operator_may_reload_or_save_a_copy(meeting, key: str, titles: list[str], copies: int) -> None:  # type: ignore[no-untyped-def]
    saved = prepared(text_item("甲", "x"), text_item("乙", "x"))
    app = meeting()
    button(app, f"meeting_down_{saved.agenda.items[0].item_id}").click().run()
    save_agenda(current_workspace(), agenda_of("九月医管委", DAY + datetime.timedelta(days=1), saved.agenda.items), author=None, over=saved)
    app.run()
    button(app, key).click().run()
    settled(app)
    assert [item.title for item in read_agenda(current_workspace(), saved.agenda_id).agenda.items] == titles
    assert len(list_agendas(current_workspace())) == copies


@pytest.mark.parametrize(
    "query", [{"agenda": "none"}, {"agenda": "none", "present": "1"}, {"agenda": "../x", "present": "1", "item": "-3"}]
)
def test_a_wrong_link_is_told_kindly(meeting, query: dict[str, str]) -> None:  # type: ignore[no-untyped-def]
    app = meeting(**query)
    assert not app.exception
    assert any("没有找到这份内容" in error.value for error in app.error)


def test_a_text_is_presented_large_and_safe(meeting) -> None:  # type: ignore[no-untyped-def]
    saved = prepared(text_item("开场", "# 欢迎\n<script>alert(1)</script>"), text_item("二", "正文"))
    app = settled(meeting(agenda=saved.agenda_id, present="1", item="1"))
    assert app.title[0].value == "开场"
    assert "# 欢迎" in texts(app)
    assert not any("<script>" in each.value for each in app.markdown)
    assert "**1** / 2" in texts(app)
    button(app, "present_next").click().run()
    assert app.query_params["item"] in ("2", ["2"])


@pytest.mark.parametrize("item", ["0", "99", "abc", "", "1" * 50])
def test_an_item_number_out_of_range_shows_the_nearest(meeting, item: str) -> None:  # type: ignore[no-untyped-def]
    saved = prepared(text_item("甲", "x"), text_item("乙", "x"))
    app = settled(meeting(agenda=saved.agenda_id, present="1", item=item))
    assert app.title[0].value in ("甲", "乙")


def test_what_is_gone_is_said_where_it_was_to_be_shown(meeting) -> None:  # type: ignore[no-untyped-def]
    saved = prepared(scheme_item("绩效", "gone"), text_item("乙", "x"))
    app = meeting(agenda=saved.agenda_id, present="1", item="1")
    assert not app.exception
    assert any("没有找到" in error.value for error in app.error)
    assert button(app, "present_next")


def test_scenarios_need_a_budget_to_be_shown(meeting) -> None:  # type: ignore[no-untyped-def]
    saved = prepared(scenarios_item("总额", ["a", "b"]))
    app = settled(meeting(agenda=saved.agenda_id, present="1", item="1"))
    assert app.info


def test_items_of_pages_that_are_gone_have_no_address() -> None:
    item = page_item("转诊", "/referrals")
    assert _address(item) is not None
    assert _address(item.model_copy(update={"address": "/gone"})) is None
    assert _address(text_item("a", "x")) is None


def test_follow_ups_stand_on_the_overview(meeting, open_app: OpenApp) -> None:  # type: ignore[no-untyped-def]
    saved = prepared(text_item("甲", "x"))
    late = today() - datetime.timedelta(days=2)
    content = decision_of(
        agenda_id=saved.agenda_id, item_id=saved.agenda.items[0].item_id, agenda_title="九月医管委", agenda_date=DAY, item_title="甲",
        decision="做这件事", due=late,
    )  # fmt: skip
    record_decision(current_workspace(), content, author=None)
    assert "督办 1 项，1 项逾期" in texts(settled(open_app("overview")))
    first = list_decisions(current_workspace())[0]
    record_decision(current_workspace(), first.decision.model_copy(update={"done": True}), author=None, over=first, why="办结")
    assert "督办" not in texts(open_app("overview"))


@pytest.mark.parametrize("part", ["decisions", "notes", "audit"])
@pytest.mark.parametrize("full", [False, True])
def test_every_part_opens_empty_and_full(meeting, part: str, full: bool) -> None:  # type: ignore[no-untyped-def]
    if full:
        saved = prepared(text_item("甲", "x"))
        content = decision_of(
            agenda_id=saved.agenda_id, item_id=saved.agenda.items[0].item_id, agenda_title="会", agenda_date=DAY, item_title="甲",
            decision="定", responsible="王", due=today(),
        )  # fmt: skip
        first = record_decision(current_workspace(), content, author="李")
        record_decision(current_workspace(), first.decision.model_copy(update={"votes": "9:0"}), author="李", over=first, why="补票数")
        add_note(
            current_workspace(), "为何？", address=parse_address("/?month=2025-04"), block="strip", title="条", author=None, data_version=1
        )
    app = meeting()
    app.session_state["about"] = part
    settled(app.run())
    empty, shown = {
        "decisions": ("还没有需要督办的决定", "督办事项 1 项未完成"),
        "notes": ("没有未解决的批注", "为何？"),
        "audit": ("这段时间没有符合条件的操作记录", "李"),
    }[part]
    words = texts(app) + "".join(frame.value.astype(str).to_csv() for frame in app.dataframe)
    assert (shown in words, empty in words) == (full, not full)
