"""Every page × every role: who may opens it, everybody else is told in words; and the page where access is granted."""

import datetime
from collections.abc import Callable, Iterator

import pytest

from dashboard.catalogue.roles import roles
from dashboard.services.common import identity as identities
from dashboard.services.common.clock import today
from dashboard.services.common.workspace import current_workspace
from dashboard.settings import settings
from dashboard.topics import PAGES, Group
from dashboard.ui.kit import person
from dashboard.workspace import Kind, WorkspaceError
from dashboard.workspace.accounts import GrantRequest, in_force
from dashboard.workspace.sessions import Beginning, session_id_of
from tests.pages.conftest import OpenApp, texts

REFUSED = "您的角色不能打开"
SignedIn = Callable[[str], str]


@pytest.fixture
def sign_in_on(monkeypatch: pytest.MonkeyPatch, use_database: Callable[[str], None]) -> Iterator[None]:
    """Sign-in is on, and nobody is signed in yet."""
    monkeypatch.setenv("SIGN_IN", "local")
    settings.cache_clear()
    identities.forget()
    yield
    identities.forget()


@pytest.fixture
def signed_in(sign_in_on: None, monkeypatch: pytest.MonkeyPatch, tiny_url: str, use_database: Callable[[str], None]) -> SignedIn:
    """Return ``signed_in(role)``: the next run is that of somebody with the role, come in through the gate; returns the account."""

    def enter(role: str) -> str:
        use_database(tiny_url)
        reach = roles()[role].reach if role else "county"
        request = GrantRequest(
            role or "leader",
            ("C01",) if reach == "communities" else None,
            ("I01",) if reach == "institutions" else None,
            (),
            datetime.date(2020, 1, 1),
            None if role else datetime.date(2020, 1, 2),
        )
        workspace, account = current_workspace(), f"{role or 'nobody'}-1"
        if workspace.accounts.find(account) is None:
            workspace.accounts.add(account, name=f"人-{role}", password=None, request=request, actor=None, second=False)
        ends = datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=1)
        secret = workspace.sessions.begin(Beginning(account, "local", ends, "10.0.0.7", "AppTest"))
        header = {identities.STAMP_HEADER: identities.stamp(session_id_of(secret))}
        monkeypatch.setattr(person, "_headers", lambda: header)
        return account

    return enter


@pytest.mark.parametrize("page", [page.name for page in PAGES])
def test_the_default_user_of_the_test_frame_is_nobody(sign_in_on: None, open_app: OpenApp, figures: list[dict], page: str) -> None:
    app = open_app(page)
    assert "请先登录" in texts(app)
    assert figures == []
    assert not app.title


def test_without_sign_in_the_pages_stand_open_but_administration_does_not(open_app: OpenApp) -> None:
    for page in PAGES:
        assert (REFUSED in texts(open_app(page.name))) is (page.group is Group.ADMINISTRATION), page.name


@pytest.mark.parametrize("role", [*roles(), ""])
def test_every_page_opens_to_whom_it_may_and_to_nobody_else(role: str, signed_in: SignedIn, open_app: OpenApp, figures: list[dict]) -> None:
    account = signed_in(role)
    rights = set(roles()[role].pages) if role else set()
    rights |= {"cockpit"} if "business" in rights else set()
    drawn = False
    for page in PAGES:
        figures.clear()
        app = open_app(page.name)
        shown = texts(app)
        refused = REFUSED in shown or "还没有授权" in shown
        assert not app.exception
        home = page is PAGES[0] and rights and page.right not in rights  # led on to the first page of the role
        assert refused is (page.right not in rights and not home), (role, page.name)
        drawn = drawn or bool(figures)
        if refused:
            assert not app.title
            assert figures == []
    assert drawn or "business" not in rights or roles()[role].reach != "county"  # whoever may see a page sees its figures
    refusals = {each.subject for each in current_workspace().audit.entries() if each.result == "refused"}
    expected = {f"/{page.name}" for page in PAGES if page.right not in rights and not (page is PAGES[0] and rights)}
    assert refusals == expected
    assert {each.account for each in current_workspace().audit.entries() if each.result == "refused"} <= {account}


def test_an_ended_session_opens_nothing(signed_in: SignedIn, open_app: OpenApp) -> None:
    account = signed_in("leader")
    assert open_app("resources").title
    (living,) = current_workspace().sessions.living(identities.idle())
    identities.end_session(living.session_id, "revoked", actor="wulan")
    assert "请先登录" in texts(open_app("resources"))
    assert account == living.account_id


