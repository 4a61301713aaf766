import datetime
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import insert, text

from dashboard.errors import DatabaseError
from dashboard.settings import settings
from dashboard.workspace import Action, Kind, Outcome, Workspace, WorkspaceError, migrate, open_workspace
from dashboard.workspace.acting import Person, acting_as
from dashboard.workspace.engine import database_url, transaction, workspace_engine
from dashboard.workspace.migration import MIGRATIONS
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


@pytest.mark.parametrize("days", [189, 1, 0, -1])
def test_less_than_190_days_is_never_purged(workspace: Workspace, days: int) -> None:
    aged(workspace, 400)
    with pytest.raises(WorkspaceError, match="至少保存 190 天"):
        workspace.audit.purge(older_than_days=days)
    assert len(workspace.audit.entries()) == 1


def test_a_purge_takes_what_is_older_and_says_so(workspace: Workspace) -> None:
    aged(workspace, 400, 192, 189.99, 189)
    assert workspace.audit.purge(older_than_days=190, actor="管理员") == 2
    newest, *others = workspace.audit.entries()
    assert (newest.action, newest.actor, newest.details["entries"]) == (Action.PURGE, "管理员", 2)
    assert [entry.subject for entry in others] == ["189", "189.99"]
    assert workspace.audit.purge(older_than_days=10**9) == 0


def test_the_database_refuses_what_the_program_would_never_do(workspace: Workspace) -> None:
    aged(workspace, 189)
    with pytest.raises(DatabaseError), transaction(workspace._engine, writes=True) as connection:
        connection.execute(text("DELETE FROM audit_entry"))
    assert len(workspace.audit.entries()) == 1


def test_an_act_of_a_newer_program_is_still_listed(workspace: Workspace) -> None:
    with transaction(workspace._engine, writes=True) as connection:
        row = {"at": datetime.datetime.now(datetime.UTC), "action": "dream", "subject": "", "details": "{}", "app_version": "9"}
        connection.execute(insert(audit_entry).values(row))
    assert workspace.audit.entries()[0].action == "dream"


def test_each_entry_follows_from_the_one_before(workspace: Workspace) -> None:
    empty = workspace.audit.verify()
    assert (empty.entries, empty.head, empty.broken_at) == (0, "", None)
    for name in ("一", "二", "三"):
        workspace.audit.record(
            Action.EXPORT, name, actor="张三", details={"rows": 3}, result=Outcome.REFUSED, account="z", address="10.0.0.1"
        )
    chain = workspace.audit.verify()
    assert (chain.entries, chain.broken_at) == (3, None)
    assert workspace.audit.holds(chain.head)
    assert not workspace.audit.holds("0" * 64)
    workspace.audit.record(Action.LOAD, "四")
    assert workspace.audit.verify().head != chain.head
    assert workspace.audit.holds(chain.head)


def _without_triggers(workspace: Workspace, statement: str) -> None:
    """Do what only somebody with the database's own password can."""
    with transaction(workspace._engine, writes=True) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("ALTER TABLE audit_entry DISABLE TRIGGER ALL"))
        else:
            connection.execute(text("DROP TRIGGER audit_entry_no_update"))
            connection.execute(text("DROP TRIGGER audit_entry_kept"))
        connection.execute(text(statement))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET actor = '李四' WHERE entry_id = 2",
        "UPDATE audit_entry SET subject = 'x' WHERE entry_id = 2",
        "UPDATE audit_entry SET details = '{}' WHERE entry_id = 2",
        "UPDATE audit_entry SET result = 'refused' WHERE entry_id = 2",
        "UPDATE audit_entry SET hash = previous_hash WHERE entry_id = 2",
    ],
)
def test_an_entry_changed_behind_our_back_breaks_the_chain(workspace: Workspace, statement: str) -> None:
    for name in ("一", "二", "三"):
        workspace.audit.record(Action.EXPORT, name, actor="张三", details={"rows": 3})
    _without_triggers(workspace, statement)
    assert workspace.audit.verify().broken_at == 2


def test_an_entry_taken_out_breaks_the_chain(workspace: Workspace) -> None:
    for name in ("一", "二", "三"):
        workspace.audit.record(Action.EXPORT, name)
    _without_triggers(workspace, "DELETE FROM audit_entry WHERE entry_id = 2")
    assert workspace.audit.verify().broken_at == 3


