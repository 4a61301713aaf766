"""Reading a source into a package: read-only, in chunks, in time; what comes of it passes the very checks of a package from a county.

The rows are written as CSV files into a private folder, so that there is one reader, one validation and one load.
"""

import datetime
import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO, cast

import psycopg
import pyarrow as pa
import pyarrow.csv
import yaml
from psycopg import sql
from sqlalchemy import Connection, Date, Engine, String, TextClause, bindparam, create_engine, event, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from dashboard.connecting import CONNECT_SECONDS, read_only_session
from dashboard.errors import PackageError
from dashboard.language import marked
from dashboard.store.importing.columns import fields, header_names, normal_name
from dashboard.store.importing.package import MANIFEST
from dashboard.store.importing.sources import Source, month_binds
from dashboard.store.importing.xlsx_reading import cell_text
from dashboard.store.query import query_binds
from dashboard.store.schema import label, metadata

_ANSWER_SECONDS = 9.0
"""How long a source may keep somebody waiting for its first word: name look-up, connection, greeting."""
_CHUNK = 50_000
_CSV = pyarrow.csv.WriteOptions(include_header=False, quoting_style="needed")
_BOOLEAN = psycopg.adapters.types["bool"].oid
_LITERALS = re.compile(r"(?<![:\w]):(start|end|month)\b")


@dataclass(frozen=True)
class Pulled:
    """How many rows a table of the contract got so far; ``done`` when there are no more."""

    table: str
    rows: int
    done: bool


def pull(source: Source, month: datetime.date, folder: Path, progress: Callable[[Pulled], None] = lambda _: None) -> Mapping[str, int]:
    """Read every table of ``source`` for ``month`` into a package in ``folder``; return the rows by table.

    ``month`` is a first day. Memory does not grow with the rows. Raises ``PackageError`` for a source that cannot be reached, refuses a
    statement, takes too long or answers with columns that the contract does not know; ``folder`` then holds no package to load.
    """
    url = source.url_with_secret()
    rows = {}
    engine = _engine(source, url)
    try:
        with _connected(engine, source) as connection:
            for table, statement in source.tables.items():
                rows[table] = _pull_table(connection, source, table, statement, month, folder, progress)
    finally:
        engine.dispose()
    manifest = {
        "name": f"{source.file.title} {month:%Y-%m}",
        "data_kind": source.file.data_kind,
        "coordinate_system": source.file.coordinate_system,
        "scope": source.file.scope,
    }
    said = {key: value for key, value in manifest.items() if value is not None}
    (folder / MANIFEST).write_text(yaml.safe_dump(said, allow_unicode=True), encoding="utf-8")
    return rows


# Connecting ------------------------------------------------------------------------------------------------------------


def _engine(source: Source, url: URL) -> Engine:
    """Return an engine whose every session can only read, and gives up in time."""
    backend, seconds = url.get_backend_name(), source.file.statement_seconds
    try:
        if backend == "postgresql":
            options = f"-c default_transaction_read_only=on -c statement_timeout={seconds}s"
            arguments: dict[str, object] = {"connect_timeout": CONNECT_SECONDS, "options": options, "client_encoding": "utf8"}
            return create_engine(url, poolclass=NullPool, connect_args=arguments)
        if backend == "sqlite":
            # "immutable" is not said: somebody else may be writing.
            url = url.set(database=f"file:{url.database}", query={"mode": "ro", "uri": "true"})
            engine = create_engine(url, poolclass=NullPool, connect_args={"timeout": CONNECT_SECONDS})
            event.listen(engine, "connect", lambda raw, _record: raw.execute("PRAGMA query_only = ON"))
            return engine
        arguments = {"connect_timeout": CONNECT_SECONDS, "read_timeout": seconds, "charset": "utf8mb4"}
        engine = create_engine(url, poolclass=NullPool, connect_args=arguments)
    except (NoSuchModuleError, ImportError) as error:
        raise PackageError(marked("没有安装这种数据库的驱动"), marked("请按 requirements.txt 重新安装"), where=source.name) from error
    event.listen(engine, "connect", lambda raw, _record: read_only_session(raw, seconds))
    return engine


