"""Accounts, what they are granted, and their tokens.

Grants and decisions about them are only ever added. What holds on a day is the newest grant that has been confirmed (where that was
asked for) and has begun: one role a person. When it ends or is revoked nothing older comes back.
"""

import datetime
import hashlib
import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Connection, Engine, RowMapping, func, insert, select, update

from dashboard.errors import DatabaseError
from dashboard.formatting import local_time
from dashboard.language import marked
from dashboard.workspace.acting import account_acting, acting, require
from dashboard.workspace.audit import write_entry
from dashboard.workspace.content import PERSON_LIMIT, clean_line, clean_reason
from dashboard.workspace.engine import transaction
from dashboard.workspace.errors import WorkspaceError
from dashboard.workspace.records import Action
from dashboard.workspace.schema import access_token, account, grant_decision, role_grant, server_secret, session

TOKEN_PREFIX = "dmc_"  # noqa: S105
_hasher = PasswordHasher()


@cache
def _nobodys_hash() -> str:
    """Return a hash for names that nobody has: they cost as much time as those that somebody has. Made when first somebody signs in."""
    return _hasher.hash(secrets.token_urlsafe(16))


class Decision(StrEnum):
    """What was decided about a grant."""

    CONFIRMED = "confirmed"
    WITHDRAWN = "withdrawn"
    REVOKED = "revoked"


@dataclass(frozen=True)
class Account:
    """A person or a device. ``password_is_first``: set by somebody else and to be replaced; ``has_password``: can sign in here at all."""

    account_id: str
    name: str
    unit: str
    has_password: bool
    password_is_first: bool
    password_at: datetime.datetime | None
    disabled_at: datetime.datetime | None


@dataclass(frozen=True)
class Grant:
    """A role for an account, where, for which restricted sections, from when to when (last day included; None: open end).

    ``communities``, ``institutions``, ``sections``: codes in order, None for all. ``confirmed``: nobody need confirm it any more;
    ``ended``: withdrawn or revoked.
    """

    grant_id: int
    account_id: str
    role: str
    communities: tuple[str, ...] | None
    institutions: tuple[str, ...] | None
    sections: tuple[str, ...] | None
    starts_on: datetime.date
    ends_on: datetime.date | None
    reason: str
    asked_by: str | None
    asked_at: datetime.datetime
    confirmed: bool
    ended: bool

    def holds(self, day: datetime.date) -> bool:
        """Tell whether it gives its role on ``day``, were it the newest."""
        return self.confirmed and not self.ended and self.starts_on <= day and (self.ends_on is None or day <= self.ends_on)

    @property
    def waiting(self) -> bool:
        """Whether a second person has still to confirm it."""
        return not self.confirmed and not self.ended


@dataclass(frozen=True)
class GrantRequest:
    """What is asked for when a grant is added."""

    role: str
    communities: tuple[str, ...] | None = None
    institutions: tuple[str, ...] | None = None
    sections: tuple[str, ...] | None = None
    starts_on: datetime.date | None = None
    ends_on: datetime.date | None = None
    reason: str = ""


@dataclass(frozen=True)
class Token:
    """A token of an account, without itself: that was shown once."""

    token_id: int
    account_id: str
    created_at: datetime.datetime
    expires_at: datetime.datetime
    revoked_at: datetime.datetime | None
    used_at: datetime.datetime | None

    def holds(self, moment: datetime.datetime) -> bool:
        """Tell whether it opens anything at ``moment``."""
        return self.revoked_at is None and moment < self.expires_at


def in_force(grants: Iterable[Grant], day: datetime.date) -> Grant | None:
    """Return which of one account's ``grants`` holds on ``day``, None when none does."""
    begun = [each for each in grants if each.confirmed and each.starts_on <= day]
    newest = max(begun, key=lambda each: each.grant_id, default=None)
    return newest if newest is not None and newest.holds(day) else None


def token_hash(token: str) -> str:
    """Return what is stored of a token: it is random enough to need no salt."""
    return hashlib.sha256(token.encode()).hexdigest()


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)


