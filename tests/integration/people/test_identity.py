"""Who asks, as the gate's stamp and the session table say it: at once after a change, with idle time counted from the last use."""

import datetime
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import update

from dashboard.services.common import identity as identities
from dashboard.services.common.identity import STAMP_HEADER, end_session, identity_of, living_session, note_use, stamp, sweep
from dashboard.services.common.workspace import current_workspace
from dashboard.services.people.changes import NewPerson, add_person, change_grant, revoke_person
from dashboard.settings import settings
from dashboard.workspace import Action, Workspace
from dashboard.workspace.accounts import GrantRequest
from dashboard.workspace.engine import transaction
from dashboard.workspace.schema import session
from dashboard.workspace.sessions import Beginning, session_id_of


@pytest.fixture
def workspace(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Workspace]:
    monkeypatch.setenv("SIGN_IN", "local")
    monkeypatch.setenv("WORKSPACE_DATABASE_URL", f"sqlite:///{tmp_path / 'workspace.sqlite'}")
    monkeypatch.setenv("REPORTING_DATABASE_URL", f"duckdb:///{tmp_path / 'none.duckdb'}")
    settings.cache_clear()
    identities.forget()
    opened = current_workspace()
    add_person(opened, NewPerson("li", "李伟"), GrantRequest("community", ("C01",)), actor="wu")
    yield opened
    settings.cache_clear()
    identities.forget()


def begin(workspace: Workspace, way: str = "local") -> str:
    ends = datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=12)
    return session_id_of(workspace.sessions.begin(Beginning("li", way, ends, "10.0.0.7", "Browser")))


def rested(workspace: Workspace, session_id: str, minutes: int) -> None:
    seen = datetime.datetime.now(datetime.UTC) - datetime.timedelta(minutes=minutes)
    with transaction(workspace._engine, writes=True) as connection:
        connection.execute(update(session).where(session.c.session_id == session_id).values(seen_at=seen))
    identities.forget()


def test_the_stamp_of_a_living_session_is_somebody(workspace: Workspace) -> None:
    living = begin(workspace)
    found = identity_of({STAMP_HEADER: stamp(living)})
    assert found is not None
    assert (found.subject, found.name, found.role, found.session, found.device) == ("li", "李伟", "community", living, False)
    assert found.person("10.0.0.7", None) is not None
    assert identity_of({}) is None
    assert identity_of({STAMP_HEADER: living}) is None
    assert identity_of({STAMP_HEADER: stamp("0" * 64)}) is None


def test_an_end_a_change_and_a_revocation_hold_at_once(workspace: Workspace) -> None:
    living = begin(workspace)
    header = {STAMP_HEADER: stamp(living)}
    before = identity_of(header)
    assert before is not None
    change_grant(workspace, "li", GrantRequest("community", ("C02",)), actor="wu")
    after = identity_of(header)
    assert after is not None
    assert after.scope.communities == frozenset({"C02"})
    assert after.scope.policy_version > before.scope.policy_version
    revoke_person(workspace, "li", actor="wu")
    assert identity_of(header) is None
    other = begin(workspace)
    assert living_session(other) is not None
    end_session(other, "out")
    assert living_session(other) is None


def test_a_session_that_rests_ends_and_one_that_is_used_does_not(workspace: Workspace) -> None:
    resting, used, wall = begin(workspace), begin(workspace), begin(workspace, "device")
    for each in (resting, used, wall):
        rested(workspace, each, 31)
    note_use(used)
    assert living_session(resting) is None
    assert living_session(used) is not None
    assert living_session(wall) is not None
    assert sweep({resting, used, wall}) == {resting: "idle"}
    found = workspace.sessions.find([resting, used])
    assert found[resting].ending == "idle"
    assert datetime.datetime.now(datetime.UTC) - found[used].seen_at < datetime.timedelta(minutes=1)
    (entry,) = [each for each in workspace.audit.entries(subject="li") if each.action == Action.SIGN_OUT]
    assert (entry.details["ending"], entry.account) == ("idle", "li")


def test_twelve_hours_end_a_session_that_is_used(workspace: Workspace) -> None:
    living = begin(workspace)
    with transaction(workspace._engine, writes=True) as connection:
        connection.execute(update(session).where(session.c.session_id == living).values(ends_at=datetime.datetime.now(datetime.UTC)))
    identities.forget()
    note_use(living)
    assert living_session(living) is None
    assert sweep({living}) == {living: "over"}


def test_a_session_that_is_gone_counts_as_ended(workspace: Workspace) -> None:
    assert sweep({"0" * 64}) == {"0" * 64: "revoked"}
    assert identities.ending_of("0" * 64) == ""
    ended = begin(workspace)
    end_session(ended, "revoked", actor="wu")
    assert identities.ending_of(ended) == "revoked"
