"""Passwords, pauses, tickets and devices as the sign-in pages use them."""

import datetime
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import event, update

from dashboard.catalogue.roles import PasswordError, password_rules
from dashboard.services.common import audit as trail
from dashboard.services.common import signing_in
from dashboard.services.common.signing_in import (
    Answer,
    Visitor,
    account_of_ticket,
    begin_device,
    change_password,
    ticket,
    try_password,
    welcome,
    whom_to_ask,
)
from dashboard.services.people.changes import NewPerson, add_person, create_token, disable_person, revoke_person
from dashboard.workspace import Workspace, open_workspace
from dashboard.workspace.accounts import GrantRequest
from dashboard.workspace.engine import transaction
from dashboard.workspace.schema import account, sign_in_attempt

HERE = Visitor("10.0.0.7", "Browser")


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    trail.forget_knocks()
    opened = open_workspace(f"sqlite:///{tmp_path / 'workspace.sqlite'}")
    add_person(opened, NewPerson("wulan", "吴岚", password="Start-here"), GrantRequest("security"), actor=None)
    opened.accounts.set_password("wulan", "Median-River-10", first=False, actor="wulan")
    yield opened
    opened.close()


def test_the_right_password_is_welcome_and_a_first_one_must_go(workspace: Workspace) -> None:
    assert try_password(workspace, "wulan", "Median-River-10", HERE) is Answer.WELCOME
    assert try_password(workspace, "wulan", "wrong", HERE) is Answer.FAILED
    add_person(workspace, NewPerson("new", password="Start-here"), GrantRequest("analyst"), actor=None)
    assert try_password(workspace, "new", "Start-here", HERE) is Answer.NEW_PASSWORD


def test_after_five_failures_even_the_right_password_waits(workspace: Workspace) -> None:
    answers = [try_password(workspace, "wulan", "wrong", HERE) for _ in range(5)]
    assert answers == [Answer.FAILED] * 4 + [Answer.PAUSED]
    assert try_password(workspace, "wulan", "Median-River-10", HERE) is Answer.PAUSED
    assert [try_password(workspace, "nobody", "wrong", HERE) for _ in range(5)] == answers


def test_without_a_grant_nobody_comes_in(workspace: Workspace) -> None:
    add_person(workspace, NewPerson("li", password="Start-here"), GrantRequest("analyst"), actor=None)
    workspace.accounts.set_password("li", "Median-River-11", first=False, actor="li")
    revoke_person(workspace, "li", actor="wulan")
    assert try_password(workspace, "li", "Median-River-11", HERE) is Answer.NO_GRANT
    assert welcome(workspace, "unknown") is Answer.NO_GRANT
    assert whom_to_ask(workspace) == ("吴岚",)


def test_a_ticket_sets_one_password_once(workspace: Workspace) -> None:
    text = ticket(workspace, "wulan")
    assert account_of_ticket(workspace, text) == "wulan"
    assert account_of_ticket(workspace, text[:-2] + "xx") is None
    with pytest.raises(PasswordError, match="相同"):
        change_password(workspace, "wulan", "Median-River-10")
    change_password(workspace, "wulan", "Median-River-12")
    assert account_of_ticket(workspace, text) is None
    fresh = ticket(workspace, "wulan")
    disable_person(workspace, "wulan", actor="other")
    assert account_of_ticket(workspace, fresh) is None


def test_a_device_comes_in_by_its_token_and_a_person_does_not(workspace: Workspace) -> None:
    add_person(workspace, NewPerson("wall"), GrantRequest("device"), actor="wulan")
    add_person(workspace, NewPerson("li"), GrantRequest("analyst"), actor="wulan")
    assert welcome(workspace, "wall") is Answer.NO_GRANT
    begun = begin_device(workspace, create_token(workspace, "wall", days=30, actor="wulan"), HERE)
    assert isinstance(begun, tuple)
    assert 29 * 86400 < begun[1] <= 30 * 86400
    assert begin_device(workspace, create_token(workspace, "li", days=30, actor="wulan"), HERE) is Answer.FAILED
    assert begin_device(workspace, "dmc_nothing", HERE) is Answer.FAILED


def test_an_address_that_guesses_device_tokens_pauses_and_the_pause_ends(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    add_person(workspace, NewPerson("wall"), GrantRequest("device"), actor="wulan")
    token = create_token(workspace, "wall", days=30, actor="wulan")
    rules = password_rules().model_copy(update={"attempts_per_address": 10})
    monkeypatch.setattr(signing_in, "password_rules", lambda: rules)
    answers = [begin_device(workspace, f"dmc_{number}", HERE) for number in range(11)]
    assert answers == [Answer.FAILED] * 9 + [Answer.PAUSED] * 2
    assert begin_device(workspace, token, HERE) is Answer.PAUSED
    assert isinstance(begin_device(workspace, token, Visitor("10.0.0.8", "")), tuple), "another address is not paused"
    later = datetime.datetime.now(datetime.UTC) - datetime.timedelta(minutes=rules.pause_minutes + 1)
    with transaction(workspace._engine, writes=True) as connection:
        connection.execute(update(sign_in_attempt).values(at=later))
    assert isinstance(begin_device(workspace, token, HERE), tuple)


def test_attempts_in_a_pause_do_not_fill_the_trail(workspace: Workspace) -> None:
    for _ in range(5):
        try_password(workspace, "wulan", "wrong", HERE)
    before = len(workspace.audit.entries())
    assert [try_password(workspace, "wulan", "wrong", HERE) for _ in range(20)] == [Answer.PAUSED] * 20
    (paused,) = workspace.audit.entries()[: len(workspace.audit.entries()) - before]
    assert (paused.subject, paused.details) == ("wulan", {"paused": True})


def test_a_password_that_is_old_is_told_as_old_and_not_as_a_first_one(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    rules = password_rules().model_copy(update={"changed_every_days": 30})
    monkeypatch.setattr(signing_in, "password_rules", lambda: rules)
    assert try_password(workspace, "wulan", "Median-River-10", HERE) is Answer.WELCOME
    with transaction(workspace._engine, writes=True) as connection:
        connection.execute(update(account).values(password_at=datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=31)))
    assert try_password(workspace, "wulan", "Median-River-10", HERE) is Answer.OLD_PASSWORD


def test_whom_to_ask_is_found_in_one_transaction(workspace: Workspace) -> None:
    for number in range(5):
        add_person(workspace, NewPerson(f"li{number}"), GrantRequest("analyst"), actor=None)
    begun: list[object] = []
    event.listen(workspace._engine, "begin", begun.append)
    assert whom_to_ask(workspace) == ("吴岚",)
    assert len(begun) == 1