class Accounts:
    """The accounts of one workspace database. Every call is one short transaction; those that change something leave an audit entry.

    All raise ``DatabaseError`` when the database cannot be reached, those that write ``WorkspaceError`` for what may not be: not by
    the role of who is signed in either. Whoever is signed in is the ``actor``, whatever name is given; the command line gives its own.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    # Accounts ----------------------------------------------------------------------------------------------------------

    def add(
        self,
        account_id: str,
        *,
        name: str = "",
        unit: str = "",
        password: str | None,
        request: GrantRequest,
        actor: str | None,
        second: bool,
    ) -> Account:
        """Add an account with its first grant; ``second``: a second person must confirm that. ``password`` None: signs in otherwise."""
        require("people")
        identifier, shown, actor = _clean_account(account_id), _clean_account(name or account_id), account_acting(actor)
        hashed = None if password is None else _hasher.hash(password)
        now = _now()
        with transaction(self._engine, writes=True) as connection:
            if connection.execute(select(account.c.account_id).where(account.c.account_id == identifier)).first():
                raise WorkspaceError(marked("已有这个账号"), marked("请换一个账号，或为已有的账号调整授权"), where=identifier)
            if connection.execute(select(account.c.account_id).where(account.c.name == shown)).first():
                raise WorkspaceError(marked("已有同名的人"), marked("请在姓名后加上单位，例如“张三（二院）”"), where=shown)
            values: dict[str, Any] = {"account_id": identifier, "name": shown, "unit": clean_line(unit)[:PERSON_LIMIT]}
            values |= {"password_hash": hashed, "password_is_first": True, "password_at": now if hashed else None}
            values |= {"created_at": now, "created_by": actor}
            connection.execute(insert(account).values(values))
            write_entry(connection, Action.ADD_ACCOUNT, identifier, actor, {"name": shown})
            _ask(connection, identifier, request, actor, second=second)
            return _one(connection, identifier)

    def find(self, account_id: str) -> Account | None:
        """Return an account, None when there is none."""
        with transaction(self._engine, writes=False) as connection:
            row = connection.execute(select(account).where(account.c.account_id == account_id)).mappings().one_or_none()
        return None if row is None else _account(row)

    def all(self) -> tuple[Account, ...]:
        """Return every account in the order in which they were added."""
        with transaction(self._engine, writes=False) as connection:
            rows = connection.execute(select(account).order_by(account.c.created_at, account.c.account_id)).mappings().all()
        return tuple(map(_account, rows))

    def disable(self, account_id: str, *, actor: str | None) -> None:
        """Let an account sign in no more: its sessions end and its tokens open nothing. Disabling twice changes nothing."""
        require("people")
        with transaction(self._engine, writes=True) as connection:
            found = _one(connection, account_id)
            if found.disabled_at is None:
                connection.execute(update(account).where(account.c.account_id == account_id).values(disabled_at=_now()))
                end_sessions(connection, account_id)
                write_entry(connection, Action.DISABLE, account_id, actor, {"name": found.name})

    # Passwords ---------------------------------------------------------------------------------------------------------

    def password_fits(self, account_id: str, password: str) -> bool:
        """Tell whether ``password`` is that of an account in use; takes as long for one that does not exist."""
        with transaction(self._engine, writes=False) as connection:
            columns = select(account.c.password_hash, account.c.disabled_at)
            row = connection.execute(columns.where(account.c.account_id == account_id)).one_or_none()
        known = row is not None and row.password_hash is not None
        try:
            nobodys = _nobodys_hash()  # for every name, or the first unknown one would take longer
            _hasher.verify(row.password_hash if row is not None and known else nobodys, password)
        except (VerificationError, InvalidHashError):
            return False
        return row is not None and known and row.disabled_at is None

    def set_password(self, account_id: str, password: str, *, first: bool, actor: str | None) -> None:
        """Set a password; ``first``: by somebody else, to be replaced. Every session of the account ends."""
        person = acting()
        if first or (person is not None and person.account != account_id):
            require("people")
        hashed = _hasher.hash(password)
        with transaction(self._engine, writes=True) as connection:
            found = _one(connection, account_id)
            values = {"password_hash": hashed, "password_is_first": first, "password_at": _now()}
            connection.execute(update(account).where(account.c.account_id == account_id).values(values))
            end_sessions(connection, account_id)
            write_entry(connection, Action.PASSWORD, account_id, actor, {"name": found.name})

    # Grants ------------------------------------------------------------------------------------------------------------

    def ask_grant(self, account_id: str, request: GrantRequest, *, actor: str | None, second: bool) -> Grant:
        """Add a grant; with ``second`` it waits for a second person's confirmation."""
        require("people")
        with transaction(self._engine, writes=True) as connection:
            _one(connection, account_id)
            return _ask(connection, account_id, request, account_acting(actor), second=second)

    def decide(self, grant_id: int, decision: Decision, *, actor: str | None, reason: str) -> Grant:
        """Confirm, withdraw or revoke a grant.

        Who asked for it, or whom it is for, cannot confirm it, and nobody one that a newer one has followed. A revoked grant ends the
        sessions of its account.
        """
        require("confirm" if decision is Decision.CONFIRMED else "people")
        who = account_acting(actor)
        with transaction(self._engine, writes=True) as connection:
            # A statement of its own, so that of two who decide at once the second sees what the first has decided.
            asked = select(role_grant.c.account_id).where(role_grant.c.grant_id == grant_id).with_for_update()
            account_id = connection.execute(asked).scalar()
            own = _grants(connection, account_id) if account_id is not None else ()
            found = next((each for each in own if each.grant_id == grant_id), None)
            _check_decision(found, decision, who, own)
            assert found is not None
            _decide(connection, found, decision, who, reason)
            return next(each for each in _grants(connection, found.account_id) if each.grant_id == grant_id)

    def revoke_all(self, account_id: str, *, actor: str | None, reason: str) -> int:
        """Revoke every grant of an account that was not ended yet and return how many; its sessions end."""
        require("people")
        actor = account_acting(actor)
        with transaction(self._engine, writes=True) as connection:
            _one(connection, account_id)
            open_ones = [each for each in _grants(connection, account_id) if not each.ended]
            for each in open_ones:
                _decide(connection, each, Decision.WITHDRAWN if each.waiting else Decision.REVOKED, actor, reason)
            end_sessions(connection, account_id)
        return len(open_ones)

    def grants(self, account_id: str | None = None) -> tuple[Grant, ...]:
        """Return the grants of an account, or of all, the oldest first."""
        with transaction(self._engine, writes=False) as connection:
            return _grants(connection, account_id)

    def holders(self, day: datetime.date) -> tuple[tuple[Account, Grant], ...]:
        """Return the accounts in use that are granted something on ``day``, with that, in the order in which they were added."""
        with transaction(self._engine, writes=False) as connection:
            in_use = select(account).where(account.c.disabled_at.is_(None)).order_by(account.c.created_at, account.c.account_id)
            rows = connection.execute(in_use).mappings().all()
            granted: dict[str, list[Grant]] = {}
            for each in _grants(connection):
                granted.setdefault(each.account_id, []).append(each)
        held = ((_account(row), in_force(granted.get(row["account_id"], ()), day)) for row in rows)
        return tuple((one, grant) for one, grant in held if grant is not None)

    def policy_version(self) -> int:
        """Return a number that grows with every grant and every decision about one."""
        with transaction(self._engine, writes=False) as connection:
            return _policy_version(connection)

    def standing(self, account_id: str, day: datetime.date) -> tuple[Account, Grant | None, int] | None:
        """Return an account in use, what it is granted on ``day``, and the policy version; None for one unknown or disabled."""
        with transaction(self._engine, writes=False) as connection:
            row = connection.execute(select(account).where(account.c.account_id == account_id)).mappings().one_or_none()
            if row is None or row["disabled_at"] is not None:
                return None
            return _account(row), in_force(_grants(connection, account_id), day), _policy_version(connection)

    # Tokens ------------------------------------------------------------------------------------------------------------

    def create_token(self, account_id: str, *, days: int, actor: str | None) -> str:
        """Create a token that holds for ``days`` and return it: it is shown once, only its hash stays."""
        require("people")
        if not 1 <= days <= 3660:
            raise WorkspaceError(marked("令牌的有效期要在 1 到 3660 天之间"), marked("请换一个天数"))
        token = TOKEN_PREFIX + secrets.token_urlsafe(32)
        now = _now()
        with transaction(self._engine, writes=True) as connection:
            found = _one(connection, account_id)
            if found.disabled_at is not None:
                raise WorkspaceError(marked("这个账号已停用"), marked("请先核对账号"), where=account_id)
            values = {"account_id": account_id, "token_hash": token_hash(token), "created_at": now}
            values |= {"created_by": account_acting(actor)}
            values["expires_at"] = now + datetime.timedelta(days=days)
            connection.execute(insert(access_token).values(values))
            write_entry(connection, Action.TOKEN, account_id, actor, {"name": found.name, "days": days})
        return token

    def tokens(self) -> tuple[Token, ...]:
        """Return every token, the newest first."""
        with transaction(self._engine, writes=False) as connection:
            rows = connection.execute(select(access_token).order_by(access_token.c.token_id.desc())).mappings().all()
        return tuple(_token(row) for row in rows)

    def use_token(self, token: str) -> Token | None:
        """Return the token that ``token`` is, noting that it was used (once a minute at most); None when it opens nothing."""
        now = _now()
        with transaction(self._engine, writes=False) as connection:
            row = connection.execute(select(access_token).where(access_token.c.token_hash == token_hash(token))).mappings().one_or_none()
        if row is None or not _token(row).holds(now):
            return None
        if row["used_at"] is None or now - row["used_at"] > datetime.timedelta(minutes=1):
            with transaction(self._engine, writes=True) as connection:
                connection.execute(update(access_token).where(access_token.c.token_id == row["token_id"]).values(used_at=now))
        return _token(row)

    def token_account(self, token: str) -> Account | None:
        """Return whose token this is or was, whether it opens anything or not; None for one that there never was."""
        with transaction(self._engine, writes=False) as connection:
            whose = select(account).join(access_token).where(access_token.c.token_hash == token_hash(token))
            row = connection.execute(whose).mappings().one_or_none()
        return None if row is None else _account(row)

    def revoke_token(self, token_id: int, *, actor: str | None) -> None:
        """Let a token open nothing any more; the sessions of a device that it opened end. Revoking twice changes nothing."""
        require("people")
        now = _now()
        with transaction(self._engine, writes=True) as connection:
            row = connection.execute(select(access_token).where(access_token.c.token_id == token_id)).mappings().one_or_none()
            if row is None or row["revoked_at"] is not None:
                return
            connection.execute(update(access_token).where(access_token.c.token_id == token_id).values(revoked_at=now))
            living = (session.c.token_id == token_id, session.c.ended_at.is_(None))
            connection.execute(update(session).where(*living).values(ended_at=now, ending="revoked"))
            write_entry(connection, Action.REVOKE, row["account_id"], actor, {"token": token_id})

    def server_key(self, name: str) -> str:
        """Return a random secret of this database, made at the first call."""
        with transaction(self._engine, writes=False) as connection:
            found = connection.execute(select(server_secret.c.value).where(server_secret.c.name == name)).scalar()
        if found is not None:
            return str(found)
        value = {"name": name, "value": secrets.token_urlsafe(48), "created_at": _now()}
        try:
            with transaction(self._engine, writes=True) as connection:
                connection.execute(insert(server_secret).values(value))
        except DatabaseError:  # another process was faster
            with transaction(self._engine, writes=False) as connection:
                return str(connection.execute(select(server_secret.c.value).where(server_secret.c.name == name)).scalar_one())
        return str(value["value"])


