"""Agendas, decisions, follow-ups, notes and the audit trail in a real workspace database."""

import datetime
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from dashboard.services.common.actions import action_of, save_action
from dashboard.services.common.addresses import AddressError, parse_address
from dashboard.services.common.audit import acts
from dashboard.services.common.database import ReportingDatabase, open_database
from dashboard.services.common.notes import NoteError, add_note, block_notes, list_notes, set_note_open
from dashboard.services.meeting import decisions as decision_service
from dashboard.services.meeting.agendas import (
    LONGEST_TITLE,
    MOST_ITEMS,
    AgendaItem,
    MeetingError,
    SavedAgenda,
    agenda_of,
    list_agendas,
    page_item,
    read_agenda,
    save_agenda,
    scenarios_item,
    scheme_item,
    submit,
    text_item,
)
from dashboard.services.meeting.decisions import State, changed_fields, decision_history, decision_of, list_decisions, record_decision
from dashboard.services.meeting.followups import follow_ups
from dashboard.services.meeting.merge import merge_agendas
from dashboard.store.scope import COUNTY, Scope
from dashboard.workspace import KEPT_DAYS, Action, ConflictError, Kind, MissingDocumentError, Workspace, WorkspaceError, open_workspace
from tests.integration.packages import small_county
from tests.kept import KeptCounties

DAY = datetime.date(2026, 11, 30)


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    opened = open_workspace(f"sqlite:///{tmp_path / 'workspace.sqlite'}")
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def county(kept_counties: KeptCounties) -> ReportingDatabase:
    return open_database(kept_counties.loaded(small_county()))


@pytest.fixture
def saved(workspace: Workspace) -> SavedAgenda:
    items = [text_item("开场", "# 欢迎"), page_item("转诊", "/referrals?month=2025-04")]
    return save_agenda(workspace, agenda_of("九月医管委", DAY, items), author="李秘书")


# Items -----------------------------------------------------------------------------------------------------------------


def test_an_agenda_comes_back_as_it_was_saved(workspace: Workspace, saved: SavedAgenda) -> None:
    every = [
        *saved.agenda.items,
        scenarios_item("方案", ["a", "b"], note="请比较", address="/insurance?community=C1"),
        scheme_item("绩效", "file:zhejiang", address="/performance?month=2025-09&grain=quarter"),
    ]
    longer = save_agenda(workspace, agenda_of("九月医管委", DAY, every), author="王", over=saved)
    assert longer.version == 2
    assert read_agenda(workspace, saved.agenda_id).agenda.items == tuple(every)
    assert read_agenda(workspace, saved.agenda_id, 1).agenda == saved.agenda
    assert [each.author for each in list_agendas(workspace)] == ["王"]


@pytest.mark.parametrize(
    "make",
    [
        lambda: text_item("", "正文"),
        lambda: text_item("x" * (LONGEST_TITLE + 1), "正文"),
        lambda: text_item("题", "  "),
        lambda: text_item("题", "x" * 9000),
        lambda: text_item("题", "正文", note="x" * 1001),
        lambda: scenarios_item("题", []),
        lambda: scenarios_item("题", ["a", "b", "c", "d", "e"]),
        lambda: scenarios_item("题", ["a", "a"]),
        lambda: scheme_item("题", ""),
        lambda: agenda_of(" ", DAY),
        lambda: agenda_of("会", DAY, [text_item(str(n), "x") for n in range(MOST_ITEMS + 1)]),
    ],
)
def test_what_an_agenda_cannot_be_is_refused_in_words(make) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(MeetingError) as error:
        make()
    assert error.value.remedy()


@pytest.mark.parametrize("link", ["/nowhere", "http://evil.example/", "javascript:alert(1)", "/meeting?agenda=x", ""])
def test_unknown_pages_are_refused(link: str) -> None:
    with pytest.raises(AddressError):
        page_item("题", link, hosts={"own"})


def test_an_item_shows_one_thing_only() -> None:
    for content in ({"text": "x", "document_id": "y"}, {"text": "x", "address": "/"}, {}):
        with pytest.raises(ValueError, match="content does not fit"):
            AgendaItem(kind="text", title="题", **content)


def test_pages_that_are_gone_are_found_out_when_read(saved: SavedAgenda) -> None:
    old = saved.agenda.items[1].model_copy(update={"address": "/gone"})
    with pytest.raises(AddressError):
        old.page()


