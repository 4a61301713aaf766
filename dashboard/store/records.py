"""What every load leaves behind, whichever database: the claim aggregate, the load record, its files and warnings, the freshness."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Date, bindparam, delete, func, insert, select, text

from dashboard import __version__
from dashboard.store.columns import Kind, fields, period_column
from dashboard.store.findings import Finding
from dashboard.store.previous import Period, rows_of
from dashboard.store.query import query_text
from dashboard.store.schema import (
    agg_claim_month,
    fact_claim,
    meta_finding,
    meta_freshness,
    meta_load,
    meta_load_file,
    metadata,
)

# Annual results are dated to December and may run ahead of the data.
_NOT_DATED_BY = ("fact_assessment",)


@dataclass(frozen=True)
class FileReport:
    """One loaded file: its table, rows, how many rows it replaced, and the periods it covers."""

    file: str
    table: str
    rows: int
    checksum: str
    replaced: int = 0
    first_period: datetime.date | None = None
    last_period: datetime.date | None = None


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


def _freshness(connection: Connection, record: LoadRecord) -> list[dict[str, object]]:
    earlier = {row.table_name: row.load_id for row in connection.execute(select(meta_freshness.c.table_name, meta_freshness.c.load_id))}
    loaded = {file.table for file in record.files}
    rows: list[dict[str, object]] = []
    for name, table in metadata.tables.items():
        count = rows_of(connection, table) if table.info.get("file") else 0
        if not count:
            continue
        period = period_column(table)
        first = last = None
        if period is not None:
            column = table.columns[period]
            first, last = connection.execute(select(func.min(column), func.max(column))).one()
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
            loaded_at=datetime.datetime.now(datetime.UTC).replace(tzinfo=None),
            app_version=__version__,
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
