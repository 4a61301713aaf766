"""What taking the last load back would change: whose reports of which periods go, come back or become others, in either database."""

import datetime
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import chain

from sqlalchemy import Connection, Date, Integer, Select, Table, and_, cast, select

from dashboard.analysis.approval import Signed
from dashboard.errors import DatabaseError
from dashboard.language import marked
from dashboard.store.importing.columns import period_column
from dashboard.store.importing.locks import Locks, Registers, answering, period_text
from dashboard.store.importing.previous import Period
from dashboard.store.importing.records import as_date, came_with
from dashboard.store.schema import meta_report, package_tables

Pairs = set[tuple[str, Period]]
_NAMED = 24


def _reported() -> tuple[Table, ...]:
    """Return the tables whose reports are kept apart by reporter and period."""
    return tuple(table for table in package_tables() if period_column(table) and table.info.get("reporter"))


def _answered(connection: Connection, table: Table, days: Collection[datetime.date]) -> set[tuple[str, datetime.date, str, Period]]:
    """Return (reporter, first day, who answers, period) of the rows of the periods that begin on ``days``."""
    reporter, period, who = (table.c[name] for name in (table.info["reporter"], table.info["period"], answering(table)))
    wanted = [day.year for day in days] if isinstance(period.type, Integer) else list(days)
    rows = connection.execute(select(reporter, period, who).where(period.in_(wanted)).distinct())
    return {(str(row[0]), as_date(row[1]) or datetime.date.min, str(row[2]), row[1]) for row in rows}


def _arrived(connection: Connection) -> dict[tuple[str, str, datetime.date], int | None]:
    columns = meta_report.c
    rows = connection.execute(select(columns.table_name, columns.reporter, columns.period, columns.last_load_id))
    return {(row[0], str(row[1]), row[2]): row[3] for row in rows}


def between_files(now: Connection, before: Connection) -> dict[Table, Pairs]:
    """Return who answers for what differs between the live file and the kept one that would take its place, by table.

    A report differs when it last came with another load, or is in one file alone. Only periods in which something came are looked at:
    a load replaces no other.
    """
    there, kept = _arrived(now), _arrived(before)
    other = {key for key in there.keys() | kept.keys() if there.get(key, -1) != kept.get(key, -1)}
    found: dict[Table, Pairs] = {}
    for table in _reported():
        moved = {(reporter, day) for name, reporter, day in other if name == table.name}
        if not moved:
            continue
        sides = [_answered(connection, table, {day for _reporter, day in moved}) for connection in (now, before)]
        in_one = {each[:2] for each in sides[0]} ^ {each[:2] for each in sides[1]}
        found[table] = {(who, period) for reporter, day, who, period in sides[0] | sides[1] if (reporter, day) in moved | in_one}
    return found


def on_server(connection: Connection, load_id: int, kept: Table) -> dict[Table, Pairs]:
    """Return the same on a server: the rows that came with load ``load_id``, and those it replaced, which lie in ``kept``."""
    came = select(meta_report.c.table_name).where(meta_report.c.last_load_id == load_id).distinct()
    went = select(kept.c.table_name).where(kept.c.load_id == load_id).distinct()
    names = {*connection.execute(came).scalars(), *connection.execute(went).scalars()}
    return {
        table: {
            (str(row[0]), row[1])
            for row in chain(connection.execute(_came(table, load_id)), connection.execute(_went(table, load_id, kept)))
        }
        for table in _reported()
        if table.name in names
    }


def _came(table: Table, load_id: int) -> Select:
    return select(table.c[answering(table)], table.c[table.info["period"]]).where(came_with(table, load_id)).distinct()


def _went(table: Table, load_id: int, kept: Table) -> Select:
    name = table.info["period"]
    period = cast(kept.c.content[name].astext, Integer if isinstance(table.c[name].type, Integer) else Date)
    replaced = and_(kept.c.load_id == load_id, kept.c.table_name == table.name)
    return select(kept.c.content[answering(table)].astext, period).where(replaced).distinct()


def refuse_locked(touched: Mapping[Table, Pairs], registers: Registers, signed: Signed) -> None:
    """Raise ``DatabaseError`` when something of ``touched`` lies in a month that is signed, naming it; and when nobody can say."""
    locks = Locks(registers, signed)
    named = [
        f"{table.name} {who} · {period_text(period)}"
        for table, pairs in touched.items()
        for period, people in locks.held(table, pairs).items()
        for who in people
    ]
    if not named:
        return
    more = f" … +{len(named) - _NAMED}" if len(named) > _NAMED else ""
    raise DatabaseError(
        marked("撤回这一批会改动已审定并锁定的月份(表 · 上报单位 · 期间)，没有撤回"),
        marked("请由县级在“审核与锁定”说明理由解锁后再撤回，或用更正的数据包只改没有锁定的月份"),
        where="；".join(named[:_NAMED]) + more,
    )


def register_rows(connections: Iterable[Connection], table: Table) -> Iterator[Mapping[str, object]]:
    """Yield the rows of a register in each of ``connections``."""
    for connection in connections:
        yield from (dict(row) for row in connection.execute(select(table)).mappings())
