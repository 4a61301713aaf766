"""What administrators change: accounts, grants, tokens; from the page, where a second person confirms, and from the command line."""

import secrets
from dataclasses import dataclass, replace

from dashboard.catalogue.roles import Role, password_rules, roles
from dashboard.errors import ProductError
from dashboard.language import marked
from dashboard.services.common.cache import current_database
from dashboard.services.common.clock import today
from dashboard.services.common.directory import directory
from dashboard.services.common.identity import forget
from dashboard.store.scope import COUNTY
from dashboard.workspace import Workspace, WorkspaceError
from dashboard.workspace.accounts import Account, Decision, Grant, GrantRequest, in_force


@dataclass(frozen=True)
class NewPerson:
    """An account to be added: its sign-in name, the name others read, the unit, and a first password (None: signs in otherwise)."""

    account_id: str
    name: str = ""
    unit: str = ""
    password: str | None = None


def role_of(code: str) -> Role:
    """Return a role. Raises ``WorkspaceError`` for a code that is none, naming those there are."""
    found = roles().get(code)
    if found is None:
        raise WorkspaceError(marked("没有这个角色：{code}"), marked("可用的角色：{known}"), code=code, known=", ".join(roles()))
    return found


def checked(request: GrantRequest) -> GrantRequest:
    """Return the grant that is asked for with what its role makes of it.

    Raises ``WorkspaceError`` when role and reach do not fit, or a code is not in the county's directory (as far as that can be read).
    """
    role = role_of(request.role)
    needed = {"communities": request.communities, "institutions": request.institutions}
    if role.reach in needed and not needed[role.reach]:
        what = marked("这个角色必须指明医共体") if role.reach == "communities" else marked("这个角色必须指明机构")
        raise WorkspaceError(what, marked("请用 --community 或 --institution 写明编码"))
    if role.reach == "nothing" and (request.communities or request.institutions or request.sections):
        raise WorkspaceError(marked("这个角色不看业务数据，没有范围"), marked("请去掉范围"))
    _check_codes(request)
    sections = request.sections if request.sections is not None or role.sections == "every" else ()
    return replace(request, communities=request.communities or None, institutions=request.institutions or None, sections=sections)


def _check_codes(request: GrantRequest) -> None:
    if not request.communities and not request.institutions:
        return
    try:
        known = directory(current_database(COUNTY))
    except ProductError:
        return  # before the first load nothing can be checked; a code that is not there shows nothing
    unknown = sorted({*(request.communities or ())} - {*known.communities.index}) + sorted(
        {*(request.institutions or ())} - {*known.inside.index}
    )
    if unknown:
        raise WorkspaceError(marked("没有这个编码：{codes}"), marked("请核对医共体、机构的编码"), codes=", ".join(unknown))


def first_password() -> str:
    """Return a random first password: shown once, replaced at the first sign-in."""
    return secrets.token_urlsafe(12)


def add_person(workspace: Workspace, new: NewPerson, request: GrantRequest, *, actor: str | None, second: bool = False) -> Account:
    """Add an account with its first grant; with ``second`` the grant of an administrator's role waits for a second person.

    Raises ``WorkspaceError`` or ``PasswordError`` for what may not be.
    """
    wanted = checked(request)
    role = role_of(request.role)
    if new.password is not None:
        if role.device:
            raise WorkspaceError(marked("设备没有密码，只用令牌"), marked("请去掉密码，然后用 tokens create 发放令牌"))
        password_rules().check(new.password, new.account_id, first=True)
    added = workspace.accounts.add(
        new.account_id, name=new.name, unit=new.unit, password=new.password, request=wanted, actor=actor, second=second and role.apart
    )
    forget()
    return added


def change_grant(workspace: Workspace, account_id: str, request: GrantRequest, *, actor: str | None) -> Grant:
    """Add a grant to an account; another role than it held last, or an administrator's, waits for a second person.

    What counts is the last role that was ever in force or confirmed, not what is in force today: that was revoked or has run out for a
    moment does not make another role a first one.

    Raises ``WorkspaceError`` for what may not be: nobody changes their own grant.
    """
    wanted = checked(request)
    if actor is not None and actor == account_id:
        raise WorkspaceError(marked("不能改自己的授权"), marked("请由另一位安全管理员发起"))
    held = [each for each in workspace.accounts.grants(account_id) if each.confirmed]
    other = bool(held) and held[-1].role != wanted.role
    made = workspace.accounts.ask_grant(account_id, wanted, actor=actor, second=role_of(wanted.role).apart or other)
    forget()
    return made


def decide(workspace: Workspace, grant_id: int, decision: Decision, *, actor: str | None, reason: str = "") -> Grant:
    """Confirm, withdraw or revoke a grant. Raises ``WorkspaceError`` for who may not."""
    decided = workspace.accounts.decide(grant_id, decision, actor=actor, reason=reason)
    forget()
    return decided


def revoke_person(workspace: Workspace, account_id: str, *, actor: str | None, reason: str = "") -> int:
    """Revoke everything that an account is granted and end its sessions; return how many grants that were."""
    count = workspace.accounts.revoke_all(account_id, actor=actor, reason=reason)
    forget()
    return count


def disable_person(workspace: Workspace, account_id: str, *, actor: str | None) -> None:
    """Let an account sign in no more."""
    workspace.accounts.disable(account_id, actor=actor)
    forget()


def reset_password(workspace: Workspace, account_id: str, password: str, *, actor: str | None) -> None:
    """Set a first password for somebody who forgot theirs. Raises ``PasswordError`` when it is too short."""
    password_rules().check(password, account_id, first=True)
    workspace.accounts.set_password(account_id, password, first=True, actor=actor)
    forget()


def create_token(workspace: Workspace, account_id: str, *, days: int, actor: str | None) -> str:
    """Return a new token, which is shown once.

    Raises ``WorkspaceError`` for an account that is unknown, disabled or granted nothing, and for an administrator: those see no data.
    """
    grant = in_force(workspace.accounts.grants(account_id), today())
    if workspace.accounts.find(account_id) is not None and (grant is None or not role_of(grant.role).pages or role_of(grant.role).apart):
        raise WorkspaceError(marked("没有看数据授权的账号不发令牌"), marked("请先为账号授权"), where=account_id)
    return workspace.accounts.create_token(account_id, days=days, actor=actor)
