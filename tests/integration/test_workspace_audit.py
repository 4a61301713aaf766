import datetime
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import insert, text

from dashboard.errors import DatabaseError
from dashboard.workspace import Action, Kind, Workspace, WorkspaceError, open_workspace
from dashboard.workspace.engine import transaction
from dashboard.workspace.schema import audit_entry


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'workspace.sqlite'}" if request.param == "sqlite" else request.getfixturevalue("postgresql_url")


@pytest.fixture
def workspace(url: str) -> Iterator[Workspace]:
    opened = open_workspace(url)
    yield opened
    opened.close()


def aged(workspace: Workspace, *days: float) -> None:
    now = datetime.datetime.now(datetime.UTC)
    with transaction(workspace._engine, writes=True) as connection:
        for age in days:
            at = now - datetime.timedelta(days=age)
            row = {"at": at, "actor": None, "action": "export", "subject": f"{age}", "details": "{}", "app_version": "0"}
            connection.execute(insert(audit_entry).values(row))


def test_an_export_is_recorded_with_who_what_when(workspace: Workspace) -> None:
    before = datetime.datetime.now(datetime.UTC)
    workspace.audit.record(Action.EXPORT, "insurance · 推演.xlsx", actor="张三", details={"period": "2026-06"})
    (entry,) = workspace.audit.entries()
    assert (entry.actor, entry.action, entry.subject, entry.details) == (
        "张三",
        Action.EXPORT,
        "insurance · 推演.xlsx",
        {"period": "2026-06"},
    )
    assert before <= entry.at <= datetime.datetime.now(datetime.UTC)
    assert entry.at.utcoffset() == datetime.timedelta(0)


def test_nobody_signed_in_is_recorded_as_nobody(workspace: Workspace) -> None:
    workspace.audit.record(Action.LOAD, "2026-06.zip")
    assert workspace.audit.entries()[0].actor is None


def test_every_act_on_a_document_leaves_its_entry(workspace: Workspace) -> None:
    scheme = workspace.create(Kind.SCHEME, "方案", {}, author="张三").document_id
    workspace.save(scheme, {"a": 1}, based_on=1, author="李四")
    workspace.approve(scheme, based_on=2, author="王五", reason="同意")
    workspace.freeze(scheme, based_on=3, period="2026-Q1", author=None, reason="考核")
    workspace.rename(scheme, "新名", actor="张三")
    workspace.archive(scheme, actor="张三")
    workspace.restore(scheme, actor="张三")
    entries = workspace.audit.entries(subject=scheme)
    assert [entry.action for entry in reversed(entries)] == ["create", "save", "approve", "freeze", "rename", "archive", "restore"]
    assert [entry.actor for entry in reversed(entries)][:4] == ["张三", "李四", "王五", None]
    assert entries[3].details == {"kind": "scheme", "name": "方案", "version": 4, "period": "2026-Q1"}


def test_entries_are_chosen_by_time_action_and_number(workspace: Workspace) -> None:
    aged(workspace, 1, 2, 3)
    workspace.audit.record(Action.LOAD, "今天")
    now = datetime.datetime.now(datetime.UTC)
    assert [entry.subject for entry in workspace.audit.entries()] == ["今天", "1", "2", "3"]
    assert [entry.subject for entry in workspace.audit.entries(since=now - datetime.timedelta(days=2.5))] == ["今天", "1", "2"]
    assert [entry.subject for entry in workspace.audit.entries(until=now - datetime.timedelta(days=1.5))] == ["2", "3"]
    assert [entry.subject for entry in workspace.audit.entries(action=Action.EXPORT, limit=2)] == ["1", "2"]


def test_a_long_or_hostile_subject_never_stops_the_act(workspace: Workspace) -> None:
    workspace.audit.record(Action.EXPORT, "x\x00\ud800" * 1000, actor="名" * 1000)
    (entry,) = workspace.audit.entries()
    assert len(entry.subject) == 300
    assert entry.actor == "名" * 100


def test_details_are_bounded(workspace: Workspace) -> None:
    with pytest.raises(WorkspaceError, match="内容过大"):
        workspace.audit.record(Action.EXPORT, "x", details={"rows": "x" * 10_000})


@pytest.mark.parametrize("days", [179, 1, 0, -1])
def test_less_than_180_days_is_never_purged(workspace: Workspace, days: int) -> None:
    aged(workspace, 400)
    with pytest.raises(WorkspaceError, match="至少保存 180 天"):
        workspace.audit.purge(older_than_days=days)
    assert len(workspace.audit.entries()) == 1


def test_a_purge_takes_what_is_older_and_says_so(workspace: Workspace) -> None:
    aged(workspace, 179, 179.99, 182, 400)
    assert workspace.audit.purge(older_than_days=180, actor="管理员") == 2
    newest, *others = workspace.audit.entries()
    assert (newest.action, newest.actor, newest.details["entries"]) == (Action.PURGE, "管理员", 2)
    assert [entry.subject for entry in others] == ["179", "179.99"]
    assert workspace.audit.purge(older_than_days=10**9) == 0


def test_the_database_refuses_what_the_program_would_never_do(workspace: Workspace) -> None:
    aged(workspace, 179)
    with pytest.raises(DatabaseError), transaction(workspace._engine, writes=True) as connection:
        connection.execute(text("DELETE FROM audit_entry"))
    assert len(workspace.audit.entries()) == 1


def test_an_act_of_a_newer_program_is_still_listed(workspace: Workspace) -> None:
    with transaction(workspace._engine, writes=True) as connection:
        row = {"at": datetime.datetime.now(datetime.UTC), "action": "sign_in", "subject": "", "details": "{}", "app_version": "9"}
        connection.execute(insert(audit_entry).values(row))
    assert workspace.audit.entries()[0].action == "sign_in"
