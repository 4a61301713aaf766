"""Sessions: one row a sign-in, ended at once for all who hold its cookie; and attempts to sign in, which too many failures put to a pause.

A cookie holds a random value of which only the SHA-256 is stored.
"""

import datetime
import hashlib
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Engine, RowMapping, delete, func, insert, or_, select, update

from dashboard.workspace.acting import require
from dashboard.workspace.audit import write_entry
from dashboard.workspace.content import PERSON_LIMIT, clean_line, clean_reason
from dashboard.workspace.engine import transaction
from dashboard.workspace.records import Action, Outcome
from dashboard.workspace.schema import account, session, sign_in_attempt

_ATTEMPTS_KEPT = datetime.timedelta(days=1)
_ENDED_KEPT = datetime.timedelta(days=30)


@dataclass(frozen=True)
class Session:
    """One sign-in. ``way``: local, device, proxy, or oidc: and the provider's name; ``ending``: out, idle, over, revoked; None: living."""

    session_id: str
    account_id: str
    way: str
    created_at: datetime.datetime
    seen_at: datetime.datetime
    ends_at: datetime.datetime
    ended_at: datetime.datetime | None
    ending: str | None
    address: str | None
    reason: str | None
    provider_token: str | None

    @property
    def device(self) -> bool:
        """Whether a cockpit device holds it: it has no idle time."""
        return self.way == "device"

    def state(self, now: datetime.datetime, idle: datetime.timedelta) -> str | None:
        """Return how it has ended by ``now``, None while it lives; ``idle`` is how long it may rest."""
        if self.ended_at is not None:
            return self.ending or "revoked"
        if now >= self.ends_at:
            return "over"
        return "idle" if not self.device and now - self.seen_at >= idle else None


@dataclass(frozen=True)
class Beginning:
    """What a new session is begun with; ``ends_at`` is its latest end."""

    account_id: str
    way: str
    ends_at: datetime.datetime
    address: str | None
    agent: str
    token_id: int | None = None
    provider_token: str | None = None


