import datetime
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import text

from dashboard.errors import DatabaseError, ProductError
from dashboard.workspace import (
    Action,
    ConflictError,
    KeptResult,
    Kind,
    MissingDocumentError,
    Status,
    Version,
    Workspace,
    WorkspaceError,
    open_workspace,
)
from dashboard.workspace.engine import transaction
from tests.unit.workspace.test_content import OBJECTS


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return (
        f"sqlite:///{tmp_path / '工作 区' / 'workspace.sqlite'}" if request.param == "sqlite" else request.getfixturevalue("postgresql_url")
    )


@pytest.fixture
def workspace(url: str) -> Iterator[Workspace]:
    opened = open_workspace(url)
    yield opened
    opened.close()


def made(workspace: Workspace, kind: Kind = Kind.SCENARIO, **content: object) -> Version:
    return workspace.create(kind, "稳健方案", content or {"growth": 0.05}, author="张三", reason="年初测算", data_version=7)


def test_a_new_document_is_a_draft_that_can_be_read_back(workspace: Workspace) -> None:
    before = datetime.datetime.now(datetime.UTC)
    first = made(workspace)
    assert (first.version, first.based_on, first.status, first.period) == (1, 0, Status.DRAFT, None)
    assert (first.kind, first.name, first.author, first.reason, first.data_version) == (Kind.SCENARIO, "稳健方案", "张三", "年初测算", 7)
    assert first.content == {"growth": 0.05}
    assert before <= first.created_at <= datetime.datetime.now(datetime.UTC)
    assert first.created_at.utcoffset() == datetime.timedelta(0)
    assert workspace.latest(first.document_id) == first
    assert workspace.version(first.document_id, 1) == first


def test_it_is_all_there_after_reopening(workspace: Workspace, url: str) -> None:
    first = made(workspace)
    workspace.close()
    again = open_workspace(url)
    assert again.latest(first.document_id) == first
    again.close()


def test_saving_adds_a_version_and_keeps_the_earlier(workspace: Workspace) -> None:
    first = made(workspace)
    second = workspace.save(first.document_id, {"growth": 0.06}, based_on=1, author="李四", data_version=8)
    assert (second.version, second.based_on, second.author, second.data_version) == (2, 1, "李四", 8)
    assert workspace.latest(first.document_id) == second
    assert workspace.version(first.document_id, 1) == first
    assert [info.version for info in workspace.versions(first.document_id)] == [2, 1]


def test_the_second_of_two_people_is_told_and_nothing_is_lost(workspace: Workspace) -> None:
    first = made(workspace)
    theirs = workspace.save(first.document_id, {"growth": 0.06}, based_on=1, author="李四", reason="控费")
    mine = {"growth": 0.07}
    with pytest.raises(ConflictError) as caught:
        workspace.save(first.document_id, mine, based_on=1, author="王五")
    error = caught.value
    assert (error.version, error.author, error.reason, error.where) == (2, "李四", "控费", "稳健方案")
    assert error.created_at == theirs.created_at
    assert workspace.latest(first.document_id) == theirs
    kept = workspace.create(Kind.SCENARIO, "稳健方案（王五）", mine, author="王五")
    over = workspace.save(first.document_id, mine, based_on=error.version, author="王五")
    assert kept.content == over.content == mine
    assert workspace.version(first.document_id, 2) == theirs


def test_a_version_that_does_not_exist_yet_is_a_conflict(workspace: Workspace) -> None:
    first = made(workspace)
    for based_on in (0, 2, 10**30, -1):
        with pytest.raises(ConflictError):
            workspace.save(first.document_id, {"growth": 1}, based_on=based_on, author="张三")


def test_a_button_pressed_twice_saves_once(workspace: Workspace) -> None:
    first = made(workspace)
    once = workspace.save(first.document_id, {"growth": 0.06}, based_on=1, author="张三", reason="上限")
    twice = workspace.save(first.document_id, {"growth": 0.06}, based_on=1, author="张三", reason="上限")
    assert once == twice
    with pytest.raises(ConflictError):
        workspace.save(first.document_id, {"growth": 0.06}, based_on=1, author="李四", reason="上限")
    assert len(workspace.audit.entries(action=Action.SAVE)) == 1