def test_a_new_title_renames_the_document(workspace: Workspace, saved: SavedAgenda) -> None:
    save_agenda(workspace, agenda_of("十月医管委", DAY), author=None, over=saved)
    assert workspace.document(saved.agenda_id).name == "十月医管委"


def test_only_agendas_are_read_as_agendas(workspace: Workspace) -> None:
    other = workspace.create(Kind.SETTING, "x", {"title": "x"}, author=None)
    with pytest.raises(MeetingError):
        read_agenda(workspace, other.document_id)
    broken = workspace.create(Kind.AGENDA, "x", {"title": "x", "of": "a newer program"}, author=None)
    with pytest.raises(MeetingError):
        read_agenda(workspace, broken.document_id)
    assert list_agendas(workspace) == ()
    with pytest.raises(MissingDocumentError):
        read_agenda(workspace, "none")


def test_the_latest_meeting_comes_first_and_the_archived_apart(workspace: Workspace, saved: SavedAgenda) -> None:
    older = save_agenda(workspace, agenda_of("八月", DAY - datetime.timedelta(days=30)), author=None)
    assert [each.agenda.title for each in list_agendas(workspace)] == ["九月医管委", "八月"]
    workspace.archive(older.agenda_id, actor=None)
    assert [each.agenda.title for each in list_agendas(workspace)] == ["九月医管委"]
    assert [each.agenda.title for each in list_agendas(workspace, archived=True)] == ["八月"]


# Two people ------------------------------------------------------------------------------------------------------------


def test_the_second_save_is_told_who_and_when_and_merging_loses_nothing(workspace: Workspace, saved: SavedAgenda) -> None:
    first, second = saved.agenda.items
    theirs = agenda_of("九月医管委", DAY, [first, second, text_item("他的", "x")])
    save_agenda(workspace, theirs, author="张三", over=saved)
    mine = agenda_of("九月医管委", DAY, [text_item("我的", "y"), first, second])
    with pytest.raises(ConflictError) as conflict:
        save_agenda(workspace, mine, author="李四", over=saved)
    assert (conflict.value.author, conflict.value.version) == ("张三", 2)
    newest = read_agenda(workspace, saved.agenda_id)
    merged = merge_agendas(saved.agenda, mine, newest.agenda)
    done = save_agenda(workspace, merged.agenda, author="李四", over=newest)
    assert [item.title for item in done.agenda.items] == ["我的", "开场", "转诊", "他的"]
    assert done.version == 3


def test_many_submit_to_one_agenda_at_once(workspace: Workspace, saved: SavedAgenda) -> None:
    items = [text_item(f"议题{number}", "x") for number in range(5)]
    with ThreadPoolExecutor(5) as pool:
        list(pool.map(lambda item: submit(workspace, item, agenda_id=saved.agenda_id, author=None), items))
    assert {item.title for item in read_agenda(workspace, saved.agenda_id).agenda.items} == {
        "开场",
        "转诊",
        *(f"议题{n}" for n in range(5)),
    }


def test_an_item_is_submitted_once(workspace: Workspace, saved: SavedAgenda) -> None:
    item = text_item("一次", "x")
    for _ in range(2):
        submit(workspace, item, agenda_id=saved.agenda_id, author=None)
    assert len(read_agenda(workspace, saved.agenda_id).agenda.items) == 3


def test_submitting_makes_an_agenda_where_there_is_none(workspace: Workspace) -> None:
    made = submit(workspace, text_item("题", "x"), agenda_id=None, author="王", title="新会议", date=DAY)
    assert (made.agenda.title, made.agenda.date, len(made.agenda.items)) == ("新会议", DAY, 1)
    with pytest.raises(MeetingError):
        submit(workspace, text_item("题", "x"), agenda_id=None, author="王", title="")


def test_a_full_agenda_takes_no_more(workspace: Workspace) -> None:
    full = save_agenda(workspace, agenda_of("满", DAY, [text_item(str(n), "x") for n in range(MOST_ITEMS)]), author=None)
    with pytest.raises(MeetingError):
        submit(workspace, text_item("多", "x"), agenda_id=full.agenda_id, author=None)


# Decisions -------------------------------------------------------------------------------------------------------------


def decide(workspace: Workspace, saved: SavedAgenda, decision: str, **fields: object) -> decision_service.SavedDecision:
    item = saved.agenda.items[1]
    content = decision_of(
        agenda_id=saved.agenda_id, item_id=item.item_id, agenda_title=saved.agenda.title, agenda_date=saved.agenda.date,
        item_title=item.title, decision=decision, **fields,
    )  # fmt: skip
    return record_decision(workspace, content, author="李秘书")


