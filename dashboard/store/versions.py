"""Which version of the structure a reporting database has: written by who makes it, asked by who opens it."""

import datetime

from sqlalchemy import Connection, Engine, delete, insert, select
from sqlalchemy.exc import SQLAlchemyError

from dashboard import __version__
from dashboard.errors import DatabaseError
from dashboard.language import marked
from dashboard.store.schema import meta_schema

SCHEMA_VERSION = 5
"""Raised by one with every change of ``schema.py`` (the words of comments aside)."""
SCHEMA_FINGERPRINT = "5f960dddc30d4ed4"
"""What ``python -m dashboard.store.importing.migration`` prints for that version; a test compares them."""


def schema_version(engine: Engine) -> int:
    """Return the version that the database says, 0 for one from before versions were kept. An engine that fails here fails elsewhere."""
    try:
        with engine.connect() as connection:
            return int(connection.execute(select(meta_schema.c.version)).scalar() or 0)
    except SQLAlchemyError:
        return 0


def refuse_newer(engine: Engine) -> None:
    """Raise ``DatabaseError`` for a database that a newer program made: this one would misread or damage it."""
    version = schema_version(engine)
    if version > SCHEMA_VERSION:
        raise DatabaseError(
            marked("报表数据库来自更新版本的程序(结构 {version})，本程序只认到 {known}"),
            marked("请升级程序后再打开；数据没有改动"),
            version=version,
            known=SCHEMA_VERSION,
        )


def write_version(connection: Connection) -> None:
    """Write that the structure is this program's."""
    now = datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
    connection.execute(delete(meta_schema))
    connection.execute(insert(meta_schema).values(version=SCHEMA_VERSION, app_version=__version__, changed_at=now))
