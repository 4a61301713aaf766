"""Every query file: one SELECT that DuckDB, PostgreSQL and Spark can read, and a header that tells the truth."""

import re

import pytest
import sqlglot
from sqlglot import expressions

from dashboard.store.query import QUERIES, query_binds, query_text

NAMES = sorted(str(file.relative_to(QUERIES).with_suffix("")) for file in QUERIES.rglob("*.sql"))
FIELDS = ("purpose", "grain", "params", "columns")


def header(name: str) -> dict[str, str]:
    found = {}
    for line in query_text(name).splitlines():
        match = re.match(r"-- (\w+): *(.*)", line)
        if match is None:
            break
        found[match.group(1)] = match.group(2).strip()
    return found


def listed(text: str) -> list[str]:
    """The names of a header line; a note in brackets may follow a name."""
    names = re.sub(r"\([^)]*\)", "", text)
    return [] if names == "none" else [part.strip().lstrip(":") for part in names.split(",")]


def test_there_are_queries() -> None:
    assert len(NAMES) > 20


@pytest.mark.parametrize("name", NAMES)
def test_header_says_what_it_is_for(name: str) -> None:
    found = header(name)
    assert all(found.get(field) for field in FIELDS), f"{name}: header needs {FIELDS}, has {sorted(found)}"
    assert set(listed(found["params"])) == query_binds(query_text(name)), name


@pytest.mark.parametrize("dialect", ["duckdb", "postgres", "spark"])
@pytest.mark.parametrize("name", NAMES)
def test_one_select_in_every_dialect(name: str, dialect: str) -> None:
    statements = sqlglot.parse(query_text(name), dialect=dialect)
    assert len(statements) == 1
    statement = statements[0]
    assert isinstance(statement, expressions.Query), f"{name} is not a SELECT"
    assert not list(statement.find_all(expressions.Insert, expressions.Update, expressions.Delete, expressions.Create, expressions.Drop))
    assert [column.lower() for column in statement.named_selects] == listed(header(name)["columns"]), name


@pytest.mark.parametrize("name", NAMES)
def test_only_the_common_subset(name: str) -> None:
    text = re.sub(r"--[^\n]*", "", query_text(name)).upper()
    for construct in ("::", "FILTER (", "FILTER(", "QUALIFY", " ILIKE ", "DISTINCT ON", "SELECT *"):
        assert construct not in text, f"{name} uses {construct}"
