"""The reporting database as tables of a server that speaks MySQL's protocol, put in the place of older ones in one step."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

from sqlalchemy import Column, Connection, DateTime, Engine, Float, Index, MetaData, PrimaryKeyConstraint, Table, inspect, text
from sqlalchemy.dialects.mysql import DATETIME, DOUBLE
from sqlalchemy.schema import CreateTable
from sqlalchemy.types import TypeEngine

from dashboard.errors import DatabaseError
from dashboard.language import marked
from dashboard.saving import plain_engine
from dashboard.store.engine import database_url
from dashboard.store.importing.workfolder import load_running
from dashboard.store.publication.reading import batches, one_moment
from dashboard.store.schema import metadata

_NEW, _OLD = "publishing_", "replaced_"
_LOCK = "dashboard_publish"


def publish_mysql(url: str, target: str, *, progress: Callable[[str], None] = lambda _: None) -> dict[str, int]:
    """Write the reporting database at ``url`` as tables of the server at ``target`` (MySQL, MariaDB) and return the rows of each.

    The tables are made under other names and take their own all at once: a reader sees the old ones or the new ones. They hold types,
    keys and indexes; what must hold between rows was checked by the import. Text is compared character by character (``utf8mb4_bin``).

    Raises ``DatabaseError`` when either database does not answer or the target refuses; its old tables then stay.
    """
    place = database_url(target)
    if place == database_url(url):
        raise DatabaseError(marked("来源和目标是同一个数据库，没有发布"), marked("请用 --to 给出另一个数据库"), where=place.database or "")
    engine = plain_engine(place)
    rows = {}
    try:
        with one_moment(url) as source, _alone(engine, place.database or ""), engine.connect() as connection:
            _drop(connection, _NEW, _OLD)
            tables = _copies()
            for name, table in tables.items():
                progress(name)
                connection.execute(CreateTable(table))
                rows[name] = 0
                with closing(batches(source, metadata.tables[name])) as read:
                    for batch in read:
                        connection.execute(table.insert(), batch.to_pylist())
                        rows[name] += batch.num_rows
                for index in table.indexes:
                    index.create(connection)
                connection.commit()
            _swap(connection, tables)
    finally:
        engine.dispose()
    return rows


@contextmanager
def _alone(engine: Engine, name: str) -> Iterator[None]:
    """Hold the server's lock, so that two do not publish at once; it goes with its connection."""
    with engine.connect() as connection:
        if not connection.execute(text("SELECT GET_LOCK(:name, 0)"), {"name": _LOCK}).scalar():
            raise load_running(name)
        yield
        connection.execute(text("SELECT RELEASE_LOCK(:name)"), {"name": _LOCK})


def _copies() -> dict[str, Table]:
    """Return the tables as they are made: under another name, with MySQL's own types where the general ones lose digits."""
    made = MetaData()
    return {table.name: _copy(table, made) for table in metadata.sorted_tables}


def _copy(table: Table, made: MetaData) -> Table:
    columns = [Column(each.name, _type(each.type), nullable=each.nullable, comment=each.comment) for each in table.columns]
    keys = [each.name for each in table.primary_key.columns]
    rules = [PrimaryKeyConstraint(*keys)] if keys else []
    copied = Table(
        f"{_NEW}{table.name}", made, *columns, *rules, comment=table.comment,
        mysql_charset="utf8mb4", mysql_collate="utf8mb4_bin", mysql_engine="InnoDB",
    )  # fmt: skip
    for index in table.indexes:
        Index(index.name, *(copied.c[column.name] for column in index.columns))
    return copied


def _type(of: TypeEngine) -> TypeEngine:
    if isinstance(of, Float):
        return DOUBLE()
    return DATETIME(fsp=6) if isinstance(of, DateTime) else of


def _drop(connection: Connection, *prefixes: str) -> None:
    """Drop what a publication that broke off has left."""
    for name in inspect(connection).get_table_names():
        if any(name == f"{prefix}{known}" for prefix in prefixes for known in metadata.tables):
            connection.execute(text(f"DROP TABLE {name}"))


def _swap(connection: Connection, tables: dict[str, Table]) -> None:
    there = set(inspect(connection).get_table_names())
    moves = [f"{name} TO {_OLD}{name}" for name in tables if name in there]
    moves += [f"{_NEW}{name} TO {name}" for name in tables]
    connection.execute(text(f"RENAME TABLE {', '.join(moves)}"))
    _drop(connection, _OLD)
