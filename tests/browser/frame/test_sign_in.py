"""Signing in and out as a browser does it: own accounts, a provider, a gateway, a cockpit device; and what is refused."""

import datetime
import json
import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from oidc_provider_mock import User, run_server_in_thread
from playwright.sync_api import Browser, Page, expect
from streamlit.proto.BackMsg_pb2 import BackMsg
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from dashboard.workspace import Workspace, open_workspace
from dashboard.workspace.accounts import GrantRequest
from tests.browser.conftest import OpenVisit
from tests.browser.server import Visit, running_app
from tests.loopback import DIRECT
from tests.tiny import make_tiny_database

PASSWORD = "Median-River-10"
SECRET = "s" * 40
_HOUR = datetime.timedelta(hours=1)


@dataclass
class County:
    """A server with sign-in on, and the workspace behind it."""

    address: str
    workspace: Workspace


@pytest.fixture
def visit(browser: Browser) -> Iterator[OpenVisit]:
    """Browsers of their own: two people at two machines share no cookie."""
    opened: list[Visit] = []

    def make(**options: object) -> Visit:
        opened.append(Visit(browser, **options))  # type: ignore[arg-type]
        return opened[-1]

    yield make
    for each in opened:
        each.context.close()


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> str:
    return make_tiny_database(f"duckdb:///{tmp_path_factory.mktemp('sign_in') / 'reporting.duckdb'}")


@contextmanager
def county(database: str, folder: Path, **variables: str) -> Iterator[County]:
    url = f"sqlite:///{folder / 'workspace.sqlite'}"
    workspace = open_workspace(url)
    for account, name, role in (("chenjing", "陈静", "committee"), ("wulan", "吴岚", "security"), ("gaoyuan", "高原", "auditor")):
        workspace.accounts.add(account, name=name, password=PASSWORD, request=GrantRequest(role), actor=None, second=False)
        workspace.accounts.set_password(account, PASSWORD, first=False, actor=None)
    workspace.accounts.add("daping", name="大屏1", password=None, request=GrantRequest("device", sections=()), actor=None, second=False)
    with running_app(database, folder / "server.log", WORKSPACE_DATABASE_URL=url, **variables) as address:
        yield County(address, workspace)
    workspace.close()