def end_sessions(connection: Connection, account_id: str) -> None:
    """End the sessions of an account."""
    living = (session.c.account_id == account_id, session.c.ended_at.is_(None))
    connection.execute(update(session).where(*living).values(ended_at=_now(), ending="revoked"))


def _clean_account(text: str) -> str:
    name = clean_line(text)
    if not name or len(name) > PERSON_LIMIT:
        raise WorkspaceError(marked("账号和姓名要有 1 到 {limit} 个字"), marked("请改正后重试"), limit=PERSON_LIMIT)
    return name


def _one(connection: Connection, account_id: str) -> Account:
    row = connection.execute(select(account).where(account.c.account_id == account_id)).mappings().one_or_none()
    if row is None:
        raise WorkspaceError(marked("没有这个账号"), marked("请核对账号；users list 列出全部账号"), where=account_id)
    return _account(row)


def _account(row: RowMapping) -> Account:
    names = ("account_id", "name", "unit", "password_is_first", "password_at", "disabled_at")
    return Account(**{name: row[name] for name in names}, has_password=row["password_hash"] is not None)


def _token(row: RowMapping) -> Token:
    return Token(**{name: row[name] for name in Token.__dataclass_fields__})


def _codes(text: str | None) -> tuple[str, ...] | None:
    return None if text is None else tuple(json.loads(text))