def test_the_first_entry_taken_out_breaks_the_chain_unless_a_purge_says_so(workspace: Workspace) -> None:
    for name in ("一", "二"):
        workspace.audit.record(Action.EXPORT, name)
    _without_triggers(workspace, "DELETE FROM audit_entry WHERE entry_id = 1")
    assert workspace.audit.verify().broken_at == 2


def test_a_purge_leaves_a_whole_chain(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    long_ago = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=500)
    with monkeypatch.context() as patch:
        patch.setattr("dashboard.workspace.audit._now", lambda: long_ago)
        workspace.audit.record(Action.EXPORT, "旧一")
        workspace.audit.record(Action.EXPORT, "旧二")
    workspace.audit.record(Action.EXPORT, "新")
    assert workspace.audit.verify().broken_at is None
    assert workspace.audit.purge() == 2
    chain = workspace.audit.verify()
    assert (chain.entries, chain.broken_at) == (2, None)


def test_entries_of_before_the_chain_get_their_place_in_it(url: str, tmp_path: Path) -> None:
    first = tmp_path / "first"
    shutil.copytree(MIGRATIONS, first, ignore=shutil.ignore_patterns("__pycache__", "r000[2-9]*"))
    migrate(url, migrations=first)
    engine = workspace_engine(database_url(url))
    with transaction(engine, writes=True) as connection:
        for number in (1, 2):
            row = {"at": datetime.datetime.now(datetime.UTC), "subject": f"{number}"}
            columns = "at, actor, action, subject, details, app_version"
            connection.execute(text(f"INSERT INTO audit_entry ({columns}) VALUES (:at, '张', 'load', :subject, '{{}}', '0')"), row)
    engine.dispose()
    opened = open_workspace(url)
    opened.audit.record(Action.EXPORT, "新")
    assert (opened.audit.verify().entries, opened.audit.verify().broken_at) == (3, None)
    opened.close()


def test_two_who_write_at_once_do_not_fork_the_chain(workspace: Workspace) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: workspace.audit.record(Action.EXPORT, str(number)), range(24)))
    assert (workspace.audit.verify().entries, workspace.audit.verify().broken_at) == (24, None)


def test_who_is_signed_in_stands_in_the_trail_whatever_name_is_given(workspace: Workspace) -> None:
    with acting_as(Person("陈静", "chenjing", "10.20.3.14", frozenset({"write"}), None)):
        note = workspace.create(Kind.NOTE, "批注", {"text": "x"}, author="别人")
        workspace.rename(note.document_id, "改", actor="别人")
    assert note.author == "陈静"
    assert {(each.actor, each.account, each.address) for each in workspace.audit.entries()} == {("陈静", "chenjing", "10.20.3.14")}


def test_a_role_that_may_not_write_writes_nothing(workspace: Workspace) -> None:
    note = workspace.create(Kind.SCHEME, "方案", {}, author=None)
    with acting_as(Person("大屏", "daping", None, frozenset())), pytest.raises(WorkspaceError, match="您的角色"):
        workspace.create(Kind.NOTE, "批注", {"text": "x"}, author=None)
    with acting_as(Person("孙悦", "sunyue", None, frozenset({"write"}), None)), pytest.raises(WorkspaceError, match="您的角色"):
        workspace.approve(note.document_id, based_on=1, author=None, reason="同意")
    with acting_as(Person("林涛", "lintao", None, frozenset({"write", "approve"}), None)):
        assert workspace.approve(note.document_id, based_on=1, author=None, reason="同意").author == "林涛"


def test_four_eyes_where_the_county_asks_for_them(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOUR_EYES", "true")
    settings.cache_clear()
    try:
        scheme = workspace.create(Kind.SCHEME, "方案", {}, author="张三").document_id
        with pytest.raises(WorkspaceError, match="不能由自己批准"):
            workspace.approve(scheme, based_on=1, author="张三", reason="同意")
        assert workspace.approve(scheme, based_on=1, author="李四", reason="同意").status == "approved"
    finally:
        settings.cache_clear()
