"""Accounts, grants, tokens and sessions on both databases."""

import datetime
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text, update

from dashboard.errors import DatabaseError
from dashboard.services.common.clock import today
from dashboard.services.common.identity import find_token, identity_for
from dashboard.services.people.changes import NewPerson, add_person, change_grant, create_token, decide, disable_person, revoke_person
from dashboard.settings import settings
from dashboard.store.scope import COUNTY
from dashboard.workspace import Action, Workspace, WorkspaceError, open_workspace
from dashboard.workspace.accounts import Decision, GrantRequest, token_hash
from dashboard.workspace.acting import Person, acting_as
from dashboard.workspace.engine import transaction
from dashboard.workspace.schema import access_token
from dashboard.workspace.sessions import Beginning, session_id_of

DAY = datetime.timedelta(days=1)
IDLE = datetime.timedelta(minutes=30)


@pytest.fixture(autouse=True)
def _no_county(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Codes cannot be checked before the first load; these tests need no county."""
    monkeypatch.setenv("REPORTING_DATABASE_URL", f"duckdb:///{tmp_path / 'none.duckdb'}")
    settings.cache_clear()
    yield
    settings.cache_clear()


@pytest.fixture(params=["sqlite", "postgresql"])
def workspace(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Workspace]:
    url = f"sqlite:///{tmp_path / 'workspace.sqlite'}" if request.param == "sqlite" else request.getfixturevalue("postgresql_url")
    opened = open_workspace(url)
    yield opened
    opened.close()


def add(workspace: Workspace, account_id: str, role: str, **request: object) -> None:
    add_person(workspace, NewPerson(account_id, password="Start-here"), GrantRequest(role, **request), actor="root")  # type: ignore[arg-type]


def test_a_password_fits_its_account_alone(workspace: Workspace) -> None:
    add(workspace, "alice", "analyst")
    assert workspace.accounts.password_fits("alice", "Start-here")
    assert not workspace.accounts.password_fits("alice", "start-here")
    assert not workspace.accounts.password_fits("Alice", "Start-here")
    assert not workspace.accounts.password_fits("nobody", "Start-here")
    found = workspace.accounts.find("alice")
    assert found is not None
    assert found.password_is_first
    with transaction(workspace._engine, writes=False) as connection:
        stored = connection.execute(text("SELECT password_hash FROM account")).scalar_one()
    assert stored.startswith("$argon2id$")
    disable_person(workspace, "alice", actor="root")
    assert not workspace.accounts.password_fits("alice", "Start-here")
    assert identity_for(workspace, "alice") is None


def test_nobody_is_there_twice(workspace: Workspace) -> None:
    add(workspace, "alice", "analyst")
    with pytest.raises(WorkspaceError, match="已有这个账号"):
        add(workspace, "alice", "leader")
    with pytest.raises(WorkspaceError, match="同名"):
        add_person(workspace, NewPerson("other", "alice"), GrantRequest("leader"), actor=None)
    with pytest.raises(WorkspaceError, match="1 到"):
        add_person(workspace, NewPerson("\u202e "), GrantRequest("leader"), actor=None)


def test_a_role_needs_what_it_reaches(workspace: Workspace) -> None:
    with pytest.raises(WorkspaceError, match="医共体"):
        add(workspace, "li", "community")
    with pytest.raises(WorkspaceError, match="机构"):
        add(workspace, "li", "institution")
    with pytest.raises(WorkspaceError, match="没有范围"):
        add(workspace, "li", "auditor", communities=("C01",))
    with pytest.raises(WorkspaceError, match="没有这个角色"):
        add(workspace, "li", "emperor")
    with pytest.raises(WorkspaceError, match="没有密码"):
        add(workspace, "wall", "device")


def test_the_scope_is_that_of_the_grant(workspace: Workspace) -> None:
    add(workspace, "lin", "leader")
    add(workspace, "li", "community", communities=("C02", "C01"), sections=("finance",))
    add(workspace, "zhang", "institution", institutions=("I07",))
    add(workspace, "gao", "auditor")
    leader, community, institution, auditor = (identity_for(workspace, each) for each in ("lin", "li", "zhang", "gao"))
    assert leader is not None
    assert leader.scope == COUNTY
    assert community is not None
    assert (community.scope.communities, community.scope.institutions, community.scope.sections) == (
        frozenset({"C01", "C02"}),
        None,
        frozenset({"finance"}),
    )
    assert institution is not None
    assert (institution.scope.institutions, institution.scope.sections) == (frozenset({"I07"}), frozenset())
    assert auditor is not None
    assert (auditor.scope.communities, auditor.scope.institutions, auditor.scope.sections) == (frozenset(), frozenset(), frozenset())
    assert not auditor.opens("business")


def test_the_newest_grant_holds_and_nothing_older_comes_back(workspace: Workspace) -> None:
    add(workspace, "li", "community", communities=("C01",))
    first = identity_for(workspace, "li")
    assert first is not None
    change_grant(workspace, "li", GrantRequest("community", ("C02",), ends_on=today()), actor="wu")
    second = identity_for(workspace, "li")
    assert second is not None
    assert second.scope.communities == frozenset({"C02"})
    assert second.scope.policy_version > first.scope.policy_version
    accounts = workspace.accounts
    assert accounts.standing("li", today() + DAY)[1] is None  # type: ignore[index]
    assert accounts.standing("li", today() - DAY)[1] is None  # type: ignore[index]
    change_grant(workspace, "li", GrantRequest("community", ("C03",), starts_on=today() + DAY), actor="wu")
    assert accounts.standing("li", today())[1].communities == ("C02",)  # type: ignore[index, union-attr]
    assert accounts.standing("li", today() + DAY)[1].communities == ("C03",)  # type: ignore[index, union-attr]
    assert revoke_person(workspace, "li", actor="wu", reason="调离") == 3
    gone = identity_for(workspace, "li")
    assert gone is not None
    assert gone.rights is None
    with pytest.raises(WorkspaceError, match="早于"):
        change_grant(workspace, "li", GrantRequest("community", ("C03",), ends_on=today() - DAY), actor="wu")


def test_another_role_needs_a_second_person(workspace: Workspace) -> None:
    add(workspace, "fang", "data_manager")
    asked = change_grant(workspace, "fang", GrantRequest("security", reason="代管"), actor="wu")
    assert asked.waiting
    before = identity_for(workspace, "fang")
    assert before is not None
    assert before.role == "data_manager"
    for nobody in ("wu", "fang", None):
        with pytest.raises(WorkspaceError, match="不能确认"):
            decide(workspace, asked.grant_id, Decision.CONFIRMED, actor=nobody)
    with pytest.raises(WorkspaceError, match="已经有了决定"):
        decide(workspace, asked.grant_id, Decision.REVOKED, actor="gao")
    decide(workspace, asked.grant_id, Decision.CONFIRMED, actor="gao")
    after = identity_for(workspace, "fang")
    assert after is not None
    assert after.role == "security"
    with pytest.raises(WorkspaceError, match="已经有了决定"):
        decide(workspace, asked.grant_id, Decision.CONFIRMED, actor="gao")
    with pytest.raises(WorkspaceError, match="自己的授权"):
        change_grant(workspace, "fang", GrantRequest("security"), actor="fang")
    named = [(each.action, each.actor) for each in workspace.audit.entries(subject="fang")]
    assert named[:2] == [(Action.GRANT, "gao"), (Action.ASK_GRANT, "wu")]


def test_an_administrator_added_on_the_page_waits_too(workspace: Workspace) -> None:
    add_person(workspace, NewPerson("new"), GrantRequest("auditor"), actor="wu", second=True)
    waiting = identity_for(workspace, "new")
    assert waiting is not None
    assert waiting.rights is None
    (grant,) = workspace.accounts.grants("new")
    decide(workspace, grant.grant_id, Decision.WITHDRAWN, actor="wu")
    assert workspace.accounts.grants("new")[0].ended


@pytest.mark.parametrize("statement", ["UPDATE role_grant SET role = 'leader'", "DELETE FROM grant_decision", "DELETE FROM account"])
def test_grants_are_only_added(workspace: Workspace, statement: str) -> None:
    add(workspace, "li", "community", communities=("C01",))
    revoke_person(workspace, "li", actor="wu")
    with pytest.raises(DatabaseError), transaction(workspace._engine, writes=True) as connection:
        connection.execute(text(statement))


def test_a_token_opens_until_it_ends_and_is_never_stored(workspace: Workspace) -> None:
    add(workspace, "li", "community", communities=("C01",))
    token = create_token(workspace, "li", days=2, actor="wu")
    identity = find_token(workspace, token)
    assert identity is not None
    assert (identity.subject, identity.scope.communities, identity.session) == ("li", frozenset({"C01"}), None)
    with transaction(workspace._engine, writes=False) as connection:
        row = connection.execute(text("SELECT * FROM access_token")).mappings().one()
    assert token not in str(dict(row))
    assert row["token_hash"] == token_hash(token)
    assert find_token(workspace, token[:-1]) is None
    with transaction(workspace._engine, writes=True) as connection:
        connection.execute(update(access_token).values(expires_at=datetime.datetime.now(datetime.UTC)))
    assert find_token(workspace, token) is None
    other = create_token(workspace, "li", days=2, actor="wu")
    workspace.accounts.revoke_token(workspace.accounts.tokens()[0].token_id, actor="wu")
    assert find_token(workspace, other) is None
    third = create_token(workspace, "li", days=2, actor="wu")
    disable_person(workspace, "li", actor="wu")
    assert find_token(workspace, third) is None
    with pytest.raises(WorkspaceError, match="停用"):
        create_token(workspace, "li", days=2, actor="wu")
    with pytest.raises(WorkspaceError, match="没有这个账号"):
        create_token(workspace, "nobody", days=2, actor="wu")


def test_administrators_and_devices_have_no_access_by_api(workspace: Workspace) -> None:
    add(workspace, "gao", "auditor")
    with pytest.raises(WorkspaceError, match="不发令牌"):
        create_token(workspace, "gao", days=2, actor="wu")
    add_person(workspace, NewPerson("wall"), GrantRequest("device"), actor="wu")
    assert find_token(workspace, create_token(workspace, "wall", days=2, actor="wu")) is None


def begin(workspace: Workspace, account_id: str = "li", way: str = "local", hours: float = 12, token_id: int | None = None) -> str:
    ends = datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=hours)
    return workspace.sessions.begin(Beginning(account_id, way, ends, "10.0.0.7", "Browser", token_id=token_id))


def test_a_session_lives_until_it_is_ended_by_whatever_ends_it(workspace: Workspace) -> None:
    add(workspace, "li", "community", communities=("C01",))
    sessions = workspace.sessions
    now = datetime.datetime.now(datetime.UTC)
    first = session_id_of(begin(workspace))
    found = sessions.find([first])[first]
    assert found.state(now, IDLE) is None
    assert found.state(now + IDLE + DAY / 24 / 60, IDLE) == "idle"
    assert found.state(now + DAY, IDLE) == "over"
    sessions.touch({first: now + datetime.timedelta(minutes=20)})
    sessions.touch({first: now})
    assert sessions.find([first])[first].state(now + IDLE + DAY / 24 / 60, IDLE) is None
    assert sessions.end(first, "out") is not None
    assert sessions.end(first, "out") is None
    assert sessions.find([first])[first].state(now, IDLE) == "out"
    second = session_id_of(begin(workspace))
    assert [each.session_id for each in sessions.living(IDLE)] == [second]
    workspace.accounts.set_password("li", "Another-One-7", first=False, actor="li")
    assert sessions.living(IDLE) == ()
    third = session_id_of(begin(workspace))
    revoke_person(workspace, "li", actor="wu")
    assert sessions.find([third])[third].state(now, IDLE) == "revoked"
    acts = [each.action for each in workspace.audit.entries(subject="li")]
    assert acts.count(Action.SIGN_IN) == 3
    assert acts.count(Action.SIGN_OUT) == 1


def test_a_device_has_no_idle_time_and_ends_with_its_token(workspace: Workspace) -> None:
    add_person(workspace, NewPerson("wall"), GrantRequest("device"), actor="wu")
    create_token(workspace, "wall", days=30, actor="wu")
    (token,) = workspace.accounts.tokens()
    wall = session_id_of(begin(workspace, "wall", "device", 24 * 30, token.token_id))
    now = datetime.datetime.now(datetime.UTC)
    assert workspace.sessions.find([wall])[wall].state(now + 20 * DAY, IDLE) is None
    workspace.accounts.revoke_token(token.token_id, actor="wu")
    assert workspace.sessions.find([wall])[wall].state(now, IDLE) == "revoked"


def test_the_secret_of_a_cookie_is_not_stored(workspace: Workspace) -> None:
    add(workspace, "li", "community", communities=("C01",))
    secret = begin(workspace)
    with transaction(workspace._engine, writes=False) as connection:
        row = connection.execute(text("SELECT * FROM session")).mappings().one()
    assert secret not in str(dict(row))


def test_a_reason_for_exports_is_kept_with_the_session(workspace: Workspace) -> None:
    add(workspace, "li", "community", communities=("C01",))
    living = session_id_of(begin(workspace))
    with pytest.raises(WorkspaceError, match="理由"):
        workspace.sessions.explain(living, " ")
    workspace.sessions.explain(living, "季度材料")
    assert workspace.sessions.find([living])[living].reason == "季度材料"


def test_five_failures_pause_a_name_known_or_not(workspace: Workspace) -> None:
    limits = {"attempts": 5, "per_address": 50, "minutes": 15}
    sessions = workspace.sessions
    for name in ("li", "nobody"):
        for _ in range(4):
            sessions.note_attempt(name, "10.0.0.7", succeeded=False)
        assert not sessions.paused(name, "10.0.0.7", **limits)
        sessions.note_attempt(name, "10.0.0.8", succeeded=False)
        assert sessions.paused(name, "10.0.0.9", **limits)
        sessions.note_attempt(name, "10.0.0.9", succeeded=False, paused=True)
    assert not sessions.paused("wang", "10.0.0.7", **limits)
    assert sessions.paused("wang", "10.0.0.7", **(limits | {"per_address": 8}))
    sessions.note_attempt("li", "10.0.0.7", succeeded=True)
    assert not sessions.paused("li", "10.0.0.9", **limits)
    refused = [each for each in workspace.audit.entries() if each.action is Action.SIGN_IN or each.action == "sign_in"]
    assert {each.result for each in refused} == {"refused"}


def test_processes_share_one_key(workspace: Workspace) -> None:
    first = workspace.accounts.server_key("cookie")
    assert len(first) >= 48
    assert workspace.accounts.server_key("cookie") == first
    assert workspace.accounts.server_key("other") != first


# Who may change what --------------------------------------------------------------------------------------------------


def person(name: str, *acts: str) -> Person:
    return Person(name, name, "10.0.0.7", frozenset(acts))


CHANGES: dict[str, tuple[str, Callable[[Workspace, int, int, int], object]]] = {
    "add": (
        "people",
        lambda workspace, *_: workspace.accounts.add("x", password=None, request=GrantRequest("leader"), actor="x", second=False),
    ),
    "disable": ("people", lambda workspace, *_: workspace.accounts.disable("li", actor="x")),
    "first password": ("people", lambda workspace, *_: workspace.accounts.set_password("li", "Start-here", first=True, actor="x")),
    "another's password": ("people", lambda workspace, *_: workspace.accounts.set_password("li", "Median-River-1", first=False, actor="x")),
    "grant": ("people", lambda workspace, *_: workspace.accounts.ask_grant("li", GrantRequest("leader"), actor="x", second=False)),
    "confirm": ("confirm", lambda workspace, waiting, *_: workspace.accounts.decide(waiting, Decision.CONFIRMED, actor="x", reason="")),
    "withdraw": ("people", lambda workspace, waiting, *_: workspace.accounts.decide(waiting, Decision.WITHDRAWN, actor="x", reason="")),
    "revoke": ("people", lambda workspace, _w, held, _t: workspace.accounts.decide(held, Decision.REVOKED, actor="x", reason="")),
    "revoke all": ("people", lambda workspace, *_: workspace.accounts.revoke_all("li", actor="x", reason="")),
    "token": ("people", lambda workspace, *_: workspace.accounts.create_token("li", days=1, actor="x")),
    "end a token": ("people", lambda workspace, _w, _h, token: workspace.accounts.revoke_token(token, actor="x")),
    "end a session": ("people", lambda workspace, *_: workspace.sessions.end(session_id_of(begin(workspace)), "revoked", actor="x")),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_the_workspace_itself_asks_whether_somebody_may(tmp_path: Path, change: str) -> None:
    workspace = open_workspace(f"sqlite:///{tmp_path / 'workspace.sqlite'}")
    add(workspace, "li", "analyst")
    waiting = change_grant(workspace, "li", GrantRequest("leader"), actor="wu").grant_id
    held = workspace.accounts.grants("li")[0].grant_id
    workspace.accounts.create_token("li", days=1, actor="wu")
    (token,) = workspace.accounts.tokens()
    act, done = CHANGES[change]
    everything = {"write", "approve", "freeze", "people", "confirm", "audit"}
    with acting_as(person("sun", *(everything - {act}))), pytest.raises(WorkspaceError, match="您的角色不能做这一步"):
        done(workspace, waiting, held, token.token_id)
    with acting_as(person("sun", act)):
        done(workspace, waiting, held, token.token_id)
    workspace.close()


def test_whoever_is_signed_in_changes_their_own_password_and_stands_as_who_asked(workspace: Workspace) -> None:
    add(workspace, "li", "analyst")
    with acting_as(person("li", "write")):
        workspace.accounts.set_password("li", "Median-River-1", first=False, actor="li")
    with acting_as(person("sun", "people", "confirm")):
        asked = change_grant(workspace, "li", GrantRequest("leader"), actor="somebody-else")
        assert asked.asked_by == "sun"
        with pytest.raises(WorkspaceError, match="不能确认"):
            decide(workspace, asked.grant_id, Decision.CONFIRMED, actor="somebody-else")


# A second person --------------------------------------------------------------------------------------------------------


def test_a_role_that_was_revoked_or_has_run_out_does_not_make_another_one_the_first(workspace: Workspace) -> None:
    add(workspace, "fang", "analyst")
    revoke_person(workspace, "fang", actor="wu")
    assert change_grant(workspace, "fang", GrantRequest("leader"), actor="wu").waiting
    assert not change_grant(workspace, "fang", GrantRequest("analyst"), actor="wu").waiting, "the role that was held needs nobody"
    add(workspace, "old", "analyst", starts_on=today() - 9 * DAY, ends_on=today() - DAY)
    assert change_grant(workspace, "old", GrantRequest("committee"), actor="wu").waiting
    add(workspace, "soon", "analyst", starts_on=today() + DAY)
    assert change_grant(workspace, "soon", GrantRequest("committee"), actor="wu").waiting
    assert change_grant(workspace, "soon", GrantRequest("committee"), actor="wu").waiting, "that it was asked for twice is no second person"


def test_a_grant_older_than_the_newest_is_not_confirmed_any_more(workspace: Workspace) -> None:
    add(workspace, "fang", "analyst")
    older = change_grant(workspace, "fang", GrantRequest("leader"), actor="wu")
    newer = change_grant(workspace, "fang", GrantRequest("committee"), actor="wu")
    with pytest.raises(WorkspaceError, match="之后又有新的授权"):
        decide(workspace, older.grant_id, Decision.CONFIRMED, actor="gao")
    decide(workspace, newer.grant_id, Decision.WITHDRAWN, actor="wu")
    decide(workspace, older.grant_id, Decision.CONFIRMED, actor="gao")
    assert identity_for(workspace, "fang").role == "leader"  # type: ignore[union-attr]
    late = change_grant(workspace, "fang", GrantRequest("committee"), actor="wu")
    change_grant(workspace, "fang", GrantRequest("leader", ends_on=today() + DAY), actor="wu")
    with pytest.raises(WorkspaceError, match="之后又有新的授权"):
        decide(workspace, late.grant_id, Decision.CONFIRMED, actor="gao")