def test_a_revision_keeps_what_was_written_before(workspace: Workspace, saved: SavedAgenda) -> None:
    first = decide(workspace, saved, "上调 1 个百分点", votes="赞成 9")
    second = first.decision.model_copy(update={"votes": "赞成 10", "done": True})
    revised = record_decision(workspace, second, author="张主任", over=first, why="票数更正")
    history = decision_history(workspace, first.decision_id)
    assert [(each.version, each.author, each.why, each.decision.votes) for each in history] == [
        (2, "张主任", "票数更正", "赞成 10"),
        (1, "李秘书", "", "赞成 9"),
    ]
    assert changed_fields(first.decision, revised.decision) == ("votes", "done")


def test_a_revision_needs_its_reason_and_the_newest_text(workspace: Workspace, saved: SavedAgenda) -> None:
    first = decide(workspace, saved, "甲")
    changed = first.decision.model_copy(update={"decision": "乙"})
    with pytest.raises(MeetingError):
        record_decision(workspace, changed, author=None, over=first, why="  ")
    record_decision(workspace, changed, author="张三", over=first, why="更正")
    with pytest.raises(ConflictError):
        record_decision(workspace, first.decision.model_copy(update={"decision": "丙"}), author="李四", over=first, why="更正")
    assert list_decisions(workspace)[0].decision.decision == "乙"


@pytest.mark.parametrize("fields", [{"decision": " "}, {"decision": "x" * 2001}, {"decision": "x", "responsible": "x" * 301}])
def test_a_decision_that_cannot_be_is_refused_in_words(workspace: Workspace, saved: SavedAgenda, fields: dict[str, str]) -> None:
    with pytest.raises(MeetingError) as error:
        decide(workspace, saved, **fields)
    assert "仍在本页" in error.value.remedy()


def test_decisions_of_one_agenda(workspace: Workspace, saved: SavedAgenda) -> None:
    decide(workspace, saved, "甲")
    other = save_agenda(workspace, agenda_of("另一次", DAY, [text_item("a", "x"), text_item("b", "x")]), author=None)
    decide(workspace, other, "乙")
    assert [each.decision.decision for each in list_decisions(workspace, agenda_id=other.agenda_id)] == ["乙"]
    assert len(list_decisions(workspace)) == 2


def test_follow_ups_are_ordered_by_urgency(workspace: Workspace, saved: SavedAgenda, county: ReportingDatabase) -> None:
    today = datetime.date(2026, 11, 22)
    decide(workspace, saved, "无人无期")
    decide(workspace, saved, "完成", due=today - datetime.timedelta(days=9), done=True)
    decide(workspace, saved, "今天到期", due=today)
    decide(workspace, saved, "无期限", responsible="张")
    decide(workspace, saved, "逾期一天", due=today - datetime.timedelta(days=1))
    decide(workspace, saved, "逾期三天", due=today - datetime.timedelta(days=3))
    ups = follow_ups(workspace, today, county)
    assert [(row.what, row.state, row.days) for row in ups.rows] == [
        ("逾期三天", State.OVERDUE, -3),
        ("逾期一天", State.OVERDUE, -1),
        ("今天到期", State.OPEN, 0),
        ("无期限", State.OPEN, None),
        ("完成", State.DONE, -9),
    ]
    assert (ups.count(State.OVERDUE), len(ups.unfinished)) == (2, 4)


def test_actions_about_alerts_are_follow_ups_of_whoever_sees_their_unit(workspace: Workspace, county: ReportingDatabase) -> None:
    today = datetime.date(2026, 11, 22)
    fields = {
        "rule": "idle_beds",
        "since": DAY,
        "month": DAY,
        "owner": "李伟",
        "measure": "分流",
        "due": today - datetime.timedelta(days=4),
    }
    save_action(workspace, action_of(unit="H1", unit_name="一院", **fields), author=None)
    row = follow_ups(workspace, today, county).rows[0]
    assert (row.what, row.responsible, row.about, row.state, row.days, row.saved) == ("分流", "李伟", "一院", State.OVERDUE, -4, None)
    other = county.under(Scope(frozenset({"B"}), None, None, 1))
    assert follow_ups(workspace, today, other).rows == ()
    assert follow_ups(workspace, today, county.under(Scope(frozenset({"A"}), None, None, 1))).rows == (row,)


# Notes -----------------------------------------------------------------------------------------------------------------