def session_id_of(secret: str) -> str:
    """Return the number of the session whose cookie holds ``secret``."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)


class Sessions:
    """The sessions of one workspace database. All calls raise ``DatabaseError`` when it cannot be reached."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def begin(self, beginning: Beginning) -> str:
        """Begin a session and return the secret for its cookie. Leaves an audit entry."""
        secret, now = secrets.token_urlsafe(32), _now()
        values = {name: getattr(beginning, name) for name in Beginning.__dataclass_fields__}
        values |= {"session_id": session_id_of(secret), "created_at": now, "seen_at": now, "agent": clean_line(beginning.agent)[:200]}
        with transaction(self._engine, writes=True) as connection:
            connection.execute(insert(session).values(values))
            connection.execute(delete(session).where(or_(session.c.ended_at < now - _ENDED_KEPT, session.c.ends_at < now - _ENDED_KEPT)))
            name = connection.execute(select(account.c.name).where(account.c.account_id == beginning.account_id)).scalar()
            write_entry(
                connection, Action.SIGN_IN, beginning.account_id, name, {"way": beginning.way},
                account=beginning.account_id, address=beginning.address,
            )  # fmt: skip
        return secret

    def find(self, session_ids: Iterable[str]) -> dict[str, Session]:
        """Return those of ``session_ids`` that there are, ended ones too."""
        statement = select(session).where(session.c.session_id.in_(list(session_ids)))
        with transaction(self._engine, writes=False) as connection:
            rows = connection.execute(statement).mappings().all()
        return {row["session_id"]: _session(row) for row in rows}

    def living(self, idle: datetime.timedelta) -> tuple[Session, ...]:
        """Return the sessions that live now, the one last used first."""
        statement = select(session).where(session.c.ended_at.is_(None)).order_by(session.c.seen_at.desc())
        with transaction(self._engine, writes=False) as connection:
            rows = connection.execute(statement).mappings().all()
        now = _now()
        return tuple(each for each in map(_session, rows) if each.state(now, idle) is None)

    def touch(self, seen: Mapping[str, datetime.datetime]) -> None:
        """Note when sessions were last used; never earlier than is noted already."""
        if not seen:
            return
        with transaction(self._engine, writes=True) as connection:
            for session_id, moment in seen.items():
                older = (session.c.session_id == session_id, session.c.seen_at < moment)
                connection.execute(update(session).where(*older).values(seen_at=moment))

    def end(self, session_id: str, ending: str, *, actor: str | None = None, address: str | None = None) -> Session | None:
        """End a session and return it as it was; ended already, nothing changes and None comes back. Leaves an audit entry.

        ``ending``: out, idle, over or revoked (then ``actor`` says by whom; only who may manage people ends another's so).
        """
        if ending == "revoked":
            require("people")
        with transaction(self._engine, writes=True) as connection:
            living = select(session).where(session.c.session_id == session_id, session.c.ended_at.is_(None))
            row = connection.execute(living.with_for_update()).mappings().one_or_none()
            if row is None:
                return None
            connection.execute(update(session).where(session.c.session_id == session_id).values(ended_at=_now(), ending=ending))
            name = connection.execute(select(account.c.name).where(account.c.account_id == row["account_id"])).scalar()
            action = Action.REVOKE if ending == "revoked" else Action.SIGN_OUT
            who = actor if ending == "revoked" else name
            write_entry(
                connection, action, row["account_id"], who, {"session": session_id[:8], "ending": ending},
                account=row["account_id"] if ending != "revoked" else None, address=address or row["address"],
            )  # fmt: skip
            return _session(row)

    def explain(self, session_id: str, reason: str) -> None:
        """Keep why the holder of a session takes data out. Raises ``WorkspaceError`` for an empty or overlong reason."""
        words = clean_reason(reason, required=True)
        with transaction(self._engine, writes=True) as connection:
            connection.execute(update(session).where(session.c.session_id == session_id).values(reason=words))

    # Attempts ----------------------------------------------------------------------------------------------------------

    def paused(self, name: str, address: str | None, *, attempts: int, per_address: int, minutes: int) -> bool:
        """Tell whether sign-in as ``name``, or from ``address``, must pause.

        That is so after ``attempts`` failures in a row for the name, known or not, or ``per_address`` from the address, within the last
        ``minutes``.
        """
        since = _now() - datetime.timedelta(minutes=minutes)
        key = _attempted(name)
        with transaction(self._engine, writes=False) as connection:
            good = select(func.max(sign_in_attempt.c.attempt_id)).where(sign_in_attempt.c.account == key, sign_in_attempt.c.succeeded)
            last_good = connection.execute(good).scalar() or 0
            failed = select(func.count()).where(sign_in_attempt.c.at >= since, sign_in_attempt.c.succeeded.is_(False))
            named = connection.execute(
                failed.where(sign_in_attempt.c.account == key, sign_in_attempt.c.attempt_id > last_good)
            ).scalar_one()
            from_there = connection.execute(failed.where(sign_in_attempt.c.address == address)).scalar_one() if address else 0
        return bool(named >= attempts or from_there >= per_address)

    def note_attempt(self, name: str, address: str | None, *, succeeded: bool, paused: bool = False) -> None:
        """Note an attempt to sign in; a failed one stands in the audit trail too. One made in a pause does not prolong it."""
        now, key = _now(), _attempted(name)
        with transaction(self._engine, writes=True) as connection:
            connection.execute(delete(sign_in_attempt).where(sign_in_attempt.c.at < now - _ATTEMPTS_KEPT))
            if not paused:
                values = {"account": key, "address": address, "at": now, "succeeded": succeeded}
                connection.execute(insert(sign_in_attempt).values(values))
            if not succeeded:
                details = {"paused": True} if paused else {}
                write_entry(connection, Action.SIGN_IN, key, None, details, result=Outcome.REFUSED, address=address)


def _attempted(name: str) -> str:
    return clean_line(name)[:PERSON_LIMIT]


def _session(row: RowMapping) -> Session:
    return Session(**{name: row[name] for name in Session.__dataclass_fields__})
