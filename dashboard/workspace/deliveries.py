"""What became of scheduled reports: one row per subscription, period and data version, and one run at a time."""

import datetime
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Engine, and_, delete, select, update

from dashboard.workspace.engine import insert_or, transaction
from dashboard.workspace.schema import report_delivery, report_turn

_TURN = "reports"
_TURN_MINUTES = 60


class DeliveryState(StrEnum):
    """What became of one report: ``held`` was not sent and the reason was told, ``failed`` is tried again."""

    RUNNING = "running"
    SENT = "sent"
    HELD = "held"
    FAILED = "failed"


@dataclass(frozen=True)
class DeliveryKey:
    """What is delivered once: a subscription's report of a period, on one load of the data."""

    subscription_id: str
    period: str
    data_version: int


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)


class Deliveries:
    """The deliveries of one workspace database. All calls raise ``DatabaseError`` when it cannot be reached."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @contextmanager
    def turn(self) -> Iterator[bool]:
        """Yield whether this run may work; no other may until it ends, or for an hour after its last ``claim`` if it dies."""
        holder = secrets.token_hex(16)
        mine = self._take(holder)
        try:
            yield mine
        finally:
            if mine:
                with transaction(self._engine, writes=True) as connection:
                    connection.execute(delete(report_turn).where(report_turn.c.holder == holder))

    def _take(self, holder: str) -> bool:
        now = _now()
        values = {"holder": holder, "ends_at": now + datetime.timedelta(minutes=_TURN_MINUTES)}
        with transaction(self._engine, writes=True) as connection:
            statement = insert_or(connection, report_turn).values(name=_TURN, **values)
            taken = statement.on_conflict_do_update(index_elements=["name"], set_=values, where=report_turn.c.ends_at < now)
            connection.execute(taken)
            held = connection.execute(select(report_turn.c.holder).where(report_turn.c.name == _TURN)).scalar_one()
        return bool(held == holder)

    def claim(self, key: DeliveryKey) -> DeliveryState | None:
        """Take a delivery up and return what state it was in, None for a new one; one that is ``SENT`` is not to be done again.

        Only who has the ``turn`` may ask: one that stands as running was left by a run that died.
        """
        row = {"subscription_id": key.subscription_id, "period": key.period, "data_version": key.data_version}
        place = and_(*(report_delivery.c[name] == value for name, value in row.items()))
        with transaction(self._engine, writes=True) as connection:
            connection.execute(update(report_turn).values(ends_at=_now() + datetime.timedelta(minutes=_TURN_MINUTES)))
            known = connection.execute(select(report_delivery.c.state).where(place).with_for_update()).scalar()
            before = DeliveryState(known) if known else None
            if before is None:
                new = insert_or(connection, report_delivery)
                connection.execute(new.values(**row, state=DeliveryState.RUNNING.value, at=_now()))
        return before

    def finish(self, key: DeliveryKey, state: DeliveryState) -> None:
        """Write down what became of a delivery that was claimed."""
        place = [report_delivery.c[name] == getattr(key, name) for name in DeliveryKey.__dataclass_fields__]
        with transaction(self._engine, writes=True) as connection:
            connection.execute(update(report_delivery).where(*place).values(state=state.value, at=_now()))

    def newest(self, subscription_id: str) -> tuple[DeliveryKey, DeliveryState, datetime.datetime] | None:
        """Return the last delivery of a subscription with its state and time, None before the first."""
        mine = select(report_delivery).where(report_delivery.c.subscription_id == subscription_id)
        with transaction(self._engine, writes=False) as connection:
            row = connection.execute(mine.order_by(report_delivery.c.at.desc()).limit(1)).mappings().one_or_none()
        if row is None:
            return None
        key = DeliveryKey(row["subscription_id"], row["period"], row["data_version"])
        return key, DeliveryState(row["state"]), row["at"]
