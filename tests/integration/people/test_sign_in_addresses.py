"""The addresses of signing in, asked as a browser asks them: what is told, where it leads, and what happens without the workspace."""

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from dashboard.catalogue.roles import password_rules
from dashboard.services.common import audit, identity, signing_in
from dashboard.services.common import workspace as workspaces
from dashboard.services.common.workspace import current_workspace
from dashboard.settings import Provider, settings
from dashboard.ui.frame import cookie
from dashboard.ui.frame.door import Door, Watch, session_by_cookie
from dashboard.ui.frame.providers import Providers
from dashboard.ui.frame.proxy import session_by_proxy
from dashboard.ui.frame.sign_in import SignIn
from dashboard.workspace import Workspace
from dashboard.workspace.accounts import Accounts, GrantRequest
from dashboard.workspace.sessions import Sessions
from tests.unit.frame.test_door import Reached

PASSWORD = "Median-River-10"
SECRET = "s" * 40
PROVIDERS = '[{"name": "county", "title": "统一", "server_metadata_url": "http://127.0.0.1:9/none", "client_id": "x"}]'


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    monkeypatch.setenv("WORKSPACE_DATABASE_URL", f"sqlite:///{tmp_path / 'workspace.sqlite'}")
    monkeypatch.setenv("REPORTING_DATABASE_URL", f"duckdb:///{tmp_path / 'none.duckdb'}")
    monkeypatch.setenv("PROXY_SECRET", SECRET)
    identity.forget()
    audit.forget_knocks()
    yield tmp_path
    settings.cache_clear()
    identity.forget()


def served(monkeypatch: pytest.MonkeyPatch, way: str, **more: str) -> TestClient:
    for name, value in {"SIGN_IN": way, **more}.items():
        monkeypatch.setenv(name, value)
    settings.cache_clear()
    watch = Watch()
    find = session_by_proxy if way == "proxy" else session_by_cookie
    door = Door(Reached(), find=find, sign_in=SignIn(watch.close, find).application(), watch=watch)
    return TestClient(door, follow_redirects=False, headers={"Accept": "text/html"})


def person(account: str, role: str = "analyst") -> Workspace:
    workspace = current_workspace()
    workspace.accounts.add(account, password=PASSWORD, request=GrantRequest(role), actor=None, second=False)
    workspace.accounts.set_password(account, PASSWORD, first=False, actor=None)
    return workspace


def by_gateway(account: str) -> dict[str, str]:
    return {"X-Remote-User": account, "X-Proxy-Secret": SECRET}


