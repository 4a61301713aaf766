"""One county of several answers as if it were alone: every query file, for readers of the whole county and of a part, on DuckDB."""

from collections.abc import Iterator
from dataclasses import replace

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from sqlalchemy import Engine

from dashboard.store.engine import reporting_engine, retire, writing_engine
from dashboard.store.query import run_query
from dashboard.store.scope import Scope
from dashboard.store.scoping import WHOLE_COUNTY, scoped_query
from tests.counties import FIRST, SECOND, one_county, second_county, together
from tests.integration.common.test_scope import NAMES, answer, levels
from tests.scope_county import Asked, in_memory, write

READERS = {"the county": Scope(None, None, None, 1), "one community": Scope(frozenset({"C1"}), None, None, 1)}
ABOUT_THE_DATABASE = {"importing/database_columns"}
# Whether a hospital outside has reported is not a county's affair: its claims come with those of every county.
REPORTS = {"common/changed_reports", "data/arrivals"}


def _in(reader: Scope, county: str) -> Scope:
    return replace(reader, county=county)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Engine]]:
    """The county alone, beside another, and beside another with other rows: as files, where a scope's rows are laid out once."""
    counties = {
        "alone": one_county(),
        "of two": together(one_county(), second_county()),
        "beside others": together(one_county(), second_county(seed=8)),
    }
    engines = {}
    for name, frames in counties.items():
        url = f"duckdb:///{tmp_path_factory.mktemp('counties') / 'county.duckdb'}"
        writer = writing_engine(url)
        write(writer, frames)
        writer.dispose()
        engines[name] = reporting_engine(url)
    yield engines
    for engine in engines.values():
        retire(engine)


def _own(name: str, found: pd.DataFrame) -> pd.DataFrame:
    return found[found["reporter"].ne("X1")].reset_index(drop=True) if name in REPORTS else found


def _asked_by(name: str) -> Iterator[tuple[Scope, str]]:
    """Who asks the query for what: the whole county at every level, a part of it once."""
    if name in ABOUT_THE_DATABASE:
        return
    yield from ((READERS["the county"], level) for level in levels(name))
    if WHOLE_COUNTY not in scoped_query(name).views:
        yield READERS["one community"], levels(name)[-1]


@pytest.mark.parametrize("name", NAMES)
def test_one_county_of_two_answers_as_if_it_were_alone(files: dict[str, Engine], name: str) -> None:
    for reader, level in _asked_by(name):
        expected = _own(name, answer(name, files["alone"], reader, level))
        for place in ("of two", "beside others"):
            assert_frame_equal(answer(name, files[place], _in(reader, FIRST), level), expected, obj=f"{name} {level} {place}")


UNLIKE = {"directory/communities", "measures/claim_insured", "measures/bed", "insurance/insured", "data/findings", "reform/events"}


@pytest.mark.parametrize("name", sorted(UNLIKE))
def test_the_other_county_would_be_seen(files: dict[str, Engine], name: str) -> None:
    """What is not cut holds both, and the other county has rows of its own: the answers above are not the same by chance."""
    whole, level = READERS["the county"], levels(name)[0]
    one, other = (answer(name, files["of two"], _in(whole, county), level) for county in (FIRST, SECOND))
    assert len(one) > 0 < len(other)
    assert not one.equals(other)
    assert not answer(name, files["of two"], whole, level).equals(one)


def test_with_one_county_the_text_that_runs_is_the_files() -> None:
    """Letter by letter, for who sees the whole county; and a narrower reader's text names no county."""
    for name in NAMES:
        query = scoped_query(name)
        assert query.text_for(Scope(None, None, None, 0)) == query.text
        if WHOLE_COUNTY not in query.views:
            assert "scope_county" not in query.text_for(READERS["one community"])


def test_what_is_released_by_rules_of_its_own_stays_in_the_county_in_view() -> None:
    assert _in(READERS["one community"], FIRST).whole_county == Scope(None, None, None, 0, FIRST)


def test_a_hospital_of_a_neighbouring_county_is_outside_as_it_is_for_the_insured() -> None:
    """Seen from the county whose people went there, or were sent there; nobody's there, and unknown to a county that has nothing of it."""
    first, second = one_county(), second_county()
    first["fact_claim"].loc[0, "institution_code"] = "ZH1"
    first["agg_claim_month"].loc[0, "institution_code"] = "ZH1"
    first["fact_referral"].loc[0, "to_code"] = "ZP2"
    engine = in_memory(together(first, second))
    found = run_query(Asked(engine, Scope(None, None, None, 1, FIRST)), "directory/institutions").set_index("institution_code")
    assert {code for code in found.index if code.startswith("Z")} == {"ZH1", "ZP2"}
    assert not found.loc[["ZH1", "ZP2"], "in_county"].any()
    assert found.loc[["ZH1", "ZP2"], ["community_code", "town_code"]].isna().all(axis=None)
    assert set(found.loc[["ZH1", "ZP2"], "role"]) == {"none"}
    home = run_query(Asked(engine, Scope(None, None, None, 1, SECOND)), "directory/institutions").set_index("institution_code")
    assert home.loc["ZH1", "in_county"]
    assert home.loc["ZH1", "role"] == "lead"
    sender = first["fact_referral"].loc[0, "from_code"]
    assert {code for code in home.index if not code.startswith("Z")} == {"X1", sender}
    assert not home.loc[sender, "in_county"]


def test_claims_are_the_insureds_countys(files: dict[str, Engine]) -> None:
    """What a county's people cost elsewhere is theirs, and is no part of the county where they were treated."""
    first, second = one_county(), second_county()
    second["fact_claim"].loc[0, "institution_code"] = "H1"
    second["agg_claim_month"].loc[0, "institution_code"] = "H1"
    engine = in_memory(together(first, second))
    for name in ("measures/claim_provider", "measures/claim_insured"):
        mine = answer(name, engine, Scope(None, None, None, 1, FIRST), "county")
        assert_frame_equal(mine, answer(name, files["alone"], READERS["the county"], "county"))