def test_whose_session_has_ended_meanwhile_writes_nothing(signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody at all may write where sign-in is off; somebody whose session ended while a run goes on must not pass for nobody."""
    signed_in("leader")
    monkeypatch.setattr(person, "get_script_run_ctx", lambda **_: object())
    assert current_workspace().create(Kind.NOTE, "批注", {"text": "x"}, author="别人").author == "人-leader"
    (living,) = current_workspace().sessions.living(identities.idle())
    identities.end_session(living.session_id, "out")
    with pytest.raises(WorkspaceError, match="您的角色不能做这一步"):
        current_workspace().create(Kind.NOTE, "批注", {"text": "x"}, author="别人")


def test_a_stamp_of_another_process_is_nobodys(signed_in: SignedIn, open_app: OpenApp, monkeypatch: pytest.MonkeyPatch) -> None:
    signed_in("leader")
    value = person._headers()[identities.STAMP_HEADER]
    forged = value[:-4] + "0000"
    monkeypatch.setattr(person, "_headers", lambda: {identities.STAMP_HEADER: forged})
    assert "请先登录" in texts(open_app("resources"))


def test_what_is_written_bears_the_name_of_who_is_signed_in(signed_in: SignedIn, open_app: OpenApp) -> None:
    signed_in("committee")
    app = open_app("meeting")
    app.session_state["meeting_new"] = True
    app.run()
    assert not [field for field in app.text_input if field.label == "姓名"]
    app.text_input(key="meeting_new_title").input("十一月例会")
    next(each for each in app.button if each.label == "新建").click().run()
    (agenda,) = current_workspace().list_documents(Kind.AGENDA)
    assert agenda.newest.author == "人-committee"
    (entry,) = [each for each in current_workspace().audit.entries() if each.action == "create"]
    assert (entry.account, entry.address) == ("committee-1", "10.0.0.7")


def test_the_audit_list_is_the_auditors_and_reading_it_is_noted(signed_in: SignedIn, open_app: OpenApp) -> None:
    signed_in("auditor")
    app = open_app("audit")
    assert "前后相连" in app.title[0].value
    app.run()
    read = [each for each in current_workspace().audit.entries() if each.action == "read_audit"]
    assert [each.account for each in read] == ["auditor-1"]
    signed_in("committee")
    app = open_app("meeting")
    assert "操作记录" not in [option for control in app.get("button_group") for option in getattr(control, "options", [])]


def test_the_security_administrator_adds_a_person_whose_password_is_shown_once(signed_in: SignedIn, open_app: OpenApp) -> None:
    signed_in("security")
    app = open_app("people")
    app.button(key="people_new").click().run()
    app.text_input(key="grant_new_account").input("sunyue")
    app.text_input(key="grant_new_name").input("孙悦")
    app.selectbox(key="grant_new_role").set_value("analyst")
    app.button(key="grant_new_save").click()
    app.button(key="people_new").click().run()  # the test frame runs the whole page, which closes a dialog unless its button opens it
    (password,) = [each.value for each in app.code]
    accounts = current_workspace().accounts
    assert accounts.password_fits("sunyue", password)
    grant = in_force(accounts.grants("sunyue"), today())
    assert grant is not None
    assert (grant.role, grant.asked_by) == ("analyst", "security-1")
    app.run()
    assert not app.code


def test_a_change_of_role_waits_for_a_second_person_who_is_not_the_first(signed_in: SignedIn, open_app: OpenApp) -> None:
    signed_in("data_manager")
    signed_in("security")
    accounts = current_workspace().accounts
    asked = accounts.ask_grant("data_manager-1", GrantRequest("security"), actor="security-1", second=True)
    app = open_app("people")
    assert "等第二人确认" in texts(app)
    assert app.button(key=f"confirm_{asked.grant_id}").disabled
    signed_in("auditor")
    app = open_app("people")
    assert not [each for each in app.button if each.key == "people_new"]
    app.button(key=f"confirm_{asked.grant_id}").click().run()
    assert accounts.grants("data_manager-1")[-1].confirmed
    assert not app.exception


def test_a_session_and_a_token_are_ended_from_the_page(signed_in: SignedIn, open_app: OpenApp) -> None:
    signed_in("device")
    accounts = current_workspace().accounts
    accounts.create_token("device-1", days=30, actor="security-1")
    signed_in("security")
    app = open_app("people", part="sessions")
    (button,) = [each for each in app.button if each.label == "立即退出"]
    button.click().run()
    assert [each.account_id for each in current_workspace().sessions.living(identities.idle())] == ["security-1"]
    app = open_app("people", part="tokens")
    (button,) = [each for each in app.button if each.label == "撤销"]
    button.click().run()
    assert accounts.tokens()[0].revoked_at is not None


def test_an_export_asks_why_once_a_session(signed_in: SignedIn, open_app: OpenApp) -> None:
    signed_in("auditor")
    app = open_app("audit")
    app.button(key="download_audit").click().run()
    app.text_input(key="reason_audit").input("季度核对").run()
    app.button(key="reason_given_audit").click().run()
    assert not [each for each in app.button if each.key == "download_audit"]
    again = open_app("audit")
    assert not [each for each in again.button if each.key == "download_audit"]
    (living,) = current_workspace().sessions.living(identities.idle())
    assert living.reason == "季度核对"


def test_where_it_was_opened_to_all_every_page_says_so(open_app: OpenApp, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "没有登录" not in texts(open_app("resources"))
    monkeypatch.setenv("OPEN_TO_ALL", "true")
    assert "没有登录" in texts(open_app("resources"))