def test_another_person_at_the_gateway_gets_a_session_of_their_own_and_goes_in_no_circle(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = served(monkeypatch, "proxy")
    for account in ("chen", "wu"):
        person(account)
    for account in ("chen", "wu"):
        first = client.get("/utilisation", headers=by_gateway(account))
        assert first.headers["location"] == "/sign-in?next=%2Futilisation"
        second = client.get(first.headers["location"], headers=by_gateway(account))
        assert (second.status_code, second.headers["location"]) == (303, "/utilisation")
        assert client.get("/utilisation", headers=by_gateway(account)).status_code == 200
        assert client.get("/sign-in/state", headers=by_gateway(account)).status_code == 204
    assert client.get("/sign-in/state").status_code == 401, "the cookie alone is nothing"
    assert [each.account_id for each in current_workspace().sessions.living(identity.idle())] == ["wu"]


def test_a_new_password_that_is_not_good_enough_is_not_told_as_two_that_differ(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    client = served(monkeypatch, "local")
    person("li")
    client.post("/sign-in", data={"account": "li", "password": PASSWORD})
    for new, again, told in (("short", "short", "这个新密码不能用"), ("Median-River-11", "Median-River-12", "不一样")):
        page = client.post("/sign-in/password", data={"current": PASSWORD, "new": new, "again": again})
        assert page.status_code == 400
        assert told in page.text
        assert ("不一样" in page.text) is (told == "不一样")
    assert "密码的长度要在" in client.post("/sign-in/password", data={"current": PASSWORD, "new": "short", "again": "short"}).text


def test_an_old_password_is_told_as_old(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    client = served(monkeypatch, "local")
    person("li")
    for first, told, other in ((False, "已到更换期限", "临时密码"), (True, "临时密码", "已到更换期限")):
        current_workspace().accounts.set_password("li", PASSWORD, first=first, actor=None)
        rules = password_rules().model_copy(update={"changed_every_days": 1})
        monkeypatch.setattr(signing_in, "password_rules", lambda rules=rules: rules)
        monkeypatch.setattr(signing_in, "_is_old", lambda *_: True)
        page = client.post("/sign-in", data={"account": "li", "password": PASSWORD}).text
        assert told in page
        assert other not in page


def test_a_device_that_must_pause_is_told_so(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    client = served(monkeypatch, "local")
    rules = password_rules().model_copy(update={"attempts_per_address": 10})
    monkeypatch.setattr(signing_in, "password_rules", lambda: rules)
    answers = [client.post("/sign-in/device", data={"token": f"dmc_{number}"}) for number in range(11)]
    assert [each.status_code for each in answers] == [401] * 9 + [429] * 2
    assert "这个设备令牌不能使用" in answers[0].text
    assert "尝试次数较多" in answers[-1].text


ADDRESSES = [
    ("GET", "/"), ("GET", "/sign-in"), ("POST", "/sign-in"), ("GET", "/sign-in/password"), ("POST", "/sign-in/password"),
    ("POST", "/sign-in/device"), ("GET", "/sign-in/state"), ("POST", "/sign-out"), ("GET", "/sign-in/with/county"),
    ("GET", "/sign-in/callback/county"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path"), ADDRESSES)
def test_without_the_workspace_it_is_said_so(folder: Path, monkeypatch: pytest.MonkeyPatch, method: str, path: str) -> None:
    monkeypatch.setenv("WORKSPACE_DATABASE_URL", "sqlite:////proc/none/workspace.sqlite")
    client = served(monkeypatch, "local", OIDC_PROVIDERS=PROVIDERS)
    client.cookies.set("county-session", "x.y")
    answer = client.request(method, path, data={"account": "a", "password": "b", "token": "c", "ticket": "d"} if method == "POST" else None)
    assert answer.status_code == 503, answer.text
    assert "工作" in answer.text


def test_the_loop_that_serves_everybody_asks_no_database(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    client = served(monkeypatch, "local", OIDC_PROVIDERS=PROVIDERS)
    person("li")
    cookie._signer.cache_clear()
    workspaces._opened.clear()
    asked: list[tuple[str, bool]] = []

    def noted(owner: type, name: str) -> None:
        inner = getattr(owner, name)

        def outer(*arguments: object, **named: object) -> object:
            asked.append((name, asyncio._get_running_loop() is not None))
            return inner(*arguments, **named)

        monkeypatch.setattr(owner, name, outer)

    for owner, name in ((Accounts, "server_key"), (Sessions, "find"), (Sessions, "end"), (Sessions, "begin"), (Accounts, "standing")):
        noted(owner, name)
    client.post("/sign-in", data={"account": "li", "password": PASSWORD})
    for method, path in ADDRESSES:
        client.request(method, path)
    assert {name for name, _ in asked} >= {"server_key", "find", "end", "begin", "standing"}
    assert not [name for name, on_the_loop in asked if on_the_loop]


def test_the_first_provider_cannot_claim_an_account_of_another(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    served(monkeypatch, "oidc", OIDC_PROVIDERS=PROVIDERS)
    two = Providers(tuple(Provider(name=name, title=name, server_metadata_url="x", client_id="x") for name in ("county", "hospital")))
    assert two._account("hospital", "li") == "hospital:li"
    assert two._account("county", "li") == "li"
    assert two._account("county", "hospital") == "hospital"
    assert two._account("county", "urn:li") == "urn:li"
    assert two._account("county", "hospital:li") is None
    assert re.fullmatch(r"county:.*", two._account("county", "county:li") or "county:")