def _stored(codes: tuple[str, ...] | None) -> str | None:
    return None if codes is None else json.dumps(sorted(set(codes)), ensure_ascii=False)


def _policy_version(connection: Connection) -> int:
    counts = [connection.execute(select(func.count()).select_from(table)).scalar_one() for table in (role_grant, grant_decision)]
    return sum(counts)


def _grants(connection: Connection, account_id: str | None = None) -> tuple[Grant, ...]:
    statement = select(role_grant).order_by(role_grant.c.grant_id)
    decisions = select(grant_decision.c.grant_id, grant_decision.c.decision)
    if account_id is not None:
        statement = statement.where(role_grant.c.account_id == account_id)
        decisions = decisions.join(role_grant).where(role_grant.c.account_id == account_id)
    decided: dict[int, set[str]] = {}
    for grant_id, decision in connection.execute(decisions):
        decided.setdefault(grant_id, set()).add(decision)
    found = []
    for row in connection.execute(statement).mappings():
        known = decided.get(row["grant_id"], set())
        fields: dict[str, Any] = {name: row[name] for name in Grant.__dataclass_fields__ if name not in ("confirmed", "ended")}
        fields |= {name: _codes(row[name]) for name in ("communities", "institutions", "sections")}
        confirmed = not row["needs_second"] or Decision.CONFIRMED in known
        found.append(Grant(**fields, confirmed=confirmed, ended=bool(known & {Decision.WITHDRAWN, Decision.REVOKED})))
    return tuple(found)


