"""Putting marts into the reporting database: a copy of the DuckDB file that replaces the live one, or one transaction on a server."""

import shutil
from collections.abc import Collection, Mapping
from pathlib import Path

import pandas as pd
import pyarrow as pa
from sqlalchemy import Connection, delete, insert, text

from dashboard.store.engine import database_url, duckdb_file, writing_engine
from dashboard.store.importing.previous import database_failed
from dashboard.store.importing.publishing import publish
from dashboard.store.importing.staging import insert_columns
from dashboard.store.importing.workfolder import server_lock, single_load, work_folder
from dashboard.store.importing.writing import DATABASE_FAULTS
from dashboard.store.schema import metadata

_ROWS = 5_000


def write_marts(url: str, frames: Mapping[str, pd.DataFrame], counties: Collection[str]) -> None:
    """Replace the rows of ``counties`` in the marts, all of them or none; readers keep what they read until they reopen.

    Args:
        url: of a DuckDB file or of PostgreSQL, with the tables of this version.
        frames: by name of the mart its rows, in columns of the table's names.
        counties: whose rows go and come.

    Raises:
        DatabaseError: another load is running, or the database cannot be written; nothing is changed then.
    """
    live = duckdb_file(url)
    if live is not None:
        live = live.resolve()
        with single_load(live):
            _write_file(live, frames, counties)
        return
    engine = writing_engine(url)
    try:
        with server_lock(engine), engine.begin() as connection:
            _replace(connection, frames, counties)
    except DATABASE_FAULTS as error:
        raise database_failed(error, database_url(url).database or "") from error
    finally:
        engine.dispose()


def _write_file(live: Path, frames: Mapping[str, pd.DataFrame], counties: Collection[str]) -> None:
    try:
        with work_folder(live.absolute().parent) as folder:
            new = folder / "reporting.duckdb"
            shutil.copyfile(live, new)
            engine = writing_engine(f"duckdb:///{new}")
            try:
                with engine.begin() as connection:
                    _replace(connection, frames, counties)
                with engine.connect() as connection:
                    connection.execute(text("CHECKPOINT"))
            finally:
                engine.dispose()
            publish(new, live)
    except (*DATABASE_FAULTS, OSError) as error:
        raise database_failed(error, live.name) from error


def _replace(connection: Connection, frames: Mapping[str, pd.DataFrame], counties: Collection[str]) -> None:
    for name, frame in frames.items():
        table = metadata.tables[name]
        connection.execute(delete(table).where(table.c.county_code.in_(list(counties))))
        if frame.empty:
            continue
        rows = pa.Table.from_pandas(frame[[column.name for column in table.columns]], preserve_index=False)
        if connection.dialect.name == "duckdb":
            insert_columns(connection, table, rows)
        else:
            for batch in rows.to_batches(_ROWS):
                connection.execute(insert(table), batch.to_pylist())
