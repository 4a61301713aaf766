"""What every load leaves behind, whichever database: the claim aggregate, the load record, its files and warnings, the freshness."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import (
    ColumnElement,
    Connection,
    Date,
    FromClause,
    Integer,
    Select,
    Table,
    and_,
    bindparam,
    cast,
    delete,
    exists,
    func,
    insert,
    literal,
    null,
    select,
    text,
    union_all,
    update,
)

from dashboard import __version__
from dashboard.store.importing.columns import Kind, fields, period_column
from dashboard.store.importing.findings import FileReport, Finding, LeftOut
from dashboard.store.importing.previous import Period
from dashboard.store.query import query_text
from dashboard.store.schema import (
    agg_claim_month,
    fact_claim,
    meta_finding,
    meta_freshness,
    meta_load,
    meta_load_file,
    meta_load_left_out,
    meta_report,
    metadata,
)

# Annual results are dated to December and may run ahead of the data.
_NOT_DATED_BY = ("fact_assessment",)


@dataclass(frozen=True)
class LoadRecord:
    """What is written about a load."""

    load_id: int
    package: str
    checksum: str
    data_kind: str
    files: tuple[FileReport, ...]
    warnings: tuple[Finding, ...]
    warning_count: int
    left_out: tuple[LeftOut, ...] = ()
    county: str | None = None
    loaded_at: datetime.datetime = field(default_factory=lambda: datetime.datetime.now(datetime.UTC).replace(tzinfo=None))


def as_date(period: Period | None) -> datetime.date | None:
    """Return the first day of a period; a year begins on its first of January."""
    return datetime.date(period, 1, 1) if isinstance(period, int) else period


def refresh_claim_aggregate(connection: Connection, months: Sequence[Period]) -> None:
    """Aggregate the claims of ``months`` again."""
    if not months:
        return
    names = [column.name for column in agg_claim_month.columns]
    connection.execute(delete(agg_claim_month).where(agg_claim_month.c.month.in_(list(months))))
    statement = text(query_text("aggregates/claim_month")).bindparams(bindparam("months", list(months), Date, expanding=True))
    typed = statement.columns(*(fact_claim.c[name] for name in names))
    connection.execute(insert(agg_claim_month).from_select(names, typed))


def pairs_of(source: FromClause, table: Table) -> Select:
    """Return who reports ``table`` for when, as it stands in ``source``: ``reporter`` and ``period``, a year as its first day."""
    period = source.c[table.info["period"]]
    first = func.make_date(period, 1, 1) if isinstance(table.c[table.info["period"]].type, Integer) else period
    return select(source.c[table.info["reporter"]].label("reporter"), first.label("period")).distinct()


def came_with(table: Table, load_id: int) -> ColumnElement[bool]:
    """Return which rows of the fact ``table`` of a server last came with load ``load_id``, as ``meta_report`` has it."""
    pairs, came = pairs_of(table, table).selected_columns, meta_report.alias()
    arrived = select(came.c.period).where(
        came.c.table_name == table.name,
        came.c.reporter == pairs["reporter"],
        came.c.period == pairs["period"],
        came.c.last_load_id == load_id,
    )
    return exists(arrived.correlate(table))


def arriving(table: Table, pairs: FromClause) -> Select:
    """Return ``pairs`` (``reporter``, ``period``) as what came for ``table``: ``table_name`` stands before them."""
    return select(literal(table.name).label("table_name"), pairs.c.reporter, pairs.c.period)


def write_arrivals(
    connection: Connection, arrivals: Table, pairs: Sequence[Select], load_id: int | None, when: datetime.datetime | None
) -> None:
    """Keep in ``arrivals`` when each of ``pairs`` (see ``arriving``, a selection for each table) came.

    The first time stays, the last time moves. Without a load: it came before.
    """
    if not pairs:
        return
    came = union_all(*pairs).subquery()
    same = and_(*(arrivals.c[name] == came.c[name] for name in ("table_name", "reporter", "period")))
    moved = {"last_load_id": load_id, "last_loaded_at": when}
    connection.execute(update(arrivals).where(exists(select(came.c.reporter).where(same).correlate(arrivals))).values(moved))
    names = ["table_name", "reporter", "period", "first_load_id", "first_loaded_at", "last_load_id", "last_loaded_at"]
    times = [cast(value, arrivals.c[name].type) for name, value in zip(names[3:], (load_id, when, load_id, when), strict=True)]
    there = exists(select(arrivals.c.reporter).where(same).correlate(came))
    rows = select(came.c.table_name, came.c.reporter, came.c.period, *times).where(~there)
    connection.execute(insert(arrivals).from_select(names, rows))


def _freshness(connection: Connection, record: LoadRecord) -> list[dict[str, object]]:
    earlier = {row.table_name: row.load_id for row in connection.execute(select(meta_freshness.c.table_name, meta_freshness.c.load_id))}
    loaded = {file.table for file in record.files}
    rows: list[dict[str, object]] = []
    for name, table in metadata.tables.items():
        if not table.info.get("file"):
            continue
        period = period_column(table)
        ends = (null(), null()) if period is None else (func.min(table.columns[period]), func.max(table.columns[period]))
        count, first, last = connection.execute(select(func.count(), *ends).select_from(table)).one()
        if not count:
            continue
        rows.append(
            {
                "table_name": name,
                "load_id": record.load_id if name in loaded else earlier.get(name, record.load_id),
                "row_count": count,
                "first_period": as_date(first),
                "last_period": as_date(last),
            }
        )
    return rows


def _data_through(freshness: Sequence[dict[str, object]]) -> datetime.date | None:
    """Return the newest month of the monthly tables."""
    ends = ((str(row["table_name"]), row["last_period"]) for row in freshness)
    return max((last for name, last in ends if isinstance(last, datetime.date) and _is_monthly(name)), default=None)


def _is_monthly(name: str) -> bool:
    period = period_column(metadata.tables[name])
    return period is not None and name not in _NOT_DATED_BY and fields(metadata.tables[name])[period].kind is Kind.MONTH


def write_records(connection: Connection, record: LoadRecord, claim_months: Sequence[Period]) -> None:
    """Write everything about a load whose rows are already in place."""
    refresh_claim_aggregate(connection, claim_months)
    freshness = _freshness(connection, record)
    connection.execute(
        insert(meta_load).values(
            load_id=record.load_id,
            package=record.package,
            checksum=record.checksum,
            data_kind=record.data_kind,
            row_count=sum(file.rows for file in record.files),
            rejected_count=0,
            warning_count=record.warning_count,
            data_through=_data_through(freshness),
            loaded_at=record.loaded_at,
            app_version=__version__,
            county_code=record.county,
        )
    )
    files = [
        {
            "load_id": record.load_id,
            "file": file.file,
            "table_name": file.table,
            "checksum": file.checksum,
            "row_count": file.rows,
            "replaced_count": file.replaced,
            "first_period": file.first_period,
            "last_period": file.last_period,
        }
        for file in record.files
    ]
    if files:
        connection.execute(insert(meta_load_file), files)
    left_out = [
        {"load_id": record.load_id, "number": number, "file": item.file, "part": item.part or None, "reason": item.reason}
        for number, item in enumerate(record.left_out, start=1)
    ]
    if left_out:
        connection.execute(insert(meta_load_left_out), left_out)
    warnings = [
        {
            "load_id": record.load_id,
            "number": number,
            "severity": finding.severity,
            "rule": finding.rule,
            "file": finding.file,
            "line": finding.line,
            "column_name": finding.column,
            "value": finding.value or None,
        }
        for number, finding in enumerate(record.warnings, start=1)
    ]
    if warnings:
        connection.execute(insert(meta_finding), warnings)
    connection.execute(delete(meta_freshness))
    if freshness:
        connection.execute(insert(meta_freshness), freshness)
