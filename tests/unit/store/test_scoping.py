"""The query gate: one SELECT over known tables, each behind its rule, and not a character of the file changed elsewhere."""

import pytest

from dashboard.errors import QueryError, ScopeError
from dashboard.store.query import run_query
from dashboard.store.schema import metadata
from dashboard.store.scope import CLAIMS, COUNTY, OPEN, Rule, Scope
from dashboard.store.scoping import read_query, rule_of

ONE = Scope(frozenset({"C1"}), None, None, 1)
SELECT = "SELECT b.month FROM fact_bed b JOIN dim_institution i ON i.institution_code = b.institution_code"


@pytest.mark.parametrize(
    "text",
    [
        "DELETE FROM fact_bed",
        "SELECT 1; SELECT 2",
        "WITH gone AS (DELETE FROM fact_bed RETURNING *) SELECT * FROM gone",
        "SELECT * INTO kept FROM fact_bed",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT pg_read_file('/etc/passwd')",
        "SELECT * FROM other.fact_bed",
        "SELECT * FROM information_schema.columns",
        "SELECT * FROM pg_catalog.pg_authid",
        "SELECT * FROM no_such_table",
        "WITH fact_bed AS (SELECT 1 AS month) SELECT month FROM fact_bed",
        "SELECT month FROM fact_bed FOR UPDATE",
        "COPY fact_bed TO '/tmp/x'",
        "SELECT month FROM fact_bed WHERE institution_code IN :scope_communities",
        "SELECT FROM WHERE",
        "PRAGMA database_list",
        "-- scope: population\nSELECT month FROM fact_bed",
        "-- scope: population, provider\nSELECT SUM(total_cost) FROM fact_claim",
        "SELECT SUM(total_cost) FROM fact_claim",
        "SELECT SUM(c.total_cost) FROM agg_claim_month c",
    ],
)
def test_anything_but_one_known_select_is_refused(text: str) -> None:
    with pytest.raises(QueryError, match="不符合规定"):
        read_query("test", text)


def test_who_sees_the_county_runs_the_text_of_the_file() -> None:
    assert read_query("test", SELECT).text_for(COUNTY) == SELECT


def test_a_scoped_table_stands_behind_its_rule_and_the_rest_stays() -> None:
    found = read_query("test", SELECT).text_for(ONE)
    behind = (
        "(SELECT * FROM fact_bed WHERE institution_code IN "
        "(SELECT institution_code FROM dim_institution WHERE community_code IN :scope_communities)) b JOIN (SELECT "
    )
    assert behind in found
    assert "CASE WHEN" in found
    assert found.endswith(") i ON i.institution_code = b.institution_code")


def test_a_table_without_another_name_keeps_its_own() -> None:
    found = read_query("test", "SELECT fact_population.year FROM fact_population").text_for(ONE)
    assert found.endswith(" AS fact_population")


def test_every_place_of_a_table_is_behind_its_rule() -> None:
    text = "SELECT month FROM fact_bed UNION ALL SELECT month FROM fact_bed x WHERE month IN (SELECT MAX(month) FROM fact_bed)"
    assert read_query("test", text).text_for(ONE).count("(SELECT * FROM fact_bed WHERE") == 3


def test_claims_are_read_under_the_view_that_the_header_names() -> None:
    text = "SELECT SUM(total_cost) FROM fact_claim"
    population = read_query("test", f"-- scope: population\n{text}").text_for(ONE)
    provider = read_query("test", f"-- scope: provider\n{text}").text_for(ONE)
    assert "town_code IN" in population
    assert "institution_code IN" not in population
    assert "institution_code IN" in provider
    assert "town_code IN" not in provider


def test_a_section_that_is_not_granted_has_no_rows_even_of_the_whole_county() -> None:
    query = read_query("test", "SELECT amount FROM fact_finance")
    assert "WHERE FALSE" in query.text_for(Scope(None, None, frozenset(), 1))
    assert query.text_for(Scope(None, None, frozenset({"finance"}), 1)) == query.text


def test_what_needs_the_county_is_not_cut() -> None:
    query = read_query("test", "-- scope: county\nSELECT SUM(total_cost) FROM fact_claim")
    assert query.text_for(COUNTY) == query.text
    with pytest.raises(ScopeError, match="全县"):
        query.text_for(ONE)


def test_every_fact_says_whose_rows_they_are() -> None:
    facts = [name for name in metadata.tables if name.startswith(("fact_", "agg_"))]
    assert [name for name in facts if rule_of(name) is OPEN] == []
    assert [name for name in facts if rule_of(name) == CLAIMS] == ["fact_claim", "agg_claim_month"]
    for name, table in metadata.tables.items():
        rule: Rule = table.info.get("scope", OPEN)
        columns = {end.column for view in rule.views.values() for end in view} | set(rule.limited)
        assert columns <= set(table.columns.keys()), name


def test_a_community_outside_is_refused_in_words_before_anything_is_asked() -> None:
    class Unreachable:
        scope = ONE

        @property
        def engine(self) -> object:
            raise AssertionError("a query was sent")

    with pytest.raises(ScopeError, match="C2") as refused:
        run_query(Unreachable(), "measures/units", level="community", community="C2")  # type: ignore[arg-type]
    assert "C2" in refused.value.what("en")
    with pytest.raises(AssertionError, match="was sent"):
        run_query(Unreachable(), "measures/units", level="community", community="C1")  # type: ignore[arg-type]


def test_equal_contents_are_one_key_and_a_new_policy_is_another() -> None:
    first = Scope(frozenset(["C1", "C2"]), None, frozenset(), 1)
    assert first.cache_key == Scope(frozenset(["C2", "C1"]), None, frozenset(), 1).cache_key
    others = [Scope(frozenset(["C1"]), None, frozenset(), 1), Scope(frozenset(["C1", "C2"]), None, None, 1)]
    others += [Scope(frozenset(["C1", "C2"]), frozenset(), frozenset(), 1), Scope(frozenset(["C1", "C2"]), None, frozenset(), 2)]
    assert len({scope.cache_key for scope in (first, *others)}) == 5
