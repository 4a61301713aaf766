"""Row-level security on a real PostgreSQL: what a role that owns nothing sees, past the query gate and through it."""

from collections.abc import Iterator

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from sqlalchemy import Engine, create_engine, text

from dashboard.errors import DatabaseError
from dashboard.store.query import run_query
from dashboard.store.row_security import declare, row_security_sql, secured_tables
from dashboard.store.scope import COUNTY, Scope
from dashboard.store.scoping import scoped_query
from tests.integration.common.test_scope import CUT, SCOPES, asked, levels, original, scope
from tests.scope_county import Asked, Seer, county, write

ROLE = "dashboard_reader"


@pytest.fixture(scope="module")
def reader_engine(postgresql_server: str) -> Iterator[Engine]:
    """The small county read as a role that owns nothing."""
    admin = create_engine(postgresql_server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text("CREATE DATABASE scope_rows"))
        connection.execute(text(f"CREATE ROLE {ROLE} LOGIN"))
    url = postgresql_server.replace("/postgres?", "/scope_rows?")
    owner = create_engine(url)
    write(owner, county())
    for _twice in range(2):
        with owner.connect() as connection:
            connection.connection.driver_connection.execute(row_security_sql(ROLE))  # type: ignore[union-attr]
    reader = create_engine(url.replace("postgres@", f"{ROLE}@"))
    yield reader
    reader.dispose()
    owner.dispose()
    with admin.connect() as connection:
        connection.execute(text("DROP DATABASE scope_rows WITH (FORCE)"))
        connection.execute(text(f"DROP ROLE {ROLE}"))
    admin.dispose()


def _count(engine: Engine, table: str, reader: Scope | None) -> int:
    with engine.connect() as connection:
        if reader is not None:
            declare(connection, reader)
        return int(connection.execute(text(f"SELECT COUNT(*) FROM {table}")).scalar_one())


@pytest.mark.parametrize("table", [name for name, _ in secured_tables() if name.startswith(("fact_", "agg_", "dim_"))])
def test_a_statement_past_the_gate_sees_only_rows_of_the_declared_scope(reader_engine: Engine, table: str) -> None:
    frames = county()
    assert _count(reader_engine, table, None) == 0, "a session that says nothing sees nothing"
    assert _count(reader_engine, table, COUNTY) == len(frames[table]) > 0
    for reader in SCOPES.values():
        views = [frozenset({"population"}), frozenset({"provider"})]
        hidden = pd.concat([Seer(reader, view, frames).hidden(table) for view in views], axis=1).all(axis=1)
        assert _count(reader_engine, table, reader) == int((~hidden).sum()), reader


def test_the_scope_of_one_transaction_is_gone_in_the_next(reader_engine: Engine) -> None:
    with reader_engine.connect() as connection:
        declare(connection, COUNTY)
        assert connection.execute(text("SELECT COUNT(*) FROM fact_bed")).scalar_one() > 0
        connection.commit()
        assert connection.execute(text("SELECT COUNT(*) FROM fact_bed")).scalar_one() == 0


def test_the_role_writes_nothing(reader_engine: Engine) -> None:
    with reader_engine.connect() as connection, pytest.raises(Exception, match="permission denied"):
        connection.execute(text("DELETE FROM fact_bed"))


@pytest.mark.parametrize(
    "reader", [COUNTY, scope("C1"), scope("C1", "H1 P1"), scope("C4", None, "")], ids=["county", "community", "institutions", "sections"]
)
def test_both_rings_together_answer_what_duckdb_answers(reader_engine: Engine, reader: Scope) -> None:
    for name in CUT:
        for level in levels(name):
            found, expected = (run_query(Asked(engine, reader), name, **asked(name, level)) for engine in (reader_engine, original()))
            ordered = [
                frame.sort_values(list(frame.columns), ignore_index=True, key=lambda values: values.astype(str))
                for frame in (found, expected)
            ]
            assert len(found) == len(expected), (name, level)
            numbers = [frame.select_dtypes("number").astype("float64") for frame in ordered]
            assert_frame_equal(
                numbers[0][numbers[1].columns.intersection(numbers[0].columns)].sum().to_frame(),
                numbers[1][numbers[1].columns.intersection(numbers[0].columns)].sum().to_frame(),
                rtol=1e-9,
            )
    assert scoped_query("overview/bed_use").tables == {"fact_bed", "dim_institution"}


def test_a_name_that_would_have_to_be_quoted_is_refused() -> None:
    with pytest.raises(DatabaseError, match="小写字母"):
        row_security_sql("x; DROP TABLE fact_bed")