@contextmanager
def _connected(engine: Engine, source: Source) -> Iterator[Connection]:
    """Yield a connection, or say within ten seconds that there is none: name look-ups and dead lines have no time-out of their own."""
    found: list[Connection] = []
    failed: list[Exception] = []
    late = threading.Event()

    def connect() -> None:
        try:
            connection = engine.connect()
        except Exception as error:  # noqa: BLE001 handed to the caller's thread
            failed.append(error)
            return
        found.append(connection)
        if late.is_set():
            connection.close()

    waiter = threading.Thread(target=connect, daemon=True, name=f"source-{source.name}")
    waiter.start()
    waiter.join(_ANSWER_SECONDS)
    if not found:
        late.set()
        raise PackageError(
            marked("来源数据库连接不上"), marked("请检查地址、端口、账号、密码和网络；来源文件里的 url 与 secret"), where=source.name
        ) from (failed[0] if failed else None)
    with found[0] as connection:
        yield connection


# Reading ---------------------------------------------------------------------------------------------------------------


def _pull_table(
    connection: Connection, source: Source, table: str, statement: str, month: datetime.date, folder: Path,
    progress: Callable[[Pulled], None],
) -> int:  # fmt: skip
    binds = {name: value for name, value in month_binds(month).items() if name in query_binds(statement)}
    watch = _interrupting(connection, source.file.statement_seconds)
    read = _copied if connection.dialect.name == "postgresql" else _fetched
    rows = 0
    try:
        with (folder / f"{table}.csv").open("wb") as sink:
            for rows in read(connection, source, table, statement, binds, sink):
                progress(Pulled(table, rows, done=False))
    except (SQLAlchemyError, psycopg.Error, UnicodeDecodeError) as error:
        raise _refused(source, label(metadata.tables[table]), error) from error
    finally:
        if watch is not None:
            watch.cancel()
    connection.rollback()
    progress(Pulled(table, rows, done=True))
    return rows


def _asked(statement: str, binds: Mapping[str, object]) -> TextClause:
    types = {"start": Date, "end": Date, "month": String}
    return text(statement).bindparams(*(bindparam(name, type_=types[name]) for name in binds))


def _copied(
    connection: Connection, source: Source, table: str, statement: str, binds: Mapping[str, object], sink: BinaryIO
) -> Iterator[int]:
    """Stream the rows as PostgreSQL's own COPY writes them: several times as fast as through Python. Yield how many came so far."""
    inner = statement.strip().rstrip(";")
    shape = connection.execute(_asked(f"SELECT * FROM ({inner}\n) AS source LIMIT 0", binds), binds)  # noqa: S608 proved to be a SELECT
    names = _checked_columns(source, table, list(shape.keys()))
    # COPY writes t and f, which a county's file would not; as text they are true and false.
    columns = [
        sql.SQL("CAST({} AS text)" if column[1] == _BOOLEAN else "{}").format(sql.Identifier(column[0]))
        for column in cast(Any, shape.cursor).description
    ]
    shape.close()
    pyarrow.csv.write_csv(_one_row(names), sink, _CSV)
    body = sql.SQL(_LITERALS.sub(lambda match: f"{{{match[1]}}}", inner.replace("{", "{{").replace("}", "}}")))
    literals = {name: sql.Literal(value) for name, value in binds.items()}
    query = sql.SQL("COPY (SELECT {} FROM ({}\n) AS source) TO STDOUT (FORMAT csv)").format(
        sql.SQL(", ").join(columns), body.format(**literals)
    )
    raw = cast(psycopg.Connection, connection.connection.driver_connection)
    rows = told = 0
    with raw.cursor() as cursor:
        with cursor.copy(query) as stream:
            for block in stream:
                sink.write(block)
                rows += bytes(block).count(b"\n")
                if rows - told >= _CHUNK:
                    told = rows
                    yield rows
        yield cursor.rowcount


def _fetched(
    connection: Connection, source: Source, table: str, statement: str, binds: Mapping[str, object], sink: BinaryIO
) -> Iterator[int]:
    """Read the rows in chunks through a cursor of the server. Yield how many came so far."""
    rows = 0
    with connection.execution_options(stream_results=True, yield_per=_CHUNK).execute(_asked(statement, binds), binds) as result:
        names = _checked_columns(source, table, list(result.keys()))
        pyarrow.csv.write_csv(_one_row(names), sink, _CSV)
        for chunk in result.partitions(_CHUNK):
            rows += len(chunk)
            pyarrow.csv.write_csv(_texts(chunk, names), sink, _CSV)
            yield rows