def test_many_sessions_saving_at_once_make_one_line_of_versions(workspace: Workspace) -> None:
    document_id = made(workspace).document_id
    saved: list[tuple[int, int, int]] = []
    failures: list[ProductError] = []
    start = threading.Barrier(6)

    def session(number: int) -> None:
        start.wait()
        for turn in range(5):
            based_on = workspace.latest(document_id).version
            while True:
                try:
                    version = workspace.save(document_id, {"who": number, "turn": turn}, based_on=based_on, author=f"人{number}")
                except ConflictError as error:
                    based_on = error.version
                    continue
                except ProductError as error:
                    failures.append(error)
                    return
                saved.append((version.version, number, turn))
                break

    threads = [threading.Thread(target=session, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert not failures
    assert sorted(version for version, _, _ in saved) == list(range(2, 32))
    for version, number, turn in saved:
        assert workspace.version(document_id, version).content == {"who": number, "turn": turn}


def test_two_sessions_creating_the_same_setting_get_one(workspace: Workspace) -> None:
    outcomes: list[object] = []
    start = threading.Barrier(4)

    def session(number: int) -> None:
        start.wait()
        try:
            outcomes.append(workspace.create(Kind.SETTING, "大屏轮播", {"seconds": number}, author=None, document_id="kiosk"))
        except ProductError as error:
            outcomes.append(error)

    threads = [threading.Thread(target=session, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert sum(isinstance(outcome, Version) for outcome in outcomes) == 1
    assert sum(type(outcome) is ConflictError for outcome in outcomes) == 3
    assert workspace.latest("kiosk").version == 1


def test_creating_twice_with_one_identifier_writes_once(workspace: Workspace) -> None:
    once = workspace.create(Kind.NOTE, "批注", {"text": "见附表"}, author=None, document_id="note-1")
    assert workspace.create(Kind.NOTE, "批注", {"text": "见附表"}, author=None, document_id="note-1") == once
    with pytest.raises(ConflictError):
        workspace.create(Kind.NOTE, "批注", {"text": "另一条"}, author=None, document_id="note-1")
    with pytest.raises(ConflictError):
        workspace.create(Kind.NOTE, "另一个名字", {"text": "见附表"}, author=None, document_id="note-1")


def test_draft_approved_frozen(workspace: Workspace) -> None:
    first = made(workspace, Kind.SCHEME, weights=[60, 40])
    approved = workspace.approve(first.document_id, based_on=1, author="李四", reason="医管委第 3 次会议")
    frozen = workspace.freeze(first.document_id, based_on=2, period="2026-Q1", author="李四", reason="季度考核")
    assert [version.status for version in (first, approved, frozen)] == [Status.DRAFT, Status.APPROVED, Status.FROZEN]
    assert frozen.period == "2026-Q1"
    assert first.content == approved.content == frozen.content
    assert first.checksum == approved.checksum == frozen.checksum
    assert frozen.data_version == 7
    assert workspace.frozen(Kind.SCHEME, "2026-Q1") == (frozen,)
    assert workspace.frozen(Kind.SCHEME, "2026-Q2") == workspace.frozen(Kind.SCHEME, "") == workspace.frozen(Kind.RESULT, "2026-Q1") == ()


def test_a_correction_makes_a_new_revision_and_the_frozen_one_stays(workspace: Workspace) -> None:
    first = made(workspace, Kind.RESULT, score=88.5)
    frozen = workspace.freeze(first.document_id, based_on=1, period="2026-Q1", author="李四", reason="季度考核")
    with pytest.raises(WorkspaceError, match="没有填写理由"):
        workspace.save(first.document_id, {"score": 89.0}, based_on=2, author="李四")
    draft = workspace.save(first.document_id, {"score": 89.0}, based_on=2, author="李四", reason="补报一家数据")
    assert workspace.frozen(Kind.RESULT, "2026-Q1") == (frozen,)
    corrected = workspace.freeze(first.document_id, based_on=draft.version, period="2026-Q1", author="李四", reason="更正")
    other = workspace.freeze(first.document_id, based_on=corrected.version, period="2026-Q2", author="李四", reason="沿用")
    assert workspace.frozen(Kind.RESULT, "2026-Q1") == (corrected,)
    assert workspace.frozen(Kind.RESULT, "2026-Q2") == (other,)
    assert workspace.version(first.document_id, 2) == frozen


def test_steps_that_are_not_allowed(workspace: Workspace) -> None:
    scheme = made(workspace, Kind.SCHEME).document_id
    with pytest.raises(WorkspaceError, match="还没有批准"):
        workspace.freeze(scheme, based_on=1, period="2026-Q1", author=None, reason="r")
    with pytest.raises(WorkspaceError, match="没有填写理由"):
        workspace.approve(scheme, based_on=1, author=None, reason=" ")
    with pytest.raises(WorkspaceError, match="没有说明冻结的期间"):
        workspace.freeze(scheme, based_on=1, period=" ", author=None, reason="r")
    workspace.approve(scheme, based_on=1, author=None, reason="r")
    with pytest.raises(WorkspaceError, match="不是草稿"):
        workspace.approve(scheme, based_on=2, author=None, reason="again")
    with pytest.raises(ConflictError):
        workspace.freeze(scheme, based_on=1, period="2026-Q1", author=None, reason="r")
    workspace.freeze(scheme, based_on=2, period="2026-Q1", author=None, reason="r")
    with pytest.raises(WorkspaceError, match="已按这一期间冻结"):
        workspace.freeze(scheme, based_on=3, period="2026-Q1", author=None, reason="again")
    assert [info.version for info in workspace.versions(scheme)] == [3, 2, 1]


def test_approving_what_somebody_has_just_changed_is_refused(workspace: Workspace) -> None:
    first = made(workspace, Kind.SCHEME)
    workspace.save(first.document_id, {"growth": 0.9}, based_on=1, author="李四")
    with pytest.raises(ConflictError):
        workspace.approve(first.document_id, based_on=1, author="王五", reason="同意")


def test_archived_documents_leave_the_lists_and_come_back(workspace: Workspace) -> None:
    kept, gone = made(workspace), made(workspace)
    archived = workspace.archive(gone.document_id, actor="张三")
    assert archived.archived_at is not None
    assert workspace.archive(gone.document_id, actor="张三") == archived
    assert [item.document_id for item in workspace.list_documents(Kind.SCENARIO)] == [kept.document_id]
    assert [item.document_id for item in workspace.list_latest(Kind.SCENARIO)] == [kept.document_id]
    assert {item.document_id for item in workspace.list_documents(Kind.SCENARIO, include_archived=True)} == {
        kept.document_id,
        gone.document_id,
    }
    assert len(workspace.list_latest(Kind.SCENARIO, include_archived=True)) == 2
    assert workspace.latest(gone.document_id) == gone
    with pytest.raises(WorkspaceError, match="已归档"):
        workspace.save(gone.document_id, {"growth": 1}, based_on=1, author="张三")
    assert workspace.restore(gone.document_id, actor="张三") == workspace.document(gone.document_id)
    assert workspace.save(gone.document_id, {"growth": 1}, based_on=1, author="张三").version == 2
    assert len(workspace.audit.entries(action=Action.ARCHIVE)) == len(workspace.audit.entries(action=Action.RESTORE)) == 1


def test_a_copy_stands_alone_and_remembers_its_origin(workspace: Workspace) -> None:
    first = made(workspace)
    workspace.save(first.document_id, {"growth": 0.06}, based_on=1, author="张三")
    newest = workspace.duplicate(first.document_id, "副本", author="李四")
    older = workspace.duplicate(first.document_id, "旧版副本", author="李四", version=1)
    assert (newest.version, newest.name, newest.author, newest.content) == (1, "副本", "李四", {"growth": 0.06})
    assert older.content == first.content
    assert older.data_version == first.data_version
    assert workspace.document(newest.document_id).copied_from == (first.document_id, 2)
    assert workspace.document(older.document_id).copied_from == (first.document_id, 1)
    assert workspace.document(first.document_id).copied_from is None
    workspace.save(newest.document_id, {"growth": 0.9}, based_on=1, author="李四")
    assert workspace.latest(first.document_id).content == {"growth": 0.06}


def test_a_new_name_is_seen_everywhere_and_the_old_one_is_in_the_trail(workspace: Workspace) -> None:
    first = made(workspace)
    renamed = workspace.rename(first.document_id, " 控费\n方案 ", actor="李四")
    assert renamed == workspace.document(first.document_id)
    assert renamed.name == workspace.latest(first.document_id).name == "控费 方案"
    (entry,) = workspace.audit.entries(action=Action.RENAME)
    assert (entry.actor, entry.subject, entry.details["from"], entry.details["to"]) == ("李四", first.document_id, "稳健方案", "控费 方案")


def test_lists_show_one_kind_the_last_written_first(workspace: Workspace) -> None:
    one, two = made(workspace), made(workspace)
    made(workspace, Kind.NOTE)
    changed = workspace.save(one.document_id, {"growth": 2}, based_on=1, author="张三")
    listed = workspace.list_documents(Kind.SCENARIO)
    assert [item.document_id for item in listed] == [one.document_id, two.document_id]
    assert listed[0].newest.version == changed.version
    assert workspace.list_latest(Kind.SCENARIO) == (changed, two)
    assert workspace.list_documents(Kind.AGENDA) == ()


@pytest.mark.parametrize("document_id", ["", "nothing", "a" * 65, "A", "a\n", "'; DROP TABLE document; --", "\x00", "县", "<b>"])
def test_a_link_edited_by_hand_finds_nothing(workspace: Workspace, document_id: str) -> None:
    for read in (workspace.document, workspace.latest, workspace.versions):
        with pytest.raises(MissingDocumentError):
            read(document_id)
    with pytest.raises(MissingDocumentError):
        workspace.save(document_id, {}, based_on=1, author=None)


@pytest.mark.parametrize("number", [0, -1, 2, 2**31, 10**30])
def test_a_version_that_is_not_there_is_missing(workspace: Workspace, number: int) -> None:
    first = made(workspace)
    with pytest.raises(MissingDocumentError):
        workspace.version(first.document_id, number)
    with pytest.raises(MissingDocumentError):
        workspace.duplicate(first.document_id, "副本", author=None, version=number)


def test_hostile_texts_are_text(workspace: Workspace) -> None:
    hostile = "'; DROP TABLE document; --<script>alert(1)</script>{0}%s:name"
    written = workspace.create(Kind.NOTE, hostile, {hostile: hostile, "\x00": "\x00"}, author=hostile, reason=hostile)
    assert workspace.latest(written.document_id) == written
    assert (written.name, written.author, written.reason) == (hostile, hostile, hostile)
    assert written.content == {hostile: hostile, "\x00": "\x00"}
    with pytest.raises(ConflictError) as caught:
        workspace.save(written.document_id, {}, based_on=9, author=None)
    assert hostile in caught.value.text("en")


def test_a_number_no_column_can_hold_is_an_error_for_readers(workspace: Workspace) -> None:
    with pytest.raises(DatabaseError):
        workspace.create(Kind.NOTE, "批注", {}, author=None, data_version=10**30)
    assert workspace.list_documents(Kind.NOTE) == ()


def test_what_is_refused_leaves_no_trace(workspace: Workspace) -> None:
    with pytest.raises(WorkspaceError):
        workspace.create(Kind.NOTE, "", {}, author=None)
    with pytest.raises(WorkspaceError):
        workspace.create(Kind.NOTE, "批注", {"rate": float("nan")}, author=None)
    with pytest.raises(MissingDocumentError):
        workspace.create(Kind.NOTE, "批注", {}, author=None, document_id="Not An Identifier")
    assert workspace.list_documents(Kind.NOTE) == ()
    assert workspace.audit.entries() == ()


def test_a_content_changed_behind_our_back_is_noticed(workspace: Workspace, url: str) -> None:
    first = made(workspace)
    disable = "DROP TRIGGER document_version_no_update" if "sqlite" in url else "ALTER TABLE document_version DISABLE TRIGGER USER"
    with transaction(workspace._engine, writes=True) as connection:
        connection.execute(text(disable))
        connection.exec_driver_sql("UPDATE document_version SET content = '{\"growth\":9}'")
    with pytest.raises(DatabaseError, match="校验值不符"):
        workspace.latest(first.document_id)
    assert len(workspace.list_documents(Kind.SCENARIO)) == 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE document_version SET content = '{}'",
        "DELETE FROM document_version",
        "DELETE FROM document",
        "UPDATE audit_entry SET actor = 'x'",
        "DELETE FROM audit_entry",
    ],
)
def test_the_database_itself_refuses_to_change_what_is_written(workspace: Workspace, statement: str) -> None:
    first = made(workspace)
    with pytest.raises(DatabaseError), transaction(workspace._engine, writes=True) as connection:
        connection.execute(text(statement))
    assert workspace.latest(first.document_id) == first
    assert len(workspace.audit.entries()) == 1


@hypothesis_settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(OBJECTS, st.text(max_size=60), st.none() | st.integers(min_value=0, max_value=2**62))
def test_whatever_is_saved_comes_back(workspace: Workspace, content: dict, reason: str, data_version: int | None) -> None:
    written = workspace.create(Kind.SCENARIO, "往返", content, author=None, reason=reason, data_version=data_version)
    read = workspace.latest(written.document_id)
    assert read == written
    assert read.content == content
    assert read.data_version == data_version


RESULT = KeptResult("result-1", "结果", {"score": 88.5}, 7)


def test_a_scheme_and_its_result_are_frozen_together(workspace: Workspace) -> None:
    scheme = made(workspace, Kind.SCHEME).document_id
    workspace.approve(scheme, based_on=1, author="李四", reason="通过")
    decision = {"based_on": 2, "period": "2026-Q1", "author": "李四", "reason": "季度考核"}
    frozen, kept = workspace.freeze_with_result(scheme, **decision, result=RESULT)
    assert (frozen.status, frozen.version, kept.status, kept.kind) == (Status.FROZEN, 3, Status.FROZEN, Kind.RESULT)
    assert workspace.frozen(Kind.RESULT, "2026-Q1") == (kept,)
    assert workspace.freeze_with_result(scheme, **decision, result=RESULT) == (frozen, kept)
    assert len(workspace.versions("result-1")) == 2


def test_a_correction_of_a_frozen_result_keeps_the_first(workspace: Workspace) -> None:
    scheme = made(workspace, Kind.SCHEME).document_id
    workspace.approve(scheme, based_on=1, author=None, reason="通过")
    workspace.freeze_with_result(scheme, based_on=2, period="2026-Q1", author=None, reason="季度考核", result=RESULT)
    workspace.save(scheme, {"weights": [50, 50]}, based_on=3, author=None, reason="更正")
    workspace.approve(scheme, based_on=4, author=None, reason="通过")
    better = replace(RESULT, content={"score": 89.0})
    _frozen, kept = workspace.freeze_with_result(scheme, based_on=5, period="2026-Q1", author=None, reason="更正", result=better)
    assert kept.version == 4
    assert workspace.frozen(Kind.RESULT, "2026-Q1") == (kept,)
    assert workspace.version("result-1", 2).content == {"score": 88.5}


def test_neither_is_frozen_when_one_cannot_be(workspace: Workspace) -> None:
    scheme = made(workspace, Kind.SCHEME).document_id
    workspace.create(Kind.NOTE, "占用", {}, author=None, document_id="result-1")
    workspace.archive("result-1", actor=None)
    workspace.approve(scheme, based_on=1, author=None, reason="通过")
    decision = {"period": "2026-Q1", "author": None, "reason": "季度考核"}
    with pytest.raises(WorkspaceError, match="已归档"):
        workspace.freeze_with_result(scheme, based_on=2, **decision, result=RESULT)
    with pytest.raises(ConflictError):
        workspace.freeze_with_result(scheme, based_on=1, **decision, result=replace(RESULT, document_id="result-2"))
    assert [each.status for each in workspace.versions(scheme)] == [Status.APPROVED, Status.DRAFT]
    assert workspace.frozen(Kind.RESULT, "2026-Q1") == ()
    with pytest.raises(MissingDocumentError):
        workspace.latest("result-2")
