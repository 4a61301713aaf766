"""Every query file in every dialect: its own text where it can be read, and the same question where it cannot."""

import pytest
import sqlglot
from sqlglot import expressions

from dashboard.store.query import QUERIES, query_binds, query_text
from dashboard.store.schema import metadata
from dashboard.store.scope import COUNTY, Scope
from dashboard.store.scoping import WHOLE_COUNTY, scoped_query
from dashboard.store.translation import TARGETS, Kind, is_translated, result_kinds, sql_for
from tests.unit.store.test_queries import header, listed

NAMES = sorted(str(file.relative_to(QUERIES).with_suffix("")) for file in QUERIES.rglob("*.sql"))
DIALECTS = sorted(set(TARGETS.values()))
ONE = Scope(frozenset({"C1"}), frozenset({"H1"}), None, 1)


def tables(text: str, dialect: str) -> list[str]:
    return sorted(table.name for table in sqlglot.parse_one(text, dialect=dialect).find_all(expressions.Table))


@pytest.mark.parametrize("dialect", ["duckdb", "postgresql", "sqlite"])
def test_what_reads_the_file_gets_the_file(dialect: str) -> None:
    assert not is_translated(dialect)
    assert all(sql_for(query_text(name), dialect) == query_text(name) for name in NAMES)


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("name", NAMES)
def test_the_same_question_in_every_dialect(name: str, dialect: str) -> None:
    """One SELECT with the file's columns, its named binds and its tables; behind a scope too."""
    views = scoped_query(name).views
    for scope in (COUNTY,) if WHOLE_COUNTY in views else (COUNTY, ONE):
        text = scoped_query(name).text_for(scope)
        found = sql_for(text, dialect)
        assert found != text or "ORDER" not in text
        statements = sqlglot.parse(found, dialect=dialect)
        assert len(statements) == 1
        assert isinstance(statements[0], expressions.Query)
        assert [column.lower() for column in statements[0].named_selects] == listed(header(name)["columns"])
        assert query_binds(found) == query_binds(text)
        assert tables(found, dialect) == tables(text, "postgres")
        assert "::" not in found
        assert "--" not in found


def test_a_scope_stands_in_what_is_translated() -> None:
    """The gate comes first: what the engine is asked holds the condition that the file does not."""
    found = sql_for(scoped_query("overview/bed_use").text_for(ONE), "mysql")
    assert ":scope_communities" in found
    assert ":scope_communities" not in sql_for(query_text("overview/bed_use"), "mysql")


def test_each_dialect_writes_its_own_words() -> None:
    text = (
        'SELECT CAST(f.month AS VARCHAR(64)) AS "group", SUM(f.cases) OVER (ORDER BY f.month) AS cases '
        "FROM fact_referral f JOIN dim_town t ON t.town_code = f.from_code WHERE f.month IN :months ORDER BY f.month"
    )
    mysql, spark, clickhouse = (sql_for(text, dialect) for dialect in ("mysql", "spark", "clickhouse"))
    assert "AS CHAR(64)) AS `group`" in mysql
    assert "OVER (ORDER BY f.month)" in mysql
    assert "CASE WHEN f.month IS NULL THEN 1 ELSE 0 END, f.month" in mysql
    assert "ORDER BY f.month NULLS LAST" in spark
    assert "OVER (ORDER BY f.month)" in spark
    assert "Nullable(String)" in clickhouse
    assert all("IN :months" in found for found in (mysql, spark, clickhouse))
    inner = sql_for("SELECT x.month FROM (SELECT f.month FROM fact_bed f) AS x", "clickhouse")
    assert inner == "SELECT x.month AS month FROM (SELECT f.month AS month FROM fact_bed AS f) AS x"


def test_what_a_column_of_an_answer_holds_is_known_from_the_schema() -> None:
    assert result_kinds(query_text("meta/data_version")) == {
        "load_id": Kind.COUNT,
        "package": Kind.TEXT,
        "data_kind": Kind.TEXT,
        "data_through": Kind.DATE,
        "loaded_at": Kind.DATE,
    }
    referral = result_kinds(query_text("measures/referral"))
    assert [name for name, kind in referral.items() if kind is Kind.FLAG] == ["to_alliance", "inpatient"]
    assert referral["cases"] is referral["closed_cases_missing"] is Kind.NUMBER  # a sum of whole numbers is wider than a whole number
    assert result_kinds(query_text("fiscal/months")) == {"month": Kind.DATE, "institutions": Kind.COUNT}
    towns = result_kinds(query_text("directory/towns"))
    assert towns["longitude"] is towns["area_km2"] is Kind.NUMBER


@pytest.mark.parametrize("name", NAMES)
def test_every_column_has_a_kind_and_its_place(name: str) -> None:
    kinds = result_kinds(query_text(name))
    assert list(kinds) == listed(header(name)["columns"])
    stored = {column.name: column for table in metadata.tables.values() for column in table.columns}
    dates = {column for column, kind in kinds.items() if kind is Kind.DATE}
    assert {column for column in kinds if column in stored and str(stored[column].type) in ("DATE", "DATETIME")} <= dates
