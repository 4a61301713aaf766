"""Nobody's answer changes with rows outside of their scope: every query file, under scopes of every kind, on DuckDB."""

import datetime
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from sqlalchemy import Engine

from dashboard.errors import ScopeError
from dashboard.store.engine import reporting_engine, retire, writing_engine
from dashboard.store.query import QUERIES, optional_binds, query_binds, query_text, run_query
from dashboard.store.scope import COUNTY, Scope
from dashboard.store.scoping import WHOLE_COUNTY, scoped_query
from tests.scope_county import LAST, MONTHS, QUARTERS, Asked, changed_outside, county, in_memory, write

NAMES = sorted(str(file.relative_to(QUERIES).with_suffix("")) for file in QUERIES.rglob("*.sql"))
CUT = [name for name in NAMES if WHOLE_COUNTY not in scoped_query(name).views]
LEVELS = ("county", "community", "institution", "town")


def scope(communities: str | None, institutions: str | None = None, sections: str | None = None, version: int = 1) -> Scope:
    sets = [None if text is None else frozenset(text.split()) for text in (communities, institutions, sections)]
    return Scope(*sets, policy_version=version)


SCOPES = {
    "one community": scope("C1"),
    "two communities": scope("C2 C3"),
    "two institutions of one": scope("C1", "H1 P1"),
    "an institution anywhere": scope(None, "P4"),
    "an institution that is not of the community": scope("C1", "H2"),
    "the county without conduct": scope(None, None, "finance"),
    "one community without any section": scope("C4", None, ""),
    "nothing": scope(""),
}
PARAMETERS: Mapping[str, object] = {
    "months": list(MONTHS),
    "first": MONTHS[0],
    "last": LAST,
    "first_month": MONTHS[0],
    "last_month": LAST,
    "last_day": datetime.date(2025, 10, 31),
    "year": 2025,
    "first_year": 2024,
    "last_year": 2025,
    "year_before": MONTHS[0],
    "quarter": QUARTERS[-1],
    "quarters": list(QUARTERS),
    "disease_group": "G1",
    "population_groups": ["all", "age_65_over"],
    "programmes": ["elderly", "hypertension", "diabetes"],
    "sources": ["outpatient", "bed", "inpatient_quality", "workload", "contract", "public_health", "finance", "equipment_use"],
    "institutions": ["H1", "P1", "H2", "P4"],
    "categories": ["nurse", "physician"],
    "tables": ["fact_bed", "fact_outpatient"],
    "load_id": 0,
    "month": MONTHS[-1],
    "reporter": "county",  # whose claims are rows of everybody: some of them surely change
    "respondents": ["outpatient", "inpatient"],
    "kinds": ["practice", "prescribing", "complaint", "dispute", "fund_violation", "discipline"],
    "scheme_code": "all",
}


def asked(name: str, level: str) -> dict[str, object]:
    """What a query is asked for: everything that the small county has."""
    sql = query_text(name)
    return {bind: level if bind == "level" else PARAMETERS[bind] for bind in query_binds(sql) - optional_binds(sql)} | dict.fromkeys(
        optional_binds(sql)
    )


def answer(name: str, engine: Engine, reader: Scope, level: str) -> pd.DataFrame:
    found = run_query(Asked(engine, reader), name, **asked(name, level))
    return found.sort_values(list(found.columns), ignore_index=True, key=lambda values: values.astype(str))


@cache
def original() -> Engine:
    return in_memory(county())


@cache
def original_answer(name: str, reader: Scope, level: str) -> pd.DataFrame:
    """What the county as it is answers: asked once, and held against every other."""
    return answer(name, original(), reader, level)


@lru_cache(maxsize=16)  # of one reader: each is a database in memory
def elsewhere_changed(reader: Scope, views: frozenset[str]) -> Engine:
    return in_memory(changed_outside(county(), reader, views))


def levels(name: str) -> tuple[str, ...]:
    return LEVELS if "level" in query_binds(query_text(name)) else ("county",)


@pytest.mark.parametrize("name", CUT)
@pytest.mark.parametrize("reader", SCOPES.values(), ids=SCOPES.keys())
def test_rows_outside_the_scope_change_no_answer(reader: Scope, name: str) -> None:
    changed = elsewhere_changed(reader, scoped_query(name).views)
    for level in levels(name):
        assert_frame_equal(original_answer(name, reader, level), answer(name, changed, reader, level))


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """The same county as a server reads it: from a file, beside which the rows of each scope are laid out once."""
    url = f"duckdb:///{tmp_path_factory.mktemp('scope') / 'county.duckdb'}"
    writer = writing_engine(url)
    write(writer, county())
    writer.dispose()
    engine = reporting_engine(url)
    yield engine
    retire(engine)


@pytest.mark.parametrize("reader", SCOPES.values(), ids=SCOPES.keys())
def test_rows_laid_out_once_answer_what_their_conditions_do(file: Engine, reader: Scope) -> None:
    for name in CUT:
        for level in levels(name):
            assert_frame_equal(original_answer(name, reader, level), answer(name, file, reader, level), obj=name)


OPEN_QUERIES = {
    "directory/communities", "directory/counties", "directory/county", "directory/county_loads", "directory/homes",
    "directory/institutions", "directory/towns", "filters/months", "common/table_months",
    "insurance/group_names", "meta/data_version", "measures/units", "measures/reporters", "common/register", "referrals/disease_groups",
    "resources/sites", "resources/travel_time", "referrals/reported", "resources/last_quarter",
    "quality/departments", "quality/groups", "reform/events", "fiscal/service_items",
    "prefecture/towns", "prefecture/load",
    # This county was never loaded: it has no rows of these to change.
    "common/changed_reports", "common/restated", "data/arrivals", "data/files", "data/findings", "data/loads",
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(set(CUT) - OPEN_QUERIES))
def test_the_change_would_be_seen(name: str) -> None:
    """Who sees the county sees every query's answer change; and one community sees rows of its own."""
    reader = scope("C1") if name not in ("performance/conduct",) else scope("C1", None, "conduct")
    changed = elsewhere_changed(reader, scoped_query(name).views)
    assert any(not original_answer(name, COUNTY, level).equals(answer(name, changed, COUNTY, level)) for level in levels(name)), name
    assert len(original_answer(name, reader, levels(name)[0])) > 0, name


@pytest.mark.parametrize("name", sorted(set(NAMES) - set(CUT) - {"aggregates/claim_month"}))
def test_what_needs_the_county_is_refused_in_words(name: str) -> None:
    answer(name, original(), COUNTY, "county")
    answer(name, original(), scope(None, None, "finance"), "county")
    with pytest.raises(ScopeError, match="全县"):
        answer(name, original(), scope("C1"), "county")
