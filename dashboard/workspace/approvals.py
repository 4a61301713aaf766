"""Who has approved which month of the data, and who took it back: rows that are only ever added, each of the county in view."""

import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue
from sqlalchemy import ColumnElement, Connection, Engine, func, insert, select, text, true

from dashboard.analysis.approval import Act, Tier, Unit
from dashboard.workspace.acting import acting, author_named, require
from dashboard.workspace.audit import write_entry
from dashboard.workspace.content import clean_person, clean_reason
from dashboard.workspace.county import county_in_view, kept_in_view
from dashboard.workspace.engine import transaction
from dashboard.workspace.records import Action
from dashboard.workspace.schema import data_approval

_ACTIONS = {
    Act.APPROVED: Action.APPROVE_DATA, Act.ACCEPTED: Action.ACCEPT_DATA, Act.RETURNED: Action.RETURN_DATA,
    Act.WITHDRAWN: Action.WITHDRAW_DATA, Act.UNLOCKED: Action.UNLOCK_DATA,
}  # fmt: skip
_LOCK_KEY = 0x41_50_50_52
_COLUMNS = [
    data_approval.c[name]
    for name in ("approval_id", "month", "tier", "unit", "act", "data_version", "reason", "actor", "account", "at", "county_code")
]
Newest = Mapping[Unit, Act]


@dataclass(frozen=True)
class Approval:
    """One act: who did what to whose month, on which load of the data, and why.

    ``actor`` None: not signed in; ``county``: the code of whose month it is, None: done while there was one county.
    """

    approval_id: int
    month: datetime.date
    unit: Unit
    act: Act
    data_version: int
    reason: str
    actor: str | None
    account: str | None
    at: datetime.datetime
    county: str | None = None


class Approvals:
    """The approvals of one workspace database. All calls raise ``DatabaseError`` when it cannot be reached."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def version(self) -> int:
        """Return what changes with every act: the number of the newest; 0 while there is none."""
        with transaction(self._engine, writes=False) as connection:
            return int(connection.execute(select(func.max(data_approval.c.approval_id))).scalar() or 0)

    def acts(self, month: datetime.date | None = None) -> tuple[Approval, ...]:
        """Return every act of the county in view, of one month where it is given, in the order in which they were done."""
        with transaction(self._engine, writes=False) as connection:
            return _acts(connection, month, kept_in_view(data_approval.c.county_code))

    def every_act(self) -> tuple[Approval, ...]:
        """Return every act of every county, in the order in which they were done: for who tells the counties apart."""
        with transaction(self._engine, writes=False) as connection:
            return _acts(connection, None, true())

    def add(
        self,
        month: datetime.date,
        act: Act,
        choose: Callable[[Newest], Sequence[Unit]],
        *,
        actor: str | None,
        reason: str,
        data_version: int,
    ) -> tuple[Unit, ...]:
        """Do ``act`` to the month of the units that ``choose`` names, all of them or none, each with its entry in the trail.

        ``choose`` is given how the month stands while nobody else can change it, and raises what it will not allow. A reason is required
        for everything but an approval and its acceptance. Raises ``WorkspaceError``.
        """
        require("approve")
        person = acting()
        name, county = clean_person(author_named(actor)), county_in_view().written
        why = clean_reason(reason, required=act not in (Act.APPROVED, Act.ACCEPTED))
        now = datetime.datetime.now(datetime.UTC)
        with transaction(self._engine, writes=True) as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK_KEY})
            units = tuple(choose(newest_acts(_acts(connection, month, kept_in_view(data_approval.c.county_code)))))
            for unit in units:
                row = {"month": month, "tier": unit.tier.value, "unit": unit.code, "act": act.value, "data_version": data_version}
                account = person.account if person else None
                named = {"reason": why, "actor": name, "account": account, "county_code": county}
                connection.execute(insert(data_approval).values(**row, **named, at=now))
                details: dict[str, JsonValue] = {
                    "period": f"{month:%Y-%m}", "tier": unit.tier.value, "data_version": data_version, "reason": why[:500],
                }  # fmt: skip
                details |= {"county": county} if county else {}
                write_entry(connection, _ACTIONS[act], unit.code, name, details)
        return units


def _acts(connection: Connection, month: datetime.date | None, which: ColumnElement[bool]) -> tuple[Approval, ...]:
    statement = select(*_COLUMNS).where(which).order_by(data_approval.c.approval_id)
    if month is not None:
        statement = statement.where(data_approval.c.month == month)
    return tuple(
        Approval(
            row.approval_id, row.month, Unit(Tier(row.tier), row.unit), Act(row.act), row.data_version, row.reason, row.actor, row.account,
            row.at, row.county_code,
        )
        for row in connection.execute(statement)
    )  # fmt: skip


def newest_acts(acts: Sequence[Approval]) -> dict[Unit, Act]:
    """Return the last act of each unit of one month, given in the order in which they were done."""
    return {each.unit: each.act for each in acts}