@pytest.fixture(scope="module")
def local(tiny: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[County]:
    with county(tiny, tmp_path_factory.mktemp("local"), SIGN_IN="local", SIGN_IN_CONTACT="信息科 内线 6021") as served:
        yield served


def sign_in(visit: Visit, county_: County, path: str = "/", account: str = "chenjing", password: str = PASSWORD) -> Page:
    visit.page.goto(county_.address + path)
    visit.page.fill("#account", account)
    visit.page.fill("#password", password)
    visit.page.keyboard.press("Enter")
    visit.page.wait_for_url(lambda address: "/sign-in" not in address)
    visit.settle()
    return visit.page


def asked(address: str, **headers: str) -> tuple[int, str]:
    request = urllib.request.Request(address, headers={name.replace("_", "-"): value for name, value in headers.items()})
    try:
        with DIRECT.open(request, timeout=10) as answer:
            return answer.status, answer.read().decode(errors="replace")
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(errors="replace")


def stream_answers(county_: County, **headers: str) -> bool:
    """Tell whether Streamlit's websocket says anything to a client with these headers."""
    address = county_.address.replace("http://", "ws://") + "/_stcore/stream"
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        with connect(address, additional_headers=given, subprotocols=["streamlit"], proxy=None) as socket:  # type: ignore[list-item]
            message = BackMsg()
            message.rerun_script.query_string = ""
            socket.send(message.SerializeToString())
            return bool(socket.recv(timeout=20))
    except (InvalidStatus, ConnectionClosed):
        return False


def cookie_of(visit: Visit) -> str:
    (found,) = [each for each in visit.context.cookies() if each["name"] == "county-session"]
    assert found["httpOnly"]
    assert found["sameSite"] == "Lax"
    return f"{found['name']}={found['value']}"


def test_a_deep_link_is_kept_through_sign_in_by_keyboard_alone(local: County, visit: OpenVisit) -> None:
    seen = visit()
    seen.page.goto(f"{local.address}/utilisation?month=2026-03")
    expect(seen.page.get_by_text("登录后回到")).to_contain_text("床位与设备 · 2026年3月")
    seen.page.keyboard.type("chenjing")
    seen.page.keyboard.press("Tab")
    seen.page.keyboard.type(PASSWORD)
    seen.page.keyboard.press("Enter")
    seen.page.wait_for_url(f"{local.address}/utilisation?month=2026-03")
    seen.settle()
    expect(seen.page.get_by_text("陈静")).to_be_visible()
    assert seen.outside == []


def test_english_and_dark_and_nothing_from_outside(local: County, visit: OpenVisit) -> None:
    seen = visit(theme="dark")
    seen.page.goto(f"{local.address}/sign-in?lang=en")
    expect(seen.page.get_by_role("button", name="Sign in")).to_be_visible()
    assert not re.search("[一-鿿]", seen.page.inner_text("section"))
    assert seen.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(11, 18, 32)"
    assert seen.outside == []
    assert seen.console_errors == []


def test_a_wrong_password_and_an_unknown_name_are_told_the_same(local: County, visit: OpenVisit) -> None:
    told = []
    for account in ("chenjing", "nobody"):
        seen = visit()
        seen.page.goto(f"{local.address}/sign-in")
        seen.page.fill("#account", account)
        seen.page.fill("#password", "wrong")
        seen.page.keyboard.press("Enter")
        told.append(seen.page.locator(".told").inner_text())
    assert told[0] == told[1]
    assert "请核对账号和密码" in told[0]
    assert "信息科 内线 6021" in told[0]


def test_signing_out_closes_the_other_tab_and_kills_the_copied_cookie(local: County, visit: OpenVisit) -> None:
    seen = visit()
    page = sign_in(seen, local)
    other = seen.context.new_page()
    other.goto(f"{local.address}/utilisation")
    expect(other.get_by_role("button", name="退出")).to_be_visible(timeout=30_000)
    copied = cookie_of(seen)
    assert asked(local.address, Cookie=copied, Accept="text/html")[0] == 200
    assert stream_answers(local, Cookie=copied, Origin=local.address)
    page.get_by_role("button", name="退出").click()
    page.wait_for_url("**/sign-in?told=out**")
    expect(page.locator(".told")).to_contain_text("您已退出")
    other.wait_for_url("**/sign-in?**", timeout=5_000)
    assert asked(f"{local.address}/static/x.js", Cookie=copied)[0] == 401
    assert not stream_answers(local, Cookie=copied, Origin=local.address)


@pytest.mark.parametrize("path", ["/media/0123456789abcdef0123.png", "/static/index.js", "/_stcore/host-config", "/utilisation"])
def test_nothing_is_answered_without_a_session(local: County, path: str) -> None:
    assert asked(local.address + path)[0] == 401
    assert asked(local.address + path, Cookie="county-session=forged.signature")[0] == 401
    assert not stream_answers(local, Origin=local.address)


def test_forged_headers_make_nobody(local: County) -> None:
    for name in ("X-Dashboard-Session", "X-Remote-User", "X-Forwarded-User"):
        assert asked(f"{local.address}/_stcore/host-config", **{name: "chenjing"})[0] == 401
        assert not stream_answers(local, Origin=local.address, **{name: "chenjing"})
    assert asked(f"{local.address}/auth/login")[0] == 404
    assert asked(f"{local.address}/_stcore/health")[0] == 200
    assert asked(f"{local.address}/_stcore/metrics", X_Forwarded_For="10.1.1.1")[0] == 403


def test_a_form_of_another_page_signs_nobody_in(local: County) -> None:
    body = f"account=chenjing&password={PASSWORD}".encode()
    for origin in ({}, {"Origin": "http://evil.example"}):
        request = urllib.request.Request(f"{local.address}/sign-in", body, headers=origin, method="POST")
        with pytest.raises(urllib.error.HTTPError, match="403"):
            DIRECT.open(request, timeout=10)


def test_a_file_made_for_one_session_is_refused_to_another(local: County, visit: OpenVisit) -> None:
    owner, other = visit(), visit()
    page = sign_in(owner, local, account="gaoyuan")
    expect(page.get_by_role("heading", level=1)).to_contain_text("前后相连", timeout=20_000)
    page.get_by_role("button", name="下载 Excel").click()
    page.get_by_role("textbox", name="为什么导出").fill("季度核对")
    page.get_by_role("textbox", name="为什么导出").press("Enter")
    owner.settle()
    page.get_by_role("button", name="记下并继续").click()
    expect(page.get_by_role("textbox", name="为什么导出")).to_have_count(0)
    owner.settle()
    files: set[str] = set()
    page.on("request", lambda request: files.add(request.url) if "/media/" in request.url else None)
    with page.expect_download():
        page.get_by_role("button", name="下载 Excel").click()
    (address,) = files
    status, _text = asked(address, Cookie=cookie_of(owner))
    assert status == 200
    sign_in(other, local, account="wulan")
    assert asked(address, Cookie=cookie_of(other))[0] == 403
    (export,) = [each for each in local.workspace.audit.entries() if each.action == "export"]
    assert (export.account, export.details["reason"]) == ("gaoyuan", "季度核对")
    assert any(each.subject == "/media" and each.account == "wulan" for each in local.workspace.audit.entries())


def test_a_page_beyond_the_role_is_refused_in_words_and_noted(local: County, visit: OpenVisit) -> None:
    seen = visit()
    page = sign_in(seen, local, account="wulan")
    expect(page.get_by_role("heading", level=1)).to_contain_text("人", timeout=20_000)
    page.goto(f"{local.address}/insurance")
    seen.settle()
    expect(page.get_by_text("您的角色不能打开")).to_be_visible()
    assert [each.account for each in local.workspace.audit.entries() if each.subject == "/insurance"] == ["wulan"]


def test_a_first_password_is_replaced_before_anything_else(local: County, visit: OpenVisit) -> None:
    accounts = local.workspace.accounts
    accounts.add("sunyue", name="孙悦", password="Start-here", request=GrantRequest("analyst"), actor=None, second=False)
    seen = visit()
    seen.page.goto(f"{local.address}/referrals")
    seen.page.fill("#account", "sunyue")
    seen.page.fill("#password", "Start-here")
    seen.page.keyboard.press("Enter")
    expect(seen.page.locator(".told")).to_contain_text("临时密码")
    assert seen.context.cookies() == []
    for words in ("short", "nothing-but-small"):
        seen.page.evaluate("document.querySelectorAll('input').forEach((field) => field.removeAttribute('minlength'))")
        seen.page.fill("#new", words)
        seen.page.fill("#again", words)
        seen.page.keyboard.press("Enter")
        expect(seen.page.locator(".told .muted")).to_be_visible()
    seen.page.fill("#new", "My-Own-River-7")
    seen.page.fill("#again", "My-Own-River-7")
    seen.page.keyboard.press("Enter")
    seen.page.wait_for_url(f"{local.address}/referrals")
    assert accounts.password_fits("sunyue", "My-Own-River-7")


def test_a_device_sees_the_cockpit_alone_until_its_token_is_revoked(local: County, visit: OpenVisit) -> None:
    token = local.workspace.accounts.create_token("daping", days=30, actor="wulan")
    seen = visit()
    seen.page.goto(f"{local.address}/sign-in/device#{token}")
    seen.page.wait_for_url("**/cockpit")
    assert "#" not in seen.page.url
    seen.settle()
    expect(seen.page.locator(".screen").first).to_be_visible()
    seen.page.goto(f"{local.address}/insurance")
    seen.settle()
    expect(seen.page.get_by_text("您的角色不能打开")).to_be_visible()
    cookie = cookie_of(seen)
    assert stream_answers(local, Cookie=cookie, Origin=local.address)
    seen.page.goto(f"{local.address}/cockpit")
    seen.settle()
    local.workspace.accounts.revoke_token(local.workspace.accounts.tokens()[0].token_id, actor="wulan")
    seen.page.wait_for_url("**/sign-in?**", timeout=6_000)
    assert not stream_answers(local, Cookie=cookie, Origin=local.address)
    named = [(each.action, each.account) for each in local.workspace.audit.entries(subject="daping")]
    assert ("sign_in", "daping") in named


def test_an_ended_session_leaves_the_screen(local: County, visit: OpenVisit) -> None:
    seen = visit()
    page = sign_in(seen, local)
    living = local.workspace.sessions.living(idle=_HOUR)
    mine = next(each for each in living if each.account_id == "chenjing")
    local.workspace.sessions.end(mine.session_id, "revoked", actor="wulan")
    page.wait_for_url("**/sign-in?**told=revoked**", timeout=6_000)


# A provider ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    people = [User(sub="chenjing"), User(sub="wangqi")]
    with run_server_in_thread(user_claims=people) as server:
        yield f"http://127.0.0.1:{server.server_port}"


@pytest.fixture(scope="module")
def by_provider(tiny: str, provider: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[County]:
    one = {"client_id": "dashboard", "client_secret": "x" * 20, "server_metadata_url": f"{provider}/.well-known/openid-configuration"}
    providers = json.dumps([{"name": "county", "title": "统一身份认证", **one}, {"name": "other", "title": "另一家", **one}])
    with county(tiny, tmp_path_factory.mktemp("oidc"), SIGN_IN="oidc", OIDC_PROVIDERS=providers) as served:
        yield served


def authorize(page: Page, subject: str) -> None:
    page.fill("input[name=sub]", subject)
    page.locator("form").filter(has=page.locator("input[name=sub]")).locator("button").first.click()


def test_through_a_provider_and_back_to_the_same_address(by_provider: County, provider: str, visit: OpenVisit) -> None:
    seen = visit()
    seen.page.goto(f"{by_provider.address}/utilisation?month=2026-03")
    assert seen.page.locator("#password").count() == 0
    sent: list[str] = []
    seen.page.on("request", lambda request: sent.append(request.url) if request.url.startswith(provider) else None)
    seen.page.get_by_role("link", name="统一身份认证").click()
    authorize(seen.page, "chenjing")
    seen.page.wait_for_url(f"{by_provider.address}/utilisation?month=2026-03")
    seen.settle()
    expect(seen.page.get_by_text("陈静")).to_be_visible()
    assert "code_challenge_method=S256" in sent[0]
    copied = cookie_of(seen)
    other = seen.context.new_page()
    other.goto(by_provider.address)
    expect(other.get_by_role("button", name="退出")).to_be_visible(timeout=30_000)
    seen.page.get_by_role("button", name="退出").click()
    seen.page.wait_for_url(f"{provider}/**")
    assert "id_token_hint=" in seen.page.url
    other.wait_for_url("**/sign-in?**", timeout=5_000)
    assert not stream_answers(by_provider, Cookie=copied, Origin=by_provider.address)


@pytest.mark.parametrize(("button", "subject", "account"), [("统一身份认证", "wangqi", "wangqi"), ("另一家", "chenjing", "other:chenjing")])
def test_who_is_known_to_the_provider_only_is_told_whom_to_ask(
    by_provider: County, visit: OpenVisit, button: str, subject: str, account: str
) -> None:
    seen = visit()
    seen.page.goto(by_provider.address)
    seen.page.get_by_role("link", name=button).click()
    authorize(seen.page, subject)
    expect(seen.page.locator(".told")).to_contain_text(f"账号 {account} 还没有授权，请找 吴岚")
    assert [each for each in seen.context.cookies() if each["name"] == "county-session"] == []


def test_a_call_back_that_nobody_asked_for_signs_nobody_in(by_provider: County) -> None:
    status, text = asked(f"{by_provider.address}/sign-in/callback/county?code=x&state=y")
    assert status == 200
    assert "没有登录成功" in text


# A gateway -------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def by_gateway(tiny: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[County]:
    with county(tiny, tmp_path_factory.mktemp("proxy"), SIGN_IN="proxy", PROXY_SECRET=SECRET) as served:
        yield served


def test_only_the_gateway_with_its_secret_says_who_it_is(by_gateway: County, visit: OpenVisit) -> None:
    seen = visit()
    seen.context.set_extra_http_headers({"X-Remote-User": "chenjing", "X-Proxy-Secret": SECRET})
    seen.page.goto(f"{by_gateway.address}/utilisation?month=2026-03")
    seen.page.wait_for_url(f"{by_gateway.address}/utilisation?month=2026-03")
    cookie = cookie_of(seen)
    host_config = f"{by_gateway.address}/_stcore/host-config"
    assert asked(host_config, Cookie=cookie, X_Remote_User="chenjing", X_Proxy_Secret=SECRET)[0] == 200
    assert asked(host_config, Cookie=cookie)[0] == 401
    assert asked(host_config, Cookie=cookie, X_Remote_User="chenjing", X_Proxy_Secret="t" * 40)[0] == 401
    assert asked(host_config, Cookie=cookie, X_Remote_User="wulan", X_Proxy_Secret=SECRET)[0] == 401
    assert asked(f"{by_gateway.address}/sign-in", X_Remote_User="chenjing")[0] == 403
    assert asked(f"{by_gateway.address}/sign-in", X_Remote_User="nobody", X_Proxy_Secret=SECRET)[0] == 403
