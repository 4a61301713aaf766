"""Signing in: whether a password or a provider's word is enough, and how a session begins."""

import datetime
import threading
from dataclasses import dataclass
from enum import StrEnum

from itsdangerous import BadSignature, TimestampSigner

from dashboard.catalogue.roles import PasswordError, password_rules, roles
from dashboard.language import marked
from dashboard.services.common.audit import first_in_a_minute
from dashboard.services.common.clock import today
from dashboard.services.common.identity import identity_for
from dashboard.settings import settings
from dashboard.workspace import Workspace
from dashboard.workspace.accounts import Account
from dashboard.workspace.sessions import Beginning

_TICKET_SECONDS = 600
_DEVICE_WAY, _DEVICE_PAGE = "device", "/sign-in/device"
_ANY_NUMBER = 10**9  # a device has no name that could be guessed at; only its address pauses
# One password at a time: each costs 64 MB for a moment, and failures are counted before the next is tried.
_one_at_a_time = threading.Lock()


class Answer(StrEnum):
    """What came of an attempt to sign in."""

    WELCOME = "welcome"
    FAILED = "failed"
    PAUSED = "paused"
    NEW_PASSWORD = "new_password"  # noqa: S105
    OLD_PASSWORD = "old_password"  # noqa: S105
    NO_GRANT = "no_grant"


@dataclass(frozen=True)
class Visitor:
    """Where an attempt comes from: the network address and the browser's name for itself."""

    address: str | None
    agent: str


def try_password(workspace: Workspace, account_id: str, password: str, visitor: Visitor) -> Answer:
    """Return what an account and a password are good for; failures are noted and lead to a pause.

    Raises ``DatabaseError`` when the workspace cannot be reached.
    """
    rules = password_rules()
    with _one_at_a_time:
        limits = {"attempts": rules.attempts, "per_address": rules.attempts_per_address, "minutes": rules.pause_minutes}
        if workspace.sessions.paused(account_id, visitor.address, **limits):
            _note_paused(workspace, account_id, visitor)
            return Answer.PAUSED
        fits = len(password) <= rules.maximum_length and workspace.accounts.password_fits(account_id, password)
        workspace.sessions.note_attempt(account_id, visitor.address, succeeded=fits)
        if not fits:
            return Answer.PAUSED if workspace.sessions.paused(account_id, visitor.address, **limits) else Answer.FAILED
    account = workspace.accounts.find(account_id)
    assert account is not None
    if account.password_is_first or _is_old(account, rules.changed_every_days):
        return Answer.NEW_PASSWORD if account.password_is_first else Answer.OLD_PASSWORD
    return welcome(workspace, account_id)


def _is_old(account: Account, days: int) -> bool:
    """Tell whether a password has to be changed for its age; ``days`` 0 is never."""
    set_at = account.password_at
    return bool(days) and set_at is not None and datetime.datetime.now(datetime.UTC) - set_at > datetime.timedelta(days=days)


def _note_paused(workspace: Workspace, name: str, visitor: Visitor) -> None:
    """Note an attempt made in a pause, once a minute for an address: who goes on guessing does not fill the trail."""
    if first_in_a_minute("paused", visitor.address or name):
        workspace.sessions.note_attempt(name, visitor.address, succeeded=False, paused=True)


def welcome(workspace: Workspace, account_id: str) -> Answer:
    """Return whether an account, however it was proved, may come in today. Devices come in with their token only."""
    identity = identity_for(workspace, account_id)
    return Answer.WELCOME if identity is not None and identity.rights is not None and not identity.rights.device else Answer.NO_GRANT


def begin(workspace: Workspace, account_id: str, way: str, visitor: Visitor, *, provider_token: str | None = None) -> str:
    """Begin a session of a person and return the secret for its cookie."""
    ends_at = datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=settings().session_hours)
    return workspace.sessions.begin(Beginning(account_id, way, ends_at, visitor.address, visitor.agent, provider_token=provider_token))


def begin_device(workspace: Workspace, token: str, visitor: Visitor) -> tuple[str, int] | Answer:
    """Begin a session of a cockpit device and return the secret for its cookie and its length in seconds; else ``FAILED`` or ``PAUSED``.

    It has no idle time and no twelve hours: it ends with its token. Failures count like those of passwords, by address.
    """
    rules = password_rules()
    with _one_at_a_time:
        limits = {"attempts": _ANY_NUMBER, "per_address": rules.attempts_per_address, "minutes": rules.pause_minutes}
        if workspace.sessions.paused(_DEVICE_PAGE, visitor.address, **limits):
            _note_paused(workspace, _DEVICE_PAGE, visitor)
            return Answer.PAUSED
        found = workspace.accounts.use_token(token)
        identity = identity_for(workspace, found.account_id) if found else None
        if found is None or identity is None or identity.rights is None or not identity.rights.device:
            workspace.sessions.note_attempt(_DEVICE_PAGE, visitor.address, succeeded=False)
            return Answer.PAUSED if workspace.sessions.paused(_DEVICE_PAGE, visitor.address, **limits) else Answer.FAILED
    beginning = Beginning(found.account_id, _DEVICE_WAY, found.expires_at, visitor.address, visitor.agent, token_id=found.token_id)
    seconds = int((found.expires_at - datetime.datetime.now(datetime.UTC)).total_seconds())
    return workspace.sessions.begin(beginning), seconds


# A new password --------------------------------------------------------------------------------------------------------


def _ticket_signer(workspace: Workspace) -> TimestampSigner:
    return TimestampSigner(workspace.accounts.server_key("cookie"), salt="new-password")


def ticket(workspace: Workspace, account_id: str) -> str:
    """Return what lets the bearer, who has just given the right password, set a new one within ten minutes, once."""
    account = workspace.accounts.find(account_id)
    set_at = account.password_at.timestamp() if account and account.password_at else 0
    return _ticket_signer(workspace).sign(f"{set_at}|{account_id}").decode()


def account_of_ticket(workspace: Workspace, text: str) -> str | None:
    """Return whose ticket this is, None for one that is forged, too old or used."""
    try:
        set_at, _bar, account_id = _ticket_signer(workspace).unsign(text, max_age=_TICKET_SECONDS).decode().partition("|")
    except (BadSignature, UnicodeDecodeError):
        return None
    account = workspace.accounts.find(account_id)
    fresh = account is not None and account.password_at is not None and set_at == str(account.password_at.timestamp())
    return account_id if fresh and account is not None and account.disabled_at is None else None


def change_password(workspace: Workspace, account_id: str, password: str) -> None:
    """Set the password that its owner has chosen; every session of the account ends.

    Raises ``PasswordError`` when it is not good enough or the one of before.
    """
    password_rules().check(password, account_id)
    if workspace.accounts.password_fits(account_id, password):
        raise PasswordError(marked("新密码不能与现在的相同"), marked("请换一个密码"))
    workspace.accounts.set_password(account_id, password, first=False, actor=account_id)


# Whom to ask -----------------------------------------------------------------------------------------------------------


def whom_to_ask(workspace: Workspace) -> tuple[str, ...]:
    """Return the names of the security administrators of today."""
    apart = {code for code, role in roles().items() if "people" in role.acts}
    return tuple(account.name for account, grant in workspace.accounts.holders(today()) if grant.role in apart)


def unknown_identity(workspace: Workspace, account_id: str, visitor: Visitor) -> None:
    """Note that somebody proved who they are and has no access."""
    workspace.sessions.note_attempt(account_id, visitor.address, succeeded=False)