def _interrupting(connection: Connection, seconds: int) -> threading.Timer | None:
    """Stop a SQLite statement after ``seconds``: the other kinds know a limit of their own."""
    if connection.dialect.name != "sqlite":
        return None
    timer = threading.Timer(seconds, cast(Any, connection.connection.driver_connection).interrupt)
    timer.daemon = True
    timer.start()
    return timer


_REASONS = tuple(
    (re.compile("|".join(patterns)), message)
    for message, patterns in (
        (marked("没有这一列：{name}"), (r'column "?([\w.]+)"? does not exist', r"no such column: ([\w.]+)", r"Unknown column '([\w.]+)'")),
        (
            marked("没有这张表：{name}"),
            (r'relation "?([\w.]+)"? does not exist', r"no such table: ([\w.]+)", r"Table '([\w.]+)' doesn't exist"),
        ),
        (
            marked("账号没有读取权限：{name}"),
            (r"permission denied for \w+ ([\w.]+)", r"SELECT command denied.* for table [`']?([\w.`]+)"),
        ),
        (
            marked("查询超过了时限"),
            (r"statement timeout", r"interrupted", r"max_statement_time", r"maximum statement execution time", r"timed out"),
        ),
        (marked("语句要写入，已被拒绝"), (r"read-only transaction", r"readonly database", r"READ ONLY transaction")),
        (marked("语句的写法这个数据库不认识"), (r"syntax error", r"error in your SQL syntax")),
    )
)


def _refused(source: Source, table: str, error: Exception) -> PackageError:
    """Return what a refusal of the database means; its own words go to the log only, for they may quote data."""
    words = str(getattr(error, "orig", None) or error)
    found = next(((message, match) for pattern, message in _REASONS if (match := pattern.search(words))), None)
    remedy = marked("请在来源库里核对语句中的表名、列名和查询权限，或加大 statement_seconds")
    if found is None:
        return PackageError(marked("来源没有完成“{table}”的查询"), remedy, where=source.name, table=table)
    message, match = found
    name = next((group for group in match.groups() if group), "")
    return PackageError(message, remedy, where=f"{source.name} · {table}", name=name)


def _checked_columns(source: Source, table: str, columns: Sequence[str]) -> list[str]:
    """Return the header. What the contract does not know or still needs is said before a million rows are read."""
    known = header_names(metadata.tables[table])
    names = [known.get(normal_name(column)) for column in columns]
    unknown = [column for column, name in zip(columns, names, strict=True) if name is None]
    missing = [f"{name}({item.label})" for name, item in fields(metadata.tables[table]).items() if item.required and name not in names]
    what = label(metadata.tables[table])
    if unknown:
        raise PackageError(
            marked("“{table}”的语句返回了不认识的列：{columns}"), marked("请在语句里用 AS 改成模板中的列名，或去掉这一列"),
            where=source.name, table=what, columns="、".join(unknown),
        )  # fmt: skip
    if missing:
        raise PackageError(
            marked("“{table}”的语句缺少必填列：{columns}"), marked("请在语句里补上，写法见模板里的字典"),
            where=source.name, table=what, columns="、".join(missing),
        )  # fmt: skip
    return list(columns)


def _one_row(names: Sequence[str]) -> pa.Table:
    return pa.table([pa.array([name]) for name in names], names=[str(place) for place in range(len(names))])


def _texts(rows: Sequence[Sequence[Any]], names: Sequence[str]) -> pa.Table:
    columns = [_column(list(values)) for values in zip(*rows, strict=True)]
    return pa.table(columns, names=[str(place) for place in range(len(names))])


def _column(values: list[Any]) -> pa.Array:
    """Return a column as text cells; one of a single type goes through Arrow at once."""
    try:
        plain = pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return pa.array([_cell(value) for value in values], pa.string())
    if pa.types.is_string(plain.type) or pa.types.is_null(plain.type) or pa.types.is_integer(plain.type):
        return plain.cast(pa.string())
    return pa.array([_cell(value) for value in values], pa.string())


def _cell(value: Any) -> str | None:
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, bytes):
        return value.decode("utf-8")
    return cell_text(value)