def test_notes_remember_where_they_were_written(workspace: Workspace) -> None:
    address = parse_address("/referrals?month=2025-04&community=C1&flow=claims")
    note = add_note(workspace, "为何？", address=address, block="outside", title="县域外", author="赵", data_version=3)
    add_note(workspace, "别处", address=parse_address("/"), block="outside", title="x", author=None, data_version=None)
    found = block_notes(workspace, "referrals", "outside", COUNTY)
    assert [(each.text, each.author, each.address, each.open) for each in found] == [("为何？", "赵", address, True)]
    set_note_open(workspace, note, is_open=False, author="钱")
    resolved = block_notes(workspace, "referrals", "outside", COUNTY)[0]
    assert (resolved.open, resolved.author, resolved.changed_by, resolved.created_at) == (False, "赵", "钱", note.created_at)
    set_note_open(workspace, resolved, is_open=True, author="赵")
    assert block_notes(workspace, "referrals", "outside", COUNTY)[0].open
    assert len(list_notes(workspace, COUNTY)) == 2


def test_two_resolve_one_note(workspace: Workspace) -> None:
    note = add_note(workspace, "x", address=parse_address("/"), block="b", title="t", author=None, data_version=None)
    set_note_open(workspace, note, is_open=False, author="钱")
    set_note_open(workspace, note, is_open=False, author="钱")  # a button pressed twice
    with pytest.raises(ConflictError):
        set_note_open(workspace, note, is_open=False, author="孙")


def test_open_notes_come_first(workspace: Workspace) -> None:
    first = add_note(workspace, "一", address=parse_address("/"), block="b", title="t", author=None, data_version=None)
    for text in ("二", "三"):
        add_note(workspace, text, address=parse_address("/"), block="b", title="t", author=None, data_version=None)
    set_note_open(workspace, first, is_open=False, author=None)
    assert [note.text for note in block_notes(workspace, "overview", "b", COUNTY)] == ["三", "二", "一"]


@pytest.mark.parametrize("text", ["", "   ", "x" * 1001])
def test_an_empty_or_long_note_is_refused(workspace: Workspace, text: str) -> None:
    with pytest.raises(NoteError):
        add_note(workspace, text, address=parse_address("/"), block="b", title="t", author=None, data_version=None)


def test_notes_on_pages_that_are_gone_are_left_out(workspace: Workspace) -> None:
    content = {"address": "/gone", "block": "b", "title": "t", "text": "x", "open": True}
    workspace.create(Kind.NOTE, "x", content, author=None)
    assert list_notes(workspace, COUNTY) == ()


# Audit -----------------------------------------------------------------------------------------------------------------


def test_everything_is_traced_in_words(workspace: Workspace, saved: SavedAgenda) -> None:
    decide(workspace, saved, "甲")
    workspace.audit.record(Action.EXPORT, "strip.xlsx", actor=None, details={"title": "各医共体", "filters": "2025年10月；全县"})
    workspace.audit.record(Action.LOAD, "2025-10", actor="root", details={"result": "accepted", "rows": 12})
    found = acts(workspace)
    assert [(act.action, act.kind, act.name, act.actor) for act in found] == [
        (Action.LOAD, None, "2025-10", "root"),
        (Action.EXPORT, None, "各医共体", None),
        (Action.CREATE, Kind.DECISION, "转诊：甲", "李秘书"),
        (Action.CREATE, Kind.AGENDA, "九月医管委", "李秘书"),
    ]
    assert dict(found[0].details) == {"result": "accepted", "rows": "12"}
    assert [act.name for act in acts(workspace, action=Action.EXPORT)] == ["各医共体"]
    assert [act.action for act in acts(workspace, words="ROOT")] == [Action.LOAD]
    assert [act.action for act in acts(workspace, words="全县")] == [Action.EXPORT]


def test_days_are_those_of_a_calendar_in_china(workspace: Workspace, saved: SavedAgenda) -> None:
    day = acts(workspace)[0].at.astimezone(datetime.timezone(datetime.timedelta(hours=8))).date()
    one = datetime.timedelta(days=1)
    assert len(acts(workspace, first=day, last=day)) == 1
    assert acts(workspace, first=day + one) == ()
    assert acts(workspace, last=day - one) == ()


def test_the_trail_is_kept_half_a_year(workspace: Workspace, saved: SavedAgenda) -> None:
    assert KEPT_DAYS >= 190
    with pytest.raises(WorkspaceError):
        workspace.audit.purge(older_than_days=189)
    assert workspace.audit.purge(older_than_days=190) == 0
    assert saved.agenda.title in {act.name for act in acts(workspace)}
