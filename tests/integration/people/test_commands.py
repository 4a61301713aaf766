"""Accounts, tokens and the audit chain from the command line."""

from pathlib import Path

import pytest

from dashboard.services.common.identity import find_token
from dashboard.workspace import open_workspace
from tests.command_line import run_command


class Line:
    """The command line on a workspace of its own."""

    def __init__(self, folder: Path, **variables: str) -> None:
        self.url = f"sqlite:///{folder / 'workspace.sqlite'}"
        reporting = f"duckdb:///{folder / 'none.duckdb'}"
        self.environment = {"WORKSPACE_DATABASE_URL": self.url, "REPORTING_DATABASE_URL": reporting, **variables}

    def __call__(self, *arguments: str, given: str = "", code: int = 0) -> str:
        done = run_command(*arguments, environment=self.environment, given=given)
        assert done.status == code, done.output + done.errors
        return done.output + done.errors


@pytest.fixture
def line(tmp_path: Path) -> Line:
    return Line(tmp_path)


def test_a_person_is_added_and_a_token_works_before_the_first_password_was_changed(line: Line) -> None:
    line("users", "add", "li", "--role", "community", "--community", "C01", "--community", "C02", "--password-stdin", given="Start-here\n")
    token = line("tokens", "create", "li", "--days", "30").splitlines()[-1]
    workspace = open_workspace(line.url)
    identity = find_token(workspace, token)
    assert identity is not None
    assert (identity.role, identity.scope.communities) == ("community", frozenset({"C01", "C02"}))
    account = workspace.accounts.find("li")
    assert account is not None
    assert account.password_is_first
    assert workspace.accounts.password_fits("li", "Start-here")
    workspace.close()
    listed = line("users", "list", "--lang", "en")
    assert "Community user" in listed
    assert "valid" in listed
    assert token not in line("tokens", "list")


def test_who_is_added_without_a_password_gets_one_where_accounts_are_own(tmp_path: Path) -> None:
    line = Line(tmp_path, SIGN_IN="local")
    password = line("users", "add", "li", "--role", "analyst").splitlines()[-1].rpartition("：")[2]
    workspace = open_workspace(line.url)
    assert workspace.accounts.password_fits("li", password)
    workspace.close()
    assert "首次密码" in line("users", "password", "li")


def test_what_may_not_be_is_one_line(line: Line) -> None:
    assert "可用的角色" in line("users", "add", "li", "--role", "emperor", code=2)
    assert "--community" in line("users", "add", "li", "--role", "community", code=2)
    assert "长度" in line("users", "add", "li", "--role", "analyst", "--password-stdin", given="short\n", code=2)
    assert "There is no such account" in line("users", "disable", "nobody", "--lang", "en", code=2)
    assert "没有这个账号" in line("tokens", "create", "nobody", "--days", "3", code=2)


def test_grants_change_and_end(line: Line) -> None:
    line("users", "add", "li", "--role", "analyst")
    assert "已生效" in line("users", "grant", "li", "--role", "analyst", "--until", "2999-12-31", "--reason", "续期")
    assert "等第二人确认" in line("users", "grant", "li", "--role", "leader")
    assert "不能确认" in line("users", "confirm", "3", code=2)
    assert "3 项" in line("users", "revoke", "li", "--reason", "调离")
    assert "已停用" in line("users", "disable", "li")
    assert "已停用" in line("users", "list")


def test_the_chain_is_verified_and_a_break_found(line: Line) -> None:
    line("users", "add", "li", "--role", "analyst")
    good = line("audit", "verify")
    head = good.splitlines()[-1].rpartition("：")[2]
    assert "2 条操作记录前后相连" in good
    line("audit", "verify", "--head", head)
    assert "截去" in line("audit", "verify", "--head", "0" * 64, code=1)
    assert "190" in line("audit", "purge", "--days", "100", code=2)
    assert "已清理 0 条" in line("audit", "purge")


def test_an_open_server_beyond_this_machine_is_refused(line: Line) -> None:
    assert "SIGN_IN" in line("serve", "--address", "0.0.0.0", "--port", "9", code=2)