def _ask(connection: Connection, account_id: str, request: GrantRequest, actor: str | None, *, second: bool) -> Grant:
    starts_on = request.starts_on or local_time(_now()).date()
    if request.ends_on is not None and request.ends_on < starts_on:
        raise WorkspaceError(marked("授权的终止日早于开始日"), marked("请改正日期"))
    values: dict[str, Any] = {"account_id": account_id, "role": request.role, "asked_by": actor, "asked_at": _now()}
    values |= {name: _stored(getattr(request, name)) for name in ("communities", "institutions", "sections")}
    values |= {"starts_on": starts_on, "ends_on": request.ends_on, "needs_second": second}
    values["reason"] = clean_reason(request.reason, required=False)
    grant_id = connection.execute(insert(role_grant).values(values)).inserted_primary_key[0]  # type: ignore[index]
    details = {"role": request.role, "grant": grant_id, "starts": f"{starts_on}", "ends": f"{request.ends_on or ''}"}
    for name in ("communities", "institutions", "sections"):
        if getattr(request, name):
            details[name] = ", ".join(sorted(set(getattr(request, name))))
    if values["reason"]:
        details["reason"] = values["reason"]
    write_entry(connection, Action.ASK_GRANT if second else Action.GRANT, account_id, actor, details)
    return next(each for each in _grants(connection, account_id) if each.grant_id == grant_id)


def _check_decision(found: Grant | None, decision: Decision, actor: str | None, own: tuple[Grant, ...]) -> None:
    """Raise ``WorkspaceError`` when this may not be decided, or not by ``actor``; ``own`` are all grants of the same account."""
    if found is None or found.ended or (decision is not Decision.REVOKED) != found.waiting:
        raise WorkspaceError(marked("这项授权已经有了决定"), marked("请刷新后再看"))
    if decision is Decision.CONFIRMED and (actor is None or actor in (found.asked_by, found.account_id)):
        raise WorkspaceError(marked("发起人和本人不能确认这项授权"), marked("请由另一位管理员确认"), where=found.account_id)
    newer = any(each.grant_id > found.grant_id and (each.confirmed or each.waiting) for each in own)
    if decision is Decision.CONFIRMED and newer:  # the newest holds: this one would be confirmed for nothing, or come back later
        raise WorkspaceError(marked("这项授权之后又有新的授权，不能再确认"), marked("请撤回这一项；需要时重新发起"), where=found.account_id)


def _decide(connection: Connection, found: Grant, decision: Decision, actor: str | None, reason: str) -> None:
    values = {"grant_id": found.grant_id, "decision": decision.value, "decided_by": actor, "decided_at": _now()}
    connection.execute(insert(grant_decision).values(**values, reason=clean_reason(reason, required=False)))
    actions = {Decision.CONFIRMED: Action.GRANT, Decision.WITHDRAWN: Action.WITHDRAW, Decision.REVOKED: Action.REVOKE}
    write_entry(connection, actions[decision], found.account_id, actor, {"role": found.role, "grant": found.grant_id})
    if decision is Decision.REVOKED:
        end_sessions(connection, found.account_id)
