"""What a package would change: rows added, changed and removed against what is there, by table, reporter and period."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
from sqlalchemy import (
    Column,
    ColumnElement,
    FromClause,
    MetaData,
    Select,
    Table,
    and_,
    case,
    exists,
    func,
    literal,
    literal_column,
    or_,
    select,
    text,
)

from dashboard.store.importing.columns import period_column, primary_key
from dashboard.store.importing.counties import owner
from dashboard.store.importing.package import Scope
from dashboard.store.importing.previous import Period, Previous
from dashboard.store.importing.staging import Staging

COLUMNS = ("table_name", "reporter", "period", "added", "changed", "removed", "same")
_BEFORE = "before"
_BATCH = 50_000


def difference(
    staging: Staging,
    tables: Sequence[Table],
    replaced: Mapping[str, Sequence[Period]],
    scope: Scope,
    previous: Previous,
    live: Path | None,
    county: str | None = None,
) -> pd.DataFrame:
    """Return the frame of ``COLUMNS``, a row for each table, reporter and period that the package touches; a dimension is one row.

    ``period`` is a date, a year's its first day, None for a dimension; ``reporter`` is its code, empty there. ``county``: of several the
    one whose rows are replaced.
    """
    pieces = []
    with _Before(staging, previous, live) as before:
        for table in tables:
            periods = replaced.get(table.name, ())
            old = before.rows(table, periods)
            pieces.append(_of_table(staging, table, old, periods, scope, county))
    return pd.concat(pieces, ignore_index=True) if pieces else pd.DataFrame(columns=list(COLUMNS))


class _Before:
    """The rows that are there, where the staging database can read them: the embedded file attached, a server's copied."""

    def __init__(self, staging: Staging, previous: Previous, live: Path | None) -> None:
        self._staging, self._previous = staging, previous
        self._live = live if live is not None and live.exists() else None

    def __enter__(self) -> "_Before":
        if self._live is not None:
            path = str(self._live).replace("'", "''")
            self._staging.connection.execute(text(f"ATTACH '{path}' AS {_BEFORE} (READ_ONLY)"))
            self._staging.connection.commit()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._staging.connection.commit()
            self._staging.connection.execute(text(f"DETACH {_BEFORE}"))

    def rows(self, table: Table, periods: Sequence[Period]) -> Table | None:
        known = self._previous.columns.get(table.name)
        if not known:
            return None
        columns = [Column(column.name, column.type) for column in table.columns if column.name in known]
        if self._live is not None:
            return Table(table.name, MetaData(), *columns, schema=_BEFORE)
        copied = Table(f"{_BEFORE}_{table.name}", MetaData(), *columns)
        copied.create(self._staging.connection)
        self._staging.connection.commit()
        for batch in self._previous.batches(_chosen(table, columns, periods), _BATCH):
            self._staging.put(copied, batch)
        return copied


def _chosen(table: Table, columns: Sequence[Column], periods: Sequence[Period]) -> Select:
    statement = select(*(table.c[column.name] for column in columns))
    period = period_column(table)
    return statement.where(table.c[period].in_(list(periods))) if period is not None else statement


def _of_table(
    staging: Staging, table: Table, old: Table | None, periods: Sequence[Period], scope: Scope, county: str | None
) -> pd.DataFrame:
    new, period, reporter = staging.staged[table.name], period_column(table), table.info.get("reporter")

    def who(rows: FromClause) -> list[ColumnElement]:
        return [
            rows.c[reporter] if reporter else literal_column("''"),
            func.make_date(rows.c[period], 1, 1)
            if period == "year"
            else rows.c[period]
            if period
            else literal_column("CAST(NULL AS DATE)"),
        ]

    counts: dict[tuple, dict[str, int]] = {}

    def note(statement: Select, *names: str) -> None:
        for row in staging.connection.execute(statement):
            cell = counts.setdefault((row[0], row[1]), dict.fromkeys(COLUMNS[3:], 0))
            for name, value in zip(names, row[2:], strict=True):
                cell[name] += int(value)

    def grouped(rows: FromClause, *more: ColumnElement) -> Select:
        columns = [column.label(name) for column, name in zip(who(rows), ("who", "when_"), strict=True)]
        return select(*columns, func.count(), *more).select_from(rows).group_by(*columns)

    if old is None:
        note(grouped(new), "added")
    else:
        same_key = and_(*(new.c[key] == old.c[key] for key in primary_key(table)))
        others = [column.name for column in old.columns if column.name not in primary_key(table)]
        unlike = or_(*(new.c[name].is_distinct_from(old.c[name]) for name in others)) if others else literal(False)
        note(grouped(new).where(~exists(select(literal(1)).select_from(old).where(same_key).correlate(new))), "added")
        changed = func.coalesce(func.sum(case((unlike, 1), else_=0)), 0)
        note(grouped(new, changed).where(same_key), "same", "changed")
        if period is not None:
            gone: ColumnElement[bool] = old.c[period].in_(list(periods))
            if scope == "reporter" and reporter:
                twin = staging.staged[table.name].alias("twin")
                gone = exists().where(twin.c[reporter] == old.c[reporter], twin.c[period] == old.c[period])
            if county is not None:
                gone = and_(gone, owner(old, table, staging.merged) == county)
            note(grouped(old).where(gone, ~exists(select(literal(1)).select_from(new).where(same_key).correlate(old))), "removed")
    staging.connection.commit()
    rows = [{"table_name": table.name, "reporter": key[0], "period": key[1], **cell} for key, cell in counts.items()]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    frame["same"] -= frame["changed"]
    return frame
